#include "package/source.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"

void source_done(struct source *source)
{
    tree_done(&source->files);
}

static bool ends_with_one(const char *path, const char *const *ends, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (unum_str_ends(unum_str_from(path), unum_str_from(ends[i])))
            return true;
    }
    return false;
}

bool source_is_c(const char *path)
{
    return unum_str_ends(unum_str_from(path), UNUM_STR(".c"));
}

bool source_is_cxx(const char *path)
{
    static const char *const ends[] = {".cc", ".cpp", ".cxx", ".C"};
    return ends_with_one(path, ends, UNUM_COUNT(ends));
}

bool source_is_extra(const char *path)
{
    static const char *const ends[] = {".h", ".hh",    ".hpp", ".hxx",  ".inl",
                                       ".o", ".lo",    ".a",   ".gcno", ".gcda",
                                       ".d", ".cmake", ".mk",  ".s",    ".S"};
    static const char *const names[] = {"CMakeLists.txt", "Makefile", "makefile", "GNUmakefile"};
    /* Only the ones at the top are ours. */
    static const char *const own[] = {"bootstrap", "unum_config.json"};
    struct unum_str base = unum_path_base(unum_str_from(path));
    if (source_is_c(path) || source_is_cxx(path) || ends_with_one(path, ends, UNUM_COUNT(ends)))
        return false;
    for (size_t i = 0; i < UNUM_COUNT(names); i++) {
        if (unum_str_is(base, names[i]))
            return false;
    }
    for (size_t i = 0; i < UNUM_COUNT(own); i++) {
        if (strcmp(path, own[i]) == 0)
            return false;
    }
    return true;
}

/* One line of .unumignore against a path without final slash. */
static bool matches(struct unum_str pattern, const char *path, bool folder)
{
    if (unum_str_ends(pattern, UNUM_STR("/"))) {
        if (!folder)
            return false;
        pattern.len--;
    }
    bool anchored = unum_str_find(pattern, '/') != SIZE_MAX;
    if (unum_str_starts(pattern, UNUM_STR("/")))
        pattern = unum_str_from_pos(pattern, 1);
    char *UNUM_AUTO_FREE glob = unum_str_dup(pattern);
    const char *against = anchored ? path : unum_path_base(unum_str_from(path)).ptr;
    return fnmatch(glob, against, FNM_PATHNAME) == 0;
}

bool source_is_ignored(struct unum_str ignore, const char *path)
{
    char *UNUM_AUTO_FREE plain = unum_strdup(path);
    size_t len = strlen(plain);
    bool folder = len && plain[len - 1] == '/';
    if (folder)
        plain[len - 1] = '\0';
    bool ignored = false;
    struct unum_str line;
    while (unum_str_split(&ignore, '\n', &line)) {
        line = unum_str_trim(line);
        if (!line.len || line.ptr[0] == '#' || line.len > UNUM_LIMIT_PATH)
            continue;
        bool back = line.ptr[0] == '!';
        if (matches(back ? unum_str_from_pos(line, 1) : line, plain, folder))
            ignored = !back;
    }
    return ignored;
}

static bool skip(void *cookie, const char *path)
{
    const struct unum_buf *ignore = cookie;
    return unum_path_base(unum_str_from(path)).ptr[0] == '.' ||
           source_is_ignored(unum_buf_str(ignore), path);
}

static enum source_kind kind_of(const struct tree *files)
{
    enum source_kind kind = SOURCE_NOTHING;
    for (size_t i = 0; i < files->files.len; i++) {
        const struct tree_file *file = &files->files.at[i];
        enum source_kind seen = SOURCE_NOTHING;
        if (strcmp(file->path, "bootstrap") == 0 && file->executable)
            seen = SOURCE_PREBUILT;
        else if (strcmp(file->path, "CMakeLists.txt") == 0)
            seen = SOURCE_CMAKE;
        else if (strcmp(file->path, "Makefile") == 0 || strcmp(file->path, "makefile") == 0 ||
                 strcmp(file->path, "GNUmakefile") == 0)
            seen = SOURCE_MAKE;
        else if (source_is_c(file->path) || source_is_cxx(file->path))
            seen = SOURCE_FILES;
        kind = seen < kind ? seen : kind;
    }
    return kind;
}

int source_read(const char *dir, struct source *ret, struct unum_err *err)
{
    if (!unum_is_dir(dir))
        return unum_err_set(err, UNUM_E_NOTFOUND, "there is no folder %s", dir);
    struct unum_buf UNUM_AUTO_BUF ignore = UNUM_BUF_INIT(64 * UNUM_KB);
    char *UNUM_AUTO_FREE ignore_path = unum_path_join(dir, ".unumignore");
    if (unum_file_exists(ignore_path)) {
        int rc = unum_file_read(ignore_path, &ignore, err);
        if (rc < 0)
            return rc;
    }
    int rc = tree_list(dir, skip, &ignore, &ret->files, err);
    if (rc == 0)
        ret->kind = kind_of(&ret->files);
    return rc;
}
