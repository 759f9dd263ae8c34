/* The table of the local platform's operations: each row is found by what it says of itself, and
 * what the database has is what the table has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "local/operations.h"

static void rows_are_single(void **state)
{
    (void)state;
    for (size_t i = 0; operations_at(i); i++) {
        const struct operation *row = operations_at(i);
        const struct operation_service *service = operations_service(row->service);
        assert_non_null(service);
        assert_non_null(row->call);
        assert_int_equal(row->route != NULL, service->protocol == OPERATION_REST);
        for (size_t k = 0; k < i; k++) {
            const struct operation *other = operations_at(k);
            if (other->service == row->service && strcmp(other->name, row->name) == 0)
                fail_msg("%s %s has two rows", service->name, row->name);
        }
    }
}

/* "/a/{B}/{C+}?d&e=2" with something in every place. */
static void fill(struct unum_str route, struct unum_buf *path)
{
    for (size_t i = 0; i < route.len; i++) {
        if (route.ptr[i] != '{') {
            unum_buf_addc(path, route.ptr[i]);
            continue;
        }
        size_t end = i + unum_str_find(unum_str_from_pos(route, i), '}');
        unum_buf_adds(path, route.ptr[end - 1] == '+' ? "x/y" : "x");
        i = end;
    }
}

static void rows_are_found_by_their_routes(void **state)
{
    (void)state;
    for (size_t i = 0; operations_at(i); i++) {
        const struct operation *row = operations_at(i);
        struct unum_buf UNUM_AUTO_BUF path = UNUM_BUF_INIT(UNUM_KB);
        struct unum_str route = unum_str_from(row->route), method;
        if (!row->route)
            continue;
        (void)unum_str_split(&route, ' ', &method);
        fill(route, &path);
        struct unum_str whole = unum_buf_str(&path);
        size_t mark = unum_str_find(whole, '?');
        struct door_request req = {.service = row->service,
                                   .method = method,
                                   .path = unum_str_slice(whole, 0, mark),
                                   .query = mark < whole.len ? unum_str_from_pos(whole, mark + 1)
                                                             : UNUM_STR_NONE};
        const struct operation *found = operations_find(&req);
        if (found != row)
            fail_msg("%s %s is taken for %s", row->name, row->route, found ? found->name : "none");
        assert_true(unum_str_is(req.operation, row->name));
        req.method = UNUM_STR("BREW");
        assert_null(operations_find(&req));
        unum_arena_done(&req.arena);
    }
}

static bool has_row(enum door_service service, const char *name)
{
    for (size_t i = 0; operations_at(i); i++) {
        if (operations_at(i)->service == service && strcmp(operations_at(i)->name, name) == 0)
            return true;
    }
    return false;
}

static void the_database_has_the_same(void **state)
{
    (void)state;
    struct local_db *db = NULL;
    const struct local_db_config config = {0};
    assert_int_equal(local_db_open(&config, &db, NULL), 0);
    for (size_t i = 0; operations_at(i); i++) {
        struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_MB);
        int status = 0;
        if (operations_at(i)->service != DOOR_DYNAMODB)
            continue;
        local_db_call(db, unum_str_from(operations_at(i)->name), UNUM_STR("{}"), 1, &status, &out);
        assert_null(strstr(unum_buf_text(&out), "UnknownOperation"));
    }
    local_db_close(db);
    size_t count = 0;
    for (; local_db_operation(count); count++)
        assert_true(has_row(DOOR_DYNAMODB, local_db_operation(count)));
    assert_true(count > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_single),
        cmocka_unit_test(rows_are_found_by_their_routes),
        cmocka_unit_test(the_database_has_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
