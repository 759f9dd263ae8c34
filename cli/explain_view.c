#include "explain_view.h"

#include <inttypes.h>

#include "base/limits.h"
#include "safe_text.h"

static const struct plan_state *state_at(const struct explanation *e, size_t at)
{
    return &e->whole.states.at[at];
}

/* ---- where ---- */

enum { NAMES_SHOWN = 6 };

static bool same_place(const struct place_at *a, const struct place_at *b)
{
    return a->role == b->role && a->reason == b->reason && a->around == b->around;
}

/* "opened by Load: it follows its code ..." for all places that have this in common. */
static void print_place(struct program *p, const struct explanation *e,
                        const struct state_places *row, size_t first)
{
    static const char *const verbs[] = {[PLACE_RUNS] = "runs in",
                                        [PLACE_EVALUATES] = "evaluated by",
                                        [PLACE_OPENS] = "opened by",
                                        [PLACE_CLOSES] = "closed by",
                                        [PLACE_WAITS] = "timer set by"};
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_buf UNUM_AUTO_BUF safe = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    const struct place_at *place = &row->at[first];
    size_t count = 0;
    unum_buf_printf(&text, "%*s%s ", (int)(4 + 2 * row->depth), "", verbs[place->role]);
    for (size_t i = first; i < row->len; i++) {
        if (!same_place(place, &row->at[i]) || count++ >= NAMES_SHOWN)
            continue;
        unum_buf_adds(&text, count > 1 ? ", " : "");
        unum_buf_add(&text, row->at[i].node->name);
    }
    if (count > NAMES_SHOWN)
        unum_buf_printf(&text, " and %zu more", count - NAMES_SHOWN);
    if (place->role == PLACE_WAITS)
        unum_buf_adds(&text, ", which it starts again");
    if (place->around != PLAN_NONE && place->around != row->state)
        unum_buf_printf(&text, " (%.*s)", UNUM_STR_ARG(state_at(e, place->around)->name));
    safe_text(&p->out, unum_buf_str(&text), &safe);
    ui_write(&p->out, unum_buf_str(&safe));
    ui_printf(&p->out, ": %s%s%s\n", ui_style(&p->out, UI_DIM), place_reason_text(place->reason),
              ui_style(&p->out, UI_PLAIN));
}

static void print_state(struct program *p, const struct explanation *e,
                        const struct state_places *row)
{
    const struct plan_state *state = state_at(e, row->state);
    struct unum_buf UNUM_AUTO_BUF safe = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    safe_text(&p->out, state->name, &safe);
    ui_printf(&p->out, "%*s%s%s%s (%s)\n", (int)(2 + 2 * row->depth), "",
              ui_style(&p->out, UI_BOLD), unum_buf_text(&safe), ui_style(&p->out, UI_PLAIN),
              ir_state_type_name(state->type));
    for (size_t i = 0; i < row->len; i++) {
        bool said = false;
        for (size_t j = 0; j < i && !said; j++)
            said = same_place(&row->at[j], &row->at[i]);
        if (!said)
            print_place(p, e, row, i);
    }
}

/* ---- what it costs ---- */

static void cost_row(struct program *p, struct ui_table *table, const char *what,
                     struct unum_str name, struct cost cost)
{
    const uint64_t numbers[] = {cost.invocations, cost.writes, cost.reads, cost.timers};
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_buf UNUM_AUTO_BUF safe = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_buf_adds(&text, what);
    unum_buf_add(&text, name);
    safe_text(&p->out, unum_buf_str(&text), &safe);
    ui_table_cell(table, unum_buf_str(&safe));
    for (size_t i = 0; i < UNUM_COUNT(numbers); i++) {
        unum_buf_clear(&text);
        unum_buf_printf(&text, "%11" PRIu64, numbers[i]);
        ui_table_cell(table, unum_buf_str(&text));
    }
}

static bool same_cost(struct cost a, struct cost b)
{
    return a.invocations == b.invocations && a.writes == b.writes && a.reads == b.reads &&
           a.timers == b.timers;
}

/* One row, or two where ways differ. */
static void range_rows(struct program *p, struct ui_table *table, const char *what,
                       struct unum_str name, const struct cost_range *range)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    if (!range->possible)
        return;
    if (same_cost(range->shortest, range->longest)) {
        cost_row(p, table, what, name, range->shortest);
        return;
    }
    unum_buf_add(&text, name);
    unum_buf_adds(&text, ", shortest way");
    cost_row(p, table, what, unum_buf_str(&text), range->shortest);
    unum_buf_truncate(&text, name.len);
    unum_buf_adds(&text, ", longest way");
    cost_row(p, table, what, unum_buf_str(&text), range->longest);
}

static void turn_row(struct program *p, struct ui_table *table, const struct explanation *e,
                     const struct cost_of *turn)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_buf_add(&text, state_at(e, turn->state)->name);
    unum_buf_adds(&text, " -> ");
    unum_buf_add(&text, state_at(e, turn->to)->name);
    cost_row(p, table, "a turn ", unum_buf_str(&text), turn->own);
}

