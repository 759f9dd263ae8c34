/* Values, errors and what the parts of the evaluator ask of their environment. */
#include "base/rand.h"
#include "eval/eval_internal.h"
#include "eval/query.h"

bool eval_error(struct eval_env *env, const char *error, const char *format, ...)
{
    struct unum_buf UNUM_AUTO_BUF cause = UNUM_BUF_INIT(EVAL_LIMIT_VALUE);
    va_list args;
    va_start(args, format);
    unum_buf_vprintf(&cause, format, args);
    va_end(args);
    size_t len = cause.len;
    if (len > UNUM_LIMIT_CAUSE) {
        len = UNUM_LIMIT_CAUSE;
        while (len && ((unsigned char)cause.ptr[len] & 0xc0) == 0x80)
            len--;
    }
    env->error = unum_str_from(error);
    env->cause = unum_arena_str(env->arena, unum_str_slice(unum_buf_str(&cause), 0, len));
    return false;
}

bool eval_keep(struct eval_env *env, const struct unum_buf *out, struct unum_str *ret)
{
    if (out->failed)
        return eval_error(env, EVAL_TOO_LARGE, "A value is larger than %zu bytes.",
                          EVAL_LIMIT_VALUE);
    *ret = unum_arena_str(env->arena, unum_buf_str(out));
    return true;
}

struct unum_str eval_field(struct unum_str fields, const char *name)
{
    struct unum_str value = UNUM_STR_NONE;
    if (!fields.ptr || !json_get(fields, unum_str_from(name), &value))
        return UNUM_STR_NONE;
    return value;
}

struct unum_str eval_text(struct unum_arena *arena, struct unum_str value)
{
    if (json_type(value) != JSON_STRING)
        return UNUM_STR_NONE;
    struct unum_str inner = unum_str_slice(value, 1, value.len - 2);
    if (unum_str_find(inner, '\\') == SIZE_MAX)
        return inner;
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(EVAL_LIMIT_VALUE);
    if (!json_decode(value, &out))
        return UNUM_STR_NONE;
    return unum_arena_str(arena, unum_buf_str(&out));
}

struct unum_str eval_quoted(struct unum_arena *arena, struct unum_str text)
{
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(EVAL_LIMIT_VALUE);
    json_quote(&out, text);
    return unum_arena_str(arena, unum_buf_str(&out));
}

struct unum_str eval_context(struct eval_env *env)
{
    if (!env->context_json.ptr) {
        struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(EVAL_LIMIT_VALUE);
        if (env->context)
            env->context(env->cookie, &out);
        env->context_json = out.len && !out.failed ? unum_arena_str(env->arena, unum_buf_str(&out))
                                                   : UNUM_STR("{}");
    }
    return env->context_json;
}

uint64_t eval_draw(struct eval_env *env)
{
    struct unum_prng prng = {env->seed + ++env->draws * 0x9e3779b97f4a7c15u};
    return unum_prng_next(&prng);
}

/* What the root of a path stands for; false: there is no such variable. */
static bool root_of(struct eval_env *env, const struct eval_query *query, struct unum_str value,
                    struct unum_str *ret)
{
    switch (query->root) {
    case EVAL_ROOT_CONTEXT:
        *ret = eval_context(env);
        return true;
    case EVAL_ROOT_VARIABLE:
        return env->variables.ptr && json_get(env->variables, query->variable, ret);
    case EVAL_ROOT_INPUT:
        break;
    }
    *ret = value;
    return true;
}

enum eval_path_result eval_query(struct eval_env *env, struct unum_str path, struct unum_str value,
                                 struct unum_str *ret)
{
    struct eval_query query;
    struct eval_flaw flaw;
    if (unum_str_is(path, "$")) { /* by far the most frequent one */
        *ret = value;
        return EVAL_PATH_FOUND;
    }
    if (!eval_query_parse(path, env->arena, &query, &flaw)) {
        eval_error(env, EVAL_RUNTIME, "Invalid path '%.*s' : %s (column %zu)", UNUM_STR_ARG(path),
                   flaw.why, flaw.at + 1);
        return EVAL_PATH_ERROR;
    }
    struct unum_str root;
    if (!root_of(env, &query, value, &root))
        return EVAL_PATH_NOTHING;
    switch (eval_query_run(&query, root, env->arena, ret)) {
    case QUERY_FOUND:
        return EVAL_PATH_FOUND;
    case QUERY_NOTHING:
        return EVAL_PATH_NOTHING;
    case QUERY_TOO_MUCH:
        break;
    }
    eval_error(env, EVAL_RUNTIME, "Invalid path '%.*s' : it looks at more than %d places and KB",
               UNUM_STR_ARG(path), EVAL_LIMIT_QUERY_WORK);
    return EVAL_PATH_ERROR;
}

