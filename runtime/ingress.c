#include <inttypes.h>
#include <string.h>

#include "rt.h"

int rt_find(struct rt_inv *inv, struct unum_str instance, struct record *ret, struct unum_err *err)
{
    struct unum_str key = record_outcome_key(&inv->arena, inv->prefix, instance);
    struct store_item item;
    int rc = inv->rt->store.ops->read(inv->rt->store.state, inv->event.run.nonce, &key, 1,
                                      &inv->arena, &item, err);
    if (rc == 0)
        rc = record_parse(&item, ret, err);
    return rc < 0 ? unum_err_wrap(err, "read the record of %.*s", UNUM_STR_ARG(instance)) : 0;
}

/* The recorded value of one instance. */
static int read_outcome(struct rt_inv *inv, struct unum_str instance, struct unum_str *ret_value,
                        struct unum_err *err)
{
    struct record record = {0};
    int rc = rt_find(inv, instance, &record, err);
    if (rc < 0)
        return rc;
    if (!record.present || record_failed(&record))
        return unum_err_set(err, UNUM_E_NOTFOUND, "the value of %.*s is %s", UNUM_STR_ARG(instance),
                            record.present ? "an error" : "not there");
    rc = record_load(&inv->rt->store, inv->prefix, instance, &record, &inv->arena, err);
    if (rc == 0)
        *ret_value = record_value(&record);
    return rc;
}

/* What a list is made of: outcomes of instances, and where a name is missing (ptr NULL) values. */
struct gathering {
    struct unum_str *names, *values;
    size_t len;
    bool *failed; /* the outcome is a failure that is tolerated; NULL: none is */
};

/* What one outcome gives: its value, or a tolerated failure. */
static int append_outcome(struct rt_inv *inv, struct unum_arena *scratch, struct unum_str name,
                          const struct store_item *item, bool failed, struct json_writer *w,
                          struct unum_err *err)
{
    struct record record = {0};
    int rc = record_parse(item, &record, err);
    if (rc == 0 && (!record.present || record_failed(&record) != failed))
        rc =
            unum_err_set(err, UNUM_E_NOTFOUND, "input %.*s of the fan-in is %s", UNUM_STR_ARG(name),
                         !record.present ? "missing"
                         : failed        ? "no error any more"
                                         : "an error");
    if (rc == 0 && !failed)
        rc = record_load(&inv->rt->store, inv->prefix, name, &record, scratch, err);
    if (rc == 0)
        json_raw(w, failed ? rt_error_value(inv, record.error_type, record.cause)
                           : record_value(&record));
    return rc;
}

/* Append the values of items read in one batch; a missing input is an error, never a shorter list.
 */
static int append_values(struct rt_inv *inv, struct unum_arena *scratch, const struct gathering *g,
                         size_t from, size_t count, const struct store_item *items,
                         struct json_writer *w, struct unum_err *err)
{
    size_t read = 0;
    int rc = 0;
    for (size_t i = from; rc == 0 && i < from + count; i++) {
        if (g->names[i].ptr)
            rc = append_outcome(inv, scratch, g->names[i], &items[read++],
                                g->failed && g->failed[i], w, err);
        else if (g->values)
            json_raw(w, g->values[i]);
    }
    return rc;
}

