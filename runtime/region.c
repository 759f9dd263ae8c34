/*
 * Compiled IR: from a recorded outcome to edges. What is evaluated in place (opening, completing
 * and closing a Map or Parallel, a failure that leaves a scope) is followed by the same loop as an
 * instance: look up, evaluate, create, edges.
 */
#include <inttypes.h>

#include "eval/path.h"
#include "rt.h"

/* Whose outcome leads on: a node's instance or a close. */
struct origin {
    struct unum_str instance;
    struct rt_scope scope;
    struct record *record;
};

/* ---- from a walk to a record and back ---- */

void rt_walk_begin(struct rt_inv *inv, const struct record *record, struct unum_str value,
                   struct rt_walk *ret)
{
    *ret = (struct rt_walk){.scope = inv->event.scope,
                            .visit = inv->event.visit,
                            .value = value,
                            .variables = inv->event.variables,
                            .seed = record->seed,
                            .now_ms = record->now_ms};
}

void rt_walk_record(const struct rt_walk *w, struct record *record)
{
    if (!record->user.ptr || w->value.ptr != record->user.ptr || w->value.len != record->user.len)
        record->value = w->value;
    record->variables = w->variables;
    record->to_visit = w->visit;
    record->due_ms = w->due_ms;
    record->has_to = w->stop != RT_STOP_END;
    record->to = w->at ? w->at->name : UNUM_STR(RECORD_FAILURE);
    if (w->stop != RT_STOP_FAIL)
        return;
    record->error = true;
    record->error_type = w->error;
    record->cause = w->cause;
    record->value = UNUM_STR_NONE;
    record->fan_in = UNUM_STR_NONE;
}

/* What lambda:invoke answers around the function's own answer (Lambda API reference, Invoke; Step
 * Functions, "Invoke an AWS Lambda function": Payload is the parsed answer). */
static struct unum_str invocation_result(struct rt_inv *inv, struct unum_str payload)
{
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    struct json_writer w = JSON_WRITER(&out);
    json_object_begin(&w);
    json_key(&w, "ExecutedVersion");
    json_strings(&w, "$LATEST");
    json_key(&w, "Payload");
    json_raw(&w, payload);
    static const char *const metadata[] = {"SdkHttpMetadata", "SdkResponseMetadata"};
    for (size_t i = 0; i < UNUM_COUNT(metadata); i++) {
        json_key(&w, metadata[i]);
        json_object_begin(&w);
        json_key(&w, "RequestId");
        json_string(&w, inv->request_id);
        json_object_end(&w);
    }
    json_key(&w, "StatusCode");
    json_int(&w, 200);
    json_object_end(&w);
    return unum_arena_str(&inv->arena, unum_buf_str(&out));
}

bool rt_region_evaluate(struct rt_inv *inv, struct unum_str input, struct record *record,
                        struct unum_str *ret_error, struct unum_str *ret_cause)
{
    const struct ir_state *task = inv->node->task;
    struct rt_walk w;
    rt_walk_begin(inv, record, record->user, &w);
    if (task && task->fields.ptr) {
        struct rt_eval e;
        struct unum_str result = record->user;
        if (rt_is_invocation(task))
            result = invocation_result(inv, result);
        rt_eval_begin(&e, inv, &w, task);
        if (!eval_leave(&e.env, task->fields, input, result, &w.value, &w.variables)) {
            *ret_error = e.env.error;
            *ret_cause = e.env.cause;
            return false;
        }
    }
    static const struct ir_state nothing = {.name = UNUM_STR_INIT("")};
    rt_walk_next(inv, task ? task : &nothing, inv->node->then, &w);
    rt_walk_record(&w, record);
    return true;
}

/* Of a state that is opened: what stands in the record of its opener. */
static struct rt_walk opening_walk(const struct origin *from)
{
    const struct record *record = from->record;
    return (struct rt_walk){.scope = from->scope,
                            .visit = record->to_visit,
                            .value = record_value(record),
                            .variables = record->variables,
                            .seed = record->seed,
                            .now_ms = record->now_ms};
}

/* Is more needed at the close than the results of the branches? */
static bool keeps_input(const struct ir_state *state, const struct rt_walk *w)
{
    return state->fields.ptr || state->in_place || w->variables.ptr;
}

/* ---- opening ---- */

