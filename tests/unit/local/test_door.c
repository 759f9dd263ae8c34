/* The door: who may come in, and what is no HTTP. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "aws/client.h"
#include "base/limits.h"
#include "support/local_bench.h"

static struct bench bench;

static const char *raw(const char *request, struct unum_buf *out)
{
    int fd = bench_dial(&bench);
    bench_exchange(&bench, fd, unum_str_from(request), out);
    close(fd);
    return unum_buf_text(out);
}

static void refuses_what_is_no_http(void **state)
{
    (void)state;
    static const struct {
        const char *request, *status;
    } rows[] = {
        {"hello\r\n\r\n", "400"},
        {"GET / HTTP/2\r\nHost: localhost\r\n\r\n", "400"},
        {"GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: localhost\r\n folded\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\rb\r\n\r\n", "400"},
        {"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", "400"},
        {"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
         "400"},
        {"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", "411"},
        {"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n", "413"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_MB);
        const char *answer = raw(rows[i].request, &out);
        if (strncmp(answer, "HTTP/1.1 ", 9) != 0 || strncmp(answer + 9, rows[i].status, 3) != 0)
            fail_msg("row %zu: %s", i, answer);
        assert_non_null(strstr(answer, "Connection: close"));
    }
}

static void refuses_endless_heads(void **state)
{
    (void)state;
    struct unum_buf UNUM_AUTO_BUF request = UNUM_BUF_INIT(UNUM_MB);
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_MB);
    unum_buf_adds(&request, "GET / HTTP/1.1\r\nHost: localhost\r\nX: ");
    for (size_t i = 0; i < UNUM_LIMIT_HTTP_HEADERS; i++)
        unum_buf_addc(&request, 'x');
    assert_memory_equal(raw(unum_buf_text(&request), &out), "HTTP/1.1 431", 12);
}

static void listens_to_loopback_names_only(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        bool welcome;
    } rows[] = {{"Host: 127.0.0.1", true},
                {"Host: localhost:1234", true},
                {"Host: [::1]:80", true},
                {"Host: LOCALHOST", true},
                {"Host: evil.example", false},
                {"Host: 127.0.0.1.evil.example", false},
                {"Host: localhostile", false},
                {"Host: 10.0.0.1", false},
                {"Host: localhost\r\nOrigin: http://evil.example", false}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char request[256];
        struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_MB);
        (void)snprintf(request, sizeof(request),
                       "GET /2015-03-31/functions/ HTTP/1.1\r\n%s\r\n\r\n", rows[i].header);
        const char *answer = raw(request, &out);
        /* Who is welcome is asked for a signature next. */
        assert_int_equal(strstr(answer, "MissingAuthenticationTokenException") != NULL,
                         rows[i].welcome);
        assert_int_equal(strstr(answer, "AccessDeniedException") != NULL, !rows[i].welcome);
        assert_memory_equal(answer, "HTTP/1.1 403", 12);
    }
}

static void takes_signatures_of_people(void **state)
{
    (void)state;
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_MB);
    assert_int_equal(bench_request(&bench, "POST", "/", "dynamodb",
                                   "X-Amz-Target: DynamoDB_20120810.ListTables", UNUM_STR("{}"),
                                   &out),
                     200);
    assert_non_null(strstr(unum_buf_text(&out), "{\"TableNames\":[\"items\"]}"));
    assert_int_equal(
        bench_request(&bench, "GET", "/2015-03-31/functions/", "lambda", NULL, UNUM_STR_NONE, &out),
        200);
    assert_non_null(strstr(unum_buf_text(&out), "\"FunctionName\":\"app-f\""));
    /* The scope names another service. */
    assert_int_equal(bench_request(&bench, "GET", "/2015-03-31/functions/", "dynamodb", NULL,
                                   UNUM_STR_NONE, &out),
                     403);
    assert_non_null(strstr(unum_buf_text(&out), "InvalidSignatureException"));
}

