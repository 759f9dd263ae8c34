#include "man.h"

#include <ctype.h>
#include <string.h>

#include "base/limits.h"

/* The date of the pages; changed with the version. */
#define MAN_DATE "November 21, 2026"

/* Text into a line of roff: no line may begin with a control character, backslashes are escaped. */
static void add_text(struct unum_buf *out, const char *text, bool at_start)
{
    for (; *text; text++) {
        if (at_start && (*text == '.' || *text == '\''))
            unum_buf_adds(out, "\\&");
        at_start = *text == '\n';
        if (*text == '\\')
            unum_buf_adds(out, "\\e");
        else if (*text == '-')
            unum_buf_adds(out, "\\-");
        else if (*text == '`')
            unum_buf_adds(out, "\\(ga");
        else if (*text == '"')
            unum_buf_adds(out, "\\(dq");
        else
            unum_buf_addc(out, *text);
    }
}

/* One sentence a line, which is how roff finds the ends of sentences. */
static void add_prose(struct unum_buf *out, const char *text)
{
    bool at_start = true;
    while (*text) {
        if (strncmp(text, "\n\n", 2) == 0) {
            unum_buf_adds(out, "\n.Pp\n");
            text += 2;
            at_start = true;
            continue;
        }
        char one[2] = {*text, 0};
        if (text[0] == '.' && text[1] == ' ' && isupper((unsigned char)text[2])) {
            unum_buf_adds(out, ".\n");
            text += 2;
            at_start = true;
            continue;
        }
        add_text(out, one, at_start);
        at_start = false;
        text++;
    }
    unum_buf_addc(out, '\n');
}

static void add_head(struct unum_buf *out, const char *title, const char *name, const char *summary)
{
    unum_buf_adds(out, ".\\\" Made from the table of verbs; do not edit.\n.Dd " MAN_DATE "\n.Dt ");
    for (const char *at = title; *at; at++)
        unum_buf_addc(out, (char)toupper((unsigned char)*at));
    unum_buf_printf(out, " 1\n.Os unum %s\n.Sh NAME\n.Nm %s\n.Nd ", UNUM_VERSION, name);
    add_text(out, summary, false);
    unum_buf_addc(out, '\n');
}

/* .Fl t , Fl \-template Ar FILE */
static void add_flag(struct unum_buf *out, const struct opt_row *row)
{
    unum_buf_adds(out, ".It");
    if (row->letter)
        unum_buf_printf(out, " Fl %c ,", row->letter);
    unum_buf_adds(out, " Fl \\-");
    add_text(out, row->name, false);
    if (opt_takes_value(row))
        unum_buf_printf(out, " Ar %s", row->placeholder);
    unum_buf_addc(out, '\n');
}

static void add_option_text(struct unum_buf *out, const struct opt_row *row)
{
    struct unum_buf UNUM_AUTO_BUF sentence = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_buf_adds(&sentence, row->help);
    if (sentence.len)
        sentence.ptr[0] = (char)toupper((unsigned char)sentence.ptr[0]);
    for (size_t i = 0; row->choices && row->choices[i]; i++)
        unum_buf_printf(&sentence, "%s%s", i ? ", " : ": ", row->choices[i]);
    unum_buf_addc(&sentence, '.');
    add_text(out, unum_buf_text(&sentence), true);
    unum_buf_addc(out, '\n');
    if (row->preset && row->type != OPT_FLAG) {
        unum_buf_adds(out, "The default is ");
        add_text(out, row->preset, false);
        unum_buf_adds(out, ".\n");
    }
    if (row->env)
        unum_buf_printf(out, "The environment variable\n.Ev %s\nsays the same.\n", row->env);
}

static void add_options(struct unum_buf *out, const struct opt_row *rows)
{
    unum_buf_adds(out, ".Bl -tag -width Ds\n");
    for (; rows->name; rows++) {
        add_flag(out, rows);
        add_option_text(out, rows);
    }
    unum_buf_adds(out, ".El\n");
}

