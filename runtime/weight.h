/*
 * weight: which share of the run a branch of a hand-written graph carries, so that the end of the
 * run is found without knowing the graph: the entry has the whole, an instance splits its share
 * among the edges it takes, a fan-in adds up its members' shares, and the run is over when the
 * shares of the instances that took no edge add up to the whole (weight throwing; Mattern, "Global
 * quiescence detection based on credit distribution and recovery", 1989). Exact: a hexadecimal
 * fraction as text,
 * ".8" is a half; the empty text is the whole.
 */
#ifndef UNUM_RUNTIME_WEIGHT_H
#define UNUM_RUNTIME_WEIGHT_H

#include "base/arena.h"
#include "base/err.h"

#define WEIGHT_LIMIT 1024 /* digits: nested splits of one branch */

/* Share number `index` of `weight` split into `count`; all shares add up to `weight`. LIMIT if it
 * would become longer than WEIGHT_LIMIT, INVAL if `weight` is no weight. */
UNUM_CHECKED int weight_split(struct unum_arena *arena, struct unum_str weight, size_t count,
                              size_t index, struct unum_str *ret, struct unum_err *err);
/* *sum + weight. INVAL if it exceeds the whole: a share was counted twice. */
struct weight_sum {
    unsigned char digits[WEIGHT_LIMIT + 1]; /* [0] is the integer part */
};
UNUM_CHECKED int weight_add(struct weight_sum *sum, struct unum_str weight, struct unum_err *err);
bool weight_is_whole(const struct weight_sum *sum);
struct unum_str weight_text(struct unum_arena *arena, const struct weight_sum *sum);

#endif
