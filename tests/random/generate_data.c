/* Data of random machines: values, paths, templates, rules. */
#include "base/limits.h"
#include "generate_internal.h"

bool generate_chance(struct generator *g, unsigned of)
{
    return unum_prng_below(&g->prng, 100) < of;
}

unsigned generate_below(struct generator *g, unsigned bound)
{
    return (unsigned)unum_prng_below(&g->prng, bound);
}

static const char *one_of(struct generator *g, const char *const *list, size_t len)
{
    return list[generate_below(g, (unsigned)len)];
}
#define ONE_OF(g, list) one_of(g, list, UNUM_COUNT(list))

struct unum_str generate_name(struct generator *g, const char *prefix)
{
    return unum_arena_printf(g->arena, "%s%u", prefix, g->names++);
}

/* ---- values ---- */

static const char *const scalars[] = {
    "0",     "1",     "2",       "3",    "-1",    "1.5",  "\"\"",
    "\"a\"", "\"b\"", "\"a b\"", "true", "false", "null", "\"2016-03-14T01:59:00Z\"",
};

struct unum_str generate_scalar(struct generator *g)
{
    return unum_str_from(ONE_OF(g, scalars));
}

void generate_value(struct generator *g, struct json_writer *w, unsigned depth)
{
    static const char *const keys[] = {"x", "y", "z"};
    unsigned kind = depth ? generate_below(g, 4) : 0;
    unsigned count = generate_below(g, 3);
    if (kind < 2) {
        json_raw(w, generate_scalar(g));
    } else if (kind == 2) {
        json_array_begin(w);
        for (unsigned i = 0; i < count; i++)
            generate_value(g, w, depth - 1);
        json_array_end(w);
    } else {
        json_object_begin(w);
        for (unsigned i = 0; i < count; i++) {
            json_key(w, keys[i]);
            generate_value(g, w, depth - 1);
        }
        json_object_end(w);
    }
}

static void put_list(struct generator *g, struct json_writer *w)
{
    unsigned count = generate_below(g, 5);
    bool numbers = generate_chance(g, 60);
    json_array_begin(w);
    for (unsigned i = 0; i < count; i++) {
        if (numbers)
            json_int(w, generate_below(g, 4));
        else
            generate_value(g, w, 1);
    }
    json_array_end(w);
}

void generate_input(struct generator *g, struct json_writer *w)
{
    static const char *const texts[] = {"", "a", "hello", "a,b,c", "*", "{}"};
    json_object_begin(w);
    json_key(w, "a");
    json_int(w, (int64_t)generate_below(g, 8) - 2);
    json_key(w, "b");
    json_strings(w, ONE_OF(g, texts));
    json_key(w, "c");
    put_list(g, w);
    json_key(w, "d");
    json_object_begin(w);
    json_key(w, "e");
    generate_value(g, w, 2);
    json_key(w, "f");
    json_int(w, generate_below(g, 3));
    json_object_end(w);
    json_key(w, "t");
    json_bool(w, true);
    json_key(w, "n");
    json_null(w);
    json_object_end(w);
}

/* ---- paths ---- */

static struct unum_str some_result(struct generator *g, const struct shape *shape)
{
    return unum_arena_printf(g->arena, "$.r%u", generate_below(g, shape->results));
}

struct unum_str generate_reference(struct generator *g, const struct shape *shape)
{
    static const char *const paths[] = {"$",     "$.a",   "$.b", "$.c",         "$.c[0]", "$.d",
                                        "$.d.e", "$.d.f", "$.t", "$['d']['f']", "$.n"};
    static const char *const common[] = {"$.a", "$.b", "$.c", "$.d", "$.d.f", "$.t"};
    if (g->options.common)
        return unum_str_from(shape->object ? ONE_OF(g, common) : "$");
    if (!shape->object)
        return unum_str_from(generate_chance(g, 90) ? "$" : "$.a");
    if (shape->results && generate_chance(g, 30))
        return some_result(g, shape);
    if (generate_chance(g, 2))
        return UNUM_STR("$.missing");
    return unum_str_from(ONE_OF(g, paths));
}

static struct unum_str context_path(struct generator *g)
{
    static const char *const paths[] = {"$$.Execution.Input", "$$.Execution.Input.a",
                                        "$$.Execution.Input.d", "$$.State.Name"};
    static const char *const in_map[] = {"$$.Map.Item.Index", "$$.Map.Item.Value"};
    if (g->in_map && generate_chance(g, 50))
        return unum_str_from(ONE_OF(g, in_map));
    if (g->in_task && generate_chance(g, 20))
        return UNUM_STR("$$.State.RetryCount");
    return unum_str_from(ONE_OF(g, paths));
}

