/*
 * The in-site interpreter: from a point of the machine to the next edge, without a request. The
 * same point with the same record gives the same walk: chance comes from the record's seed, clocks
 * read the record's time.
 */
#include <stdarg.h>

#include "rt.h"

/* ---- what a state sees ---- */

static uint64_t mix(uint64_t seed, uint64_t more)
{
    seed ^= more + 0x9e3779b97f4a7c15u + (seed << 6) + (seed >> 2);
    return seed;
}

/* Every evaluation of a state has a seed of its own, found again by whoever repeats it. */
static uint64_t state_seed(const struct rt_walk *w, const struct ir_state *state)
{
    uint64_t seed = mix(w->seed, unum_str_hash(state->name));
    for (size_t i = 0; i < w->scope.len; i++) {
        const struct rt_frame *frame = &w->scope.at[i];
        seed = mix(seed, ((uint64_t)frame->index << 32) | frame->visit);
        seed = mix(seed, frame->attempt);
    }
    return mix(seed, w->visit);
}

struct unum_str rt_account(const struct rt_inv *inv)
{
    struct unum_str rest = inv->arn, part = UNUM_STR("");
    /* arn:aws:lambda:<region>:<account>:function:<name> */
    for (int i = 0; i < 5; i++) {
        if (!unum_str_split(&rest, ':', &part))
            return UNUM_STR("000000000000");
    }
    return part;
}

static void write_execution(const struct rt_inv *inv, struct json_writer *w)
{
    const struct rt_run *run = &inv->event.run;
    struct unum_buf UNUM_AUTO_BUF time = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    json_key(w, "Execution");
    json_object_begin(w);
    json_key(w, "Id");
    struct unum_buf UNUM_AUTO_BUF id = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_buf_printf(&id, "arn:aws:states:%.*s:%.*s:execution:%.*s:%.*s",
                    UNUM_STR_ARG(inv->rt->config.region), UNUM_STR_ARG(rt_account(inv)),
                    UNUM_STR_ARG(inv->rt->config.app), UNUM_STR_ARG(run->session));
    json_string(w, unum_buf_str(&id));
    if (run->input.ptr) {
        json_key(w, "Input");
        json_raw(w, run->input);
    }
    json_key(w, "Name");
    json_string(w, run->session);
    json_key(w, "StartTime");
    unum_time_rfc3339(run->started_ms, &time);
    json_string(w, unum_buf_str(&time));
    json_key(w, "RedriveCount");
    json_int(w, 0);
    json_object_end(w);
}

static void write_machine(const struct rt_inv *inv, struct json_writer *w)
{
    struct unum_buf UNUM_AUTO_BUF id = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_buf_printf(&id, "arn:aws:states:%.*s:%.*s:stateMachine:%.*s",
                    UNUM_STR_ARG(inv->rt->config.region), UNUM_STR_ARG(rt_account(inv)),
                    UNUM_STR_ARG(inv->rt->config.app));
    json_key(w, "StateMachine");
    json_object_begin(w);
    json_key(w, "Id");
    json_string(w, unum_buf_str(&id));
    json_key(w, "Name");
    json_string(w, inv->rt->config.app);
    json_object_end(w);
}

static void write_map(const struct rt_context *source, struct json_writer *w)
{
    const struct rt_scope scope = source->w->scope;
    const struct rt_frame *map = NULL;
    for (size_t i = scope.len; !source->item && !map && i > 0; i--)
        map = scope.at[i - 1].parallel ? NULL : &scope.at[i - 1];
    if (!source->item && !map)
        return;
    json_key(w, "Map");
    json_object_begin(w);
    json_key(w, "Item");
    json_object_begin(w);
    json_key(w, "Index");
    json_int(w, source->item ? source->index : map->index);
    const struct unum_str *item = source->item ? source->item : &map->item;
    if (item->ptr) {
        json_key(w, "Value");
        json_raw(w, *item);
    }
    json_object_end(w);
    json_object_end(w);
}

/* The context object of Step Functions ("Accessing execution data from the Context object"). */
static void write_context(void *cookie, struct unum_buf *out)
{
    const struct rt_context *source = cookie;
    struct unum_buf UNUM_AUTO_BUF time = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(out);
    struct unum_str name;
    unum_time_rfc3339(source->w->now_ms, &time);
    json_object_begin(&w);
    write_execution(source->inv, &w);
    write_map(source, &w);
    json_key(&w, "State");
    json_object_begin(&w);
    json_key(&w, "EnteredTime");
    json_string(&w, unum_buf_str(&time));
    json_key(&w, "Name");
    if (source->state->fields.ptr && json_get(source->state->fields, UNUM_STR("StateName"), &name))
        json_raw(&w, name);
    else
        json_string(&w, source->state->name);
    json_key(&w, "RetryCount");
    json_int(&w, source->state == source->inv->node->task ? source->inv->event.attempt : 0);
    json_object_end(&w);
    write_machine(source->inv, &w);
    json_object_end(&w);
}