/* JSON Pointer of a reference path, behind `prefix`; ptr NULL if the path is none. */
static struct unum_str pointer_of(struct rt_inv *inv, struct unum_str prefix, struct unum_str path)
{
    struct eval_path parsed;
    bool reference = path.len == 1 || path.ptr[1] == '.' || path.ptr[1] == '[';
    if (!reference || eval_path_parse(path, &inv->arena, &parsed, NULL, NULL) < 0)
        return UNUM_STR_NONE;
    struct unum_buf UNUM_AUTO_BUF pointer = UNUM_BUF_INIT(UNUM_LIMIT_INLINE);
    unum_buf_add(&pointer, prefix);
    for (size_t i = 0; i < parsed.len; i++) {
        const struct eval_step *step = &parsed.steps[i];
        unum_buf_addc(&pointer, '/');
        if (!step->name.ptr)
            unum_buf_addu(&pointer, step->index);
        for (size_t j = 0; step->name.ptr && j < step->name.len; j++) {
            char c = step->name.ptr[j];
            if (c == '~' || c == '/')
                unum_buf_adds(&pointer, c == '~' ? "~0" : "~1");
            else
                unum_buf_addc(&pointer, c);
        }
    }
    return unum_arena_str(&inv->arena, unum_buf_str(&pointer));
}

/* Append the timer of a Wait: this node holds the region behind it. */
static struct rt_edge *wait_edge(struct rt_inv *inv, const struct ir_state *state,
                                 struct rt_scope scope, uint32_t visit, int64_t due_ms)
{
    struct rt_edge *edge = rt_edge_add(inv, RT_EDGE_TIMER);
    edge->node = inv->node->name;
    edge->scope = scope;
    edge->visit = visit;
    edge->due_ms = due_ms;
    edge->resume = state->name;
    return edge;
}

/* Append the opening of `state`, whose input is the value of `w`; `pointer`: where that stands in
 * the record of `opener`, ptr NULL if it does not. */
static int open_state(struct rt_inv *inv, const struct ir_state *state, const struct rt_walk *w,
                      uint32_t attempt, struct unum_str opener, struct unum_str pointer,
                      struct unum_err *err)
{
    struct rt_fan fan;
    if (!rt_fan_begin(inv, state, w, &fan))
        return unum_err_set(err, UNUM_E_BUG, "%.*s cannot be opened any more: %.*s",
                            UNUM_STR_ARG(state->name), UNUM_STR_ARG(fan.cause));
    struct unum_str selector;
    bool plain =
        !state->fields.ptr || (!json_get(state->fields, UNUM_STR("ItemSelector"), &selector) &&
                               !json_get(state->fields, UNUM_STR("Parameters"), &selector) &&
                               !json_get(state->fields, UNUM_STR("InputPath"), &selector) &&
                               !json_get(state->fields, UNUM_STR("ItemsPath"), &selector));
    if (!plain)
        pointer = UNUM_STR_NONE;
    else if (pointer.ptr && state->type == IR_STATE_MAP)
        pointer = pointer_of(inv, pointer, state->items_path);
    struct rt_frame frame = {.state = state,
                             .parallel = state->type == IR_STATE_PARALLEL,
                             .size = fan.size,
                             .attempt = attempt,
                             .visit = w->visit,
                             .window = fan.window,
                             .tolerated = fan.tolerated,
                             .opener = opener};
    struct rt_edge *edge = rt_edge_add(inv, fan.size ? RT_EDGE_OPEN : RT_EDGE_CLOSE);
    edge->scope = rt_scope_push(inv, w->scope, frame);
    edge->state = state;
    edge->name = opener;
    edge->pointer = pointer;
    edge->attempt = attempt;
    struct rt_walk *walk = UNUM_ARENA_NEW(&inv->arena, struct rt_walk);
    *walk = *w;
    edge->walk = walk;
    return 0;
}

/* A fan-out that is opened inside of another opening, and whose close needs its input: that gets a
 * record of its own. */
static int open_inside(struct rt_inv *inv, const struct rt_walk *w, struct unum_str opener,
                       struct unum_str pointer, struct unum_err *err)
{
    if (!keeps_input(w->at, w))
        return open_state(inv, w->at, w, 0, opener, pointer, err);
    struct rt_frame frame = {.state = w->at, .visit = w->visit};
    struct unum_str instance = rt_opening_instance(inv, rt_scope_push(inv, w->scope, frame));
    struct record mine = rt_record(inv), current;
    bool won;
    struct unum_buf UNUM_AUTO_BUF frames = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer json = JSON_WRITER(&frames);
    rt_scope_write(w->scope, &json);
    mine.frames = unum_arena_str(&inv->arena, unum_buf_str(&frames));
    mine.visit = mine.to_visit = w->visit;
    mine.value = w->value;
    mine.variables = w->variables;
    mine.seed = w->seed;
    mine.now_ms = w->now_ms;
    mine.has_to = true;
    mine.to = w->at->name;
    int rc = record_create(&inv->rt->store, inv->prefix, instance, &mine, &inv->arena, &won,
                           &current, err);
    return rc < 0 ? rc : open_state(inv, w->at, w, 0, instance, UNUM_STR(""), err);
}

