#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/limits.h"
#include "ir/ir.h"

/* Load `json` and write it again: both readers agree, and writing is a fixed point. */
static void round_trip(const char *json, const char *wanted)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_buf UNUM_AUTO_BUF loaded = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_buf UNUM_AUTO_BUF read = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_source source = {"unum_config.json", unum_str_from(json)};
    struct ir_node *node = NULL;
    if (ir_load(unum_str_from(json), &arena, &node, &err))
        fail_msg("%s", unum_err_text(&err));
    ir_write(node, &loaded);
    assert_string_equal(unum_buf_text(&loaded), wanted);
    node = ir_read(&source, &arena, &diags);
    if (!node) {
        unum_diags_print(&diags, false, &read);
        fail_msg("%s", unum_buf_text(&read));
    }
    ir_write(node, &read);
    assert_string_equal(unum_buf_text(&read), wanted);
    unum_buf_clear(&loaded);
    assert_int_equal(ir_load(unum_buf_str(&read), &arena, &node, &err), 0);
    ir_write(node, &loaded);
    assert_string_equal(unum_buf_text(&loaded), wanted);
}

static struct ir_node *load(struct unum_arena *arena, const char *json)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct ir_node *node = NULL;
    if (ir_load(unum_str_from(json), arena, &node, &err))
        fail_msg("%s", unum_err_text(&err));
    return node;
}

static void hand_written_edges_are_kept(void **state)
{
    (void)state;
    round_trip("{\"Name\":\"Resize\",\"Start\":false,\"Checkpoint\":true,\n"
               " \"Next\":[{\"Name\":\"Publish\",\"InputType\":\"Scalar\","
               "\"Conditional\":\"$0 < $size-1\"}],\n"
               " \"Next Payload Modifiers\":[\"Pop\"]}",
               "{\n"
               "  \"Name\": \"Resize\",\n"
               "  \"Start\": false,\n"
               "  \"Checkpoint\": true,\n"
               "  \"Next\": [\n"
               "    {\n"
               "      \"Name\": \"Publish\",\n"
               "      \"InputType\": \"Scalar\",\n"
               "      \"Conditional\": \"$0 < $size-1\"\n"
               "    }\n"
               "  ],\n"
               "  \"Next Payload Modifiers\": [\n"
               "    \"Pop\"\n"
               "  ]\n"
               "}\n");
}

static void newer_spellings_are_the_same(void **state)
{
    (void)state;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct ir_node *node =
        load(&arena, "{\"Name\":\"B\",\"Next\":[{\"Name\":\"C\",\"Type\":\"Fan-in\","
                     "\"Values\":[\"B-UnumIndex-*\"],\"Mode\":\"CLASSIC\","
                     "\"Payload Modifiers\":[\"$0=$0+1\"]},"
                     "{\"Name\":\"D\",\"Type\":\"Map\",\"Parallel\":true}],"
                     "\"Next Payload Modifiers\":[\"Pop\"],\"End\":true,\"Debug\":true}");
    assert_false(node->compiled);
    assert_true(node->checkpoint);
    assert_true(node->end);
    assert_true(node->debug);
    assert_int_equal(node->edges_len, 2);
    assert_int_equal(node->edges[0].input, IR_FANIN);
    assert_true(unum_str_is(node->edges[0].values[0], "B-UnumIndex-*"));
    assert_true(unum_str_is(node->edges[0].modifiers[0], "$0=$0+1"));
    assert_int_equal(node->edges[1].input, IR_MAP);
    assert_true(node->edges[1].parallel);
    assert_true(unum_str_is(node->edges[1].modifiers[0], "Pop"));
}

