#include "run_show.h"

#include <stdlib.h>

#include "base/limits.h"
#include "safe_text.h"
#include "template/app.h"

enum { CUT = 100, MOST_ITEMS = 200000 };

enum item_kind { ITEM_OUTCOME, ITEM_ATTEMPT, ITEM_SET, ITEM_OTHER };
static const char *const kind_names[] = {"outcome", "attempt", "set", "other"};

struct shown {
    enum item_kind kind;
    struct unum_str key, instance; /* without "<app>/<session>/", and without the end */
    int64_t at_ms;                 /* 0: not known */
    struct record record;
    struct attempt_record attempt;
    size_t positions, failed;
};

struct showing {
    struct unum_str prefix;
    struct unum_arena *arena;
    UNUM_VEC(struct shown) items;
    struct run_record run;
    bool too_many;
};

static struct unum_str copy(struct showing *s, struct unum_str text)
{
    return text.ptr ? unum_arena_str(s->arena, text) : UNUM_STR_NONE;
}

static void keep_record(struct showing *s, struct record *r)
{
    struct unum_str *texts[] = {&r->user,   &r->value,      &r->fan_in, &r->to,         &r->by,
                                &r->frames, &r->error_type, &r->cause,  &r->spill.nonce};
    for (size_t i = 0; i < UNUM_COUNT(texts); i++)
        *texts[i] = copy(s, *texts[i]);
}

static size_t numbers_of(const struct store_item *item, const char *name)
{
    const struct store_attr *attr = store_attr(item, name);
    return attr && attr->type == STORE_NUMBERS ? attr->len : 0;
}

/* "<instance>~a<k>" */
static bool is_attempt(struct unum_str rest, struct unum_str *ret_instance)
{
    size_t at = unum_str_rfind(rest, '~');
    uint64_t number;
    if (at == SIZE_MAX || !unum_str_starts(unum_str_from_pos(rest, at), UNUM_STR("~a")) ||
        !unum_str_to_u64(unum_str_from_pos(rest, at + 2), &number))
        return false;
    *ret_instance = unum_str_slice(rest, 0, at);
    return true;
}

static void classify(struct showing *s, struct shown *at, const struct store_item *item)
{
    struct unum_str end = UNUM_STR("-output");
    size_t set = unum_str_search(at->key, UNUM_STR("-fanin/"));
    at->kind = ITEM_OTHER;
    at->instance = at->key;
    if (unum_str_ends(at->key, end) && record_parse(item, &at->record, NULL) == 0) {
        at->kind = ITEM_OUTCOME;
        at->instance = unum_str_slice(at->key, 0, at->key.len - end.len);
        at->at_ms = at->record.now_ms;
        keep_record(s, &at->record);
    } else if (set != SIZE_MAX) {
        at->kind = ITEM_SET;
        at->positions = numbers_of(item, "Positions");
        at->failed = numbers_of(item, "Failed");
    } else if (is_attempt(at->key, &at->instance) &&
               record_attempt_parse(item, &at->attempt, NULL) == 0) {
        at->kind = ITEM_ATTEMPT;
        at->at_ms = at->attempt.due_ms;
        at->attempt.error_type = copy(s, at->attempt.error_type);
        at->attempt.cause = copy(s, at->attempt.cause);
    }
}

static bool on_item(void *cookie, struct unum_str key, const struct store_item *item)
{
    struct showing *s = cookie;
    struct unum_str rest = unum_str_from_pos(key, s->prefix.len);
    /* Parts of a spilled value belong to their outcome. */
    if (unum_str_is(rest, "run") || unum_str_search(rest, UNUM_STR("-output/")) != SIZE_MAX)
        return true;
    s->too_many = s->items.len >= MOST_ITEMS;
    if (s->too_many)
        return false;
    struct shown shown = {.key = unum_arena_str(s->arena, rest)};
    classify(s, &shown, item);
    *unum_vec_push(&s->items) = shown;
    return true;
}

