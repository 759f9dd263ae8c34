#include "package/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"

void unit_done(struct unit *unit)
{
    source_done(&unit->source);
    for (size_t i = 0; i < unit->steps.len; i++)
        job_done(&unit->steps.at[i]->job);
    unum_vec_done(&unit->steps);
}

char *unit_path(const struct unit_context *context, const struct unit *unit, const char *name)
{
    char *UNUM_AUTO_FREE cache = unum_path_join(context->root, unit->cache);
    return unum_path_join(cache, name);
}

int unit_look(struct unit_context *context, struct unit *unit, struct unum_err *err)
{
    char *UNUM_AUTO_FREE dir = unum_path_join(context->root, unit->dir);
    int rc = source_read(dir, &unit->source, err);
    if (rc < 0)
        return unum_err_wrap(err, "function %.*s", UNUM_STR_ARG(unit->name));
    if (unit->source.kind == SOURCE_NOTHING) {
        unum_err_set(err, UNUM_E_NOTFOUND, "function %.*s: there is nothing to build in %s",
                     UNUM_STR_ARG(unit->name), dir);
        return unum_err_hint(err, "put a CMakeLists.txt, a Makefile, C sources or an executable "
                                  "named bootstrap there");
    }
    unit_make_key(context, unit);
    unit->state = unit_stamp_holds(context, unit) ? UNIT_UNCHANGED : UNIT_WAITING;
    return 0;
}

static struct words *add_step(struct unit_context *context, struct unit *unit)
{
    struct unit_step *step = UNUM_ARENA_NEW(context->arena, struct unit_step);
    step->argv.arena = context->arena;
    step->job.env = context->env;
    step->job.cwd = context->root;
    step->job.cookie = unit;
    *unum_vec_push(&unit->steps) = step; // NOLINT(bugprone-sizeof-expression): a list of pointers
    return &step->argv;
}

/* A fresh folder below the cache. */
static int fresh_folder(struct unit_context *context, struct unit *unit, const char *name,
                        struct unum_err *err)
{
    char *UNUM_AUTO_FREE path = unit_path(context, unit, name);
    int rc = unum_remove_tree(path, err);
    return rc < 0 ? rc : unum_make_dirs(path, err);
}

static bool needs_cxx(const struct unit *unit)
{
    for (size_t i = 0; i < unit->source.files.files.len; i++) {
        if (source_is_cxx(unit->source.files.files.at[i].path))
            return true;
    }
    return false;
}

/* One command per source; objects and dependencies are numbered, so any name will do. */
static int compile_sources(struct unit_context *context, struct unit *unit, struct unum_err *err)
{
    int rc = fresh_folder(context, unit, "objects", err);
    if (rc < 0)
        return rc;
    const struct toolchain *tc = unit->toolchain;
    for (size_t i = 0; i < unit->source.files.files.len; i++) {
        const char *path = unit->source.files.files.at[i].path;
        bool cxx = source_is_cxx(path);
        if (!cxx && !source_is_c(path))
            continue;
        struct words *argv = add_step(context, unit);
        words_append(argv, cxx ? &tc->cxx : &tc->cc);
        words_append(argv, cxx ? &tc->cxxflags : &tc->cflags);
        words_printf(argv, "-I%s", unit->dir);
        words_printf(argv, "-ffile-prefix-map=%s=.", context->absolute_root);
        words_add(argv, "-MMD");
        words_add(argv, "-MF");
        words_printf(argv, "%s/objects/%zu.d", unit->cache, i);
        words_add(argv, "-c");
        words_printf(argv, "%s/%s", unit->dir, path);
        words_add(argv, "-o");
        words_printf(argv, "%s/objects/%zu.o", unit->cache, i);
    }
    return 0;
}

static bool refers_to_cjson(struct unit_context *context, struct unit *unit, const char *object)
{
    char *UNUM_AUTO_FREE path = unum_path_join(context->root, object);
    struct unum_buf UNUM_AUTO_BUF bytes = UNUM_BUF_INIT(UNUM_LIMIT_BUNDLE);
    (void)unit;
    return unum_file_read(path, &bytes, NULL) == 0 &&
           elf_refers_to(unum_buf_str(&bytes), UNUM_STR("cJSON_"));
}

static void link_objects(struct unit_context *context, struct unit *unit)
{
    const struct toolchain *tc = unit->toolchain;
    struct words objects = {.arena = context->arena};
    bool cjson = false;
    for (size_t i = 0; i < unit->source.files.files.len; i++) {
        const char *path = unit->source.files.files.at[i].path;
        if (!source_is_cxx(path) && !source_is_c(path))
            continue;
        words_printf(&objects, "%s/objects/%zu.o", unit->cache, i);
        cjson = cjson || refers_to_cjson(context, unit, objects.at[objects.len - 1]);
    }
    /* Debian has no static cJSON: such a function is dynamic and carries the library. */
    bool dynamic = cjson || context->options->sanitize;
    struct words *argv = add_step(context, unit);
    words_append(argv, needs_cxx(unit) ? &tc->cxx : &tc->cc);
    toolchain_link_flags(tc, context->options, dynamic, argv);
    if (dynamic && needs_cxx(unit) && !context->options->sanitize)
        words_add(argv, "-static-libstdc++");
    words_append(argv, &objects);
    toolchain_link_libraries(tc, dynamic, cjson, argv);
    words_add(argv, "-o");
    words_printf(argv, "%s/out/bootstrap", unit->cache);
}

