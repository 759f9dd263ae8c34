/* Map and Parallel of an interpreted machine. */
#include "eval/machine_internal.h"

/* Branches run at the same time: what comes first in time decides about all of them. */
struct together {
    struct machine_outcome
        all;   /* the failure that ends the state, or none and when the last one ended */
    bool late; /* one of them runs into the end of the machine's time */
};

static bool comes_first(struct machine *m, const struct machine_outcome *one,
                        const struct machine_outcome *all)
{
    if (!all->failed || one->end_ms != all->end_ms)
        return !all->failed || one->end_ms < all->end_ms;
    return m->options->tie && unum_prng_below(&m->tie, 2);
}

static void add_branch(struct machine *m, struct together *t, const struct machine_outcome *one)
{
    if (one->timed_out)
        t->late = true;
    else if (one->failed && comes_first(m, one, &t->all))
        t->all = *one;
    else if (!t->all.failed && one->end_ms > t->all.end_ms)
        t->all.end_ms = one->end_ms;
}

struct machine_outcome machine_parallel(struct machine_state *s, struct unum_str input)
{
    struct unum_str effective;
    struct unum_str branch;
    struct unum_str branches = eval_field(s->fields, "Branches");
    if (!branches.ptr)
        return machine_broken(s->m, UNUM_E_INVAL, "a Parallel has no Branches", s->name);
    if (!eval_enter(&s->env, s->fields, input, &effective))
        return machine_evaluation_failed(s);
    struct unum_buf UNUM_AUTO_BUF list = UNUM_BUF_INIT(EVAL_LIMIT_VALUE);
    struct json_writer w = JSON_WRITER(&list);
    struct json_iter iter = json_iter(branches);
    struct together t = {.all.end_ms = s->env.now_ms};
    s->m->event++;
    json_array_begin(&w);
    while (json_next(&iter, NULL, &branch)) {
        struct machine_outcome one =
            machine_scope(s->m, branch, effective, s->env.variables, s->env.now_ms, s->around);
        if (one.stopped)
            return one;
        add_branch(s->m, &t, &one);
        if (!one.failed && !one.timed_out)
            json_raw(&w, one.output);
    }
    json_array_end(&w);
    s->m->event++;
    if (t.all.failed)
        return t.all;
    if (t.late)
        return (struct machine_outcome){.timed_out = true};
    return eval_keep(&s->env, &list, &t.all.output) ? t.all : machine_evaluation_failed(s);
}

static struct unum_str error_output(struct machine *m, const struct machine_outcome *one)
{
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(EVAL_LIMIT_VALUE);
    struct json_writer w = JSON_WRITER(&out);
    json_object_begin(&w);
    json_key(&w, "Error");
    json_string(&w, one->error);
    json_key(&w, "Cause");
    json_string(&w, one->cause);
    json_object_end(&w);
    return unum_arena_str(m->arena, unum_buf_str(&out));
}

/* When the next element can start: `slots` run at a time. */
struct slots {
    int64_t *free_ms;
    bool *used;
    size_t len;
};

static struct slots make_slots(struct machine *m, size_t len, int64_t now_ms)
{
    struct slots slots = {.free_ms = unum_arena_array(m->arena, len + 1, sizeof(int64_t)),
                          .used = unum_arena_array(m->arena, len + 1, sizeof(bool)),
                          .len = len};
    for (size_t i = 0; i < len; i++)
        slots.free_ms[i] = now_ms;
    return slots;
}

static size_t next_slot(const struct slots *slots)
{
    size_t first = 0;
    for (size_t i = 1; i < slots->len; i++) {
        bool sooner = slots->free_ms[i] < slots->free_ms[first];
        bool fresh = slots->used[first] && !slots->used[i];
        if (sooner || (slots->free_ms[i] == slots->free_ms[first] && fresh))
            first = i;
    }
    return first;
}

/* An element that has to wait for a slot is not started behind a failure, or behind the end of the
 * machine's time. */
