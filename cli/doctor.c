#include "doctor.h"

#include <stdarg.h>

#include "base/limits.h"
#include "package/toolchain.h"
#include "safe_text.h"
#include "template/app.h"

void doctor_find(struct doctor *d, enum doctor_level level, const char *check, const char *help,
                 const char *format, ...)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    va_list args;
    va_start(args, format);
    unum_buf_vprintf(&text, format, args);
    va_end(args);
    d->errors += level == DOCTOR_ERROR;
    d->warnings += level == DOCTOR_WARNING;
    *unum_vec_push(&d->findings) = (struct doctor_finding){
        level, check, unum_arena_str(&d->p->arena, unum_buf_str(&text)),
        help ? unum_arena_str(&d->p->arena, unum_str_from(help)) : UNUM_STR_NONE};
}

void doctor_find_err(struct doctor *d, enum doctor_level level, const char *check,
                     const struct unum_err *err)
{
    doctor_find(d, level, check, err->hint, "%s", unum_err_text(err));
}

void doctor_done(struct doctor *d)
{
    unum_vec_done(&d->findings);
}

static const char *const level_names[] = {"ok", "note", "warning", "error"};

static void print_json(const struct doctor *d)
{
    struct json_writer w = JSON_WRITER(&d->p->result);
    json_object_begin(&w);
    json_key(&w, "errors");
    json_int(&w, (int64_t)d->errors);
    json_key(&w, "warnings");
    json_int(&w, (int64_t)d->warnings);
    json_key(&w, "findings");
    json_array_begin(&w);
    for (size_t i = 0; i < d->findings.len; i++) {
        const struct doctor_finding *f = &d->findings.at[i];
        json_object_begin(&w);
        json_key(&w, "check");
        json_strings(&w, f->check);
        json_key(&w, "level");
        json_strings(&w, level_names[f->level]);
        json_key(&w, "message");
        json_string(&w, f->what);
        if (f->help.len) {
            json_key(&w, "help");
            json_string(&w, f->help);
        }
        json_object_end(&w);
    }
    json_array_end(&w);
    json_object_end(&w);
}

static void print_text(const struct doctor *d)
{
    static const enum ui_style styles[] = {UI_GREEN, UI_CYAN, UI_YELLOW, UI_RED};
    struct ui *ui = &d->p->out;
    for (size_t i = 0; i < d->findings.len; i++) {
        const struct doctor_finding *f = &d->findings.at[i];
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        struct unum_str rest = f->what, line;
        bool first = true;
        while (unum_str_split(&rest, '\n', &line)) {
            unum_buf_adds(&text, first ? "" : "\n                       ");
            first = false;
            safe_text(ui, line, &text);
        }
        if (f->level == DOCTOR_OK && d->p->global.quiet)
            continue;
        ui_printf(ui, "%s%-7s%s  %-12s  %s\n", ui_style(ui, styles[f->level]),
                  level_names[f->level], ui_style(ui, UI_PLAIN), f->check, unum_buf_text(&text));
        if (f->help.len)
            ui_printf(ui, "%23shelp: %.*s\n", "", UNUM_STR_ARG(f->help));
    }
}

int doctor_report(struct doctor *d, struct unum_err *err)
{
    if (program_json(d->p))
        print_json(d);
    else
        print_text(d);
    return d->errors ? unum_err_set(err, UNUM_E_INVAL, "%zu thing%s wrong, %zu warning%s",
                                    d->errors, d->errors == 1 ? " is" : "s are", d->warnings,
                                    d->warnings == 1 ? "" : "s")
                     : 0;
}

/* ---- this machine ---- */

static void check_arch(struct doctor *d, enum app_arch arch, const char *name, const char *prefix)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    const struct build_options options = {.prefix = prefix};
    struct toolchain toolchain;
    if (toolchain_find(arch, &options, &d->p->arena, &toolchain, &err) < 0)
        doctor_find_err(d, DOCTOR_ERROR, "toolchain", &err);
    else
        doctor_find(d, DOCTOR_OK, "toolchain", NULL, "functions for %s are built with %s", name,
                    toolchain.cc.len ? toolchain.cc.at[0] : "cc");
}

void doctor_machine(struct doctor *d)
{
    char *UNUM_AUTO_FREE prefix = NULL;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    const struct app *app = d->p->app;
    bool wanted[] = {[APP_ARCH_X86_64] = false, [APP_ARCH_ARM64] = false};
    if (program_prefix(&prefix, &err) < 0) {
        doctor_find_err(d, DOCTOR_ERROR, "toolchain", &err);
        return;
    }
    for (size_t i = 0; i < app->functions_len; i++)
        wanted[app->functions[i].arch] = true;
    if (wanted[APP_ARCH_X86_64])
        check_arch(d, APP_ARCH_X86_64, "x86_64", prefix);
    if (wanted[APP_ARCH_ARM64])
        check_arch(d, APP_ARCH_ARM64, "arm64", prefix);
}
