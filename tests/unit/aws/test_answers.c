/* Every typed call on a whole answer, on one that is cut or spoilt anywhere, and on a network that
 * is cut at any of its requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "support/answers.h"
#include "support/aws_fake.h"

/* Which answer is how wrong. */
struct script {
    const struct answer_case *of;
    size_t next;             /* request */
    size_t spoilt;           /* answer; SIZE_MAX: none */
    struct unum_str instead; /* of the spoilt one; NONE: the connection is cut */
};

static void give(void *cookie, const struct http_fake_request *request, struct http_exchange *x)
{
    static const struct http_fake_answer cut = {.rc = UNUM_E_IO};
    static const struct http_fake_answer whole = {.status = 200};
    struct script *script = cookie;
    size_t number = script->next++;
    (void)request;
    if (number >= ANSWERS_MAX_REQUESTS || !script->of->bodies[number])
        fail_msg("%s asks once more than there are answers", script->of->name);
    if (number == script->spoilt && !script->instead.ptr) {
        http_fake_answer(x, &cut);
        return;
    }
    http_fake_answer(x, &whole);
    unum_buf_add(&x->response, number == script->spoilt
                                   ? script->instead
                                   : unum_str_from(script->of->bodies[number]));
}

static int run(struct aws_fake *fake, struct script *script, struct unum_buf *ret,
               struct unum_err *err)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    fake->http.script = give;
    fake->http.cookie = script;
    return script->of->call(fake->client, &arena, ret, err);
}

static size_t count_bodies(const struct answer_case *of)
{
    size_t count = 0;
    while (of->bodies[count])
        count++;
    return count;
}

/* How many requests are made when answer `n` is no good. */
static size_t requests_until(const struct answer_case *of, size_t n)
{
    return strstr(of->name, " of several") ? count_bodies(of) : n + 1;
}

static int open_fake(void **state)
{
    static struct aws_fake fake;
    aws_fake_init(&fake);
    fake.config.max_attempts = 1;
    aws_fake_open(&fake);
    *state = &fake;
    return 0;
}

static int close_fake(void **state)
{
    aws_fake_close(*state);
    return 0;
}

static void whole_answers_are_read(void **state)
{
    for (size_t i = 0; i < answer_cases_len; i++) {
        struct unum_buf UNUM_AUTO_BUF got = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        struct script script = {.of = &answer_cases[i], .spoilt = SIZE_MAX};
        if (run(*state, &script, &got, &err) < 0)
            fail_msg("%s: %s", answer_cases[i].name, unum_err_text(&err));
        if (strcmp(unum_buf_text(&got), answer_cases[i].read) != 0)
            fail_msg("%s: read \"%s\"", answer_cases[i].name, unum_buf_text(&got));
        assert_int_equal(script.next, count_bodies(&answer_cases[i]));
    }
}

static void answers_cut_anywhere_are_errors(void **state)
{
    for (size_t i = 0; i < answer_cases_len; i++) {
        for (size_t n = 0; n < count_bodies(&answer_cases[i]); n++) {
            struct unum_str body = unum_str_trim(unum_str_from(answer_cases[i].bodies[n]));
            for (size_t len = 0; len < body.len; len++) {
                struct unum_buf UNUM_AUTO_BUF got = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
                struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
                struct script script = {
                    .of = &answer_cases[i], .spoilt = n, .instead = unum_str_slice(body, 0, len)};
                if (run(*state, &script, &got, &err) != UNUM_E_PARSE)
                    fail_msg("%s: answer %zu cut at %zu: %s", answer_cases[i].name, n, len,
                             unum_err_text(&err));
                assert_int_equal(script.next, requests_until(&answer_cases[i], n));
            }
        }
    }
}

/* An answer that is another one's, or a page of a proxy, is no empty list. */
static void answers_of_somebody_else_are_errors(void **state)
{
    static const char *const bodies[] = {"<html><body>Sign in</body></html>",
                                         "<Error><Code>InternalError</Code></Error>", "{}", "[]",
                                         "null"};
    for (size_t i = 0; i < answer_cases_len; i++) {
        bool json = answer_cases[i].bodies[0][0] == '{';
        for (size_t n = 0; n < UNUM_COUNT(bodies); n++) {
            struct unum_buf UNUM_AUTO_BUF got = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
            struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
            struct script script = {
                .of = &answer_cases[i], .spoilt = 0, .instead = unum_str_from(bodies[n])};
            if (json && bodies[n][0] == '{')
                continue; /* an empty object has nothing in it */
            if (run(*state, &script, &got, &err) == 0)
                fail_msg("%s takes %s", answer_cases[i].name, bodies[n]);
        }
    }
}

/* Whatever comes of it: no crash, and no endless reading. */
static void spoilt_answers_do_no_harm(void **state)
{
    static const char with[] = {'\0', '<', '>', '&', '"', '\\', '{', ']', '9', '\xff'};
    for (size_t i = 0; i < answer_cases_len; i++) {
        struct unum_str body = unum_str_from(answer_cases[i].bodies[0]);
        for (size_t at = 0; at < body.len; at++) {
            struct unum_buf UNUM_AUTO_BUF spoilt = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
            struct unum_buf UNUM_AUTO_BUF got = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
            struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
            unum_buf_add(&spoilt, unum_str_slice(body, 0, at));
            unum_buf_addc(&spoilt, with[(at + i) % sizeof(with)]);
            unum_buf_add(&spoilt, unum_str_from_pos(body, at + 1));
            struct script script = {
                .of = &answer_cases[i], .spoilt = 0, .instead = unum_buf_str(&spoilt)};
            (void)!run(*state, &script, &got, &err);
        }
    }
}

static void a_network_cut_at_any_request_is_told(void **state)
{
    for (size_t i = 0; i < answer_cases_len; i++) {
        for (size_t n = 0; n < count_bodies(&answer_cases[i]); n++) {
            struct unum_buf UNUM_AUTO_BUF got = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
            struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
            struct script script = {.of = &answer_cases[i], .spoilt = n};
            assert_int_equal(run(*state, &script, &got, &err), UNUM_E_IO);
            assert_int_equal(script.next, requests_until(&answer_cases[i], n));
            assert_non_null(strstr(unum_err_text(&err), "scripted"));
        }
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fake, close_fake)
    const struct CMUnitTest tests[] = {
        TEST(whole_answers_are_read),
        TEST(answers_cut_anywhere_are_errors),
        TEST(answers_of_somebody_else_are_errors),
        TEST(spoilt_answers_do_no_harm),
        TEST(a_network_cut_at_any_request_is_told),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
