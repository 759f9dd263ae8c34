/* The structure of a JSON document. One frame per open container, so nothing recurses; each turn
 * of the loop consumes text or stops, so the work is linear. */
#include "json/doc_reader_internal.h"
#include "json/json_scan_internal.h"

enum want { WANT_VALUE, WANT_FIRST_VALUE, WANT_KEY, WANT_FIRST_KEY, WANT_NEXT };

struct unum_span doc_span(const struct doc_reader *r, const char *start, const char *end)
{
    return (struct unum_span){r->source, (size_t)(start - r->start), (size_t)(end - r->start)};
}

struct doc *doc_new(struct doc_reader *r, enum doc_kind kind, const char *start, const char *end)
{
    struct doc *doc = UNUM_ARENA_NEW(r->arena, struct doc);
    doc->kind = kind;
    doc->span = doc_span(r, start, end);
    doc->text = UNUM_STR("");
    doc->tag = UNUM_STR("");
    return doc;
}

static bool stop(struct doc_reader *r, const char *at, const char *problem)
{
    unum_diag_add(r->diags, UNUM_E0101, doc_span(r, at, at < r->end ? at + 1 : at), "%s", problem);
    return false;
}

bool doc_unexpected(struct doc_reader *r, const char *expected)
{
    size_t len = unum_utf8_length(unum_str_of(r->p, (size_t)(r->end - r->p)));
    struct unum_span span = doc_span(r, r->p, r->p + (len ? len : 1));
    if (!len || !*r->p)
        unum_diag_add(r->diags, UNUM_E0104, span, "the byte 0x%02x is no text",
                      (unsigned char)*r->p);
    else if ((unsigned char)*r->p < 0x20)
        unum_diag_add(r->diags, UNUM_E0101, span, "a control character where %s is expected",
                      expected);
    else
        unum_diag_add(r->diags, UNUM_E0101, span, "'%.*s' where %s is expected", (int)len, r->p,
                      expected);
    return false;
}

/* Behind a comment at `p`, or `p` itself if there is none. */
static const char *skip_comment(const char *p, const char *end)
{
    size_t left = (size_t)(end - p);
    bool block = left >= 2 && p[0] == '/' && p[1] == '*';
    if (block) {
        const char *close = memmem(p + 2, left - 2, "*/", 2);
        return close ? close + 2 : end;
    }
    if (*p == '#' || (left >= 2 && p[0] == '/' && p[1] == '/')) {
        const char *close = memchr(p, '\n', left);
        return close ? close : end;
    }
    return p;
}

static void skip_space(struct doc_reader *r)
{
    for (;;) {
        r->p = json_skip_blanks(r->p, r->end);
        if (r->p == r->end)
            return;
        const char *behind = skip_comment(r->p, r->end);
        if (behind == r->p)
            return;
        unum_diag_add(r->diags, UNUM_E0101, doc_span(r, r->p, behind), "JSON has no comments");
        unum_diag_hint(r->diags, "use a \"Comment\" field where one is allowed");
        r->p = behind;
    }
}

/* A finished value goes to the innermost open container, or becomes the document. */
static void attach(struct doc_reader *r, struct doc *value)
{
    r->value_end = value->span.end;
    if (!r->depth)
        r->root = value;
    else
        *unum_vec_push(&r->pool) = (struct doc_member){r->key, r->key_span, value};
    r->key = UNUM_STR("");
    r->key_span = (struct unum_span){0};
}

static bool open_container(struct doc_reader *r, bool object)
{
    if (r->depth == UNUM_LIMIT_JSON_DEPTH) {
        unum_diag_add(r->diags, UNUM_E0103, doc_span(r, r->p, r->p + 1),
                      "arrays and objects are nested more than %d levels deep",
                      UNUM_LIMIT_JSON_DEPTH);
        return false;
    }
    r->frames[r->depth++] =
        (struct doc_frame){object, (size_t)(r->p - r->start), r->pool.len, r->key, r->key_span};
    r->key = UNUM_STR("");
    r->key_span = (struct unum_span){0};
    r->p++;
    return true;
}

/* `p` stands on the closing bracket. */
static void close_container(struct doc_reader *r)
{
    const struct doc_frame *frame = &r->frames[--r->depth];
    struct doc_member *members = r->pool.len > frame->first ? &r->pool.at[frame->first] : NULL;
    size_t len = r->pool.len - frame->first;
    if (frame->object && members)
        len = doc_drop_duplicates(members, len, UNUM_E0102, r->diags);
    r->p++;
    struct doc *doc =
        doc_new(r, frame->object ? DOC_OBJECT : DOC_ARRAY, r->start + frame->opened, r->p);
    doc->len = len;
    doc->members = unum_arena_array(r->arena, len, sizeof(*doc->members));
    if (len)
        memcpy(doc->members, members, len * sizeof(*doc->members));
    r->pool.len = frame->first;
    r->key = frame->key;
    r->key_span = frame->key_span;
    attach(r, doc);
}

static bool read_value(struct doc_reader *r, enum want *want)
{
    if (*r->p == '{' || *r->p == '[') {
        bool object = *r->p == '{';
        *want = object ? WANT_FIRST_KEY : WANT_FIRST_VALUE;
        return open_container(r, object);
    }
    struct doc *value;
    if (!doc_read_scalar(r, &value))
        return false;
    attach(r, value);
    *want = WANT_NEXT;
    return true;
}

static bool read_colon(struct doc_reader *r)
{
    skip_space(r);
    if (r->p == r->end)
        return stop(r, r->p, "the text ends after a key");
    if (*r->p == ':') {
        r->p++;
        return true;
    }
    if (*r->p == '=') {
        unum_diag_add(r->diags, UNUM_E0101, doc_span(r, r->p, r->p + 1),
                      "':' is expected after a key");
        r->p++;
        return true;
    }
    return doc_unexpected(r, "':'");
}

