#include "deploy/deploy.h"

#include "base/limits.h"
#include "crypto/hash.h"
#include "deploy/artifacts.h"
#include "deploy/changes.h"
#include "deploy/code.h"
#include "deploy/console.h"
#include "deploy/plan.h"
#include "deploy/ready.h"
#include "deploy/stack.h"
#include "deploy/status.h"
#include "template/cloudformation.h"
#include "json/json.h"

enum { TEMPLATE_BODY = 51200 }; /* bytes in a request; more is read from a bucket (1 MB at most) */

struct deployment {
    const struct deploy_target *target;
    const struct deploy_options *options;
    struct unum_arena *arena;
    struct s3_bucket bucket;
    struct artifact *artifacts;
    struct unum_buf template;
    struct unum_str template_url;
    struct cfn_stack stack; /* as found; status empty: there is none */
    struct code code;
};

static void warn(const struct deployment *d, const char *text)
{
    if (d->target->ui->warn)
        d->target->ui->warn(d->target->ui->cookie, text);
}

/* ---- what is uploaded ---- */

static int render(struct deployment *d, struct unum_err *err)
{
    const struct compiled *compiled = d->target->compiled;
    struct cloudformation_node *nodes = unum_arena_array(d->arena, compiled->len, sizeof(*nodes));
    for (size_t i = 0; i < compiled->len; i++)
        nodes[i] = (struct cloudformation_node){.node = compiled->at[i].node,
                                                .function = compiled->at[i].function,
                                                .ir = compiled->at[i].ir,
                                                .bucket = d->bucket.name,
                                                .key = d->artifacts[i].key};
    return cloudformation_render(d->target->app, nodes, compiled->len, compiled->entry,
                                 CLOUDFORMATION_PLAIN, &d->template, err);
}

/* Kept for the record, and for CloudFormation to read when it is long. */
static int upload_template(struct deployment *d, struct unum_err *err)
{
    char hex[HASH_SHA256_HEX + 1];
    struct unum_str text = unum_buf_str(&d->template);
    struct unum_str prefix = artifacts_prefix(d->arena, d->target->stack);
    hash_sha256_hex(text, hex);
    struct unum_str key = unum_arena_printf(d->arena, "%.*s%s.template", UNUM_STR_ARG(prefix), hex);
    int rc = s3_put(d->target->client, d->bucket, key, text, true, err);
    if (rc == UNUM_E_EXISTS) {
        unum_err_clear(err);
        rc = 0;
    }
    if (text.len > TEMPLATE_BODY)
        d->template_url =
            unum_arena_printf(d->arena, "%.*s/%.*s/%.*s", UNUM_STR_ARG(d->target->s3_url),
                              UNUM_STR_ARG(d->bucket.name), UNUM_STR_ARG(key));
    return rc < 0 ? unum_err_wrap(err, "upload the template") : 0;
}

static int upload(struct deployment *d, struct deploy_result *ret, struct unum_err *err)
{
    size_t stale = 0;
    int rc = artifacts_bucket(d->target, d->options->bucket, d->options->poll_ms, d->arena,
                              &d->bucket, err);
    if (rc == 0)
        rc = s3_abort_stale(d->target->client, d->bucket,
                            artifacts_prefix(d->arena, d->target->stack), &stale, err);
    if (rc == 0)
        rc = artifacts_upload(d->target, d->bucket, d->artifacts, ret->artifacts, &ret->uploaded,
                              err);
    if (rc == 0)
        rc = render(d, err);
    return rc < 0 ? rc : upload_template(d, err);
}

static int too_long(const struct deployment *d, struct unum_err *err)
{
    (void)unum_err_set(
        err, UNUM_E_LIMIT,
        "the template has %zu bytes: CloudFormation takes %d in a request, and reads "
        "longer ones from a bucket, but there is no bucket %.*s yet",
        d->template.len, TEMPLATE_BODY, UNUM_STR_ARG(d->bucket.name));
    (void)unum_err_hint(err, "a first `unum deploy` makes the bucket, and asks before it changes "
                             "anything; or name one that is there: --s3-bucket NAME");
    return UNUM_E_LIMIT;
}

