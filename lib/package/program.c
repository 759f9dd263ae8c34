#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "package/unit.h"

/* Libraries still to look at; carried ones lead to more. */
struct carry {
    struct unit_context *context;
    struct unit *unit;
    UNUM_VEC(const char *) wanted; /* names, in the arena */
    size_t looked_at;
};

static void want(struct carry *carry, struct unum_str name)
{
    if (elf_is_base_library(name))
        return;
    for (size_t i = 0; i < carry->wanted.len; i++) {
        if (unum_str_is(name, carry->wanted.at[i]))
            return;
    }
    *unum_vec_push(&carry->wanted) = unum_arena_str(carry->context->arena, name).ptr;
}

/* Does the user ship it with the function's files? */
static bool is_shipped(const struct unit *unit, const char *name)
{
    for (size_t i = 0; i < unit->source.files.files.len; i++) {
        struct unum_str path = unum_str_from(unit->source.files.files.at[i].path);
        if (unum_str_is(unum_path_base(path), name))
            return true;
    }
    return false;
}

/* Where the compiler finds a library; *ret is on the heap. */
static int locate(struct carry *carry, const char *name, char **ret, struct unum_err *err)
{
    struct words argv = {.arena = carry->context->arena};
    words_append(&argv, &carry->unit->toolchain->cc);
    if (carry->unit->toolchain->sysroot)
        words_printf(&argv, "-B%s/usr/lib", carry->unit->toolchain->sysroot);
    words_printf(&argv, "-print-file-name=%s", name);
    struct unum_proc_spec spec = UNUM_PROC_SPEC;
    spec.argv = argv.at;
    spec.env = carry->context->env;
    struct unum_buf UNUM_AUTO_BUF output = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    int status;
    int rc = unum_proc_run(&spec, &output, &status, err);
    if (rc < 0)
        return rc;
    char *UNUM_AUTO_FREE found = unum_str_dup(unum_str_trim(unum_buf_str(&output)));
    char *real = strchr(found, '/') ? realpath(found, NULL) : NULL;
    if (!real) {
        unum_err_set(err, UNUM_E_INVAL, "it needs %s, which Amazon Linux 2023 has not", name);
        return unum_err_hint(err, "link it statically, or put the library into the function's "
                                  "folder below lib/");
    }
    *ret = real;
    return 0;
}

static int look_at(struct carry *carry, const char *path, bool program, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF bytes = UNUM_BUF_INIT(UNUM_LIMIT_BUNDLE);
    int rc = unum_file_read(path, &bytes, err);
    if (rc < 0)
        return rc;
    /* A script is fine: the platform starts it with the interpreter it names. */
    if (program && unum_str_starts(unum_buf_str(&bytes), UNUM_STR("#!")))
        return 0;
    struct elf_file file;
    rc = elf_read(unum_buf_str(&bytes), carry->context->arena, &file, err);
    if (rc < 0)
        return unum_err_wrap(err, "%s", path);
    if (carry->context->options->sanitize)
        return 0; /* runs here only */
    rc = elf_check_runs(&file, carry->unit->toolchain->machine, program, err);
    if (rc < 0)
        return unum_err_wrap(err, "%s", path);
    for (size_t i = 0; i < file.needed_len; i++)
        want(carry, file.needed[i]);
    return 0;
}

static int carry_one(struct carry *carry, const char *name, struct unum_err *err)
{
    if (is_shipped(carry->unit, name))
        return 0;
    char *UNUM_AUTO_FREE from = NULL;
    int rc = locate(carry, name, &from, err);
    if (rc < 0)
        return rc;
    const char *below = unum_arena_printf(carry->context->arena, "lib/%s", name).ptr;
    char *UNUM_AUTO_FREE to = unit_path(carry->context, carry->unit, below);
    rc = look_at(carry, from, false, err);
    return rc < 0 ? rc : unum_file_copy(from, to, err);
}

int unit_check_program(struct unit_context *context, struct unit *unit, const char *path,
                       struct unum_err *err)
{
    struct carry carry = {.context = context, .unit = unit};
    char *UNUM_AUTO_FREE lib = unit_path(context, unit, "lib");
    int rc = unum_remove_tree(lib, err);
    if (rc == 0)
        rc = look_at(&carry, path, true, err);
    if (rc == 0 && carry.wanted.len)
        rc = unum_make_dirs(lib, err);
    for (size_t i = 0; rc == 0 && i < carry.wanted.len; i++)
        rc = carry_one(&carry, carry.wanted.at[i], err);
    unum_vec_done(&carry.wanted);
    return rc;
}
