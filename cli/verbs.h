/*
 * verbs: one object per verb, defined in cmd_<verb>.c.
 */
#ifndef UNUM_CLI_VERBS_H
#define UNUM_CLI_VERBS_H

#include "program.h"

/* clang-format off */
extern const struct command cmd_build;
extern const struct command cmd_compile;
extern const struct command cmd_complete;
extern const struct command cmd_completion;
extern const struct command cmd_delete;
extern const struct command cmd_deploy;
extern const struct command cmd_diff;
extern const struct command cmd_doctor;
extern const struct command cmd_explain;
extern const struct command cmd_graph;
extern const struct command cmd_help;
extern const struct command cmd_init;
extern const struct command cmd_invoke;
extern const struct command cmd_local;
extern const struct command cmd_logs;
extern const struct command cmd_run;
extern const struct command cmd_runs;
extern const struct command cmd_status;
extern const struct command cmd_sync;
extern const struct command cmd_template;
extern const struct command cmd_test_state;
extern const struct command cmd_validate;
extern const struct command cmd_version;
extern const struct command cmd_whoami;
/* clang-format on */

#endif
