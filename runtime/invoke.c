#include <inttypes.h>
#include <string.h>

#include "base/rand.h"
#include "crypto/hash.h"
#include "rt.h"

void rt_reply_error(struct rt_inv *inv, const char *type, const struct unum_err *err)
{
    inv->reply.failed = true;
    inv->reply.error_type = unum_str_from(type);
    unum_buf_clear(&inv->reply.body);
    struct json_writer w = JSON_WRITER(&inv->reply.body);
    json_object_begin(&w);
    json_key(&w, "errorMessage");
    json_string(&w, unum_str_slice(unum_str_from(unum_err_text(err)), 0, UNUM_LIMIT_CAUSE));
    json_key(&w, "errorType");
    json_strings(&w, type);
    json_key(&w, "stackTrace");
    json_array_begin(&w);
    json_array_end(&w);
    json_object_end(&w);
    rt_log(inv, UNUM_LOG_ERROR, unum_err_text(err), UNUM_STR_NONE);
}

/* ---- run record ---- */

/* Hash of a JSON text that survives being written again by somebody else: blanks between tokens do
 * not count, strings count decoded. */
static struct unum_str hash_json(struct rt_inv *inv, struct unum_str json, struct rt_scope scope)
{
    struct hash_stream *hash = hash_stream_new();
    struct unum_buf decoded = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    for (size_t i = 0; i < json.len;) {
        char c = json.ptr[i];
        size_t end = i + 1;
        if (c == '"') {
            while (json.ptr[end] != '"')
                end += json.ptr[end] == '\\' ? 2 : 1;
            end++;
            unum_buf_clear(&decoded);
            if (json_decode(unum_str_slice(json, i, end - i), &decoded)) {
                hash_stream_add(hash, UNUM_STR("\""));
                hash_stream_add(hash, unum_buf_str(&decoded));
                hash_stream_add(hash, UNUM_STR("\""));
            }
        } else if (c != ' ' && c != '\t' && c != '\n' && c != '\r') {
            while (end < json.len && json.ptr[end] != '"' && json.ptr[end] > ' ')
                end++;
            hash_stream_add(hash, unum_str_slice(json, i, end - i));
        }
        i = end;
    }
    unum_buf_clear(&decoded);
    struct json_writer w = JSON_WRITER(&decoded);
    rt_scope_write(scope, &w);
    hash_stream_add(hash, unum_buf_str(&decoded));
    unum_buf_done(&decoded);
    unsigned char digest[HASH_SHA256_LEN];
    hash_stream_finish(hash, digest);
    hash_stream_free(hash);
    char *hex = unum_arena_alloc(&inv->arena, HASH_SHA256_HEX + 1);
    hash_hex(digest, sizeof(digest), hex);
    return unum_str_of(hex, HASH_SHA256_HEX);
}

static struct unum_str new_nonce(struct rt_inv *inv)
{
    unsigned char bytes[12];
    char *hex = unum_arena_alloc(&inv->arena, 2 * sizeof(bytes) + 1);
    unum_random_bytes(bytes, sizeof(bytes));
    hash_hex(bytes, sizeof(bytes), hex);
    return unum_str_of(hex, 2 * sizeof(bytes));
}

/* The input of the run, for the nodes that read it. */
static int keep_input(struct rt_inv *inv, struct unum_err *err)
{
    struct record record = rt_record(inv), current;
    bool won;
    inv->event.run.input = inv->event.value.json;
    if (!inv->node->keeps_input)
        return 0;
    record.value = inv->event.run.input;
    return record_create(&inv->rt->store, inv->prefix, UNUM_STR(RT_INPUT), &record, &inv->arena,
                         &won, &current, err);
}

/* Create the run, or join it: same session and same input is the same run, other input is refused.
 */
