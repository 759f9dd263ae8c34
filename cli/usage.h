/*
 * usage: what a person reads about a verb, made from its rows. 80 columns.
 */
#ifndef UNUM_CLI_USAGE_H
#define UNUM_CLI_USAGE_H

#include "commands.h"

/* `unum`: the journey. `unum --help`: all verbs. */
void usage_journey(struct unum_buf *out);
void usage_overview(struct unum_buf *out);
/* `path` is the verb as typed, "local start". `longer` adds the description (unum help VERB). */
void usage_command(const struct command *command, const char *path, bool longer,
                   struct unum_buf *out);
/* The same as JSON: {name, summary, usage, options: [...], ...}. */
void usage_json(const struct command *command, const char *path, struct json_writer *w);
/* "unum build [OPTIONS]" */
void usage_line(const struct command *command, const char *path, struct unum_buf *out);
/* "-t, --template FILE" */
void usage_option(const struct opt_row *row, struct unum_buf *out);
/* The row's sentence with choices, range, preset and variable behind it. */
void usage_option_help(const struct opt_row *row, struct unum_buf *out);

#endif
