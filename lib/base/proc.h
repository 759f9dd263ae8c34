/*
 * proc: child processes that never outlive their parent.
 *
 * A child gets its own process group and dies with its parent (PR_SET_PDEATHSIG), all other
 * descriptors are closed in it, signals are reset to their defaults.
 */
#ifndef UNUM_BASE_PROC_H
#define UNUM_BASE_PROC_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

struct unum_proc_spec {
    const char *const
        *argv; /* NULL-terminated; argv[0] is looked up in PATH unless it has a slash */
    const char *const *env; /* NULL-terminated; NULL: inherit */
    const char *cwd;        /* NULL: inherit */
    int stdin_fd;           /* -1: /dev/null */
    int stdout_fd;          /* -1: inherit */
    int stderr_fd;          /* -1: inherit */
};

#define UNUM_PROC_SPEC                                                                             \
    {                                                                                              \
        .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1                                           \
    }

/* Start a child. NOTFOUND if there is no such program (found out before returning). */
UNUM_CHECKED int unum_proc_start(const struct unum_proc_spec *spec, pid_t *ret_pid,
                                 struct unum_err *err);
/* Kill the child's whole process group. */
void unum_proc_kill(pid_t pid, int signal);
/* Wait for the end; *ret_status as waitpid. */
UNUM_CHECKED int unum_proc_wait(pid_t pid, int *ret_status, struct unum_err *err);
/* "exited with status 1", "was killed by signal 9 (Killed)". */
void unum_proc_describe(int status, struct unum_buf *out);

/* Run to the end collecting stdout and stderr together into `output` (cut at its ceiling).
 * Success whatever the exit status, which goes to *ret_status. */
UNUM_CHECKED int unum_proc_run(const struct unum_proc_spec *spec, struct unum_buf *output,
                               int *ret_status, struct unum_err *err);

#endif
