/*
 * emulator: what runs a bundle that was made for another architecture than this machine's.
 */
#ifndef UNUM_LOCAL_EMULATOR_H
#define UNUM_LOCAL_EMULATOR_H

#include "base/proc.h"

/* As unum_proc_start() of `program` alone, through QEMU's user-mode emulator if the program is for
 * another machine. UNSUPPORTED: that is not installed. */
UNUM_CHECKED int emulator_start(const char *program, const struct unum_proc_spec *spec,
                                pid_t *ret_pid, struct unum_err *err);

#endif
