#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "crypto/hash.h"
#include "package/unit.h"

/*
 * The stamp of a unit, <cache>/stamp:
 *     unum-build 1
 *     key <hash>            options, commands and names of files
 *     in <hash> <path>      a file whose content went in
 *     out <hash> <path>     a file that came out, below the cache
 */
#define STAMP_HEAD "unum-build 1"

static void add_words(struct unum_buf *text, const char *name, const struct words *words)
{
    unum_buf_adds(text, name);
    for (size_t i = 0; i < words->len; i++)
        unum_buf_printf(text, " %zu:%s", strlen(words->at[i]), words->at[i]);
    unum_buf_addc(text, '\n');
}

void unit_make_key(struct unit_context *context, struct unit *unit)
{
    const struct toolchain *tc = unit->toolchain;
    const struct build_options *options = context->options;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct words link = {.arena = context->arena};
    if (unit->source.kind != SOURCE_PREBUILT) {
        toolchain_link_flags(tc, options, false, &link);
        toolchain_link_flags(tc, options, true, &link);
        toolchain_link_libraries(tc, false, false, &link);
        toolchain_link_libraries(tc, true, true, &link);
    }
    unum_buf_printf(&text, "%s %s %d %d %d %d %s\n", STAMP_HEAD, UNUM_VERSION,
                    (int)unit->source.kind, (int)tc->machine, options->debug, options->sanitize,
                    unit->dir);
    /* Commands of CMake and make contain the folder. */
    if (unit->source.kind == SOURCE_CMAKE || unit->source.kind == SOURCE_MAKE)
        unum_buf_printf(&text, "root %s\n", context->absolute_root);
    add_words(&text, "cc", &tc->cc);
    add_words(&text, "cxx", &tc->cxx);
    add_words(&text, "cflags", &tc->cflags);
    add_words(&text, "cxxflags", &tc->cxxflags);
    add_words(&text, "link", &link);
    for (size_t i = 0; i < unit->source.files.files.len; i++) {
        const char *path = unit->source.files.files.at[i].path;
        if (!source_is_extra(path))
            unum_buf_printf(&text, "file %s\n", path);
    }
    hash_sha256_hex(unum_buf_str(&text), unit->key);
    if (text.failed)
        unit->key[0] = '\0'; /* equals none: built each time */
}

/* A line "<hash> <path>" against the file. */
static bool file_holds(struct unit_context *context, struct unum_str line, const char *folder)
{
    struct unum_str hex;
    char now[HASHES_HEX];
    if (!unum_str_split(&line, ' ', &hex) || !line.len)
        return false;
    char *UNUM_AUTO_FREE name = unum_str_dup(line);
    char *UNUM_AUTO_FREE path = folder ? unum_path_join(folder, name) : unum_strdup(name);
    return hashes_file(context->hashes, unum_str_from(path), now, NULL) == 0 &&
           unum_str_is(hex, now);
}

bool unit_stamp_holds(struct unit_context *context, const struct unit *unit)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    char *UNUM_AUTO_FREE path = unit_path(context, unit, "stamp");
    if (unum_file_read(path, &text, NULL) < 0)
        return false;
    struct unum_str rest = unum_buf_str(&text), line;
    bool program = false, key = false;
    if (!unum_str_split(&rest, '\n', &line) || !unum_str_is(line, STAMP_HEAD))
        return false;
    while (unum_str_split(&rest, '\n', &line)) {
        struct unum_str word, value = line;
        if (!line.len)
            continue;
        if (!unum_str_split(&value, ' ', &word))
            return false;
        bool holds = unum_str_is(word, "key")   ? unum_str_is(value, unit->key)
                     : unum_str_is(word, "in")  ? file_holds(context, value, NULL)
                     : unum_str_is(word, "out") ? file_holds(context, value, unit->cache)
                                                : false;
        if (!holds)
            return false;
        key = key || unum_str_is(word, "key");
        program = program || unum_str_is(word, "out");
    }
    return key && program;
}

struct stamp {
    struct unit_context *context;
    struct unum_buf text;
    struct unum_map seen;
};

static int add_file(struct stamp *stamp, const char *word, const char *path, const char *shown,
                    struct unum_err *err)
{
    char hex[HASHES_HEX];
    if (unum_map_set(&stamp->seen, unum_str_from(path), stamp))
        return 0;
    int rc = hashes_file(stamp->context->hashes, unum_str_from(path), hex, err);
    if (rc == 0)
        unum_buf_printf(&stamp->text, "%s %s %s\n", word, hex, shown);
    return rc;
}

/* The next file name of a dependency file: names end at blanks, "\ " is one of their characters. */
static bool next_dependency(struct unum_str *rest, struct unum_buf *ret)
{
    unum_buf_clear(ret);
    for (;;) {
        while (rest->len && strchr(" \t\n", rest->ptr[0]))
            *rest = unum_str_from_pos(*rest, 1);
        if (!unum_str_starts(*rest, UNUM_STR("\\\n")))
            break;
        *rest = unum_str_from_pos(*rest, 2);
    }
    while (rest->len && !strchr(" \t\n", rest->ptr[0])) {
        if (rest->ptr[0] == '\\' && rest->len > 1) {
            if (rest->ptr[1] == '\n')
                break;
            if (strchr(" #\\", rest->ptr[1]))
                *rest = unum_str_from_pos(*rest, 1);
        }
        unum_buf_addc(ret, rest->ptr[0]);
        *rest = unum_str_from_pos(*rest, 1);
    }
    return ret->len > 0;
}

