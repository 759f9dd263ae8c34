/* Zips as folders: what zip_folder() made comes back, what leaves the folder does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/path.h"
#include "package/unzip.h"
#include "package/zip.h"

static char *root;

static int setup(void **state)
{
    (void)state;
    return unum_make_temp_dir("unum-unzip", &root, NULL);
}

static int teardown(void **state)
{
    (void)state;
    int rc = unum_remove_tree(root, NULL);
    free(root);
    return rc;
}

/* A zip with an executable ab/evil and a plain file. */
static void make_zip(struct unum_buf *out)
{
    char *UNUM_AUTO_FREE dir = unum_path_join(root, "in");
    char *UNUM_AUTO_FREE sub = unum_path_join(root, "in/ab");
    char *UNUM_AUTO_FREE evil = unum_path_join(root, "in/ab/evil");
    char *UNUM_AUTO_FREE plain = unum_path_join(root, "in/plain");
    char *UNUM_AUTO_FREE zip = unum_path_join(root, "in.zip");
    uint64_t size = 0;
    assert_int_equal(unum_make_dirs(sub, NULL), 0);
    assert_int_equal(unum_file_write(evil, UNUM_STR("#!/bin/sh\n"), 0755, NULL), 0);
    assert_int_equal(unum_file_write(plain, UNUM_STR("text"), 0644, NULL), 0);
    assert_int_equal(zip_folder(dir, zip, &size, NULL), 0);
    assert_int_equal(unum_file_read(zip, out, NULL), 0);
}

static void unpacks_what_was_packed(void **state)
{
    (void)state;
    struct unum_buf UNUM_AUTO_BUF zip = UNUM_BUF_INIT(UNUM_MB);
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_KB);
    char *UNUM_AUTO_FREE out = unum_path_join(root, "out");
    char *UNUM_AUTO_FREE evil = unum_path_join(root, "out/ab/evil");
    char *UNUM_AUTO_FREE plain = unum_path_join(root, "out/plain");
    struct stat st;
    make_zip(&zip);
    assert_int_equal(unzip_folder(unum_buf_str(&zip), out, NULL), 0);
    assert_int_equal(unum_file_read(plain, &text, NULL), 0);
    assert_string_equal(unum_buf_text(&text), "text");
    assert_int_equal(stat(evil, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0755);
    /* Nothing is written over what is there, nor removed. */
    assert_int_equal(unzip_folder(unum_buf_str(&zip), out, NULL), UNUM_E_EXISTS);
    assert_true(unum_file_exists(plain));
}

static void refuses_names_that_leave_the_folder(void **state)
{
    (void)state;
    struct unum_buf UNUM_AUTO_BUF zip = UNUM_BUF_INIT(UNUM_MB);
    char *UNUM_AUTO_FREE out = unum_path_join(root, "left");
    char *UNUM_AUTO_FREE evil = unum_path_join(root, "evil");
    static const char *const names[] = {"../evil", "/b/evil", "a/../ev"};
    for (size_t i = 0; i < UNUM_COUNT(names); i++) {
        unum_buf_clear(&zip);
        make_zip(&zip);
        for (size_t at = 0; at + 7 < zip.len; at++) {
            if (memcmp(zip.ptr + at, "ab/evil", 7) == 0)
                memcpy(zip.ptr + at, names[i], 7);
        }
        assert_int_equal(unzip_folder(unum_buf_str(&zip), out, NULL), UNUM_E_INVAL);
        assert_false(unum_file_exists(evil));
        assert_false(unum_file_exists(out));
    }
}

static void refuses_what_is_no_zip(void **state)
{
    (void)state;
    struct unum_buf UNUM_AUTO_BUF zip = UNUM_BUF_INIT(UNUM_MB);
    char *UNUM_AUTO_FREE out = unum_path_join(root, "none");
    assert_int_equal(unzip_folder(UNUM_STR("not a zip"), out, NULL), UNUM_E_PARSE);
    make_zip(&zip);
    for (size_t len = 1; len < zip.len; len += 7) {
        assert_true(unzip_folder(unum_str_of(zip.ptr, len), out, NULL) < 0);
        assert_false(unum_file_exists(out));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(unpacks_what_was_packed, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_names_that_leave_the_folder, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_what_is_no_zip, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