/* ---- single states ---- */

static void walk_fail(struct rt_walk *w, struct unum_str error, struct unum_str cause)
{
    w->stop = RT_STOP_FAIL;
    w->at = NULL;
    w->error = error;
    w->cause = cause;
}

static void walk_fail_text(struct rt_inv *inv, struct rt_walk *w, const char *error,
                           const char *format, ...) UNUM_PRINTF(4, 5);

static void walk_fail_text(struct rt_inv *inv, struct rt_walk *w, const char *error,
                           const char *format, ...)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    va_list args;
    va_start(args, format);
    unum_buf_vprintf(&text, format, args);
    va_end(args);
    walk_fail(w, unum_str_from(error), unum_arena_str(&inv->arena, unum_buf_str(&text)));
}

void rt_eval_begin(struct rt_eval *e, struct rt_inv *inv, const struct rt_walk *w,
                   const struct ir_state *state)
{
    *e = (struct rt_eval){.source = {.inv = inv, .w = w, .state = state}};
    e->env = (struct eval_env){.arena = &inv->arena,
                               .variables = w->variables,
                               .context = write_context,
                               .cookie = &e->source,
                               .seed = state_seed(w, state),
                               .now_ms = w->now_ms};
}

static bool goes_back(const struct ir_state *state, struct unum_str name)
{
    for (size_t i = 0; i < state->back_len; i++) {
        if (unum_str_eq(state->back[i], name))
            return true;
    }
    return false;
}

/* Go on with the state of that name (ptr NULL: the end of the scope); NULL ends the walk. */
static const struct ir_state *advance(struct rt_inv *inv, struct rt_walk *w,
                                      const struct ir_state *state, struct unum_str name)
{
    if (!name.ptr) {
        w->stop = RT_STOP_END;
        return NULL;
    }
    w->visit += goes_back(state, name);
    const struct ir_state *next = ir_state(inv->node, name);
    if (!next)
        walk_fail_text(inv, w, "States.Runtime",
                       "the IR of %.*s does not know the state %.*s that follows %.*s",
                       UNUM_STR_ARG(inv->node->name), UNUM_STR_ARG(name),
                       UNUM_STR_ARG(state->name));
    else if (w->visit > UNUM_LIMIT_VISITS)
        walk_fail_text(inv, w, "States.Runtime", "a cycle was gone round more than %d times",
                       UNUM_LIMIT_VISITS);
    else
        return next;
    return NULL;
}

static const struct ir_state *step_pass(struct rt_inv *inv, struct rt_walk *w,
                                        const struct ir_state *state)
{
    struct rt_eval e;
    struct unum_str effective, result;
    rt_eval_begin(&e, inv, w, state);
    if (!eval_enter(&e.env, state->fields, w->value, &effective) ||
        !eval_pass(&e.env, state->fields, effective, &result) ||
        !eval_leave(&e.env, state->fields, w->value, result, &w->value, &w->variables)) {
        walk_fail(w, e.env.error, e.env.cause);
        return NULL;
    }
    return advance(inv, w, state, state->next);
}

static const struct ir_state *step_choice(struct rt_inv *inv, struct rt_walk *w,
                                          const struct ir_state *state)
{
    struct rt_eval e;
    struct unum_str next;
    rt_eval_begin(&e, inv, w, state);
    if (!eval_choose(&e.env, state->fields, w->value, &next, &w->value, &w->variables)) {
        walk_fail(w, e.env.error, e.env.cause);
        return NULL;
    }
    return advance(inv, w, state, next);
}

static const struct ir_state *step_succeed(struct rt_inv *inv, struct rt_walk *w,
                                           const struct ir_state *state)
{
    struct rt_eval e;
    rt_eval_begin(&e, inv, w, state);
    if (eval_succeed(&e.env, state->fields, w->value, &w->value))
        w->stop = RT_STOP_END;
    else
        walk_fail(w, e.env.error, e.env.cause);
    return NULL;
}

