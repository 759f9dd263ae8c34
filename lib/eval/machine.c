#include "eval/machine.h"

#include "base/clock.h"
#include "base/rand.h"
#include "eval/eval_internal.h"

enum { MAX_NESTING = 32 };

struct machine {
    const struct machine_options *options;
    struct unum_arena *arena;
    struct unum_str input;
    int64_t deadline_ms; /* INT64_MAX: none */
    uint64_t steps;
    uint64_t quick; /* since the last Task or Wait */
    uint64_t failed_branches, unasked_tasks;
    uint64_t event; /* number of the last event, as the history of Step Functions counts */
    unsigned depth;
    struct unum_prng tie;
    struct unum_err *err;
    int rc;
};

/* Where a scope runs: what its states see of the Map around it. */
struct surrounding {
    struct unum_str item; /* ptr NULL: no Map */
    size_t index;
};

struct state {
    struct machine *m;
    struct unum_str name, fields, type;
    const struct surrounding *around;
    int64_t entered_ms;
    uint64_t entered_event;
    int64_t retry_count;
    struct eval_env env;
};

struct outcome {
    bool failed, stopped, timed_out;
    bool by_fail; /* the error is what a Fail state says */
    struct unum_str output, error, cause, failed_state;
    int64_t end_ms;
};

const char *machine_status_name(enum machine_status status)
{
    static const char *const names[] = {"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"};
    return names[status];
}

static struct outcome run_scope(struct machine *m, struct unum_str scope, struct unum_str input,
                                struct unum_str variables, int64_t now_ms,
                                const struct surrounding *around);

/* The definition cannot be run: everything ends. */
static struct outcome broken(struct machine *m, int rc, const char *what, struct unum_str where)
{
    if (!m->rc)
        m->rc = unum_err_set(m->err, rc, "state \"%.*s\": %s", UNUM_STR_ARG(where), what);
    return (struct outcome){.stopped = true};
}

/* ---- context object ---- */

static void put_time(struct json_writer *w, const char *key, int64_t ms)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(64);
    unum_time_rfc3339(ms, &text);
    json_key(w, key);
    json_string(w, unum_buf_str(&text));
}

static void put_execution(struct json_writer *w, const struct machine *m)
{
    const struct machine_options *o = m->options;
    json_key(w, "Execution");
    json_object_begin(w);
    json_key(w, "Id");
    json_string(w, unum_arena_printf(m->arena,
                                     "arn:aws:states:us-east-1:000000000000:execution:%.*s:%.*s",
                                     UNUM_STR_ARG(o->machine_name), UNUM_STR_ARG(o->name)));
    json_key(w, "Input");
    json_raw(w, m->input);
    json_key(w, "Name");
    json_string(w, o->name);
    json_key(w, "RoleArn");
    json_string(w, o->role);
    put_time(w, "StartTime", o->start_ms);
    json_key(w, "RedriveCount");
    json_int(w, 0);
    json_object_end(w);
}

static void context_of(void *cookie, struct unum_buf *out)
{
    const struct state *s = cookie;
    struct json_writer w = JSON_WRITER(out);
    json_object_begin(&w);
    put_execution(&w, s->m);
    json_key(&w, "State");
    json_object_begin(&w);
    put_time(&w, "EnteredTime", s->entered_ms);
    json_key(&w, "Name");
    json_string(&w, s->name);
    if (unum_str_is(s->type, "Task")) {
        json_key(&w, "RetryCount");
        json_int(&w, s->retry_count);
    }
    json_object_end(&w);
    json_key(&w, "StateMachine");
    json_object_begin(&w);
    json_key(&w, "Id");
    json_string(&w, unum_arena_printf(s->m->arena,
                                      "arn:aws:states:us-east-1:000000000000:stateMachine:%.*s",
                                      UNUM_STR_ARG(s->m->options->machine_name)));
    json_key(&w, "Name");
    json_string(&w, s->m->options->machine_name);
    json_object_end(&w);
    if (s->around->item.ptr) {
        json_key(&w, "Map");
        json_object_begin(&w);
        json_key(&w, "Item");
        json_object_begin(&w);
        json_key(&w, "Index");
        json_int(&w, (int64_t)s->around->index);
        json_key(&w, "Value");
        json_raw(&w, s->around->item);
        json_object_end(&w);
        json_object_end(&w);
    }
    json_object_end(&w);
}