static int enter_run(struct rt_inv *inv, bool *ret_refused, struct unum_err *err)
{
    struct rt_event *event = &inv->event;
    int64_t now_ms = unum_wall_ms(inv->rt->clock);
    const struct run_record mine = {.nonce = new_nonce(inv),
                                    .input_hash = hash_json(inv, event->value.json, event->scope),
                                    .machine = inv->node->machine,
                                    .started_ms = now_ms,
                                    .expires_s = now_ms / 1000 + inv->rt->config.retention_s +
                                                 inv->node->waiting_s};
    struct run_record run;
    bool created;
    int rc = run_record_create(&inv->rt->store, inv->prefix, &mine, now_ms / 1000, &inv->arena,
                               &created, &run, err);
    if (rc < 0)
        return rc;
    *ret_refused = !unum_str_eq(run.input_hash, mine.input_hash);
    event->run.nonce = run.nonce;
    event->run.machine = run.machine;
    event->run.started_ms = run.started_ms;
    event->run.expires_s = run.expires_s;
    if (inv->node->timeout_s)
        event->run.deadline_ms = run.started_ms + inv->node->timeout_s * 1000;
    if (*ret_refused)
        return 0;
    rc = keep_input(inv, err);
    return rc == 0 && event->run.deadline_ms ? rt_arm_deadline(inv, err) : rc;
}

/* ---- look-up ---- */

struct unum_str rt_event_instance(struct rt_inv *inv)
{
    const struct rt_event *event = &inv->event;
    const struct ir_state *state = event->resume.ptr ? ir_state(inv->node, event->resume) : NULL;
    if (!state)
        return rt_instance(inv, inv->node->name, event->scope, event->visit);
    if (!ir_is_fan_out(state->type))
        return rt_instance(inv, state->name, event->scope, event->visit);
    struct rt_frame frame = {.state = state, .visit = event->visit, .attempt = event->attempt};
    return rt_opening_instance(inv, rt_scope_push(inv, event->scope, frame));
}

/* The keys of one look-up: the own outcome first, then what says that this event comes too late,
 * last the own attempt. */
struct look_up {
    struct unum_str *keys;
    size_t count;
    bool attempt, input; /* the last ones, in this order */
};

static void add_key(struct look_up *l, struct unum_str key)
{
    l->keys[l->count++] = key;
}

/* The state of a Resume, if it is a fan-out to be opened again. */
static const struct ir_state *reopened(const struct rt_inv *inv)
{
    const struct ir_state *state =
        inv->event.resume.ptr ? ir_state(inv->node, inv->event.resume) : NULL;
    return state && ir_is_fan_out(state->type) ? state : NULL;
}

/* A fan-out is over for this event when its close is recorded or its attempt is decided. */
static void add_over(struct rt_inv *inv, struct look_up *l, const struct ir_state *state,
                     struct unum_str close, uint32_t attempt)
{
    add_key(l, record_outcome_key(&inv->arena, inv->prefix, close));
    if (rt_has_retry(state))
        add_key(l, record_attempt_key(&inv->arena, inv->prefix, close, attempt));
}

static struct look_up keys_of(struct rt_inv *inv)
{
    const struct rt_event *event = &inv->event;
    const struct rt_scope scope = event->scope;
    const struct ir_state *again = reopened(inv);
    struct look_up l = {.keys = unum_arena_array(&inv->arena, 2 * scope.len + 5, sizeof(*l.keys))};
    add_key(&l, record_outcome_key(&inv->arena, inv->prefix, inv->instance));
    for (size_t depth = 1; inv->node->compiled && depth <= scope.len; depth++) {
        const struct rt_scope level = {scope.at, depth};
        const struct rt_frame *frame = &scope.at[depth - 1];
        add_over(inv, &l, frame->state, rt_close_instance(inv, level), frame->attempt);
    }
    if (again)
        add_over(inv, &l, again, rt_instance(inv, again->name, scope, event->visit),
                 event->attempt);
    l.attempt = !event->resume.ptr && inv->node->compiled && rt_has_retry(inv->node->task);
    if (l.attempt)
        add_key(&l, record_attempt_key(&inv->arena, inv->prefix, inv->instance, event->attempt));
    l.input = inv->node->reads_input && !event->entry;
    if (l.input)
        add_key(&l, record_outcome_key(&inv->arena, inv->prefix, UNUM_STR(RT_INPUT)));
    return l;
}

static int read_input(struct rt_inv *inv, const struct store_item *item, struct unum_err *err)
{
    struct record record;
    int rc = record_parse(item, &record, err);
    if (rc == 0 && !record.present)
        rc = unum_err_set(err, UNUM_E_NOTFOUND, "the input of the run is not there");
    if (rc == 0)
        rc = record_load(&inv->rt->store, inv->prefix, UNUM_STR(RT_INPUT), &record, &inv->arena,
                         err);
    if (rc == 0)
        inv->event.run.input = record_value(&record);
    return rc;
}

/* One strongly consistent read: own outcome and attempt, and for each enclosing fan-out its close
 * and its attempt. */
