/* doc_parse_yaml() on any bytes: diagnostics in their places, trees that survive a round trip. */
#include "doc_round_trip.h"
#include "yaml/yaml_doc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct unum_source source = {"input", unum_str_of((const char *)data, size)};
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    const struct doc *doc = doc_parse_yaml(&source, &arena, &diags);
    must(doc || diags.errors);
    check_diags(&source, &diags);
    if (doc)
        check_round_trip(doc);
    return 0;
}
