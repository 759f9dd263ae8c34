/* The platform as a whole: opening, the loop, closing. */
#include "local/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/path.h"
#include "local/cfn.h"
#include "local/functions.h"
#include "local/iam.h"
#include "local/objects.h"
#include "local/sts.h"
#include "json/json.h"

#define SETTLE_US 200000 /* how long local_reset() waits for processes to become idle */

/* ---- opening ---- */

static int64_t clock_wall(void *cookie)
{
    return local_now(cookie);
}

static int64_t clock_monotonic(void *cookie)
{
    const struct local *local = cookie;
    return unum_monotonic_ns(local->real) + local->skipped_ms * 1000000;
}

static void clock_sleep(void *cookie, int64_t ms)
{
    const struct local *local = cookie;
    local->real->sleep_ms(local->real->cookie, ms);
}

static void on_stop(evutil_socket_t fd, short what, void *cookie)
{
    (void)fd, (void)what, (void)cookie; /* only ends the turn; local_run_until() reads it */
}

static void on_wake(evutil_socket_t fd, short what, void *cookie)
{
    (void)fd, (void)what, (void)cookie; /* only ends the turn */
}

static int open_loop(struct local *local, struct unum_err *err)
{
    struct event_config *config = event_config_new();
    if (config) {
        (void)event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
        (void)event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
        /* Timeouts count from now, not from when the turn began. */
        (void)event_config_set_flag(config, EVENT_BASE_FLAG_NO_CACHE_TIME);
        local->base = event_base_new_with_config(config);
        event_config_free(config);
    }
    if (!local->base)
        return unum_err_set(err, UNUM_E_IO, "open an event loop");
    local->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (local->stop_fd < 0)
        return unum_err_sys(err, errno, "open an event descriptor");
    local->stop_event =
        event_new(local->base, local->stop_fd, EV_READ | EV_PERSIST, on_stop, local);
    local->wake = event_new(local->base, -1, 0, on_wake, local);
    event_add(local->stop_event, NULL);
    return 0;
}

static int open_state(struct local *local, const struct local_config *config, struct unum_err *err)
{
    const struct local_db_config db = {
        .path = config->state_path, .region = local->region, .account = UNUM_STR(LOCAL_ACCOUNT)};
    int rc = local_db_open(&db, &local->db, err);
    if (rc == 0 && config->state_path)
        rc = state_open(local, config->state_path, err);
    if (rc == 0)
        rc = iam_restore(local, err);
    if (rc == 0)
        rc = iam_policies_restore(local, err);
    if (rc == 0)
        rc = log_groups_restore(local, err);
    if (rc == 0)
        rc = objects_restore(local, err);
    if (rc == 0)
        rc = functions_restore(local, err);
    if (rc == 0)
        rc = cfn_restore(local, err);
    return rc;
}

static int open_server(struct local *local, const struct local_config *config, struct unum_err *err)
{
    uint16_t port = 0;
    if (config->no_server)
        return unum_make_temp_dir("unum-local", &local->tmp, err);
    int rc = server_open(local, config->port, &local->server, &port, err);
    if (rc)
        return rc;
    (void)snprintf(local->address, sizeof(local->address), "127.0.0.1:%u", port);
    (void)snprintf(local->endpoint, sizeof(local->endpoint), "http://%s", local->address);
    return unum_make_temp_dir("unum-local", &local->tmp, err);
}

static void configure(struct local *local, const struct local_config *config)
{
    local->config = *config;
    local->config.faults = NULL;
    if (config->state_path)
        local->config.state_path =
            unum_arena_str(&local->arena, unum_str_from(config->state_path)).ptr;
    local->real = config->clock ? config->clock : &unum_clock_system;
    local->clock = (struct unum_clock){local, clock_wall, clock_monotonic, clock_sleep};
    local->region =
        unum_arena_str(&local->arena, config->region.len ? config->region : UNUM_STR(LOCAL_REGION));
    local->config.region = local->region;
    local->concurrency = config->concurrency;
    if (!local->concurrency) {
        long cores = sysconf(_SC_NPROCESSORS_ONLN);
        local->concurrency = 4 * (unsigned)(cores > 0 ? cores : 1);
    }
}

int local_new(const struct local_config *config, struct local **ret, struct unum_err *err)
{
    struct local *local = unum_alloc(sizeof(*local));
    local->stop_fd = -1;
    configure(local, config);
    int rc = open_loop(local, err);
    if (rc == 0)
        rc = faults_set(local, config->faults, config->faults_len, err);
    if (rc == 0)
        rc = open_state(local, config, err);
    if (rc == 0)
        rc = open_server(local, config, err);
    if (rc) {
        local_free(local);
        return rc;
    }
    *ret = local;
    return 0;
}

/* ---- closing ---- */

