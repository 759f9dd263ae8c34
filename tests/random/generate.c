/* Random machines: scopes and states. */
#include "generate.h"

#include "base/limits.h"
#include "generate_internal.h"

enum { MOST_DEPTH = 3, MOST_IN_SCOPE = 5, MOST_EXTRAS = 4, MOST_STATES = 24 };

/* States of a scope while it is written. */
struct scope {
    struct unum_str names[MOST_IN_SCOPE + 1]; /* of the main way, in order */
    size_t len;
    struct unum_str extras[MOST_EXTRAS]; /* ends that only a Choice or a Catch leads to */
    size_t extras_len;
    unsigned depth;
    struct shape shape; /* in front of the state that is written */
    bool tame;          /* a counter stands in the data: it must stay there */
    unsigned own;       /* variables from here on are assigned to in this scope */
};

static void put_scope(struct generator *g, unsigned depth, struct shape shape);

/* ---- transitions ---- */

/* A state behind number `at`, or a new end. */
static struct unum_str some_target(struct generator *g, struct scope *s, size_t at)
{
    size_t behind = s->len - at - 1;
    if (s->extras_len < MOST_EXTRAS && (!behind || generate_chance(g, 35))) {
        s->extras[s->extras_len] = generate_name(g, "X");
        return s->extras[s->extras_len++];
    }
    if (!behind) /* all extras are taken: the last of them */
        return s->extras[s->extras_len - 1];
    return s->names[at + 1 + generate_below(g, (unsigned)behind)];
}

static void put_next(struct generator *g, const struct scope *s, size_t at)
{
    if (at + 1 < s->len) {
        json_key(&g->w, "Next");
        json_string(&g->w, s->names[at + 1]);
    } else {
        json_key(&g->w, "End");
        json_bool(&g->w, true);
    }
}

/* ---- fields ---- */

static void put_path_field(struct generator *g, const char *key, struct unum_str path)
{
    json_key(&g->w, key);
    json_string(&g->w, path);
}

static void put_input_path(struct generator *g, const struct scope *s)
{
    if (g->options.common || !generate_chance(g, 12))
        return;
    if (generate_chance(g, 15)) {
        json_key(&g->w, "InputPath");
        json_null(&g->w);
    } else {
        put_path_field(g, "InputPath", generate_path(g, &s->shape));
    }
}

static void put_parameters(struct generator *g, const struct scope *s, const char *key)
{
    json_key(&g->w, key);
    generate_template(g, &s->shape);
}

/* Variables of this scope; those of enclosing ones are not assigned to. */
static void put_assign(struct generator *g, struct unum_str name, const struct shape *shape)
{
    bool path = generate_chance(g, 60);
    json_key(&g->w, "Assign");
    json_object_begin(&g->w);
    json_key(&g->w,
             unum_arena_printf(g->arena, "%.*s%s", UNUM_STR_ARG(name), path ? ".$" : "").ptr);
    if (path)
        json_string(&g->w, generate_path(g, shape));
    else
        generate_value(g, &g->w, 1);
    json_object_end(&g->w);
}

static void put_new_value(struct generator *g, const struct scope *s)
{
    unsigned count = g->variables_len - s->own;
    const struct shape any = {0}; /* the result */
    if (count && generate_chance(g, 30))
        put_assign(g, g->variables[s->own + generate_below(g, count)], &any);
}

/* Where the result goes; what the data are afterwards. */
static void put_result_path(struct generator *g, struct scope *s)
{
    unsigned kind = generate_below(g, 100);
    if (s->shape.object && (kind < 75 || s->tame)) {
        unsigned number = generate_chance(g, 25) && s->shape.results
                              ? generate_below(g, s->shape.results)
                              : s->shape.results++;
        put_path_field(g, "ResultPath", unum_arena_printf(g->arena, "$.r%u", number));
    } else if (kind < 85) {
        json_key(&g->w, "ResultPath");
        json_null(&g->w);
    } else {
        if (kind < 90 && !g->options.common)
            put_path_field(g, "ResultPath", UNUM_STR("$"));
        s->shape.object = false;
    }
}