static int by_time(const void *a, const void *b)
{
    const struct shown *x = a, *y = b;
    if (x->kind != y->kind && (x->kind >= ITEM_SET || y->kind >= ITEM_SET))
        return x->kind < y->kind ? -1 : 1;
    if (x->at_ms != y->at_ms)
        return x->at_ms < y->at_ms ? -1 : 1;
    return unum_str_cmp(x->key, y->key);
}

void run_show_status(const struct ui *ui, struct unum_str status, struct unum_buf *out)
{
    enum ui_style style = unum_str_is(status, "SUCCEEDED") ? UI_GREEN
                          : unum_str_is(status, "RUNNING") ? UI_YELLOW
                                                           : UI_RED;
    unum_buf_printf(out, "%s%.*s%s", ui_style(ui, style), UNUM_STR_ARG(status),
                    ui_style(ui, UI_PLAIN));
}

/* What the runtime went on with: the value of the record. */
static void describe(const struct program *p, const struct shown *at, bool full,
                     struct unum_buf *out)
{
    const struct record *r = &at->record;
    struct unum_str value = record_value(r);
    if (at->kind == ITEM_SET) {
        unum_buf_printf(out, "%zu positions", at->positions);
        if (at->failed)
            unum_buf_printf(out, ", %zu of them failed", at->failed);
        return;
    }
    bool attempt = at->kind == ITEM_ATTEMPT, error = attempt || r->error;
    struct unum_str text = value;
    if (error) {
        struct unum_str type = attempt ? at->attempt.error_type : r->error_type;
        text = attempt ? at->attempt.cause : r->cause;
        safe_text(&p->out, type, out);
        if (text.len)
            unum_buf_adds(out, ": ");
    } else if (r->spill.nonce.ptr) {
        uint64_t bytes = r->spill.user_len + r->spill.value_len;
        unum_buf_printf(out, "(%llu bytes in %u parts)", (unsigned long long)bytes,
                        (unsigned)r->spill.parts);
        return;
    } else if (r->fan_in.ptr) {
        text = r->fan_in;
    }
    size_t most = full ? text.len : CUT;
    while (most < text.len && ((unsigned char)text.ptr[most] & 0xc0) == 0x80)
        most--;
    safe_text(&p->out, unum_str_slice(text, 0, most), out);
    if (most < text.len)
        unum_buf_printf(out, "... (%zu bytes)", text.len);
}

static void print_text(struct program *p, const struct showing *s, const char *session, bool full)
{
    struct unum_buf UNUM_AUTO_BUF line = UNUM_BUF_INIT(2 * UNUM_LIMIT_TEXT);
    struct unum_buf UNUM_AUTO_BUF time = UNUM_BUF_INIT(64);
    unum_time_rfc3339(s->run.started_ms, &time);
    run_show_status(&p->out, s->run.status, &line);
    ui_printf(&p->out, "session  %s\nstatus   %s\nstarted  %s\n\n", session, unum_buf_text(&line),
              unum_buf_text(&time));
    for (size_t i = 0; i < s->items.len; i++) {
        const struct shown *at = &s->items.at[i];
        static const char *const words[] = {"ok", "retry", "set", ""};
        const char *word = at->kind == ITEM_OUTCOME && at->record.error     ? "error"
                           : at->kind == ITEM_ATTEMPT && !at->attempt.retry ? "final"
                                                                            : words[at->kind];
        unum_buf_clear(&line);
        if (at->at_ms)
            unum_buf_printf(&line, "%s+%8.3f s%s  ", ui_style(&p->out, UI_DIM),
                            (double)(at->at_ms - s->run.started_ms) / 1000,
                            ui_style(&p->out, UI_PLAIN));
        else
            unum_buf_adds(&line, "             ");
        unum_buf_printf(&line, "%-32.*s  %-5s  ",
                        UNUM_STR_ARG(at->kind == ITEM_OUTCOME ? at->instance : at->key), word);
        describe(p, at, full, &line);
        unum_buf_addc(&line, '\n');
        ui_write(&p->out, unum_buf_str(&line));
    }
}

