#include "background.h"
#include "base/file.h"
#include "base/limits.h"
#include "here.h"
#include "interrupt.h"
#include "template/app.h"
#include "verbs.h"
#include "workflow.h"

#include <signal.h>
#include <unistd.h>

struct start_args {
    bool background, empty;
    int64_t port;
    const char *template;
    struct here_args here;
};

static const struct opt_row start_options[] = {
    {.name = "port",
     .placeholder = "N",
     .help = "port on 127.0.0.1; without it the one of last time or any free one",
     .type = OPT_INT,
     .at = offsetof(struct start_args, port),
     .min = 1,
     .max = 65535,
     .env = "UNUM_LOCAL_PORT",
     .common = true},
    {.name = "background",
     .help = "return when it is ready; its output goes to .unum/local.log",
     .type = OPT_FLAG,
     .at = offsetof(struct start_args, background),
     .common = true},
    {.name = "empty",
     .help = "without the application, for `unum deploy` and AWS clients to deploy into",
     .type = OPT_FLAG,
     .at = offsetof(struct start_args, empty)},
    HERE_OPTIONS(struct start_args, here),
    TEMPLATE_OPTION(struct start_args, template),
    OPT_END,
};

static const struct command_example start_examples[] = {
    {"unum local start", "until Ctrl-C, telling what happens"},
    {"eval \"$(unum local start --background)\"", "and let any AWS client use it"},
    {NULL, NULL},
};

static const struct command_exit start_exits[] = {
    {5, "one runs for this folder already, or the port is in use"},
    {7, "the files are not valid"},
    {130, "ended by Ctrl-C; no process is left behind"},
    {0, NULL},
};

static int write_running(struct here *h, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&text);
    struct unum_str endpoint = local_endpoint(h->local);
    char *UNUM_AUTO_FREE path = workflow_file(h->p, "local.json");
    uint64_t port = 0;
    struct unum_str digits = unum_str_from_pos(endpoint, unum_str_rfind(endpoint, ':') + 1);
    if (!unum_str_to_u64(digits, &port))
        return unum_err_set(err, UNUM_E_BUG, "the endpoint has no port");
    json_object_begin(&w);
    json_key(&w, "schemaVersion");
    json_int(&w, 1);
    json_key(&w, "pid");
    json_int(&w, getpid());
    json_key(&w, "port");
    json_int(&w, (int64_t)port);
    json_key(&w, "endpoint");
    json_string(&w, endpoint);
    json_key(&w, "region");
    json_strings(&w, LOCAL_REGION);
    json_key(&w, "memory");
    json_bool(&w, h->memory);
    json_object_end(&w);
    unum_buf_addc(&text, '\n');
    return unum_file_write(path, unum_buf_str(&text), 0644, err);
}

/* The variables that point any AWS client here. */
static void print_exports(struct program *p, const char *endpoint)
{
    const struct app_pair variables[] = {
        {UNUM_STR("AWS_ENDPOINT_URL"), unum_str_from(endpoint)},
        {UNUM_STR("AWS_ACCESS_KEY_ID"), UNUM_STR(LOCAL_ACCESS_KEY)},
        {UNUM_STR("AWS_SECRET_ACCESS_KEY"), UNUM_STR(LOCAL_SECRET_KEY)},
        {UNUM_STR("AWS_REGION"), UNUM_STR(LOCAL_REGION)},
        {UNUM_STR("AWS_DEFAULT_REGION"), UNUM_STR(LOCAL_REGION)},
    };
    struct json_writer w = JSON_WRITER(&p->result);
    json_object_begin(&w);
    json_key(&w, "endpoint");
    json_strings(&w, endpoint);
    json_key(&w, "environment");
    json_object_begin(&w);
    for (size_t i = 0; i < UNUM_COUNT(variables); i++) {
        json_key_str(&w, variables[i].name);
        json_string(&w, variables[i].value);
        if (!program_json(p))
            ui_printf(&p->out, "export %.*s=%.*s\n", UNUM_STR_ARG(variables[i].name),
                      UNUM_STR_ARG(variables[i].value));
    }
    json_object_end(&w);
    json_object_end(&w);
}

/* The port of last time, so that variables in open shells stay right. */
static uint16_t remembered_port(const struct program *p)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    char *UNUM_AUTO_FREE path = workflow_file(p, "local.json");
    struct unum_str value, member;
    int64_t port = 0;
    if (!unum_file_exists(path) || unum_file_read(path, &text, NULL) < 0 ||
        json_check(unum_buf_str(&text), &value, NULL) < 0 ||
        !json_get(value, UNUM_STR("port"), &member) || !json_to_i64(member, &port) || port < 1 ||
        port > 65535)
        return 0;
    return (uint16_t)port;
}

static int open_platform(struct here *h, struct program *p, const struct compiled *compiled,
                         const struct start_args *args, struct unum_err *err)
{
    uint16_t port = args->port ? (uint16_t)args->port : remembered_port(p);
    int rc = here_open(h, p, compiled, &args->here, port, true, err);
    if (rc == UNUM_E_CONFLICT && !args->port && port && h->lock >= 0) {
        unum_err_clear(err);
        here_close(h);
        *h = (struct here)HERE_INIT;
        rc = here_open(h, p, compiled, &args->here, 0, true, err);
    }
    return rc;
}

