#include <stdlib.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "compile/project_internal.h"
#include "crypto/hash.h"
#include "yaml/yaml_doc.h"
#include "json/json.h"

/* The file, with its text in the arena. */
static int read_source(const struct app *app, const char *name, size_t most,
                       struct unum_arena *arena, struct unum_source **ret, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(most);
    char *UNUM_AUTO_FREE path = unum_path_join(app->dir, name);
    int rc = unum_file_read(path, &text, err);
    if (rc)
        return rc;
    struct unum_source *source = UNUM_ARENA_NEW(arena, struct unum_source);
    bool here = unum_str_is(unum_str_from(app->dir), ".");
    source->path = unum_arena_str(arena, unum_str_from(here ? name : path)).ptr;
    source->text = unum_arena_str(arena, unum_buf_str(&text));
    *ret = source;
    return 0;
}

/* ---- a definition ---- */

/* The hash is of the meaning, not of the bytes: JSON and YAML, blanks and comments do not matter.
 */
static struct unum_str hash_of(const struct doc *doc, struct unum_arena *arena)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&text);
    char hex[HASH_SHA256_HEX + 1];
    doc_write_json(doc, &w);
    hash_sha256_hex(unum_buf_str(&text), hex);
    return unum_arena_str(arena, unum_str_from(hex));
}

static struct asl_functions functions_of(const struct app *app, struct unum_arena *arena)
{
    struct asl_function *at = unum_arena_array(arena, app->functions_len, sizeof(*at));
    for (size_t i = 0; i < app->functions_len; i++)
        at[i] = (struct asl_function){app->functions[i].name, app->functions[i].span};
    return (struct asl_functions){at, app->functions_len};
}

/* With a definition nothing else may say what runs, ... */
static void check_alone(const struct app *app, struct unum_diags *diags)
{
    for (size_t i = 0; i < app->functions_len; i++) {
        const struct app_function *function = &app->functions[i];
        char *UNUM_AUTO_FREE dir = unum_path_join(app->dir, function->code_uri.ptr);
        char *UNUM_AUTO_FREE path = unum_path_join(dir, "unum_config.json");
        if (unum_file_exists(path))
            unum_diag_add(diags, UNUM_E0420, function->span,
                          "\"%.*s\" has a hand-written unum_config.json, and the template names a "
                          "WorkflowDefinition",
                          UNUM_STR_ARG(function->name));
    }
}

/* ... and where it starts. */
static void check_start(const struct app *app, const struct compiled_node *nodes, size_t len,
                        struct unum_diags *diags)
{
    struct unum_str entry = UNUM_STR_NONE;
    for (size_t i = 0; i < len; i++) {
        if (nodes[i].ir->start)
            entry = nodes[i].function;
    }
    for (size_t i = 0; i < app->functions_len; i++) {
        const struct app_function *function = &app->functions[i];
        if (function->start && !unum_str_eq(function->name, entry))
            unum_diag_add(
                diags, UNUM_W0419, function->span,
                "\"Start\" of \"%.*s\" is ignored: the definition says where the workflow "
                "starts",
                UNUM_STR_ARG(function->name));
    }
}

/* *ret_machine is NULL if there is an error. */
static int read_definition(const struct app *app, struct unum_arena *arena,
                           struct unum_diags *diags, struct doc **ret_doc,
                           struct asl_machine **ret_machine, struct unum_err *err)
{
    struct unum_source *source = NULL;
    char *UNUM_AUTO_FREE name = unum_str_dup(app->definition);
    size_t most = app->definition_limit ? app->definition_limit : UNUM_LIMIT_DEFINITION;
    *ret_machine = NULL;
    int rc = read_source(app, name, most, arena, &source, err);
    if (rc == UNUM_E_LIMIT)
        unum_err_hint(err, "raise the limit with --max-definition BYTES");
    if (rc)
        return unum_err_wrap(err, "workflow definition");
    size_t errors = diags->errors;
    *ret_doc = doc_parse_file(source, arena, diags);
    if (!*ret_doc)
        return 0;
    struct asl_functions functions = functions_of(app, arena);
    struct asl_machine *machine = asl_parse(*ret_doc, &functions, arena, diags);
    check_alone(app, diags);
    if (diags->errors == errors)
        *ret_machine = machine;
    return 0;
}

static void project_machine(const struct app *app, const struct doc *doc,
                            const struct asl_machine *machine, struct unum_arena *arena,
                            struct unum_diags *diags, struct compiled *ret)
{
    struct projection p = {.app = app,
                           .machine = machine,
                           .arena = arena,
                           .diags = diags,
                           .hash = hash_of(doc, arena)};
    project_names(&p);
    project_ways(&p);
    project_fields(&p);
    ret->at = project_nodes(&p, &ret->len);
}

static int compile_definition(const struct app *app, struct unum_arena *arena,
                              struct unum_diags *diags, struct compiled *ret, struct unum_err *err)
{
    struct asl_machine *machine = NULL;
    struct doc *doc = NULL;
    int rc = read_definition(app, arena, diags, &doc, &machine, err);
    if (rc || !machine)
        return rc;
    project_machine(app, doc, machine, arena, diags, ret);
    if (ret->at)
        check_start(app, ret->at, ret->len, diags);
    return 0;
}

/* ---- hand-written IR ---- */

