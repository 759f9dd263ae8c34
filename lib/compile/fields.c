/* What a state says about data, choices and errors, as the IR keeps it: the definition's own text,
 * without what says nothing, and with the names that states have in the IR. Two keys are added:
 * "Invoke" (the Resource is lambda:invoke) and "StateName" where the IR has another name. */
#include "base/limits.h"
#include "compile/project_internal.h"
#include "eval/path.h"
#include "json/json.h"

/* Where targets stand inside of a field's list. */
static bool is_list_of_targets(struct unum_str key)
{
    return json_is(key, UNUM_STR("Choices")) || json_is(key, UNUM_STR("Catch"));
}

/* Does something read another part of the context object than these? */
static bool reads_beside(struct unum_str fields, const char *const *known)
{
    static const struct unum_str mark = UNUM_STR_INIT("$$");
    for (size_t at; (at = unum_str_search(fields, mark)) != SIZE_MAX;) {
        fields = unum_str_from_pos(fields, at + mark.len);
        const char *const *part = known;
        while (*part && !unum_str_starts(fields, unum_str_from(*part)))
            part++;
        if (!*part)
            return true;
    }
    return false;
}

/* $$.Execution.Input, or all of what it is in. */
static bool reads_input(struct unum_str fields)
{
    static const char *const others[] = {".State",
                                         ".Map.",
                                         ".Task.",
                                         ".Execution.Id",
                                         ".Execution.Name",
                                         ".Execution.StartTime",
                                         ".Execution.RedriveCount",
                                         NULL};
    return reads_beside(fields, others);
}

/* $$.Map.Item.Value, or all of what it is in. */
static bool reads_item(struct unum_str fields)
{
    static const char *const others[] = {".State", ".Map.Item.Index", ".Task.", ".Execution.",
                                         NULL};
    return reads_beside(fields, others);
}

/* The element of the Map around the state: its own ItemSelector reads its own. */
static bool reads_item_around(const struct place *place)
{
    struct json_iter iter = json_iter(place->fields);
    struct unum_str key, value;
    bool map = place->state->type == ASL_MAP;
    while (json_next(&iter, &key, &value)) {
        bool own =
            map && (json_is(key, UNUM_STR("ItemSelector")) || json_is(key, UNUM_STR("Parameters")));
        if (!own && reads_item(value))
            return true;
    }
    return false;
}

static const struct asl_state *map_around(const struct projection *p, const struct asl_state *state)
{
    do
        state = project_place(p, state)->scope->parent;
    while (state && state->type != ASL_MAP);
    return state;
}

static void note_reads(struct projection *p, struct place *place)
{
    const struct asl_state *map = map_around(p, place->state);
    if (!place->fields.ptr)
        return;
    place->reads_input = reads_input(place->fields);
    p->reads_input = p->reads_input || place->reads_input;
    if (map && reads_item_around(place))
        project_place(p, map)->item_read = true;
}

bool project_items_by_reference(const struct asl_state *map)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_str path = map->items_path;
    struct eval_path parsed;
    bool own = path.len == 1 || path.ptr[1] == '.' || path.ptr[1] == '[';
    return own && eval_path_parse(path, &arena, &parsed, NULL, NULL) == 0;
}

/* What changes nothing, and what has a key of its own in the IR. */
static bool is_left_out(const struct asl_state *state, struct unum_str key, struct unum_str value)
{
    static const char *const lists[] = {"Retry", "Catch"};
    if (json_is(key, UNUM_STR("ItemsPath")))
        return project_items_by_reference(state);
    if (json_is(key, UNUM_STR("Label")))
        return true;
    for (size_t i = 0; i < UNUM_COUNT(lists); i++) {
        if (json_is(key, unum_str_from(lists[i])) && !json_count(value))
            return true;
    }
    return json_is(key, UNUM_STR("MaxConcurrency")) && unum_str_is(value, "0");
}

/* The next target of the state, in the order in which they stand in its fields. */
struct targets {
    const struct projection *p;
    const struct asl_state *state;
    size_t choices, catchers; /* seen so far */
};

static void write_name(struct json_writer *w, const struct projection *p,
                       const struct asl_state *to)
{
    json_string(w, project_place(p, to)->ir_name);
}

/* A rule or catcher, whose "Next" is that of `target`. */
static void write_rule(struct json_writer *w, const struct projection *p, struct unum_str rule,
                       const struct asl_target *target)
{
    struct json_iter iter = json_iter(rule);
    struct unum_str key, value;
    json_object_begin(w);
    while (json_next(&iter, &key, &value)) {
        struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        json_decode(key, &name);
        json_key_str(w, unum_buf_str(&name));
        if (unum_str_is(unum_buf_str(&name), "Next"))
            write_name(w, p, target->state);
        else
            json_raw(w, value);
    }
    json_object_end(w);
}

static void write_rules(struct json_writer *w, struct targets *t, struct unum_str key,
                        struct unum_str list)
{
    struct json_iter iter = json_iter(list);
    struct unum_str rule;
    bool choices = json_is(key, UNUM_STR("Choices"));
    json_array_begin(w);
    while (json_next(&iter, NULL, &rule)) {
        const struct asl_target *target = choices ? t->state->choices[t->choices++].target
                                                  : t->state->catchers[t->catchers++].target;
        write_rule(w, t->p, rule, target);
    }
    json_array_end(w);
}

static void write_member(struct json_writer *w, struct targets *t, struct unum_str key,
                         struct unum_str value)
{
    if (is_left_out(t->state, key, value))
        return;
    struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    json_decode(key, &name);
    json_key_str(w, unum_buf_str(&name));
    if (is_list_of_targets(key))
        write_rules(w, t, key, value);
    else if (unum_str_is(unum_buf_str(&name), "Default"))
        write_name(w, t->p, t->state->dflt);
    else
        json_raw(w, value);
}

static struct unum_str fields_of(struct projection *p, const struct asl_state *state)
{
    const struct place *place = project_place(p, state);
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_LIMIT_IR);
    struct json_writer w = JSON_WRITER(&out);
    struct targets t = {.p = p, .state = state};
    struct json_iter iter = json_iter(state->fields);
    struct unum_str key, value;
    json_object_begin(&w);
    while (json_next(&iter, &key, &value))
        write_member(&w, &t, key, value);
    if (state->invoke) {
        json_key(&w, "Invoke");
        json_bool(&w, true);
    }
    bool says_something = out.len > 1;
    if (says_something && !unum_str_eq(place->ir_name, state->name)) {
        /* For the context object. */
        json_key(&w, "StateName");
        json_string(&w, state->name);
    }
    json_object_end(&w);
    return says_something ? unum_arena_str(p->arena, unum_buf_str(&out)) : UNUM_STR_NONE;
}

static void warn_heartbeat(struct projection *p, const struct asl_value *value)
{
    if (!value)
        return;
    unum_diag_add(p->diags, UNUM_W0419, value->key_span,
                  "a function sends no heartbeats: \"%s\" has no effect",
                  asl_field_name(value->field));
    unum_diag_hint(p->diags, "\"TimeoutSeconds\" bounds the time that an attempt takes");
}

void project_fields(struct projection *p)
{
    for (size_t i = 0; i < p->machine->states; i++) {
        struct place *place = &p->places[i];
        warn_heartbeat(p, asl_value(place->state, ASL_HEARTBEAT_SECONDS));
        warn_heartbeat(p, asl_value(place->state, ASL_HEARTBEAT_SECONDS_PATH));
        place->fields = fields_of(p, place->state);
        note_reads(p, place);
    }
}
