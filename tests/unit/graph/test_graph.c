/* Pictures of machines: exactly those in tests/golden/graph; states that never overlap; sizes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "graph/layout.h"
#include "support/golden.h"

struct fixture {
    struct unum_arena arena;
    struct unum_diags diags;
    struct unum_buf text, out;
    struct unum_source source;
    struct asl_machine *machine;
};

static const struct asl_function known[] = {{.name = UNUM_STR_INIT("Load")},
                                            {.name = UNUM_STR_INIT("Price")},
                                            {.name = UNUM_STR_INIT("Ship")},
                                            {.name = UNUM_STR_INIT("Notify")}};
static const struct asl_functions functions = {known, UNUM_COUNT(known)};

static int setup(void **state)
{
    struct fixture *f = unum_alloc(sizeof(*f));
    f->text.max = f->out.max = 64 * UNUM_MB;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    unum_arena_done(&f->arena);
    unum_diags_done(&f->diags);
    unum_buf_done(&f->text);
    unum_buf_done(&f->out);
    free(f);
    return 0;
}

static void parse(struct fixture *f)
{
    struct unum_buf UNUM_AUTO_BUF shown = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    f->source = (struct unum_source){"machine.json", unum_buf_str(&f->text)};
    struct doc *doc = doc_parse_json(&f->source, &f->arena, &f->diags);
    f->machine = doc ? asl_parse(doc, &functions, &f->arena, &f->diags) : NULL;
    unum_diags_print(&f->diags, false, &shown);
    if (!f->machine)
        fail_msg("%s", unum_buf_text(&shown));
}

static void the_picture_of_orders(void **state)
{
    static const struct {
        enum graph_format format;
        const char *path;
    } rows[] = {{GRAPH_DOT, "tests/golden/graph/orders.dot"},
                {GRAPH_MERMAID, "tests/golden/graph/orders.mmd"},
                {GRAPH_SVG, "tests/golden/graph/orders.svg"}};
    struct fixture *f = *state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    assert_int_equal(
        unum_file_read(UNUM_SOURCE_DIR "/tests/golden/graph/orders.json", &f->text, &err), 0);
    parse(f);
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        unum_buf_clear(&f->out);
        assert_int_equal(
            graph_render(f->machine, &functions, UNUM_STR("orders"), rows[i].format, &f->out, &err),
            0);
        if (golden_compare(rows[i].path, unum_buf_str(&f->out), &err))
            fail_msg("%s", unum_err_text(&err));
    }
}

/* Whose function evaluates what, by name of the state. */
static void owners_follow_the_projection(void **state)
{
    struct fixture *f = *state;
    unum_buf_adds(
        &f->text,
        "{\"StartAt\":\"P\",\"States\":{"
        "\"P\":{\"Type\":\"Pass\",\"Next\":\"T\"},"
        "\"T\":{\"Type\":\"Task\",\"Resource\":\"Load\",\"Next\":\"C\"},"
        "\"C\":{\"Type\":\"Choice\",\"Default\":\"U\",\"Choices\":[{\"Variable\":\"$.a\","
        "\"IsNull\":"
        "true,\"Next\":\"E\"}]},"
        "\"U\":{\"Type\":\"Task\",\"Resource\":\"Ship\",\"Next\":\"E\"},"
        "\"E\":{\"Type\":\"Pass\",\"Next\":\"M\"},"
        "\"M\":{\"Type\":\"Map\",\"MaxConcurrency\":1,\"ItemProcessor\":{\"StartAt\":\"I\","
        "\"States\":"
        "{\"I\":{\"Type\":\"Task\",\"Resource\":\"Price\",\"Next\":\"J\"},\"J\":{\"Type\":\"Pass\","
        "\"End\":true}}},\"Next\":\"Z\"},"
        "\"Z\":{\"Type\":\"Succeed\"}}}");
    parse(f);
    struct graph UNUM_AUTO(graph_done) g;
    graph_model(&g, f->machine, &functions, UNUM_STR("x"));
    static const struct {
        const char *state, *place;
    } rows[] = {{"P", "evaluated by the entry function"},
                {"C", "evaluated by Load"},
                {"E", "evaluated by whichever function arrives"},
                {"M", "evaluated by whichever function arrives"},
                {"J", "evaluated by Price"},
                {"Z", "evaluated by Price"},
                {"T", ""}};
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        for (size_t id = 0; id < g.len; id++) {
            if (!unum_str_is(g.nodes[id].state->name, rows[i].state))
                continue;
            struct unum_str place = graph_place(&g, g.nodes[id].state);
            assert_int_equal(place.len, strlen(rows[i].place));
            assert_memory_equal(place.ptr, rows[i].place, place.len);
        }
    }
}

