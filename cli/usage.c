#include "usage.h"

#include "base/limits.h"

enum { WIDTH = 80, COLUMN = 27 };

void usage_journey(struct unum_buf *out)
{
    unum_buf_adds(out, "unum: serverless workflows in C, without an orchestrator.\n"
                       "From nothing to a workflow that runs on this machine:\n\n"
                       "  unum init shop          a new application from a starter\n"
                       "  cd shop\n"
                       "  unum validate           is the state machine right?\n"
                       "  unum build              compile the functions\n"
                       "  unum run -d '\"\"'        run the whole workflow, offline\n"
                       "  unum local start        keep it up; then: unum invoke, unum logs\n\n"
                       "All verbs: unum --help.  One of them: unum VERB --help.\n");
}

static void pad(struct unum_buf *out, size_t from, size_t to)
{
    for (; from < to; from++)
        unum_buf_addc(out, ' ');
}

/* A row of two columns; what does not fit beside starts on its own line. */
static void two_columns(struct unum_buf *out, struct unum_str left, const char *right)
{
    unum_buf_adds(out, "  ");
    unum_buf_add(out, left);
    size_t column = 2 + ui_width(left);
    if (column + 2 > COLUMN) {
        unum_buf_addc(out, '\n');
        column = 0;
    }
    pad(out, column, COLUMN);
    ui_wrap(out, right, COLUMN, COLUMN, WIDTH);
    unum_buf_addc(out, '\n');
}

void usage_overview(struct unum_buf *out)
{
    unum_buf_adds(out, "unum compiles, builds and runs serverless workflows written in C.\n"
                       "Usage: unum [-C DIR] VERB [OPTIONS] [OPERANDS]\n\n"
                       "Examples:\n"
                       "  unum init shop && cd shop     begin from a starter\n"
                       "  unum run -d @event.json       run the workflow on this machine\n"
                       "  unum help run                 everything about one verb\n");
    int group = -1;
    for (const struct command_row *row = commands; row->command; row++) {
        if (row->group == GROUP_HIDDEN)
            continue;
        if ((int)row->group != group)
            unum_buf_printf(out, "\n%s:\n", command_group_titles[row->group]);
        group = (int)row->group;
        two_columns(out, unum_str_from(row->command->name), row->command->summary);
    }
    unum_buf_adds(out, "\nEverywhere:\n");
    for (const struct opt_row *row = global_options; row->name; row++) {
        struct unum_buf UNUM_AUTO_BUF left = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        struct unum_buf UNUM_AUTO_BUF right = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        usage_option(row, &left);
        usage_option_help(row, &right);
        two_columns(out, unum_buf_str(&left), unum_buf_text(&right));
    }
    unum_buf_adds(out, "\nExit status: 0 done, 1 error, 2 usage, 3 workflow or function failed, 4\n"
                       "credentials, 5 conflict, 6 still running, 7 validation failed, 130\n"
                       "interrupted.\n");
}

void usage_line(const struct command *command, const char *path, struct unum_buf *out)
{
    unum_buf_printf(out, "unum %s", path);
    if (command->subcommands)
        unum_buf_adds(out, " VERB");
    if (command->options && command->options->name)
        unum_buf_adds(out, " [OPTIONS]");
    for (const struct opt_operand *row = command->operands; row && row->placeholder; row++)
        unum_buf_printf(out, row->optional ? " [%s%s]" : " %s%s", row->placeholder,
                        row->repeated ? "..." : "");
}

void usage_option(const struct opt_row *row, struct unum_buf *out)
{
    if (row->letter)
        unum_buf_printf(out, "-%c, ", row->letter);
    unum_buf_printf(out, "--%s", row->name);
    if (opt_takes_value(row))
        unum_buf_printf(out, " %s", row->placeholder);
}

void usage_option_help(const struct opt_row *row, struct unum_buf *out)
{
    unum_buf_adds(out, row->help);
    for (size_t i = 0; row->choices && row->choices[i]; i++)
        unum_buf_printf(out, "%s%s", i ? ", " : ": ", row->choices[i]);
    if (row->preset && row->type != OPT_FLAG)
        unum_buf_printf(out, " [%s]", row->preset);
    if (row->env)
        unum_buf_printf(out, " (%s)", row->env);
}

static void option_list(const struct opt_row *rows, bool common, const char *title,
                        struct unum_buf *out)
{
    bool any = false;
    for (const struct opt_row *row = rows; row && row->name; row++) {
        if (row->common != common)
            continue;
        if (!any)
            unum_buf_printf(out, "\n%s:\n", title);
        any = true;
        struct unum_buf UNUM_AUTO_BUF left = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        struct unum_buf UNUM_AUTO_BUF right = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        usage_option(row, &left);
        usage_option_help(row, &right);
        two_columns(out, unum_buf_str(&left), unum_buf_text(&right));
    }
}

