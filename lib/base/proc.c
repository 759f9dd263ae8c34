#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/limits.h"

static void reset_signals(void)
{
    for (int sig = 1; sig < 32; sig++) {
        if (sig != SIGKILL && sig != SIGSTOP)
            signal(sig, SIG_DFL);
    }
    sigset_t none;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
}

/* Put `fd` (or /dev/null for stdin) at `target`. Only async-signal-safe calls from here on. */
static int place_fd(int fd, int target)
{
    if (fd < 0)
        return 0;
    return dup2(fd, target) < 0 ? -1 : 0;
}

static void child(const struct unum_proc_spec *spec, pid_t parent, int report_fd)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127); /* the parent died in between */
    reset_signals();
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    /* Callers pass pipes and files, whose numbers are above 2, so placing one destroys no other. */
    bool ok = place_fd(spec->stdin_fd >= 0 ? spec->stdin_fd : null_fd, STDIN_FILENO) == 0 &&
              place_fd(spec->stdout_fd, STDOUT_FILENO) == 0 &&
              place_fd(spec->stderr_fd, STDERR_FILENO) == 0 &&
              (!spec->cwd || chdir(spec->cwd) == 0);
    /* Not closed at once: the report of a failing exec still has to get through. */
    close_range(STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC);
    if (ok) {
        char *const *argv = (char *const *)(uintptr_t)spec->argv;
        char *const *env = spec->env ? (char *const *)(uintptr_t)spec->env : environ;
        execvpe(argv[0], argv, env);
    }
    int failed = errno;
    ssize_t ignored = write(report_fd, &failed, sizeof(failed));
    (void)ignored;
    _exit(127);
}

int unum_proc_start(const struct unum_proc_spec *spec, pid_t *ret_pid, struct unum_err *err)
{
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0)
        return unum_err_sys(err, errno, "start %s", spec->argv[0]);
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        child(spec, parent, report[1]);
    int fork_errno = errno;
    close(report[1]);
    if (pid < 0) {
        close(report[0]);
        return unum_err_sys(err, fork_errno, "start %s", spec->argv[0]);
    }
    int failed = 0;
    ssize_t got;
    do {
        got = read(report[0], &failed, sizeof(failed));
    } while (got < 0 && errno == EINTR);
    close(report[0]);
    if (got == (ssize_t)sizeof(failed)) {
        waitpid(pid, NULL, 0);
        return unum_err_sys(err, failed, "start %s", spec->argv[0]);
    }
    *ret_pid = pid;
    return 0;
}

void unum_proc_kill(pid_t pid, int signal_number)
{
    if (pid > 1) {
        kill(-pid, signal_number);
        kill(pid, signal_number); /* the child may not have its own group yet */
    }
}

int unum_proc_wait(pid_t pid, int *ret_status, struct unum_err *err)
{
    int status;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            return unum_err_sys(err, errno, "wait for process %ld", (long)pid);
    }
    *ret_status = status;
    return 0;
}

void unum_proc_describe(int status, struct unum_buf *out)
{
    if (WIFEXITED(status))
        unum_buf_printf(out, "exited with status %d", WEXITSTATUS(status));
    else if (WIFSIGNALED(status))
        unum_buf_printf(out, "was killed by signal %d (SIG%s)", WTERMSIG(status),
                        sigabbrev_np(WTERMSIG(status)));
    else
        unum_buf_printf(out, "ended with wait status %d", status);
}

static void drain(int fd, struct unum_buf *output)
{
    char chunk[16 * UNUM_KB];
    for (;;) {
        ssize_t got = read(fd, chunk, sizeof(chunk));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return;
        size_t room = output->max - output->len;
        unum_buf_add(output, unum_str_of(chunk, (size_t)got < room ? (size_t)got : room));
    }
}

int unum_proc_run(const struct unum_proc_spec *spec, struct unum_buf *output, int *ret_status,
                  struct unum_err *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return unum_err_sys(err, errno, "start %s", spec->argv[0]);
    struct unum_proc_spec with_pipe = *spec;
    with_pipe.stdout_fd = with_pipe.stderr_fd = ends[1];
    pid_t pid = -1;
    int rc = unum_proc_start(&with_pipe, &pid, err);
    close(ends[1]);
    if (rc == 0) {
        drain(ends[0], output);
        rc = unum_proc_wait(pid, ret_status, err);
    }
    close(ends[0]);
    return rc;
}
