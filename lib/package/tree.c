#include "package/tree.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"

struct walk {
    const char *dir;
    bool (*skip)(void *cookie, const char *path);
    void *cookie;
    struct tree *tree;
};

void tree_done(struct tree *tree)
{
    for (size_t i = 0; i < tree->files.len; i++)
        free(tree->files.at[i].path);
    unum_vec_done(&tree->files);
}

static int walk_folder(struct walk *walk, const char *below, int depth, struct unum_err *err);

/* `path` is relative with room for a final slash; it is taken over. */
static int walk_entry(struct walk *walk, char *path, int depth, struct unum_err *err)
{
    char *UNUM_AUTO_FREE relative = path;
    char *UNUM_AUTO_FREE full = unum_path_join(walk->dir, relative);
    size_t len = strlen(relative);
    if (walk->skip && walk->skip(walk->cookie, relative))
        return 0;
    struct stat st;
    if (stat(full, &st) != 0)
        return unum_err_sys(err, errno, "open %s", full);
    if (S_ISDIR(st.st_mode)) {
        relative[len] = '/';
        relative[len + 1] = '\0';
        if (walk->skip && walk->skip(walk->cookie, relative))
            return 0;
        relative[len] = '\0';
        return walk_folder(walk, relative, depth + 1, err);
    }
    if (!S_ISREG(st.st_mode))
        return unum_err_set(err, UNUM_E_INVAL, "%s is neither a file nor a folder", full);
    if (walk->tree->files.len == UNUM_LIMIT_BUNDLE_FILES)
        return unum_err_set(err, UNUM_E_LIMIT, "%s holds more than %d files", walk->dir,
                            UNUM_LIMIT_BUNDLE_FILES);
    *unum_vec_push(&walk->tree->files) =
        (struct tree_file){UNUM_TAKE(relative), (uint64_t)st.st_size, (st.st_mode & S_IXUSR) != 0};
    return 0;
}

static int walk_folder(struct walk *walk, const char *below, int depth, struct unum_err *err)
{
    char *UNUM_AUTO_FREE full = unum_path_join(walk->dir, below);
    if (depth > UNUM_LIMIT_TREE_DEPTH)
        return unum_err_set(err, UNUM_E_LIMIT, "%s is more than %d folders deep", full,
                            UNUM_LIMIT_TREE_DEPTH);
    struct unum_names names;
    int rc = unum_list_dir(full, &names, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; rc == 0 && i < names.list.len; i++) {
        struct unum_buf path = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
        if (*below)
            unum_buf_printf(&path, "%s/", below);
        unum_buf_adds(&path, names.list.at[i]);
        if (!path.failed)
            unum_buf_reserve(&path, 1);
        if (path.failed) {
            unum_buf_done(&path);
            rc = unum_err_set(err, UNUM_E_LIMIT, "a path below %s is too long", full);
            break;
        }
        rc = walk_entry(walk, unum_buf_take(&path), depth, err);
    }
    unum_names_done(&names);
    return rc;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct tree_file *)a)->path, ((const struct tree_file *)b)->path);
}

int tree_list(const char *dir, bool (*skip)(void *cookie, const char *path), void *cookie,
              struct tree *ret, struct unum_err *err)
{
    struct tree tree = {0};
    struct walk walk = {dir, skip, cookie, &tree};
    int rc = walk_folder(&walk, "", 0, err);
    if (rc < 0) {
        tree_done(&tree);
        return rc;
    }
    if (tree.files.len)
        qsort(tree.files.at, tree.files.len, sizeof(*tree.files.at), by_path);
    *ret = tree;
    return 0;
}
