/*
 * job: commands run side by side, each with its output collected whole. One poll loop, no threads.
 * While it runs, SIGINT, SIGTERM and SIGHUP end the commands instead of this process, and
 * job_run() says CANCELLED.
 */
#ifndef UNUM_PACKAGE_JOB_H
#define UNUM_PACKAGE_JOB_H

#include "base/buf.h"
#include "base/err.h"
#include "base/proc.h"

struct job {
    const char *const *argv; /* NULL-terminated */
    const char *const *env;  /* NULL: inherit */
    const char *cwd;         /* NULL: inherit */
    void *cookie;
    /* Written by job_run() */
    struct unum_buf output; /* stdout and stderr together */
    int status;             /* as waitpid */
    int failed;             /* negative: could not be started; `error` says why */
    struct unum_err error;
};

struct job_source {
    void *cookie;
    /* The next command that can start now, or NULL: wait for one to end, or done. */
    struct job *(*next)(void *cookie);
    /* A command has ended. A negative code stops: nothing new starts, running ones are killed. */
    int (*ended)(void *cookie, struct job *job, struct unum_err *err);
};

/* Run until next() gives nothing and nothing runs. CANCELLED after a signal. */
UNUM_CHECKED int job_run(const struct job_source *source, unsigned parallel, struct unum_err *err);
/* Ended with status 0. */
bool job_succeeded(const struct job *job);
void job_done(struct job *job);

#endif
