#include "asl_bind.h"

#include "asl_compare.h"
#include "base/limits.h"

#define INVOKE   "arn:aws:states:::lambda:invoke"
#define IDENTITY "Identity"
#define PLAIN    20 /* characters of a name that is kept */

struct binder {
    const struct asl_case *c;
    struct unum_arena *arena;
    struct asl_bound *bound;
    struct unum_buf nodes;             /* members of "nodes" */
    UNUM_VEC(struct unum_str) invokes; /* states that call lambda:invoke */
    bool split;
    size_t identities;
};

static void bind_scope(struct binder *b, struct json_writer *w, struct unum_str scope, bool nested);

/* ---- names ---- */

/* Letters and digits: kept by the compiler in names of nodes. */
static bool is_plain(struct unum_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')))
            return false;
    }
    return name.len > 0 && name.len <= PLAIN;
}

static void add_function(struct binder *b, struct unum_str name)
{
    for (size_t i = 0; i < b->bound->functions.len; i++) {
        if (unum_str_eq(b->bound->functions.at[i], name))
            return;
    }
    *unum_vec_push(&b->bound->functions) = name;
}

static void add_node(struct binder *b, struct unum_str node, struct unum_str state)
{
    if (b->nodes.len)
        unum_buf_addc(&b->nodes, ',');
    json_quote(&b->nodes, node);
    unum_buf_addc(&b->nodes, ':');
    json_quote(&b->nodes, state);
}

/* Functions with plain names stay what they are, also where several states use one; every other
 * Task gets one of its own. */
static struct unum_str function_for(struct binder *b, struct unum_str wanted, struct unum_str state)
{
    struct unum_str name = wanted;
    if (!is_plain(wanted) || !is_plain(state))
        name = unum_arena_printf(b->arena, "F%zu", b->bound->functions.len);
    add_function(b, name);
    add_node(b, name, state);
    add_node(b, unum_arena_printf(b->arena, "%.*s--%.*s", UNUM_STR_ARG(name), UNUM_STR_ARG(state)),
             state);
    return name;
}

/* ---- states ---- */

static struct unum_str new_identity(struct binder *b)
{
    struct unum_str name = unum_arena_printf(b->arena, "Identity%zu", ++b->identities);
    function_for(b, UNUM_STR(IDENTITY), name);
    return name;
}

static void put_identity(struct json_writer *w, struct unum_str name, struct unum_str next)
{
    json_key_str(w, name);
    json_object_begin(w);
    json_key(w, "Type");
    json_string(w, UNUM_STR("Task"));
    json_key(w, "Resource");
    json_string(w, UNUM_STR(IDENTITY));
    if (next.ptr) {
        json_key(w, "Next");
        json_raw(w, next);
    } else {
        json_key(w, "End");
        json_bool(w, true);
    }
    json_object_end(w);
}

static void put_raw_member(struct binder *b, struct json_writer *w, struct unum_str key,
                           struct unum_str value)
{
    struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    if (json_decode(key, &name))
        json_key_str(w, unum_arena_str(b->arena, unum_buf_str(&name)));
    json_raw(w, value);
}

static void put_parameters(struct binder *b, struct json_writer *w, struct unum_str parameters,
                           struct unum_str function)
{
    struct json_iter iter = json_iter(parameters);
    struct unum_str key;
    struct unum_str value;
    json_object_begin(w);
    while (json_next(&iter, &key, &value)) {
        if (json_is(key, UNUM_STR("FunctionName")) || json_is(key, UNUM_STR("FunctionName.$"))) {
            json_key(w, "FunctionName");
            json_string(w, function);
        } else {
            put_raw_member(b, w, key, value);
        }
    }
    json_object_end(w);
}

/* Does an answer of this state never come? Then its timeout is made short: it passes in real
 * time. */
static bool hangs(const struct binder *b, struct unum_str state)
{
    struct json_iter iter = json_iter(b->c->tasks);
    struct unum_str entry;
    struct unum_str result;
    while (json_next(&iter, NULL, &entry)) {
        if (unum_str_eq(case_text(entry, "state", b->arena), state) &&
            json_get(entry, UNUM_STR("result"), &result) &&
            (json_is(case_member(result, "error"), UNUM_STR("States.Timeout")) ||
             json_type(case_member(result, "hang")) == JSON_BOOL))
            return true;
    }
    return false;
}

