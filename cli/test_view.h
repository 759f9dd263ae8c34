/*
 * test_view: what a test of a state gave, for people and as JSON.
 */
#ifndef UNUM_CLI_TEST_VIEW_H
#define UNUM_CLI_TEST_VIEW_H

#include "eval/test_state.h"
#include "program.h"

/* With `inspect` also the data between the steps. */
void test_view_json(struct program *p, const struct test_state_result *result, bool inspect);
void test_view_text(struct program *p, const struct test_state_result *result, bool inspect);

#endif
