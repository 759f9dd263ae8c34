#include "eval/state.h"

#include "eval/eval_internal.h"

bool eval_enter(struct eval_env *env, struct unum_str fields, struct unum_str input,
                struct unum_str *ret)
{
    struct unum_str selected;
    struct unum_str parameters = eval_field(fields, "Parameters");
    if (eval_field(fields, "Result").ptr) { /* Pass: nobody sees what would come of it */
        *ret = input;
        return true;
    }
    if (!eval_select(env, eval_field(fields, "InputPath"), input, &selected))
        return false;
    if (parameters.ptr)
        return eval_template(env, parameters, selected, ret);
    *ret = selected;
    return true;
}

bool eval_pass(struct eval_env *env, struct unum_str fields, struct unum_str effective,
               struct unum_str *ret)
{
    (void)env;
    struct unum_str result = eval_field(fields, "Result");
    *ret = result.ptr ? result : effective;
    return true;
}

bool eval_leave(struct eval_env *env, struct unum_str fields, struct unum_str input,
                struct unum_str result, struct unum_str *ret_output, struct unum_str *ret_variables)
{
    struct unum_str selector = eval_field(fields, "ResultSelector");
    struct unum_str path = eval_field(fields, "ResultPath");
    struct unum_str output;
    struct unum_str variables;
    if (selector.ptr && !eval_template(env, selector, result, &result))
        return false;
    if (!path.ptr)
        output = result;
    else if (json_type(path) == JSON_NULL)
        output = input;
    else if (!eval_place(env, eval_text(env->arena, path), input, result, &output))
        return false;
    if (!eval_select(env, eval_field(fields, "OutputPath"), output, &output) ||
        !eval_assign(env, eval_field(fields, "Assign"), result, &variables))
        return false;
    *ret_output = output;
    *ret_variables = variables;
    return true;
}

bool eval_succeed(struct eval_env *env, struct unum_str fields, struct unum_str input,
                  struct unum_str *ret_output)
{
    struct unum_str selected;
    return eval_select(env, eval_field(fields, "InputPath"), input, &selected) &&
           eval_select(env, eval_field(fields, "OutputPath"), selected, ret_output);
}

/* `key`, or what `key`Path says, as text; ptr NULL: neither. */
static bool text_of(struct eval_env *env, struct unum_str fields, const char *key,
                    struct unum_str input, struct unum_str *ret)
{
    struct unum_str value = eval_field(fields, key);
    struct unum_str field = unum_arena_printf(env->arena, "%sPath", key);
    struct unum_str path = eval_field(fields, field.ptr);
    *ret = UNUM_STR_NONE;
    if (path.ptr) {
        if (!eval_expression(env, "", field, eval_text(env->arena, path), input, &value))
            return false;
        if (json_type(value) != JSON_STRING)
            return eval_error(env, EVAL_RUNTIME,
                              "The field '%sPath' must refer to a string, but '%.*s' is none", key,
                              UNUM_STR_ARG(eval_text(env->arena, path)));
    }
    if (value.ptr)
        *ret = eval_text(env->arena, value);
    return true;
}

bool eval_fail(struct eval_env *env, struct unum_str fields, struct unum_str input,
               struct unum_str *ret_error, struct unum_str *ret_cause)
{
    struct unum_str error;
    struct unum_str cause;
    if (!text_of(env, fields, "Error", input, &error) ||
        !text_of(env, fields, "Cause", input, &cause))
        return false;
    *ret_error = error;
    *ret_cause = cause;
    return true;
}

/* ---- Wait ---- */

#define MAX_SECONDS 99999999

static bool until_second(struct eval_env *env, struct unum_str value, struct unum_str path,
                         int64_t *ret_due_ms)
{
    int64_t seconds;
    if (!json_to_i64(value, &seconds) || seconds < 0 || seconds > MAX_SECONDS) {
        size_t cut = value.len > 200 ? 200 : value.len;
        if (path.ptr)
            return eval_error(env, EVAL_RUNTIME,
                              "The SecondsPath parameter does not reference a whole number from 0 "
                              "to %d: %.*s == %.*s",
                              MAX_SECONDS, UNUM_STR_ARG(path), (int)cut, value.ptr);
        return eval_error(env, EVAL_RUNTIME,
                          "The Seconds field is no whole number from 0 to %d: %.*s", MAX_SECONDS,
                          (int)cut, value.ptr);
    }
    *ret_due_ms = env->now_ms + seconds * 1000;
    return true;
}