static void bind_task(struct binder *b, struct json_writer *w, struct unum_str name,
                      struct unum_str state)
{
    struct unum_str resource = case_text(state, "Resource", b->arena);
    bool invoke = unum_str_is(resource, INVOKE);
    bool arn = unum_str_starts(resource, UNUM_STR("arn:"));
    bool lambda = unum_str_starts(resource, UNUM_STR("arn:aws:lambda:"));
    struct unum_str function = UNUM_STR_NONE;
    struct json_iter iter = json_iter(state);
    struct unum_str key;
    struct unum_str value;
    if (invoke || lambda || (resource.ptr && !arn))
        function = function_for(b, resource, name);
    if (invoke)
        *unum_vec_push(&b->invokes) = name;
    while (json_next(&iter, &key, &value)) {
        if (function.ptr && !invoke && json_is(key, UNUM_STR("Resource"))) {
            json_key(w, "Resource");
            json_string(
                w, lambda ? unum_arena_printf(b->arena,
                                              "arn:aws:lambda:us-east-1:000000000000:function:%.*s",
                                              UNUM_STR_ARG(function))
                          : function);
        } else if (invoke && json_is(key, UNUM_STR("Parameters"))) {
            json_key(w, "Parameters");
            put_parameters(b, w, value, function);
        } else if (json_is(key, UNUM_STR("TimeoutSeconds")) && hangs(b, name)) {
            json_key(w, "TimeoutSeconds");
            json_int(w, 1);
        } else if (json_is(key, UNUM_STR("HeartbeatSeconds")) && hangs(b, name)) {
            continue; /* must be smaller */
        } else {
            put_raw_member(b, w, key, value);
        }
    }
}

static void bind_others(struct binder *b, struct json_writer *w, struct unum_str state,
                        struct unum_str then)
{
    struct json_iter iter = json_iter(state);
    struct unum_str key;
    struct unum_str value;
    while (json_next(&iter, &key, &value)) {
        struct json_iter branches = json_iter(value);
        struct unum_str branch;
        if (json_is(key, UNUM_STR("Branches")) && json_type(value) == JSON_ARRAY) {
            json_key(w, "Branches");
            json_array_begin(w);
            while (json_next(&branches, NULL, &branch))
                bind_scope(b, w, branch, true);
            json_array_end(w);
        } else if (json_is(key, UNUM_STR("Iterator")) || json_is(key, UNUM_STR("ItemProcessor"))) {
            json_key(w, json_is(key, UNUM_STR("Iterator")) ? "Iterator" : "ItemProcessor");
            bind_scope(b, w, value, true);
        } else if (then.ptr && (json_is(key, UNUM_STR("Next")) || json_is(key, UNUM_STR("End")))) {
            json_key(w, "Next");
            json_string(w, then);
        } else {
            put_raw_member(b, w, key, value);
        }
    }
}

static void bind_state(struct binder *b, struct json_writer *w, struct unum_str name,
                       struct unum_str state)
{
    struct unum_str type = case_text(state, "Type", b->arena);
    struct unum_str next = UNUM_STR_NONE;
    struct unum_str identity = UNUM_STR_NONE;
    if (b->split && unum_str_is(type, "Pass")) {
        identity = new_identity(b);
        if (!json_get(state, UNUM_STR("Next"), &next))
            next = UNUM_STR_NONE;
    }
    json_key_str(w, name);
    json_object_begin(w);
    if (unum_str_is(type, "Task"))
        bind_task(b, w, name, state);
    else
        bind_others(b, w, state, identity);
    json_object_end(w);
    if (identity.ptr)
        put_identity(w, identity, next);
}

static void bind_states(struct binder *b, struct json_writer *w, struct unum_str states,
                        struct unum_str head, struct unum_str start)
{
    struct json_iter iter = json_iter(states);
    struct unum_str key;
    struct unum_str value;
    json_key(w, "States");
    json_object_begin(w);
    if (head.ptr)
        put_identity(w, head, start);
    while (json_next(&iter, &key, &value)) {
        struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        if (json_decode(key, &name))
            bind_state(b, w, unum_arena_str(b->arena, unum_buf_str(&name)), value);
    }
    json_object_end(w);
}

