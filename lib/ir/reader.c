#include "ir/reader.h"

#include <string.h>

#include "base/limits.h"
#include "eval/path.h"
#include "ir/expr.h"

#define ROW(text, where, key)                                                                      \
    {                                                                                              \
        UNUM_STR_INIT(text), (where), (key), NULL, false                                           \
    }
#define LATER(text, where, refusal)                                                                \
    {                                                                                              \
        UNUM_STR_INIT(text), (where), IR_KEY_REFUSED, (refusal), false                             \
    }
#define OLD(text, where, refusal)                                                                  \
    {                                                                                              \
        UNUM_STR_INIT(text), (where), IR_KEY_REFUSED, (refusal), true                              \
    }

#define NO_FUTURES "every fan-in is CLASSIC: its last member starts the next node"

const struct ir_key_row ir_keys[] = {
    ROW("IRVersion", IR_AT_NODE, IR_KEY_IRVERSION),
    ROW("Machine", IR_AT_NODE, IR_KEY_MACHINE),
    ROW("Name", IR_AT_NODE | IR_AT_EDGE, IR_KEY_NAME),
    ROW("Start", IR_AT_NODE, IR_KEY_START),
    ROW("Checkpoint", IR_AT_NODE, IR_KEY_CHECKPOINT),
    ROW("Generated", IR_AT_NODE, IR_KEY_GENERATED),
    ROW("Next", IR_AT_NODE, IR_KEY_NEXT),
    ROW("Opens", IR_AT_NODE, IR_KEY_OPENS),
    ROW("Task", IR_AT_NODE, IR_KEY_TASK),
    ROW("Then", IR_AT_NODE, IR_KEY_THEN),
    ROW("Within", IR_AT_NODE, IR_KEY_WITHIN),
    ROW("States", IR_AT_NODE, IR_KEY_STATES),
    ROW("Next Payload Modifiers", IR_AT_NODE, IR_KEY_NODE_MODIFIERS),
    ROW("Debug", IR_AT_NODE, IR_KEY_DEBUG),
    ROW("End", IR_AT_NODE, IR_KEY_END),
    ROW("ReadsInput", IR_AT_NODE, IR_KEY_READS_INPUT),
    ROW("ReadsItem", IR_AT_NODE, IR_KEY_READS_ITEM),
    ROW("KeepsInput", IR_AT_NODE, IR_KEY_KEEPS_INPUT),
    ROW("TimeoutSeconds", IR_AT_NODE, IR_KEY_TIMEOUT),
    ROW("WaitingSeconds", IR_AT_NODE, IR_KEY_WAITING),
    ROW("Nodes", IR_AT_NODE, IR_KEY_NODES),
    ROW("InputType", IR_AT_EDGE, IR_KEY_INPUT_TYPE),
    ROW("Type", IR_AT_EDGE | IR_AT_STATE, IR_KEY_TYPE),
    ROW("Values", IR_AT_EDGE | IR_AT_FANIN, IR_KEY_VALUES),
    ROW("Conditional", IR_AT_EDGE, IR_KEY_CONDITIONAL),
    ROW("Parallel", IR_AT_EDGE, IR_KEY_PARALLEL),
    ROW("Payload Modifiers", IR_AT_EDGE, IR_KEY_MODIFIERS),
    ROW("Fan-in", IR_AT_TYPE, IR_KEY_FANIN),
    ROW("Mode", IR_AT_EDGE | IR_AT_FANIN, IR_KEY_MODE),
    ROW("State", IR_AT_OPENS | IR_AT_TASK, IR_KEY_STATE),
    ROW("Node", IR_AT_STATE, IR_KEY_NODE),
    ROW("ItemsPath", IR_AT_STATE, IR_KEY_ITEMS_PATH),
    ROW("Start", IR_AT_STATE, IR_KEY_BRANCH_START),
    ROW("Branches", IR_AT_STATE, IR_KEY_BRANCHES),
    ROW("Ends", IR_AT_STATE, IR_KEY_ENDS),
    ROW("InPlace", IR_AT_STATE, IR_KEY_IN_PLACE),
    ROW("Opener", IR_AT_STATE, IR_KEY_OPENER),
    ROW("Fields", IR_AT_STATE | IR_AT_TASK, IR_KEY_FIELDS),
    ROW("Back", IR_AT_STATE | IR_AT_TASK, IR_KEY_BACK),
    ROW("Next", IR_AT_STATE | IR_AT_OPENS, IR_KEY_STATE_NEXT),
    LATER("EnableFutures", IR_AT_NODE | IR_AT_EDGE | IR_AT_FANIN, NO_FUTURES),
    LATER("FutureMinBranches", IR_AT_NODE | IR_AT_EDGE | IR_AT_FANIN, NO_FUTURES),
    LATER("EstimatedWaitTimeMs", IR_AT_NODE | IR_AT_EDGE | IR_AT_FANIN, NO_FUTURES),
    LATER("FutureMaxWaitSeconds", IR_AT_NODE | IR_AT_EDGE | IR_AT_FANIN, NO_FUTURES),
    LATER("Retry", IR_AT_NODE, "a failed node fails the run"),
    OLD("NextInput", IR_AT_NODE, "write \"InputType\" into the edge in \"Next\""),
    OLD("Fan-out Modifiers", IR_AT_NODE, "write \"Next Payload Modifiers\""),
    OLD("WaitFor", IR_AT_NODE,
        "write {\"Fan-in\": {\"Values\": [...]}} as \"InputType\" of the edges of its senders"),
    OLD("Remove", IR_AT_NODE, "take it out"),
    OLD("Wait", IR_AT_EDGE | IR_AT_FANIN, "take it out: the last member starts the next node"),
};
const size_t ir_keys_len = UNUM_COUNT(ir_keys);

