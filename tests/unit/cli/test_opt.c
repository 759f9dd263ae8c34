#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "../cli/opt.h"
#include "../cli/ui.h"

struct args {
    bool all, dry;
    int verbose, colour;
    const char *name;
    int64_t jobs, timeout_ms;
    struct opt_values tags;
};

static const char *const colours[] = {"red", "green", NULL};

static const struct opt_row rows[] = {
    {.letter = 'a', .name = "all", .type = OPT_FLAG, .at = offsetof(struct args, all)},
    {.name = "dry-run", .type = OPT_FLAG, .at = offsetof(struct args, dry), .env = "OPT_DRY"},
    {.letter = 'v', .name = "verbose", .type = OPT_COUNT, .at = offsetof(struct args, verbose)},
    {.letter = 'n',
     .name = "name",
     .placeholder = "NAME",
     .type = OPT_STRING,
     .at = offsetof(struct args, name),
     .env = "OPT_NAME",
     .preset = "nobody"},
    {.letter = 'j',
     .name = "jobs",
     .placeholder = "N",
     .type = OPT_INT,
     .at = offsetof(struct args, jobs),
     .min = -2,
     .max = 9},
    {.name = "timeout",
     .placeholder = "TIME",
     .type = OPT_DURATION,
     .at = offsetof(struct args, timeout_ms),
     .min = 1,
     .max = 1000000000,
     .preset = "1.5s"},
    {.name = "colour",
     .placeholder = "WHICH",
     .type = OPT_CHOICE,
     .at = offsetof(struct args, colour),
     .choices = colours},
    {.name = "tag", .placeholder = "TAG", .type = OPT_LIST, .at = offsetof(struct args, tags)},
    OPT_END,
};

enum { MOST = 12 };

/* One command line, what it sets, what is left. NULL error: it must be accepted. */
struct line {
    const char *argv[MOST];
    const char *error, *hint;
    struct args want;
    const char *operands; /* joined by blanks */
};

static const struct line lines[] = {
    {.argv = {NULL}, .want = {.name = "nobody", .timeout_ms = 1500}, .operands = ""},
    {.argv = {"--all", "x", "-v", "y", "-vv"},
     .want = {.all = true, .verbose = 3, .name = "nobody", .timeout_ms = 1500},
     .operands = "x y"},
    {.argv = {"-avnme"},
     .want = {.all = true, .verbose = 1, .name = "me", .timeout_ms = 1500},
     .operands = ""},
    {.argv = {"--name=", "--name", "--all", "-"},
     .want = {.name = "--all", .timeout_ms = 1500},
     .operands = "-"},
    {.argv = {"-n", "-x", "-j-2", "--no-all", "--no-verbose"},
     .want = {.name = "-x", .jobs = -2, .timeout_ms = 1500},
     .operands = ""},
    {.argv = {"--all", "--no-all", "--", "--all", "--", "-q"},
     .want = {.name = "nobody", .timeout_ms = 1500},
     .operands = "--all -- -q"},
    {.argv = {"--colour=green", "--timeout", "2m"},
     .want = {.name = "nobody", .colour = 1, .timeout_ms = 120000},
     .operands = ""},
    {.argv = {"--al"}, .error = "unknown option \"--al\"", .hint = "did you mean \"--all\"?"},
    {.argv = {"--no-name"}, .error = "unknown option \"--no-name\""},
    {.argv = {"-z"}, .error = "unknown option \"-z\""},
    {.argv = {"--all=1"}, .error = "option \"--all\" takes no value"},
    {.argv = {"--name"}, .error = "option \"--name\" needs a value: --name NAME"},
    {.argv = {"-aj"}, .error = "option \"-j\" needs a value: -j N"},
    {.argv = {"-j10"}, .error = "-j: \"10\" is not a number from -2 to 9"},
    {.argv = {"--jobs="}, .error = "--jobs: \"\" is not a number from -2 to 9"},
    {.argv = {"--timeout", "5"}, .error = "--timeout: \"5\" is not a duration"},
    {.argv = {"--timeout", "0"}, .error = "--timeout: \"0\" is not from 1 ms to 1000000000 ms"},
    {.argv = {"--colour", "gren"},
     .error = "--colour does not know \"gren\"",
     .hint = "did you mean \"green\"?"},
    {.argv = {"--colour", "mauve"},
     .error = "--colour does not know \"mauve\"",
     .hint = "choose one of: red, green"},
};

