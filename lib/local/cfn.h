/*
 * cfn: the emulated CloudFormation. A stack is what its template made; a change set is a template
 * that was compared but not carried out; an operation is what a stack is going through.
 *
 * Operations go on by the platform's timers, a step at a time, and each step is kept in the state
 * file, so that a platform that was ended in the middle goes on. Resources are made by providers
 * (cfn_provider.h), which call the other emulated services as AWS's do.
 *
 * Source: AWS CloudFormation API Reference (version 2010-05-15) and User Guide: "Template
 * anatomy", "Intrinsic function reference", "Stack update behaviors", "Stack status codes". The
 * texts of errors are those that AWS answers, because clients read them.
 *
 * For tests, a resource may say how it goes, in its Metadata:
 *   UnumLocal: {FailCreate: "reason", FailUpdate: "reason", FailDelete: "reason",
 *               FailRollback: "reason", FailOnce: true, StepMs: 100}
 * FailUpdate fails the update to this template, FailRollback the way back from or to it. With
 * FailOnce it goes well the second time. StepMs is how long a step of this resource takes.
 * And operations that no AWS has: UnumSetStackStatus (StackName, StackStatus, StackStatusReason)
 * gives a stack any status; UnumSetResourceHook (StackName, LogicalResourceId, Hook) gives a
 * resource, of a stack that there may not be yet, what its metadata would say (and FailValidation,
 * which validation then finds in a change set that changes the resource), as JSON, until the
 * platform ends; an empty Hook takes it back. UnumSetPage (Entries) makes lists come in pages of
 * that many.
 */
#ifndef UNUM_LOCAL_CFN_H
#define UNUM_LOCAL_CFN_H

#include "local/internal.h"
#include "json/doc.h"

/* Quotas: CloudFormation User Guide, "Understand CloudFormation quotas". */
#define CFN_MOST_BODY       ((size_t)51200)
#define CFN_MOST_URL        UNUM_MB
#define CFN_MOST_RESOURCES  500
#define CFN_MOST_PARAMETERS 200
#define CFN_MOST_OUTPUTS    200
#define CFN_MOST_STACKS     2000
#define CFN_MOST_GONE       200 /* deleted stacks that are remembered */
#define CFN_MOST_EVENTS     20000
#define CFN_MOST_CHANGES    1000 /* change sets of a stack */
#define CFN_MOST_TAGS       50
#define CFN_MOST_EVALUATED  (64 * UNUM_MB) /* bytes that the values of a template may take */
#define CFN_MOST_TOKEN      128
#define CFN_MOST_ABOUT      1024
#define CFN_PAGE            100
#define CFN_STEP_MS         100
#define CFN_UNKNOWN         "{{changeSet:KNOWN_AFTER_APPLY}}"

/* Of stacks and of resources. */
#define CFN_STATUS_TABLE(X)                                                                        \
    X(REVIEW_IN_PROGRESS)                                                                          \
    X(CREATE_IN_PROGRESS)                                                                          \
    X(CREATE_FAILED)                                                                               \
    X(CREATE_COMPLETE)                                                                             \
    X(ROLLBACK_IN_PROGRESS)                                                                        \
    X(ROLLBACK_FAILED)                                                                             \
    X(ROLLBACK_COMPLETE)                                                                           \
    X(DELETE_IN_PROGRESS)                                                                          \
    X(DELETE_FAILED)                                                                               \
    X(DELETE_COMPLETE)                                                                             \
    X(UPDATE_IN_PROGRESS)                                                                          \
    X(UPDATE_COMPLETE_CLEANUP_IN_PROGRESS)                                                         \
    X(UPDATE_COMPLETE)                                                                             \
    X(UPDATE_FAILED)                                                                               \
    X(UPDATE_ROLLBACK_IN_PROGRESS)                                                                 \
    X(UPDATE_ROLLBACK_FAILED)                                                                      \
    X(UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS)                                                \
    X(UPDATE_ROLLBACK_COMPLETE)                                                                    \
    X(IMPORT_IN_PROGRESS)                                                                          \
    X(IMPORT_COMPLETE)                                                                             \
    X(IMPORT_ROLLBACK_IN_PROGRESS)                                                                 \
    X(IMPORT_ROLLBACK_FAILED)                                                                      \
    X(IMPORT_ROLLBACK_COMPLETE)                                                                    \
    X(DELETE_SKIPPED)

