/*
 * bundle: what is in a node's zip, put together as .unum/build/<Node>/: the program, its
 * libraries below lib/, unum_config.json and the function's other files. Internal to lib/package.
 */
#ifndef UNUM_PACKAGE_BUNDLE_H
#define UNUM_PACKAGE_BUNDLE_H

#include "package/unit.h"

/* Bring the bundle of `node`, and its zip if asked for, up to date. Each appears whole or not at
 * all. LIMIT: over Lambda's size. */
UNUM_CHECKED int bundle_make(struct unit_context *context, const struct unit *unit,
                             const struct compiled_node *node, struct unum_err *err);

/* Remove bundles and zips of nodes that no longer exist. */
UNUM_CHECKED int bundle_remove_others(struct unit_context *context, const struct compiled *compiled,
                                      struct unum_err *err);

#endif
