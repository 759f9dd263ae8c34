/*
 * deployment [--all] [--seed N] [--kind NAME] [--number N] [--program FILE] [-v] [JOURNEY]
 *
 * What a person does with a deployment (a journey: deploy, deploy a change, sync, delete), against
 * a platform of this process: once undisturbed, which counts its requests, then once for every
 * request with something that goes wrong at it. What failed must say why and how to go on, and the
 * same command once more must succeed and leave exactly what the undisturbed one has left. With
 * --all every kind of trouble at every request, else one kind at each, in turn from the seed on.
 * One line per journey, details of what does not hold, last line "passed N, failed M".
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/vec.h"
#include "cloud.h"

#define APP        "shop"
#define PATIENCE_S 300

extern char **environ;

struct kind {
    const char *name;
    enum local_fault_kind fault; /* LOCAL_FAULT_KIND_COUNT: none */
    int status, signal;
    bool repeats; /* the client may repeat the request: then nothing must be noticed */
    int exits[3]; /* how the program may end, but for 0; ended by 0 */
};

static const struct kind kinds[] = {
    {"cut-before", LOCAL_FAULT_KILL_BEFORE, 0, 0, false, {1}},
    {"cut-after", LOCAL_FAULT_CLOSE, 0, 0, false, {1}},
    {"error", LOCAL_FAULT_STATUS, 500, 0, false, {1}},
    {"throttled", LOCAL_FAULT_STATUS, 429, 0, false, {1}},
    {"truncated", LOCAL_FAULT_TRUNCATE, 0, 0, false, {1}},
    {"garbled", LOCAL_FAULT_GARBLE, 0, 0, false, {1}},
    {"denied", LOCAL_FAULT_STATUS, 403, 0, false, {4}},
    {"killed-before", LOCAL_FAULT_KILL_BEFORE, 0, SIGKILL, false, {0}},
    {"killed-after", LOCAL_FAULT_CLOSE, 0, SIGKILL, false, {0}},
    {"interrupted", LOCAL_FAULT_KIND_COUNT, 0, SIGINT, false, {130}},
    {"cut-before-once", LOCAL_FAULT_KILL_BEFORE, 0, 0, true, {0}},
    {"cut-after-once", LOCAL_FAULT_CLOSE, 0, 0, true, {0}},
    {"error-once", LOCAL_FAULT_STATUS, 500, 0, true, {0}},
    {"throttled-once", LOCAL_FAULT_STATUS, 429, 0, true, {0}},
    {"truncated-once", LOCAL_FAULT_TRUNCATE, 0, 0, true, {0}},
};

struct journey {
    const char *name;
    const char *dir;     /* which application: APP, or its changed form */
    const char *start;   /* what is there before: see prepare() */
    const char *verb[6]; /* what is typed */
    bool runs;           /* afterwards the workflow runs */
};

static const struct journey journeys[] = {
    {"deploy", APP, "strangers", {"deploy", "-b", "--yes"}, true},
    {"change", APP "-changed", "deployed", {"deploy", "-b", "--yes"}, true},
    {"sync", APP "-changed", "deployed", {"sync", "-b", "--yes"}, true},
    {"delete", APP, "deployed", {"delete", "--yes", "--purge"}, false},
};

struct options {
    bool all, verbose;
    uint64_t seed, number;
    const char *kind, *journey, *program;
};

struct sweep {
    const struct options *options;
    const struct journey *journey;
    char *base;  /* folder of everything */
    char *state; /* the platform's */
    struct local *local;
    struct cloud *cloud;
    pid_t pid; /* the program, while it runs */
    /* What is done to it by a signal. */
    int signal;
    uint64_t at;
    bool hit;
    struct unum_buf out, err;           /* of its last run */
    struct unum_buf cloud_text, result; /* of the undisturbed journey */
    uint64_t requests;
    size_t runs, reached, failures, violations;
};

