#include "support/aws_fake.h"

#include <stdlib.h>

#include "base/limits.h"

static int get_creds(void *cookie, const struct aws_creds **ret, struct unum_err *err)
{
    struct aws_fake *fake = cookie;
    if (!fake->creds.access_key.len)
        return unum_err_set(err, UNUM_E_AUTH, "no credentials were found");
    *ret = &fake->creds;
    return 0;
}

static void write_log(void *cookie, enum unum_log_level level, struct unum_str line)
{
    struct unum_buf *log = cookie;
    unum_buf_printf(log, "%s %.*s\n", unum_log_level_name(level), UNUM_STR_ARG(line));
}

void aws_fake_init(struct aws_fake *fake)
{
    *fake = (struct aws_fake){
        .creds = {UNUM_STR("AKIDEXAMPLE"), UNUM_STR("the-Hush-key"), UNUM_STR("the-Hush-token"), 0},
        .log = UNUM_BUF_INIT(UNUM_LIMIT_TEXT),
    };
    fake_clock_init(&fake->clock, (int64_t)AWS_FAKE_NOW_S * 1000);
    http_fake_init(&fake->http, &fake->clock);
    fake->sink = (struct unum_log){UNUM_LOG_DEBUG, &fake->log, write_log};
    fake->config = (struct aws_config){
        .transport = http_fake_transport(&fake->http),
        .clock = &fake->clock.clock,
        .log = &fake->sink,
        .creds = {.cookie = fake, .get = get_creds},
        .region = UNUM_STR("us-east-1"),
    };
}

void aws_fake_open(struct aws_fake *fake)
{
    if (aws_client_new(&fake->config, &fake->client, NULL) < 0)
        abort();
}

void aws_fake_close(struct aws_fake *fake)
{
    aws_client_free(fake->client);
    http_fake_done(&fake->http);
    unum_buf_done(&fake->log);
}