/* As a JSON array, read in steps so that only the list itself grows. */
static int gather(struct rt_inv *inv, const struct gathering *g, struct unum_str *ret_json,
                  struct unum_err *err)
{
    enum { STEP = 400 };
    struct unum_buf UNUM_AUTO_BUF list = UNUM_BUF_INIT(UNUM_LIMIT_GATHER);
    struct json_writer w = JSON_WRITER(&list);
    json_array_begin(&w);
    for (size_t from = 0; from < g->len; from += STEP) {
        size_t step = g->len - from < STEP ? g->len - from : STEP, count = 0;
        struct unum_arena UNUM_AUTO_ARENA scratch = UNUM_ARENA_INIT;
        struct unum_str *keys = unum_arena_array(&scratch, step, sizeof(*keys));
        struct store_item *items = unum_arena_array(&scratch, step, sizeof(*items));
        for (size_t i = 0; i < step; i++) {
            if (g->names[from + i].ptr)
                keys[count++] = record_outcome_key(&scratch, inv->prefix, g->names[from + i]);
        }
        int rc = !count ? 0
                        : inv->rt->store.ops->read(inv->rt->store.state, inv->event.run.nonce, keys,
                                                   count, &scratch, items, err);
        if (rc == 0)
            rc = append_values(inv, &scratch, g, from, step, items, &w, err);
        if (rc < 0)
            return rc;
    }
    json_array_end(&w);
    if (list.failed)
        return unum_err_set(err, UNUM_E_LIMIT, "the inputs of the fan-in exceed %zu MB",
                            UNUM_LIMIT_GATHER / UNUM_MB);
    *ret_json = unum_arena_str(&inv->arena, unum_buf_str(&list));
    return 0;
}

static int gather_names(struct rt_inv *inv, struct unum_str *names, size_t count,
                        struct unum_str *ret_json, struct unum_err *err)
{
    const struct gathering g = {.names = names, .len = count};
    return gather(inv, &g, ret_json, err);
}

static int gather_ends(struct rt_inv *inv, const struct unum_str *ends, size_t ends_len,
                       struct rt_scope scope, struct unum_str *ret_json, struct unum_err *err)
{
    uint32_t size = scope.at[scope.len - 1].size;
    struct unum_str *names = unum_arena_array(&inv->arena, size, sizeof(*names));
    for (uint32_t i = 0; i < size; i++) {
        struct unum_str end = ends[ends_len > 1 ? i : 0];
        names[i] = rt_instance(inv, end, rt_scope_at(inv, scope, i), 0);
    }
    return gather_names(inv, names, size, ret_json, err);
}

/* Branches end on states; instances of Tasks are named after their nodes. */
static struct unum_str end_name(const struct rt_inv *inv, struct unum_str state_name)
{
    const struct ir_state *state = ir_state(inv->node, state_name);
    return state && state->type == IR_STATE_TASK ? state->node : state_name;
}

static size_t ends_of(struct rt_inv *inv, const struct ir_state *state, struct unum_str **ret)
{
    struct unum_str *ends = unum_arena_array(&inv->arena, state->branches_len, sizeof(*ends));
    for (size_t i = 0; i < state->branches_len; i++)
        ends[i] = end_name(inv, state->ends ? state->ends[i] : state->branches[i]);
    *ret = ends;
    return state->branches_len;
}

/* ---- branches whose end the run decided ---- */

static struct unum_str end_of(const struct store_item *items, uint32_t position)
{
    const struct store_attr *ends = store_attr(&items[position / RT_LEAF], "Ends");
    for (size_t i = 0; ends && i < ends->len; i++) {
        if (ends->ends[i].position == position)
            return ends->ends[i].text;
    }
    return UNUM_STR_NONE;
}

static int read_leaves(struct rt_inv *inv, struct rt_scope scope, struct store_item **ret,
                       struct unum_err *err)
{
    size_t leaves = (scope.at[scope.len - 1].size + RT_LEAF - 1) / RT_LEAF;
    struct unum_str *keys = unum_arena_array(&inv->arena, leaves, sizeof(*keys));
    *ret = unum_arena_array(&inv->arena, leaves, sizeof(**ret));
    for (size_t i = 0; i < leaves; i++)
        keys[i] =
            record_set_key(&inv->arena, inv->prefix, rt_set_owner(inv, scope), 0, (uint32_t)i);
    return inv->rt->store.ops->read(inv->rt->store.state, inv->event.run.nonce, keys, leaves,
                                    &inv->arena, *ret, err);
}