struct unum_str generate_path(struct generator *g, const struct shape *shape)
{
    static const char *const paths[] = {"$.c[*]", "$.c[1:]",     "$.c[-1:]",      "$..f",
                                        "$.d.*",  "$.c[0,1]",    "$.c[?(@ > 1)]", "$['a','b']",
                                        "$.d[*]", "$.c[?(@.x)]", "$.c[:2]",       "$.c.length()"};
    if (g->options.common)
        return generate_reference(g, shape);
    if (generate_chance(g, 12))
        return context_path(g);
    if (g->variables_len && generate_chance(g, 30))
        return unum_arena_printf(g->arena, "$%.*s",
                                 UNUM_STR_ARG(g->variables[generate_below(g, g->variables_len)]));
    if (shape->object && generate_chance(g, 25))
        return unum_str_from(ONE_OF(g, paths));
    return generate_reference(g, shape);
}

static struct unum_str intrinsic(struct generator *g, const struct shape *shape)
{
    /* The first ones are not what other interpreters make of them (DIFFERENCES.md). */
    enum { OWN = 3 };
    static const char *const calls[] = {
        "States.StringSplit('a,b;c', ',;')",
        "States.JsonMerge($.d, States.StringToJson('{\"f\": 9, \"g\": 0}'), false)",
        "States.Hash($.d, 'MD5')",
        "States.Format('{}-{}', $.a, $.b)",
        "States.Format('x{}', $.d.f)",
        "States.Array($.a, $.b, 1, 'x', null)",
        "States.ArrayPartition($.c, 2)",
        "States.ArrayContains($.c, 1)",
        "States.ArrayRange(0, 6, 2)",
        "States.ArrayLength($.c)",
        "States.ArrayUnique($.c)",
        "States.Base64Encode($.b)",
        "States.Base64Decode('aGVsbG8=')",
        "States.Hash($.b, 'SHA-256')",
        "States.JsonToString($.d)",
        "States.StringToJson('[1, {\"k\": 2}]')",
        "States.MathAdd($.a, 3)",
        "States.ArrayLength(States.Array($.a, $.b))",
    };
    static const char *const failing[] = {"States.ArrayGetItem($.c, 7)", "States.StringToJson($.b)",
                                          "States.MathAdd($.b, 1)"};
    if (!shape->object)
        return UNUM_STR("States.Array(1, 'two', $)");
    if (!g->options.common && generate_chance(g, 4))
        return unum_str_from(ONE_OF(g, failing));
    size_t from = g->options.common ? OWN : 0;
    return unum_str_from(calls[from + generate_below(g, (unsigned)(UNUM_COUNT(calls) - from))]);
}

struct unum_str generate_expression(struct generator *g, const struct shape *shape)
{
    return generate_chance(g, 30) ? intrinsic(g, shape) : generate_path(g, shape);
}

static void put_template(struct generator *g, const struct shape *shape, unsigned depth)
{
    unsigned count = 1 + generate_below(g, 3);
    json_object_begin(&g->w);
    for (unsigned i = 0; i < count; i++) {
        unsigned kind = generate_below(g, 4);
        const char *key = unum_arena_printf(g->arena, "p%u%s", i, kind < 2 ? ".$" : "").ptr;
        json_key(&g->w, key);
        if (kind < 2)
            json_string(&g->w, generate_expression(g, shape));
        else if (kind == 2 && depth)
            put_template(g, shape, depth - 1);
        else
            generate_value(g, &g->w, 1);
    }
    json_object_end(&g->w);
}

void generate_template(struct generator *g, const struct shape *shape)
{
    put_template(g, shape, 2);
}

/* ---- rules ---- */

enum comparand { NUMBER, TEXT, PATTERN, TIME, BOOLEAN };

static const struct {
    const char *name;
    enum comparand comparand;
} operators[] = {
    {"NumericEquals", NUMBER},
    {"NumericLessThan", NUMBER},
    {"NumericGreaterThan", NUMBER},
    {"NumericLessThanEquals", NUMBER},
    {"NumericGreaterThanEquals", NUMBER},
    {"StringEquals", TEXT},
    {"StringLessThan", TEXT},
    {"StringGreaterThan", TEXT},
    {"StringLessThanEquals", TEXT},
    {"StringGreaterThanEquals", TEXT},
    {"StringMatches", PATTERN},
    {"TimestampEquals", TIME},
    {"TimestampLessThan", TIME},
    {"TimestampGreaterThan", TIME},
    {"TimestampLessThanEquals", TIME},
    {"TimestampGreaterThanEquals", TIME},
    {"BooleanEquals", BOOLEAN},
};