static bool until_instant(struct eval_env *env, struct unum_str value, struct unum_str path,
                          int64_t *ret_due_ms)
{
    struct eval_instant when;
    struct unum_str text = eval_text(env->arena, value);
    if (!text.ptr || !eval_instant(text, &when)) {
        struct unum_str shown = text.ptr ? text : value;
        if (shown.len > 200)
            shown.len = 200;
        if (path.ptr)
            return eval_error(env, EVAL_RUNTIME,
                              "The TimestampPath parameter does not reference a valid ISO-8601 "
                              "extended offset date-time format string: %.*s == %.*s",
                              UNUM_STR_ARG(path), UNUM_STR_ARG(shown));
        return eval_error(env, EVAL_RUNTIME,
                          "The Timestamp field cannot be parsed as an ISO-8601 extended offset "
                          "date-time format string: %.*s",
                          UNUM_STR_ARG(shown));
    }
    int64_t due = when.seconds * 1000 + (when.nanoseconds + 999999) / 1000000;
    *ret_due_ms = due < env->now_ms ? env->now_ms : due;
    return true;
}

/* What `key` names; ptr NULL: the state has no such field. */
static bool by_path(struct eval_env *env, struct unum_str fields, const char *key,
                    struct unum_str effective, struct unum_str *ret_path, struct unum_str *ret)
{
    struct unum_str path = eval_field(fields, key);
    *ret = UNUM_STR_NONE;
    if (!path.ptr)
        return true;
    *ret_path = eval_text(env->arena, path);
    enum eval_path_result found = eval_query(env, *ret_path, effective, ret);
    if (found == EVAL_PATH_NOTHING)
        return eval_error(env, EVAL_RUNTIME,
                          "The %s parameter does not reference an input value: %.*s", key,
                          UNUM_STR_ARG(*ret_path));
    return found == EVAL_PATH_FOUND;
}

bool eval_wait(struct eval_env *env, struct unum_str fields, struct unum_str effective,
               int64_t *ret_due_ms)
{
    struct unum_str path = UNUM_STR_NONE;
    struct unum_str value = eval_field(fields, "Seconds");
    if (value.ptr)
        return until_second(env, value, path, ret_due_ms);
    value = eval_field(fields, "Timestamp");
    if (value.ptr)
        return until_instant(env, value, path, ret_due_ms);
    if (!by_path(env, fields, "SecondsPath", effective, &path, &value))
        return false;
    if (value.ptr)
        return until_second(env, value, path, ret_due_ms);
    if (!by_path(env, fields, "TimestampPath", effective, &path, &value))
        return false;
    if (value.ptr)
        return until_instant(env, value, path, ret_due_ms);
    return eval_error(env, EVAL_RUNTIME, "A Wait state does not say how long.");
}

/* ---- Map ---- */

bool eval_items(struct eval_env *env, struct unum_str fields, struct unum_str input,
                struct unum_str items_path, struct unum_str *ret_items)
{
    struct unum_str selected;
    struct unum_str items;
    struct unum_str own = eval_text(env->arena, eval_field(fields, "ItemsPath"));
    struct unum_str path = own.ptr ? own : items_path.ptr ? items_path : UNUM_STR("$");
    if (!eval_select(env, eval_field(fields, "InputPath"), input, &selected))
        return false;
    enum eval_path_result found = eval_query(env, path, selected, &items);
    if (found == EVAL_PATH_ERROR)
        return false;
    if (found == EVAL_PATH_NOTHING) {
        size_t dot = unum_str_rfind(path, '.');
        return eval_error(env, "States.ReferencePathConflict",
                          "Unable to apply step \"%.*s\" to input %.*s",
                          UNUM_STR_ARG(unum_str_from_pos(path, dot == SIZE_MAX ? 0 : dot + 1)),
                          (int)(selected.len > 4096 ? 4096 : selected.len), selected.ptr);
    }
    if (json_type(items) != JSON_ARRAY)
        return eval_error(
            env, EVAL_RUNTIME, "Reference path \"%.*s\" must point to array.",
            UNUM_STR_ARG(unum_str_from_pos(path, unum_str_starts(path, UNUM_STR("$$")) ? 1 : 0)));
    *ret_items = items;
    return true;
}

