/*
 * changes: what a change set will do, in words a person can decide on.
 */
#ifndef UNUM_DEPLOY_CHANGES_H
#define UNUM_DEPLOY_CHANGES_H

#include "aws/cloudformation.h"
#include "base/buf.h"

enum change_kind { CHANGE_ADD, CHANGE_MODIFY, CHANGE_REPLACE, CHANGE_REMOVE };

struct change_words {
    enum change_kind kind;
    bool may_replace; /* of CHANGE_MODIFY: it depends */
    bool dangerous;   /* data would be lost */
    const char *sign; /* "+", "~", "-/+", "-" */
};
struct change_words change_classify(const struct cfn_change *change);
/* "ResizeFunction (Lambda function): its memory (128 -> 256), its orchestration (IR 1a2b3c4d ->
 * 5e6f7a8b)" without sign and end of line. */
void change_describe(const struct cfn_change *change, struct unum_buf *out);
/* "AWS::DynamoDB::Table" -> "DynamoDB table". */
void change_type_words(struct unum_str type, struct unum_buf *out);

#endif
