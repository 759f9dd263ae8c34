#include <errno.h>
#include <unistd.h>

#include "rt.h"

/* One write, so that lines of several threads and of user code do not mix. */
static void write_line(struct unum_buf *line)
{
    unum_buf_addc(line, '\n');
    struct unum_str rest = unum_buf_str(line);
    while (rest.len) {
        ssize_t put = write(STDERR_FILENO, rest.ptr, rest.len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return; /* the log is gone; the work goes on */
        rest = unum_str_from_pos(rest, (size_t)put);
    }
}

static void member(struct json_writer *w, const char *key, struct unum_str text)
{
    if (text.len) {
        json_key(w, key);
        json_string(w, text);
    }
}

void rt_log(const struct rt_inv *inv, enum unum_log_level level, const char *message,
            struct unum_str fields)
{
    if (level == UNUM_LOG_DEBUG && !inv->rt->config.debug)
        return;
    struct unum_buf UNUM_AUTO_BUF line = UNUM_BUF_INIT(UNUM_LIMIT_LOG_LINE);
    struct unum_buf UNUM_AUTO_BUF time = UNUM_BUF_INIT(32);
    unum_time_rfc3339(unum_wall_ms(inv->rt->clock), &time);
    struct json_writer w = JSON_WRITER(&line);
    json_object_begin(&w);
    member(&w, "time", unum_buf_str(&time));
    member(&w, "level", unum_str_from(unum_log_level_name(level)));
    member(&w, "session", inv->event.run.session);
    member(&w, "instance", inv->instance);
    member(&w, "requestId", inv->request_id);
    json_key(&w, "message");
    json_string(&w, unum_str_from(message));
    if (fields.ptr) {
        struct json_iter iter = json_iter(fields);
        struct unum_str key;
        struct unum_str value;
        while (json_next(&iter, &key, &value)) {
            struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_LIMIT_LOG_LINE);
            if (json_decode(key, &name)) {
                json_key_str(&w, unum_buf_str(&name));
                json_raw(&w, value);
            }
        }
    }
    json_object_end(&w);
    if (line.failed) {
        unum_buf_clear(&line);
        unum_buf_adds(&line, "{\"level\":\"error\",\"message\":\"a log line was too long\"}");
    }
    write_line(&line);
}
