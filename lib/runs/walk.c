#include "runs/walk.h"

#include <string.h>

#include "base/limits.h"
#include "base/map.h"
#include "json/json.h"

enum { MOST_RECORDS = 200000, LEAF = 64 };

/* The failed attempts of an instance: only the last one leads on. */
struct tries {
    uint32_t last;
    struct attempt_record record;
};

struct walking {
    struct unum_str prefix, nonce;
    struct unum_arena *arena;
    const struct compiled *compiled;
    struct unum_map outcomes; /* instance -> struct record */
    struct unum_map tries;    /* instance -> struct tries */
    struct unum_map sets;     /* key of a completion set behind the prefix -> its bits */
    struct run_walk *ret;
    UNUM_VEC(struct walk_gap) gaps;
    UNUM_VEC(struct walk_gap) closes; /* gaps that only count if there are no others */
    int64_t now_ms;
    size_t items;
    bool too_many;
};

/* ---- reading ---- */

static struct unum_str copy(struct walking *w, struct unum_str text)
{
    return text.ptr ? unum_arena_str(w->arena, text) : UNUM_STR_NONE;
}

static bool on_outcome(struct walking *w, struct unum_str instance, const struct store_item *item)
{
    struct record *r = UNUM_ARENA_NEW(w->arena, struct record);
    if (record_parse(item, r, NULL) < 0)
        return false;
    struct unum_str *texts[] = {&r->nonce, &r->machine, &r->to, &r->by, &r->frames, &r->error_type};
    for (size_t i = 0; i < UNUM_COUNT(texts); i++)
        *texts[i] = copy(w, *texts[i]);
    /* Values are of no interest here, and may be large. */
    r->user = r->value = r->fan_in = r->variables = r->cause = UNUM_STR_NONE;
    r->spill = (struct record_spill){0};
    (void)unum_map_set(&w->outcomes, instance, r);
    return true;
}

/* "<instance>~a<k>" */
static bool on_attempt(struct walking *w, struct unum_str key, const struct store_item *item)
{
    struct attempt_record attempt;
    uint64_t number;
    size_t at = unum_str_rfind(key, '~');
    if (at == SIZE_MAX || !unum_str_starts(unum_str_from_pos(key, at), UNUM_STR("~a")) ||
        !unum_str_to_u64(unum_str_from_pos(key, at + 2), &number) || number > UINT32_MAX ||
        record_attempt_parse(item, &attempt, NULL) < 0)
        return false;
    struct unum_str instance = unum_str_slice(key, 0, at);
    struct tries *tries = unum_map_get(&w->tries, instance);
    if (tries && tries->last > number)
        return true;
    if (!tries) {
        tries = UNUM_ARENA_NEW(w->arena, struct tries);
        (void)unum_map_set(&w->tries, instance, tries);
    }
    *tries = (struct tries){(uint32_t)number,
                            {.present = true,
                             .retry = attempt.retry,
                             .error_type = copy(w, attempt.error_type),
                             .by = copy(w, attempt.by),
                             .due_ms = attempt.due_ms}};
    return true;
}

static bool on_set(struct walking *w, struct unum_str key, const struct store_item *item)
{
    const struct store_attr *attr = store_attr(item, "Positions");
    uint64_t *marks = UNUM_ARENA_NEW(w->arena, uint64_t);
    for (size_t i = 0; attr && attr->type == STORE_NUMBERS && i < attr->len; i++)
        *marks |= UINT64_C(1) << (attr->numbers[i] % LEAF);
    (void)unum_map_set(&w->sets, key, marks);
    return true;
}

/* What the runtime writes under the keys of a run (record.h). Names of nodes and states have none
 * of these signs. */
