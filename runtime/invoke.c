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
                                    .expires_s = now_ms / 1000 + inv->rt->config.retention_s};
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
    return 0;
}

/* ---- look-up ---- */

/* One strongly consistent read: own outcome, and for each enclosing fan-out its close. */
int rt_look_up(struct rt_inv *inv, enum rt_found *ret, struct record *ret_own, struct unum_err *err)
{
    const struct rt_scope scope = inv->event.scope;
    *ret = RT_ABSENT;
    if (inv->event.entry) {
        bool refused = false;
        int rc = enter_run(inv, &refused, err);
        if (rc < 0 || refused) {
            *ret = RT_REFUSED;
            return rc;
        }
    }
#ifdef UNUM_MUTANT_NO_LOOK_UP
    /* A wrong variant for the fault tests, which must catch it. Never defined in what is shipped.
     */
    return 0;
#endif
    struct unum_str *keys = unum_arena_array(&inv->arena, scope.len + 1, sizeof(*keys));
    struct store_item *items = unum_arena_array(&inv->arena, scope.len + 1, sizeof(*items));
    size_t count = 0;
    keys[count++] = record_outcome_key(&inv->arena, inv->prefix, inv->instance);
    for (size_t depth = 1; inv->node->compiled && depth <= scope.len; depth++)
        keys[count++] = record_outcome_key(
            &inv->arena, inv->prefix, rt_close_instance(inv, (struct rt_scope){scope.at, depth}));
    int rc = inv->rt->store.ops->read(inv->rt->store.state, inv->event.run.nonce, keys, count,
                                      &inv->arena, items, err);
    if (rc == 0)
        rc = record_parse(&items[0], ret_own, err);
    if (rc < 0)
        return unum_err_wrap(err, "look up %.*s", UNUM_STR_ARG(inv->instance));
    if (ret_own->present) {
        *ret = RT_PRESENT;
        return 0;
    }
    for (size_t i = 1; i < count; i++) {
        if (items[i].present)
            *ret = RT_OVER;
    }
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

static struct record outcome_of(struct rt_inv *inv)
{
    struct record record = rt_record(inv);
    const struct rt_answer *answer = &inv->answer;
    if (!answer->failed) {
        record.user = answer->json;
        if (inv->node->compiled)
            rt_region_evaluate(inv, &record);
        else
            rt_graph_evaluate(inv, &record);
        return record;
    }
    record.error = true;
    record.error_type = answer->error_type;
    record.cause = answer->cause;
    record.has_to = true;
    record.to = UNUM_STR(RECORD_FAILURE);
    return record;
}

/* ---- user code ---- */

static void answer_error(struct rt_inv *inv, const char *type, const char *cause)
{
    inv->answer.failed = true;
    inv->answer.error_type = unum_str_from(type);
    inv->answer.cause = unum_str_from(cause);
}

static void run_code(struct rt_inv *inv)
{
    const struct rt_code *code = inv->node->generated ? &rt_code_none : inv->rt->code;
    inv->code_started = true;
    code->run(inv);
    if (!inv->answer.given)
        answer_error(inv, "Unum.NoAnswer",
                     "the handler returned without an answer; call one of unum_answer_... or "
                     "unum_fail");
    else if (!inv->answer.failed && inv->answer.json.len > UNUM_LIMIT_SYNC_PAYLOAD)
        answer_error(inv, "States.DataLimitExceeded", "the answer is larger than 6 MB");
}

/* ---- the loop of one invocation ---- */

/* What a caller that waits gets: [output, session, metadata]; nobody reads the others' answers. */
static void reply_ok(struct rt_inv *inv, const struct unum_err *refused)
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

static int first_time(struct rt_inv *inv, struct unum_err *err)
{
    int rc = rt_value_read(inv, &inv->event.value, &inv->input, err);
    if (rc < 0)
        return rc;
    run_code(inv);
    const struct record mine = outcome_of(inv);
    return rt_commit(inv, &mine, err);
}

static int work(struct rt_inv *inv, struct unum_err *err)
{
    enum rt_found found;
    struct record own = {0};
    int rc = rt_look_up(inv, &found, &own, err);
    if (rc < 0)
        return rc;
    switch (found) {
    case RT_REFUSED:
        unum_err_set(err, UNUM_E_CONFLICT, "session %.*s is in use by a run with another input",
                     UNUM_STR_ARG(inv->event.run.session));
        reply_ok(inv, err);
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
    case RT_ABSENT:
        rc = first_time(inv, err);
        break;
    }
    if (rc == 0)
        reply_ok(inv, NULL);
    return rc;
}

void rt_invoke(struct rt_inv *inv, struct unum_str raw)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    inv->node = inv->rt->node;
    inv->entry_id = inv->request_id;
    if (rt_direct_begin(inv, raw)) {
        run_code(inv);
        rt_direct_reply(inv);
        return;
    }
    int rc = rt_event_parse(inv, raw, &inv->event, &err);
    if (rc < 0) {
        rt_reply_error(inv, RT_BAD_EVENT, &err);
        return;
    }
    inv->prefix = record_prefix(&inv->arena, inv->rt->config.app, inv->event.run.session);
    inv->instance = rt_instance(inv, inv->node->name, inv->event.scope, inv->event.visit);
    rc = work(inv, &err);
    if (rc < 0)
        rt_reply_error(inv, inv->code_started ? RT_AFTER_CODE : RT_BEFORE_CODE, &err);
}
