/*
 * temp_dir: a folder of its own for each test: cmocka's setup and teardown.
 *
 *   cmocka_unit_test_setup_teardown(writes_files, temp_dir_setup, temp_dir_teardown)
 *   struct temp_dir *dir = *state;
 */
#ifndef TESTS_SUPPORT_TEMP_DIR_H
#define TESTS_SUPPORT_TEMP_DIR_H

#include <stddef.h>

struct temp_dir {
    char *path;
    char *names[32]; /* made by temp_path() */
    size_t used;
};

int temp_dir_setup(void **state);
int temp_dir_teardown(void **state);
/* dir/name; lives as long as the folder. */
const char *temp_path(struct temp_dir *dir, const char *name);

#endif