static void bind_scope(struct binder *b, struct json_writer *w, struct unum_str scope, bool nested)
{
    struct json_iter iter = json_iter(scope);
    struct unum_str key;
    struct unum_str value;
    struct unum_str start = UNUM_STR_NONE;
    struct unum_str head = UNUM_STR_NONE;
    if (json_type(scope) != JSON_OBJECT) {
        json_raw(w, scope);
        return;
    }
    if (b->split && nested && json_get(scope, UNUM_STR("StartAt"), &start))
        head = new_identity(b);
    json_object_begin(w);
    while (json_next(&iter, &key, &value)) {
        if (json_is(key, UNUM_STR("States"))) {
            bind_states(b, w, value, head, start);
        } else if (head.ptr && json_is(key, UNUM_STR("StartAt"))) {
            json_key(w, "StartAt");
            json_string(w, head);
        } else {
            put_raw_member(b, w, key, value);
        }
    }
    json_object_end(w);
}

/* ---- answers ---- */

static bool calls_invoke(const struct binder *b, struct unum_str state)
{
    for (size_t i = 0; i < b->invokes.len; i++) {
        if (unum_str_eq(b->invokes.at[i], state))
            return true;
    }
    return false;
}

/* What the function sees of the service's input or output. */
static struct unum_str inside(struct unum_str value, bool invoke)
{
    struct unum_str payload;
    if (!invoke)
        return value;
    return json_get(value, UNUM_STR("Payload"), &payload) ? payload : UNUM_STR("null");
}

static void put_result(struct binder *b, struct json_writer *w, struct unum_str result, bool invoke)
{
    struct json_iter iter = json_iter(result);
    struct unum_str key;
    struct unum_str value;
    while (json_next(&iter, &key, &value)) {
        if (json_is(key, UNUM_STR("output"))) {
            json_key(w, "output");
            json_raw(w, inside(value, invoke));
        } else if (json_is(key, UNUM_STR("error")) && json_is(value, UNUM_STR("States.Timeout"))) {
            json_key(w, "hang");
            json_bool(w, true);
        } else if (json_is(key, UNUM_STR("cause")) && json_type(value) != JSON_STRING) {
            json_key(w, "cause");
            json_string(w, value);
        } else {
            put_raw_member(b, w, key, value);
        }
    }
}

static void put_answers(struct binder *b, struct json_writer *w)
{
    struct json_iter iter = json_iter(b->c->tasks);
    struct unum_str entry;
    json_array_begin(w);
    while (json_next(&iter, NULL, &entry)) {
        struct unum_str state = case_text(entry, "state", b->arena);
        struct unum_str input = case_answer_input(entry);
        struct unum_str value;
        bool invoke = calls_invoke(b, state);
        json_object_begin(w);
        json_key(w, "state");
        json_string(w, state);
        if (json_get(entry, UNUM_STR("attempt"), &value)) {
            json_key(w, "attempt");
            json_raw(w, value);
        }
        if (json_get(entry, UNUM_STR("always"), &value)) {
            json_key(w, "always");
            json_raw(w, value);
        }
        if (input.ptr) {
            json_key(w, "input");
            json_raw(w, case_normal(inside(input, invoke), b->arena));
        }
        put_result(b, w, case_member(entry, "result"), invoke);
        json_object_end(w);
    }
    json_array_end(w);
}

static struct unum_str table_of(struct binder *b)
{
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_buf_printf(&out, "{\"nodes\":{%s},\"answers\":", unum_buf_text(&b->nodes));
    struct json_writer w = JSON_WRITER(&out);
    put_answers(b, &w);
    unum_buf_adds(&out, "}");
    return unum_arena_str(b->arena, unum_buf_str(&out));
}

void asl_bind(const struct asl_case *c, bool split, struct unum_arena *arena, struct asl_bound *ret)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&text);
    struct binder b = {.c = c,
                       .arena = arena,
                       .bound = ret,
                       .nodes = UNUM_BUF_INIT(UNUM_LIMIT_TEXT),
                       .split = split};
    *ret = (struct asl_bound){0};
    bind_scope(&b, &w, c->definition, false);
    ret->definition = unum_arena_str(arena, unum_buf_str(&text));
    ret->table = table_of(&b);
    unum_buf_done(&b.nodes);
    unum_vec_done(&b.invokes);
}

void asl_bound_done(struct asl_bound *bound)
{
    unum_vec_done(&bound->functions);
}