static const struct ir_state *step_fail(struct rt_inv *inv, struct rt_walk *w,
                                        const struct ir_state *state)
{
    struct rt_eval e;
    struct unum_str error, cause;
    rt_eval_begin(&e, inv, w, state);
    if (eval_fail(&e.env, state->fields, w->value, &error, &cause))
        walk_fail(w, error, cause);
    else
        walk_fail(w, e.env.error, e.env.cause);
    return NULL;
}

/* What is behind a Wait whose time has come. */
static const struct ir_state *behind_wait(struct rt_inv *inv, struct rt_walk *w,
                                          const struct ir_state *state)
{
    struct rt_eval e;
    struct unum_str effective;
    rt_eval_begin(&e, inv, w, state);
    if (!eval_enter(&e.env, state->fields, w->value, &effective) ||
        !eval_leave(&e.env, state->fields, w->value, effective, &w->value, &w->variables)) {
        walk_fail(w, e.env.error, e.env.cause);
        return NULL;
    }
    return advance(inv, w, state, state->next);
}

static const struct ir_state *step_wait(struct rt_inv *inv, struct rt_walk *w,
                                        const struct ir_state *state)
{
    struct rt_eval e;
    struct unum_str effective;
    int64_t due_ms;
    rt_eval_begin(&e, inv, w, state);
    if (!eval_enter(&e.env, state->fields, w->value, &effective) ||
        !eval_wait(&e.env, state->fields, effective, &due_ms)) {
        walk_fail(w, e.env.error, e.env.cause);
        return NULL;
    }
    if (due_ms <= w->now_ms)
        return behind_wait(inv, w, state);
    if (due_ms / 1000 >= inv->event.run.expires_s) {
        walk_fail_text(inv, w, "States.Runtime",
                       "the Wait would be longer than the records of the run are kept: raise "
                       "\"Retention\" in unum-template.yaml");
        return NULL;
    }
    w->stop = RT_STOP_WAIT;
    w->at = state;
    w->due_ms = due_ms;
    return NULL;
}

/* ---- fan-outs ---- */

/* MaxConcurrency and the tolerated failures of a Map. */
static bool fan_bounds(struct eval_env *env, const struct ir_state *state, struct unum_str input,
                       struct rt_fan *fan)
{
    int64_t window = 0;
    size_t tolerated = 0;
    bool set;
    if (!eval_number(env, state->fields, "MaxConcurrency", input, &set, &window) ||
        !eval_tolerated(env, state->fields, input, fan->size, &tolerated))
        return false;
    fan->window = window < fan->size ? (uint32_t)window : 0;
    fan->tolerated = (uint32_t)tolerated;
    return true;
}

bool rt_fan_begin(struct rt_inv *inv, const struct ir_state *state, const struct rt_walk *w,
                  struct rt_fan *ret)
{
    struct rt_eval e;
    bool map = state->type == IR_STATE_MAP;
    *ret = (struct rt_fan){.state = state, .outer = *w, .size = (uint32_t)state->branches_len};
    rt_eval_begin(&e, inv, w, state);
    bool good = map ? eval_items(&e.env, state->fields, w->value, state->items_path, &ret->items)
                    : eval_enter(&e.env, state->fields, w->value, &ret->items);
    if (good && map) {
        size_t count = json_count(ret->items);
        ret->iter = json_iter(ret->items);
        ret->size = (uint32_t)count;
        if (count > UNUM_LIMIT_FAN_OUT) {
            ret->error = UNUM_STR("States.Runtime");
            ret->cause =
                unum_arena_printf(&inv->arena, "Map %.*s has %zu elements; at most %d are possible",
                                  UNUM_STR_ARG(state->name), count, UNUM_LIMIT_FAN_OUT);
            return false;
        }
    }
    if (good && map && state->fields.ptr)
        good = fan_bounds(&e.env, state, w->value, ret);
    if (!good) {
        ret->error = e.env.error;
        ret->cause = e.env.cause;
    }
    return good;
}

/* The value position `index` starts with, and its element. */
static bool position_value(struct rt_inv *inv, struct rt_fan *fan, uint32_t index,
                           struct unum_str *ret_item, struct unum_str *ret)
{
    struct rt_eval e;
    *ret_item = UNUM_STR_NONE;
    if (fan->state->type == IR_STATE_PARALLEL) {
        *ret = fan->items;
        return true;
    }
    if (!json_next(&fan->iter, NULL, ret_item))
        return false;
    rt_eval_begin(&e, inv, &fan->outer, fan->state);
    e.source.item = ret_item;
    e.source.index = index;
    if (eval_item(&e.env, fan->state->fields, fan->outer.value, *ret_item, ret))
        return true;
    fan->error = e.env.error;
    fan->cause = e.env.cause;
    return false;
}

