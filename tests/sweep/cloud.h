/*
 * cloud: what is in the emulated account of a platform of this process, as text that can be
 * compared, and things of somebody else in it, which nothing of ours may touch.
 */
#ifndef TESTS_SWEEP_CLOUD_H
#define TESTS_SWEEP_CLOUD_H

#include "base/buf.h"
#include "local/local.h"

struct cloud;
/* Looks through the platform's own door, without a socket. */
UNUM_CHECKED int cloud_open(struct local *local, struct cloud **ret, struct unum_err *err);
void cloud_close(struct cloud *cloud);

/* Append a line for everything there is, sorted: stacks with their status, resources and change
 * sets, buckets with objects and unfinished uploads, functions with the hash of their code and
 * their tags, roles, log groups, tables. Nothing that differs from run to run. */
UNUM_CHECKED int cloud_look(struct cloud *cloud, struct unum_buf *out, struct unum_err *err);

/* A bucket, an object, an unfinished upload, a function with the code of `zip`, a role, a log
 * group, a table and a stack whose names are close to those of the application `app`. */
UNUM_CHECKED int cloud_add_strangers(struct cloud *cloud, const char *app, const char *zip,
                                     struct unum_err *err);

/* The first lines that only one of two looks has: "+ line" of `now`, "- line" of `before`; false if
 * they are the same. */
bool cloud_differs(struct unum_str before, struct unum_str now, struct unum_buf *out);

#endif
