/*
 * envelope: how a verb ends: diagnostics and one error for a person on standard error, or one
 * JSON object on standard output:
 *   {"schemaVersion":1,"ok":true,"command":"build","result":...,"warnings":[...]}
 *   {"schemaVersion":1,"ok":false,"command":"build",
 *    "error":{"code":"NOTFOUND","message":...,"help":...,"diagnostics":[...]},"result":...}
 * Fields are only ever added.
 */
#ifndef UNUM_CLI_ENVELOPE_H
#define UNUM_CLI_ENVELOPE_H

#include "program.h"

/* Print what there is to say about `rc` and return the exit code of the program. */
int envelope_finish(struct program *p, int rc, const struct unum_err *err);

#endif
