#include "asl/states.h"
#include "base/limits.h"
#include "explain_view.h"
#include "template/app.h"
#include "verbs.h"
#include "workflow.h"

struct args {
    int platform;
    const char *template, *definition;
    bool print, explain;
    int64_t elements;
};

static const char *const platforms[] = {"step-functions", NULL};

static const struct opt_row options[] = {
    {.letter = 'p',
     .name = "platform",
     .placeholder = "KIND",
     .help = "language of the definition",
     .type = OPT_CHOICE,
     .at = offsetof(struct args, platform),
     .choices = platforms,
     .preset = "step-functions"},
    {.letter = 'w',
     .name = "workflow",
     .placeholder = "FILE",
     .help = "state machine to compile instead of the one the template names",
     .type = OPT_FILE,
     .at = offsetof(struct args, definition),
     .common = true},
    {.letter = 't',
     .name = "template",
     .placeholder = "FILE",
     .help = "application; without it unum-template.yaml here or above",
     .type = OPT_FILE,
     .at = offsetof(struct args, template),
     .env = "UNUM_TEMPLATE",
     .common = true},
    {.name = "print",
     .help = "print the IR instead of writing it",
     .type = OPT_FLAG,
     .at = offsetof(struct args, print)},
    {.name = "explain",
     .help = "say where each state runs and why, and what a run costs, instead of writing anything",
     .type = OPT_FLAG,
     .at = offsetof(struct args, explain),
     .common = true},
    {.name = "elements",
     .placeholder = "N",
     .help = "elements of every Map for --explain",
     .type = OPT_INT,
     .at = offsetof(struct args, elements),
     .min = 0,
     .max = UNUM_LIMIT_FAN_OUT,
     .preset = "1"},
    OPT_END,
};

static const struct command_example examples[] = {
    {"unum compile", "what the template names"},
    {"unum compile -p step-functions -w m.json -t unum-template.yaml", "everything said"},
    {"unum compile --print", "look at the IR of every node"},
    {"unum compile --explain --elements 100", "who does what, and the cost of a run"},
    {NULL, NULL},
};

static const struct command_exit exits[] = {
    {7, "the files are not valid"},
    {0, NULL},
};

static void print_ir(struct program *p, const struct compiled *compiled)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    for (size_t i = 0; i < compiled->len; i++)
        ir_write(compiled->at[i].ir, &text);
    ui_write(&p->out, unum_buf_str(&text));
}

static void result_json(struct program *p, const struct compiled *compiled, bool with_ir)
{
    struct json_writer w = JSON_WRITER(&p->result);
    json_object_begin(&w);
    json_key(&w, "entry");
    json_string(&w, compiled->entry);
    json_key(&w, "nodes");
    json_array_begin(&w);
    for (size_t i = 0; i < compiled->len; i++) {
        json_object_begin(&w);
        json_key(&w, "node");
        json_string(&w, compiled->at[i].node);
        json_key(&w, "function");
        json_string(&w, compiled->at[i].function);
        if (with_ir) {
            struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
            ir_write(compiled->at[i].ir, &text);
            json_key(&w, "ir");
            json_raw(&w, unum_str_trim(unum_buf_str(&text)));
        }
        json_object_end(&w);
    }
    json_array_end(&w);
    json_object_end(&w);
}

/* The state that the entry node runs has no name in any IR if nothing leads back to it. */
static int name_start(struct program *p, struct plan_whole *whole, struct unum_err *err)
{
    /* Everything was said when it was compiled. */
    struct unum_diags UNUM_AUTO_DIAGS again = UNUM_DIAGS_INIT;
    struct compile_checked checked;
    struct plan_state *start =
        whole->start == PLAN_NONE || !whole->states.at ? NULL : &whole->states.at[whole->start];
    int rc = compile_check(p->app, &p->arena, &again, &checked, err);
    if (rc == 0 && checked.machine && start && !start->entry)
        start->name = checked.machine->scope.start->name;
    return rc;
}

static int explain(struct program *p, const struct compiled *compiled, uint64_t elements,
                   struct unum_err *err)
{
    struct explanation e = {0};
    if (!p->app->definition.len) {
        unum_err_set(err, UNUM_E_UNSUPPORTED, "there is no state machine to explain");
        return unum_err_hint(err, "hand-written IR says itself what runs where");
    }
    e.app.at = unum_arena_array(&p->arena, compiled->len, sizeof(*e.app.at));
    for (size_t i = 0; i < compiled->len; i++) {
        const struct compiled_node *node = &compiled->at[i];
        if (node->ir->has_region)
            e.app.at[e.app.len++] = (struct plan_node){node->node, node->function, node->ir};
    }
    plan_whole(&e.app, &e.whole);
    int rc = name_start(p, &e.whole, err);
    if (rc == 0) {
        plan_places(&e.app, &e.whole, &p->arena, &e.places);
        plan_cost(&e.whole, elements, &p->arena, &e.costs);
        if (program_json(p))
            explain_view_json(p, &e);
        else
            explain_view_text(p, &e);
    }
    plan_whole_done(&e.whole);
    return rc;
}

static int run(struct program *p, const void *arguments, struct unum_err *err)
{
    const struct args *args = arguments;
    struct compiled *compiled = NULL;
    int rc = workflow_override(p, args->definition, err);
    if (rc < 0)
        return rc;
    rc = workflow_compile(p, &compiled, err);
    if (rc == 0 && args->explain)
        return p->global.output == OUTPUT_SARIF
                   ? 0
                   : explain(p, compiled, (uint64_t)args->elements, err);
    if (rc == 0 && !args->print)
        rc = compile_write(p->app, compiled, err);
    if (rc < 0)
        return rc;
    if (program_json(p)) {
        result_json(p, compiled, args->print);
        return 0;
    }
    if (p->global.output == OUTPUT_SARIF)
        return 0;
    if (args->print) {
        print_ir(p, compiled);
        return 0;
    }
    for (size_t i = 0; i < compiled->len && !p->global.quiet; i++) {
        const struct compiled_node *node = &compiled->at[i];
        ui_printf(&p->out, "%.*s%s\n", UNUM_STR_ARG(node->node),
                  node->function.len ? "" : "  (generated)");
    }
    return 0;
}

const struct command cmd_compile = {
    .name = "compile",
    .summary = "translate the state machine into the IR of every function",
    .about = "Writes .unum/ir/<Node>/unum_config.json for every node, see unum-ir(5), and prints "
             "the nodes. Files that would not change are left alone. `unum build` and `unum run` "
             "compile by themselves.\n\n"
             "With --explain it says instead where every state runs and why, and what a run costs "
             "in invocations, in writes to the store and in reads from it: on the shortest way, on "
             "the longest one that goes round no cycle, for each element of a Map, each retry and "
             "each turn of a cycle. That is counted from the IR as the runtime makes its requests, "
             "without errors; values above 128 KB cost further reads.",
    .options = options,
    .args_size = sizeof(struct args),
    .examples = examples,
    .exits = exits,
    .needs = NEEDS_PROJECT | CHECKS_FILES,
    .run = run,
};
