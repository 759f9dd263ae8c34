#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "support/creds_bench.h"

extern char **environ;

static void keep_line(void *cookie, enum unum_log_level level, struct unum_str line)
{
    (void)level;
    unum_buf_add(cookie, line);
    unum_buf_addc(cookie, '\n');
}

static void route(void *cookie, const struct http_fake_request *request, struct http_exchange *x)
{
    static const struct http_fake_answer nobody = {.rc = UNUM_E_IO};
    struct creds_bench *bench = cookie;
    struct unum_buf UNUM_AUTO_BUF line = UNUM_BUF_INIT(65536), host = UNUM_BUF_INIT(512);
    http_endpoint_host(&x->endpoint, &host);
    unum_buf_printf(&line, "%.*s %s://%s%.*s", UNUM_STR_ARG(request->method),
                    x->endpoint.tls ? "https" : "http", unum_buf_text(&host),
                    UNUM_STR_ARG(request->target));
    unum_buf_printf(&bench->asked, "%s\n%.*s\n", unum_buf_text(&line), UNUM_STR_ARG(request->body));
    for (size_t i = 0; i < bench->routes_len; i++) {
        if (!unum_str_starts(unum_buf_str(&line), unum_str_from(bench->routes[i].request)))
            continue;
        http_fake_answer(x, &bench->routes[i].answer);
        return;
    }
    http_fake_answer(x, &nobody);
}

/* Nothing of whoever runs the tests. */
static void clear_variables(void)
{
    for (char **at = environ; *at;) {
        struct unum_str entry = unum_str_from(*at);
        char *UNUM_AUTO_FREE name =
            unum_str_dup(unum_str_slice(entry, 0, unum_str_find(entry, '=')));
        if (strncmp(name, "AWS_", 4) == 0) {
            unsetenv(name);
            at = environ;
        } else {
            at++;
        }
    }
}

int creds_bench_setup(void **state)
{
    struct creds_bench *bench = unum_alloc(sizeof(*bench));
    void *dir = NULL;
    if (temp_dir_setup(&dir) != 0)
        return -1;
    bench->dir = dir;
    clear_variables();
    setenv("HOME", bench->dir->path, 1);
    fake_clock_init(&bench->clock, (int64_t)BENCH_NOW_S * 1000);
    http_fake_init(&bench->http, &bench->clock);
    bench->http.script = route;
    bench->http.cookie = bench;
    bench->shown = (struct unum_buf)UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    bench->asked = (struct unum_buf)UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    bench->log = (struct unum_log){UNUM_LOG_DEBUG, &bench->shown, keep_line};
    bench->config.transport = http_fake_transport(&bench->http);
    bench->config.clock = &bench->clock.clock;
    bench->config.log = &bench->log;
    bench->config.region = UNUM_STR("eu-west-1");
    *state = bench;
    return 0;
}

/* For tests/check_secrets. */
static void record(const struct creds_bench *bench)
{
    const char *folder = getenv("UNUM_RECORDS");
    struct unum_buf UNUM_AUTO_BUF path = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    if (!folder || !bench->shown.len)
        return;
    unum_buf_printf(&path, "%s/credentials.%d.debug", folder, (int)getpid());
    FILE *file = fopen(unum_buf_text(&path), "ae");
    assert_non_null(file);
    (void)fwrite(bench->shown.ptr, 1, bench->shown.len, file);
    assert_int_equal(fclose(file), 0);
}

static void close_chain(struct creds_bench *bench)
{
    aws_chain_free(bench->chain);
    aws_profiles_free(bench->profiles);
    bench->chain = NULL;
    bench->profiles = NULL;
}

