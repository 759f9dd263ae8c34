/*
 * background: a copy of this process that goes on when the command returns, and how it is ended.
 */
#ifndef UNUM_CLI_BACKGROUND_H
#define UNUM_CLI_BACKGROUND_H

#include <sys/types.h>

#include "program.h"

struct background {
    bool child;
    int fd; /* from the child to the one that waits */
    pid_t pid;
    char *log; /* owned: where its output goes */
};

/* Fork. In the child: a session of its own, output to .unum/local.log. */
UNUM_CHECKED int background_fork(struct program *p, struct background *ret, struct unum_err *err);
/* Child: tell that all is well, with one line of text. */
void background_ready(struct background *side, const char *line);
/* Child: end; an error before background_ready() goes to the waiting side. */
UNUM_NORETURN void background_exit(struct background *side, int rc, const struct unum_err *err);
/* Parent: wait until the child is ready or has failed; *ret_line is its line (owned). */
UNUM_CHECKED int background_wait(struct background *side, char **ret_line, struct unum_err *err);
/* End a process that is no child of ours: SIGTERM, and SIGKILL if it has not gone after 10 s. */
UNUM_CHECKED int background_stop(pid_t pid, struct unum_err *err);

#endif
