/* What keeps an application cheap and its deployment true: retention, expiry, drift. */
#include "aws/client.h"
#include "aws/cloudformation.h"
#include "aws/lambda.h"
#include "aws/log_events.h"
#include "base/limits.h"
#include "deploy/drift.h"
#include "doctor.h"
#include "store/store.h"
#include "template/app.h"

/* ---- log groups ---- */

static const struct log_group *find_group(const struct log_group *groups, size_t len,
                                          struct unum_str name)
{
    for (size_t i = 0; i < len; i++) {
        if (unum_str_eq(groups[i].name, name))
            return &groups[i];
    }
    return NULL;
}

static void add_name(struct unum_buf *list, struct unum_str name)
{
    unum_buf_printf(list, "%s%.*s", list->len ? ", " : "", UNUM_STR_ARG(name));
}

void doctor_log_groups(struct doctor *d)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_arena *arena = &d->p->arena;
    struct unum_buf UNUM_AUTO_BUF missing = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    struct unum_buf UNUM_AUTO_BUF endless = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    struct log_group *groups = NULL;
    size_t len = 0;
    int64_t days = 0;
    struct unum_str prefix =
        unum_arena_printf(arena, "/aws/lambda/%.*s-", UNUM_STR_ARG(d->p->app->name));
    if (log_groups(d->connection->client, prefix, arena, &groups, &len, &err) < 0) {
        doctor_find_err(d, DOCTOR_NOTE, "log groups", &err);
        return;
    }
    for (size_t i = 0; i < d->compiled->len; i++) {
        struct unum_str function = app_node_function(d->p->app, d->compiled->at[i].node, arena);
        struct unum_str name = unum_arena_printf(arena, "/aws/lambda/%.*s", UNUM_STR_ARG(function));
        const struct log_group *group = find_group(groups, len, name);
        if (!group)
            add_name(&missing, name);
        else if (!group->retention_days)
            add_name(&endless, name);
        else if (group->retention_days > days)
            days = group->retention_days;
    }
    if (missing.len)
        doctor_find(d, DOCTOR_WARNING, "log groups", "unum deploy",
                    "not there, so what their functions say may be lost: %s",
                    unum_buf_text(&missing));
    if (endless.len)
        doctor_find(d, DOCTOR_WARNING, "log groups",
                    "aws logs put-retention-policy --log-group-name NAME --retention-in-days 14",
                    "kept for ever, at a price that grows: %s", unum_buf_text(&endless));
    if (!missing.len && !endless.len)
        doctor_find(d, DOCTOR_OK, "log groups", NULL, "what functions say is kept for %lld days",
                    (long long)days);
}

/* ---- table ---- */

static int ask_table(struct doctor *d, const char *operation, const char *member,
                     struct unum_str *ret, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    struct json_writer w = JSON_WRITER(&body);
    struct unum_str answer = UNUM_STR_NONE;
    json_object_begin(&w);
    json_key(&w, "TableName");
    json_string(&w, d->p->app->store_name);
    json_object_end(&w);
    struct aws_call UNUM_AUTO(aws_call_done) call = {.service = AWS_DYNAMODB,
                                                     .operation = unum_str_from(operation),
                                                     .body = unum_buf_str(&body)};
    int rc = aws_call_one(d->connection->client, &call, err);
    if (rc == 0)
        rc = json_check(unum_buf_str(&call.x.response), &answer, err);
    if (rc == 0 && !json_get(answer, unum_str_from(member), ret))
        rc =
            unum_err_set(err, UNUM_E_PARSE, "dynamodb %s: an answer without %s", operation, member);
    if (rc == 0)
        *ret = unum_arena_str(&d->p->arena, *ret);
    return rc;
}

static bool text_is(struct unum_str object, const char *pointer, const char *text)
{
    struct unum_str value;
    return json_pointer(object, unum_str_from(pointer), &value) &&
           json_is(value, unum_str_from(text));
}

