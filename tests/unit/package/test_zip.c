#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "package/source.h"
#include "package/zip.h"

static void put(const char *dir, const char *name, const char *text, int mode)
{
    char *UNUM_AUTO_FREE path = unum_path_join(dir, name);
    char *UNUM_AUTO_FREE folder = unum_str_dup(unum_path_dir(unum_str_from(path)));
    assert_int_equal(unum_make_dirs(folder, NULL), 0);
    assert_int_equal(unum_file_write(path, unum_str_from(text), (mode_t)mode, NULL), 0);
}

static char *fill(const char *dir, const char *name, bool backwards)
{
    char *folder = unum_path_join(dir, name);
    static const char *const names[] = {"bootstrap", "B.txt", "a/b.txt", "a.txt", "\xc3\xa4.txt"};
    for (size_t i = 0; i < UNUM_COUNT(names); i++) {
        size_t at = backwards ? UNUM_COUNT(names) - 1 - i : i;
        /* Group and others do not matter, the owner's x does. */
        put(folder, names[at], names[at], at == 0 ? (backwards ? 0700 : 0755) : 0600 + (int)at);
    }
    return folder;
}

static void equal_folders_give_equal_bytes(void **state)
{
    (void)state;
    char *UNUM_AUTO_FREE dir = NULL;
    assert_int_equal(unum_make_temp_dir("unum-zip", &dir, NULL), 0);
    struct unum_buf UNUM_AUTO_BUF one = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_buf UNUM_AUTO_BUF two = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_buf *zips[2] = {&one, &two};
    static const char *const zones[] = {"TZ=Asia/Tokyo", "TZ=America/New_York"};
    for (int i = 0; i < 2; i++) {
        char zone[32];
        strcpy(zone, zones[i]);
        putenv(zone); // NOLINT: the variable is taken away below
        tzset();
        mode_t mask = umask(i ? 0077 : 0002);
        char *UNUM_AUTO_FREE folder = fill(dir, i ? "one" : "another/place", i == 1);
        umask(mask);
        char *UNUM_AUTO_FREE path = unum_path_join(dir, i ? "1.zip" : "2.zip");
        uint64_t size = 0;
        assert_int_equal(zip_folder(folder, path, &size, NULL), 0);
        assert_int_equal(unum_file_read(path, zips[i], NULL), 0);
        assert_int_equal(size, zips[i]->len);
        struct stat st;
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0644);
        unsetenv("TZ");
    }
    assert_true(unum_str_eq(unum_buf_str(&one), unum_buf_str(&two)));
    /* In byte order, and nothing of the time: 1980-01-01 is 0x0021 in the local header. */
    struct unum_str bytes = unum_buf_str(&one);
    assert_true(unum_str_search(bytes, UNUM_STR("B.txt")) <
                unum_str_search(bytes, UNUM_STR("a.txt")));
    assert_true(unum_str_search(bytes, UNUM_STR("a.txt")) <
                unum_str_search(bytes, UNUM_STR("a/b.txt")));
    assert_memory_equal(bytes.ptr, "PK\3\4", 4);
    assert_memory_equal(bytes.ptr + 10, "\0\0\x21\0", 4);
    assert_memory_equal(bytes.ptr + 28, "\0\0", 2); /* no extra field */
    assert_int_equal(unum_remove_tree(dir, NULL), 0);
}

static void leaves_the_old_zip_when_it_fails(void **state)
{
    (void)state;
    char *UNUM_AUTO_FREE dir = NULL;
    assert_int_equal(unum_make_temp_dir("unum-zip", &dir, NULL), 0);
    put(dir, "old.zip", "old", 0644);
    char *UNUM_AUTO_FREE path = unum_path_join(dir, "old.zip");
    char *UNUM_AUTO_FREE folder = unum_path_join(dir, "folder");
    uint64_t size;
    assert_int_equal(zip_folder(folder, path, &size, NULL), UNUM_E_NOTFOUND);
    put(folder, "\xff.txt", "x", 0644);
    assert_int_equal(zip_folder(folder, path, &size, NULL), UNUM_E_INVAL);
    /* Sparse, so it costs no disk. */
    put(folder, "big", "", 0644);
    char *UNUM_AUTO_FREE big = unum_path_join(folder, "big");
    assert_int_equal(truncate(big, 251 * 1024 * 1024), 0);
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    assert_int_equal(zip_folder(folder, path, &size, &err), UNUM_E_LIMIT);
    assert_non_null(strstr(unum_err_text(&err), "250 MB"));
    struct unum_buf UNUM_AUTO_BUF old = UNUM_BUF_INIT(16);
    assert_int_equal(unum_file_read(path, &old, NULL), 0);
    assert_string_equal(unum_buf_text(&old), "old");
    struct unum_names names;
    assert_int_equal(unum_list_dir(dir, &names, NULL), 0);
    assert_int_equal(names.list.len, 2); /* nothing temporary is left */
    unum_names_done(&names);
    assert_int_equal(unum_remove_tree(dir, NULL), 0);
}

static void ignores_as_the_file_says(void **state)
{
    (void)state;
    struct unum_str ignore =
        UNUM_STR("# notes\n*.md\n/data/raw*\ntests/\n!keep.md\n  \nlib/*.tmp\r\n");
    static const struct {
        const char *path;
        bool ignored;
    } rows[] = {
        {"readme.md", true},       {"deep/er/readme.md", true},
        {"keep.md", false},        {"data/raw.csv", true},
        {"x/data/raw.csv", false}, {"tests/", true},
        {"a/tests/", true},        {"tests", false},
        {"lib/x.tmp", true},       {"lib/deep/x.tmp", false},
        {"main.c", false},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        if (source_is_ignored(ignore, rows[i].path) != rows[i].ignored)
            fail_msg("%s", rows[i].path);
    }
}

static void follows_links_but_not_in_circles(void **state)
{
    (void)state;
    char *UNUM_AUTO_FREE dir = NULL;
    assert_int_equal(unum_make_temp_dir("unum-tree", &dir, NULL), 0);
    put(dir, "fn/main.c", "", 0644);
    put(dir, "shared/data.txt", "", 0644);
    char *UNUM_AUTO_FREE fn = unum_path_join(dir, "fn");
    char *UNUM_AUTO_FREE link = unum_path_join(fn, "shared");
    assert_int_equal(symlink("../shared", link), 0);
    struct tree UNUM_AUTO_TREE tree = {0};
    assert_int_equal(tree_list(fn, NULL, NULL, &tree, NULL), 0);
    assert_int_equal(tree.files.len, 2);
    assert_string_equal(tree.files.at[1].path, "shared/data.txt");
    struct tree none;
    char *UNUM_AUTO_FREE circle = unum_path_join(fn, "circle");
    assert_int_equal(symlink(".", circle), 0);
    assert_true(tree_list(fn, NULL, NULL, &none, NULL) < 0);
    assert_int_equal(unlink(circle), 0);
    assert_int_equal(symlink("nowhere", circle), 0);
    assert_int_equal(tree_list(fn, NULL, NULL, &none, NULL), UNUM_E_NOTFOUND);
    assert_int_equal(unum_remove_tree(dir, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_folders_give_equal_bytes),
        cmocka_unit_test(leaves_the_old_zip_when_it_fails),
        cmocka_unit_test(ignores_as_the_file_says),
        cmocka_unit_test(follows_links_but_not_in_circles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