enum cfn_status {
    CFN_NO_STATUS,
#define CFN_STATUS_ENUM(name) CFN_##name,
    CFN_STATUS_TABLE(CFN_STATUS_ENUM)
#undef CFN_STATUS_ENUM
        CFN_STATUS_COUNT
};
const char *cfn_status_name(enum cfn_status status);
enum cfn_status cfn_status_of(struct unum_str name); /* CFN_NO_STATUS: there is none */
bool cfn_in_progress(enum cfn_status status);        /* not REVIEW_IN_PROGRESS */

struct cfn_pair {
    char *key, *value;
    bool hidden; /* NoEcho: shown as **** */
};
struct cfn_pairs {
    struct cfn_pair *at;
    size_t len, cap;
};
void cfn_pairs_done(struct cfn_pairs *pairs);
void cfn_pairs_add(struct cfn_pairs *pairs, struct unum_str key, struct unum_str value,
                   bool hidden);
void cfn_pairs_copy(struct cfn_pairs *to, const struct cfn_pairs *from);
const struct cfn_pair *cfn_pairs_get(const struct cfn_pairs *pairs, struct unum_str key);
/* Replace an owned text. */
void cfn_set(char **slot, struct unum_str text);

/* ---- templates (cfn_template.c) ---- */

enum cfn_policy { CFN_DELETE, CFN_RETAIN, CFN_RETAIN_EXCEPT_ON_CREATE };

struct cfn_parameter {
    struct unum_str name, type, description, default_value;
    bool has_default, no_echo;
    const struct doc *declaration;
};

struct cfn_declared {
    struct unum_str id, type, condition;
    const struct doc *properties, *metadata; /* may be NULL */
    enum cfn_policy deletion, replacement;
    const struct doc *depends_on; /* may be NULL */
    struct unum_str *depends;     /* all it depends on */
    size_t depends_len;
};

struct cfn_output {
    struct unum_str name, description, condition;
    const struct doc *value, *export_name; /* export_name may be NULL */
};

/* A template that was read and checked. Everything is in `arena`. */
struct cfn_template {
    struct unum_arena arena;
    struct unum_source source;
    struct unum_str description;
    const struct doc *root, *mappings, *conditions, *metadata; /* may be NULL */
    struct cfn_parameter *parameters;
    struct cfn_declared *resources; /* in dependency order */
    struct cfn_output *outputs;
    size_t parameters_len, resources_len, outputs_len;
    bool iam, named_iam; /* capabilities it needs */
    const char *iam_types;
};

/* Read and check. INVALID_FILE with AWS's text. *ret is freed with cfn_template_free(). */
UNUM_CHECKED int cfn_template_read(struct unum_str body, struct cfn_template **ret,
                                   struct unum_err *err);
void cfn_template_free(struct cfn_template *template);
const struct cfn_parameter *cfn_template_parameter(const struct cfn_template *template,
                                                   struct unum_str name);
const struct cfn_declared *cfn_template_resource(const struct cfn_template *template,
                                                 struct unum_str id);

/* ---- expressions (cfn_expression.c, cfn_function.c) ---- */

