/*
 * One hop (look-up, create, one invocation) by the runtime's own store and invoker, against the
 * same three requests written to a bare kept-alive socket and, with -b, made by boto3; then the
 * start of 512 branches at once against one after the other. All on loopback, one fixed answer
 * each.
 *
 *   bench_hop [-n BLOCKS] [-b hop_boto3.py]
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "answer_server.h"
#include "aws/client.h"
#include "aws/creds_env.h"
#include "faas/faas.h"
#include "http/http.h"
#include "sample.h"
#include "store/store.h"

enum { HOPS = 200, BODY = 1024, BRANCHES = 512, SERIAL = 32, SERVICE_MS = 10 };

struct client {
    struct http_transport transport;
    struct aws_client *aws;
    struct store store;
    struct faas faas;
    struct unum_str value, payload;
};

static void must(int rc, const struct unum_err *err)
{
    if (rc == 0)
        return;
    (void)fprintf(stderr, "bench_hop: %s\n", unum_err_text(err));
    exit(1);
}

static void client_open(struct client *c, const struct answer_server *server)
{
    static char url[64], value[BODY + 1], payload[BODY + 3];
    static struct aws_creds_env creds;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    setenv("AWS_ACCESS_KEY_ID", "bench", 1);     // NOLINT(concurrency-mt-unsafe)
    setenv("AWS_SECRET_ACCESS_KEY", "bench", 1); // NOLINT(concurrency-mt-unsafe)
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u", server->port);
    memset(value, 'v', BODY);
    (void)snprintf(payload, sizeof(payload), "\"%s\"", value);
    c->value = unum_str_from(value);
    c->payload = unum_str_from(payload);
    const struct http_native_config http = {.clock = &unum_clock_system};
    must(http_native_open(&http, &c->transport, &err), &err);
    struct aws_config config = {.transport = c->transport,
                                .clock = &unum_clock_system,
                                .creds = aws_creds_env(&creds),
                                .region = UNUM_STR("eu-central-1")};
    config.endpoints[AWS_DYNAMODB] = config.endpoints[AWS_LAMBDA] = unum_str_from(url);
    must(aws_client_new(&config, &c->aws, &err), &err);
    must(store_dynamodb_open(c->aws, UNUM_STR("bench"), &c->store, &err), &err);
    must(faas_lambda_open(c->aws, &c->faas, &err), &err);
}

static void client_close(struct client *c)
{
    c->faas.ops->close(c->faas.state);
    c->store.ops->close(c->store.state);
    aws_client_free(c->aws);
    c->transport.ops->close(c->transport.state);
}

static void invoke(struct client *c, size_t count)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    static struct faas_event events[BRANCHES];
    for (size_t i = 0; i < count; i++)
        events[i] = (struct faas_event){.function = UNUM_STR("bench-f"), .payload = c->payload};
    must(c->faas.ops->send(c->faas.state, events, count, &err), &err);
}

static void hop(struct client *c)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_arena arena = UNUM_ARENA_INIT;
    const struct unum_str key = UNUM_STR("session/A-unumOutput");
    const struct store_attr attrs[] = {
        {.name = UNUM_STR("Value"), .type = STORE_TEXT, .text = c->value}};
    struct store_item item;
    const struct unum_str nonce = UNUM_STR("nonce");
    must(c->store.ops->read(c->store.state, nonce, &key, 1, &arena, &item, &err), &err);
    must(c->store.ops->create(c->store.state, nonce, key, attrs, 1, &arena, &item, &err), &err);
    invoke(c, 1);
    unum_arena_done(&arena);
}

/* ---- the bare socket ---- */

static int dial(const struct answer_server *server)
{
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_port = htons(server->port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0) {
        perror("connect");
        exit(1);
    }
    return fd;
}

/* As large as what the runtime sends: a signed request has some 700 bytes of headers. */
static size_t bare_request(char *to, size_t max, const char *target, const char *name, size_t body)
{
    char padding[600];
    memset(padding, 'p', sizeof(padding));
    int len = snprintf(to, max,
                       "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Amz-Target: "
                       "DynamoDB_20120810.%s\r\nX-Padding: %.*s\r\nContent-Length: %zu\r\n\r\n",
                       target, name, (int)sizeof(padding), padding, body);
    memset(to + len, 'v', body);
    return (size_t)len + body;
}

