/*
 * A layered layout (Sugiyama, Tagawa, Toda 1981): transitions that close a cycle are turned round,
 * states get layers by their longest way from the start, long transitions get a bend in every layer
 * they cross, layers are ordered by the mean of their neighbours, and places follow them as far as
 * the neighbours in the layer allow.
 */
#include "graph/layout.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

static const double state_height = 44, layer_gap = 52, side_gap = 26, bend_width = 10;
enum { SWEEPS = 12, NAME = 40 };

struct vertex {
    const struct asl_state *state; /* NULL: a bend */
    double w, h, x, wanted;        /* x: centre */
    size_t rank, order;
};

/* Between neighbouring layers. */
struct link {
    size_t up, down;
};

struct route {
    const struct asl_state *from;
    size_t target, first_bend, bends; /* bends are neighbours in the list of vertices */
    size_t up, down;                  /* vertices */
    bool back;
};

struct layers {
    struct layout *l;
    const struct asl_scope *scope;
    UNUM_VEC(struct vertex) vertices;
    UNUM_VEC(struct link) links;
    UNUM_VEC(struct route) routes;
    size_t **layers; /* vertices of each, in order */
    size_t *sizes, ranks;
};

double layout_text_width(struct unum_str text, double size)
{
    size_t characters = 0;
    for (size_t i = 0; i < text.len; i++)
        characters += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
    return (double)characters * size * 0.58;
}

static size_t vertex_of(const struct layers *s, const struct asl_state *state)
{
    return (size_t)(state - s->scope->states);
}

/* ---- cycles ---- */

enum { FRESH, ON_THE_WAY, DONE };

struct visit {
    size_t vertex, target;
};

static void add_route(struct layers *s, size_t from, size_t target, bool back)
{
    const struct asl_state *state = &s->scope->states[from];
    size_t to = vertex_of(s, state->targets[target].state);
    *unum_vec_push(&s->routes) = (struct route){.from = state,
                                                .target = target,
                                                .up = back ? to : from,
                                                .down = back ? from : to,
                                                .back = back};
}

static void find_routes(struct layers *s, size_t start, unsigned char *mark)
{
    UNUM_VEC(struct visit) way = {0};
    *unum_vec_push(&way) = (struct visit){start, 0};
    mark[start] = ON_THE_WAY;
    while (way.len) {
        struct visit *here = &way.at[way.len - 1];
        const struct asl_state *state = &s->scope->states[here->vertex];
        if (here->target == state->targets_len) {
            mark[here->vertex] = DONE;
            way.len--;
            continue;
        }
        size_t from = here->vertex, target = here->target++;
        size_t to = vertex_of(s, state->targets[target].state);
        add_route(s, from, target, mark[to] == ON_THE_WAY);
        if (mark[to] != FRESH)
            continue;
        mark[to] = ON_THE_WAY;
        *unum_vec_push(&way) = (struct visit){to, 0};
    }
    unum_vec_done(&way);
}

/* ---- layers ---- */

/* Longest way from the top, in the order in which all before a vertex are known. */
static void rank(struct layers *s)
{
    size_t n = s->vertices.len, len = 0;
    size_t *before = unum_alloc_array(n, sizeof(size_t)),
           *ready = unum_alloc_array(n, sizeof(size_t));
    size_t *first = unum_alloc_array(n + 1, sizeof(size_t));
    size_t *sorted = unum_alloc_array(s->routes.len + 1, sizeof(size_t));
    for (size_t i = 0; i < s->routes.len; i++) {
        const struct route *r = &s->routes.at[i];
        if (r->up == r->down)
            continue;
        before[r->down]++;
        first[r->up + 1]++;
    }
    for (size_t i = 0; i < n; i++)
        first[i + 1] += first[i];
    size_t total = first[n];
    for (size_t i = s->routes.len; i-- > 0;) {
        const struct route *r = &s->routes.at[i];
        if (r->up != r->down)
            sorted[--first[r->up + 1]] = i;
    }
    for (size_t i = 0; i < n; i++) {
        if (!before[i])
            ready[len++] = i;
    }
    /* first[v + 1] is now where the routes of v begin */
    for (size_t at = 0; at < len; at++) {
        size_t v = ready[at];
        for (size_t i = first[v + 1]; i < total && s->routes.at[sorted[i]].up == v; i++) {
            struct vertex *down = &s->vertices.at[s->routes.at[sorted[i]].down];
            if (down->rank <= s->vertices.at[v].rank)
                down->rank = s->vertices.at[v].rank + 1;
            if (!--before[s->routes.at[sorted[i]].down])
                ready[len++] = s->routes.at[sorted[i]].down;
        }
    }
    free(before);
    free(ready);
    free(first);
    free(sorted);
}

