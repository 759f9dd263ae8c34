#include "deploy/watch.h"

#include "deploy/status.h"

enum { FIRST_MS = 500, MOST_MS = 5000, STEP_MS = 100, MAX_EVENTS = 100000 };

bool watch_is_cause(const struct cfn_event *event)
{
    static const char *const consequences[] = {
        "Resource creation cancelled", "Resource update cancelled", "Resource deletion cancelled"};
    if (!unum_str_ends(event->status, UNUM_STR("_FAILED")))
        return false;
    for (size_t i = 0; i < UNUM_COUNT(consequences); i++) {
        if (unum_str_starts(event->reason, unum_str_from(consequences[i])))
            return false;
    }
    /* The stack itself only sums up: "The following resource(s) failed to create: [...]". */
    return !unum_str_is(event->type, "AWS::CloudFormation::Stack");
}

/* Events that begin an operation of the stack itself. */
static bool is_beginning(const struct cfn_event *event)
{
    static const char *const begins[] = {"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS",
                                         "DELETE_IN_PROGRESS", "IMPORT_IN_PROGRESS",
                                         "REVIEW_IN_PROGRESS"};
    bool stack = unum_str_is(event->type, "AWS::CloudFormation::Stack");
    for (size_t i = 0; stack && i < UNUM_COUNT(begins); i++) {
        if (unum_str_is(event->status, begins[i]))
            return true;
    }
    return false;
}

int watch_sleep(const struct watch_config *config, int64_t ms, struct unum_err *err)
{
    while (ms > 0) {
        int64_t step = ms < STEP_MS ? ms : STEP_MS;
        if (config->interrupted && config->interrupted(config->cookie))
            return unum_err_set(err, UNUM_E_CANCELLED, "interrupted");
        config->clock->sleep_ms(config->clock->cookie, step);
        ms -= step;
    }
    return 0;
}

/* ---- what is there already ---- */

static bool remember(void *cookie, const struct cfn_event *event)
{
    struct watch *w = cookie;
    unum_map_set(&w->seen, unum_arena_str(&w->arena, event->id), w);
    /* Older ones come only after this one on a later page: nothing newer can hide behind it. */
    return false;
}

static void open_watch(struct watch *w, const struct watch_config *config, struct unum_str stack)
{
    *w = (struct watch){.config = config, .seen = UNUM_MAP_INIT, .arena = UNUM_ARENA_INIT};
    w->stack = unum_arena_str(&w->arena, stack);
}

int watch_begin(struct watch *w, const struct watch_config *config, struct unum_str stack,
                struct unum_err *err)
{
    open_watch(w, config, stack);
    int rc = cfn_events(config->client, w->stack, &w->arena, remember, w, err);
    if (rc != UNUM_E_NOTFOUND)
        return rc;
    unum_err_clear(err);
    return 0;
}

static bool remember_before(void *cookie, const struct cfn_event *event)
{
    struct watch *w = cookie;
    if (w->cause.id.len) { /* the event before the beginning */
        unum_map_set(&w->seen, unum_arena_str(&w->arena, event->id), w);
        return false;
    }
    if (is_beginning(event))
        w->cause = *event;
    return true;
}

int watch_begin_inside(struct watch *w, const struct watch_config *config, struct unum_str stack,
                       struct unum_err *err)
{
    open_watch(w, config, stack);
    int rc = cfn_events(config->client, w->stack, &w->arena, remember_before, w, err);
    w->cause = (struct cfn_event){0};
    if (rc != UNUM_E_NOTFOUND)
        return rc;
    unum_err_clear(err);
    return 0;
}

void watch_done(struct watch *w)
{
    unum_map_done(&w->seen);
    unum_arena_done(&w->arena);
}

/* ---- what is new ---- */

struct news {
    struct watch *w;
    struct unum_arena arena;
    UNUM_VEC(struct cfn_event) events; /* newest first */
};

static bool collect(void *cookie, const struct cfn_event *event)
{
    struct news *news = cookie;
    if (unum_map_has(&news->w->seen, event->id) || news->events.len >= MAX_EVENTS)
        return false;
    *unum_vec_push(&news->events) = *event;
    return true;
}