static void refuses_wrong_signatures(void **state)
{
    (void)state;
    static const struct {
        const char *authorization, *code;
    } rows[] = {
        {"", "MissingAuthenticationTokenException"},
        {"Authorization: Basic abc\r\n", "IncompleteSignatureException"},
        {"Authorization: AWS4-HMAC-SHA256 "
         "Credential=unum-local/20260101/r/dynamodb/aws4_request\r\n",
         "IncompleteSignatureException"},
        {"X-Amz-Date: 20260101T000000Z\r\nAuthorization: AWS4-HMAC-SHA256 "
         "Credential=unum-local/20260101/r/dynamodb/aws4_request, SignedHeaders=host;x-amz-date, "
         "Signature=00\r\n",
         "InvalidSignatureException"},
        {"X-Amz-Date: 20260101T000000Z\r\nAuthorization: AWS4-HMAC-SHA256 "
         "Credential=somebody/20260101/r/dynamodb/aws4_request, SignedHeaders=host;x-amz-date, "
         "Signature=00\r\n",
         "UnrecognizedClientException"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char request[1024];
        struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_MB);
        (void)snprintf(request, sizeof(request),
                       "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: "
                       "DynamoDB_20120810.ListTables\r\n%sContent-Length: 2\r\n\r\n{}",
                       rows[i].authorization);
        const char *answer = raw(request, &out);
        assert_memory_equal(answer, "HTTP/1.1 400", 12);
        if (!strstr(answer, rows[i].code))
            fail_msg("row %zu: %s", i, answer);
    }
    /* A process with its own key, but not its secret. */
    const char *answer = bench_call(&bench, "app-f", "{\"do\":\"bad-key\"}");
    assert_non_null(strstr(answer, "[400,"));
    assert_non_null(strstr(answer, "InvalidSignatureException"));
}

static void names_what_exists_when_asked_for_more(void **state)
{
    (void)state;
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_MB);
    assert_int_equal(bench_request(&bench, "POST", "/", "sqs",
                                   "X-Amz-Target: AmazonSQS.SendMessage", UNUM_STR("{}"), &out),
                     400);
    assert_non_null(strstr(unum_buf_text(&out), "UnknownOperationException"));
    assert_non_null(strstr(unum_buf_text(&out), "EventBridge Scheduler"));
    assert_int_equal(bench_request(&bench, "DELETE", "/2015-03-31/functions/app-f/policy", "lambda",
                                   NULL, UNUM_STR_NONE, &out),
                     404);
    assert_non_null(strstr(unum_buf_text(&out), "GetFunctionConfiguration"));
    assert_int_equal(bench_request(&bench, "POST", "/", "logs",
                                   "X-Amz-Target: Logs_20140328.StartQuery", UNUM_STR("{}"), &out),
                     400);
    assert_non_null(strstr(unum_buf_text(&out), "FilterLogEvents"));
}

static void keeps_runtime_addresses_secret(void **state)
{
    (void)state;
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_MB);
    assert_string_equal(bench_call(&bench, "app-f", "1"), "1");
    const char *answer = raw("GET /p1/2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: "
                             "localhost\r\n\r\n",
                             &out);
    assert_memory_equal(answer, "HTTP/1.1 403", 12);
}

static void survives_peers_that_go_away(void **state)
{
    (void)state;
    /* In the middle of a head, of a body, and while an answer is awaited. */
    static const char *const requests[] = {"POST / HT",
                                           "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
                                           "100\r\n\r\nabc"};
    for (size_t i = 0; i < 2; i++) {
        int fd = bench_dial(&bench);
        assert_int_equal(send(fd, requests[i], strlen(requests[i]), MSG_NOSIGNAL),
                         (int)strlen(requests[i]));
        bench_turn(&bench, 10);
        close(fd);
        bench_turn(&bench, 10);
    }
    assert_string_equal(bench_call(&bench, "app-f", "1"), "1");
}

static void answers_requests_in_a_pipeline(void **state)
{
    (void)state;
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_MB);
    int fd = bench_dial(&bench);
    static const char one[] = "GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n";
    char two[2 * sizeof(one)];
    (void)snprintf(two, sizeof(two), "%s%s", one, one);
    bench_exchange(&bench, fd, unum_str_from(two), &out);
    const char *first = strstr(unum_buf_text(&out), "HTTP/1.1 ");
    assert_non_null(first);
    if (!strstr(first + 1, "HTTP/1.1 ")) {
        struct unum_buf UNUM_AUTO_BUF rest = UNUM_BUF_INIT(UNUM_MB);
        bench_exchange(&bench, fd, UNUM_STR_NONE, &rest);
        assert_non_null(strstr(unum_buf_text(&rest), "HTTP/1.1 "));
    }
    close(fd);
}

