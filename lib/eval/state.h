/*
 * state: what one state of the Amazon States Language does with data, in the JSONPath dialect.
 * Pure: no clock, no chance, no network but what is passed in. Values are checked JSON slices; what
 * a state does not reach into passes through untouched.
 *
 * `fields` is the JSON object of the state, as it stands in the definition (keys that say nothing
 * about data are ignored); ptr NULL: none of them. Source: Amazon States Language,
 * states-language.net/spec.html, and the behaviour of AWS Step Functions.
 *
 * All functions that return bool return false after an error of the state machine: `error` and
 * `cause` of the environment are set then ("States.Runtime", "States.ParameterPathFailure", ...),
 * and outputs are untouched. Outputs are views of inputs or live in the arena.
 */
#ifndef UNUM_EVAL_STATE_H
#define UNUM_EVAL_STATE_H

#include "base/arena.h"
#include "json/json.h"

struct eval_env {
    struct unum_arena *arena;
    struct unum_str variables; /* JSON object; ptr NULL: none */
    /* Append the context object ("$$"); asked for at most once per environment, and only when it is
     * needed. NULL: there is none. */
    void (*context)(void *cookie, struct unum_buf *out);
    void *cookie;
    uint64_t seed; /* of States.UUID, States.MathRandom and jitter */
    int64_t now_ms;
    struct unum_str error, cause; /* out */
    /* private */
    struct unum_str context_json;
    uint64_t draws;
};

/* InputPath, then Parameters (of a Map: not, see eval_item). */
UNUM_CHECKED bool eval_enter(struct eval_env *env, struct unum_str fields, struct unum_str input,
                             struct unum_str *ret);
/* Pass: Result, or its effective input. */
UNUM_CHECKED bool eval_pass(struct eval_env *env, struct unum_str fields, struct unum_str effective,
                            struct unum_str *ret);
/* ResultSelector, ResultPath into `input` (the state's input before InputPath... as AWS does),
 * OutputPath, and Assign. *ret_variables is the whole object afterwards; it may be the address of
 * env->variables' source. */
UNUM_CHECKED bool eval_leave(struct eval_env *env, struct unum_str fields, struct unum_str input,
                             struct unum_str result, struct unum_str *ret_output,
                             struct unum_str *ret_variables);
/* Choice: the next state of the first rule that holds, else Default, with Output and Assign; false
 * with States.NoChoiceMatched. */
UNUM_CHECKED bool eval_choose(struct eval_env *env, struct unum_str fields, struct unum_str input,
                              struct unum_str *ret_next, struct unum_str *ret_output,
                              struct unum_str *ret_variables);
/* Succeed: InputPath, OutputPath. */
UNUM_CHECKED bool eval_succeed(struct eval_env *env, struct unum_str fields, struct unum_str input,
                               struct unum_str *ret_output);
/* Fail: Error and Cause, or what their paths say. */
UNUM_CHECKED bool eval_fail(struct eval_env *env, struct unum_str fields, struct unum_str input,
                            struct unum_str *ret_error, struct unum_str *ret_cause);
/* Wait: until when, in ms since 1970, from env->now_ms on. `effective`: after InputPath. */
UNUM_CHECKED bool eval_wait(struct eval_env *env, struct unum_str fields, struct unum_str effective,
                            int64_t *ret_due_ms);
/* Map: InputPath and ItemsPath (`items_path` where `fields` has none): the list. */
UNUM_CHECKED bool eval_items(struct eval_env *env, struct unum_str fields, struct unum_str input,
                             struct unum_str items_path, struct unum_str *ret_items);
/* Map: ItemSelector or Parameters for one element; the context object has Map.Item. `input` is the
 * state's. */
UNUM_CHECKED bool eval_item(struct eval_env *env, struct unum_str fields, struct unum_str input,
                            struct unum_str item, struct unum_str *ret);
/* A whole number of the state: `key` ("TimeoutSeconds", "MaxConcurrency", ...) or the path in
 * `key`Path; *ret_set tells whether there is one. */
UNUM_CHECKED bool eval_number(struct eval_env *env, struct unum_str fields, const char *key,
                              struct unum_str input, bool *ret_set, int64_t *ret);

/* A number from 0 to 100 of the state: `key` or the path in `key`Path. */
UNUM_CHECKED bool eval_percentage(struct eval_env *env, struct unum_str fields, const char *key,
                                  struct unum_str input, bool *ret_set, double *ret);
/* Map: how many of its `size` elements may fail (ToleratedFailureCount and ...Percentage). */
UNUM_CHECKED bool eval_tolerated(struct eval_env *env, struct unum_str fields,
                                 struct unum_str input, size_t size, size_t *ret);

/* Which retrier takes the error, and whether it has attempts left. */
struct eval_retry {
    bool retry;
    size_t index; /* of the retrier that takes the error; SIZE_MAX: none does */
    int64_t delay_ms;
    struct unum_str counts; /* JSON list, one number per retrier: `counts` and this time */
};
void eval_retry(struct eval_env *env, struct unum_str fields, struct unum_str error,
                struct unum_str counts, struct eval_retry *ret);

enum eval_caught { EVAL_NOT_CAUGHT, EVAL_CAUGHT, EVAL_FAILED };
/* Which catcher takes the error: where it goes on, with {"Error","Cause"} placed by ResultPath,
 * and Assign. EVAL_FAILED: one does, and its ResultPath or Assign fails. */
enum eval_caught eval_catch(struct eval_env *env, struct unum_str fields, struct unum_str error,
                            struct unum_str cause, struct unum_str input, struct unum_str *ret_next,
                            struct unum_str *ret_output, struct unum_str *ret_variables);
/* Position of that catcher, SIZE_MAX: none. */
size_t eval_catcher(struct unum_str fields, struct unum_str error);
/* Does a list of ErrorEquals take the error? States.ALL takes everything but States.Runtime and
 * States.DataLimitExceeded, States.TaskFailed not timeouts either; States.Timeout takes
 * States.HeartbeatTimeout, Lambda.Unknown what Lambda reports of a process that died. */
bool eval_error_matches(struct unum_str error_equals, struct unum_str error);

#endif