static void chain_becomes_a_region(void **state)
{
    (void)state;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct ir_node *node = load(&arena, "{\"IRVersion\":1,\"Name\":\"A\",\"Within\":[\"M\"],"
                                        "\"Next\":{\"Name\":\"B\",\"InputType\":\"Scalar\"}}");
    assert_true(node->compiled && node->has_region);
    assert_int_equal(node->edges_len, 0);
    assert_true(unum_str_is(node->then, "B"));
    const struct ir_state *b = ir_state(node, node->then);
    assert_int_equal(b->type, IR_STATE_TASK);
    assert_true(unum_str_is(b->node, "B"));
    const struct ir_state *m = ir_state(node, UNUM_STR("M"));
    assert_non_null(m);
    assert_null(m->ends);
    assert_null(m->branches);
    assert_null(ir_state(node, UNUM_STR("X")));
}

static void opening_edges_become_a_region(void **state)
{
    (void)state;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct ir_node *node = load(&arena, "{\"IRVersion\":1,\"Name\":\"A\",\"Start\":true,"
                                        "\"Next\":{\"Name\":\"B\",\"InputType\":\"Map\"},"
                                        "\"Opens\":{\"State\":\"M\",\"Next\":\"C\"}}");
    const struct ir_state *m = ir_state(node, node->then);
    assert_true(unum_str_is(node->then, "M"));
    assert_int_equal(m->type, IR_STATE_MAP);
    assert_true(unum_str_is(m->items_path, "$"));
    assert_int_equal(m->branches_len, 1);
    assert_true(unum_str_is(m->branches[0], "B"));
    assert_null(m->ends);
    assert_true(unum_str_is(ir_state(node, m->next)->node, "C"));
    node = load(&arena, "{\"IRVersion\":1,\"Name\":\"A\",\"Start\":true,"
                        "\"Next\":[{\"Name\":\"B\",\"InputType\":\"Scalar\"},"
                        "{\"Name\":\"C\",\"InputType\":\"Scalar\"}],"
                        "\"Opens\":{\"State\":\"P\",\"Next\":\"D\"}}");
    const struct ir_state *p = ir_state(node, node->then);
    assert_int_equal(p->type, IR_STATE_PARALLEL);
    assert_int_equal(p->branches_len, 2);
    assert_true(unum_str_is(p->branches[1], "C"));
}

static void fan_in_becomes_a_region(void **state)
{
    (void)state;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct ir_node *node =
        load(&arena, "{\"IRVersion\":1,\"Name\":\"Line\",\"Next\":{\"Name\":\"Sum\",\"InputType\":"
                     "{\"Fan-in\":{\"Values\":[\"Line-unumIndex-$1.*\"]}}},"
                     "\"Next Payload Modifiers\":[\"Pop\"],\"Within\":[\"Orders\",\"Lines\"]}");
    assert_null(node->then.ptr);
    assert_int_equal(node->within_len, 2);
    const struct ir_state *lines = ir_state(node, node->within[1]);
    assert_int_equal(lines->type, IR_STATE_MAP);
    assert_true(unum_str_is(lines->ends[0], "Line"));
    assert_int_equal(lines->branches_len, 1);
    assert_null(lines->branches);
    assert_true(unum_str_is(ir_state(node, lines->next)->node, "Sum"));
    assert_true(unum_str_is(ir_state(node, lines->ends[0])->node, "Line"));
    assert_null(ir_state(node, node->within[0])->ends);
    node = load(&arena, "{\"IRVersion\":1,\"Name\":\"B\",\"Next\":{\"Name\":\"D\",\"InputType\":"
                        "{\"Fan-in\":{\"Values\":[\"B-unumIndex-0\",\"C-unumIndex-1\"]}}},"
                        "\"Next Payload Modifiers\":[\"Pop\"],\"Within\":[\"P\"]}");
    const struct ir_state *p = ir_state(node, node->within[0]);
    assert_int_equal(p->type, IR_STATE_PARALLEL);
    assert_int_equal(p->branches_len, 2);
    assert_true(unum_str_is(p->ends[1], "C"));
}

