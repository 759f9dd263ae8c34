/*
 * run_purge: removing the records of finished runs.
 */
#ifndef UNUM_CLI_RUN_PURGE_H
#define UNUM_CLI_RUN_PURGE_H

#include "program.h"

/* `unum runs purge` */
extern const struct command run_purge_command;

#endif
