#include "base/alloc.h"
#include "base/map.h"
#include "deploy/sync.h"
#include "template/reach.h"

struct order {
    const struct compiled *compiled;
    struct unum_map index; /* node -> its wave's place in `waves` */
    bool *entered, *settled;
    size_t *waves;
};

/* Depth first: a node comes behind all it starts, but for those it is being reached from. */
static void settle(struct order *o, size_t at)
{
    const struct compiled_node *node = &o->compiled->at[at];
    struct unum_map UNUM_AUTO_MAP targets = UNUM_MAP_INIT;
    o->entered[at] = true;
    if (unum_str_is(node->node, IR_FAILURES_NODE)) {
        o->settled[at] = true;
        return;
    }
    reach_targets(node->ir, &targets);
    for (struct unum_map_entry *e = unum_map_next(&targets, NULL); e;
         e = unum_map_next(&targets, e)) {
        const size_t *place = unum_map_get(&o->index, e->key);
        size_t target = place ? (size_t)(place - o->waves) : at;
        if (!o->entered[target])
            settle(o, target);
        if (o->settled[target] && o->waves[target] >= o->waves[at])
            o->waves[at] = o->waves[target] + 1;
    }
    o->settled[at] = true;
}

void sync_waves(const struct compiled *compiled, size_t *ret)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct order o = {.compiled = compiled, .index = UNUM_MAP_INIT, .waves = ret};
    o.entered = unum_arena_array(&arena, compiled->len, sizeof(*o.entered));
    o.settled = unum_arena_array(&arena, compiled->len, sizeof(*o.settled));
    for (size_t i = 0; i < compiled->len; i++) {
        ret[i] = 0;
        unum_map_set(&o.index, compiled->at[i].node, &ret[i]);
    }
    for (size_t i = 0; i < compiled->len; i++) {
        if (!o.entered[i])
            settle(&o, i);
    }
    unum_map_done(&o.index);
}
