/*
 * A program that prints credentials (credential_process). It runs without a shell; its standard
 * error is ours, what it prints on standard output is shown nowhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "aws/creds.h"
#include "base/fd.h"
#include "base/proc.h"
#include "json/json.h"

enum { MAX_WORDS = 256, MAX_OUTPUT = 64 * 1024, MAX_COMMAND = 32 * 1024 };

/*
 * Words, as a POSIX shell splits them (Shell Command Language, section 2.2), without expansions.
 */
struct words {
    struct unum_str rest;
    struct unum_buf word;
};

/* After the opening quotation mark; false if it is not closed. */
static bool take_quoted(struct words *w, char mark)
{
    while (w->rest.len) {
        char c = w->rest.ptr[0];
        w->rest = unum_str_from_pos(w->rest, 1);
        if (c == mark)
            return true;
        if (c == '\\' && mark == '"' && w->rest.len &&
            (w->rest.ptr[0] == '"' || w->rest.ptr[0] == '\\')) {
            c = w->rest.ptr[0];
            w->rest = unum_str_from_pos(w->rest, 1);
        }
        unum_buf_addc(&w->word, c);
    }
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* One word into w->word; false for an open quotation mark or a backslash at the end. */
static bool take_word(struct words *w)
{
    unum_buf_clear(&w->word);
    while (w->rest.len && !is_blank(w->rest.ptr[0])) {
        char c = w->rest.ptr[0];
        w->rest = unum_str_from_pos(w->rest, 1);
        if (c == '"' || c == '\'') {
            if (!take_quoted(w, c))
                return false;
            continue;
        }
        if (c == '\\') {
            if (!w->rest.len)
                return false;
            c = w->rest.ptr[0];
            w->rest = unum_str_from_pos(w->rest, 1);
        }
        unum_buf_addc(&w->word, c);
    }
    return true;
}

static int split_words(struct unum_str command, struct unum_arena *arena, const char **argv,
                       struct unum_err *err)
{
    struct words w = {unum_str_trim(command), UNUM_BUF_INIT(MAX_COMMAND)};
    size_t count = 0;
    bool ok = command.len <= MAX_COMMAND;
    while (ok && w.rest.len && count < MAX_WORDS) {
        ok = take_word(&w);
        argv[count++] = unum_arena_str(arena, unum_buf_str(&w.word)).ptr;
        w.rest = unum_str_trim(w.rest);
    }
    ok = ok && !w.rest.len && count;
    argv[count] = NULL;
    unum_buf_done(&w.word);
    return ok ? 0
              : unum_err_set(err, UNUM_E_AUTH,
                             "the command has an open quotation mark or too many words");
}

/*
 * Running it.
 */
static int read_all(int fd, struct unum_buf *out)
{
    char piece[4096];
    for (;;) {
        ssize_t got = read(fd, piece, sizeof(piece));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            explicit_bzero(piece, sizeof(piece));
            return got < 0 ? errno : 0;
        }
        unum_buf_add(out, unum_str_of(piece, (size_t)got));
        if (out->failed)
            return EFBIG;
    }
}

static int run(const char *const *argv, struct unum_buf *out, struct unum_err *err)
{
    struct unum_proc_spec spec = UNUM_PROC_SPEC;
    struct unum_buf UNUM_AUTO_BUF end = UNUM_BUF_INIT(256);
    int ends[2], status;
    pid_t pid;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return unum_err_sys(err, errno, "pipe");
    int UNUM_AUTO_FD reader = ends[0];
    int UNUM_AUTO_FD writer = ends[1];
    spec.argv = argv;
    spec.stdout_fd = writer;
    int rc = unum_proc_start(&spec, &pid, err);
    if (rc < 0)
        return rc;
    unum_close_fd(&writer);
    int failed = read_all(reader, out);
    if (failed)
        unum_proc_kill(pid, SIGKILL);
    rc = unum_proc_wait(pid, &status, err);
    if (rc < 0)
        return rc;
    if (failed == EFBIG)
        return unum_err_set(err, UNUM_E_AUTH, "%s printed more than %d bytes", argv[0], MAX_OUTPUT);
    if (failed)
        return unum_err_sys(err, failed, "read what %s prints", argv[0]);
    if (status == 0)
        return 0;
    unum_proc_describe(status, &end);
    return unum_err_set(err, UNUM_E_AUTH, "%s %s", argv[0], unum_buf_text(&end));
}

static int read_output(struct unum_str text, struct creds_held *ret, struct unum_err *err)
{
    static const struct creds_names names = {"AccessKeyId", "SecretAccessKey", "SessionToken",
                                             "Expiration"};
    struct unum_str json, version;
    int64_t number;
    /* The parser's message may quote the text. */
    if (json_check(text, &json, NULL) < 0 || json_type(json) != JSON_OBJECT)
        return unum_err_set(err, UNUM_E_AUTH, "what it printed is no JSON object");
    if (!json_get(json, UNUM_STR("Version"), &version) || !json_to_i64(version, &number) ||
        number != 1)
        return unum_err_set(err, UNUM_E_AUTH, "what it printed has no \"Version\": 1");
    return creds_from_json(json, &names, ret, err);
}

static bool applies(const struct creds_request *request, struct unum_buf *why)
{
    if (!creds_setting(request, "credential_process").len)
        unum_buf_printf(why, "profile \"%.*s\" has no credential_process",
                        UNUM_STR_ARG(request->choice.name));
    return !why->len;
}

static int fetch(struct creds_request *request, struct creds_held *ret, struct unum_err *err)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(MAX_OUTPUT);
    const char **argv = unum_arena_array(&arena, MAX_WORDS + 1, sizeof(*argv));
    int rc = split_words(creds_setting(request, "credential_process"), &arena, argv, err);
    if (rc == 0)
        rc = run(argv, &out, err);
    if (rc == 0)
        rc = read_output(unum_buf_str(&out), ret, err);
    if (rc == 0)
        creds_origin(ret, "process %s (profile %.*s)", argv[0], UNUM_STR_ARG(request->choice.name));
    else
        (void)unum_err_wrap(err, "profile \"%.*s\"", UNUM_STR_ARG(request->choice.name));
    if (out.ptr)
        explicit_bzero(out.ptr, out.cap);
    return rc;
}

const struct creds_row creds_process = {"process", false, applies, fetch};