/* The change set names the bundles where they will be: CloudFormation reads them only when it is
 * executed. So nothing is made and nothing is uploaded, but a template too long for a request. */
static int pretend(struct deployment *d, struct deploy_result *ret, struct unum_err *err)
{
    bool there = false;
    int rc =
        artifacts_find_bucket(d->target, d->options->bucket, d->arena, &d->bucket, &there, err);
    if (rc == 0 && there)
        rc = artifacts_missing(d->target, d->bucket, d->artifacts, ret->artifacts, &ret->missing,
                               err);
    if (!there)
        ret->missing = ret->artifacts;
    ret->no_bucket = !there;
    if (rc == 0)
        rc = render(d, err);
    if (rc < 0 || d->template.len <= TEMPLATE_BODY)
        return rc;
    return there ? upload_template(d, err) : too_long(d, err);
}

/* ---- the change ---- */

/* A table that is there already, from an earlier deployment or made by somebody, is used as it is.
 */
static int adopts_table(const struct deployment *d, bool create, bool *ret, struct unum_err *err)
{
    struct unum_str before =
        cfn_pair_get(d->stack.parameters, d->stack.parameters_len, CLOUDFORMATION_ADOPT_TABLE);
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    struct json_writer w = JSON_WRITER(&body);
    *ret = unum_str_is(before, "true");
    if (!create)
        return 0;
    json_object_begin(&w);
    json_key(&w, "TableName");
    json_string(&w, d->target->app->store_name);
    json_object_end(&w);
    struct aws_call call = {.service = AWS_DYNAMODB,
                            .operation = UNUM_STR("DescribeTable"),
                            .body = unum_buf_str(&body)};
    int rc = aws_call_one(d->target->client, &call, err);
    aws_call_done(&call);
    *ret = rc == 0;
    if (rc != UNUM_E_NOTFOUND)
        return rc;
    unum_err_clear(err);
    return 0;
}

static const struct cfn_pair *parameters_of(struct deployment *d, bool adopt, size_t *ret_len)
{
    const struct deploy_options *o = d->options;
    struct cfn_pair *all = unum_arena_array(d->arena, o->parameters_len + 1, sizeof(*all));
    size_t len = 0;
    for (size_t i = 0; i < o->parameters_len; i++)
        all[len++] = o->parameters[i];
    if (!cfn_pair_get(o->parameters, o->parameters_len, CLOUDFORMATION_ADOPT_TABLE).ptr)
        all[len++] = (struct cfn_pair){UNUM_STR(CLOUDFORMATION_ADOPT_TABLE),
                                       adopt ? UNUM_STR("true") : UNUM_STR("false")};
    *ret_len = len;
    return all;
}

static int no_changes(struct deployment *d, struct unum_err *err)
{
    if (!d->options->fail_on_empty)
        return 0;
    return unum_err_set(err, UNUM_E_CONFLICT, "there are no changes, and --fail-on-empty is given");
}

/* Data that would be lost is never lost unasked. */
static int ask(struct deployment *d, const struct cfn_change_set *set, bool create,
               struct unum_err *err)
{
    bool dangerous = false, asked = false;
    for (size_t i = 0; i < set->changes_len; i++)
        dangerous = dangerous || change_classify(&set->changes[i]).dangerous;
    if (d->options->yes || (create && !dangerous))
        return 0;
    bool yes =
        d->target->ui->confirm &&
        d->target->ui->confirm(d->target->ui->cookie,
                               dangerous ? "Data will be lost. Change the stack all the same?"
                                         : "Change the stack?",
                               &asked);
    if (yes || (!asked && !dangerous))
        return 0;
    (void)unum_err_set(err, asked ? UNUM_E_CANCELLED : UNUM_E_CONFLICT, "%s",
                       asked ? "not confirmed; nothing is changed"
                             : "data would be lost, and nobody can be asked; nothing is changed");
    if (!asked)
        (void)unum_err_hint(err, "look at the changes with --dry-run; --yes accepts them");
    return asked ? UNUM_E_CANCELLED : UNUM_E_CONFLICT;
}