static void add_synopsis(struct unum_buf *out, const struct command *command, const char *path)
{
    unum_buf_printf(out, ".Nm unum %s\n", path);
    for (const struct opt_row *row = command->options; row && row->name; row++) {
        unum_buf_adds(out, ".Op Fl ");
        if (row->letter)
            unum_buf_addc(out, row->letter);
        else
            unum_buf_adds(out, "\\-");
        if (!row->letter)
            add_text(out, row->name, false);
        if (opt_takes_value(row))
            unum_buf_printf(out, " Ar %s", row->placeholder);
        unum_buf_addc(out, '\n');
    }
    for (const struct opt_operand *row = command->operands; row && row->placeholder; row++)
        unum_buf_printf(out, row->optional ? ".Op Ar %s%s\n" : ".Ar %s%s\n", row->placeholder,
                        row->repeated ? " ..." : "");
}

static void add_body(struct unum_buf *out, const struct command *command)
{
    if (command->about)
        add_prose(out, command->about);
    if (command->operands && command->operands->placeholder) {
        unum_buf_adds(out, ".Pp\nThe operands are:\n.Bl -tag -width Ds\n");
        for (const struct opt_operand *row = command->operands; row->placeholder; row++) {
            unum_buf_printf(out, ".It Ar %s\n", row->placeholder);
            add_text(out, row->help, true);
            unum_buf_adds(out, ".\n");
        }
        unum_buf_adds(out, ".El\n");
    }
    if (command->options && command->options->name) {
        unum_buf_adds(out, ".Pp\nThe options are:\n");
        add_options(out, command->options);
    }
}

static void add_exits(struct unum_buf *out, const struct command *command)
{
    const struct command_exit *tables[] = {common_exits, command->exits};
    unum_buf_adds(out, ".Bl -tag -width Ds\n");
    for (size_t i = 0; i < UNUM_COUNT(tables); i++) {
        for (const struct command_exit *row = tables[i]; row && row->meaning; row++) {
            unum_buf_printf(out, ".It %d\n", row->code);
            add_text(out, row->meaning, true);
            unum_buf_adds(out, ".\n");
        }
    }
    unum_buf_adds(out, ".El\n");
}

static void add_examples(struct unum_buf *out, const struct command *command)
{
    for (const struct command_example *row = command->examples; row && row->command; row++) {
        add_text(out, row->says, true);
        unum_buf_adds(out, ":\n.Pp\n.Dl ");
        add_text(out, row->command, false);
        unum_buf_adds(out, "\n.Pp\n");
    }
    /* A paragraph break before the next section would be left over. */
    if (unum_str_ends(unum_buf_str(out), UNUM_STR(".Pp\n")))
        unum_buf_truncate(out, out->len - 4);
}

void man_verb(const struct command *command, struct unum_buf *out)
{
    struct unum_buf UNUM_AUTO_BUF title = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    unum_buf_printf(&title, "unum-%s", command->name);
    add_head(out, unum_buf_text(&title), unum_buf_text(&title), command->summary);
    unum_buf_adds(out, ".Sh SYNOPSIS\n");
    const struct command *const *subs = command->subcommands;
    for (size_t i = 0; subs && subs[i]; i++) {
        struct unum_buf UNUM_AUTO_BUF path = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
        unum_buf_printf(&path, "%s %s", command->name, subs[i]->name);
        add_synopsis(out, subs[i], unum_buf_text(&path));
    }
    if (!subs)
        add_synopsis(out, command, command->name);
    unum_buf_adds(out, ".Sh DESCRIPTION\n");
    add_body(out, command);
    for (size_t i = 0; subs && subs[i]; i++) {
        unum_buf_printf(out, ".Ss unum %s %s\n", command->name, subs[i]->name);
        add_body(out, subs[i]);
    }
    unum_buf_adds(out, ".Pp\nThe options of\n.Xr unum 1\nare accepted too.\n.Sh EXIT STATUS\n");
    for (size_t i = 0; subs && subs[i]; i++) {
        unum_buf_printf(out, ".Ss unum %s %s\n", command->name, subs[i]->name);
        add_exits(out, subs[i]);
    }
    if (!subs)
        add_exits(out, command);
    unum_buf_adds(out, ".Sh EXAMPLES\n");
    for (size_t i = 0; subs && subs[i]; i++) {
        if (i)
            unum_buf_adds(out, ".Pp\n");
        add_examples(out, subs[i]);
    }
    if (!subs)
        add_examples(out, command);
    unum_buf_adds(out, ".Sh SEE ALSO\n.Xr unum 1 ,\n.Xr unum-template 5\n");
}

static const char overview_text[] =
    "compiles, builds and runs serverless workflows whose functions are written in C. "
    "A state machine is translated into a small piece of orchestration for every function; the "
    "functions start each other and keep their results in a key-value store, so that nothing "
    "stands above them at run time.";