/* Who opens positions, and where their values stand. */
struct opening {
    const struct ir_state *state;
    struct unum_str opener;  /* instance */
    struct unum_str pointer; /* of the items in the value of its record; ptr NULL: nowhere */
};

static struct rt_value position_value(const struct opening *o, const struct rt_walk *w,
                                      struct unum_str pointer)
{
    if (w->value.len > UNUM_LIMIT_INLINE && pointer.ptr)
        return (struct rt_value){.kind = RT_VALUE_REF, .ref = o->opener, .pointer = pointer};
    return (struct rt_value){.kind = RT_VALUE_INLINE, .json = w->value};
}

/* One position of a fan-out: a node to start (*ret, *ret_start), a further fan-out that is opened
 * in place, or a Wait. */
static int open_position(struct rt_inv *inv, const struct opening *o, const struct rt_walk *w,
                         struct rt_edge *ret, bool *ret_start, struct unum_err *err)
{
    uint32_t index = w->scope.at[w->scope.len - 1].index;
    bool map = o->state->type == IR_STATE_MAP;
    struct unum_str pointer = o->pointer;
    *ret_start = w->stop == RT_STOP_TASK;
    /* What the walk made of the element stands in no record. */
    if (w->value.ptr != w->first.ptr || w->value.len != w->first.len)
        pointer = UNUM_STR_NONE;
    if (pointer.ptr && map && (w->value.len > UNUM_LIMIT_INLINE || !*ret_start))
        pointer = unum_arena_printf(&inv->arena, "%.*s/%" PRIu32, UNUM_STR_ARG(pointer), index);
    if (w->stop == RT_STOP_FAN_OUT)
        return open_inside(inv, w, o->opener, pointer, err);
    if (w->stop == RT_STOP_WAIT) {
        struct rt_edge *timer = wait_edge(inv, w->at, w->scope, w->visit, w->due_ms);
        timer->variables = w->variables;
        timer->value = position_value(o, w, pointer);
        return 0;
    }
    *ret = (struct rt_edge){.kind = RT_EDGE_INVOKE,
                            .node = w->at->node,
                            .scope = w->scope,
                            .visit = w->visit,
                            .variables = w->variables,
                            .value = position_value(o, w, pointer)};
    return 0;
}

/* ---- windows: MaxConcurrency ---- */

/* Positions that are not started yet stand in lists of RT_LEAF, as outcomes of these names. */
static struct unum_str waiting_list(struct rt_inv *inv, struct rt_scope scope, uint32_t list)
{
    return unum_arena_printf(&inv->arena, "%.*s-items/%" PRIu32,
                             UNUM_STR_ARG(rt_set_owner(inv, scope)), list);
}

static int write_list(struct rt_inv *inv, const struct rt_fan *fan, struct rt_scope scope,
                      uint32_t list, struct unum_str items, struct unum_err *err)
{
    struct record record = rt_record(inv), current;
    bool won;
    record.value = items;
    record.variables = fan->outer.variables;
    record.seed = fan->outer.seed;
    record.now_ms = fan->outer.now_ms;
    return record_create(&inv->rt->store, inv->prefix, waiting_list(inv, scope, list), &record,
                         &inv->arena, &won, &current, err);
}

/* Before the first edge, from the opener's record: every copy writes the same. */
static int write_waiting(struct rt_inv *inv, const struct rt_edge *open, struct unum_err *err)
{
    struct rt_fan fan;
    struct unum_buf UNUM_AUTO_BUF items = UNUM_BUF_INIT(UNUM_LIMIT_GATHER);
    struct json_writer w = JSON_WRITER(&items);
    struct unum_str value;
    int rc = 0;
    if (!rt_fan_begin(inv, open->state, open->walk, &fan))
        return unum_err_set(err, UNUM_E_BUG, "a fan-out cannot be opened any more");
    for (uint32_t i = 0; rc == 0 && i < fan.size; i++) {
        if (!rt_fan_skip(inv, &fan, &value))
            return unum_err_set(err, UNUM_E_BUG, "element %" PRIu32 " cannot be evaluated any more",
                                i);
        if (i < fan.window)
            continue;
        uint32_t at = (i - fan.window) % RT_LEAF;
        if (at == 0)
            json_array_begin(&w);
        json_raw(&w, value);
        if (at != RT_LEAF - 1 && i != fan.size - 1)
            continue;
        json_array_end(&w);
        rc = write_list(inv, &fan, open->scope, (i - fan.window) / RT_LEAF, unum_buf_str(&items),
                        err);
        unum_buf_clear(&items);
        w = (struct json_writer)JSON_WRITER(&items);
    }
    return rc;
}

