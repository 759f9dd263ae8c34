/* Definitions of any size and depth get diagnostics or a model, in time and memory linear in their
 * size. Times are not asserted: a quadratic step would run into the timeout of the test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "asl/states.h"
#include "base/limits.h"

enum { MANY = 100000, BIG = 96 * 1024 * 1024 };

struct fixture {
    struct unum_arena arena;
    struct unum_diags diags;
    struct unum_buf text;
    struct unum_source source;
    struct asl_machine *machine;
};

static int setup(void **state)
{
    struct fixture *f = unum_alloc(sizeof(*f));
    f->text.max = BIG;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    unum_arena_done(&f->arena);
    unum_diags_done(&f->diags);
    unum_buf_done(&f->text);
    free(f);
    return 0;
}

static void parse(struct fixture *f)
{
    f->source = (struct unum_source){"machine.json", unum_buf_str(&f->text)};
    struct doc *doc = doc_parse_json(&f->source, &f->arena, &f->diags);
    f->machine = doc ? asl_parse(doc, NULL, &f->arena, &f->diags) : NULL;
    struct unum_buf UNUM_AUTO_BUF shown = UNUM_BUF_INIT(BIG);
    unum_diags_print(&f->diags, false, &shown);
    assert_false(shown.failed);
}

static void assert_code(const struct fixture *f, enum unum_code code)
{
    for (size_t i = 0; i < f->diags.list.len; i++) {
        if (f->diags.list.at[i].code == code)
            return;
    }
    fail_msg("no %s", unum_code_row(code)->id);
}

static void repeat(struct fixture *f, const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++)
        unum_buf_adds(&f->text, text);
}

/* "S0" to "S<n-1>", each made by `each`; the last ends. */
static void add_states(struct fixture *f, size_t count, void (*each)(struct fixture *, size_t))
{
    unum_buf_adds(&f->text, "{\"StartAt\":\"S0\",\"States\":{");
    for (size_t i = 0; i < count; i++) {
        unum_buf_printf(&f->text, "%s\n\"S%zu\":{", i ? "," : "", i);
        each(f, i);
        unum_buf_adds(&f->text, "}");
    }
    unum_buf_adds(&f->text, ",\n\"End\":{\"Type\":\"Succeed\"}}}");
}

static void chain(struct fixture *f, size_t i)
{
    unum_buf_printf(&f->text,
                    "\"Type\":\"Pass\",\"Parameters\":{\"a.$\":\"$.x[%zu]\"},\"Next\":", i);
    if (i + 1 == MANY)
        unum_buf_adds(&f->text, "\"End\"");
    else
        unum_buf_printf(&f->text, "\"S%zu\"", i + 1);
}

static void a_long_chain_is_a_model(void **state)
{
    struct fixture *f = *state;
    add_states(f, MANY, chain);
    parse(f);
    assert_non_null(f->machine);
    assert_int_equal(f->machine->states, MANY + 1);
    assert_string_equal(f->machine->scope.states[MANY - 1].fields.ptr,
                        "{\"Parameters\":{\"a.$\":\"$.x[99999]\"}}");
}

static void nowhere(struct fixture *f, size_t i)
{
    unum_buf_printf(&f->text, "\"Type\":\"Tsk\",\"Nxt\":\"S%zu\",\"Next\":\"T%zu\"", i + 1, i);
}

static void as_many_mistakes_as_states(void **state)
{
    struct fixture *f = *state;
    add_states(f, MANY, nowhere);
    parse(f);
    assert_null(f->machine);
    assert_int_equal(f->diags.list.len, UNUM_LIMIT_DIAGS);
    assert_true(f->diags.dropped > MANY);
}

/* Every transition has a hundred thousand candidates for "did you mean". */
static void almost(struct fixture *f, size_t i)
{
    static const char same[] = "the same sixty characters in front of every name that follows ..";
    unum_buf_printf(&f->text,
                    "\"Type\":\"Pass\",\"Next\":\"%s %zu\"},\"%s %zux\":{\"Type\":"
                    "\"Succeed\"",
                    same, i * 10, same, i);
}

