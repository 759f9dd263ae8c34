/*
 * limits: the named ceilings on everything that comes from outside. Sizes in bytes.
 */
#ifndef UNUM_BASE_LIMITS_H
#define UNUM_BASE_LIMITS_H

#include <stddef.h>

#define UNUM_KB ((size_t)1024)
#define UNUM_MB (1024 * UNUM_KB)

#define UNUM_LIMIT_ERROR_TEXT    (64 * UNUM_KB)
#define UNUM_LIMIT_TEXT          (16 * UNUM_MB) /* texts we produce ourselves: listings, templates, IR */
#define UNUM_LIMIT_PATH          (4 * UNUM_KB)
#define UNUM_LIMIT_DEFINITION    (1 * UNUM_MB) /* a state machine; --max-definition raises it */
#define UNUM_LIMIT_TEMPLATE      (1 * UNUM_MB)
#define UNUM_LIMIT_PROFILES      (1 * UNUM_MB) /* a shared AWS config or credentials file */
#define UNUM_LIMIT_IR            (8 * UNUM_MB)
#define UNUM_LIMIT_JSON_DEPTH    200
#define UNUM_LIMIT_DIAGS         100             /* then: "and N more" */
#define UNUM_LIMIT_HTTP_HEADERS  (64 * UNUM_KB)  /* start line and all headers of one message */
#define UNUM_LIMIT_HTTP_BODY     (24 * UNUM_MB)  /* a DynamoDB batch answer is at most 16 MB */
#define UNUM_LIMIT_SYNC_PAYLOAD  (6 * UNUM_MB)   /* Lambda: RequestResponse, request and response */
#define UNUM_LIMIT_ASYNC_PAYLOAD (1 * UNUM_MB)   /* Lambda: Event */
#define UNUM_LIMIT_ITEM          (400 * UNUM_KB) /* DynamoDB item, names and values */
#define UNUM_LIMIT_INLINE                                                                          \
    (128 * UNUM_KB) /* a value in an edge, after escaping; larger ones go by reference */
#define UNUM_LIMIT_CAUSE        (32 * UNUM_KB) /* error causes are cut to this; the log has all of it */
#define UNUM_LIMIT_SESSION      128            /* characters */
#define UNUM_LIMIT_NODE_NAME    64             /* <app>-<node>, Lambda's limit on function names */
#define UNUM_LIMIT_FANIN_NAMES  1000           /* hand-written fan-in: names in one payload */
#define UNUM_LIMIT_GATHER       (64 * UNUM_MB) /* the list a fan-in hands to its function */
#define UNUM_LIMIT_FAN_OUT      100000         /* elements of one Map */
#define UNUM_LIMIT_FRAMES       64             /* nesting of fan-outs at run time */
#define UNUM_LIMIT_VISITS       10000          /* rounds of a cycle in one scope */
#define UNUM_LIMIT_STEPS        10000          /* in-site states of one invocation */
#define UNUM_LIMIT_VISITS       10000          /* rounds of a cycle in one scope */
#define UNUM_LIMIT_LOG_LINE     (256 * UNUM_KB)
#define UNUM_LIMIT_TREE_DEPTH   64              /* folders below a function directory */
#define UNUM_LIMIT_BUNDLE       (250 * UNUM_MB) /* Lambda: unzipped */
#define UNUM_LIMIT_BUNDLE_FILES 100000

#endif