static void print_costs(struct program *p, const struct explanation *e)
{
    static const char *const heads[] = {"", "invocations", "     writes", "      reads",
                                        "  by timers"};
    const struct costs *costs = &e->costs;
    struct ui_table UNUM_AUTO(ui_table_done)
        table = {.columns = UNUM_COUNT(heads), .text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT)};
    if (costs->elements_len)
        ui_printf(&p->out, "\nCost without errors, every Map with %" PRIu64 " element%s\n",
                  costs->elements, costs->elements == 1 ? "" : "s");
    else
        ui_puts(&p->out, "\nCost without errors\n");
    for (size_t i = 0; i < UNUM_COUNT(heads); i++)
        ui_table_cell(&table, unum_str_from(heads[i]));
    range_rows(p, &table, "a run", UNUM_STR(""), &costs->run);
    for (size_t i = 0; i < costs->elements_len; i++)
        range_rows(p, &table, "an element of ", state_at(e, costs->elements_of[i].state)->name,
                   &costs->elements_of[i].again);
    for (size_t i = 0; i < costs->turns_len; i++)
        turn_row(p, &table, e, &costs->turns[i]);
    for (size_t i = 0; i < costs->retries_len; i++) {
        const struct cost_of *retry = &costs->retries[i];
        const struct plan_state *state = state_at(e, retry->state);
        cost_row(p, &table, "a retry of ", state->name, retry->own);
        if (ir_is_fan_out(state->type))
            range_rows(p, &table, "  and its branches again", UNUM_STR(""), &retry->again);
    }
    ui_table_print(&p->out, &table, "  ");
    if (!costs->run.possible)
        ui_puts(&p->out, "  no way leads to an end without an error\n");
    if (costs->turns_more)
        ui_printf(&p->out, "  and %zu more cycles\n", costs->turns_more);
    if (costs->retries_len)
        ui_puts(&p->out, "  From the second one on a retry costs one more read.\n");
}

void explain_view_text(struct program *p, const struct explanation *e)
{
    ui_puts(&p->out, "Where states run\n");
    for (size_t i = 0; i < e->places.len; i++)
        print_state(p, e, &e->places.at[i]);
    print_costs(p, e);
}

/* ---- JSON ---- */

static void put_text(struct json_writer *w, const char *key, struct unum_str text)
{
    json_key(w, key);
    json_string(w, text);
}

/* JSON readers have 53 bits; what does not fit stays at the largest. */
static void put_number(struct json_writer *w, const char *key, uint64_t number)
{
    json_key(w, key);
    json_int(w, number < (1ULL << 53) ? (int64_t)number : (int64_t)1 << 53);
}

static void put_cost(struct json_writer *w, const char *key, struct cost cost)
{
    json_key(w, key);
    json_object_begin(w);
    put_number(w, "invocations", cost.invocations);
    put_number(w, "writes", cost.writes);
    put_number(w, "reads", cost.reads);
    put_number(w, "timers", cost.timers);
    json_object_end(w);
}

static void put_range(struct json_writer *w, const struct cost_range *range)
{
    if (!range->possible)
        return;
    put_cost(w, "shortest", range->shortest);
    put_cost(w, "longest", range->longest);
}

static void state_json(struct json_writer *w, const struct explanation *e,
                       const struct state_places *row)
{
    const struct plan_state *state = state_at(e, row->state);
    json_object_begin(w);
    put_text(w, "name", state->name);
    put_text(w, "type", unum_str_from(ir_state_type_name(state->type)));
    json_key(w, "within");
    if (state->parent == PLAN_NONE)
        json_null(w);
    else
        json_string(w, state_at(e, state->parent)->name);
    json_key(w, "places");
    json_array_begin(w);
    for (size_t i = 0; i < row->len; i++) {
        const struct place_at *place = &row->at[i];
        json_object_begin(w);
        put_text(w, "node", place->node->name);
        put_text(w, "role", unum_str_from(place_role_name(place->role)));
        put_text(w, "reason", unum_str_from(place_reason_name(place->reason)));
        if (place->around != PLAN_NONE)
            put_text(w, "around", state_at(e, place->around)->name);
        put_text(w, "because", unum_str_from(place_reason_text(place->reason)));
        json_object_end(w);
    }
    json_array_end(w);
    json_object_end(w);
}

static void costs_json(struct json_writer *w, const struct explanation *e)
{
    const struct costs *costs = &e->costs;
    json_object_begin(w);
    put_number(w, "elements", costs->elements);
    json_key(w, "run");
    json_object_begin(w);
    put_range(w, &costs->run);
    json_object_end(w);
    json_key(w, "perElement");
    json_array_begin(w);
    for (size_t i = 0; i < costs->elements_len; i++) {
        json_object_begin(w);
        put_text(w, "state", state_at(e, costs->elements_of[i].state)->name);
        put_range(w, &costs->elements_of[i].again);
        json_object_end(w);
    }
    json_array_end(w);
    json_key(w, "perTurn");
    json_array_begin(w);
    for (size_t i = 0; i < costs->turns_len; i++) {
        json_object_begin(w);
        put_text(w, "state", state_at(e, costs->turns[i].state)->name);
        put_text(w, "to", state_at(e, costs->turns[i].to)->name);
        put_cost(w, "cost", costs->turns[i].own);
        json_object_end(w);
    }
    json_array_end(w);
    put_number(w, "moreTurns", costs->turns_more);
    json_key(w, "perRetry");
    json_array_begin(w);
    for (size_t i = 0; i < costs->retries_len; i++) {
        const struct cost_of *retry = &costs->retries[i];
        json_object_begin(w);
        put_text(w, "state", state_at(e, retry->state)->name);
        put_cost(w, "cost", retry->own);
        if (ir_is_fan_out(state_at(e, retry->state)->type) && retry->again.possible) {
            json_key(w, "again");
            json_object_begin(w);
            put_range(w, &retry->again);
            json_object_end(w);
        }
        json_object_end(w);
    }
    json_array_end(w);
    json_object_end(w);
}

void explain_view_json(struct program *p, const struct explanation *e)
{
    struct json_writer w = JSON_WRITER(&p->result);
    json_object_begin(&w);
    json_key(&w, "states");
    json_array_begin(&w);
    for (size_t i = 0; i < e->places.len; i++)
        state_json(&w, e, &e->places.at[i]);
    json_array_end(&w);
    json_key(&w, "cost");
    costs_json(&w, e);
    json_object_end(&w);
}
