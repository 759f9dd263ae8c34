/* Payload templates, Assign, and results placed by a reference path. */
#include "eval/eval_internal.h"
#include "eval/path.h"

struct filler {
    struct eval_env *env;
    struct unum_str value;
    struct json_writer *w;
};

/* May anything in the template have to be replaced? What does not is copied as it is. A name may be
 * written with escapes. */
static bool has_expression(struct unum_str template)
{
    return unum_str_search(template, UNUM_STR(".$\"")) != SIZE_MAX ||
           unum_str_search(template, UNUM_STR("\\u00")) != SIZE_MAX;
}

static bool fill(struct filler *f, struct unum_str template);

/* The member `name`, which ends in ".$". */
static bool fill_expression(struct filler *f, struct unum_str name, struct unum_str expression)
{
    struct unum_str found;
    if (json_type(expression) != JSON_STRING)
        return eval_error(f->env, EVAL_RUNTIME,
                          "The value for the field '%.*s' must be a STRING that contains a "
                          "JSONPath but was %.*s",
                          UNUM_STR_ARG(name), (int)(expression.len > 80 ? 80 : expression.len),
                          expression.ptr);
    if (!eval_expression(f->env, "", name, eval_text(f->env->arena, expression), f->value, &found))
        return false;
    json_key_str(f->w, unum_str_slice(name, 0, name.len - 2));
    json_raw(f->w, found);
    return true;
}

static bool fill_object(struct filler *f, struct unum_str template)
{
    struct json_iter iter = json_iter(template);
    struct unum_str key;
    struct unum_str member;
    json_object_begin(f->w);
    while (json_next(&iter, &key, &member)) {
        struct unum_str name = eval_text(f->env->arena, key);
        if (unum_str_ends(name, UNUM_STR(".$"))) {
            if (!fill_expression(f, name, member))
                return false;
            continue;
        }
        json_key_str(f->w, name);
        if (!fill(f, member))
            return false;
    }
    json_object_end(f->w);
    return true;
}

static bool fill(struct filler *f, struct unum_str template)
{
    enum json_type type = json_type(template);
    if ((type != JSON_OBJECT && type != JSON_ARRAY) || !has_expression(template)) {
        json_raw(f->w, template);
        return true;
    }
    if (type == JSON_OBJECT)
        return fill_object(f, template);
    struct json_iter iter = json_iter(template);
    struct unum_str element;
    json_array_begin(f->w);
    while (json_next(&iter, NULL, &element)) {
        if (!fill(f, element))
            return false;
    }
    json_array_end(f->w);
    return true;
}

bool eval_template(struct eval_env *env, struct unum_str template, struct unum_str value,
                   struct unum_str *ret)
{
    if (!has_expression(template)) {
        *ret = template;
        return true;
    }
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(EVAL_LIMIT_VALUE);
    struct json_writer w = JSON_WRITER(&out);
    struct filler filler = {env, value, &w};
    return fill(&filler, template) && eval_keep(env, &out, ret);
}

bool eval_assign(struct eval_env *env, struct unum_str assign, struct unum_str value,
                 struct unum_str *ret_variables)
{
    struct unum_str filled;
    if (!assign.ptr || json_count(assign) == 0) {
        *ret_variables = env->variables;
        return true;
    }
    if (!eval_template(env, assign, value, &filled))
        return false;
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(EVAL_LIMIT_VALUE);
    struct json_writer w = JSON_WRITER(&out);
    struct unum_str key;
    struct unum_str member;
    struct unum_str other;
    json_object_begin(&w);
    struct json_iter iter = {0};
    if (env->variables.ptr)
        iter = json_iter(env->variables);
    while (env->variables.ptr && json_next(&iter, &key, &member)) {
        struct unum_str name = eval_text(env->arena, key);
        json_key_str(&w, name);
        json_raw(&w, json_get(filled, name, &other) ? other : member);
    }
    for (iter = json_iter(filled); json_next(&iter, &key, &member);) {
        struct unum_str name = eval_text(env->arena, key);
        if (env->variables.ptr && json_get(env->variables, name, &other))
            continue;
        json_key_str(&w, name);
        json_raw(&w, member);
    }
    json_object_end(&w);
    return eval_keep(env, &out, ret_variables);
}

/* ---- ResultPath ---- */

/* An object for what a path leads through and is not there. */
static void put_missing(struct json_writer *w, const struct eval_path *path, size_t from,
                        struct unum_str result)
{
    for (size_t i = from; i < path->len; i++) {
        json_object_begin(w);
        json_key_str(w, path->steps[i].name);
    }
    json_raw(w, result);
    for (size_t i = from; i < path->len; i++)
        json_object_end(w);
}

static bool nowhere(struct eval_env *env, const struct eval_path *path, size_t at,
                    struct unum_str input)
{
    const struct eval_step *step = &path->steps[at];
    size_t cut = input.len > 4096 ? 4096 : input.len;
    if (step->name.ptr)
        return eval_error(env, "States.ResultPathMatchFailure",
                          "Unable to apply step \"%.*s\" to input %.*s", UNUM_STR_ARG(step->name),
                          (int)cut, input.ptr);
    return eval_error(env, "States.ResultPathMatchFailure",
                      "Unable to apply step \"%zu\" to input %.*s", step->index, (int)cut,
                      input.ptr);
}

static bool names_only(const struct eval_path *path, size_t from)
{
    for (size_t i = from; i < path->len; i++) {
        if (!path->steps[i].name.ptr)
            return false;
    }
    return true;
}

static bool put(struct eval_env *env, struct json_writer *w, const struct eval_path *path,
                size_t at, struct unum_str input, struct unum_str result)
{
    if (at == path->len) {
        json_raw(w, result);
        return true;
    }
    const struct eval_step *step = &path->steps[at];
    bool object = step->name.ptr != NULL;
    bool found = false;
    struct json_iter iter = json_iter(input);
    struct unum_str key;
    struct unum_str member;
    if (json_type(input) != (object ? JSON_OBJECT : JSON_ARRAY))
        return nowhere(env, path, at, input);
    if (object)
        json_object_begin(w);
    else
        json_array_begin(w);
    for (size_t i = 0; json_next(&iter, &key, &member); i++) {
        bool here = object ? !found && json_is(key, step->name) : i == step->index;
        if (object)
            json_key_str(w, eval_text(env->arena, key));
        if (!here)
            json_raw(w, member);
        else if (!put(env, w, path, at + 1, member, result))
            return false;
        found = found || here;
    }
    if (!found && (!object || !names_only(path, at)))
        return nowhere(env, path, at, input);
    if (!found) {
        json_key_str(w, step->name);
        put_missing(w, path, at + 1, result);
    }
    if (object)
        json_object_end(w);
    else
        json_array_end(w);
    return true;
}

bool eval_place(struct eval_env *env, struct unum_str path, struct unum_str input,
                struct unum_str result, struct unum_str *ret)
{
    struct eval_path parsed;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    if (unum_str_is(path, "$")) {
        *ret = result;
        return true;
    }
    if (eval_path_parse(path, env->arena, &parsed, NULL, &err) < 0)
        return eval_error(env, EVAL_RUNTIME, "%s", unum_err_text(&err));
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(EVAL_LIMIT_VALUE);
    struct json_writer w = JSON_WRITER(&out);
    return put(env, &w, &parsed, 0, input, result) && eval_keep(env, &out, ret);
}
