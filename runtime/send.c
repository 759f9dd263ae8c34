#include <inttypes.h>
#include <stdlib.h>

#include "rt.h"

struct rt_edge *rt_edge_add(struct rt_inv *inv, enum rt_edge_kind kind)
{
    struct rt_edge *edge = unum_vec_push(&inv->edges);
    *edge = (struct rt_edge){.kind = kind};
    return edge;
}

/* ---- starting nodes ---- */

/* Which instances this invocation leads to: what readers of several logs put them in order by. */
static void log_children(struct rt_inv *inv, const struct rt_edge *edges, size_t count)
{
    struct unum_buf UNUM_AUTO_BUF fields = UNUM_BUF_INIT(UNUM_LIMIT_LOG_LINE / 2);
    struct json_writer w = JSON_WRITER(&fields);
    json_object_begin(&w);
    json_key(&w, "children");
    json_array_begin(&w);
    for (size_t i = 0; i < count; i++)
        json_string(&w, rt_instance(inv, edges[i].node, edges[i].scope, edges[i].visit));
    json_array_end(&w);
    json_object_end(&w);
    if (!fields.failed)
        rt_log(inv, UNUM_LOG_INFO, "starting", unum_buf_str(&fields));
}

static int start_batch(struct rt_inv *inv, const struct rt_edge *edges, size_t count,
                       struct unum_err *err)
{
    struct unum_arena UNUM_AUTO_ARENA scratch = UNUM_ARENA_INIT;
    struct faas_event *events = unum_arena_array(&scratch, count, sizeof(*events));
    struct unum_buf *payloads = unum_arena_array(&scratch, count, sizeof(*payloads));
    int rc = 0;
    for (size_t i = 0; i < count; i++) {
        payloads[i] = (struct unum_buf)UNUM_BUF_INIT(UNUM_LIMIT_ASYNC_PAYLOAD);
        rt_event_write(inv, &edges[i], &payloads[i]);
        if (payloads[i].failed && rc == 0)
            rc = unum_err_set(err, UNUM_E_LIMIT, "the event for %.*s exceeds %zu bytes",
                              UNUM_STR_ARG(edges[i].node), UNUM_LIMIT_ASYNC_PAYLOAD);
        events[i].function = unum_arena_printf(
            &scratch, "%.*s-%.*s", UNUM_STR_ARG(inv->rt->config.app), UNUM_STR_ARG(edges[i].node));
        events[i].payload = unum_buf_str(&payloads[i]);
    }
    if (rc == 0) {
        log_children(inv, edges, count);
        rc = inv->rt->faas.ops->send(inv->rt->faas.state, events, count, err);
    }
    for (size_t i = 0; i < count; i++)
        unum_buf_done(&payloads[i]);
    return rc;
}

/* A quarter of the time, at most 5 s, is kept for handing over and answering. */
static bool time_is_up(const struct rt_inv *inv)
{
    if (!inv->deadline_ms)
        return false;
    int64_t margin = (inv->deadline_ms - inv->began_ms) / 4;
    return unum_wall_ms(&unum_clock_system) > inv->deadline_ms - (margin < 5000 ? margin : 5000);
}

static int hand_over(struct rt_inv *inv, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF payload = UNUM_BUF_INIT(UNUM_LIMIT_ASYNC_PAYLOAD);
    inv->event.from = inv->starts;
    inv->handed_over = true;
    /* The outcome is recorded: the value the event came with is not needed again. */
    inv->event.value = (struct rt_value){.kind = RT_VALUE_INLINE, .json = UNUM_STR("null")};
    rt_event_write_again(inv, &payload);
    struct faas_event event = {.function = unum_arena_printf(&inv->arena, "%.*s-%.*s",
                                                             UNUM_STR_ARG(inv->rt->config.app),
                                                             UNUM_STR_ARG(inv->node->name)),
                               .payload = unum_buf_str(&payload)};
    rt_log(inv, UNUM_LOG_INFO, "handed over", UNUM_STR_NONE);
    return inv->rt->faas.ops->send(inv->rt->faas.state, &event, 1, err);
}

static int start_some(struct rt_inv *inv, const struct rt_edge *edges, size_t count,
                      struct unum_err *err)
{
    if (inv->handed_over)
        return 0;
    size_t done = inv->event.from > inv->starts ? inv->event.from - inv->starts : 0;
    done = done < count ? done : count;
    inv->starts += (uint32_t)done;
    if (done == count)
        return 0;
    /* Something has to be started in each invocation, or the hand-overs would never end. */
    if (inv->starts > inv->event.from && time_is_up(inv))
        return hand_over(inv, err);
    int rc = start_batch(inv, edges + done, count - done, err);
    inv->starts += (uint32_t)(count - done);
    return rc;
}

