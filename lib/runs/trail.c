#include "runs/trail.h"

#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "json/json.h"

/* ---- names ---- */

static bool small(struct unum_str object, const char *key, uint32_t *ret)
{
    struct unum_str value;
    int64_t number;
    *ret = 0;
    if (!json_get(object, unum_str_from(key), &value))
        return true;
    if (!json_to_i64(value, &number) || number < 0 || number > UINT32_MAX)
        return false;
    *ret = (uint32_t)number;
    return true;
}

static bool read_frame(struct unum_str object, struct unum_arena *arena, struct trail_frame *ret)
{
    struct unum_buf UNUM_AUTO_BUF opener = UNUM_BUF_INIT(object.len);
    struct unum_str value;
    if (json_type(object) != JSON_OBJECT || !small(object, "Index", &ret->index) ||
        !small(object, "Size", &ret->size) || !small(object, "Attempt", &ret->attempt) ||
        !small(object, "Visit", &ret->visit))
        return false;
    ret->parallel =
        json_get(object, UNUM_STR("Type"), &value) && json_is(value, UNUM_STR("Parallel"));
    if (json_get(object, UNUM_STR("Opener"), &value) && json_decode(value, &opener))
        ret->opener = unum_arena_str(arena, unum_buf_str(&opener));
    return true;
}

int trail_scope_parse(struct unum_str json, struct unum_arena *arena, struct trail_scope *ret,
                      struct unum_err *err)
{
    struct trail_frame frames[UNUM_LIMIT_FRAMES];
    struct unum_str level = UNUM_STR_NONE;
    size_t len = 0;
    *ret = (struct trail_scope){0};
    if (!json.ptr)
        return 0;
    int rc = json_check(json, &level, err);
    for (bool more = rc == 0; more; more = json_get(level, UNUM_STR("OuterLoop"), &level)) {
        if (len == UNUM_COUNT(frames) || !read_frame(level, arena, &frames[len]))
            return unum_err_set(err, UNUM_E_PARSE, "a record with frames that are none");
        len++;
    }
    if (rc < 0)
        return rc;
    struct trail_frame *copy = unum_arena_array(arena, len, sizeof(*copy));
    for (size_t i = 0; i < len; i++)
        copy[i] = frames[len - 1 - i];
    *ret = (struct trail_scope){copy, len};
    return 0;
}

static void add_mark(struct unum_buf *out, char mark, uint32_t number)
{
    if (number)
        unum_buf_printf(out, "%c%" PRIu32, mark, number);
}

struct unum_str trail_instance(struct unum_arena *arena, struct unum_str name,
                               struct trail_scope scope, uint32_t visit)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_buf_add(&text, name);
    add_mark(&text, '^', visit);
    for (size_t i = 0; i < scope.len; i++) {
        unum_buf_adds(&text, i ? "." : IR_INDEX);
        unum_buf_addu(&text, scope.at[i].index);
        add_mark(&text, '~', scope.at[i].attempt);
        add_mark(&text, '^', scope.at[i].visit);
    }
    return unum_arena_str(arena, unum_buf_str(&text));
}

struct unum_str trail_name(struct unum_str instance)
{
    size_t index = unum_str_search(instance, UNUM_STR(IR_INDEX));
    struct unum_str name = index == SIZE_MAX ? instance : unum_str_slice(instance, 0, index);
    name = unum_str_slice(name, 0, unum_str_find(name, '~'));
    return unum_str_slice(name, 0, unum_str_find(name, '^'));
}

bool trail_opening(struct unum_str instance, struct unum_str *ret_close, uint32_t *ret_attempt)
{
    size_t at = unum_str_rfind(instance, '~');
    uint64_t attempt;
    if (at == SIZE_MAX || !unum_str_starts(unum_str_from_pos(instance, at), UNUM_STR("~o")) ||
        !unum_str_to_u64(unum_str_from_pos(instance, at + 2), &attempt) || attempt > UINT32_MAX)
        return false;
    *ret_close = unum_str_slice(instance, 0, at);
    *ret_attempt = (uint32_t)attempt;
    return true;
}

