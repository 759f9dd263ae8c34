#include "base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void default_oom(size_t wanted)
{
    (void)wanted;
    static const char line[] = "unum: out of memory\n";
    ssize_t ignored = write(STDERR_FILENO, line, sizeof(line) - 1);
    (void)ignored;
    abort();
}

void (*unum_oom_hook)(size_t wanted) = default_oom;

static void *checked(void *pointer, size_t wanted)
{
    if (!pointer) {
        unum_oom_hook(wanted);
        abort();
    }
    return pointer;
}

void *unum_alloc(size_t size)
{
    return checked(calloc(1, size ? size : 1), size);
}

void *unum_alloc_array(size_t count, size_t size)
{
    return checked(calloc(count ? count : 1, size ? size : 1), count);
}

void *unum_realloc(void *old, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size) {
        unum_oom_hook(SIZE_MAX);
        abort();
    }
    size_t wanted = count * size;
    return checked(realloc(old, wanted ? wanted : 1), wanted);
}

char *unum_strdup(const char *text)
{
    return checked(strdup(text), strlen(text));
}

void unum_free_ptr(void *pointer_to_pointer)
{
    void **where = pointer_to_pointer;
    free(*where);
    *where = NULL;
}
