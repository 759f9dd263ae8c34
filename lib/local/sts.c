/*
 * The emulated STS: who is asking, and credentials of a role. Nothing is denied to who has them.
 * Source: AWS STS API Reference, version 2011-06-15: GetCallerIdentity, AssumeRole.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rand.h"
#include "local/form.h"
#include "local/markup.h"
#include "local/sts.h"

#define SPACE "https://sts.amazonaws.com/doc/2011-06-15/"

enum { MAX_SESSIONS = 10000, LEAST_S = 900, MOST_S = 43200, USUAL_S = 3600 };

void sts_error_body(struct door_request *req, const char *code, struct unum_str text)
{
    struct unum_buf *out = &req->answer.body;
    req->answer.content_type = "text/xml";
    markup_open(out, "ErrorResponse xmlns=\"" SPACE "\"");
    markup_open(out, "Error");
    markup_texts(out, "Type", req->answer.status < 500 ? "Sender" : "Receiver");
    markup_texts(out, "Code", code);
    markup_text(out, "Message", text);
    markup_close(out, "Error");
    markup_request_id(out);
    markup_close(out, "ErrorResponse");
}

static void session_free(struct session *session)
{
    free(session->token);
    free(session->arn);
    free(session->user_id);
    free(session);
}

void sessions_clear(struct local *local)
{
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&local->sessions, entry)))
        session_free(entry->value);
    unum_map_done(&local->sessions);
}

static void random_letters(char *to, size_t len)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    unsigned char random[64];
    unum_random_bytes(random, sizeof(random));
    for (size_t i = 0; i < len && i < sizeof(random); i++)
        to[i] = letters[random[i] % 32];
}

void sts_identity_call(struct door_request *req)
{
    struct unum_buf *out = &req->answer.body;
    const struct session *session = req->session;
    form_begin(req, SPACE);
    if (session) {
        markup_texts(out, "Arn", session->arn);
        markup_texts(out, "UserId", session->user_id);
    } else if (req->caller_function) {
        markup_text(out, "Arn",
                    unum_arena_printf(&req->arena,
                                      "arn:aws:sts::" LOCAL_ACCOUNT ":assumed-role/%s/%s",
                                      req->caller_function->name, req->caller_function->name));
        markup_texts(out, "UserId", req->process);
    } else {
        markup_texts(out, "Arn", "arn:aws:iam::" LOCAL_ACCOUNT ":user/" LOCAL_ACCESS_KEY);
        markup_texts(out, "UserId", LOCAL_ACCESS_KEY);
    }
    markup_texts(out, "Account", LOCAL_ACCOUNT);
    form_end(req);
}

static void forget_expired(struct local *local)
{
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&local->sessions, entry))) {
        struct session *session = entry->value;
        if (session->expires_ms > local_real_now(local))
            continue;
        (void)unum_map_remove(&local->sessions, unum_str_from(session->key));
        session_free(session);
    }
}

static struct session *new_session(struct door_request *req, struct unum_str role,
                                   struct unum_str name, int64_t duration_s)
{
    struct local *local = req->local;
    struct session *session = unum_alloc(sizeof(*session));
    struct unum_buf token = UNUM_BUF_INIT(UNUM_KB);
    char id[18] = {0};
    memcpy(session->key, "ASIA", 4);
    random_letters(session->key + 4, 16);
    random_letters(session->secret, 40);
    random_letters(id, 17);
    unum_uuid4(&token);
    session->token = unum_buf_take(&token);
    session->expires_ms = local_real_now(local) + duration_s * 1000;
    size_t slash = unum_str_rfind(role, '/');
    struct unum_str last = unum_str_from_pos(role, slash + 1);
    session->arn = unum_str_dup(
        unum_arena_printf(&req->arena, "arn:aws:sts::" LOCAL_ACCOUNT ":assumed-role/%.*s/%.*s",
                          UNUM_STR_ARG(last), UNUM_STR_ARG(name)));
    session->user_id =
        unum_str_dup(unum_arena_printf(&req->arena, "AROA%s:%.*s", id, UNUM_STR_ARG(name)));
    (void)unum_map_set(&local->sessions, unum_str_from(session->key), session);
    return session;
}

void sts_assume_role_call(struct door_request *req)
{
    struct unum_str role = form_get(req, "RoleArn"), name = form_get(req, "RoleSessionName");
    struct unum_str duration = form_get(req, "DurationSeconds");
    int64_t duration_s = USUAL_S;
    if (!unum_str_starts(role, UNUM_STR("arn:aws:iam::" LOCAL_ACCOUNT ":role/")) ||
        role.len > UNUM_KB || name.len < 2 || name.len > 64 ||
        (duration.len && (!unum_str_to_i64(duration, &duration_s) || duration_s < LEAST_S ||
                          duration_s > MOST_S))) {
        door_error(req, 400, "ValidationError",
                   "RoleArn must be a role of account " LOCAL_ACCOUNT
                   ", RoleSessionName have 2 to 64 characters, DurationSeconds be 900 to 43200");
        return;
    }
    if (!iam_has_role(req->local, role)) {
        door_error(req, 403, "AccessDenied",
                   "User: arn:aws:iam::" LOCAL_ACCOUNT ":user/" LOCAL_ACCESS_KEY
                   " is not authorized to perform: sts:AssumeRole on resource: %.*s",
                   UNUM_STR_ARG(role));
        return;
    }
    forget_expired(req->local);
    if (req->local->sessions.len >= MAX_SESSIONS) {
        door_error(req, 400, "Throttling", "there are %d sessions already", MAX_SESSIONS);
        return;
    }
    const struct session *session = new_session(req, role, name, duration_s);
    struct unum_buf *out = &req->answer.body;
    form_begin(req, SPACE);
    markup_open(out, "AssumedRoleUser");
    markup_texts(out, "AssumedRoleId", session->user_id);
    markup_texts(out, "Arn", session->arn);
    markup_close(out, "AssumedRoleUser");
    markup_open(out, "Credentials");
    markup_texts(out, "AccessKeyId", session->key);
    markup_texts(out, "SecretAccessKey", session->secret);
    markup_texts(out, "SessionToken", session->token);
    markup_time(out, "Expiration", session->expires_ms);
    markup_close(out, "Credentials");
    form_end(req);
}