static void set_env(struct state *s, struct unum_str variables, int64_t now_ms)
{
    s->env = (struct eval_env){.arena = s->m->arena,
                               .variables = variables,
                               .context = context_of,
                               .cookie = s,
                               .seed = s->m->options->seed + s->m->steps * 1000003,
                               .now_ms = now_ms};
}

/* ---- states ---- */

/* What the evaluation said, with the words of the history in front. */
static struct outcome evaluation_failed(struct state *s)
{
    struct outcome out = {.failed = true, .error = s->env.error, .failed_state = s->name};
    out.cause = unum_arena_printf(
        s->m->arena,
        "An error occurred while executing the state '%.*s' (entered at the event id #%llu). %.*s",
        UNUM_STR_ARG(s->name), (unsigned long long)s->entered_event, UNUM_STR_ARG(s->env.cause));
    out.end_ms = s->env.now_ms;
    return out;
}

static bool is_service(struct unum_str resource)
{
    return unum_str_starts(resource, UNUM_STR("arn:aws:states:::"));
}

static struct outcome run_task(struct state *s, struct unum_str input)
{
    struct machine *m = s->m;
    struct machine_task task = {.state = s->name,
                                .resource = eval_text(m->arena, eval_field(s->fields, "Resource")),
                                .retry_count = s->retry_count,
                                .now_ms = s->env.now_ms};
    bool set = false;
    int64_t timeout = 0;
    if (!task.resource.ptr)
        return broken(m, UNUM_E_INVAL, "a Task has no Resource", s->name);
    if (is_service(task.resource) && !unum_str_is(task.resource, "arn:aws:states:::lambda:invoke"))
        return broken(m, UNUM_E_UNSUPPORTED, "calls a service other than Lambda", s->name);
    if (!eval_enter(&s->env, s->fields, input, &task.input) ||
        !eval_number(&s->env, s->fields, "TimeoutSeconds", input, &set, &timeout)) {
        m->unasked_tasks++;
        return evaluation_failed(s);
    }
    m->quick = 0;
    m->event += 3;
    struct machine_answer answer = {0};
    m->options->task(m->options->cookie, &task, m->arena, &answer);
    struct outcome out = {.failed = answer.failed,
                          .output = answer.output,
                          .error = answer.error,
                          .cause = answer.cause,
                          .failed_state = s->name,
                          .end_ms = s->env.now_ms + answer.took_ms};
    if (set && answer.took_ms > timeout * 1000)
        out = (struct outcome){.failed = true,
                               .error = UNUM_STR("States.Timeout"),
                               .failed_state = s->name,
                               .end_ms = s->env.now_ms + timeout * 1000};
    return out;
}

/* Branches run at the same time: what comes first in time decides about all of them. */
struct together {
    struct outcome all; /* the failure that ends the state, or none and when the last one ended */
    bool late;          /* one of them runs into the end of the machine's time */
};

static bool comes_first(struct machine *m, const struct outcome *one, const struct outcome *all)
{
    if (!all->failed || one->end_ms != all->end_ms)
        return !all->failed || one->end_ms < all->end_ms;
    return m->options->tie && unum_prng_below(&m->tie, 2);
}

static void add_branch(struct machine *m, struct together *t, const struct outcome *one)
{
    if (one->timed_out)
        t->late = true;
    else if (one->failed && comes_first(m, one, &t->all))
        t->all = *one;
    else if (!t->all.failed && one->end_ms > t->all.end_ms)
        t->all.end_ms = one->end_ms;
}

