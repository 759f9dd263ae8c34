/* The store on the local platform's DynamoDB, through sockets: the platform turns in a thread. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "conformance/store_dynamodb.h"
#include "local/db.h"
#include "local/local.h"

static bool never(void *cookie)
{
    (void)cookie;
    return false;
}

static void *turn(void *cookie)
{
    const struct local_until until = {.done = never};
    (void)!local_run_until(cookie, &until, NULL);
    return NULL;
}

int main(void)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    const struct local_config config = {.real_time = true};
    struct local *local;
    pthread_t thread;
    if (local_new(&config, &local, &err) < 0 ||
        local_db_ensure_table(local_database(local), UNUM_STR(SUITE_TABLE), 0, &err) < 0 ||
        pthread_create(&thread, NULL, turn, local)) {
        fprintf(stderr, "%s\n", unum_err_text(&err));
        return EXIT_FAILURE;
    }
    struct dynamodb_server server = {
        local_endpoint(local),
        {UNUM_STR(LOCAL_ACCESS_KEY), UNUM_STR(LOCAL_SECRET_KEY), UNUM_STR(""), 0}};
    const struct store_backend backend = {"dynamodb on the local platform",
                                          &server,
                                          dynamodb_handle_open,
                                          dynamodb_handle_close,
                                          8,
                                          10,
                                          false};
    int failed = store_suite_run(&backend);
    local_stop(local);
    pthread_join(thread, NULL);
    local_free(local);
    return failed;
}