static void put_output_path(struct generator *g, struct scope *s)
{
    if (s->tame || !generate_chance(g, 4))
        return;
    put_path_field(g, "OutputPath", generate_reference(g, &s->shape));
    s->shape.object = false;
}

static void put_errors(struct generator *g, bool all)
{
    static const char *const names[] = {"Err.A", "Err.B", "States.Runtime", "States.Timeout",
                                        "States.TaskFailed"};
    unsigned of = UNUM_COUNT(names) - g->options.common;
    json_key(&g->w, "ErrorEquals");
    json_array_begin(&g->w);
    if (all) {
        json_string(&g->w, UNUM_STR("States.ALL"));
    } else {
        unsigned first = generate_below(g, of);
        unsigned count = 1 + generate_below(g, 2);
        for (unsigned i = 0; i < count; i++)
            json_strings(&g->w, names[(first + i) % of]);
    }
    json_array_end(&g->w);
}

static void put_retry(struct generator *g)
{
    static const char *const rates[] = {"1", "1.5", "2.0", "3"};
    unsigned count = 1 + generate_below(g, 2);
    json_key(&g->w, "Retry");
    json_array_begin(&g->w);
    for (unsigned i = 0; i < count; i++) {
        json_object_begin(&g->w);
        put_errors(g, i + 1 == count && generate_chance(g, 60));
        if (generate_chance(g, 60)) {
            json_key(&g->w, "IntervalSeconds");
            json_int(&g->w, 1 + generate_below(g, 3));
        }
        if (generate_chance(g, 70)) {
            json_key(&g->w, "MaxAttempts");
            json_int(&g->w, generate_below(g, 4));
        }
        if (generate_chance(g, 40)) {
            json_key(&g->w, "BackoffRate");
            json_raw(&g->w, unum_str_from(rates[generate_below(g, UNUM_COUNT(rates))]));
        }
        if (!g->options.common && generate_chance(g, 20)) {
            json_key(&g->w, "MaxDelaySeconds");
            json_int(&g->w, 4 + generate_below(g, 4));
        }
        if (!g->options.common && generate_chance(g, 20))
            put_path_field(g, "JitterStrategy", UNUM_STR("FULL"));
        json_object_end(&g->w);
    }
    json_array_end(&g->w);
}

static void put_catch(struct generator *g, struct scope *s, size_t at)
{
    unsigned count = 1 + generate_below(g, 2);
    json_key(&g->w, "Catch");
    json_array_begin(&g->w);
    for (unsigned i = 0; i < count; i++) {
        json_object_begin(&g->w);
        put_errors(g, i + 1 == count && generate_chance(g, 75));
        put_path_field(g, "Next", some_target(g, s, at));
        if (s->shape.object && (s->tame || generate_chance(g, 80)))
            put_path_field(g, "ResultPath", UNUM_STR("$.error"));
        else
            s->shape.object = false; /* where it leads to it may be none */
        json_object_end(&g->w);
    }
    json_array_end(&g->w);
}

static void put_handlers(struct generator *g, struct scope *s, size_t at, unsigned retry)
{
    if (generate_chance(g, retry))
        put_retry(g);
    if (generate_chance(g, 40))
        put_catch(g, s, at);
}

/* ---- answers ---- */

static struct json_writer begin_answer(struct generator *g, struct unum_str state)
{
    if (g->tasks.len)
        unum_buf_addc(&g->tasks, ',');
    struct json_writer w = JSON_WRITER(&g->tasks);
    json_object_begin(&w);
    json_key(&w, "state");
    json_string(&w, state);
    json_key(&w, "always");
    json_bool(&w, true);
    return w;
}

static void put_failure(struct generator *g, struct json_writer *w)
{
    static const char *const errors[] = {"Err.A", "Err.B", "Err.C"};
    json_key(w, "result");
    json_object_begin(w);
    json_key(w, "error");
    json_strings(w, errors[generate_below(g, UNUM_COUNT(errors))]);
    json_key(w, "cause");
    json_strings(w, generate_chance(g, 50) ? "because" : "{\"errorMessage\":\"why\"}");
    json_object_end(w);
    json_object_end(w);
}