static const char region[] = "{\n"
                             "  \"IRVersion\": 1,\n"
                             "  \"Machine\": \"00ff\",\n"
                             "  \"Name\": \"B\",\n"
                             "  \"Start\": false,\n"
                             "  \"Checkpoint\": true,\n"
                             "  \"Then\": null,\n"
                             "  \"Within\": [\n"
                             "    \"Outer\",\n"
                             "    \"M\"\n"
                             "  ],\n"
                             "  \"States\": {\n"
                             "    \"B\": {\n"
                             "      \"Type\": \"Task\",\n"
                             "      \"Node\": \"B\"\n"
                             "    },\n"
                             "    \"D\": {\n"
                             "      \"Type\": \"Task\",\n"
                             "      \"Node\": \"D\"\n"
                             "    },\n"
                             "    \"M\": {\n"
                             "      \"Type\": \"Map\",\n"
                             "      \"Ends\": [\n"
                             "        \"B\"\n"
                             "      ],\n"
                             "      \"Next\": \"N\"\n"
                             "    },\n"
                             "    \"N\": {\n"
                             "      \"Type\": \"Map\",\n"
                             "      \"ItemsPath\": \"$.x\",\n"
                             "      \"Start\": \"D\",\n"
                             "      \"Ends\": [\n"
                             "        \"D\"\n"
                             "      ]\n"
                             "    }\n"
                             "  }\n"
                             "}\n";

static void regions_are_read_and_written(void **state)
{
    (void)state;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    round_trip(region, region);
    struct ir_node *node = load(&arena, region);
    assert_int_equal(node->states_len, 5);
    const struct ir_state *n = ir_state(node, UNUM_STR("N"));
    assert_true(unum_str_is(n->items_path, "$.x"));
    assert_null(n->next.ptr);
}

#define CHOICE_FIELDS                                                                              \
    "{\"Choices\":[{\"Variable\":\"$.n\",\"NumericLessThan\":1e2,\"Next\":\"B\"}],\"Default\":"    \
    "\"P\"}"

static void states_keep_their_fields(void **state)
{
    static const char json[] =
        "{\"IRVersion\":1,\"Name\":\"A\",\"Task\":{\"State\":\"First\",\"Fields\":{\"Catch\":[{"
        "\"ErrorEquals\":[\"E\"],\"Next\":\"F\"}]},\"Back\":[\"B\"]},\"Then\":\"C\",\"Within\":["
        "\"M\"],"
        "\"States\":{\"B\":{\"Type\":\"Task\",\"Node\":\"B\"},"
        "\"C\":{\"Type\":\"Choice\",\"Fields\":" CHOICE_FIELDS "},\"F\":{\"Type\":\"Fail\"},"
        "\"M\":{\"Type\":\"Map\",\"Start\":\"P\",\"Ends\":[null],\"InPlace\":true,\"Opener\":\"B\","
        "\"Fields\":{\"Retry\":[]},\"Back\":[\"C\"],\"Next\":\"C\"},"
        "\"P\":{\"Type\":\"Pass\",\"Fields\":{\"Result\":1.50},\"Next\":\"B\"}}}";
    (void)state;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_IR);
    struct ir_node *node = load(&arena, json);
    const struct ir_state *map = ir_state(node, UNUM_STR("M"));
    assert_true(unum_str_is(ir_state(node, UNUM_STR("C"))->fields, CHOICE_FIELDS));
    assert_true(map->in_place);
    assert_null(map->ends[0].ptr);
    assert_true(unum_str_is(map->opener, "B"));
    assert_true(unum_str_is(map->back[0], "C"));
    assert_true(unum_str_is(node->task->name, "First"));
    assert_int_equal(node->task->back_len, 1);
    ir_write(node, &text);
    assert_int_not_equal(unum_str_search(unum_buf_str(&text), UNUM_STR(CHOICE_FIELDS)), SIZE_MAX);
    round_trip(unum_buf_text(&text), unum_buf_text(&text));
}