/* What names in a template stand for. */
struct cfn_scope {
    struct local *local;
    const struct cfn_template *template;
    const struct cfn_pairs *parameters;
    struct unum_str stack_name, stack_id;
    struct unum_arena *arena; /* of results */
    /* The physical id (attribute empty) or an attribute of a resource; false: not known yet, then
     * the value is CFN_UNKNOWN. NULL: none is known. */
    bool (*resource)(void *cookie, struct unum_str id, struct unum_str attribute,
                     struct unum_str *ret);
    /* The value of an export; NULL: there are none. */
    bool (*import)(void *cookie, struct unum_str name, struct unum_str *ret);
    void *cookie;
    unsigned char *conditions; /* what is known of each; NULL: nothing yet */
};

/* The value, with all functions carried out; *ret is NULL for AWS::NoValue. INVALID_FILE. */
UNUM_CHECKED int cfn_evaluate(struct cfn_scope *scope, const struct doc *value,
                              const struct doc **ret, struct unum_err *err);
/* The same as a text: numbers and booleans become one. */
UNUM_CHECKED int cfn_evaluate_text(struct cfn_scope *scope, const struct doc *value,
                                   struct unum_str *ret, struct unum_err *err);
UNUM_CHECKED int cfn_condition(struct cfn_scope *scope, struct unum_str name, bool *ret,
                               struct unum_err *err);
/* Is there a resource or an output? An empty condition is true. */
UNUM_CHECKED int cfn_included(struct cfn_scope *scope, struct unum_str condition, bool *ret,
                              struct unum_err *err);
/* Call `each` per name that Ref, GetAtt, Sub and DependsOn refer to (attribute empty for Ref), and
 * check the form of every function. INVALID_FILE. */
struct cfn_walk {
    void *cookie;
    int (*reference)(void *cookie, const char *function, struct unum_str name,
                     struct unum_str attribute, struct unum_err *err);
    int (*condition)(void *cookie, const char *function, struct unum_str name,
                     struct unum_err *err);
};
UNUM_CHECKED int cfn_walk(const struct cfn_walk *walk, const struct doc *value,
                          struct unum_err *err);
/* The function of a value {"Fn::Join": ...}, or NULL; *ret_argument. INVALID_FILE for a function
 * that does not exist. */
struct cfn_function {
    const char *name;
    int (*evaluate)(struct cfn_scope *scope, const struct doc *argument, const struct doc **ret,
                    struct unum_err *err);
    int (*check)(const struct cfn_walk *walk, const struct doc *argument, struct unum_err *err);
};
UNUM_CHECKED int cfn_function_of(const struct doc *value, const struct cfn_function **ret,
                                 const struct doc **ret_argument, struct unum_err *err);
struct doc *cfn_text_doc(struct unum_arena *arena, struct unum_str text);
struct doc *cfn_bool_doc(struct unum_arena *arena, bool yes);
/* Values of a parameter as the functions see it: lists are split. */
const struct doc *cfn_parameter_doc(struct cfn_scope *scope, const struct cfn_parameter *parameter);
/* Resource properties as compact JSON text, in the scope's arena. */
UNUM_CHECKED int cfn_evaluate_json(struct cfn_scope *scope, const struct doc *value,
                                   struct unum_str *ret, struct unum_err *err);

/* ---- parameters (cfn_parameter.c) ---- */

/* The whole list of values: given, previous, defaults. INVALID_FILE. */
UNUM_CHECKED int cfn_parameters_resolve(const struct cfn_template *template,
                                        const struct cfn_pairs *given,
                                        const struct unum_map *use_previous,
                                        const struct cfn_pairs *previous, struct cfn_pairs *ret,
                                        struct unum_err *err);
/* "CommaDelimitedList" or "List<Number>". */
bool cfn_parameter_is_list(const struct cfn_parameter *parameter);

/* ---- stacks (cfn_stack.c) ---- */

/* What a stack is made from. */
struct cfn_source {
    char *body;
    struct cfn_pairs parameters, tags;
    unsigned capabilities; /* CFN_CAPABILITY_... */
};
enum { CFN_CAPABILITY_IAM = 1, CFN_CAPABILITY_NAMED_IAM = 2, CFN_CAPABILITY_AUTO_EXPAND = 4 };
void cfn_source_done(struct cfn_source *source);
struct cfn_stack;
/* What the stack was last made from as a whole; of its first attempt if there is no other. */
const struct cfn_source *cfn_stack_source(const struct cfn_stack *stack);