static int too_large(struct unum_err *err)
{
    unum_err_set(err, UNUM_E_LIMIT,
                 "the machine is too large to be drawn: more than %d states and "
                 "bends",
                 GRAPH_LIMIT_SVG);
    return unum_err_hint(err, "use the DOT format, and Graphviz to draw it");
}

/* A bend in every layer that a route crosses. */
static int add_bends(struct layers *s, struct unum_err *err)
{
    for (size_t i = 0; i < s->routes.len; i++) {
        struct route *r = &s->routes.at[i];
        if (r->up == r->down)
            continue;
        size_t top = s->vertices.at[r->up].rank, bottom = s->vertices.at[r->down].rank;
        r->first_bend = s->vertices.len;
        r->bends = bottom - top - 1;
        s->l->vertices += r->bends;
        if (s->l->vertices > GRAPH_LIMIT_SVG)
            return too_large(err);
        size_t above = r->up;
        for (size_t j = top + 1; j < bottom; j++) {
            *unum_vec_push(&s->vertices) = (struct vertex){.w = bend_width, .rank = j};
            *unum_vec_push(&s->links) = (struct link){above, s->vertices.len - 1};
            above = s->vertices.len - 1;
        }
        *unum_vec_push(&s->links) = (struct link){above, r->down};
    }
    return 0;
}

static void fill_layers(struct layers *s)
{
    struct unum_arena *arena = &s->l->g->arena;
    for (size_t i = 0; i < s->vertices.len; i++) {
        if (s->vertices.at[i].rank >= s->ranks)
            s->ranks = s->vertices.at[i].rank + 1;
    }
    s->sizes = unum_arena_array(arena, s->ranks, sizeof(size_t));
    s->layers = unum_arena_array(arena, s->ranks, sizeof(size_t *));
    for (size_t i = 0; i < s->vertices.len; i++)
        s->sizes[s->vertices.at[i].rank]++;
    for (size_t i = 0; i < s->ranks; i++) {
        s->layers[i] = unum_arena_array(arena, s->sizes[i], sizeof(size_t));
        s->sizes[i] = 0;
    }
    for (size_t i = 0; i < s->vertices.len; i++) {
        struct vertex *v = &s->vertices.at[i];
        v->order = s->sizes[v->rank];
        s->layers[v->rank][s->sizes[v->rank]++] = i;
    }
}

/* ---- order ---- */

/* The mean of the neighbours above or below: of their order, or of their places. */
static void set_wanted(struct layers *s, bool above, bool places)
{
    size_t *count = unum_alloc_array(s->vertices.len, sizeof(size_t));
    double *sum = unum_alloc_array(s->vertices.len, sizeof(double));
    for (size_t i = 0; i < s->links.len; i++) {
        size_t at = above ? s->links.at[i].down : s->links.at[i].up;
        size_t other = above ? s->links.at[i].up : s->links.at[i].down;
        const struct vertex *v = &s->vertices.at[other];
        sum[at] += places ? v->x : (double)v->order;
        count[at]++;
    }
    for (size_t i = 0; i < s->vertices.len; i++) {
        struct vertex *v = &s->vertices.at[i];
        double own = places ? v->x : (double)v->order;
        v->wanted = count[i] ? sum[i] / (double)count[i] : own;
    }
    free(count);
    free(sum);
}

static int by_wanted(const void *a, const void *b, void *cookie)
{
    const struct vertex *vertices = cookie;
    const struct vertex *x = &vertices[*(const size_t *)a], *y = &vertices[*(const size_t *)b];
    if (x->wanted != y->wanted)
        return x->wanted < y->wanted ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static void order(struct layers *s)
{
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        set_wanted(s, sweep % 2 == 0, false);
        for (size_t i = 0; i < s->ranks; i++) {
            qsort_r(s->layers[i], s->sizes[i], sizeof(size_t), by_wanted, s->vertices.at);
            for (size_t j = 0; j < s->sizes[i]; j++)
                s->vertices.at[s->layers[i][j]].order = j;
        }
    }
}