static bool on_item(void *cookie, struct unum_str key, const struct store_item *item)
{
    struct walking *w = cookie;
    struct unum_str rest = unum_str_from_pos(key, w->prefix.len), end = UNUM_STR("-output");
    bool known = true;
    if (!unum_str_eq(store_text(item, STORE_NONCE), w->nonce))
        return true; /* of a run of that name before */
    w->too_many = w->items++ >= MOST_RECORDS;
    if (w->too_many)
        return false;
    if (unum_str_search(rest, UNUM_STR("-fanin/")) != SIZE_MAX)
        known = on_set(w, rest, item);
    else if (unum_str_ends(rest, end))
        known = on_outcome(w, unum_str_slice(rest, 0, rest.len - end.len), item);
    else if (!unum_str_is(rest, "run") && unum_str_search(rest, UNUM_STR("-output/")) == SIZE_MAX &&
             unum_str_search(rest, UNUM_STR("-items/")) == SIZE_MAX)
        known = on_attempt(w, rest, item);
    w->ret->strange += !known;
    return true;
}

/* ---- what shows ---- */

static const struct record *outcome(const struct walking *w, struct unum_str instance)
{
    return unum_map_get(&w->outcomes, instance);
}

static const struct tries *tries_of(const struct walking *w, struct unum_str instance)
{
    return unum_map_get(&w->tries, instance);
}

/* Is this attempt of a Map or Parallel over? Then nothing more comes of what stands in it. */
static bool is_over(const struct walking *w, struct trail_close close)
{
    const struct tries *tries = tries_of(w, close.name);
    return outcome(w, close.name) || (tries && tries->last >= close.attempt);
}

static bool marked(const struct walking *w, const struct trail_link *link)
{
    if (link->position == UINT32_MAX)
        return false;
    struct unum_buf UNUM_AUTO_BUF owner = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_buf_printf(&owner, "%.*s~a%u", UNUM_STR_ARG(link->owner), (unsigned)link->attempt);
    struct unum_str key =
        record_set_key(w->arena, UNUM_STR(""), unum_buf_str(&owner), 0, link->position / LEAF);
    const uint64_t *marks = unum_map_get(&w->sets, key);
    return marks && (*marks >> (link->position % LEAF) & 1);
}

/* Does anything show of the link? *ret_tried: only a failed attempt of that instance. */
static bool shows(struct walking *w, const struct trail_link *link, struct unum_str *ret_tried)
{
    *ret_tried = UNUM_STR_NONE;
    if (link->kind == TRAIL_MORE)
        return true;
    if (link->kind == TRAIL_END)
        return !unum_str_is(w->ret->run.status, "RUNNING");
    for (size_t i = 0; i < link->candidates_len; i++) {
        struct unum_str instance = link->candidates[i];
        if (outcome(w, instance))
            return true;
        const struct tries *tries = tries_of(w, instance);
        if (!tries)
            continue;
        if (!trail_is_fan_out(w->compiled, instance))
            *ret_tried = instance;
        /* What the attempts of a fan-out lead to is looked at for itself. Of the fan-out the link
         * opens into, the attempt counts. */
        else if (link->owner.len ? !unum_str_eq(instance, link->owner)
                                 : tries->last >= link->attempt)
            return true;
    }
    return link->owner.len &&
           (is_over(w, (struct trail_close){link->owner, link->attempt}) || marked(w, link));
}

/* ---- gaps ---- */

static bool is_node(const struct walking *w, struct unum_str name)
{
    for (size_t i = 0; i < w->compiled->len; i++) {
        if (unum_str_eq(w->compiled->at[i].node, name))
            return true;
    }
    return false;
}

/* The instance whose event repeats the decision of `instance`: a close's is its branch's; an
 * opening and the part behind a Wait have events of their own. */
static struct unum_str sender_of(const struct walking *w, struct unum_str instance)
{
    for (int depth = 0; depth < UNUM_LIMIT_FRAMES; depth++) {
        const struct record *record = outcome(w, instance);
        if (is_node(w, trail_name(instance)))
            return instance;
        if (!record)
            break;
        if (!record->by.len)
            return instance;
        instance = record->by;
    }
    return UNUM_STR_NONE;
}

