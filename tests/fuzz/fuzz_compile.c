/* Definitions: any text gets diagnostics or a model, and a model compiles to IR that loads. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "compile/compile.h"

static void need(bool condition)
{
    if (!condition)
        abort();
}

static struct app_function functions[] = {
    {.name = UNUM_STR_INIT("A"), .code_uri = UNUM_STR_INIT("a")},
    {.name = UNUM_STR_INIT("B"), .code_uri = UNUM_STR_INIT("b")},
    {.name = UNUM_STR_INIT("C"), .code_uri = UNUM_STR_INIT("c")},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    char path[64], dir[] = "/tmp";
    struct compiled *compiled = NULL;
    snprintf(path, sizeof(path), "/tmp/fuzz-compile-%d.json", (int)getpid());
    FILE *file = fopen(path, "w");
    need(file != NULL && fwrite(data, 1, size, file) == size && fclose(file) == 0);
    struct app app = {.dir = dir,
                      .name = UNUM_STR("fuzz"),
                      .definition = unum_str_from(path),
                      .checkpoint = true,
                      .functions = functions,
                      .functions_len = 3};
    int rc = compile_app(&app, &arena, &diags, &compiled, NULL);
    need(rc || (compiled == NULL) == (diags.errors > 0));
    for (size_t i = 0; !rc && compiled && i < compiled->len; i++) {
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        struct ir_node *node = NULL;
        ir_write(compiled->at[i].ir, &text);
        need(ir_load(unum_buf_str(&text), &arena, &node, &err) == 0);
    }
    unlink(path);
    return 0;
}
