#include "base/diag.h"
#include "base/limits.h"
#include "verbs.h"

static const struct opt_operand operands[] = {
    {.placeholder = "CODE",
     .help = "a code as printed in brackets, such as E0101; without it all are listed",
     .optional = true,
     .complete = OPT_COMPLETE_CODE},
    {0},
};

static const struct command_example examples[] = {
    {"unum explain E0101", "what the message means and what to do"},
    {"unum explain", "all codes"},
    {NULL, NULL},
};

static const char *const level_names[] = {"error", "warning", "note"};

static void row_json(const struct unum_code_row *row, struct json_writer *w)
{
    json_object_begin(w);
    json_key(w, "code");
    json_strings(w, row->id);
    json_key(w, "level");
    json_strings(w, level_names[row->level]);
    json_key(w, "title");
    json_strings(w, row->title);
    json_key(w, "explanation");
    json_strings(w, row->explanation);
    json_object_end(w);
}

static int list_all(struct program *p)
{
    struct json_writer w = JSON_WRITER(&p->result);
    if (program_json(p))
        json_array_begin(&w);
    for (size_t i = 1; i < UNUM_CODE_COUNT; i++) {
        const struct unum_code_row *row = unum_code_row((enum unum_code)i);
        if (program_json(p))
            row_json(row, &w);
        else
            ui_printf(&p->out, "%s  %s\n", row->id, row->title);
    }
    if (program_json(p))
        json_array_end(&w);
    return 0;
}

static int unknown(const char *code, struct unum_err *err)
{
    struct unum_nearest nearest;
    unum_nearest_init(&nearest, unum_str_from(code));
    for (size_t i = 1; i < UNUM_CODE_COUNT; i++)
        unum_nearest_try(&nearest, unum_str_from(unum_code_row((enum unum_code)i)->id));
    unum_err_set(err, UNUM_E_USAGE, "there is no code \"%s\"", code);
    if (nearest.best.ptr)
        return unum_err_hint(err, "did you mean %.*s?", UNUM_STR_ARG(nearest.best));
    return unum_err_hint(err, "`unum explain` lists all codes");
}

static int run(struct program *p, const void *args, struct unum_err *err)
{
    (void)args;
    const char *word = program_operand(p, 0);
    if (!word)
        return list_all(p);
    struct unum_str id = unum_str_from(word);
    if (unum_str_ieq(unum_str_slice(id, 0, 5), UNUM_STR("unum-")))
        id = unum_str_from_pos(id, 5);
    const struct unum_code_row *row = unum_code_find(id);
    if (!row)
        return unknown(word, err);
    if (program_json(p)) {
        struct json_writer w = JSON_WRITER(&p->result);
        row_json(row, &w);
        return 0;
    }
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    size_t width = (size_t)p->out.width < 80 ? (size_t)p->out.width : 80;
    ui_wrap(&text, row->explanation, 0, 0, width);
    ui_printf(&p->out, "%s%s%s (%s): %s\n\n%s\n", ui_style(&p->out, UI_BOLD), row->id,
              ui_style(&p->out, UI_PLAIN), level_names[row->level], row->title,
              unum_buf_text(&text));
    return 0;
}

const struct command cmd_explain = {
    .name = "explain",
    .summary = "explain the code of a message",
    .about = "Every message about a place in a file carries a code such as E0101. Codes are never "
             "reused or renumbered.",
    .operands = operands,
    .examples = examples,
    .run = run,
};