static struct outcome run_parallel(struct state *s, struct unum_str input)
{
    struct unum_str effective;
    struct unum_str branch;
    struct unum_str branches = eval_field(s->fields, "Branches");
    if (!branches.ptr)
        return broken(s->m, UNUM_E_INVAL, "a Parallel has no Branches", s->name);
    if (!eval_enter(&s->env, s->fields, input, &effective))
        return evaluation_failed(s);
    struct unum_buf UNUM_AUTO_BUF list = UNUM_BUF_INIT(EVAL_LIMIT_VALUE);
    struct json_writer w = JSON_WRITER(&list);
    struct json_iter iter = json_iter(branches);
    struct together t = {.all.end_ms = s->env.now_ms};
    s->m->event++;
    json_array_begin(&w);
    while (json_next(&iter, NULL, &branch)) {
        struct outcome one =
            run_scope(s->m, branch, effective, s->env.variables, s->env.now_ms, s->around);
        if (one.stopped)
            return one;
        add_branch(s->m, &t, &one);
        if (!one.failed && !one.timed_out)
            json_raw(&w, one.output);
    }
    json_array_end(&w);
    s->m->event++;
    if (t.all.failed)
        return t.all;
    if (t.late)
        return (struct outcome){.timed_out = true};
    return eval_keep(&s->env, &list, &t.all.output) ? t.all : evaluation_failed(s);
}

static struct unum_str error_output(struct machine *m, const struct outcome *one)
{
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(EVAL_LIMIT_VALUE);
    struct json_writer w = JSON_WRITER(&out);
    json_object_begin(&w);
    json_key(&w, "Error");
    json_string(&w, one->error);
    json_key(&w, "Cause");
    json_string(&w, one->cause);
    json_object_end(&w);
    return unum_arena_str(m->arena, unum_buf_str(&out));
}

/* When the next element can start: `slots` run at a time. */
struct slots {
    int64_t *free_ms;
    bool *used;
    size_t len;
};

static struct slots make_slots(struct machine *m, size_t len, int64_t now_ms)
{
    struct slots slots = {.free_ms = unum_arena_array(m->arena, len + 1, sizeof(int64_t)),
                          .used = unum_arena_array(m->arena, len + 1, sizeof(bool)),
                          .len = len};
    for (size_t i = 0; i < len; i++)
        slots.free_ms[i] = now_ms;
    return slots;
}

static size_t next_slot(const struct slots *slots)
{
    size_t first = 0;
    for (size_t i = 1; i < slots->len; i++) {
        if (slots->free_ms[i] < slots->free_ms[first])
            first = i;
    }
    return first;
}

/* An element that has to wait for a slot is not started behind a failure, or behind the end of the
 * machine's time. */
static bool is_started(const struct machine *m, const struct slots *slots, size_t slot,
                       const struct together *t)
{
    int64_t start_ms = slots->free_ms[slot];
    return !slots->used[slot] ||
           ((!t->all.failed || start_ms < t->all.end_ms) && start_ms <= m->deadline_ms);
}

/* One element; its outcome in *ret. False: the state ends with it. */
static bool run_item(struct state *s, struct unum_str processor, struct unum_str input,
                     struct unum_str item, size_t index, int64_t start_ms, struct outcome *ret)
{
    struct surrounding around = {item, index};
    struct state inside = *s;
    struct unum_str effective;
    inside.around = &around;
    set_env(&inside, s->env.variables, start_ms);
    if (!eval_item(&inside.env, s->fields, input, item, &effective)) {
        *ret = evaluation_failed(&inside);
        return false;
    }
    s->m->event++;
    *ret = run_scope(s->m, processor, effective, s->env.variables, start_ms, &around);
    s->m->event++;
    return !ret->stopped;
}

static bool uses(struct unum_str fields, const char *key)
{
    return eval_field(fields, key).ptr != NULL;
}

