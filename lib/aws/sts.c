#include "aws/sts.h"

#include <string.h>

#include "aws/ask.h"
#include "xml/xml.h"

enum { MAX_FORM = 64 * 1024 };

static void begin_form(struct unum_buf *form, const char *action)
{
    unum_buf_printf(form, "Action=%s&Version=2011-06-15", action);
}

static void add(struct unum_buf *form, const char *name, struct unum_str value)
{
    if (!value.len)
        return;
    unum_buf_printf(form, "&%s=", name);
    http_encode(form, value, false);
}

/* On success `*ret_result` is the element "<Action>Result", in the arena. */
static int call(const struct sts *sts, const char *action, const struct unum_buf *form,
                const struct aws_creds *creds, struct unum_arena *arena,
                const struct xml_element **ret_result, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF what = UNUM_BUF_INIT(128), path = UNUM_BUF_INIT(128);
    const struct xml_element *root, *result = NULL;
    unum_buf_printf(&what, "sts %s", action);
    unum_buf_printf(&path, "%sResult", action);
    if (form->failed)
        return unum_err_set(err, UNUM_E_LIMIT, "%s: the request is too long", unum_buf_text(&what));
    struct aws_ask AWS_AUTO_ASK ask = {.transport = &sts->transport,
                                       .clock = sts->clock,
                                       .what = unum_buf_text(&what),
                                       .url = sts->url,
                                       .method = UNUM_STR("POST"),
                                       .path = UNUM_STR("/"),
                                       .body = unum_buf_str(form),
                                       .creds = creds,
                                       .service = UNUM_STR("sts"),
                                       .region = sts->region};
    aws_ask_header(&ask, UNUM_STR("Content-Type"),
                   UNUM_STR("application/x-www-form-urlencoded; charset=utf-8"));
    int rc = aws_ask_send(&ask, err);
    if (rc < 0)
        return rc;
    rc = xml_parse(unum_buf_str(&ask.x.response), arena, &root, err);
    if (rc == 0)
        result = xml_at(root, unum_buf_text(&path));
    if (rc == 0 && !result)
        rc = unum_err_set(err, UNUM_E_PARSE, "the answer has no %s", unum_buf_text(&path));
    if (rc < 0)
        return unum_err_wrap(err, "%s", unum_buf_text(&what));
    *ret_result = result;
    return 0;
}

static int read_creds(const struct xml_element *result, const char *action, struct aws_creds *ret,
                      struct unum_err *err)
{
    struct aws_creds creds = {xml_text(result, "Credentials/AccessKeyId"),
                              xml_text(result, "Credentials/SecretAccessKey"),
                              xml_text(result, "Credentials/SessionToken"), 0};
    if (!creds.access_key.len || !creds.secret_key.len || !creds.session_token.len ||
        !unum_time_parse(xml_text(result, "Credentials/Expiration"), &creds.expires_ms))
        return unum_err_set(err, UNUM_E_PARSE, "sts %s: the answer has no whole credentials",
                            action);
    *ret = creds;
    return 0;
}

static void wipe(struct unum_buf *form)
{
    if (form->ptr)
        explicit_bzero(form->ptr, form->cap);
    unum_buf_done(form);
}

int sts_assume_role(const struct sts *sts, const struct aws_creds *creds,
                    const struct sts_role *role, struct unum_arena *arena, struct aws_creds *ret,
                    struct unum_err *err)
{
    struct unum_buf UNUM_AUTO(wipe) form = UNUM_BUF_INIT(MAX_FORM);
    const struct xml_element *result = NULL;
    begin_form(&form, "AssumeRole");
    add(&form, "RoleArn", role->arn);
    add(&form, "RoleSessionName", role->session_name);
    add(&form, "DurationSeconds", role->duration_s);
    add(&form, "ExternalId", role->external_id);
    add(&form, "SerialNumber", role->mfa_serial);
    add(&form, "TokenCode", role->mfa_code);
    int rc = call(sts, "AssumeRole", &form, creds, arena, &result, err);
    return rc < 0 ? rc : read_creds(result, "AssumeRole", ret, err);
}

int sts_assume_role_with_web_identity(const struct sts *sts, struct unum_str token,
                                      const struct sts_role *role, struct unum_arena *arena,
                                      struct aws_creds *ret, struct unum_err *err)
{
    static const char action[] = "AssumeRoleWithWebIdentity";
    struct unum_buf UNUM_AUTO(wipe) form = UNUM_BUF_INIT(MAX_FORM);
    const struct xml_element *result = NULL;
    begin_form(&form, action);
    add(&form, "RoleArn", role->arn);
    add(&form, "RoleSessionName", role->session_name);
    add(&form, "DurationSeconds", role->duration_s);
    add(&form, "WebIdentityToken", token);
    int rc = call(sts, action, &form, NULL, arena, &result, err);
    return rc < 0 ? rc : read_creds(result, action, ret, err);
}

int sts_caller_identity(const struct sts *sts, const struct aws_creds *creds,
                        struct unum_arena *arena, struct sts_identity *ret, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO(wipe) form = UNUM_BUF_INIT(MAX_FORM);
    const struct xml_element *result = NULL;
    begin_form(&form, "GetCallerIdentity");
    int rc = call(sts, "GetCallerIdentity", &form, creds, arena, &result, err);
    if (rc < 0)
        return rc;
    struct sts_identity identity = {xml_text(result, "Account"), xml_text(result, "Arn"),
                                    xml_text(result, "UserId")};
    if (!identity.account.len || !identity.arn.len)
        return unum_err_set(err, UNUM_E_PARSE, "sts GetCallerIdentity: the answer has no account");
    *ret = identity;
    return 0;
}
