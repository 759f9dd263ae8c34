#include "base/path.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "base/vec.h"

char *unum_path_join(const char *dir, const char *name)
{
    struct unum_buf path = UNUM_BUF_INIT(2 * UNUM_LIMIT_PATH);
    struct unum_str folder = unum_str_from(dir && *dir ? dir : ".");
    if (name[0] != '/') {
        while (folder.len > 1 && folder.ptr[folder.len - 1] == '/')
            folder.len--;
        unum_buf_add(&path, folder);
        if (!unum_str_ends(folder, UNUM_STR("/")))
            unum_buf_addc(&path, '/');
    }
    unum_buf_adds(&path, name);
    return unum_buf_take(&path);
}

struct unum_str unum_path_dir(struct unum_str path)
{
    size_t slash = unum_str_rfind(path, '/');
    if (slash == SIZE_MAX)
        return UNUM_STR(".");
    return slash == 0 ? UNUM_STR("/") : unum_str_slice(path, 0, slash);
}

struct unum_str unum_path_base(struct unum_str path)
{
    size_t slash = unum_str_rfind(path, '/');
    return slash == SIZE_MAX ? path : unum_str_from_pos(path, slash + 1);
}

char *unum_path_clean(struct unum_str path)
{
    bool absolute = unum_str_starts(path, UNUM_STR("/"));
    UNUM_VEC(struct unum_str) kept = {0};
    struct unum_str rest = path;
    struct unum_str part;
    while (unum_str_split(&rest, '/', &part)) {
        if (part.len == 0 || unum_str_is(part, "."))
            continue;
        bool up = unum_str_is(part, "..");
        if (up && kept.len && !unum_str_is(kept.at[kept.len - 1], ".."))
            kept.len--;
        else if (!up || !absolute)
            *unum_vec_push(&kept) = part;
    }
    struct unum_buf out = UNUM_BUF_INIT(2 * UNUM_LIMIT_PATH);
    if (absolute)
        unum_buf_addc(&out, '/');
    for (size_t i = 0; i < kept.len; i++) {
        if (i)
            unum_buf_addc(&out, '/');
        unum_buf_add(&out, kept.at[i]);
    }
    if (!out.len)
        unum_buf_addc(&out, '.');
    unum_vec_done(&kept);
    return unum_buf_take(&out);
}

bool unum_path_is_below(struct unum_str path)
{
    if (!path.len || path.ptr[0] == '/' || unum_str_find(path, '\0') != SIZE_MAX)
        return false;
    struct unum_str part;
    while (unum_str_split(&path, '/', &part)) {
        if (unum_str_is(part, ".."))
            return false;
    }
    return true;
}