static void failure_function_holds_every_node(void **state)
{
    (void)state;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_buf_printf(&text,
                    "{\"IRVersion\":1,\"Name\":\"unum-failures\",\"Nodes\":[%s,"
                    "{\"Name\":\"H\",\"Next\":{\"Name\":\"I\",\"InputType\":\"Scalar\"}}]}",
                    region);
    struct ir_node *node = load(&arena, unum_buf_text(&text));
    assert_false(node->has_region);
    assert_true(node->generated);
    assert_int_equal(node->nodes_len, 2);
    assert_true(node->nodes[0].has_region);
    assert_false(node->nodes[1].compiled);
    struct unum_buf UNUM_AUTO_BUF written = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    ir_write(node, &written);
    round_trip(unum_buf_text(&written), unum_buf_text(&written));
}

static void names_with_escapes_are_decoded(void **state)
{
    (void)state;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct ir_node *node = load(&arena, "{\"IRVersion\":1,\"N\\u0061me\":\"A\","
                                        "\"Next\":{\"Name\":\"\\u0042\",\"InputType\":\"Map\"},"
                                        "\"Opens\":{\"State\":\"M \\\"x\\\"\",\"Next\":\"C\"}}");
    assert_true(unum_str_is(node->then, "M \"x\""));
    assert_true(unum_str_is(ir_state(node, node->then)->branches[0], "B"));
}

/* Both readers refuse it; the diagnostic has this code and this place. */
static void refused(const char *json, enum unum_code code, const char *at, const char *part)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_source source = {"unum_config.json", unum_str_from(json)};
    struct ir_node *node = NULL;
    if (ir_load(source.text, &arena, &node, &err) != UNUM_E_INVAL)
        fail_msg("%s: loaded", json);
    if (code != UNUM_E0102 && !strstr(unum_err_text(&err), part))
        fail_msg("%s: %s", json, unum_err_text(&err));
    if (ir_read(&source, &arena, &diags))
        fail_msg("%s: read", json);
    if (diags.list.len != 1)
        fail_msg("%s: %zu diagnostics, first %s", json, diags.list.len, diags.list.at[0].text);
    const struct unum_diag *diag = &diags.list.at[0];
    size_t start = (size_t)(strstr(json, at) - json);
    if (diag->code != code || diag->span.start != start || !strstr(diag->text, part))
        fail_msg("%s: %s at %zu: %s", json, unum_code_row(diag->code)->id, diag->span.start,
                 diag->text);
}

#define REGION(then, within, states)                                                               \
    "{\"IRVersion\":1,\"Name\":\"A\",\"Then\":" then ",\"Within\":" within ",\"States\":" states "}"