/* ---- random machines ---- */

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005U + 1442695040888963407U;
    return *seed >> 33;
}

static void add_scope(struct unum_buf *out, uint64_t *seed, size_t *names, unsigned depth);

static void add_state(struct unum_buf *out, uint64_t *seed, size_t *names, unsigned depth,
                      size_t first, size_t i, size_t len)
{
    size_t next = first + i + 1;
    size_t any = first + (size_t)(next_random(seed) % (i + 2));
    uint64_t kind = depth < 3 ? next_random(seed) % 6 : next_random(seed) % 4;
    (void)len;
    unum_buf_printf(out, "\"S%zu\":{", first + i);
    if (kind == 0)
        unum_buf_printf(out,
                        "\"Type\":\"Choice\",\"Default\":\"S%zu\",\"Choices\":[{\"Variable\":"
                        "\"$.a\",\"IsNull\":true,\"Next\":\"S%zu\"}]}",
                        next, any);
    else if (kind == 4)
        unum_buf_adds(out, "\"Type\":\"Map\",\"MaxConcurrency\":0,\"ItemProcessor\":");
    else if (kind == 5)
        unum_buf_adds(out, "\"Type\":\"Parallel\",\"Branches\":[");
    else
        unum_buf_printf(out, "\"Type\":\"Task\",\"Resource\":\"Load\",\"Next\":\"S%zu\"}", next);
    for (size_t j = 0; kind == 5 && j < 1 + next_random(seed) % 3; j++) {
        unum_buf_adds(out, j ? "," : "");
        add_scope(out, seed, names, depth + 1);
    }
    if (kind == 4)
        add_scope(out, seed, names, depth + 1);
    if (kind >= 4)
        unum_buf_printf(out, "%s,\"Next\":\"S%zu\"}", kind == 5 ? "]" : "", next);
}

static void add_scope(struct unum_buf *out, uint64_t *seed, size_t *names, unsigned depth)
{
    size_t len = 1 + (size_t)(next_random(seed) % (depth ? 4 : 25));
    size_t first = *names;
    *names += len + 1;
    unum_buf_printf(out, "{\"StartAt\":\"S%zu\",\"States\":{", first);
    for (size_t i = 0; i < len; i++) {
        add_state(out, seed, names, depth, first, i, len);
        unum_buf_adds(out, ",");
    }
    unum_buf_printf(out, "\"S%zu\":{\"Type\":\"Succeed\"}}}", first + len);
}

static bool overlap(const struct state_layout *a, const struct state_layout *b)
{
    return a->x < b->x + b->w && b->x < a->x + a->w && a->y < b->y + b->h && b->y < a->y + a->h;
}

static void check_scope(const struct layout *l, const struct asl_scope *scope,
                        const struct scope_layout *at)
{
    for (size_t i = 0; i < scope->len; i++) {
        const struct asl_state *state = &scope->states[i];
        const struct state_layout *place = &l->states[state->id];
        assert_true(place->x > -0.01 && place->x + place->w < at->w + 0.01);
        assert_true(place->y > -0.01 && place->y + place->h < at->h + 0.01);
        for (size_t j = 0; j < i; j++)
            assert_false(overlap(place, &l->states[scope->states[j].id]));
        double right = 0;
        for (size_t j = 0; j < state->branches_len; j++) {
            const struct scope_layout *branch = &place->branches[j];
            assert_true(branch->x >= right && branch->y >= LAYOUT_TITLE);
            right = branch->x + branch->w;
            assert_true(right <= place->w && branch->y + branch->h <= place->h);
            check_scope(l, &state->branches[j], branch);
        }
    }
    /* Transitions go down, or are known to go back. */
    for (size_t i = 0; i < at->lines_len; i++) {
        const struct line *line = &at->lines[i];
        double first = line->points[0].y, last = line->points[line->len - 1].y;
        bool own = line->from->targets[line->target].state == line->from;
        assert_true(own || (line->back ? first >= last : first <= last));
    }
}

