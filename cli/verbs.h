/*
 * verbs: one object per verb, defined in cmd_<verb>.c.
 */
#ifndef UNUM_CLI_VERBS_H
#define UNUM_CLI_VERBS_H

#include "program.h"

extern const struct command cmd_build, cmd_compile, cmd_complete, cmd_completion, cmd_explain,
    cmd_help, cmd_init, cmd_invoke, cmd_local, cmd_logs, cmd_run, cmd_runs, cmd_status,
    cmd_template, cmd_validate, cmd_version, cmd_whoami;

#endif
