/*
 * cloudformation: typed thin calls of AWS CloudFormation (query protocol). Texts of answers live in
 * the caller's arena. Failures are those of aws_call_one(); a stack or change set that does not
 * exist is NOTFOUND, whatever the service calls it.
 * Source: AWS CloudFormation API Reference, version 2010-05-15.
 */
#ifndef UNUM_AWS_CLOUDFORMATION_H
#define UNUM_AWS_CLOUDFORMATION_H

#include "aws/client.h"

struct cfn_pair {
    struct unum_str name, value;
};

struct cfn_stack {
    struct unum_str name, id;
    struct unum_str status, reason; /* "UPDATE_COMPLETE", ... */
    struct unum_str created, updated, change_set;
    const struct cfn_pair *outputs, *parameters, *tags;
    size_t outputs_len, parameters_len, tags_len;
};
struct unum_str cfn_pair_get(const struct cfn_pair *pairs, size_t len, const char *name);

UNUM_CHECKED int cfn_describe_stack(struct aws_client *client, struct unum_str stack,
                                    struct unum_arena *arena, struct cfn_stack *ret,
                                    struct unum_err *err);
/* Stacks of the account that are not deleted, every page: name, id and status only. */
UNUM_CHECKED int cfn_list_stacks(struct aws_client *client, struct unum_arena *arena,
                                 struct cfn_stack **ret, size_t *ret_len, struct unum_err *err);

struct cfn_change_set_request {
    struct unum_str stack, name, token; /* token: an equal one makes a repetition harmless */
    bool create;                        /* of a new stack; else of a change */
    struct unum_str template_body, template_url; /* one of them */
    const struct cfn_pair *parameters, *tags;
    size_t parameters_len, tags_len;
    const char *const *capabilities; /* NULL-terminated; may be NULL */
    bool delete_on_failure;          /* of a new stack */
    struct unum_str role_arn;
};
/* *ret_id is the ARN of the change set. EXISTS if there is one of this name. */
UNUM_CHECKED int cfn_create_change_set(struct aws_client *client,
                                       const struct cfn_change_set_request *request,
                                       struct unum_arena *arena, struct unum_str *ret_id,
                                       struct unum_err *err);

/* What one resource is in for. */
struct cfn_change {
    struct unum_str action; /* Add, Modify, Remove, Import, Dynamic */
    struct unum_str logical_id, physical_id, type;
    struct unum_str replacement;       /* True, False, Conditional; empty for others */
    struct unum_str before, after;     /* JSON, if the service tells; may be empty */
    const struct cfn_pair *properties; /* name: what changes ("Properties.Code"), value: whether
                                        * that replaces ("Never", "Conditionally", "Always") */
    size_t properties_len;
};
struct cfn_change_set {
    struct unum_str id, stack_id, status, reason;
    struct unum_str execution_status; /* AVAILABLE: it can be executed */
    const struct cfn_change *changes;
    size_t changes_len;
};
/* Every page. */
UNUM_CHECKED int cfn_describe_change_set(struct aws_client *client, struct unum_str id,
                                         struct unum_arena *arena, struct cfn_change_set *ret,
                                         struct unum_err *err);
/* What validation before a deployment finds in a change set. */
struct cfn_problem {
    struct unum_str logical_id, type;
    struct unum_str path; /* in the template, "/Resources/A/Properties/B"; may be empty */
    struct unum_str reason;
    bool warning; /* it does not keep the change set from being executed */
};
/* Every page. Not all services at CloudFormation's protocol have this operation, and not everybody
 * may use it: a failure means that nothing is known. */
UNUM_CHECKED int cfn_problems(struct aws_client *client, struct unum_str change_set,
                              struct unum_arena *arena, struct cfn_problem **ret, size_t *ret_len,
                              struct unum_err *err);
/* `no_rollback`: what fails stays as far as it came; not of a change set with delete_on_failure. */
UNUM_CHECKED int cfn_execute_change_set(struct aws_client *client, struct unum_str id,
                                        struct unum_str token, bool no_rollback,
                                        struct unum_err *err);
/* An absent one is success. */
UNUM_CHECKED int cfn_delete_change_set(struct aws_client *client, struct unum_str id,
                                       struct unum_err *err);

/* Names of a stack's change sets, every page; *ret is an array in the arena. */
UNUM_CHECKED int cfn_list_change_sets(struct aws_client *client, struct unum_str stack,
                                      struct unum_arena *arena, struct unum_str **ret,
                                      size_t *ret_len, struct unum_err *err);

struct cfn_event {
    struct unum_str id, time; /* RFC 3339 */
    struct unum_str logical_id, physical_id, type, status, reason, token;
};
/* The events of a stack, newest first, page after page, until `each` returns false. */
UNUM_CHECKED int cfn_events(struct aws_client *client, struct unum_str stack,
                            struct unum_arena *arena,
                            bool (*each)(void *cookie, const struct cfn_event *event), void *cookie,
                            struct unum_err *err);

struct cfn_resource {
    struct unum_str logical_id, physical_id, type, status, reason;
};
/* Every page. */
UNUM_CHECKED int cfn_resources(struct aws_client *client, struct unum_str stack,
                               struct unum_arena *arena, struct cfn_resource **ret, size_t *ret_len,
                               struct unum_err *err);

/* `retain` (logical ids; only of a stack that failed to be deleted) may be empty. */
UNUM_CHECKED int cfn_delete_stack(struct aws_client *client, struct unum_str stack,
                                  const struct unum_str *retain, size_t retain_len,
                                  struct unum_str role_arn, struct unum_err *err);
UNUM_CHECKED int cfn_continue_rollback(struct aws_client *client, struct unum_str stack,
                                       const struct unum_str *skip, size_t skip_len,
                                       struct unum_str role_arn, struct unum_err *err);
UNUM_CHECKED int cfn_rollback_stack(struct aws_client *client, struct unum_str stack,
                                    struct unum_err *err);
UNUM_CHECKED int cfn_cancel_update(struct aws_client *client, struct unum_str stack,
                                   struct unum_err *err);
/* The template as it was given. */
UNUM_CHECKED int cfn_get_template(struct aws_client *client, struct unum_str stack,
                                  struct unum_arena *arena, struct unum_str *ret,
                                  struct unum_err *err);

#endif