/* All verbs in the order of the alphabet. */
static void add_references(struct unum_buf *out)
{
    const char *last = "";
    for (;;) {
        const char *next = NULL;
        for (const struct command_row *row = commands; row->command; row++) {
            const char *name = row->command->name;
            if (row->group != GROUP_HIDDEN && strcmp(name, last) > 0 &&
                (!next || strcmp(name, next) < 0))
                next = name;
        }
        if (!next)
            return;
        unum_buf_printf(out, ".Xr unum-%s 1 ,\n", next);
        last = next;
    }
}

void man_overview(struct unum_buf *out)
{
    add_head(out, "unum", "unum", "serverless workflows in C, without an orchestrator");
    unum_buf_adds(out, ".Sh SYNOPSIS\n.Nm unum\n.Op Ar OPTIONS\n.Ar VERB\n.Op Ar OPERANDS\n"
                       ".Sh DESCRIPTION\n.Nm\n");
    add_prose(out, overview_text);
    unum_buf_adds(out, ".Pp\nThe program answers to the name\n.Nm unum-cli\ntoo.\n");
    int group = -1;
    for (const struct command_row *row = commands; row->command; row++) {
        if (row->group == GROUP_HIDDEN)
            continue;
        if ((int)row->group != group)
            unum_buf_printf(out, "%s.Ss %s\n.Bl -tag -width Ds\n", group >= 0 ? ".El\n" : "",
                            command_group_titles[row->group]);
        group = (int)row->group;
        unum_buf_printf(out, ".It Xr unum-%s 1\n", row->command->name);
        add_text(out, row->command->summary, true);
        unum_buf_adds(out, ".\n");
    }
    unum_buf_adds(out, ".El\n.Ss Options of every verb\n");
    add_options(out, global_options);
    unum_buf_adds(
        out, ".Sh OUTPUT\n"
             "Results are written to standard output, everything else to standard error.\n"
             "With\n.Fl \\-output Ar json\nthe result is one object:\n"
             ".Bd -literal -offset indent\n"
             "{\"schemaVersion\":1,\"ok\":true,\"command\":\"build\",\"result\":...}\n"
             "{\"schemaVersion\":1,\"ok\":false,\"command\":\"build\",\"error\":\n"
             "  {\"code\":...,\"message\":...,\"help\":...,\"diagnostics\":[...]}}\n"
             ".Ed\n.Pp\n"
             "Fields are only ever added.\n"
             "Messages about a place in a file carry a code that\n.Xr unum-explain 1\nexplains.\n"
             ".Sh ENVIRONMENT\n.Bl -tag -width Ds\n"
             ".It Ev NO_COLOR\nNo colours, whatever its value.\n"
             ".It Ev CLICOLOR_FORCE\nColours even if the output is no terminal.\n"
             ".El\n.Pp\n"
             "Options that name a variable are read from it unless they are given.\n"
             ".Sh FILES\n.Bl -tag -width Ds\n"
             ".It Pa unum-template.yaml\nThe application, see\n.Xr unum-template 5 .\n"
             ".It Pa .unum/ir\nThe compiled IR, see\n.Xr unum-ir 5 .\n"
             ".It Pa .unum/build\nThe bundles.\n"
             ".It Pa .unum/local.db\nWhat has been run on this machine; an SQLite file.\n"
             ".It Pa .unum/local.json\nWhere the local platform of this folder listens.\n"
             ".El\n.Sh EXIT STATUS\n.Bl -tag -width Ds\n"
             ".It 0\nWhat was asked for has happened.\n"
             ".It 1\nError.\n.It 2\nThe command line is wrong.\n"
             ".It 3\nThe workflow or a function failed.\n"
             ".It 4\nCredentials or permissions.\n.It 5\nConflict, in use, in progress.\n"
             ".It 6\nTimeout; it is still running.\n.It 7\nValidation failed.\n"
             ".It 8\nThe deployment failed and was rolled back.\n.It 130\nInterrupted.\n.El\n"
             ".Sh SEE ALSO\n");
    add_references(out);
    unum_buf_adds(out, ".Xr unum 3 ,\n.Xr unum-ir 5 ,\n.Xr unum-template 5 ,\n"
                       ".Xr unum-guarantees 7 ,\n.Xr unum-runtime 7\n");
}
