/* A case run by the interpreter of lib/eval. */
#include "asl_case.h"
#include "asl_compare.h"
#include "eval/machine.h"

#define NEVER_MS (int64_t)100000000000000 /* longer than any timeout */

struct tables {
    struct unum_str tasks; /* JSON list */
    bool *used;
    bool aborted;
};

static bool is_always(struct unum_str entry)
{
    bool always = false;
    return json_to_bool(case_member(entry, "always"), &always) && always;
}

static bool is_next(struct unum_str entry, const struct machine_task *task, bool any_input,
                    struct unum_arena *arena)
{
    int64_t attempt;
    struct unum_str input = case_answer_input(entry);
    if (!unum_str_eq(case_text(entry, "state", arena), task->state) ||
        (json_to_i64(case_member(entry, "attempt"), &attempt) && attempt != task->retry_count))
        return false;
    if (!input.ptr)
        return true;
    return any_input
               ? !is_always(entry)
               : case_same(case_normal(input, arena), case_normal(task->input, arena), true, arena);
}

static bool find_answer(struct tables *t, const struct machine_task *task, struct unum_arena *arena,
                        struct unum_str *ret)
{
    for (int pass = 0; pass < 2; pass++) {
        struct json_iter iter = json_iter(t->tasks);
        struct unum_str entry;
        for (size_t i = 0; json_next(&iter, NULL, &entry); i++) {
            if (t->used[i] || !is_next(entry, task, pass == 1, arena))
                continue;
            t->used[i] = !is_always(entry);
            return json_get(entry, UNUM_STR("result"), ret);
        }
    }
    return false;
}

static bool is_invoke(const struct machine_task *task)
{
    return unum_str_is(task->resource, "arn:aws:states:::lambda:invoke");
}

/* What the service gives around the answer of a function. */
static struct unum_str around(const struct machine_task *task, struct unum_str payload,
                              struct unum_arena *arena)
{
    if (!is_invoke(task))
        return payload;
    return unum_arena_printf(
        arena, "{\"ExecutedVersion\":\"$LATEST\",\"Payload\":%.*s,\"StatusCode\":200}",
        UNUM_STR_ARG(payload));
}

static struct unum_str input_of(const struct machine_task *task)
{
    struct unum_str payload;
    if (!is_invoke(task))
        return task->input;
    return json_get(task->input, UNUM_STR("Payload"), &payload) ? payload : UNUM_STR("{}");
}

static void answer(void *cookie, const struct machine_task *task, struct unum_arena *arena,
                   struct machine_answer *ret)
{
    struct unum_str result;
    struct unum_str cause;
    struct unum_str wrap;
    if (!find_answer(cookie, task, arena, &result)) {
        ret->output = around(task, input_of(task), arena);
        return;
    }
    if (json_get(result, UNUM_STR("output"), &ret->output))
        return;
    if (json_get(result, UNUM_STR("wrap"), &wrap)) {
        ret->output = around(task,
                             unum_arena_printf(arena, "{%.*s:%.*s}", UNUM_STR_ARG(wrap),
                                               UNUM_STR_ARG(input_of(task))),
                             arena);
        return;
    }
    bool hangs = json_get(result, UNUM_STR("hang"), &cause);
    ret->failed = hangs || json_get(result, UNUM_STR("error"), &cause);
    if (hangs)
        ret->took_ms = NEVER_MS;
    if (!ret->failed)
        ret->output = around(task, input_of(task), arena);
    ret->error = case_text(result, "error", arena);
    if (json_get(result, UNUM_STR("cause"), &cause))
        ret->cause = json_type(cause) == JSON_STRING ? case_text(result, "cause", arena) : cause;
}

static bool may_wait(void *cookie, struct unum_str state, int64_t due_ms)
{
    const struct tables *t = cookie;
    (void)state;
    (void)due_ms;
    return !t->aborted;
}

void asl_evaluate(const struct asl_case *c, uint64_t tie, struct unum_arena *arena,
                  struct asl_run *ret)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct tables tables = {.tasks = c->tasks, .aborted = c->aborted};
    struct machine_result result = {0};
    tables.used = unum_arena_array(arena, json_count(c->tasks) + 1, sizeof(*tables.used));
    const struct machine_options options = {.cookie = &tables,
                                            .task = answer,
                                            .wait = may_wait,
                                            .name = UNUM_STR("run"),
                                            .machine_name = UNUM_STR("machine"),
                                            .role = UNUM_STR("snf_role_arn"),
                                            .start_ms = 1795219200000,
                                            .seed = 1,
                                            .tie = tie};
    *ret = (struct asl_run){0};
    ret->rc = machine_run(c->definition, c->input, &options, arena, &result, &err);
    if (ret->rc < 0) {
        ret->refused = ret->rc == UNUM_E_UNSUPPORTED;
        ret->problem = unum_arena_str(arena, unum_str_from(unum_err_text(&err)));
        return;
    }
    ret->status = unum_str_from(machine_status_name(result.status));
    ret->output = result.output;
    ret->error = result.error;
    ret->cause = result.cause;
    ret->by_fail = result.by_fail;
    ret->broken_off = result.failed_branches || result.unasked_tasks;
}