static struct outcome run_items(struct state *s, struct unum_str processor, struct unum_str input,
                                struct unum_str items, int64_t at_once, size_t tolerated)
{
    size_t count = json_count(items);
    size_t most = at_once > 0 && (uint64_t)at_once < count ? (size_t)at_once : count;
    struct slots slots = make_slots(s->m, most, s->env.now_ms);
    struct unum_buf UNUM_AUTO_BUF list = UNUM_BUF_INIT(EVAL_LIMIT_VALUE);
    struct json_writer w = JSON_WRITER(&list);
    struct json_iter iter = json_iter(items);
    struct unum_str item;
    struct together t = {.all.end_ms = s->env.now_ms};
    size_t failures = 0;
    json_array_begin(&w);
    for (size_t i = 0; json_next(&iter, NULL, &item); i++) {
        size_t slot = next_slot(&slots);
        struct outcome one;
        if (!is_started(s->m, &slots, slot, &t)) {
            t.late = t.late || !t.all.failed;
            break;
        }
        if (!run_item(s, processor, input, item, i, slots.free_ms[slot], &one))
            return one;
        slots.used[slot] = true;
        slots.free_ms[slot] = one.timed_out ? INT64_MAX : one.end_ms;
        failures += one.failed;
        json_raw(&w, one.failed ? error_output(s->m, &one)
                                : (one.timed_out ? UNUM_STR("null") : one.output));
        one.failed = one.failed && tolerated == 0;
        add_branch(s->m, &t, &one);
    }
    json_array_end(&w);
    if (t.all.failed)
        return t.all;
    if (t.late)
        return (struct outcome){.timed_out = true};
    if (failures > tolerated)
        return (struct outcome){.failed = true,
                                .error = UNUM_STR("States.ExceedToleratedFailureThreshold"),
                                .cause = UNUM_STR("The specified tolerated failure threshold was "
                                                  "exceeded"),
                                .failed_state = s->name,
                                .end_ms = t.all.end_ms};
    return eval_keep(&s->env, &list, &t.all.output) ? t.all : evaluation_failed(s);
}

static struct outcome run_map(struct state *s, struct unum_str input)
{
    struct unum_str items;
    bool set;
    int64_t at_once = 0;
    size_t tolerated = 0;
    struct unum_str processor = eval_field(s->fields, "ItemProcessor");
    if (!processor.ptr)
        processor = eval_field(s->fields, "Iterator");
    if (!processor.ptr)
        return broken(s->m, UNUM_E_INVAL, "a Map has no ItemProcessor", s->name);
    if (uses(s->fields, "ItemReader") || uses(s->fields, "ItemBatcher") ||
        uses(s->fields, "ResultWriter"))
        return broken(s->m, UNUM_E_UNSUPPORTED, "reads, batches or writes items of a Map", s->name);
    if (!eval_items(&s->env, s->fields, input, UNUM_STR_NONE, &items) ||
        !eval_number(&s->env, s->fields, "MaxConcurrency", input, &set, &at_once) ||
        !eval_tolerated(&s->env, s->fields, input, json_count(items), &tolerated))
        return evaluation_failed(s);
    s->m->event++;
    struct outcome out = run_items(s, processor, input, items, at_once, tolerated);
    s->m->event++;
    return out;
}