/* The positions as their opener saw them, for those that ended without a Task. */
static int reopen_fan(struct rt_inv *inv, const struct rt_frame *frame, struct rt_scope scope,
                      struct rt_fan *ret, struct unum_err *err)
{
    struct record opener = {0};
    int rc = rt_find(inv, frame->opener, &opener, err);
    if (rc == 0 && !opener.present)
        rc = unum_err_set(err, UNUM_E_NOTFOUND, "the record of %.*s is not there",
                          UNUM_STR_ARG(frame->opener));
    if (rc == 0)
        rc = record_load(&inv->rt->store, inv->prefix, frame->opener, &opener, &inv->arena, err);
    if (rc < 0)
        return rc;
    const struct rt_walk w = {.scope = rt_scope_pop(scope),
                              .visit = frame->visit,
                              .value = record_value(&opener),
                              .variables = opener.variables,
                              .seed = opener.seed,
                              .now_ms = opener.now_ms};
    if (!rt_fan_begin(inv, frame->state, &w, ret))
        return unum_err_set(err, UNUM_E_BUG, "%.*s cannot be evaluated again: %.*s",
                            UNUM_STR_ARG(frame->state->name), UNUM_STR_ARG(ret->cause));
    ret->opener = frame->opener;
    ret->attempt = frame->attempt;
    return 0;
}

int rt_load_item(struct rt_inv *inv, struct rt_scope *scope, struct unum_err *err)
{
    size_t depth = scope->len;
    struct rt_fan fan = {0};
    while (depth && scope->at[depth - 1].parallel)
        depth--;
    if (!inv->node->reads_item || !depth || scope->at[depth - 1].item.ptr)
        return 0;
    const struct rt_frame *frame = &scope->at[depth - 1];
    const struct rt_scope around = {scope->at, depth};
    /* The elements that are read are those of a Map further in. */
    if (!frame->state->branches)
        return 0;
    int rc = reopen_fan(inv, frame, around, &fan, err);
    struct rt_frame *frames = unum_arena_array(&inv->arena, scope->len, sizeof(*frames));
    if (rc < 0)
        return rc;
    memcpy(frames, scope->at, scope->len * sizeof(*frames));
    if (!json_at(fan.items, frame->index, &frames[depth - 1].item))
        return unum_err_set(err, UNUM_E_NOTFOUND, "element %" PRIu32 " of %.*s is not there",
                            frame->index, UNUM_STR_ARG(frame->state->name));
    scope->at = frames;
    return 0;
}

int rt_failures(struct rt_inv *inv, struct rt_scope scope, uint32_t *ret, struct unum_err *err)
{
    struct store_item *leaves;
    uint32_t failures = 0;
    int rc = read_leaves(inv, scope, &leaves, err);
    for (uint32_t i = 0; rc == 0 && i < scope.at[scope.len - 1].size; i++) {
        struct unum_str end = end_of(leaves, i);
        failures += end.len && end.ptr[0] == RT_FAILED_MARK;
    }
    *ret = failures;
    return rc;
}

/* Did the position end or fail in place? *ret_now is when its turn came, 0: when it was opened. */
static bool ended_in_place(struct unum_str end, int64_t *ret_now)
{
    *ret_now = 0;
    if (end.len && end.ptr[0] == RT_FAILED_MARK)
        end = unum_str_from_pos(end, 1);
    else if (!unum_str_starts(end, UNUM_STR(RT_ENDED_IN_PLACE)))
        return false;
    if (!end.len || end.len == 1)
        return !end.len || unum_str_is(end, RT_ENDED_IN_PLACE);
    return unum_str_starts(end, UNUM_STR(RT_ENDED_IN_PLACE)) &&
           unum_str_to_i64(unum_str_from_pos(end, 1), ret_now);
}

