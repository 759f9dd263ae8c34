/*
 * The application's failure function. The platform hands it the record of an event whose invocation
 * ended without an answer (crash, timeout, an error of ours). It looks first, as the node would:
 * what is recorded is sent again, a scope that is over ends it; an event whose user code has not
 * run is started again; else the attempt has failed, and that is recorded like any other outcome.
 */
#include <string.h>

#include "rt.h"

struct failure {
    struct unum_str event; /* requestPayload */
    struct unum_str node;  /* name */
    struct unum_str request_id;
    struct unum_str error_type, cause;
    bool aged; /* never delivered within the maximum age */
};

static struct unum_str text_at(struct rt_inv *inv, struct unum_str json, const char *pointer)
{
    struct unum_str value;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_SYNC_PAYLOAD);
    if (!json_pointer(json, unum_str_from(pointer), &value) || !json_decode(value, &text))
        return UNUM_STR_NONE;
    return unum_arena_str(&inv->arena, unum_buf_str(&text));
}

/* arn:aws:lambda:<region>:<account>:function:<app>-<node>[:<qualifier>] */
static struct unum_str node_of_arn(const struct rt *rt, struct unum_str arn)
{
    size_t at = unum_str_search(arn, UNUM_STR(":function:"));
    if (at == SIZE_MAX)
        return UNUM_STR_NONE;
    struct unum_str name = unum_str_from_pos(arn, at + strlen(":function:"));
    name = unum_str_slice(name, 0, unum_str_find(name, ':'));
    if (!unum_str_starts(name, rt->config.app) || name.len <= rt->config.app.len + 1)
        return UNUM_STR_NONE;
    return unum_str_from_pos(name, rt->config.app.len + 1);
}

static int parse_failure(struct rt_inv *inv, struct unum_str raw, struct failure *ret,
                         struct unum_err *err)
{
    struct unum_str json;
    *ret = (struct failure){0};
    int rc = json_check(raw, &json, err);
    if (rc < 0)
        return rc;
    ret->node = node_of_arn(inv->rt, text_at(inv, json, "/requestContext/functionArn"));
    ret->request_id = text_at(inv, json, "/requestContext/requestId");
    ret->aged = unum_str_is(text_at(inv, json, "/requestContext/condition"), "EventAgeExceeded");
    ret->error_type = text_at(inv, json, "/responsePayload/errorType");
    ret->cause = text_at(inv, json, "/responsePayload/errorMessage");
    if (!ret->node.len || !json_pointer(json, UNUM_STR("/requestPayload"), &ret->event))
        return unum_err_set(err, UNUM_E_INVAL,
                            "the event is no failure record of this application");
    if (unum_str_search(ret->cause, UNUM_STR("Task timed out")) != SIZE_MAX)
        ret->error_type = UNUM_STR("Sandbox.Timedout");
    else if (!ret->error_type.len)
        ret->error_type = UNUM_STR("Lambda.Unknown");
    if (!ret->cause.ptr)
        ret->cause = UNUM_STR("");
    return 0;
}

static struct ir_node *find_node(const struct rt *rt, struct unum_str name)
{
    for (size_t i = 0; i < rt->node->nodes_len; i++) {
        if (unum_str_eq(rt->node->nodes[i].name, name))
            return &rt->node->nodes[i];
    }
    return NULL;
}

/* Did the event never reach user code? Then it is not the user's failure. */
static bool before_code(const struct rt_inv *inv, const struct failure *failure)
{
    return failure->aged || inv->node->generated || inv->event.resume.ptr ||
           unum_str_is(failure->error_type, RT_BEFORE_CODE);
}

static int start_again(struct rt_inv *inv, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF payload = UNUM_BUF_INIT(UNUM_LIMIT_ASYNC_PAYLOAD);
    inv->event.restarts++;
    rt_event_write_again(inv, &payload);
    if (payload.failed)
        return unum_err_set(err, UNUM_E_LIMIT, "the event is too large to be started again");
    struct faas_event event = {.function = unum_arena_printf(&inv->arena, "%.*s-%.*s",
                                                             UNUM_STR_ARG(inv->rt->config.app),
                                                             UNUM_STR_ARG(inv->node->name)),
                               .payload = unum_buf_str(&payload)};
    rt_log(inv, UNUM_LOG_WARN, "started again", UNUM_STR_NONE);
    return inv->rt->faas.ops->send(inv->rt->faas.state, &event, 1, err);
}

static int record_failure(struct rt_inv *inv, const struct failure *failure, struct unum_err *err)
{
    struct unum_str error = before_code(inv, failure) ? UNUM_STR(RT_DELIVERY) : failure->error_type;
    return rt_attempt_failed(inv, error, failure->cause, err);
}

static int handle(struct rt_inv *inv, const struct failure *failure, struct unum_err *err)
{
    enum rt_found found;
    struct record own = {0};
    struct attempt_record attempt;
    int rc = rt_look_up(inv, &found, &own, &attempt, err);
    if (rc < 0 || found == RT_OVER || found == RT_REFUSED)
        return rc;
    if (found == RT_PRESENT) {
        rc = rt_decide(inv, &own, err);
        return rc < 0 ? rc : rt_send(inv, err);
    }
    if (found == RT_DECIDED)
        return rt_attempt_decided(inv, &attempt, err);
    if (before_code(inv, failure) && inv->event.restarts < RT_RESTARTS)
        return start_again(inv, err);
    return record_failure(inv, failure, err);
}

void rt_failure(struct rt_inv *inv, struct unum_str raw)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct failure failure;
    inv->node = inv->rt->node;
    int rc = parse_failure(inv, raw, &failure, &err);
    const struct ir_node *node = rc == 0 ? find_node(inv->rt, failure.node) : NULL;
    if (rc == 0 && !node)
        rc = unum_err_set(&err, UNUM_E_NOTFOUND, "the application has no node %.*s",
                          UNUM_STR_ARG(failure.node));
    if (rc == 0) {
        inv->node = node;
        /* The run of an entry event without a session is named after that event's request. */
        inv->entry_id = failure.request_id;
        rc = rt_event_parse(inv, failure.event, &inv->event, &err);
    }
    if (rc < 0) {
        /* Nothing to be done with it, now or later: no run is known that could be failed. */
        rt_log(inv, UNUM_LOG_ERROR, unum_err_text(&err), UNUM_STR_NONE);
        unum_buf_adds(&inv->reply.body, "null");
        return;
    }
    inv->prefix = record_prefix(&inv->arena, inv->rt->config.app, inv->event.run.session);
    inv->instance = rt_event_instance(inv);
    rc = handle(inv, &failure, &err);
    if (rc < 0)
        rt_reply_error(inv, RT_BEFORE_CODE, &err);
    else
        unum_buf_adds(&inv->reply.body, "null");
}