static void must(int rc, const char *what, const struct unum_err *err)
{
    if (rc == 0)
        return;
    fprintf(stderr, "deployment: %s: %s\n", what, unum_err_text(err));
    exit(EXIT_FAILURE);
}

/* ---- folders ---- */

static void tool(struct sweep *s, const char *const *argv)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_buf UNUM_AUTO_BUF said = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_proc_spec spec = UNUM_PROC_SPEC;
    int status = 0;
    spec.argv = argv;
    spec.cwd = s->base;
    must(unum_proc_run(&spec, &said, &status, &err), argv[0], &err);
    if (status != 0)
        must(unum_err_set(&err, UNUM_E_FAILED, "%s", unum_buf_text(&said)), argv[0], &err);
}

static void copy_folder(struct sweep *s, const char *from, const char *to)
{
    const char *const clear[] = {"rm", "-rf", to, NULL};
    const char *const copy[] = {"cp", "-a", from, to, NULL};
    tool(s, clear);
    tool(s, copy);
}

/* ---- the platform ---- */

static void on_request(void *cookie, const struct local_request *row)
{
    struct sweep *s = cookie;
    if (s->options->verbose && row->number)
        printf("  %4llu %s %.*s: %d%s\n", (unsigned long long)row->number, row->service,
               UNUM_STR_ARG(row->operation), row->status, row->faulted ? " (fault)" : "");
    if (!s->signal || !s->pid || row->number != s->at)
        return;
    s->hit = true;
    kill(s->pid, s->signal);
}

static void open_platform(struct sweep *s, const struct local_fault *faults, size_t len)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    const struct local_config config = {.state_path = s->state,
                                        .number_people = true,
                                        .faults = faults,
                                        .faults_len = len,
                                        .cookie = s,
                                        .on_request = on_request};
    must(local_new(&config, &s->local, &err), "local platform", &err);
    must(cloud_open(s->local, &s->cloud, &err), "client", &err);
}

static void close_platform(struct sweep *s)
{
    cloud_close(s->cloud);
    local_free(s->local);
    s->cloud = NULL;
    s->local = NULL;
}

static bool never(void *cookie)
{
    (void)cookie;
    return false;
}

static void turn(struct sweep *s)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    const struct local_until until = {.done = never, .deadline_ms = 3};
    int rc = local_run_until(s->local, &until, &err);
    if (rc != UNUM_E_TIMEOUT)
        must(rc, "platform", &err);
}

/* ---- the program ---- */

typedef UNUM_VEC(const char *) text_list;

static void environment(struct sweep *s, struct unum_arena *arena, const char *attempts,
                        text_list *list)
{
    static const char *const fixed[] = {
        "AWS_ACCESS_KEY_ID=" LOCAL_ACCESS_KEY, "AWS_SECRET_ACCESS_KEY=" LOCAL_SECRET_KEY,
        "AWS_REGION=" LOCAL_REGION, "AWS_EC2_METADATA_DISABLED=true", "UNUM_POLL=5ms"};
    for (char **at = environ; *at; at++) {
        struct unum_str entry = unum_str_from(*at);
        if (!unum_str_starts(entry, UNUM_STR("AWS_")) &&
            !unum_str_starts(entry, UNUM_STR("UNUM_")) &&
            !unum_str_starts(entry, UNUM_STR("HOME=")))
            *unum_vec_push(list) = *at;
    }
    for (size_t i = 0; i < UNUM_COUNT(fixed); i++)
        *unum_vec_push(list) = fixed[i];
    *unum_vec_push(list) = unum_arena_printf(arena, "HOME=%s", s->base).ptr;
    *unum_vec_push(list) = unum_arena_printf(arena, "UNUM_CLI_DEBUG_FILE=%s/debug", s->base).ptr;
    if (s->local)
        *unum_vec_push(list) = unum_arena_printf(arena, "AWS_ENDPOINT_URL=%.*s",
                                                 UNUM_STR_ARG(local_endpoint(s->local)))
                                   .ptr;
    if (attempts)
        *unum_vec_push(list) = unum_arena_printf(arena, "AWS_MAX_ATTEMPTS=%s", attempts).ptr;
    *unum_vec_push(list) = NULL;
}

