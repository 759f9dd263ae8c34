#include "eval/query.h"

#include <string.h>

#include "base/limits.h"
#include "eval/query_internal.h"

bool query_flaw(struct query_scan *s, size_t at, const char *why)
{
    if (!s->flaw->why)
        *s->flaw = (struct eval_flaw){at, why};
    return false;
}

char query_peek(const struct query_scan *s)
{
    return s->at < s->text.len ? s->text.ptr[s->at] : '\0';
}

bool query_done(const struct query_scan *s)
{
    return s->at >= s->text.len;
}

void query_blanks(struct query_scan *s)
{
    while (query_peek(s) == ' ' || query_peek(s) == '\t')
        s->at++;
}

static bool is_word(char c)
{
    return unum_is_alnum(c) || c == '_' || (unsigned char)c >= 0x80;
}

bool query_quoted(struct query_scan *s, struct unum_str *ret)
{
    size_t start = s->at;
    char quote = query_peek(s);
    char *text = unum_arena_alloc(s->arena, s->text.len - s->at + 1);
    size_t len = 0;
    s->at++;
    while (!query_done(s) && query_peek(s) != quote) {
        if (query_peek(s) == '\\' && s->at + 1 < s->text.len)
            s->at++;
        text[len++] = s->text.ptr[s->at++];
    }
    if (query_done(s))
        return query_flaw(s, start, "the quote is not closed");
    s->at++;
    *ret = unum_str_of(text, len);
    return true;
}

static bool integer(struct query_scan *s, int64_t *ret)
{
    size_t start = s->at;
    if (query_peek(s) == '-')
        s->at++;
    while (unum_is_digit(query_peek(s)))
        s->at++;
    if (s->at - start > 11 || !unum_str_to_i64(unum_str_slice(s->text, start, s->at - start), ret))
        return query_flaw(s, start,
                          s->at == start
                              ? "between brackets stands an index, a quoted name, * or a filter"
                              : "this is no index");
    return true;
}

static bool names(struct query_scan *s, struct query_step *step)
{
    UNUM_VEC(struct unum_str) found = {0};
    bool right = true;
    for (;;) {
        query_blanks(s);
        if (query_peek(s) != '\'' && query_peek(s) != '"') {
            right = query_flaw(s, s->at, "a quoted name is missing");
            break;
        }
        right = query_quoted(s, unum_vec_push(&found));
        query_blanks(s);
        if (!right || query_peek(s) != ',')
            break;
        s->at++;
    }
    if (right) {
        step->kind = QUERY_NAME;
        step->count = found.len;
        step->names = unum_arena_array(s->arena, found.len, sizeof(*step->names));
        memcpy(step->names, found.at, found.len * sizeof(*step->names));
    }
    unum_vec_done(&found);
    return right;
}

/* At the colon: ":to" and ":to:by" */
static bool slice(struct query_scan *s, struct query_step *step)
{
    step->kind = QUERY_SLICE;
    step->by = 1;
    s->at++;
    step->has_to = unum_is_digit(query_peek(s)) || query_peek(s) == '-';
    if (step->has_to && !integer(s, &step->to))
        return false;
    if (query_peek(s) == ':') {
        s->at++;
        if ((unum_is_digit(query_peek(s)) || query_peek(s) == '-') && !integer(s, &step->by))
            return false;
        if (step->by <= 0)
            return query_flaw(s, s->at, "the step of a slice is at least 1");
        if (query_peek(s) == ':')
            return query_flaw(s, s->at, "a slice has at most three numbers");
    }
    if (!step->has_from && !step->has_to)
        return query_flaw(s, s->at, "a slice needs a number");
    return true;
}