struct unum_str trail_opening_of(struct unum_arena *arena, struct trail_close close)
{
    return unum_arena_printf(arena, "%.*s~o%" PRIu32, UNUM_STR_ARG(close.name), close.attempt);
}

struct unum_str trail_entry(const struct compiled *compiled)
{
    return compiled->entry;
}

const struct compiled_node *trail_node(const struct compiled *compiled, struct unum_str instance)
{
    struct unum_str name = trail_name(instance);
    for (size_t i = 0; i < compiled->len; i++) {
        if (unum_str_eq(compiled->at[i].node, name))
            return &compiled->at[i];
    }
    for (size_t i = 0; i < compiled->len; i++) {
        if (compiled->at[i].ir->compiled && ir_state(compiled->at[i].ir, name))
            return &compiled->at[i];
    }
    return NULL;
}

/* ---- where a decision leads ---- */

struct follow {
    const struct compiled *compiled;
    struct unum_arena *arena;
    trail_links *links;
    struct unum_str instance;
    const struct record *record;
    struct trail_scope scope;
};

/* The state of that name as a node that opens, closes or starts it knows it: with branches if
 * anyone has them. */
static const struct ir_state *find_state(const struct compiled *compiled, struct unum_str name)
{
    const struct ir_state *found = NULL;
    for (size_t i = 0; i < compiled->len; i++) {
        const struct ir_node *node = compiled->at[i].ir;
        const struct ir_state *state = node->compiled ? ir_state(node, name) : NULL;
        if (state && (!found || (!found->branches && state->branches) ||
                      (!found->next.ptr && state->next.ptr && !found->branches)))
            found = state;
    }
    return found;
}

/* Enclosing Map and Parallel states of an instance, by name, outermost first. */
static const struct ir_node *scope_node(const struct follow *f, size_t depth)
{
    struct unum_str name = trail_name(f->instance);
    const struct ir_node *close = NULL;
    for (size_t i = 0; i < f->compiled->len; i++) {
        const struct ir_node *node = f->compiled->at[i].ir;
        if (!node->compiled)
            continue;
        if (unum_str_eq(node->name, name) && node->within_len >= depth)
            return node;
        /* A close: a node inside of it stands in the same scopes, and in more. */
        for (size_t j = depth; j < node->within_len && !close; j++) {
            if (unum_str_eq(node->within[j], name))
                close = node;
        }
        if (!close && node->within_len >= depth && ir_state(node, name))
            close = node;
    }
    return close;
}

static struct trail_scope push(struct follow *f, struct trail_scope scope, struct trail_frame frame)
{
    struct trail_frame *copy = unum_arena_array(f->arena, scope.len + 1, sizeof(*copy));
    if (scope.len)
        memcpy(copy, scope.at, scope.len * sizeof(*copy));
    copy[scope.len] = frame;
    return (struct trail_scope){copy, scope.len + 1};
}

static struct trail_link *add_link(struct follow *f, enum trail_kind kind)
{
    struct trail_link *link = unum_vec_push(f->links);
    *link = (struct trail_link){
        .kind = kind, .from = f->instance, .due_ms = f->record->due_ms, .size = 1};
    return link;
}

enum { MOST_CANDIDATES = 64 };

/* Instances with which a way that begins at a state can show first. */
struct heads {
    struct follow *f;
    struct trail_scope scope;
    uint32_t visit;
    struct unum_str seen[MOST_CANDIDATES];
    size_t seen_len;
    struct unum_str found[MOST_CANDIDATES];
    size_t len;
    bool ends;
};

static void collect_heads(struct heads *h, struct unum_str name, unsigned depth);

static void found_head(struct heads *h, struct unum_str name)
{
    if (h->len < MOST_CANDIDATES)
        h->found[h->len++] = trail_instance(h->f->arena, name, h->scope, h->visit);
}

struct target_of {
    struct heads *h;
    unsigned depth;
};

