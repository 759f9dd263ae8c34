/* What the vectors (tests/conformance/sigv4) do not show: refusals, kept keys, odd input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "aws/sigv4.h"

static const struct aws_creds creds = {UNUM_STR_INIT("AKID"), UNUM_STR_INIT("secret"),
                                       UNUM_STR_INIT(""), 0};
static const struct sigv4_scope scope = {UNUM_STR_INIT("us-east-1"), UNUM_STR_INIT("service"),
                                         1440938160000, SIGV4_DOUBLE_ENCODE | SIGV4_NORMALIZE_PATH};

static int sign(const struct http_header *headers, size_t len, struct unum_arena *arena,
                struct sigv4_result *ret)
{
    struct http_headers list = {0};
    for (size_t i = 0; i < len; i++)
        http_headers_add(&list, arena, headers[i].name, headers[i].value);
    const struct sigv4_request request = {UNUM_STR("GET"), UNUM_STR("/"), UNUM_STR(""), &list,
                                          UNUM_STR("")};
    return sigv4_sign(&request, &creds, &scope, NULL, arena, ret, NULL);
}

static struct unum_str signed_path(const char *path, unsigned flags, struct unum_arena *arena)
{
    struct http_headers list = {0};
    struct sigv4_result result;
    struct sigv4_scope with_flags = scope;
    with_flags.flags = flags;
    http_headers_add(&list, arena, UNUM_STR("Host"), UNUM_STR("h"));
    const struct sigv4_request request = {UNUM_STR("GET"), unum_str_from(path), UNUM_STR(""), &list,
                                          UNUM_STR("")};
    assert_int_equal(sigv4_sign(&request, &creds, &with_flags, NULL, arena, &result, NULL), 0);
    struct unum_str rest = result.canonical_request, line = {0};
    assert_true(unum_str_split(&rest, '\n', &line) && unum_str_split(&rest, '\n', &line));
    return line;
}

static struct unum_str signed_query(const char *query, struct unum_arena *arena)
{
    struct http_headers list = {0};
    struct sigv4_result result;
    http_headers_add(&list, arena, UNUM_STR("Host"), UNUM_STR("h"));
    const struct sigv4_request request = {UNUM_STR("GET"), UNUM_STR("/"), unum_str_from(query),
                                          &list, UNUM_STR("")};
    assert_int_equal(sigv4_sign(&request, &creds, &scope, NULL, arena, &result, NULL), 0);
    struct unum_str rest = result.canonical_request, line = {0};
    for (int i = 0; i < 3; i++)
        assert_true(unum_str_split(&rest, '\n', &line));
    return line;
}

static void assert_str(struct unum_str got, const char *expected)
{
    if (!unum_str_is(got, expected))
        fail_msg("\"%.*s\" instead of \"%s\"", UNUM_STR_ARG(got), expected);
}

static void requests_that_cannot_be_signed_are_refused(void **state)
{
    const struct http_header host = {UNUM_STR("host"), UNUM_STR("h")};
    const struct http_header bad[] = {
        {UNUM_STR("X-A"), UNUM_STR("1\r\nX-B: 2")},
        {UNUM_STR("X-A"), UNUM_STR("1\n2")},
        {UNUM_STR("X-A"), UNUM_STR("1\0002")},
        {UNUM_STR("X A"), UNUM_STR("1")},
        {UNUM_STR(""), UNUM_STR("1")},
        {UNUM_STR("X:A"), UNUM_STR("1")},
    };
    struct sigv4_result result;
    (void)state;
    for (size_t i = 0; i < UNUM_COUNT(bad); i++) {
        struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
        const struct http_header headers[] = {host, bad[i]};
        assert_int_equal(sign(headers, 2, &arena, &result), UNUM_E_INVAL);
    }
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    assert_int_equal(sign(NULL, 0, &arena, &result), UNUM_E_INVAL); /* no Host */
    assert_int_equal(sign(&host, 1, &arena, &result), 0);
}

static void what_others_change_or_we_add_is_not_signed_from_the_request(void **state)
{
    const struct http_header headers[] = {
        {UNUM_STR("Host"), UNUM_STR("h")},
        {UNUM_STR("User-Agent"), UNUM_STR("a")},
        {UNUM_STR("X-Amzn-Trace-Id"), UNUM_STR("Root=1")},
        {UNUM_STR("authorization"), UNUM_STR("old")},
        {UNUM_STR("X-AMZ-DATE"), UNUM_STR("old")},
        {UNUM_STR("Expect"), UNUM_STR("100-continue")},
        {UNUM_STR("Connection"), UNUM_STR("close")},
    };
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct sigv4_result result;
    (void)state;
    assert_int_equal(sign(headers, UNUM_COUNT(headers), &arena, &result), 0);
    assert_str(result.signed_headers, "host;x-amz-date");
}