static void put_answer_list(struct generator *g, struct json_writer *w)
{
    unsigned count = generate_below(g, 5);
    json_array_begin(w);
    for (unsigned i = 0; i < count; i++)
        generate_value(g, w, 1);
    json_array_end(w);
}

/* `once`: the state is not come to a second time. */
static void add_answers(struct generator *g, struct unum_str state, bool once)
{
    struct json_writer w;
    bool counted = once || !g->options.common;
    unsigned failures = !counted ? 0 : generate_chance(g, 25) ? 1 + generate_below(g, 3) : 0;
    for (unsigned i = 0; i < failures; i++) {
        w = begin_answer(g, state);
        json_key(&w, "attempt");
        json_int(&w, i);
        put_failure(g, &w);
    }
    if (generate_chance(g, 12)) { /* for one input only */
        w = begin_answer(g, state);
        json_key(&w, "input");
        json_raw(&w, generate_scalar(g));
        put_failure(g, &w);
    }
    if (generate_chance(g, 8)) {
        w = begin_answer(g, state);
        put_failure(g, &w);
    } else if (generate_chance(g, 55)) {
        w = begin_answer(g, state);
        json_key(&w, "result");
        json_object_begin(&w);
        if (generate_chance(g, 50)) {
            json_key(&w, "wrap");
            json_strings(&w, "was");
        } else {
            json_key(&w, "output");
            generate_value(g, &w, 2);
        }
        json_object_end(&w);
        json_object_end(&w);
    }
}

/* ---- states ---- */

static void put_type(struct generator *g, const char *type)
{
    json_key(&g->w, "Type");
    json_strings(&g->w, type);
}

static void put_task(struct generator *g, struct scope *s, size_t at)
{
    static const char *const functions[] = {"Fa", "Fb", "Fc", "Fd"};
    put_type(g, "Task");
    put_path_field(g, "Resource",
                   unum_str_from(functions[generate_below(g, UNUM_COUNT(functions))]));
    g->in_task = true;
    put_input_path(g, s);
    if (generate_chance(g, 30))
        put_parameters(g, s, "Parameters");
    g->in_task = false;
    if (generate_chance(g, 15)) {
        const struct shape any = {0};
        json_key(&g->w, "ResultSelector");
        generate_template(g, &any);
    }
    if (g->options.timeouts && generate_chance(g, 5)) {
        json_key(&g->w, "TimeoutSeconds");
        json_int(&g->w, 1);
        struct json_writer w = begin_answer(g, s->names[at]);
        json_key(&w, "attempt");
        json_int(&w, 0);
        json_key(&w, "result");
        json_raw(&w, UNUM_STR("{\"hang\":true}"));
        json_object_end(&w);
    }
    put_handlers(g, s, at, 45);
    put_result_path(g, s);
    put_output_path(g, s);
    put_new_value(g, s);
    add_answers(g, s->names[at], !s->depth && !s->tame);
    put_next(g, s, at);
}

static void put_result(struct generator *g)
{
    if (!g->options.common) {
        generate_value(g, &g->w, 2);
        return;
    }
    json_array_begin(&g->w);
    generate_value(g, &g->w, 1);
    json_array_end(&g->w);
}

static void put_pass(struct generator *g, struct scope *s, size_t at)
{
    put_type(g, "Pass");
    put_input_path(g, s);
    if (generate_chance(g, 50)) {
        put_parameters(g, s, "Parameters");
    } else if (generate_chance(g, 60)) {
        json_key(&g->w, "Result");
        put_result(g);
    }
    put_result_path(g, s);
    put_output_path(g, s);
    put_new_value(g, s);
    put_next(g, s, at);
}

static void put_wait(struct generator *g, struct scope *s, size_t at)
{
    put_type(g, "Wait");
    if (generate_chance(g, 70)) {
        json_key(&g->w, "Seconds");
        json_int(&g->w, generate_below(g, 4));
    } else if (s->shape.object && generate_chance(g, 50)) {
        put_path_field(g, "SecondsPath", UNUM_STR("$.d.f"));
    } else {
        put_path_field(g, "Timestamp", UNUM_STR("2016-03-14T01:59:00Z"));
    }
    put_new_value(g, s);
    put_next(g, s, at);
}