static struct outcome run_once(struct state *s, struct unum_str input)
{
    struct outcome out = {.end_ms = s->env.now_ms, .failed_state = s->name};
    struct unum_str effective;
    if (unum_str_is(s->type, "Task"))
        return run_task(s, input);
    if (unum_str_is(s->type, "Parallel"))
        return run_parallel(s, input);
    if (unum_str_is(s->type, "Map"))
        return run_map(s, input);
    if (!eval_enter(&s->env, s->fields, input, &effective))
        return evaluation_failed(s);
    if (unum_str_is(s->type, "Pass"))
        return eval_pass(&s->env, s->fields, effective, &out.output) ? out : evaluation_failed(s);
    if (!unum_str_is(s->type, "Wait"))
        return broken(s->m, UNUM_E_INVAL, "there is no such Type", s->name);
    out.output = effective;
    if (!eval_wait(&s->env, s->fields, effective, &out.end_ms))
        return evaluation_failed(s);
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

static void go_on(struct state *s, struct unum_str next, struct unum_str output,
                  struct unum_str variables, int64_t now_ms, struct position *at)
{
    s->m->event++;
    if (s->m->options->left)
        s->m->options->left(s->m->options->cookie, s->name, output, variables);
    *at = (struct position){next, output, variables, now_ms};
}

static bool is_over(const struct machine *m, const struct outcome *out)
{
    return out->stopped || m->rc || out->end_ms > m->deadline_ms;
}

/* A state with Retry and Catch. False: the scope ends with *ret. */
static bool run_with_handlers(struct state *s, struct position *at, struct outcome *ret)
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
        set_env(s, at->variables, now_ms);
        if (!ret->failed) {
            next = eval_text(s->m->arena, eval_field(s->fields, "Next"));
            if (eval_leave(&s->env, s->fields, at->value, ret->output, &output, &variables)) {
                go_on(s, next, output, variables, now_ms, at);
                return true;
            }
            *ret = evaluation_failed(s);
            set_env(s, at->variables, now_ms);
        }
        struct eval_retry retry;
        eval_retry(&s->env, s->fields, ret->error, counts, &retry);
        if (!retry.retry || ++s->m->steps > MACHINE_LIMIT_STEPS)
            break;
        counts = retry.counts;
        s->retry_count++;
        set_env(s, at->variables, now_ms + retry.delay_ms);
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
    *ret = evaluation_failed(s);
    return false;
}

/* One state of a scope. False: the scope ends with *ret. */
static bool run_state(struct state *s, struct position *at, struct outcome *ret)
{
    struct unum_str next = UNUM_STR_NONE;
    struct unum_str output;
    struct unum_str variables = at->variables;
    if (unum_str_is(s->type, "Fail")) {
        *ret = (struct outcome){
            .failed = true, .by_fail = true, .failed_state = s->name, .end_ms = at->now_ms};
        if (!eval_fail(&s->env, s->fields, at->value, &ret->error, &ret->cause))
            *ret = evaluation_failed(s);
        return false;
    }
    if (unum_str_is(s->type, "Choice")) {
        if (!eval_choose(&s->env, s->fields, at->value, &next, &output, &variables)) {
            *ret = evaluation_failed(s);
            return false;
        }
        go_on(s, next, output, variables, at->now_ms, at);
        return true;
    }
    if (unum_str_is(s->type, "Succeed")) {
        if (!eval_succeed(&s->env, s->fields, at->value, &output)) {
            *ret = evaluation_failed(s);
            return false;
        }
        go_on(s, next, output, variables, at->now_ms, at);
        return true;
    }
    return run_with_handlers(s, at, ret);
}

static bool is_jsonata(struct unum_str object)
{
    struct unum_str language = eval_field(object, "QueryLanguage");
    return language.ptr && json_is(language, UNUM_STR("JSONata"));
}

/* `at->state` in its scope. False: the run ends with *ret. */
static bool enter(struct machine *m, struct unum_str states, const struct surrounding *around,
                  const struct position *at, struct state *s, struct outcome *ret)
{
    *s = (struct state){.m = m,
                        .name = at->state,
                        .around = around,
                        .entered_ms = at->now_ms,
                        .entered_event = ++m->event};
    if (!json_get(states, at->state, &s->fields)) {
        *ret = broken(m, UNUM_E_INVAL, "there is no such state in its scope", at->state);
        return false;
    }
    if (is_jsonata(s->fields)) {
        *ret = broken(m, UNUM_E_UNSUPPORTED, "is written in JSONata", at->state);
        return false;
    }
    s->type = eval_text(m->arena, eval_field(s->fields, "Type"));
    set_env(s, at->variables, at->now_ms);
    if (++m->quick > UNUM_LIMIT_STEPS || ++m->steps > MACHINE_LIMIT_STEPS) {
        eval_error(&s->env, EVAL_RUNTIME, "More than %d states without a Task or a Wait.",
                   UNUM_LIMIT_STEPS);
        *ret = evaluation_failed(s);
        return false;
    }
    return true;
}