int rt_look_up(struct rt_inv *inv, enum rt_found *ret, struct record *ret_own,
               struct attempt_record *ret_attempt, struct unum_err *err)
{
    *ret = RT_ABSENT;
    *ret_attempt = (struct attempt_record){0};
    if (inv->event.entry) {
        bool refused = false;
        int rc = enter_run(inv, &refused, err);
        if (rc < 0 || refused) {
            *ret = RT_REFUSED;
            return rc;
        }
    }
    if (rt_is_late(inv)) {
        *ret = RT_OVER;
        return rt_deadline_passed(inv, err);
    }
#ifdef UNUM_MUTANT_NO_LOOK_UP
    /* A wrong variant for the fault tests, which must catch it. Never defined in what is shipped.
     */
    return 0;
#endif
    const struct look_up l = keys_of(inv);
    struct store_item *items = unum_arena_array(&inv->arena, l.count, sizeof(*items));
    size_t over = l.count - l.attempt - l.input;
    int rc = inv->rt->store.ops->read(inv->rt->store.state, inv->event.run.nonce, l.keys, l.count,
                                      &inv->arena, items, err);
    if (rc == 0)
        rc = record_parse(&items[0], ret_own, err);
    if (rc == 0 && l.attempt)
        rc = record_attempt_parse(&items[over], ret_attempt, err);
    if (rc == 0 && l.input)
        rc = read_input(inv, &items[l.count - 1], err);
    if (rc == 0)
        rc = rt_load_item(inv, &inv->event.scope, err);
    if (rc < 0)
        return unum_err_wrap(err, "look up %.*s", UNUM_STR_ARG(inv->instance));
    for (size_t i = 1; i < over; i++) {
        if (items[i].present)
            *ret = RT_OVER;
    }
    /* An opening whose attempt is decided has nothing left to do; every other outcome repeats its
     * edges. */
    if (ret_own->present && !(reopened(inv) && *ret == RT_OVER)) {
        *ret = RT_PRESENT;
        return 0;
    }
    if (*ret == RT_ABSENT && ret_attempt->present)
        *ret = RT_DECIDED;
    if (inv->event.run.expires_s < unum_wall_ms(inv->rt->clock) / 1000)
        *ret = RT_OVER;
    return 0;
}

/* ---- outcome ---- */

struct record rt_record(struct rt_inv *inv)
{
    const struct rt_event *event = &inv->event;
    struct record record = {.present = true,
                            .nonce = event->run.nonce,
                            .machine = inv->node->machine,
                            .expires_s = event->run.expires_s,
                            .variables = event->variables,
                            .visit = event->visit,
                            .to_visit = event->visit,
                            .attempt = event->attempt,
                            .now_ms = unum_wall_ms(inv->rt->clock)};
    unum_random_bytes(&record.seed, sizeof(record.seed));
    if (event->scope.len) {
        struct unum_buf UNUM_AUTO_BUF frames = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        struct json_writer w = JSON_WRITER(&frames);
        rt_scope_write(event->scope, &w);
        record.frames = unum_arena_str(&inv->arena, unum_buf_str(&frames));
    }
    return record;
}

int rt_decide(struct rt_inv *inv, struct record *record, struct unum_err *err)
{
    return inv->node->compiled ? rt_region_decide(inv, record, err)
                               : rt_graph_decide(inv, record, err);
}

/* May these edges go out unrecorded (Checkpoint: false)? Only if they do nothing but start
 * functions with values that travel inline. */
static bool may_stay_unrecorded(const struct rt_inv *inv)
{
    for (size_t i = 0; i < inv->edges.len; i++) {
        const struct rt_edge *edge = &inv->edges.at[i];
        if (edge->kind != RT_EDGE_INVOKE || edge->value.kind != RT_VALUE_INLINE ||
            edge->scope.len > inv->event.scope.len)
            return false;
    }
    return inv->edges.len > 0;
}