/* What a resource goes through in the current phase. */
enum cfn_action {
    CFN_NOTHING,
    CFN_CREATE,
    CFN_CHANGE,  /* update in place, or replace: found out when its turn comes */
    CFN_RESTORE, /* back to what it was before the update */
    CFN_REMOVE,  /* delete the resource */
    CFN_CLEAN,   /* delete what it was before it was replaced */
};
enum cfn_progress { CFN_PENDING, CFN_RUNNING, CFN_DONE, CFN_BROKEN };

struct cfn_resource {
    char *id, *type;
    char *physical;   /* NULL: there is none */
    char *properties; /* as applied, JSON */
    char *attributes; /* for GetAtt, JSON object of strings */
    char *metadata;   /* JSON or NULL */
    char **depends;   /* logical ids */
    size_t depends_len;
    enum cfn_policy deletion, replacement;
    enum cfn_status status;
    char *reason;
    int64_t at_ms;
    /* Before the update that is going on, for the way back. */
    char *old_physical, *old_properties, *old_attributes, *old_metadata;
    bool changed;   /* old_properties and the like count */
    bool replaced;  /* old_physical is another one, which still exists */
    bool fresh;     /* made by this update */
    bool unwanted;  /* not in the new template */
    char *leftover; /* physical id to clean up: of a replaced one, or of the replacement */
    char *leftover_properties;
    /* The current phase */
    enum cfn_action action;
    enum cfn_progress progress;
    bool replacing; /* CFN_CHANGE turned out to be a replacement */
    bool failed_once;
    char *wanted, *wanted_metadata; /* properties it is to get */
    int64_t due_ms;
};

struct cfn_event {
    uint64_t seq; /* ascending over all stacks */
    char id[48];
    char *logical, *physical, *type, *reason, *properties, *token;
    enum cfn_status status;
    int64_t at_ms;
};

enum cfn_phase {
    CFN_IDLE,
    CFN_FORWARD,       /* create and change */
    CFN_CLEANUP,       /* delete what the update left over */
    CFN_ROLL_BACK,     /* change back */
    CFN_ROLL_CLEANUP,  /* delete what the failed update made */
    CFN_ROLL_CREATION, /* delete what the failed creation made */
    CFN_DELETION,
};
enum cfn_on_failure { CFN_ON_FAILURE_ROLLBACK, CFN_ON_FAILURE_DELETE, CFN_ON_FAILURE_NOTHING };

struct cfn_change_set;

struct cfn_stack {
    struct local *local;
    char *name, *id, *description;
    enum cfn_status status;
    char *reason;
    int64_t created_ms, updated_ms, deleted_ms; /* 0: not */
    bool protected;                             /* termination protection */
    bool disable_rollback;
    struct cfn_source now, next; /* next: of the operation going on */
    struct cfn_pairs outputs;    /* name -> value */
    struct cfn_pairs exports;    /* name of the output -> name of the export */
    struct cfn_pairs descriptions;
    struct unum_map resources; /* logical id -> struct cfn_resource */
    struct cfn_event **events; /* oldest first */
    size_t events_len, events_cap;
    struct unum_map change_sets; /* name -> struct cfn_change_set */
    char *change_set;            /* id of the one that is or was carried out */
    enum cfn_phase phase;
    bool updating, cancelled, retain_except_on_create;
    enum cfn_on_failure on_failure;
    char *token;                   /* ClientRequestToken of the operation */
    struct cfn_template *template; /* of `next`, read when needed */
};

/* All of a platform. */
struct cfn {
    struct unum_map stacks; /* id -> struct cfn_stack, deleted ones too */
    struct unum_map hooks;  /* "stack/Resource" -> JSON, owned */
    uint64_t event_seq;
};

