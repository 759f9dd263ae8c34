#include "package/build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "package/bundle.h"

enum { ARCHES = 2 };

struct build {
    struct unit_context context;
    const struct app *app;
    const struct compiled *compiled;
    struct unum_arena arena;
    struct hashes hashes;
    struct build_options options; /* with an absolute prefix */
    struct toolchain toolchains[ARCHES], nothing[ARCHES];
    bool found[ARCHES];
    struct unit *units;
    size_t units_len;
    struct unum_buf failed;  /* names of functions that do not compile */
    struct unum_err trouble; /* the first other failure of a function */
};

/* ---- the folder .unum ---- */

static int absolute(const char *path, struct unum_arena *arena, const char **ret,
                    struct unum_err *err)
{
    char *UNUM_AUTO_FREE real = realpath(path, NULL);
    if (!real)
        return unum_err_sys(err, errno, "open %s", path);
    *ret = unum_arena_str(arena, unum_str_from(real)).ptr;
    return 0;
}

static int prepare_folders(struct build *build, int *ret_lock, struct unum_err *err)
{
    static const char *const folders[] = {".unum/build", ".unum/build-cache/.bundles"};
    const char *root = build->context.root;
    char *UNUM_AUTO_FREE dir = unum_path_join(root, ".unum");
    char *UNUM_AUTO_FREE ignore = unum_path_join(root, ".unum/.gitignore");
    char *UNUM_AUTO_FREE lock = unum_path_join(root, ".unum/lock");
    int rc = unum_make_dirs(dir, err);
    if (rc == 0 && !unum_file_exists(ignore))
        rc = unum_file_write(ignore, UNUM_STR("*\n"), 0644, err);
    if (rc == 0)
        rc = unum_lock_file(lock, ret_lock, err);
    static const char *const old[] = {".unum/build", ".unum/build-cache"};
    for (size_t i = 0; rc == 0 && build->options.clean && i < UNUM_COUNT(old); i++) {
        char *UNUM_AUTO_FREE path = unum_path_join(root, old[i]);
        rc = unum_remove_tree(path, err);
    }
    for (size_t i = 0; rc == 0 && i < UNUM_COUNT(folders); i++) {
        char *UNUM_AUTO_FREE path = unum_path_join(root, folders[i]);
        rc = unum_make_dirs(path, err);
    }
    return rc;
}

/* What commands get: ours without the variables that would make their output depend on where or
 * when they run, or tie a make below us to one above. */
static void make_environment(struct build *build)
{
    static const char *const dropped[] = {
        "MAKEFLAGS=", "MFLAGS=", "MAKELEVEL=", "GNUMAKEFLAGS=", "SOURCE_DATE_EPOCH="};
    struct words env = {.arena = &build->arena};
    for (char **at = environ; *at; at++) {
        bool drop = false;
        for (size_t i = 0; i < UNUM_COUNT(dropped); i++)
            drop = drop || strncmp(*at, dropped[i], strlen(dropped[i])) == 0;
        if (!drop)
            words_add(&env, *at);
    }
    words_add(&env, "SOURCE_DATE_EPOCH=315532800"); /* __DATE__ is 1980-01-01 */
    build->context.env = env.at;
}

/* ---- units ---- */

static int find_toolchain(struct build *build, struct unit *unit, enum app_arch arch,
                          struct unum_err *err)
{
    char *UNUM_AUTO_FREE program = unum_path_join(build->context.root, unit->dir);
    char *UNUM_AUTO_FREE bootstrap = unum_path_join(program, "bootstrap");
    if (access(bootstrap, X_OK) == 0) {
        toolchain_none(arch, &build->arena, &build->nothing[arch]);
        unit->toolchain = &build->nothing[arch];
        return 0;
    }
    if (!build->found[arch]) {
        int rc =
            toolchain_find(arch, &build->options, &build->arena, &build->toolchains[arch], err);
        if (rc < 0)
            return rc;
        build->found[arch] = true;
    }
    unit->toolchain = &build->toolchains[arch];
    return 0;
}