static void rows_clear(struct local *local)
{
    for (size_t i = 0; i < local->rows.len; i++)
        free(local->rows.at[i].text);
    unum_vec_done(&local->rows);
    unum_vec_done(&local->rows_view);
    local->rows_start = 0;
}

/* Close what is open, except the requests of idle processes for their next event. */
static void drop_requests(struct local *local, bool parked_too)
{
    struct door_request *req = local->open;
    while (req) {
        bool parked = req->service == DOOR_RUNTIME && req->caller && req->caller->parked == req;
        if (parked && !parked_too) {
            req = req->next;
            continue;
        }
        door_gone(req);
        req->peer->drop(req->cookie, req);
        req = local->open;
    }
}

/* Forget what is going on. */
static void forget(struct local *local, bool idle_too)
{
    workers_end(local, idle_too);
    drop_requests(local, idle_too);
    queue_clear(local);
    cfn_clear(local);
    local_timers_clear(local);
    schedules_clear(local);
    held_clear(local);
    logs_clear(local);
    rows_clear(local);
}

static void function_free(struct function *function)
{
    unum_arena_done(&function->settings);
    unum_arena_done(&function->arena);
    free(function->record);
    free(function);
}

static void functions_clear(struct local *local)
{
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&local->functions, entry))) {
        struct function *function = entry->value;
        function_free(function);
    }
    unum_map_done(&local->functions);
    while (local->deleted) {
        struct function *function = local->deleted;
        local->deleted = function->next_deleted;
        function_free(function);
    }
}

void local_free(struct local *local)
{
    if (!local)
        return;
    local->closing = true;
    forget(local, true);
    server_close(local->server);
    functions_clear(local);
    iam_clear(local);
    iam_policies_clear(local);
    log_groups_clear(local);
    objects_clear(local);
    sessions_clear(local);
    unum_map_done(&local->processes);
    unum_map_done(&local->keys);
    faults_done(local);
    unum_vec_done(&local->timers);
    state_close(local);
    local_db_close(local->db);
    if (local->tmp)
        (void)!unum_remove_tree(local->tmp, NULL);
    free(local->tmp);
    if (local->stop_event)
        event_free(local->stop_event);
    if (local->wake)
        event_free(local->wake);
    if (local->base)
        event_base_free(local->base);
    unum_close_fd(&local->stop_fd);
    unum_err_done(&local->broken);
    unum_arena_done(&local->arena);
    free(local);
}

/* A process that has answered is about to ask for its next event: keep it warm. */
static bool settling(const struct local *local)
{
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&local->processes, entry))) {
        const struct worker *worker = entry->value;
        if (worker->state == WORKER_ANSWERED && !worker->paused)
            return true;
    }
    return false;
}

int local_reset(struct local *local, const struct local_fault *faults, size_t len,
                struct unum_err *err)
{
    int rc = faults_set(local, faults, len, err);
    if (rc)
        return rc;
    int64_t start_us = local_mono_us(local);
    while (settling(local) && local_mono_us(local) - start_us < SETTLE_US)
        local_turn(local, 10);
    forget(local, false);
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&local->functions, entry))) {
        struct function *function = entry->value;
        function->delivered = 0;
        function->running = 0;
    }
    local->running = local->waiting = 0;
    local->skipped_ms = 0;
    memset(&local->counts, 0, sizeof(local->counts));
    state_clear(local);
    return local_db_reset(local->db, err);
}

/* ---- functions ---- */

static int check_function(const struct local *local, const struct local_function *add,
                          struct unum_err *err)
{
    if (!add->name.len || add->name.len > UNUM_LIMIT_NODE_NAME)
        return unum_err_set(err, UNUM_E_LIMIT, "function \"%.*s\": a name has 1 to %d characters",
                            UNUM_STR_ARG(add->name), UNUM_LIMIT_NODE_NAME);
    for (size_t i = 0; i < add->name.len; i++) {
        char c = add->name.ptr[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!word && c != '-' && c != '_')
            return unum_err_set(err, UNUM_E_INVAL,
                                "function \"%.*s\": names are made of letters, digits, - and _",
                                UNUM_STR_ARG(add->name));
    }
    if (add->max_retries > 2 || add->timeout_ms < 0 || add->timeout_ms > 900000 ||
        add->memory_mb < 0 || add->memory_mb > 10240 ||
        (add->max_age_s && (add->max_age_s < 60 || add->max_age_s > 21600)))
        return unum_err_set(
            err, UNUM_E_LIMIT,
            "function \"%.*s\": retries are 0 to 2, the timeout at most 900 s, memory "
            "at most 10240 MB, the age of events 60 to 21600 s",
            UNUM_STR_ARG(add->name));
    struct function *there = local_function_find(local, add->name);
    if (there && !there->created)
        return unum_err_set(err, UNUM_E_EXISTS, "function \"%.*s\" is there already",
                            UNUM_STR_ARG(add->name));
    return 0;
}