static int open_file(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    return fd;
}

static void read_back(const char *path, struct unum_buf *out)
{
    unum_buf_clear(out);
    must(unum_file_read(path, out, NULL), path, NULL);
}

/* Run the program in the folder of an application while the platform goes on; as waitpid(). */
static int run(struct sweep *s, const char *dir, const char *const *words, const char *attempts)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_proc_spec spec = UNUM_PROC_SPEC;
    text_list argv = {0}, env = {0};
    char *UNUM_AUTO_FREE cwd = unum_path_join(s->base, dir);
    char *UNUM_AUTO_FREE out = unum_path_join(s->base, "out");
    char *UNUM_AUTO_FREE said = unum_path_join(s->base, "err");
    int UNUM_AUTO_FD out_fd = open_file(out);
    int UNUM_AUTO_FD err_fd = open_file(said);
    int status = 0, rc;
    *unum_vec_push(&argv) = s->options->program;
    for (size_t i = 0; words[i]; i++)
        *unum_vec_push(&argv) = words[i];
    *unum_vec_push(&argv) = NULL;
    environment(s, &arena, attempts, &env);
    spec.argv = argv.at;
    spec.env = env.at;
    spec.cwd = cwd;
    spec.stdout_fd = out_fd;
    spec.stderr_fd = err_fd;
    rc = unum_proc_start(&spec, &s->pid, &err);
    must(rc, s->options->program, &err);
    int64_t end_ns = unum_monotonic_ns(&unum_clock_system) + PATIENCE_S * INT64_C(1000000000);
    while (waitpid(s->pid, &status, s->local ? WNOHANG : 0) == 0) {
        turn(s);
        if (unum_monotonic_ns(&unum_clock_system) > end_ns)
            unum_proc_kill(s->pid, SIGABRT);
    }
    s->pid = 0;
    read_back(out, &s->out);
    read_back(said, &s->err);
    unum_vec_done(&argv);
    unum_vec_done(&env);
    return status;
}

static void run_well(struct sweep *s, const char *dir, const char *const *words)
{
    int status = run(s, dir, words, NULL);
    if (status == 0)
        return;
    fprintf(stderr, "deployment: unum %s:\n%s%s", words[0], unum_buf_text(&s->out),
            unum_buf_text(&s->err));
    exit(EXIT_FAILURE);
}

/* ---- what must hold ---- */

static UNUM_PRINTF(4, 5) void complain(struct sweep *s, const struct kind *kind, uint64_t number,
                                       const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("%s, %s at request %llu: ", s->journey->name, kind ? kind->name : "undisturbed",
           (unsigned long long)number);
    vprintf(format, args);
    printf("\n");
    fflush(stdout); /* it takes long */
    va_end(args);
    s->violations++;
}

static bool says(const struct unum_buf *text, const char *part)
{
    return unum_str_search(unum_buf_str(text), unum_str_from(part)) != SIZE_MAX;
}

/* No key of ours is in anything that was written, and nothing was wrong inside. */
static bool clean(struct sweep *s, const struct kind *kind, uint64_t number)
{
    static const char *const never_said[] = {LOCAL_SECRET_KEY, "AddressSanitizer",
                                             "runtime error:", "LeakSanitizer"};
    struct unum_buf UNUM_AUTO_BUF debug = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    char *UNUM_AUTO_FREE path = unum_path_join(s->base, "debug");
    if (unum_file_exists(path) && unum_file_read(path, &debug, NULL) == 0)
        (void)unlink(path);
    for (size_t i = 0; i < UNUM_COUNT(never_said); i++) {
        if (says(&s->out, never_said[i]) || says(&s->err, never_said[i]) ||
            says(&debug, never_said[i])) {
            complain(s, kind, number, "%s was said: %s", never_said[i], unum_buf_text(&s->err));
            return false;
        }
    }
    return true;
}