static struct unit *unit_of(struct build *build, struct unum_str function)
{
    struct unum_str name = function.len ? function : UNUM_STR(UNIT_GENERATED);
    for (size_t i = 0; i < build->units_len; i++) {
        if (unum_str_eq(build->units[i].name, name))
            return &build->units[i];
    }
    return NULL;
}

static int add_unit(struct build *build, struct unum_str function, struct unum_err *err)
{
    if (unit_of(build, function))
        return 0;
    const struct app_function *row = app_function(build->app, function);
    if (function.len && !row)
        return unum_err_set(err, UNUM_E_BUG, "the compiled function %.*s is not in the template",
                            UNUM_STR_ARG(function));
    struct unit *unit = &build->units[build->units_len++];
    unit->name = row ? row->name : UNUM_STR(UNIT_GENERATED);
    unit->cache =
        unum_arena_printf(&build->arena, ".unum/build-cache/%.*s", UNUM_STR_ARG(unit->name)).ptr;
    unit->dir =
        row ? unum_arena_str(&build->arena, row->code_uri).ptr
            : unum_arena_printf(&build->arena, "%s/share/unum/generated", build->options.prefix)
                  .ptr;
    enum app_arch arch = app_function_arch(build->app, function);
    char *UNUM_AUTO_FREE dir = unum_path_join(build->context.root, unit->dir);
    if (!unum_is_dir(dir)) {
        if (!row)
            return unum_err_set(err, UNUM_E_NOTFOUND,
                                "the installation of unum is incomplete: there is no %s", dir);
        unum_err_set(err, UNUM_E_NOTFOUND, "function %.*s: there is no folder %s",
                     UNUM_STR_ARG(unit->name), dir);
        return unum_err_hint(err, "CodeUri of %.*s names it", UNUM_STR_ARG(unit->name));
    }
    int rc = find_toolchain(build, unit, arch, err);
    return rc < 0 ? rc : unit_look(&build->context, unit, err);
}

static int add_units(struct build *build, struct unum_err *err)
{
    build->units = unum_arena_array(&build->arena, build->compiled->len + 1, sizeof(*build->units));
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < build->compiled->len; i++)
        rc = add_unit(build, build->compiled->at[i].function, err);
    return rc;
}

/* ---- running their commands ---- */

/* The linker warns of each use of the name service in a static program, in two lines. The runtime
 * asks its own resolver, so of what its libraries could use nothing has to be said; of the user's
 * own code it has. */
static bool is_library_warning(struct unum_str line, struct unum_str next)
{
    static const char *const libraries[] = {"libcrypto.a(", "libssl.a(", "libcares.a("};
    if (unum_str_search(next, UNUM_STR("in statically linked applications requires")) == SIZE_MAX)
        return false;
    for (size_t i = 0; i < UNUM_COUNT(libraries); i++) {
        if (unum_str_search(line, unum_str_from(libraries[i])) != SIZE_MAX)
            return true;
    }
    return false;
}

static void add_output(struct unum_buf *text, struct unum_str rest)
{
    struct unum_str line, next = UNUM_STR("");
    while (unum_str_split(&rest, '\n', &line)) {
        struct unum_str after = rest;
        bool more = unum_str_split(&after, '\n', &next);
        if (more && is_library_warning(line, next)) {
            rest = after;
        } else if (line.len || more) {
            unum_buf_add(text, line);
            unum_buf_addc(text, '\n');
        }
    }
}

static void pass_output(struct build *build, const struct unit *unit)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    bool tool = unit->source.kind == SOURCE_CMAKE || unit->source.kind == SOURCE_MAKE;
    for (size_t i = 0; i < unit->steps.len; i++) {
        const struct job *job = &unit->steps.at[i]->job;
        /* What make and CMake say while all goes well is not news. */
        if (!tool || !job_succeeded(job))
            add_output(&text, unum_buf_str(&job->output));
    }
    if (text.len && build->options.output)
        build->options.output(build->options.cookie, unit->name, unum_buf_str(&text));
}

