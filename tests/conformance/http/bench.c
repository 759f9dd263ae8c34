#include "bench.h"

#include <string.h>

void bench_open_tls(struct bench *bench, void **state, peer_script script, void *cookie,
                    const struct peer_tls *tls, const char *ca_pem)
{
    memset(bench, 0, sizeof(*bench));
    bench->suite = *state;
    bench->suite->open(ca_pem, &bench->transport);
    bench->peer = peer_start(script, cookie, tls);
    for (size_t i = 0; i < MAX_EXCHANGES; i++)
        bench->all[i] = &bench->x[i];
}

void bench_open(struct bench *bench, void **state, peer_script script, void *cookie)
{
    bench_open_tls(bench, state, script, cookie, NULL, NULL);
}

void bench_close(struct bench *bench)
{
    bench->transport.ops->close(bench->transport.state);
    peer_stop(bench->peer);
    for (size_t i = 0; i < MAX_EXCHANGES; i++)
        http_exchange_done(&bench->x[i]);
}

struct http_exchange *bench_request(struct bench *bench, size_t i, const char *method,
                                    const char *target, struct unum_str body)
{
    struct http_exchange *x = &bench->x[i];
    http_exchange_done(x);
    *x = (struct http_exchange){
        .endpoint = {.host = UNUM_STR("127.0.0.1"), .port = peer_port(bench->peer)},
        .method = unum_str_from(method),
        .target = unum_str_from(target),
        .body = body,
        .timeout_ms = 60000}; /* a watchdog, never reached */
    return x;
}

int bench_send(struct bench *bench)
{
    http_send(&bench->transport, bench->all, 1, 1);
    return bench->x[0].rc;
}

void bench_send_all(struct bench *bench, size_t count, size_t parallel, int wake)
{
    bench->transport.ops->send(bench->transport.state, bench->all, count, parallel, wake);
}
