#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/limits.h"
#include "runs/log_order.h"

struct given {
    int64_t at_ms;
    const char *function, *stream, *text;
};

/* Texts of the lines, as they come out, one a line: of JSON lines the message. */
static void order(const struct given *given, size_t len, struct unum_buf *out, bool owners)
{
    struct log_trace UNUM_AUTO(log_trace_done) trace = {0};
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct log_line *lines = unum_arena_array(&arena, len, sizeof(*lines));
    for (size_t i = 0; i < len; i++) {
        lines[i] = (struct log_line){.at_ms = given[i].at_ms,
                                     .function = unum_str_from(given[i].function),
                                     .stream = unum_str_from(given[i].stream),
                                     .text = unum_str_from(given[i].text)};
        log_trace_add(&trace, &lines[i]);
    }
    for (size_t i = 0; i < len; i++)
        (void)log_trace_resolve(&trace, &lines[i]);
    log_order(lines, len, &arena);
    for (size_t i = 0; i < len; i++) {
        size_t at = unum_str_search(lines[i].text, UNUM_STR("\"message\":\""));
        struct unum_str text = lines[i].text;
        if (at != SIZE_MAX) {
            text = unum_str_from_pos(text, at + 11);
            text = unum_str_slice(text, 0, unum_str_find(text, '"'));
        }
        unum_buf_printf(out, "%.*s", UNUM_STR_ARG(text));
        if (owners)
            unum_buf_printf(out, " of %.*s %.*s", UNUM_STR_ARG(lines[i].session),
                            UNUM_STR_ARG(lines[i].instance));
        unum_buf_addc(out, '\n');
    }
}

#define ORDERED(expected, owners, ...)                                                             \
    do {                                                                                           \
        const struct given given_[] = {__VA_ARGS__};                                               \
        struct unum_buf UNUM_AUTO_BUF out_ = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);                       \
        order(given_, UNUM_COUNT(given_), &out_, owners);                                          \
        assert_string_equal(unum_buf_text(&out_), expected);                                       \
    } while (0)

#define STEP(session, instance, request, message, more)                                            \
    "{\"session\":\"" session "\",\"instance\":\"" instance "\",\"requestId\":\"" request          \
    "\",\"message\":\"" message "\"" more "}"

static void time_orders_what_is_unrelated(void **state)
{
    (void)state;
    ORDERED("a\nb\nc\n", false, {3, "f", "1", "c"}, {1, "g", "1", "a"}, {2, "h", "1", "b"});
}

static void a_stream_keeps_its_order(void **state)
{
    (void)state;
    /* Its clock went back. */
    ORDERED("a\nb\nx\n", false, {5, "f", "1", "a"}, {4, "f", "1", "b"}, {5, "g", "1", "x"});
}

static void parents_come_before_children(void **state)
{
    (void)state;
    /* The child's clock is behind, and its lines arrived first. */
    ORDERED("hello\nstarting\nworld\ndone\n", false,
            {10, "W", "1", STEP("s", "World", "r2", "world", "")},
            {11, "W", "1", STEP("s", "World", "r2", "done", "")},
            {20, "H", "1", STEP("s", "Hello", "r1", "hello", "")},
            {21, "H", "1", STEP("s", "Hello", "r1", "starting", ",\"children\":[\"World\"]")});
}

static void plain_lines_go_with_their_invocation(void **state)
{
    (void)state;
    ORDERED("START RequestId: r1 Version: 1 of s Hello\n"
            "starting of s Hello\n"
            "START RequestId: r2 Version: 1 of s World\n"
            "plain of s World\n"
            "recorded of s World\n",
            true, {10, "W", "1", "START RequestId: r2 Version: 1"}, {10, "W", "1", "plain"},
            {12, "W", "1", STEP("s", "World", "r2", "recorded", "")},
            {15, "H", "1", "START RequestId: r1 Version: 1"},
            {16, "H", "1", STEP("s", "Hello", "r1", "starting", ",\"children\":[\"World\"]")});
}

