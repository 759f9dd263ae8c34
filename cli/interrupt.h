/*
 * interrupt: Ctrl-C and SIGTERM end the loop of a local platform in an orderly way; the second
 * one ends the program at once (function processes die with it).
 */
#ifndef UNUM_CLI_INTERRUPT_H
#define UNUM_CLI_INTERRUPT_H

#include "local/local.h"

/* NULL: back to the default. */
void interrupt_watch(struct local *local);
/* The same without a platform: the signal is only remembered, for loops that ask for it. */
void interrupt_catch(void);
/* The signal that has arrived, or 0. */
int interrupt_seen(void);

#endif
