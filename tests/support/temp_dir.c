#include "support/temp_dir.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/path.h"

int temp_dir_setup(void **state)
{
    struct temp_dir *dir = unum_alloc(sizeof(*dir));
    *state = dir;
    return unum_make_temp_dir("unum-test", &dir->path, NULL);
}

int temp_dir_teardown(void **state)
{
    struct temp_dir *dir = *state;
    int rc = unum_remove_tree(dir->path, NULL);
    for (size_t i = 0; i < dir->used; i++)
        free(dir->names[i]);
    free(dir->path);
    free(dir);
    return rc;
}

const char *temp_path(struct temp_dir *dir, const char *name)
{
    if (dir->used == UNUM_COUNT(dir->names))
        abort();
    return dir->names[dir->used++] = unum_path_join(dir->path, name);
}
