#include "eval/path.h"

#include "base/limits.h"
#include "json/json.h"

struct scanner {
    struct unum_str text;
    size_t at;
    struct unum_arena *arena;
    size_t *ret_at;
    struct unum_err *err;
};

static char peek(const struct scanner *s)
{
    return s->at < s->text.len ? s->text.ptr[s->at] : '\0';
}

static bool done(const struct scanner *s)
{
    return s->at >= s->text.len;
}

/* "... (column N)" with the code of a malformed path. */
static int refuse(struct scanner *s, size_t at, const char *text)
{
    if (s->ret_at)
        *s->ret_at = at;
    return unum_err_set(s->err, UNUM_E_INVAL, "path \"%.*s\": %s (column %zu)",
                        UNUM_STR_ARG(s->text), text, at + 1);
}

static bool plain_name_char(char c)
{
    return unum_is_alnum(c) || c == '_' || c == '-' || (unsigned char)c >= 0x80;
}

/* Four hexadecimal digits at `at`, or -1. */
static int32_t utf16_unit(struct unum_str text, size_t at)
{
    int32_t unit = 0;
    for (size_t i = 0; i < 4; i++) {
        int digit = at + i < text.len ? unum_hex_value(text.ptr[at + i]) : -1;
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

static void add_utf8(struct unum_buf *out, uint32_t c)
{
    if (c < 0x80) {
        unum_buf_addc(out, (char)c);
    } else if (c < 0x800) {
        unum_buf_addc(out, (char)(0xc0 | (c >> 6)));
        unum_buf_addc(out, (char)(0x80 | (c & 0x3f)));
    } else if (c < 0x10000) {
        unum_buf_addc(out, (char)(0xe0 | (c >> 12)));
        unum_buf_addc(out, (char)(0x80 | ((c >> 6) & 0x3f)));
        unum_buf_addc(out, (char)(0x80 | (c & 0x3f)));
    } else {
        unum_buf_addc(out, (char)(0xf0 | (c >> 18)));
        unum_buf_addc(out, (char)(0x80 | ((c >> 12) & 0x3f)));
        unum_buf_addc(out, (char)(0x80 | ((c >> 6) & 0x3f)));
        unum_buf_addc(out, (char)(0x80 | (c & 0x3f)));
    }
}

/* At a backslash: \uXXXX (with its other half if it is a surrogate), else the next character. */
static int scan_escape(struct scanner *s, struct unum_buf *name)
{
    size_t start = s->at++;
    if (done(s))
        return refuse(s, start, "a backslash ends the path");
    int32_t unit = peek(s) == 'u' ? utf16_unit(s->text, s->at + 1) : -1;
    if (unit < 0) {
        size_t len = unum_utf8_length(unum_str_from_pos(s->text, s->at));
        unum_buf_add(name, unum_str_slice(s->text, s->at, len ? len : 1));
        s->at += len ? len : 1;
        return 0;
    }
    s->at += 5;
    uint32_t character = (uint32_t)unit;
    if (unit >= 0xd800 && unit < 0xe000) {
        int32_t low = peek(s) == '\\' && s->at + 1 < s->text.len && s->text.ptr[s->at + 1] == 'u'
                          ? utf16_unit(s->text, s->at + 2)
                          : -1;
        if (unit >= 0xdc00 || low < 0xdc00 || low > 0xdfff)
            return refuse(s, start, "half of a surrogate pair");
        character = 0x10000 + (((uint32_t)unit - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
        s->at += 6;
    }
    add_utf8(name, character);
    return 0;
}

static const char *why_not(char c)
{
    switch (c) {
    case '*':
        return "a wildcard can name several places: not a reference path";
    case '?':
    case '@':
        return "a filter can name several places: not a reference path";
    case ',':
    case ':':
        return "a union or slice can name several places: not a reference path";
    default:
        return "a member name is missing";
    }
}

static int scan_dot(struct scanner *s, struct unum_buf *name)
{
    s->at++;
    if (peek(s) == '.' && !done(s))
        return refuse(s, s->at, "\"..\" can name several places: not a reference path");
    size_t start = s->at;
    while (!done(s)) {
        char c = peek(s);
        if (c == '\\') {
            int rc = scan_escape(s, name);
            if (rc)
                return rc;
        } else if (plain_name_char(c)) {
            unum_buf_addc(name, c);
            s->at++;
        } else {
            break;
        }
    }
    if (s->at == start)
        return refuse(s, start, done(s) ? "a member name is missing" : why_not(peek(s)));
    return 0;
}

static int scan_quoted(struct scanner *s, struct unum_buf *name)
{
    size_t start = s->at;
    char quote = s->text.ptr[s->at++];
    while (!done(s) && peek(s) != quote) {
        if (peek(s) == '\\') {
            int rc = scan_escape(s, name);
            if (rc)
                return rc;
        } else {
            unum_buf_addc(name, s->text.ptr[s->at++]);
        }
    }
    if (done(s))
        return refuse(s, start, "the quote is not closed");
    s->at++;
    return 0;
}

static int scan_index(struct scanner *s, size_t *ret)
{
    size_t start = s->at;
    while (!done(s) && peek(s) >= '0' && peek(s) <= '9')
        s->at++;
    uint64_t index = 0;
    if (s->at == start) {
        char c = peek(s);
        if (c == '-')
            return refuse(s, start, "an index counts from the start, 0 is the first element");
        if (c == '*' || c == '?' || c == '@' || c == ',' || c == ':')
            return refuse(s, start, why_not(c));
        return refuse(s, start, "between brackets stands an index or a quoted member name");
    }
    if (!unum_str_to_u64(unum_str_slice(s->text, start, s->at - start), &index) ||
        index > UINT32_MAX)
        return refuse(s, start, "the index is too large");
    *ret = (size_t)index;
    return 0;
}

static int scan_bracket(struct scanner *s, struct unum_buf *name, struct eval_step *step)
{
    size_t start = s->at++;
    int rc;
    bool quoted = peek(s) == '\'' || peek(s) == '"';
    if (quoted)
        rc = scan_quoted(s, name);
    else
        rc = scan_index(s, &step->index);
    if (rc)
        return rc;
    if (peek(s) == ',' || peek(s) == ':')
        return refuse(s, s->at, why_not(peek(s)));
    if (peek(s) != ']')
        return refuse(s, start, "the bracket is not closed");
    s->at++;
    if (quoted)
        step->name = unum_arena_str(s->arena, unum_buf_str(name));
    return 0;
}

static int scan_step(struct scanner *s, struct eval_step *step)
{
    struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(EVAL_LIMIT_PATH_TEXT);
    int rc;
    if (peek(s) == '.') {
        rc = scan_dot(s, &name);
        if (!rc)
            step->name = unum_arena_str(s->arena, unum_buf_str(&name));
    } else if (peek(s) == '[') {
        rc = scan_bracket(s, &name, step);
    } else {
        rc = refuse(s, s->at, "here stands \".\" or \"[\"");
    }
    step->end = s->at;
    return rc;
}

int eval_path_parse(struct unum_str text, struct unum_arena *arena, struct eval_path *ret,
                    size_t *ret_at, struct unum_err *err)
{
    struct scanner s = {text, 0, arena, ret_at, err};
    if (text.len > EVAL_LIMIT_PATH_TEXT) {
        s.text = unum_str_slice(text, 0, 40);
        return refuse(&s, 0, "longer than 4096 bytes");
    }
    if (peek(&s) != '$')
        return refuse(&s, 0, "a path starts with \"$\"");
    s.at++;
    size_t most = 0;
    for (size_t i = 1; i < text.len; i++)
        most += text.ptr[i] == '.' || text.ptr[i] == '[';
    struct eval_path path = {unum_arena_str(arena, text), NULL, 0};
    path.steps = unum_arena_array(arena, most + 1, sizeof(*path.steps));
    while (!done(&s)) {
        if (path.len == EVAL_LIMIT_PATH_STEPS)
            return refuse(&s, s.at, "more than 256 steps");
        if (path.len == most)
            return refuse(&s, s.at, "here stands \".\" or \"[\"");
        int rc = scan_step(&s, &path.steps[path.len++]);
        if (rc)
            return rc;
    }
    *ret = path;
    return 0;
}

static int leads_nowhere(const struct eval_path *path, size_t i, struct unum_str value,
                         struct unum_err *err)
{
    const struct eval_step *step = &path->steps[i];
    struct unum_str before = unum_str_slice(path->text, 0, i ? path->steps[i - 1].end : 1);
    struct unum_str here = unum_str_slice(path->text, 0, step->end);
    bool object = json_type(value) == JSON_OBJECT;
    bool array = json_type(value) == JSON_ARRAY;
    if (step->name.ptr && object)
        return unum_err_set(err, UNUM_E_NOTFOUND, "path \"%.*s\": \"%.*s\" is not there",
                            UNUM_STR_ARG(path->text), UNUM_STR_ARG(here));
    if (!step->name.ptr && array)
        return unum_err_set(err, UNUM_E_NOTFOUND, "path \"%.*s\": \"%.*s\" has %zu elements",
                            UNUM_STR_ARG(path->text), UNUM_STR_ARG(before), json_count(value));
    return unum_err_set(err, UNUM_E_NOTFOUND, "path \"%.*s\": \"%.*s\" is no %s",
                        UNUM_STR_ARG(path->text), UNUM_STR_ARG(before),
                        step->name.ptr ? "object" : "array");
}

int eval_path_get(const struct eval_path *path, struct unum_str value, struct unum_str *ret,
                  struct unum_err *err)
{
    for (size_t i = 0; i < path->len; i++) {
        const struct eval_step *step = &path->steps[i];
        struct unum_str found = UNUM_STR_NONE;
        bool there = step->name.ptr
                         ? json_type(value) == JSON_OBJECT && json_get(value, step->name, &found)
                         : json_type(value) == JSON_ARRAY && json_at(value, step->index, &found);
        if (!there)
            return leads_nowhere(path, i, value, err);
        value = found;
    }
    *ret = value;
    return 0;
}

int eval_path_apply(struct unum_str text, struct unum_str value, struct unum_str *ret,
                    struct unum_err *err)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct eval_path path = {0};
    int rc = eval_path_parse(text, &arena, &path, NULL, err);
    return rc ? rc : eval_path_get(&path, value, ret, err);
}
