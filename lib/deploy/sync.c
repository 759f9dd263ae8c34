#include "deploy/sync.h"

#include <string.h>

#include "aws/lambda.h"
#include "base/limits.h"
#include "crypto/hash.h"
#include "deploy/artifacts.h"
#include "deploy/difference.h"
#include "deploy/status.h"
#include "template/cloudformation.h"

enum { AT_ONCE = 8, READY_MS = 5 * 60 * 1000 };

struct sync {
    const struct deploy_target *target;
    const struct sync_options *options;
    struct unum_arena *arena;
    const struct compiled *compiled;
    struct artifact *artifacts;
    struct sync_function *functions;
    struct lambda_function *deployed;
    struct unum_str template; /* the deployed one */
    struct s3_bucket bucket;
    size_t changed, swapped, uploaded;
    bool contract;
};

static void say(const struct sync *s, const char *text)
{
    if (s->target->ui->phase)
        s->target->ui->phase(s->target->ui->cookie, text);
}

static void warn(const struct sync *s, const char *text)
{
    if (s->target->ui->warn)
        s->target->ui->warn(s->target->ui->cookie, text);
}

/* ---- may code be swapped at all? ---- */

static int refuse(const struct sync *s, const char *why, struct unum_err *err)
{
    (void)unum_err_set(err, UNUM_E_CONFLICT, "the stack %.*s: %s", UNUM_STR_ARG(s->target->stack),
                       why);
    (void)unum_err_hint(err, "unum deploy -b brings it into order");
    return UNUM_E_CONFLICT;
}

static int check_stack(struct sync *s, struct unum_err *err)
{
    struct cfn_stack stack;
    int rc = cfn_describe_stack(s->target->client, s->target->stack, s->arena, &stack, err);
    if (rc == UNUM_E_NOTFOUND)
        return refuse(s, "it is not deployed, so there is no code to swap", err);
    if (rc < 0)
        return rc;
    const struct stack_status *status = stack_status(stack.status);
    return status->action == STACK_UPDATE ? 0 : refuse(s, status->says, err);
}

static int check_template(struct sync *s, struct unum_err *err)
{
    struct cloudformation_node *nodes =
        unum_arena_array(s->arena, s->compiled->len, sizeof(*nodes));
    struct unum_buf UNUM_AUTO_BUF here = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_buf UNUM_AUTO_BUF words = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    size_t count = 0;
    for (size_t i = 0; i < s->compiled->len; i++)
        nodes[i] = (struct cloudformation_node){.node = s->compiled->at[i].node,
                                                .function = s->compiled->at[i].function,
                                                .ir = s->compiled->at[i].ir};
    int rc = cloudformation_render(s->target->app, nodes, s->compiled->len, s->compiled->entry,
                                   CLOUDFORMATION_PLAIN, &here, err);
    if (rc == 0)
        rc = cfn_get_template(s->target->client, s->target->stack, s->arena, &s->template, err);
    if (rc == 0)
        rc = deploy_difference(s->template, unum_buf_str(&here), &words, &count, err);
    if (rc < 0 || !count)
        return rc;
    (void)unum_err_set(err, UNUM_E_CONFLICT, "more than code has changed:\n  %.*s",
                       UNUM_STR_ARG(unum_str_trim(unum_buf_str(&words))));
    (void)unum_err_hint(err, "only a deployment can change that: unum deploy -b");
    return UNUM_E_CONFLICT;
}

/* ---- what differs ---- */

static int look_at_functions(struct sync *s, struct unum_err *err)
{
    size_t len = s->compiled->len;
    struct unum_str *names = unum_arena_array(s->arena, len, sizeof(*names));
    int *rcs = unum_arena_array(s->arena, len, sizeof(*rcs));
    s->functions = unum_arena_array(s->arena, len, sizeof(*s->functions));
    s->deployed = unum_arena_array(s->arena, len, sizeof(*s->deployed));
    for (size_t i = 0; i < len; i++) {
        names[i] = app_node_function(s->target->app, s->compiled->at[i].node, s->arena);
        s->functions[i] =
            (struct sync_function){.node = s->compiled->at[i].node, .function = names[i]};
    }
    say(s, "compare the functions");
    int rc =
        lambda_get_configurations(s->target->client, names, len, s->arena, s->deployed, rcs, err);
    for (size_t i = 0; rc == 0 && i < len; i++) {
        if (rcs[i] == UNUM_E_NOTFOUND)
            return refuse(s, "a function of it has been deleted by somebody", err);
        /* Somebody's update, perhaps that of an interrupted run of ours: its end counts. */
        if (unum_str_is(s->deployed[i].update, "InProgress") ||
            unum_str_is(s->deployed[i].state, "Pending"))
            rc = lambda_wait_ready(s->target->client, names[i], READY_MS, s->target->clock,
                                   s->arena, &s->deployed[i], err);
    }
    return rc;
}

