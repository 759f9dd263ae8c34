/*
 * doctor: findings: what is wrong, where, and what to do about it.
 */
#ifndef UNUM_CLI_DOCTOR_H
#define UNUM_CLI_DOCTOR_H

#include "compile/compile.h"
#include "connection.h"

enum doctor_level { DOCTOR_OK, DOCTOR_NOTE, DOCTOR_WARNING, DOCTOR_ERROR };

struct doctor_finding {
    enum doctor_level level;
    const char *check;          /* "credentials", "functions", ... */
    struct unum_str what, help; /* help may be empty */
};

struct doctor {
    struct program *p;
    struct connection *connection;
    const struct compiled *compiled; /* NULL: the application could not be compiled */
    UNUM_VEC(struct doctor_finding) findings;
    size_t errors, warnings;
};

/* Texts are copied. `help` may be NULL. */
void doctor_find(struct doctor *d, enum doctor_level level, const char *check, const char *help,
                 const char *format, ...) UNUM_PRINTF(5, 6);
/* The text and hint of a failure. */
void doctor_find_err(struct doctor *d, enum doctor_level level, const char *check,
                     const struct unum_err *err);
/* Print as text or JSON; INVAL with a count if something is wrong. */
UNUM_CHECKED int doctor_report(struct doctor *d, struct unum_err *err);
void doctor_done(struct doctor *d);

/* ---- checks ---- */

/* Compilers and libraries for the architectures of the application's functions. */
void doctor_machine(struct doctor *d);
/* Credentials, region, clock. False: without them nothing else can be asked. */
bool doctor_account(struct doctor *d);
/* May we deploy, invoke, read logs? Asked by simulation, and by a dry run; nothing is changed. */
void doctor_permissions(struct doctor *d);
/* Stack, functions, code against the build of this folder, table. */
void doctor_deployment(struct doctor *d);
/* Of a deployed stack: expiry and key of the table, code that is not the stack's, retention of
 * logs. */
void doctor_table(struct doctor *d);
void doctor_drift(struct doctor *d);
void doctor_log_groups(struct doctor *d);
/* Runs that have had no progress for `still_ms`. */
void doctor_runs(struct doctor *d, int64_t still_ms);
/* One run: its recorded decisions of which nothing has come; `resend`: send them again. */
UNUM_CHECKED int doctor_run(struct doctor *d, const char *session, int64_t still_ms, bool resend,
                            struct unum_err *err);

#endif
