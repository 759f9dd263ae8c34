/*
 * cfn_provider: one row per resource type: which properties it has, and what creating, changing
 * and deleting it means in the emulated services.
 */
#ifndef UNUM_LOCAL_CFN_PROVIDER_H
#define UNUM_LOCAL_CFN_PROVIDER_H

#include "local/cfn.h"

enum {
    CFN_REQUIRED = 1,
    CFN_REPLACES = 2, /* a change needs a new resource */
};

struct cfn_property {
    const char *name; /* NULL: end of the list */
    unsigned flags;
};

/* What a provider works on. */
struct cfn_job {
    struct local *local;
    const struct cfn_stack *stack;
    struct unum_arena *arena;
    struct unum_str logical;
    struct unum_str physical;           /* empty: to be chosen */
    struct unum_str properties, before; /* JSON objects; `before`: as applied last, or empty */
    struct unum_str ret_physical;       /* in the arena */
    struct unum_map *ret_attributes;    /* name -> char * in the arena */
};

struct cfn_provider {
    const char *type;
    const struct cfn_property *properties;
    const char *name_property; /* of a name of the user's own; NULL: there is none */
    const char *iam_kind;      /* not NULL: needs CAPABILITY_IAM, CAPABILITY_NAMED_IAM if named */
    const char *const *attributes; /* for GetAtt, NULL at the end; NULL: any */
    int (*create)(struct cfn_job *job, struct unum_err *err);
    int (*update)(struct cfn_job *job, struct unum_err *err);
    int (*remove)(struct cfn_job *job, struct unum_err *err); /* gone already is fine */
};

/* NULL: the platform does not have the type. */
const struct cfn_provider *cfn_provider_find(struct unum_str type);
const struct cfn_property *cfn_provider_property(const struct cfn_provider *provider,
                                                 struct unum_str name);
bool cfn_provider_has_attribute(const struct cfn_provider *provider, struct unum_str name);
/* NULL, or which properties are missing or not known, in AWS's words (in the arena). */
const char *cfn_provider_check(const struct cfn_provider *provider, struct unum_str properties,
                               struct unum_arena *arena);

/* Properties of a job, decoded, in its arena. */
bool cfn_prop(const struct cfn_job *job, const char *pointer, struct unum_str *ret);
struct unum_str cfn_prop_text(const struct cfn_job *job, const char *pointer);
/* Whole numbers, also as texts. */
bool cfn_prop_int(const struct cfn_job *job, const char *pointer, int64_t *ret);
bool cfn_prop_bool(const struct cfn_job *job, const char *pointer, bool *ret);
/* [{Key, Value}] of Tags, as pairs in the arena. */
size_t cfn_prop_tags(const struct cfn_job *job, struct app_pair **ret);
/* Keys of tags that the resource had before and is to lose, in the arena. */
size_t cfn_prop_tags_gone(const struct cfn_job *job, struct unum_str **ret);
/* "stack-LOGICAL-RANDOM", as CloudFormation names what has no name, at most `most` long. */
struct unum_str cfn_generated_name(const struct cfn_job *job, size_t most);
void cfn_attribute(struct cfn_job *job, const char *name, struct unum_str value);

#endif