/* ---- places ---- */

static double apart(const struct layers *s, size_t left, size_t right)
{
    return (s->vertices.at[left].w + s->vertices.at[right].w) / 2 + side_gap;
}

/* As near to what is wanted as the neighbours allow: once pushing to the right, once to the left,
 * and the mean of both, which keeps the distances too. */
static void place_layer(struct layers *s, size_t rank_of, double *right, double *left)
{
    const size_t *layer = s->layers[rank_of];
    size_t len = s->sizes[rank_of];
    for (size_t i = 0; i < len; i++) {
        right[i] = s->vertices.at[layer[i]].wanted;
        if (i && right[i] < right[i - 1] + apart(s, layer[i - 1], layer[i]))
            right[i] = right[i - 1] + apart(s, layer[i - 1], layer[i]);
    }
    for (size_t i = len; i-- > 0;) {
        left[i] = s->vertices.at[layer[i]].wanted;
        if (i + 1 < len && left[i] > left[i + 1] - apart(s, layer[i], layer[i + 1]))
            left[i] = left[i + 1] - apart(s, layer[i], layer[i + 1]);
    }
    for (size_t i = 0; i < len; i++)
        s->vertices.at[layer[i]].x = (right[i] + left[i]) / 2;
}

static void place(struct layers *s, struct scope_layout *ret)
{
    double *right = unum_alloc_array(s->vertices.len, sizeof(double));
    double *left = unum_alloc_array(s->vertices.len, sizeof(double));
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        if (sweep)
            set_wanted(s, sweep % 2 == 1, true);
        for (size_t i = 0; i < s->ranks; i++)
            place_layer(s, i, right, left);
    }
    double low = 0, high = 0;
    for (size_t i = 0; i < s->vertices.len; i++) {
        const struct vertex *v = &s->vertices.at[i];
        low = i == 0 || v->x - v->w / 2 < low ? v->x - v->w / 2 : low;
        high = i == 0 || v->x + v->w / 2 > high ? v->x + v->w / 2 : high;
    }
    for (size_t i = 0; i < s->vertices.len; i++)
        s->vertices.at[i].x -= low;
    ret->w = high - low;
    free(right);
    free(left);
}

/* The top of each layer, where its states stand. */
static double *stack(struct layers *s, struct scope_layout *ret, double **ret_heights)
{
    double *tops = unum_arena_array(&s->l->g->arena, s->ranks, sizeof(double));
    double *heights = unum_arena_array(&s->l->g->arena, s->ranks, sizeof(double));
    for (size_t i = 0; i < s->vertices.len; i++) {
        const struct vertex *v = &s->vertices.at[i];
        if (v->h > heights[v->rank])
            heights[v->rank] = v->h;
    }
    double y = 0;
    for (size_t i = 0; i < s->ranks; i++) {
        tops[i] = y;
        y += heights[i] + layer_gap;
    }
    ret->h = y - layer_gap;
    *ret_heights = heights;
    return tops;
}

static void set_lines(struct layers *s, const double *tops, const double *heights,
                      struct scope_layout *ret)
{
    struct unum_arena *arena = &s->l->g->arena;
    ret->lines = unum_arena_array(arena, s->routes.len, sizeof(*ret->lines));
    for (size_t i = 0; i < s->routes.len; i++) {
        const struct route *r = &s->routes.at[i];
        struct line *line = &ret->lines[ret->lines_len++];
        size_t len = 2 * r->bends + 4, at = 0;
        *line = (struct line){.from = r->from, .target = r->target, .back = r->back};
        line->points = unum_arena_array(arena, len, sizeof(*line->points));
        const struct state_layout *up = &s->l->states[s->scope->states[r->up].id];
        const struct state_layout *down = &s->l->states[s->scope->states[r->down].id];
        /* States smaller than their layer are left and reached straight. */
        size_t top = s->vertices.at[r->up].rank, bottom = s->vertices.at[r->down].rank;
        line->points[at++] = (struct point){up->x + up->w / 2, up->y + up->h};
        line->points[at++] = (struct point){up->x + up->w / 2, tops[top] + heights[top]};
        for (size_t j = 0; j < r->bends; j++) {
            const struct vertex *v = &s->vertices.at[r->first_bend + j];
            line->points[at++] = (struct point){v->x, tops[v->rank]};
            line->points[at++] = (struct point){v->x, tops[v->rank] + heights[v->rank]};
        }
        line->points[at++] = (struct point){down->x + down->w / 2, tops[bottom]};
        line->points[at++] = (struct point){down->x + down->w / 2, down->y};
        line->len = len;
        for (size_t j = 0; r->back && j < len / 2; j++) {
            struct point p = line->points[j];
            line->points[j] = line->points[len - 1 - j];
            line->points[len - 1 - j] = p;
        }
    }
}

