#include <stdio.h>

#include "aws/cloudformation.h"
#include "aws/endpoint.h"
#include "aws/lambda.h"
#include "aws/log_events.h"
#include "aws/sts.h"
#include "base/file.h"
#include "base/limits.h"
#include "crypto/base64.h"
#include "crypto/hash.h"
#include "doctor.h"
#include "store/record.h"
#include "template/app.h"
#include "workflow.h"
#include "xml/xml.h"

enum { SKEW_MS = 60 * 1000, MOST_ACTIONS = 64 };

/* ---- who, where, when ---- */

static int ask_identity(struct doctor *d, struct sts_identity *ret, struct unum_err *err)
{
    struct aws_client *client;
    int rc = account_client(&d->connection->account, &client, err);
    return rc < 0 ? rc : sts_caller_identity(client, &d->p->arena, ret, err);
}

bool doctor_account(struct doctor *d)
{
    struct account *account = &d->connection->account;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct sts_identity identity = {0};
    doctor_find(d, DOCTOR_OK, "region", NULL, "%.*s (%.*s)", UNUM_STR_ARG(account->region.name),
                UNUM_STR_ARG(account->region.origin));
    int rc = ask_identity(d, &identity, &err);
    if (rc == 0)
        doctor_find(d, DOCTOR_OK, "credentials", NULL, "%.*s, from %.*s",
                    UNUM_STR_ARG(identity.arn), UNUM_STR_ARG(aws_chain_origin(account->chain)));
    else
        doctor_find_err(d, rc == UNUM_E_UNSUPPORTED ? DOCTOR_NOTE : DOCTOR_ERROR, "credentials",
                        &err);
    return rc == 0 || rc == UNUM_E_UNSUPPORTED;
}

static void check_clock(struct doctor *d)
{
    int64_t skew_ms = aws_client_skew_ms(d->connection->client);
    int64_t off_ms = skew_ms < 0 ? -skew_ms : skew_ms;
    if (off_ms > SKEW_MS)
        doctor_find(d, DOCTOR_WARNING, "clock", "set this machine's clock (NTP)",
                    "this machine's clock is %lld s %s the service's; requests are signed with "
                    "corrected time",
                    (long long)(off_ms / 1000), skew_ms > 0 ? "behind" : "ahead of");
    else
        doctor_find(d, DOCTOR_OK, "clock", NULL, "agrees with the service's");
}

/* ---- permissions ---- */

static const struct {
    const char *verb;
    const char *actions[20];
} needs[] = {
    {"deploy",
     {"cloudformation:CreateChangeSet", "cloudformation:DescribeChangeSet",
      "cloudformation:ExecuteChangeSet", "cloudformation:DescribeStacks",
      "cloudformation:DescribeStackEvents", "s3:PutObject", "s3:GetObject", "s3:CreateBucket",
      "iam:CreateRole", "iam:PutRolePolicy", "iam:PassRole", "lambda:CreateFunction",
      "lambda:GetFunction", "lambda:UpdateFunctionCode", "lambda:PutFunctionEventInvokeConfig",
      "dynamodb:CreateTable", "dynamodb:UpdateTimeToLive", "logs:CreateLogGroup",
      "logs:PutRetentionPolicy"}},
    {"sync", {"lambda:GetFunctionConfiguration", "lambda:UpdateFunctionCode"}},
    {"delete",
     {"cloudformation:DeleteStack", "lambda:DeleteFunction", "iam:DeleteRole",
      "iam:DeleteRolePolicy", "logs:DeleteLogGroup"}},
    {"invoke", {"lambda:InvokeFunction", "dynamodb:BatchGetItem", "dynamodb:GetItem"}},
    {"runs", {"dynamodb:Scan", "dynamodb:BatchWriteItem"}},
    {"logs", {"logs:FilterLogEvents", "lambda:GetFunctionConfiguration"}},
    {"doctor",
     {"cloudformation:GetTemplate", "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive",
      "logs:DescribeLogGroups"}},
};