/* The position of `scope`, walked to its first stop; its turn has come at `now_ms`. */
static int read_waiting(struct rt_inv *inv, struct rt_scope scope, int64_t now_ms,
                        struct rt_walk *ret, struct unum_err *err)
{
    const struct rt_frame *frame = &scope.at[scope.len - 1];
    uint32_t at = frame->index - frame->window;
    struct unum_str list = waiting_list(inv, scope, at / RT_LEAF);
    struct record record = {0};
    int rc = rt_load_item(inv, &scope, err);
    if (rc == 0)
        rc = rt_find(inv, list, &record, err);
    if (rc == 0 && record.present)
        rc = record_load(&inv->rt->store, inv->prefix, list, &record, &inv->arena, err);
    if (rc < 0)
        return rc;
    *ret = (struct rt_walk){
        .scope = scope, .variables = record.variables, .seed = record.seed, .now_ms = now_ms};
    if (!record.present || !json_at(record_value(&record), at % RT_LEAF, &ret->value))
        return unum_err_set(err, UNUM_E_NOTFOUND,
                            "the input of position %" PRIu32 " of %.*s is "
                            "not there",
                            frame->index, UNUM_STR_ARG(frame->state->name));
    ret->first = ret->value;
    rt_walk(inv, ir_state(inv->node, frame->state->branches[0]), ret);
    return 0;
}

/* Start one position of a window, whose turn has come at `now_ms`. If it ends in place *ret_end
 * says how. */
static int start_position(struct rt_inv *inv, struct rt_scope scope, struct unum_str by,
                          int64_t now_ms, struct unum_str *ret_end, struct unum_err *err)
{
    const struct rt_frame *frame = &scope.at[scope.len - 1];
    const struct opening o = {.state = frame->state, .opener = frame->opener};
    struct rt_walk w;
    struct rt_edge start;
    bool starts = false;
    int rc = read_waiting(inv, scope, now_ms, &w, err);
    if (rc < 0)
        return rc;
    bool failed = w.stop == RT_STOP_FAIL;
    if (w.stop == RT_STOP_END || (failed && frame->tolerated)) {
        *ret_end = unum_arena_printf(&inv->arena, "%s" RT_ENDED_IN_PLACE "%" PRId64,
                                     failed ? "!" : "", now_ms);
        return 0;
    }
    if (failed) {
        struct rt_edge *failure = rt_edge_add(inv, RT_EDGE_FAIL);
        failure->scope = scope;
        failure->name = by;
        failure->error_type = w.error;
        failure->cause = w.cause;
        return 0;
    }
    rc = open_position(inv, &o, &w, &start, &starts, err);
    return rc == 0 && starts ? rt_start(inv, &start, 1, err) : rc;
}

/* ---- the ends of positions ---- */

/* Count one position; when all are there the fan-out closes, with too many failures it fails. */
static int count_position(struct rt_inv *inv, struct rt_scope scope, struct unum_str by,
                          struct unum_str end, struct unum_err *err)
{
    const struct rt_frame *frame = &scope.at[scope.len - 1];
    bool full = false;
    uint32_t failures = 0;
    int rc = rt_count(inv, rt_set_owner(inv, scope), frame->index, frame->size, end, &full, err);
    if (rc == 0 && end.ptr && end.ptr[0] == RT_FAILED_MARK)
        rc = rt_failures(inv, scope, &failures, err);
    if (rc < 0)
        return rc;
    if (failures > frame->tolerated) {
        const struct rt_edge failure = {.kind = RT_EDGE_FAIL, .scope = scope, .name = by};
        return rt_fan_out_failed(inv, &failure, UNUM_STR(RT_EXCEEDED), UNUM_STR(RT_EXCEEDED_CAUSE),
                                 err);
    }
    if (!full)
        return 0;
    struct rt_edge *close = rt_edge_add(inv, RT_EDGE_CLOSE);
    close->scope = scope;
    close->name = by;
    return 0;
}

/* A position has ended, as `end` says (ptr NULL: where its branch always ends). With a window it
 * makes room at `now_ms` for another one, which may end here, too. */