static struct cfn_event keep(struct unum_arena *arena, const struct cfn_event *event)
{
    return (struct cfn_event){.id = unum_arena_str(arena, event->id),
                              .time = unum_arena_str(arena, event->time),
                              .logical_id = unum_arena_str(arena, event->logical_id),
                              .physical_id = unum_arena_str(arena, event->physical_id),
                              .type = unum_arena_str(arena, event->type),
                              .status = unum_arena_str(arena, event->status),
                              .reason = unum_arena_str(arena, event->reason),
                              .token = unum_arena_str(arena, event->token)};
}

/* Somebody asked for something else while it went on. */
static const char *ended_by(const struct cfn_event *event)
{
    if (!unum_str_is(event->type, "AWS::CloudFormation::Stack") ||
        !unum_str_is(event->reason, "User Initiated"))
        return NULL;
    if (unum_str_is(event->status, "UPDATE_ROLLBACK_IN_PROGRESS"))
        return "the update was cancelled";
    return unum_str_is(event->status, "DELETE_IN_PROGRESS") ? "the stack was deleted meanwhile"
                                                            : NULL;
}

static void tell(struct watch *w, const struct cfn_event *event)
{
    unum_map_set(&w->seen, unum_arena_str(&w->arena, event->id), w);
    if (!w->cause.id.len && watch_is_cause(event))
        w->cause = keep(&w->arena, event);
    if (!w->ended)
        w->ended = ended_by(event);
    if (w->config->event)
        w->config->event(w->config->cookie, event);
}

static int read_news(struct watch *w, struct unum_err *err)
{
    struct news news = {.w = w, .arena = UNUM_ARENA_INIT};
    int rc = cfn_events(w->config->client, w->stack, &news.arena, collect, &news, err);
    for (size_t i = news.events.len; rc == 0 && i > 0; i--)
        tell(w, &news.events.at[i - 1]);
    unum_vec_done(&news.events);
    unum_arena_done(&news.arena);
    if (rc != UNUM_E_NOTFOUND)
        return rc;
    unum_err_clear(err);
    return 0;
}

static int look(struct watch *w, struct unum_arena *arena, struct unum_str *ret_status,
                struct unum_err *err)
{
    struct cfn_stack stack;
    int rc = cfn_describe_stack(w->config->client, w->stack, arena, &stack, err);
    *ret_status = rc == 0 ? stack.status : UNUM_STR("");
    if (rc == 0 && unum_str_is(stack.status, "DELETE_COMPLETE"))
        *ret_status = UNUM_STR("");
    if (rc != UNUM_E_NOTFOUND)
        return rc;
    unum_err_clear(err);
    return 0;
}

int watch_end(struct watch *w, struct unum_arena *arena, struct unum_str *ret_status,
              struct unum_err *err)
{
    int64_t most = w->config->most_poll_ms ? w->config->most_poll_ms : MOST_MS;
    int64_t wait = w->config->first_poll_ms ? w->config->first_poll_ms : FIRST_MS;
    for (;;) {
        /* The status first: events that come between the two requests are told in this round. */
        int rc = look(w, arena, ret_status, err);
        if (rc == 0)
            rc = read_news(w, err);
        if (rc < 0 || !ret_status->len || !stack_in_progress(*ret_status))
            return rc;
        rc = watch_sleep(w->config, wait, err);
        if (rc < 0)
            return rc;
        wait = wait * 3 / 2 < most ? wait * 3 / 2 : most;
    }
}

/* ---- the cause of an old failure ---- */

struct search {
    struct cfn_event found;
};

/* Newest first: the last cause before the operation began is the first one in time. */
static bool search_cause(void *cookie, const struct cfn_event *event)
{
    struct search *search = cookie;
    if (watch_is_cause(event))
        search->found = *event;
    return !(is_beginning(event) && search->found.id.len);
}

int watch_find_cause(struct aws_client *client, struct unum_str stack, struct unum_arena *arena,
                     struct cfn_event *ret, struct unum_err *err)
{
    struct search search = {0};
    int rc = cfn_events(client, stack, arena, search_cause, &search, err);
    *ret = search.found;
    return rc;
}
