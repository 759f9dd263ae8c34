/* Retry and Catch. */
#include "eval/eval_internal.h"

#define DEFAULT_INTERVAL 1
#define DEFAULT_ATTEMPTS 3
#define DEFAULT_BACKOFF  2.0
#define MAX_DELAY_MS     ((double)31622400 * 1000) /* a year and a day */

/* Errors that only their own name takes. */
static bool is_hidden(struct unum_str error)
{
    return unum_str_is(error, EVAL_RUNTIME) || unum_str_is(error, EVAL_TOO_LARGE);
}

static bool is_timeout(struct unum_str error)
{
    return unum_str_is(error, "States.Timeout") || unum_str_is(error, "States.HeartbeatTimeout");
}

/* How Lambda names the end of a function that did not answer. */
static bool is_crash(struct unum_str error)
{
    return unum_str_starts(error, UNUM_STR("Sandbox.")) ||
           unum_str_starts(error, UNUM_STR("Runtime."));
}

static bool name_matches(struct unum_str name, struct unum_str error)
{
    if (json_is(name, error))
        return true;
    if (json_is(name, UNUM_STR("States.ALL")))
        return !is_hidden(error);
    if (json_is(name, UNUM_STR("States.TaskFailed")))
        return !is_hidden(error) && !is_timeout(error);
    if (json_is(name, UNUM_STR("States.Timeout")))
        return is_timeout(error);
    return json_is(name, UNUM_STR("Lambda.Unknown")) && is_crash(error);
}

bool eval_error_matches(struct unum_str error_equals, struct unum_str error)
{
    struct json_iter iter = json_iter(error_equals);
    struct unum_str name;
    while (json_next(&iter, NULL, &name)) {
        if (name_matches(name, error))
            return true;
    }
    return false;
}

/* The retrier or catcher that takes the error; SIZE_MAX: none. */
static size_t taker(struct unum_str list, struct unum_str error, struct unum_str *ret)
{
    struct json_iter iter = {0};
    if (list.ptr)
        iter = json_iter(list);
    for (size_t i = 0; list.ptr && json_next(&iter, NULL, ret); i++) {
        struct unum_str names = eval_field(*ret, "ErrorEquals");
        if (names.ptr && eval_error_matches(names, error))
            return i;
    }
    return SIZE_MAX;
}

static int64_t whole(struct unum_str object, const char *key, int64_t preset)
{
    int64_t number;
    struct unum_str value = eval_field(object, key);
    return value.ptr && json_to_i64(value, &number) && number >= 0 ? number : preset;
}

static int64_t delay_of(struct eval_env *env, struct unum_str retrier, int64_t done)
{
    double backoff = DEFAULT_BACKOFF;
    struct unum_str value = eval_field(retrier, "BackoffRate");
    if (value.ptr && (!json_to_double(value, &backoff) || backoff < 1))
        backoff = 1;
    double most = (double)whole(retrier, "MaxDelaySeconds", INT32_MAX) * 1000;
    double delay = (double)whole(retrier, "IntervalSeconds", DEFAULT_INTERVAL) * 1000;
    for (int64_t i = 0; i < done && delay > 0 && delay < most && delay < MAX_DELAY_MS; i++) {
        if (backoff == 1)
            break;
        delay *= backoff;
    }
    delay = delay > most ? most : delay;
    delay = delay > MAX_DELAY_MS ? MAX_DELAY_MS : delay;
    value = eval_field(retrier, "JitterStrategy");
    if (value.ptr && json_is(value, UNUM_STR("FULL")))
        delay = (double)(eval_draw(env) % ((uint64_t)delay + 1));
    return (int64_t)delay;
}

static int64_t count_at(struct unum_str counts, size_t index)
{
    struct unum_str value;
    int64_t count;
    return counts.ptr && json_type(counts) == JSON_ARRAY && json_at(counts, index, &value) &&
                   json_to_i64(value, &count) && count >= 0
               ? count
               : 0;
}

/* `counts` for `size` retriers, with one more at `index`. */
static struct unum_str counted(struct eval_env *env, struct unum_str counts, size_t size,
                               size_t index)
{
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    struct json_writer w = JSON_WRITER(&out);
    json_array_begin(&w);
    for (size_t i = 0; i < size; i++)
        json_int(&w, count_at(counts, i) + (i == index));
    json_array_end(&w);
    return unum_arena_str(env->arena, unum_buf_str(&out));
}

void eval_retry(struct eval_env *env, struct unum_str fields, struct unum_str error,
                struct unum_str counts, struct eval_retry *ret)
{
    struct unum_str retriers = eval_field(fields, "Retry");
    struct unum_str retrier = UNUM_STR_NONE;
    size_t index = taker(retriers, error, &retrier);
    *ret = (struct eval_retry){.counts = counts, .index = index};
    if (index == SIZE_MAX)
        return;
    int64_t done = count_at(counts, index);
    ret->counts = counted(env, counts, json_count(retriers), index);
    ret->retry = done < whole(retrier, "MaxAttempts", DEFAULT_ATTEMPTS);
    if (ret->retry)
        ret->delay_ms = delay_of(env, retrier, done);
}

static struct unum_str error_output(struct eval_env *env, struct unum_str error,
                                    struct unum_str cause)
{
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(EVAL_LIMIT_VALUE);
    struct json_writer w = JSON_WRITER(&out);
    json_object_begin(&w);
    json_key(&w, "Error");
    json_string(&w, error);
    json_key(&w, "Cause");
    json_string(&w, cause);
    json_object_end(&w);
    return unum_arena_str(env->arena, unum_buf_str(&out));
}

size_t eval_catcher(struct unum_str fields, struct unum_str error)
{
    struct unum_str catcher;
    return taker(eval_field(fields, "Catch"), error, &catcher);
}

enum eval_caught eval_catch(struct eval_env *env, struct unum_str fields, struct unum_str error,
                            struct unum_str cause, struct unum_str input, struct unum_str *ret_next,
                            struct unum_str *ret_output, struct unum_str *ret_variables)
{
    struct unum_str catcher = UNUM_STR_NONE;
    struct unum_str variables;
    if (taker(eval_field(fields, "Catch"), error, &catcher) == SIZE_MAX)
        return EVAL_NOT_CAUGHT;
    struct unum_str path = eval_field(catcher, "ResultPath");
    struct unum_str result = error_output(env, error, cause);
    struct unum_str output = result;
    if (path.ptr && json_type(path) == JSON_NULL)
        output = input;
    else if (path.ptr && !eval_place(env, eval_text(env->arena, path), input, result, &output))
        return EVAL_FAILED;
    if (!eval_assign(env, eval_field(catcher, "Assign"), result, &variables))
        return EVAL_FAILED;
    *ret_next = eval_text(env->arena, eval_field(catcher, "Next"));
    *ret_output = output;
    *ret_variables = variables;
    return EVAL_CAUGHT;
}