/* What position `i` gives, whose end is recorded as `end`; `position` is it, walked again. */
static int place_end(struct rt_inv *inv, const struct ir_state *state, struct rt_scope scope,
                     uint32_t i, struct unum_str end, const struct rt_walk *position,
                     struct gathering *g, struct unum_err *err)
{
    bool failed = end.len && end.ptr[0] == RT_FAILED_MARK;
    int64_t now_ms;
    bool in_place = ended_in_place(end, &now_ms);
    if (in_place && !position->scope.len)
        return unum_err_set(err, UNUM_E_INVAL,
                            "position %" PRIu32 " of %.*s ended in place, and the IR does not say "
                            "how",
                            i, UNUM_STR_ARG(state->name));
    if (in_place) {
        g->values[i] =
            failed ? rt_error_value(inv, position->error, position->cause) : position->value;
    } else if (failed) {
        g->failed[i] = true;
        g->names[i] = unum_str_from_pos(end, 1);
    } else if (end.ptr) {
        g->names[i] = end;
    } else {
        struct unum_str always =
            state->ends ? state->ends[state->branches_len > 1 ? i : 0] : UNUM_STR_NONE;
        if (!always.ptr)
            return unum_err_set(err, UNUM_E_NOTFOUND,
                                "nothing says where position %" PRIu32 " of %.*s ended", i,
                                UNUM_STR_ARG(state->name));
        g->names[i] = rt_instance(inv, end_name(inv, always), rt_scope_at(inv, scope, i), 0);
    }
    return 0;
}

/* Names of the ends, and the values of positions that have none because they ended in place. */
static int open_ends(struct rt_inv *inv, const struct ir_state *state, struct rt_scope scope,
                     struct gathering *g, struct unum_err *err)
{
    const struct rt_frame *frame = &scope.at[scope.len - 1];
    struct store_item *leaves;
    struct rt_fan fan = {0};
    int rc = read_leaves(inv, scope, &leaves, err);
    if (rc == 0 && state->in_place)
        rc = reopen_fan(inv, frame, scope, &fan, err);
    int64_t opened_ms = fan.outer.now_ms;
    for (uint32_t i = 0; rc == 0 && i < frame->size; i++) {
        struct rt_walk position = {0};
        struct unum_str end = end_of(leaves, i);
        int64_t now_ms;
        if (state->in_place) {
            fan.outer.now_ms = ended_in_place(end, &now_ms) && now_ms ? now_ms : opened_ms;
            if (!rt_fan_next(inv, &fan, &position) && !(position.scope.len && frame->tolerated))
                return unum_err_set(err, UNUM_E_BUG, "position %" PRIu32 " of %.*s fails now: %.*s",
                                    i, UNUM_STR_ARG(state->name), UNUM_STR_ARG(fan.cause));
        }
        rc = place_end(inv, state, scope, i, end, &position, g, err);
    }
    return rc;
}

int rt_gather(struct rt_inv *inv, const struct ir_state *state, struct rt_scope scope,
              struct unum_str *ret_json, struct unum_err *err)
{
    uint32_t size = scope.at[scope.len - 1].size;
    bool open = state->in_place || scope.at[scope.len - 1].tolerated;
    for (size_t i = 0; state->ends && i < state->branches_len; i++)
        open = open || !state->ends[i].ptr;
    if (!open) {
        struct unum_str *ends;
        size_t ends_len = ends_of(inv, state, &ends);
        return gather_ends(inv, ends, ends_len, scope, ret_json, err);
    }
    struct gathering g = {.names = unum_arena_array(&inv->arena, size, sizeof(*g.names)),
                          .values = unum_arena_array(&inv->arena, size, sizeof(*g.values)),
                          .failed = unum_arena_array(&inv->arena, size, sizeof(*g.failed)),
                          .len = size};
    int rc = open_ends(inv, state, scope, &g, err);
    return rc < 0 ? rc : gather(inv, &g, ret_json, err);
}