static void put_choice(struct generator *g, struct scope *s, size_t at)
{
    unsigned count = 1 + generate_below(g, 3);
    bool dflt = generate_chance(g, 85);
    put_type(g, "Choice");
    json_key(&g->w, "Choices");
    json_array_begin(&g->w);
    for (unsigned i = 0; i < count; i++) {
        json_object_begin(&g->w);
        generate_rule(g, &s->shape, 2);
        /* The way goes on behind it, whatever the others say. */
        put_path_field(g, "Next", !dflt && i == 0 ? s->names[at + 1] : some_target(g, s, at));
        json_object_end(&g->w);
    }
    json_array_end(&g->w);
    if (dflt)
        put_path_field(g, "Default", s->names[at + 1]);
}

static void put_parallel(struct generator *g, struct scope *s, size_t at)
{
    unsigned count = 1 + generate_below(g, 3);
    struct shape inside = s->shape;
    put_type(g, "Parallel");
    if (generate_chance(g, 15)) {
        put_parameters(g, s, "Parameters");
        inside = (struct shape){0};
    }
    json_key(&g->w, "Branches");
    json_array_begin(&g->w);
    for (unsigned i = 0; i < count; i++)
        put_scope(g, s->depth + 1, inside);
    json_array_end(&g->w);
    put_handlers(g, s, at, 15);
    put_result_path(g, s);
    put_output_path(g, s);
    put_new_value(g, s);
    put_next(g, s, at);
}

static void put_map(struct generator *g, struct scope *s, size_t at)
{
    static const char *const lists[] = {"$.c", "$.c[*]", "$.c[1:]"};
    bool was = g->in_map;
    struct shape inside = {0};
    put_type(g, "Map");
    if (s->shape.object)
        put_path_field(g, "ItemsPath",
                       unum_str_from(g->options.common ? "$.c" : lists[generate_below(g, 3)]));
    g->in_map = true;
    if (s->shape.object && generate_chance(g, 50)) {
        inside.object = true;
        json_key(&g->w,
                 g->options.common || generate_chance(g, 30) ? "Parameters" : "ItemSelector");
        json_raw(&g->w,
                 UNUM_STR("{\"a.$\":\"$$.Map.Item.Index\",\"b.$\":\"$.b\",\"c\":[1,2],\"d\":{"
                          "\"e.$\":\"$$.Map.Item.Value\",\"f\":1},\"t\":true,\"n\":null}"));
    }
    if (generate_chance(g, 30)) {
        json_key(&g->w, "MaxConcurrency");
        json_int(&g->w, generate_below(g, 3));
    }
    if (!g->options.common && generate_chance(g, 10)) {
        json_key(&g->w, "ToleratedFailureCount");
        json_int(&g->w, 1);
    }
    json_key(&g->w, g->options.common || generate_chance(g, 50) ? "Iterator" : "ItemProcessor");
    put_scope(g, s->depth + 1, inside);
    g->in_map = was;
    put_handlers(g, s, at, 15);
    put_result_path(g, s);
    put_output_path(g, s);
    put_new_value(g, s);
    put_next(g, s, at);
}

/* A Pass that counts, some states, and a Choice that goes back. */
static void put_counter(struct generator *g, struct unum_str name, const char *fields,
                        struct unum_str next)
{
    json_key_str(&g->w, name);
    json_raw(&g->w, unum_arena_printf(g->arena, "{\"Type\":\"Pass\",%s,\"Next\":\"%.*s\"}", fields,
                                      UNUM_STR_ARG(next)));
}

static void put_state(struct generator *g, struct scope *s, size_t at);

