#include "logline.h"

#include <ctype.h>

#include "json/json.h"

bool logline_is_bookkeeping(const struct local_log_line *line)
{
    static const struct unum_str starts[] = {
        UNUM_STR_INIT("START RequestId:"), UNUM_STR_INIT("END RequestId:"),
        UNUM_STR_INIT("REPORT RequestId:"), UNUM_STR_INIT("INIT_START")};
    for (size_t i = 0; line->platform && i < UNUM_COUNT(starts); i++) {
        if (unum_str_starts(line->text, starts[i]))
            return true;
    }
    return false;
}

/* What stands elsewhere on the line, or says who wrote it. */
static bool is_known(struct unum_str quoted)
{
    static const struct unum_str known[] = {
        UNUM_STR_INIT("\"time\""),      UNUM_STR_INIT("\"level\""),
        UNUM_STR_INIT("\"session\""),   UNUM_STR_INIT("\"instance\""),
        UNUM_STR_INIT("\"requestId\""), UNUM_STR_INIT("\"message\"")};
    for (size_t i = 0; i < UNUM_COUNT(known); i++) {
        if (unum_str_eq(quoted, known[i]))
            return true;
    }
    return false;
}

static void add_level(struct unum_str object, struct unum_buf *out)
{
    struct unum_str level;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(32);
    if (!json_get(object, UNUM_STR("level"), &level) || json_is(level, UNUM_STR("info")) ||
        !json_decode(level, &text) || text.failed)
        return;
    for (size_t i = 0; i < text.len; i++)
        unum_buf_addc(out, (char)toupper((unsigned char)text.ptr[i]));
    unum_buf_addc(out, ' ');
}

void logline_text(struct unum_str text, struct unum_buf *out)
{
    struct unum_str object, message, key, value;
    if (!unum_str_starts(text, UNUM_STR("{")) || json_check(text, &object, NULL) < 0 ||
        !json_get(object, UNUM_STR("message"), &message) || json_type(message) != JSON_STRING) {
        unum_buf_add(out, text);
        return;
    }
    add_level(object, out);
    (void)json_decode(message, out);
    struct json_iter members = json_iter(object);
    while (json_next(&members, &key, &value)) {
        if (is_known(key))
            continue;
        unum_buf_addc(out, ' ');
        (void)json_decode(key, out);
        unum_buf_addc(out, '=');
        unum_buf_add(out, value);
    }
}
