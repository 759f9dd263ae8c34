#include "background.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "workflow.h"

static int become_background(struct background *side, struct unum_err *err)
{
    int UNUM_AUTO_FD nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    int UNUM_AUTO_FD log = open(side->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (nothing < 0 || log < 0)
        return unum_err_sys(err, errno, "open %s", side->log);
    if (setsid() < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(log, STDOUT_FILENO) < 0 ||
        dup2(log, STDERR_FILENO) < 0)
        return unum_err_sys(err, errno, "go to the background");
    return 0;
}

int background_fork(struct program *p, struct background *ret, struct unum_err *err)
{
    int ends[2];
    char *UNUM_AUTO_FREE dir = workflow_file(p, "");
    int rc = unum_make_dirs(dir, err);
    if (rc < 0)
        return rc;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return unum_err_sys(err, errno, "make a pipe");
    *ret = (struct background){.log = workflow_file(p, "local.log")};
    pid_t pid = fork();
    if (pid < 0) {
        close(ends[0]);
        close(ends[1]);
        free(ret->log);
        return unum_err_sys(err, errno, "fork");
    }
    ret->child = pid == 0;
    ret->pid = pid;
    ret->fd = ret->child ? ends[1] : ends[0];
    close(ret->child ? ends[0] : ends[1]);
    if (!ret->child)
        return 0;
    rc = become_background(ret, err);
    if (rc < 0)
        background_exit(ret, rc, err);
    ui_open(&p->out, STDOUT_FILENO, UI_COLOUR_NEVER);
    ui_open(&p->err, STDERR_FILENO, UI_COLOUR_NEVER);
    return 0;
}

/* One message: "<rc>\n<text>\n<hint>". */
static void send_message(int fd, int rc, const char *text, const char *hint)
{
    struct unum_buf UNUM_AUTO_BUF message = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    unum_buf_printf(&message, "%d\n%s\n%s", rc, text, hint ? hint : "");
    struct unum_str rest = unum_buf_str(&message);
    while (rest.len) {
        ssize_t put = write(fd, rest.ptr, rest.len);
        if (put < 0 && errno != EINTR)
            return; /* nobody waits any more */
        rest = unum_str_from_pos(rest, put > 0 ? (size_t)put : 0);
    }
}

void background_ready(struct background *side, const char *line)
{
    send_message(side->fd, 0, line, NULL);
    unum_close_fd(&side->fd);
}

void background_exit(struct background *side, int rc, const struct unum_err *err)
{
    if (rc < 0) {
        struct ui log;
        if (side->fd >= 0)
            send_message(side->fd, rc, unum_err_text(err), err->hint);
        ui_open(&log, STDERR_FILENO, UI_COLOUR_NEVER);
        ui_printf(&log, "unum: error: %s\n", unum_err_text(err));
    }
    _exit(rc < 0 ? unum_rc_exit_code(rc) : 0);
}

int background_wait(struct background *side, char **ret_line, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF message = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT + UNUM_KB);
    char *UNUM_AUTO_FREE log = UNUM_TAKE(side->log);
    int UNUM_AUTO_FD fd = side->fd;
    char part[512];
    for (;;) {
        ssize_t got = read(fd, part, sizeof(part));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        unum_buf_add(&message, unum_str_of(part, (size_t)got));
    }
    struct unum_str rest = unum_buf_str(&message), code = {0}, line = {0};
    int64_t rc = 0;
    if (!unum_str_split(&rest, '\n', &code) || !unum_str_to_i64(code, &rc) ||
        !unum_str_split(&rest, '\n', &line)) {
        unum_err_set(err, UNUM_E_IO, "the platform ended before it was ready");
        return unum_err_hint(err, "see %s", log);
    }
    if (rc == 0) {
        *ret_line = unum_str_dup(line);
        return 0;
    }
    waitpid(side->pid, NULL, 0);
    unum_err_set(err, (int)rc, "%.*s", UNUM_STR_ARG(line));
    if (rest.len)
        unum_err_hint(err, "%.*s", UNUM_STR_ARG(rest));
    return (int)rc;
}

int background_stop(pid_t pid, struct unum_err *err)
{
    enum { PATIENCE_MS = 10000 };
    /* A descriptor of the process cannot come to mean another one. */
    int UNUM_AUTO_FD fd = (int)syscall(SYS_pidfd_open, pid, 0u);
    if (fd < 0 && errno == ESRCH)
        return 0;
    if (fd < 0)
        return unum_err_sys(err, errno, "find process %d", (int)pid);
    for (int attempt = 0; attempt < 2; attempt++) {
        int number = attempt ? SIGKILL : SIGTERM;
        if (syscall(SYS_pidfd_send_signal, fd, number, NULL, 0u) != 0 && errno != ESRCH)
            return unum_err_sys(err, errno, "end process %d", (int)pid);
        struct pollfd gone = {.fd = fd, .events = POLLIN};
        if (poll(&gone, 1, PATIENCE_MS) > 0)
            return 0;
    }
    return unum_err_set(err, UNUM_E_TIMEOUT, "process %d does not end", (int)pid);
}