static void as_many_candidates_as_mistakes(void **state)
{
    struct fixture *f = *state;
    add_states(f, MANY / 10, almost);
    parse(f);
    assert_null(f->machine);
    assert_code(f, UNUM_E0405);
    assert_non_null(f->diags.list.at[0].hint);
}

static void fan_out_of(struct fixture *f, size_t branches)
{
    unum_buf_adds(&f->text, "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Parallel\",\"End\":"
                            "true,\"Branches\":[");
    for (size_t i = 0; i < branches; i++)
        unum_buf_printf(&f->text,
                        "%s{\"StartAt\":\"S%zu\",\"States\":{\"S%zu\":{\"Type\":\"Pass\","
                        "\"End\":true}}}",
                        i ? "," : "", i, i);
    unum_buf_adds(&f->text, "]}}}");
}

static void one_state_with_many_branches(void **state)
{
    struct fixture *f = *state;
    fan_out_of(f, MANY);
    parse(f);
    assert_non_null(f->machine);
    assert_int_equal(f->machine->states, MANY + 1);
}

static void back(struct fixture *f, size_t i)
{
    unum_buf_printf(&f->text,
                    "\"Type\":\"Choice\",\"Default\":\"S%zu\",\"Choices\":[{\"Variable\":\"$.a\","
                    "\"IsNull\":true,\"Next\":\"S0\"},{\"Variable\":\"$.a\",\"IsNull\":true,"
                    "\"Next\":\"End\"}]",
                    i + 1 == MANY ? 0 : i + 1);
}

static void as_many_loops_as_states(void **state)
{
    struct fixture *f = *state;
    add_states(f, MANY, back);
    parse(f);
    assert_non_null(f->machine);
    assert_code(f, UNUM_W0432);
}

static void one_state_with_many_choices(void **state)
{
    struct fixture *f = *state;
    unum_buf_adds(&f->text,
                  "{\"StartAt\":\"C\",\"States\":{\"C\":{\"Type\":\"Choice\",\"Choices\":[");
    repeat(f, "{\"Variable\":\"$.a\",\"NumericEquals\":1,\"Next\":\"S\"},", MANY);
    unum_buf_adds(&f->text, "{\"Variable\":\"$.a\",\"NumericEquals\":1,\"Next\":\"S\"}]},"
                            "\"S\":{\"Type\":\"Succeed\"}}}");
    parse(f);
    assert_non_null(f->machine);
    assert_int_equal(f->machine->scope.states[0].choices_len, MANY + 1);
}

static void one_state_with_many_fields(void **state)
{
    struct fixture *f = *state;
    unum_buf_adds(&f->text, "{\"StartAt\":\"C\",\"States\":{\"C\":{\"Type\":\"Pass\",\"End\":true");
    for (size_t i = 0; i < MANY; i++)
        unum_buf_printf(&f->text, ",\"Parametr%zu\":%zu", i, i);
    unum_buf_adds(&f->text, "}}}");
    parse(f);
    assert_null(f->machine);
    assert_code(f, UNUM_E0402);
}

static void one_template_with_many_twins(void **state)
{
    struct fixture *f = *state;
    unum_buf_adds(&f->text, "{\"StartAt\":\"C\",\"States\":{\"C\":{\"Type\":\"Pass\",\"End\":true,"
                            "\"Parameters\":{\"x\":1");
    for (size_t i = 0; i < MANY; i++)
        unum_buf_printf(&f->text, ",\"a%zu\":1,\"a%zu.$\":\"$\"", i, i);
    unum_buf_adds(&f->text, "}}}}");
    parse(f);
    assert_null(f->machine);
    assert_code(f, UNUM_E0422);
}

