/*
 * Keys that stand somewhere as they are: in the environment, in the credentials file, in the config
 * file. And the login session, which is recognised and not used.
 */
#include "aws/creds.h"

/*
 * Environment.
 */
static bool environment_applies(const struct creds_request *request, struct unum_buf *why)
{
    if (!request->variables)
        unum_buf_adds(why, request->above ? "not asked for a source profile"
                                          : "not asked, because --profile is given");
    else if (!aws_variable("AWS_ACCESS_KEY_ID").len && !aws_variable("AWS_SECRET_ACCESS_KEY").len)
        unum_buf_adds(why, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set");
    return !why->len;
}

static int environment_fetch(struct creds_request *request, struct creds_held *ret,
                             struct unum_err *err)
{
    struct aws_creds creds = {aws_variable("AWS_ACCESS_KEY_ID"),
                              aws_variable("AWS_SECRET_ACCESS_KEY"),
                              aws_variable("AWS_SESSION_TOKEN"), 0};
    struct unum_str expires = aws_variable("AWS_CREDENTIAL_EXPIRATION");
    (void)request;
    if (!creds.access_key.len || !creds.secret_key.len)
        return unum_err_set(err, UNUM_E_AUTH, "%s is set, but %s is not",
                            creds.access_key.len ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
                            creds.access_key.len ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
    if (expires.len && !unum_time_parse(expires, &creds.expires_ms))
        return unum_err_set(err, UNUM_E_AUTH, "AWS_CREDENTIAL_EXPIRATION is no time");
    creds_keep(ret, &creds);
    creds_origin(ret, "environment (AWS_ACCESS_KEY_ID)");
    return 0;
}

const struct creds_row creds_environment = {"environment", false, environment_applies,
                                            environment_fetch};

/*
 * Files.
 */
static bool file_applies(const struct creds_request *request, enum aws_profile_file file,
                         struct unum_buf *why)
{
    const struct aws_profile_choice *choice = &request->choice;
    struct unum_str path = choice->profiles->path[file];
    if (!choice->profiles->present[file])
        unum_buf_printf(why, "%.*s does not exist", UNUM_STR_ARG(path));
    else if (!choice->section || !choice->section->in_file[file])
        unum_buf_printf(why, "%.*s has no profile \"%.*s\"", UNUM_STR_ARG(path),
                        UNUM_STR_ARG(choice->name));
    else if (!aws_section_get_from(choice->section, "aws_access_key_id", file).len)
        unum_buf_printf(why, "profile \"%.*s\" in %.*s has no aws_access_key_id",
                        UNUM_STR_ARG(choice->name), UNUM_STR_ARG(path));
    return !why->len;
}

static int file_fetch(struct creds_request *request, enum aws_profile_file file,
                      struct creds_held *ret, struct unum_err *err)
{
    const struct aws_section *section = request->choice.section;
    struct unum_str path = request->choice.profiles->path[file];
    struct aws_creds creds = {aws_section_get_from(section, "aws_access_key_id", file),
                              aws_section_get_from(section, "aws_secret_access_key", file),
                              aws_section_get_from(section, "aws_session_token", file), 0};
    if (!creds.secret_key.len)
        return unum_err_set(err, UNUM_E_AUTH,
                            "profile \"%.*s\" in %.*s has aws_access_key_id, but no "
                            "aws_secret_access_key",
                            UNUM_STR_ARG(request->choice.name), UNUM_STR_ARG(path));
    creds_keep(ret, &creds);
    creds_origin(ret, "profile %.*s (%.*s)", UNUM_STR_ARG(request->choice.name),
                 UNUM_STR_ARG(path));
    return 0;
}

static bool shared_applies(const struct creds_request *request, struct unum_buf *why)
{
    return file_applies(request, AWS_FILE_CREDENTIALS, why);
}

static int shared_fetch(struct creds_request *request, struct creds_held *ret, struct unum_err *err)
{
    return file_fetch(request, AWS_FILE_CREDENTIALS, ret, err);
}

const struct creds_row creds_shared_file = {"credentials file", false, shared_applies,
                                            shared_fetch};

static bool config_applies(const struct creds_request *request, struct unum_buf *why)
{
    return file_applies(request, AWS_FILE_CONFIG, why);
}

static int config_fetch(struct creds_request *request, struct creds_held *ret, struct unum_err *err)
{
    return file_fetch(request, AWS_FILE_CONFIG, ret, err);
}

const struct creds_row creds_config_file = {"config file", false, config_applies, config_fetch};

/*
 * Login session: its tokens are bound to keys of the AWS CLI, which can hand credentials out.
 */
static bool login_applies(const struct creds_request *request, struct unum_buf *why)
{
    if (!creds_setting(request, "login_session").len)
        unum_buf_printf(why, "profile \"%.*s\" has no login_session",
                        UNUM_STR_ARG(request->choice.name));
    return !why->len;
}

static int login_fetch(struct creds_request *request, struct creds_held *ret, struct unum_err *err)
{
    struct unum_str name = request->choice.name;
    (void)ret;
    (void)unum_err_set(err, UNUM_E_AUTH,
                       "profile \"%.*s\" is a console session of `aws login`, which only the AWS "
                       "CLI can use",
                       UNUM_STR_ARG(name));
    (void)unum_err_hint(
        err, "run `eval \"$(aws configure export-credentials --profile %.*s --format env)\"`",
        UNUM_STR_ARG(name));
    return UNUM_E_AUTH;
}

const struct creds_row creds_login = {"login session", false, login_applies, login_fetch};