int rt_start(struct rt_inv *inv, const struct rt_edge *edges, size_t count, struct unum_err *err)
{
    int rc = 0;
    for (size_t from = 0; rc == 0 && from < count; from += RT_LEAF)
        rc = start_some(inv, edges + from, count - from < RT_LEAF ? count - from : RT_LEAF, err);
    return rc < 0 ? unum_err_wrap(err, "start the next functions") : 0;
}

/* ---- completion sets ---- */

int rt_count(struct rt_inv *inv, struct unum_str owner, uint32_t position, uint32_t width,
             struct unum_str end, bool *ret_full, struct unum_err *err)
{
    *ret_full = false;
    uint32_t child = position;
    for (unsigned level = 0;; level++) {
        uint32_t index = child / RT_LEAF;
        uint32_t left = width - index * RT_LEAF;
        uint32_t size = left < RT_LEAF ? left : RT_LEAF;
        const struct store_attr expires = {
            .name = UNUM_STR(STORE_EXPIRES),
            .type = STORE_NUMBER,
            .text = unum_arena_printf(&inv->arena, "%" PRId64, inv->event.run.expires_s)};
        const struct store_update update = {
            .key = record_set_key(&inv->arena, inv->prefix, owner, level, index),
            .set = &expires,
            .set_len = 1,
            .add_name = UNUM_STR("Positions"),
            .add = child,
            .end_name = level == 0 && end.ptr ? UNUM_STR("Ends") : UNUM_STR_NONE,
            .end = end};
        struct store_item now;
        int rc = inv->rt->store.ops->update(inv->rt->store.state, inv->event.run.nonce, &update,
                                            &inv->arena, &now, err);
        if (rc < 0)
            return unum_err_wrap(err, "count position %" PRIu32 " of %.*s", position,
                                 UNUM_STR_ARG(owner));
        const struct store_attr *members = store_attr(&now, "Positions");
        if (!members || members->len < size)
            return 0;
        width = (width + RT_LEAF - 1) / RT_LEAF;
        if (width == 1)
            break;
        child = index;
    }
    *ret_full = true;
    return 0;
}

/* ---- the list of edges ---- */

static int end_run(struct rt_inv *inv, const struct rt_edge *edge, struct unum_err *err)
{
    if (rt_is_late(inv))
        return rt_deadline_passed(inv, err);
    struct run_record end = {.nonce = inv->event.run.nonce,
                             .status = unum_str_from(edge->status),
                             .error_type = edge->error_type,
                             .cause = edge->cause,
                             .ended_ms = unum_wall_ms(inv->rt->clock)};
    if (edge->value.kind == RT_VALUE_REF)
        end.output_ref = edge->value.ref;
    else
        end.output = edge->value.json;
    return run_record_end(&inv->rt->store, inv->prefix, &end, &inv->arena, err);
}

/* How many edges from `first` are nodes to start. */
static size_t starts_from(const struct rt_inv *inv, size_t first)
{
    size_t count = 0;
    while (first + count < inv->edges.len && inv->edges.at[first + count].kind == RT_EDGE_INVOKE)
        count++;
    return count;
}

int rt_send(struct rt_inv *inv, struct unum_err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && !inv->handed_over && i < inv->edges.len;) {
        if (i > UNUM_LIMIT_STEPS + 2 * (size_t)UNUM_LIMIT_FAN_OUT)
            return unum_err_set(err, UNUM_E_LIMIT, "more than %zu edges of one invocation", i);
        size_t starts = starts_from(inv, i);
        if (starts) {
            rc = rt_start(inv, &inv->edges.at[i], starts, err);
            i += starts;
            continue;
        }
        struct rt_edge edge = inv->edges.at[i++]; /* a copy: following may grow the list */
        if (edge.kind == RT_EDGE_END)
            rc = end_run(inv, &edge, err);
        else if (edge.kind == RT_EDGE_TIMER)
            rc = rt_timer(inv, &edge, err);
        else if (inv->node->compiled)
            rc = rt_region_follow(inv, &edge, err);
        else
            rc = rt_graph_follow(inv, &edge, err);
    }
    return rc;
}