static void note_failure(struct build *build, struct unit *unit)
{
    unit->state = UNIT_FAILED;
    pass_output(build, unit);
    if (build->failed.len)
        unum_buf_adds(&build->failed, ", ");
    unum_buf_add(&build->failed, unit->name);
    for (size_t i = 0; i < unit->steps.len; i++) {
        const struct job *job = &unit->steps.at[i]->job;
        if (unum_str_search(unum_buf_str(&job->output), UNUM_STR("cannot find -l")) != SIZE_MAX)
            build->trouble.hint =
                build->trouble.hint
                    ? build->trouble.hint
                    : unum_strdup("install the static libraries: apt-get install libssl-dev "
                                  "libc-ares-dev libcjson-dev");
    }
}

/* A failure that is no command's: remembered, the other functions go on. */
static void note_trouble(struct build *build, struct unit *unit, struct unum_err *err)
{
    unit->state = UNIT_FAILED;
    if (!build->trouble.rc) {
        unum_err_done(&build->trouble);
        build->trouble = *err;
        *err = (struct unum_err)UNUM_ERR_INIT;
    }
    unum_err_clear(err);
}

static void advance(struct build *build, struct unit *unit)
{
    bool done = false;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    int rc = unit_advance(&build->context, unit, &done, &err);
    if (rc == 0 && done) {
        pass_output(build, unit);
        rc = unit_finish(&build->context, unit, &err);
    }
    if (rc < 0)
        note_trouble(build, unit, &err);
}

static struct job *next_step(struct unit *unit)
{
    for (size_t i = unit->stage_start; i < unit->steps.len; i++) {
        struct unit_step *step = unit->steps.at[i];
        if (!step->started) {
            step->started = true;
            return &step->job;
        }
    }
    return NULL;
}

static struct job *next_job(void *cookie)
{
    struct build *build = cookie;
    for (size_t i = 0; i < build->units_len; i++) {
        struct unit *unit = &build->units[i];
        if (unit->state == UNIT_WAITING)
            advance(build, unit);
        if (unit->state == UNIT_RUNNING) {
            struct job *job = next_step(unit);
            if (job)
                return job;
        }
    }
    return NULL;
}

/* The state of a unit's stage: something runs, something failed, all is done. */
static void look_at_stage(const struct unit *unit, bool *ret_running, bool *ret_failed,
                          bool *ret_complete)
{
    *ret_running = *ret_failed = false;
    *ret_complete = true;
    for (size_t i = unit->stage_start; i < unit->steps.len; i++) {
        const struct unit_step *step = unit->steps.at[i];
        *ret_running = *ret_running || (step->started && !step->ended);
        *ret_failed = *ret_failed || (step->ended && !job_succeeded(&step->job));
        *ret_complete = *ret_complete && step->ended;
    }
}

static int job_ended(void *cookie, struct job *job, struct unum_err *err)
{
    struct build *build = cookie;
    struct unit *unit = job->cookie;
    for (size_t i = unit->stage_start; i < unit->steps.len; i++) {
        if (&unit->steps.at[i]->job == job)
            unit->steps.at[i]->ended = true;
    }
    if (job->failed < 0) {
        const char *install = toolchain_package(job->argv[0]);
        unum_err_set(err, job->failed, "function %.*s: %s", UNUM_STR_ARG(unit->name),
                     unum_err_text(&job->error));
        return install ? unum_err_hint(err, "%s", install) : job->failed;
    }
    bool running, failed, complete;
    look_at_stage(unit, &running, &failed, &complete);
    if (failed) {
        /* Nothing new of this function starts. */
        for (size_t i = unit->stage_start; i < unit->steps.len; i++)
            unit->steps.at[i]->started = true;
        if (!running)
            note_failure(build, unit);
    } else if (complete) {
        advance(build, unit);
    }
    return 0;
}

static int run_units(struct build *build, struct unum_err *err)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned jobs = build->options.jobs ? build->options.jobs : cores > 0 ? (unsigned)cores : 1;
    const struct job_source source = {build, next_job, job_ended};
    return job_run(&source, jobs, err);
}

