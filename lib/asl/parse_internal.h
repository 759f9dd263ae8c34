/* What the parts of the parser share. */
#ifndef UNUM_ASL_PARSE_INTERNAL_H
#define UNUM_ASL_PARSE_INTERNAL_H

#include "asl/states.h"
#include "base/map.h"

struct asl_field_row;

struct asl_parser {
    struct unum_arena *arena;
    struct unum_diags *diags;
    const struct asl_functions *functions; /* NULL: any */
    struct unum_map by_function;           /* -> size_t, position in functions */
    bool *used;                            /* per function */
    struct unum_map names;                 /* every state -> struct asl_state */
    struct unum_map labels;                /* of Maps */
    struct unum_buf text;                  /* JSON of one value */
    const struct asl_field_row **rows;     /* by name */
    size_t states;
    bool jsonata; /* of the machine */
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
    ASL_AT_BRANCH = 1 << 9,     /* of a Parallel */
    ASL_AT_PROCESSOR = 1 << 10, /* ItemProcessor, Iterator */
    ASL_AT_CONFIG = 1 << 11,    /* ProcessorConfig */
    ASL_AT_RETRIER = 1 << 12,
    ASL_AT_CATCHER = 1 << 13,
    ASL_AT_RULE = 1 << 14,   /* of Choices */
    ASL_AT_NESTED = 1 << 15, /* a rule inside of And, Or, Not */
};

/* How the value of a field is checked. */
enum asl_check {
    CHECK_ELSEWHERE, /* by whoever reads the field */
    CHECK_TEXT,
    CHECK_ANY,
    CHECK_PATH,        /* a path or null */
    CHECK_READ,        /* a path */
    CHECK_REFERENCE,   /* a Reference Path */
    CHECK_RESULT_PATH, /* a Reference Path of the input, or null */
    CHECK_TEXT_PATH,   /* a path or an intrinsic call */
    CHECK_TEMPLATE,
    CHECK_ASSIGN,
    CHECK_SECONDS, /* a whole number from 1 */
    CHECK_COUNT,   /* a whole number from 0 */
    CHECK_PERCENTAGE,
    CHECK_TIMESTAMP,
    CHECK_LABEL,
    CHECK_OBJECT,
};

enum asl_dialect { DIALECT_BOTH, DIALECT_JSONPATH, DIALECT_JSONATA };

struct asl_field_row {
    const char *name;
    unsigned where;
    enum asl_check check;
    enum asl_dialect dialect;
    enum asl_field field;
    enum unum_code refusal; /* not supported yet; NONE: supported */
    const char *instead;    /* then: what to do */
};

struct asl_type_row {
    const char *name;
    enum asl_place place;
    enum asl_type type;
};

/* NULL after a diagnostic. */
const struct asl_type_row *asl_type_of(struct asl_parser *p, const struct doc *state,
                                       struct unum_str name);
void asl_index_fields(struct asl_parser *p);
/* Every member of `object` is a field that can be used there; a diagnostic for each that is not.
 * Values with a check of their own are checked; those with a name in enum asl_field are added to
 * `state` if there is one. */
void asl_check_fields(struct asl_parser *p, const struct doc *object, enum asl_place place,
                      bool jsonata, struct asl_state *state);
/* "a Task state", "an ItemProcessor", ... */
const char *asl_place_name(enum asl_place place);
/* At most one of two fields. */
void asl_exclude(struct asl_parser *p, const struct doc *object, const char *one, const char *two);

/* Typed access; a diagnostic and ptr NULL / NULL if the type is wrong or a required one is absent.
 */
struct unum_str asl_text(struct asl_parser *p, const struct doc *object, const char *key,
                         bool required);
const struct doc *asl_object(struct asl_parser *p, const struct doc *object, const char *key);
const struct doc *asl_list(struct asl_parser *p, const struct doc *object, const char *key);
void asl_missing(struct asl_parser *p, const struct doc *object, enum asl_place place,
                 const char *key);
/* "it is a number, not a string" */
void asl_wrong_kind(struct asl_parser *p, const struct doc *value, const char *key,
                    const char *wanted);
/* Version and QueryLanguage of a machine, branch or state. True: it says JSONata. */
void asl_check_version(struct asl_parser *p, const struct doc *object);
bool asl_query_language(struct asl_parser *p, const struct doc *object, bool inherited,
                        bool machine);

/* The first character of an object or array, all of anything else: the place of what is wrong
 * with the value. */
struct unum_span asl_at(const struct doc *value);
struct unum_span asl_first(struct unum_span span);
/* The character at `offset` of a decoded string, if it is written as it is; else all of it. */
struct unum_span asl_inside(const struct doc *string, size_t offset);
/* Would nobody see another diagnostic? Then nothing expensive is done for it. */
bool asl_muted(const struct asl_parser *p);

/* ---- value.c: values of fields ---- */

/* Check the value of a field; true if it is right. */
bool asl_check_value(struct asl_parser *p, const struct asl_field_row *row,
                     const struct doc_member *member, bool jsonata);
/* The value as compact JSON in the arena. */
struct unum_str asl_json(struct asl_parser *p, const struct doc *value);
void asl_keep(struct asl_state *state, enum asl_field field, const struct doc_member *member);
/* Make `fields`, and the JSON of what was kept. */
void asl_write_fields(struct asl_parser *p, const struct doc *doc, struct asl_state *state);
/* A whole number between the two; 0 digits behind the point and exponents are fine. */
bool asl_whole(const struct doc *value, int64_t least, int64_t most, int64_t *ret);
bool asl_is_timestamp(struct unum_str text);
/* JSONata: "{% ... %}" */
bool asl_is_jsonata(const struct doc *value);

/* ---- expression.c: paths, intrinsic calls and payload templates ---- */

enum asl_path_kind {
    PATH_ANY,       /* may name several places; input, context object or variable */
    PATH_REFERENCE, /* names one place */
    PATH_INPUT,     /* names one place of the input */
};
bool asl_check_path(struct asl_parser *p, const struct doc *string, const char *key,
                    enum asl_path_kind kind);
bool asl_check_call(struct asl_parser *p, const struct doc *string, const char *key);
/* Does a text look like a path or an intrinsic call? */
bool asl_looks_evaluated(struct unum_str text);
bool asl_looks_called(struct unum_str text);
/* Checks "key.$" fields at any depth. */
bool asl_check_template(struct asl_parser *p, const struct doc *value, const char *key);
bool asl_check_assign(struct asl_parser *p, const struct doc *value);
/* A text where a path does not work: a warning if it looks like one. */
void asl_warn_static(struct asl_parser *p, const struct doc *value, const char *key);

/* ---- handler.c: Retry and Catch; choice.c: Choices ---- */

struct asl_target *asl_add_target(struct asl_state *state, const struct doc *at, const char *key);
void asl_parse_retry(struct asl_parser *p, const struct doc *state, struct asl_state *ret);
void asl_parse_catch(struct asl_parser *p, const struct doc *state, struct asl_state *ret);
void asl_parse_choices(struct asl_parser *p, const struct doc *state, struct asl_state *ret);

/* ---- resource.c ---- */

void asl_resource(struct asl_parser *p, const struct doc *state, struct asl_state *ret);
void asl_unused_functions(struct asl_parser *p);

/* ---- flow.c ---- */

/* Targets, reachability and ends of one scope. */
void asl_check_flow(struct asl_parser *p, struct asl_scope *scope);

#endif
