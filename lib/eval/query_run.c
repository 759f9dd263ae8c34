/* JSONPath: what a path names in a value. */
#include "base/limits.h"
#include "eval/query_internal.h"

struct matches {
    struct query_run *run;
    const struct eval_query *query;
    UNUM_VEC(struct unum_str) found;
    bool nothing; /* a place that must be there is not */
};

bool query_work(struct query_run *run, size_t bytes)
{
    run->work += 1 + bytes / UNUM_KB;
    if (run->work > EVAL_LIMIT_QUERY_WORK)
        run->too_much = true;
    return !run->too_much;
}

static bool at_index(struct unum_str value, int64_t index, struct unum_str *ret)
{
    if (json_type(value) != JSON_ARRAY)
        return false;
    if (index < 0)
        index += (int64_t)json_count(value);
    return index >= 0 && json_at(value, (size_t)index, ret);
}

static void step_on(struct matches *m, size_t at, struct unum_str value, bool sure);

static void each_member(struct matches *m, size_t at, struct unum_str value)
{
    struct json_iter iter = json_iter(value);
    struct unum_str child;
    while (!m->run->too_much && json_next(&iter, NULL, &child)) {
        if (query_work(m->run, child.len))
            step_on(m, at + 1, child, false);
    }
}

/* Jayway: the members that are named, as one object at the end of a path, else one by one. */
static void several_names(struct matches *m, size_t at, struct unum_str value)
{
    const struct query_step *step = &m->query->steps[at];
    bool last = at + 1 == m->query->len;
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_LIMIT_GATHER);
    struct json_writer w = JSON_WRITER(&out);
    json_object_begin(&w);
    for (size_t i = 0; i < step->count && query_work(m->run, value.len); i++) {
        struct unum_str child;
        if (!json_get(value, step->names[i], &child))
            continue;
        if (!last)
            step_on(m, at + 1, child, false);
        json_key_str(&w, step->names[i]);
        json_raw(&w, child);
    }
    json_object_end(&w);
    if (out.failed)
        m->run->too_much = true;
    else if (last)
        *unum_vec_push(&m->found) = unum_arena_str(m->run->arena, unum_buf_str(&out));
}

static void several_indexes(struct matches *m, size_t at, struct unum_str value)
{
    const struct query_step *step = &m->query->steps[at];
    for (size_t i = 0; i < step->count && query_work(m->run, value.len); i++) {
        struct unum_str child;
        if (at_index(value, step->indexes[i], &child))
            step_on(m, at + 1, child, false);
    }
}

static int64_t clip(int64_t index, int64_t count)
{
    if (index < 0)
        index += count;
    return index < 0 ? 0 : index > count ? count : index;
}

static void slice_of(struct matches *m, size_t at, struct unum_str value)
{
    const struct query_step *step = &m->query->steps[at];
    bool backwards = (step->has_from && step->from < 0) || (step->has_to && step->to < 0);
    int64_t count = backwards ? (int64_t)json_count(value) : INT64_MAX;
    int64_t from = step->has_from ? clip(step->from, count) : 0;
    int64_t to = step->has_to ? clip(step->to, count) : count;
    struct json_iter iter = json_iter(value);
    struct unum_str child;
    for (int64_t i = 0; i < to && json_next(&iter, NULL, &child) && query_work(m->run, child.len);
         i++) {
        if (i >= from && (i - from) % step->by == 0)
            step_on(m, at + 1, child, false);
    }
}

static void filtered(struct matches *m, size_t at, struct unum_str value, bool sure)
{
    const struct query_step *step = &m->query->steps[at];
    if (json_type(value) != JSON_ARRAY && json_type(value) != JSON_OBJECT) {
        m->nothing = m->nothing || sure; /* Jayway: cannot be applied to primitives */
        return;
    }
    if (json_type(value) == JSON_OBJECT) {
        if (query_filter_holds(m->run, step->filter, value))
            step_on(m, at + 1, value, false);
        return;
    }
    struct json_iter iter = json_iter(value);
    struct unum_str child;
    while (json_next(&iter, NULL, &child) && query_work(m->run, child.len)) {
        if (query_filter_holds(m->run, step->filter, child))
            step_on(m, at + 1, child, false);
    }
}

static void one(struct matches *m, size_t at, bool there, struct unum_str child, bool sure)
{
    if (there)
        step_on(m, at + 1, child, sure);
    else if (sure)
        m->nothing = true;
}