const char *ir_key_name(enum ir_key key)
{
    for (size_t i = 0; i < UNUM_COUNT(ir_keys); i++) {
        if (ir_keys[i].key == key)
            return ir_keys[i].name.ptr;
    }
    return "";
}

void ir_fault(struct ir_reader *r, enum ir_fault fault, struct ir_view view, const char *format,
              ...)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    va_list args;
    va_start(args, format);
    unum_buf_vprintf(&text, format, args);
    va_end(args);
    r->ops->fault(r, fault, view, 0, unum_buf_text(&text));
    r->failed = true;
}

/* The members of one object, by key. */
struct fields {
    struct ir_view object;
    bool has[IR_KEY_COUNT];
    struct ir_view at[IR_KEY_COUNT];
};

static const struct ir_key_row *find_key(enum ir_where where, struct unum_str key)
{
    for (size_t i = 0; i < UNUM_COUNT(ir_keys); i++) {
        if ((ir_keys[i].where & (unsigned)where) && unum_str_eq(ir_keys[i].name, key))
            return &ir_keys[i];
    }
    return NULL;
}

static void collect_one(struct ir_reader *r, enum ir_where where, struct unum_str key,
                        struct ir_view value, struct fields *ret)
{
    const struct ir_key_row *row = find_key(where, key);
    if (!row) {
        r->ops->unknown(r, where, key, value);
        r->failed = true;
    } else if (row->key == IR_KEY_REFUSED) {
        ir_fault(r, row->old ? IR_FAULT_OLD : IR_FAULT_LATER, value,
                 row->old ? "\"%s\" belongs to an older IR: %s" : "\"%s\" is not there yet: %s",
                 row->name.ptr, row->refusal);
    } else if (ret->has[row->key]) {
        ir_fault(r, IR_FAULT_DUPLICATE, value, "\"%s\" stands twice in one object", row->name.ptr);
    } else {
        ret->has[row->key] = true;
        ret->at[row->key] = value;
    }
}

/* Sort the members of an object into fields; false if it is none. */
static bool collect(struct ir_reader *r, struct ir_view view, enum ir_where where, const char *what,
                    struct fields *ret)
{
    *ret = (struct fields){.object = view};
    if (r->ops->type(view) != JSON_OBJECT) {
        ir_fault(r, IR_FAULT_VALUE, view, "%s is an object", what);
        return false;
    }
    struct ir_cursor cursor = r->ops->begin(view);
    struct unum_str key;
    struct ir_view value;
    while (r->ops->next(r, &cursor, &key, &value))
        collect_one(r, where, key, value, ret);
    return true;
}

/* ---- single fields ---- */

/* How a message names a field; IR_KEY_COUNT: an entry of a list. */
static void fault_field(struct ir_reader *r, enum ir_fault fault, struct ir_view view,
                        enum ir_key key, const char *what)
{
    if (key == IR_KEY_COUNT)
        ir_fault(r, fault, view, "an entry of this list %s", what);
    else
        ir_fault(r, fault, view, "\"%s\" %s", ir_key_name(key), what);
}

