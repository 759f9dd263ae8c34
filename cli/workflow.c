#include "workflow.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "template/app.h"

int workflow_override(struct program *p, const char *path, struct unum_err *err)
{
    if (!path)
        return 0;
    if (!unum_file_exists(path))
        return unum_err_set(err, UNUM_E_NOTFOUND, "there is no %s", path);
    /* Paths of an application start at its folder, those of the command line here. */
    char *UNUM_AUTO_FREE here = getcwd(NULL, 0);
    if (!here)
        return unum_err_set(err, UNUM_E_IO, "the current folder is gone");
    char *UNUM_AUTO_FREE full = unum_path_join(here, path);
    p->app->definition = unum_arena_str(&p->arena, unum_str_from(full));
    p->app->definition_span = (struct unum_span){0};
    if (!p->app->workflow_type.len)
        p->app->workflow_type = UNUM_STR("step-functions");
    return 0;
}

const char *const workflow_platforms[] = {"aws", NULL};
const char *const workflow_arches[] = {"template", "x86_64", "arm64", NULL};

void workflow_arch(struct program *p, int arch)
{
    static const enum app_arch values[] = {APP_ARCH_X86_64, APP_ARCH_X86_64, APP_ARCH_ARM64};
    for (size_t i = 0; arch && i < p->app->functions_len; i++)
        p->app->functions[i].arch = values[arch];
}

int workflow_compile(struct program *p, struct compiled **ret, struct unum_err *err)
{
    int rc = compile_app(p->app, &p->arena, &p->diags, ret, err);
    return rc < 0 ? rc : program_check_diags(p, err);
}

char *workflow_file(const struct program *p, const char *name)
{
    char *UNUM_AUTO_FREE dir = unum_path_join(p->app->dir, ".unum");
    return unum_path_join(dir, name);
}

const char *const workflow_formats[] = {
    [CLOUDFORMATION_PLAIN] = "cloudformation", [CLOUDFORMATION_SAM] = "sam", NULL};

int workflow_render(struct program *p, const struct compiled *compiled,
                    enum cloudformation_format format, struct unum_buf *out, struct unum_err *err)
{
    struct cloudformation_node *nodes = unum_arena_array(&p->arena, compiled->len, sizeof(*nodes));
    for (size_t i = 0; i < compiled->len; i++)
        nodes[i] = (struct cloudformation_node){.node = compiled->at[i].node,
                                                .function = compiled->at[i].function,
                                                .ir = compiled->at[i].ir};
    return cloudformation_render(p->app, nodes, compiled->len, compiled->entry, format, out, err);
}

int workflow_template(struct program *p, const struct compiled *compiled,
                      enum cloudformation_format format, const char *path, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    int rc = workflow_render(p, compiled, format, &text, err);
    return rc < 0 ? rc : unum_file_update(path, unum_buf_str(&text), 0644, err);
}

/* What the build tells: lines of the user's compiler always; phases once it takes a while, or at
 * once when asked. */
struct telling {
    struct program *p;
    int64_t began_ns;
};

enum { PATIENCE_NS = 300000000 };

static void tell_phase(void *cookie, struct unum_str function, const char *phase)
{
    struct telling *t = cookie;
    const struct globals *global = &t->p->global;
    bool late = unum_monotonic_ns(&unum_clock_system) - t->began_ns > PATIENCE_NS;
    if (global->quiet || global->output != OUTPUT_TEXT || (!late && !global->verbose))
        return;
    ui_progress(&t->p->err, "%.*s: %s", UNUM_STR_ARG(function), phase);
}

static void tell_output(void *cookie, struct unum_str function, struct unum_str text)
{
    struct telling *t = cookie;
    (void)function;
    ui_progress_end(&t->p->err);
    ui_write(&t->p->err, text);
}

int workflow_build(struct program *p, const struct compiled *compiled,
                   const struct workflow_build *how, struct build_result *ret, struct unum_err *err)
{
    char *UNUM_AUTO_FREE prefix = NULL;
    struct telling telling = {.p = p, .began_ns = unum_monotonic_ns(&unum_clock_system)};
    int rc = compile_write(p->app, compiled, err);
    if (rc == 0)
        rc = program_prefix(&prefix, err);
    if (rc < 0)
        return rc;
    struct build_options options = {
        .debug = how->debug,
        .sanitize = how->sanitize,
        .clean = how->clean,
        .zip = how->zip,
        .jobs = (unsigned)how->jobs,
        .prefix = prefix,
        .cookie = &telling,
        .progress = tell_phase,
        .output = tell_output,
    };
    rc = build_app(p->app, compiled, &options, ret, err);
    ui_progress_end(&p->err);
    return rc < 0 ? unum_err_wrap(err, "build") : 0;
}