/* ---- code that somebody has swapped ---- */

static bool is_in(const struct deployment *d, size_t node, const struct cfn_change_set *set)
{
    struct unum_str id = cloudformation_function_id(d->target->compiled->at[node].node, d->arena);
    for (size_t i = 0; i < set->changes_len; i++) {
        if (unum_str_eq(set->changes[i].logical_id, id))
            return true;
    }
    return false;
}

/* Functions that run other bytes than the stack names, which CloudFormation does not notice: what
 * the change set does not change and differs from the bundle all the same. */
static int find_swapped(struct deployment *d, const struct cfn_change_set *set,
                        struct deploy_result *ret, struct unum_err *err)
{
    struct code *c = &d->code;
    int rc = code_compare(c, err);
    for (size_t i = 0; rc == 0 && i < ret->artifacts; i++) {
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
        if (is_in(d, i, set))
            continue;
        rc = code_absent(c, i, err);
        if (!c->functions[i].changed)
            continue;
        unum_buf_printf(&text, "%.*s runs other code than the stack names%s",
                        UNUM_STR_ARG(c->functions[i].function),
                        d->options->dry_run ? "" : ": it gets that of the stack again");
        warn(d, unum_buf_text(&text));
        ret->swapped++;
    }
    return rc;
}

/* Afterwards every function runs its bundle, whoever swapped it and when. */
static int put_right(struct deployment *d, const struct cfn_change_set *set, struct unum_err *err)
{
    struct code *c = &d->code;
    c->bucket = d->bucket;
    int rc = code_compare(c, err);
    for (size_t i = 0; rc == 0 && i < d->target->compiled->len; i++)
        rc = code_absent(c, i, err);
    if (rc == 0 && c->changed)
        rc = code_swap(c, err);
    for (size_t i = 0; rc == 0 && i < d->target->compiled->len; i++) {
        if (!c->functions[i].changed && is_in(d, i, set))
            code_untag(c, i);
    }
    return rc;
}

/* ---- all of it ---- */

/* More of the change than a terminal can show. */
static void link_to(const struct deployment *d, const struct cfn_change_set *set)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    console_link(d->target, set->stack_id, set->id, &text);
    if (text.len && d->target->ui->note)
        d->target->ui->note(d->target->ui->cookie, unum_buf_text(&text));
}

static int take_back(struct deployment *d, const struct plan_request *request,
                     const struct cfn_change_set *set, int rc, struct unum_err *err)
{
    int dropped = plan_drop(d->target, request, set, rc < 0 ? NULL : err);
    return rc < 0 ? rc : dropped;
}

static int carry_out(struct deployment *d, const struct plan_request *request,
                     const struct cfn_change_set *set, struct deploy_result *ret,
                     struct unum_err *err)
{
    int rc = 0;
    bool empty = !set->id.len;
    if (!request->create)
        rc = find_swapped(d, set, ret, err);
    if (rc == 0 && empty && !ret->swapped)
        return no_changes(d, err);
    if (rc == 0 && !d->options->dry_run)
        link_to(d, set);
    if (rc == 0 && !d->options->dry_run)
        rc = ask(d, set, request->create, err);
    if (rc < 0 || d->options->dry_run)
        return empty ? rc : take_back(d, request, set, rc, err);
    if (!empty)
        rc = plan_execute(d->target, request, set, d->arena, err);
    if (rc == 0)
        deploy_state(d->target, "the stack %.*s is in place", UNUM_STR_ARG(d->target->stack));
    if (rc == 0 && !request->create)
        rc = put_right(d, set, err);
    ret->changed = rc == 0;
    return rc;
}