static bool indexes(struct query_scan *s, struct query_step *step)
{
    UNUM_VEC(int64_t) found = {0};
    bool right = true;
    if (query_peek(s) == ':')
        return slice(s, step);
    for (;;) {
        query_blanks(s);
        right = integer(s, unum_vec_push(&found));
        query_blanks(s);
        if (!right || query_peek(s) != ',')
            break;
        s->at++;
    }
    if (right && query_peek(s) == ':' && found.len == 1) {
        step->has_from = true;
        step->from = found.at[0];
        right = slice(s, step);
    } else if (right) {
        step->kind = QUERY_INDEX;
        step->count = found.len;
        step->indexes = unum_arena_array(s->arena, found.len, sizeof(*step->indexes));
        memcpy(step->indexes, found.at, found.len * sizeof(*step->indexes));
    }
    unum_vec_done(&found);
    return right;
}

static bool bracket(struct query_scan *s, struct query_step *step)
{
    size_t start = s->at++;
    bool right = true;
    query_blanks(s);
    char c = query_peek(s);
    if (c == '\'' || c == '"') {
        right = names(s, step);
    } else if (c == '*') {
        s->at++;
        step->kind = QUERY_ANY;
    } else if (c == '?') {
        s->at++;
        query_blanks(s);
        step->kind = QUERY_FILTER;
        if (query_peek(s) != '(')
            return query_flaw(s, s->at, "a filter is written [?(...)]");
        right = query_filter_parse(s, &step->filter);
    } else if (c == '(') {
        return query_flaw(s, s->at, "a script in a path; only filters, [?(...)], are evaluated");
    } else {
        right = indexes(s, step);
    }
    if (!right)
        return false;
    query_blanks(s);
    if (query_peek(s) != ']')
        return query_flaw(s, start, "the bracket is not closed");
    s->at++;
    return true;
}

static const struct {
    const char *name;
    enum query_function function;
} functions[] = {
    {"length", FUNCTION_LENGTH}, {"size", FUNCTION_LENGTH},   {"keys", FUNCTION_KEYS},
    {"min", FUNCTION_MIN},       {"max", FUNCTION_MAX},       {"avg", FUNCTION_AVG},
    {"sum", FUNCTION_SUM},       {"stddev", FUNCTION_STDDEV}, {"first", FUNCTION_FIRST},
    {"last", FUNCTION_LAST},     {"index", FUNCTION_INDEX},
};

/* At the parenthesis behind a name. */
static bool function(struct query_scan *s, struct unum_str name, size_t start,
                     struct query_step *step)
{
    size_t i = 0;
    while (i < UNUM_COUNT(functions) && !unum_str_is(name, functions[i].name))
        i++;
    if (i == UNUM_COUNT(functions))
        return query_flaw(s, start, "a path has no such function");
    step->kind = QUERY_FUNCTION;
    step->function = functions[i].function;
    s->at++;
    query_blanks(s);
    if (step->function == FUNCTION_INDEX && !integer(s, &step->argument))
        return false;
    query_blanks(s);
    if (query_peek(s) != ')')
        return query_flaw(s, s->at, "\")\" is missing behind the function");
    s->at++;
    return true;
}

static bool ends_name(char c, bool in_filter)
{
    if (c == '.' || c == '[' || c == '(')
        return true;
    return in_filter && (c == ' ' || c == '\t' || c == '=' || c == '!' || c == '<' || c == '>' ||
                         c == '&' || c == '|' || c == ')' || c == ',' || c == ']');
}

/* Behind a dot. */
static bool member(struct query_scan *s, bool in_filter, struct query_step *step)
{
    size_t start = s->at;
    if (query_peek(s) == '*') {
        s->at++;
        step->kind = QUERY_ANY;
        return true;
    }
    char *name = unum_arena_alloc(s->arena, s->text.len - s->at + 1);
    size_t len = 0;
    while (!query_done(s) && !ends_name(query_peek(s), in_filter)) {
        char c = query_peek(s);
        if (c == '\\' && s->at + 1 < s->text.len)
            s->at++;
        else if (c == ' ' || c == '\'' || c == '"' || c == ']' || c == ')' || c == ',')
            return query_flaw(s, s->at, "a name with this character stands in brackets: ['...']");
        else if ((unsigned char)c < 0x20)
            return query_flaw(s, s->at, "a control character");
        name[len++] = s->text.ptr[s->at++];
    }
    if (!len)
        return query_flaw(s, start, "a name is missing");
    if (query_peek(s) == '(')
        return function(s, unum_str_of(name, len), start, step);
    step->kind = QUERY_NAME;
    step->count = 1;
    step->names = UNUM_ARENA_NEW(s->arena, struct unum_str);
    step->names[0] = unum_str_of(name, len);
    return true;
}