/* A session of a role is judged by the role's policies; its path is not part of the session's ARN.
 */
static struct unum_str principal_of(struct unum_str arn, struct unum_arena *arena)
{
    struct unum_str mark = UNUM_STR(":assumed-role/");
    size_t at = unum_str_search(arn, mark), sts = unum_str_search(arn, UNUM_STR(":sts::"));
    if (at == SIZE_MAX || sts == SIZE_MAX)
        return arn;
    struct unum_str role = unum_str_from_pos(arn, at + mark.len);
    return unum_arena_printf(arena, "%.*s:iam::%.*s:role/%.*s",
                             UNUM_STR_ARG(unum_str_slice(arn, 0, sts)),
                             UNUM_STR_ARG(unum_str_slice(arn, sts + 6, at - sts - 6)),
                             UNUM_STR_ARG(unum_str_slice(role, 0, unum_str_find(role, '/'))));
}

/* The actions of one verb; those not allowed are appended to `denied`. */
static int simulate(struct doctor *d, struct unum_str principal, const char *const *actions,
                    struct unum_buf *denied, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF form = UNUM_BUF_INIT(64 * UNUM_KB);
    const struct xml_element *root = NULL, *results;
    aws_form_begin(&form, "SimulatePrincipalPolicy", "2010-05-08");
    aws_form_add(&form, "PolicySourceArn", principal);
    aws_form_add(&form, "MaxItems", UNUM_STR("1000"));
    for (size_t i = 0; i < UNUM_COUNT(needs[0].actions) && actions[i]; i++) {
        char name[40];
        (void)snprintf(name, sizeof(name), "ActionNames.member.%zu", i + 1);
        aws_form_add(&form, name, unum_str_from(actions[i]));
    }
    struct aws_call UNUM_AUTO(aws_call_done)
        call = {.service = AWS_IAM,
                .operation = UNUM_STR("SimulatePrincipalPolicy"),
                .body = unum_buf_str(&form)};
    int rc = aws_call_one(d->connection->client, &call, err);
    if (rc == 0)
        rc = xml_parse(unum_buf_str(&call.x.response), &d->p->arena, &root, err);
    if (rc < 0)
        return rc;
    results = xml_at(root, "SimulatePrincipalPolicyResult/EvaluationResults");
    if (!results)
        return unum_err_set(err, UNUM_E_PARSE, "iam SimulatePrincipalPolicy: no results");
    for (const struct xml_element *at = results->first; at; at = at->next) {
        if (!unum_str_is(xml_text(at, "EvalDecision"), "allowed"))
            unum_buf_printf(denied, "%s%.*s", denied->len ? ", " : "",
                            UNUM_STR_ARG(xml_text(at, "EvalActionName")));
    }
    return 0;
}

void doctor_permissions(struct doctor *d)
{
    struct sts_identity identity = {0};
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    if (ask_identity(d, &identity, &err) < 0)
        return;
    if (unum_str_ends(identity.arn, UNUM_STR(":root"))) {
        doctor_find(d, DOCTOR_OK, "permissions", NULL, "the root of an account may do everything");
        return;
    }
    struct unum_str principal = principal_of(identity.arn, &d->p->arena);
    for (size_t i = 0; i < UNUM_COUNT(needs); i++) {
        struct unum_buf UNUM_AUTO_BUF denied = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        struct unum_err UNUM_AUTO_ERR failure = UNUM_ERR_INIT;
        if (simulate(d, principal, needs[i].actions, &denied, &failure) < 0) {
            doctor_find(d, DOCTOR_NOTE, "permissions", NULL, "cannot be asked for in advance: %s",
                        unum_err_text(&failure));
            return;
        }
        if (denied.len)
            doctor_find(d, DOCTOR_WARNING, "permissions",
                        "some may be allowed for certain resources only, which is not seen here",
                        "`unum %s` needs what is not allowed: %s", needs[i].verb,
                        unum_buf_text(&denied));
        else
            doctor_find(d, DOCTOR_OK, "permissions", NULL, "`unum %s` is allowed", needs[i].verb);
    }
}

