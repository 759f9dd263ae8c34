/* What Step Functions itself can call: "arn:aws:states:::service:action[.sync|.waitForTaskToken]".
 */
#ifndef UNUM_ASL_INTEGRATION_H
#define UNUM_ASL_INTEGRATION_H

#include "base/arena.h"

enum integration_pattern { INTEGRATION_REQUEST, INTEGRATION_SYNC, INTEGRATION_CALLBACK };

struct integration {
    enum integration_pattern pattern;
    bool lambda; /* lambda:invoke */
};

/* False if there is no such integration. Of aws-sdk:* only the form is checked.
 * Source: AWS Step Functions Developer Guide, "Integrating services". */
bool integration_read(struct unum_str arn, struct integration *ret);
/* The whole ARN of the one that is nearest, or ptr NULL. */
struct unum_str integration_nearest(struct unum_str arn, struct unum_arena *arena);

#endif
