#include "safe_text.h"

/* C0, DEL, C1 (U+0080 to U+009F) and the marks that turn text around (U+202A-E, U+2066-9). */
static unsigned control_of(struct unum_str character)
{
    const unsigned char *at = (const unsigned char *)character.ptr;
    if (character.len == 1 && (at[0] < ' ' || at[0] == 0x7f))
        return at[0] ? at[0] : 0x100;
    if (character.len == 2 && at[0] == 0xc2 && at[1] < 0xa0)
        return at[1];
    if (character.len != 3 || at[0] != 0xe2)
        return 0;
    unsigned code = 0x2000u | (unsigned)(at[1] & 0x3f) << 6 | (at[2] & 0x3fu);
    return (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ? code : 0;
}

void safe_text(const struct ui *ui, struct unum_str text, struct unum_buf *out)
{
    if (!ui->terminal && !ui->colour) {
        unum_buf_add(out, text);
        return;
    }
    for (size_t i = 0; i < text.len;) {
        struct unum_str rest = unum_str_from_pos(text, i);
        size_t len = unum_utf8_length(rest);
        if (!len) {
            unum_buf_printf(out, "\\x%02x", (unsigned char)rest.ptr[0]);
            i++;
            continue;
        }
        struct unum_str character = unum_str_slice(rest, 0, len);
        unsigned control = rest.ptr[0] == '\t' ? 0 : control_of(character);
        if (!control)
            unum_buf_add(out, character);
        else if (control > 0x100)
            unum_buf_printf(out, "\\u%04x", control);
        else
            unum_buf_printf(out, "\\x%02x", control & 0xff);
        i += len;
    }
}

void safe_json(const struct ui *ui, struct unum_str text, struct unum_buf *out)
{
    for (size_t i = 0; i < text.len;) {
        struct unum_str rest = unum_str_from_pos(text, i);
        size_t len = unum_utf8_length(rest);
        struct unum_str character = unum_str_slice(rest, 0, len ? len : 1);
        /* Blanks between values may be line ends; within strings they are escaped already. */
        unsigned control = (unsigned char)rest.ptr[0] <= ' ' ? 0 : control_of(character);
        if (control && (ui->terminal || ui->colour))
            unum_buf_printf(out, "\\u%04x", control);
        else
            unum_buf_add(out, character);
        i += character.len;
    }
}
