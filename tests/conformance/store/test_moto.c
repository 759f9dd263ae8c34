/* The store on moto, an emulator of AWS by others. Without races: it answers each request in a
 * thread of its own and checks conditions without a lock, so two callers can both win. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/proc.h"
#include "conformance/store_dynamodb.h"

enum { EXIT_SKIPPED = 77, PATIENCE = 600 /* tenths of a second until the server answers */ };

static bool is_installed(void)
{
    const char *const argv[] = {"python3", "-c", "import moto.server", NULL};
    struct unum_proc_spec spec = UNUM_PROC_SPEC;
    struct unum_buf UNUM_AUTO_BUF output = UNUM_BUF_INIT(1 << 16);
    int status = -1;
    spec.argv = argv;
    return unum_proc_run(&spec, &output, &status, NULL) == 0 && status == 0;
}

static uint16_t free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) ||
        getsockname(fd, (struct sockaddr *)&at, &len))
        abort();
    close(fd);
    return ntohs(at.sin_port);
}

/* Make the table; the first attempts find nobody listening yet. */
static int make_table(struct dynamodb_server *server)
{
    struct store_handle handle;
    int rc = UNUM_E_IO;
    dynamodb_handle_open(server, &handle);
    for (int i = 0; rc && i < PATIENCE; i++) {
        struct aws_call call = {
            .service = AWS_DYNAMODB,
            .operation = UNUM_STR("CreateTable"),
            .body =
                UNUM_STR("{\"TableName\":\"" SUITE_TABLE "\",\"BillingMode\":\"PAY_PER_REQUEST\","
                         "\"KeySchema\":[{\"AttributeName\":\"Name\",\"KeyType\":\"HASH\"}],"
                         "\"AttributeDefinitions\":[{\"AttributeName\":\"Name\","
                         "\"AttributeType\":\"S\"}]}")};
        rc = aws_call_one(dynamodb_handle_client(&handle), &call, NULL);
        if (rc == UNUM_E_CONFLICT) /* an earlier attempt, after all */
            rc = 0;
        aws_call_done(&call);
        if (rc)
            usleep(100 * 1000);
    }
    dynamodb_handle_close(&handle);
    return rc;
}

int main(void)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_proc_spec spec = UNUM_PROC_SPEC;
    pid_t pid;
    if (!is_installed()) {
        printf("skipped: moto not installed\n");
        return EXIT_SKIPPED;
    }
    unsigned port = free_port();
    const char *const argv[] = {"python3",
                                "-m",
                                "moto.server",
                                "-H",
                                "127.0.0.1",
                                "-p",
                                unum_arena_printf(&arena, "%u", port).ptr,
                                NULL};
    FILE *output = tmpfile();
    if (!output)
        return EXIT_FAILURE;
    spec.argv = argv;
    spec.stdout_fd = spec.stderr_fd = fileno(output);
    if (unum_proc_start(&spec, &pid, &err) < 0) {
        fprintf(stderr, "%s\n", unum_err_text(&err));
        return EXIT_FAILURE;
    }
    struct dynamodb_server server = {unum_arena_printf(&arena, "http://127.0.0.1:%u", port),
                                     {UNUM_STR("key"), UNUM_STR("secret"), UNUM_STR(""), 0}};
    const struct store_backend backend = {
        "dynamodb on moto", &server, dynamodb_handle_open, dynamodb_handle_close, 1, 3, false};
    int failed = make_table(&server);
    if (failed)
        fprintf(stderr, "moto does not answer\n");
    else
        failed = store_suite_run(&backend);
    int status;
    unum_proc_kill(pid, SIGKILL);
    (void)!unum_proc_wait(pid, &status, NULL);
    fclose(output);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