/* ---- what is deployed ---- */

/* False: there is none whose resources could be looked at. */
static bool check_stack(struct doctor *d)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct cfn_stack stack;
    struct unum_str name = d->p->app->name;
    int rc = cfn_describe_stack(d->connection->client, name, &d->p->arena, &stack, &err);
    if (rc == UNUM_E_NOTFOUND) {
        doctor_find(d, DOCTOR_WARNING, "stack", "unum deploy -b", "there is no stack %.*s",
                    UNUM_STR_ARG(name));
        return false;
    }
    if (rc < 0) {
        doctor_find_err(d, DOCTOR_NOTE, "stack", &err);
        return false;
    }
    bool failed = unum_str_search(stack.status, UNUM_STR("FAILED")) != SIZE_MAX ||
                  unum_str_is(stack.status, "ROLLBACK_COMPLETE");
    bool busy = unum_str_search(stack.status, UNUM_STR("IN_PROGRESS")) != SIZE_MAX;
    doctor_find(d,
                failed ? DOCTOR_ERROR
                : busy ? DOCTOR_NOTE
                       : DOCTOR_OK,
                "stack", failed ? "unum deploy goes on from every status" : NULL,
                "%.*s: %.*s%s%.*s", UNUM_STR_ARG(name), UNUM_STR_ARG(stack.status),
                stack.reason.len ? ", " : "", UNUM_STR_ARG(stack.reason));
    return !unum_str_is(stack.status, "REVIEW_IN_PROGRESS");
}

/* Does Lambda run what was built here? */
static void check_code(struct doctor *d, const struct compiled_node *node,
                       const struct lambda_function *function)
{
    struct unum_buf UNUM_AUTO_BUF zip = UNUM_BUF_INIT(UNUM_LIMIT_BUNDLE);
    struct unum_buf UNUM_AUTO_BUF hash = UNUM_BUF_INIT(UNUM_KB);
    struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    unsigned char digest[HASH_SHA256_LEN];
    unum_buf_printf(&name, "build/%.*s.zip", UNUM_STR_ARG(node->node));
    char *UNUM_AUTO_FREE path = workflow_file(d->p, unum_buf_text(&name));
    if (!function->code_sha256.len || !unum_file_exists(path) ||
        unum_file_read(path, &zip, NULL) < 0)
        return;
    hash_sha256(unum_buf_str(&zip), digest);
    base64_encode(&hash, unum_str_of((const char *)digest, sizeof(digest)));
    if (!unum_str_eq(unum_buf_str(&hash), function->code_sha256))
        doctor_find(d, DOCTOR_WARNING, "code", "unum sync, or unum deploy",
                    "%.*s runs other code than .unum/build/%.*s.zip (CodeSha256 %.*s)",
                    UNUM_STR_ARG(function->name), UNUM_STR_ARG(node->node),
                    UNUM_STR_ARG(function->code_sha256));
}

static bool check_function(struct doctor *d, const struct lambda_function *f)
{
    bool failed = unum_str_is(f->state, "Failed"), update = unum_str_is(f->update, "Failed");
    struct unum_str reason = failed ? f->state_reason : f->update_reason;
    if (failed || update)
        doctor_find(d, DOCTOR_ERROR, "functions", "unum deploy", "%.*s: %s failed%s%.*s",
                    UNUM_STR_ARG(f->name), failed ? "its start" : "its last update",
                    reason.len ? ": " : "", UNUM_STR_ARG(reason));
    else if (f->error_message.len)
        doctor_find(d, DOCTOR_ERROR, "functions", NULL, "%.*s: its environment: %.*s",
                    UNUM_STR_ARG(f->name), UNUM_STR_ARG(f->error_message));
    else if (unum_str_is(f->state, "Pending") || unum_str_is(f->update, "InProgress"))
        doctor_find(d, DOCTOR_NOTE, "functions", NULL, "%.*s is being updated",
                    UNUM_STR_ARG(f->name));
    else
        return true;
    return false;
}

