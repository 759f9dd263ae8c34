/*
 * commands: the table of verbs. Help, man pages, completions and the checks of tests/lint read it.
 * A new verb is one file cmd_<verb>.c, one row here, one tests/e2e/<verb>.bats.
 */
#ifndef UNUM_CLI_COMMANDS_H
#define UNUM_CLI_COMMANDS_H

#include "program.h"

enum command_group {
    GROUP_START,
    GROUP_WRITE,
    GROUP_HERE,
    GROUP_AWS,
    GROUP_RUNS,
    GROUP_HELP,
    GROUP_HIDDEN,
};

struct command_row {
    enum command_group group;
    const struct command *command;
};

/* In the order help prints them; the last row has no command. */
extern const struct command_row commands[];
extern const char *const command_group_titles[];

/* Accepted before and after every verb; they fill struct globals. */
extern const struct opt_row global_options[];
/* What every verb can end with. */
extern const struct command_exit common_exits[];

const struct command *command_find(struct unum_str name);
/* NULL, or the subcommand of that name. */
const struct command *command_sub(const struct command *command, struct unum_str name);

#endif