bool rt_fan_skip(struct rt_inv *inv, struct rt_fan *fan, struct unum_str *ret_value)
{
    struct unum_str item;
    return position_value(inv, fan, fan->at++, &item, ret_value);
}

bool rt_fan_next(struct rt_inv *inv, struct rt_fan *fan, struct rt_walk *ret)
{
    const struct ir_state *state = fan->state;
    uint32_t index = fan->at++;
    struct unum_str value, item;
    struct rt_frame frame = {.state = state,
                             .parallel = state->type == IR_STATE_PARALLEL,
                             .index = index,
                             .size = fan->size,
                             .attempt = fan->attempt,
                             .visit = fan->outer.visit,
                             .window = fan->window,
                             .tolerated = fan->tolerated,
                             .opener = fan->opener};
    *ret = (struct rt_walk){0};
    if (!position_value(inv, fan, index, &item, &value))
        return false;
    frame.item = item;
    *ret = (struct rt_walk){.scope = rt_scope_push(inv, fan->outer.scope, frame),
                            .value = value,
                            .first = value,
                            .variables = fan->outer.variables,
                            .seed = fan->outer.seed,
                            .now_ms = fan->outer.now_ms,
                            .steps = fan->outer.steps};
    rt_walk(inv, ir_state(inv->node, state->branches[frame.parallel ? index : 0]), ret);
    fan->outer.steps = ret->steps;
    if (ret->stop != RT_STOP_FAIL)
        return true;
    fan->error = ret->error;
    fan->cause = ret->cause;
    return false;
}

/* Nothing can go wrong before the first edge, and no branch ends in place. */
static bool starts_plainly(const struct rt_inv *inv, const struct ir_state *state)
{
    struct unum_str selector;
    for (size_t i = 0; i < state->branches_len; i++) {
        const struct ir_state *head = ir_state(inv->node, state->branches[i]);
        if (!head || head->type != IR_STATE_TASK)
            return false;
    }
    return !state->fields.ptr || (!json_get(state->fields, UNUM_STR("ItemSelector"), &selector) &&
                                  !json_get(state->fields, UNUM_STR("Parameters"), &selector));
}

/* The error clauses of a fan-out, for what goes wrong before its first edge. It would go wrong
 * again: no attempt is spent on it. */
static const struct ir_state *catch_fan_out(struct rt_inv *inv, struct rt_walk *w,
                                            const struct ir_state *state, const struct rt_fan *fan)
{
    struct unum_str next;
    if (rt_catch(inv, w, state, fan->error, fan->cause, &next))
        return advance(inv, w, state, next);
    return NULL;
}

struct unum_str rt_error_value(struct rt_inv *inv, struct unum_str error, struct unum_str cause)
{
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_LIMIT_INLINE);
    struct json_writer w = JSON_WRITER(&out);
    json_object_begin(&w);
    json_key(&w, "Error");
    json_string(&w, error);
    json_key(&w, "Cause");
    json_string(&w, cause);
    json_object_end(&w);
    return unum_arena_str(&inv->arena, unum_buf_str(&out));
}

/* The next position, as a value of the list; one that fails counts as such. False: the fan-out
 * fails. *in_place turns false in front of the first Task or Wait. */
static bool try_position(struct rt_inv *inv, struct rt_fan *fan, struct json_writer *list,
                         uint32_t *failures, bool *in_place)
{
    struct rt_walk branch;
    if (!rt_fan_next(inv, fan, &branch)) {
        if (!branch.scope.len || !fan->tolerated)
            return false;
        json_raw(list, rt_error_value(inv, fan->error, fan->cause));
        ++*failures;
        return true;
    }
    *in_place = *in_place && branch.stop == RT_STOP_END;
    if (*in_place)
        json_raw(list, branch.value);
    return true;
}

/* A Map or Parallel whose branches all end without a Task is evaluated here like any other state;
 * with others the walk stops in front of it, and nothing can go wrong in front of their Tasks. */