/* A string that is not empty. */
static struct unum_str text_of(struct ir_reader *r, struct ir_view view, enum ir_key key)
{
    if (r->ops->type(view) != JSON_STRING) {
        fault_field(r, IR_FAULT_VALUE, view, key, "is a string");
        return UNUM_STR_NONE;
    }
    struct unum_str text = r->ops->string(r, view);
    if (!text.len)
        fault_field(r, IR_FAULT_VALUE, view, key, "is empty");
    return text;
}

static struct unum_str field_text(struct ir_reader *r, const struct fields *f, enum ir_key key,
                                  bool required)
{
    if (f->has[key])
        return text_of(r, f->at[key], key);
    if (required)
        fault_field(r, IR_FAULT_MISSING, f->object, key, "is missing");
    return UNUM_STR_NONE;
}

static bool field_bool(struct ir_reader *r, const struct fields *f, enum ir_key key, bool otherwise)
{
    if (!f->has[key])
        return otherwise;
    if (r->ops->type(f->at[key]) != JSON_BOOL) {
        ir_fault(r, IR_FAULT_VALUE, f->at[key], "\"%s\" is true or false", ir_key_name(key));
        return otherwise;
    }
    return r->ops->boolean(f->at[key]);
}

/* A whole number, not negative; 0 if it is absent. */
static int64_t field_number(struct ir_reader *r, const struct fields *f, enum ir_key key)
{
    int64_t number = 0;
    if (!f->has[key])
        return 0;
    if (r->ops->type(f->at[key]) != JSON_NUMBER || !r->ops->integer(f->at[key], &number) ||
        number < 0) {
        ir_fault(r, IR_FAULT_VALUE, f->at[key], "\"%s\" is a whole number from 0",
                 ir_key_name(key));
        return 0;
    }
    return number;
}

static bool field_list(struct ir_reader *r, const struct fields *f, enum ir_key key)
{
    if (!f->has[key])
        return false;
    if (r->ops->type(f->at[key]) == JSON_ARRAY)
        return true;
    ir_fault(r, IR_FAULT_VALUE, f->at[key], "\"%s\" is a list of strings", ir_key_name(key));
    return false;
}

/* Called for every entry of a list of strings. */
typedef void entry_check(struct ir_reader *r, struct ir_view view, struct unum_str text);

static size_t field_texts(struct ir_reader *r, const struct fields *f, enum ir_key key,
                          entry_check *check, struct unum_str **ret)
{
    *ret = NULL;
    if (!field_list(r, f, key))
        return 0;
    size_t len = 0, count = r->ops->count(f->at[key]);
    struct unum_str *list = unum_arena_array(r->arena, count, sizeof(*list));
    struct ir_cursor cursor = r->ops->begin(f->at[key]);
    struct ir_view view;
    while (r->ops->next(r, &cursor, NULL, &view)) {
        struct unum_str text = text_of(r, view, IR_KEY_COUNT);
        if (!text.len)
            continue;
        list[len++] = text;
        if (check)
            check(r, view, text);
    }
    *ret = list;
    return len;
}

static void check_expr(struct ir_reader *r, enum ir_expr_kind kind, struct ir_view view,
                       struct unum_str text)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    size_t at = 0;
    if (!ir_expr_check(kind, text, &at, &err))
        return;
    r->ops->fault(r, IR_FAULT_EXPR, view, at, unum_err_text(&err));
    r->failed = true;
}

static void check_value(struct ir_reader *r, struct ir_view view, struct unum_str text)
{
    check_expr(r, IR_EXPR_VALUE, view, text);
}

static void check_modifier(struct ir_reader *r, struct ir_view view, struct unum_str text)
{
    check_expr(r, IR_EXPR_MODIFIER, view, text);
}

/* ---- edges ---- */

