#include "asl_platform.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "asl_application.h"
#include "aws/client.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "local/local.h"
#include "store/record.h"

#define APP         ASL_APPLICATION
#define SESSION     "s"
#define MAX_LATE_MS 60000

struct asl_platform {
    char *bootstrap, *dir;
    bool trace;
    size_t runs;
};

/* One case. */
struct bench {
    const struct asl_platform *platform;
    char *dir, *executions;
    struct unum_arena *arena;
    struct app *app;
    struct compiled *compiled;
    struct local *local;
    UNUM_VEC(struct unum_str) instances; /* of invocations of Tasks */
    struct asl_counts counts;
};

bool asl_counts_add_up(const struct asl_counts *counts, const struct asl_run *run,
                       struct unum_arena *arena, struct unum_str *ret_why)
{
    uint64_t reasons = counts->executions + counts->entries + counts->wakeups + counts->reopenings;
    if (counts->invocations == reasons + counts->skipped && (!counts->skipped || run->broken_off) &&
        counts->wakeups <= counts->timers)
        return true;
    *ret_why = unum_arena_printf(
        arena,
        "takes %llu invocations for %llu Task attempts, %llu entries, %llu wake-ups (%llu timers), "
        "%llu reopenings, %llu Tasks not run",
        (unsigned long long)counts->invocations, (unsigned long long)counts->executions,
        (unsigned long long)counts->entries, (unsigned long long)counts->wakeups,
        (unsigned long long)counts->timers, (unsigned long long)counts->reopenings,
        (unsigned long long)counts->skipped);
    return false;
}

int asl_platform_new(const char *bootstrap, bool trace, struct asl_platform **ret,
                     struct unum_err *err)
{
    struct asl_platform *platform = unum_alloc(sizeof(*platform));
    platform->trace = trace;
    platform->bootstrap = unum_str_dup(unum_str_from(bootstrap));
    if (access(bootstrap, X_OK) != 0) {
        asl_platform_free(platform);
        return unum_err_sys(err, errno, "%s", bootstrap);
    }
    int rc = unum_make_temp_dir("unum-asl", &platform->dir, err);
    if (rc < 0)
        asl_platform_free(platform);
    else
        *ret = platform;
    return rc;
}

void asl_platform_free(struct asl_platform *platform)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    if (!platform)
        return;
    if (platform->dir && unum_remove_tree(platform->dir, &err) < 0)
        fprintf(stderr, "asl: %s\n", unum_err_text(&err));
    free(platform->bootstrap);
    free(platform->dir);
    free(platform);
}

/* As build leaves them, with the same program everywhere. */
static int write_bundle(const struct bench *b, const struct compiled_node *node,
                        struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF ir = UNUM_BUF_INIT(UNUM_LIMIT_IR);
    const char *dir =
        unum_arena_printf(b->arena, "%s/.unum/build/%.*s", b->dir, UNUM_STR_ARG(node->node)).ptr;
    char *UNUM_AUTO_FREE bootstrap = unum_path_join(dir, "bootstrap");
    int rc = unum_make_dirs(dir, err);
    if (rc < 0)
        return rc;
    ir_write(node->ir, &ir);
    if (symlink(b->platform->bootstrap, bootstrap) != 0)
        return unum_err_sys(err, errno, "%s", bootstrap);
    char *UNUM_AUTO_FREE config = unum_path_join(dir, "unum_config.json");
    return unum_file_write(config, unum_buf_str(&ir), 0644, err);
}

/* ---- running ---- */

