#include "account.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

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
    const struct aws_chain_config config = {
        .transport = account->transport,
        .clock = &unum_clock_system,
        .log = &account->log,
        .choice = account->choice,
        .region = account->region.name,
        .mfa = {p, p->err.terminal && isatty(STDIN_FILENO) ? ask_code : NULL},
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

/* AWS_MAX_ATTEMPTS, else the profile's max_attempts; *ret 0: every service's own. */
static int max_attempts(const struct account *account, int *ret, struct unum_err *err)
{
    struct unum_str text = aws_variable("AWS_MAX_ATTEMPTS");
    const char *name = "AWS_MAX_ATTEMPTS";
    int64_t number = 0;
    if (!text.len) {
        text = aws_section_get(account->choice.section, "max_attempts");
        name = "max_attempts";
    }
    if (text.len && (!unum_str_to_i64(text, &number) || number < 1 || number > 100))
        return unum_err_set(err, UNUM_E_INVAL, "%s is \"%.*s\", not a number from 1 to 100", name,
                            UNUM_STR_ARG(text));
    *ret = (int)number;
    return 0;
}

int account_client(struct account *account, struct aws_client **ret, struct unum_err *err)
{
    static const enum aws_endpoint_id ids[AWS_SERVICE_COUNT] = {
        [AWS_DYNAMODB] = AWS_ENDPOINT_DYNAMODB,
        [AWS_LAMBDA] = AWS_ENDPOINT_LAMBDA,
        [AWS_LOGS] = AWS_ENDPOINT_CLOUDWATCH_LOGS,
        [AWS_S3] = AWS_ENDPOINT_S3,
        [AWS_CLOUDFORMATION] = AWS_ENDPOINT_CLOUDFORMATION,
        [AWS_STS] = AWS_ENDPOINT_STS,
        [AWS_IAM] = AWS_ENDPOINT_IAM,
        [AWS_SCHEDULER] = AWS_ENDPOINT_SCHEDULER,
    };
    int rc = account->client ? 0 : account_need_region(account, err);
    struct aws_config config = {
        .transport = account->transport,
        .clock = &unum_clock_system,
        .log = &account->log,
        .creds = aws_chain_source(account->chain),
        .region = account->region.name,
    };
    if (rc == 0 && !account->client)
        rc = max_attempts(account, &config.max_attempts, err);
    for (size_t i = 0; rc == 0 && !account->client && i < AWS_SERVICE_COUNT; i++) {
        struct aws_url url;
        rc = aws_endpoint_url(ids[i], account->endpoint_url, &account->choice, config.region,
                              &account->program->arena, &url, err);
        if (rc < 0)
            break;
        config.endpoints[i] = url.url;
        config.signing_regions[i] = url.signing_region;
    }
    if (rc == 0 && !account->client)
        rc = aws_client_new(&config, &account->client, err);
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
