/*
 * Any bytes as unum-template.yaml: either diagnostics with an error, or an application that keeps
 * its promises.
 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/path.h"
#include "template/app.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
    if (!ok)
        abort();
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
    check(starts == 1 || (starts == 0 && app->definition.len));
    return 0;
}
