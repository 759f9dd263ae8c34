/* Exchanges from tests/golden/db against both backends. */
#include "db_fixture.h"

#define CASES UNUM_SOURCE_DIR "/tests/golden/db"

/* Ids of tables are random. */
static void blank_ids(struct unum_buf *text)
{
    struct unum_str mark = UNUM_STR("\"TableId\":\"");
    size_t at = unum_str_search(unum_buf_str(text), mark);
    if (at != SIZE_MAX)
        for (size_t i = at + mark.len; i < text->len && text->ptr[i] != '"'; i++)
            text->ptr[i] = text->ptr[i] == '-' ? '-' : '0';
}

static bool is_request(struct unum_str line)
{
    return line.len && line.ptr[0] != '#' && !(line.ptr[0] >= '0' && line.ptr[0] <= '9');
}

/* Does the answer of the last call differ from the expected line? */
static bool differs(const struct db_fixture *f, struct unum_str expected)
{
    struct unum_str number, value;
    uint64_t status = 0;
    if (!unum_str_split(&expected, ' ', &number) || !unum_str_to_u64(number, &status) ||
        json_check(expected, &value, NULL))
        return true;
    return (int)status != f->status || !json_equal(value, unum_buf_str(&f->answer));
}

static void call_line(struct db_fixture *f, struct unum_str line)
{
    struct unum_str operation, body = line;
    (void)unum_str_split(&body, ' ', &operation);
    fixture_call_str(f, operation, body.ptr ? body : UNUM_STR(""), DB_NOW_MS);
    blank_ids(&f->answer);
}

struct run {
    const char *name;
    struct unum_buf rewritten;
    size_t requests, line_number, failures;
    bool expect; /* the line before was a request */
};

static void take_line(struct db_fixture *f, struct run *run, struct unum_str line)
{
    run->line_number++;
    bool answer_line = line.len && line.ptr[0] >= '0' && line.ptr[0] <= '9';
    if (run->expect && differs(f, answer_line ? line : UNUM_STR(""))) {
        run->failures++;
        print_error("%s:%zu: expected %.*s\n got %d %s\n", run->name, run->line_number,
                    UNUM_STR_ARG(line), f->status, unum_buf_text(&f->answer));
    }
    if (run->expect)
        unum_buf_printf(&run->rewritten, "%d %s\n", f->status, unum_buf_text(&f->answer));
    run->expect = is_request(line);
    if (run->expect) {
        call_line(f, line);
        run->requests++;
    }
    if (!answer_line)
        unum_buf_printf(&run->rewritten, "%.*s\n", UNUM_STR_ARG(line));
}

static void run_case(const char *name, bool on_disk)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    char *UNUM_AUTO_FREE path = unum_path_join(CASES, name);
    if (unum_file_read(path, &text, &err))
        fail_msg("%s", unum_err_text(&err));
    struct db_fixture f;
    struct run run = {.name = name, .rewritten = UNUM_BUF_INIT(UNUM_LIMIT_TEXT)};
    fixture_open(&f, on_disk);
    fixture_table(&f);
    struct unum_str rest = unum_str_trim(unum_buf_str(&text)), line;
    while (unum_str_split(&rest, '\n', &line))
        take_line(&f, &run, line);
    if (run.expect)
        take_line(&f, &run, UNUM_STR(""));
    fixture_close(&f);
    if (getenv("UNUM_UPDATE_GOLDEN")) {
        struct unum_str out = unum_str_trim(unum_buf_str(&run.rewritten));
        unum_buf_truncate(&run.rewritten, out.len);
        unum_buf_addc(&run.rewritten, '\n');
        assert_int_equal(unum_file_write(path, unum_buf_str(&run.rewritten), 0644, NULL), 0);
        run.failures = 0;
    }
    unum_buf_done(&run.rewritten);
    assert_true(run.requests > 3);
    assert_int_equal(run.failures, 0);
}

static void run_all(bool on_disk)
{
    struct unum_names names = {0};
    size_t cases = 0;
    assert_int_equal(unum_list_dir(CASES, &names, NULL), 0);
    for (size_t i = 0; i < names.list.len; i++) {
        if (!unum_str_ends(unum_str_from(names.list.at[i]), UNUM_STR(".case")))
            continue;
        run_case(names.list.at[i], on_disk);
        cases++;
    }
    unum_names_done(&names);
    assert_true(cases >= 9);
}

static void memory_answers_as_written(void **state)
{
    (void)state;
    run_all(false);
}

static void sqlite_answers_as_written(void **state)
{
    (void)state;
    run_all(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_answers_as_written),
        cmocka_unit_test(sqlite_answers_as_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
