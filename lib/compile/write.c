#include <stdlib.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/path.h"
#include "compile/compile.h"

static int write_node(const char *root, const struct compiled_node *node, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_IR);
    char *UNUM_AUTO_FREE name = unum_str_dup(node->node);
    char *UNUM_AUTO_FREE dir = unum_path_join(root, name);
    char *UNUM_AUTO_FREE path = unum_path_join(dir, "unum_config.json");
    ir_write(node->ir, &text);
    if (text.failed)
        return unum_err_set(err, UNUM_E_LIMIT, "the IR of %s is larger than %zu bytes", name,
                            UNUM_LIMIT_IR);
    int rc = unum_make_dirs(dir, err);
    return rc ? rc : unum_file_update(path, unum_buf_str(&text), 0644, err);
}

static int remove_others(const char *root, const struct compiled *compiled, struct unum_err *err)
{
    struct unum_names UNUM_AUTO(unum_names_done) names = {0};
    struct unum_map UNUM_AUTO_MAP nodes = UNUM_MAP_INIT;
    for (size_t i = 0; i < compiled->len; i++)
        unum_map_set(&nodes, compiled->at[i].node, compiled->at[i].ir);
    int rc = unum_list_dir(root, &names, err);
    for (size_t i = 0; !rc && i < names.list.len; i++) {
        if (unum_map_has(&nodes, unum_str_from(names.list.at[i])))
            continue;
        char *UNUM_AUTO_FREE path = unum_path_join(root, names.list.at[i]);
        rc = unum_remove_tree(path, err);
    }
    return rc;
}

int compile_write(const struct app *app, const struct compiled *compiled, struct unum_err *err)
{
    char *UNUM_AUTO_FREE root = unum_path_join(app->dir, ".unum/ir");
    int rc = unum_make_dirs(root, err);
    for (size_t i = 0; !rc && i < compiled->len; i++)
        rc = write_node(root, &compiled->at[i], err);
    if (!rc)
        rc = remove_others(root, compiled, err);
    return rc ? unum_err_wrap(err, "write IR") : 0;
}
