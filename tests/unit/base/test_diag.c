#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/limits.h"

static void codes_have_rows(void **state)
{
    (void)state;
    assert_string_equal(unum_rc_name(UNUM_E_NOTFOUND), "NOTFOUND");
    assert_string_equal(unum_rc_text(UNUM_E_TIMEOUT), "timed out");
    assert_true(unum_rc_retryable(UNUM_E_THROTTLED) && !unum_rc_retryable(UNUM_E_PARSE));
    assert_int_equal(unum_rc_exit_code(UNUM_E_INVALID_FILE), 7);
    assert_int_equal(unum_rc_exit_code(0), 0);
    assert_int_equal(unum_rc_exit_code(-9999), 1);
}

static void errors_gather_context(void **state)
{
    (void)state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    assert_int_equal(unum_err_sys(&err, ENOENT, "open %s", "x"), UNUM_E_NOTFOUND);
    assert_int_equal(err.sys_errno, ENOENT);
    assert_int_equal(unum_err_hint(&err, "create it"), UNUM_E_NOTFOUND);
    unum_err_hint(&err, "an outer hint does not replace it");
    assert_int_equal(unum_err_wrap(&err, "read machine"), UNUM_E_NOTFOUND);
    assert_string_equal(unum_err_text(&err), "read machine: open x: No such file or directory");
    assert_string_equal(err.hint, "create it");
    unum_err_set(&err, UNUM_E_INVAL, "was: %s", err.msg); /* may quote the old message */
    assert_string_equal(unum_err_text(&err),
                        "was: read machine: open x: No such file or directory");
    assert_null(err.hint);
    unum_err_clear(&err);
    assert_int_equal(err.rc, 0);
    assert_int_equal(unum_err_set(NULL, UNUM_E_IO, "nobody listens"), UNUM_E_IO);
    unum_err_clear(NULL);
}

static void long_messages_are_cut_not_lost(void **state)
{
    (void)state;
    char *UNUM_AUTO_FREE text = unum_alloc(UNUM_LIMIT_ERROR_TEXT + 101);
    memset(text, 'x', UNUM_LIMIT_ERROR_TEXT + 100);
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    unum_err_set(&err, UNUM_E_IO, "start %s", text);
    assert_memory_equal(err.msg, "start xxx", 9);
    unum_err_wrap(&err, "outer");
    assert_memory_equal(err.msg, "outer: start xxx", 16);
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    unum_diag_add(&diags, UNUM_E0101, (struct unum_span){0}, "start %s", text);
    assert_memory_equal(diags.list.at[0].text, "start xxx", 9);
}

static const struct unum_source source = {
    "dir/a.json", UNUM_STR_INIT("{\n\t\"k\xc3\xa9y\": 1,\r\n  \"b\\u0001\": \"\x01\xff\"\n}")};

static size_t at(const char *text)
{
    return unum_str_search(source.text, unum_str_from(text));
}

static void places_count_characters(void **state)
{
    (void)state;
    struct unum_place place = unum_source_place(&source, at("1,"));
    assert_int_equal(place.line, 2);
    assert_int_equal(place.column, 9); /* a tab and a two-byte character are one column each */
    assert_true(unum_str_is(place.line_text, "\t\"k\xc3\xa9y\": 1,"));
    place = unum_source_place(&source, SIZE_MAX);
    assert_int_equal(place.line, 4);
    assert_int_equal(place.column, 2);
    struct unum_source empty = {"e", UNUM_STR_NONE};
    place = unum_source_place(&empty, 0);
    assert_true(place.line == 1 && place.column == 1 && place.line_text.len == 0);
}

