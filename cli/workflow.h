/*
 * workflow: the steps several verbs share: template -> IR -> bundles.
 */
#ifndef UNUM_CLI_WORKFLOW_H
#define UNUM_CLI_WORKFLOW_H

#include "compile/compile.h"
#include "package/build.h"
#include "program.h"
#include "template/cloudformation.h"

/* Use another definition than the template names; `path` as the user typed it. */
UNUM_CHECKED int workflow_override(struct program *p, const char *path, struct unum_err *err);
/* Names of the platforms, of the architectures (0: as the template says) and of the formats (in the
 * order of the enumeration), and the rows of the options that choose one. */
extern const char *const workflow_platforms[], *const workflow_arches[], *const workflow_formats[];
/* NOLINTBEGIN(bugprone-macro-parentheses): types and members take no parentheses. */
#define PLATFORM_OPTION(args_type, field, what)                                                    \
    {                                                                                              \
        .letter = 'p', .name = "platform", .placeholder = "NAME", .help = (what),                  \
        .type = OPT_CHOICE, .at = offsetof(args_type, field), .choices = workflow_platforms,       \
        .preset = "aws"                                                                            \
    }
#define ARCH_OPTION(args_type, field)                                                              \
    {                                                                                              \
        .name = "arch", .placeholder = "NAME",                                                     \
        .help = "architecture of every function; template: what it says of each",                  \
        .type = OPT_CHOICE, .at = offsetof(args_type, field), .choices = workflow_arches,          \
        .preset = "template", .env = "UNUM_ARCH"                                                   \
    }
#define FORMAT_OPTION(args_type, field, what)                                                      \
    {                                                                                              \
        .name = "format", .placeholder = "NAME", .help = (what), .type = OPT_CHOICE,               \
        .at = offsetof(args_type, field), .choices = workflow_formats, .preset = "cloudformation"  \
    }
/* NOLINTEND(bugprone-macro-parentheses) */
/* Every function for one architecture of workflow_arches, whatever the template says; 0 changes
 * nothing. */
void workflow_arch(struct program *p, int arch);
/* Compile p->app; INVALID_FILE if there are diagnostics. Nothing is written. */
UNUM_CHECKED int workflow_compile(struct program *p, struct compiled **ret, struct unum_err *err);

struct workflow_build {
    bool debug, sanitize, clean, zip;
    int64_t jobs;
};
/* Write the IR and make the bundles, telling about it on standard error. */
UNUM_CHECKED int workflow_build(struct program *p, const struct compiled *compiled,
                                const struct workflow_build *how, struct build_result *ret,
                                struct unum_err *err);
/* The platform's template: as text, or written to `path` if it would change. */
UNUM_CHECKED int workflow_render(struct program *p, const struct compiled *compiled,
                                 enum cloudformation_format format, struct unum_buf *out,
                                 struct unum_err *err);
UNUM_CHECKED int workflow_template(struct program *p, const struct compiled *compiled,
                                   enum cloudformation_format format, const char *path,
                                   struct unum_err *err);
/* ".unum/<name>" below the application's folder; owned. */
char *workflow_file(const struct program *p, const char *name);

#endif