/* It failed: was it meant to, and is it said why, and which command goes on? */
static void failed_well(struct sweep *s, const struct kind *kind, uint64_t number, int status)
{
    struct unum_buf UNUM_AUTO_BUF how = UNUM_BUF_INIT(UNUM_KB);
    struct unum_buf UNUM_AUTO_BUF command = UNUM_BUF_INIT(UNUM_KB);
    bool meant = false;
    if (kind->signal == SIGKILL && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return;
    for (size_t i = 0; i < UNUM_COUNT(kind->exits) && kind->exits[i]; i++)
        meant = meant || (WIFEXITED(status) && WEXITSTATUS(status) == kind->exits[i]);
    unum_proc_describe(status, &how);
    unum_buf_printf(&command, "unum %s", s->journey->verb[0]);
    size_t help = unum_str_search(unum_buf_str(&s->err), UNUM_STR("help: "));
    bool continues =
        help != SIZE_MAX && unum_str_search(unum_str_from_pos(unum_buf_str(&s->err), help),
                                            unum_buf_str(&command)) != SIZE_MAX;
    if (!meant)
        complain(s, kind, number, "it %s:\n%s", unum_buf_text(&how), unum_buf_text(&s->err));
    else if (!says(&s->err, "error: "))
        complain(s, kind, number, "no word of why:\n%s", unum_buf_text(&s->err));
    else if (kind->status == 403 && !says(&s->err, "on resource: ") && !says(&s->err, "bucket "))
        complain(s, kind, number, "no word of what is not allowed:\n%s", unum_buf_text(&s->err));
    else if (!continues)
        complain(s, kind, number, "no word of how to go on:\n%s", unum_buf_text(&s->err));
}

static void look(struct sweep *s, struct unum_buf *out)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    unum_buf_clear(out);
    must(cloud_look(s->cloud, out, &err), "look", &err);
}

static bool invoke(struct sweep *s)
{
    static const char *const words[] = {"-q", "invoke", "--wait", "-d", "\"x\"", NULL};
    return run(s, s->journey->dir, words, NULL) == 0;
}

static bool same_end(struct sweep *s, const struct kind *kind, uint64_t number)
{
    struct unum_buf UNUM_AUTO_BUF now = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_buf UNUM_AUTO_BUF difference = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    look(s, &now);
    if (cloud_differs(unum_buf_str(&s->cloud_text), unum_buf_str(&now), &difference)) {
        complain(s, kind, number, "something else is there in the end:\n%s",
                 unum_buf_text(&difference));
        return false;
    }
    if (s->journey->runs &&
        (!invoke(s) || !unum_str_eq(unum_buf_str(&s->out), unum_buf_str(&s->result)))) {
        complain(s, kind, number, "the workflow gives %s%s", unum_buf_text(&s->out),
                 unum_buf_text(&s->err));
        return false;
    }
    return true;
}

/* ---- runs ---- */

/* Objects and unpacked functions are never written into, only replaced: links are enough for them,
 * not for the database. */
static void restore(struct sweep *s, const char *from)
{
    const char *const clear[] = {"rm", "-rf", "now", NULL};
    const char *const link[] = {"cp", "-al", from, "now", NULL};
    struct unum_names UNUM_AUTO(unum_names_done) names = {0};
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    char *UNUM_AUTO_FREE saved = unum_path_join(s->base, from);
    char *UNUM_AUTO_FREE now = unum_path_join(s->base, "now");
    tool(s, clear);
    tool(s, link);
    must(unum_list_dir(saved, &names, &err), saved, &err);
    for (size_t i = 0; i < names.list.len; i++) {
        char *UNUM_AUTO_FREE source = unum_path_join(saved, names.list.at[i]);
        char *UNUM_AUTO_FREE target = unum_path_join(now, names.list.at[i]);
        if (unum_is_dir(source))
            continue;
        (void)unlink(target);
        must(unum_file_copy(source, target, &err), target, &err);
    }
}