static void read_fan_in(struct ir_reader *r, const struct fields *f, struct ir_edge *edge)
{
    edge->input = IR_FANIN;
    if (f->has[IR_KEY_MODE]) {
        struct unum_str mode = field_text(r, f, IR_KEY_MODE, true);
        bool later = unum_str_is(mode, "EAGER") || unum_str_is(mode, "FUTURE");
        if (later)
            ir_fault(r, IR_FAULT_LATER, f->at[IR_KEY_MODE],
                     "\"Mode\": \"%.*s\" is not there yet: " NO_FUTURES, UNUM_STR_ARG(mode));
        else if (mode.len && !unum_str_is(mode, "CLASSIC"))
            ir_fault(r, IR_FAULT_VALUE, f->at[IR_KEY_MODE], "\"Mode\" is \"CLASSIC\"");
    }
    if (!f->has[IR_KEY_VALUES]) {
        ir_fault(r, IR_FAULT_MISSING, f->object,
                 "\"Values\" is missing: the names of the instances the fan-in waits for");
        return;
    }
    edge->values_len = field_texts(r, f, IR_KEY_VALUES, check_value, &edge->values);
    if (!edge->values_len && edge->values)
        ir_fault(r, IR_FAULT_VALUE, f->at[IR_KEY_VALUES],
                 "\"Values\" is empty: a fan-in without members is never complete");
    if (edge->values_len > UNUM_LIMIT_FANIN_NAMES)
        ir_fault(r, IR_FAULT_VALUE, f->at[IR_KEY_VALUES], "\"Values\" has more than %d entries",
                 UNUM_LIMIT_FANIN_NAMES);
}

static const char kinds_of_edges[] = "is \"Scalar\", \"Map\" or {\"Fan-in\": {\"Values\": [...]}}";

/* {"Fan-in": {"Values": [...]}} */
static void read_type_object(struct ir_reader *r, struct ir_view view, struct ir_edge *edge)
{
    struct fields type, fan_in;
    edge->input = IR_FANIN;
    if (!collect(r, view, IR_AT_TYPE, "\"InputType\"", &type))
        return;
    if (!type.has[IR_KEY_FANIN])
        ir_fault(r, IR_FAULT_MISSING, view, "\"InputType\" %s", kinds_of_edges);
    else if (collect(r, type.at[IR_KEY_FANIN], IR_AT_FANIN, "\"Fan-in\"", &fan_in))
        read_fan_in(r, &fan_in, edge);
}

static void read_edge_type(struct ir_reader *r, const struct fields *f, struct ir_edge *edge)
{
    enum ir_key key = f->has[IR_KEY_INPUT_TYPE] ? IR_KEY_INPUT_TYPE : IR_KEY_TYPE;
    if (f->has[IR_KEY_INPUT_TYPE] && f->has[IR_KEY_TYPE])
        ir_fault(r, IR_FAULT_CONFLICT, f->at[IR_KEY_TYPE],
                 "\"InputType\" and \"Type\" say the same: take one out");
    if (!f->has[key]) {
        ir_fault(r, IR_FAULT_MISSING, f->object, "\"InputType\" is missing: it %s", kinds_of_edges);
        return;
    }
    if (r->ops->type(f->at[key]) == JSON_OBJECT) {
        read_type_object(r, f->at[key], edge);
        return;
    }
    struct unum_str text = field_text(r, f, key, true);
    if (unum_str_is(text, "Scalar"))
        edge->input = IR_SCALAR;
    else if (unum_str_is(text, "Map"))
        edge->input = IR_MAP;
    else if (unum_str_is(text, "Fan-in"))
        read_fan_in(r, f, edge);
    else if (unum_str_is(text, "Error"))
        ir_fault(r, IR_FAULT_LATER, f->at[key],
                 "edges of errors are not there yet: a failed node fails the run");
    else if (text.len)
        ir_fault(r, IR_FAULT_VALUE, f->at[key], "\"%s\" %s", ir_key_name(key), kinds_of_edges);
    if (edge->input != IR_FANIN && (f->has[IR_KEY_VALUES] || f->has[IR_KEY_MODE]))
        ir_fault(r, IR_FAULT_CONFLICT, f->at[f->has[IR_KEY_VALUES] ? IR_KEY_VALUES : IR_KEY_MODE],
                 "this belongs to a fan-in, and the edge is none");
}

static void read_edge(struct ir_reader *r, struct ir_view view, struct ir_edge *edge)
{
    struct fields f;
    if (!collect(r, view, IR_AT_EDGE, "an edge", &f))
        return;
    edge->name = field_text(r, &f, IR_KEY_NAME, true);
    edge->span = r->ops->span(f.has[IR_KEY_NAME] ? f.at[IR_KEY_NAME] : view);
    read_edge_type(r, &f, edge);
    edge->conditional = field_text(r, &f, IR_KEY_CONDITIONAL, false);
    if (edge->conditional.len)
        check_expr(r, IR_EXPR_CONDITION, f.at[IR_KEY_CONDITIONAL], edge->conditional);
    edge->parallel_set = f.has[IR_KEY_PARALLEL];
    edge->parallel = field_bool(r, &f, IR_KEY_PARALLEL, false);
    edge->modifiers_len = field_texts(r, &f, IR_KEY_MODIFIERS, check_modifier, &edge->modifiers);
}

