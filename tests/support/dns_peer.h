/*
 * dns_peer: a name server on a UDP port of 127.0.0.1 that knows the names it is given.
 */
#ifndef UNUM_TESTS_SUPPORT_DNS_PEER_H
#define UNUM_TESTS_SUPPORT_DNS_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dns_name {
    const char *name;
    uint8_t last_bytes[4]; /* addresses 127.0.0.N, ended by 0; none: no such record */
    bool silent;           /* never answered */
};

struct dns_peer;
/* `names` ends with a NULL name; every other name does not exist. */
struct dns_peer *dns_peer_start(const struct dns_name *names);
void dns_peer_stop(struct dns_peer *peer);
uint16_t dns_peer_port(const struct dns_peer *peer);
/* Questions for addresses of type A so far. */
int dns_peer_questions(struct dns_peer *peer);

#endif
