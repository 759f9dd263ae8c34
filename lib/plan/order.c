/*
 * States that have changed places. While a version replaces another, a run goes by transitions of
 * both. Visits count only transitions that turn back; so if the others of both versions together
 * form a cycle, a run can come to a name that it has used already.
 */
#include "plan/diff_internal.h"

/* States of both versions by name, and the transitions between them that do not turn back. */
struct vertex {
    struct unum_str key;
    bool recorded; /* leaves a record under its name */
};

struct both {
    struct unum_arena *arena;
    struct unum_map ids; /* key -> position + 1 */
    UNUM_VEC(struct vertex) vertices;
    UNUM_VEC(struct pair) pairs;
    size_t *first, *to; /* transitions of state i: to[first[i]] .. to[first[i + 1]] */
};

struct pair {
    size_t from, to;
};

static size_t id_of(struct both *b, struct unum_str key)
{
    const void *known = unum_map_get(&b->ids, key);
    if (known)
        return (size_t)(uintptr_t)known - 1;
    *unum_vec_push(&b->vertices) = (struct vertex){unum_arena_str(b->arena, key), false};
    unum_map_set(&b->ids, key,
                 (void *)(uintptr_t)b->vertices.len); /* NOLINT(performance-no-int-to-ptr) */
    return b->vertices.len - 1;
}

static void add_pairs(struct both *b, const struct plan_whole *whole)
{
    const bool *crossing = plan_crossing(whole, b->arena);
    for (size_t i = 0; i < whole->states.len; i++) {
        const struct plan_state *state = &whole->states.at[i];
        size_t from = id_of(b, state->key);
        bool recorded = crossing[i] || state->type == IR_STATE_TASK || state->type == IR_STATE_WAIT;
        if (recorded && from < b->vertices.len)
            b->vertices.at[from].recorded = true;
        for (size_t j = 0; j < state->edges.len; j++) {
            const struct plan_edge *edge = &state->edges.at[j];
            if (edge->back || edge->way == PLAN_BRANCH)
                continue;
            size_t to = id_of(b, whole->states.at[edge->to].key);
            *unum_vec_push(&b->pairs) = (struct pair){from, to};
        }
    }
}

static void link_pairs(struct both *b)
{
    b->first = unum_arena_array(b->arena, b->vertices.len + 2, sizeof(*b->first));
    b->to = unum_arena_array(b->arena, b->pairs.len + 1, sizeof(*b->to));
    for (size_t i = 0; i < b->pairs.len; i++)
        b->first[b->pairs.at[i].from + 2]++;
    for (size_t i = 2; i < b->vertices.len + 2; i++)
        b->first[i] += b->first[i - 1];
    for (size_t i = 0; i < b->pairs.len; i++)
        b->to[b->first[b->pairs.at[i].from + 1]++] = b->pairs.at[i].to;
}

/* Tarjan's strongly connected components, without recursion: chains are long. */
struct search {
    size_t *number, *low, *stack, *way, *next;
    bool *on_stack;
    size_t count, depth, height;
};

static void enter(struct search *s, size_t at, const struct both *b)
{
    s->number[at] = s->low[at] = ++s->count;
    s->stack[s->height++] = at;
    s->on_stack[at] = true;
    s->next[at] = b->first[at];
    s->way[s->depth++] = at;
}

/* A component is complete: tell of it if it is a cycle. */
static void leave(struct flight *f, struct search *s, const struct both *b, size_t root)
{
    struct unum_buf UNUM_AUTO_BUF names = UNUM_BUF_INIT(400);
    size_t len = 0, at;
    bool recorded = false;
    do {
        at = s->stack[--s->height];
        s->on_stack[at] = false;
        recorded = recorded || b->vertices.at[at].recorded;
        len++;
        if (len <= MOST_NAMES) {
            unum_buf_adds(&names, len > 1 ? ", " : "");
            unum_buf_add(&names, unum_str_slice(b->vertices.at[at].key, 0, 64));
        }
    } while (at != root);
    if (len == 1 || !recorded)
        return;
    flight_find(f, RULE_ORDER, b->vertices.at[root].key,
                "runs that are among %s%s and have passed one that now comes later go round for "
                "ever",
                unum_buf_text(&names), len > MOST_NAMES ? ", ..." : "");
}

static void walk(struct flight *f, struct search *s, const struct both *b, size_t from)
{
    enter(s, from, b);
    while (s->depth) {
        size_t at = s->way[s->depth - 1];
        if (s->next[at] < b->first[at + 1]) {
            size_t to = b->to[s->next[at]++];
            if (!s->number[to])
                enter(s, to, b);
            else if (s->on_stack[to] && s->number[to] < s->low[at])
                s->low[at] = s->number[to];
            continue;
        }
        s->depth--;
        if (s->depth && s->low[at] < s->low[s->way[s->depth - 1]])
            s->low[s->way[s->depth - 1]] = s->low[at];
        if (s->low[at] == s->number[at])
            leave(f, s, b, at);
    }
}

void find_order(struct flight *f)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct both b = {.arena = &arena};
    add_pairs(&b, &f->before);
    add_pairs(&b, &f->after);
    link_pairs(&b);
    size_t len = b.vertices.len;
    struct search s = {.number = unum_arena_array(&arena, len, sizeof(size_t)),
                       .low = unum_arena_array(&arena, len, sizeof(size_t)),
                       .stack = unum_arena_array(&arena, len, sizeof(size_t)),
                       .way = unum_arena_array(&arena, len, sizeof(size_t)),
                       .next = unum_arena_array(&arena, len, sizeof(size_t)),
                       .on_stack = unum_arena_array(&arena, len, sizeof(bool))};
    for (size_t i = 0; i < len; i++) {
        if (!s.number[i])
            walk(f, &s, &b, i);
    }
    unum_vec_done(&b.vertices);
    unum_vec_done(&b.pairs);
    unum_map_done(&b.ids);
}