static void prints_the_line_and_carets(void **state)
{
    (void)state;
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    size_t k = at("\"k");
    unum_diag_add(&diags, UNUM_E0101, (struct unum_span){&source, k, k + 6}, "bad %s", "key");
    unum_diag_hint(&diags, "write %d", 1);
    unum_diag_add(&diags, UNUM_W0210, (struct unum_span){&source, at("\x01"), at("\x01")}, "odd");
    unum_diag_add(&diags, UNUM_CODE_NONE, (struct unum_span){0}, "no place");
    assert_int_equal(diags.errors, 2);
    assert_int_equal(diags.warnings, 1);
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_diags_print(&diags, false, &out);
    assert_string_equal(unum_buf_text(&out), "dir/a.json:2:2: error[E0101]: bad key\n"
                                             " 2 |  \"k\xc3\xa9y\": 1,\n"
                                             "   |  ^^^^^\n"
                                             "  help: write 1\n"
                                             "dir/a.json:3:15: warning[W0210]: odd\n"
                                             " 3 |   \"b\\u0001\": \"??\"\n"
                                             "   |               ^\n"
                                             "error: no place\n");
    unum_buf_clear(&out);
    unum_diags_print(&diags, true, &out);
    assert_non_null(strstr(unum_buf_text(&out), "\033[1;31merror[E0101]\033[0m: bad key\n"));
    assert_non_null(strstr(unum_buf_text(&out), "   |  \033[1;31m^^^^^\033[0m\n"));
}

static void long_lines_are_cut_around_the_caret(void **state)
{
    (void)state;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    for (int i = 0; i < 500; i++)
        unum_buf_adds(&text, "\xc3\xa9");
    unum_buf_adds(&text, "HERE");
    for (int i = 0; i < 500; i++)
        unum_buf_adds(&text, "\xe2\x82\xac");
    struct unum_source line = {"l", unum_buf_str(&text)};
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    unum_diag_add(&diags, UNUM_E0101, (struct unum_span){&line, 1000, 1004}, "x");
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_diags_print(&diags, false, &out);
    assert_true(unum_utf8_valid(unum_buf_str(&out)));
    struct unum_str rest = unum_buf_str(&out);
    struct unum_str head = UNUM_STR_NONE;
    struct unum_str shown = UNUM_STR_NONE;
    struct unum_str carets = UNUM_STR_NONE;
    assert_true(unum_str_split(&rest, '\n', &head) && unum_str_split(&rest, '\n', &shown) &&
                unum_str_split(&rest, '\n', &carets));
    assert_true(unum_str_is(head, "l:1:501: error[E0101]: x"));
    assert_true(shown.len < 200 && unum_str_ends(shown, UNUM_STR("...")));
    /* The carets stand below HERE: as many characters, not bytes, in front. */
    size_t characters = 0;
    for (struct unum_str s = unum_str_slice(shown, 0, unum_str_search(shown, UNUM_STR("HERE")));
         s.len; s = unum_str_from_pos(s, unum_utf8_length(s)))
        characters++;
    assert_int_equal(unum_str_find(carets, '^'), characters);
    assert_true(unum_str_ends(carets, UNUM_STR(" ^^^^")));
}

static void writes_json(void **state)
{
    (void)state;
    struct unum_source odd = {"a\"\xff", UNUM_STR("x\ny")};
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    unum_diag_add(&diags, UNUM_E0102, (struct unum_span){&odd, 0, 3}, "a\n\x01\\\xff\"");
    unum_diag_hint(&diags, "h");
    unum_diag_add(&diags, UNUM_CODE_NONE, (struct unum_span){0}, "b");
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_diags_json(&diags, &out);
    assert_string_equal(
        unum_buf_text(&out),
        "[{\"id\":\"E0102\",\"level\":\"error\",\"path\":\"a\\\"\xef\xbf\xbd\",\"line\":1,"
        "\"column\":1,\"endLine\":2,\"endColumn\":2,"
        "\"message\":\"a\\u000a\\u0001\\\\\xef\xbf\xbd\\\"\",\"help\":\"h\"},"
        "{\"id\":\"\",\"level\":\"error\",\"message\":\"b\"}]");
}

