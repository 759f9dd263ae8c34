/*
 * Failed attempts (rule R1): the record <instance>~a<k> decides, first wins, whether an attempt is
 * retried or final; only a final one becomes an outcome.
 */
#include "rt.h"

bool rt_has_retry(const struct ir_state *state)
{
    struct unum_str retry;
    return state && state->fields.ptr && json_get(state->fields, UNUM_STR("Retry"), &retry);
}

/* How often each retrier was used in the attempts before this one. */
static int counts_before(struct rt_inv *inv, struct unum_str instance, uint32_t attempt,
                         struct unum_str *ret, struct unum_err *err)
{
    struct store_item item;
    struct attempt_record before;
    *ret = UNUM_STR("[]");
    if (!attempt)
        return 0;
    struct unum_str key = record_attempt_key(&inv->arena, inv->prefix, instance, attempt - 1);
    int rc = inv->rt->store.ops->read(inv->rt->store.state, inv->event.run.nonce, &key, 1,
                                      &inv->arena, &item, err);
    if (rc == 0)
        rc = record_attempt_parse(&item, &before, err);
    if (rc == 0 && before.counts.ptr)
        *ret = before.counts;
    return rc;
}

int rt_attempt(struct rt_inv *inv, const struct ir_state *state, struct unum_str instance,
               uint32_t attempt, struct unum_str by, struct unum_str error, struct unum_str cause,
               struct attempt_record *ret, struct unum_err *err)
{
    struct unum_str counts;
    struct rt_eval e;
    struct record seeds = rt_record(inv);
    const struct rt_walk w = {.seed = seeds.seed, .now_ms = seeds.now_ms};
    struct eval_retry verdict;
    int rc = counts_before(inv, instance, attempt, &counts, err);
    if (rc < 0)
        return rc;
    rt_eval_begin(&e, inv, &w, state);
    eval_retry(&e.env, state->fields, error, counts, &verdict);
    const struct attempt_record mine = {.retry = verdict.retry,
                                        .nonce = inv->event.run.nonce,
                                        .expires_s = inv->event.run.expires_s,
                                        .error_type = error,
                                        .cause = cause,
                                        .counts = verdict.counts,
                                        .by = by,
                                        .due_ms =
                                            verdict.retry ? seeds.now_ms + verdict.delay_ms : 0};
    rc = record_attempt_create(&inv->rt->store, inv->prefix, instance, attempt, &mine, &inv->arena,
                               ret, err);
    if (rc == 0)
        rt_log(inv, UNUM_LOG_INFO, ret->retry ? "attempt failed, retried" : "attempt failed",
               UNUM_STR_NONE);
    return rc;
}

/* The same event once more, as the next attempt. */
static int retry_event(struct rt_inv *inv, const struct attempt_record *verdict,
                       struct unum_err *err)
{
    const struct rt_event *event = &inv->event;
    struct rt_edge *edge = rt_edge_add(inv, RT_EDGE_TIMER);
    edge->node = inv->node->name;
    edge->scope = event->scope;
    edge->visit = event->visit;
    edge->attempt = event->attempt + 1;
    edge->value = event->value;
    edge->variables = event->variables;
    edge->due_ms = verdict->due_ms;
    return rt_send(inv, err);
}

/* The terminal outcome of a failed Task: caught, or "!". */
static int commit_failure(struct rt_inv *inv, struct unum_str error, struct unum_str cause,
                          struct unum_err *err)
{
    const struct ir_state *task = inv->node->task;
    struct record record = rt_record(inv);
    struct rt_walk w;
    struct unum_str input = UNUM_STR("null"), clauses, next;
    bool catches = task && task->fields.ptr && json_get(task->fields, UNUM_STR("Catch"), &clauses);
    int rc = catches ? rt_value_read(inv, &inv->event.value, &input, err) : 0;
    if (rc < 0)
        return rc;
    rt_walk_begin(inv, &record, input, &w);
    if (catches && rt_catch(inv, &w, task, error, cause, &next)) {
        rt_walk_next(inv, task, next, &w);
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
    return rt_commit(inv, &record, err);
}

int rt_attempt_failed(struct rt_inv *inv, struct unum_str error, struct unum_str cause,
                      struct unum_err *err)
{
    struct attempt_record verdict;
    if (inv->event.resume.ptr || !rt_has_retry(inv->node->task))
        return commit_failure(inv, error, cause, err);
    int rc = rt_attempt(inv, inv->node->task, inv->instance, inv->event.attempt, UNUM_STR_NONE,
                        error, cause, &verdict, err);
    return rc < 0 ? rc : rt_attempt_decided(inv, &verdict, err);
}

int rt_attempt_decided(struct rt_inv *inv, const struct attempt_record *verdict,
                       struct unum_err *err)
{
    return verdict->retry ? retry_event(inv, verdict, err)
                          : commit_failure(inv, verdict->error_type, verdict->cause, err);
}