static bool is_definite(const struct query_step *step)
{
    if (step->deep)
        return false;
    return step->kind == QUERY_FUNCTION ||
           ((step->kind == QUERY_NAME || step->kind == QUERY_INDEX) && step->count == 1);
}

bool query_steps(struct query_scan *s, bool in_filter, struct eval_query *query)
{
    UNUM_VEC(struct query_step) found = {0};
    bool right = true;
    query->definite = true;
    while (right && (query_peek(s) == '.' || query_peek(s) == '[')) {
        if (found.len == EVAL_LIMIT_QUERY_STEPS) {
            right = query_flaw(s, s->at, "more than 256 steps");
            break;
        }
        struct query_step *step = unum_vec_push(&found);
        bool dot = query_peek(s) == '.';
        s->at += dot;
        step->deep = dot && query_peek(s) == '.';
        s->at += step->deep;
        if (query_peek(s) == '[' && (!dot || step->deep))
            right = bracket(s, step);
        else
            right = member(s, in_filter, step);
        if (right && step->kind == QUERY_FUNCTION && step->deep)
            right = query_flaw(s, s->at, "\"..\" in front of a function");
        query->definite = query->definite && right && is_definite(step);
    }
    if (right) {
        /* A function at the end makes one value of whatever is in front of it. */
        if (found.len && found.at[found.len - 1].kind == QUERY_FUNCTION)
            query->definite = true;
        query->len = found.len;
        query->steps = unum_arena_array(s->arena, found.len + 1, sizeof(*query->steps));
        if (found.len)
            memcpy(query->steps, found.at, found.len * sizeof(*query->steps));
    }
    unum_vec_done(&found);
    return right;
}

/* "$", "$$" or "$name" */
static bool root(struct query_scan *s, struct eval_query *query)
{
    if (query_peek(s) != '$')
        return query_flaw(s, s->at, "a path starts with \"$\"");
    s->at++;
    if (query_peek(s) == '$') {
        s->at++;
        query->root = EVAL_ROOT_CONTEXT;
        return true;
    }
    size_t start = s->at;
    if (unum_is_digit(query_peek(s)))
        return query_flaw(s, s->at, "the name of a variable does not start with a digit");
    while (is_word(query_peek(s)))
        s->at++;
    query->variable = unum_str_slice(query->text, start, s->at - start);
    query->root = query->variable.len ? EVAL_ROOT_VARIABLE : EVAL_ROOT_INPUT;
    return true;
}

bool eval_query_parse(struct unum_str text, struct unum_arena *arena, struct eval_query *ret,
                      struct eval_flaw *flaw)
{
    *flaw = (struct eval_flaw){0};
    struct query_scan s = {.text = text, .arena = arena, .flaw = flaw};
    if (text.len > EVAL_LIMIT_QUERY_TEXT)
        return query_flaw(&s, 0, "longer than 4096 bytes");
    struct eval_query query = {.text = unum_arena_str(arena, text)};
    if (!root(&s, &query) || !query_steps(&s, false, &query))
        return false;
    if (!query_done(&s))
        return query_flaw(&s, s.at, "here stands \".\" or \"[\"");
    *ret = query;
    return true;
}

/* ---- running ---- */

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
    for (size_t i = 0; i < step->count; i++) {
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

static void filtered(struct matches *m, size_t at, struct unum_str value)
{
    const struct query_step *step = &m->query->steps[at];
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
        filtered(m, at, value);
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
        if (!is_definite(&query->steps[i]))
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
            single = single && is_definite(&query->steps[i]);
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