static void sorts_by_source_and_place(void **state)
{
    (void)state;
    struct unum_source b = {"b", UNUM_STR("0123456789")};
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    const struct unum_source *sources[] = {&source, &b, &source, &b, &source, &source};
    static const size_t starts[] = {5, 3, 1, 2, 5, 0};
    static const char *const texts[] = {"a5", "b3", "a1", "b2", "a5 again", "a0"};
    for (size_t i = 0; i < UNUM_COUNT(starts); i++)
        unum_diag_add(&diags, UNUM_E0101, (struct unum_span){sources[i], starts[i], starts[i]},
                      "%s", texts[i]);
    unum_diags_sort(&diags);
    static const char *const sorted[] = {"a0", "a1", "a5", "a5 again", "b2", "b3"};
    for (size_t i = 0; i < UNUM_COUNT(sorted); i++)
        assert_string_equal(diags.list.at[i].text, sorted[i]);
}

static void counts_what_it_drops(void **state)
{
    (void)state;
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    for (int i = 0; i < UNUM_LIMIT_DIAGS + 7; i++) {
        unum_diag_add(&diags, UNUM_E0101, (struct unum_span){0}, "%d", i);
        unum_diag_hint(&diags, "hint %d", i);
    }
    assert_int_equal(diags.list.len, UNUM_LIMIT_DIAGS);
    assert_int_equal(diags.errors, UNUM_LIMIT_DIAGS + 7);
    assert_string_equal(diags.list.at[UNUM_LIMIT_DIAGS - 1].hint, "hint 99");
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_diags_print(&diags, false, &out);
    assert_true(unum_str_ends(unum_buf_str(&out), UNUM_STR("and 7 more\n")));
}

static void every_code_is_explained(void **state)
{
    (void)state;
    for (enum unum_code code = UNUM_CODE_NONE + 1; code < UNUM_CODE_COUNT; code++) {
        const struct unum_code_row *row = unum_code_row(code);
        static const char letters[] = "EWN";
        assert_int_equal(strlen(row->id), 5);
        assert_int_equal(row->id[0], letters[row->level]);
        assert_true(*row->title && *row->explanation);
        assert_ptr_equal(unum_code_find(unum_str_from(row->id)), row);
        if (code > 1 && strcmp(row->id + 1, unum_code_row(code - 1)->id + 1) <= 0)
            fail_msg("%s is out of order", row->id);
    }
    assert_ptr_equal(unum_code_find(UNUM_STR("e0101")), unum_code_row(UNUM_E0101));
    assert_null(unum_code_find(UNUM_STR("E9999")));
    assert_null(unum_code_find(UNUM_STR("")));
}

static void proposes_the_nearest_name(void **state)
{
    (void)state;
    static const struct {
        const char *name, *best;
    } rows[] = {{"Shp", "Ship"}, {"Ships", "Ship"}, {"Payy", "Pay"}, {"Unlike", NULL}, {"", NULL}};
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_nearest nearest;
        unum_nearest_init(&nearest, unum_str_from(rows[i].name));
        unum_nearest_try(&nearest, UNUM_STR("Pay"));
        unum_nearest_try(&nearest, UNUM_STR("Ship"));
        assert_true(unum_str_eq(nearest.best, unum_str_from(rows[i].best)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_have_rows),
        cmocka_unit_test(errors_gather_context),
        cmocka_unit_test(long_messages_are_cut_not_lost),
        cmocka_unit_test(places_count_characters),
        cmocka_unit_test(prints_the_line_and_carets),
        cmocka_unit_test(long_lines_are_cut_around_the_caret),
        cmocka_unit_test(writes_json),
        cmocka_unit_test(sorts_by_source_and_place),
        cmocka_unit_test(counts_what_it_drops),
        cmocka_unit_test(every_code_is_explained),
        cmocka_unit_test(proposes_the_nearest_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
