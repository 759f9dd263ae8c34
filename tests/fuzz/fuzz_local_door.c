/* Requests to the local platform: any bytes on a connection, and signed requests with any body or
 * path, get an answer or a closed connection, and leave a platform that works. First byte: which.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "aws/sigv4.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "local/local.h"

static bool never(void *cookie)
{
    (void)cookie;
    return false;
}

static void turn(struct local *local)
{
    const struct local_until until = {.done = never, .or_quiet = true, .deadline_ms = 1};
    (void)!local_run_until(local, &until, NULL);
}

static void send_raw(struct local *local, struct unum_str bytes)
{
    struct unum_str endpoint = local_endpoint(local);
    uint64_t port = 0;
    if (!unum_str_to_u64(unum_str_from_pos(endpoint, unum_str_rfind(endpoint, ':') + 1), &port))
        abort();
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    (void)!connect(fd, (const struct sockaddr *)&to, sizeof(to));
    (void)!send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
    const struct local_until until = {.done = never, .deadline_ms = 1};
    (void)!local_run_until(local, &until, NULL);
    /* A reset, so that no port is left waiting. */
    const struct linger now = {.l_onoff = 1};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close(fd);
    turn(local);
}

/* The status, or 0. */
static int send_signed(struct local *local, const char *method, struct unum_str target,
                       const char *service, const char *operation, struct unum_str body)
{
    struct http_exchange x = {.method = unum_str_from(method), .target = target, .body = body};
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    if (http_endpoint_parse(local_endpoint(local), &x.endpoint, NULL))
        abort();
    struct http_headers signed_headers = {0};
    http_headers_add(&signed_headers, &arena, UNUM_STR("host"),
                     unum_str_from_pos(local_endpoint(local), sizeof("http://") - 1));
    if (operation) {
        http_headers_add(&signed_headers, &arena, UNUM_STR("x-amz-target"),
                         unum_str_from(operation));
        http_headers_add(&x.headers, &arena, UNUM_STR("x-amz-target"), unum_str_from(operation));
    }
    http_headers_add(&x.headers, &arena, UNUM_STR("x-amz-invocation-type"), UNUM_STR("Event"));
    size_t mark = unum_str_find(target, '?');
    const struct sigv4_request request = {
        .method = x.method,
        .path = unum_str_slice(target, 0, mark),
        .query = mark < target.len ? unum_str_from_pos(target, mark + 1) : UNUM_STR_NONE,
        .headers = &signed_headers,
        .body = body};
    const struct aws_creds creds = {.access_key = UNUM_STR(LOCAL_ACCESS_KEY),
                                    .secret_key = UNUM_STR(LOCAL_SECRET_KEY)};
    const struct sigv4_scope scope = {.region = UNUM_STR("r"),
                                      .service = unum_str_from(service),
                                      .at_ms = unum_wall_ms(&unum_clock_system),
                                      .flags = SIGV4_DOUBLE_ENCODE | SIGV4_NORMALIZE_PATH};
    struct sigv4_result signature;
    if (sigv4_sign(&request, &creds, &scope, NULL, &arena, &signature, NULL))
        return 0;
    http_headers_add(&x.headers, &arena, UNUM_STR("x-amz-date"), signature.amz_date);
    http_headers_add(&x.headers, &arena, UNUM_STR("authorization"), signature.authorization);
    struct http_exchange *one = &x;
    struct http_transport transport = local_transport(local);
    http_send(&transport, &one, 1, 1);
    int status = x.rc ? 0 : x.status;
    http_exchange_done(&x);
    return status;
}

static struct local *open_platform(void)
{
    static char *dir;
    struct local *local = NULL;
    struct local_function function = LOCAL_FUNCTION;
    const struct local_config config = {.real_time = true};
    if (unum_make_temp_dir("unum-fuzz", &dir, NULL))
        abort();
    char *bootstrap = unum_path_join(dir, "bootstrap");
    function.name = UNUM_STR("app-f");
    function.dir = unum_str_from(dir);
    function.reserved = 0; /* nothing runs */
    if (symlink("/bin/false", bootstrap) || local_new(&config, &local, NULL) ||
        local_add_function(local, &function, NULL))
        abort();
    free(bootstrap);
    return local;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct local *local;
    if (!local)
        local = open_platform();
    if (!size)
        return 0;
    static const struct unum_str invoke = UNUM_STR_INIT("/2015-03-31/functions/app-f/invocations");
    struct unum_str rest = unum_str_of((const char *)data + 1, size - 1);
    switch (data[0] % 6) {
    case 0:
        send_raw(local, rest);
        break;
    case 1:
        (void)send_signed(local, "POST", invoke, "lambda", NULL, rest);
        break;
    case 2:
        (void)send_signed(local, "POST", UNUM_STR("/"), "logs", "Logs_20140328.FilterLogEvents",
                          rest);
        break;
    case 3:
        (void)send_signed(local, "POST", UNUM_STR("/schedules/a"), "scheduler", NULL, rest);
        break;
    case 4:
        if (rest.len && rest.ptr[0] == '/')
            (void)send_signed(local, "GET", rest, "lambda", NULL, UNUM_STR_NONE);
        break;
    default:
        (void)send_signed(local, "POST", UNUM_STR("/"), "logs", "Logs_20140328.GetLogEvents", rest);
        break;
    }
    if (send_signed(local, "POST", invoke, "lambda", NULL, UNUM_STR("1")) != 202)
        abort();
    if (local_reset(local, NULL, 0, NULL))
        abort();
    return 0;
}