static void ir_hash(const struct ir_node *ir, char hex[HASH_SHA256_HEX + 1])
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_IR);
    ir_write(ir, &text);
    hash_sha256_hex(unum_buf_str(&text), hex);
}

/* The tag says which orchestration a function runs; without it, it counts as another one. */
static int compare_one(struct sync *s, size_t i, struct unum_err *err)
{
    struct sync_function *function = &s->functions[i];
    struct lambda_details details;
    char hex[HASH_SHA256_HEX + 1];
    function->changed = !unum_str_eq(s->deployed[i].code_sha256, s->artifacts[i].sha256);
    if (!function->changed)
        return 0;
    int rc = lambda_get(s->target->client, function->function, s->arena, &details, err);
    if (rc < 0)
        return rc;
    ir_hash(s->compiled->at[i].ir, hex);
    function->contract =
        !unum_str_is(lambda_pair_get(details.tags, details.tags_len, CLOUDFORMATION_IR_TAG), hex);
    s->contract = s->contract || function->contract;
    s->changed++;
    return 0;
}

/* The key is "unum/<stack>/<sha256>.zip". */
static struct unum_str zip_hash(const struct sync *s, size_t i)
{
    struct unum_str key = s->artifacts[i].key;
    return unum_str_slice(key, unum_str_rfind(key, '/') + 1, HASH_SHA256_HEX);
}

/* What a person looking at the function can see of it. */
static void tag(struct sync *s, size_t i, struct unum_str arn)
{
    char hex[HASH_SHA256_HEX + 1];
    struct unum_err UNUM_AUTO_ERR failure = UNUM_ERR_INIT;
    ir_hash(s->compiled->at[i].ir, hex);
    const struct lambda_pair tags[] = {
        {UNUM_STR(SYNC_TAG), zip_hash(s, i)},
        {UNUM_STR(CLOUDFORMATION_IR_TAG), unum_str_from(hex)},
    };
    if (lambda_tag(s->target->client, arn, tags, UNUM_COUNT(tags), &failure) < 0) {
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
        unum_buf_printf(&text, "%.*s is swapped, but could not be tagged so: %s",
                        UNUM_STR_ARG(s->functions[i].function), unum_err_text(&failure));
        warn(s, unum_buf_text(&text));
    }
}

/* An interrupted run may have swapped code without saying so: what runs is what is here, but not
 * what the template names. */
static int finish_tags(struct sync *s, struct unum_err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < s->compiled->len; i++) {
        struct lambda_details details;
        if (s->functions[i].changed ||
            unum_str_search(s->template, s->artifacts[i].key) != SIZE_MAX)
            continue;
        rc = lambda_get(s->target->client, s->functions[i].function, s->arena, &details, err);
        if (rc == 0 &&
            !unum_str_eq(lambda_pair_get(details.tags, details.tags_len, SYNC_TAG), zip_hash(s, i)))
            tag(s, i, details.function.arn);
    }
    return rc;
}

static int compare(struct sync *s, struct unum_err *err)
{
    int rc = look_at_functions(s, err);
    for (size_t i = 0; rc == 0 && i < s->compiled->len; i++)
        rc = compare_one(s, i, err);
    if (rc == 0 && !s->options->dry_run)
        rc = finish_tags(s, err);
    if (rc < 0 || !s->contract)
        return rc;
    size_t *waves = unum_arena_array(s->arena, s->compiled->len, sizeof(*waves));
    sync_waves(s->compiled, waves);
    for (size_t i = 0; i < s->compiled->len; i++)
        s->functions[i].wave = waves[i];
    return 0;
}

static int confirm(struct sync *s, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF question = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    bool asked = false;
    if (s->options->yes)
        return 0;
    unum_buf_printf(&question,
                    "Swap the code of %zu functions of %.*s in %.*s, with no way back but another "
                    "swap?",
                    s->changed, UNUM_STR_ARG(s->target->stack), UNUM_STR_ARG(s->target->region));
    if (s->target->ui->confirm &&
        s->target->ui->confirm(s->target->ui->cookie, unum_buf_text(&question), &asked))
        return 0;
    (void)unum_err_set(err, asked ? UNUM_E_CANCELLED : UNUM_E_USAGE, "%s",
                       asked ? "not confirmed; nothing is changed"
                             : "nobody can be asked whether to swap the code");
    if (!asked)
        (void)unum_err_hint(err, "--yes swaps without asking, and so does --stage");
    return asked ? UNUM_E_CANCELLED : UNUM_E_USAGE;
}

/* ---- swapping ---- */

