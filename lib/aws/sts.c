#include "aws/sts.h"

#include <string.h>

#include "aws/creds.h"
#include "xml/xml.h"

enum { MAX_FORM = 64 * 1024 };
#define VERSION "2011-06-15"

static void add(struct unum_buf *form, const char *name, struct unum_str value)
{
    if (value.len)
        aws_form_add(form, name, value);
}

/* On success `*ret_result` is the element "<Action>Result", in the arena. */
static int send(struct aws_client *client, const char *action, const struct unum_buf *form,
                struct unum_arena *arena, const struct xml_element **ret_result,
                struct unum_err *err)
{
    struct aws_call CREDS_AUTO_CALL call = {
        .service = AWS_STS, .operation = unum_str_from(action), .body = unum_buf_str(form)};
    struct unum_buf UNUM_AUTO_BUF path = UNUM_BUF_INIT(128);
    const struct xml_element *root, *result = NULL;
    unum_buf_printf(&path, "%sResult", action);
    if (form->failed)
        return unum_err_set(err, UNUM_E_LIMIT, "sts %s: the request is too long", action);
    int rc = creds_send(client, &call, err);
    if (rc < 0)
        return rc;
    rc = xml_parse(unum_buf_str(&call.x.response), arena, &root, err);
    if (rc == 0)
        result = xml_at(root, unum_buf_text(&path));
    if (rc == 0 && !result)
        rc = unum_err_set(err, UNUM_E_PARSE, "the answer has no %s", unum_buf_text(&path));
    if (rc < 0)
        return unum_err_wrap(err, "sts %s", action);
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

int sts_assume_role(struct aws_client *client, const struct sts_role *role,
                    struct unum_arena *arena, struct aws_creds *ret, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO(wipe) form = UNUM_BUF_INIT(MAX_FORM);
    const struct xml_element *result = NULL;
    aws_form_begin(&form, "AssumeRole", VERSION);
    add(&form, "RoleArn", role->arn);
    add(&form, "RoleSessionName", role->session_name);
    add(&form, "DurationSeconds", role->duration_s);
    add(&form, "ExternalId", role->external_id);
    add(&form, "SerialNumber", role->mfa_serial);
    add(&form, "TokenCode", role->mfa_code);
    int rc = send(client, "AssumeRole", &form, arena, &result, err);
    return rc < 0 ? rc : read_creds(result, "AssumeRole", ret, err);
}

int sts_assume_role_with_web_identity(struct aws_client *client, struct unum_str token,
                                      const struct sts_role *role, struct unum_arena *arena,
                                      struct aws_creds *ret, struct unum_err *err)
{
    static const char action[] = "AssumeRoleWithWebIdentity";
    struct unum_buf UNUM_AUTO(wipe) form = UNUM_BUF_INIT(MAX_FORM);
    const struct xml_element *result = NULL;
    aws_form_begin(&form, action, VERSION);
    add(&form, "RoleArn", role->arn);
    add(&form, "RoleSessionName", role->session_name);
    add(&form, "DurationSeconds", role->duration_s);
    add(&form, "WebIdentityToken", token);
    int rc = send(client, action, &form, arena, &result, err);
    return rc < 0 ? rc : read_creds(result, action, ret, err);
}

int sts_caller_identity(struct aws_client *client, struct unum_arena *arena,
                        struct sts_identity *ret, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO(wipe) form = UNUM_BUF_INIT(MAX_FORM);
    const struct xml_element *result = NULL;
    aws_form_begin(&form, "GetCallerIdentity", VERSION);
    int rc = send(client, "GetCallerIdentity", &form, arena, &result, err);
    if (rc < 0)
        return rc;
    struct sts_identity identity = {xml_text(result, "Account"), xml_text(result, "Arn"),
                                    xml_text(result, "UserId")};
    if (!identity.account.len || !identity.arn.len)
        return unum_err_set(err, UNUM_E_PARSE, "sts GetCallerIdentity: the answer has no account");
    *ret = identity;
    return 0;
}
