/*
 * states: a state machine of the Amazon States Language: every type of state and field of its
 * JSONPath dialect. Everything lives in the arena given to asl_parse(); names are views into the
 * document.
 *
 * Fields that are evaluated at run time are kept as they were written: asl_value.json is the value
 * as compact JSON, with numbers and the order of keys untouched, so that the evaluator gets the
 * same bytes from JSON and from YAML.
 */
#ifndef UNUM_ASL_STATES_H
#define UNUM_ASL_STATES_H

#include "base/arena.h"
#include "base/diag.h"
#include "json/doc.h"

#define ASL_LIMIT_NAME    80       /* characters of a state's or a variable's name */
#define ASL_LIMIT_DEPTH   16       /* nesting of Map and Parallel */
#define ASL_LIMIT_LABEL   40       /* characters */
#define ASL_LIMIT_SECONDS 99999999 /* TimeoutSeconds, Seconds, IntervalSeconds, MaxAttempts */
#define ASL_LIMIT_DELAY   31622400 /* MaxDelaySeconds is below */
#define ASL_LIMIT_LITERAL 262144   /* bytes of a value that Step Functions hands on */
#define ASL_FUNCTION_NONE SIZE_MAX

enum asl_type {
    ASL_TASK,
    ASL_MAP,
    ASL_PARALLEL,
    ASL_PASS,
    ASL_CHOICE,
    ASL_WAIT,
    ASL_SUCCEED,
    ASL_FAIL
};

/* Fields with a value for run time; the others have a member of their own in the structs below. */
enum asl_field {
    ASL_NO_FIELD,
    ASL_INPUT_PATH,
    ASL_OUTPUT_PATH,
    ASL_RESULT_PATH,
    ASL_PARAMETERS,
    ASL_RESULT_SELECTOR,
    ASL_ASSIGN,
    ASL_RESULT,
    ASL_SECONDS,
    ASL_SECONDS_PATH,
    ASL_TIMESTAMP,
    ASL_TIMESTAMP_PATH,
    ASL_TIMEOUT_SECONDS,
    ASL_TIMEOUT_SECONDS_PATH,
    ASL_HEARTBEAT_SECONDS,
    ASL_HEARTBEAT_SECONDS_PATH,
    ASL_ERROR,
    ASL_ERROR_PATH,
    ASL_CAUSE,
    ASL_CAUSE_PATH,
    ASL_ITEMS_PATH,
    ASL_ITEM_SELECTOR,
    ASL_MAX_CONCURRENCY,
    ASL_MAX_CONCURRENCY_PATH,
    ASL_TOLERATED_COUNT,
    ASL_TOLERATED_COUNT_PATH,
    ASL_TOLERATED_PERCENTAGE,
    ASL_TOLERATED_PERCENTAGE_PATH,
    ASL_LABEL,
    ASL_RETRY,
    ASL_CATCH,
    ASL_CHOICES,
};

struct asl_value {
    enum asl_field field;
    struct unum_str json;      /* compact, a part of `fields`; "null" where null was written */
    struct unum_str text;      /* decoded, if it is a string; else ptr NULL */
    struct unum_span key_span; /* of the name of the field */
    struct unum_span span;
    size_t offset; /* of json in `fields` */
};

/* A state that another one names. */
struct asl_target {
    struct unum_str name;
    struct unum_span span;
    const char *key;         /* "Next", "Default", "StartAt" */
    struct asl_state *state; /* NULL: there is none in this scope (diagnosed) */
};

struct asl_names {
    struct unum_str *at;
    size_t len;
};

struct asl_retrier {
    struct unum_span span;
    struct asl_names errors;
    uint64_t interval;       /* seconds, 1 by default */
    uint64_t max_attempts;   /* 3 by default; 0: never */
    uint64_t max_delay;      /* seconds; 0: no ceiling */
    struct unum_str backoff; /* JSON number >= 1, "2.0" by default */
    bool jitter;             /* JitterStrategy FULL */
};

struct asl_catcher {
    struct unum_span span;
    struct asl_names errors;
    struct asl_target *target;
};

struct asl_choice {
    struct unum_span span;
    struct unum_str rule; /* JSON: the rule without Next, Assign and Comment */
    struct asl_target *target;
};

struct asl_state {
    struct unum_str name;
    struct unum_span span; /* of the name */
    enum asl_type type;
    bool unknown; /* no known type (diagnosed); only its targets are known */
    bool end;     /* ends its scope: End, Succeed or Fail */
    bool jsonata; /* refused (diagnosed) */
    bool crosses; /* a Task or Wait, or one is inside */
    struct asl_state *next;
    struct asl_state *dflt; /* Choice: Default */
    /* What lib/eval reads: the state's JSON object without Type, Comment, Resource, Next and End of
     * the state itself, QueryLanguage, and what runs inside; "{}" if nothing is left. Targets in
     * Choices, Default and Catch have the names of the definition. */
    struct unum_str fields;
    size_t id; /* position in the order of the file, nested states behind their parent */
    struct asl_value *values; /* see asl_value() */
    size_t values_len;
    struct asl_retrier *retriers;
    size_t retriers_len;
    struct asl_catcher *catchers;
    size_t catchers_len;
    struct asl_choice *choices;
    size_t choices_len;
    /* Task */
    size_t function;           /* position in asl_functions, or ASL_FUNCTION_NONE */
    bool invoke;               /* arn:aws:states:::lambda:invoke: the result is wrapped */
    struct unum_span resource; /* where Resource stands */
    /* Map */
    struct unum_str items_path; /* "$" by default */
    bool distributed;           /* asked for, run as inline */
    /* Map: one; Parallel: its branches */
    struct asl_scope *branches;
    size_t branches_len;
    /* every transition: Next, Default, then those of choices and catchers */
    struct asl_target *targets;
    size_t targets_len;
    /* while parsing */
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
    size_t states;                 /* everywhere; ids are below */
    uint64_t timeout;              /* TimeoutSeconds; 0: none */
    struct unum_span timeout_span; /* of the field's name */
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
 * places (E04xx: it is wrong; E05xx: it is right but not supported yet); the result is NULL if
 * there is an error. Linear in the size of the document.
 *   functions   what Resources name; NULL: there is no template, any function is taken
 * Source of the rules: Amazon States Language (states-language.net/spec.html) and, where it says
 * less, what AWS's ValidateStateMachineDefinition answers. */
struct asl_machine *asl_parse(const struct doc *doc, const struct asl_functions *functions,
                              struct unum_arena *arena, struct unum_diags *diags);

/* The field of a state, or NULL if it is absent. */
const struct asl_value *asl_value(const struct asl_state *state, enum asl_field field);
/* "Task", "Map", ... */
const char *asl_type_name(enum asl_type type);
/* "InputPath", ... */
const char *asl_field_name(enum asl_field field);

#endif
