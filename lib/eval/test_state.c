#include "eval/test_state.h"

#include "base/clock.h"
#include "eval/eval_internal.h"
#include "eval/test_state_internal.h"

const char *test_state_status_name(enum test_state_status status)
{
    static const char *const names[] = {"SUCCEEDED", "FAILED", "RETRIABLE", "CAUGHT_ERROR"};
    return names[status];
}

static bool is(const struct test_state *t, const char *type)
{
    return unum_str_is(t->type, type);
}

static void saw(struct test_state *t, const char *what, struct unum_str value)
{
    json_key(t->seen, what);
    json_raw(t->seen, value);
}

/* ---- the context object of a test without one ---- */

static void put_time(struct json_writer *w, const char *key, int64_t ms)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(64);
    unum_time_rfc3339(ms, &text);
    json_key(w, key);
    json_string(w, unum_buf_str(&text));
}

static void context_of(void *cookie, struct unum_buf *out)
{
    const struct test_state *t = cookie;
    struct json_writer w = JSON_WRITER(out);
    if (t->request->context.ptr) {
        json_raw(&w, t->request->context);
        return;
    }
    json_object_begin(&w);
    json_key(&w, "Execution");
    json_object_begin(&w);
    json_key(&w, "Id");
    json_strings(&w, "arn:aws:states:us-east-1:000000000000:execution:test:test");
    json_key(&w, "Input");
    json_raw(&w, t->input);
    json_key(&w, "Name");
    json_strings(&w, "test");
    json_key(&w, "RoleArn");
    json_strings(&w, "arn:aws:iam::000000000000:role/test");
    put_time(&w, "StartTime", t->request->now_ms);
    json_object_end(&w);
    json_key(&w, "State");
    json_object_begin(&w);
    put_time(&w, "EnteredTime", t->request->now_ms);
    json_key(&w, "Name");
    json_string(&w, t->name);
    json_key(&w, "RetryCount");
    json_int(&w, t->request->retry_count);
    json_object_end(&w);
    json_key(&w, "StateMachine");
    json_object_begin(&w);
    json_key(&w, "Id");
    json_strings(&w, "arn:aws:states:us-east-1:000000000000:stateMachine:test");
    json_key(&w, "Name");
    json_strings(&w, "test");
    json_object_end(&w);
    json_object_end(&w);
}

/* ---- errors ---- */

static struct unum_str counts_of(struct test_state *t)
{
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    struct json_writer w = JSON_WRITER(&out);
    struct unum_str retriers = eval_field(t->fields, "Retry");
    json_array_begin(&w);
    for (size_t i = 0; retriers.ptr && i < json_count(retriers); i++)
        json_int(&w, t->request->retry_count);
    json_array_end(&w);
    return unum_arena_str(t->arena, unum_buf_str(&out));
}

/* Retry, then Catch, then it has failed. */
static void failed(struct test_state *t, struct unum_str error, struct unum_str cause,
                   struct test_state_result *ret)
{
    struct eval_retry retry;
    size_t catcher = eval_catcher(t->fields, error);
    eval_retry(&t->env, t->fields, error, counts_of(t), &retry);
    *ret = (struct test_state_result){.status = TEST_STATE_FAILED, .error = error, .cause = cause};
    bool catches = !retry.retry && catcher != SIZE_MAX;
    if (retry.index != SIZE_MAX || catches) {
        json_key(t->seen, "errorDetails");
        json_object_begin(t->seen);
        if (retry.index != SIZE_MAX) {
            json_key(t->seen, "retryIndex");
            json_int(t->seen, (int64_t)retry.index);
        }
        if (retry.retry) {
            json_key(t->seen, "retryBackoffIntervalSeconds");
            json_int(t->seen, retry.delay_ms / 1000);
        }
        if (catches) {
            json_key(t->seen, "catchIndex");
            json_int(t->seen, (int64_t)catcher);
        }
        json_object_end(t->seen);
    }
    if (retry.retry) {
        ret->status = TEST_STATE_RETRIABLE;
        return;
    }
    switch (eval_catch(&t->env, t->fields, error, cause, t->input, &ret->next, &ret->output,
                       &ret->variables)) {
    case EVAL_CAUGHT:
        ret->status = TEST_STATE_CAUGHT;
        break;
    case EVAL_FAILED:
        ret->error = t->env.error;
        ret->cause = t->env.cause;
        break;
    case EVAL_NOT_CAUGHT:
        break;
    }
}

