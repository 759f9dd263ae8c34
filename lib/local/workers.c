/*
 * Function processes: started when an invocation finds none idle, kept warm, given one invocation
 * at a time, ended at their timeout.
 */
#include "local/emulator.h"
#include "local/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/rand.h"

#define OUTPUT_CHUNK (16 * UNUM_KB)
#define POLL_MS      10   /* between looks for the end of a process without a descriptor of it */
#define RETURN_MS    5000 /* from an answer to the request for the next event */

/* ---- output ---- */

static void end_line(struct worker *worker)
{
    struct unum_str line = unum_buf_str(&worker->line);
    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    logs_add(worker->local, worker->function, worker->id, worker->invocation, false, line);
    unum_buf_clear(&worker->line);
    worker->line_cut = false;
}

static void add_output(struct worker *worker, struct unum_str text)
{
    while (text.len > 0) {
        size_t end = unum_str_find(text, '\n');
        bool whole = end < text.len;
        struct unum_str part = unum_str_slice(text, 0, end);
        size_t room = worker->line.max - worker->line.len;
        if (part.len > room)
            worker->line_cut = true; /* the rest of an endless line is dropped */
        unum_buf_add(&worker->line, unum_str_slice(part, 0, room));
        if (whole)
            end_line(worker);
        text = whole ? unum_str_from_pos(text, end + 1) : UNUM_STR_NONE;
    }
}

/* False at the end of the pipe. */
static bool read_output(struct worker *worker, size_t at_most)
{
    char chunk[OUTPUT_CHUNK];
    for (size_t all = 0; all < at_most;) {
        ssize_t got = read(worker->output_fd, chunk, sizeof(chunk));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 && errno == EAGAIN;
        add_output(worker, unum_str_of(chunk, (size_t)got));
        all += (size_t)got;
        if ((size_t)got < sizeof(chunk))
            return true;
    }
    return true;
}

void worker_drain(struct worker *worker)
{
    /* A process that prints without end must not hold everybody up: a pipe holds 64 KB. */
    if (worker->output_fd >= 0)
        (void)read_output(worker, 64 * UNUM_KB);
}

static void on_output(evutil_socket_t fd, short what, void *cookie)
{
    (void)fd, (void)what;
    struct worker *worker = cookie;
    if (read_output(worker, OUTPUT_CHUNK))
        return;
    event_del(worker->output_event);
}

/* ---- processes without an invocation ---- */

static void warm_push(struct worker *worker)
{
    if (worker->warm)
        return;
    worker->warm = true;
    worker->next_warm = worker->function->warm;
    worker->function->warm = worker;
    worker->used_us = local_mono_us(worker->local);
    worker->local->warm++;
}

static void warm_remove(struct worker *worker)
{
    for (struct worker **at = &worker->function->warm; *at; at = &(*at)->next_warm) {
        if (*at == worker) {
            *at = worker->next_warm;
            worker->next_warm = NULL;
            worker->warm = false;
            worker->local->warm--;
            return;
        }
    }
}

/* End the process that has been without work longest. */
static void warm_trim(struct local *local)
{
    struct worker *oldest = NULL;
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&local->functions, entry))) {
        const struct function *function = entry->value;
        for (struct worker *worker = function->warm; worker; worker = worker->next_warm) {
            if (worker->state == WORKER_IDLE && (!oldest || worker->used_us < oldest->used_us))
                oldest = worker;
        }
    }
    if (oldest)
        worker_kill(oldest);
}

enum { RUNS, ENDED, COLLECTED }; /* collected: this program ignores SIGCHLD */

