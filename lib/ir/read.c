#include "base/limits.h"
#include "ir/reader.h"

/* Views into a document with positions, for people. */

static enum json_type doc_type(struct ir_view view)
{
    switch (view.doc->kind) {
    case DOC_NULL:
        return JSON_NULL;
    case DOC_BOOL:
        return JSON_BOOL;
    case DOC_NUMBER:
        return JSON_NUMBER;
    case DOC_STRING:
        return JSON_STRING;
    case DOC_ARRAY:
        return JSON_ARRAY;
    case DOC_OBJECT:
        break;
    }
    return JSON_OBJECT;
}

static size_t doc_count(struct ir_view view)
{
    return view.doc->len;
}

static struct ir_cursor doc_begin(struct ir_view view)
{
    return (struct ir_cursor){.doc = view.doc};
}

static bool doc_next(struct ir_reader *r, struct ir_cursor *cursor, struct unum_str *ret_key,
                     struct ir_view *ret_value)
{
    (void)r;
    if (cursor->doc->kind != DOC_OBJECT && cursor->doc->kind != DOC_ARRAY)
        return false;
    if (cursor->at == cursor->doc->len)
        return false;
    const struct doc_member *member = &cursor->doc->members[cursor->at++];
    if (ret_key)
        *ret_key = member->key;
    *ret_value = (struct ir_view){.doc = member->value,
                                  .member = cursor->doc->kind == DOC_OBJECT ? member : NULL};
    return true;
}

static struct unum_str doc_string(struct ir_reader *r, struct ir_view view)
{
    (void)r;
    return view.doc->text;
}

static bool doc_boolean(struct ir_view view)
{
    return view.doc->boolean;
}

static bool doc_integer(struct ir_view view, int64_t *ret)
{
    return json_to_i64(view.doc->text, ret);
}

static struct unum_str doc_json(struct ir_reader *r, struct ir_view view)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_IR);
    struct json_writer w = JSON_WRITER(&text);
    doc_write_json(view.doc, &w);
    return unum_arena_str(r->arena, unum_buf_str(&text));
}

static struct unum_span doc_span(struct ir_view view)
{
    return view.doc->span;
}

static const struct {
    enum unum_code code;
    bool at_key; /* the key is wrong, not its value */
} faults[] = {
    [IR_FAULT_UNKNOWN] = {UNUM_E0601, true},   [IR_FAULT_MISSING] = {UNUM_E0602, false},
    [IR_FAULT_VALUE] = {UNUM_E0603, false},    [IR_FAULT_OLD] = {UNUM_E0604, true},
    [IR_FAULT_LATER] = {UNUM_E0605, true},     [IR_FAULT_EXPR] = {UNUM_E0606, false},
    [IR_FAULT_REGION] = {UNUM_E0607, false},   [IR_FAULT_CONFLICT] = {UNUM_E0608, true},
    [IR_FAULT_DUPLICATE] = {UNUM_E0102, true},
};

/* An object as a place is its first character: what is missing has none. */
static struct unum_span place_of(struct ir_view view, bool at_key)
{
    struct unum_span span = view.doc->span;
    if (at_key && view.member)
        return view.member->key_span;
    if (view.doc->kind == DOC_OBJECT || view.doc->kind == DOC_ARRAY)
        span.end = span.start + 1;
    return span;
}

/* The column inside of a string; all of it where the file has escapes. */
static struct unum_span place_in_text(struct ir_view view, size_t at)
{
    struct unum_span span = view.doc->span;
    if (span.end - span.start != view.doc->text.len + 2)
        return span;
    span.start += 1 + at;
    if (at < view.doc->text.len)
        span.end = span.start + 1;
    return span;
}

static void doc_fault(struct ir_reader *r, enum ir_fault fault, struct ir_view view, size_t at,
                      const char *text)
{
    if (fault == IR_FAULT_DUPLICATE)
        return; /* the reader of the document has said so */
    struct unum_span span =
        fault == IR_FAULT_EXPR ? place_in_text(view, at) : place_of(view, faults[fault].at_key);
    unum_diag_add(r->diags, faults[fault].code, span, "%s", text);
}

static void doc_unknown(struct ir_reader *r, enum ir_where where, struct unum_str key,
                        struct ir_view view)
{
    struct unum_nearest nearest;
    unum_nearest_init(&nearest, key);
    for (size_t i = 0; i < ir_keys_len; i++) {
        if (ir_keys[i].where & (unsigned)where && ir_keys[i].key != IR_KEY_REFUSED)
            unum_nearest_try(&nearest, ir_keys[i].name);
    }
    unum_diag_add(r->diags, UNUM_E0601, place_of(view, true), "unknown key \"%.*s\"",
                  UNUM_STR_ARG(key));
    if (nearest.best.ptr)
        unum_diag_hint(r->diags, "did you mean \"%.*s\"?", UNUM_STR_ARG(nearest.best));
}

static const struct ir_reader_ops doc_ops = {
    .type = doc_type,
    .count = doc_count,
    .begin = doc_begin,
    .next = doc_next,
    .string = doc_string,
    .boolean = doc_boolean,
    .integer = doc_integer,
    .json = doc_json,
    .span = doc_span,
    .fault = doc_fault,
    .unknown = doc_unknown,
};

struct ir_node *ir_read(const struct unum_source *source, struct unum_arena *arena,
                        struct unum_diags *diags)
{
    size_t errors = diags->errors;
    if (source->text.len > UNUM_LIMIT_IR) {
        unum_diag_add(diags, UNUM_E0105, (struct unum_span){.source = source, .end = 1},
                      "larger than %zu bytes", UNUM_LIMIT_IR);
        return NULL;
    }
    struct doc *doc = doc_parse_json(source, arena, diags);
    if (!doc)
        return NULL;
    struct ir_reader r = {.arena = arena, .ops = &doc_ops, .diags = diags};
    struct ir_node *node = ir_build(&r, (struct ir_view){.doc = doc});
    return diags->errors == errors ? node : NULL;
}