/* State `at` as a loop: first, again and the state itself in between; see above. */
static void put_loop(struct generator *g, struct scope *s, size_t at)
{
    struct unum_str body = generate_name(g, "L");
    struct unum_str again = generate_name(g, "C");
    struct unum_str whether = generate_name(g, "Q");
    struct unum_str counter = generate_name(g, "i");
    struct unum_str name = s->names[at];
    struct unum_str next = s->names[at + 1];
    bool tame = s->tame;
    const char *c = counter.ptr;
    put_counter(g, name,
                unum_arena_printf(g->arena, "\"Result\":{\"v\":0},\"ResultPath\":\"$.%s\"", c).ptr,
                body);
    put_counter(g, again,
                unum_arena_printf(g->arena,
                                  "\"Parameters\":{\"v.$\":\"States.MathAdd($.%s.v, 1)\"},"
                                  "\"ResultPath\":\"$.%s\"",
                                  c, c)
                    .ptr,
                whether);
    json_key_str(&g->w, whether);
    json_raw(&g->w, unum_arena_printf(g->arena,
                                      "{\"Type\":\"Choice\",\"Choices\":[{\"Variable\":\"$.%s.v\","
                                      "\"NumericLessThan\":%u,\"Next\":\"%.*s\"}],\"Default\":"
                                      "\"%.*s\"}",
                                      c, 1 + generate_below(g, 3), UNUM_STR_ARG(body),
                                      UNUM_STR_ARG(next)));
    s->tame = true;
    s->names[at] = body;
    s->names[at + 1] = again;
    json_key_str(&g->w, body);
    json_object_begin(&g->w);
    switch (generate_below(g, 3)) {
    case 0:
        put_pass(g, s, at);
        break;
    case 1:
        put_wait(g, s, at);
        break;
    default:
        put_task(g, s, at);
    }
    json_object_end(&g->w);
    s->names[at] = name;
    s->names[at + 1] = next;
    s->tame = tame;
}

static void put_plain_task(struct generator *g, struct scope *s, size_t at)
{
    static const char *const functions[] = {"Fa", "Fb", "Fc", "Fd"};
    unsigned answer = generate_below(g, 100);
    put_type(g, "Task");
    put_path_field(g, "Resource",
                   unum_str_from(functions[generate_below(g, UNUM_COUNT(functions))]));
    if (answer < 5) {
        struct json_writer w = begin_answer(g, s->names[at]);
        put_failure(g, &w);
    } else if (answer < 50) {
        struct json_writer w = begin_answer(g, s->names[at]);
        json_key(&w, "result");
        json_object_begin(&w);
        json_key(&w, "output");
        put_answer_list(g, &w);
        json_object_end(&w);
        json_object_end(&w);
    } else {
        add_answers(g, s->names[at], false);
    }
    s->shape.list = answer >= 5 && answer < 50;
    put_next(g, s, at);
}

static void put_plain_state(struct generator *g, struct scope *s, size_t at)
{
    unsigned kind = generate_below(g, 100);
    bool map = kind < 40 && s->shape.list;
    json_key_str(&g->w, s->names[at]);
    json_object_begin(&g->w);
    if (s->depth == MOST_DEPTH || g->budget <= 3 || (kind >= 20 && !map)) {
        put_plain_task(g, s, at);
    } else {
        unsigned count = map ? 1 : 1 + generate_below(g, 3);
        struct shape inside = {.list = !map && s->shape.list};
        put_type(g, map ? "Map" : "Parallel");
        json_key(&g->w, map ? "Iterator" : "Branches");
        if (!map)
            json_array_begin(&g->w);
        for (unsigned i = 0; i < count; i++)
            put_scope(g, s->depth + 1, inside);
        if (!map)
            json_array_end(&g->w);
        s->shape.list = true;
        put_next(g, s, at);
    }
    json_object_end(&g->w);
}