static int end_position(struct rt_inv *inv, struct rt_scope scope, struct unum_str by,
                        struct unum_str end, int64_t now_ms, struct unum_err *err)
{
    const struct rt_frame frame = scope.at[scope.len - 1];
    for (uint32_t at = frame.index;; at += frame.window) {
        struct unum_str next_end = UNUM_STR_NONE;
        int rc = 0;
        if (frame.window && at + frame.window < frame.size)
            rc = start_position(inv, rt_scope_at(inv, scope, at + frame.window), by, now_ms,
                                &next_end, err);
        if (rc == 0)
            rc = count_position(inv, rt_scope_at(inv, scope, at), by, end, err);
        if (rc < 0 || !next_end.ptr)
            return rc;
        end = next_end;
    }
}

/* Open the next position of `fan`. */
static int open_next_position(struct rt_inv *inv, const struct rt_edge *open, struct rt_fan *fan,
                              struct rt_edge *ret, bool *ret_start, struct unum_err *err)
{
    const struct opening o = {open->state, open->name, open->pointer};
    struct rt_walk position;
    bool good = rt_fan_next(inv, fan, &position);
    if (!good && position.scope.len && fan->tolerated)
        return end_position(inv, position.scope, open->name, UNUM_STR("!"), open->walk->now_ms,
                            err);
    if (!good)
        return unum_err_set(err, UNUM_E_BUG, "position %" PRIu32 " cannot be started: %.*s",
                            fan->at - 1, UNUM_STR_ARG(fan->cause));
    if (position.stop == RT_STOP_END)
        return end_position(inv, position.scope, open->name, UNUM_STR(RT_ENDED_IN_PLACE),
                            open->walk->now_ms, err);
    return open_position(inv, &o, &position, ret, ret_start, err);
}

static int follow_open(struct rt_inv *inv, const struct rt_edge *open, struct unum_err *err)
{
    struct rt_edge starts[RT_LEAF];
    size_t waiting = 0;
    struct rt_fan fan;
    if (!rt_fan_begin(inv, open->state, open->walk, &fan))
        return unum_err_set(err, UNUM_E_BUG, "a fan-out cannot be opened any more");
    fan.opener = open->name;
    fan.attempt = open->attempt;
    int rc = fan.window ? write_waiting(inv, open, err) : 0;
    uint32_t first = fan.window ? fan.window : fan.size;
    for (uint32_t i = 0; rc == 0 && !inv->handed_over && i < first; i++) {
        bool start = false;
        rc = open_next_position(inv, open, &fan, &starts[waiting], &start, err);
        waiting += start;
        if (rc == 0 && waiting == RT_LEAF) {
            rc = rt_start(inv, starts, waiting, err);
            waiting = 0;
        }
    }
    return rc == 0 && waiting ? rt_start(inv, starts, waiting, err) : rc;
}

/* ---- going on ---- */

static struct rt_value value_of(const struct origin *from)
{
    struct record *record = from->record;
    if (record->fan_in.ptr)
        return (struct rt_value){.kind = RT_VALUE_FANIN, .json = record->fan_in};
    struct unum_str value = record_value(record);
    if (!value.ptr || value.len > UNUM_LIMIT_INLINE)
        return (struct rt_value){.kind = RT_VALUE_REF, .ref = from->instance};
    return (struct rt_value){.kind = RT_VALUE_INLINE, .json = value};
}

static void fail_on(struct rt_inv *inv, const struct origin *from)
{
    struct rt_edge *edge = rt_edge_add(inv, from->scope.len ? RT_EDGE_FAIL : RT_EDGE_END);
    edge->scope = from->scope;
    edge->name = from->instance;
    edge->status = "FAILED";
    edge->error_type = from->record->error_type;
    edge->cause = from->record->cause;
    edge->now_ms = from->record->now_ms;
}

static void end_scope(struct rt_inv *inv, const struct origin *from)
{
    struct rt_edge *edge = rt_edge_add(inv, from->scope.len ? RT_EDGE_COMPLETE : RT_EDGE_END);
    edge->scope = from->scope;
    edge->name = from->instance;
    edge->status = "SUCCEEDED";
    edge->value = value_of(from);
    edge->now_ms = from->record->now_ms;
}

static int open_next(struct rt_inv *inv, const struct origin *from, const struct ir_state *next,
                     struct unum_err *err)
{
    int rc =
        record_load(&inv->rt->store, inv->prefix, from->instance, from->record, &inv->arena, err);
    if (rc < 0)
        return rc;
    const struct rt_walk w = opening_walk(from);
    return open_state(inv, next, &w, 0, from->instance, UNUM_STR(""), err);
}

