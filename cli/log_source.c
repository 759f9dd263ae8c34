#include "log_source.h"

#include <string.h>

#include "aws/lambda.h"
#include "aws/log_events.h"
#include "base/file.h"
#include "base/limits.h"
#include "logline.h"
#include "template/app.h"
#include "workflow.h"

enum { PAUSE_LOCAL_MS = 200, PAUSE_MS = 1000, MAX_BYTES = 1 << 30 };

struct log_source {
    const struct app *app;
    struct log_span span;
    struct unum_arena arena; /* texts of lines */
    struct log_trace trace;
    log_line_list *into;
    uint64_t serial;
    bool full;
    /* this machine */
    struct local *local;
    uint64_t last_id;
    /* an account */
    struct aws_client *client;
    struct log_feed *feeds;
    size_t feeds_len;
};

void log_source_free(struct log_source *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->feeds_len; i++)
        log_feed_done(&s->feeds[i]);
    local_free(s->local);
    log_trace_done(&s->trace);
    unum_arena_done(&s->arena);
    free(s);
}

static struct unum_str node_of(const struct app *app, struct unum_str function)
{
    bool ours = unum_str_starts(function, app->name) && function.len > app->name.len;
    return ours ? unum_str_from_pos(function, app->name.len + 1) : function;
}

/* ---- this machine ---- */

int log_source_local(const struct program *p, const struct log_span *span, struct log_source **ret,
                     struct unum_err *err)
{
    struct running UNUM_AUTO(running_done) running = {0};
    char *UNUM_AUTO_FREE state = workflow_file(p, "local.db");
    if (running_find(p, &running, NULL) == 0 && running.memory) {
        unum_err_set(err, UNUM_E_UNSUPPORTED, "the running platform keeps its logs in memory");
        return unum_err_hint(err, "they are printed where `unum local start` runs; start it "
                                  "without --memory to read them here");
    }
    if (!unum_file_exists(state)) {
        unum_err_set(err, UNUM_E_NOTFOUND, "nothing has been run in this folder yet");
        return unum_err_hint(err, "start a run: unum run");
    }
    struct log_source *s = unum_alloc(sizeof(*s));
    struct local_config config = {.state_path = state, .no_server = true};
    s->app = p->app;
    s->span = *span;
    int rc = local_new(&config, &s->local, err);
    if (rc < 0)
        log_source_free(s);
    else
        *ret = s;
    return rc;
}

/* Room for one more? */
static bool has_room(struct log_source *s)
{
    s->full = s->into->len >= LOG_SOURCE_MAX || s->arena.used >= MAX_BYTES;
    return !s->full;
}

static bool on_local_line(void *cookie, const struct local_log_line *from)
{
    struct log_source *s = cookie;
    if (!has_room(s))
        return false;
    s->last_id = from->id;
    struct log_line line = {
        .at_ms = from->at_ms,
        .function = unum_arena_str(&s->arena, node_of(s->app, from->function)),
        .stream = unum_arena_str(&s->arena, from->process),
        .text = unum_arena_str(&s->arena, from->text),
        .request_id = unum_arena_str(&s->arena, from->request_id),
        .session = unum_arena_str(&s->arena, from->session),
        .instance = unum_arena_str(&s->arena, from->instance),
        .serial = s->serial++,
    };
    log_trace_add(&s->trace, &line);
    line.platform = logline_is_bookkeeping(from); /* a function may print such lines, too */
    *unum_vec_push(s->into) = line;
    return true;
}

/* ---- an account ---- */

/* Group of each function, once: several functions may share one. */
static void add_feed(struct log_source *s, struct unum_str group, struct unum_str node)
{
    for (size_t i = 0; i < s->feeds_len; i++) {
        if (unum_str_eq(s->feeds[i].group, group)) {
            s->feeds[i].cookie = NULL; /* whose line it is, the stream says */
            return;
        }
    }
    struct log_feed *feed = &s->feeds[s->feeds_len++];
    log_feed_init(feed, unum_arena_str(&s->arena, group), s->span.from_ms);
    feed->until_ms = s->span.until_ms;
    struct unum_str *name = UNUM_ARENA_NEW(&s->arena, struct unum_str);
    *name = unum_arena_str(&s->arena, node);
    feed->cookie = name;
}