static void read_edges(struct ir_reader *r, const struct fields *f, struct ir_node *node)
{
    if (!f->has[IR_KEY_NEXT])
        return;
    struct ir_view next = f->at[IR_KEY_NEXT];
    node->edges_list = r->ops->type(next) == JSON_ARRAY;
    if (!node->edges_list) {
        node->edges = UNUM_ARENA_NEW(r->arena, struct ir_edge);
        node->edges_len = 1;
        read_edge(r, next, node->edges);
        return;
    }
    node->edges = unum_arena_array(r->arena, r->ops->count(next), sizeof(*node->edges));
    struct ir_cursor cursor = r->ops->begin(next);
    struct ir_view view;
    while (r->ops->next(r, &cursor, NULL, &view))
        read_edge(r, view, &node->edges[node->edges_len++]);
}

/* "Next Payload Modifiers" count for every edge that has none of its own. */
static void read_node_modifiers(struct ir_reader *r, const struct fields *f, struct ir_node *node)
{
    struct unum_str *modifiers;
    size_t len = field_texts(r, f, IR_KEY_NODE_MODIFIERS, check_modifier, &modifiers);
    for (size_t i = 0; i < node->edges_len; i++) {
        if (node->edges[i].modifiers)
            continue;
        node->edges[i].modifiers = modifiers;
        node->edges[i].modifiers_len = len;
    }
    if (len && !node->edges_len)
        ir_fault(r, IR_FAULT_CONFLICT, f->at[IR_KEY_NODE_MODIFIERS],
                 "\"Next Payload Modifiers\" without \"Next\" changes nothing");
}

/* ---- regions ---- */

static bool state_type(struct unum_str text, enum ir_state_type *ret)
{
    for (enum ir_state_type type = 0; type < IR_STATE_TYPE_COUNT; type++) {
        if (unum_str_is(text, ir_state_type_name(type))) {
            *ret = type;
            return true;
        }
    }
    return false;
}

/* Keys that a type of state does not have. */
static void refuse_keys(struct ir_reader *r, const struct fields *f, const enum ir_key *keys,
                        size_t len, const char *type)
{
    for (size_t i = 0; i < len; i++) {
        if (f->has[keys[i]])
            ir_fault(r, IR_FAULT_CONFLICT, f->at[keys[i]], "a %s has no \"%s\"", type,
                     ir_key_name(keys[i]));
    }
}

static void read_items_path(struct ir_reader *r, const struct fields *f, struct ir_state *state)
{
    struct unum_str text = field_text(r, f, IR_KEY_ITEMS_PATH, false);
    if (!text.len)
        return;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct eval_path path;
    size_t at = 0;
    if (eval_path_parse(text, &arena, &path, &at, &err)) {
        r->ops->fault(r, IR_FAULT_EXPR, f->at[IR_KEY_ITEMS_PATH], at, unum_err_text(&err));
        r->failed = true;
    }
    state->items_path = text;
}

/* Names of states; null where a branch has no fixed end. */
static size_t read_end_names(struct ir_reader *r, const struct fields *f, struct unum_str **ret)
{
    *ret = NULL;
    if (!field_list(r, f, IR_KEY_ENDS))
        return 0;
    size_t len = 0;
    *ret = unum_arena_array(r->arena, r->ops->count(f->at[IR_KEY_ENDS]), sizeof(**ret));
    struct ir_cursor cursor = r->ops->begin(f->at[IR_KEY_ENDS]);
    struct ir_view view;
    while (r->ops->next(r, &cursor, NULL, &view)) {
        (*ret)[len] = UNUM_STR_NONE;
        if (r->ops->type(view) != JSON_NULL)
            (*ret)[len] = text_of(r, view, IR_KEY_COUNT);
        len++;
    }
    return len;
}

static void read_ends(struct ir_reader *r, const struct fields *f, struct ir_state *state)
{
    if (!f->has[IR_KEY_ENDS])
        return;
    size_t len = read_end_names(r, f, &state->ends);
    bool map = state->type == IR_STATE_MAP;
    if (!state->branches)
        state->branches_len = len;
    if (!len || len != state->branches_len || (map && len != 1))
        ir_fault(r, IR_FAULT_REGION, f->at[IR_KEY_ENDS], "\"Ends\" has one entry per branch");
}

