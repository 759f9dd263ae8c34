/*
 * A case of the asl driver: a machine, its input, what its Tasks answer and what has to come out;
 * and what came out of one of the ways to run it.
 *
 * `tasks` is a list of answers, taken in this order. Each has "state" and "result", and may have
 *   scheduled.input       or scheduled.parameters: the input the answer belongs to
 *   input                 the same
 *   attempt               counted from 0: only to this attempt
 *   always: true          is not used up
 * and a result is
 *   output: VALUE         what the Task gives (of lambda:invoke: all of it)
 *   error, cause          how it fails
 *   wrap: NAME            {NAME: input}
 *   hang: true            it never answers
 * A Task without an answer gives its input.
 */
#ifndef UNUM_TESTS_ASL_CASE_H
#define UNUM_TESTS_ASL_CASE_H

#include "base/arena.h"
#include "json/json.h"

struct asl_case {
    const char *id;
    struct unum_str json; /* all of it, checked */
    struct unum_str definition, input, tasks, expected;
    bool placeholders; /* "<...>" stands for anything in `expected` */
    bool aborted;      /* from outside, at the first wait */
};

struct asl_run {
    int rc;                 /* negative: it could not be run; `problem` says why */
    bool refused;           /* the definition asks for what is not there; `problem` says what */
    struct unum_str status; /* "SUCCEEDED", "FAILED", ... */
    struct unum_str output; /* JSON; SUCCEEDED */
    struct unum_str error, cause;
    bool by_fail;            /* a Fail state said so */
    bool broken_off;         /* some Task was not run: its input is wrong, or its scope failed */
    struct unum_str problem; /* for people */
};

/* The parts of a case; views of `json`. */
void asl_case_read(struct unum_str json, struct unum_arena *arena, struct asl_case *ret);
struct unum_str case_member(struct unum_str object, const char *key); /* "null" if there is none */
bool case_list_has(struct unum_str list, const char *text);

/* The input an answer belongs to; ptr NULL: to any. */
struct unum_str case_answer_input(struct unum_str entry);

/* Run it with the interpreter of lib/eval; `tie` as in machine_options. */
void asl_evaluate(const struct asl_case *c, uint64_t tie, struct unum_arena *arena,
                  struct asl_run *ret);

#endif
