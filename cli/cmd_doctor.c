#include "base/limits.h"
#include "doctor.h"
#include "template/app.h"
#include "verbs.h"

struct args {
    struct where where;
    const char *template;
    int64_t still_ms;
    bool resend;
};

static const struct opt_row options[] = {
    WHERE_OPTIONS(struct args, where, "the platform of this machine"),
    {.name = "still",
     .placeholder = "TIME",
     .help = "how long a run may go without progress before it counts as standing still",
     .type = OPT_DURATION,
     .at = offsetof(struct args, still_ms),
     .min = 0,
     .max = 1000ll * 86400 * 366,
     .preset = "16m"},
    {.name = "resend",
     .help = "with RUN: send again the edges of which nothing has come",
     .type = OPT_FLAG,
     .at = offsetof(struct args, resend),
     .common = true},
    TEMPLATE_OPTION(struct args, template),
    OPT_END,
};

static const struct opt_operand operands[] = {
    {.placeholder = "RUN",
     .help = "session of a run: walk its recorded decisions instead",
     .optional = true,
     .complete = OPT_COMPLETE_SESSION},
    {0},
};

static const struct command_example examples[] = {
    {"unum doctor", "everything, without changing anything"},
    {"unum doctor 20261121T034228Z-0a1b2c3d", "where a run stands still"},
    {"unum doctor mine --resend", "and help it on"},
    {"unum doctor --local --output json", "this machine, for a program"},
    {NULL, NULL},
};

static const struct command_exit exits[] = {
    {1, "something is wrong"},
    {0, NULL},
};

/* The application as far as it can be compiled; else that is a finding. */
static void compile(struct doctor *d)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct compiled *compiled = NULL;
    int rc = compile_app(d->p->app, &d->p->arena, &d->p->diags, &compiled, &err);
    if (rc == 0)
        rc = program_check_diags(d->p, &err);
    if (rc < 0)
        doctor_find(d, DOCTOR_ERROR, "application", "unum validate", "%s", unum_err_text(&err));
    else
        doctor_find(d, DOCTOR_OK, "application", NULL, "%.*s compiles to %zu functions",
                    UNUM_STR_ARG(d->p->app->name), compiled->len);
    d->compiled = rc < 0 ? NULL : compiled;
}

static void check_all(struct doctor *d, const struct args *args)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    doctor_machine(d);
    if (connection_open(d->connection, d->p, &args->where, true, &err) < 0) {
        doctor_find_err(d, args->where.local ? DOCTOR_NOTE : DOCTOR_ERROR, "connection", &err);
        return;
    }
    if (args->where.local) {
        if (!d->connection->local)
            doctor_deployment(d);
    } else {
        if (!doctor_account(d))
            return;
        doctor_permissions(d);
        doctor_deployment(d);
    }
    doctor_runs(d, args->still_ms);
}

static int run(struct program *p, const void *arguments, struct unum_err *err)
{
    const struct args *args = arguments;
    struct connection UNUM_AUTO(connection_close) connection = CONNECTION_INIT;
    struct doctor UNUM_AUTO(doctor_done) d = {.p = p, .connection = &connection};
    const char *session = program_operand(p, 0);
    int rc = 0;
    if (args->resend && !session)
        return unum_err_set(err, UNUM_E_USAGE, "--resend needs the session of a run");
    compile(&d);
    if (!session) {
        check_all(&d, args);
    } else if (d.compiled) {
        rc = connection_open(&connection, p, &args->where, !args->resend, err);
        if (rc == 0)
            rc = doctor_run(&d, session, args->still_ms, args->resend, err);
        if (rc < 0)
            return connection_explain(&connection, p, rc, err);
    }
    return doctor_report(&d, err);
}

const struct command cmd_doctor = {
    .name = "doctor",
    .summary = "find out what is wrong, and what to do",
    .about =
        "Asks everything that can be asked without changing anything: the compilers for the "
        "application's architectures, credentials, region and clock, permissions (by simulation, "
        "where that is allowed, and by a dry run), the stack, the functions, their code against "
        "the zips built here and against what the stack names (drift after `unum sync`), key and "
        "expiry of the table, logs and how long they are kept, and runs that stand still. Each "
        "finding says "
        "what is wrong and which command helps.\n\n"
        "With the session of a run its recorded decisions are walked: which instance has decided "
        "for a next one of which nothing has come. While functions work there are always some; a "
        "run stands still when they are older than any function may take (--still). --resend "
        "starts the instances that decided once more: they find their outcome, run no user code, "
        "and send the same edges again, which changes nothing where they have arrived.",
    .options = options,
    .args_size = sizeof(struct args),
    .operands = operands,
    .examples = examples,
    .exits = exits,
    .needs = NEEDS_PROJECT,
    .run = run,
};
