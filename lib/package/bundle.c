#include "package/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "crypto/hash.h"
#include "package/zip.h"

#define BUILD   ".unum/build"
#define RECORDS ".unum/build-cache/.bundles" /* no function has a dot in its name */

/* One file of a bundle: a copy of `from`, a hard link, or `content`. */
struct part {
    const char *path; /* in the bundle */
    const char *from; /* relative to the application's folder; NULL: content */
    struct unum_str content;
    bool executable, link;
    char hex[HASHES_HEX];
};

struct bundle {
    struct unit_context *context;
    const char *node;
    UNUM_VEC(struct part) parts;
    char id[HASHES_HEX]; /* hash of all of the above */
};

static const char *in_arena(struct unit_context *context, char *text)
{
    struct unum_str copy = unum_arena_str(context->arena, unum_str_from(text));
    free(text);
    return copy.ptr;
}

static int add_file(struct bundle *bundle, const char *path, char *from, bool executable, bool link,
                    struct unum_err *err)
{
    struct part part = {.path = path,
                        .from = in_arena(bundle->context, from),
                        .executable = executable,
                        .link = link};
    int rc = hashes_file(bundle->context->hashes, unum_str_from(part.from), part.hex, err);
    if (rc == 0)
        *unum_vec_push(&bundle->parts) = part;
    return rc;
}

static int add_libraries(struct bundle *bundle, const struct unit *unit, struct unum_err *err)
{
    char *UNUM_AUTO_FREE lib = unit_path(bundle->context, unit, "lib");
    struct tree UNUM_AUTO_TREE tree = {0};
    if (!unum_is_dir(lib))
        return 0;
    int rc = tree_list(lib, NULL, NULL, &tree, err);
    for (size_t i = 0; rc == 0 && i < tree.files.len; i++) {
        const char *path =
            unum_arena_printf(bundle->context->arena, "lib/%s", tree.files.at[i].path).ptr;
        rc = add_file(bundle, path, unum_path_join(unit->cache, path), false, true, err);
    }
    return rc;
}

static int collect(struct bundle *bundle, const struct unit *unit, struct unum_str config,
                   struct unum_err *err)
{
    int rc =
        add_file(bundle, "bootstrap", unum_path_join(unit->cache, "bootstrap"), true, true, err);
    if (rc == 0)
        rc = add_libraries(bundle, unit, err);
    for (size_t i = 0; rc == 0 && i < unit->source.files.files.len; i++) {
        const struct tree_file *file = &unit->source.files.files.at[i];
        /* A library of the function's own goes before one that was found elsewhere. */
        if (source_is_extra(file->path) && unit->dir[0] != '/')
            rc = add_file(bundle, file->path, unum_path_join(unit->dir, file->path),
                          file->executable, false, err);
    }
    struct part part = {.path = "unum_config.json", .content = config};
    hash_sha256_hex(config, part.hex);
    if (rc == 0)
        *unum_vec_push(&bundle->parts) = part;
    return rc;
}

static void identify(struct bundle *bundle)
{
    struct hash_stream *stream = hash_stream_new();
    for (size_t i = 0; i < bundle->parts.len; i++) {
        const struct part *part = &bundle->parts.at[i];
        /* With the NUL, which no path contains. */
        hash_stream_add(stream, unum_str_of(part->path, strlen(part->path) + 1));
        hash_stream_add(stream, unum_str_from(part->hex));
        hash_stream_add(stream, part->executable ? UNUM_STR("x") : UNUM_STR("-"));
    }
    unsigned char digest[HASH_SHA256_LEN];
    hash_stream_finish(stream, digest);
    hash_stream_free(stream);
    hash_hex(digest, sizeof(digest), bundle->id);
}

static bool is_current(const struct bundle *bundle)
{
    for (size_t i = 0; i < bundle->parts.len; i++) {
        const struct part *part = &bundle->parts.at[i];
        struct unum_buf UNUM_AUTO_BUF path = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
        unum_buf_printf(&path, BUILD "/%s/%s", bundle->node, part->path);
        char now[HASHES_HEX];
        if (path.failed ||
            hashes_file(bundle->context->hashes, unum_buf_str(&path), now, NULL) < 0 ||
            strcmp(now, part->hex) != 0)
            return false;
    }
    return true;
}

/* Hard links cost no room; where they cannot be made (another file system) a copy does. */
static int place_part(const struct bundle *bundle, const struct part *part, const char *dir,
                      struct unum_err *err)
{
    char *UNUM_AUTO_FREE to = unum_path_join(dir, part->path);
    char *UNUM_AUTO_FREE folder = unum_str_dup(unum_path_dir(unum_str_from(to)));
    int rc = unum_make_dirs(folder, err);
    if (rc < 0)
        return rc;
    if (!part->from)
        return unum_file_write(to, part->content, 0644, err);
    char *UNUM_AUTO_FREE from = unum_path_join(bundle->context->root, part->from);
    if (part->link && link(from, to) == 0)
        return 0;
    rc = unum_file_copy(from, to, err);
    if (rc == 0 && chmod(to, part->executable ? 0755 : 0644) != 0)
        rc = unum_err_sys(err, errno, "write %s", to);
    return rc;
}

/* Put `made` where `final` is, in one step if there is something already. */
static int swap_folders(const char *made, const char *final, struct unum_err *err)
{
    if (renameat2(AT_FDCWD, made, AT_FDCWD, final, RENAME_EXCHANGE) == 0)
        return unum_remove_tree(made, err);
    if (errno != ENOENT && errno != EINVAL && errno != ENOSYS)
        return unum_err_sys(err, errno, "write %s", final);
    int rc = unum_remove_tree(final, err);
    if (rc == 0 && rename(made, final) != 0)
        rc = unum_err_sys(err, errno, "write %s", final);
    return rc;
}

