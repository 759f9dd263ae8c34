/*
 * Timeouts. TimeoutSeconds of a Task: user code runs on a thread of its own, and when its time is
 * up this invocation goes on without it and then ends the process, because nobody can stop a thread
 * that does not want to. TimeoutSeconds of the machine: one timer per run, armed when it begins.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/alloc.h"
#include "rt.h"

/* User code and who waits for it. Never freed when it comes too late: the thread still has it. */
struct timed {
    struct rt_inv *inv;
    const struct rt_code *code;
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool finished;
};

static void *run_timed(void *cookie)
{
    struct timed *t = cookie;
    t->code->run(t->inv);
    pthread_mutex_lock(&t->lock);
    t->finished = true;
    pthread_cond_signal(&t->done);
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

static struct timespec in_ms(int64_t ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    int64_t ns = at.tv_nsec + ms % 1000 * 1000000;
    at.tv_sec += (time_t)(ms / 1000 + ns / 1000000000);
    at.tv_nsec = (long)(ns % 1000000000);
    return at;
}

static bool wait_until(struct timed *t, int64_t timeout_ms)
{
    const struct timespec until = in_ms(timeout_ms);
    pthread_mutex_lock(&t->lock);
    while (!t->finished && pthread_cond_timedwait(&t->done, &t->lock, &until) != ETIMEDOUT)
        continue;
    bool finished = t->finished;
    pthread_mutex_unlock(&t->lock);
    return finished;
}

static void timed_free(struct timed *t)
{
    pthread_cond_destroy(&t->done);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

int rt_run_timed(struct rt_inv *inv, const struct rt_code *code, int64_t timeout_ms,
                 bool *ret_in_time, struct unum_err *err)
{
    struct timed *t = unum_alloc(sizeof(*t));
    pthread_condattr_t monotonic;
    pthread_t thread;
    *t = (struct timed){.inv = inv, .code = code};
    pthread_mutex_init(&t->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&t->done, &monotonic);
    pthread_condattr_destroy(&monotonic);
    int failed = pthread_create(&thread, NULL, run_timed, t);
    if (failed) {
        timed_free(t);
        return unum_err_sys(err, failed, "start a thread for the function's code");
    }
    *ret_in_time = wait_until(t, timeout_ms);
    if (!*ret_in_time) {
        pthread_detach(thread);
        return 0;
    }
    pthread_join(thread, NULL);
    timed_free(t);
    return 0;
}

bool rt_timeout_of(struct rt_inv *inv, struct unum_str value, int64_t *ret_ms)
{
    const struct ir_state *task = inv->node->task;
    struct record seeds = rt_record(inv);
    struct rt_walk w;
    struct rt_eval e;
    bool set = false;
    int64_t seconds = 0;
    *ret_ms = 0;
    if (!task || !task->fields.ptr)
        return true;
    rt_walk_begin(inv, &seeds, value, &w);
    rt_eval_begin(&e, inv, &w, task);
    /* Heartbeats have no effect, but their path must lead to a number, as on AWS. */
    bool beats;
    int64_t beat;
    if (!eval_number(&e.env, task->fields, "TimeoutSeconds", value, &set, &seconds) ||
        !eval_number(&e.env, task->fields, "HeartbeatSeconds", value, &beats, &beat)) {
        inv->answer = (struct rt_answer){
            .given = true, .failed = true, .error_type = e.env.error, .cause = e.env.cause};
        return false;
    }
    /* A function that Lambda stops first needs no watch. */
    int64_t left = inv->deadline_ms - unum_wall_ms(&unum_clock_system);
    if (set && (!inv->deadline_ms || seconds * 1000 < left))
        *ret_ms = seconds ? seconds * 1000 : 1;
    return true;
}

void rt_time_out(struct rt_inv *inv)
{
    /* Nothing that the thread may touch: memory of its own, views into what is never freed. */
    struct rt_inv *late = unum_alloc(sizeof(*late));
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    *late = (struct rt_inv){.rt = inv->rt,
                            .request_id = inv->request_id,
                            .arn = inv->arn,
                            .trace = inv->trace,
                            .entry_id = inv->entry_id,
                            .deadline_ms = inv->deadline_ms,
                            .began_ms = inv->began_ms,
                            .node = inv->node,
                            .event = inv->event,
                            .prefix = inv->prefix,
                            .instance = inv->instance,
                            .code_started = true,
                            .reply = {.body = UNUM_BUF_INIT(UNUM_LIMIT_SYNC_PAYLOAD)}};
    late->answer = (struct rt_answer){.given = true,
                                      .failed = true,
                                      .error_type = UNUM_STR("States.Timeout"),
                                      .cause = UNUM_STR("")};
    rt_log(late, UNUM_LOG_WARN, "timed out", UNUM_STR_NONE);
    if (rt_attempt_failed(late, late->answer.error_type, late->answer.cause, &err) < 0)
        rt_reply_error(late, RT_AFTER_CODE, &err);
    else
        rt_reply_ok(late, NULL);
    rt_end_process(late);
}

/* ---- the machine ---- */

int rt_arm_deadline(struct rt_inv *inv, struct unum_err *err)
{
    const struct rt_edge edge = {.kind = RT_EDGE_TIMER,
                                 .node = inv->node->name,
                                 .due_ms = inv->event.run.deadline_ms,
                                 .resume = UNUM_STR(RT_DEADLINE),
                                 .value = {.kind = RT_VALUE_INLINE, .json = UNUM_STR("null")}};
    return rt_schedule(inv, &edge, err);
}

int rt_deadline_passed(struct rt_inv *inv, struct unum_err *err)
{
    const struct run_record end = {.nonce = inv->event.run.nonce,
                                   .status = UNUM_STR("TIMED_OUT"),
                                   .error_type = UNUM_STR("States.Timeout"),
                                   .cause = UNUM_STR(""),
                                   .ended_ms = unum_wall_ms(inv->rt->clock)};
    rt_log(inv, UNUM_LOG_WARN, "the run has timed out", UNUM_STR_NONE);
    return run_record_end(&inv->rt->store, inv->prefix, &end, &inv->arena, err);
}

bool rt_is_late(const struct rt_inv *inv)
{
    int64_t deadline_ms = inv->event.run.deadline_ms;
    return deadline_ms && unum_wall_ms(inv->rt->clock) >= deadline_ms;
}