/* ---- scopes ---- */

static int layout_scope(struct layout *l, const struct asl_scope *scope, struct scope_layout *ret,
                        struct unum_err *err);

static int measure(struct layout *l, const struct asl_state *state, struct unum_err *err)
{
    struct state_layout *size = &l->states[state->id];
    double name = layout_text_width(graph_short(l->g, state->name, NAME), 13);
    double kind = layout_text_width(graph_short(l->g, graph_kind(l->g, state), NAME), 11);
    size->w = (name > kind ? name : kind) + 28;
    size->h = state_height;
    if (!graph_is_fan_out(state))
        return 0;
    double x = LAYOUT_MARGIN, h = 0;
    size->branches = unum_arena_array(&l->g->arena, state->branches_len, sizeof(*size->branches));
    for (size_t i = 0; i < state->branches_len; i++) {
        struct scope_layout *branch = &size->branches[i];
        int rc = layout_scope(l, &state->branches[i], branch, err);
        if (rc)
            return rc;
        branch->x = x;
        branch->y = LAYOUT_TITLE + LAYOUT_MARGIN;
        x += branch->w + LAYOUT_MARGIN + 8;
        h = branch->h > h ? branch->h : h;
    }
    double inside = x - 8, title = name + kind + 40;
    double extra = title > inside ? title - inside : 0;
    for (size_t i = 0; i < state->branches_len; i++)
        size->branches[i].x += extra / 2;
    size->w = inside + extra;
    size->h = LAYOUT_TITLE + h + 2 * LAYOUT_MARGIN + 6;
    return 0;
}

static int layout_layers(struct layers *s, struct scope_layout *ret, struct unum_err *err)
{
    const struct asl_scope *scope = s->scope;
    unsigned char *mark = unum_arena_array(&s->l->g->arena, scope->len, 1);
    for (size_t i = 0; i < scope->len; i++) {
        int rc = measure(s->l, &scope->states[i], err);
        if (rc)
            return rc;
        const struct state_layout *size = &s->l->states[scope->states[i].id];
        *unum_vec_push(&s->vertices) =
            (struct vertex){.state = &scope->states[i], .w = size->w, .h = size->h};
    }
    find_routes(s, vertex_of(s, scope->start), mark);
    for (size_t i = 0; i < scope->len; i++) {
        if (mark[i] == FRESH)
            find_routes(s, i, mark);
    }
    rank(s);
    int rc = add_bends(s, err);
    if (rc)
        return rc;
    double *heights;
    fill_layers(s);
    order(s);
    place(s, ret);
    const double *tops = stack(s, ret, &heights);
    for (size_t i = 0; i < scope->len; i++) {
        const struct vertex *v = &s->vertices.at[i];
        struct state_layout *at = &s->l->states[scope->states[i].id];
        at->x = v->x - v->w / 2;
        at->y = tops[v->rank];
    }
    set_lines(s, tops, heights, ret);
    return 0;
}

static int layout_scope(struct layout *l, const struct asl_scope *scope, struct scope_layout *ret,
                        struct unum_err *err)
{
    struct layers s = {.l = l, .scope = scope};
    l->vertices += scope->len;
    int rc = l->vertices > GRAPH_LIMIT_SVG ? too_large(err) : layout_layers(&s, ret, err);
    unum_vec_done(&s.vertices);
    unum_vec_done(&s.links);
    unum_vec_done(&s.routes);
    return rc;
}

int layout_make(struct layout *l, struct graph *g, struct unum_err *err)
{
    *l = (struct layout){.g = g};
    l->states = unum_arena_array(&g->arena, g->len, sizeof(*l->states));
    return layout_scope(l, &g->machine->scope, &l->root, err);
}
