#include "aws/creds.h"

#include <stdarg.h>
#include <string.h>

#include "base/file.h"
#include "json/json.h"

enum { MAX_TOKEN = 20000 };

static void wipe(struct unum_str text)
{
    if (text.len)
        explicit_bzero((char *)(uintptr_t)text.ptr, text.len); /* in our arena */
}

void creds_held_done(struct creds_held *held)
{
    wipe(held->creds.secret_key);
    wipe(held->creds.session_token);
    unum_arena_done(&held->arena);
    *held = (struct creds_held){0};
}

void creds_keep(struct creds_held *held, const struct aws_creds *creds)
{
    struct creds_held fresh = {0};
    fresh.creds =
        (struct aws_creds){unum_arena_str(&fresh.arena, creds->access_key),
                           unum_arena_str(&fresh.arena, creds->secret_key),
                           unum_arena_str(&fresh.arena, creds->session_token), creds->expires_ms};
    creds_held_done(held);
    *held = fresh;
}

void creds_origin(struct creds_held *held, const char *format, ...)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(4096);
    va_list args;
    va_start(args, format);
    unum_buf_vprintf(&text, format, args);
    va_end(args);
    held->origin = unum_arena_str(&held->arena, unum_buf_str(&text));
}

int64_t creds_now_ms(const struct creds_request *request)
{
    const struct aws_chain_config *config = request->config;
    return unum_wall_ms(config->clock) + (config->skew ? config->skew->ms : 0);
}

struct unum_str creds_setting(const struct creds_request *request, const char *key)
{
    return aws_section_get(request->choice.section, key);
}

struct unum_str creds_member(struct unum_str object, const char *name, struct unum_arena *arena)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(MAX_TOKEN);
    struct unum_str value, result = UNUM_STR("");
    if (json_get(object, unum_str_from(name), &value) && json_decode(value, &text) && !text.failed)
        result = unum_arena_str(arena, unum_buf_str(&text));
    if (text.ptr)
        explicit_bzero(text.ptr, text.cap);
    return result;
}

int creds_from_json(struct unum_str object, const struct creds_names *names, struct creds_held *ret,
                    struct unum_err *err)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct aws_creds creds = {creds_member(object, names->access, &arena),
                              creds_member(object, names->secret, &arena),
                              creds_member(object, names->token, &arena), 0};
    struct unum_str expires =
        names->expires ? creds_member(object, names->expires, &arena) : UNUM_STR("");
    int rc = 0;
    if (!creds.access_key.len || !creds.secret_key.len)
        rc = unum_err_set(err, UNUM_E_PARSE, "the answer has no %s",
                          creds.access_key.len ? names->secret : names->access);
    else if (expires.len && !unum_time_parse(expires, &creds.expires_ms))
        rc = unum_err_set(err, UNUM_E_PARSE, "the answer's %s is no time", names->expires);
    else
        creds_keep(ret, &creds);
    wipe(creds.secret_key);
    wipe(creds.session_token);
    return rc;
}

int creds_token_file(struct unum_str path, struct unum_arena *arena, struct unum_str *ret,
                     struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(MAX_TOKEN);
    struct unum_str name = aws_expand_path(path, arena);
    int rc = unum_file_read(name.ptr, &text, err);
    struct unum_str token = unum_str_trim(unum_buf_str(&text));
    if (rc == 0 && !token.len)
        rc = unum_err_set(err, UNUM_E_AUTH, "%s: the file is empty", name.ptr);
    if (rc == 0 &&
        (unum_str_find(token, '\n') != SIZE_MAX || unum_str_find(token, '\r') != SIZE_MAX ||
         unum_str_find(token, '\0') != SIZE_MAX))
        rc = unum_err_set(err, UNUM_E_AUTH, "%s: the token has a line break", name.ptr);
    if (rc == 0)
        *ret = unum_arena_str(arena, token);
    if (text.ptr)
        explicit_bzero(text.ptr, text.cap);
    return rc;
}