static void paths_have_one_canonical_form(void **state)
{
    static const struct {
        const char *path;
        unsigned flags;
        const char *expected;
    } rows[] = {
        {"", SIGV4_DOUBLE_ENCODE | SIGV4_NORMALIZE_PATH, "/"},
        {"/a/./b/../c//", SIGV4_DOUBLE_ENCODE | SIGV4_NORMALIZE_PATH, "/a/c/"},
        {"/../..", SIGV4_DOUBLE_ENCODE | SIGV4_NORMALIZE_PATH, "/"},
        {"/a%20b", SIGV4_DOUBLE_ENCODE | SIGV4_NORMALIZE_PATH, "/a%2520b"},
        {"/a%2fb/../c", 0, "/a%2Fb/../c"},
        {"/a b//\xc3\xa9%zz", 0, "/a%20b//%C3%A9%25zz"},
        {"/%2e%2e/a%", SIGV4_NORMALIZE_PATH, "/../a%25"},
    };
    (void)state;
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
        assert_str(signed_path(rows[i].path, rows[i].flags, &arena), rows[i].expected);
    }
}

static void queries_have_one_canonical_form(void **state)
{
    static const struct {
        const char *query, *expected;
    } rows[] = {
        {"", ""},
        {"b=2&a=1", "a=1&b=2"},
        {"a=2&a=1&a", "a=&a=1&a=2"},
        {"&&a=1&", "a=1"},
        {"a=b=c", "a=b%3Dc"},
        {"a+b=%2b", "a%2Bb=%2B"},
        {"%61=%7E%zz%4", "a=~%25zz%254"},
        {"Param-3=1&Param=2", "Param=2&Param-3=1"},
        {"=x", "=x"},
    };
    (void)state;
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
        assert_str(signed_query(rows[i].query, &arena), rows[i].expected);
    }
}

static struct unum_str signature(const struct aws_creds *with, const struct sigv4_scope *at,
                                 struct sigv4_key_cache *cache, struct unum_arena *arena)
{
    struct http_headers list = {0};
    struct sigv4_result result;
    http_headers_add(&list, arena, UNUM_STR("Host"), UNUM_STR("h"));
    const struct sigv4_request request = {UNUM_STR("GET"), UNUM_STR("/"), UNUM_STR(""), &list,
                                          UNUM_STR("")};
    assert_int_equal(sigv4_sign(&request, with, at, cache, arena, &result, NULL), 0);
    return result.signature;
}

static void a_kept_key_is_used_only_where_it_belongs(void **state)
{
    char long_secret[200]; /* does not fit into the cache: derived each time */
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct sigv4_key_cache cache = {0};
    (void)state;
    memset(long_secret, 's', sizeof(long_secret));
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 6; i++) {
            struct aws_creds with = creds;
            struct sigv4_scope at = scope;
            if (i == 1)
                at.at_ms += 24 * 3600 * 1000;
            if (i == 2)
                at.region = UNUM_STR("eu-west-1");
            if (i == 3)
                at.service = UNUM_STR("other");
            if (i == 4)
                with.secret_key = UNUM_STR("secret2");
            if (i == 5)
                with.secret_key = unum_str_of(long_secret, sizeof(long_secret));
            struct unum_str fresh = signature(&with, &at, NULL, &arena);
            assert_true(unum_str_eq(signature(&with, &at, &cache, &arena), fresh));
            assert_true(unum_str_eq(signature(&with, &at, &cache, &arena), fresh));
        }
    }
    assert_true(cache.valid);
}

static void signed_urls_are_valid_for_a_week_at_most(void **state)
{
    static const struct {
        int64_t expires_s;
        int rc;
    } rows[] = {{0, UNUM_E_INVAL}, {-1, UNUM_E_INVAL}, {1, 0}, {604800, 0}, {604801, UNUM_E_INVAL}};
    (void)state;
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
        struct http_headers list = {0};
        struct sigv4_result result;
        http_headers_add(&list, &arena, UNUM_STR("Host"), UNUM_STR("h"));
        const struct sigv4_request request = {UNUM_STR("GET"), UNUM_STR("/k"), UNUM_STR("a=b"),
                                              &list, UNUM_STR("")};
        assert_int_equal(
            sigv4_presign(&request, &creds, &scope, rows[i].expires_s, NULL, &arena, &result, NULL),
            rows[i].rc);
        if (!rows[i].rc)
            assert_true(unum_str_starts(result.query, UNUM_STR("a=b&X-Amz-Algorithm=")));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_that_cannot_be_signed_are_refused),
        cmocka_unit_test(what_others_change_or_we_add_is_not_signed_from_the_request),
        cmocka_unit_test(paths_have_one_canonical_form),
        cmocka_unit_test(queries_have_one_canonical_form),
        cmocka_unit_test(a_kept_key_is_used_only_where_it_belongs),
        cmocka_unit_test(signed_urls_are_valid_for_a_week_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
