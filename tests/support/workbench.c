#include "workbench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aws/client.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "local/db.h"
#include "json/json.h"

#define MAX_LATE_MS 120000

static void stop(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

void workbench_must(int rc, const char *what, const struct unum_err *err)
{
    if (rc < 0)
        stop(what, unum_err_text(err));
}

/* ---- the application ---- */

static void write_file(const char *dir, const char *name, struct unum_str text)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    char *UNUM_AUTO_FREE path = unum_path_join(dir, name);
    workbench_must(unum_make_dirs(dir, &err), dir, &err);
    workbench_must(unum_file_write(path, text, 0644, &err), name, &err);
}

static void add_template_function(struct unum_buf *text, struct unum_str name, struct unum_str code,
                                  bool start)
{
    unum_buf_printf(text,
                    "  %.*s:\n    Properties:\n      CodeUri: %.*s/\n"
                    "      Runtime: provided.al2023\n      Environment:\n"
                    "        UNUM_TEST_CODE: '%.*s'\n%s",
                    UNUM_STR_ARG(name), UNUM_STR_ARG(name), UNUM_STR_ARG(code),
                    start ? "      Start: true\n" : "");
}

static void write_template(const struct workbench *bench)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEMPLATE);
    unum_buf_adds(&text, "Globals:\n  ApplicationName: " WORKBENCH_APP "\n  FaaSPlatform: aws\n"
                         "  UnumIntermediaryDataStoreType: dynamodb\n");
    if (bench->what.definition)
        unum_buf_adds(&text, "  WorkflowType: step-functions\n"
                             "  WorkflowDefinition: unum-step-functions.json\n");
    unum_buf_adds(&text, "Functions:\n");
    struct unum_str rest = unum_str_from(bench->what.functions);
    struct unum_str line;
    bool start = !bench->what.definition; /* the first of hand-written ones */
    while (unum_str_split(&rest, '\n', &line)) {
        size_t colon = unum_str_find(line, ':');
        if (colon == SIZE_MAX)
            continue;
        add_template_function(&text, unum_str_slice(line, 0, colon),
                              unum_str_trim(unum_str_from_pos(line, colon + 1)), start);
        start = false;
    }
    write_file(bench->dir, "unum-template.yaml", unum_buf_str(&text));
}

static void write_ir(const struct workbench *bench)
{
    struct unum_str rest = unum_str_from(bench->what.ir);
    struct unum_str line;
    while (unum_str_split(&rest, '\n', &line)) {
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
        struct unum_str root;
        struct unum_str value;
        if (!unum_str_trim(line).len)
            continue;
        workbench_must(json_check(line, &root, &err), "IR", &err);
        if (!json_get(root, UNUM_STR("Name"), &value) || !json_decode(value, &name))
            stop("IR", "no Name");
        char *UNUM_AUTO_FREE dir = unum_path_join(bench->dir, unum_buf_text(&name));
        write_file(dir, "unum_config.json", line);
    }
}

static void read_application(struct workbench *bench)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    char *UNUM_AUTO_FREE path = unum_path_join(bench->dir, "unum-template.yaml");
    workbench_must(app_read(path, &bench->arena, &diags, &bench->app, &err), "template", &err);
    if (bench->app)
        workbench_must(compile_app(bench->app, &bench->arena, &diags, &bench->compiled, &err),
                       "compile", &err);
    if (!bench->app || !bench->compiled) {
        struct unum_buf UNUM_AUTO_BUF shown = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        unum_diags_print(&diags, false, &shown);
        stop("application", unum_buf_text(&shown));
    }
}

/* One folder per node: the function of the tests and the node's IR. */
static char *write_bundle(struct workbench *bench, const struct compiled_node *node)
{
    struct unum_buf UNUM_AUTO_BUF ir = UNUM_BUF_INIT(UNUM_LIMIT_IR);
    char *UNUM_AUTO_FREE bundles = unum_path_join(bench->dir, "bundles");
    char *UNUM_AUTO_FREE name = unum_str_dup(node->node);
    char *dir = unum_path_join(bundles, name);
    char *UNUM_AUTO_FREE bootstrap = unum_path_join(dir, "bootstrap");
    ir_write(node->ir, &ir);
    write_file(dir, "unum_config.json", unum_buf_str(&ir));
    if (symlink(bench->what.bootstrap, bootstrap) != 0)
        stop("bundle", strerror(errno));
    return dir;
}

