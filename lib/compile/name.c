#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "compile/project_internal.h"

enum { HASH_DIGITS = 8 };

/* Letters and digits, every run of anything else as one "-". */
static void add_slug(struct unum_buf *out, struct unum_str text)
{
    bool gap = false, any = false;
    for (size_t i = 0; i < text.len; i++) {
        if (!unum_is_alnum(text.ptr[i])) {
            gap = any;
            continue;
        }
        if (gap)
            unum_buf_addc(out, '-');
        unum_buf_addc(out, text.ptr[i]);
        gap = false;
        any = true;
    }
}

static void add_hash(struct unum_buf *out, struct unum_str text)
{
    unum_buf_printf(out, "%08" PRIx32, (uint32_t)(unum_str_hash(text) >> 32));
}

/* "-unumIndex-" marks positions in names of instances. */
static bool looks_indexed(struct unum_str name)
{
    for (size_t i = 0; i + sizeof(IR_INDEX) - 1 <= name.len; i++) {
        if (unum_str_ieq(unum_str_slice(name, i, sizeof(IR_INDEX) - 1), UNUM_STR(IR_INDEX)))
            return true;
    }
    return false;
}

/* "<Function>--<State>" as it can be deployed. Where characters were lost to the slug or the
 * length, a hash of the state's name keeps it unique. */
static struct unum_str node_name(struct projection *p, struct unum_map *taken,
                                 struct unum_str function, const struct asl_state *state)
{
    struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    size_t most = UNUM_LIMIT_NODE_NAME - 1 - p->app->name.len;
    unum_buf_add(&name, function);
    unum_buf_adds(&name, "--");
    size_t bare = name.len;
    add_slug(&name, state->name);
    bool cut = name.len > most;
    if (!cut && name.len > bare && !looks_indexed(unum_buf_str(&name)) &&
        !unum_map_has(taken, unum_buf_str(&name)))
        return unum_arena_str(p->arena, unum_buf_str(&name));
    if (looks_indexed(unum_buf_str(&name)))
        unum_buf_truncate(&name, bare);
    if (cut || name.len + 1 + HASH_DIGITS > most)
        unum_buf_truncate(&name,
                          most - 1 - HASH_DIGITS < name.len ? most - 1 - HASH_DIGITS : name.len);
    if (name.len != bare)
        unum_buf_addc(&name, '-');
    struct unum_str whole = unum_arena_printf(p->arena, "%.*s--%.*s", UNUM_STR_ARG(function),
                                              UNUM_STR_ARG(state->name));
    add_hash(&name, whole);
    if (cut)
        unum_diag_add(
            p->diags, UNUM_W0418, state->span,
            "the node of state \"%.*s\" is deployed as \"%.*s-%s\": its whole name has more "
            "than %d characters",
            UNUM_STR_ARG(state->name), UNUM_STR_ARG(p->app->name), unum_buf_text(&name),
            UNUM_LIMIT_NODE_NAME);
    return unum_arena_str(p->arena, unum_buf_str(&name));
}

static void collect_places(struct projection *p, const struct asl_scope *scope, size_t *uses)
{
    for (size_t i = 0; i < scope->len; i++) {
        const struct asl_state *state = &scope->states[i];
        p->places[state->id].state = state;
        p->places[state->id].scope = scope;
        if (state->type == ASL_TASK)
            uses[state->function]++;
        for (size_t j = 0; j < state->branches_len; j++)
            collect_places(p, &state->branches[j], uses);
    }
}

/* A character that means something in names of instances or keys of the store. */
static bool plain_state_name(struct unum_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (strchr("/~^$*()", name.ptr[i]))
            return false;
    }
    return !looks_indexed(name);
}

static bool taken_by(const struct unum_map *nodes, const struct unum_map *states,
                     struct unum_str name)
{
    return unum_map_has(nodes, name) || unum_map_has(states, name);
}

/* The name of a Map or Parallel in the IR: closes and nodes share one name space in the store. */
static struct unum_str fan_out_name(struct projection *p, const struct unum_map *nodes,
                                    const struct unum_map *states, const struct asl_state *state)
{
    struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    if (plain_state_name(state->name)) {
        unum_buf_add(&name, state->name);
        while (unum_map_has(nodes, unum_buf_str(&name)) ||
               (name.len != state->name.len && unum_map_has(states, unum_buf_str(&name))))
            unum_buf_addc(&name, '~');
        return unum_arena_str(p->arena, unum_buf_str(&name));
    }
    if (!looks_indexed(state->name))
        add_slug(&name, state->name);
    if (name.len)
        unum_buf_addc(&name, '-');
    add_hash(&name, state->name);
    while (taken_by(nodes, states, unum_buf_str(&name)))
        unum_buf_addc(&name, '~');
    return unum_arena_str(p->arena, unum_buf_str(&name));
}

void project_names(struct projection *p)
{
    struct unum_map UNUM_AUTO_MAP nodes = UNUM_MAP_INIT;
    struct unum_map UNUM_AUTO_MAP states = UNUM_MAP_INIT;
    size_t *uses = unum_arena_array(p->arena, p->app->functions_len, sizeof(*uses));
    p->places = unum_arena_array(p->arena, p->machine->states, sizeof(*p->places));
    collect_places(p, &p->machine->scope, uses);
    for (size_t i = 0; i < p->app->functions_len; i++)
        unum_map_set(&nodes, p->app->functions[i].name, p);
    unum_map_set(&nodes, UNUM_STR(IR_ENTRY_NODE), p);
    unum_map_set(&nodes, UNUM_STR(IR_FAILURES_NODE), p);
    for (size_t i = 0; i < p->machine->states; i++) {
        struct place *place = &p->places[i];
        unum_map_set(&states, place->state->name, p);
        if (place->state->type != ASL_TASK)
            continue;
        struct unum_str function = p->app->functions[place->state->function].name;
        place->ir_name = place->state->name;
        place->node = uses[place->state->function] == 1
                          ? function
                          : node_name(p, &nodes, function, place->state);
        unum_map_set(&nodes, place->node, p);
    }
    for (size_t i = 0; i < p->machine->states; i++) {
        struct place *place = &p->places[i];
        if (place->state->type == ASL_TASK)
            continue;
        place->ir_name = fan_out_name(p, &nodes, &states, place->state);
        unum_map_set(&states, place->ir_name, p);
    }
}
