#include <string.h>

#include "asl/states.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "eval/test_state.h"
#include "template/app.h"
#include "test_view.h"
#include "verbs.h"
#include "yaml/yaml_doc.h"

struct args {
    const char *definition, *state, *template;
    const char *data, *file, *context, *variables, *result, *error, *cause;
    int64_t retries, failures;
    int level, validation;
};

static const char *const levels[] = {"INFO", "DEBUG", "TRACE", NULL};
static const char *const validations[] = {"STRICT", "PRESENT", "NONE", NULL};

static const struct opt_row options[] = {
    {.letter = 'w',
     .name = "definition",
     .placeholder = "FILE",
     .help = "state machine, or one state; without it the application's own machine",
     .type = OPT_FILE,
     .at = offsetof(struct args, definition),
     .common = true},
    {.letter = 's',
     .name = "state",
     .placeholder = "JSON",
     .help = "the state itself, or @FILE",
     .type = OPT_STRING,
     .at = offsetof(struct args, state)},
    {.letter = 'd',
     .name = "data",
     .placeholder = "JSON",
     .help = "input, or @FILE; {} without it",
     .type = OPT_STRING,
     .at = offsetof(struct args, data),
     .common = true},
    {.letter = 'f',
     .name = "file",
     .placeholder = "FILE",
     .help = "file with the input; - reads standard input",
     .type = OPT_FILE,
     .at = offsetof(struct args, file)},
    {.letter = 'r',
     .name = "result",
     .placeholder = "JSON",
     .help = "what the Task, Map or Parallel answers, or @FILE",
     .type = OPT_STRING,
     .at = offsetof(struct args, result),
     .common = true},
    {.letter = 'e',
     .name = "error",
     .placeholder = "NAME",
     .help = "the error that the Task, Map or Parallel fails with",
     .type = OPT_STRING,
     .at = offsetof(struct args, error),
     .common = true},
    {.name = "cause",
     .placeholder = "TEXT",
     .help = "the cause that goes with --error",
     .type = OPT_STRING,
     .at = offsetof(struct args, cause)},
    {.name = "context",
     .placeholder = "JSON",
     .help = "context object ($$), or @FILE",
     .type = OPT_STRING,
     .at = offsetof(struct args, context)},
    {.name = "variables",
     .placeholder = "JSON",
     .help = "object with the variables, or @FILE",
     .type = OPT_STRING,
     .at = offsetof(struct args, variables)},
    {.name = "retry-count",
     .placeholder = "N",
     .help = "how often the retrier that takes the error has retried",
     .type = OPT_INT,
     .at = offsetof(struct args, retries),
     .min = 0,
     .max = 99999999,
     .preset = "0"},
    {.name = "failed-elements",
     .placeholder = "N",
     .help = "how many elements of a Map have failed",
     .type = OPT_INT,
     .at = offsetof(struct args, failures),
     .min = 0,
     .max = 99999999,
     .preset = "0"},
    {.name = "inspection-level",
     .placeholder = "LEVEL",
     .help = "DEBUG and TRACE show the data between the steps",
     .type = OPT_CHOICE,
     .at = offsetof(struct args, level),
     .choices = levels,
     .preset = "INFO"},
    {.name = "validation",
     .placeholder = "MODE",
     .help = "how a mocked result is held against what the service answers",
     .type = OPT_CHOICE,
     .at = offsetof(struct args, validation),
     .choices = validations,
     .preset = "STRICT"},
    TEMPLATE_OPTION(struct args, template),
    OPT_END,
};

static const struct opt_operand operands[] = {
    {.placeholder = "STATE",
     .help = "name of the state in the machine; without it FILE or JSON is the state",
     .optional = true},
    {0},
};

static const struct command_example examples[] = {
    {"unum test-state Route -d '{\"n\":3}'", "where a choice goes"},
    {"unum test-state Resize -r '{\"ok\":true}' --inspection-level DEBUG", "a Task's data, mocked"},
    {"unum test-state Resize -e Busy --retry-count 2", "what Retry and Catch make of an error"},
    {"unum test-state -s '{\"Type\":\"Pass\",\"Parameters\":{\"id.$\":\"States.UUID()\"}}'",
     "a state that stands nowhere yet"},
    {NULL, NULL},
};

static const struct command_exit exits[] = {
    {7, "the definition is not valid"},
    {0, NULL},
};

static bool is_unsupported(const struct unum_diag *diag)
{
    return strncmp(unum_code_row(diag->code)->id, "E05", 3) == 0;
}

/* A whole machine is judged first; what is only not supported elsewhere in it does not matter. */
static int check_machine(struct program *p, const struct doc *doc, struct unum_err *err)
{
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    bool wrong = false;
    if (!doc_get(doc, "States"))
        return 0;
    (void)asl_parse(doc, NULL, &p->arena, &diags);
    for (size_t i = 0; i < diags.list.len; i++)
        wrong = wrong ||
                (diags.list.at[i].level == UNUM_LEVEL_ERROR && !is_unsupported(&diags.list.at[i]));
    if (!wrong)
        return 0;
    struct unum_diags before = p->diags;
    p->diags = diags;
    diags = before;
    return program_check_diags(p, err);
}