static int look_at(const struct worker *worker)
{
    siginfo_t info = {0};
    if (waitid(P_PID, (id_t)worker->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0)
        return COLLECTED;
    return info.si_pid != 0 ? ENDED : RUNS;
}

static struct worker *warm_best(const struct function *function)
{
    struct worker *best = NULL;
    for (struct worker *worker = function->warm; worker; worker = worker->next_warm) {
        if (worker->state == WORKER_IDLE)
            return worker;
        if (!best && !worker->paused)
            best = worker;
    }
    return best;
}

struct worker *worker_take_warm(struct function *function)
{
    struct worker *worker;
    while ((worker = warm_best(function))) {
        warm_remove(worker);
        if (worker->generation == function->generation && look_at(worker) == RUNS)
            return worker;
        worker_kill(worker); /* died without work: no error, and nobody's invocation */
    }
    return NULL;
}

/* ---- the end of a process ---- */

static void worker_free(struct worker *worker)
{
    if (worker->exit_event)
        event_free(worker->exit_event);
    if (worker->output_event)
        event_free(worker->output_event);
    if (worker->deadline)
        event_free(worker->deadline);
    if (worker->doom)
        event_free(worker->doom);
    if (worker->late_start)
        event_free(worker->late_start);
    unum_close_fd(&worker->pid_fd);
    unum_close_fd(&worker->output_fd);
    unum_buf_done(&worker->line);
    if (worker->tmp)
        (void)!unum_remove_tree(worker->tmp, NULL);
    invocation_unref(worker->invocation);
    free(worker->tmp);
    free(worker->log_stream);
    free(worker);
}

/* Nothing it sends counts any more. */
static void worker_disown(struct worker *worker)
{
    if (worker->warm)
        warm_remove(worker);
    worker->state = WORKER_ENDING;
    (void)unum_map_remove(&worker->local->keys, unum_str_from(worker->key));
    if (worker->paused)
        held_forget_worker(worker->local, worker);
    door_caller_ended(worker);
}

void worker_kill(struct worker *worker)
{
    if (worker->state != WORKER_ENDING) {
        worker_disown(worker);
        worker->local->counts.killed++;
    }
    unum_proc_kill(worker->pid, SIGKILL);
}

static void describe_exit(int status, struct unum_buf *out)
{
    if (WIFSIGNALED(status)) {
        /* As Go's runtime, which Lambda's own is written in, names them. */
        const char *name = sigdescr_np(WTERMSIG(status));
        char lower[64];
        size_t i = 0;
        for (; name && name[i] && i + 1 < sizeof(lower); i++)
            lower[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
        lower[i] = '\0';
        unum_buf_printf(out, "Runtime exited with error: signal: %s", lower);
    } else if (WEXITSTATUS(status) != 0) {
        unum_buf_printf(out, "Runtime exited with error: exit status %d", WEXITSTATUS(status));
    } else {
        unum_buf_adds(out, "Runtime exited without providing a reason");
    }
}

static void fail_invocation(struct worker *worker, int status)
{
    struct invocation *inv = worker->invocation;
    if (worker->timed_out) {
        int64_t limit =
            worker->cold && worker->init_us == 0 ? LOCAL_INIT_MS : worker->function->timeout_ms;
        logs_printf(worker->local, inv, "RequestId: %s Error: Task timed out after %.2f seconds",
                    inv->request_id, (double)limit / 1000);
        invocation_fail(inv, "Sandbox.Timedout",
                        "RequestId: %s Error: Task timed out after %.2f seconds", inv->request_id,
                        (double)limit / 1000);
        return;
    }
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    describe_exit(status, &text);
    logs_printf(worker->local, inv, "RequestId: %s Error: %s", inv->request_id,
                unum_buf_text(&text));
    invocation_fail(inv, "Runtime.ExitError", "RequestId: %s Error: %s", inv->request_id,
                    unum_buf_text(&text));
}

static void worker_ended(struct worker *worker, int status)
{
    struct local *local = worker->local;
    worker_drain(worker);
    if (worker->line.len > 0)
        end_line(worker);
    if (worker->state != WORKER_ENDING)
        worker_disown(worker);
    (void)unum_map_remove(&local->processes, unum_str_from(worker->id));
    struct invocation *inv = worker->invocation;
    if (inv && !inv->over && !worker->given && !worker->cold)
        queue_again(inv);
    else if (inv && !inv->over)
        fail_invocation(worker, status);
    worker_free(worker);
}

static void on_exit_event(evutil_socket_t fd, short what, void *cookie)
{
    (void)fd, (void)what;
    struct worker *worker = cookie;
    int status = 0;
    switch (look_at(worker)) {
    case RUNS:
        return;
    case ENDED:
        /* What it has started ends with it. Its number is taken until it is collected. */
        unum_proc_kill(worker->pid, SIGKILL);
        (void)waitpid(worker->pid, &status, 0);
        break;
    default:
        break;
    }
    worker_ended(worker, status);
}

static void on_deadline(evutil_socket_t fd, short what, void *cookie)
{
    (void)fd, (void)what;
    struct worker *worker = cookie;
    if (worker->state == WORKER_ENDING)
        return;
    worker->timed_out = true;
    if (worker->given || worker->cold)
        worker->local->counts.timeouts++;
    worker_kill(worker);
}

static void on_doom(evutil_socket_t fd, short what, void *cookie)
{
    (void)fd, (void)what;
    worker_kill(cookie);
}

static void arm(struct event *event, int64_t ms)
{
    struct timeval after = {ms / 1000, (ms % 1000) * 1000};
    event_add(event, &after);
}

void worker_kill_after(struct worker *worker, int64_t delay_ms)
{
    if (delay_ms <= 0) {
        worker_kill(worker);
        return;
    }
    if (!worker->doom)
        worker->doom = event_new(worker->local->base, -1, 0, on_doom, worker);
    arm(worker->doom, delay_ms);
}

void worker_pause(struct worker *worker)
{
    if (worker->paused || worker->state == WORKER_ENDING)
        return;
    worker->paused = true;
    if (worker->invocation)
        invocation_wait(worker->invocation, 1);
    unum_proc_kill(worker->pid, SIGSTOP);
}

void worker_resume(struct worker *worker)
{
    if (!worker->paused)
        return;
    worker->paused = false;
    if (worker->invocation)
        invocation_wait(worker->invocation, -1);
    unum_proc_kill(worker->pid, SIGCONT);
}

/* ---- start ---- */

static void name_worker(struct worker *worker)
{
    struct local *local = worker->local;
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    unsigned char random[64];
    unum_random_bytes(random, sizeof(random));
    uint64_t seq = ++local->process_seq;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(256);
    unum_buf_printf(&text, "p%llu-", (unsigned long long)seq);
    unum_buf_hex(&text, random, 8);
    memcpy(worker->id, text.ptr, text.len < sizeof(worker->id) ? text.len : sizeof(worker->id) - 1);
    memcpy(worker->key, "ASIA", 4);
    for (size_t i = 4; i < 20; i++)
        worker->key[i] = letters[random[i + 8] % 32];
    for (size_t i = 0; i < 40; i++)
        worker->secret[i] = letters[random[i + 24] % 32];

    struct unum_civil day = unum_civil_of(local_now(local));
    unum_buf_clear(&text);
    unum_buf_printf(&text, "%04d/%02d/%02d/[$LATEST]%s", day.year, day.month, day.day, worker->id);
    worker->log_stream = unum_buf_take(&text);
}

static int start_process(struct worker *worker, int output, struct unum_err *err)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    char UNUM_AUTO_FREE *bootstrap = unum_path_join(worker->function->dir, "bootstrap");
    struct unum_proc_spec spec = UNUM_PROC_SPEC;
    spec.env = worker_environment(worker, &arena);
    spec.cwd = worker->function->dir;
    spec.stdout_fd = spec.stderr_fd = output;
    return emulator_start(bootstrap, &spec, &worker->pid, err);
}

static int open_worker(struct worker *worker, struct unum_err *err)
{
    struct local *local = worker->local;
    if (worker->function->deleted)
        return unum_err_set(err, UNUM_E_NOTFOUND, "the function was deleted");
    if (!local->server)
        return unum_err_set(err, UNUM_E_UNSUPPORTED,
                            "functions cannot run on a platform without a server");
    worker->tmp = unum_path_join(local->tmp, worker->id);
    if (mkdir(worker->tmp, 0700) != 0)
        return unum_err_sys(err, errno, "make %s", worker->tmp);
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return unum_err_sys(err, errno, "open a pipe");
    worker->output_fd = ends[0];
    (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
    int rc = start_process(worker, ends[1], err);
    close(ends[1]);
    if (rc)
        return rc;
    /* -1 on kernels before 5.3: then the end is looked for from time to time. */
    worker->pid_fd = (int)syscall(SYS_pidfd_open, worker->pid, 0);
    return 0;
}

static void watch_process(struct worker *worker)
{
    struct event_base *base = worker->local->base;
    if (worker->pid_fd >= 0) {
        worker->exit_event = event_new(base, worker->pid_fd, EV_READ, on_exit_event, worker);
        event_add(worker->exit_event, NULL);
    } else {
        static const struct timeval period = {0, POLL_MS * 1000L};
        worker->exit_event = event_new(base, -1, EV_PERSIST, on_exit_event, worker);
        event_add(worker->exit_event, &period);
    }
}

int worker_start(struct local *local, struct function *function, struct invocation *inv,
                 struct unum_err *err)
{
    struct worker *worker = unum_alloc(sizeof(*worker));
    worker->local = local;
    worker->function = function;
    worker->generation = function->generation;
    worker->cold = true;
    worker->pid_fd = worker->output_fd = -1;
    worker->line.max = UNUM_LIMIT_LOG_LINE;
    worker->started_us = local_mono_us(local);
    name_worker(worker);
    int rc = open_worker(worker, err);
    if (rc) {
        worker_free(worker);
        return rc;
    }
    watch_process(worker);
    worker->output_event =
        event_new(local->base, worker->output_fd, EV_READ | EV_PERSIST, on_output, worker);
    worker->deadline = event_new(local->base, -1, 0, on_deadline, worker);
    event_add(worker->output_event, NULL);
    arm(worker->deadline, LOCAL_INIT_MS);
    (void)unum_map_set(&local->processes, unum_str_from(worker->id), worker);
    (void)unum_map_set(&local->keys, unum_str_from(worker->key), worker);
    worker->invocation = invocation_ref(inv);
    memcpy(inv->process, worker->id, sizeof(inv->process));
    local->counts.cold_starts++;
    return 0;
}

/* ---- events ---- */

static void parked_gone(struct door_request *req)
{
    struct worker *worker = req->kept;
    worker->parked = NULL;
    if (worker->state == WORKER_IDLE)
        worker->state = WORKER_ANSWERED; /* it may ask again */
}

static void deliver_later(evutil_socket_t fd, short what, void *cookie)
{
    (void)fd, (void)what;
    struct worker *worker = cookie;
    if (worker->parked && worker->invocation && worker->state == WORKER_STARTING)
        worker_deliver(worker);
}

void worker_park(struct worker *worker, struct door_request *req)
{
    worker->parked = req;
    req->kept = worker;
    req->gone = parked_gone;
    if (worker->state == WORKER_STARTING) {
        worker->init_us = local_mono_us(worker->local) - worker->started_us;
        event_del(worker->deadline);
        int64_t cold_ms = worker->local->config.latency.cold_ms;
        if (!worker->invocation) {
            worker->state = WORKER_IDLE;
            warm_push(worker);
        } else if (cold_ms > 0) {
            if (!worker->late_start)
                worker->late_start = event_new(worker->local->base, -1, 0, deliver_later, worker);
            arm(worker->late_start, cold_ms);
        } else {
            worker_deliver(worker);
        }
        return;
    }
    worker->state = WORKER_IDLE;
    if (worker->invocation)
        worker_deliver(worker);
    else if (worker->local->warm > LOCAL_MAX_IDLE)
        warm_trim(worker->local);
}

void worker_give(struct worker *worker, struct invocation *inv)
{
    worker->invocation = invocation_ref(inv);
    memcpy(inv->process, worker->id, sizeof(inv->process));
    if (worker->state == WORKER_IDLE)
        worker_deliver(worker);
    else
        arm(worker->deadline, RETURN_MS); /* it is about to ask */
}

void worker_deliver(struct worker *worker)
{
    struct local *local = worker->local;
    struct invocation *inv = worker->invocation;
    struct door_request *req = worker->parked;
    worker->parked = NULL;
    worker->state = WORKER_BUSY;
    worker->given = true;
    inv->started_us = local_mono_us(local);
    inv->init_us = worker->cold ? worker->init_us : 0;
    logs_printf(local, inv, "START RequestId: %s Version: $LATEST", inv->request_id);

    req->answer.status = 200;
    req->answer.content_type = "application/json";
    char deadline[24];
    int deadline_len = snprintf(deadline, sizeof(deadline), "%lld",
                                (long long)(local_real_now(local) + worker->function->timeout_ms));
    struct unum_buf UNUM_AUTO_BUF arn = UNUM_BUF_INIT(UNUM_KB);
    local_function_arn(local, unum_str_from(worker->function->name), &arn);
    door_header(req, "Lambda-Runtime-Aws-Request-Id", unum_str_from(inv->request_id));
    door_header(req, "Lambda-Runtime-Deadline-Ms", unum_str_of(deadline, (size_t)deadline_len));
    door_header(req, "Lambda-Runtime-Invoked-Function-Arn", unum_buf_str(&arn));
    door_header(req, "Lambda-Runtime-Trace-Id", unum_str_from(inv->trace));
    if (inv->client_context)
        door_header(req, "Lambda-Runtime-Client-Context", unum_str_from(inv->client_context));
    unum_buf_add(&req->answer.body, unum_buf_str(&inv->payload));
    arm(worker->deadline, worker->function->timeout_ms);
    door_answer(req);
    faults_user(local, worker, true);
}

void worker_release(struct worker *worker)
{
    event_del(worker->deadline);
    if (worker->doom)
        event_del(worker->doom);
    if (worker->paused)
        invocation_wait(worker->invocation, -1);
    invocation_unref(worker->invocation);
    worker->invocation = NULL;
    worker->given = worker->cold = false;
    if (worker->state == WORKER_ANSWERED)
        warm_push(worker);
}

void workers_retire(struct function *function)
{
    function->generation++;
    struct worker *next;
    for (struct worker *worker = function->warm; worker; worker = next) {
        next = worker->next_warm;
        if (worker->state == WORKER_IDLE)
            worker_kill(worker);
    }
}

void workers_end_of(struct local *local, struct function *function)
{
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&local->processes, entry))) {
        struct worker *worker = entry->value;
        if (worker->function == function)
            worker_kill(worker);
    }
}

void workers_end(struct local *local, bool idle_too)
{
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&local->processes, entry))) {
        struct worker *worker = entry->value;
        if (idle_too || worker->state != WORKER_IDLE)
            worker_kill(worker);
    }
    entry = NULL;
    while ((entry = unum_map_next(&local->processes, entry))) {
        struct worker *worker = entry->value;
        if (worker->state != WORKER_ENDING)
            continue;
        int status = 0;
        (void)!unum_proc_wait(worker->pid, &status, NULL);
        if (worker->invocation)
            worker->invocation->over = true; /* nobody is told: the platform forgets it */
        worker_ended(worker, status);
    }
}