/* Complete a gap: who can fill it, and since when it is one. */
static struct walk_gap gap_of(const struct walking *w, struct walk_gap gap)
{
    gap.sender = gap.from.len ? sender_of(w, gap.from) : UNUM_STR_NONE;
    const struct record *sender = gap.sender.len ? outcome(w, gap.sender) : NULL;
    if (sender)
        gap.record = *sender;
    if (gap.since_ms < gap.due_ms && gap.due_ms <= w->now_ms)
        gap.since_ms = gap.due_ms;
    return gap;
}

/* A failed attempt of a Task: the event that is missing is that of the next one. */
static void add_tries(const struct walking *w, struct unum_str tried, struct walk_gap *gap)
{
    const struct tries *tries = tried.len ? tries_of(w, tried) : NULL;
    if (!tries)
        return;
    gap->missing = tried;
    gap->tried = true;
    gap->attempts = tries->last + 1;
    gap->retry = tries->record.retry;
    if (gap->due_ms < tries->record.due_ms)
        gap->due_ms = tries->record.due_ms;
}

static struct walk_gap link_gap(const struct walking *w, const struct trail_link *link,
                                int64_t since_ms, struct unum_str tried)
{
    /* The first candidate is the nearest; the close is only the way out. */
    struct walk_gap gap = {.from = link->from,
                           .missing = link->candidates_len ? link->candidates[0] : link->label,
                           .label = link->label,
                           .since_ms = since_ms,
                           .due_ms = link->due_ms};
    add_tries(w, tried, &gap);
    return gap_of(w, gap);
}

/* A fan-out whose close is missing waits for its positions, which say more. */
static bool waits_for_positions(const struct trail_link *link, bool any)
{
    return any && link->kind == TRAIL_STEP && link->candidates_len == 1 && !link->owner.len;
}

/* How wide a Map is, the record of its first position says. */
static void widen(struct walking *w, trail_links *links, size_t i)
{
    const struct trail_link *probe = &links->at[i];
    size_t depth = probe->outer.len;
    for (size_t c = 0; c < probe->candidates_len; c++) {
        const struct record *record = outcome(w, probe->candidates[c]);
        struct trail_scope scope = {0};
        if (!record || !record->frames.ptr ||
            trail_scope_parse(record->frames, w->arena, &scope, NULL) < 0 || scope.len <= depth)
            continue;
        links->at[i].probe = false;
        trail_siblings(w->compiled, &links->at[i], scope.at[depth].size, w->arena, links);
        return;
    }
}

/* Does the instance stand in something that is over? `except`: but for so many of the innermost. */
static bool is_void(struct walking *w, struct unum_str instance, const struct record *record,
                    size_t except)
{
    struct trail_close *around = NULL;
    size_t len = 0;
    if (trail_enclosing(w->compiled, instance, record->frames, w->arena, &around, &len, NULL) < 0)
        return false; /* trail_follow() says what is wrong with it */
    for (size_t i = 0; i + except < len; i++) {
        if (is_over(w, around[i]))
            return true;
    }
    return false;
}

static void check_instance(struct walking *w, struct unum_str instance, const struct record *record)
{
    trail_links links = {0};
    struct unum_str tried;
    bool any = false;
    if (is_void(w, instance, record, 0))
        return;
    if (trail_follow(w->compiled, instance, record, w->arena, &links, NULL) < 0)
        w->ret->unknown++;
    for (size_t i = 0; i < links.len; i++) {
        if (links.at[i].probe)
            widen(w, &links, i);
        any |= links.at[i].owner.len > 0;
    }
    for (size_t i = 0; i < links.len; i++) {
        if (shows(w, &links.at[i], &tried))
            continue;
        struct walk_gap gap = link_gap(w, &links.at[i], record->now_ms, tried);
        if (waits_for_positions(&links.at[i], any))
            *unum_vec_push(&w->closes) = gap;
        else
            *unum_vec_push(&w->gaps) = gap;
    }
    unum_vec_done(&links);
}