/* ---- the whole ---- */

static int make_bundles(struct build *build, struct unum_err *err)
{
    int rc = bundle_remove_others(&build->context, build->compiled, err);
    for (size_t i = 0; rc == 0 && i < build->compiled->len; i++) {
        const struct compiled_node *node = &build->compiled->at[i];
        const struct unit *unit = unit_of(build, node->function);
        if (unit->state == UNIT_BUILT || unit->state == UNIT_UNCHANGED)
            rc = bundle_make(&build->context, unit, node, err);
        const char *place =
            app_place(build->app, app_function(build->app, node->function), &build->arena);
        if (rc == UNUM_E_LIMIT && place)
            rc = unum_err_wrap(err, "%s", place);
    }
    return rc;
}

static int conclude(struct build *build, struct unum_err *err)
{
    if (!build->failed.len && !build->trouble.rc)
        return 0;
    if (!build->failed.len)
        unum_err_set(err, build->trouble.rc, "%s", unum_err_text(&build->trouble));
    else if (build->trouble.rc)
        unum_err_set(err, UNUM_E_FAILED, "build of %s failed; %s", unum_buf_text(&build->failed),
                     unum_err_text(&build->trouble));
    else
        unum_err_set(err, UNUM_E_FAILED, "build of %s failed", unum_buf_text(&build->failed));
    if (build->trouble.hint)
        unum_err_hint(err, "%s", build->trouble.hint);
    return build->failed.len ? UNUM_E_FAILED : build->trouble.rc;
}

static int run_build(struct build *build, struct build_result *ret, struct unum_err *err)
{
    char *UNUM_AUTO_FREE memory = unum_path_join(build->context.root, ".unum/build-cache/.hashes");
    hashes_init(&build->hashes, build->context.root, memory);
    make_environment(build);
    int rc = add_units(build, err);
    if (rc == 0)
        rc = run_units(build, err);
    if (rc == 0)
        rc = make_bundles(build, err);
    if (rc == 0)
        rc = conclude(build, err);
    struct build_result result = {0};
    for (size_t i = 0; i < build->units_len; i++) {
        if (build->units[i].state == UNIT_BUILT)
            result.built++;
        if (build->units[i].state == UNIT_UNCHANGED)
            result.unchanged++;
    }
    int saved = hashes_save(&build->hashes, memory, rc == 0 ? err : NULL);
    rc = rc == 0 ? saved : rc;
    if (rc == 0)
        *ret = result;
    return rc;
}

static void build_done(struct build *build)
{
    for (size_t i = 0; i < build->units_len; i++)
        unit_done(&build->units[i]);
    hashes_done(&build->hashes);
    unum_buf_done(&build->failed);
    unum_err_done(&build->trouble);
    unum_arena_done(&build->arena);
}

int build_app(const struct app *app, const struct compiled *compiled,
              const struct build_options *options, struct build_result *ret, struct unum_err *err)
{
    struct unum_err UNUM_AUTO_ERR own = UNUM_ERR_INIT;
    err = err ? err : &own; /* below, codes travel in it */
    if (options->sanitize && options->zip)
        return unum_err_set(err, UNUM_E_UNSUPPORTED,
                            "a program with sanitizers runs on this machine only: it cannot be "
                            "zipped");
    struct build build = {.app = app,
                          .compiled = compiled,
                          .options = *options,
                          .failed = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT)};
    build.context = (struct unit_context){.root = app->dir,
                                          .options = &build.options,
                                          .hashes = &build.hashes,
                                          .arena = &build.arena};
    int UNUM_AUTO_FD lock = -1;
    int rc = absolute(app->dir, &build.arena, &build.context.absolute_root, err);
    if (rc == 0)
        rc = absolute(options->prefix, &build.arena, &build.options.prefix, err);
    if (rc == 0)
        rc = prepare_folders(&build, &lock, err);
    if (rc == 0)
        rc = run_build(&build, ret, err);
    build_done(&build);
    return rc;
}
