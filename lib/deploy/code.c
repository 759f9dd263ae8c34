#include "deploy/code.h"

#include "base/limits.h"
#include "crypto/hash.h"
#include "template/cloudformation.h"

enum { AT_ONCE = 8, READY_MS = 5 * 60 * 1000 };

static void say(const struct code *c, const char *text)
{
    if (c->target->ui->phase)
        c->target->ui->phase(c->target->ui->cookie, text);
}

static void warn(const struct code *c, const char *text)
{
    if (c->target->ui->warn)
        c->target->ui->warn(c->target->ui->cookie, text);
}

/* ---- what differs ---- */

static int settle_one(struct code *c, size_t i, struct unum_err *err)
{
    struct lambda_function *deployed = &c->deployed[i];
    /* Somebody's update, perhaps that of an interrupted run of ours: its end counts. */
    if (!unum_str_is(deployed->update, "InProgress") && !unum_str_is(deployed->state, "Pending"))
        return 0;
    return lambda_wait_ready(c->target->client, c->functions[i].function, READY_MS,
                             c->target->clock, c->arena, deployed, err);
}

static void ir_hash(const struct ir_node *ir, char hex[HASH_SHA256_HEX + 1])
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_IR);
    ir_write(ir, &text);
    hash_sha256_hex(unum_buf_str(&text), hex);
}

/* The tag says which orchestration a function runs; without it, it counts as another one. */
static int compare_one(struct code *c, size_t i, struct unum_err *err)
{
    struct sync_function *function = &c->functions[i];
    struct lambda_details details;
    char hex[HASH_SHA256_HEX + 1];
    int rc = settle_one(c, i, err);
    function->changed = !unum_str_eq(c->deployed[i].code_sha256, c->artifacts[i].sha256);
    if (rc < 0 || !function->changed)
        return rc;
    rc = lambda_get(c->target->client, function->function, c->arena, &details, err);
    if (rc < 0)
        return rc;
    ir_hash(c->target->compiled->at[i].ir, hex);
    function->contract =
        !unum_str_is(lambda_pair_get(details.tags, details.tags_len, CLOUDFORMATION_IR_TAG), hex);
    c->contract = c->contract || function->contract;
    c->changed++;
    return 0;
}

static void set_waves(struct code *c)
{
    const struct compiled *compiled = c->target->compiled;
    size_t *waves = unum_arena_array(c->arena, compiled->len, sizeof(*waves));
    sync_waves(compiled, waves);
    for (size_t i = 0; i < compiled->len; i++)
        c->functions[i].wave = waves[i];
}

int code_compare(struct code *c, struct unum_err *err)
{
    const struct compiled *compiled = c->target->compiled;
    size_t len = compiled->len;
    struct unum_str *names = unum_arena_array(c->arena, len, sizeof(*names));
    int *rcs = unum_arena_array(c->arena, len, sizeof(*rcs));
    c->functions = unum_arena_array(c->arena, len, sizeof(*c->functions));
    c->deployed = unum_arena_array(c->arena, len, sizeof(*c->deployed));
    c->changed = 0;
    c->contract = false;
    for (size_t i = 0; i < len; i++) {
        names[i] = app_node_function(c->target->app, compiled->at[i].node, c->arena);
        c->functions[i] =
            (struct sync_function){.node = compiled->at[i].node, .function = names[i]};
    }
    say(c, "compare the functions");
    int rc =
        lambda_get_configurations(c->target->client, names, len, c->arena, c->deployed, rcs, err);
    for (size_t i = 0; rc == 0 && i < len; i++) {
        if (rcs[i] == 0)
            rc = compare_one(c, i, err);
        else
            c->functions[i].absent = true;
    }
    if (rc == 0 && c->contract)
        set_waves(c);
    return rc;
}

int code_absent(const struct code *c, size_t i, struct unum_err *err)
{
    if (!c->functions[i].absent)
        return 0;
    (void)unum_err_set(err, UNUM_E_CONFLICT,
                       "the function %.*s has been deleted, but not by the stack %.*s, which "
                       "therefore does not make it anew",
                       UNUM_STR_ARG(c->functions[i].function), UNUM_STR_ARG(c->target->stack));
    (void)unum_err_hint(err, "`unum delete` and `unum deploy -b` make everything anew; the records "
                             "of runs stay");
    return UNUM_E_CONFLICT;
}

int code_await(const struct code *c, struct unum_err *err)
{
    const struct compiled *compiled = c->target->compiled;
    for (size_t i = 0; i < compiled->len; i++) {
        struct lambda_function function;
        struct unum_str name = app_node_function(c->target->app, compiled->at[i].node, c->arena);
        int rc = lambda_wait_ready(c->target->client, name, READY_MS, c->target->clock, c->arena,
                                   &function, err);
        if (rc < 0)
            return unum_err_wrap(err, "the stack is in place, but %.*s is not ready",
                                 UNUM_STR_ARG(name));
    }
    return 0;
}

