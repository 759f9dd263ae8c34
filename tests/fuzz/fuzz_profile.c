/*
 * Any bytes as the shared AWS files, split at the first byte 1: an error that names file and line,
 * or sections that can be asked.
 */
#include <stdlib.h>

#include "aws/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
    if (!ok)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_str all = unum_str_of((const char *)data, size);
    size_t cut = unum_str_find(all, '\1');
    const struct unum_str texts[] = {unum_str_slice(all, 0, cut),
                                     cut == SIZE_MAX ? UNUM_STR("")
                                                     : unum_str_from_pos(all, cut + 1)};
    const struct unum_str paths[] = {UNUM_STR("config"), UNUM_STR("credentials")};
    struct aws_profiles *profiles = NULL;
    if (aws_profiles_parse(texts, paths, &profiles, &err) < 0) {
        check(unum_str_starts(unum_str_from(unum_err_text(&err)), UNUM_STR("c")));
        return 0;
    }
    for (const struct aws_section *s = profiles->sections; s; s = s->next) {
        check(aws_profiles_find(profiles, s->kind, s->name) == s);
        for (const struct aws_setting *e = s->settings; e; e = e->next)
            check(e->line > 0 && e->key.len > 0 && (!e->nested || !e->value.len));
    }
    const struct aws_section *section;
    (void)!aws_profiles_need(profiles, AWS_SECTION_PROFILE, UNUM_STR("defualt"), &section, &err);
    aws_profiles_free(profiles);
    return 0;
}