static void sessions_are_kept_apart(void **state)
{
    (void)state;
    ORDERED("w\nstarting\n", false, {10, "W", "1", STEP("other", "World", "r2", "w", "")},
            {15, "H", "1", STEP("s", "Hello", "r1", "starting", ",\"children\":[\"World\"]")});
}

static void duplicates_of_a_child_come_after_the_first_start(void **state)
{
    (void)state;
    ORDERED("starting\nw1\nw2\nfound\n", false, {10, "W", "1", STEP("s", "World", "r2", "w1", "")},
            {11, "W", "2", STEP("s", "World", "r3", "w2", "")},
            {20, "H", "1", STEP("s", "Hello", "r1", "starting", ",\"children\":[\"World\"]")},
            {30, "H", "2", STEP("s", "Hello", "r4", "found", ",\"children\":[\"World\"]")});
}

static void a_warm_stream_serves_one_after_the_other(void **state)
{
    (void)state;
    ORDERED("START RequestId: a of s1 F\n1 of s1 F\nr of s1 F\nREPORT RequestId: a of s1 F\n"
            "START RequestId: b of s2 F\n2 of s2 F\nr of s2 F\n",
            true, {1, "f", "1", "START RequestId: a"}, {1, "f", "1", "1"},
            {1, "f", "1", STEP("s1", "F", "a", "r", "")}, {1, "f", "1", "REPORT RequestId: a"},
            {1, "f", "1", "START RequestId: b"}, {1, "f", "1", "2"},
            {1, "f", "1", STEP("s2", "F", "b", "r", "")});
}

static void the_json_form_of_lambda_is_known(void **state)
{
    (void)state;
    ORDERED("{\"time\":\"t\",\"type\":\"platform.start\",\"record\":{\"requestId\":\"a\"}} of s F\n"
            "x of s F\nr of s F\n",
            true,
            {1, "f", "1",
             "{\"time\":\"t\",\"type\":\"platform.start\",\"record\":{\"requestId\":\"a\"}}"},
            {1, "f", "1", "x"}, {1, "f", "1", STEP("s", "F", "a", "r", "")});
}

static void what_waits_for_itself_is_printed_all_the_same(void **state)
{
    (void)state;
    ORDERED("a\nb\n", false, {1, "f", "1", STEP("s", "A", "1", "a", ",\"children\":[\"B\"]")},
            {2, "g", "1", STEP("s", "B", "2", "b", ",\"children\":[\"A\"]")});
}

static void nonsense_is_a_plain_line(void **state)
{
    (void)state;
    ORDERED("{\n[]\n{\"children\":7}\n{\"children\":[7,null]}\n", false, {1, "f", "1", "{"},
            {1, "f", "1", "[]"}, {1, "f", "1", "{\"children\":7}"},
            {1, "f", "1", "{\"children\":[7,null]}"});
}

static void many_lines_take_no_square(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct log_line *lines = unum_arena_array(&arena, COUNT, sizeof(*lines));
    for (size_t i = 0; i < COUNT; i++)
        lines[i] = (struct log_line){.at_ms = (int64_t)(i * 7919 % COUNT),
                                     .function = UNUM_STR("f"),
                                     .stream = unum_arena_printf(&arena, "%zu", i)};
    log_order(lines, COUNT, &arena);
    for (size_t i = 1; i < COUNT; i++)
        assert_true(lines[i - 1].at_ms <= lines[i].at_ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_orders_what_is_unrelated),
        cmocka_unit_test(a_stream_keeps_its_order),
        cmocka_unit_test(parents_come_before_children),
        cmocka_unit_test(plain_lines_go_with_their_invocation),
        cmocka_unit_test(sessions_are_kept_apart),
        cmocka_unit_test(duplicates_of_a_child_come_after_the_first_start),
        cmocka_unit_test(a_warm_stream_serves_one_after_the_other),
        cmocka_unit_test(the_json_form_of_lambda_is_known),
        cmocka_unit_test(what_waits_for_itself_is_printed_all_the_same),
        cmocka_unit_test(nonsense_is_a_plain_line),
        cmocka_unit_test(many_lines_take_no_square),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
