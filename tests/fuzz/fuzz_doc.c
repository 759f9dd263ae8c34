/* doc_parse_json() on any bytes: diagnostics in their places, trees that survive a round trip. */
#include "doc_round_trip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct unum_source source = {"input", unum_str_of((const char *)data, size)};
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    const struct doc *doc = doc_parse_json(&source, &arena, &diags);
    /* Both readers of JSON agree on what is JSON, but for a byte order mark and duplicate keys. */
    struct unum_str value;
    bool marked = unum_str_starts(source.text, UNUM_STR("\xef\xbb\xbf"));
    if (json_check(source.text, &value, NULL) == 0) {
        must(doc != NULL);
        for (size_t i = 0; i < diags.list.len; i++)
            must(diags.list.at[i].code == UNUM_E0102);
    } else if (!marked) {
        must(diags.errors > 0);
    }
    check_diags(&source, &diags);
    if (doc)
        check_round_trip(doc);
    return 0;
}