static void the_same_name_in_many_branches(void **state)
{
    struct fixture *f = *state;
    unum_buf_adds(&f->text,
                  "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Parallel\",\"End\":true,"
                  "\"Branches\":[");
    repeat(f, "\n{\"StartAt\":\"S\",\"States\":{\"S\":{\"Type\":\"Succeed\"}}},", MANY);
    unum_buf_adds(&f->text, "{\"StartAt\":\"T\",\"States\":{\"T\":{\"Type\":\"Succeed\"}}}]}}}");
    parse(f);
    assert_null(f->machine);
    assert_code(f, UNUM_E0409);
}

static void many_duplicate_keys(void **state)
{
    struct fixture *f = *state;
    unum_buf_adds(&f->text, "{\"StartAt\":\"S\",\"States\":{");
    repeat(f, "\n\"S\":{\"Type\":\"Succeed\"},", MANY);
    unum_buf_adds(&f->text, "\"S\":{\"Type\":\"Succeed\"}}}");
    parse(f);
    assert_code(f, UNUM_E0102);
}

static void many_names_for_one_error(void **state)
{
    struct fixture *f = *state;
    unum_buf_adds(&f->text,
                  "{\"StartAt\":\"S\",\"States\":{\"S\":{\"Type\":\"Task\",\"Resource\":\"A\","
                  "\"End\":true,\"Retry\":[{\"ErrorEquals\":[\"E\"");
    repeat(f, ",\"States.Nothing\"", MANY);
    unum_buf_adds(&f->text, "]}]}}}");
    parse(f);
    assert_non_null(f->machine);
    assert_code(f, UNUM_W0438);
}

static void rules_nest_as_deep_as_json(void **state)
{
    struct fixture *f = *state;
    enum { DEEP = 150 };
    unum_buf_adds(&f->text,
                  "{\"StartAt\":\"C\",\"States\":{\"C\":{\"Type\":\"Choice\",\"Default\":\"S\","
                  "\"Choices\":[{\"Not\":");
    repeat(f, "{\"Not\":", DEEP);
    unum_buf_adds(&f->text, "{\"Variable\":\"$.a\",\"IsNull\":true}");
    repeat(f, "}", DEEP);
    unum_buf_adds(&f->text, ",\"Next\":\"S\"}]},\"S\":{\"Type\":\"Succeed\"}}}");
    parse(f);
    assert_non_null(f->machine);
}

static void branches_nest_deeper_than_json(void **state)
{
    struct fixture *f = *state;
    repeat(f, "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Parallel\",\"Branches\":[", MANY);
    parse(f);
    assert_null(f->machine);
    assert_code(f, UNUM_E0103);
}

static void a_call_nests_without_end(void **state)
{
    struct fixture *f = *state;
    unum_buf_adds(&f->text, "{\"StartAt\":\"S\",\"States\":{\"S\":{\"Type\":\"Pass\",\"End\":true,"
                            "\"Parameters\":{\"a.$\":\"");
    repeat(f, "States.Array(", 4000);
    unum_buf_adds(&f->text, "\"}}}}");
    parse(f);
    assert_null(f->machine);
    assert_code(f, UNUM_E0423);
}

static void a_long_filter_is_read_once(void **state)
{
    struct fixture *f = *state;
    unum_buf_adds(&f->text, "{\"StartAt\":\"S\",\"States\":{\"S\":{\"Type\":\"Pass\",\"End\":true,"
                            "\"InputPath\":\"$.a[?");
    repeat(f, "(", 4000);
    unum_buf_adds(&f->text, "\"}}}");
    parse(f);
    assert_null(f->machine);
    assert_code(f, UNUM_E0412);
}

static void a_large_result_is_a_warning(void **state)
{
    struct fixture *f = *state;
    unum_buf_adds(&f->text,
                  "{\"StartAt\":\"S\",\"States\":{\"S\":{\"Type\":\"Pass\",\"Result\":\"");
    repeat(f, "x", ASL_LIMIT_LITERAL);
    unum_buf_adds(&f->text, "\",\"End\":true}}}");
    parse(f);
    assert_non_null(f->machine);
    assert_code(f, UNUM_W0434);
}

