/*
 * man: manual pages of the program and its verbs in mdoc(7), made from the table of verbs.
 */
#ifndef UNUM_CLI_MAN_H
#define UNUM_CLI_MAN_H

#include "commands.h"

/* unum.1 */
void man_overview(struct unum_buf *out);
/* unum-<verb>.1; subcommands are part of their verb's page. */
void man_verb(const struct command *command, struct unum_buf *out);

#endif
