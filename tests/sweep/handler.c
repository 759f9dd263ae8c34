/*
 * The function of the fault tests. Every execution gives a fresh nonce, so a value that a losing
 * execution produced can be told from the recorded one wherever it turns up:
 *     {"by": instance, "nonce": random, "in": input}
 * UNUM_TEST_CODE says what else it does:
 *     list N        a list of N such objects (without "in")
 *     lists N M     a list of N lists of M such objects
 *     crash         the process ends by a signal, always
 *     exit          the process exits with status 3, always
 *     fail          answers with the error Test.Failed, always
 *     hang          never answers
 *     echo          answers its input
 * Every execution appends a line with its instance to the file UNUM_TEST_EXECUTIONS.
 */
#include <unum/runtime.h>

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

static void put_object(unum_context *ctx, const struct unum_json *input)
{
    uint64_t nonce = 0;
    if (getrandom(&nonce, sizeof(nonce), 0) != (ssize_t)sizeof(nonce))
        abort();
    char text[24];
    snprintf(text, sizeof(text), "%016" PRIx64, nonce);
    unum_object(ctx);
    unum_key(ctx, "by");
    unum_put_string(ctx, unum_instance(ctx));
    unum_key(ctx, "nonce");
    unum_put_string(ctx, text);
    if (input) {
        unum_key(ctx, "in");
        unum_put_json(ctx, *input);
    }
    unum_end(ctx);
}

static void put_list(unum_context *ctx, int outer, int inner)
{
    unum_array(ctx);
    for (int i = 0; i < outer; i++) {
        if (inner < 0)
            put_object(ctx, NULL);
        else
            put_list(ctx, inner, -1);
    }
    unum_end(ctx);
}

static void note_execution(unum_context *ctx)
{
    const char *path = getenv("UNUM_TEST_EXECUTIONS");
    int fd = path ? open(path, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;
    if (fd >= 0) {
        dprintf(fd, "%s\n", unum_instance(ctx));
        close(fd);
    }
}

int unum_handler(unum_context *ctx, struct unum_json input)
{
    const char *code = getenv("UNUM_TEST_CODE");
    int outer = 0;
    int inner = -1;
    if (!code)
        code = "";
    note_execution(ctx);
    if (strcmp(code, "crash") == 0)
        raise(SIGKILL);
    if (strcmp(code, "exit") == 0)
        _exit(3);
    if (strcmp(code, "fail") == 0)
        return unum_fail(ctx, "Test.Failed", "as asked");
    if (strcmp(code, "hang") == 0)
        pause();
    if (strcmp(code, "echo") == 0)
        return unum_answer_json(ctx, input);
    if (sscanf(code, "lists %d %d", &outer, &inner) == 2 || sscanf(code, "list %d", &outer) == 1)
        put_list(ctx, outer, inner);
    else
        put_object(ctx, &input);
    return unum_answer_written(ctx);
}