static int open_feeds(struct log_source *s, const struct unum_str *nodes, size_t len,
                      struct unum_err *err)
{
    struct unum_arena UNUM_AUTO_ARENA scratch = UNUM_ARENA_INIT;
    struct unum_str *names = unum_arena_array(&scratch, len, sizeof(*names));
    struct lambda_function *found = unum_arena_array(&scratch, len, sizeof(*found));
    int *rcs = unum_arena_array(&scratch, len, sizeof(*rcs));
    struct unum_err UNUM_AUTO_ERR failure = UNUM_ERR_INIT;
    size_t missing = 0;
    for (size_t i = 0; i < len; i++)
        names[i] = app_node_function(s->app, nodes[i], &scratch);
    int rc = lambda_get_configurations(s->client, names, len, &scratch, found, rcs, &failure);
    /* Who may read logs may not always read configurations: then the groups are the usual ones. */
    if (rc < 0 && rc != UNUM_E_DENIED)
        return unum_err_set(err, rc, "%s", unum_err_text(&failure));
    for (size_t i = 0; i < len; i++) {
        missing += rcs[i] == UNUM_E_NOTFOUND;
        struct unum_str group =
            unum_arena_printf(&scratch, "/aws/lambda/%.*s", UNUM_STR_ARG(names[i]));
        add_feed(s, rcs[i] == 0 ? found[i].log_group : group, nodes[i]);
    }
    return missing < len || !len ? 0
                                 : unum_err_set(err, UNUM_E_NOTFOUND,
                                                "no function of %.*s is there (%.*s and others)",
                                                UNUM_STR_ARG(s->app->name), UNUM_STR_ARG(names[0]));
}

int log_source_account(struct connection *c, struct program *p, const struct unum_str *nodes,
                       size_t nodes_len, const struct log_span *span, struct log_source **ret,
                       struct unum_err *err)
{
    struct log_source *s = unum_alloc(sizeof(*s));
    s->app = p->app;
    s->span = *span;
    s->client = c->client;
    s->feeds = unum_arena_array(&s->arena, nodes_len, sizeof(*s->feeds));
    int rc = open_feeds(s, nodes, nodes_len, err);
    if (rc < 0)
        log_source_free(s);
    else
        *ret = s;
    return rc < 0 ? connection_explain(c, p, rc, err) : 0;
}

/* In a shared group the name of the stream holds the function's:
 * "2026/11/21/<function>[$LATEST]8f50..." */
static struct unum_str node_of_stream(const struct log_source *s, struct unum_str stream)
{
    size_t slash = unum_str_rfind(stream, '/');
    struct unum_str name = unum_str_from_pos(stream, slash == SIZE_MAX ? 0 : slash + 1);
    return node_of(s->app, unum_str_slice(name, 0, unum_str_find(name, '[')));
}

static bool on_event(void *cookie, struct log_feed *feed, const struct log_event *event)
{
    struct log_source *s = cookie;
    if (!has_room(s))
        return false;
    const struct unum_str *node = feed->cookie;
    struct log_line line = {
        .at_ms = event->at_ms,
        .stream = unum_arena_str(&s->arena, event->stream),
        .text = unum_arena_str(&s->arena, event->message),
        .serial = s->serial++,
    };
    line.function = node ? *node : node_of_stream(s, line.stream);
    log_trace_add(&s->trace, &line);
    *unum_vec_push(s->into) = line;
    return true;
}

/* ---- both ---- */

int log_source_read(struct log_source *s, log_line_list *lines, struct unum_err *err)
{
    s->into = lines;
    const struct local_log_query query = {
        .from_ms = s->span.from_ms, .until_ms = s->span.until_ms, .after_id = s->last_id};
    int rc = s->local ? local_logs(s->local, &query, on_local_line, s, err)
                      : log_feeds_read(s->client, s->feeds, s->feeds_len, on_event, s, err);
    if (rc == 0 && s->full) {
        (void)unum_err_set(err, UNUM_E_LIMIT, "there are more than %d lines", LOG_SOURCE_MAX);
        return unum_err_hint(err, "ask for less: one run, one function, or --since and --until");
    }
    return rc;
}

bool log_source_resolve(const struct log_source *s, struct log_line *line)
{
    return log_trace_resolve(&s->trace, line);
}

int64_t log_source_pause_ms(const struct log_source *s)
{
    return s->local ? PAUSE_LOCAL_MS : PAUSE_MS;
}