static void failed_here(struct test_state *t, struct test_state_result *ret)
{
    failed(t, t->env.error, t->env.cause, ret);
}

/* ---- what states do ---- */

/* ResultSelector, ResultPath, OutputPath and Assign. */
static void leave(struct test_state *t, struct unum_str result, struct test_state_result *ret)
{
    struct unum_str selector = eval_field(t->fields, "ResultSelector");
    struct unum_str path = eval_field(t->fields, "ResultPath");
    struct unum_str selected = result;
    struct unum_str placed;
    if (selector.ptr && !eval_template(&t->env, selector, result, &selected)) {
        failed_here(t, ret);
        return;
    }
    saw(t, "afterResultSelector", selected);
    placed = selected;
    if (path.ptr && json_type(path) == JSON_NULL) {
        placed = t->input;
    } else if (path.ptr &&
               !eval_place(&t->env, eval_text(t->arena, path), t->input, selected, &placed)) {
        failed_here(t, ret);
        return;
    }
    saw(t, "afterResultPath", placed);
    struct unum_str next = eval_text(t->arena, eval_field(t->fields, "Next"));
    *ret = (struct test_state_result){.status = TEST_STATE_SUCCEEDED, .next = next};
    if (!eval_select(&t->env, eval_field(t->fields, "OutputPath"), placed, &ret->output) ||
        !eval_assign(&t->env, eval_field(t->fields, "Assign"), selected, &ret->variables))
        failed_here(t, ret);
}

static void run_pass(struct test_state *t, struct test_state_result *ret)
{
    struct unum_str value = eval_field(t->fields, "Result");
    struct unum_str parameters = eval_field(t->fields, "Parameters");
    if (value.ptr) {
        saw(t, "result", value);
        leave(t, value, ret);
        return;
    }
    if (!eval_select(&t->env, eval_field(t->fields, "InputPath"), t->input, &value)) {
        failed_here(t, ret);
        return;
    }
    saw(t, "afterInputPath", value);
    if (parameters.ptr && !eval_template(&t->env, parameters, value, &value)) {
        failed_here(t, ret);
        return;
    }
    saw(t, "afterParameters", value);
    leave(t, value, ret);
}

static void run_task(struct test_state *t, struct test_state_result *ret)
{
    struct unum_str value;
    struct unum_str parameters = eval_field(t->fields, "Parameters");
    bool set;
    int64_t number;
    if (!eval_select(&t->env, eval_field(t->fields, "InputPath"), t->input, &value)) {
        failed_here(t, ret);
        return;
    }
    saw(t, "afterInputPath", value);
    if ((parameters.ptr && !eval_template(&t->env, parameters, value, &value)) ||
        !eval_number(&t->env, t->fields, "TimeoutSeconds", t->input, &set, &number) ||
        !eval_number(&t->env, t->fields, "HeartbeatSeconds", t->input, &set, &number)) {
        failed_here(t, ret);
        return;
    }
    saw(t, "afterParameters", value);
    if (t->request->fails) {
        failed(t, t->request->error, t->request->cause, ret);
        return;
    }
    saw(t, "result", t->request->result);
    leave(t, t->request->result, ret);
}

static void run_parallel(struct test_state *t, struct test_state_result *ret)
{
    struct unum_str value;
    if (!eval_enter(&t->env, t->fields, t->input, &value))
        failed_here(t, ret);
    else if (t->request->fails)
        failed(t, t->request->error, t->request->cause, ret);
    else
        leave(t, t->request->result, ret);
}

static void context_of_item(void *cookie, struct unum_buf *out);

struct item {
    struct test_state *t;
    struct unum_str value;
    size_t index;
};

static void context_of_item(void *cookie, struct unum_buf *out)
{
    const struct item *item = cookie;
    struct unum_buf UNUM_AUTO_BUF context = UNUM_BUF_INIT(EVAL_LIMIT_VALUE);
    context_of(item->t, &context);
    struct json_writer w = JSON_WRITER(out);
    struct json_iter iter = json_iter(unum_buf_str(&context));
    struct unum_str key;
    struct unum_str member;
    json_object_begin(&w);
    while (json_next(&iter, &key, &member)) {
        json_key_str(&w, eval_text(item->t->arena, key));
        json_raw(&w, member);
    }
    json_key(&w, "Map");
    json_object_begin(&w);
    json_key(&w, "Item");
    json_object_begin(&w);
    json_key(&w, "Index");
    json_int(&w, (int64_t)item->index);
    json_key(&w, "Value");
    json_raw(&w, item->value);
    json_object_end(&w);
    json_object_end(&w);
    json_object_end(&w);
}