static void check_functions(struct doctor *d)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_arena *arena = &d->p->arena;
    const struct compiled *compiled = d->compiled;
    struct unum_str *names = unum_arena_array(arena, compiled->len, sizeof(*names));
    struct lambda_function *found = unum_arena_array(arena, compiled->len, sizeof(*found));
    int *rcs = unum_arena_array(arena, compiled->len, sizeof(*rcs));
    size_t good = 0;
    for (size_t i = 0; i < compiled->len; i++)
        names[i] = app_node_function(d->p->app, compiled->at[i].node, arena);
    if (lambda_get_configurations(d->connection->client, names, compiled->len, arena, found, rcs,
                                  &err) < 0) {
        doctor_find_err(d, DOCTOR_ERROR, "functions", &err);
        return;
    }
    for (size_t i = 0; i < compiled->len; i++) {
        if (rcs[i] == UNUM_E_NOTFOUND) {
            doctor_find(d, DOCTOR_ERROR, "functions", "unum deploy -b", "there is no function %.*s",
                        UNUM_STR_ARG(names[i]));
            continue;
        }
        good += check_function(d, &found[i]);
        check_code(d, &compiled->at[i], &found[i]);
    }
    if (good == compiled->len)
        doctor_find(d, DOCTOR_OK, "functions", NULL, "all %zu are active", good);
}

static void check_invoke(struct doctor *d)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct lambda_answer answer;
    struct unum_str entry = app_node_function(d->p->app, d->compiled->entry, &d->p->arena);
    int rc = lambda_invoke(d->connection->client, entry, LAMBDA_DRY, UNUM_STR("{}"), &d->p->arena,
                           &answer, &err);
    if (rc == 0)
        doctor_find(d, DOCTOR_OK, "invoke", NULL, "%.*s may be invoked (dry run)",
                    UNUM_STR_ARG(entry));
    else if (rc != UNUM_E_NOTFOUND)
        doctor_find_err(d, DOCTOR_ERROR, "invoke", &err);
}

static void check_table(struct doctor *d)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct run_record record;
    /* No session has this name. */
    int rc = run_record_read(&d->connection->store, d->p->app->name, UNUM_STR("/"), &d->p->arena,
                             &record, &err);
    if (rc == 0)
        doctor_find(d, DOCTOR_OK, "table", NULL, "%.*s can be read",
                    UNUM_STR_ARG(d->p->app->store_name));
    else if (rc == UNUM_E_NOTFOUND)
        doctor_find(d, DOCTOR_ERROR, "table", "unum deploy -b", "there is no table %.*s",
                    UNUM_STR_ARG(d->p->app->store_name));
    else
        doctor_find_err(d, DOCTOR_ERROR, "table", &err);
}

static void check_logs(struct doctor *d)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_str token = UNUM_STR_NONE;
    log_event_list events = {0};
    struct log_query query = {.limit = 1};
    query.group = unum_arena_printf(
        &d->p->arena, "/aws/lambda/%.*s",
        UNUM_STR_ARG(app_node_function(d->p->app, d->compiled->entry, &d->p->arena)));
    query.from_ms = unum_wall_ms(&unum_clock_system);
    int rc = log_events_page(d->connection->client, &query, &d->p->arena, &events, &token, &err);
    if (rc == 0)
        doctor_find(d, DOCTOR_OK, "logs", NULL, "%.*s can be read", UNUM_STR_ARG(query.group));
    else if (rc != UNUM_E_NOTFOUND)
        doctor_find_err(d, DOCTOR_ERROR, "logs", &err);
    unum_vec_done(&events);
}

void doctor_deployment(struct doctor *d)
{
    bool stack = d->connection->aws && check_stack(d);
    if (d->compiled) {
        check_functions(d);
        check_invoke(d);
        check_logs(d);
    }
    check_table(d);
    if (stack) {
        doctor_table(d);
        doctor_drift(d);
        if (d->compiled)
            doctor_log_groups(d);
    }
    if (d->connection->aws)
        check_clock(d);
}
