#include <string.h>

#include "diff_side.h"
#include "diff_view.h"
#include "verbs.h"

struct args {
    const char *template;
    bool exit_code, check;
};

static const struct opt_row options[] = {
    {.name = "check",
     .help = "exit with 5 if runs in flight would not survive the change",
     .type = OPT_FLAG,
     .at = offsetof(struct args, check),
     .common = true},
    {.name = "exit-code",
     .help = "exit with 1 if anything differs",
     .type = OPT_FLAG,
     .at = offsetof(struct args, exit_code),
     .common = true},
    {.letter = 't',
     .name = "template",
     .placeholder = "FILE",
     .help = "application whose functions bare definitions use; without it unum-template.yaml here "
             "or above, and what they name themselves",
     .type = OPT_FILE,
     .at = offsetof(struct args, template),
     .env = "UNUM_TEMPLATE"},
    OPT_END,
};

static const struct opt_operand operands[] = {
    {.placeholder = "OLD",
     .help = "state machine, template, application's folder, IR or folder of IR; - reads one of "
             "these files from standard input",
     .complete = OPT_COMPLETE_FILE},
    {.placeholder = "NEW",
     .help = "the same; without it the application here",
     .optional = true,
     .complete = OPT_COMPLETE_FILE},
    {0},
};

static const struct command_example examples[] = {
    {"unum diff .unum/ir", "since the last compile or build"},
    {"git show HEAD:unum-step-functions.json | unum diff -", "since the last commit"},
    {"unum diff old.json new.json --check", "may it be deployed while runs are in flight?"},
    {NULL, NULL},
};

static const struct command_exit exits[] = {
    {5, "with --check: runs in flight would not survive the change"},
    {7, "the files are not valid"},
    {0, NULL},
};

static int run(struct program *p, const void *arguments, struct unum_err *err)
{
    const struct args *args = arguments;
    const char *given[] = {program_operand(p, 0), program_operand(p, 1)};
    struct diff_side old = {0}, new = {0};
    struct diff diff;
    if (given[0] && given[1] && strcmp(given[0], "-") == 0 && strcmp(given[1], "-") == 0)
        return unum_err_set(err, UNUM_E_USAGE, "standard input can be one of the two only");
    int rc = diff_side_read(p, given[0], args->template, &old, err);
    if (rc == 0)
        rc = diff_side_read(p, given[1], args->template, &new, err);
    if (rc < 0)
        return rc;
    diff_make(&old.app, &new.app, &p->arena, &diff);
    if (program_json(p))
        diff_view_json(p, old.title, new.title, &diff);
    else
        diff_view_text(p, old.title, new.title, &diff);
    if (args->check && diff.verdict == DIFF_UNSAFE)
        return unum_err_set(err, UNUM_E_CONFLICT, "runs in flight would not survive this change");
    if (args->exit_code && diff.changed)
        return unum_err_set(err, UNUM_E_INVAL, "%zu function%s differ%s", diff.changed,
                            diff.changed == 1 ? "" : "s", diff.changed == 1 ? "s" : "");
    return 0;
}

const struct command cmd_diff = {
    .name = "diff",
    .summary = "what changes between two versions, and what it does to runs in flight",
    .about =
        "Compares two versions of an application by what its functions do: functions that appear "
        "or disappear, and for each that stays one sentence for everything it does differently, "
        "with what a deployment changes about it. The hash of the machine stands in every IR, so "
        "that "
        "a new comment gives every function a new IR, which does the same. What user code does is "
        "not compared.\n\n"
        "Then it says whether runs that have begun with OLD can go on with NEW, and if not, which "
        "of them stop or fail and why. \"safe\" means that no run is hurt. \"repair\" means that "
        "only a run is hurt of which an invocation dies, or is just starting many others, while "
        "the functions are replaced. \"unsafe\" means that runs in the named states stop, fail or "
        "mix results. Functions are replaced one after the other, so runs go by both versions for "
        "a while; that is taken into account.\n\n"
        "The exit status is 0 whether or not there are differences, unless --exit-code or --check "
        "is given.",
    .options = options,
    .args_size = sizeof(struct args),
    .operands = operands,
    .examples = examples,
    .exits = exits,
    .run = run,
};
