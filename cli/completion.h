/*
 * completion: scripts for three shells, made from the table of verbs.
 */
#ifndef UNUM_CLI_COMPLETION_H
#define UNUM_CLI_COMPLETION_H

#include "commands.h"

void completion_bash(struct unum_buf *out);
void completion_zsh(struct unum_buf *out);
void completion_fish(struct unum_buf *out);

/* The word `unum __complete` is asked with: "function", or NULL for kinds the shell knows. */
const char *completion_kind(enum opt_complete kind);

/* Calls each(cookie, command, path) for every verb that has no subcommands and for every
 * subcommand, in table order, hidden ones left out. */
void completion_each(void (*each)(void *cookie, const struct command *command, const char *path),
                     void *cookie);

#endif
