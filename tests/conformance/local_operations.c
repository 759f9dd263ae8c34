/* The operations that the local platform has, one line each: service, protocol, name, route (or
 * "-"), separated by tabs. Run by tests/e2e/operations.bats. */
#include <stdio.h>

#include "local/operations.h"

int main(void)
{
    static const char *const protocols[] = {
        [OPERATION_JSON] = "json", [OPERATION_QUERY] = "query", [OPERATION_REST] = "rest"};
    for (size_t i = 0; operations_at(i); i++) {
        const struct operation *row = operations_at(i);
        const struct operation_service *service = operations_service(row->service);
        printf("%s\t%s\t%s\t%s\n", service->name, protocols[service->protocol], row->name,
               row->route ? row->route : "-");
    }
    return 0;
}