static void put_state(struct generator *g, struct scope *s, size_t at)
{
    unsigned kind = generate_below(g, 100);
    bool last = at + 1 == s->len;
    bool deeper = s->depth < MOST_DEPTH && g->budget > 3;
    if (!last && s->shape.object && kind >= 92) {
        put_loop(g, s, at);
        return;
    }
    json_key_str(&g->w, s->names[at]);
    json_object_begin(&g->w);
    if (!last && kind < 16)
        put_choice(g, s, at);
    else if (deeper && kind < 30 && (s->shape.object || !g->options.common))
        put_map(g, s, at);
    else if (deeper && kind < 42)
        put_parallel(g, s, at);
    else if (kind < 50)
        put_wait(g, s, at);
    else if (kind < 66)
        put_pass(g, s, at);
    else if (last && kind < 72)
        put_type(g, "Succeed");
    else
        put_task(g, s, at);
    json_object_end(&g->w);
}

static void put_extra(struct generator *g, const struct scope *s, size_t i)
{
    static const char *const ends[] = {
        "{\"Type\":\"Succeed\"}",
        "{\"Type\":\"Pass\",\"End\":true}",
        "{\"Type\":\"Pass\",\"Result\":\"other end\",\"End\":true}",
        "{\"Type\":\"Fail\",\"Error\":\"Err.A\",\"Cause\":\"as said\"}",
        "{\"Type\":\"Fail\",\"Error\":\"Err.D\"}",
        "{\"Type\":\"Task\",\"Resource\":\"Fe\",\"End\":true}",
    };
    json_key_str(&g->w, s->extras[i]);
    json_raw(&g->w, unum_str_from(ends[generate_below(g, UNUM_COUNT(ends))]));
}

/* The first state of a scope with variables: it gives them values. */
static void put_variables(struct generator *g, const struct scope *s)
{
    struct unum_str name = generate_name(g, "v");
    json_key_str(&g->w, s->names[0]);
    json_object_begin(&g->w);
    put_type(g, "Pass");
    put_assign(g, name, &s->shape);
    put_next(g, s, 0);
    json_object_end(&g->w);
    if (g->variables_len < UNUM_COUNT(g->variables))
        g->variables[g->variables_len++] = name;
}

static void put_scope(struct generator *g, unsigned depth, struct shape shape)
{
    struct scope s = {.depth = depth, .shape = shape, .own = g->variables_len};
    unsigned variables = g->variables_len;
    s.len = 1 + generate_below(g, depth ? 3 : MOST_IN_SCOPE);
    g->budget = g->budget > s.len ? g->budget - (unsigned)s.len : 0;
    for (size_t i = 0; i < s.len; i++)
        s.names[i] = generate_name(g, "S");
    json_object_begin(&g->w);
    json_key(&g->w, "StartAt");
    json_string(&g->w, s.names[0]);
    json_key(&g->w, "States");
    json_object_begin(&g->w);
    bool variable =
        g->options.variables && !g->options.plain && s.len > 1 && generate_chance(g, 50);
    if (variable)
        put_variables(g, &s);
    for (size_t at = variable; at < s.len; at++) {
        if (g->options.plain)
            put_plain_state(g, &s, at);
        else
            put_state(g, &s, at);
    }
    for (size_t i = 0; i < s.extras_len; i++)
        put_extra(g, &s, i);
    json_object_end(&g->w);
    json_object_end(&g->w);
    g->variables_len = variables;
}

struct unum_str generate_case(const struct generate_options *options, struct unum_arena *arena)
{
    struct unum_buf UNUM_AUTO_BUF machine = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_buf UNUM_AUTO_BUF input = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_prng start = {options->seed}; /* streams of neighbours have nothing in common */
    struct generator g = {.options = *options,
                          .prng = {unum_prng_next(&start)},
                          .arena = arena,
                          .w = JSON_WRITER(&machine),
                          .tasks = UNUM_BUF_INIT(UNUM_LIMIT_TEXT),
                          .budget = MOST_STATES};
    struct json_writer w = JSON_WRITER(&input);
    generate_input(&g, &w);
    put_scope(&g, 0, (struct shape){.object = true});
    struct unum_str text = unum_arena_printf(
        arena, "{\"id\":\"seed %llu\",\"definition\":%s,\"input\":%s,\"tasks\":[%s]}",
        (unsigned long long)options->seed, unum_buf_text(&machine), unum_buf_text(&input),
        unum_buf_text(&g.tasks));
    unum_buf_done(&g.tasks);
    return text;
}