/* The platform's, made on first use. */
struct cfn *cfn_of(struct local *local);
void cfn_clear(struct local *local); /* frees */

struct cfn_stack *cfn_stack_new(struct local *local, struct unum_str name);
void cfn_stack_free(struct cfn_stack *stack);
/* By name (of one that is not deleted) or by id. */
struct cfn_stack *cfn_stack_find(struct local *local, struct unum_str name);
/* As "arn:aws:cloudformation:REGION:ACCOUNT:KIND/NAME/UUID". */
void cfn_arn(const struct local *local, const char *kind, struct unum_str name,
             struct unum_buf *out);
struct cfn_resource *cfn_resource_find(const struct cfn_stack *stack, struct unum_str id);
struct cfn_resource *cfn_resource_new(struct cfn_stack *stack, struct unum_str id,
                                      struct unum_str type);
void cfn_resource_drop(struct cfn_stack *stack, struct cfn_resource *resource);
void cfn_resource_free(struct cfn_resource *resource);
/* Give the stack or a resource a status, with its event. `reason` may be NULL. */
void cfn_stack_status(struct cfn_stack *stack, enum cfn_status status, const char *reason);
void cfn_resource_status(struct cfn_stack *stack, struct cfn_resource *resource,
                         enum cfn_status status, const char *reason);
/* Remember a stack as deleted, and forget the oldest of them. */
void cfn_stack_deleted(struct cfn_stack *stack);
/* The value of an export of any stack; the stack that exports it in *ret_stack (may be NULL). */
bool cfn_export_find(struct local *local, struct unum_str name, struct unum_str *ret_value,
                     const struct cfn_stack **ret_stack);
/* A scope that looks into the stack's resources. */
struct cfn_scope cfn_stack_scope(struct cfn_stack *stack, const struct cfn_template *template,
                                 const struct cfn_pairs *parameters, struct unum_arena *arena);

/* ---- change sets (cfn_change_set.c, cfn_diff.c) ---- */

enum cfn_change_kind { CFN_ADD, CFN_MODIFY, CFN_REMOVE_RESOURCE };
enum cfn_replacement { CFN_REPLACE_NO, CFN_REPLACE_YES, CFN_REPLACE_MAYBE };

struct cfn_detail {
    const char *attribute; /* "Properties", "Metadata", "DeletionPolicy", ... */
    char *name;            /* of the property, or NULL */
    char *before, *after;  /* JSON values, or NULL */
    enum cfn_replacement replacement;
    bool dynamic;
};

struct cfn_change {
    enum cfn_change_kind kind;
    enum cfn_replacement replacement;
    enum cfn_policy policy;
    char *id, *physical, *type;
    char *before, *after; /* context, JSON */
    struct cfn_detail *details;
    size_t details_len, details_cap;
};

struct cfn_change_set {
    char *name, *id, *description, *token;
    bool creates;                   /* its type is CREATE */
    char status[24], execution[24]; /* as the API names them */
    char *reason;
    int64_t created_ms;
    enum cfn_on_failure on_failure;
    bool on_failure_given;
    struct cfn_source source;
    bool other; /* outputs or tags change */
    struct cfn_change *changes;
    size_t changes_len, changes_cap;
};
void cfn_change_set_free(struct cfn_change_set *set);
/* Compare what the change set asks for with what there is. */
UNUM_CHECKED int cfn_diff(struct cfn_stack *stack, struct cfn_change_set *set,
                          struct unum_err *err);
/* A change set by name or id, with its stack. */
struct cfn_change_set *cfn_change_set_find(struct local *local, struct unum_str stack,
                                           struct unum_str name, struct cfn_stack **ret_stack);
/* Arm what a restart interrupted. */
void cfn_change_set_start(struct cfn_stack *stack, struct cfn_change_set *set);
void cfn_change_set_drop(struct cfn_stack *stack, struct cfn_change_set *set);

