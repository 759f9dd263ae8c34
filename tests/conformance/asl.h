/* What the halves of the asl driver share. */
#ifndef UNUM_TESTS_ASL_H
#define UNUM_TESTS_ASL_H

#include "base/str.h"

struct asl_tally {
    size_t passed, failed, refused, explained;
    bool verbose, workflow;
};

void asl_fail(struct asl_tally *tally, const char *id, const char *what, struct unum_str expected,
              struct unum_str got);
/* A case was refused; a failure unless that was expected. */
void asl_refuse(struct asl_tally *tally, const char *id, bool expected, const char *why);
/* A test of one state (checked JSON of the case). */
void asl_run_test_state(struct asl_tally *tally, const char *id, struct unum_str line);
/* A definition and what others say of it (a line of JSON). */
void asl_run_verdict(struct asl_tally *tally, struct unum_str line);

#endif
