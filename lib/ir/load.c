#include "base/limits.h"
#include "ir/reader.h"

/* Views that are JSON slices, for the runtime. */

static struct ir_view view_of(struct unum_str text)
{
    return (struct ir_view){.text = text};
}

static enum json_type slice_type(struct ir_view view)
{
    return json_type(view.text);
}

static size_t slice_count(struct ir_view view)
{
    return json_count(view.text);
}

static struct ir_cursor slice_begin(struct ir_view view)
{
    return (struct ir_cursor){.json = json_iter(view.text)};
}

/* The text itself where nothing is escaped: the file's copy lives as long as the node. */
static struct unum_str decoded(struct ir_reader *r, struct unum_str quoted)
{
    struct unum_str inside = unum_str_slice(quoted, 1, quoted.len - 2);
    if (unum_str_find(inside, '\\') == SIZE_MAX)
        return inside;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(quoted.len);
    (void)json_decode(quoted, &text);
    return unum_arena_str(r->arena, unum_buf_str(&text));
}

static bool slice_next(struct ir_reader *r, struct ir_cursor *cursor, struct unum_str *ret_key,
                       struct ir_view *ret_value)
{
    struct unum_str key, value;
    if (!json_next(&cursor->json, &key, &value))
        return false;
    if (ret_key)
        *ret_key = key.len ? decoded(r, key) : key;
    *ret_value = view_of(value);
    return true;
}

static struct unum_str slice_string(struct ir_reader *r, struct ir_view view)
{
    return decoded(r, view.text);
}

static bool slice_boolean(struct ir_view view)
{
    bool yes = false;
    (void)json_to_bool(view.text, &yes);
    return yes;
}

static bool slice_integer(struct ir_view view, int64_t *ret)
{
    return json_to_i64(view.text, ret);
}

static struct unum_str slice_json(struct ir_reader *r, struct ir_view view)
{
    (void)r;
    return view.text;
}

static struct unum_span slice_span(struct ir_view view)
{
    (void)view;
    return (struct unum_span){0};
}

/* The first one counts: the rest may only follow from it. */
static void slice_fault(struct ir_reader *r, enum ir_fault fault, struct ir_view view, size_t at,
                        const char *text)
{
    (void)fault;
    (void)view;
    (void)at;
    if (!r->failed)
        (void)unum_err_set(r->err, UNUM_E_INVAL, "%s", text);
}

static void slice_unknown(struct ir_reader *r, enum ir_where where, struct unum_str key,
                          struct ir_view view)
{
    (void)where;
    (void)view;
    if (!r->failed)
        (void)unum_err_set(r->err, UNUM_E_INVAL, "unknown key \"%.*s\"", UNUM_STR_ARG(key));
}

static const struct ir_reader_ops slice_ops = {
    .type = slice_type,
    .count = slice_count,
    .begin = slice_begin,
    .next = slice_next,
    .string = slice_string,
    .boolean = slice_boolean,
    .integer = slice_integer,
    .json = slice_json,
    .span = slice_span,
    .fault = slice_fault,
    .unknown = slice_unknown,
};

int ir_load(struct unum_str json, struct unum_arena *arena, struct ir_node **ret,
            struct unum_err *err)
{
    struct unum_str value;
    if (json.len > UNUM_LIMIT_IR)
        return unum_err_set(err, UNUM_E_LIMIT, "unum_config.json is larger than %zu bytes",
                            UNUM_LIMIT_IR);
    /* As the reader with positions does (RFC 8259 section 8.1 allows both). */
    if (unum_str_starts(json, UNUM_STR("\xef\xbb\xbf")))
        json = unum_str_from_pos(json, 3);
    int rc = json_check(unum_arena_str(arena, json), &value, err);
    if (rc)
        return err ? unum_err_wrap(err, "unum_config.json") : rc;
    struct ir_reader r = {.arena = arena, .ops = &slice_ops, .err = err};
    struct ir_node *node = ir_build(&r, view_of(value));
    if (r.failed)
        return err ? unum_err_wrap(err, "unum_config.json") : UNUM_E_INVAL;
    *ret = node;
    return 0;
}
