/* The fault schedule, and what is held until later. */
#include "local/internal.h"

#include <stdlib.h>

static const char *const names[LOCAL_FAULT_KIND_COUNT] = {
    "kill-before", "kill-after", "close",  "stall",    "pause",  "twice",
    "late",        "drop",       "status", "truncate", "garble", "kill-user"};

const char *local_fault_name(enum local_fault_kind kind)
{
    return kind < LOCAL_FAULT_KIND_COUNT ? names[kind] : "none";
}

void faults_done(struct local *local)
{
    for (size_t i = 0; i < local->faults.len; i++)
        free(local->faults.at[i].function);
    unum_vec_done(&local->faults);
}

int faults_set(struct local *local, const struct local_fault *faults, size_t len,
               struct unum_err *err)
{
    for (size_t i = 0; i < len; i++) {
        const struct local_fault *fault = &faults[i];
        bool user = fault->kind == LOCAL_FAULT_KILL_USER;
        if (fault->kind >= LOCAL_FAULT_KIND_COUNT || (user ? !fault->execution : !fault->number) ||
            (user && !fault->function.len))
            return unum_err_set(err, UNUM_E_INVAL, "fault %zu of the schedule names no point",
                                i + 1);
        if (fault->kind == LOCAL_FAULT_STATUS && (fault->status < 400 || fault->status > 599))
            return unum_err_set(err, UNUM_E_INVAL, "fault %zu: %d is not the status of an error",
                                i + 1, fault->status);
    }
    faults_done(local);
    for (size_t i = 0; i < len; i++) {
        struct fault *fault = unum_vec_push(&local->faults);
        fault->what = faults[i];
        fault->used = false;
        fault->function = unum_str_dup(faults[i].function);
        fault->what.function = unum_str_from(fault->function);
    }
    return 0;
}

struct fault *faults_find(struct local *local, uint64_t number)
{
    for (size_t i = 0; i < local->faults.len; i++) {
        struct fault *fault = &local->faults.at[i];
        if (!fault->used && fault->what.number == number) {
            fault->used = true;
            return fault;
        }
    }
    return NULL;
}

void faults_user(struct local *local, struct worker *worker, bool delivered)
{
    if (local->faults.len == 0 || worker->state != WORKER_BUSY)
        return;
    for (size_t i = 0; i < local->faults.len; i++) {
        struct fault *fault = &local->faults.at[i];
        if (fault->what.kind != LOCAL_FAULT_KILL_USER || fault->used ||
            fault->what.execution != worker->invocation->execution ||
            delivered != (fault->what.delay_ms > 0) ||
            !unum_str_is(fault->what.function, worker->function->name))
            continue;
        fault->used = true;
        local->counts.faults_applied++;
        worker_kill_after(worker, fault->what.delay_ms);
        return;
    }
}

/* ---- held until later ---- */

void held_add(struct local *local, const struct held *held)
{
    *unum_vec_push(&local->held) = *held;
    if (held->request && held->request->invocation)
        invocation_wait(held->request->invocation, 1);
}

static struct held take(struct local *local, size_t at)
{
    struct held held = local->held.at[at];
    local->held.len--;
    for (size_t i = at; i < local->held.len; i++)
        local->held.at[i] = local->held.at[i + 1];
    return held;
}

static void let_go(struct local *local, size_t at)
{
    struct held held = take(local, at);
    if (held.request) {
        if (held.request->invocation)
            invocation_wait(held.request->invocation, -1);
        door_resume(held.request);
    } else if (held.worker) {
        worker_resume(held.worker);
    } else {
        queue_push(local, held.invocation);
    }
}

void held_number(struct local *local, uint64_t number)
{
    for (size_t i = 0; i < local->held.len;) {
        if (local->held.at[i].until == number)
            let_go(local, i);
        else
            i++;
    }
}

bool held_oldest(struct local *local)
{
    if (local->held.len == 0)
        return false;
    let_go(local, 0);
    return true;
}

void held_forget_request(struct local *local, const struct door_request *req)
{
    for (size_t i = 0; i < local->held.len; i++) {
        if (local->held.at[i].request == req) {
            if (req->invocation)
                invocation_wait(req->invocation, -1);
            (void)take(local, i);
            return;
        }
    }
}

void held_forget_worker(struct local *local, const struct worker *worker)
{
    for (size_t i = 0; i < local->held.len; i++) {
        if (local->held.at[i].worker == worker) {
            (void)take(local, i);
            return;
        }
    }
}

void held_clear(struct local *local)
{
    /* Requests and processes are forgotten with their owners; only events are owned here. */
    for (size_t i = 0; i < local->held.len; i++)
        invocation_unref(local->held.at[i].invocation);
    unum_vec_done(&local->held);
}