static bool never(void *cookie)
{
    (void)cookie;
    return false;
}

static int serve(struct program *p, const struct compiled *compiled, const struct start_args *args,
                 struct background *side, struct unum_err *err)
{
    struct here UNUM_AUTO(here_close) here = HERE_INIT;
    int rc = open_platform(&here, p, compiled, args, err);
    if (rc == 0)
        rc = write_running(&here, err);
    if (rc < 0)
        return rc;
    char *UNUM_AUTO_FREE endpoint = unum_str_dup(local_endpoint(here.local));
    if (side)
        background_ready(side, endpoint);
    else
        print_exports(p, endpoint);
    if (!p->global.quiet)
        ui_printf(&p->err, "%.*s runs on %s; %s\n",
                  UNUM_STR_ARG(compiled ? p->app->name : UNUM_STR("an empty platform")), endpoint,
                  side ? "end it with `unum local stop`" : "Ctrl-C ends it");
    if (!p->global.quiet && p->global.verbose < 2)
        p->global.verbose = 2;
    struct local_until until = {never, NULL, false, 0};
    interrupt_watch(here.local);
    rc = local_run_until(here.local, &until, err);
    interrupt_watch(NULL);
    if (rc == UNUM_E_CANCELLED && interrupt_seen() != SIGINT) {
        unum_err_clear(err);
        rc = 0;
    }
    return rc;
}

static int start(struct program *p, const void *arguments, struct unum_err *err)
{
    const struct start_args *args = arguments;
    struct workflow_build how = {0};
    struct build_result built;
    struct compiled *compiled = NULL;
    if (program_json(p) && !args->background) {
        unum_err_set(err, UNUM_E_USAGE, "in the foreground there is no result to print");
        return unum_err_hint(err, "use --background with --output json");
    }
    int rc = args->empty ? 0 : workflow_compile(p, &compiled, err);
    if (rc == 0 && compiled)
        rc = workflow_build(p, compiled, &how, &built, err);
    if (rc < 0 || !args->background)
        return rc < 0 ? rc : serve(p, compiled, args, NULL, err);
    struct background side = {0};
    rc = background_fork(p, &side, err);
    if (rc < 0)
        return rc;
    if (side.child)
        background_exit(&side, serve(p, compiled, args, &side, err), err);
    char *UNUM_AUTO_FREE endpoint = NULL;
    rc = background_wait(&side, &endpoint, err);
    if (rc == 0)
        print_exports(p, endpoint);
    return rc;
}

static const struct command local_start = {
    .name = "start",
    .summary = "keep a local platform running",
    .about = "Builds what has changed and serves the emulated AWS for this "
             "application on 127.0.0.1 until it is ended. Prints the variables that point any AWS "
             "client at it; unum invoke, logs and status find it by .unum/local.json.",
    .options = start_options,
    .args_size = sizeof(struct start_args),
    .examples = start_examples,
    .exits = start_exits,
    .needs = NEEDS_PROJECT,
    .run = start,
};

struct stop_args {
    const char *template;
};

static const struct opt_row stop_options[] = {
    TEMPLATE_OPTION(struct stop_args, template),
    OPT_END,
};

static int stop(struct program *p, const void *arguments, struct unum_err *err)
{
    struct running UNUM_AUTO(running_done) running = {0};
    (void)arguments;
    int rc = running_find(p, &running, err);
    if (rc == UNUM_E_NOTFOUND) {
        unum_err_clear(err);
        if (!p->global.quiet && !program_json(p))
            ui_puts(&p->err, "nothing is running\n");
        return 0;
    }
    if (rc == 0)
        rc = background_stop((pid_t)running.pid, err);
    if (rc == 0 && !p->global.quiet && !program_json(p))
        ui_printf(&p->err, "stopped %s\n", running.endpoint);
    return rc;
}

static const struct command_example stop_examples[] = {
    {"unum local stop", "end the platform of this folder"},
    {NULL, NULL},
};

static const struct command local_stop_command = {
    .name = "stop",
    .summary = "end the local platform of this folder",
    .about = "Ends what `unum local start` keeps running and all its function processes. That "
             "nothing runs is no error.",
    .options = stop_options,
    .args_size = sizeof(struct stop_args),
    .examples = stop_examples,
    .needs = NEEDS_PROJECT,
    .run = stop,
};

static const struct command *const subcommands[] = {&local_start, &local_stop_command, NULL};

static const struct command_example examples[] = {
    {"unum local start", "keep a platform running here"},
    {"unum local stop", "end it"},
    {NULL, NULL},
};

const struct command cmd_local = {
    .name = "local",
    .summary = "a platform on this machine that stays",
    .about = "A local platform runs the functions of an application as processes against an "
             "emulated AWS on the loopback interface: Lambda, DynamoDB, CloudWatch Logs, "
             "EventBridge Scheduler, and what deployments need of S3, IAM, STS and CloudFormation. "
             "The answer to an operation that it does not have lists those that it has.",
    .subcommands = subcommands,
    .examples = examples,
};
