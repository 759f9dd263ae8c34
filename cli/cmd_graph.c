#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "graph/graph.h"
#include "template/app.h"
#include "verbs.h"
#include "workflow.h"

struct args {
    int format;
    const char *template, *definition, *out;
};

static const char *const formats[] = {"dot", "mermaid", "svg", NULL};

static const struct opt_row options[] = {
    {.letter = 'f',
     .name = "format",
     .placeholder = "NAME",
     .help = "language of the picture",
     .type = OPT_CHOICE,
     .at = offsetof(struct args, format),
     .choices = formats,
     .preset = "svg",
     .common = true},
    {.letter = 'o',
     .name = "out",
     .placeholder = "FILE",
     .help = "file to write; without it standard output",
     .type = OPT_FILE,
     .at = offsetof(struct args, out),
     .common = true},
    {.letter = 'w',
     .name = "workflow",
     .placeholder = "FILE",
     .help = "state machine to draw instead of the one the template names",
     .type = OPT_FILE,
     .at = offsetof(struct args, definition)},
    TEMPLATE_OPTION(struct args, template),
    OPT_END,
};

static const struct command_example examples[] = {
    {"unum graph -o machine.svg", "a picture for a browser"},
    {"unum graph -f mermaid", "a picture in a README"},
    {"unum graph -f dot | dot -Tpdf -o machine.pdf", "drawn by Graphviz"},
    {NULL, NULL},
};

static const struct command_exit exits[] = {
    {7, "the files are not valid"},
    {0, NULL},
};

static int no_machine(struct unum_err *err)
{
    unum_err_set(err, UNUM_E_UNSUPPORTED, "this application has no state machine to draw");
    return unum_err_hint(err, "name a WorkflowDefinition in Globals, or use -w FILE");
}

static int run(struct program *p, const void *arguments, struct unum_err *err)
{
    const struct args *args = arguments;
    struct compile_checked checked = {0};
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    int rc = workflow_override(p, args->definition, err);
    if (rc == 0)
        rc = compile_check(p->app, &p->arena, &p->diags, &checked, err);
    if (rc == 0)
        rc = program_check_diags(p, err);
    if (rc == 0 && !checked.machine)
        rc = no_machine(err);
    if (rc == 0)
        rc = graph_render(checked.machine, checked.functions, p->app->name,
                          (enum graph_format)args->format, &text, err);
    if (rc == 0 && args->out && strcmp(args->out, "-") != 0)
        return unum_file_update(args->out, unum_buf_str(&text), 0644, err);
    if (rc < 0)
        return rc;
    if (!program_json(p)) {
        ui_write(&p->out, unum_buf_str(&text));
        return 0;
    }
    struct json_writer w = JSON_WRITER(&p->result);
    json_object_begin(&w);
    json_key(&w, "format");
    json_strings(&w, formats[args->format]);
    json_key(&w, "text");
    json_string(&w, unum_buf_str(&text));
    json_object_end(&w);
    return 0;
}

const struct command cmd_graph = {
    .name = "graph",
    .summary = "draw the state machine and which function runs what",
    .about = "Draws the state machine of the application as SVG that needs nothing else, as DOT "
             "for Graphviz, or as Mermaid for pages that draw it.\n\n"
             "A Task and the states that its function evaluates in place have one colour: they "
             "need no invocation of their own. White states are evaluated by whichever function "
             "arrives, grey ones by the entry function. A Map or Parallel has the colour of the "
             "function that opens it.",
    .options = options,
    .args_size = sizeof(struct args),
    .examples = examples,
    .exits = exits,
    .needs = NEEDS_PROJECT,
    .run = run,
};