static int change(struct deployment *d, struct deploy_result *ret, struct unum_err *err)
{
    enum stack_action action = stack_status(d->stack.status)->action;
    bool create = action == STACK_CREATE;
    bool adopt = false;
    enum plan_outcome outcome;
    struct cfn_change_set set;
    struct plan_request request = {.stack = d->target->stack,
                                   .create = create,
                                   .shell = create && d->stack.status.len,
                                   .no_rollback = d->options->no_rollback || action == STACK_RETRY,
                                   .template_url = d->template_url,
                                   .tags = d->options->tags,
                                   .tags_len = d->options->tags_len,
                                   .role_arn = d->options->role_arn,
                                   .poll_ms = d->options->poll_ms};
    if (!d->template_url.len)
        request.template_body = unum_buf_str(&d->template);
    int rc = adopts_table(d, create, &adopt, err);
    if (rc < 0)
        return unum_err_wrap(err, "look for the table %.*s",
                             UNUM_STR_ARG(d->target->app->store_name));
    if (adopt && create)
        warn(d, "the table exists already: it is used as it is, and this stack does not manage it");
    request.parameters = parameters_of(d, adopt, &request.parameters_len);
    rc = plan_make(d->target, &request, d->arena, &outcome, &set, err);
    if (rc < 0)
        return rc;
    if (outcome == PLAN_EMPTY)
        set = (struct cfn_change_set){0};
    ret->changes = set.changes_len;
    if (outcome == PLAN_READY && d->target->ui->changes)
        d->target->ui->changes(d->target->ui->cookie, &set, create);
    return carry_out(d, &request, &set, ret, err);
}

static int run(struct deployment *d, struct deploy_result *ret, struct unum_err *err)
{
    ret->artifacts = d->target->compiled->len;
    int rc = artifacts_plan(d->target, d->arena, &d->artifacts, err);
    d->code = (struct code){
        .target = d->target, .arena = d->arena, .artifacts = d->artifacts, .regular = true};
    deploy_state(d->target, "the stack %.*s is not changed", UNUM_STR_ARG(d->target->stack));
    if (rc == 0)
        rc = ready_stack(d->target, d->options, d->arena, &d->stack, err);
    if (rc == 0)
        deploy_state(d->target, "the stack %.*s is not changed", UNUM_STR_ARG(d->target->stack));
    if (rc == 0)
        rc = d->options->dry_run ? pretend(d, ret, err) : upload(d, ret, err);
    if (rc == 0)
        rc = change(d, ret, err);
    if (rc == 0 && !d->options->dry_run)
        rc = code_await(&d->code, err);
    return rc < 0 ? rc : stack_look(d->target, d->target->stack, d->arena, &d->stack, err);
}

int deploy_run(const struct deploy_target *target, const struct deploy_options *options,
               struct unum_arena *arena, struct deploy_result *ret, struct unum_err *err)
{
    struct deployment d = {.target = target,
                           .options = options,
                           .arena = arena,
                           .template = UNUM_BUF_INIT(UNUM_LIMIT_TEXT)};
    *ret = (struct deploy_result){0};
    int rc = run(&d, ret, err);
    ret->bucket = d.bucket.name;
    ret->stack = d.stack;
    unum_buf_done(&d.template);
    return rc;
}

void deploy_write_outputs(const struct deploy_target *target, const struct cfn_stack *stack,
                          struct unum_buf *out)
{
    struct json_writer w = JSON_WRITER(out);
    w.indent = 2;
    json_object_begin(&w);
    json_key(&w, "stack");
    json_string(&w, stack->name);
    json_key(&w, "stackId");
    json_string(&w, stack->id);
    json_key(&w, "status");
    json_string(&w, stack->status);
    json_key(&w, "account");
    json_string(&w, target->account);
    json_key(&w, "region");
    json_string(&w, target->region);
    json_key(&w, "application");
    json_string(&w, target->app->name);
    json_key(&w, "outputs");
    json_object_begin(&w);
    for (size_t i = 0; i < stack->outputs_len; i++) {
        json_key_str(&w, stack->outputs[i].name);
        json_string(&w, stack->outputs[i].value);
    }
    json_object_end(&w);
    json_object_end(&w);
    unum_buf_addc(out, '\n');
}
