/*
 * render: one rendering of a template, and its parts. Internal to lib/template.
 */
#ifndef UNUM_TEMPLATE_RENDER_H
#define UNUM_TEMPLATE_RENDER_H

#include "base/map.h"
#include "template/cloudformation.h"
#include "template/yaml_text.h"

struct render {
    const struct app *app;
    const struct cloudformation_node *nodes;
    size_t nodes_len;
    struct unum_str entry;
    struct unum_map timers; /* all nodes that some node starts later */
    enum cloudformation_format format;
    struct unum_arena *arena;
    struct yaml_text y;
};

/* Letters and digits of `node`, its hash if it has others, and `kind`; in the arena. */
struct unum_str render_logical_id(struct unum_str node, const char *kind, struct unum_arena *arena);
/* The application's function of the node; NULL: generated. */
const struct app_function *render_function(const struct render *r,
                                           const struct cloudformation_node *node);
/* Tags of everything that belongs to the node (NULL: to the application), as a list of Key and
 * Value; nothing if there are none. */
void render_tags(struct render *r, const struct cloudformation_node *node);

/* Everything that `node` may invoke, into the keys of `ret`. */
void role_targets(const struct render *r, const struct cloudformation_node *node,
                  struct unum_map *ret);
/* The role of a node, and the policies that hold what does not fit into it. */
void role_render(struct render *r, const struct cloudformation_node *node);
/* How many resources role_render() makes. */
size_t role_resources(const struct render *r, const struct cloudformation_node *node);
/* Has the node schedules to make? */
bool role_has_timers(const struct cloudformation_node *node);
/* Fill `r->timers`. */
void role_collect_timers(struct render *r);
/* The role of the application's schedules, if it has any, and what does not fit into it. */
void role_render_schedules(struct render *r);
size_t role_schedules_resources(const struct render *r);
/* Its logical id. */
#define ROLE_SCHEDULES "RoleOfSchedules"
/* Policies that have to be there before the node can run, into the keys of `ret`. */
void role_depends(struct render *r, const struct cloudformation_node *node, struct unum_map *ret);

/* Actions on the table: exactly those that lib/store calls; NULL ends. */
extern const char *const role_table_actions[];

#endif