static bool is_started(const struct machine *m, const struct slots *slots, size_t slot,
                       const struct together *t)
{
    int64_t start_ms = slots->free_ms[slot];
    return !slots->used[slot] ||
           ((!t->all.failed || start_ms < t->all.end_ms) && start_ms <= m->deadline_ms);
}

/* One element; its outcome in *ret. False: the state ends with it. */
static bool run_item(struct machine_state *s, struct unum_str processor, struct unum_str input,
                     struct unum_str item, size_t index, int64_t start_ms,
                     struct machine_outcome *ret)
{
    struct machine_around around = {item, index};
    struct machine_state inside = *s;
    struct unum_str effective;
    inside.around = &around;
    machine_env(&inside, s->env.variables, start_ms);
    if (!eval_item(&inside.env, s->fields, input, item, &effective)) {
        *ret = machine_evaluation_failed(&inside);
        return false;
    }
    s->m->event++;
    *ret = machine_scope(s->m, processor, effective, s->env.variables, start_ms, &around);
    s->m->event++;
    return !ret->stopped;
}

static struct machine_outcome run_items(struct machine_state *s, struct unum_str processor,
                                        struct unum_str input, struct unum_str items,
                                        int64_t at_once, size_t tolerated)
{
    size_t count = json_count(items);
    size_t most = at_once > 0 && (uint64_t)at_once < count ? (size_t)at_once : count;
    struct slots slots = make_slots(s->m, most, s->env.now_ms);
    struct unum_buf UNUM_AUTO_BUF list = UNUM_BUF_INIT(EVAL_LIMIT_VALUE);
    struct json_writer w = JSON_WRITER(&list);
    struct json_iter iter = json_iter(items);
    struct unum_str item;
    struct together t = {.all.end_ms = s->env.now_ms};
    size_t failures = 0;
    json_array_begin(&w);
    for (size_t i = 0; json_next(&iter, NULL, &item); i++) {
        size_t slot = next_slot(&slots);
        struct machine_outcome one;
        if (!is_started(s->m, &slots, slot, &t)) {
            t.late = t.late || !t.all.failed;
            break;
        }
        if (!run_item(s, processor, input, item, i, slots.free_ms[slot], &one))
            return one;
        slots.used[slot] = true;
        slots.free_ms[slot] = one.timed_out ? INT64_MAX : one.end_ms;
        failures += one.failed;
        json_raw(&w, one.failed ? error_output(s->m, &one)
                                : (one.timed_out ? UNUM_STR("null") : one.output));
        one.failed = one.failed && tolerated == 0;
        add_branch(s->m, &t, &one);
    }
    json_array_end(&w);
    if (t.all.failed)
        return t.all;
    if (t.late)
        return (struct machine_outcome){.timed_out = true};
    if (failures > tolerated)
        return (struct machine_outcome){
            .failed = true,
            .error = UNUM_STR("States.ExceedToleratedFailureThreshold"),
            .cause = UNUM_STR("The specified tolerated failure threshold was "
                              "exceeded"),
            .failed_state = s->name,
            .end_ms = t.all.end_ms};
    return eval_keep(&s->env, &list, &t.all.output) ? t.all : machine_evaluation_failed(s);
}

struct machine_outcome machine_map(struct machine_state *s, struct unum_str input)
{
    struct unum_str items;
    bool set;
    int64_t at_once = 0;
    size_t tolerated = 0;
    struct unum_str processor = eval_field(s->fields, "ItemProcessor");
    if (!processor.ptr)
        processor = eval_field(s->fields, "Iterator");
    if (!processor.ptr)
        return machine_broken(s->m, UNUM_E_INVAL, "a Map has no ItemProcessor", s->name);
    if (!eval_items(&s->env, s->fields, input, UNUM_STR_NONE, &items) ||
        !eval_number(&s->env, s->fields, "MaxConcurrency", input, &set, &at_once) ||
        !eval_tolerated(&s->env, s->fields, input, json_count(items), &tolerated))
        return machine_evaluation_failed(s);
    s->m->event++;
    struct machine_outcome out = run_items(s, processor, input, items, at_once, tolerated);
    s->m->event++;
    return out;
}