/* A definition in a file, JSON or YAML, as checked JSON. */
static int read_definition(struct program *p, const char *path, struct unum_str *ret,
                           struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT((size_t)p->global.max_definition);
    struct unum_buf UNUM_AUTO_BUF json = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    int rc = unum_file_read(path, &text, err);
    if (rc < 0)
        return unum_err_wrap(err, "definition");
    struct unum_source *source = UNUM_ARENA_NEW(&p->arena, struct unum_source);
    source->path = unum_arena_str(&p->arena, unum_str_from(path)).ptr;
    source->text = unum_arena_str(&p->arena, unum_buf_str(&text));
    struct doc *doc = doc_parse_file(source, &p->arena, &p->diags);
    rc = program_check_diags(p, err);
    if (rc == 0 && doc)
        rc = check_machine(p, doc, err);
    if (rc < 0 || !doc)
        return rc;
    struct json_writer w = JSON_WRITER(&json);
    doc_write_json(doc, &w);
    return json_check(unum_arena_str(&p->arena, unum_buf_str(&json)), ret, err);
}

/* A value of the command line; ptr NULL stays. */
static int read_value(struct program *p, const char *text, const char *file, const char *what,
                      struct unum_str *ret, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF buffer = UNUM_BUF_INIT(UNUM_LIMIT_SYNC_PAYLOAD);
    struct unum_str value;
    if (!text && !file)
        return 0;
    int rc = program_payload(text, file, &buffer, &value, err);
    if (rc < 0)
        return unum_err_wrap(err, "%s", what);
    *ret = unum_arena_str(&p->arena, value);
    return 0;
}

static int find_definition(struct program *p, const struct args *args, struct unum_str *ret,
                           struct unum_err *err)
{
    if (args->state && args->definition)
        return unum_err_set(err, UNUM_E_USAGE, "-s and -w both give the definition; use one");
    if (args->state)
        return read_value(p, args->state, NULL, "state", ret, err);
    if (args->definition)
        return read_definition(p, args->definition, ret, err);
    int rc = program_open_project(p, args->template, err);
    if (rc < 0)
        return rc;
    if (!p->app->definition.len)
        return unum_err_set(err, UNUM_E_NOTFOUND, "this application has no state machine");
    return read_definition(p, p->app->definition.ptr, ret, err);
}

static int read_request(struct program *p, const struct args *args, struct test_state_request *ret,
                        struct unum_err *err)
{
    const char *name = program_operand(p, 0);
    int rc = find_definition(p, args, &ret->definition, err);
    if (rc == 0)
        rc = read_value(p, args->data, args->file, "data", &ret->input, err);
    if (rc == 0)
        rc = read_value(p, args->context, NULL, "context", &ret->context, err);
    if (rc == 0)
        rc = read_value(p, args->variables, NULL, "variables", &ret->variables, err);
    if (rc == 0)
        rc = read_value(p, args->result, NULL, "result", &ret->result, err);
    if (rc < 0)
        return rc;
    if (ret->variables.ptr && json_type(ret->variables) != JSON_OBJECT)
        return unum_err_set(err, UNUM_E_USAGE, "--variables is a JSON object");
    if (args->cause && !args->error)
        return unum_err_set(err, UNUM_E_USAGE, "--cause goes with --error");
    if (!name && json_get(ret->definition, UNUM_STR("States"), &(struct unum_str){0})) {
        unum_err_set(err, UNUM_E_USAGE, "which state? the definition is a whole machine");
        return unum_err_hint(err, "name it: unum test-state STATE");
    }
    ret->name = unum_str_from(name);
    ret->fails = args->error != NULL;
    ret->error = unum_str_from(args->error);
    ret->cause = unum_str_from(args->cause);
    ret->validation = (enum test_state_validation)args->validation;
    ret->retry_count = args->retries;
    ret->failed_elements = args->failures;
    ret->now_ms = unum_wall_ms(&unum_clock_system);
    ret->seed = (uint64_t)unum_monotonic_ns(&unum_clock_system);
    return 0;
}

static int run(struct program *p, const void *arguments, struct unum_err *err)
{
    const struct args *args = arguments;
    struct test_state_request request = {0};
    struct test_state_result result;
    int rc = read_request(p, args, &request, err);
    if (rc == 0)
        rc = test_state_run(&request, &p->arena, &result, err);
    if (rc < 0)
        return rc;
    if (program_json(p))
        test_view_json(p, &result, args->level > 0);
    else
        test_view_text(p, &result, args->level > 0);
    return 0;
}

const struct command cmd_test_state = {
    .name = "test-state",
    .summary = "run one state of a machine on one input",
    .about = "Evaluates one state as Step Functions' TestState does: its input goes through "
             "InputPath, Parameters, ResultSelector, ResultPath, OutputPath and Assign, and what "
             "comes out is printed with the state that follows. Nothing is called: a Task, Map or "
             "Parallel answers with --result or fails with --error, and then Retry and Catch "
             "decide; the status is SUCCEEDED, FAILED, RETRIABLE or CAUGHT_ERROR.\n\n"
             "The exit status says only whether the state could be tested.",
    .options = options,
    .args_size = sizeof(struct args),
    .operands = operands,
    .examples = examples,
    .exits = exits,
    .needs = CHECKS_FILES,
    .run = run,
};