static int check_bundle(const struct function *function, struct unum_err *err)
{
    char UNUM_AUTO_FREE *bootstrap = unum_path_join(function->dir, "bootstrap");
    if (access(bootstrap, X_OK) == 0)
        return 0;
    (void)unum_err_set(err, UNUM_E_NOTFOUND, "function \"%s\" has no executable %s", function->name,
                       bootstrap);
    return unum_err_hint(err, "run `unum build` first");
}

static char *text_in(struct unum_arena *arena, struct unum_str s)
{
    struct unum_str copied = unum_arena_str(arena, s);
    return (char *)(uintptr_t)copied.ptr;
}

static struct function *copy_function(const struct local_function *add)
{
    struct function *function = unum_alloc(sizeof(*function));
    struct unum_arena *arena = &function->arena;
    function->name = text_in(arena, add->name);
    function->dir = text_in(arena, add->dir);
    function->handler = text_in(arena, add->handler.len ? add->handler : UNUM_STR("bootstrap"));
    function->on_failure = add->on_failure.len ? text_in(arena, add->on_failure) : NULL;
    function->env = unum_arena_array(arena, add->env_len, sizeof(*function->env));
    function->env_len = add->env_len;
    for (size_t i = 0; i < add->env_len; i++) {
        function->env[i].name = unum_arena_str(arena, add->env[i].name);
        function->env[i].value = unum_arena_str(arena, add->env[i].value);
    }
    function->timeout_ms = add->timeout_ms ? add->timeout_ms : 3000;
    function->memory_mb = add->memory_mb ? add->memory_mb : 128;
    function->max_age_ms = (add->max_age_s ? add->max_age_s : 21600) * 1000;
    function->max_retries = add->max_retries;
    function->reserved = add->reserved;
    return function;
}

int local_add_function(struct local *local, const struct local_function *add, struct unum_err *err)
{
    int rc = check_function(local, add, err);
    if (rc)
        return rc;
    struct function *function = copy_function(add);
    rc = check_bundle(function, err);
    if (rc == 0) {
        struct function *deployed = local_function_find(local, add->name);
        if (deployed) /* the application of this folder takes its place */
            function_delete(local, deployed);
        (void)unum_map_set(&local->functions, add->name, function);
        rc = state_restore(local, function, err);
        if (rc == 0)
            rc = schedules_restore(local, err);
        return rc;
    }
    unum_arena_done(&function->arena);
    free(function);
    return rc;
}

struct function *local_function_find(const struct local *local, struct unum_str name)
{
    return unum_map_get(&local->functions, name);
}

/* ---- the loop ---- */

void local_turn(struct local *local, int64_t wait_ms)
{
    int flags = EVLOOP_ONCE;
    if (wait_ms == 0) {
        flags |= EVLOOP_NONBLOCK;
    } else if (wait_ms > 0) {
        struct timeval after = {wait_ms / 1000, (wait_ms % 1000) * 1000};
        event_add(local->wake, &after);
    }
    (void)event_base_loop(local->base, flags);
    if (wait_ms > 0)
        event_del(local->wake);
}

bool local_step(struct local *local)
{
    bool did = local_timers_fire(local);
    size_t queued = local->queued;
    queue_dispatch(local);
    did |= queued != local->queued;
    if (did || local->running > local->waiting)
        return did;
    /* All that is left waits for something: first for what the fault schedule holds, then for
     * time. */
    if (held_oldest(local))
        return true;
    return local_timers_skip(local);
}

bool local_quiet(const struct local *local)
{
    return local->running == 0 && local->queued == 0 && local->timers.len == 0 &&
           local->held.len == 0;
}

static bool take_stop(struct local *local)
{
    uint64_t count;
    return read(local->stop_fd, &count, sizeof(count)) == (ssize_t)sizeof(count);
}

void local_broken(struct local *local, struct unum_err *err)
{
    if (local->broken.rc)
        return;
    local->broken = *err;
    memset(err, 0, sizeof(*err));
}

static int report_broken(struct local *local, struct unum_err *err)
{
    int rc = local->broken.rc;
    if (err) {
        unum_err_clear(err);
        *err = local->broken;
    } else {
        unum_err_done(&local->broken);
    }
    memset(&local->broken, 0, sizeof(local->broken));
    return rc;
}

/* How long a turn may last: -1 without limit. */
static int64_t turn_ms(const struct local *local, int64_t left_ms)
{
    int64_t timer_ms = local_timers_wait(local);
    if (timer_ms == 0)
        timer_ms = 1;
    if (left_ms < 0)
        return timer_ms;
    return timer_ms < 0 || left_ms < timer_ms ? left_ms : timer_ms;
}