static void check_own_name(const struct app_function *function, const struct ir_node *node,
                           struct unum_diags *diags)
{
    if (!unum_str_eq(node->name, function->name)) {
        unum_diag_add(diags, UNUM_E0609, node->span,
                      "this is the IR of \"%.*s\", but the function is \"%.*s\" in the template",
                      UNUM_STR_ARG(node->name), UNUM_STR_ARG(function->name));
        unum_diag_hint(diags, "write \"%.*s\"", UNUM_STR_ARG(function->name));
    }
    if (node->compiled) {
        unum_diag_add(diags, UNUM_E0608, node->span,
                      "compiled IR stands in the folder of a function");
        unum_diag_hint(diags, "name its WorkflowDefinition in the template, and take the file out");
    }
}

static int read_node(const struct app *app, const struct app_function *function,
                     struct unum_arena *arena, struct unum_diags *diags, struct ir_node **ret,
                     struct unum_err *err)
{
    struct unum_source *source = NULL;
    char *UNUM_AUTO_FREE dir = unum_str_dup(function->code_uri);
    char *UNUM_AUTO_FREE name = unum_path_join(dir, "unum_config.json");
    char *UNUM_AUTO_FREE path = unum_path_join(app->dir, name);
    *ret = NULL;
    if (!unum_file_exists(path)) {
        unum_diag_add(diags, UNUM_E0421, function->span, "\"%.*s\" has no %s",
                      UNUM_STR_ARG(function->name), name);
        unum_diag_hint(diags, "write it, or name a WorkflowDefinition in Globals");
        return 0;
    }
    int rc = read_source(app, name, UNUM_LIMIT_IR, arena, &source, err);
    if (rc)
        return rc;
    *ret = ir_read(source, arena, diags);
    if (!*ret)
        return 0;
    check_own_name(function, *ret, diags);
    (*ret)->start = (*ret)->start || function->start;
    (*ret)->debug = (*ret)->debug || app->debug;
    return 0;
}

static int read_hand_written(const struct app *app, struct unum_arena *arena,
                             struct unum_diags *diags, struct compiled *ret, struct unum_err *err)
{
    size_t errors = diags->errors;
    struct ir_node **nodes = unum_arena_array(arena, app->functions_len, sizeof(struct ir_node *));
    ret->at = unum_arena_array(arena, app->functions_len + 1, sizeof(*ret->at));
    for (size_t i = 0; i < app->functions_len; i++) {
        const struct app_function *function = &app->functions[i];
        int rc = read_node(app, function, arena, diags, &nodes[ret->len], err);
        if (rc)
            return rc;
        if (!nodes[ret->len])
            continue;
        ret->at[ret->len] = (struct compiled_node){function->name, function->name, nodes[ret->len]};
        ret->len++;
    }
    if (diags->errors == errors)
        ir_check_application(nodes, ret->len, diags);
    return 0;
}

/* ---- both ---- */

/* The failure function holds every node, so that it can go on for whichever died. */
static void add_failures(struct compiled *compiled, struct unum_arena *arena)
{
    struct ir_node *failures = UNUM_ARENA_NEW(arena, struct ir_node);
    *failures = (struct ir_node){.name = UNUM_STR(IR_FAILURES_NODE),
                                 .compiled = true,
                                 .generated = true,
                                 .checkpoint = true};
    failures->nodes = unum_arena_array(arena, compiled->len, sizeof(*failures->nodes));
    failures->nodes_len = compiled->len;
    for (size_t i = 0; i < compiled->len; i++)
        failures->nodes[i] = *compiled->at[i].ir;
    compiled->at[compiled->len++] = (struct compiled_node){.node = failures->name, .ir = failures};
}

static struct compiled *complete(struct compiled *compiled, struct unum_arena *arena)
{
    for (size_t i = 0; i < compiled->len; i++) {
        if (compiled->at[i].ir->start)
            compiled->entry = compiled->at[i].node;
    }
    add_failures(compiled, arena);
    return compiled;
}

int compile_app(const struct app *app, struct unum_arena *arena, struct unum_diags *diags,
                struct compiled **ret, struct unum_err *err)
{
    struct compiled *compiled = UNUM_ARENA_NEW(arena, struct compiled);
    size_t errors = diags->errors;
    int rc = app->definition.len ? compile_definition(app, arena, diags, compiled, err)
                                 : read_hand_written(app, arena, diags, compiled, err);
    if (rc)
        return rc;
    *ret = diags->errors == errors ? complete(compiled, arena) : NULL;
    return 0;
}

struct compiled *compile_doc(const struct app *app, const struct doc *doc, struct unum_arena *arena,
                             struct unum_diags *diags)
{
    struct compiled *compiled = UNUM_ARENA_NEW(arena, struct compiled);
    size_t errors = diags->errors;
    struct asl_functions functions = functions_of(app, arena);
    const struct asl_machine *machine = asl_parse(doc, &functions, arena, diags);
    if (machine)
        project_machine(app, doc, machine, arena, diags, compiled);
    return diags->errors == errors ? complete(compiled, arena) : NULL;
}

int compile_check(const struct app *app, struct unum_arena *arena, struct unum_diags *diags,
                  struct compile_checked *ret, struct unum_err *err)
{
    struct asl_machine *machine = NULL;
    struct compiled *compiled = NULL;
    struct doc *doc = NULL;
    if (ret)
        *ret = (struct compile_checked){0};
    if (!app->definition.len)
        return compile_app(app, arena, diags, &compiled, err);
    int rc = read_definition(app, arena, diags, &doc, &machine, err);
    if (rc || !ret || !machine)
        return rc;
    struct asl_functions *functions = UNUM_ARENA_NEW(arena, struct asl_functions);
    *functions = functions_of(app, arena);
    *ret = (struct compile_checked){machine, functions};
    return 0;
}