static void reads_bodies_in_pieces(void **state)
{
    (void)state;
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_MB);
    int fd = bench_dial(&bench);
    static const char head[] = "POST /a HTTP/1.1\r\nHost: localhost\r\nExpect: "
                               "100-continue\r\nContent-Length: 4\r\n\r\n";
    for (size_t i = 0; i < sizeof(head) - 1; i++) {
        assert_int_equal(send(fd, head + i, 1, MSG_NOSIGNAL), 1);
        bench_turn(&bench, 1);
    }
    char interim[64] = "";
    bench_turn(&bench, 10);
    assert_true(recv(fd, interim, sizeof(interim) - 1, 0) > 0);
    assert_memory_equal(interim, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    bench_exchange(&bench, fd, UNUM_STR("abcd"), &out);
    assert_memory_equal(unum_buf_text(&out), "HTTP/1.1 400", 12);
    close(fd);
}

static void reports_a_port_in_use(void **state)
{
    (void)state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_str endpoint = local_endpoint(bench.local);
    uint64_t port = 0;
    assert_true(
        unum_str_to_u64(unum_str_from_pos(endpoint, unum_str_rfind(endpoint, ':') + 1), &port));
    const struct local_config config = {.port = (uint16_t)port};
    struct local *other = NULL;
    assert_int_equal(local_new(&config, &other, &err), UNUM_E_CONFLICT);
    assert_non_null(strstr(unum_err_text(&err), "in use"));
    assert_non_null(err.hint);
    assert_null(other);
}

static int people(void *cookie, const struct aws_creds **ret, struct unum_err *err)
{
    (void)cookie, (void)err;
    static const struct aws_creds creds = {.access_key = {LOCAL_ACCESS_KEY, 10},
                                           .secret_key = {LOCAL_SECRET_KEY, 17}};
    *ret = &creds;
    return 0;
}

static void serves_this_process_without_sockets(void **state)
{
    (void)state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    const struct aws_config config = {
        .transport = local_transport(bench.local),
        .clock = &unum_clock_system,
        .creds = {.get = people},
        .region = UNUM_STR("us-east-1"),
        .endpoints = {local_endpoint(bench.local), local_endpoint(bench.local),
                      local_endpoint(bench.local)},
    };
    struct aws_client *client = NULL;
    assert_int_equal(aws_client_new(&config, &client, &err), 0);
    struct aws_call list = {
        .service = AWS_DYNAMODB, .operation = UNUM_STR("ListTables"), .body = UNUM_STR("{}")};
    if (aws_call_one(client, &list, &err))
        fail_msg("%s", unum_err_text(&err));
    assert_string_equal(unum_buf_text(&list.x.response), "{\"TableNames\":[\"items\"]}");
    aws_call_done(&list);
    struct aws_call invoke = {.service = AWS_LAMBDA,
                              .operation = UNUM_STR("Invoke"),
                              .method = UNUM_STR("POST"),
                              .path = UNUM_STR("/2015-03-31/functions/app-f/invocations"),
                              .body = UNUM_STR("{\"do\":\"echo\"}")};
    if (aws_call_one(client, &invoke, &err))
        fail_msg("%s", unum_err_text(&err));
    assert_string_equal(unum_buf_text(&invoke.x.response), "{\"do\":\"echo\"}");
    aws_call_done(&invoke);
    struct aws_call wrong = {.service = AWS_LAMBDA,
                             .operation = UNUM_STR("Invoke"),
                             .method = UNUM_STR("POST"),
                             .path = UNUM_STR("/2015-03-31/functions/nobody/invocations"),
                             .body = UNUM_STR("1")};
    assert_int_equal(aws_call_one(client, &wrong, &err), UNUM_E_NOTFOUND);
    assert_true(unum_str_is(wrong.code, "ResourceNotFoundException"));
    aws_call_done(&wrong);
    aws_client_free(client);
}

#define RUN(test) BENCH_TEST(test, &bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(refuses_what_is_no_http),        RUN(refuses_endless_heads),
        RUN(listens_to_loopback_names_only), RUN(takes_signatures_of_people),
        RUN(refuses_wrong_signatures),       RUN(names_what_exists_when_asked_for_more),
        RUN(keeps_runtime_addresses_secret), RUN(survives_peers_that_go_away),
        RUN(answers_requests_in_a_pipeline), RUN(reads_bodies_in_pieces),
        RUN(reports_a_port_in_use),          RUN(serves_this_process_without_sockets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