static void note_invocation(void *cookie, const struct local_invocation *invocation)
{
    struct bench *b = cookie;
    if (getenv("ASL_TRACE"))
        fprintf(stderr, "%.*s inst=%.*s async=%d failed=%d att=%u err=%.*s\n",
                UNUM_STR_ARG(invocation->function), UNUM_STR_ARG(invocation->instance),
                invocation->asynchronous, invocation->failed, invocation->attempt,
                UNUM_STR_ARG(invocation->error_type));
    b->counts.invocations++;
    if (b->platform->trace)
        fprintf(stderr, "%lld %.*s: ended \"%.*s\" %.*s\n", (long long)invocation->ended_ms,
                UNUM_STR_ARG(invocation->function), UNUM_STR_ARG(invocation->instance),
                UNUM_STR_ARG(invocation->error_type));
    struct unum_str node = unum_str_from_pos(invocation->function, sizeof(APP));
    if (unum_str_search(invocation->instance, UNUM_STR("~o")) != SIZE_MAX)
        b->counts.reopenings++;
    else if (!unum_str_starts(invocation->instance, node))
        b->counts.wakeups++; /* of another instance: a state behind a Wait */
    else if (unum_str_eq(node, UNUM_STR(IR_ENTRY_NODE)))
        b->counts.entries++;
    else if (!unum_str_eq(node, UNUM_STR(IR_FAILURES_NODE)))
        *unum_vec_push(&b->instances) = unum_arena_str(b->arena, invocation->instance);
}

static void note_request(void *cookie, const struct local_request *request)
{
    struct bench *b = cookie;
    if (b->platform->trace)
        fprintf(stderr, "%lld %.*s: %s %.*s %.*s %d\n", (long long)request->at_ms,
                UNUM_STR_ARG(request->function), request->service, UNUM_STR_ARG(request->operation),
                UNUM_STR_ARG(request->target), request->status);
    b->counts.timers += strcmp(request->service, "scheduler") == 0 && request->status == 200;
}

static void note_line(void *cookie, const struct local_log_line *line)
{
    const struct bench *b = cookie;
    if (b->platform->trace && !line->platform)
        fprintf(stderr, "%lld %.*s: %.*s\n", (long long)line->at_ms, UNUM_STR_ARG(line->function),
                UNUM_STR_ARG(line->text));
}

static int open_platform(struct bench *b, struct unum_err *err)
{
    const struct local_config config = {.concurrency = 8,
                                        .cookie = b,
                                        .on_invocation = note_invocation,
                                        .on_request = note_request,
                                        .on_log = note_line};
    int rc = local_new(&config, &b->local, err);
    for (size_t i = 0; rc == 0 && i < b->compiled->len; i++)
        rc = write_bundle(b, &b->compiled->at[i], err);
    return rc < 0 ? rc : local_add_app(b->local, b->app, b->compiled, err);
}

static int start(struct bench *b, struct unum_str input, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF event = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_buf_printf(&event,
                    "{\"Data\":{\"Source\":\"http\",\"Value\":%.*s},\"Session\":\"" SESSION "\"}",
                    UNUM_STR_ARG(input));
    struct unum_str entry = app_node_function(b->app, b->compiled->entry, b->arena);
    const struct local_until until = {.or_quiet = true, .deadline_ms = MAX_LATE_MS};
    int rc = local_invoke_event(b->local, entry, unum_buf_str(&event), NULL, err);
    return rc < 0 ? rc : local_run_until(b->local, &until, err);
}

static int own_creds(void *cookie, const struct aws_creds **ret, struct unum_err *err)
{
    (void)err;
    *ret = cookie;
    return 0;
}

static int read_record(const struct bench *b, struct run_record *ret, struct unum_err *err)
{
    struct aws_creds creds = {.access_key = UNUM_STR(LOCAL_ACCESS_KEY),
                              .secret_key = UNUM_STR(LOCAL_SECRET_KEY)};
    struct aws_config config = {.transport = local_transport(b->local),
                                .clock = &unum_clock_system,
                                .creds = {.cookie = &creds, .get = own_creds},
                                .region = UNUM_STR(LOCAL_REGION)};
    for (size_t i = 0; i < AWS_SERVICE_COUNT; i++)
        config.endpoints[i] = local_endpoint(b->local);
    struct aws_client *client = NULL;
    struct store store = {0};
    int rc = aws_client_new(&config, &client, err);
    if (rc == 0)
        rc = store_dynamodb_open(client, b->app->store_name, &store, err);
    if (rc == 0)
        rc = run_record_read(&store, UNUM_STR(APP), UNUM_STR(SESSION), b->arena, ret, err);
    if (rc == 0 && !ret->present)
        rc = unum_err_set(err, UNUM_E_FAILED, "there is no record of the run");
    if (store.ops)
        store.ops->close(store.state);
    aws_client_free(client);
    return rc;
}