static struct eval_env env_of(struct test_state *t, void *cookie,
                              void (*context)(void *cookie, struct unum_buf *out))
{
    return (struct eval_env){.arena = t->arena,
                             .variables = t->request->variables,
                             .context = context,
                             .cookie = cookie,
                             .seed = t->request->seed,
                             .now_ms = t->request->now_ms};
}

/* What ItemSelector makes of every element. */
static bool select_items(struct test_state *t, struct unum_str items)
{
    struct unum_buf UNUM_AUTO_BUF list = UNUM_BUF_INIT(EVAL_LIMIT_VALUE);
    struct json_writer w = JSON_WRITER(&list);
    struct json_iter iter = json_iter(items);
    struct unum_str selected;
    struct item item = {.t = t};
    json_array_begin(&w);
    for (; json_next(&iter, NULL, &item.value); item.index++) {
        struct eval_env env = env_of(t, &item, context_of_item);
        if (!eval_item(&env, t->fields, t->input, item.value, &selected)) {
            t->env.error = env.error;
            t->env.cause = env.cause;
            return false;
        }
        json_raw(&w, selected);
    }
    json_array_end(&w);
    if (!eval_keep(&t->env, &list, &selected))
        return false;
    saw(t, "afterItemSelector", selected);
    return true;
}

/* What a Map says of its elements. False: the error is set. */
static bool open_map(struct test_state *t, size_t *ret_tolerated, bool *ret_limited)
{
    struct unum_str items;
    struct unum_str selected;
    bool counted;
    bool shared;
    bool set;
    int64_t number;
    double percentage;
    if (!eval_select(&t->env, eval_field(t->fields, "InputPath"), t->input, &selected))
        return false;
    saw(t, "afterInputPath", selected);
    if (!eval_items(&t->env, t->fields, t->input, UNUM_STR_NONE, &items))
        return false;
    saw(t, "afterItemsPath", items);
    if ((eval_field(t->fields, "ItemSelector").ptr || eval_field(t->fields, "Parameters").ptr) &&
        !select_items(t, items))
        return false;
    if (!eval_number(&t->env, t->fields, "MaxConcurrency", t->input, &set, &number))
        return false;
    json_key(t->seen, "maxConcurrency");
    json_int(t->seen, number);
    if (!eval_number(&t->env, t->fields, "ToleratedFailureCount", t->input, &counted, &number) ||
        !eval_percentage(&t->env, t->fields, "ToleratedFailurePercentage", t->input, &shared,
                         &percentage))
        return false;
    if (counted) {
        json_key(t->seen, "toleratedFailureCount");
        json_int(t->seen, number);
    }
    if (shared) {
        json_key(t->seen, "toleratedFailurePercentage");
        json_raw(t->seen, unum_arena_printf(t->arena, "%.10g", percentage));
    }
    *ret_limited = counted || shared;
    return eval_tolerated(&t->env, t->fields, t->input, json_count(items), ret_tolerated);
}

static void run_map(struct test_state *t, struct test_state_result *ret)
{
    size_t tolerated = 0;
    bool limited = false;
    if (!open_map(t, &tolerated, &limited))
        failed_here(t, ret);
    else if (t->request->fails)
        failed(t, t->request->error, t->request->cause, ret);
    else if (limited && t->request->failed_elements > (int64_t)tolerated)
        failed(t, UNUM_STR("States.ExceedToleratedFailureThreshold"),
               UNUM_STR("The specified tolerated failure threshold was exceeded"), ret);
    else
        leave(t, t->request->result, ret);
}