int rt_commit(struct rt_inv *inv, const struct record *mine, struct unum_err *err)
{
    struct record current = *mine;
    bool won = true;
    int rc = 0;
    if (!inv->rt->config.checkpoint || !inv->node->checkpoint) {
        rc = rt_decide(inv, &current, err);
        if (rc == 0 && may_stay_unrecorded(inv))
            return rt_send(inv, err);
        inv->edges.len = 0;
    }
    if (rc == 0)
        rc = record_create(&inv->rt->store, inv->prefix, inv->instance, mine, &inv->arena, &won,
                           &current, err);
    if (rc < 0)
        return rc;
    rt_log(inv, UNUM_LOG_INFO, won ? "recorded" : "adopted", UNUM_STR_NONE);
#ifdef UNUM_MUTANT_LOSER_STOPS
    if (!won)
        return 0;
#endif
    rc = rt_decide(inv, &current, err);
    return rc < 0 ? rc : rt_send(inv, err);
}

/* What follows from the answer: the outcome, or a failed attempt. `value` is what the event came
 * with, before it became the input of user code. */
static int conclude(struct rt_inv *inv, struct unum_str value, struct unum_err *err)
{
    struct record record = rt_record(inv);
    const struct rt_answer *answer = &inv->answer;
    struct unum_str error = answer->error_type, cause = answer->cause;
    bool good = !answer->failed;
    record.user = answer->json;
    if (good && inv->node->compiled)
        good = rt_region_evaluate(inv, value, &record, &error, &cause);
    else if (good)
        rt_graph_evaluate(inv, &record);
    return good ? rt_commit(inv, &record, err) : rt_attempt_failed(inv, error, cause, err);
}

/* ---- user code ---- */

static void answer_error(struct rt_inv *inv, const char *type, const char *cause)
{
    inv->answer.failed = true;
    inv->answer.error_type = unum_str_from(type);
    inv->answer.cause = unum_str_from(cause);
}

static int run_code(struct rt_inv *inv, int64_t timeout_ms, struct unum_err *err)
{
    const struct rt_code *code = inv->node->generated ? &rt_code_none : inv->rt->code;
    bool in_time = true;
    inv->code_started = true;
    int rc = 0;
    if (timeout_ms)
        rc = rt_run_timed(inv, code, timeout_ms, &in_time, err);
    else
        code->run(inv);
    if (rc < 0)
        return rc;
    if (!in_time)
        rt_time_out(inv); /* does not come back */
    if (!inv->answer.given)
        answer_error(inv, "Unum.NoAnswer",
                     "the handler returned without an answer; call one of unum_answer_... or "
                     "unum_fail");
    else if (!inv->answer.failed && inv->answer.json.len > UNUM_LIMIT_SYNC_PAYLOAD)
        answer_error(inv, "States.DataLimitExceeded", "the answer is larger than 6 MB");
    return 0;
}

/* ---- the loop of one invocation ---- */

void rt_reply_ok(struct rt_inv *inv, const struct unum_err *refused)
{
    if (!inv->event.entry) {
        unum_buf_adds(&inv->reply.body, "null");
        return;
    }
    struct json_writer w = JSON_WRITER(&inv->reply.body);
    json_array_begin(&w);
    if (inv->answer.given && !inv->answer.failed &&
        inv->answer.json.len < UNUM_LIMIT_SYNC_PAYLOAD - 4096)
        json_raw(&w, inv->answer.json);
    else
        json_null(&w);
    json_string(&w, inv->event.run.session);
    if (refused || inv->answer.failed) {
        json_object_begin(&w);
        json_key(&w, "Error");
        json_string(&w, refused ? UNUM_STR("Unum.SessionInUse") : inv->answer.error_type);
        json_key(&w, "Cause");
        json_string(&w, refused ? unum_str_from(unum_err_text(refused)) : inv->answer.cause);
        json_object_end(&w);
    } else {
        json_null(&w);
    }
    json_array_end(&w);
}

bool rt_is_invocation(const struct ir_state *task)
{
    struct unum_str yes;
    return task->fields.ptr && json_get(task->fields, UNUM_STR("Invoke"), &yes);
}

/* InputPath and Parameters of the Task; false: they cannot be applied. */
static bool enter_task(struct rt_inv *inv, struct unum_str value)
{
    const struct ir_state *task = inv->node->task;
    struct record seeds = rt_record(inv);
    struct rt_walk w;
    struct rt_eval e;
    inv->input = value;
    if (!task || !task->fields.ptr)
        return true;
    rt_walk_begin(inv, &seeds, value, &w);
    rt_eval_begin(&e, inv, &w, task);
    if (eval_enter(&e.env, task->fields, value, &inv->input)) {
        if (rt_is_invocation(task) && !json_get(inv->input, UNUM_STR("Payload"), &inv->input))
            inv->input = UNUM_STR("{}");
        return true;
    }
    inv->answer = (struct rt_answer){
        .given = true, .failed = true, .error_type = e.env.error, .cause = e.env.cause};
    return false;
}