/* "$.a.b" in the form $['a']['b'] that messages about paths use. */
static struct unum_str bracketed(struct unum_arena *arena, struct unum_str path)
{
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(8 * UNUM_KB);
    size_t start = 1;
    while (start < path.len && path.ptr[start] != '.' && path.ptr[start] != '[')
        start++;
    unum_buf_addc(&out, '$');
    struct unum_str rest = unum_str_from_pos(path, start);
    while (rest.len) {
        size_t end = 1;
        if (rest.ptr[0] != '.' || (rest.len > 1 && rest.ptr[1] == '.')) {
            unum_buf_add(&out, rest);
            break;
        }
        while (end < rest.len && rest.ptr[end] != '.' && rest.ptr[end] != '[')
            end++;
        unum_buf_printf(&out, "['%.*s']", (int)(end - 1), rest.ptr + 1);
        rest = unum_str_from_pos(rest, end);
        while (rest.len && rest.ptr[0] == '[') {
            size_t close = unum_str_find(rest, ']');
            size_t len = close == SIZE_MAX ? rest.len : close + 1;
            unum_buf_add(&out, unum_str_slice(rest, 0, len));
            rest = unum_str_from_pos(rest, len);
        }
    }
    return unum_arena_str(arena, unum_buf_str(&out));
}

bool eval_query_field(struct eval_env *env, struct unum_str path, struct unum_str value,
                      struct unum_str *ret)
{
    enum eval_path_result result = eval_query(env, path, value, ret);
    if (result == EVAL_PATH_NOTHING)
        return eval_error(env, EVAL_RUNTIME, "Invalid path '%.*s' : No results for path: %.*s",
                          UNUM_STR_ARG(path), UNUM_STR_ARG(bracketed(env->arena, path)));
    return result == EVAL_PATH_FOUND;
}

bool eval_expression(struct eval_env *env, const char *field_suffix, struct unum_str field,
                     struct unum_str text, struct unum_str value, struct unum_str *ret)
{
    if (!text.len || text.ptr[0] != '$')
        return eval_call(env, text, value, ret);
    enum eval_path_result result = eval_query(env, text, value, ret);
    if (result == EVAL_PATH_NOTHING)
        return eval_error(env, EVAL_RUNTIME,
                          "The JSONPath '%.*s' specified for the field '%.*s%s' could not be found "
                          "in the input '%.*s'",
                          UNUM_STR_ARG(text), UNUM_STR_ARG(field), field_suffix,
                          (int)(value.len > UNUM_LIMIT_CAUSE ? UNUM_LIMIT_CAUSE : value.len),
                          value.ptr);
    return result == EVAL_PATH_FOUND;
}

bool eval_select(struct eval_env *env, struct unum_str path, struct unum_str value,
                 struct unum_str *ret)
{
    if (!path.ptr) {
        *ret = value;
        return true;
    }
    if (json_type(path) == JSON_NULL) {
        *ret = UNUM_STR("{}");
        return true;
    }
    return eval_query_field(env, eval_text(env->arena, path), value, ret);
}

int eval_number_order(struct unum_str a, struct unum_str b)
{
    int64_t i;
    int64_t j;
    double x = 0;
    double y = 0;
    if (json_equal(a, b))
        return 0;
    if (json_to_i64(a, &i) && json_to_i64(b, &j))
        return i < j ? -1 : 1;
    bool has_x = json_to_double(a, &x);
    bool has_y = json_to_double(b, &y);
    if (!has_x) /* beyond what a double holds */
        x = a.ptr[0] == '-' ? -__builtin_inf() : __builtin_inf();
    if (!has_y)
        y = b.ptr[0] == '-' ? -__builtin_inf() : __builtin_inf();
    return (x > y) - (x < y);
}