static void member(struct json_writer *w, const char *key, struct unum_str text)
{
    if (text.ptr) {
        json_key(w, key);
        json_string(w, text);
    }
}

static void item_json(const struct shown *at, struct json_writer *w)
{
    struct unum_str value = record_value(&at->record);
    json_object_begin(w);
    member(w, "key", at->key);
    member(w, "kind", unum_str_from(kind_names[at->kind]));
    if (at->kind == ITEM_OUTCOME || at->kind == ITEM_ATTEMPT)
        member(w, "instance", at->instance);
    if (at->at_ms) {
        struct unum_buf UNUM_AUTO_BUF time = UNUM_BUF_INIT(64);
        unum_time_rfc3339(at->at_ms, &time);
        member(w, "time", unum_buf_str(&time));
    }
    if (at->kind == ITEM_OUTCOME) {
        member(w, "status", at->record.error ? UNUM_STR("error") : UNUM_STR("ok"));
        member(w, "next", at->record.has_to ? at->record.to : UNUM_STR_NONE);
        member(w, "by", at->record.by);
        member(w, "error", at->record.error_type);
        member(w, "cause", at->record.cause);
        if (value.ptr && !at->record.spill.nonce.ptr) {
            json_key(w, "value");
            json_raw(w, value);
        }
    } else if (at->kind == ITEM_ATTEMPT) {
        member(w, "status", at->attempt.retry ? UNUM_STR("retry") : UNUM_STR("final"));
        member(w, "error", at->attempt.error_type);
        member(w, "cause", at->attempt.cause);
    } else if (at->kind == ITEM_SET) {
        json_key(w, "positions");
        json_int(w, (int64_t)at->positions);
    }
    json_object_end(w);
}

static void print_json(struct program *p, const struct showing *s, const char *session)
{
    struct json_writer w = JSON_WRITER(&p->result);
    struct unum_buf UNUM_AUTO_BUF time = UNUM_BUF_INIT(64);
    unum_time_rfc3339(s->run.started_ms, &time);
    json_object_begin(&w);
    member(&w, "session", unum_str_from(session));
    member(&w, "status", s->run.status);
    member(&w, "started", unum_buf_str(&time));
    json_key(&w, "records");
    json_array_begin(&w);
    for (size_t i = 0; i < s->items.len; i++)
        item_json(&s->items.at[i], &w);
    json_array_end(&w);
    json_object_end(&w);
}

int run_show(struct connection *c, struct program *p, const struct runs_table *table,
             const char *session, bool full, struct unum_err *err)
{
    struct showing s = {.prefix = record_prefix(&p->arena, p->app->name, unum_str_from(session)),
                        .arena = &p->arena};
    const struct table_query query = {.prefix = s.prefix};
    int rc =
        run_record_read(&c->store, p->app->name, unum_str_from(session), &p->arena, &s.run, err);
    if (rc == 0 && !s.run.present) {
        unum_err_set(err, UNUM_E_NOTFOUND, "there is no run \"%s\" of %.*s", session,
                     UNUM_STR_ARG(p->app->name));
        return unum_err_hint(err, "`unum runs list%s` lists those there are", connection_flag(c));
    }
    if (rc == 0)
        rc = table_scan(table, &query, on_item, &s, err);
    if (rc == 0 && s.too_many)
        rc = unum_err_set(err, UNUM_E_LIMIT, "the run has more than %d records", MOST_ITEMS);
    if (rc == 0) {
        if (s.items.len)
            qsort(s.items.at, s.items.len, sizeof(*s.items.at), by_time);
        if (program_json(p))
            print_json(p, &s, session);
        else
            print_text(p, &s, session, full);
    }
    unum_vec_done(&s.items);
    return rc;
}
