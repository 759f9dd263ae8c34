/*
 * reach: which nodes a node invokes, read off its IR: what its role must allow, and where the
 * graph runs in circles.
 */
#ifndef UNUM_TEMPLATE_REACH_H
#define UNUM_TEMPLATE_REACH_H

#include "base/map.h"
#include "ir/ir.h"

/* Add the names of the nodes that `node` invokes to the keys of `ret` (values are not NULL). A node
 * is among its own only if it can start itself: in a cycle, or to hand a wide fan-out over. */
void reach_targets(const struct ir_node *node, struct unum_map *ret);

#endif
