/*
 * answer_server: a server on loopback that answers DynamoDB and Lambda requests with fixed texts,
 * each after the same time. It is a process of its own.
 */
#ifndef UNUM_BENCH_ANSWER_SERVER_H
#define UNUM_BENCH_ANSWER_SERVER_H

#include <stdint.h>
#include <sys/types.h>

struct answer_server {
    pid_t pid;
    uint16_t port;
    struct answer_times {
        volatile int service_ms;         /* set by the parent */
        volatile double first, last;     /* when requests were whole, CLOCK_MONOTONIC */
        volatile unsigned long requests; /* so far; the parent may set it to 0 */
    } * times;
};

void answer_server_start(struct answer_server *ret);
void answer_server_stop(struct answer_server *server);

#endif