static struct outcome run_scope(struct machine *m, struct unum_str scope, struct unum_str input,
                                struct unum_str variables, int64_t now_ms,
                                const struct surrounding *around)
{
    struct unum_str states = eval_field(scope, "States");
    struct position at = {eval_text(m->arena, eval_field(scope, "StartAt")), input, variables,
                          now_ms};
    struct outcome out = {0};
    struct state s;
    if (!states.ptr || !at.state.ptr)
        return broken(m, UNUM_E_INVAL, "a scope needs StartAt and States", at.state);
    if (m->depth == MAX_NESTING)
        return broken(m, UNUM_E_LIMIT, "scopes are nested more than 32 levels deep", at.state);
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
    return (struct outcome){
        .output = at.value, .end_ms = at.now_ms, .timed_out = at.now_ms > m->deadline_ms};
}

/* What the definition asks for and is not there, or NULL; *ret_where: the state. */
static const char *unsupported(struct machine *m, struct unum_str scope, unsigned depth,
                               struct unum_str *ret_where);

static const char *unsupported_state(struct machine *m, struct unum_str state, unsigned depth,
                                     struct unum_str *ret_where)
{
    static const char *const inside[] = {"ItemProcessor", "Iterator"};
    struct unum_str resource = eval_text(m->arena, eval_field(state, "Resource"));
    struct unum_str type = eval_text(m->arena, eval_field(state, "Type"));
    struct unum_str branches = eval_field(state, "Branches");
    struct unum_str branch;
    const char *what = NULL;
    if (is_jsonata(state))
        return "is written in JSONata";
    if (unum_str_is(type, "Task") && is_service(resource) &&
        !unum_str_is(resource, "arn:aws:states:::lambda:invoke"))
        return "calls a service other than Lambda, or waits for a token";
    if (unum_str_is(type, "Map") &&
        (uses(state, "ItemReader") || uses(state, "ItemBatcher") || uses(state, "ResultWriter")))
        return "reads, batches or writes items of a Map";
    for (size_t i = 0; !what && i < UNUM_COUNT(inside); i++) {
        struct unum_str scope = eval_field(state, inside[i]);
        what = scope.ptr ? unsupported(m, scope, depth + 1, ret_where) : NULL;
    }
    struct json_iter iter = {0};
    if (branches.ptr)
        iter = json_iter(branches);
    while (!what && branches.ptr && json_next(&iter, NULL, &branch))
        what = unsupported(m, branch, depth + 1, ret_where);
    return what;
}

static const char *unsupported(struct machine *m, struct unum_str scope, unsigned depth,
                               struct unum_str *ret_where)
{
    struct unum_str states = eval_field(scope, "States");
    struct unum_str key;
    struct unum_str state;
    if (!states.ptr || depth > MAX_NESTING)
        return NULL;
    struct json_iter iter = json_iter(states);
    while (json_next(&iter, &key, &state)) {
        *ret_where = key.ptr ? eval_text(m->arena, key) : UNUM_STR("");
        const char *what = unsupported_state(m, state, depth, ret_where);
        if (what)
            return what;
    }
    return NULL;
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
    const struct surrounding nothing = {0};
    if (is_jsonata(definition))
        return unum_err_set(err, UNUM_E_UNSUPPORTED, "the machine is written in JSONata");
    struct unum_str where = UNUM_STR_NONE;
    const char *missing = unsupported(&m, definition, 0, &where);
    if (missing)
        return unum_err_set(err, UNUM_E_UNSUPPORTED, "state \"%.*s\" %s", UNUM_STR_ARG(where),
                            missing);
    if (field.ptr && json_to_i64(field, &timeout) && timeout > 0 && timeout <= 99999999)
        m.deadline_ms = options->start_ms + timeout * 1000;
    struct outcome out =
        run_scope(&m, definition, input, UNUM_STR_NONE, options->start_ms, &nothing);
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
