#include "base/limits.h"
#include "ir/reader.h"

static void key(struct json_writer *w, enum ir_key which)
{
    json_key(w, ir_key_name(which));
}

static void texts(struct json_writer *w, enum ir_key which, const struct unum_str *list, size_t len)
{
    key(w, which);
    json_array_begin(w);
    for (size_t i = 0; i < len; i++)
        json_string(w, list[i]);
    json_array_end(w);
}

static void text_or_null(struct json_writer *w, enum ir_key which, struct unum_str text)
{
    key(w, which);
    if (text.ptr)
        json_string(w, text);
    else
        json_null(w);
}

/* ---- hand-written edges ---- */

static bool same_texts(const struct unum_str *a, size_t a_len, const struct unum_str *b,
                       size_t b_len)
{
    bool same = a_len == b_len;
    for (size_t i = 0; same && i < a_len; i++)
        same = unum_str_eq(a[i], b[i]);
    return same;
}

/* All edges have the same modifiers, so they are written once. */
static bool shared_modifiers(const struct ir_node *node)
{
    for (size_t i = 1; i < node->edges_len; i++) {
        if (!same_texts(node->edges[0].modifiers, node->edges[0].modifiers_len,
                        node->edges[i].modifiers, node->edges[i].modifiers_len))
            return false;
    }
    return node->edges_len > 0;
}

static void edge_head(struct json_writer *w, struct unum_str name, enum ir_input input)
{
    key(w, IR_KEY_NAME);
    json_string(w, name);
    key(w, IR_KEY_INPUT_TYPE);
    if (input != IR_FANIN)
        json_strings(w, input == IR_MAP ? "Map" : "Scalar");
}

static void fan_in_begin(struct json_writer *w)
{
    json_object_begin(w);
    key(w, IR_KEY_FANIN);
    json_object_begin(w);
}

static void fan_in_end(struct json_writer *w)
{
    json_object_end(w);
    json_object_end(w);
}

static void write_edge(struct json_writer *w, const struct ir_edge *edge, bool with_modifiers)
{
    json_object_begin(w);
    edge_head(w, edge->name, edge->input);
    if (edge->input == IR_FANIN) {
        fan_in_begin(w);
        texts(w, IR_KEY_VALUES, edge->values, edge->values_len);
        fan_in_end(w);
    }
    if (edge->conditional.ptr) {
        key(w, IR_KEY_CONDITIONAL);
        json_string(w, edge->conditional);
    }
    if (edge->parallel_set) {
        key(w, IR_KEY_PARALLEL);
        json_bool(w, edge->parallel);
    }
    if (with_modifiers && edge->modifiers_len)
        texts(w, IR_KEY_MODIFIERS, edge->modifiers, edge->modifiers_len);
    json_object_end(w);
}

static void write_edges(struct json_writer *w, const struct ir_node *node)
{
    bool shared = shared_modifiers(node);
    if (!node->edges_len && !node->edges_list)
        return;
    key(w, IR_KEY_NEXT);
    if (node->edges_list)
        json_array_begin(w);
    for (size_t i = 0; i < node->edges_len; i++)
        write_edge(w, &node->edges[i], !shared);
    if (node->edges_list)
        json_array_end(w);
    if (shared && node->edges[0].modifiers_len)
        texts(w, IR_KEY_NODE_MODIFIERS, node->edges[0].modifiers, node->edges[0].modifiers_len);
}

/* ---- regions spelled with edges ---- */

static struct unum_str node_of(const struct ir_node *node, struct unum_str state)
{
    return ir_state(node, state)->node;
}

static void plain_edge(struct json_writer *w, struct unum_str name, enum ir_input input)
{
    json_object_begin(w);
    edge_head(w, name, input);
    json_object_end(w);
}

