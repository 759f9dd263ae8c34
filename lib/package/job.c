#include "package/job.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/vec.h"

/* A command may leave a process behind that keeps the pipe open: its own end is asked for too. */
enum { LOOK_MS = 200 };

struct running {
    struct job *job;
    pid_t pid;
    int fd; /* read end of its output */
};

struct pool {
    const struct job_source *source;
    UNUM_VEC(struct running) running;
    UNUM_VEC(struct pollfd) polled;
    int signal_fd;
};

bool job_succeeded(const struct job *job)
{
    return job->failed == 0 && WIFEXITED(job->status) && WEXITSTATUS(job->status) == 0;
}

void job_done(struct job *job)
{
    unum_buf_done(&job->output);
    unum_err_done(&job->error);
}

static int start(struct job *job, struct running *ret, struct unum_err *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return unum_err_sys(err, errno, "start %s", job->argv[0]);
    int flags = fcntl(ends[0], F_GETFL);
    fcntl(ends[0], F_SETFL, flags | O_NONBLOCK);
    struct unum_proc_spec spec = UNUM_PROC_SPEC;
    spec.argv = job->argv;
    spec.env = job->env;
    spec.cwd = job->cwd;
    spec.stdout_fd = spec.stderr_fd = ends[1];
    job->output.max = UNUM_LIMIT_TEXT;
    *ret = (struct running){job, 0, ends[0]};
    int rc = unum_proc_start(&spec, &ret->pid, err);
    close(ends[1]);
    if (rc < 0)
        close(ends[0]);
    return rc;
}

/* Take what there is; true when the writers are gone. Output beyond the ceiling is dropped. */
static bool drain(struct running *running)
{
    char chunk[16 * UNUM_KB];
    struct unum_buf *output = &running->job->output;
    for (;;) {
        ssize_t got = read(running->fd, chunk, sizeof(chunk));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno != EAGAIN;
        if (got == 0)
            return true;
        size_t room = output->max - output->len;
        unum_buf_add(output, unum_str_of(chunk, (size_t)got < room ? (size_t)got : room));
    }
}

static void stop_all(struct pool *pool)
{
    for (size_t i = 0; i < pool->running.len; i++)
        unum_proc_kill(pool->running.at[i].pid, SIGKILL);
    for (size_t i = 0; i < pool->running.len; i++) {
        while (waitpid(pool->running.at[i].pid, NULL, 0) < 0 && errno == EINTR)
            ;
        close(pool->running.at[i].fd);
    }
    pool->running.len = 0;
}

static int start_more(struct pool *pool, unsigned parallel, struct unum_err *err)
{
    while (pool->running.len < parallel) {
        struct job *job = pool->source->next(pool->source->cookie);
        if (!job)
            break;
        struct running running;
        job->failed = start(job, &running, &job->error);
        if (job->failed < 0) {
            int rc = pool->source->ended(pool->source->cookie, job, err);
            if (rc < 0)
                return rc;
        } else {
            *unum_vec_push(&pool->running) = running;
        }
    }
    return 0;
}

/* Collect commands that have ended: */
static int collect(struct pool *pool, struct unum_err *err)
{
    for (size_t i = 0; i < pool->running.len;) {
        struct running *running = &pool->running.at[i];
        bool closed = drain(running);
        int status;
        pid_t got = waitpid(running->pid, &status, closed ? 0 : WNOHANG);
        if (got != running->pid && !(got < 0 && errno != EINTR)) {
            i++;
            continue;
        }
        drain(running);
        struct job *job = running->job;
        job->status = got < 0 ? -1 : status;
        close(running->fd);
        *running = pool->running.at[--pool->running.len];
        int rc = pool->source->ended(pool->source->cookie, job, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int wait_for_some(struct pool *pool, struct unum_err *err)
{
    pool->polled.len = 0;
    *unum_vec_push(&pool->polled) = (struct pollfd){pool->signal_fd, POLLIN, 0};
    for (size_t i = 0; i < pool->running.len; i++)
        *unum_vec_push(&pool->polled) = (struct pollfd){pool->running.at[i].fd, POLLIN, 0};
    int got = poll(pool->polled.at, pool->polled.len, LOOK_MS);
    if (got < 0 && errno != EINTR)
        return unum_err_sys(err, errno, "wait for commands");
    struct signalfd_siginfo info;
    if (got > 0 && pool->polled.at[0].revents &&
        read(pool->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
        return unum_err_set(err, UNUM_E_CANCELLED, "interrupted");
    return 0;
}

int job_run(const struct job_source *source, unsigned parallel, struct unum_err *err)
{
    sigset_t ends, before;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGHUP);
    if (pthread_sigmask(SIG_BLOCK, &ends, &before) != 0)
        return unum_err_sys(err, errno, "block signals");
    struct pool pool = {.source = source, .signal_fd = signalfd(-1, &ends, SFD_CLOEXEC)};
    int rc = pool.signal_fd < 0 ? unum_err_sys(err, errno, "watch signals") : 0;
    while (rc == 0) {
        rc = start_more(&pool, parallel ? parallel : 1, err);
        if (rc < 0 || !pool.running.len)
            break;
        rc = wait_for_some(&pool, err);
        if (rc == 0)
            rc = collect(&pool, err);
    }
    stop_all(&pool);
    unum_vec_done(&pool.running);
    unum_vec_done(&pool.polled);
    unum_close_fd(&pool.signal_fd);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}
