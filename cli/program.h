/*
 * program: what every verb gets: streams, global options, the application it works on, and the
 * place where its result goes. Verbs parse nothing and never exit; they call the library, print
 * through `out` and `err`, and return a code.
 */
#ifndef UNUM_CLI_PROGRAM_H
#define UNUM_CLI_PROGRAM_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/log.h"
#include "opt.h"
#include "ui.h"
#include "json/json.h"

enum program_output { OUTPUT_TEXT, OUTPUT_JSON, OUTPUT_JSONL, OUTPUT_SARIF };

struct globals {
    const char *dir;
    const char *debug_file;
    int output; /* enum program_output */
    int colour; /* enum ui_colour */
    bool quiet, debug, help, version;
    int verbose;
    int64_t max_definition; /* bytes of a state machine */
};

struct app;
struct program;

struct command_example {
    const char *command, *says;
};

struct command_exit {
    int code;
    const char *meaning;
};

enum command_needs {
    NEEDS_PROJECT = 1, /* the dispatcher reads unum-template.yaml into program->app */
    STREAMS = 2,       /* --output jsonl is possible */
    CHECKS_FILES = 4,  /* --output sarif is possible */
};

/* One verb. Everything a person can read about it is generated from here. */
struct command {
    const char *name;
    const char *summary; /* for lists: a phrase without full stop */
    const char *about;   /* paragraphs separated by an empty line */
    const struct opt_row *options;
    size_t args_size; /* of the struct the rows point into */
    const struct opt_operand *operands;
    const struct command_example *examples;   /* ended by a NULL command */
    const struct command_exit *exits;         /* beside 0, 1, 2; ended by a NULL meaning */
    const struct command *const *subcommands; /* NULL-terminated; then `run` is NULL */
    unsigned needs;
    int (*run)(struct program *p, const void *args, struct unum_err *err);
};

struct program {
    const char *name; /* "unum", or what it is called by */
    struct globals global;
    struct ui out, err;
    const struct command *command;
    char *path;       /* "local start"; owned, NULL before a verb is known */
    char *verb_usage; /* owned: the command that prints help for it */
    struct opt_values operands;
    struct unum_arena arena;
    struct unum_diags diags;
    struct unum_log log;    /* with --debug: lines on standard error; else drops everything */
    int debug_fd;           /* of --debug-file; 0: none */
    struct app *app;        /* NEEDS_PROJECT */
    struct unum_buf result; /* with --output json: the verb's JSON value */
};

/* The row of the option that names the application: `field` of the verb's arguments. */
/* NOLINTBEGIN(bugprone-macro-parentheses): types and members take no parentheses. */
#define TEMPLATE_OPTION(args_type, field)                                                          \
    {                                                                                              \
        .letter = 't', .name = "template", .placeholder = "FILE",                                  \
        .help = "application; without it unum-template.yaml here or above", .type = OPT_FILE,      \
        .at = offsetof(args_type, field), .env = "UNUM_TEMPLATE"                                   \
    }
/* The rows of the options that program_payload() reads. */
#define PAYLOAD_OPTIONS(args_type, data_field, file_field)                                         \
    {.letter = 'd',                                                                                \
     .name = "data",                                                                               \
     .placeholder = "JSON",                                                                        \
     .help = "the input: JSON, @FILE, or - for standard input; without it null",                   \
     .type = OPT_STRING,                                                                           \
     .at = offsetof(args_type, data_field),                                                        \
     .common = true},                                                                              \
    {                                                                                              \
        .letter = 'f', .name = "file", .placeholder = "FILE", .help = "the input from a file",     \
        .type = OPT_FILE, .at = offsetof(args_type, file_field), .common = true                    \
    }
/* NOLINTEND(bugprone-macro-parentheses) */
/* The operand that names a run. */
#define RUN_OPERAND                                                                                \
    {                                                                                              \
        .placeholder = "SESSION",                                                                  \
        .help = "the run; without it the last one started from this folder", .optional = true,     \
        .complete = OPT_COMPLETE_SESSION                                                           \
    }

/* The i-th operand, or NULL. */
const char *program_operand(const struct program *p, size_t i);
bool program_json(const struct program *p); /* the result goes into the envelope */

/* The folder this program is installed in (the one above bin); owned. */
UNUM_CHECKED int program_prefix(char **ret, struct unum_err *err);

/* Read an application into p->app; `template` as given by -t, NULL: unum-template.yaml here or in
 * the nearest folder above. Diagnostics are collected and turned into INVALID_FILE. */
UNUM_CHECKED int program_open_project(struct program *p, const char *template,
                                      struct unum_err *err);
/* Where the template would be found; owned. NOTFOUND with a way out. */
UNUM_CHECKED int program_find_template(const char *template, char **ret, struct unum_err *err);
/* INVALID_FILE with a count if diagnostics hold an error, else 0. */
UNUM_CHECKED int program_check_diags(struct program *p, struct unum_err *err);

/* A payload as given by -d or -f: text, @file, "-" for stdin; "null" if neither is given. The
 * result is checked JSON. */
UNUM_CHECKED int program_payload(const char *data, const char *file, struct unum_buf *text,
                                 struct unum_str *ret, struct unum_err *err);

#endif