static void write_opening(struct json_writer *w, const struct ir_node *node,
                          const struct ir_state *state)
{
    key(w, IR_KEY_NEXT);
    if (state->type == IR_STATE_MAP) {
        plain_edge(w, node_of(node, state->branches[0]), IR_MAP);
    } else {
        json_array_begin(w);
        for (size_t i = 0; i < state->branches_len; i++)
            plain_edge(w, node_of(node, state->branches[i]), IR_SCALAR);
        json_array_end(w);
    }
    key(w, IR_KEY_OPENS);
    json_object_begin(w);
    key(w, IR_KEY_STATE);
    json_string(w, state->name);
    key(w, IR_KEY_STATE_NEXT);
    json_string(w, node_of(node, state->next));
    json_object_end(w);
}

static void write_closing(struct json_writer *w, const struct ir_node *node,
                          const struct ir_state *state)
{
    static const struct unum_str pop[] = {UNUM_STR_INIT("Pop")};
    key(w, IR_KEY_NEXT);
    json_object_begin(w);
    edge_head(w, node_of(node, state->next), IR_FANIN);
    fan_in_begin(w);
    key(w, IR_KEY_VALUES);
    json_array_begin(w);
    for (size_t i = 0; i < state->branches_len; i++) {
        struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
        ir_member_name(&name, node_of(node, state->ends[i]), node->within_len,
                       state->type == IR_STATE_MAP ? SIZE_MAX : i);
        json_string(w, unum_buf_str(&name));
    }
    json_array_end(w);
    fan_in_end(w);
    json_object_end(w);
    texts(w, IR_KEY_NODE_MODIFIERS, pop, 1);
}

static void write_region_edges(struct json_writer *w, const struct ir_node *node)
{
    const struct ir_state *then = node->then.ptr ? ir_state(node, node->then) : NULL;
    if (then && then->type == IR_STATE_TASK) {
        key(w, IR_KEY_NEXT);
        plain_edge(w, then->node, IR_SCALAR);
    } else if (then) {
        write_opening(w, node, then);
    } else if (node->within_len) {
        write_closing(w, node, ir_state(node, node->within[node->within_len - 1]));
    }
    if (node->within_len)
        texts(w, IR_KEY_WITHIN, node->within, node->within_len);
}

/* ---- regions spelled with states ---- */

static void write_ends(struct json_writer *w, const struct ir_state *state)
{
    key(w, IR_KEY_ENDS);
    json_array_begin(w);
    for (size_t i = 0; i < state->branches_len; i++) {
        if (state->ends[i].ptr)
            json_string(w, state->ends[i]);
        else
            json_null(w);
    }
    json_array_end(w);
}

/* What the definition says of a state, as it stands there. */
static void write_fields(struct json_writer *w, const struct ir_state *state)
{
    if (state->fields.ptr) {
        key(w, IR_KEY_FIELDS);
        json_raw(w, state->fields);
    }
    if (state->back_len)
        texts(w, IR_KEY_BACK, state->back, state->back_len);
}

static void write_task(struct json_writer *w, const struct ir_state *task)
{
    key(w, IR_KEY_TASK);
    json_object_begin(w);
    key(w, IR_KEY_STATE);
    json_string(w, task->name);
    write_fields(w, task);
    json_object_end(w);
}

static void write_state(struct json_writer *w, const struct ir_state *state)
{
    json_key_str(w, state->name);
    json_object_begin(w);
    key(w, IR_KEY_TYPE);
    json_strings(w, ir_state_type_name(state->type));
    if (state->type == IR_STATE_TASK) {
        key(w, IR_KEY_NODE);
        json_string(w, state->node);
    }
    if (state->type == IR_STATE_MAP && state->branches) {
        key(w, IR_KEY_ITEMS_PATH);
        json_string(w, state->items_path);
        key(w, IR_KEY_BRANCH_START);
        json_string(w, state->branches[0]);
    }
    if (state->type == IR_STATE_PARALLEL && state->branches)
        texts(w, IR_KEY_BRANCHES, state->branches, state->branches_len);
    if (state->ends)
        write_ends(w, state);
    if (state->in_place) {
        key(w, IR_KEY_IN_PLACE);
        json_bool(w, true);
    }
    if (state->opener.ptr) {
        key(w, IR_KEY_OPENER);
        json_string(w, state->opener);
    }
    write_fields(w, state);
    if (state->next.ptr) {
        key(w, IR_KEY_STATE_NEXT);
        json_string(w, state->next);
    }
    json_object_end(w);
}