static void put_comparand(struct generator *g, enum comparand kind)
{
    static const char *const texts[] = {"", "a", "b", "hello", "zz"};
    static const char *const patterns[] = {"*", "a*", "*o", "h*l*", "a"};
    static const char *const times[] = {"2016-03-14T01:59:00Z", "2020-01-01T00:00:00+02:00",
                                        "1999-12-31T23:59:59.999Z"};
    switch (kind) {
    case NUMBER:
        json_int(&g->w, (int64_t)generate_below(g, 6) - 1);
        break;
    case TEXT:
        json_strings(&g->w, ONE_OF(g, texts));
        break;
    case PATTERN:
        json_strings(&g->w, ONE_OF(g, patterns));
        break;
    case TIME:
        json_strings(&g->w, ONE_OF(g, times));
        break;
    case BOOLEAN:
        json_bool(&g->w, generate_chance(g, 50));
        break;
    }
}

static void put_test(struct generator *g, const struct shape *shape)
{
    static const char *const tests[] = {"IsNull",   "IsPresent", "IsNumeric",
                                        "IsString", "IsBoolean", "IsTimestamp"};
    json_key(&g->w, "Variable");
    json_string(&g->w, generate_chance(g, 10) && !g->options.common ? generate_path(g, shape)
                                                                    : generate_reference(g, shape));
    if (generate_chance(g, 40)) {
        json_key(&g->w, ONE_OF(g, tests));
        json_bool(&g->w, generate_chance(g, 50));
        return;
    }
    unsigned i = generate_below(g, UNUM_COUNT(operators));
    if (operators[i].comparand != PATTERN && generate_chance(g, 20)) {
        json_key(&g->w, unum_arena_printf(g->arena, "%sPath", operators[i].name).ptr);
        json_string(&g->w, generate_reference(g, shape));
        return;
    }
    json_key(&g->w, operators[i].name);
    put_comparand(g, operators[i].comparand);
}

/* The comparisons that hold only for values of their type, behind a test of the type: other
 * interpreters fail otherwise. */
static void put_typed_test(struct generator *g, const struct shape *shape)
{
    static const struct {
        const char *path, *test;
        size_t from, to; /* operators */
    } typed[] = {{"$.a", "IsNumeric", 0, 5}, {"$.d.f", "IsNumeric", 0, 5},
                 {"$.b", "IsString", 5, 11}, {"$.t", "IsBoolean", 16, 17},
                 {"$.c", "IsPresent", 0, 0}, {"$.b", "IsTimestamp", 11, 16}};
    size_t i = generate_below(g, UNUM_COUNT(typed));
    const char *path = shape->object ? typed[i].path : "$";
    json_key(&g->w, "And");
    json_array_begin(&g->w);
    json_object_begin(&g->w);
    json_key(&g->w, "Variable");
    json_strings(&g->w, path);
    json_key(&g->w, typed[i].test);
    json_bool(&g->w, true);
    json_object_end(&g->w);
    if (typed[i].to) {
        size_t op = typed[i].from + generate_below(g, (unsigned)(typed[i].to - typed[i].from));
        json_object_begin(&g->w);
        json_key(&g->w, "Variable");
        json_strings(&g->w, path);
        json_key(&g->w, operators[op].name);
        put_comparand(g, operators[op].comparand);
        json_object_end(&g->w);
    }
    json_array_end(&g->w);
}

static void put_nested(struct generator *g, const struct shape *shape, unsigned depth)
{
    json_object_begin(&g->w);
    generate_rule(g, shape, depth);
    json_object_end(&g->w);
}

void generate_rule(struct generator *g, const struct shape *shape, unsigned depth)
{
    unsigned kind = depth ? generate_below(g, 10) : 9;
    if (kind > 2 && g->options.common) {
        put_typed_test(g, shape);
        return;
    }
    if (kind > 2) {
        put_test(g, shape);
        return;
    }
    if (kind == 0) {
        json_key(&g->w, "Not");
        put_nested(g, shape, depth - 1);
        return;
    }
    unsigned count = 1 + generate_below(g, 3);
    json_key(&g->w, kind == 1 ? "And" : "Or");
    json_array_begin(&g->w);
    for (unsigned i = 0; i < count; i++)
        put_nested(g, shape, depth - 1);
    json_array_end(&g->w);
}