static bool each_target(void *cookie, struct unum_str name)
{
    struct target_of *t = cookie;
    collect_heads(t->h, name, t->depth + 1);
    return true;
}

/* A fan-out in the way shows by its opening, if that has a record, by the first Task of a branch,
 * or by its close. */
static void heads_of_fan_out(struct heads *h, const struct ir_state *state, unsigned depth)
{
    struct trail_scope scope = h->scope;
    uint32_t visit = h->visit;
    found_head(h, state->name);
    if (h->len < MOST_CANDIDATES)
        h->found[h->len++] = trail_opening_of(
            h->f->arena,
            (struct trail_close){trail_instance(h->f->arena, state->name, scope, visit), 0});
    for (size_t i = 0; i < state->branches_len && state->branches; i++) {
        h->scope = push(h->f, scope,
                        (struct trail_frame){.parallel = state->type == IR_STATE_PARALLEL,
                                             .index = (uint32_t)i,
                                             .visit = visit});
        h->visit = 0;
        collect_heads(h, state->branches[i], depth + 1);
    }
    h->scope = scope;
    h->visit = visit;
}

static void collect_heads(struct heads *h, struct unum_str name, unsigned depth)
{
    if (!name.ptr || depth > UNUM_LIMIT_FRAMES) {
        h->ends = true;
        return;
    }
    for (size_t i = 0; i < h->seen_len; i++) {
        if (unum_str_eq(h->seen[i], name))
            return;
    }
    if (h->seen_len < MOST_CANDIDATES)
        h->seen[h->seen_len++] = name;
    const struct ir_state *state = find_state(h->f->compiled, name);
    if (!state)
        return;
    if (state->type == IR_STATE_TASK) {
        found_head(h, state->node);
    } else if (ir_is_fan_out(state->type)) {
        heads_of_fan_out(h, state, depth);
    } else {
        struct target_of target = {h, depth};
        if (state->type == IR_STATE_WAIT)
            found_head(h, state->name);
        if (state->fields.ptr)
            (void)ir_each_target(state->fields, each_target, &target);
        if (state->type != IR_STATE_CHOICE)
            collect_heads(h, state->next, depth + 1);
    }
}

static void keep_heads(struct follow *f, struct trail_link *link, const struct heads *heads)
{
    link->candidates = unum_arena_array(f->arena, heads->len + 1, sizeof(*link->candidates));
    for (size_t i = 0; i < heads->len; i++)
        link->candidates[link->candidates_len++] = heads->found[i];
}

static void add_candidate(struct trail_link *link, struct unum_str instance)
{
    link->candidates[link->candidates_len++] = instance;
}

static void follow_position(struct follow *f, const struct ir_state *state,
                            struct trail_scope outer, struct trail_frame frame)
{
    bool parallel = state->type == IR_STATE_PARALLEL;
    uint32_t index = frame.index, visit = frame.visit;
    struct unum_str close = trail_instance(f->arena, state->name, outer, visit);
    struct heads heads = {.f = f, .scope = push(f, outer, frame)};
    collect_heads(&heads, state->branches[parallel ? index : 0], 0);
    struct trail_link *link = add_link(f, TRAIL_STEP);
    keep_heads(f, link, &heads);
    add_candidate(link, close); /* nothing to do, or over already */
    link->label =
        unum_arena_printf(f->arena, "%.*s[%" PRIu32 "]", UNUM_STR_ARG(state->name), index);
    link->owner = close;
    link->attempt = frame.attempt;
    link->position = index;
    link->size = frame.size;
    link->state = state;
    link->outer = outer;
    link->visit = visit;
}

static bool may_retry(const struct ir_state *state)
{
    struct unum_str retry;
    return state->fields.ptr && json_get(state->fields, UNUM_STR("Retry"), &retry);
}