int creds_bench_teardown(void **state)
{
    struct creds_bench *bench = *state;
    void *dir = bench->dir;
    bool leaked = unum_str_search(unum_buf_str(&bench->shown), UNUM_STR("Hush")) != SIZE_MAX;
    if (leaked)
        print_error("a secret was shown:\n%s\n", unum_buf_text(&bench->shown));
    record(bench);
    close_chain(bench);
    http_fake_done(&bench->http);
    unum_arena_done(&bench->arena);
    unum_buf_done(&bench->shown);
    unum_buf_done(&bench->asked);
    free(bench);
    clear_variables();
    return temp_dir_teardown(&dir) != 0 || leaked ? -1 : 0;
}

const char *creds_bench_file(struct creds_bench *bench, const char *name, const char *content)
{
    const char *path = temp_path(bench->dir, name);
    char *UNUM_AUTO_FREE dir = unum_str_dup(unum_path_dir(unum_str_from(path)));
    assert_int_equal(unum_make_dirs(dir, NULL), 0);
    assert_int_equal(unum_file_write(path, unum_str_from(content), 0600, NULL), 0);
    return path;
}

void creds_bench_files(struct creds_bench *bench, const char *config, const char *credentials)
{
    if (config)
        (void)creds_bench_file(bench, ".aws/config", config);
    if (credentials)
        (void)creds_bench_file(bench, ".aws/credentials", credentials);
    close_chain(bench);
}

static void show(struct creds_bench *bench, const struct unum_err *err)
{
    unum_buf_printf(&bench->shown, "%s\n%s\n", unum_err_text(err), err->hint ? err->hint : "");
}

int creds_bench_open(struct creds_bench *bench, const char *flag, struct unum_err *err)
{
    close_chain(bench);
    int rc = aws_profiles_load(&bench->log, &bench->profiles, err);
    if (rc == 0)
        rc = aws_profile_choose(bench->profiles, unum_str_from(flag), &bench->config.choice, err);
    if (rc == 0)
        bench->chain = aws_chain_new(&bench->config);
    else
        show(bench, err);
    return rc;
}

int creds_bench_get(struct creds_bench *bench, const struct aws_creds **ret, struct unum_err *err)
{
    int rc = bench->chain ? 0 : creds_bench_open(bench, NULL, err);
    if (rc < 0)
        return rc;
    struct aws_creds_source source = aws_chain_source(bench->chain);
    rc = source.get(source.cookie, ret, err);
    if (rc < 0)
        show(bench, err);
    unum_buf_add(&bench->shown, aws_chain_origin(bench->chain));
    unum_buf_addc(&bench->shown, '\n');
    return rc;
}

void creds_bench_gives(struct creds_bench *bench, const char *access, const char *secret,
                       const char *token, const char *origin)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    const struct aws_creds *creds;
    if (creds_bench_get(bench, &creds, &err) < 0)
        fail_msg("%s\nasked:\n%s", unum_err_text(&err), unum_buf_text(&bench->asked));
    assert_true(unum_str_is(creds->access_key, access));
    assert_true(unum_str_is(creds->secret_key, secret));
    assert_true(unum_str_is(creds->session_token, token));
    struct unum_str got = aws_chain_origin(bench->chain);
    if (unum_str_search(got, unum_str_from(origin)) == SIZE_MAX)
        fail_msg("origin \"%.*s\" does not hold \"%s\"", UNUM_STR_ARG(got), origin);
}

void creds_bench_fails(struct creds_bench *bench, int rc, const char *words)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    const struct aws_creds *creds = NULL;
    int got = creds_bench_get(bench, &creds, &err);
    if (got != rc || err.rc != rc)
        fail_msg("result %s, not %s: %s", unum_rc_name(got), unum_rc_name(rc), unum_err_text(&err));
    if (!strstr(unum_err_text(&err), words) && !(err.hint && strstr(err.hint, words)))
        fail_msg("\"%s\" (hint \"%s\") does not hold \"%s\"", unum_err_text(&err),
                 err.hint ? err.hint : "", words);
}

void creds_bench_asked(struct creds_bench *bench, const char *words)
{
    if (!strstr(unum_buf_text(&bench->asked), words))
        fail_msg("no request holds \"%s\":\n%s", words, unum_buf_text(&bench->asked));
}