static int upload(struct sync *s, struct unum_err *err)
{
    struct artifact *wanted = unum_arena_array(s->arena, s->compiled->len, sizeof(*wanted));
    size_t len = 0;
    for (size_t i = 0; i < s->compiled->len; i++) {
        if (s->functions[i].changed)
            wanted[len++] = s->artifacts[i];
    }
    int rc = artifacts_bucket(s->target, s->options->bucket, s->options->poll_ms, s->arena,
                              &s->bucket, err);
    return rc < 0 ? rc : artifacts_upload(s->target, s->bucket, wanted, len, &s->uploaded, err);
}

/* The revision decides, but an answer that got lost is no conflict: then it is our code. */
static int settle(struct sync *s, size_t i, struct unum_err *err)
{
    struct lambda_function now;
    const struct sync_function *function = &s->functions[i];
    int rc = lambda_wait_ready(s->target->client, function->function, READY_MS, s->target->clock,
                               s->arena, &now, err);
    if (rc < 0)
        return rc;
    if (!unum_str_eq(now.code_sha256, s->artifacts[i].sha256))
        return unum_err_set(err, UNUM_E_CONFLICT, "somebody else has changed %.*s meanwhile",
                            UNUM_STR_ARG(function->function));
    tag(s, i, now.arn);
    s->swapped++;
    return 0;
}

static int swap(struct sync *s, const size_t *which, size_t len, struct unum_err *err)
{
    struct unum_str names[AT_ONCE];
    struct lambda_code codes[AT_ONCE];
    struct lambda_function ignored[AT_ONCE];
    int rcs[AT_ONCE];
    for (size_t k = 0; k < len; k++) {
        size_t i = which[k];
        names[k] = s->functions[i].function;
        codes[k] = (struct lambda_code){.bucket = s->bucket.name,
                                        .key = s->artifacts[i].key,
                                        .revision_id = s->deployed[i].revision_id};
    }
    int rc = lambda_update_codes(s->target->client, names, codes, len, s->arena, ignored, rcs, err);
    if (rc < 0 && rc != UNUM_E_CONFLICT)
        return rc;
    unum_err_clear(err);
    rc = 0;
    for (size_t k = 0; rc == 0 && k < len; k++)
        rc = settle(s, which[k], err);
    return rc;
}

static bool interrupted(const struct sync *s)
{
    return s->target->ui->interrupted && s->target->ui->interrupted(s->target->ui->cookie);
}

static int swap_wave(struct sync *s, size_t wave, struct unum_err *err)
{
    size_t which[AT_ONCE], len = 0;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < s->compiled->len; i++) {
        if (s->functions[i].changed && s->functions[i].wave == wave)
            which[len++] = i;
        if (len && (len == AT_ONCE || i + 1 == s->compiled->len)) {
            if (interrupted(s))
                return unum_err_set(err, UNUM_E_CANCELLED, "interrupted");
            rc = swap(s, which, len, err);
            len = 0;
        }
    }
    return rc;
}

static int swap_all(struct sync *s, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    int rc = 0;
    if (s->contract)
        warn(s, "what functions pass to each other may have changed: who receives is swapped "
                "before who sends, but runs in progress can meet both");
    unum_buf_printf(&text, "swap the code of %zu functions", s->changed);
    say(s, unum_buf_text(&text));
    deploy_state(s->target, "what has been swapped runs, the rest is as it was");
    for (size_t wave = 0; rc == 0 && wave <= s->compiled->len; wave++)
        rc = swap_wave(s, wave, err);
    if (rc == 0)
        return 0;
    return unum_err_wrap(err, "%zu of %zu functions are swapped", s->swapped, s->changed);
}

static int run(struct sync *s, struct unum_err *err)
{
    deploy_state(s->target, "no function is changed");
    int rc = artifacts_plan(s->target, s->arena, &s->artifacts, err);
    if (rc == 0)
        rc = check_stack(s, err);
    if (rc == 0)
        rc = check_template(s, err);
    if (rc == 0)
        rc = compare(s, err);
    if (rc < 0 || !s->changed || s->options->dry_run)
        return rc;
    rc = confirm(s, err);
    if (rc == 0)
        rc = upload(s, err);
    return rc < 0 ? rc : swap_all(s, err);
}

int deploy_sync(const struct deploy_target *target, const struct sync_options *options,
                struct unum_arena *arena, struct sync_result *ret, struct unum_err *err)
{
    struct sync s = {
        .target = target, .options = options, .arena = arena, .compiled = target->compiled};
    int rc = run(&s, err);
    if (rc == 0)
        *ret = (struct sync_result){.functions = s.functions,
                                    .len = s.compiled->len,
                                    .changed = s.changed,
                                    .uploaded = s.uploaded,
                                    .contract = s.contract};
    return rc;
}