/* The positions of a fan-out that the record opens. */
static void follow_open(struct follow *f, const struct ir_state *state)
{
    struct unum_str close;
    struct trail_frame frame = {.parallel = state->type == IR_STATE_PARALLEL,
                                .visit = f->record->to_visit};
    bool parallel = frame.parallel;
    uint32_t size = parallel ? (uint32_t)state->branches_len : 1;
    (void)trail_opening(f->instance, &close, &frame.attempt); /* else it is the first one */
    frame.size = parallel ? size : 0;
    for (uint32_t i = 0; state->branches && i < size; i++) {
        frame.index = i;
        follow_position(f, state, f->scope, frame);
    }
    if (!parallel && state->branches)
        f->links->at[f->links->len - 1].probe = true;
    struct trail_link *link = add_link(f, TRAIL_STEP);
    link->candidates = unum_arena_array(f->arena, 1, sizeof(*link->candidates));
    close = trail_instance(f->arena, state->name, f->scope, frame.visit);
    add_candidate(link, close);
    link->label = state->name;
    link->attempt = frame.attempt;
    if (may_retry(state)) {
        link = add_link(f, TRAIL_MORE);
        link->candidates = unum_arena_array(f->arena, 1, sizeof(*link->candidates));
        add_candidate(link,
                      trail_opening_of(f->arena, (struct trail_close){close, frame.attempt + 1}));
    }
}

/* The end of a scope: a position of the innermost fan-out is done. */
static int follow_scope_end(struct follow *f, bool error, struct unum_err *err)
{
    const struct ir_node *node = scope_node(f, f->scope.len);
    if (!node)
        return unum_err_set(err, UNUM_E_INVAL, "no function of the application knows %.*s",
                            UNUM_STR_ARG(f->instance));
    const struct trail_frame *frame = &f->scope.at[f->scope.len - 1];
    struct trail_scope outer = {f->scope.at, f->scope.len - 1};
    struct unum_str state = node->within[outer.len];
    struct unum_str close = trail_instance(f->arena, state, outer, frame->visit);
    struct trail_link *link = add_link(f, TRAIL_MARK);
    link->candidates = unum_arena_array(f->arena, 1, sizeof(*link->candidates));
    add_candidate(link, close);
    link->owner = close;
    link->label =
        unum_arena_printf(f->arena, "%.*s[%" PRIu32 "]", UNUM_STR_ARG(state), frame->index);
    link->position = error ? UINT32_MAX : frame->index; /* a failure ends the whole */
    link->size = frame->size;
    link->attempt = frame->attempt;
    return 0;
}

static int follow_compiled(struct follow *f, struct unum_err *err)
{
    const struct record *record = f->record;
    bool failure = record->error && unum_str_is(record->to, RECORD_FAILURE);
    if (failure || !record->has_to) {
        if (f->scope.len)
            return follow_scope_end(f, failure, err);
        add_link(f, TRAIL_END)->label = UNUM_STR("the end of the run");
        return 0;
    }
    const struct ir_state *state = find_state(f->compiled, record->to);
    if (!state)
        return unum_err_set(err, UNUM_E_INVAL,
                            "%.*s goes on with the state %.*s, which the application here does not "
                            "have",
                            UNUM_STR_ARG(f->instance), UNUM_STR_ARG(record->to));
    if (ir_is_fan_out(state->type)) {
        follow_open(f, state);
        return 0;
    }
    struct heads heads = {.f = f, .scope = f->scope, .visit = record->to_visit};
    collect_heads(&heads, record->to, 0);
    struct trail_link *link = add_link(f, TRAIL_STEP);
    keep_heads(f, link, &heads);
    link->label = state->name;
    return 0;
}

static void follow_map_edge(struct follow *f, struct unum_str node, struct trail_scope outer,
                            uint32_t index, uint32_t size)
{
    struct trail_scope scope = push(f, outer, (struct trail_frame){.index = index, .size = size});
    struct trail_link *link = add_link(f, TRAIL_STEP);
    link->candidates = unum_arena_array(f->arena, 1, sizeof(*link->candidates));
    add_candidate(link, trail_instance(f->arena, node, scope, 0));
    link->label = unum_arena_printf(f->arena, "%.*s[%" PRIu32 "]", UNUM_STR_ARG(node), index);
    link->position = index;
    link->size = size;
    link->outer = outer;
}

