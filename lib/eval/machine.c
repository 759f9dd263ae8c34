#include "eval/machine.h"

#include "eval/machine_internal.h"

const char *machine_status_name(enum machine_status status)
{
    static const char *const names[] = {"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"};
    return names[status];
}

/* ---- states ---- */

static struct machine_outcome run_task(struct machine_state *s, struct unum_str input)
{
    struct machine *m = s->m;
    struct machine_task task = {.state = s->name,
                                .resource = eval_text(m->arena, eval_field(s->fields, "Resource")),
                                .retry_count = s->retry_count,
                                .now_ms = s->env.now_ms};
    bool set = false;
    int64_t timeout = 0;
    bool beats; /* nobody sends any here: it only has to be right */
    int64_t heartbeat;
    if (!task.resource.ptr)
        return machine_broken(m, UNUM_E_INVAL, "a Task has no Resource", s->name);
    if (!eval_enter(&s->env, s->fields, input, &task.input) ||
        !eval_number(&s->env, s->fields, "TimeoutSeconds", input, &set, &timeout) ||
        !eval_number(&s->env, s->fields, "HeartbeatSeconds", input, &beats, &heartbeat)) {
        m->unasked_tasks++;
        return machine_evaluation_failed(s);
    }
    m->quick = 0;
    m->event += 3;
    struct machine_answer answer = {0};
    m->options->task(m->options->cookie, &task, m->arena, &answer);
    struct machine_outcome out = {.failed = answer.failed,
                                  .output = answer.output,
                                  .error = answer.error,
                                  .cause = answer.cause,
                                  .failed_state = s->name,
                                  .end_ms = s->env.now_ms + answer.took_ms};
    if (set && answer.took_ms > timeout * 1000)
        out = (struct machine_outcome){.failed = true,
                                       .error = UNUM_STR("States.Timeout"),
                                       .failed_state = s->name,
                                       .end_ms = s->env.now_ms + timeout * 1000};
    return out;
}

static struct machine_outcome run_once(struct machine_state *s, struct unum_str input)
{
    struct machine_outcome out = {.end_ms = s->env.now_ms, .failed_state = s->name};
    struct unum_str effective;
    if (unum_str_is(s->type, "Task"))
        return run_task(s, input);
    if (unum_str_is(s->type, "Parallel"))
        return machine_parallel(s, input);
    if (unum_str_is(s->type, "Map"))
        return machine_map(s, input);
    if (!eval_enter(&s->env, s->fields, input, &effective))
        return machine_evaluation_failed(s);
    if (unum_str_is(s->type, "Pass"))
        return eval_pass(&s->env, s->fields, effective, &out.output) ? out
                                                                     : machine_evaluation_failed(s);
    if (!unum_str_is(s->type, "Wait"))
        return machine_broken(s->m, UNUM_E_INVAL, "there is no such Type", s->name);
    out.output = effective;
    if (!eval_wait(&s->env, s->fields, effective, &out.end_ms))
        return machine_evaluation_failed(s);
    s->m->quick = 0;
    out.stopped =
        s->m->options->wait && !s->m->options->wait(s->m->options->cookie, s->name, out.end_ms);
    return out;
}

/* Where the run of a scope stands. */
struct position {
    struct unum_str state; /* ptr NULL: behind the end */
    struct unum_str value, variables;
    int64_t now_ms;
};

static void go_on(struct machine_state *s, struct unum_str next, struct unum_str output,
                  struct unum_str variables, int64_t now_ms, struct position *at)
{
    s->m->event++;
    if (s->m->options->left)
        s->m->options->left(s->m->options->cookie, s->name, output, variables);
    *at = (struct position){next, output, variables, now_ms};
}

static bool is_over(const struct machine *m, const struct machine_outcome *out)
{
    return out->stopped || m->rc || out->end_ms > m->deadline_ms;
}

/* A state with Retry and Catch. False: the scope ends with *ret. */
static bool run_with_handlers(struct machine_state *s, struct position *at,
                              struct machine_outcome *ret)
{
    struct unum_str counts = UNUM_STR_NONE;
    struct unum_str next;
    struct unum_str output;
    struct unum_str variables;
    for (;;) {
        *ret = run_once(s, at->value);
        if (is_over(s->m, ret) || ret->timed_out)
            return false;
        int64_t now_ms = ret->end_ms;
        machine_env(s, at->variables, now_ms);
        if (!ret->failed) {
            next = eval_text(s->m->arena, eval_field(s->fields, "Next"));
            if (eval_leave(&s->env, s->fields, at->value, ret->output, &output, &variables)) {
                go_on(s, next, output, variables, now_ms, at);
                return true;
            }
            *ret = machine_evaluation_failed(s);
            machine_env(s, at->variables, now_ms);
        }
        struct eval_retry retry;
        eval_retry(&s->env, s->fields, ret->error, counts, &retry);
        if (!retry.retry || ++s->m->steps > MACHINE_LIMIT_STEPS)
            break;
        counts = retry.counts;
        s->retry_count++;
        machine_env(s, at->variables, now_ms + retry.delay_ms);
        if (s->env.now_ms > s->m->deadline_ms) {
            ret->end_ms = s->env.now_ms;
            return false;
        }
    }
    switch (eval_catch(&s->env, s->fields, ret->error, ret->cause, at->value, &next, &output,
                       &variables)) {
    case EVAL_NOT_CAUGHT:
        return false;
    case EVAL_CAUGHT:
        go_on(s, next, output, variables, s->env.now_ms, at);
        return true;
    case EVAL_FAILED:
        break;
    }
    *ret = machine_evaluation_failed(s);
    return false;
}