static void add_function(struct workbench *bench, const struct compiled_node *node)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct app_pair *env;
    size_t env_len = app_environment(bench->app, &bench->arena, &env);
    struct app_pair *all = unum_arena_array(&bench->arena, env_len + 3, sizeof(*all));
    memcpy(all, env, env_len * sizeof(*all));
    const struct app_function *function =
        node->function.len ? app_function(bench->app, node->function) : NULL;
    if (function && function->environment_len)
        all[env_len++] = function->environment[0];
    all[env_len++] =
        (struct app_pair){UNUM_STR("UNUM_TEST_EXECUTIONS"), unum_str_from(bench->executions)};
    all[env_len++] = (struct app_pair){UNUM_STR("UNUM_TEST_FILES"), unum_str_from(bench->files)};
    bool failures = unum_str_is(node->node, IR_FAILURES_NODE);
    char *UNUM_AUTO_FREE dir = write_bundle(bench, node);
    struct local_function row = LOCAL_FUNCTION;
    row.name = app_node_function(bench->app, node->node, &bench->arena);
    row.dir = unum_str_from(dir);
    row.env = all;
    row.env_len = env_len;
    row.timeout_ms = 60000;
    row.max_retries = failures ? 2 : bench->what.retries;
    if (!failures)
        row.on_failure = app_node_function(bench->app, UNUM_STR(IR_FAILURES_NODE), &bench->arena);
    workbench_must(local_add_function(bench->local, &row, &err), "function", &err);
}

static void forget_executions(const struct workbench *bench)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    workbench_must(unum_file_write(bench->executions, UNUM_STR(""), 0644, &err), "executions",
                   &err);
}

void workbench_open(struct workbench *bench, const struct workbench_app *what)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    *bench = (struct workbench){.what = *what};
    workbench_must(unum_make_temp_dir("unum-bench", &bench->dir, &err), "temporary folder", &err);
    bench->executions = unum_path_join(bench->dir, "executions");
    bench->files = unum_path_join(bench->dir, "files");
    workbench_must(unum_make_dirs(bench->files, &err), "files", &err);
    write_template(bench);
    if (what->definition)
        write_file(bench->dir, "unum-step-functions.json", unum_str_from(what->definition));
    else
        write_ir(bench);
    read_application(bench);
    forget_executions(bench);
    const struct local_config config = {.concurrency = 8, .keep_requests = 4096};
    workbench_must(local_new(&config, &bench->local, &err), "local platform", &err);
    workbench_must(local_db_ensure_table(local_database(bench->local), bench->app->store_name,
                                         unum_wall_ms(local_clock(bench->local)), &err),
                   "table", &err);
    for (size_t i = 0; i < bench->compiled->len; i++)
        add_function(bench, &bench->compiled->at[i]);
}

void workbench_close(struct workbench *bench)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    local_free(bench->local);
    workbench_must(unum_remove_tree(bench->dir, &err), "clean up", &err);
    free(bench->executions);
    free(bench->files);
    free(bench->dir);
    unum_arena_done(&bench->arena);
    *bench = (struct workbench){0};
}

/* ---- running ---- */

int workbench_reset(struct workbench *bench, const struct local_fault *faults, size_t len,
                    struct unum_err *err)
{
    forget_executions(bench);
    return local_reset(bench->local, faults, len, err);
}

int workbench_event(struct workbench *bench, struct unum_str event, struct unum_err *err)
{
    struct unum_str entry = app_node_function(bench->app, bench->compiled->entry, &bench->arena);
    int rc = local_invoke_event(bench->local, entry, event, NULL, err);
    const struct local_until until = {.or_quiet = true, .deadline_ms = MAX_LATE_MS};
    if (rc == 0)
        rc = local_run_until(bench->local, &until, err);
    if (rc == 0 && !local_quiet(bench->local))
        rc = unum_err_set(err, UNUM_E_FAILED, "the platform is not quiet");
    return rc;
}

static int local_creds(void *cookie, const struct aws_creds **ret, struct unum_err *err)
{
    (void)err;
    *ret = cookie;
    return 0;
}

int workbench_result(struct workbench *bench, struct unum_str session, struct unum_arena *arena,
                     struct run_record *ret, struct unum_err *err)
{
    struct aws_creds creds = {.access_key = UNUM_STR(LOCAL_ACCESS_KEY),
                              .secret_key = UNUM_STR(LOCAL_SECRET_KEY)};
    struct aws_config config = {.transport = local_transport(bench->local),
                                .clock = &unum_clock_system,
                                .creds = {.cookie = &creds, .get = local_creds},
                                .region = UNUM_STR(LOCAL_REGION)};
    for (size_t i = 0; i < AWS_SERVICE_COUNT; i++)
        config.endpoints[i] = local_endpoint(bench->local);
    struct aws_client *client = NULL;
    struct store store = {0};
    int rc = aws_client_new(&config, &client, err);
    if (rc == 0)
        rc = store_dynamodb_open(client, bench->app->store_name, &store, err);
    if (rc == 0)
        rc = run_record_read(&store, UNUM_STR(WORKBENCH_APP), session, arena, ret, err);
    if (store.ops)
        store.ops->close(store.state);
    aws_client_free(client);
    return rc;
}

size_t workbench_executions(const struct workbench *bench)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    workbench_must(unum_file_read(bench->executions, &text, &err), "executions", &err);
    size_t lines = 0;
    for (size_t i = 0; i < text.len; i++)
        lines += text.ptr[i] == '\n';
    return lines;
}