static void bare_hop(int fd)
{
    static char requests[3][4096];
    static size_t len[3];
    if (!len[0]) {
        len[0] = bare_request(requests[0], sizeof(requests[0]), "/", "BatchGetItem", 150);
        len[1] = bare_request(requests[1], sizeof(requests[1]), "/", "PutItem", BODY + 350);
        len[2] = bare_request(requests[2], sizeof(requests[2]),
                              "/2015-03-31/functions/f/invocations", "", BODY);
    }
    char answer[1024];
    for (size_t i = 0; i < 3; i++) {
        if (write(fd, requests[i], len[i]) != (ssize_t)len[i] ||
            read(fd, answer, sizeof(answer)) <= 0) {
            perror("bare hop");
            exit(1);
        }
    }
}

/* ---- rows ---- */

static void boto3_row(const char *script, const struct answer_server *server, double cpu_us)
{
    char command[512], line[128];
    (void)snprintf(command, sizeof(command), "python3 %s %u", script, server->port);
    FILE *pipe = popen(command, "r"); // NOLINT(cert-env33-c): the script is named by the caller
    double wall, cpu;
    if (pipe && fgets(line, sizeof(line), pipe) && sscanf(line, "%lf %lf", &wall, &cpu) == 2)
        (void)printf("boto3: %.1f us a hop, %.1f us of CPU: %.1f times the runtime's CPU\n", wall,
                     cpu, cpu / cpu_us);
    else
        (void)printf("boto3: skipped: python3-boto3 not installed\n");
    if (pipe)
        pclose(pipe);
}

static double hop_rows(struct client *c, const struct answer_server *server, int blocks)
{
    static struct sample bare, own, ratio, cpu;
    int fd = dial(server);
    for (int block = 0; block < blocks; block++) {
        double start = bench_now();
        for (int i = 0; i < HOPS; i++)
            bare_hop(fd);
        double middle = bench_now(), cpu_start = bench_seconds(CLOCK_PROCESS_CPUTIME_ID);
        for (int i = 0; i < HOPS; i++)
            hop(c);
        double end = bench_now(), cpu_end = bench_seconds(CLOCK_PROCESS_CPUTIME_ID);
        sample_add(&bare, (middle - start) / HOPS * 1e6);
        sample_add(&own, (end - middle) / HOPS * 1e6);
        sample_add(&cpu, (cpu_end - cpu_start) / HOPS * 1e6);
        sample_add(&ratio, (end - middle) / (middle - start));
    }
    close(fd);
    sample_print(&bare, "hop, bare socket", "us");
    sample_print(&own, "hop, runtime", "us");
    sample_print(&ratio, "hop, runtime / bare socket, each block", "x");
    return sample_print(&cpu, "hop, CPU time of the runtime", "us");
}

static void branch_rows(struct client *c, struct answer_server *server)
{
    static struct sample ratio;
    for (int round = 0; round < 5; round++) {
        server->times->service_ms = SERVICE_MS;
        server->times->requests = 0;
        for (int i = 0; i < SERIAL; i++)
            invoke(c, 1);
        double serial =
            (server->times->last - server->times->first) / (SERIAL - 1) * (BRANCHES - 1);
        server->times->requests = 0;
        invoke(c, BRANCHES);
        double fan_out = server->times->last - server->times->first;
        sample_add(&ratio, serial / fan_out);
        server->times->service_ms = 0;
    }
    sample_print(&ratio, "512 branches, first to last start: serial / ours", "x");
}

int main(int argc, char **argv)
{
    int blocks = 30, option;
    const char *script = NULL;
    while ((option = getopt(argc, argv, "n:b:")) != -1) {
        if (option == 'n')
            blocks = atoi(optarg);
        else if (option == 'b')
            script = optarg;
        else
            return 2;
    }
    struct answer_server server;
    struct client client = {0};
    answer_server_start(&server);
    client_open(&client, &server);
    double cpu_us = hop_rows(&client, &server, blocks);
    if (script)
        boto3_row(script, &server, cpu_us);
    branch_rows(&client, &server);
    client_close(&client);
    answer_server_stop(&server);
    return 0;
}
