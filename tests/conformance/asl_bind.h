/*
 * A case made ready for the local platform: every Task gets a function of the application, answers
 * are put into the form that table_function.c reads, and with `split` an identity Task stands
 * behind every Pass and at the head of every branch, so that machines without a Task cross
 * functions too.
 */
#ifndef UNUM_TESTS_ASL_BIND_H
#define UNUM_TESTS_ASL_BIND_H

#include "asl_case.h"
#include "base/vec.h"

struct asl_bound {
    struct unum_str definition;          /* JSON */
    struct unum_str table;               /* JSON, see table_function.c */
    UNUM_VEC(struct unum_str) functions; /* names */
};

/* Everything but the list lives in `arena`. */
void asl_bind(const struct asl_case *c, bool split, struct unum_arena *arena,
              struct asl_bound *ret);
void asl_bound_done(struct asl_bound *bound);

#endif
