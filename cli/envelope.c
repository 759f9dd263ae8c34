#include "envelope.h"

#include <string.h>

#include "base/limits.h"
#include "sarif.h"

static void json_error(struct json_writer *w, struct program *p, int rc, const struct unum_err *err)
{
    json_key(w, "error");
    json_object_begin(w);
    json_key(w, "code");
    json_strings(w, unum_rc_name(rc));
    json_key(w, "message");
    json_strings(w, unum_err_text(err));
    if (err->hint) {
        json_key(w, "help");
        json_strings(w, err->hint);
    }
    struct unum_buf UNUM_AUTO_BUF list = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_diags_json(&p->diags, &list);
    json_key(w, "diagnostics");
    json_raw(w, unum_buf_str(&list));
    json_object_end(w);
}

static void print_json(struct program *p, int rc, const struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(2 * UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&text);
    json_object_begin(&w);
    json_key(&w, "schemaVersion");
    json_int(&w, 1);
    json_key(&w, "ok");
    json_bool(&w, rc == 0);
    json_key(&w, "command");
    json_strings(&w, p->path ? p->path : "");
    if (rc < 0)
        json_error(&w, p, rc, err);
    if (p->result.len || rc == 0) {
        json_key(&w, "result");
        if (p->result.len)
            json_raw(&w, unum_buf_str(&p->result));
        else
            json_null(&w);
    }
    if (rc == 0 && p->diags.list.len) {
        struct unum_buf UNUM_AUTO_BUF list = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        unum_diags_json(&p->diags, &list);
        json_key(&w, "warnings");
        json_raw(&w, unum_buf_str(&list));
    }
    json_object_end(&w);
    unum_buf_addc(&text, '\n');
    ui_write(&p->out, unum_buf_str(&text));
}

static void print_diags(struct program *p)
{
    if (!p->diags.list.len || (p->global.quiet && !p->diags.errors))
        return;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_diags_print(&p->diags, p->err.colour, &text);
    ui_write(&p->err, unum_buf_str(&text));
}

static void print_error(struct program *p, int rc, const struct unum_err *err)
{
    ui_printf(&p->err, "%s: %serror:%s %s\n", p->name, ui_style(&p->err, UI_RED),
              ui_style(&p->err, UI_PLAIN), unum_err_text(err));
    if (err->hint)
        ui_printf(&p->err, "  %shelp:%s %s\n", ui_style(&p->err, UI_CYAN),
                  ui_style(&p->err, UI_PLAIN), err->hint);
    else if (rc == UNUM_E_USAGE)
        ui_printf(&p->err, "  %shelp:%s see `%s`\n", ui_style(&p->err, UI_CYAN),
                  ui_style(&p->err, UI_PLAIN), p->verb_usage ? p->verb_usage : "unum --help");
}

int envelope_finish(struct program *p, int rc, const struct unum_err *err)
{
    ui_progress_end(&p->err);
    unum_diags_sort(&p->diags);
    if (p->global.output == OUTPUT_SARIF && p->command && !p->global.help) {
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        sarif_write(p, rc, err, &text);
        ui_write(&p->out, unum_buf_str(&text));
    } else if (p->global.output == OUTPUT_JSON) {
        print_json(p, rc, err);
    } else {
        print_diags(p);
        if (rc < 0)
            print_error(p, rc, err);
    }
    if (rc == 0 && p->out.failed) {
        ui_printf(&p->err, "%s: error: write standard output: %s\n", p->name,
                  strerrordesc_np(p->out.failed));
        return 1;
    }
    return rc < 0 ? unum_rc_exit_code(rc) : 0;
}