/* The time of a Wait has come: the region behind it. */
static int go_behind_wait(struct rt_inv *inv, const struct ir_state *wait, struct unum_str value,
                          struct unum_err *err)
{
    struct record record = rt_record(inv);
    struct rt_walk w;
    rt_walk_begin(inv, &record, value, &w);
    rt_walk_behind_wait(inv, wait, &w);
    rt_walk_record(&w, &record);
    return rt_commit(inv, &record, err);
}

/* The next attempt of a Map or Parallel, with the input and the variables of the first. */
static int open_again(struct rt_inv *inv, const struct ir_state *state, struct unum_err *err)
{
    struct record opener, record = rt_record(inv);
    int rc = rt_find(inv, inv->event.opener, &opener, err);
    if (rc == 0 && !opener.present)
        rc = unum_err_set(err, UNUM_E_NOTFOUND, "the record of %.*s is not there",
                          UNUM_STR_ARG(inv->event.opener));
    if (rc == 0)
        rc =
            record_load(&inv->rt->store, inv->prefix, inv->event.opener, &opener, &inv->arena, err);
    if (rc < 0)
        return rc;
    record.value = record_value(&opener);
    record.variables = opener.variables;
    record.has_to = true;
    record.to = state->name;
    return rt_commit(inv, &record, err);
}

static int first_time(struct rt_inv *inv, struct unum_err *err)
{
    struct unum_str value;
    const struct ir_state *again = reopened(inv);
    if (again)
        return open_again(inv, again, err);
    int rc = rt_value_read(inv, &inv->event.value, &value, err);
    if (rc < 0)
        return rc;
    if (inv->event.resume.ptr)
        return go_behind_wait(inv, ir_state(inv->node, inv->event.resume), value, err);
    int64_t timeout_ms;
    if (enter_task(inv, value) && rt_timeout_of(inv, value, &timeout_ms))
        rc = run_code(inv, timeout_ms, err);
    return rc < 0 ? rc : conclude(inv, value, err);
}

static int work(struct rt_inv *inv, struct unum_err *err)
{
    enum rt_found found;
    struct record own = {0};
    struct attempt_record attempt;
    if (unum_str_is(inv->event.resume, RT_DEADLINE)) {
        rt_reply_ok(inv, NULL);
        return rt_deadline_passed(inv, err);
    }
    int rc = rt_look_up(inv, &found, &own, &attempt, err);
    if (rc < 0)
        return rc;
    switch (found) {
    case RT_REFUSED:
        unum_err_set(err, UNUM_E_CONFLICT, "session %.*s is in use by a run with another input",
                     UNUM_STR_ARG(inv->event.run.session));
        rt_reply_ok(inv, err);
        return 0;
    case RT_PRESENT:
        rt_log(inv, UNUM_LOG_INFO, "found", UNUM_STR_NONE);
        rc = rt_decide(inv, &own, err);
        if (rc == 0)
            rc = rt_send(inv, err);
        break;
    case RT_OVER:
        rt_log(inv, UNUM_LOG_INFO, "over", UNUM_STR_NONE);
        break;
    case RT_DECIDED:
        rc = rt_attempt_decided(inv, &attempt, err);
        break;
    case RT_ABSENT:
        rc = first_time(inv, err);
        break;
    }
    if (rc == 0)
        rt_reply_ok(inv, NULL);
    return rc;
}

void rt_invoke(struct rt_inv *inv, struct unum_str raw)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    inv->node = inv->rt->node;
    inv->entry_id = inv->request_id;
    if (rt_direct_begin(inv, raw)) {
        (void)run_code(inv, 0, &err);
        rt_direct_reply(inv);
        return;
    }
    int rc = rt_event_parse(inv, raw, &inv->event, &err);
    if (rc < 0) {
        rt_reply_error(inv, RT_BAD_EVENT, &err);
        return;
    }
    inv->prefix = record_prefix(&inv->arena, inv->rt->config.app, inv->event.run.session);
    inv->instance = rt_event_instance(inv);
    rc = work(inv, &err);
    if (rc < 0)
        rt_reply_error(inv, inv->code_started ? RT_AFTER_CODE : RT_BEFORE_CODE, &err);
}
