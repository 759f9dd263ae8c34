#include "log_view.h"

#include "base/limits.h"
#include "interrupt.h"
#include "logline.h"
#include "safe_text.h"

enum {
    THROTTLED_MOST_MS = 30 * 1000,
    MOST_HELD = 100000, /* lines whose run is not known yet */
    SLICE_MS = 50,
};

/* Nodes of one function are called "<Function>" or "<Function>--<State>". */
bool log_view_runs(struct unum_str node, struct unum_str function)
{
    return unum_str_starts(node, function) &&
           (node.len == function.len ||
            unum_str_starts(unum_str_from_pos(node, function.len), UNUM_STR("--")));
}

static bool wanted(const struct log_view *r, const struct log_line *line)
{
    if (line->platform && !r->p->global.verbose)
        return false;
    if (r->function.len && !log_view_runs(line->function, r->function))
        return false;
    if (r->session.len && !unum_str_eq(line->session, r->session))
        return false;
    return !r->grep.len || unum_str_search(line->text, r->grep) != SIZE_MAX;
}

/* ---- printing ---- */

static void line_json(const struct log_line *line, struct json_writer *w)
{
    struct unum_buf UNUM_AUTO_BUF time = UNUM_BUF_INIT(64);
    const struct {
        const char *key;
        struct unum_str value;
    } fields[] = {{"function", line->function}, {"session", line->session},
                  {"instance", line->instance}, {"requestId", line->request_id},
                  {"stream", line->stream},     {"text", line->text}};
    unum_time_rfc3339(line->at_ms, &time);
    json_object_begin(w);
    json_key(w, "time");
    json_string(w, unum_buf_str(&time));
    for (size_t i = 0; i < UNUM_COUNT(fields); i++) {
        if (!fields[i].value.len && i + 1 < UNUM_COUNT(fields))
            continue;
        json_key(w, fields[i].key);
        json_string(w, fields[i].value);
    }
    json_object_end(w);
}

/* The same function always has the same colour. */
static enum ui_style colour_of(struct unum_str function)
{
    static const enum ui_style colours[] = {UI_CYAN, UI_GREEN, UI_YELLOW, UI_MAGENTA, UI_BLUE};
    return colours[unum_str_hash(function) % UNUM_COUNT(colours)];
}

/* Lines of a text that has several are put below each other. */
static void line_text(const struct log_view *r, const struct log_line *line, struct unum_buf *out)
{
    const struct ui *ui = &r->p->out;
    struct unum_buf UNUM_AUTO_BUF time = UNUM_BUF_INIT(64);
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_time_rfc3339(line->at_ms, &time);
    unum_buf_printf(out, "%s%.12s%s %s%.*s%s  ", ui_style(ui, UI_DIM), unum_buf_text(&time) + 11,
                    ui_style(ui, UI_PLAIN), ui_style(ui, colour_of(line->function)),
                    UNUM_STR_ARG(line->function), ui_style(ui, UI_PLAIN));
    logline_text(line->text, &text);
    struct unum_str rest = unum_buf_str(&text), part;
    bool first = true;
    while (unum_str_split(&rest, '\n', &part)) {
        if (!first)
            unum_buf_adds(out, "\n    ");
        first = false;
        safe_text(ui, part, out);
    }
    unum_buf_addc(out, '\n');
}

static void print_line(struct log_view *r, const struct log_line *line)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(2 * UNUM_LIMIT_TEXT);
    if (program_json(r->p)) {
        line_json(line, &r->w);
        return;
    }
    if (r->p->global.output == OUTPUT_JSONL) {
        struct json_writer w = JSON_WRITER(&text);
        line_json(line, &w);
        unum_buf_addc(&text, '\n');
    } else {
        line_text(r, line, &text);
    }
    ui_write(&r->p->out, unum_buf_str(&text));
}

/* ---- reading ---- */

/* While following, lines of an invocation that has not said yet which run it is for wait for the
 * line that does. */
static void hold_back(struct log_view *r, log_line_list *lines, bool last)
{
    size_t kept = 0, out = 0;
    log_line_list all = {0};
    for (size_t i = 0; i < r->held.len; i++)
        *unum_vec_push(&all) = r->held.at[i];
    for (size_t i = 0; i < lines->len; i++)
        *unum_vec_push(&all) = lines->at[i];
    r->held.len = lines->len = 0;
    for (size_t i = 0; i < all.len; i++) {
        struct log_line *line = &all.at[i];
        bool known = log_source_resolve(r->source, line);
        if (known || last || !r->session.len) {
            *unum_vec_push(lines) = *line;
            out++;
        } else if (kept < MOST_HELD) {
            *unum_vec_push(&r->held) = *line;
            kept++;
        }
    }
    unum_vec_done(&all);
}

static void print_lines(struct log_view *r, log_line_list *lines)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    log_order(lines->at, lines->len, &arena);
    for (size_t i = 0; i < lines->len && !r->p->out.failed; i++) {
        if (wanted(r, &lines->at[i]))
            print_line(r, &lines->at[i]);
    }
    lines->len = 0;
}

/* False: interrupted. */
static bool pause_for(int64_t pause_ms)
{
    const struct unum_clock *clock = &unum_clock_system;
    for (; pause_ms > 0 && !interrupt_seen(); pause_ms -= SLICE_MS)
        clock->sleep_ms(clock->cookie, pause_ms < SLICE_MS ? pause_ms : SLICE_MS);
    return !interrupt_seen();
}

int log_view_run(struct log_view *r, struct unum_err *err)
{
    log_line_list lines = {0};
    int64_t pause_ms = log_source_pause_ms(r->source);
    int rc;
    for (;;) {
        struct unum_err UNUM_AUTO_ERR failure = UNUM_ERR_INIT;
        rc = log_source_read(r->source, &lines, &failure);
        bool throttled = rc == UNUM_E_THROTTLED;
        if (rc < 0 && !throttled) {
            *err = failure;
            failure = (struct unum_err)UNUM_ERR_INIT;
            break;
        }
        bool more = r->follow || throttled;
        if (more && r->follow && !lines.len)
            pause_ms = log_source_pause_ms(r->source);
        if (!throttled || r->follow) {
            hold_back(r, &lines, !more);
            print_lines(r, &lines);
        }
        if (!more || r->p->out.failed)
            break;
        pause_ms = throttled ? pause_ms * 2 : log_source_pause_ms(r->source);
        if (pause_ms > THROTTLED_MOST_MS)
            pause_ms = THROTTLED_MOST_MS;
        if (!pause_for(pause_ms)) {
            rc = unum_err_set(err, UNUM_E_CANCELLED, "interrupted");
            break;
        }
    }
    unum_vec_done(&lines);
    unum_vec_done(&r->held);
    return rc;
}