/* One state of a scope. False: the scope ends with *ret. */
static bool run_state(struct machine_state *s, struct position *at, struct machine_outcome *ret)
{
    struct unum_str next = UNUM_STR_NONE;
    struct unum_str output;
    struct unum_str variables = at->variables;
    if (unum_str_is(s->type, "Fail")) {
        *ret = (struct machine_outcome){
            .failed = true, .by_fail = true, .failed_state = s->name, .end_ms = at->now_ms};
        if (!eval_fail(&s->env, s->fields, at->value, &ret->error, &ret->cause))
            *ret = machine_evaluation_failed(s);
        return false;
    }
    if (unum_str_is(s->type, "Choice")) {
        if (!eval_choose(&s->env, s->fields, at->value, &next, &output, &variables)) {
            *ret = machine_evaluation_failed(s);
            return false;
        }
        go_on(s, next, output, variables, at->now_ms, at);
        return true;
    }
    if (unum_str_is(s->type, "Succeed")) {
        if (!eval_succeed(&s->env, s->fields, at->value, &output)) {
            *ret = machine_evaluation_failed(s);
            return false;
        }
        go_on(s, next, output, variables, at->now_ms, at);
        return true;
    }
    return run_with_handlers(s, at, ret);
}

/* `at->state` in its scope. False: the run ends with *ret. */
static bool enter(struct machine *m, struct unum_str states, const struct machine_around *around,
                  const struct position *at, struct machine_state *s, struct machine_outcome *ret)
{
    *s = (struct machine_state){.m = m,
                                .name = at->state,
                                .around = around,
                                .entered_ms = at->now_ms,
                                .entered_event = ++m->event};
    if (!json_get(states, at->state, &s->fields)) {
        *ret = machine_broken(m, UNUM_E_INVAL, "there is no such state in its scope", at->state);
        return false;
    }
    if (machine_is_jsonata(s->fields)) {
        *ret = machine_broken(m, UNUM_E_UNSUPPORTED, "is written in JSONata", at->state);
        return false;
    }
    s->type = eval_text(m->arena, eval_field(s->fields, "Type"));
    machine_env(s, at->variables, at->now_ms);
    if (++m->quick > UNUM_LIMIT_STEPS || ++m->steps > MACHINE_LIMIT_STEPS) {
        eval_error(&s->env, EVAL_RUNTIME, "More than %d states without a Task or a Wait.",
                   UNUM_LIMIT_STEPS);
        *ret = machine_evaluation_failed(s);
        return false;
    }
    return true;
}

struct machine_outcome machine_scope(struct machine *m, struct unum_str scope,
                                     struct unum_str input, struct unum_str variables,
                                     int64_t now_ms, const struct machine_around *around)
{
    struct unum_str states = eval_field(scope, "States");
    struct position at = {eval_text(m->arena, eval_field(scope, "StartAt")), input, variables,
                          now_ms};
    struct machine_outcome out = {0};
    struct machine_state s;
    if (!states.ptr || !at.state.ptr)
        return machine_broken(m, UNUM_E_INVAL, "a scope needs StartAt and States", at.state);
    if (m->depth == MACHINE_LIMIT_NESTING)
        return machine_broken(m, UNUM_E_LIMIT, "scopes are nested more than 32 levels deep",
                              at.state);
    m->depth++;
    while (at.state.ptr) {
        if (!enter(m, states, around, &at, &s, &out) || !run_state(&s, &at, &out)) {
            m->depth--;
            m->failed_branches += out.failed && m->depth;
            out.timed_out = out.timed_out || out.end_ms > m->deadline_ms;
            return out;
        }
    }
    m->depth--;
    return (struct machine_outcome){
        .output = at.value, .end_ms = at.now_ms, .timed_out = at.now_ms > m->deadline_ms};
}

int machine_run(struct unum_str definition, struct unum_str input,
                const struct machine_options *options, struct unum_arena *arena,
                struct machine_result *ret, struct unum_err *err)
{
    struct machine m = {.options = options,
                        .arena = arena,
                        .input = input,
                        .deadline_ms = INT64_MAX,
                        .event = 1,
                        .tie = {options->tie},
                        .err = err};
    int64_t timeout;
    struct unum_str field = eval_field(definition, "TimeoutSeconds");
    const struct machine_around nothing = {0};
    if (machine_is_jsonata(definition))
        return unum_err_set(err, UNUM_E_UNSUPPORTED, "the machine is written in JSONata");
    struct unum_str where = UNUM_STR_NONE;
    const char *missing = machine_unsupported(&m, definition, &where);
    if (missing)
        return unum_err_set(err, UNUM_E_UNSUPPORTED, "state \"%.*s\" %s", UNUM_STR_ARG(where),
                            missing);
    if (field.ptr && json_to_i64(field, &timeout) && timeout > 0 && timeout <= 99999999)
        m.deadline_ms = options->start_ms + timeout * 1000;
    struct machine_outcome out =
        machine_scope(&m, definition, input, UNUM_STR_NONE, options->start_ms, &nothing);
    if (m.rc)
        return m.rc;
    *ret = (struct machine_result){.output = out.output,
                                   .error = out.error,
                                   .cause = out.cause,
                                   .failed_state = out.failed_state,
                                   .by_fail = out.by_fail,
                                   .failed_branches = m.failed_branches,
                                   .unasked_tasks = m.unasked_tasks,
                                   .end_ms = out.end_ms};
    if (out.timed_out) {
        ret->status = MACHINE_TIMED_OUT;
        ret->error = UNUM_STR("States.Timeout");
        ret->cause = UNUM_STR_NONE;
        ret->end_ms = m.deadline_ms;
    } else {
        ret->status = out.stopped  ? MACHINE_ABORTED
                      : out.failed ? MACHINE_FAILED
                                   : MACHINE_SUCCEEDED;
    }
    return 0;
}