struct unum_str rt_fan_in(struct rt_inv *inv, const struct ir_state *state, struct rt_scope scope)
{
    const struct rt_frame *frame = &scope.at[scope.len - 1];
    struct unum_buf UNUM_AUTO_BUF json = UNUM_BUF_INIT(UNUM_LIMIT_INLINE);
    struct json_writer w = JSON_WRITER(&json);
    json_object_begin(&w);
    json_key(&w, "FanIn");
    json_string(&w, rt_close_instance(inv, scope));
    json_key(&w, "Size");
    json_int(&w, frame->size);
    if (frame->attempt) {
        json_key(&w, "Attempt");
        json_int(&w, frame->attempt);
    }
    if (frame->visit) {
        json_key(&w, "Visit");
        json_int(&w, frame->visit);
    }
    json_key(&w, "Ends");
    json_array_begin(&w);
    struct unum_str *ends;
    size_t ends_len = ends_of(inv, state, &ends);
    for (size_t i = 0; i < ends_len; i++)
        json_string(&w, ends[i]);
    json_array_end(&w);
    json_object_end(&w);
    return unum_arena_str(&inv->arena, unum_buf_str(&json));
}

/* {"FanIn":close,"Size":n,"Ends":[names]}: the frame is rebuilt in the scope of this event. */
static int read_fan_in(struct rt_inv *inv, struct unum_str json, struct unum_str *ret_json,
                       struct unum_err *err)
{
    struct unum_str part;
    struct unum_str ends_json;
    int64_t size = -1;
    int64_t attempt = 0;
    int64_t visit = 0;
    if (!json_get(json, UNUM_STR("Size"), &part) || !json_to_i64(part, &size) || size < 0 ||
        size > UNUM_LIMIT_FAN_OUT || !json_get(json, UNUM_STR("Ends"), &ends_json))
        return unum_err_set(err, UNUM_E_INVAL, "a fan-in reference needs FanIn, Size and Ends");
    if (json_get(json, UNUM_STR("Attempt"), &part) && !json_to_i64(part, &attempt))
        attempt = 0;
    if (json_get(json, UNUM_STR("Visit"), &part) && !json_to_i64(part, &visit))
        visit = 0;
    struct rt_value ends = {0};
    int rc = 0;
    size_t count = json_count(ends_json);
    ends.names = unum_arena_array(&inv->arena, count, sizeof(*ends.names));
    struct json_iter iter = json_iter(ends_json);
    while (json_next(&iter, NULL, &part)) {
        struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        if (!json_decode(part, &name))
            return unum_err_set(err, UNUM_E_INVAL, "the Ends of a fan-in must be strings");
        ends.names[ends.names_len++] = unum_arena_str(&inv->arena, unum_buf_str(&name));
    }
    if (size && (ends.names_len == 0 || (ends.names_len > 1 && ends.names_len != (size_t)size)))
        rc = unum_err_set(err, UNUM_E_INVAL, "a fan-in of %" PRId64 " with %zu ends", size,
                          ends.names_len);
    struct rt_frame frame = {
        .size = (uint32_t)size, .attempt = (uint32_t)attempt, .visit = (uint32_t)visit};
    struct rt_scope scope = rt_scope_push(inv, inv->event.scope, frame);
    return rc < 0 ? rc : gather_ends(inv, ends.names, ends.names_len, scope, ret_json, err);
}

int rt_value_read(struct rt_inv *inv, const struct rt_value *value, struct unum_str *ret_json,
                  struct unum_err *err)
{
    struct unum_str whole = UNUM_STR_NONE;
    int rc;
    switch (value->kind) {
    case RT_VALUE_INLINE:
        *ret_json = value->json;
        return 0;
    case RT_VALUE_REF:
        rc = read_outcome(inv, value->ref, &whole, err);
        if (rc == 0 &&
            !json_pointer(whole, value->pointer.ptr ? value->pointer : UNUM_STR(""), ret_json))
            rc = unum_err_set(err, UNUM_E_NOTFOUND, "the value of %.*s has no part %.*s",
                              UNUM_STR_ARG(value->ref), UNUM_STR_ARG(value->pointer));
        return rc;
    case RT_VALUE_NAMES:
        return gather_names(inv, value->names, value->names_len, ret_json, err);
    case RT_VALUE_FANIN:
        return read_fan_in(inv, value->json, ret_json, err);
    }
    return unum_err_set(err, UNUM_E_BUG, "a value of unknown kind");
}