/* Of an instance; lines are "state<tab>instance". */
static uint64_t times_executed(struct unum_str executions, struct unum_str instance)
{
    struct unum_str line;
    uint64_t times = 0;
    while (unum_str_split(&executions, '\n', &line))
        times += unum_str_eq(unum_str_from_pos(line, unum_str_rfind(line, '\t') + 1), instance);
    return times;
}

/* Invocations beyond its executions, counted at the last of them. */
static uint64_t times_skipped(const struct bench *b, size_t at, struct unum_str executions)
{
    uint64_t invoked = 0;
    for (size_t i = 0; i < b->instances.len; i++) {
        if (!unum_str_eq(b->instances.at[i], b->instances.at[at]))
            continue;
        if (i > at)
            return 0;
        invoked++;
    }
    uint64_t executed = times_executed(executions, b->instances.at[at]);
    return invoked > executed ? invoked - executed : 0;
}

static int count_executions(struct bench *b, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    int rc = unum_file_read(b->executions, &text, err);
    for (size_t i = 0; i < text.len; i++)
        b->counts.executions += text.ptr[i] == '\n';
    for (size_t i = 0; i < b->instances.len; i++)
        b->counts.skipped += times_skipped(b, i, unum_buf_str(&text));
    return rc;
}

static int make_application(struct bench *b, const struct asl_bound *bound, struct asl_run *run,
                            struct unum_err *err)
{
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    int rc = asl_application(bound, b->dir, b->arena, &diags, &b->app, &b->compiled, err);
    if (rc < 0 || b->compiled)
        return rc;
    run->problem = asl_application_errors(&diags, b->arena);
    run->refused = asl_application_unsupported(&diags);
    return unum_err_set(err, run->refused ? UNUM_E_UNSUPPORTED : UNUM_E_INVAL, "%.*s",
                        UNUM_STR_ARG(run->problem));
}

static int run_case(struct bench *b, const struct asl_case *c, const struct asl_bound *bound,
                    struct asl_run *ret, struct unum_err *err)
{
    struct run_record record = {0};
    int rc = make_application(b, bound, ret, err);
    if (rc == 0)
        rc = open_platform(b, err);
    if (rc == 0)
        rc = start(b, c->input, err);
    if (rc == 0)
        rc = read_record(b, &record, err);
    if (rc == 0)
        rc = count_executions(b, err);
    ret->status = record.status;
    ret->output = record.output;
    ret->error = record.error_type;
    ret->cause = record.cause;
    return rc;
}

void asl_platform_run(struct asl_platform *platform, const struct asl_case *c, bool split,
                      struct unum_arena *arena, struct asl_run *ret, struct asl_counts *ret_counts)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct asl_bound bound;
    struct bench b = {.platform = platform, .arena = arena};
    const char *name = unum_arena_printf(arena, "%zu", platform->runs++).ptr;
    asl_bind(c, split, arena, &bound);
    b.dir = unum_path_join(platform->dir, name);
    b.executions = unum_path_join(b.dir, "executions");
    *ret = (struct asl_run){0};
    ret->rc = run_case(&b, c, &bound, ret, &err);
    if (ret->rc < 0 && !ret->problem.ptr)
        ret->problem = unum_arena_str(arena, unum_str_from(unum_err_text(&err)));
    *ret_counts = b.counts;
    local_free(b.local);
    if (unum_remove_tree(b.dir, &err) < 0)
        fprintf(stderr, "asl: %s\n", unum_err_text(&err));
    free(b.dir);
    free(b.executions);
    unum_vec_done(&b.instances);
    asl_bound_done(&bound);
}
