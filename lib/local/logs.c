/*
 * Log lines, kept per function and process stream: in the state file, or the newest ones in
 * memory.
 */
#include "local/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static struct unum_str put(char **at, struct unum_str s)
{
    if (s.len)
        memcpy(*at, s.ptr, s.len);
    struct unum_str copied = unum_str_of(*at, s.len);
    *at += s.len;
    return copied;
}

static size_t size_of(const struct local_log_line *line)
{
    return sizeof(struct log_entry) + line->function.len + line->process.len + line->session.len +
           line->instance.len + line->request_id.len + line->text.len;
}

static void drop_oldest(struct local *local)
{
    struct log_entry *oldest = local->logs.at[local->logs_start];
    local->log_bytes -= size_of(&oldest->line);
    free(oldest);
    local->logs.at[local->logs_start++] = NULL;
    if (local->logs_start < local->logs.len / 2)
        return;
    local->logs.len -= local->logs_start;
    for (size_t i = 0; i < local->logs.len; i++)
        local->logs.at[i] = local->logs.at[i + local->logs_start];
    local->logs_start = 0;
}

static void keep_in_memory(struct local *local, const struct local_log_line *line)
{
    struct log_entry *entry = unum_alloc(size_of(line));
    char *at = (char *)(entry + 1);
    entry->line = *line;
    entry->line.function = put(&at, line->function);
    entry->line.process = put(&at, line->process);
    entry->line.session = put(&at, line->session);
    entry->line.instance = put(&at, line->instance);
    entry->line.request_id = put(&at, line->request_id);
    entry->line.text = put(&at, line->text);
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): the elements are pointers */
    struct log_entry **slot = unum_vec_push(&local->logs);
    *slot = entry;
    local->log_bytes += size_of(line);
    while (local->logs.len - local->logs_start > LOCAL_MAX_LOG_LINES ||
           local->log_bytes > LOCAL_MAX_LOG_BYTES)
        drop_oldest(local);
}

/* Stream "<function>:<process>", text "<P or F>\t<session>\t<instance>\t<request id>\t<text>". */
static void keep_in_file(struct local *local, const struct local_log_line *line)
{
    struct unum_buf UNUM_AUTO_BUF stream = UNUM_BUF_INIT(UNUM_KB);
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_LOG_LINE + 8 * UNUM_KB);
    unum_buf_add(&stream, line->function);
    unum_buf_addc(&stream, ':');
    unum_buf_add(&stream, line->process);
    unum_buf_addc(&text, line->platform ? 'P' : 'F');
    const struct unum_str parts[] = {line->session, line->instance, line->request_id, line->text};
    for (size_t i = 0; i < UNUM_COUNT(parts); i++) {
        unum_buf_addc(&text, '\t');
        unum_buf_add(&text, parts[i]);
    }
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    if (local_db_log_append(local->db, unum_buf_str(&stream), line->at_ms, unum_buf_str(&text),
                            &err))
        local_broken(local, &err);
}

static void add_tail(struct invocation *inv, struct unum_str text)
{
    if (inv->tail.len + text.len > inv->tail.max - 1) {
        size_t keep = LOCAL_LOG_TAIL < inv->tail.len ? LOCAL_LOG_TAIL : inv->tail.len;
        memmove(inv->tail.ptr, inv->tail.ptr + inv->tail.len - keep, keep);
        unum_buf_truncate(&inv->tail, keep);
    }
    unum_buf_add(&inv->tail, text);
    unum_buf_addc(&inv->tail, '\n');
}

void logs_add(struct local *local, const struct function *function, const char *process,
              struct invocation *inv, bool platform, struct unum_str text)
{
    const struct local_log_line line = {
        .id = ++local->log_seq,
        .at_ms = local_now(local),
        .function = unum_str_from(function->name),
        .process = unum_str_from(process),
        .session = unum_str_from(inv ? inv->session : NULL),
        .instance = unum_str_from(inv ? inv->instance : NULL),
        .request_id = unum_str_from(inv ? inv->request_id : NULL),
        .text = text,
        .platform = platform,
    };
    if (inv && (inv->want_tail || inv->result))
        add_tail(inv, text);
    if (local->state)
        keep_in_file(local, &line);
    else
        keep_in_memory(local, &line);
    if (local->config.on_log)
        local->config.on_log(local->config.cookie, &line);
}

void logs_printf(struct local *local, struct invocation *inv, const char *format, ...)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    va_list args;
    va_start(args, format);
    unum_buf_vprintf(&text, format, args);
    va_end(args);
    logs_add(local, inv->function, inv->process, inv, true, unum_buf_str(&text));
}

void logs_clear(struct local *local)
{
    for (size_t i = local->logs_start; i < local->logs.len; i++)
        free(local->logs.at[i]);
    unum_vec_done(&local->logs);
    local->logs_start = local->log_bytes = 0;
    local->log_seq = 0;
}

/* ---- queries ---- */

static bool wanted(const struct local_log_query *query, const struct local_log_line *line)
{
    return (!query->function.len || unum_str_eq(query->function, line->function)) &&
           (!query->session.len || unum_str_eq(query->session, line->session)) &&
           line->at_ms >= query->from_ms && (!query->until_ms || line->at_ms < query->until_ms) &&
           line->id > query->after_id;
}

struct search {
    const struct local_log_query *query;
    bool (*each)(void *cookie, const struct local_log_line *line);
    void *cookie;
    size_t found;
};

/* False: enough. */
static bool found(struct search *search, const struct local_log_line *line)
{
    if (!wanted(search->query, line))
        return true;
    if (!search->each(search->cookie, line))
        return false;
    search->found++;
    return !search->query->limit || search->found < search->query->limit;
}

static bool row_found(void *cookie, const struct local_db_log_row *row)
{
    struct unum_str stream = row->stream, rest = row->text, kind;
    struct local_log_line line = {.id = (uint64_t)row->id, .at_ms = row->time_ms};
    (void)unum_str_split(&stream, ':', &line.function);
    line.process = stream;
    (void)unum_str_split(&rest, '\t', &kind);
    line.platform = unum_str_is(kind, "P");
    (void)unum_str_split(&rest, '\t', &line.session);
    (void)unum_str_split(&rest, '\t', &line.instance);
    (void)unum_str_split(&rest, '\t', &line.request_id);
    line.text = rest;
    return found(cookie, &line);
}

int local_logs(struct local *local, const struct local_log_query *query,
               bool (*each)(void *cookie, const struct local_log_line *line), void *cookie,
               struct unum_err *err)
{
    struct search search = {query, each, cookie, 0};
    if (!local->state) {
        for (size_t i = local->logs_start; i < local->logs.len; i++) {
            if (!found(&search, &local->logs.at[i]->line))
                break;
        }
        return 0;
    }
    struct unum_buf UNUM_AUTO_BUF prefix = UNUM_BUF_INIT(UNUM_KB);
    if (query->function.len) {
        unum_buf_add(&prefix, query->function);
        unum_buf_addc(&prefix, ':');
    }
    const struct local_db_log_query rows = {.stream = unum_buf_str(&prefix),
                                            .prefix = true,
                                            .from_ms = query->from_ms,
                                            .until_ms = query->until_ms,
                                            .after_id = (int64_t)query->after_id};
    return local_db_log_query(local->db, &rows, row_found, &search, err);
}