/* Choice, Wait, Succeed, Fail. */
static void run_plain(struct test_state *t, struct test_state_result *ret)
{
    struct unum_str value;
    int64_t due_ms;
    bool right;
    *ret = (struct test_state_result){.status = TEST_STATE_SUCCEEDED};
    if (!eval_select(&t->env, eval_field(t->fields, "InputPath"), t->input, &value)) {
        failed_here(t, ret);
        return;
    }
    saw(t, "afterInputPath", value);
    if (is(t, "Choice")) {
        right =
            eval_choose(&t->env, t->fields, t->input, &ret->next, &ret->output, &ret->variables);
    } else if (is(t, "Succeed")) {
        right = eval_succeed(&t->env, t->fields, t->input, &ret->output);
    } else if (is(t, "Fail")) {
        ret->status = TEST_STATE_FAILED;
        right = eval_fail(&t->env, t->fields, t->input, &ret->error, &ret->cause);
    } else {
        ret->next = eval_text(t->arena, eval_field(t->fields, "Next"));
        right = eval_wait(&t->env, t->fields, value, &due_ms) &&
                eval_select(&t->env, eval_field(t->fields, "OutputPath"), value, &ret->output) &&
                eval_assign(&t->env, eval_field(t->fields, "Assign"), value, &ret->variables);
    }
    if (!right)
        failed_here(t, ret);
}

static void run(struct test_state *t, struct test_state_result *ret)
{
    if (is(t, "Pass"))
        run_pass(t, ret);
    else if (is(t, "Task"))
        run_task(t, ret);
    else if (is(t, "Parallel"))
        run_parallel(t, ret);
    else if (is(t, "Map"))
        run_map(t, ret);
    else
        run_plain(t, ret);
}

/* The state with that name in the machine or in what its states hold inside. */
static bool find_state(struct unum_str scope, struct unum_str name, unsigned depth,
                       struct unum_str *ret)
{
    static const char *const inside[] = {"ItemProcessor", "Iterator"};
    struct unum_str states = eval_field(scope, "States");
    struct unum_str state;
    struct unum_str branch;
    if (!states.ptr || depth > 32)
        return false;
    if (json_get(states, name, ret))
        return true;
    struct json_iter iter = json_iter(states);
    while (json_next(&iter, NULL, &state)) {
        struct unum_str branches = eval_field(state, "Branches");
        for (size_t i = 0; i < UNUM_COUNT(inside); i++) {
            struct unum_str processor = eval_field(state, inside[i]);
            if (processor.ptr && find_state(processor, name, depth + 1, ret))
                return true;
        }
        struct json_iter each = {0};
        if (branches.ptr)
            each = json_iter(branches);
        while (branches.ptr && json_next(&each, NULL, &branch)) {
            if (find_state(branch, name, depth + 1, ret))
                return true;
        }
    }
    return false;
}

int test_state_run(const struct test_state_request *request, struct unum_arena *arena,
                   struct test_state_result *ret, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF seen = UNUM_BUF_INIT(EVAL_LIMIT_VALUE);
    struct json_writer w = JSON_WRITER(&seen);
    struct test_state t = {.request = request,
                           .arena = arena,
                           .err = err,
                           .name = request->name.ptr ? request->name : UNUM_STR("StateName"),
                           .fields = request->definition,
                           .input = request->input.ptr ? request->input : UNUM_STR("{}"),
                           .seen = &w};
    if (json_type(request->definition) != JSON_OBJECT)
        return unum_err_set(err, UNUM_E_INVAL, "the definition of a state is a JSON object");
    if (request->name.ptr && !find_state(request->definition, request->name, 0, &t.fields))
        return unum_err_set(err, UNUM_E_NOTFOUND, "there is no state \"%.*s\" in the definition",
                            UNUM_STR_ARG(request->name));
    t.type = eval_text(arena, eval_field(t.fields, "Type"));
    t.env = env_of(&t, &t, context_of);
    int rc = test_state_check(&t);
    if (rc < 0)
        return rc;
    struct test_state_result result = {0};
    json_object_begin(&w);
    saw(&t, "input", t.input);
    run(&t, &result);
    bool assigned =
        result.variables.ptr && (eval_field(t.fields, "Assign").ptr ||
                                 eval_field(t.fields, "Catch").ptr || request->variables.ptr);
    if (assigned)
        saw(&t, "variables", result.variables);
    json_object_end(&w);
    if (seen.failed)
        return unum_err_set(err, UNUM_E_LIMIT, "the data of the state is too large to be shown");
    result.inspection = unum_arena_str(arena, unum_buf_str(&seen));
    *ret = result;
    return 0;
}
