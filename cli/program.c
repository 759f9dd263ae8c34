#include "program.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "template/app.h"

const char *program_operand(const struct program *p, size_t i)
{
    return i < p->operands.list.len ? p->operands.list.at[i] : NULL;
}

bool program_json(const struct program *p)
{
    return p->global.output == OUTPUT_JSON;
}

int program_prefix(char **ret, struct unum_err *err)
{
    char exe[UNUM_LIMIT_PATH];
    ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe));
    /* Without /proc (a bare chroot) the kernel still says what it executed. */
    char *UNUM_AUTO_FREE started =
        len < 0 ? realpath((const char *)getauxval(AT_EXECFN), NULL) : NULL;
    if (started)
        len = snprintf(exe, sizeof(exe), "%s", started);
    if (len < 0)
        return unum_err_sys(err, errno, "find this program's own file");
    if ((size_t)len >= sizeof(exe))
        return unum_err_set(err, UNUM_E_LIMIT, "the path of this program is too long");
    struct unum_str bin = unum_path_dir(unum_str_of(exe, (size_t)len));
    *ret = unum_str_dup(unum_path_dir(bin));
    return 0;
}

static int missing_template(const char *path, struct unum_err *err)
{
    unum_err_set(err, UNUM_E_NOTFOUND, "there is no %s", path);
    return unum_err_hint(err, "begin with `unum init`, or say where it is with -t FILE or -C DIR");
}

int program_find_template(const char *template, char **ret, struct unum_err *err)
{
    static const char name[] = "unum-template.yaml";
    if (template) {
        if (!unum_file_exists(template))
            return missing_template(template, err);
        *ret = unum_strdup(template);
        return 0;
    }
    char *UNUM_AUTO_FREE here = getcwd(NULL, 0);
    struct unum_buf UNUM_AUTO_BUF path = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    size_t depth = here ? 1 : 0;
    for (const char *at = here; at && *at; at++)
        depth += *at == '/' && at[1];
    for (; depth; depth--) {
        struct unum_buf UNUM_AUTO_BUF candidate = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
        unum_buf_printf(&candidate, "%s%s", unum_buf_text(&path), name);
        if (unum_file_exists(unum_buf_text(&candidate))) {
            *ret = unum_buf_take(&candidate);
            return 0;
        }
        unum_buf_adds(&path, "../");
    }
    return missing_template(name, err);
}

int program_check_diags(struct program *p, struct unum_err *err)
{
    if (!p->diags.errors)
        return 0;
    size_t n = p->diags.errors, w = p->diags.warnings;
    return unum_err_set(err, UNUM_E_INVALID_FILE, "validation failed: %zu error%s, %zu warning%s",
                        n, n == 1 ? "" : "s", w, w == 1 ? "" : "s");
}

int program_open_project(struct program *p, const char *template, struct unum_err *err)
{
    char *UNUM_AUTO_FREE path = NULL;
    int rc = program_find_template(template, &path, err);
    if (rc < 0)
        return rc;
    /* Diagnostics keep the path for as long as the program runs. */
    const char *kept = unum_arena_str(&p->arena, unum_str_from(path)).ptr;
    rc = app_read(kept, &p->arena, &p->diags, &p->app, err);
    if (rc == 0 && p->app)
        p->app->definition_limit = (size_t)p->global.max_definition;
    return rc < 0 ? rc : program_check_diags(p, err);
}

int program_payload(const char *data, const char *file, struct unum_buf *text, struct unum_str *ret,
                    struct unum_err *err)
{
    if (data && file)
        return unum_err_set(err, UNUM_E_USAGE, "-d and -f both give the input; use one");
    const char *path = file ? file : data && data[0] == '@' ? data + 1 : NULL;
    if (data && strcmp(data, "-") == 0)
        path = "-";
    if (path) {
        int rc = unum_file_read(path, text, err);
        if (rc < 0)
            return unum_err_wrap(err, "input");
    } else {
        unum_buf_adds(text, data ? data : "null");
    }
    int rc = json_check(unum_buf_str(text), ret, err);
    if (rc < 0) {
        unum_err_wrap(err, "input%s%s", path ? " " : "", path ? path : "");
        unum_err_hint(err, "the input is JSON; a text needs its quotes: -d '\"text\"'");
    }
    return rc;
}
