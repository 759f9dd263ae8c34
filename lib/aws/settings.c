#include "aws/settings.h"

/* A value and the name it was found under. */
struct found {
    struct unum_str value;
    const char *name;
};

static struct found look(const char *variable, const char *key,
                         const struct aws_profile_choice *choice)
{
    struct unum_str value = aws_variable(variable);
    if (value.len || !choice)
        return (struct found){value, variable};
    return (struct found){aws_section_get(choice->section, key), key};
}

static int read_attempts(const struct aws_profile_choice *choice, int *ret, struct unum_err *err)
{
    struct found found = look("AWS_MAX_ATTEMPTS", "max_attempts", choice);
    int64_t number = 0;
    if (found.value.len &&
        (!unum_str_to_i64(found.value, &number) || number < 1 || number > AWS_MAX_MAX_ATTEMPTS))
        return unum_err_set(err, UNUM_E_INVAL, "%s is \"%.*s\"; it must be a number from 1 to %d",
                            found.name, UNUM_STR_ARG(found.value), AWS_MAX_MAX_ATTEMPTS);
    *ret = (int)number;
    return 0;
}

static int check_mode(const struct aws_profile_choice *choice, const struct unum_log *log,
                      struct unum_err *err)
{
    struct found found = look("AWS_RETRY_MODE", "retry_mode", choice);
    if (!found.value.len || unum_str_ieq(found.value, UNUM_STR("standard")) ||
        unum_str_ieq(found.value, UNUM_STR("legacy")))
        return 0;
    if (!unum_str_ieq(found.value, UNUM_STR("adaptive")))
        return unum_err_set(err, UNUM_E_INVAL,
                            "%s is \"%.*s\"; it must be standard, adaptive or legacy", found.name,
                            UNUM_STR_ARG(found.value));
    unum_logf(log, UNUM_LOG_DEBUG, "%s is adaptive: calls are repeated in standard mode",
              found.name);
    return 0;
}

/* What may stand in a product name (RFC 9110 section 5.6.2). */
static bool is_token(char c)
{
    return unum_is_alnum(c) || unum_str_find(UNUM_STR("!#$%&'*+-.^_`|~"), c) != SIZE_MAX;
}

static struct unum_str user_agent(const struct aws_profile_choice *choice, struct unum_arena *arena)
{
    struct found found = look("AWS_SDK_UA_APP_ID", "sdk_ua_app_id", choice);
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(256);
    unum_buf_adds(&text, "unum/" UNUM_VERSION);
    if (found.value.len)
        unum_buf_adds(&text, " app/");
    for (size_t i = 0; i < found.value.len && i < AWS_MAX_APP_ID; i++)
        unum_buf_addc(&text, is_token(found.value.ptr[i]) ? found.value.ptr[i] : '-');
    return unum_arena_str(arena, unum_buf_str(&text));
}

int aws_settings_read(const struct aws_profile_choice *choice, const struct unum_log *log,
                      struct unum_arena *arena, struct aws_settings *ret, struct unum_err *err)
{
    struct aws_settings settings = {0};
    int rc = read_attempts(choice, &settings.max_attempts, err);
    if (rc == 0)
        rc = check_mode(choice, log, err);
    if (rc < 0)
        return rc;
    settings.user_agent = user_agent(choice, arena);
    *ret = settings;
    return 0;
}

int aws_settings_account(const struct aws_profile_choice *choice, struct unum_str *ret,
                         struct unum_err *err)
{
    struct unum_str account = aws_variable("AWS_ACCOUNT_ID");
    bool used = !choice->by_flag && aws_variable("AWS_ACCESS_KEY_ID").len;
    uint64_t number;
    *ret = used ? account : UNUM_STR("");
    if (ret->len && (ret->len != AWS_ACCOUNT_DIGITS || !unum_str_to_u64(*ret, &number)))
        return unum_err_set(err, UNUM_E_INVAL,
                            "AWS_ACCOUNT_ID is \"%.*s\"; an account number has 12 digits",
                            UNUM_STR_ARG(*ret));
    return 0;
}
