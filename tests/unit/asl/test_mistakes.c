/* Every broken definition of tests/golden/mistakes gets exactly the diagnostics that it is marked
 * with, at exactly their places. The one argument is the file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asl/states.h"
#include "base/file.h"
#include "base/limits.h"

static const char *file;

/* A diagnostic as text: "LINE:COLUMN ID". */
struct mark {
    size_t offset;
    struct unum_str id;
    bool found;
};

struct mistake {
    struct unum_str name;
    struct unum_buf text; /* without marks */
    UNUM_VEC(struct mark) marks;
};

static void mistake_done(struct mistake *m)
{
    unum_buf_done(&m->text);
    unum_vec_done(&m->marks);
}

static void take_marks(struct unum_str text, struct mistake *ret)
{
    while (text.len) {
        size_t at = unum_str_search(text, UNUM_STR("<<"));
        size_t end = unum_str_search(text, UNUM_STR(">>"));
        bool mark = at != SIZE_MAX && end == at + 2 + strlen("E0000");
        if (at == SIZE_MAX) {
            unum_buf_add(&ret->text, text);
            return;
        }
        unum_buf_add(&ret->text, unum_str_slice(text, 0, mark ? at : at + 2));
        if (mark)
            *unum_vec_push(&ret->marks) =
                (struct mark){ret->text.len, unum_str_slice(text, at + 2, 5), false};
        text = unum_str_from_pos(text, mark ? end + 2 : at + 2);
    }
}

static bool take(struct mistake *m, const struct unum_diag *diag)
{
    for (size_t i = 0; i < m->marks.len; i++) {
        struct mark *mark = &m->marks.at[i];
        if (mark->found || mark->offset != diag->span.start ||
            !unum_str_is(mark->id, unum_code_row(diag->code)->id))
            continue;
        mark->found = true;
        return true;
    }
    return false;
}

/* True if the case is right. */
static bool run_case(struct mistake *m)
{
    static const struct asl_function known[] = {{.name = UNUM_STR_INIT("A")},
                                                {.name = UNUM_STR_INIT("B")},
                                                {.name = UNUM_STR_INIT("Ship")}};
    static const struct asl_functions functions = {known, UNUM_COUNT(known)};
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    struct unum_source source = {"machine.json", unum_buf_str(&m->text)};
    bool right = true;
    struct doc *doc = doc_parse_json(&source, &arena, &diags);
    bool model = doc && asl_parse(doc, &functions, &arena, &diags);
    size_t last = 0;
    for (size_t i = 0; i < diags.list.len; i++) {
        const struct unum_diag *diag = &diags.list.at[i];
        if (diag->code == UNUM_W0414)
            continue; /* about the template */
        if (!take(m, diag) || diag->span.start < last)
            right = false;
        last = diag->span.start;
    }
    for (size_t i = 0; i < m->marks.len; i++)
        right = right && m->marks.at[i].found;
    right = right && (model || diags.errors);
    if (!right) {
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        unum_diags_print(&diags, false, &text);
        print_error("--- %.*s\n%s", UNUM_STR_ARG(m->name), unum_buf_text(&text));
        for (size_t i = 0; i < m->marks.len; i++) {
            struct unum_place place = unum_source_place(&source, m->marks.at[i].offset);
            if (!m->marks.at[i].found)
                print_error("not found: %.*s at %zu:%zu\n", UNUM_STR_ARG(m->marks.at[i].id),
                            place.line, place.column);
        }
    }
    return right;
}

static void mistakes_get_their_diagnostics(void **state)
{
    (void)state;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    if (unum_file_read(file, &text, &err))
        fail_msg("%s", unum_err_text(&err));
    size_t wrong = 0, count = 0;
    struct unum_str rest = unum_buf_str(&text);
    assert_true(unum_str_starts(rest, UNUM_STR("--- ")));
    while (rest.len) {
        struct mistake UNUM_AUTO(mistake_done) m = {.text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT)};
        size_t line = unum_str_find(rest, '\n');
        m.name = unum_str_slice(rest, 4, line - 4);
        rest = unum_str_from_pos(rest, line + 1);
        size_t end = unum_str_search(rest, UNUM_STR("\n--- "));
        size_t len = end == SIZE_MAX ? rest.len - 1 : end;
        take_marks(unum_str_slice(rest, 0, len), &m);
        rest = unum_str_from_pos(rest, len + 1);
        wrong += !run_case(&m);
        count++;
    }
    print_message("%zu cases\n", count);
    assert_true(count > 0);
    assert_int_equal(wrong, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(mistakes_get_their_diagnostics)};
    if (argc != 2) {
        printf("usage: test_asl_mistakes FILE\n");
        return EXIT_FAILURE;
    }
    file = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
