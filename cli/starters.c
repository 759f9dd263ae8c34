#include "starters.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/path.h"
#include "program.h"

int starters_list(char **ret_dir, struct unum_names *ret, struct unum_err *err)
{
    char *UNUM_AUTO_FREE prefix = NULL;
    int rc = program_prefix(&prefix, err);
    if (rc < 0)
        return rc;
    char *UNUM_AUTO_FREE dir = unum_path_join(prefix, "share/unum/templates");
    rc = unum_list_dir(dir, ret, err);
    if (rc < 0)
        return unum_err_wrap(err, "starters of this installation");
    *ret_dir = UNUM_TAKE(dir);
    return 0;
}

void starters_summary(const char *dir, const char *name, struct unum_buf *out)
{
    struct unum_buf UNUM_AUTO_BUF readme = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    char *UNUM_AUTO_FREE folder = unum_path_join(dir, name);
    char *UNUM_AUTO_FREE path = unum_path_join(folder, "README.md");
    if (unum_file_read(path, &readme, NULL) < 0)
        return;
    struct unum_str rest = unum_buf_str(&readme), line;
    size_t before = out->len;
    while (unum_str_split(&rest, '\n', &line)) {
        if (unum_str_starts(line, UNUM_STR("#")) || (!line.len && out->len == before))
            continue;
        if (!line.len)
            return;
        if (out->len > before)
            unum_buf_addc(out, ' ');
        unum_buf_add(out, line);
    }
}

/* Write the template with its ApplicationName replaced; everything else stays as it is. */
static int copy_template(const char *from, const char *to, const char *app_name,
                         struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEMPLATE);
    struct unum_buf UNUM_AUTO_BUF changed = UNUM_BUF_INIT(UNUM_LIMIT_TEMPLATE);
    int rc = unum_file_read(from, &text, err);
    if (rc < 0)
        return rc;
    struct unum_str rest = unum_str_trim(unum_buf_str(&text)), line;
    while (unum_str_split(&rest, '\n', &line)) {
        struct unum_str key = UNUM_STR("ApplicationName:");
        size_t at = unum_str_search(line, key);
        if (at != SIZE_MAX && app_name)
            unum_buf_printf(&changed, "%.*s %s\n", (int)(at + key.len), line.ptr, app_name);
        else
            unum_buf_printf(&changed, "%.*s\n", UNUM_STR_ARG(line));
    }
    return unum_file_write(to, unum_buf_str(&changed), 0644, err);
}

static int copy_tree(const char *from, const char *to, const char *app_name, unsigned depth,
                     struct unum_err *err)
{
    struct unum_names UNUM_AUTO(unum_names_done) names = {0};
    if (depth > UNUM_LIMIT_TREE_DEPTH)
        return unum_err_set(err, UNUM_E_LIMIT, "%s is nested too deeply", from);
    int rc = unum_make_dirs(to, err);
    if (rc == 0)
        rc = unum_list_dir(from, &names, err);
    for (size_t i = 0; rc == 0 && i < names.list.len; i++) {
        const char *name = names.list.at[i];
        char *UNUM_AUTO_FREE source = unum_path_join(from, name);
        char *UNUM_AUTO_FREE target = unum_path_join(to, name);
        if (unum_is_dir(source))
            rc = strcmp(name, ".unum") == 0 ? 0
                                            : copy_tree(source, target, app_name, depth + 1, err);
        else if (strcmp(name, "unum-template.yaml") == 0)
            rc = copy_template(source, target, app_name, err);
        else
            rc = unum_file_copy(source, target, err);
    }
    return rc;
}

static int check_empty(const char *target, bool *ret_exists, struct unum_err *err)
{
    struct unum_names UNUM_AUTO(unum_names_done) names = {0};
    *ret_exists = unum_file_exists(target);
    if (!*ret_exists)
        return 0;
    if (!unum_is_dir(target))
        return unum_err_set(err, UNUM_E_EXISTS, "%s exists and is no folder", target);
    int rc = unum_list_dir(target, &names, err);
    if (rc == 0 && names.list.len) {
        unum_err_set(err, UNUM_E_EXISTS, "%s is not empty", target);
        return unum_err_hint(err, "name a new folder: unum init DIR");
    }
    return rc;
}

/* Move everything from `temp` into the folder that was there already (it may be someone's current
 * folder, so it must not be replaced). */
static int move_into(const char *temp, const char *target, struct unum_err *err)
{
    struct unum_names UNUM_AUTO(unum_names_done) names = {0};
    int rc = unum_list_dir(temp, &names, err);
    size_t moved = 0;
    for (; rc == 0 && moved < names.list.len; moved++) {
        char *UNUM_AUTO_FREE from = unum_path_join(temp, names.list.at[moved]);
        char *UNUM_AUTO_FREE to = unum_path_join(target, names.list.at[moved]);
        if (rename(from, to) != 0)
            rc = unum_err_sys(err, errno, "create %s", to);
    }
    for (size_t i = 0; rc < 0 && i + 1 < moved; i++) {
        char *UNUM_AUTO_FREE made = unum_path_join(target, names.list.at[i]);
        if (unum_remove_tree(made, NULL) < 0)
            break; /* the error that is reported is the one that came first */
    }
    return rc;
}

static int make_temp(const char *target, bool exists, char **ret, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(2 * UNUM_LIMIT_PATH);
    struct unum_str parent = exists ? unum_str_from(target) : unum_path_dir(unum_str_from(target));
    char *UNUM_AUTO_FREE folder = unum_str_dup(parent);
    int rc = unum_make_dirs(folder, err);
    if (rc < 0)
        return rc;
    unum_buf_printf(&name, "%s/.unum-init-XXXXXX", folder);
    if (!mkdtemp(name.ptr))
        return unum_err_sys(err, errno, "create a folder in %s", folder);
    if (chmod(name.ptr, 0755) != 0)
        return unum_err_sys(err, errno, "set the mode of %s", name.ptr);
    *ret = unum_buf_take(&name);
    return 0;
}

int starters_copy(const char *dir, const char *name, const char *target, const char *app_name,
                  struct unum_err *err)
{
    bool exists = false;
    char *UNUM_AUTO_FREE temp = NULL;
    char *UNUM_AUTO_FREE from = unum_path_join(dir, name);
    int rc = check_empty(target, &exists, err);
    if (rc == 0)
        rc = make_temp(target, exists, &temp, err);
    if (rc < 0)
        return rc;
    rc = copy_tree(from, temp, app_name, 0, err);
    if (rc == 0 && exists)
        rc = move_into(temp, target, err);
    else if (rc == 0 && rename(temp, target) != 0)
        rc = unum_err_sys(err, errno, "create %s", target);
    int removed = unum_remove_tree(temp, rc == 0 ? err : NULL);
    return rc < 0 ? rc : removed;
}