static void begin(struct sweep *s, const struct local_fault *faults, size_t len)
{
    restore(s, s->journey->start);
    open_platform(s, faults, len);
}

static void undisturbed(struct sweep *s)
{
    begin(s, NULL, 0);
    run_well(s, s->journey->dir, s->journey->verb);
    s->requests = local_counts(s->local).requests;
    (void)clean(s, NULL, 0);
    look(s, &s->cloud_text);
    if (s->options->verbose)
        printf("%s", unum_buf_text(&s->cloud_text));
    unum_buf_clear(&s->result);
    if (s->journey->runs && !invoke(s))
        complain(s, NULL, 0, "the workflow does not run: %s", unum_buf_text(&s->err));
    unum_buf_add(&s->result, unum_buf_str(&s->out));
    close_platform(s);
}

static void disturb_now(struct sweep *s, const struct kind *kind, uint64_t number)
{
    s->signal = kind->signal;
    s->at = number;
    s->hit = false;
    int status = run(s, s->journey->dir, s->journey->verb, kind->repeats ? NULL : "1");
    bool hit = s->hit || local_counts(s->local).faults_applied;
    s->signal = 0;
    s->runs++;
    s->reached += hit;
    if (s->options->verbose)
        printf("  status %#x\n%s", (unsigned)status, unum_buf_text(&s->err));
    if (!clean(s, kind, number))
        return;
    if (status != 0) {
        s->failures++;
        if (!hit) {
            complain(s, kind, number, "it failed undisturbed:\n%s", unum_buf_text(&s->err));
            return;
        }
        failed_well(s, kind, number, status);
    }
    if (hit && !kind->repeats) {
        status = run(s, s->journey->dir, s->journey->verb, NULL);
        if (status != 0) {
            complain(s, kind, number, "once more it fails:\n%s", unum_buf_text(&s->err));
            return;
        }
        if (!clean(s, kind, number))
            return;
    }
    (void)same_end(s, kind, number);
}

/* A kept-alive connection that is closed without an answer is no failure of a request yet: the
 * transport tries once more on a fresh one, which is closed, too. */
static size_t schedule(const struct kind *kind, uint64_t number, struct local_fault faults[2])
{
    bool closes = kind->fault == LOCAL_FAULT_KILL_BEFORE || kind->fault == LOCAL_FAULT_CLOSE;
    if (kind->fault == LOCAL_FAULT_KIND_COUNT)
        return 0;
    for (uint64_t i = 0; i < 2; i++)
        faults[i] =
            (struct local_fault){.kind = kind->fault, .number = number + i, .status = kind->status};
    return closes && !kind->repeats && !kind->signal ? 2 : 1;
}

static void disturb(struct sweep *s, const struct kind *kind, uint64_t number)
{
    struct local_fault faults[2];
    begin(s, faults, schedule(kind, number, faults));
    disturb_now(s, kind, number);
    close_platform(s);
}

static void sweep_journey(struct sweep *s, const struct journey *journey)
{
    const struct options *o = s->options;
    s->journey = journey;
    undisturbed(s);
    for (uint64_t number = 1; number <= s->requests && s->violations < 20; number++) {
        size_t turn_of = (size_t)((number + o->seed) % UNUM_COUNT(kinds));
        for (size_t i = 0; i < UNUM_COUNT(kinds); i++) {
            bool wanted = o->kind ? strcmp(o->kind, kinds[i].name) == 0 : o->all || i == turn_of;
            if (wanted && (!o->number || o->number == number))
                disturb(s, &kinds[i], number);
        }
    }
}

