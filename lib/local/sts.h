/* sts: sessions of roles, and the operations of the emulated STS. Internal to local/. */
#ifndef UNUM_LOCAL_STS_H
#define UNUM_LOCAL_STS_H

#include "local/internal.h"

/* Credentials that AssumeRole gave out. They end with the platform. */
struct session {
    char key[24], secret[41], *token, *arn, *user_id;
    int64_t expires_ms; /* wall clock */
    struct sigv4_key_cache caches[DOOR_SERVICE_COUNT];
};

void sessions_clear(struct local *local);
void sts_identity_call(struct door_request *req);
void sts_assume_role_call(struct door_request *req);

#endif