static void take_step(struct matches *m, size_t at, struct unum_str value, bool sure)
{
    const struct query_step *step = &m->query->steps[at];
    struct unum_str child = UNUM_STR_NONE;
    bool object = json_type(value) == JSON_OBJECT;
    bool array = json_type(value) == JSON_ARRAY;
    switch (step->kind) {
    case QUERY_NAME:
        if (step->count == 1)
            one(m, at, object && json_get(value, step->names[0], &child), child, sure);
        else if (object)
            several_names(m, at, value);
        else if (sure)
            m->nothing = true;
        break;
    case QUERY_INDEX:
        if (step->count == 1)
            one(m, at, at_index(value, step->indexes[0], &child), child, sure);
        else if (array)
            several_indexes(m, at, value);
        else if (sure)
            m->nothing = true;
        break;
    case QUERY_SLICE:
        if (array)
            slice_of(m, at, value);
        else if (sure)
            m->nothing = true;
        break;
    case QUERY_ANY:
        each_member(m, at, value);
        break;
    case QUERY_FILTER:
        filtered(m, at, value, sure);
        break;
    case QUERY_FUNCTION:
        one(m, at, query_function_apply(m->run, step, value, &child), child, sure);
        break;
    }
}

/* The step at every depth below `value`, the value itself first. */
static void deep(struct matches *m, size_t at, struct unum_str value)
{
    if (!query_work(m->run, value.len) ||
        (json_type(value) != JSON_OBJECT && json_type(value) != JSON_ARRAY))
        return;
    /* A filter looks at elements of lists; objects are elements of something already. */
    if (m->query->steps[at].kind != QUERY_FILTER || json_type(value) == JSON_ARRAY)
        take_step(m, at, value, false);
    struct json_iter iter = json_iter(value);
    struct unum_str child;
    while (!m->run->too_much && json_next(&iter, NULL, &child))
        deep(m, at, child);
}

/* `sure`: nothing before could name several places, so that what is missing is an error. */
static void step_on(struct matches *m, size_t at, struct unum_str value, bool sure)
{
    if (m->run->too_much || m->nothing)
        return;
    if (at == m->query->len) {
        *unum_vec_push(&m->found) = value;
        return;
    }
    if (m->query->steps[at].deep)
        deep(m, at, value);
    else
        take_step(m, at, value, sure);
}

static bool as_list(struct query_run *run, const struct matches *m, struct unum_str *ret)
{
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_LIMIT_GATHER);
    struct json_writer w = JSON_WRITER(&out);
    json_array_begin(&w);
    for (size_t i = 0; i < m->found.len; i++)
        json_raw(&w, m->found.at[i]);
    json_array_end(&w);
    if (out.failed) {
        run->too_much = true;
        return false;
    }
    *ret = unum_arena_str(run->arena, unum_buf_str(&out));
    return true;
}

/* The steps before a function that follows an indefinite path work on the list of matches. */
static size_t list_part(const struct eval_query *query)
{
    size_t functions_from = query->len;
    while (functions_from && query->steps[functions_from - 1].kind == QUERY_FUNCTION)
        functions_from--;
    for (size_t i = 0; i < functions_from; i++) {
        if (!query_is_definite(&query->steps[i]))
            return functions_from;
    }
    return 0;
}

static bool run_part(struct query_run *run, const struct eval_query *query, bool definite,
                     struct unum_str value, struct unum_str *ret)
{
    struct matches m = {.run = run, .query = query};
    step_on(&m, 0, value, true);
    bool found = !m.nothing && !run->too_much;
    if (found && !definite)
        found = as_list(run, &m, ret);
    else if (found && (found = m.found.len > 0))
        *ret = m.found.at[0];
    unum_vec_done(&m.found);
    return found;
}

bool query_apply(struct query_run *run, const struct eval_query *query, struct unum_str value,
                 struct unum_str *ret)
{
    size_t split = list_part(query);
    struct eval_query part = *query;
    if (!split || split == query->len) {
        bool merged = query->len && !query->steps[query->len - 1].deep &&
                      query->steps[query->len - 1].kind == QUERY_NAME;
        bool single = true;
        for (size_t i = 0; merged && i + 1 < query->len; i++)
            single = single && query_is_definite(&query->steps[i]);
        return run_part(run, query, query->definite || (merged && single), value, ret);
    }
    part.len = split;
    if (!run_part(run, &part, false, value, &value))
        return false;
    part.steps = query->steps + split;
    part.len = query->len - split;
    return run_part(run, &part, true, value, ret);
}

enum eval_query_result eval_query_run(const struct eval_query *query, struct unum_str value,
                                      struct unum_arena *arena, struct unum_str *ret)
{
    struct query_run run = {.root = value, .arena = arena};
    struct unum_str found = UNUM_STR_NONE;
    bool there = query_apply(&run, query, value, &found);
    if (run.too_much)
        return QUERY_TOO_MUCH;
    if (!there)
        return QUERY_NOTHING;
    *ret = found;
    return QUERY_FOUND;
}