static void wrong_nodes_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        enum unum_code code;
        const char *at, *part;
    } rows[] = {
        {"[]", UNUM_E0603, "[", "an object"},
        {"{}", UNUM_E0602, "{", "\"Name\" is missing"},
        {"{\"Name\":\"\"}", UNUM_E0603, "\"\"", "empty"},
        {"{\"Name\":7}", UNUM_E0603, "7", "string"},
        {"{\"Name\":\"A\",\"Name\":\"B\"}", UNUM_E0102, "\"Name\":\"B\"", "Name"},
        {"{\"Name\":\"A-unumIndex-0\"}", UNUM_E0603, "\"A-", "cannot contain"},
        {"{\"Name\":\"A/B\"}", UNUM_E0603, "\"A/", "letters"},
        {"{\"Name\":\"A\",\"Nxt\":{}}", UNUM_E0601, "\"Nxt\"", "unknown key \"Nxt\""},
        {"{\"Name\":\"A\",\"NextInput\":\"Scalar\"}", UNUM_E0604, "\"NextInput\"", "InputType"},
        {"{\"Name\":\"A\",\"WaitFor\":[]}", UNUM_E0604, "\"WaitFor\"", "Fan-in"},
        {"{\"Name\":\"A\",\"Fan-out Modifiers\":[]}", UNUM_E0604, "\"Fan-out",
         "Next Payload Modifiers"},
        {"{\"Name\":\"A\",\"EnableFutures\":true}", UNUM_E0605, "\"Enable", "not there yet"},
        {"{\"Name\":\"A\",\"Retry\":3}", UNUM_E0605, "\"Retry", "not there yet"},
        {"{\"Name\":\"A\",\"Start\":1}", UNUM_E0603, "1}", "true or false"},
        {"{\"Name\":\"A\",\"Next\":{\"InputType\":\"Scalar\"}}", UNUM_E0602, "{\"InputType",
         "\"Name\" is missing"},
        {"{\"Name\":\"A\",\"Next\":{\"Name\":\"B\"}}", UNUM_E0602, "{\"Name\":\"B\"",
         "\"InputType\" is missing"},
        {"{\"Name\":\"A\",\"Next\":{\"Name\":\"B\",\"InputType\":\"scalar\"}}", UNUM_E0603,
         "\"scalar\"", "\"Scalar\", \"Map\""},
        {"{\"Name\":\"A\",\"Next\":{\"Name\":\"B\",\"InputType\":\"Error\"}}", UNUM_E0605,
         "\"InputType\"", "not there yet"},
        {"{\"Name\":\"A\",\"Next\":{\"Name\":\"B\",\"InputType\":\"Map\",\"Values\":[\"A\"]}}",
         UNUM_E0608, "\"Values\"", "fan-in"},
        {"{\"Name\":\"A\",\"Next\":{\"Name\":\"B\",\"InputType\":\"Map\",\"Type\":\"Map\"}}",
         UNUM_E0608, "\"Type\"", "the same"},
        {"{\"Name\":\"A\",\"Next\":{\"Name\":\"B\",\"InputType\":{\"Fan-in\":{}}}}", UNUM_E0602,
         "{}", "\"Values\" is missing"},
        {"{\"Name\":\"A\",\"Next\":{\"Name\":\"B\",\"InputType\":{}}}", UNUM_E0602, "{}",
         "\"InputType\" is"},
        {"{\"Name\":\"A\",\"Next\":{\"Name\":\"B\",\"InputType\":{\"Fan-in\":{\"Values\":[]}}}}",
         UNUM_E0603, "[]", "empty"},
        {("{\"Name\":\"A\",\"Next\":{\"Name\":\"B\",\"InputType\":{\"Fan-in\":{\"Values\":[\"A\"],"
          "\"Wait\":true}}}}"),
         UNUM_E0604, "\"Wait\"", "take it out"},
        {("{\"Name\":\"A\",\"Next\":{\"Name\":\"B\",\"InputType\":{\"Fan-in\":{\"Values\":[\"A\"],"
          "\"Mode\":\"EAGER\"}}}}"),
         UNUM_E0605, "\"Mode\"", "CLASSIC"},
        {("{\"Name\":\"A\",\"Next\":{\"Name\":\"B\",\"InputType\":{\"Fan-in\":{\"Values\":[\"A\"],"
          "\"Mode\":\"eager\"}}}}"),
         UNUM_E0603, "\"eager\"", "CLASSIC"},
        {("{\"Name\":\"A\",\"Next\":{\"Name\":\"B\",\"InputType\":\"Scalar\","
          "\"Conditional\":\"$0 =< 1\"}}"),
         UNUM_E0606, "=<", "compares"},
        {("{\"Name\":\"A\",\"Next\":{\"Name\":\"B\",\"InputType\":\"Scalar\"},"
          "\"Next Payload Modifiers\":[\"Pop\",\"Push\"]}"),
         UNUM_E0606, "Push", "a modifier is"},
        {"{\"Name\":\"A\",\"Next Payload Modifiers\":[\"Pop\"]}", UNUM_E0608, "\"Next Payload",
         "without \"Next\""},
        {"{\"Name\":\"A\",\"Then\":null}", UNUM_E0608, "\"Then\"", "IRVersion"},
        {"{\"IRVersion\":2,\"Name\":\"A\"}", UNUM_E0603, "2", "IRVersion"},
        {"{\"IRVersion\":1,\"Name\":\"A\",\"Within\":[\"M\"]}", UNUM_E0607, "{", "end of a scope"},
        {"{\"IRVersion\":1,\"Name\":\"A\",\"Next\":{\"Name\":\"B\",\"InputType\":\"Map\"}}",
         UNUM_E0607, "{", "\"Opens\" is missing"},
        {("{\"IRVersion\":1,\"Name\":\"A\",\"Next\":{\"Name\":\"B\",\"InputType\":\"Scalar\"},"
          "\"Opens\":{\"State\":\"M\",\"Next\":\"C\"}}"),
         UNUM_E0607, "{", "belongs to a Map edge"},
        {("{\"IRVersion\":1,\"Name\":\"A\",\"Next\":{\"Name\":\"B\",\"InputType\":\"Scalar\","
          "\"Conditional\":\"true\"}}"),
         UNUM_E0607, "{", "Conditional"},
        {("{\"IRVersion\":1,\"Name\":\"A\",\"Within\":[\"M\"],\"Next\":{\"Name\":\"B\","
          "\"InputType\":{\"Fan-in\":{\"Values\":[\"A-unumIndex-*\"]}}}}"),
         UNUM_E0607, "{", "Pop"},
        {("{\"IRVersion\":1,\"Name\":\"A\",\"Within\":[\"O\",\"M\"],\"Next\":{\"Name\":\"B\","
          "\"InputType\":{\"Fan-in\":{\"Values\":[\"A-unumIndex-*\"]}}},"
          "\"Next Payload Modifiers\":[\"Pop\"]}"),
         UNUM_E0607, "{", "qualified"},
        {"{\"IRVersion\":1,\"Name\":\"A\",\"Generated\":\"x\"}", UNUM_E0603, "\"x\"", "entry"},
        {REGION("\"X\"", "[]", "{}"), UNUM_E0607, "{", "\"X\" is not among"},
        {REGION("null", "[\"M\"]", "{\"M\":{\"Type\":\"Task\",\"Node\":\"B\"}}"), UNUM_E0607, "{",
         "not a Map"},
        {REGION("null", "[\"M\",\"M\"]", "{\"M\":{\"Type\":\"Map\"}}"), UNUM_E0607, "{",
         "encloses itself"},
        {REGION("\"M\"", "[\"M\"]", "{}"), UNUM_E0607, "{", "its branches are not given"},
        {REGION("\"M\"", "[]", "{\"M\":{\"Type\":\"Map\",\"Start\":\"M\"}}"), UNUM_E0607, "{",
         "comes back"},
        {REGION("\"M\"", "[]",
                "{\"B\":{\"Type\":\"Task\",\"Node\":\"B\"},"
                "\"M\":{\"Type\":\"Map\",\"Start\":\"B\",\"Next\":\"N\"},"
                "\"N\":{\"Type\":\"Map\",\"Start\":\"B\",\"Next\":\"M\"}}"),
         UNUM_E0607, "{", "comes back"},
        {REGION("null", "[]", "{\"M\":{\"Type\":\"Map\",\"Branches\":[\"B\"]}}"), UNUM_E0608,
         "\"Branches\"", "a Map has no"},
        {REGION("\"C\"", "[]", "{\"C\":{\"Type\":\"Choice\",\"Fields\":{\"Default\":\"X\"}}}"),
         UNUM_E0607, "{", "not among the States"},
        {REGION("null", "[]", "{\"C\":{\"Type\":\"Choice\",\"Fields\":77}}"), UNUM_E0603, "77",
         "is an object"},
        {REGION("null", "[]", "{\"M\":{\"Type\":\"Loop\"}}"), UNUM_E0603, "\"Loop\"",
         "Amazon States Language"},
        {REGION("null", "[]", "{\"M\":{\"Type\":\"Map\",\"Ends\":[\"a\",\"b\"]}}"), UNUM_E0607,
         "[\"a\"", "one entry per branch"},
        {REGION("null", "[]", "{\"M\":{\"Type\":\"Map\",\"ItemsPath\":\"$.*\",\"Start\":\"M\"}}"),
         UNUM_E0606, "*", "wildcard"},
        {"{\"IRVersion\":1,\"Name\":\"A\",\"Then\":null,\"Next\":[]}", UNUM_E0608, "\"Next\"",
         "not with both"},
        {("{\"IRVersion\":1,\"Name\":\"A\",\"Nodes\":[{\"IRVersion\":1,\"Name\":\"B\","
          "\"Nodes\":[]}]}"),
         UNUM_E0603, "[]", "cannot be nested"},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++)
        refused(rows[i].json, rows[i].code, rows[i].at, rows[i].part);
}