static void read_fan_out(struct ir_reader *r, const struct fields *f, struct ir_state *state)
{
    static const enum ir_key not_in_map[] = {IR_KEY_NODE, IR_KEY_BRANCHES};
    static const enum ir_key not_in_parallel[] = {IR_KEY_NODE, IR_KEY_ITEMS_PATH,
                                                  IR_KEY_BRANCH_START};
    if (state->type == IR_STATE_MAP) {
        refuse_keys(r, f, not_in_map, UNUM_COUNT(not_in_map), "Map");
        read_items_path(r, f, state);
        struct unum_str start = field_text(r, f, IR_KEY_BRANCH_START, false);
        if (start.len) {
            state->branches = UNUM_ARENA_NEW(r->arena, struct unum_str);
            state->branches[0] = start;
            state->branches_len = 1;
        }
    } else {
        refuse_keys(r, f, not_in_parallel, UNUM_COUNT(not_in_parallel), "Parallel");
        state->branches_len = field_texts(r, f, IR_KEY_BRANCHES, NULL, &state->branches);
        if (f->has[IR_KEY_BRANCHES] && !state->branches_len)
            ir_fault(r, IR_FAULT_VALUE, f->at[IR_KEY_BRANCHES], "\"Branches\" is empty");
    }
    read_ends(r, f, state);
    state->in_place = field_bool(r, f, IR_KEY_IN_PLACE, false);
    state->opener = field_text(r, f, IR_KEY_OPENER, false);
}

/* What the definition says of a state. */
static void read_fields(struct ir_reader *r, const struct fields *f, struct ir_state *state)
{
    if (f->has[IR_KEY_FIELDS]) {
        if (r->ops->type(f->at[IR_KEY_FIELDS]) == JSON_OBJECT)
            state->fields = r->ops->json(r, f->at[IR_KEY_FIELDS]);
        else
            ir_fault(r, IR_FAULT_VALUE, f->at[IR_KEY_FIELDS], "\"Fields\" is an object");
    }
    state->back_len = field_texts(r, f, IR_KEY_BACK, NULL, &state->back);
}

static void read_task(struct ir_reader *r, const struct fields *node, struct ir_node *ret)
{
    struct fields f;
    if (!node->has[IR_KEY_TASK] || !collect(r, node->at[IR_KEY_TASK], IR_AT_TASK, "\"Task\"", &f))
        return;
    ret->task = UNUM_ARENA_NEW(r->arena, struct ir_state);
    ret->task->name = field_text(r, &f, IR_KEY_STATE, true);
    read_fields(r, &f, ret->task);
}

static void read_state(struct ir_reader *r, struct unum_str name, struct ir_view view,
                       struct ir_states *states)
{
    static const enum ir_key not_in_task[] = {IR_KEY_ITEMS_PATH, IR_KEY_BRANCH_START,
                                              IR_KEY_BRANCHES,   IR_KEY_ENDS,
                                              IR_KEY_IN_PLACE,   IR_KEY_OPENER};
    struct fields f;
    enum ir_state_type type = IR_STATE_TASK;
    if (!name.len)
        ir_fault(r, IR_FAULT_VALUE, view, "the name of a state is empty");
    if (!collect(r, view, IR_AT_STATE, "a state", &f))
        return;
    struct unum_str type_name = field_text(r, &f, IR_KEY_TYPE, true);
    if (!type_name.len)
        return;
    if (!state_type(type_name, &type)) {
        ir_fault(r, IR_FAULT_VALUE, f.at[IR_KEY_TYPE],
                 "\"Type\" of a state is one of the Amazon States Language");
        return;
    }
    struct ir_state *state = ir_states_add(states, name, type);
    if (ir_is_fan_out(type))
        read_fan_out(r, &f, state);
    else
        refuse_keys(r, &f, not_in_task, UNUM_COUNT(not_in_task), ir_state_type_name(type));
    if (type == IR_STATE_TASK)
        state->node = field_text(r, &f, IR_KEY_NODE, true);
    state->next = field_text(r, &f, IR_KEY_STATE_NEXT, false);
    read_fields(r, &f, state);
}

