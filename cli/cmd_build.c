#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "template/app.h"
#include "verbs.h"
#include "workflow.h"

struct args {
    bool generate, clean, debug, sanitize;
    int platform, format, arch;
    const char *template, *platform_template;
    int64_t jobs;
};

static const struct opt_row options[] = {
    {.letter = 'g',
     .name = "generate",
     .help = "write the platform template too, as `unum template` does",
     .type = OPT_FLAG,
     .at = offsetof(struct args, generate)},
    PLATFORM_OPTION(struct args, platform, "where the functions will run"),
    ARCH_OPTION(struct args, arch),
    FORMAT_OPTION(struct args, format, "what -g writes: plain CloudFormation, or for AWS's SAM"),
    TEMPLATE_OPTION(struct args, template),
    {.letter = 's',
     .name = "platform-template",
     .placeholder = "FILE",
     .help = "where -g writes; without it template.yaml beside the application",
     .type = OPT_FILE,
     .at = offsetof(struct args, platform_template)},
    {.letter = 'c',
     .name = "clean",
     .help = "forget what was built before",
     .type = OPT_FLAG,
     .at = offsetof(struct args, clean),
     .common = true},
    {.name = "debug",
     .help = "symbols and no optimisation, for gdb",
     .type = OPT_FLAG,
     .at = offsetof(struct args, debug),
     .common = true},
    {.name = "sanitize",
     .help = "address and undefined-behaviour sanitizers; only for this machine",
     .type = OPT_FLAG,
     .at = offsetof(struct args, sanitize),
     .common = true},
    {.letter = 'j',
     .name = "jobs",
     .placeholder = "N",
     .help = "functions compiled at the same time; without it one per core",
     .type = OPT_INT,
     .at = offsetof(struct args, jobs),
     .min = 1,
     .max = 256,
     .env = "UNUM_JOBS"},
    OPT_END,
};

static const struct command_example examples[] = {
    {"unum build", "every function that changed"},
    {"unum build --debug", "with symbols"},
    {"unum build -c", "from nothing"},
    {"unum build --arch arm64", "for Graviton, with a cross compiler"},
    {NULL, NULL},
};

static const struct command_exit exits[] = {
    {3, "a function does not compile"},
    {7, "the files are not valid"},
    {0, NULL},
};

/* As the option was typed, else beside the application. */
static int generate(struct program *p, const struct compiled *compiled, const struct args *args,
                    struct unum_err *err)
{
    char *UNUM_AUTO_FREE beside = unum_path_join(p->app->dir, "template.yaml");
    return workflow_template(p, compiled, (enum cloudformation_format)args->format,
                             args->platform_template ? args->platform_template : beside, err);
}

static void report(struct program *p, const struct build_result *result, int64_t ms)
{
    if (program_json(p)) {
        struct json_writer w = JSON_WRITER(&p->result);
        json_object_begin(&w);
        json_key(&w, "built");
        json_int(&w, (int64_t)result->built);
        json_key(&w, "unchanged");
        json_int(&w, (int64_t)result->unchanged);
        json_key(&w, "durationMs");
        json_int(&w, ms);
        json_object_end(&w);
    } else if (!p->global.quiet) {
        ui_printf(&p->out, "built %zu, unchanged %zu, in %lld.%lld s\n", result->built,
                  result->unchanged, (long long)(ms / 1000), (long long)(ms % 1000 / 100));
    }
}

static int run(struct program *p, const void *arguments, struct unum_err *err)
{
    const struct args *args = arguments;
    struct compiled *compiled = NULL;
    struct build_result result = {0};
    struct workflow_build how = {.debug = args->debug,
                                 .sanitize = args->sanitize,
                                 .clean = args->clean,
                                 .zip = true,
                                 .jobs = args->jobs};
    int64_t began = unum_wall_ms(&unum_clock_system);
    workflow_arch(p, args->arch);
    int rc = workflow_compile(p, &compiled, err);
    if (rc == 0 && args->generate)
        rc = generate(p, compiled, args, err);
    if (rc == 0)
        rc = workflow_build(p, compiled, &how, &result, err);
    if (rc < 0)
        return rc;
    report(p, &result, unum_wall_ms(&unum_clock_system) - began);
    return 0;
}

const struct command cmd_build = {
    .name = "build",
    .summary = "compile every function and bundle it",
    .about = "Compiles the C sources of every function directory, links them with the runtime and "
             "writes .unum/build/<Node>/ and .unum/build/<Node>.zip. Equal inputs give equal "
             "bytes; unchanged functions are not built again. The program is checked to run on "
             "Amazon Linux 2023. Nothing is written into source directories.",
    .options = options,
    .args_size = sizeof(struct args),
    .examples = examples,
    .exits = exits,
    .needs = NEEDS_PROJECT,
    .run = run,
};