/* Files that a compiler says it read. Names relative to where the compiler ran, which is the
 * application's folder for us, the function's for make; others do not resolve and are left out:
 * the function's own files are inputs anyway. */
static int add_dependencies(struct stamp *stamp, const struct unit *unit, const char *path,
                            struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    int rc = unum_file_read(path, &text, err);
    if (rc < 0)
        return rc;
    struct unum_str rest = unum_buf_str(&text);
    while (rc == 0 && next_dependency(&rest, &name)) {
        if (name.failed || unum_str_ends(unum_buf_str(&name), UNUM_STR(":")))
            continue;
        char *UNUM_AUTO_FREE below = unit->source.kind == SOURCE_MAKE
                                         ? unum_path_join(unit->dir, name.ptr)
                                         : unum_strdup(name.ptr);
        char *UNUM_AUTO_FREE clean = unum_path_clean(unum_str_from(below));
        char *UNUM_AUTO_FREE full = unum_path_join(stamp->context->root, clean);
        /* What the build makes itself follows from the other inputs. */
        bool made = unum_str_search(unum_str_from(clean), unum_str_from(unit->cache)) != SIZE_MAX;
        if (!made && unum_file_exists(full) && !unum_is_dir(full))
            rc = add_file(stamp, "in", clean, clean, err);
    }
    return rc;
}

/* Every *.d below a folder of the cache. */
static int add_all_dependencies(struct stamp *stamp, const struct unit *unit, const char *folder,
                                struct unum_err *err)
{
    char *UNUM_AUTO_FREE dir = unit_path(stamp->context, unit, folder);
    struct tree UNUM_AUTO_TREE tree = {0};
    if (!unum_is_dir(dir))
        return 0;
    int rc = tree_list(dir, NULL, NULL, &tree, err);
    for (size_t i = 0; rc == 0 && i < tree.files.len; i++) {
        if (!unum_str_ends(unum_str_from(tree.files.at[i].path), UNUM_STR(".d")))
            continue;
        char *UNUM_AUTO_FREE path = unum_path_join(dir, tree.files.at[i].path);
        rc = add_dependencies(stamp, unit, path, err);
    }
    return rc;
}

static int add_inputs(struct stamp *stamp, const struct unit *unit, struct unum_err *err)
{
    const struct toolchain *tc = unit->toolchain;
    int rc = tc->archive ? add_file(stamp, "in", tc->archive, tc->archive, err) : 0;
    for (size_t i = 0; rc == 0 && i < tc->compiler_files.len; i++)
        rc = add_file(stamp, "in", tc->compiler_files.at[i], tc->compiler_files.at[i], err);
    for (size_t i = 0; rc == 0 && i < unit->source.files.files.len; i++) {
        const char *name = unit->source.files.files.at[i].path;
        char *UNUM_AUTO_FREE path = unum_path_join(unit->dir, name);
        if (!source_is_extra(name))
            rc = add_file(stamp, "in", path, path, err);
    }
    if (rc == 0)
        rc = add_all_dependencies(stamp, unit, "objects", err);
    if (rc == 0)
        rc = add_all_dependencies(stamp, unit, "out", err);
    return rc;
}

static int add_outputs(struct stamp *stamp, const struct unit *unit, struct unum_err *err)
{
    char *UNUM_AUTO_FREE program = unum_path_join(unit->cache, "bootstrap");
    int rc = add_file(stamp, "out", program, "bootstrap", err);
    char *UNUM_AUTO_FREE lib = unit_path(stamp->context, unit, "lib");
    if (rc < 0 || !unum_is_dir(lib))
        return rc;
    struct unum_names names;
    rc = unum_list_dir(lib, &names, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; rc == 0 && i < names.list.len; i++) {
        char *UNUM_AUTO_FREE shown = unum_path_join("lib", names.list.at[i]);
        char *UNUM_AUTO_FREE path = unum_path_join(unit->cache, shown);
        rc = add_file(stamp, "out", path, shown, err);
    }
    unum_names_done(&names);
    return rc;
}

int unit_stamp_write(struct unit_context *context, const struct unit *unit, struct unum_err *err)
{
    struct stamp stamp = {.context = context, .text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT)};
    unum_buf_printf(&stamp.text, STAMP_HEAD "\nkey %s\n", unit->key);
    int rc = add_inputs(&stamp, unit, err);
    if (rc == 0)
        rc = add_outputs(&stamp, unit, err);
    char *UNUM_AUTO_FREE path = unit_path(context, unit, "stamp");
    if (rc == 0)
        rc = unum_file_write(path, unum_buf_str(&stamp.text), 0644, err);
    unum_buf_done(&stamp.text);
    unum_map_done(&stamp.seen);
    return rc;
}