static void read_states(struct ir_reader *r, const struct fields *f, struct ir_states *states)
{
    if (!f->has[IR_KEY_STATES])
        return;
    struct ir_view view = f->at[IR_KEY_STATES];
    if (r->ops->type(view) != JSON_OBJECT) {
        ir_fault(r, IR_FAULT_VALUE, view, "\"States\" is an object");
        return;
    }
    struct ir_cursor cursor = r->ops->begin(view);
    struct unum_str key;
    struct ir_view value;
    while (r->ops->next(r, &cursor, &key, &value))
        read_state(r, key, value, states);
}

static void read_opens(struct ir_reader *r, const struct fields *node, struct ir_opens *ret)
{
    struct fields f;
    *ret = (struct ir_opens){0};
    if (!node->has[IR_KEY_OPENS] ||
        !collect(r, node->at[IR_KEY_OPENS], IR_AT_OPENS, "\"Opens\"", &f))
        return;
    *ret = (struct ir_opens){.there = true,
                             .state = field_text(r, &f, IR_KEY_STATE, true),
                             .next = field_text(r, &f, IR_KEY_STATE_NEXT, true)};
}

static bool names_a_state(struct ir_reader *r, const struct fields *f)
{
    if (!f->has[IR_KEY_THEN])
        return false;
    return r->ops->type(f->at[IR_KEY_THEN]) != JSON_NULL;
}

static void read_region(struct ir_reader *r, const struct fields *f, struct ir_node *node)
{
    struct ir_states states = {.arena = r->arena};
    struct ir_opens opens;
    const char *wrong = NULL;
    struct unum_str name = UNUM_STR_NONE;
    node->has_region = true;
    node->within_len = field_texts(r, f, IR_KEY_WITHIN, NULL, &node->within);
    if (node->within_len > UNUM_LIMIT_FRAMES)
        ir_fault(r, IR_FAULT_REGION, f->at[IR_KEY_WITHIN], "fan-outs are nested more than %d deep",
                 UNUM_LIMIT_FRAMES);
    read_task(r, f, node);
    read_opens(r, f, &opens);
    bool spelled = f->has[IR_KEY_THEN] || f->has[IR_KEY_STATES];
    if (spelled && (f->has[IR_KEY_NEXT] || opens.there))
        ir_fault(r, IR_FAULT_CONFLICT, f->at[f->has[IR_KEY_NEXT] ? IR_KEY_NEXT : IR_KEY_OPENS],
                 "a region is spelled with edges or with \"Then\" and \"States\", not with both");
    if (spelled && !f->has[IR_KEY_THEN])
        ir_fault(r, IR_FAULT_MISSING, f->object, "\"Then\" is missing: a state, or null");
    if (names_a_state(r, f))
        node->then = field_text(r, f, IR_KEY_THEN, true);
    read_states(r, f, &states);
    if (r->failed)
        return;
    if (!spelled)
        wrong = ir_region_of_edges(node, &opens, &states);
    if (wrong)
        ir_fault(r, IR_FAULT_REGION, f->object, "%s", wrong);
    else if (!ir_states_finish(&states, node, &name))
        ir_fault(r, IR_FAULT_REGION, f->object, "state \"%.*s\" is there twice",
                 UNUM_STR_ARG(name));
    else if ((wrong = ir_region_check(node, &name)))
        ir_fault(r, IR_FAULT_REGION, f->object, "state \"%.*s\" %s", UNUM_STR_ARG(name), wrong);
    node->edges = NULL;
    node->edges_len = 0;
    node->edges_list = false;
}

/* ---- nodes ---- */

static bool build_node(struct ir_reader *r, struct ir_view view, struct ir_node *node);

static void read_nodes(struct ir_reader *r, const struct fields *f, struct ir_node *node)
{
    struct ir_view view = f->at[IR_KEY_NODES];
    node->generated = true;
    if (r->depth || r->ops->type(view) != JSON_ARRAY) {
        ir_fault(r, IR_FAULT_VALUE, view,
                 r->depth ? "\"Nodes\" cannot be nested" : "\"Nodes\" is a list of nodes");
        return;
    }
    r->depth++;
    node->nodes = unum_arena_array(r->arena, r->ops->count(view), sizeof(*node->nodes));
    struct ir_cursor cursor = r->ops->begin(view);
    struct ir_view each;
    while (r->ops->next(r, &cursor, NULL, &each))
        build_node(r, each, &node->nodes[node->nodes_len++]);
    r->depth--;
}