/* ---- operations (cfn_run.c, cfn_step.c) ---- */

/* Each takes over `source` (emptied). */
void cfn_run_create(struct cfn_stack *stack, struct cfn_source *source);
void cfn_run_update(struct cfn_stack *stack, struct cfn_source *source);
void cfn_run_delete(struct cfn_stack *stack, const struct unum_map *retain);
/* UPDATE_ROLLBACK_FAILED goes on; `skip`: logical ids. */
void cfn_run_continue(struct cfn_stack *stack, const struct unum_map *skip);
/* CREATE_FAILED, UPDATE_FAILED, UPDATE_IN_PROGRESS: back. */
void cfn_run_roll_back(struct cfn_stack *stack, const char *reason);
/* The template of the operation, read when needed. INVALID_FILE cannot happen for kept ones but
 * by a damaged file. */
UNUM_CHECKED int cfn_run_template(struct cfn_stack *stack, struct unum_err *err);
/* The next step at its time. */
void cfn_run_arm(struct cfn_stack *stack);
/* The steps of a phase (cfn_step.c): true: the phase is over. */
bool cfn_step(struct cfn_stack *stack, bool *ret_failed);
/* "The following resource(s) failed to create: [A, B]. " appended. */
void cfn_step_failures(const struct cfn_stack *stack, struct unum_buf *out);

/* What UnumSetResourceHook said of a resource under that name. */
bool cfn_hook_of_request(const struct cfn_stack *stack, const char *id, const char *name,
                         struct unum_str *ret);
/* Does validation find anything in a change set that was compared? (cfn_validation.c) */
bool cfn_validation_fails(const struct cfn_stack *stack, const struct cfn_change_set *set);

/* ---- state file (cfn_state.c) ---- */

/* What is kept between these is kept as one. No provider may be called there. */
void cfn_keep_begin(struct local *local);
void cfn_keep_end(struct local *local);
void cfn_keep_stack(const struct cfn_stack *stack);
void cfn_keep_resource(const struct cfn_stack *stack, const struct cfn_resource *resource);
void cfn_forget_resource(const struct cfn_stack *stack, const struct cfn_resource *resource);
void cfn_forget_event(const struct cfn_stack *stack, const struct cfn_event *event);
void cfn_keep_event(const struct cfn_stack *stack, const struct cfn_event *event);
void cfn_keep_change_set(const struct cfn_stack *stack, const struct cfn_change_set *set);
void cfn_forget_change_set(const struct cfn_stack *stack, const struct cfn_change_set *set);
void cfn_forget_stack(const struct cfn_stack *stack);
/* Read what an earlier platform left, and go on with it. */
UNUM_CHECKED int cfn_restore(struct local *local, struct unum_err *err);

/* ---- requests and answers (cfn_query.c, cfn_xml.c) ---- */

/* A parameter of the request, decoded, in the request's arena; empty if it is not there. */
struct unum_str cfn_get(const struct door_request *req, const char *name);
bool cfn_has(const struct door_request *req, const char *name);
/* The N-th (from 1) of a list: "Tags.member.N" + suffix (".Key"). False: there is none. */
bool cfn_member(const struct door_request *req, const char *list, size_t n, const char *suffix,
                struct unum_str *ret);
bool cfn_is_true(const struct door_request *req, const char *name);

/* <Action Response><Action Result> */
void cfn_begin(struct door_request *req);
/* Ends both, with the request id, and answers. */
void cfn_end(struct door_request *req);
void cfn_open(struct door_request *req, const char *tag);
void cfn_close(struct door_request *req, const char *tag);
void cfn_text(struct door_request *req, const char *tag, struct unum_str text);
void cfn_texts(struct door_request *req, const char *tag, const char *text); /* NULL: left out */
void cfn_time(struct door_request *req, const char *tag, int64_t at_ms);
void cfn_flag(struct door_request *req, const char *tag, bool yes);
void cfn_error_body(struct door_request *req, int status, const char *code, struct unum_str text);

