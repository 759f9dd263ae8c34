#include "diff_side.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "compile/compile.h"
#include "template/app.h"
#include "yaml/yaml_doc.h"

struct reading {
    struct program *p;
    const char *template;
    struct diff_side *side;
    UNUM_VEC(struct plan_node) nodes;
};

/* ---- nodes ---- */

/* As the runtime will see it: the file may spell a region in another way than the compiler holds
 * it. */
static int add_node(struct reading *r, const struct ir_node *ir, struct unum_str function,
                    struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_IR);
    struct ir_node *loaded = NULL;
    if (ir->compiled && !ir->has_region && !ir->nodes_len)
        return 0; /* the failure function of nothing */
    ir_write(ir, &text);
    int rc = text.failed
                 ? unum_err_set(err, UNUM_E_LIMIT, "the IR of %.*s is larger than %zu bytes",
                                UNUM_STR_ARG(ir->name), UNUM_LIMIT_IR)
                 : ir_load(unum_buf_str(&text), &r->p->arena, &loaded, err);
    if (rc < 0 || !loaded)
        return rc;
    *unum_vec_push(&r->nodes) = (struct plan_node){loaded->name, function, loaded};
    return 0;
}

static int add_compiled(struct reading *r, const struct compiled *compiled, struct unum_err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < compiled->len; i++) {
        const struct compiled_node *node = &compiled->at[i];
        if (!unum_str_is(node->node, IR_FAILURES_NODE))
            rc = add_node(r, node->ir, node->function.ptr ? node->function : UNUM_STR(""), err);
    }
    return rc;
}

/* IR as it was written; the failure function holds all of it. */
static int add_ir(struct reading *r, const struct ir_node *ir, bool alone, struct unum_err *err)
{
    int rc = 0;
    if (!ir->nodes_len)
        return unum_str_is(ir->name, IR_FAILURES_NODE) ? 0 : add_node(r, ir, UNUM_STR_NONE, err);
    for (size_t i = 0; alone && rc == 0 && i < ir->nodes_len; i++)
        rc = add_node(r, &ir->nodes[i], UNUM_STR_NONE, err);
    return rc;
}

/* ---- functions that a bare definition names ---- */

static bool is_name(struct unum_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!(unum_is_alnum(c) || c == '-' || c == '_'))
            return false;
    }
    return text.len > 0;
}

/* What stands behind ":function:" in an ARN, or the text itself. */
static void collect_name(struct unum_map *names, const struct doc *text)
{
    if (!text || text->kind != DOC_STRING)
        return;
    struct unum_str name = text->text, part = UNUM_STR(":function:");
    if (unum_str_starts(name, UNUM_STR("arn:"))) {
        size_t at = unum_str_search(name, part);
        name = at == SIZE_MAX ? UNUM_STR("") : unum_str_from_pos(name, at + part.len);
        name = unum_str_slice(name, 0, unum_str_find(name, ':'));
    }
    if (is_name(name))
        unum_map_set(names, name, names);
}

/* Documents are at most UNUM_LIMIT_JSON_DEPTH deep. */
static void collect_names(struct unum_map *names, const struct doc *doc)
{
    const struct doc *type = doc_get(doc, "Type");
    if (doc->kind == DOC_OBJECT && type && type->kind == DOC_STRING &&
        unum_str_is(type->text, "Task")) {
        const struct doc *parameters = doc_get(doc, "Parameters");
        collect_name(names, doc_get(doc, "Resource"));
        if (parameters && parameters->kind == DOC_OBJECT)
            collect_name(names, doc_get(parameters, "FunctionName"));
    }
    for (size_t i = 0; i < doc->len; i++)
        collect_names(names, doc->members[i].value);
}

/* The application a bare definition belongs to: the template's, with what it names besides. */
static struct app *app_for(struct reading *r, const struct doc *doc)
{
    struct unum_map UNUM_AUTO_MAP names = UNUM_MAP_INIT;
    const struct app *known = r->p->app;
    struct app *app = UNUM_ARENA_NEW(&r->p->arena, struct app);
    if (known)
        *app = *known;
    else
        *app = (struct app){.name = UNUM_STR("app"), .checkpoint = true};
    collect_names(&names, doc);
    app->functions =
        unum_arena_array(&r->p->arena, app->functions_len + names.len, sizeof(*app->functions));
    app->functions_len = 0;
    for (size_t i = 0; known && i < known->functions_len; i++) {
        unum_map_remove(&names, known->functions[i].name);
        app->functions[app->functions_len++] = known->functions[i];
    }
    for (struct unum_map_entry *e = unum_map_next(&names, NULL); e; e = unum_map_next(&names, e))
        app->functions[app->functions_len++] =
            (struct app_function){.name = unum_arena_str(&r->p->arena, e->key)};
    return app;
}

/* ---- files ---- */

/* Only what is wrong is told here. */
static int errors_only(struct program *p, struct unum_err *err)
{
    int rc = program_check_diags(p, err);
    if (rc < 0)
        return rc;
    unum_diags_done(&p->diags);
    p->diags = (struct unum_diags)UNUM_DIAGS_INIT;
    return 0;
}

static int read_text(struct program *p, const char *path, size_t most, struct unum_source **ret,
                     struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(most);
    int rc = unum_file_read(path, &text, err);
    if (rc < 0)
        return rc;
    struct unum_source *source = UNUM_ARENA_NEW(&p->arena, struct unum_source);
    bool stream = strcmp(path, "-") == 0;
    source->path = stream ? "<stdin>" : unum_arena_str(&p->arena, unum_str_from(path)).ptr;
    source->text = unum_arena_str(&p->arena, unum_buf_str(&text));
    *ret = source;
    return 0;
}