static void states_never_overlap(void **state)
{
    struct fixture *f = *state;
    for (uint64_t round = 1; round <= 200; round++) {
        uint64_t seed = round;
        size_t names = 0;
        struct layout l;
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        unum_buf_clear(&f->text);
        add_scope(&f->text, &seed, &names, 0);
        parse(f);
        struct graph UNUM_AUTO(graph_done) g;
        graph_model(&g, f->machine, &functions, UNUM_STR("x"));
        assert_int_equal(layout_make(&l, &g, &err), 0);
        check_scope(&l, &f->machine->scope, &l.root);
        unum_buf_clear(&f->out);
        assert_int_equal(graph_svg(&g, &f->out, &err), 0);
        unum_arena_done(&f->arena);
        f->arena = (struct unum_arena)UNUM_ARENA_INIT;
    }
}

/* ---- sizes ---- */

static void add_chain(struct fixture *f, size_t len)
{
    unum_buf_adds(&f->text, "{\"StartAt\":\"S0\",\"States\":{");
    for (size_t i = 0; i < len; i++)
        unum_buf_printf(&f->text, "\"S%zu\":{\"Type\":\"Pass\",\"Next\":\"S%zu\"},", i, i + 1);
    unum_buf_printf(&f->text, "\"S%zu\":{\"Type\":\"Succeed\"}}}", len);
    parse(f);
}

static void large_machines_are_texts_but_no_pictures(void **state)
{
    struct fixture *f = *state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    add_chain(f, 100000);
    assert_int_equal(graph_render(f->machine, &functions, UNUM_STR("x"), GRAPH_DOT, &f->out, &err),
                     0);
    unum_buf_clear(&f->out);
    assert_int_equal(
        graph_render(f->machine, &functions, UNUM_STR("x"), GRAPH_MERMAID, &f->out, &err), 0);
    assert_int_equal(graph_render(f->machine, &functions, UNUM_STR("x"), GRAPH_SVG, &f->out, &err),
                     UNUM_E_LIMIT);
    assert_non_null(err.hint);
}

static void a_picture_of_ten_thousand_states(void **state)
{
    struct fixture *f = *state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    add_chain(f, 10000);
    assert_int_equal(graph_render(f->machine, &functions, UNUM_STR("x"), GRAPH_SVG, &f->out, &err),
                     0);
}

static void a_legend_says_what_it_leaves_out(void **state)
{
    struct fixture *f = *state;
    enum { FUNCTIONS = 30 };
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct asl_function *at = unum_arena_array(&f->arena, FUNCTIONS, sizeof(*at));
    const struct asl_functions many = {at, FUNCTIONS};
    unum_buf_adds(&f->text, "{\"StartAt\":\"S0\",\"States\":{");
    for (size_t i = 0; i < FUNCTIONS; i++) {
        at[i].name = unum_arena_printf(&f->arena, "F%zu", i);
        unum_buf_printf(&f->text,
                        "\"S%zu\":{\"Type\":\"Task\",\"Resource\":\"F%zu\",\"Next\":\"S%zu\"},", i,
                        i, i + 1);
    }
    unum_buf_printf(&f->text, "\"S%d\":{\"Type\":\"Succeed\"}}}", FUNCTIONS);
    f->source = (struct unum_source){"machine.json", unum_buf_str(&f->text)};
    const struct doc *doc = doc_parse_json(&f->source, &f->arena, &f->diags);
    const struct asl_machine *machine = asl_parse(doc, &many, &f->arena, &f->diags);
    assert_non_null(machine);
    assert_int_equal(graph_render(machine, &many, UNUM_STR("x"), GRAPH_SVG, &f->out, &err), 0);
    assert_non_null(strstr(unum_buf_text(&f->out), "and 17 more functions"));
}

static void a_ceiling_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    f->out.max = 100;
    add_chain(f, 3);
    assert_int_equal(graph_render(f->machine, &functions, UNUM_STR("x"), GRAPH_DOT, &f->out, &err),
                     UNUM_E_LIMIT);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(the_picture_of_orders),
        CASE(owners_follow_the_projection),
        CASE(states_never_overlap),
        CASE(large_machines_are_texts_but_no_pictures),
        CASE(a_picture_of_ten_thousand_states),
        CASE(a_legend_says_what_it_leaves_out),
        CASE(a_ceiling_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
