/* Answers to the typed calls: the first byte picks the call, the rest are its answers, one behind
 * the other with a NUL between. What comes after the last is a cut connection. */
#include <stdint.h>

#include "base/limits.h"
#include "support/answers.h"
#include "support/aws_fake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void give(void *cookie, const struct http_fake_request *request, struct http_exchange *x)
{
    static const struct http_fake_answer cut = {.rc = UNUM_E_IO}, whole = {.status = 200};
    struct unum_str *rest = cookie, body;
    (void)request;
    bool is_there = unum_str_split(rest, '\0', &body);
    http_fake_answer(x, is_there ? &whole : &cut);
    if (is_there)
        unum_buf_add(&x->response, body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_buf UNUM_AUTO_BUF got = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct aws_fake fake;
    if (size < 2)
        return 0;
    struct unum_str rest = unum_str_of((const char *)data + 1, size - 1);
    aws_fake_init(&fake);
    fake.config.max_attempts = 1;
    aws_fake_open(&fake);
    fake.http.script = give;
    fake.http.cookie = &rest;
    int rc = answer_cases[data[0] % answer_cases_len].call(fake.client, &arena, &got, &err);
    /* A failure says what it is. */
    if (rc < 0 && (err.rc != rc || !*unum_err_text(&err)))
        __builtin_trap();
    aws_fake_close(&fake);
    return 0;
}