static void check_accepted(const struct line *line, const struct args *args,
                           const struct opt_values *operands)
{
    struct unum_buf joined = UNUM_BUF_INIT(1000);
    for (size_t i = 0; i < operands->list.len; i++)
        unum_buf_printf(&joined, "%s%s", i ? " " : "", operands->list.at[i]);
    assert_string_equal(unum_buf_text(&joined), line->operands);
    assert_string_equal(args->name, line->want.name);
    assert_int_equal(args->all, line->want.all);
    assert_int_equal(args->verbose, line->want.verbose);
    assert_int_equal(args->jobs, line->want.jobs);
    assert_int_equal(args->timeout_ms, line->want.timeout_ms);
    assert_int_equal(args->colour, line->want.colour);
    unum_buf_done(&joined);
}

static void reads_command_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNUM_COUNT(lines); i++) {
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        struct args args = {0};
        struct opt_set set = {rows, &args};
        struct opt_values operands = {0};
        char *argv[MOST];
        int argc = 0, used = 0;
        for (; argc < MOST && lines[i].argv[argc]; argc++)
            argv[argc] = unum_strdup(lines[i].argv[argc]);
        assert_int_equal(opt_prepare(&set, &err), 0);
        int rc = opt_parse(&set, 1, argc, argv, false, &operands, &used, &err);
        if (lines[i].error) {
            assert_int_equal(rc, UNUM_E_USAGE);
            assert_string_equal(unum_err_text(&err), lines[i].error);
            if (lines[i].hint)
                assert_string_equal(err.hint, lines[i].hint);
        } else {
            assert_int_equal(rc, 0);
            assert_int_equal(used, argc);
            check_accepted(&lines[i], &args, &operands);
        }
        opt_done(&set);
        unum_vec_done(&operands.list);
        while (argc)
            free(argv[--argc]);
    }
}

static void stops_before_the_first_operand(void **state)
{
    (void)state;
    struct args args = {0};
    struct opt_set set = {rows, &args};
    char *argv[] = {(char[]){"-v"}, (char[]){"verb"}, (char[]){"--unknown"}};
    int used = 0;
    assert_int_equal(opt_parse(&set, 1, 3, argv, true, NULL, &used, NULL), 0);
    assert_int_equal(used, 1);
    assert_int_equal(args.verbose, 1);
}

static void collects_lists(void **state)
{
    (void)state;
    struct args args = {0};
    struct opt_set set = {rows, &args};
    struct opt_values operands = {0};
    char *argv[] = {(char[]){"--tag=a"}, (char[]){"--tag"}, (char[]){"b"}};
    int used = 0;
    assert_int_equal(opt_parse(&set, 1, 3, argv, false, &operands, &used, NULL), 0);
    assert_int_equal(args.tags.list.len, 2);
    assert_string_equal(args.tags.list.at[1], "b");
    opt_done(&set);
}

static void prefers_the_earlier_table(void **state)
{
    (void)state;
    static const struct opt_row own[] = {
        {.name = "all", .type = OPT_COUNT, .at = offsetof(struct args, verbose)}, OPT_END};
    struct args first = {0}, second = {0};
    struct opt_set sets[] = {{own, &first}, {rows, &second}};
    struct opt_values operands = {0};
    char *argv[] = {(char[]){"--all"}, (char[]){"-a"}};
    int used = 0;
    assert_int_equal(opt_parse(sets, 2, 2, argv, false, &operands, &used, NULL), 0);
    assert_int_equal(first.verbose, 1);
    assert_true(second.all);
}

