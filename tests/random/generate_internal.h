/* What the parts of the generator share. */
#ifndef UNUM_TESTS_RANDOM_GENERATE_INTERNAL_H
#define UNUM_TESTS_RANDOM_GENERATE_INTERNAL_H

#include "base/rand.h"
#include "base/vec.h"
#include "generate.h"
#include "json/json.h"

/* What is known of the data at some point of a machine. */
struct shape {
    bool list;        /* they are a list */
    bool object;      /* it has the members of generate_input() */
    unsigned results; /* "$.r0" ... "$.r<results-1>" have been there on the way here */
};

struct generator {
    struct generate_options options;
    struct unum_prng prng;
    struct unum_arena *arena;
    struct json_writer w;
    struct unum_buf tasks; /* members of the list */
    unsigned names;
    unsigned results;
    unsigned budget; /* states that may still be made */
    bool in_map;
    bool in_task;                  /* the fields being written belong to a Task */
    struct unum_str variables[16]; /* that can be read here */
    unsigned variables_len;
};

/* true in `of` cases out of 100. */
bool generate_chance(struct generator *g, unsigned of);
unsigned generate_below(struct generator *g, unsigned bound);
struct unum_str generate_name(struct generator *g, const char *prefix);

/* ---- generate_data.c ---- */

/* The input of a machine: members a (number), b (text), c (list), d (object), t (true), n (null).
 */
void generate_input(struct generator *g, struct json_writer *w);
/* Some small JSON value. */
void generate_value(struct generator *g, struct json_writer *w, unsigned depth);
/* One that Tasks are told apart by. */
struct unum_str generate_scalar(struct generator *g);
/* A path into the data, the context object or a variable. */
struct unum_str generate_path(struct generator *g, const struct shape *shape);
/* A path that names at most one place of the data. */
struct unum_str generate_reference(struct generator *g, const struct shape *shape);
/* A path or an intrinsic call. */
struct unum_str generate_expression(struct generator *g, const struct shape *shape);
/* A payload template. */
void generate_template(struct generator *g, const struct shape *shape);
/* The members of a rule of a Choice but Next. */
void generate_rule(struct generator *g, const struct shape *shape, unsigned depth);

#endif