static void check_schema(struct doctor *d, struct unum_str table)
{
    struct unum_str keys;
    bool good = json_get(table, UNUM_STR("KeySchema"), &keys) && json_count(keys) == 1 &&
                text_is(keys, "/0/AttributeName", "Name") && text_is(keys, "/0/KeyType", "HASH") &&
                text_is(table, "/AttributeDefinitions/0/AttributeType", "S");
    if (!good)
        doctor_find(d, DOCTOR_ERROR, "table",
                    "take UnumIntermediaryDataStoreName out of the template, and deploy makes one",
                    "the key of %.*s is not one string named Name",
                    UNUM_STR_ARG(d->p->app->store_name));
}

void doctor_table(struct doctor *d)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_str table, ttl = UNUM_STR_NONE;
    int rc = ask_table(d, "DescribeTable", "Table", &table, &err);
    if (rc == 0)
        check_schema(d, table);
    if (rc == 0)
        rc = ask_table(d, "DescribeTimeToLive", "TimeToLiveDescription", &ttl, &err);
    if (rc == UNUM_E_NOTFOUND)
        return; /* said already */
    if (rc < 0) {
        doctor_find_err(d, DOCTOR_NOTE, "table", &err);
        return;
    }
    bool on = text_is(ttl, "/TimeToLiveStatus", "ENABLED") ||
              text_is(ttl, "/TimeToLiveStatus", "ENABLING");
    if (on && text_is(ttl, "/AttributeName", STORE_EXPIRES))
        doctor_find(d, DOCTOR_OK, "table", NULL, "records go by themselves when their run expires");
    else
        doctor_find(d, DOCTOR_WARNING, "table",
                    on ? NULL
                       : "aws dynamodb update-time-to-live --table-name NAME "
                         "--time-to-live-specification Enabled=true,AttributeName=" STORE_EXPIRES,
                    "the records of %.*s stay for ever: time to live is not on for the "
                    "attribute " STORE_EXPIRES,
                    UNUM_STR_ARG(d->p->app->store_name));
}

/* ---- drift ---- */

static void check_drift(struct doctor *d, struct drift_code *codes, size_t len)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_arena *arena = &d->p->arena;
    struct unum_str *names = unum_arena_array(arena, len, sizeof(*names));
    struct lambda_function *found = unum_arena_array(arena, len, sizeof(*found));
    int *rcs = unum_arena_array(arena, len, sizeof(*rcs));
    struct unum_buf UNUM_AUTO_BUF swapped = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    for (size_t i = 0; i < len; i++)
        names[i] = codes[i].function;
    if (lambda_get_configurations(d->connection->client, names, len, arena, found, rcs, &err) < 0) {
        doctor_find_err(d, DOCTOR_NOTE, "drift", &err);
        return;
    }
    for (size_t i = 0; i < len; i++) {
        if (rcs[i] == 0 && !drift_runs(&codes[i], found[i].code_sha256))
            add_name(&swapped, names[i]);
    }
    if (swapped.len)
        doctor_find(d, DOCTOR_WARNING, "drift",
                    "unum deploy writes the code of this folder into the stack; until then a "
                    "rollback brings the old one back",
                    "other code than the stack's, by `unum sync` or by hand: %s",
                    unum_buf_text(&swapped));
    else
        doctor_find(d, DOCTOR_OK, "drift", NULL, "all functions run the code the stack names");
}

void doctor_drift(struct doctor *d)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_arena *arena = &d->p->arena;
    struct drift_code *codes = NULL;
    struct unum_str text;
    size_t len = 0;
    int rc = cfn_get_template(d->connection->client, d->p->app->name, arena, &text, &err);
    if (rc == 0)
        rc = drift_codes(text, arena, &codes, &len, &err);
    if (rc < 0)
        doctor_find_err(d, DOCTOR_NOTE, "drift", &err);
    else if (len)
        check_drift(d, codes, len);
}