static int go_on(struct rt_inv *inv, const struct origin *from, struct unum_err *err)
{
    const struct record *record = from->record;
    if (record_failed(record)) {
        fail_on(inv, from);
        return 0;
    }
    if (!record->has_to) {
        end_scope(inv, from);
        return 0;
    }
    const struct ir_state *next = ir_state(inv->node, record->to);
    if (!next)
        return unum_err_set(err, UNUM_E_INVAL,
                            "%.*s goes on with the state %.*s, which the IR of %.*s does not know",
                            UNUM_STR_ARG(from->instance), UNUM_STR_ARG(record->to),
                            UNUM_STR_ARG(inv->node->name));
    if (ir_is_fan_out(next->type))
        return open_next(inv, from, next, err);
    struct rt_edge *edge;
    if (next->type == IR_STATE_WAIT) {
        edge = wait_edge(inv, next, from->scope, record->to_visit, record->due_ms);
    } else {
        edge = rt_edge_add(inv, RT_EDGE_INVOKE);
        edge->node = next->node;
        edge->scope = from->scope;
        edge->visit = record->to_visit;
    }
    edge->value = value_of(from);
    edge->variables = record->variables;
    return 0;
}

int rt_region_decide(struct rt_inv *inv, struct record *record, struct unum_err *err)
{
    const struct origin from = {inv->instance, inv->event.scope, record};
    /* The next attempt of a Map or Parallel is opened from its own record. */
    const struct ir_state *state =
        inv->event.resume.ptr ? ir_state(inv->node, inv->event.resume) : NULL;
    if (!state || !ir_is_fan_out(state->type) || record_failed(record))
        return go_on(inv, &from, err);
    int rc = record_load(&inv->rt->store, inv->prefix, inv->instance, record, &inv->arena, err);
    if (rc < 0)
        return rc;
    const struct rt_walk w = opening_walk(&from);
    return open_state(inv, state, &w, inv->event.attempt, inv->instance, UNUM_STR(""), err);
}

/* ---- completing, closing, failing ---- */

/* Does the run decide where a branch of this state ends? */
static bool has_open_ends(const struct ir_state *state)
{
    for (size_t i = 0; state->ends && i < state->branches_len; i++) {
        if (!state->ends[i].ptr)
            return true;
    }
    return false;
}

static int follow_complete(struct rt_inv *inv, const struct rt_edge *edge, struct unum_err *err)
{
    const struct rt_frame *frame = &edge->scope.at[edge->scope.len - 1];
    return end_position(inv, edge->scope, edge->name,
                        has_open_ends(frame->state) ? edge->name : UNUM_STR_NONE, edge->now_ms,
                        err);
}

/* A failure that nobody in the position handles. */
static int follow_failure(struct rt_inv *inv, const struct rt_edge *edge, struct unum_err *err)
{
    if (!edge->scope.at[edge->scope.len - 1].tolerated)
        return rt_fan_out_failed(inv, edge, edge->error_type, edge->cause, err);
    return end_position(
        inv, edge->scope, edge->name,
        unum_arena_printf(&inv->arena, "%c%.*s", RT_FAILED_MARK, UNUM_STR_ARG(edge->name)),
        edge->now_ms, err);
}

/* The outcome of the close that `edge` brings about, with everything but its result. */
static struct record close_record(struct rt_inv *inv, const struct rt_edge *edge)
{
    struct record record = rt_record(inv);
    struct rt_scope outer = rt_scope_pop(edge->scope);
    const struct rt_frame *frame = &edge->scope.at[edge->scope.len - 1];
    struct unum_buf UNUM_AUTO_BUF frames = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&frames);
    rt_scope_write(outer, &w);
    record.frames = outer.len ? unum_arena_str(&inv->arena, unum_buf_str(&frames)) : UNUM_STR_NONE;
    record.visit = record.to_visit = frame->visit;
    record.attempt = frame->attempt;
    record.by = edge->name;
    return record;
}

/* Create a close (first wins) and go on from it if this branch brought it about: its edges are sent
 * by that branch, by any copy of its event and by its repair; a sibling that comes later leaves
 * them. */
static int create_close(struct rt_inv *inv, const struct rt_edge *edge, const struct record *mine,
                        struct unum_err *err)
{
    struct rt_scope scope = edge->scope;
    struct unum_str instance = rt_close_instance(inv, scope);
    struct record current;
    bool won;
    int rc = record_create(&inv->rt->store, inv->prefix, instance, mine, &inv->arena, &won,
                           &current, err);
    if (rc < 0 || !unum_str_eq(current.by, mine->by))
        return rc;
    const struct origin from = {instance, rt_scope_pop(scope), &current};
    return go_on(inv, &from, err);
}

/* The recorded close, if there is one. */
static int find_close(struct rt_inv *inv, struct rt_scope scope, struct record *ret,
                      struct unum_err *err)
{
    return rt_find(inv, rt_close_instance(inv, scope), ret, err);
}