/* ---- tags: what a person looking at the function can see of it ---- */

static void tell_untagged(struct code *c, size_t i, const struct unum_err *failure)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    unum_buf_printf(&text, "%.*s runs the code it should, but its tags could not be set: %s",
                    UNUM_STR_ARG(c->functions[i].function), unum_err_text(failure));
    warn(c, unum_buf_text(&text));
}

void code_untag(struct code *c, size_t i)
{
    const struct unum_str name = UNUM_STR(SYNC_TAG);
    struct unum_err UNUM_AUTO_ERR failure = UNUM_ERR_INIT;
    if (lambda_untag(c->target->client, c->deployed[i].arn, &name, 1, &failure) < 0)
        tell_untagged(c, i, &failure);
}

struct unum_str code_hash(const struct code *c, size_t i)
{
    struct unum_str key = c->artifacts[i].key; /* "unum/<stack>/<sha256>.zip" */
    return unum_str_slice(key, unum_str_rfind(key, '/') + 1, HASH_SHA256_HEX);
}

void code_tag(struct code *c, size_t i)
{
    char hex[HASH_SHA256_HEX + 1];
    struct unum_err UNUM_AUTO_ERR failure = UNUM_ERR_INIT;
    ir_hash(c->target->compiled->at[i].ir, hex);
    const struct lambda_pair tags[] = {
        {UNUM_STR(CLOUDFORMATION_IR_TAG), unum_str_from(hex)},
        {UNUM_STR(SYNC_TAG), code_hash(c, i)},
    };
    size_t len = c->regular ? 1 : UNUM_COUNT(tags);
    if (lambda_tag(c->target->client, c->deployed[i].arn, tags, len, &failure) < 0)
        tell_untagged(c, i, &failure);
    else if (c->regular)
        code_untag(c, i);
}

/* ---- swapping ---- */

/* The revision decides, but an answer that got lost is no conflict: then it is our code. */
static int settle(struct code *c, size_t i, struct unum_err *err)
{
    const struct sync_function *function = &c->functions[i];
    int rc = lambda_wait_ready(c->target->client, function->function, READY_MS, c->target->clock,
                               c->arena, &c->deployed[i], err);
    if (rc < 0)
        return rc;
    if (!unum_str_eq(c->deployed[i].code_sha256, c->artifacts[i].sha256))
        return unum_err_set(err, UNUM_E_CONFLICT, "somebody else has changed %.*s meanwhile",
                            UNUM_STR_ARG(function->function));
    code_tag(c, i);
    c->swapped++;
    return 0;
}

static int swap(struct code *c, const size_t *which, size_t len, struct unum_err *err)
{
    struct unum_str names[AT_ONCE];
    struct lambda_code codes[AT_ONCE];
    struct lambda_function ignored[AT_ONCE];
    int rcs[AT_ONCE];
    for (size_t k = 0; k < len; k++) {
        size_t i = which[k];
        names[k] = c->functions[i].function;
        codes[k] = (struct lambda_code){.bucket = c->bucket.name,
                                        .key = c->artifacts[i].key,
                                        .revision_id = c->deployed[i].revision_id};
    }
    int rc = lambda_update_codes(c->target->client, names, codes, len, c->arena, ignored, rcs, err);
    if (rc < 0 && rc != UNUM_E_CONFLICT)
        return rc;
    unum_err_clear(err);
    rc = 0;
    for (size_t k = 0; rc == 0 && k < len; k++)
        rc = settle(c, which[k], err);
    return rc;
}

static bool interrupted(const struct code *c)
{
    return c->target->ui->interrupted && c->target->ui->interrupted(c->target->ui->cookie);
}

static int swap_wave(struct code *c, size_t wave, struct unum_err *err)
{
    size_t which[AT_ONCE], len = 0, nodes = c->target->compiled->len;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < nodes; i++) {
        if (c->functions[i].changed && c->functions[i].wave == wave)
            which[len++] = i;
        if (len && (len == AT_ONCE || i + 1 == nodes)) {
            if (interrupted(c))
                return unum_err_set(err, UNUM_E_CANCELLED, "interrupted");
            rc = swap(c, which, len, err);
            len = 0;
        }
    }
    return rc;
}

int code_swap(struct code *c, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    int rc = 0;
    c->swapped = 0;
    if (c->contract)
        warn(c, "what functions pass to each other may have changed: who receives is swapped "
                "before who sends, but runs in progress can meet both");
    unum_buf_printf(&text, "swap the code of %zu functions", c->changed);
    say(c, unum_buf_text(&text));
    deploy_state(c->target, "what has been swapped runs, the rest is as it was");
    for (size_t wave = 0; rc == 0 && wave <= c->target->compiled->len; wave++)
        rc = swap_wave(c, wave, err);
    return rc < 0 ? unum_err_wrap(err, "%zu of %zu functions are swapped", c->swapped, c->changed)
                  : 0;
}
