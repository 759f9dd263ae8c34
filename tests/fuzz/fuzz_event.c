/* Events of a node: any bytes are read or refused; what was read is written and read again the
 * same. */
#include <stdlib.h>

#include "support/rt_bench.h"

static void again(struct rt_bench *bench)
{
    const struct rt_event *event = &bench->inv.event;
    struct unum_buf UNUM_AUTO_BUF first = UNUM_BUF_INIT(UNUM_LIMIT_SYNC_PAYLOAD);
    struct unum_buf UNUM_AUTO_BUF second = UNUM_BUF_INIT(UNUM_LIMIT_SYNC_PAYLOAD);
    const struct rt_edge edge = {.kind = RT_EDGE_INVOKE,
                                 .scope = event->scope,
                                 .visit = event->visit,
                                 .value = event->value,
                                 .weight = event->weight};
    rt_event_write(&bench->inv, &edge, &first);
    (void)rt_instance(&bench->inv, UNUM_STR("N"), event->scope, event->visit);
    if (event->entry || first.failed)
        return;
    struct rt_event read;
    if (rt_event_parse(&bench->inv, unum_buf_str(&first), &read, NULL) < 0)
        abort();
    const struct rt_edge same = {.kind = RT_EDGE_INVOKE,
                                 .scope = read.scope,
                                 .visit = read.visit,
                                 .value = read.value,
                                 .weight = read.weight};
    bench->inv.event = read;
    rt_event_write(&bench->inv, &same, &second);
    if (!unum_str_eq(unum_buf_str(&first), unum_buf_str(&second)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const nodes[] = {"{\"Name\":\"A\",\"Start\":true}", "{\"Name\":\"B\"}"};
    for (size_t i = 0; i < UNUM_COUNT(nodes); i++) {
        struct rt_bench bench;
        rt_bench_open(&bench, nodes[i]);
        struct unum_str raw = unum_str_of((const char *)data, size);
        if (rt_event_parse(&bench.inv, raw, &bench.inv.event, NULL) == 0)
            again(&bench);
        rt_bench_close(&bench);
    }
    return 0;
}
