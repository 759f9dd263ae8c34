#include "account.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "aws/endpoint.h"
#include "aws/error.h"
#include "base/fd.h"

/* What a person must know is shown, the rest goes where --debug says. */
static void show(void *cookie, enum unum_log_level level, struct unum_str line)
{
    struct program *p = cookie;
    if (level < UNUM_LOG_WARN)
        unum_logf(&p->log, level, "%.*s", UNUM_STR_ARG(line));
    else if (!p->global.quiet)
        ui_printf(&p->err, "%swarning:%s %.*s\n", ui_style(&p->err, UI_YELLOW),
                  ui_style(&p->err, UI_PLAIN), UNUM_STR_ARG(line));
}

static int ask_code(void *cookie, struct unum_str serial, struct unum_buf *ret_code,
                    struct unum_err *err)
{
    struct program *p = cookie;
    int UNUM_AUTO_FD tty = open("/dev/tty", O_RDONLY | O_CLOEXEC);
    char line[64];
    ssize_t got;
    if (tty < 0)
        return unum_err_sys(err, errno, "/dev/tty");
    ui_progress_end(&p->err);
    ui_printf(&p->err, "code of %.*s: ", UNUM_STR_ARG(serial));
    do {
        got = read(tty, line, sizeof(line));
    } while (got < 0 && errno == EINTR);
    struct unum_str code = unum_str_trim(unum_str_of(line, got > 0 ? (size_t)got : 0));
    if (!code.len)
        return unum_err_set(err, UNUM_E_CANCELLED, "no code was given");
    unum_buf_add(ret_code, code);
    return 0;
}

static int open_transport(struct account *account, struct unum_err *err)
{
    struct unum_str bundle = aws_variable("AWS_CA_BUNDLE");
    if (!bundle.len)
        bundle = aws_section_get(account->choice.section, "ca_bundle");
    bundle = aws_expand_path(bundle, &account->program->arena);
    return http_curl_open(&unum_clock_system, bundle.len ? bundle.ptr : NULL, &account->transport,
                          err);
}

int account_open(struct account *account, struct program *p, const struct account_args *args,
                 struct unum_err *err)
{
    /* Secrets are kept in memory from here on, which must not get into a file. */
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    account->program = p;
    account->log = (struct unum_log){UNUM_LOG_DEBUG, p, show};
    account->endpoint_url = unum_str_from(args->endpoint_url);
    int rc = aws_profiles_load(&account->log, &account->profiles, err);
    if (rc == 0)
        rc = aws_profile_choose(account->profiles, unum_str_from(args->profile), &account->choice,
                                err);
    if (rc == 0)
        rc = aws_settings_read(&account->choice, &account->log, &p->arena, &account->settings, err);
    if (rc == 0)
        rc = open_transport(account, err);
    if (rc < 0)
        return rc;
    struct unum_err UNUM_AUTO_ERR no_region = UNUM_ERR_INIT;
    if (args->region) {
        rc = aws_region_resolve(unum_str_from(args->region), &account->choice, &p->arena,
                                &account->region, err);
        if (rc < 0)
            return rc;
    } else if (aws_region_resolve(UNUM_STR(""), &account->choice, &p->arena, &account->region,
                                  &no_region) < 0) {
        account->region = (struct aws_region){UNUM_STR(""), UNUM_STR("")};
    }
    if (account->region.name.len)
        unum_logf(&account->log, UNUM_LOG_DEBUG, "region: %.*s (%.*s)",
                  UNUM_STR_ARG(account->region.name), UNUM_STR_ARG(account->region.origin));
    const struct aws_chain_config config = {
        .transport = account->transport,
        .clock = &unum_clock_system,
        .log = &account->log,
        .choice = account->choice,
        .region = account->region.name,
        .mfa = {p, p->err.terminal && isatty(STDIN_FILENO) ? ask_code : NULL},
        .user_agent = account->settings.user_agent,
        .max_attempts = account->settings.max_attempts,
        .skew = &account->skew,
    };
    account->chain = aws_chain_new(&config);
    return 0;
}

int account_need_region(struct account *account, struct unum_err *err)
{
    if (account->region.name.len)
        return 0;
    return aws_region_resolve(UNUM_STR(""), &account->choice, &account->program->arena,
                              &account->region, err);
}

int account_creds(struct account *account, const struct aws_creds **ret, struct unum_err *err)
{
    struct aws_creds_source source = aws_chain_source(account->chain);
    return source.get(source.cookie, ret, err);
}

static int open_client(struct account *account, struct unum_err *err)
{
    static const enum aws_service services[] = {AWS_DYNAMODB, AWS_LAMBDA,         AWS_LOGS,
                                                AWS_S3,       AWS_CLOUDFORMATION, AWS_STS,
                                                AWS_IAM,      AWS_SCHEDULER};
    struct aws_config config = {
        .transport = account->transport,
        .clock = &unum_clock_system,
        .log = &account->log,
        .creds = aws_chain_source(account->chain),
        .region = account->region.name,
        .user_agent = account->settings.user_agent,
        .max_attempts = account->settings.max_attempts,
        .skew = &account->skew,
        .read_error = aws_error_read_any,
    };
    for (size_t i = 0; i < UNUM_COUNT(services); i++) {
        struct aws_url url;
        int rc = aws_endpoint_url(services[i], account->endpoint_url, &account->choice,
                                  config.region, &account->program->arena, &url, err);
        if (rc < 0)
            return rc;
        config.endpoints[services[i]] = url.url;
        config.signing_regions[services[i]] = url.signing_region;
        unum_logf(&account->log, UNUM_LOG_DEBUG, "%s: %.*s (%.*s)",
                  aws_service_row(services[i])->name, UNUM_STR_ARG(url.url),
                  UNUM_STR_ARG(url.origin));
    }
    return aws_client_new(&config, &account->client, err);
}

int account_client(struct account *account, struct aws_client **ret, struct unum_err *err)
{
    int rc = account_need_region(account, err);
    if (rc == 0 && !account->client)
        rc = open_client(account, err);
    if (rc == 0)
        *ret = account->client;
    return rc;
}

void account_close(struct account *account)
{
    aws_client_free(account->client);
    aws_chain_free(account->chain);
    if (account->transport.ops)
        account->transport.ops->close(account->transport.state);
    aws_profiles_free(account->profiles);
    *account = (struct account)ACCOUNT_INIT;
}