static int configure_cmake(struct unit_context *context, struct unit *unit, struct unum_err *err)
{
    /* Another compiler or other options: CMake cannot change them in a configured tree. */
    int rc = fresh_folder(context, unit, "objects", err);
    if (rc < 0)
        return rc;
    const struct toolchain *tc = unit->toolchain;
    struct words flags = {.arena = context->arena}, libraries = {.arena = context->arena};
    bool dynamic = context->options->sanitize;
    toolchain_link_flags(tc, context->options, dynamic, &flags);
    toolchain_link_libraries(tc, dynamic, false, &libraries);
    struct words *argv = add_step(context, unit);
    words_split(argv, "cmake -G");
    words_add(argv, "Unix Makefiles");
    words_printf(argv, "-S%s", unit->dir);
    words_printf(argv, "-B%s/objects", unit->cache);
    words_printf(argv, "-DCMAKE_PREFIX_PATH=%s", tc->prefix);
    words_printf(argv, "-Dunum_DIR=%s/share/unum/cmake", tc->prefix);
    words_printf(argv, "-DCMAKE_C_COMPILER=%s", words_join(&tc->cc, ";"));
    if (tc->compiler_files.len > 1)
        words_printf(argv, "-DCMAKE_CXX_COMPILER=%s", words_join(&tc->cxx, ";"));
    /* Options are ours; a build type would add its own. */
    words_add(argv, "-DCMAKE_BUILD_TYPE=None");
    words_printf(argv, "-DCMAKE_C_FLAGS=%s -MMD -ffile-prefix-map=%s=.",
                 words_join(&tc->cflags, " "), context->absolute_root);
    words_printf(argv, "-DCMAKE_CXX_FLAGS=%s -MMD -ffile-prefix-map=%s=.",
                 words_join(&tc->cxxflags, " "), context->absolute_root);
    words_printf(argv, "-DCMAKE_RUNTIME_OUTPUT_DIRECTORY=%s/%s/out", context->absolute_root,
                 unit->cache);
    words_printf(argv, "-DUNUM_LINK_OPTIONS=%s", words_join(&flags, ";"));
    words_printf(argv, "-DUNUM_LINK_LIBRARIES=%s", words_join(&libraries, ";"));
    if (tc->cross) {
        words_add(argv, "-DCMAKE_SYSTEM_NAME=Linux");
        words_printf(argv, "-DCMAKE_SYSTEM_PROCESSOR=%s",
                     tc->machine == ELF_AARCH64 ? "aarch64" : "x86_64");
    }
    return 0;
}

static void build_cmake(struct unit_context *context, struct unit *unit)
{
    struct words *argv = add_step(context, unit);
    words_split(argv, "cmake --build");
    words_printf(argv, "%s/objects", unit->cache);
}

/* CFLAGS and LDLIBS go through the environment, where "CFLAGS += -Dx" adds to them and
 * "CFLAGS = ..." replaces them; what must not be replaced is on the command line. */
static void make_make(struct unit_context *context, struct unit *unit)
{
    const struct toolchain *tc = unit->toolchain;
    struct words flags = {.arena = context->arena}, libraries = {.arena = context->arena};
    bool dynamic = context->options->sanitize;
    toolchain_link_flags(tc, context->options, dynamic, &flags);
    toolchain_link_libraries(tc, dynamic, false, &libraries);
    const char *ldflags = words_join(&flags, " "), *ldlibs = words_join(&libraries, " ");
    struct words cflags = {.arena = context->arena}, cxxflags = {.arena = context->arena};
    words_append(&cflags, &tc->cflags);
    words_append(&cxxflags, &tc->cxxflags);
    words_printf(&cflags, "-MMD -ffile-prefix-map=%s=.", context->absolute_root);
    words_printf(&cxxflags, "-MMD -ffile-prefix-map=%s=.", context->absolute_root);

    struct words env = {.arena = context->arena};
    static const char *const replaced[] = {"CFLAGS=", "CXXFLAGS=", "LDFLAGS=", "LDLIBS="};
    for (const char *const *at = context->env; *at; at++) {
        bool ours = false;
        for (size_t i = 0; i < UNUM_COUNT(replaced); i++)
            ours = ours || strncmp(*at, replaced[i], strlen(replaced[i])) == 0;
        if (!ours)
            words_add(&env, *at);
    }
    words_printf(&env, "CFLAGS=%s", words_join(&cflags, " "));
    words_printf(&env, "CXXFLAGS=%s", words_join(&cxxflags, " "));
    words_printf(&env, "LDFLAGS=%s", ldflags);
    words_printf(&env, "LDLIBS=%s", ldlibs);

    struct words *argv = add_step(context, unit);
    unit->steps.at[unit->steps.len - 1]->job.env = env.at;
    words_split(argv, "make --no-print-directory -C");
    words_add(argv, unit->dir);
    words_printf(argv, "CC=%s", words_join(&tc->cc, " "));
    words_printf(argv, "CXX=%s", words_join(&tc->cxx, " "));
    words_printf(argv, "UNUM_PREFIX=%s", tc->prefix);
    words_printf(argv, "UNUM_CFLAGS=%s", words_join(&cflags, " "));
    words_printf(argv, "UNUM_CXXFLAGS=%s", words_join(&cxxflags, " "));
    words_printf(argv, "UNUM_LDFLAGS=%s", ldflags);
    words_printf(argv, "UNUM_LDLIBS=%s", ldlibs);
    words_printf(argv, "OUT=%s/%s/out", context->absolute_root, unit->cache);
}