static const struct ir_state *step_fan_out(struct rt_inv *inv, struct rt_walk *w,
                                           const struct ir_state *state)
{
    struct rt_fan fan;
    struct rt_eval e;
    uint32_t failures = 0;
    struct unum_buf UNUM_AUTO_BUF list = UNUM_BUF_INIT(UNUM_LIMIT_GATHER);
    struct json_writer json = JSON_WRITER(&list);
    if (w->scope.len >= UNUM_LIMIT_FRAMES) {
        walk_fail_text(inv, w, "States.Runtime", "fan-outs are nested more than %d levels deep",
                       UNUM_LIMIT_FRAMES);
        return NULL;
    }
    if (!rt_fan_begin(inv, state, w, &fan))
        return catch_fan_out(inv, w, state, &fan);
    bool plain = starts_plainly(inv, state) || (!fan.size && !state->in_place);
    bool in_place = !plain;
    json_array_begin(&json);
    for (uint32_t i = 0; !plain && i < fan.size; i++) {
        if (!try_position(inv, &fan, &json, &failures, &in_place))
            return catch_fan_out(inv, w, state, &fan);
    }
    w->steps = fan.outer.steps;
    if (!in_place) {
        w->stop = RT_STOP_FAN_OUT;
        w->at = state;
        return NULL;
    }
    json_array_end(&json);
    if (failures > fan.tolerated) {
        fan.error = UNUM_STR(RT_EXCEEDED);
        fan.cause = UNUM_STR(RT_EXCEEDED_CAUSE);
        return catch_fan_out(inv, w, state, &fan);
    }
    rt_eval_begin(&e, inv, w, state);
    if (eval_leave(&e.env, state->fields, w->value,
                   unum_arena_str(&inv->arena, unum_buf_str(&list)), &w->value, &w->variables))
        return advance(inv, w, state, state->next);
    fan.error = e.env.error;
    fan.cause = e.env.cause;
    return catch_fan_out(inv, w, state, &fan);
}

/* ---- the walk ---- */

static const struct ir_state *step(struct rt_inv *inv, struct rt_walk *w,
                                   const struct ir_state *state)
{
    switch (state->type) {
    case IR_STATE_TASK:
        w->stop = RT_STOP_TASK;
        w->at = state;
        return NULL;
    case IR_STATE_PASS:
        return step_pass(inv, w, state);
    case IR_STATE_CHOICE:
        return step_choice(inv, w, state);
    case IR_STATE_WAIT:
        return step_wait(inv, w, state);
    case IR_STATE_SUCCEED:
        return step_succeed(inv, w, state);
    case IR_STATE_FAIL:
        return step_fail(inv, w, state);
    case IR_STATE_MAP:
    case IR_STATE_PARALLEL:
        return step_fan_out(inv, w, state);
    case IR_STATE_TYPE_COUNT:
        break;
    }
    walk_fail_text(inv, w, "States.Runtime", "a state of unknown type");
    return NULL;
}

void rt_walk(struct rt_inv *inv, const struct ir_state *from, struct rt_walk *w)
{
    const struct ir_state *state = from;
    w->at = NULL;
    w->stop = RT_STOP_END;
    while (state) {
        if (state->type != IR_STATE_TASK && ++w->steps > UNUM_LIMIT_STEPS) {
            walk_fail_text(inv, w, "States.Runtime", "more than %d states without a Task or Wait",
                           UNUM_LIMIT_STEPS);
            return;
        }
        state = step(inv, w, state);
    }
}

void rt_walk_next(struct rt_inv *inv, const struct ir_state *state, struct unum_str name,
                  struct rt_walk *w)
{
    w->at = NULL;
    const struct ir_state *next = advance(inv, w, state, name);
    if (next)
        rt_walk(inv, next, w);
}

void rt_walk_behind_wait(struct rt_inv *inv, const struct ir_state *state, struct rt_walk *w)
{
    const struct ir_state *next = behind_wait(inv, w, state);
    w->at = NULL;
    if (next)
        rt_walk(inv, next, w);
}

/* ---- errors ---- */

bool rt_catch(struct rt_inv *inv, struct rt_walk *w, const struct ir_state *state,
              struct unum_str error, struct unum_str cause, struct unum_str *ret_next)
{
    struct rt_eval e;
    rt_eval_begin(&e, inv, w, state);
    switch (eval_catch(&e.env, state->fields, error, cause, w->value, ret_next, &w->value,
                       &w->variables)) {
    case EVAL_CAUGHT:
        return true;
    case EVAL_NOT_CAUGHT:
        walk_fail(w, error, cause);
        return false;
    case EVAL_FAILED:
        break;
    }
    walk_fail(w, e.env.error, e.env.cause);
    return false;
}