/* JSON of values grows where control characters are escaped: beyond the ceiling it is refused. */
static void a_state_that_grows_beyond_the_ceiling(void **state)
{
    struct fixture *f = *state;
    unum_buf_adds(&f->text,
                  "{\"StartAt\":\"S\",\"States\":{\"S\":{\"Type\":\"Pass\",\"Result\":\"");
    repeat(f, "0123456789abcdef", UNUM_LIMIT_TEXT / 16);
    unum_buf_adds(&f->text, "\",\"End\":true}}}");
    parse(f);
    assert_null(f->machine);
    assert_code(f, UNUM_E0415);
}

static void bytes_that_are_no_text(void **state)
{
    struct fixture *f = *state;
    static const char *const broken[] = {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80"};
    for (size_t i = 0; i <= UNUM_COUNT(broken); i++) {
        unum_buf_clear(&f->text);
        unum_buf_adds(&f->text, "{\"StartAt\":\"S\",\"States\":{\"");
        if (i < UNUM_COUNT(broken))
            unum_buf_adds(&f->text, broken[i]);
        else
            unum_buf_addc(&f->text, '\0');
        unum_buf_adds(&f->text, "\":{\"Type\":\"Succeed\"}}}");
        parse(f);
        assert_code(f, UNUM_E0104);
        unum_diags_done(&f->diags);
    }
}

/* Escapes that stand for no character, or for one that no name has. */
static void escapes_that_are_no_text(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *escape;
        enum unum_code code;
    } rows[] = {{"\\ud800", UNUM_E0104},  {"\\udc00", UNUM_E0104}, {"\\ud800\\ud800", UNUM_E0104},
                {"\\ud800x", UNUM_E0104}, {"\\ud8", UNUM_E0101},   {"\\u0000", UNUM_E0410},
                {"\\u001f", UNUM_E0410}};
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        unum_buf_clear(&f->text);
        unum_buf_printf(&f->text, "{\"StartAt\":\"S\",\"States\":{\"S%s\":{\"Type\":\"Succeed\"}}}",
                        rows[i].escape);
        parse(f);
        assert_null(f->machine);
        assert_code(f, rows[i].code);
        unum_diags_done(&f->diags);
    }
}

/* A definition that was cut anywhere is wrong, and nothing worse. */
static void cut_anywhere(void **state)
{
    struct fixture *f = *state;
    static const char whole[] =
        "{\"StartAt\":\"C\",\"States\":{\"C\":{\"Type\":\"Choice\",\"Default\":\"S\",\"Choices\":[{"
        "\"Not\":{\"Variable\":\"$.a\",\"NumericEquals\":1e2},\"Next\":\"S\"}]},\"S\":{\"Type\":"
        "\"Pass\",\"Parameters\":{\"a.$\":\"States.Array($.b, 'x')\"},\"End\":true}}}";
    for (size_t len = 0; len < sizeof(whole); len++) {
        unum_buf_clear(&f->text);
        unum_buf_add(&f->text, unum_str_of(whole, len));
        parse(f);
        assert_true((f->machine != NULL) == (len == sizeof(whole) - 1));
        assert_true((f->diags.errors > 0) == (len < sizeof(whole) - 1));
        unum_diags_done(&f->diags);
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(a_long_chain_is_a_model),
        CASE(as_many_mistakes_as_states),
        CASE(as_many_candidates_as_mistakes),
        CASE(one_state_with_many_branches),
        CASE(escapes_that_are_no_text),
        CASE(cut_anywhere),
        CASE(as_many_loops_as_states),
        CASE(one_state_with_many_choices),
        CASE(one_state_with_many_fields),
        CASE(one_template_with_many_twins),
        CASE(the_same_name_in_many_branches),
        CASE(many_duplicate_keys),
        CASE(many_names_for_one_error),
        CASE(rules_nest_as_deep_as_json),
        CASE(branches_nest_deeper_than_json),
        CASE(a_call_nests_without_end),
        CASE(a_long_filter_is_read_once),
        CASE(a_large_result_is_a_warning),
        CASE(a_state_that_grows_beyond_the_ceiling),
        CASE(bytes_that_are_no_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
