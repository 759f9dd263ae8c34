#include "base/diag.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/limits.h"

static const struct unum_code_row code_rows[UNUM_CODE_COUNT] = {
    [UNUM_CODE_NONE] = {"", UNUM_LEVEL_ERROR, "", ""},
#define UNUM_CODE(id, level, title, explanation)                                                   \
    [UNUM_##id] = {#id, UNUM_LEVEL_##level, title, explanation},
#include "base/codes.def"
#undef UNUM_CODE
};

const struct unum_code_row *unum_code_row(enum unum_code code)
{
    return &code_rows[code];
}

const struct unum_code_row *unum_code_find(struct unum_str id)
{
    for (size_t i = 1; i < UNUM_CODE_COUNT; i++) {
        if (unum_str_ieq(id, unum_str_from(code_rows[i].id)))
            return &code_rows[i];
    }
    return NULL;
}

void unum_diags_done(struct unum_diags *diags)
{
    for (size_t i = 0; i < diags->list.len; i++) {
        free(diags->list.at[i].text);
        free(diags->list.at[i].hint);
    }
    unum_vec_done(&diags->list);
    *diags = (struct unum_diags)UNUM_DIAGS_INIT;
}

void unum_diag_add(struct unum_diags *diags, enum unum_code code, struct unum_span span,
                   const char *format, ...)
{
    enum unum_level level = code_rows[code].level;
    if (level == UNUM_LEVEL_ERROR)
        diags->errors++;
    else if (level == UNUM_LEVEL_WARNING)
        diags->warnings++;
    if (diags->list.len == UNUM_LIMIT_DIAGS) {
        diags->dropped++;
        return;
    }
    va_list args;
    va_start(args, format);
    *unum_vec_push(&diags->list) =
        (struct unum_diag){code, level, span, unum_err_format(format, args), NULL};
    va_end(args);
}

void unum_diag_hint(struct unum_diags *diags, const char *format, ...)
{
    if (diags->dropped || !diags->list.len)
        return;
    struct unum_diag *last = &diags->list.at[diags->list.len - 1];
    va_list args;
    va_start(args, format);
    free(last->hint);
    last->hint = unum_err_format(format, args);
    va_end(args);
}

/* Where the source appears first: lists are short, so it is looked up. */
static size_t source_rank(const struct unum_diags *diags, const struct unum_source *source)
{
    size_t rank = 0;
    while (diags->list.at[rank].span.source != source)
        rank++;
    return rank;
}

struct ranked {
    size_t source, start, position;
};

static int by_rank(const void *left, const void *right)
{
    const struct ranked *a = left;
    const struct ranked *b = right;
    if (a->source != b->source)
        return a->source < b->source ? -1 : 1;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return a->position < b->position ? -1 : a->position > b->position;
}

void unum_diags_sort(struct unum_diags *diags)
{
    size_t len = diags->list.len;
    if (len < 2)
        return;
    struct ranked *ranks = unum_alloc_array(len, sizeof(*ranks));
    struct unum_diag *sorted = unum_alloc_array(len, sizeof(*sorted));
    for (size_t i = 0; i < len; i++) {
        struct unum_span span = diags->list.at[i].span;
        ranks[i] = (struct ranked){source_rank(diags, span.source), span.start, i};
    }
    qsort(ranks, len, sizeof(*ranks), by_rank);
    for (size_t i = 0; i < len; i++)
        sorted[i] = diags->list.at[ranks[i].position];
    memcpy(diags->list.at, sorted, len * sizeof(*sorted));
    free(sorted);
    free(ranks);
}

static size_t characters(struct unum_str s)
{
    size_t count = 0;
    while (s.len) {
        size_t len = unum_utf8_length(s);
        s = unum_str_from_pos(s, len ? len : 1);
        count++;
    }
    return count;
}

struct unum_place unum_source_place(const struct unum_source *source, size_t offset)
{
    struct unum_str text = source->text;
    if (offset > text.len)
        offset = text.len;
    struct unum_place place = {.line = 1};
    for (size_t i = 0; i < offset; i++) {
        if (text.ptr[i] == '\n') {
            place.line++;
            place.line_start = i + 1;
        }
    }
    struct unum_str rest = unum_str_from_pos(text, place.line_start);
    size_t end = unum_str_find(rest, '\n');
    place.line_text = unum_str_slice(rest, 0, end);
    if (unum_str_ends(place.line_text, UNUM_STR("\r")))
        place.line_text.len--;
    place.column =
        1 + characters(unum_str_slice(text, place.line_start, offset - place.line_start));
    return place;
}

static const char *const level_names[] = {"error", "warning", "note"};
static const char *const level_colours[] = {"\033[1;31m", "\033[1;33m", "\033[1;36m"};

/* A source line as shown: control characters and broken UTF-8 replaced, tabs as one blank. */
static void add_shown(struct unum_buf *out, struct unum_str s)
{
    while (s.len) {
        size_t len = unum_utf8_length(s);
        if (!len || (unsigned char)s.ptr[0] < 0x20 || s.ptr[0] == 0x7f) {
            unum_buf_addc(out, s.ptr[0] == '\t' ? ' ' : '?');
            len = 1;
        } else {
            unum_buf_add(out, unum_str_slice(s, 0, len));
        }
        s = unum_str_from_pos(s, len);
    }
}

/* Move `offset` back to the start of a UTF-8 character. */
static size_t character_start(struct unum_str s, size_t offset)
{
    while (offset > 0 && offset < s.len && ((unsigned char)s.ptr[offset] & 0xc0) == 0x80)
        offset--;
    return offset;
}

static void print_line(const struct unum_diag *diag, const struct unum_place *place, bool colour,
                       struct unum_buf *out)
{
    enum { SHOWN = 160, BEFORE = 60 };
    size_t at = diag->span.start - place->line_start;
    if (at > place->line_text.len)
        at = place->line_text.len;
    size_t width = diag->span.end > diag->span.start ? diag->span.end - diag->span.start : 1;
    size_t first = 0;
    if (place->line_text.len > SHOWN && at > BEFORE)
        first = character_start(place->line_text, at - BEFORE);
    struct unum_str shown = unum_str_slice(place->line_text, first, SHOWN);
    if (first + shown.len < place->line_text.len)
        shown.len = character_start(place->line_text, first + shown.len) - first;
    struct unum_str marked = unum_str_slice(shown, at - first, width);
    char number[24];
    int digits = snprintf(number, sizeof(number), "%zu", place->line);
    unum_buf_printf(out, " %s | %s", number, first ? "..." : "");
    add_shown(out, shown);
    unum_buf_adds(out, first + shown.len < place->line_text.len ? "...\n" : "\n");
    unum_buf_printf(out, " %*s | %s", digits, "", first ? "   " : "");
    size_t indent = characters(unum_str_slice(shown, 0, at - first));
    for (size_t i = 0; i < indent; i++)
        unum_buf_addc(out, ' ');
    if (colour)
        unum_buf_adds(out, level_colours[diag->level]);
    size_t carets = characters(marked);
    for (size_t i = 0; i < (carets ? carets : 1); i++)
        unum_buf_addc(out, '^');
    unum_buf_adds(out, colour ? "\033[0m\n" : "\n");
}

static void print_one(const struct unum_diag *diag, bool colour, struct unum_buf *out)
{
    struct unum_place place = {0};
    if (diag->span.source) {
        place = unum_source_place(diag->span.source, diag->span.start);
        unum_buf_printf(out, "%s:%zu:%zu: ", diag->span.source->path, place.line, place.column);
    }
    if (colour)
        unum_buf_adds(out, level_colours[diag->level]);
    unum_buf_adds(out, level_names[diag->level]);
    if (diag->code)
        unum_buf_printf(out, "[%s]", code_rows[diag->code].id);
    if (colour)
        unum_buf_adds(out, "\033[0m");
    unum_buf_printf(out, ": %s\n", diag->text);
    if (diag->span.source)
        print_line(diag, &place, colour, out);
    if (diag->hint)
        unum_buf_printf(out, "  help: %s\n", diag->hint);
}

void unum_diags_print(const struct unum_diags *diags, bool colour, struct unum_buf *out)
{
    for (size_t i = 0; i < diags->list.len; i++)
        print_one(&diags->list.at[i], colour, out);
    if (diags->dropped)
        unum_buf_printf(out, "and %zu more\n", diags->dropped);
}

static void add_json_text(struct unum_buf *out, const char *text)
{
    unum_buf_addc(out, '"');
    for (struct unum_str rest = unum_str_from(text); rest.len;) {
        size_t len = unum_utf8_length(rest);
        if (!len)
            unum_buf_adds(out, "\xef\xbf\xbd");
        else if (*rest.ptr == '"' || *rest.ptr == '\\')
            unum_buf_printf(out, "\\%c", *rest.ptr);
        else if ((unsigned char)*rest.ptr < 0x20)
            unum_buf_printf(out, "\\u%04x", (unsigned)*rest.ptr);
        else
            unum_buf_add(out, unum_str_slice(rest, 0, len));
        rest = unum_str_from_pos(rest, len ? len : 1);
    }
    unum_buf_addc(out, '"');
}

void unum_diags_json(const struct unum_diags *diags, struct unum_buf *out)
{
    unum_buf_addc(out, '[');
    for (size_t i = 0; i < diags->list.len; i++) {
        const struct unum_diag *diag = &diags->list.at[i];
        unum_buf_printf(out, "%s{\"id\":\"%s\",\"level\":\"%s\"", i ? "," : "",
                        code_rows[diag->code].id, level_names[diag->level]);
        if (diag->span.source) {
            struct unum_place start = unum_source_place(diag->span.source, diag->span.start);
            struct unum_place end = unum_source_place(diag->span.source, diag->span.end);
            unum_buf_adds(out, ",\"path\":");
            add_json_text(out, diag->span.source->path);
            unum_buf_printf(out, ",\"line\":%zu,\"column\":%zu,\"endLine\":%zu,\"endColumn\":%zu",
                            start.line, start.column, end.line, end.column);
        }
        unum_buf_adds(out, ",\"message\":");
        add_json_text(out, diag->text);
        if (diag->hint) {
            unum_buf_adds(out, ",\"help\":");
            add_json_text(out, diag->hint);
        }
        unum_buf_addc(out, '}');
    }
    unum_buf_addc(out, ']');
}

void unum_nearest_init(struct unum_nearest *nearest, struct unum_str name)
{
    size_t cap = name.len / 3;
    *nearest = (struct unum_nearest){name, UNUM_STR_NONE, (cap < 1 ? 1 : cap > 3 ? 3 : cap) + 1};
}

void unum_nearest_try(struct unum_nearest *nearest, struct unum_str candidate)
{
    size_t distance = unum_str_distance(nearest->name, candidate, nearest->distance - 1);
    if (distance < nearest->distance) {
        nearest->distance = distance;
        nearest->best = candidate;
    }
}