/* Hand-written edges depend on values and conditions; those that always lead to one instance are
 * followed. */
static void follow_edges(struct follow *f, const struct ir_node *node)
{
    if (f->record->error || !node->edges_len) {
        if (f->record->error || !f->scope.len)
            add_link(f, TRAIL_END)->label = UNUM_STR("the end of the run");
        return;
    }
    if (node->edges_len != 1 || node->edges[0].conditional.ptr || node->edges[0].modifiers_len ||
        node->edges[0].input == IR_FANIN)
        return;
    const struct ir_edge *edge = &node->edges[0];
    if (edge->input == IR_MAP) {
        follow_map_edge(f, edge->name, f->scope, 0, 0);
        f->links->at[f->links->len - 1].probe = true;
        return;
    }
    struct trail_link *link = add_link(f, TRAIL_STEP);
    link->candidates = unum_arena_array(f->arena, 1, sizeof(*link->candidates));
    add_candidate(link, trail_instance(f->arena, edge->name, f->scope, 0));
    link->label = edge->name;
}

int trail_follow(const struct compiled *compiled, struct unum_str instance,
                 const struct record *record, struct unum_arena *arena, trail_links *links,
                 struct unum_err *err)
{
    struct follow f = {compiled, arena, links, unum_arena_str(arena, instance), record, {0}};
    const struct compiled_node *node = trail_node(compiled, instance);
    if (!node)
        return unum_err_set(err, UNUM_E_INVAL, "no function of the application is called %.*s",
                            UNUM_STR_ARG(trail_name(instance)));
    int rc = trail_scope_parse(record->frames, arena, &f.scope, err);
    if (rc < 0)
        return rc;
    if (!node->ir->compiled) {
        follow_edges(&f, node->ir);
        return 0;
    }
    return follow_compiled(&f, err);
}

bool trail_is_fan_out(const struct compiled *compiled, struct unum_str instance)
{
    const struct ir_state *state = find_state(compiled, trail_name(instance));
    return state && ir_is_fan_out(state->type);
}

int trail_enclosing(const struct compiled *compiled, struct unum_str instance,
                    struct unum_str frames, struct unum_arena *arena, struct trail_close **ret,
                    size_t *ret_len, struct unum_err *err)
{
    struct follow f = {.compiled = compiled, .arena = arena, .instance = instance};
    const struct compiled_node *node = trail_node(compiled, instance);
    *ret_len = 0;
    int rc = trail_scope_parse(frames, arena, &f.scope, err);
    if (rc < 0 || !f.scope.len || !node || !node->ir->compiled)
        return rc;
    const struct ir_node *inside = scope_node(&f, f.scope.len);
    if (!inside)
        return unum_err_set(err, UNUM_E_INVAL, "no function of the application knows %.*s",
                            UNUM_STR_ARG(instance));
    *ret = unum_arena_array(arena, f.scope.len, sizeof(**ret));
    for (size_t i = 0; i < f.scope.len; i++) {
        const struct trail_scope outer = {f.scope.at, i};
        (*ret)[i] = (struct trail_close){
            trail_instance(arena, inside->within[i], outer, f.scope.at[i].visit),
            f.scope.at[i].attempt};
    }
    *ret_len = f.scope.len;
    return 0;
}

void trail_siblings(const struct compiled *compiled, const struct trail_link *probe, uint32_t size,
                    struct unum_arena *arena, trail_links *links)
{
    const struct record none = {.due_ms = probe->due_ms};
    const struct trail_link first = *probe; /* may be part of the list that grows */
    struct follow f = {compiled, arena, links, first.from, &none, first.outer};
    struct trail_frame frame = {.size = size, .attempt = first.attempt, .visit = first.visit};
    for (uint32_t i = 1; i < size; i++) {
        frame.index = i;
        if (first.state)
            follow_position(&f, first.state, first.outer, frame);
        else
            follow_map_edge(&f, trail_name(first.candidates[0]), first.outer, i, size);
    }
}