static void all_problems_are_reported_at_once(void **state)
{
    (void)state;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    struct unum_source source = {
        "unum_config.json",
        UNUM_STR(
            "{\"Nam\":\"A\",\"Start\":\"yes\",\"Next\":[{\"Name\":\"B\"},{\"InputType\":1}]}")};
    assert_null(ir_read(&source, &arena, &diags));
    assert_int_equal(diags.errors, 6);
    assert_string_equal(diags.list.at[0].hint, "did you mean \"Name\"?");
}

static void application(const char *const *texts, size_t count, const char *wanted)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    struct unum_buf UNUM_AUTO_BUF got = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct ir_node *nodes[8];
    assert_true(count <= 8);
    for (size_t i = 0; i < count; i++)
        nodes[i] = load(&arena, texts[i]);
    ir_check_application(nodes, count, &diags);
    unum_diags_print(&diags, false, &got);
    assert_string_equal(unum_buf_text(&got), wanted);
}

static void applications_are_checked(void **state)
{
    (void)state;
    static const char *const good[] = {
        "{\"Name\":\"A\",\"Start\":true,\"Next\":{\"Name\":\"B\",\"InputType\":\"Map\"}}",
        ("{\"Name\":\"B\",\"Next\":{\"Name\":\"C\",\"InputType\":{\"Fan-in\":{\"Values\":"
         "[\"B-unumIndex-*\"]}}}}"),
        "{\"Name\":\"C\"}"};
    application(good, 3, "");
    static const char *const bad[] = {
        "{\"Name\":\"Start\",\"Start\":true,\"Next\":{\"Name\":\"Shp\",\"InputType\":\"Scalar\"}}",
        ("{\"Name\":\"Ship\",\"Start\":true,\"Next\":{\"Name\":\"Start\",\"InputType\":{\"Fan-in\":"
         "{\"Values\":[\"Boat-unumIndex-*\"]}}}}"),
        "{\"Name\":\"Lost\"}", "{\"Name\":\"Ship\"}"};
    application(
        bad, 4,
        "error[E0611]: two nodes are named \"Ship\"\n"
        "error[E0612]: both \"Start\" and \"Ship\" have \"Start\": true: an application has "
        "one entry\n"
        "error[E0610]: there is no node \"Shp\"\n"
        "  help: did you mean \"Ship\"?\n"
        "error[E0613]: the fan-in of \"Start\" waits for \"Boat-unumIndex-*\", but there is "
        "no node \"Boat\"\n"
        "error[E0613]: the fan-in of \"Start\" has no member named after its sender "
        "\"Ship\"\n"
        "warning[W0614]: nothing starts node \"Lost\"\n");
    static const char *const none[] = {"{\"Name\":\"A\"}"};
    application(none, 1,
                "error[E0612]: no node has \"Start\": true: nothing starts the workflow\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hand_written_edges_are_kept),
        cmocka_unit_test(newer_spellings_are_the_same),
        cmocka_unit_test(chain_becomes_a_region),
        cmocka_unit_test(opening_edges_become_a_region),
        cmocka_unit_test(fan_in_becomes_a_region),
        cmocka_unit_test(regions_are_read_and_written),
        cmocka_unit_test(states_keep_their_fields),
        cmocka_unit_test(failure_function_holds_every_node),
        cmocka_unit_test(names_with_escapes_are_decoded),
        cmocka_unit_test(wrong_nodes_are_refused),
        cmocka_unit_test(all_problems_are_reported_at_once),
        cmocka_unit_test(applications_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
