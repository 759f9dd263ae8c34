#include <stdlib.h>

#include "conformance/store_suite.h"

static void open_handle(void *cookie, struct store_handle *ret)
{
    const struct store *shared = cookie;
    *ret = (struct store_handle){*shared, NULL};
}

static void close_handle(struct store_handle *handle)
{
    (void)handle;
}

int main(void)
{
    struct store shared;
    if (store_memory_open(&shared, NULL) < 0)
        abort();
    const struct store_backend backend = {"memory", &shared, open_handle, close_handle,
                                          8,        50,      false};
    int failed = store_suite_run(&backend);
    shared.ops->close(shared.state);
    return failed;
}
