#include "support/dns_peer.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"

enum { HEADER = 12, TYPE_A = 1, NO_SUCH_NAME = 3 };

struct dns_peer {
    const struct dns_name *names;
    int fd;
    uint16_t port;
    pthread_t thread;
    atomic_int questions;
};

/* The question's name with dots; its end in the packet, or 0. */
static size_t read_name(const unsigned char *packet, size_t len, char *ret, size_t max)
{
    size_t at = HEADER, out = 0;
    while (at < len && packet[at]) {
        size_t part = packet[at];
        if (part > 63 || at + part + 1 >= len || out + part + 2 > max)
            return 0;
        if (out)
            ret[out++] = '.';
        memcpy(ret + out, packet + at + 1, part);
        out += part;
        at += part + 1;
    }
    ret[out] = '\0';
    return at + 5 <= len ? at + 5 : 0; /* the zero, type and class */
}

static size_t add_address(unsigned char *packet, size_t at, uint8_t last_byte)
{
    const unsigned char record[16] = {0xc0, HEADER, 0, TYPE_A, 0,   1, 0, 0,
                                      0,    60,     0, 4,      127, 0, 0, last_byte};
    memcpy(packet + at, record, sizeof(record));
    return at + sizeof(record);
}

/* Turn a question into its answer; its length, 0 for silence. */
static size_t answer(struct dns_peer *peer, unsigned char *packet, size_t len)
{
    char name[256];
    size_t end = len > HEADER ? read_name(packet, len, name, sizeof(name)) : 0;
    if (!end)
        return 0;
    bool type_a = packet[end - 3] == TYPE_A;
    peer->questions += type_a;
    const struct dns_name *found = peer->names;
    while (found->name && strcasecmp(found->name, name) != 0)
        found++;
    if (found->silent)
        return 0;
    packet[2] = 0x81; /* a response, recursion desired ... */
    packet[3] = 0x80; /* ... and available */
    memset(packet + 4, 0, 8);
    packet[5] = 1; /* one question */
    if (!found->name)
        packet[3] |= NO_SUCH_NAME;
    for (size_t i = 0; found->name && type_a && i < 4 && found->last_bytes[i]; i++) {
        end = add_address(packet, end, found->last_bytes[i]);
        packet[7]++;
    }
    return end;
}

static void *run(void *cookie)
{
    struct dns_peer *peer = cookie;
    for (;;) {
        unsigned char packet[1024];
        struct sockaddr_in from;
        socklen_t from_len = sizeof(from);
        ssize_t got = recvfrom(peer->fd, packet, 512, 0, (struct sockaddr *)&from, &from_len);
        if (got <= 0)
            return NULL; /* an empty packet: stop */
        size_t len = answer(peer, packet, (size_t)got);
        if (len)
            sendto(peer->fd, packet, len, 0, (struct sockaddr *)&from, from_len);
    }
}

struct dns_peer *dns_peer_start(const struct dns_name *names)
{
    struct dns_peer *peer = unum_alloc(sizeof(*peer));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    peer->names = names;
    peer->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (peer->fd < 0 || bind(peer->fd, (struct sockaddr *)&address, len) != 0 ||
        getsockname(peer->fd, (struct sockaddr *)&address, &len) != 0 ||
        pthread_create(&peer->thread, NULL, run, peer) != 0)
        abort();
    peer->port = ntohs(address.sin_port);
    return peer;
}

void dns_peer_stop(struct dns_peer *peer)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons(peer->port)};
    sendto(peer->fd, "", 0, 0, (struct sockaddr *)&address, sizeof(address));
    pthread_join(peer->thread, NULL);
    close(peer->fd);
    free(peer);
}

uint16_t dns_peer_port(const struct dns_peer *peer)
{
    return peer->port;
}

int dns_peer_questions(struct dns_peer *peer)
{
    return peer->questions;
}