static void takes_the_environment_before_the_preset(void **state)
{
    (void)state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct args args = {0};
    struct opt_set set = {rows, &args};
    setenv("OPT_NAME", "env", 1);
    setenv("OPT_DRY", "yes", 1);
    assert_int_equal(opt_prepare(&set, &err), 0);
    assert_string_equal(args.name, "env");
    assert_true(args.dry);
    setenv("OPT_DRY", "perhaps", 1);
    assert_int_equal(opt_prepare(&set, &err), UNUM_E_USAGE);
    assert_string_equal(unum_err_text(&err), "OPT_DRY: \"perhaps\" is neither true nor false");
    unsetenv("OPT_NAME");
    unsetenv("OPT_DRY");
}

static void counts_operands(void **state)
{
    (void)state;
    static const struct opt_operand spec[] = {
        {.placeholder = "A", .help = "first"},
        {.placeholder = "B", .help = "more", .repeated = true},
        {0}};
    const char *words[] = {"1", "2", "3"};
    struct opt_values given = {.list = {words, 0, 3}};
    for (given.list.len = 0; given.list.len < 2; given.list.len++)
        assert_int_equal(opt_check_operands(spec, &given, NULL), UNUM_E_USAGE);
    for (; given.list.len <= 3; given.list.len++)
        assert_int_equal(opt_check_operands(spec, &given, NULL), 0);
    given.list.len = 0;
    assert_int_equal(opt_check_operands(NULL, &given, NULL), 0);
    given.list.len = 1;
    assert_int_equal(opt_check_operands(NULL, &given, NULL), UNUM_E_USAGE);
}

static void reads_durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms; /* -1: refused */
    } table[] = {
        {"0", 0},          {"250ms", 250}, {"30s", 30000}, {"1.5m", 90000}, {"2h", 7200000},
        {"7d", 604800000}, {"", -1},       {"5", -1},      {"s", -1},       {".5s", -1},
        {"1..5s", -1},     {"-1s", -1},    {"1 s", -1},    {"1sec", -1},    {"99999999999999d", -1},
        {"0x10s", -1},     {"1e3s", -1},   {"infs", -1}};
    for (size_t i = 0; i < UNUM_COUNT(table); i++) {
        int64_t ms = -1;
        bool good = opt_duration(unum_str_from(table[i].text), &ms);
        assert_int_equal(good ? ms : -1, table[i].ms);
    }
}

static void wraps_text(void **state)
{
    (void)state;
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(1000);
    ui_wrap(&out, "one two three\nfour", 6, 2, 10);
    assert_string_equal(unum_buf_text(&out), "one\n  two\n  three\n  four");
    unum_buf_clear(&out);
    ui_wrap(&out, "a\n\nb", 0, 0, 10);
    assert_string_equal(unum_buf_text(&out), "a\n\nb");
    unum_buf_clear(&out);
    ui_wrap(&out, "averyveryverylongword x", 0, 1, 10);
    assert_string_equal(unum_buf_text(&out), " averyveryverylongword\n x");
}

static void measures_width(void **state)
{
    (void)state;
    assert_int_equal(ui_width(UNUM_STR("abc")), 3);
    assert_int_equal(ui_width(UNUM_STR("\xc3\xa4")), 1);                 /* a umlaut */
    assert_int_equal(ui_width(UNUM_STR("\xe6\xbc\xa2\xe5\xad\x97")), 4); /* two wide characters */
    assert_int_equal(ui_width(UNUM_STR("\xff")), 1);                     /* broken */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_command_lines),
        cmocka_unit_test(stops_before_the_first_operand),
        cmocka_unit_test(collects_lists),
        cmocka_unit_test(prefers_the_earlier_table),
        cmocka_unit_test(takes_the_environment_before_the_preset),
        cmocka_unit_test(counts_operands),
        cmocka_unit_test(reads_durations),
        cmocka_unit_test(wraps_text),
        cmocka_unit_test(measures_width),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
