/*
 * What is done with bytes: checking a 5 MB JSON text without building anything of it, and signing a
 * request with a 1 KB body and the key at hand; a path into 5 MB, which looks at no more than it
 * must.
 *
 * Times are CPU times, so that others on the machine do not count.
 *
 *   bench_text [-n ROUNDS]
 */
#include <string.h>
#include <unistd.h>

#include "aws/sigv4.h"
#include "eval/query.h"
#include "sample.h"
#include "json/json.h"

enum { TEXT = 5 * 1000 * 1000, SIGNATURES = 2000, BODY = 1024 };

static void must(int rc, const struct unum_err *err)
{
    if (rc == 0)
        return;
    (void)fprintf(stderr, "bench_text: %s\n", unum_err_text(err));
    exit(1);
}

/* An array of `unit` up to the size. */
static void make_text(struct unum_buf *out, const char *unit)
{
    unum_buf_addc(out, '[');
    while (out->len + strlen(unit) + 2 < TEXT) {
        if (out->len > 1)
            unum_buf_addc(out, ',');
        unum_buf_adds(out, unit);
    }
    unum_buf_addc(out, ']');
}

static void scan_row(const char *name, const char *unit, int rounds)
{
    struct sample *rate = calloc(1, sizeof(*rate));
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(TEXT + 1);
    make_text(&text, unit);
    for (int i = 0; i < rounds; i++) {
        struct unum_str value;
        double start = bench_seconds(CLOCK_PROCESS_CPUTIME_ID);
        must(json_check(unum_buf_str(&text), &value, &err), &err);
        sample_add(rate,
                   (double)text.len / (bench_seconds(CLOCK_PROCESS_CPUTIME_ID) - start) / 1e6);
    }
    sample_print(rate, name, "MB/s");
    free(rate);
}

static void copy_row(int rounds)
{
    static struct sample rate;
    char *from = calloc(1, TEXT), *to = calloc(1, TEXT);
    for (int i = 0; i < rounds; i++) {
        memset(from, i, TEXT);
        double start = bench_seconds(CLOCK_PROCESS_CPUTIME_ID);
        memcpy(to, from, TEXT);
        __asm__ volatile("" : : "r"(to) : "memory"); /* not optimised away */
        sample_add(&rate, TEXT / (bench_seconds(CLOCK_PROCESS_CPUTIME_ID) - start) / 1e6);
    }
    sample_print(&rate, "memcpy of 5 MB", "MB/s");
    free(from);
    free(to);
}

static void sign_row(int rounds)
{
    static struct sample us;
    static char body[BODY];
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct http_header rows[] = {
        {UNUM_STR("Host"), UNUM_STR("dynamodb.eu-central-1.amazonaws.com")},
        {UNUM_STR("Content-Type"), UNUM_STR("application/x-amz-json-1.0")},
        {UNUM_STR("X-Amz-Target"), UNUM_STR("DynamoDB_20120810.PutItem")}};
    const struct http_headers headers = {.at = rows, .len = UNUM_COUNT(rows)};
    const struct sigv4_request request = {.method = UNUM_STR("POST"),
                                          .path = UNUM_STR("/"),
                                          .headers = &headers,
                                          .body = unum_str_of(body, BODY)};
    const struct aws_creds creds = {.access_key = UNUM_STR("bench"),
                                    .secret_key = UNUM_STR("bench")};
    const struct sigv4_scope scope = {UNUM_STR("eu-central-1"), UNUM_STR("dynamodb"), 1700000000000,
                                      SIGV4_DOUBLE_ENCODE | SIGV4_NORMALIZE_PATH};
    struct sigv4_key_cache cache = {0};
    struct unum_arena arena = UNUM_ARENA_INIT;
    memset(body, 'b', sizeof(body));
    for (int i = 0; i < rounds; i++) {
        double start = bench_seconds(CLOCK_PROCESS_CPUTIME_ID);
        for (int j = 0; j < SIGNATURES; j++) {
            struct sigv4_result result;
            must(sigv4_sign(&request, &creds, &scope, &cache, &arena, &result, &err), &err);
            unum_arena_reset(&arena);
        }
        sample_add(&us, (bench_seconds(CLOCK_PROCESS_CPUTIME_ID) - start) / SIGNATURES * 1e6);
    }
    sample_print(&us, "signature, 1 KB body, key at hand", "us");
    unum_arena_done(&arena);
}

/* A place of a 5 MB document; what stands behind it is not looked at. */
static void path_row(const char *name, const char *path, int rounds)
{
    struct sample *us = calloc(1, sizeof(*us));
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(2 * TEXT);
    struct unum_buf UNUM_AUTO_BUF list = UNUM_BUF_INIT(TEXT + 1);
    struct unum_arena arena = UNUM_ARENA_INIT;
    make_text(&list, "{\"id\":12345,\"name\":\"some name of a thing\",\"price\":12.75}");
    unum_buf_printf(&text, "{\"first\":1,\"list\":%s,\"last\":2}", unum_buf_text(&list));
    for (int i = 0; i < rounds; i++) {
        struct eval_query query;
        struct eval_flaw flaw;
        struct unum_str found = UNUM_STR_NONE;
        double start = bench_seconds(CLOCK_PROCESS_CPUTIME_ID);
        if (!eval_query_parse(unum_str_from(path), &arena, &query, &flaw) ||
            eval_query_run(&query, unum_buf_str(&text), &arena, &found) != QUERY_FOUND)
            exit(1);
        sample_add(us, (bench_seconds(CLOCK_PROCESS_CPUTIME_ID) - start) * 1e6);
        unum_arena_reset(&arena);
    }
    sample_print(us, name, "us");
    unum_arena_done(&arena);
    free(us);
}

int main(int argc, char **argv)
{
    int rounds = 30, option;
    while ((option = getopt(argc, argv, "n:")) != -1) {
        if (option != 'n')
            return 2;
        rounds = atoi(optarg);
    }
    copy_row(rounds);
    scan_row(
        "check 5 MB JSON: records",
        "{\"id\":12345,\"name\":\"some name of a thing\",\"price\":12.75,\"tags\":[\"a\",\"b\"]}",
        rounds);
    scan_row("check 5 MB JSON: texts",
             "\"0123456789012345678901234567890123456789012345678901234567890123456789012345678901"
             "2345678901234567890123456789012345678901234567890123456789012345678901234567890123456"
             "7890123456789012345678901234567890123456789012345678901234567890123456789\"",
             rounds);
    scan_row("check 5 MB JSON: numbers", "1234567", rounds);
    path_row("path to what stands before 5 MB", "$.first", rounds);
    path_row("path to the tenth element of 5 MB", "$.list[9].name", rounds);
    path_row("path to what stands behind 5 MB", "$.last", rounds);
    sign_row(rounds);
    return 0;
}
