/*
 * Any bytes as unum-template.yaml: either diagnostics with an error, or an application that keeps
 * its promises, and whose template for AWS is a document in both formats, whatever its texts hold.
 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/path.h"
#include "template/cloudformation.h"
#include "yaml/yaml_doc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
    if (!ok)
        abort();
}

static void check_template(const struct app *app, enum cloudformation_format format,
                           struct unum_arena *arena)
{
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    size_t len = app->functions_len;
    struct cloudformation_node *nodes = unum_arena_array(arena, len, sizeof(*nodes));
    struct ir_node *irs = unum_arena_array(arena, len, sizeof(*irs));
    for (size_t i = 0; i < len; i++) {
        irs[i].name = app->functions[i].name;
        nodes[i] = (struct cloudformation_node){
            .node = irs[i].name, .function = irs[i].name, .ir = &irs[i]};
    }
    if (cloudformation_render(app, nodes, len, nodes[0].node, format, &text, NULL) < 0)
        return;
    struct unum_source source = {"template.yaml", unum_buf_str(&text)};
    const struct doc *root = doc_parse_yaml(&source, arena, &diags);
    check(root && !diags.errors);
    const struct doc *resources = doc_get(root, "Resources");
    check(resources && resources->len >= 3 * len + 1);
    for (size_t i = 0; i < len; i++) {
        struct unum_str id = cloudformation_function_id(nodes[i].node, arena);
        const struct doc *function = doc_get(doc_get(resources, id.ptr), "Properties");
        const struct doc *variables = doc_get(doc_get(function, "Environment"), "Variables");
        for (size_t k = 0; k < app->functions[i].environment_len; k++) {
            const struct app_pair *pair = &app->functions[i].environment[k];
            const struct doc *value = doc_get(variables, unum_arena_str(arena, pair->name).ptr);
            check(value && value->kind == DOC_STRING && unum_str_eq(value->text, pair->value));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    struct unum_buf UNUM_AUTO_BUF shown = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_str text = unum_str_of((const char *)data, size);
    const struct app *app = app_parse("dir/unum-template.yaml", text, &arena, &diags);
    unum_diags_print(&diags, false, &shown);
    check((app == NULL) == (diags.errors > 0));
    if (!app)
        return 0;
    check(app->name.len > 0 && app->functions_len > 0);
    size_t starts = 0;
    for (size_t i = 0; i < app->functions_len; i++) {
        const struct app_function *function = &app->functions[i];
        starts += function->start;
        check(unum_path_is_below(function->code_uri));
        check(app_node_function(app, function->name, &arena).len <= UNUM_LIMIT_NODE_NAME);
        check(function->memory_mb >= 128 && function->timeout_s >= 1);
    }
    check_template(app, CLOUDFORMATION_PLAIN, &arena);
    check_template(app, CLOUDFORMATION_SAM, &arena);
    check(starts == 1 || (starts == 0 && app->definition.len));
    return 0;
}