/* Input and variables of the state that `edge` ends, from its opener's record. */
static int closing_walk(struct rt_inv *inv, const struct rt_edge *edge, const struct record *close,
                        struct rt_walk *ret, struct unum_err *err)
{
    const struct rt_frame *frame = &edge->scope.at[edge->scope.len - 1];
    struct record opener = {0};
    *ret = (struct rt_walk){.scope = rt_scope_pop(edge->scope),
                            .visit = frame->visit,
                            .seed = close->seed,
                            .now_ms = close->now_ms};
    /* A branch starts with its opener's variables and loses none. */
    if (!frame->state->fields.ptr && !inv->event.variables.ptr)
        return 0;
    int rc = rt_find(inv, frame->opener, &opener, err);
    if (rc == 0 && !opener.present)
        rc = unum_err_set(err, UNUM_E_NOTFOUND,
                          "the record of %.*s, which opened %.*s, is not "
                          "there",
                          UNUM_STR_ARG(frame->opener), UNUM_STR_ARG(frame->state->name));
    if (rc == 0 && frame->state->fields.ptr)
        rc = record_load(&inv->rt->store, inv->prefix, frame->opener, &opener, &inv->arena, err);
    if (rc < 0)
        return rc;
    ret->value = record_value(&opener);
    ret->variables = opener.variables;
    return 0;
}

/* Is the result of the state the plain list, which its reader can gather? */
static bool leaves_list(const struct rt_inv *inv, const struct rt_frame *frame)
{
    const struct ir_state *state = frame->state;
    static const char *const shapes[] = {"ResultSelector", "ResultPath", "OutputPath", "Assign"};
    const struct ir_state *next = state->next.ptr ? ir_state(inv->node, state->next) : NULL;
    struct unum_str value;
    for (size_t i = 0; state->fields.ptr && i < UNUM_COUNT(shapes); i++) {
        if (json_get(state->fields, unum_str_from(shapes[i]), &value))
            return false;
    }
    return next && next->type == IR_STATE_TASK && !state->in_place && !has_open_ends(state) &&
           !frame->tolerated;
}

/* The failures are counted once more by who closes: completion with too many is a failure. */
static int check_failures(struct rt_inv *inv, const struct rt_edge *edge, bool *ret_failed,
                          struct unum_err *err)
{
    const struct rt_frame *frame = &edge->scope.at[edge->scope.len - 1];
    uint32_t failures = 0;
    int rc = frame->tolerated ? rt_failures(inv, edge->scope, &failures, err) : 0;
    *ret_failed = rc == 0 && failures > frame->tolerated;
    if (!*ret_failed)
        return rc;
    return rt_fan_out_failed(inv, edge, UNUM_STR(RT_EXCEEDED), UNUM_STR(RT_EXCEEDED_CAUSE), err);
}

/* The close with its result: gathered, put into the state's input, and the walk behind it. */
static int close_in_place(struct rt_inv *inv, const struct rt_edge *edge, struct record *record,
                          struct unum_err *err)
{
    const struct rt_frame *frame = &edge->scope.at[edge->scope.len - 1];
    const struct ir_state *state = frame->state;
    struct rt_walk w;
    struct rt_eval e;
    struct unum_str list = UNUM_STR_NONE;
    int rc = closing_walk(inv, edge, record, &w, err);
    if (rc == 0)
        rc = rt_gather(inv, state, edge->scope, &list, err);
    if (rc < 0)
        return rc;
    struct unum_str input = w.value;
    w.value = list;
    if (state->fields.ptr) {
        rt_eval_begin(&e, inv, &w, state);
        if (!eval_leave(&e.env, state->fields, input, list, &w.value, &w.variables)) {
            w.value = input;
            return rt_fan_out_failed(inv, edge, e.env.error, e.env.cause, err);
        }
    }
    rt_walk_next(inv, state, state->next, &w);
    rt_walk_record(&w, record);
    return create_close(inv, edge, record, err);
}

static int follow_close(struct rt_inv *inv, const struct rt_edge *edge, struct unum_err *err)
{
    const struct rt_frame *frame = &edge->scope.at[edge->scope.len - 1];
    const struct ir_state *state = frame->state;
    struct record record = close_record(inv, edge);
    struct rt_walk w;
    if (leaves_list(inv, frame)) {
        /* The next Task gathers at its ingress. */
        int rc = closing_walk(inv, edge, &record, &w, err);
        if (rc < 0)
            return rc;
        rt_walk_next(inv, state, state->next, &w);
        rt_walk_record(&w, &record);
        record.value = UNUM_STR_NONE;
        record.fan_in = rt_fan_in(inv, state, edge->scope);
        return create_close(inv, edge, &record, err);
    }
    /* The list is needed here; do not gather it for a close that is decided already. */
    struct record found;
    int rc = find_close(inv, edge->scope, &found, err);
    if (rc < 0 || (found.present && !unum_str_eq(found.by, record.by)))
        return rc;
    if (found.present)
        return create_close(inv, edge, &record, err);
    bool failed;
    rc = check_failures(inv, edge, &failed, err);
    return rc < 0 || failed ? rc : close_in_place(inv, edge, &record, err);
}