bool eval_item(struct eval_env *env, struct unum_str fields, struct unum_str input,
               struct unum_str item, struct unum_str *ret)
{
    struct unum_str selected;
    struct unum_str selector = eval_field(fields, "ItemSelector");
    if (!selector.ptr)
        selector = eval_field(fields, "Parameters");
    if (!selector.ptr) {
        *ret = item;
        return true;
    }
    return eval_select(env, eval_field(fields, "InputPath"), input, &selected) &&
           eval_template(env, selector, selected, ret);
}

/* ---- numbers of a state ---- */

static bool number_of(struct eval_env *env, struct unum_str fields, const char *key,
                      struct unum_str input, struct unum_str *ret_path, struct unum_str *ret)
{
    struct unum_str field = unum_arena_printf(env->arena, "%sPath", key);
    struct unum_str path = eval_field(fields, field.ptr);
    *ret_path = UNUM_STR_NONE;
    *ret = eval_field(fields, key);
    if (!path.ptr)
        return true;
    struct unum_str selected;
    *ret_path = eval_text(env->arena, path);
    return eval_select(env, eval_field(fields, "InputPath"), input, &selected) &&
           eval_query_field(env, *ret_path, selected, ret);
}

static bool no_number(struct eval_env *env, const char *key, struct unum_str path,
                      struct unum_str value, const char *kind)
{
    struct unum_str shown = eval_text(env->arena, value);
    if (!shown.ptr)
        shown = value;
    if (shown.len > 200)
        shown.len = 200;
    if (!path.ptr)
        return eval_error(env, EVAL_RUNTIME, "The %s field is not a valid %s: %.*s", key, kind,
                          UNUM_STR_ARG(shown));
    return eval_error(env, EVAL_RUNTIME,
                      "The %sPath field refers to value \"%.*s\" which is not a valid %s: %.*s",
                      key, UNUM_STR_ARG(shown), kind, UNUM_STR_ARG(path));
}

bool eval_number(struct eval_env *env, struct unum_str fields, const char *key,
                 struct unum_str input, bool *ret_set, int64_t *ret)
{
    struct unum_str path;
    struct unum_str value;
    int64_t number = 0;
    if (!number_of(env, fields, key, input, &path, &value))
        return false;
    bool timeout = unum_str_ends(unum_str_from(key), UNUM_STR("Seconds")); /* ..., Heartbeat... */
    if (value.ptr && (!json_to_i64(value, &number) || number < (timeout ? 1 : 0) ||
                      (timeout && number > MAX_SECONDS)))
        return no_number(env, key, path, value, "integer");
    *ret_set = value.ptr != NULL;
    *ret = number;
    return true;
}

bool eval_percentage(struct eval_env *env, struct unum_str fields, const char *key,
                     struct unum_str input, bool *ret_set, double *ret)
{
    struct unum_str path;
    struct unum_str value;
    double number = 0;
    if (!number_of(env, fields, key, input, &path, &value))
        return false;
    if (value.ptr && !json_to_double(value, &number))
        return no_number(env, key, path, value, "float");
    if (number < 0 || number > 100)
        return eval_error(env, EVAL_RUNTIME, "%s must be between 0 and 100.", key);
    *ret_set = value.ptr != NULL;
    *ret = number;
    return true;
}

bool eval_tolerated(struct eval_env *env, struct unum_str fields, struct unum_str input,
                    size_t size, size_t *ret)
{
    bool counted;
    bool shared;
    int64_t count;
    double percentage;
    if (!eval_number(env, fields, "ToleratedFailureCount", input, &counted, &count) ||
        !eval_percentage(env, fields, "ToleratedFailurePercentage", input, &shared, &percentage))
        return false;
    /* With both, the one that is crossed first counts. */
    size_t tolerated = 0;
    if (counted)
        tolerated = (uint64_t)count > size ? size : (size_t)count;
    if (shared) {
        size_t part = (size_t)((double)size * percentage / 100 + 1e-9);
        tolerated = counted && tolerated < part ? tolerated : part;
    }
    *ret = tolerated;
    return true;
}