static bool encloses(const struct ir_node *node, const struct ir_state *state)
{
    for (size_t i = 0; i < node->within_len; i++) {
        if (unum_str_eq(node->within[i], state->name))
            return true;
    }
    return false;
}

/* An enclosing state with nothing but its name stands in "Within" only. */
static bool only_a_name(const struct ir_node *node, const struct ir_state *state)
{
    return state->type == IR_STATE_MAP && !state->branches_len && !state->next.ptr &&
           !state->fields.ptr && encloses(node, state);
}

static void write_region_states(struct json_writer *w, const struct ir_node *node)
{
    text_or_null(w, IR_KEY_THEN, node->then);
    if (node->within_len)
        texts(w, IR_KEY_WITHIN, node->within, node->within_len);
    key(w, IR_KEY_STATES);
    json_object_begin(w);
    for (size_t i = 0; i < node->states_len; i++) {
        if (!only_a_name(node, &node->states[i]))
            write_state(w, &node->states[i]);
    }
    json_object_end(w);
}

static void write_region(struct json_writer *w, const struct ir_node *node)
{
    if (node->task)
        write_task(w, node->task);
    if (ir_region_is_edges(node))
        write_region_edges(w, node);
    else
        write_region_states(w, node);
}

static void write_node(struct json_writer *w, const struct ir_node *node);

static void write_nodes(struct json_writer *w, const struct ir_node *node)
{
    key(w, IR_KEY_NODES);
    json_array_begin(w);
    for (size_t i = 0; i < node->nodes_len; i++)
        write_node(w, &node->nodes[i]);
    json_array_end(w);
}

/* ---- nodes ---- */

static void write_head(struct json_writer *w, const struct ir_node *node)
{
    if (node->compiled) {
        key(w, IR_KEY_IRVERSION);
        json_int(w, IR_VERSION);
    }
    if (node->machine.ptr) {
        key(w, IR_KEY_MACHINE);
        json_string(w, node->machine);
    }
    key(w, IR_KEY_NAME);
    json_string(w, node->name);
}

static void write_flags(struct json_writer *w, const struct ir_node *node)
{
    key(w, IR_KEY_START);
    json_bool(w, node->start);
    key(w, IR_KEY_CHECKPOINT);
    json_bool(w, node->checkpoint);
    if (node->generated) {
        key(w, IR_KEY_GENERATED);
        json_strings(w, "entry");
    }
}

static void write_flag(struct json_writer *w, enum ir_key which, bool yes)
{
    if (!yes)
        return;
    key(w, which);
    json_bool(w, true);
}

static void write_seconds(struct json_writer *w, enum ir_key which, int64_t seconds)
{
    if (!seconds)
        return;
    key(w, which);
    json_int(w, seconds);
}

static void write_tail(struct json_writer *w, const struct ir_node *node)
{
    write_flag(w, IR_KEY_DEBUG, node->debug);
    write_flag(w, IR_KEY_END, node->end);
    write_flag(w, IR_KEY_READS_INPUT, node->reads_input);
    write_flag(w, IR_KEY_READS_ITEM, node->reads_item);
    write_flag(w, IR_KEY_KEEPS_INPUT, node->keeps_input);
    write_seconds(w, IR_KEY_TIMEOUT, node->timeout_s);
    write_seconds(w, IR_KEY_WAITING, node->waiting_s);
}

static void write_node(struct json_writer *w, const struct ir_node *node)
{
    bool failures = node->compiled && !node->has_region;
    json_object_begin(w);
    write_head(w, node);
    if (!failures)
        write_flags(w, node);
    if (failures)
        write_nodes(w, node);
    else if (!node->compiled)
        write_edges(w, node);
    else
        write_region(w, node);
    write_tail(w, node);
    json_object_end(w);
}

void ir_write(const struct ir_node *node, struct unum_buf *out)
{
    struct json_writer w = JSON_WRITER(out);
    w.indent = 2;
    write_node(&w, node);
    unum_buf_addc(out, '\n');
}