/* The last attempt of a Map or Parallel has failed: the next one is opened, or it ends. */
static void check_attempts(struct walking *w, struct unum_str instance, const struct tries *tries)
{
    const struct record *by = outcome(w, tries->record.by);
    if (!trail_is_fan_out(w->compiled, instance) || outcome(w, instance) ||
        (by && is_void(w, tries->record.by, by, 1)))
        return;
    instance = copy(w, instance);
    const struct trail_close next = {instance, tries->last + 1};
    struct unum_str missing = tries->record.retry ? trail_opening_of(w->arena, next) : instance;
    if (outcome(w, missing))
        return;
    const struct walk_gap gap = {.from = tries->record.by,
                                 .missing = instance,
                                 .label = trail_name(instance),
                                 .since_ms = by ? by->now_ms : w->ret->run.started_ms,
                                 .due_ms = tries->record.due_ms,
                                 .tried = true,
                                 .attempts = tries->last + 1,
                                 .retry = tries->record.retry};
    *unum_vec_push(&w->gaps) = gap_of(w, gap);
}

static void note_time(struct walking *w, int64_t ms)
{
    if (ms > w->ret->newest_ms && ms <= w->now_ms)
        w->ret->newest_ms = ms;
}

static void check_entry(struct walking *w)
{
    struct unum_str start = trail_entry(w->compiled);
    if (outcome(w, start))
        return;
    struct trail_link link = {
        .kind = TRAIL_STEP, .label = start, .candidates = &start, .candidates_len = 1};
    struct unum_str tried = tries_of(w, start) ? start : UNUM_STR_NONE;
    *unum_vec_push(&w->gaps) = link_gap(w, &link, w->ret->run.started_ms, tried);
}

static void check_all(struct walking *w)
{
    struct unum_map_entry *entry = NULL;
    w->ret->newest_ms = w->ret->run.started_ms;
    while ((entry = unum_map_next(&w->outcomes, entry))) {
        const struct record *record = entry->value;
        w->ret->records++;
        note_time(w, record->now_ms);
        note_time(w, record->due_ms);
        check_instance(w, entry->key, record);
    }
    while ((entry = unum_map_next(&w->tries, entry))) {
        const struct tries *tries = entry->value;
        note_time(w, tries->record.due_ms);
        check_attempts(w, entry->key, tries);
    }
    check_entry(w);
    for (size_t i = 0; !w->gaps.len && i < w->closes.len; i++)
        *unum_vec_push(&w->gaps) = w->closes.at[i];
}

int run_walk(const struct runs_table *table, const struct store *store, struct unum_str app,
             struct unum_str session, const struct compiled *compiled, struct unum_arena *arena,
             struct run_walk *ret, struct unum_err *err)
{
    struct walking w = {.prefix = record_prefix(arena, app, session),
                        .now_ms = unum_wall_ms(table->clock),
                        .arena = arena,
                        .compiled = compiled,
                        .ret = ret};
    const struct table_query query = {.prefix = w.prefix};
    *ret = (struct run_walk){0};
    int rc = run_record_read(store, app, session, arena, &ret->run, err);
    if (rc == 0 && !ret->run.present)
        rc = unum_err_set(err, UNUM_E_NOTFOUND, "there is no run \"%.*s\" of %.*s",
                          UNUM_STR_ARG(session), UNUM_STR_ARG(app));
    w.nonce = ret->run.nonce;
    if (rc == 0)
        rc = table_scan(table, &query, on_item, &w, err);
    if (rc == 0 && w.too_many)
        rc = unum_err_set(err, UNUM_E_LIMIT, "the run has more than %d items", MOST_RECORDS);
    if (rc == 0 && unum_str_is(ret->run.status, "RUNNING"))
        check_all(&w);
    ret->gaps = unum_arena_array(arena, w.gaps.len, sizeof(*ret->gaps));
    if (w.gaps.len)
        memcpy(ret->gaps, w.gaps.at, w.gaps.len * sizeof(*ret->gaps));
    ret->gaps_len = w.gaps.len;
    unum_vec_done(&w.gaps);
    unum_vec_done(&w.closes);
    unum_map_done(&w.outcomes);
    unum_map_done(&w.tries);
    unum_map_done(&w.sets);
    return rc;
}