static int write_folder(const struct bundle *bundle, struct unum_err *err)
{
    struct unit_context *context = bundle->context;
    const char *made =
        unum_arena_printf(context->arena, "%s/" BUILD "/.%s.new", context->root, bundle->node).ptr;
    const char *final =
        unum_arena_printf(context->arena, "%s/" BUILD "/%s", context->root, bundle->node).ptr;
    int rc = unum_remove_tree(made, err);
    if (rc == 0)
        rc = unum_make_dirs(made, err);
    for (size_t i = 0; rc == 0 && i < bundle->parts.len; i++)
        rc = place_part(bundle, &bundle->parts.at[i], made, err);
    if (rc == 0)
        return swap_folders(made, final, err);
    int ignored = unum_remove_tree(made, NULL);
    (void)ignored;
    return rc;
}

/* The record says which content a zip was made of: "<bundle id> <hash of the zip>". */
static int make_zip(const struct bundle *bundle, struct unum_err *err)
{
    struct unit_context *context = bundle->context;
    const char *record =
        unum_arena_printf(context->arena, "%s/" RECORDS "/%s", context->root, bundle->node).ptr;
    struct unum_str name = unum_arena_printf(context->arena, BUILD "/%s.zip", bundle->node);
    char now[HASHES_HEX];
    struct unum_buf UNUM_AUTO_BUF known = UNUM_BUF_INIT(1024);
    struct unum_buf UNUM_AUTO_BUF wanted = UNUM_BUF_INIT(1024);
    if (unum_file_read(record, &known, NULL) == 0 &&
        hashes_file(context->hashes, name, now, NULL) == 0) {
        unum_buf_printf(&wanted, "%s %s\n", bundle->id, now);
        if (unum_str_eq(unum_buf_str(&known), unum_buf_str(&wanted)))
            return 0;
    }
    const char *dir =
        unum_arena_printf(context->arena, "%s/" BUILD "/%s", context->root, bundle->node).ptr;
    const char *path =
        unum_arena_printf(context->arena, "%s/%.*s", context->root, UNUM_STR_ARG(name)).ptr;
    uint64_t size;
    int rc = zip_folder(dir, path, &size, err);
    if (rc == 0)
        rc = hashes_file(context->hashes, name, now, err);
    if (rc < 0)
        return rc;
    if (size > ZIP_DIRECT_BYTES && context->options->progress)
        context->options->progress(context->options->cookie, unum_str_from(bundle->node),
                                   "warning: the zip is larger than 50 MB, so it has to be "
                                   "deployed through S3");
    unum_buf_clear(&wanted);
    unum_buf_printf(&wanted, "%s %s\n", bundle->id, now);
    return unum_file_write(record, unum_buf_str(&wanted), 0644, err);
}

static int remove_zip(const struct bundle *bundle, struct unum_err *err)
{
    struct unit_context *context = bundle->context;
    return unum_remove_tree(
        unum_arena_printf(context->arena, "%s/" BUILD "/%s.zip", context->root, bundle->node).ptr,
        err);
}

int bundle_make(struct unit_context *context, const struct unit *unit,
                const struct compiled_node *node, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF config = UNUM_BUF_INIT(UNUM_LIMIT_IR);
    ir_write(node->ir, &config);
    if (config.failed)
        return unum_err_set(err, UNUM_E_LIMIT, "%.*s: unum_config.json is larger than %zu MB",
                            UNUM_STR_ARG(node->node), UNUM_LIMIT_IR / UNUM_MB);
    struct bundle bundle = {.context = context,
                            .node = unum_arena_str(context->arena, node->node).ptr};
    int rc = collect(&bundle, unit, unum_buf_str(&config), err);
    if (rc == 0) {
        identify(&bundle);
        if (!is_current(&bundle)) {
            rc = write_folder(&bundle, err);
            /* A zip of other content would only mislead. */
            if (rc == 0)
                rc = remove_zip(&bundle, err);
        }
    }
    if (rc == 0 && context->options->zip)
        rc = make_zip(&bundle, err);
    unum_vec_done(&bundle.parts);
    return rc < 0 ? unum_err_wrap(err, "bundle of %.*s", UNUM_STR_ARG(node->node)) : 0;
}

static bool is_node(const struct compiled *compiled, struct unum_str name)
{
    for (size_t i = 0; i < compiled->len; i++) {
        if (unum_str_eq(compiled->at[i].node, name))
            return true;
    }
    return false;
}

int bundle_remove_others(struct unit_context *context, const struct compiled *compiled,
                         struct unum_err *err)
{
    static const char *const folders[] = {BUILD, RECORDS};
    for (size_t i = 0; i < UNUM_COUNT(folders); i++) {
        char *UNUM_AUTO_FREE dir = unum_path_join(context->root, folders[i]);
        struct unum_names names;
        int rc = unum_list_dir(dir, &names, err);
        if (rc < 0)
            return rc;
        for (size_t k = 0; rc == 0 && k < names.list.len; k++) {
            struct unum_str name = unum_str_from(names.list.at[k]);
            if (unum_str_ends(name, UNUM_STR(".zip")))
                name.len -= 4;
            char *UNUM_AUTO_FREE path = unum_path_join(dir, names.list.at[k]);
            if (!is_node(compiled, name))
                rc = unum_remove_tree(path, err);
        }
        unum_names_done(&names);
        if (rc < 0)
            return rc;
    }
    return 0;
}
