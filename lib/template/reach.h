/*
 * reach: which nodes a node invokes, at once or later, read off its IR: what its role must allow,
 * and where the graph runs in circles.
 */
#ifndef UNUM_TEMPLATE_REACH_H
#define UNUM_TEMPLATE_REACH_H

#include "base/map.h"
#include "ir/ir.h"

/* Add the names of the nodes that `node` invokes to the keys of `ret` (values are not NULL). A node
 * is among its own only if it can start itself: in a cycle, or to hand a wide fan-out over. */
void reach_targets(const struct ir_node *node, struct unum_map *ret);

/* The same of the nodes that `node` starts by a timer: after a Wait, again after a delay, or when
 * the time of the run is up. Those of Waits and delays are among the targets too, because a time
 * that has come needs no timer. */
void reach_timers(const struct ir_node *node, struct unum_map *ret);

#endif