static bool read_key(struct doc_reader *r, enum want *want)
{
    const char *start = r->p;
    if (*start == '"' || *start == '\'') {
        if (!doc_read_string(r, &r->key))
            return false;
    } else if (doc_is_bare(*start)) {
        r->key = doc_read_bare_key(r);
    } else {
        return doc_unexpected(r, "a key in double quotes");
    }
    r->key_span = doc_span(r, start, r->p);
    *want = WANT_VALUE;
    return read_colon(r);
}

static bool starts_member(char c)
{
    return c == '"' || c == '\'' || c == '{' || c == '[' || doc_is_bare(c);
}

/* Behind a member: a comma or the end of the container. */
static bool read_next(struct doc_reader *r, enum want *want)
{
    const struct doc_frame *frame = &r->frames[r->depth - 1];
    enum want again = frame->object ? WANT_KEY : WANT_VALUE;
    if (*r->p == ',') {
        r->comma = (size_t)(r->p - r->start);
        r->p++;
        *want = again;
        return true;
    }
    if (*r->p == (frame->object ? '}' : ']')) {
        close_container(r);
        *want = WANT_NEXT;
        return true;
    }
    if (*r->p == '}' || *r->p == ']') {
        struct unum_place place = unum_source_place(r->source, frame->opened);
        unum_diag_add(r->diags, UNUM_E0101, doc_span(r, r->p, r->p + 1),
                      "'%c' where '%c' is expected: it closes the %s opened on line %zu", *r->p,
                      frame->object ? '}' : ']', frame->object ? "object" : "array", place.line);
        return false;
    }
    if (starts_member(*r->p) && r->pool.len > frame->first) {
        unum_diag_add(r->diags, UNUM_E0101,
                      (struct unum_span){r->source, r->value_end, r->value_end},
                      "a comma is missing");
        *want = again;
        return true;
    }
    return doc_unexpected(r, frame->object ? "',' or '}'" : "',' or ']'");
}

/* After a comma: a member must follow, and a bracket or a second comma tells what is wrong. */
static bool read_after_comma(struct doc_reader *r, enum want *want)
{
    bool object = *want == WANT_KEY;
    bool ended = *r->p == (object ? '}' : ']');
    if (r->depth && (ended || *r->p == ',')) {
        unum_diag_add(r->diags, UNUM_E0101, (struct unum_span){r->source, r->comma, r->comma + 1},
                      ended ? "a comma after the last member" : "a comma too many");
        unum_diag_hint(r->diags, "remove the comma");
        return read_next(r, want);
    }
    return object ? read_key(r, want) : read_value(r, want);
}

static bool step(struct doc_reader *r, enum want *want, bool after_comma)
{
    switch (*want) {
    case WANT_KEY:
        return read_after_comma(r, want);
    case WANT_VALUE:
        return after_comma ? read_after_comma(r, want) : read_value(r, want);
    case WANT_FIRST_KEY:
        return *r->p == '}' ? read_next(r, want) : read_key(r, want);
    case WANT_FIRST_VALUE:
        return *r->p == ']' ? read_next(r, want) : read_value(r, want);
    case WANT_NEXT:
        return read_next(r, want);
    }
    return false;
}

static bool at_end(struct doc_reader *r)
{
    if (!r->depth)
        return stop(r, r->p, "there is no value");
    const struct doc_frame *frame = &r->frames[r->depth - 1];
    return stop(r, r->start + frame->opened,
                frame->object ? "this object is never closed" : "this array is never closed");
}

static bool read_all(struct doc_reader *r)
{
    enum want want = WANT_VALUE;
    bool after_comma = false;
    do {
        skip_space(r);
        if (r->p == r->end)
            return at_end(r);
        bool was_next = want == WANT_NEXT;
        if (!step(r, &want, after_comma))
            return false;
        after_comma = was_next && (want == WANT_KEY || want == WANT_VALUE);
    } while (r->depth || want != WANT_NEXT);
    skip_space(r);
    if (r->p < r->end)
        stop(r, r->p, "nothing may follow the value");
    return true;
}

/* Byte order marks: the one of UTF-8 is skipped, the others tell the encoding. */
static bool read_mark(struct doc_reader *r)
{
    struct unum_str text = unum_str_of(r->p, (size_t)(r->end - r->p));
    if (unum_str_starts(text, UNUM_STR("\xef\xbb\xbf")))
        r->p += 3;
    if (!unum_str_starts(text, UNUM_STR("\xff\xfe")) &&
        !unum_str_starts(text, UNUM_STR("\xfe\xff")))
        return true;
    unum_diag_add(r->diags, UNUM_E0104, doc_span(r, r->p, r->p + 1), "the file is UTF-16");
    unum_diag_hint(r->diags, "save it as UTF-8");
    return false;
}

struct doc *doc_parse_json(const struct unum_source *source, struct unum_arena *arena,
                           struct unum_diags *diags)
{
    struct doc_reader *r = unum_alloc(sizeof(*r));
    r->source = source;
    r->arena = arena;
    r->diags = diags;
    r->start = r->p = source->text.len ? source->text.ptr : "";
    r->end = r->start + source->text.len;
    r->key = UNUM_STR("");
    r->scratch = (struct unum_buf)UNUM_BUF_INIT(3 * source->text.len + 4);
    struct doc *root = read_mark(r) && read_all(r) ? r->root : NULL;
    unum_buf_done(&r->scratch);
    unum_vec_done(&r->pool);
    free(r);
    return root;
}
