/* What the parts of the comparison share. */
#ifndef UNUM_PLAN_DIFF_INTERNAL_H
#define UNUM_PLAN_DIFF_INTERNAL_H

#include "plan/diff.h"

enum {
    MOST_SAYS = 24,  /* sentences about one function */
    MOST_VALUE = 60, /* bytes of a value in a sentence */
    MOST_NAMES = 6,  /* names in a finding */
};

struct sayings {
    struct unum_arena *arena;
    UNUM_VEC(struct unum_str) list;
    size_t dropped;
};
void says(struct sayings *s, const char *format, ...) UNUM_PRINTF(2, 3);

/* ---- values.c ---- */

/* A value for a sentence: cut, without line ends. */
struct unum_str value_short(struct unum_arena *arena, struct unum_str json);
/* Say how two JSON values (ptr NULL: absent) differ, each difference with its path behind `title`.
 */
void values_differ(struct sayings *s, struct unum_str title, struct unum_str old,
                   struct unum_str new);
/* A member of an object; ptr NULL if it is absent or there is no object. */
struct unum_str value_at(struct unum_str object, const char *key);
/* Equal, or both absent. */
bool value_same(struct unum_str a, struct unum_str b);

/* ---- says.c ---- */

/* What the new version of a node does differently. */
void node_differs(struct sayings *s, const struct ir_node *old, const struct ir_node *new);

/* ---- flight.c, order.c ---- */

/* Rows of diff_rules. */
enum rule {
    RULE_FUNCTION_GONE,
    RULE_ENTRY,
    RULE_SPELLING,
    RULE_DEPTH,
    RULE_ENCLOSED,
    RULE_FAN_OUT_GONE,
    RULE_BRANCHES,
    RULE_ENDS,
    RULE_IN_PLACE,
    RULE_KEPT_INPUT,
    RULE_WINDOW,
    RULE_TOLERANCE,
    RULE_RUN_INPUT,
    RULE_WAITING,
    RULE_WAIT_GONE,
    RULE_OPENER,
    RULE_ORDER,
    RULE_FAN_IN,
    RULE_EDGES,
    RULE_TARGET,
    RULE_ITEMS,
    RULE_CONCURRENCY,
    RULE_OPENING,
    RULE_FUNCTION_ADDED,
    RULE_NEXT,
    RULE_RETRY,
    RULE_CATCH,
    RULE_DATA,
    RULE_STATE,
    RULE_TIMEOUT,
    RULE_CHECKPOINT,
    RULE_HASH,
    RULE_COUNT
};

struct flight {
    const struct plan_app *old, *new;
    struct plan_whole before, after;
    struct unum_map old_nodes, new_nodes; /* -> struct plan_node */
    struct unum_arena *arena;
    UNUM_VEC(struct diff_finding) findings;
};

void flight_find(struct flight *f, enum rule rule, struct unum_str subject, const char *format, ...)
    UNUM_PRINTF(4, 5);
/* Where the order of states has changed so that a run could meet its own past. */
void find_order(struct flight *f);
/* All rules; findings sorted, worst first. */
void find_all(struct flight *f);

#endif