int local_run_until(struct local *local, const struct local_until *until, struct unum_err *err)
{
    static const struct local_until until_quiet = {0};
    if (!until)
        until = &until_quiet;
    int64_t start_us = local_mono_us(local);
    for (;;) {
        if (take_stop(local))
            return unum_err_set(err, UNUM_E_CANCELLED, "interrupted");
        if (local->broken.rc)
            return report_broken(local, err);
        bool did = local_step(local);
        if (until->done && until->done(until->cookie))
            return 0;
        if (did) {
            local_turn(local, 0);
            continue;
        }
        if (local_quiet(local) && (!until->done || until->or_quiet))
            return 0;
        int64_t left_ms = -1;
        if (until->deadline_ms > 0) {
            left_ms = until->deadline_ms - (local_mono_us(local) - start_us) / 1000;
            if (left_ms <= 0)
                return unum_err_set(err, UNUM_E_TIMEOUT, "not over after %lld ms",
                                    (long long)until->deadline_ms);
        }
        local_turn(local, turn_ms(local, left_ms));
    }
}

void local_stop(struct local *local)
{
    const uint64_t one = 1;
    int saved = errno;
    (void)!write(local->stop_fd, &one, sizeof(one));
    errno = saved;
}

/* ---- invoking from here ---- */

static int check_invoke(struct local *local, struct unum_str function, struct unum_str payload,
                        size_t most, struct function **ret_function, struct unum_str *ret_payload,
                        struct unum_err *err)
{
    *ret_function = local_function_find(local, function);
    if (!*ret_function)
        return unum_err_set(err, UNUM_E_NOTFOUND, "there is no function \"%.*s\"",
                            UNUM_STR_ARG(function));
    if (payload.len > most)
        return unum_err_set(err, UNUM_E_LIMIT,
                            "the payload has %zu bytes, Lambda takes at most %zu", payload.len,
                            most);
    int rc = json_check(payload, ret_payload, err);
    return rc ? unum_err_wrap(err, "payload") : 0;
}

int local_invoke_event(struct local *local, struct unum_str function, struct unum_str payload,
                       char **ret_request_id, struct unum_err *err)
{
    struct function *target = NULL;
    struct unum_str checked = UNUM_STR_NONE;
    int rc =
        check_invoke(local, function, payload, UNUM_LIMIT_ASYNC_PAYLOAD, &target, &checked, err);
    if (rc)
        return rc;
    struct invocation *inv = queue_event(local, target, checked);
    if (ret_request_id)
        *ret_request_id = unum_strdup(inv->request_id);
    invocation_unref(inv);
    return 0;
}

static void result_done(struct invocation *inv, bool failed, struct unum_str payload)
{
    struct unum_str tail = unum_buf_str(&inv->tail);
    if (tail.len > LOCAL_LOG_TAIL)
        tail = unum_str_from_pos(tail, tail.len - LOCAL_LOG_TAIL);
    const struct local_result result = {.failed = failed,
                                        .payload = payload,
                                        .log_tail = tail,
                                        .request_id = unum_str_from(inv->request_id)};
    inv->result(inv->cookie, &result);
}

int local_invoke_sync(struct local *local, struct unum_str function, struct unum_str payload,
                      void (*done)(void *cookie, const struct local_result *result), void *cookie,
                      struct unum_err *err)
{
    struct function *target = NULL;
    struct unum_str checked = UNUM_STR_NONE;
    int rc =
        check_invoke(local, function, payload, UNUM_LIMIT_SYNC_PAYLOAD, &target, &checked, err);
    if (rc)
        return rc;
    struct invocation *inv = invocation_new(local, target, checked, false);
    inv->done = result_done;
    inv->result = done;
    inv->cookie = cookie;
    queue_push(local, inv);
    return 0;
}

/* ---- looking in ---- */

struct unum_str local_endpoint(const struct local *local)
{
    return unum_str_from(local->endpoint);
}

const struct unum_clock *local_clock(const struct local *local)
{
    return &local->clock;
}

int64_t local_skipped_ms(const struct local *local)
{
    return local->skipped_ms;
}

struct local_db *local_database(struct local *local)
{
    return local->db;
}

struct local_counts local_counts(const struct local *local)
{
    struct local_counts counts = local->counts;
    counts.running = local->running;
    counts.queued = local->queued;
    counts.timers = local->timers.len;
    counts.processes = local->processes.len;
    counts.held = local->held.len;
    return counts;
}

const struct local_request *local_requests(const struct local *local, size_t *ret_len)
{
    /* The view is a cache of the ring, not state. */
    struct local *cache = (struct local *)(uintptr_t)local;
    cache->rows_view.len = 0;
    for (size_t i = 0; i < local->rows.len; i++)
        *unum_vec_push(&cache->rows_view) =
            local->rows.at[(local->rows_start + i) % local->rows.len].row;
    *ret_len = local->rows.len;
    return cache->rows_view.at;
}