/* ---- what is there before ---- */

static void change_application(struct sweep *s)
{
    static const char *const edit[] = {"sed", "-i", "s/world/planet/", APP "-changed/World/main.c",
                                       NULL};
    static const char *const build[] = {"-q", "build", NULL};
    run_well(s, APP, build);
    copy_folder(s, APP, APP "-changed");
    tool(s, edit);
    run_well(s, APP "-changed", build);
}

/* "strangers": what belongs to somebody else; "deployed": the application too, and another stage of
 * it. */
static void prepare(struct sweep *s)
{
    static const char *const init[] = {"-q", "init", APP, NULL};
    static const char *const deploy[] = {"-q", "deploy", "--yes", NULL};
    static const char *const stage[] = {"-q", "deploy", "--yes", "--stage", "dev", NULL};
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    char *UNUM_AUTO_FREE now = unum_path_join(s->base, "now");
    char *UNUM_AUTO_FREE zip = unum_path_join(s->base, APP "/.unum/build/Hello.zip");
    must(unum_make_dirs(now, &err), now, &err);
    run_well(s, ".", init);
    change_application(s);
    open_platform(s, NULL, 0);
    must(cloud_add_strangers(s->cloud, APP, zip, &err), "strangers", &err);
    for (int i = 0; i < 20; i++)
        turn(s);
    close_platform(s);
    copy_folder(s, "now", "strangers");
    open_platform(s, NULL, 0);
    run_well(s, APP, deploy);
    run_well(s, APP, stage);
    close_platform(s);
    copy_folder(s, "now", "deployed");
}

static void parse(int argc, char **argv, struct options *ret)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--all") == 0)
            ret->all = true;
        else if (strcmp(argv[i], "-v") == 0)
            ret->verbose = true;
        else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
            ret->seed = strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--number") == 0 && i + 1 < argc)
            ret->number = strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--kind") == 0 && i + 1 < argc)
            ret->kind = argv[++i];
        else if (strcmp(argv[i], "--program") == 0 && i + 1 < argc)
            ret->program = argv[++i];
        else
            ret->journey = argv[i];
    }
}

int main(int argc, char **argv)
{
    struct options options = {.program = UNUM_PROGRAM};
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct sweep s = {.options = &options,
                      .out = UNUM_BUF_INIT(UNUM_LIMIT_TEXT),
                      .err = UNUM_BUF_INIT(UNUM_LIMIT_TEXT),
                      .cloud_text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT),
                      .result = UNUM_BUF_INIT(UNUM_LIMIT_TEXT)};
    size_t runs = 0;
    size_t violations = 0;
    parse(argc, argv, &options);
    must(unum_make_temp_dir("unum-deployment", &s.base, &err), "temporary folder", &err);
    s.state = unum_path_join(s.base, "now/local.db");
    prepare(&s);
    for (size_t i = 0; i < UNUM_COUNT(journeys); i++) {
        if (options.journey && strcmp(options.journey, journeys[i].name) != 0)
            continue;
        s.runs = s.reached = s.failures = s.violations = 0;
        sweep_journey(&s, &journeys[i]);
        printf("%-8s %3llu requests, %4zu runs, %4zu reached, %4zu failed, %zu violations\n",
               journeys[i].name, (unsigned long long)s.requests, s.runs, s.reached, s.failures,
               s.violations);
        fflush(stdout);
        runs += s.runs;
        violations += s.violations;
    }
    must(unum_remove_tree(s.base, &err), "clean up", &err);
    printf("passed %zu, failed %zu\n", runs - violations, violations);
    free(s.base);
    free(s.state);
    unum_buf_done(&s.out);
    unum_buf_done(&s.err);
    unum_buf_done(&s.cloud_text);
    unum_buf_done(&s.result);
    return runs && !violations ? EXIT_SUCCESS : EXIT_FAILURE;
}
