/*
 * values: what a property of a resource was and will be, in words, from what CloudFormation tells
 * of a change: the JSON of the resource before and after it.
 */
#ifndef UNUM_DEPLOY_VALUES_H
#define UNUM_DEPLOY_VALUES_H

#include "aws/cloudformation.h"
#include "base/buf.h"

/* " (128 -> 256)" appended, if `property` ("MemorySize") is a short number or text on both sides.
 */
void values_add(const struct cfn_change *change, struct unum_str property, struct unum_buf *out);

/* Of the tags of a function. */
struct values_tags {
    bool known;                       /* the service told them */
    bool ir;                          /* the orchestration is another one: its hash is a tag */
    bool others;                      /* so are tags that do not tell of it */
    char before[8 + 1], after[8 + 1]; /* how the hashes begin; empty: there is none */
};
struct values_tags values_tags(const struct cfn_change *change);

#endif