/* What catches the failure of the state that `edge` ends, or the failure of its scope. */
static int close_failed(struct rt_inv *inv, const struct rt_edge *edge, struct unum_str error,
                        struct unum_str cause, struct unum_err *err)
{
    const struct ir_state *state = edge->scope.at[edge->scope.len - 1].state;
    struct record record = close_record(inv, edge);
    struct rt_walk w = {.visit = record.visit};
    struct unum_str next, clauses;
    bool catches = state->fields.ptr && json_get(state->fields, UNUM_STR("Catch"), &clauses);
    int rc = catches ? closing_walk(inv, edge, &record, &w, err) : 0;
    if (rc < 0)
        return rc;
    if (catches && rt_catch(inv, &w, state, error, cause, &next)) {
        rt_walk_next(inv, state, next, &w);
    } else if (!catches) {
        w.stop = RT_STOP_FAIL;
        w.error = error;
        w.cause = cause;
    }
    rt_walk_record(&w, &record);
    record.error = true;
    if (!record.error_type.ptr) {
        record.error_type = error;
        record.cause = cause;
    }
    return create_close(inv, edge, &record, err);
}

/* The next attempt is opened by a node that holds the region in front of the state. */
static int reopen(struct rt_inv *inv, const struct rt_edge *failure, int64_t due_ms,
                  struct unum_err *err)
{
    const struct rt_frame frame = failure->scope.at[failure->scope.len - 1];
    struct rt_scope outer = rt_scope_pop(failure->scope);
    if (!frame.state->opener.ptr)
        return unum_err_set(err, UNUM_E_INVAL, "the IR does not say who opens %.*s again",
                            UNUM_STR_ARG(frame.state->name));
    struct rt_edge *edge = rt_edge_add(inv, RT_EDGE_TIMER);
    edge->node = frame.state->opener;
    edge->scope = outer;
    edge->visit = frame.visit;
    edge->attempt = frame.attempt + 1;
    edge->resume = frame.state->name;
    edge->opener = frame.opener;
    edge->due_ms = due_ms;
    edge->value = (struct rt_value){.kind = RT_VALUE_REF, .ref = frame.opener};
    return 0;
}

int rt_fan_out_failed(struct rt_inv *inv, const struct rt_edge *edge, struct unum_str error,
                      struct unum_str cause, struct unum_err *err)
{
    const struct rt_frame frame = edge->scope.at[edge->scope.len - 1];
    const struct rt_edge failure = *edge; /* the list of edges may grow */
    struct record found;
    struct attempt_record verdict;
    int rc = find_close(inv, edge->scope, &found, err);
    if (rc < 0 || (found.present && !unum_str_eq(found.by, failure.name)))
        return rc;
    if (found.present || !rt_has_retry(frame.state))
        return close_failed(inv, &failure, error, cause, err);
    rc = rt_attempt(inv, frame.state, rt_close_instance(inv, failure.scope), frame.attempt,
                    failure.name, error, cause, &verdict, err);
    if (rc < 0 || !unum_str_eq(verdict.by, failure.name))
        return rc;
    return verdict.retry ? reopen(inv, &failure, verdict.due_ms, err)
                         : close_failed(inv, &failure, verdict.error_type, verdict.cause, err);
}

int rt_region_follow(struct rt_inv *inv, const struct rt_edge *edge, struct unum_err *err)
{
    switch (edge->kind) {
    case RT_EDGE_OPEN:
        return follow_open(inv, edge, err);
    case RT_EDGE_COMPLETE:
        return follow_complete(inv, edge, err);
    case RT_EDGE_CLOSE:
        return follow_close(inv, edge, err);
    case RT_EDGE_FAIL:
        return follow_failure(inv, edge, err);
    case RT_EDGE_INVOKE:
    case RT_EDGE_TIMER:
    case RT_EDGE_JOIN:
    case RT_EDGE_FINISH:
    case RT_EDGE_END:
        break;
    }
    return unum_err_set(err, UNUM_E_BUG, "an edge of kind %d in a region", (int)edge->kind);
}