static bool has_common(const struct opt_row *rows)
{
    for (; rows && rows->name; rows++) {
        if (rows->common)
            return true;
    }
    return false;
}

static void global_line(const struct command *command, struct unum_buf *out)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_buf_adds(&text, "Everywhere:");
    for (const struct opt_row *row = global_options; row->name; row++) {
        if (command->options && opt_find(command->options, unum_str_from(row->name)))
            continue;
        unum_buf_printf(&text, row == global_options ? " -%c %s" : " ", row->letter,
                        row->placeholder);
        if (row != global_options)
            unum_buf_printf(&text, "--%s", row->name);
        if (row != global_options && row->placeholder)
            unum_buf_printf(&text, "=%s", row->placeholder);
    }
    unum_buf_addc(out, '\n');
    ui_wrap(out, unum_buf_text(&text), 0, 0, WIDTH);
    unum_buf_addc(out, '\n');
}

static void exit_lines(const struct command *command, struct unum_buf *out)
{
    unum_buf_adds(out, "\nExit status:\n");
    const struct command_exit *tables[] = {common_exits, command->exits};
    for (size_t i = 0; i < UNUM_COUNT(tables); i++) {
        for (const struct command_exit *row = tables[i]; row && row->meaning; row++)
            unum_buf_printf(out, "  %-3d  %s\n", row->code, row->meaning);
    }
}

static void example_lines(const struct command *command, struct unum_buf *out)
{
    if (!command->examples)
        return;
    unum_buf_adds(out, "\nExamples:\n");
    for (const struct command_example *row = command->examples; row->command; row++) {
        unum_buf_printf(out, "  %s", row->command);
        size_t used = 2 + ui_width(unum_str_from(row->command));
        if (used + 4 + ui_width(unum_str_from(row->says)) > WIDTH) {
            unum_buf_adds(out, "\n      ");
        } else {
            pad(out, used, used < 34 ? 36 : used + 2);
        }
        unum_buf_printf(out, "%s\n", row->says);
    }
}

void usage_command(const struct command *command, const char *path, bool longer,
                   struct unum_buf *out)
{
    unum_buf_printf(out, "unum %s: %s\nUsage: ", path, command->summary);
    usage_line(command, path, out);
    unum_buf_addc(out, '\n');
    example_lines(command, out);
    if (command->subcommands) {
        unum_buf_adds(out, "\nVerbs:\n");
        for (size_t i = 0; command->subcommands[i]; i++)
            two_columns(out, unum_str_from(command->subcommands[i]->name),
                        command->subcommands[i]->summary);
    }
    for (const struct opt_operand *row = command->operands; row && row->placeholder; row++) {
        if (row == command->operands)
            unum_buf_adds(out, "\nOperands:\n");
        two_columns(out, unum_str_from(row->placeholder), row->help);
    }
    option_list(command->options, true, "Common options", out);
    option_list(command->options, false, has_common(command->options) ? "More options" : "Options",
                out);
    global_line(command, out);
    exit_lines(command, out);
    if (longer && command->about) {
        unum_buf_addc(out, '\n');
        ui_wrap(out, command->about, 0, 0, WIDTH);
        unum_buf_addc(out, '\n');
    }
}

static void option_json(const struct opt_row *row, struct json_writer *w)
{
    static const char *const types[] = {"flag",   "count", "string",   "file",
                                        "choice", "int",   "duration", "list"};
    json_object_begin(w);
    json_key(w, "name");
    json_strings(w, row->name);
    if (row->letter) {
        json_key(w, "letter");
        json_string(w, unum_str_of(&row->letter, 1));
    }
    json_key(w, "type");
    json_strings(w, types[row->type]);
    json_key(w, "help");
    json_strings(w, row->help);
    if (row->choices) {
        json_key(w, "choices");
        json_array_begin(w);
        for (size_t i = 0; row->choices[i]; i++)
            json_strings(w, row->choices[i]);
        json_array_end(w);
    }
    if (row->env) {
        json_key(w, "env");
        json_strings(w, row->env);
    }
    if (row->preset) {
        json_key(w, "default");
        json_strings(w, row->preset);
    }
    json_object_end(w);
}

void usage_json(const struct command *command, const char *path, struct json_writer *w)
{
    struct unum_buf UNUM_AUTO_BUF line = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    usage_line(command, path, &line);
    json_object_begin(w);
    json_key(w, "name");
    json_strings(w, path);
    json_key(w, "summary");
    json_strings(w, command->summary);
    json_key(w, "usage");
    json_string(w, unum_buf_str(&line));
    json_key(w, "options");
    json_array_begin(w);
    for (const struct opt_row *row = command->options; row && row->name; row++)
        option_json(row, w);
    json_array_end(w);
    json_key(w, "examples");
    json_array_begin(w);
    for (const struct command_example *row = command->examples; row && row->command; row++)
        json_strings(w, row->command);
    json_array_end(w);
    json_object_end(w);
}
