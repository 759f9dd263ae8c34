/* cfn_order: resources in the order in which they are made. */
#ifndef UNUM_LOCAL_CFN_ORDER_H
#define UNUM_LOCAL_CFN_ORDER_H

#include "local/cfn.h"

/* Sort the template's resources so that each stands behind all it depends on, and otherwise as
 * they were. INVALID_FILE: "Circular dependency between resources: [A, B]". */
UNUM_CHECKED int cfn_order(struct cfn_template *template, struct unum_err *err);

#endif
