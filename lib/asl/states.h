/*
 * states: a state machine of the Amazon States Language, as far as it can be run today: Task, Map
 * and Parallel with plain data flow. Everything lives in the arena given to asl_parse(); texts are
 * views into the document.
 */
#ifndef UNUM_ASL_STATES_H
#define UNUM_ASL_STATES_H

#include "base/arena.h"
#include "base/diag.h"
#include "json/doc.h"

#define ASL_LIMIT_NAME  80 /* characters of a state's name */
#define ASL_LIMIT_DEPTH 16 /* nesting of Map and Parallel */

enum asl_type { ASL_TASK, ASL_MAP, ASL_PARALLEL };

/* A state that another one names. */
struct asl_target {
    struct unum_str name;
    struct unum_span span;
    struct asl_state *state; /* NULL: there is none in this scope (diagnosed) */
};

struct asl_state {
    struct unum_str name;
    struct unum_span span; /* of the name */
    enum asl_type type;
    bool refused; /* of a type that cannot be run (diagnosed); only its targets are known */
    bool end;     /* ends its scope */
    struct asl_state *next;
    size_t id; /* position in the order of the file, nested states behind their parent */
    /* Task */
    size_t function; /* position in asl_functions */
    /* Map */
    struct unum_str items_path; /* "$" by default */
    /* Map: one; Parallel: its branches */
    struct asl_scope *branches;
    size_t branches_len;
    /* while parsing */
    struct asl_target *targets;
    size_t targets_len;
    unsigned char mark;
};

/* The machine itself, the inside of a Map, or a branch of a Parallel. */
struct asl_scope {
    struct unum_span span;
    struct asl_state *start;
    struct asl_state *states; /* in the order of the file */
    size_t len;
    struct asl_state *parent; /* the Map or Parallel; NULL: the machine */
    struct asl_target start_at;
    unsigned depth;
};

struct asl_machine {
    struct asl_scope scope;
    size_t states; /* everywhere; ids are below */
};

/* What a Resource may name. */
struct asl_function {
    struct unum_str name;
    struct unum_span span; /* in the template */
};
struct asl_functions {
    const struct asl_function *at;
    size_t len;
};

/* Check a definition completely and turn it into a model. All problems are reported at once, with
 * places (E04xx, E05xx); the result is NULL if there is an error. Linear in the size of the
 * document. Source of the rules: Amazon States Language (states-language.net/spec.html). */
struct asl_machine *asl_parse(const struct doc *doc, const struct asl_functions *functions,
                              struct unum_arena *arena, struct unum_diags *diags);

/* The last state of a scope: the one that ends it. */
const struct asl_state *asl_scope_end(const struct asl_scope *scope);

#endif
