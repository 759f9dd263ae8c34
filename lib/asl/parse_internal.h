/* What the parts of the parser share. */
#ifndef UNUM_ASL_PARSE_INTERNAL_H
#define UNUM_ASL_PARSE_INTERNAL_H

#include "asl/states.h"
#include "base/map.h"

struct asl_parser {
    struct unum_arena *arena;
    struct unum_diags *diags;
    const struct asl_functions *functions;
    struct unum_map by_function; /* -> size_t, position in functions */
    bool *used;                  /* per function */
    struct unum_map names;       /* every state -> struct asl_state */
    size_t states;
};

/* ---- field.c: what fields there are ---- */

/* Where a field may stand: one bit per type of state and kind of object. */
enum asl_place {
    ASL_AT_TASK = 1 << 0,
    ASL_AT_MAP = 1 << 1,
    ASL_AT_PARALLEL = 1 << 2,
    ASL_AT_PASS = 1 << 3,
    ASL_AT_CHOICE = 1 << 4,
    ASL_AT_WAIT = 1 << 5,
    ASL_AT_SUCCEED = 1 << 6,
    ASL_AT_FAIL = 1 << 7,
    ASL_AT_MACHINE = 1 << 8,
    ASL_AT_BRANCH = 1 << 9,     /* of a Parallel, or Iterator */
    ASL_AT_PROCESSOR = 1 << 10, /* ItemProcessor */
    ASL_AT_CONFIG = 1 << 11,    /* ProcessorConfig */
};

struct asl_type_row {
    const char *name;
    enum asl_place place;
    bool runs;
    enum asl_type type;     /* if it runs */
    enum unum_code refusal; /* if not */
    const char *instead;
};

/* NULL after a diagnostic. */
const struct asl_type_row *asl_type_of(struct asl_parser *p, const struct doc *state,
                                       struct unum_str name);
/* Every member of `object` is a field that can be used there; a diagnostic for each that is not. */
void asl_check_fields(struct asl_parser *p, const struct doc *object, enum asl_place place);
/* "a Task state", "an ItemProcessor", ... */
const char *asl_place_name(enum asl_place place);

/* Typed access; a diagnostic and ptr NULL / NULL if the type is wrong or a required one is absent.
 */
struct unum_str asl_text(struct asl_parser *p, const struct doc *object, const char *key,
                         bool required);
const struct doc *asl_object(struct asl_parser *p, const struct doc *object, const char *key);
const struct doc *asl_list(struct asl_parser *p, const struct doc *object, const char *key);
void asl_missing(struct asl_parser *p, const struct doc *object, enum asl_place place,
                 const char *key);
/* Comment, QueryLanguage, Version: no meaning, but not anything. */
void asl_check_remarks(struct asl_parser *p, const struct doc *object);

/* The first character of an object: the place of what is missing. */
struct unum_span asl_first(struct unum_span span);

/* ---- resource.c ---- */

void asl_resource(struct asl_parser *p, const struct doc *state, struct asl_state *ret);
void asl_unused_functions(struct asl_parser *p);

/* ---- flow.c ---- */

/* Targets, reachability and ends of one scope. */
void asl_check_flow(struct asl_parser *p, struct asl_scope *scope);

#endif
