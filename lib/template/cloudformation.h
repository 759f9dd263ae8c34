/*
 * cloudformation: an application as a CloudFormation template: everything that has to exist on AWS
 * for it to run, with fixed names, in one deployment. Pure: no I/O; equal inputs, equal bytes.
 *
 * What it contains, per node: the function, its role (invoke exactly the nodes its IR reaches, the
 * table's items, its own log group, and schedules if it starts nodes later), its log group, and the
 * asynchronous invocation without retries by the platform: the failure function decides
 * (unum-guarantees(7)). A role for EventBridge Scheduler, which may invoke exactly the nodes that
 * wait or are retried, if there are any. And the table, which stays when the stack is deleted
 * (unless UnumIntermediaryDataStoreRetain is false), and which AdoptTable leaves out because it
 * exists already.
 */
#ifndef UNUM_TEMPLATE_CLOUDFORMATION_H
#define UNUM_TEMPLATE_CLOUDFORMATION_H

#include "ir/ir.h"
#include "template/app.h"

/* SAM: for those who deploy with AWS's SAM; the stack that comes out is the same. */
enum cloudformation_format { CLOUDFORMATION_PLAIN, CLOUDFORMATION_SAM };

/* Parameter of the stack: "true" leaves the table to whoever made it. */
#define CLOUDFORMATION_ADOPT_TABLE "AdoptTable"
/* Outputs of the stack: name of the entry function, name of the table. */
#define CLOUDFORMATION_ENTRY_OUTPUT "UnumEntry"
#define CLOUDFORMATION_TABLE_OUTPUT "UnumTable"
/* Tags of every function: SHA-256 of its unum_config.json, and the version of unum. */
#define CLOUDFORMATION_IR_TAG      "unum:ir-hash"
#define CLOUDFORMATION_VERSION_TAG "unum:version"

struct cloudformation_node {
    struct unum_str node;
    struct unum_str function; /* of the template; empty: generated */
    const struct ir_node *ir;
    /* Where its zip has been uploaded; empty: the local path, as before "aws cloudformation
     * package". */
    struct unum_str bucket, key;
};

/* Append the template. LIMIT: more than CloudFormation's 500 resources or 1 MB, or the buffer's
 * ceiling. */
UNUM_CHECKED int cloudformation_render(const struct app *app,
                                       const struct cloudformation_node *nodes, size_t nodes_len,
                                       struct unum_str entry, enum cloudformation_format format,
                                       struct unum_buf *out, struct unum_err *err);

/* The bucket that deployments share, as a stack of its own: CLOUDFORMATION_MANAGED_BUCKET
 * "-<account>-<region>", with versions, encrypted, private, over TLS only, kept when the stack is
 * deleted. Replaced and deleted objects go after 90 days, abandoned uploads after 7; current ones
 * never, because a rollback reads the code it goes back to. LIMIT: the buffer's ceiling. */
#define CLOUDFORMATION_MANAGED_BUCKET "unum-managed"
#define CLOUDFORMATION_MANAGED_STACK  "unum-managed"
/* Output of that stack: the bucket's name. */
#define CLOUDFORMATION_BUCKET_OUTPUT "UnumBucket"
UNUM_CHECKED int cloudformation_managed_bucket_render(struct unum_buf *out, struct unum_err *err);

/* The logical id of a node's function, e.g. "ResizeFunction"; in the arena. */
struct unum_str cloudformation_function_id(struct unum_str node, struct unum_arena *arena);

#endif