static int read_ir(struct reading *r, const struct unum_source *source, bool alone,
                   struct unum_err *err)
{
    const struct ir_node *ir = ir_read(source, &r->p->arena, &r->p->diags);
    int rc = errors_only(r->p, err);
    return rc == 0 && ir ? add_ir(r, ir, alone, err) : rc;
}

static int read_definition(struct reading *r, const struct unum_source *source,
                           const struct doc *doc, struct unum_err *err)
{
    int rc = 0;
    if (source->text.len > (size_t)r->p->global.max_definition) {
        unum_err_set(err, UNUM_E_LIMIT, "%s is larger than %lld bytes", source->path,
                     (long long)r->p->global.max_definition);
        return unum_err_hint(err, "raise the limit with --max-definition BYTES");
    }
    char *UNUM_AUTO_FREE template = NULL;
    struct unum_err UNUM_AUTO_ERR none = UNUM_ERR_INIT;
    if (!r->p->app && (r->template || program_find_template(NULL, &template, &none) == 0))
        rc = program_open_project(r->p, r->template, err);
    if (rc < 0)
        return rc;
    const struct compiled *compiled = compile_doc(app_for(r, doc), doc, &r->p->arena, &r->p->diags);
    rc = errors_only(r->p, err);
    return rc == 0 && compiled ? add_compiled(r, compiled, err) : rc;
}

static int read_application(struct reading *r, const char *template, struct unum_err *err)
{
    struct program *p = r->p;
    struct app *before = p->app;
    struct compiled *compiled = NULL;
    int rc = program_open_project(p, template, err);
    if (rc == 0)
        rc = compile_app(p->app, &p->arena, &p->diags, &compiled, err);
    p->app = before;
    if (rc == 0)
        rc = errors_only(p, err);
    return rc == 0 && compiled ? add_compiled(r, compiled, err) : rc;
}

static int not_known(const char *path, struct unum_err *err)
{
    unum_err_set(err, UNUM_E_INVAL, "%s is no state machine, no template and no IR", path);
    return unum_err_hint(err,
                         "a state machine has \"States\", a template \"Functions\", IR \"Name\"");
}

/* By what stands in it. */
static int read_file(struct reading *r, const char *path, struct unum_err *err)
{
    struct unum_source *source = NULL;
    int rc = read_text(r->p, path, UNUM_LIMIT_IR, &source, err);
    if (rc < 0)
        return rc;
    const struct doc *doc = doc_parse_file(source, &r->p->arena, &r->p->diags);
    rc = errors_only(r->p, err);
    if (rc < 0 || !doc)
        return rc;
    if (doc_get(doc, "States") && !doc_get(doc, "IRVersion"))
        return read_definition(r, source, doc, err);
    if (doc_get(doc, "IRVersion") || doc_get(doc, "Name"))
        return read_ir(r, source, true, err);
    if (doc_get(doc, "Functions") && strcmp(path, "-") != 0)
        return read_application(r, path, err);
    return doc->kind == DOC_OBJECT && doc_get(doc, "StartAt") ? read_definition(r, source, doc, err)
                                                              : not_known(source->path, err);
}

/* A folder with a folder for every node, as .unum/ir. */
static int read_ir_folder(struct reading *r, const char *path, struct unum_err *err)
{
    struct unum_names UNUM_AUTO(unum_names_done) names = {0};
    int rc = unum_list_dir(path, &names, err);
    for (size_t i = 0; rc == 0 && i < names.list.len; i++) {
        char *UNUM_AUTO_FREE dir = unum_path_join(path, names.list.at[i]);
        char *UNUM_AUTO_FREE file = unum_path_join(dir, "unum_config.json");
        struct unum_source *source = NULL;
        if (!unum_file_exists(file))
            continue;
        rc = read_text(r->p, file, UNUM_LIMIT_IR, &source, err);
        if (rc == 0)
            rc = read_ir(r, source, false, err);
    }
    if (rc == 0 && !r->nodes.len)
        return not_known(path, err);
    return rc;
}

static int read_folder(struct reading *r, const char *path, struct unum_err *err)
{
    char *UNUM_AUTO_FREE template = unum_path_join(path, "unum-template.yaml");
    char *UNUM_AUTO_FREE file = unum_path_join(path, "unum_config.json");
    if (unum_file_exists(template))
        return read_application(r, template, err);
    return unum_file_exists(file) ? read_file(r, file, err) : read_ir_folder(r, path, err);
}

int diff_side_read(struct program *p, const char *given, const char *template,
                   struct diff_side *ret, struct unum_err *err)
{
    struct reading r = {.p = p, .template = template, .side = ret};
    int rc = !given                    ? read_application(&r, template, err)
             : strcmp(given, "-") == 0 ? read_file(&r, given, err)
             : unum_is_dir(given)      ? read_folder(&r, given, err)
                                       : read_file(&r, given, err);
    ret->title = unum_str_from(given ? given : "this application");
    ret->app.at = unum_arena_array(&p->arena, r.nodes.len, sizeof(*ret->app.at));
    ret->app.len = r.nodes.len;
    if (r.nodes.len)
        memcpy(ret->app.at, r.nodes.at, r.nodes.len * sizeof(*ret->app.at));
    unum_vec_done(&r.nodes);
    return rc;
}