/* A page of a list: entries from `first`, at most `most`. False: a bad token was answered. */
struct cfn_page {
    size_t first, most;
};
bool cfn_page(struct door_request *req, struct cfn_page *ret);
void cfn_next(struct door_request *req, const struct cfn_page *page, size_t len);

/* ---- the operations of the API ---- */

bool cfn_is_request(const struct door_request *req);

void cfn_call_describe_stacks(struct door_request *req); /* cfn_describe.c */
void cfn_call_list_stacks(struct door_request *req);
void cfn_call_describe_stack_events(struct door_request *req);
void cfn_call_describe_stack_resource(struct door_request *req);
void cfn_call_describe_stack_resources(struct door_request *req);
void cfn_call_list_stack_resources(struct door_request *req);
void cfn_call_list_exports(struct door_request *req);

void cfn_call_get_template(struct door_request *req); /* cfn_template_api.c */
void cfn_call_get_template_summary(struct door_request *req);
void cfn_call_validate_template(struct door_request *req);

void cfn_call_create_change_set(struct door_request *req); /* cfn_change_set.c */
void cfn_call_describe_change_set(struct door_request *req);
void cfn_call_delete_change_set(struct door_request *req);
void cfn_call_list_change_sets(struct door_request *req);
void cfn_call_execute_change_set(struct door_request *req);

void cfn_call_describe_events(struct door_request *req); /* cfn_validation.c */

void cfn_call_create_stack(struct door_request *req); /* cfn_stack_api.c */
void cfn_call_update_stack(struct door_request *req);
void cfn_call_delete_stack(struct door_request *req);
void cfn_call_continue_update_rollback(struct door_request *req);
void cfn_call_rollback_stack(struct door_request *req);
void cfn_call_cancel_update_stack(struct door_request *req);
void cfn_call_update_termination_protection(struct door_request *req);
void cfn_call_set_stack_status(struct door_request *req);
void cfn_call_set_resource_hook(struct door_request *req);
void cfn_call_set_page(struct door_request *req);

/* The content of an object of the emulated S3 appended (cfn_object.c). NOTFOUND, LIMIT: larger than
 * the buffer may be. */
UNUM_CHECKED int cfn_object_read(struct local *local, struct unum_str bucket, struct unum_str key,
                                 struct unum_buf *out, struct unum_err *err);

/* Parts of requests that several operations have (cfn_input.c). False: an error was answered. */
struct cfn_input {
    struct cfn_source source;
    struct cfn_template *template;
};
void cfn_input_done(struct cfn_input *input);
#define CFN_AUTO_INPUT UNUM_AUTO(cfn_input_done)
/* TemplateBody, TemplateURL; UsePreviousTemplate if `previous` is not NULL. */
bool cfn_input_body(struct door_request *req, const struct cfn_stack *previous, char **ret);
/* Template, parameters, tags and capabilities. `previous`: the stack it changes, or NULL. */
bool cfn_input_read(struct door_request *req, const struct cfn_stack *previous,
                    struct cfn_input *ret);
bool cfn_input_on_failure(struct door_request *req, const char *name, enum cfn_on_failure *ret,
                          bool *ret_given);
/* The stack that StackName names; an error was answered if NULL. */
struct cfn_stack *cfn_input_stack(struct door_request *req);
/* Tokens and descriptions are no longer than AWS takes. False: an error was answered. */
bool cfn_check_texts(struct door_request *req);
/* "[a-zA-Z][-a-zA-Z0-9]*", 1 to 128. False: an error was answered. */
bool cfn_check_name(struct door_request *req, const char *member, struct unum_str name);
/* Is it in a status that can be updated? */
bool cfn_may_update(struct door_request *req, const struct cfn_stack *stack);
void cfn_fail(struct door_request *req, const char *format, ...) UNUM_PRINTF(2, 3);

#endif