static void read_version(struct ir_reader *r, const struct fields *f, struct ir_node *node)
{
    static const enum ir_key compiled_only[] = {
        IR_KEY_MACHINE,     IR_KEY_GENERATED, IR_KEY_OPENS,  IR_KEY_TASK,        IR_KEY_THEN,
        IR_KEY_WITHIN,      IR_KEY_STATES,    IR_KEY_NODES,  IR_KEY_READS_INPUT, IR_KEY_READS_ITEM,
        IR_KEY_KEEPS_INPUT, IR_KEY_TIMEOUT,   IR_KEY_WAITING};
    int64_t version = 0;
    node->compiled = f->has[IR_KEY_IRVERSION];
    if (node->compiled) {
        struct ir_view view = f->at[IR_KEY_IRVERSION];
        if (r->ops->type(view) != JSON_NUMBER || !r->ops->integer(view, &version) ||
            version != IR_VERSION)
            ir_fault(r, IR_FAULT_VALUE, view,
                     "\"IRVersion\" is %d: compile again with this version", IR_VERSION);
        return;
    }
    for (size_t i = 0; i < UNUM_COUNT(compiled_only); i++) {
        if (f->has[compiled_only[i]])
            ir_fault(r, IR_FAULT_CONFLICT, f->at[compiled_only[i]],
                     "\"%s\" is written by the compiler, and \"IRVersion\" is missing",
                     ir_key_name(compiled_only[i]));
    }
}

static void read_generated(struct ir_reader *r, const struct fields *f, struct ir_node *node)
{
    if (!f->has[IR_KEY_GENERATED])
        return;
    struct unum_str kind = field_text(r, f, IR_KEY_GENERATED, true);
    node->generated = true;
    if (kind.len && !unum_str_is(kind, "entry"))
        ir_fault(r, IR_FAULT_VALUE, f->at[IR_KEY_GENERATED], "\"Generated\" is \"entry\"");
}

static void check_name(struct ir_reader *r, const struct fields *f, struct unum_str name)
{
    if (unum_str_search(name, UNUM_STR(IR_INDEX)) != SIZE_MAX ||
        unum_str_search(name, UNUM_STR("-UnumIndex-")) != SIZE_MAX)
        ir_fault(r, IR_FAULT_VALUE, f->at[IR_KEY_NAME],
                 "a node's name cannot contain \"" IR_INDEX "\"");
    for (size_t i = 0; i < name.len; i++) {
        if (strchr("$()*/~^ \t\r\n", name.ptr[i]) || (unsigned char)name.ptr[i] < 0x20) {
            ir_fault(r, IR_FAULT_VALUE, f->at[IR_KEY_NAME],
                     "a node's name has letters, digits, \"-\" and \"_\"");
            return;
        }
    }
}

static bool build_node(struct ir_reader *r, struct ir_view view, struct ir_node *node)
{
    struct fields f;
    if (!collect(r, view, IR_AT_NODE, "a node", &f))
        return false;
    node->name = field_text(r, &f, IR_KEY_NAME, true);
    node->span = r->ops->span(f.has[IR_KEY_NAME] ? f.at[IR_KEY_NAME] : view);
    check_name(r, &f, node->name);
    read_version(r, &f, node);
    node->start = field_bool(r, &f, IR_KEY_START, false);
    node->checkpoint = field_bool(r, &f, IR_KEY_CHECKPOINT, true);
    node->debug = field_bool(r, &f, IR_KEY_DEBUG, false);
    node->end = field_bool(r, &f, IR_KEY_END, false);
    node->machine = field_text(r, &f, IR_KEY_MACHINE, false);
    node->reads_input = field_bool(r, &f, IR_KEY_READS_INPUT, false);
    node->reads_item = field_bool(r, &f, IR_KEY_READS_ITEM, false);
    node->keeps_input = field_bool(r, &f, IR_KEY_KEEPS_INPUT, false);
    node->timeout_s = field_number(r, &f, IR_KEY_TIMEOUT);
    node->waiting_s = field_number(r, &f, IR_KEY_WAITING);
    read_generated(r, &f, node);
    read_edges(r, &f, node);
    read_node_modifiers(r, &f, node);
    if (f.has[IR_KEY_NODES])
        read_nodes(r, &f, node);
    else if (node->compiled)
        read_region(r, &f, node);
    return true;
}

struct ir_node *ir_build(struct ir_reader *r, struct ir_view view)
{
    struct ir_node *node = UNUM_ARENA_NEW(r->arena, struct ir_node);
    build_node(r, view, node);
    return r->failed ? NULL : node;
}