/* For whom a repeated event is: a node, or one of its states. */
struct target {
    const struct compiled_node *node;
    struct unum_str state; /* Resume.State: an opening, or a Wait; empty: the node itself */
    uint32_t attempt;
};

static void write_event(const struct run_walk *walk, const struct record *record,
                        const struct target *target, struct unum_str session, struct json_writer *w)
{
    json_object_begin(w);
    json_key(w, "Data");
    json_object_begin(w);
    json_key(w, "Source");
    json_strings(w, "http");
    json_key(w, "Value");
    json_null(w); /* the outcome is recorded: nobody reads it again */
    json_object_end(w);
    json_key(w, "Session");
    json_string(w, session);
    json_key(w, "Run");
    json_object_begin(w);
    json_key(w, "Nonce");
    json_string(w, walk->run.nonce);
    if (walk->run.machine.len) {
        json_key(w, "Machine");
        json_string(w, walk->run.machine);
    }
    json_key(w, "Started");
    json_int(w, walk->run.started_ms);
    json_key(w, "Expires");
    json_int(w, walk->run.expires_s);
    json_object_end(w);
    if (record->frames.ptr) {
        json_key(w, "Fan-out");
        json_raw(w, record->frames);
    }
    if (record->visit) {
        json_key(w, "Visit");
        json_int(w, record->visit);
    }
    if (target->attempt) {
        json_key(w, "Attempt");
        json_int(w, target->attempt);
    }
    if (target->state.len) {
        json_key(w, "Resume");
        json_object_begin(w);
        json_key(w, "State");
        json_string(w, target->state);
        json_object_end(w);
    }
    json_object_end(w);
}

/* The node that goes on from a state: the one its IR names, else one that stands where the state
 * does and has all of it. */
static const struct compiled_node *node_with(const struct compiled *compiled, struct unum_str name,
                                             size_t depth)
{
    const struct compiled_node *found = NULL;
    for (size_t i = 0; i < compiled->len; i++) {
        const struct ir_node *node = compiled->at[i].ir;
        const struct ir_state *state = node->compiled ? ir_state(node, name) : NULL;
        if (!state)
            continue;
        for (size_t j = 0; state->opener.len && j < compiled->len; j++) {
            if (unum_str_eq(compiled->at[j].node, state->opener))
                return &compiled->at[j];
        }
        if (!found && node->within_len == depth && (!ir_is_fan_out(state->type) || state->branches))
            found = &compiled->at[i];
    }
    return found;
}

static struct target target_of(const struct compiled *compiled, const struct walk_gap *gap,
                               struct unum_arena *arena)
{
    struct unum_str name = trail_name(gap->sender), close;
    struct trail_scope scope = {0};
    struct target target = {.attempt = gap->record.attempt};
    for (size_t i = 0; i < compiled->len; i++) {
        if (unum_str_eq(compiled->at[i].node, name))
            target.node = &compiled->at[i];
    }
    if (target.node || trail_scope_parse(gap->record.frames, arena, &scope, NULL) < 0)
        return target;
    target.state = name;
    target.node = node_with(compiled, name, scope.len);
    if (!trail_opening(gap->sender, &close, &target.attempt))
        target.attempt = 0;
    return target;
}

bool run_walk_event(const struct run_walk *walk, const struct compiled *compiled,
                    const struct walk_gap *gap, struct unum_str session, struct unum_arena *arena,
                    struct unum_str *ret_node, struct unum_str *ret_event)
{
    if (!gap->sender.len || !gap->record.present)
        return false;
    const struct target target = target_of(compiled, gap, arena);
    if (!target.node || !target.node->ir->compiled)
        return false;
    struct unum_buf UNUM_AUTO_BUF event = UNUM_BUF_INIT(UNUM_LIMIT_ASYNC_PAYLOAD);
    struct json_writer w = JSON_WRITER(&event);
    write_event(walk, &gap->record, &target, session, &w);
    if (event.failed)
        return false;
    *ret_node = target.node->node;
    *ret_event = unum_arena_str(arena, unum_buf_str(&event));
    return true;
}
