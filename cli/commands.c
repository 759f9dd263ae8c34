#include "commands.h"

#include "base/limits.h"

#include "verbs.h"

const char *const command_group_titles[] = {
    [GROUP_START] = "Begin",
    [GROUP_WRITE] = "Write and check",
    [GROUP_HERE] = "Build and run on this machine",
    [GROUP_AWS] = "Put it on AWS",
    [GROUP_RUNS] = "Running workflows",
    [GROUP_HELP] = "Help",
    [GROUP_HIDDEN] = "Internal",
};

/* New rows are easily merged. */
/* clang-format off */
const struct command_row commands[] = {
    {GROUP_START, &cmd_init},  {GROUP_WRITE, &cmd_validate}, {GROUP_WRITE, &cmd_compile},
    {GROUP_WRITE, &cmd_graph}, {GROUP_WRITE, &cmd_diff},     {GROUP_WRITE, &cmd_test_state},
    {GROUP_WRITE, &cmd_template}, {GROUP_HERE, &cmd_build},
    {GROUP_HERE, &cmd_run},    {GROUP_HERE, &cmd_local},     {GROUP_AWS, &cmd_deploy},
    {GROUP_AWS, &cmd_sync},
    {GROUP_AWS, &cmd_delete},  {GROUP_RUNS, &cmd_invoke},    {GROUP_RUNS, &cmd_logs},
    {GROUP_RUNS, &cmd_status}, {GROUP_RUNS, &cmd_runs},      {GROUP_HELP, &cmd_doctor},
    {GROUP_HELP, &cmd_whoami}, {GROUP_HELP, &cmd_explain},   {GROUP_HELP, &cmd_completion},
    {GROUP_HELP, &cmd_help},   {GROUP_HELP, &cmd_version},   {GROUP_HIDDEN, &cmd_complete},
    {GROUP_HIDDEN, NULL},
};
/* clang-format on */

static const char *const output_choices[] = {"text", "json", "jsonl", "sarif", NULL};
static const char *const colour_choices[] = {"auto", "always", "never", NULL};

const struct opt_row global_options[] = {
    {.letter = 'C',
     .name = "directory",
     .placeholder = "DIR",
     .help = "work as if started in DIR",
     .type = OPT_FILE,
     .at = offsetof(struct globals, dir),
     .complete = OPT_COMPLETE_DIR},
    {.name = "output",
     .placeholder = "FORM",
     .help =
         "form of the result on standard output; jsonl for streams, sarif for what checks files",
     .type = OPT_CHOICE,
     .at = offsetof(struct globals, output),
     .choices = output_choices,
     .env = "UNUM_OUTPUT",
     .preset = "text"},
    {.name = "max-definition",
     .placeholder = "BYTES",
     .help = "largest state machine that is read",
     .type = OPT_INT,
     .at = offsetof(struct globals, max_definition),
     .min = 1024,
     .max = (int64_t)UNUM_LIMIT_TEXT,
     .env = "UNUM_MAX_DEFINITION",
     .preset = "1048576"},
    {.name = "color",
     .placeholder = "WHEN",
     .help = "colours; auto means on a terminal unless NO_COLOR is set",
     .type = OPT_CHOICE,
     .at = offsetof(struct globals, colour),
     .choices = colour_choices,
     .env = "UNUM_COLOR",
     .preset = "auto"},
    {.letter = 'q',
     .name = "quiet",
     .help = "nothing on standard error but errors",
     .type = OPT_FLAG,
     .at = offsetof(struct globals, quiet),
     .env = "UNUM_QUIET"},
    {.letter = 'v',
     .name = "verbose",
     .help = "say more; twice for even more",
     .type = OPT_COUNT,
     .at = offsetof(struct globals, verbose),
     .env = "UNUM_VERBOSE"},
    {.name = "debug",
     .help = "show every request that is made, without its content",
     .type = OPT_FLAG,
     .at = offsetof(struct globals, debug),
     .env = "UNUM_CLI_DEBUG"},
    {.name = "debug-file",
     .placeholder = "FILE",
     .help = "append to FILE what --debug shows",
     .type = OPT_STRING,
     .at = offsetof(struct globals, debug_file),
     .env = "UNUM_CLI_DEBUG_FILE"},
    {.letter = 'h',
     .name = "help",
     .help = "how to use the verb",
     .type = OPT_FLAG,
     .at = offsetof(struct globals, help)},
    {.name = "version",
     .help = "version of this program",
     .type = OPT_FLAG,
     .at = offsetof(struct globals, version)},
    OPT_END,
};

const struct command_exit common_exits[] = {
    {0, "what was asked for has happened"},
    {1, "error"},
    {2, "the command line is wrong"},
    {0, NULL},
};

const struct command *command_find(struct unum_str name)
{
    for (const struct command_row *row = commands; row->command; row++) {
        if (unum_str_is(name, row->command->name))
            return row->command;
    }
    return NULL;
}

const struct command *command_sub(const struct command *command, struct unum_str name)
{
    for (size_t i = 0; command->subcommands && command->subcommands[i]; i++) {
        if (unum_str_is(name, command->subcommands[i]->name))
            return command->subcommands[i];
    }
    return NULL;
}