/* The program lies where it was: only its content is looked at. */
static int take_prebuilt(struct unit_context *context, struct unit *unit, struct unum_err *err)
{
    char *UNUM_AUTO_FREE dir = unum_path_join(context->root, unit->dir);
    char *UNUM_AUTO_FREE from = unum_path_join(dir, "bootstrap");
    char *UNUM_AUTO_FREE to = unit_path(context, unit, "out/bootstrap");
    return unum_file_copy(from, to, err);
}

static void say(struct unit_context *context, const struct unit *unit, const char *phase)
{
    if (context->options->progress)
        context->options->progress(context->options->cookie, unit->name, phase);
}

static int first_stage(struct unit_context *context, struct unit *unit, struct unum_err *err)
{
    int rc = fresh_folder(context, unit, "out", err);
    if (rc < 0)
        return rc;
    switch (unit->source.kind) {
    case SOURCE_PREBUILT:
        say(context, unit, "use the bootstrap that is there");
        return take_prebuilt(context, unit, err);
    case SOURCE_CMAKE:
        say(context, unit, "configure");
        return configure_cmake(context, unit, err);
    case SOURCE_MAKE:
        say(context, unit, "make");
        make_make(context, unit);
        return 0;
    case SOURCE_FILES:
        say(context, unit, "compile");
        return compile_sources(context, unit, err);
    case SOURCE_NOTHING:
        break;
    }
    return unum_err_set(err, UNUM_E_BUG, "a unit without sources was started");
}

int unit_advance(struct unit_context *context, struct unit *unit, bool *ret_done,
                 struct unum_err *err)
{
    unit->stage_start = unit->steps.len;
    if (unit->state == UNIT_WAITING) {
        unit->state = UNIT_RUNNING;
        int rc = first_stage(context, unit, err);
        if (rc < 0)
            return rc;
    } else if (unit->stage == 1 && unit->source.kind == SOURCE_FILES) {
        say(context, unit, "link");
        link_objects(context, unit);
    } else if (unit->stage == 1 && unit->source.kind == SOURCE_CMAKE) {
        say(context, unit, "build");
        build_cmake(context, unit);
    }
    unit->stage++;
    for (size_t i = unit->stage_start; i < unit->steps.len; i++)
        unit->steps.at[i]->job.argv = unit->steps.at[i]->argv.at;
    *ret_done = unit->stage_start == unit->steps.len;
    return 0;
}

/* CMake and make may name the program as the function is named. */
static int find_program(struct unit_context *context, struct unit *unit, char **ret,
                        struct unum_err *err)
{
    const char *named = unum_arena_printf(context->arena, "out/%.*s", UNUM_STR_ARG(unit->name)).ptr;
    const char *const candidates[] = {"out/bootstrap", named};
    for (size_t i = 0; i < UNUM_COUNT(candidates); i++) {
        char *path = unit_path(context, unit, candidates[i]);
        if (access(path, X_OK) == 0 && !unum_is_dir(path)) {
            *ret = path;
            return 0;
        }
        free(path);
    }
    unum_err_set(err, UNUM_E_NOTFOUND, "function %.*s: its build made no program",
                 UNUM_STR_ARG(unit->name));
    return unit->source.kind == SOURCE_MAKE
               ? unum_err_hint(err, "the Makefile's first target must make $(OUT)/bootstrap")
               : unum_err_hint(err, "name the executable target bootstrap or %.*s",
                               UNUM_STR_ARG(unit->name));
}

int unit_finish(struct unit_context *context, struct unit *unit, struct unum_err *err)
{
    char *UNUM_AUTO_FREE made = NULL;
    char *UNUM_AUTO_FREE final = unit_path(context, unit, "bootstrap");
    int rc = find_program(context, unit, &made, err);
    if (rc < 0)
        return rc;
    rc = unit_check_program(context, unit, made, err);
    if (rc < 0)
        return unum_err_wrap(err, "function %.*s", UNUM_STR_ARG(unit->name));
    if (rename(made, final) != 0)
        return unum_err_sys(err, errno, "write %s", final);
    rc = unit_stamp_write(context, unit, err);
    if (rc == 0)
        unit->state = UNIT_BUILT;
    return rc;
}
