#include "asl_application.h"

#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"

static int write_in(const char *dir, const char *name, struct unum_str text, struct unum_err *err)
{
    char *UNUM_AUTO_FREE path = unum_path_join(dir, name);
    return unum_file_write(path, text, 0644, err);
}

static int write_template(const char *dir, const struct asl_bound *bound, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEMPLATE);
    char *UNUM_AUTO_FREE tasks = unum_path_join(dir, "tasks");
    char *UNUM_AUTO_FREE executions = unum_path_join(dir, "executions");
    unum_buf_printf(&text,
                    "Globals:\n  ApplicationName: " ASL_APPLICATION "\n  FaaSPlatform: aws\n"
                    "  UnumIntermediaryDataStoreType: dynamodb\n  WorkflowType: step-functions\n"
                    "  WorkflowDefinition: machine.json\n  Runtime: provided.al2023\n"
                    "  Timeout: 60\n  Environment:\n    UNUM_TEST_TASKS: '%s'\n"
                    "    UNUM_TEST_EXECUTIONS: '%s'\nFunctions:\n",
                    tasks, executions);
    for (size_t i = 0; i < bound->functions.len; i++)
        unum_buf_printf(&text, "  %.*s:\n    Properties:\n      CodeUri: %.*s/\n",
                        UNUM_STR_ARG(bound->functions.at[i]), UNUM_STR_ARG(bound->functions.at[i]));
    if (!bound->functions.len) /* an application has at least one */
        unum_buf_adds(&text, "  Unused:\n    Properties:\n      CodeUri: Unused/\n");
    return write_in(dir, "unum-template.yaml", unum_buf_str(&text), err);
}

static int write_files(const char *dir, const struct asl_bound *bound, struct unum_err *err)
{
    int rc = unum_make_dirs(dir, err);
    if (rc == 0)
        rc = write_template(dir, bound, err);
    if (rc == 0)
        rc = write_in(dir, "machine.json", bound->definition, err);
    if (rc == 0)
        rc = write_in(dir, "tasks", bound->table, err);
    return rc < 0 ? rc : write_in(dir, "executions", UNUM_STR(""), err);
}

struct unum_str asl_application_errors(const struct unum_diags *diags, struct unum_arena *arena)
{
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    for (size_t i = 0; i < diags->list.len; i++) {
        const struct unum_diag *diag = &diags->list.at[i];
        if (diag->level == UNUM_LEVEL_ERROR)
            unum_buf_printf(&out, "%s%s %s", out.len ? "; " : "", unum_code_row(diag->code)->id,
                            diag->text);
    }
    return unum_arena_str(arena, unum_buf_str(&out));
}

/* What is right but not there yet has ids of its own. */
bool asl_application_unsupported(const struct unum_diags *diags)
{
    for (size_t i = 0; i < diags->list.len; i++) {
        const struct unum_diag *diag = &diags->list.at[i];
        const char *id = unum_code_row(diag->code)->id;
        if (diag->level == UNUM_LEVEL_ERROR && strncmp(id, "E05", 3) != 0)
            return false;
    }
    return true;
}

int asl_application(const struct asl_bound *bound, const char *dir, struct unum_arena *arena,
                    struct unum_diags *diags, struct app **ret_app, struct compiled **ret_compiled,
                    struct unum_err *err)
{
    char *UNUM_AUTO_FREE path = unum_path_join(dir, "unum-template.yaml");
    *ret_compiled = NULL;
    int rc = write_files(dir, bound, err);
    if (rc == 0)
        rc = app_read(path, arena, diags, ret_app, err);
    if (rc == 0 && *ret_app)
        rc = compile_app(*ret_app, arena, diags, ret_compiled, err);
    return rc;
}
