#include "base/map.h"
#include "ir/ir.h"

struct application {
    struct ir_node *const *nodes;
    size_t count;
    struct unum_map by_name; /* -> struct ir_node */
    struct unum_diags *diags;
};

static void collect_names(struct application *app)
{
    for (size_t i = 0; i < app->count; i++) {
        struct ir_node *node = app->nodes[i];
        if (unum_map_has(&app->by_name, node->name))
            unum_diag_add(app->diags, UNUM_E0611, node->span, "two nodes are named \"%.*s\"",
                          UNUM_STR_ARG(node->name));
        else
            unum_map_set(&app->by_name, node->name, node);
    }
}

/* "did you mean", among the application's nodes. */
static void hint_nearest(struct application *app, struct unum_str name)
{
    struct unum_nearest nearest;
    unum_nearest_init(&nearest, name);
    for (size_t i = 0; i < app->count; i++)
        unum_nearest_try(&nearest, app->nodes[i]->name);
    if (nearest.best.ptr)
        unum_diag_hint(app->diags, "did you mean \"%.*s\"?", UNUM_STR_ARG(nearest.best));
}

static void check_entry(struct application *app)
{
    const struct ir_node *entry = NULL;
    for (size_t i = 0; i < app->count; i++) {
        const struct ir_node *node = app->nodes[i];
        if (!node->start)
            continue;
        if (entry)
            unum_diag_add(app->diags, UNUM_E0612, node->span,
                          "both \"%.*s\" and \"%.*s\" have \"Start\": true: an application has one "
                          "entry",
                          UNUM_STR_ARG(entry->name), UNUM_STR_ARG(node->name));
        else
            entry = node;
    }
    if (!entry && app->count)
        unum_diag_add(app->diags, UNUM_E0612, app->nodes[0]->span,
                      "no node has \"Start\": true: nothing starts the workflow");
}

/* The node whose instances an entry of Values names: what stands before "-unumIndex-". */
static struct unum_str member_node(struct unum_str value)
{
    size_t at = unum_str_search(value, UNUM_STR(IR_INDEX));
    if (at == SIZE_MAX)
        at = unum_str_search(value, UNUM_STR("-UnumIndex-"));
    return at == SIZE_MAX ? value : unum_str_slice(value, 0, at);
}

static void check_members(struct application *app, const struct ir_node *node,
                          const struct ir_edge *edge)
{
    bool sender = false;
    for (size_t i = 0; i < edge->values_len; i++) {
        struct unum_str name = member_node(edge->values[i]);
        sender = sender || unum_str_eq(name, node->name);
        if (unum_map_has(&app->by_name, name))
            continue;
        unum_diag_add(app->diags, UNUM_E0613, edge->span,
                      "the fan-in of \"%.*s\" waits for \"%.*s\", but there is no node \"%.*s\"",
                      UNUM_STR_ARG(edge->name), UNUM_STR_ARG(edge->values[i]), UNUM_STR_ARG(name));
        hint_nearest(app, name);
    }
    if (!sender)
        unum_diag_add(app->diags, UNUM_E0613, edge->span,
                      "the fan-in of \"%.*s\" has no member named after its sender \"%.*s\"",
                      UNUM_STR_ARG(edge->name), UNUM_STR_ARG(node->name));
}

static void check_target(struct application *app, struct unum_span span, struct unum_str name)
{
    if (unum_map_has(&app->by_name, name))
        return;
    unum_diag_add(app->diags, UNUM_E0610, span, "there is no node \"%.*s\"", UNUM_STR_ARG(name));
    hint_nearest(app, name);
}

static void check_targets(struct application *app, const struct ir_node *node)
{
    for (size_t i = 0; i < node->edges_len; i++) {
        check_target(app, node->edges[i].span, node->edges[i].name);
        if (node->edges[i].input == IR_FANIN)
            check_members(app, node, &node->edges[i]);
    }
    for (size_t i = 0; i < node->states_len; i++) {
        if (node->states[i].type == IR_STATE_TASK)
            check_target(app, node->span, node->states[i].node);
    }
}

/* Everything that can be started from the entry. */
static void mark_reachable(struct application *app, struct ir_node *start, struct unum_map *reached)
{
    UNUM_VEC(struct ir_node *) todo = {0};
    *unum_vec_push(&todo) = start;
    unum_map_set(reached, start->name, start);
    for (size_t next = 0; next < todo.len; next++) {
        const struct ir_node *node = todo.at[next];
        for (size_t i = 0; i < node->edges_len + node->states_len; i++) {
            struct unum_str name =
                i < node->edges_len ? node->edges[i].name : node->states[i - node->edges_len].node;
            struct ir_node *target = name.ptr ? unum_map_get(&app->by_name, name) : NULL;
            if (target && !unum_map_set(reached, name, target))
                *unum_vec_push(&todo) = target;
        }
    }
    unum_vec_done(&todo);
}

static void check_reachable(struct application *app)
{
    struct unum_map UNUM_AUTO_MAP reached = UNUM_MAP_INIT;
    for (size_t i = 0; i < app->count; i++) {
        if (app->nodes[i]->start)
            mark_reachable(app, app->nodes[i], &reached);
    }
    for (size_t i = 0; i < app->count && reached.len; i++) {
        const struct ir_node *node = app->nodes[i];
        if (!unum_map_has(&reached, node->name))
            unum_diag_add(app->diags, UNUM_W0614, node->span, "nothing starts node \"%.*s\"",
                          UNUM_STR_ARG(node->name));
    }
}

void ir_check_application(struct ir_node *const *nodes, size_t count, struct unum_diags *diags)
{
    struct application app = {nodes, count, UNUM_MAP_INIT, diags};
    collect_names(&app);
    check_entry(&app);
    for (size_t i = 0; i < count; i++)
        check_targets(&app, nodes[i]);
    check_reachable(&app);
    unum_map_done(&app.by_name);
}
