#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "aws/profile.h"
#include "base/file.h"
#include "base/limits.h"
#include "support/temp_dir.h"

static int parse(const char *config, const char *credentials, struct aws_profiles **ret,
                 struct unum_err *err)
{
    const struct unum_str texts[] = {unum_str_from(config), unum_str_from(credentials)};
    const struct unum_str paths[] = {UNUM_STR("config"), UNUM_STR("credentials")};
    return aws_profiles_parse(texts, paths, ret, err);
}

static const struct aws_section *profile(const struct aws_profiles *profiles, const char *name)
{
    return aws_profiles_find(profiles, AWS_SECTION_PROFILE, unum_str_from(name));
}

static void expect(const struct aws_section *section, const char *key, const char *value)
{
    struct unum_str got = aws_section_get(section, key);
    if (!unum_str_is(got, value))
        fail_msg("%s is \"%.*s\", not \"%s\"", key, UNUM_STR_ARG(got), value);
}

static void reads_every_form(void **state)
{
    (void)state;
    static const char config[] = "\xef\xbb\xbf# a comment\n"
                                 "; another\r\n"
                                 "[default]\r\n"
                                 "Region = eu-west-1 # home\r\n"
                                 "output: json\n"
                                 "\n"
                                 "[ profile  \"two words\" ] # why not\n"
                                 "role_arn=arn:aws:iam::1:role/a:b\n"
                                 "credential_process = run --a #1\n"
                                 "  # comment between\n"
                                 "empty =\n"
                                 "s3 =\n"
                                 "  max_concurrent_requests = 20\n"
                                 "\taddressing_style = path ; inline\n"
                                 "region = a\n"
                                 "region = b\n"
                                 "[sso-session corp]\n"
                                 "sso_region = eu-west-1\n"
                                 "[services local]\n"
                                 "lambda = \n"
                                 "  endpoint_url = http://127.0.0.1:1/x?a=b#c\n"
                                 "s3 = \n"
                                 "  endpoint_url = http://127.0.0.1:2\n"
                                 "[profile last]\n"
                                 "region = z";
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct aws_profiles *profiles = NULL;
    if (parse(config, "", &profiles, &err) < 0)
        fail_msg("%s", unum_err_text(&err));
    expect(profile(profiles, "default"), "region", "eu-west-1");
    expect(profile(profiles, "default"), "output", "json");
    const struct aws_section *two = profile(profiles, "two words");
    expect(two, "role_arn", "arn:aws:iam::1:role/a:b");
    expect(two, "credential_process", "run --a #1");
    expect(two, "empty", "");
    expect(two, "region", "b");
    const struct aws_setting *style = aws_section_nested(two, "s3", "addressing_style");
    assert_non_null(style);
    assert_true(unum_str_is(style->value, "path"));
    assert_int_equal(style->line, 14);
    assert_null(aws_section_nested(two, "s3", "other"));
    assert_null(aws_section_nested(two, "absent", "other"));
    expect(aws_profiles_find(profiles, AWS_SECTION_SSO_SESSION, UNUM_STR("corp")), "sso_region",
           "eu-west-1");
    const struct aws_section *services =
        aws_profiles_find(profiles, AWS_SECTION_SERVICES, UNUM_STR("local"));
    assert_true(unum_str_is(aws_section_nested(services, "lambda", "endpoint_url")->value,
                            "http://127.0.0.1:1/x?a=b#c"));
    expect(profile(profiles, "last"), "region", "z");
    assert_null(profile(profiles, "corp"));
    assert_null(profile(NULL, "corp"));
    aws_profiles_free(profiles);
}

static void merges_and_lets_credentials_win(void **state)
{
    (void)state;
    struct aws_profiles *profiles = NULL;
    assert_int_equal(parse("[default]\nregion = old\nfrom = bare\n"
                           "[profile default]\nregion = new\naws_access_key_id = CONFIG\n"
                           "[default]\nregion = ignored\n"
                           "[profile x]\nregion = c\noutput = text\n",
                           "[default]\naws_access_key_id = CREDENTIALS\n[x]\nregion = d\n"
                           "[only]\nregion = e\n",
                           &profiles, NULL),
                     0);
    const struct aws_section *section = profile(profiles, "default");
    expect(section, "region", "new");
    expect(section, "from", "");
    expect(section, "aws_access_key_id", "CREDENTIALS");
    assert_true(
        unum_str_is(aws_section_get_from(section, "aws_access_key_id", AWS_FILE_CONFIG), "CONFIG"));
    expect(profile(profiles, "x"), "region", "d");
    expect(profile(profiles, "x"), "output", "text");
    expect(profile(profiles, "only"), "region", "e");
    assert_true(profile(profiles, "x")->in_file[AWS_FILE_CONFIG]);
    assert_false(profile(profiles, "only")->in_file[AWS_FILE_CONFIG]);
    aws_profiles_free(profiles);
}

static void names_file_and_line_of_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *config, *credentials, *message;
    } rows[] = {
        {"a = b\n", "", "config:1: a setting stands before the first section"},
        {"", "[x]\n\nSECRETTEXT\n", "credentials:3: this is neither \"key = value\" nor a section"},
        {"[x\n", "", "config:1: a section's name has no \"]\""},
        {"[x] y\n", "", "config:1: there is text after a section's \"]\""},
        {"[ ]\n", "", "config:1: a section has no name"},
        {"[default]\n= SECRETTEXT\n", "", "config:2: a setting has no name"},
        {"[default]\ns3 =\n  what\n", "",
         "config:3: this is neither \"key = value\" nor a section"},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        struct aws_profiles *profiles = NULL;
        assert_int_equal(parse(rows[i].config, rows[i].credentials, &profiles, &err), UNUM_E_PARSE);
        assert_string_equal(unum_err_text(&err), rows[i].message);
        assert_null(profiles);
    }
}

static void bounds_what_it_keeps(void **state)
{
    (void)state;
    struct unum_buf UNUM_AUTO_BUF many = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct aws_profiles *profiles = NULL;
    for (int i = 0; i < 2001; i++)
        unum_buf_printf(&many, "[profile p%d]\n", i);
    assert_int_equal(parse(unum_buf_text(&many), "", &profiles, NULL), UNUM_E_PARSE);
    unum_buf_clear(&many);
    unum_buf_adds(&many, "[default]\n");
    for (int i = 0; i < 1001; i++)
        unum_buf_printf(&many, "k%d = 1\n", i);
    assert_int_equal(parse(unum_buf_text(&many), "", &profiles, NULL), UNUM_E_PARSE);
    unum_buf_clear(&many);
    while (many.len <= UNUM_LIMIT_PROFILES)
        unum_buf_adds(&many, "# comment comment comment comment comment comment comment\n");
    assert_int_equal(parse(unum_buf_text(&many), "", &profiles, NULL), UNUM_E_LIMIT);
}

static void says_where_a_profile_was_looked_for(void **state)
{
    (void)state;
    static const struct {
        const char *name, *hint;
    } rows[] = {
        {"stagin", "did you mean \"staging\"?"},
        {"bare", "in the config file the section's name is [profile bare]"},
        {"worded", "in the credentials file the section's name is [worded]"},
        {"nothing like it", NULL},
    };
    struct aws_profiles *profiles = NULL;
    assert_int_equal(parse("[profile staging]\n[bare]\n", "[profile worded]\n", &profiles, NULL),
                     0);
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        const struct aws_section *section = NULL;
        assert_int_equal(aws_profiles_need(profiles, AWS_SECTION_PROFILE,
                                           unum_str_from(rows[i].name), &section, &err),
                         UNUM_E_NOTFOUND);
        assert_non_null(strstr(err.msg, "config"));
        assert_non_null(strstr(err.msg, "credentials"));
        if (rows[i].hint)
            assert_string_equal(err.hint, rows[i].hint);
        else
            assert_null(err.hint);
    }
    aws_profiles_free(profiles);
}

static void keep_line(void *cookie, enum unum_log_level level, struct unum_str line)
{
    (void)level;
    unum_buf_add(cookie, line);
}

static void finds_the_files(void **state)
{
    struct temp_dir *dir = *state;
    struct unum_buf UNUM_AUTO_BUF lines = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    const struct unum_log log = {UNUM_LOG_WARN, &lines, keep_line};
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct aws_profiles *profiles = NULL;
    unsetenv("AWS_CONFIG_FILE");
    unsetenv("AWS_SHARED_CREDENTIALS_FILE");
    setenv("HOME", dir->path, 1);
    assert_int_equal(aws_profiles_load(&log, &profiles, &err), 0);
    assert_false(profiles->present[AWS_FILE_CONFIG]);
    aws_profiles_free(profiles);

    assert_int_equal(unum_make_dirs(temp_path(dir, ".aws"), NULL), 0);
    const char *credentials = temp_path(dir, ".aws/credentials");
    assert_int_equal(unum_file_write(temp_path(dir, ".aws/config"),
                                     UNUM_STR("[default]\nregion = home\n"), 0644, NULL),
                     0);
    assert_int_equal(unum_file_write(credentials,
                                     UNUM_STR("[default]\naws_secret_access_key = SECRETTEXT\n"),
                                     0644, NULL),
                     0);
    assert_int_equal(chmod(credentials, 0644), 0);
    assert_int_equal(aws_profiles_load(&log, &profiles, &err), 0);
    expect(profile(profiles, "default"), "region", "home");
    aws_profiles_free(profiles);
    assert_non_null(strstr(unum_buf_text(&lines), "other users may read"));
    assert_null(strstr(unum_buf_text(&lines), "SECRETTEXT"));

    unum_buf_clear(&lines);
    assert_int_equal(chmod(credentials, 0600), 0);
    assert_int_equal(unum_file_write(temp_path(dir, "other"),
                                     UNUM_STR("[default]\nregion = other\n"), 0644, NULL),
                     0);
    setenv("AWS_CONFIG_FILE", "~/other", 1);
    assert_int_equal(aws_profiles_load(&log, &profiles, &err), 0);
    expect(profile(profiles, "default"), "region", "other");
    aws_profiles_free(profiles);
    assert_int_equal(lines.len, 0);

    if (geteuid() != 0) {
        assert_int_equal(chmod(credentials, 0), 0);
        assert_int_equal(aws_profiles_load(&log, &profiles, &err), UNUM_E_DENIED);
        assert_non_null(strstr(err.hint, "chmod u+r"));
    }
    setenv("AWS_CONFIG_FILE", dir->path, 1); /* a folder */
    unum_err_clear(&err);
    assert_true(aws_profiles_load(&log, &profiles, &err) < 0);
    assert_non_null(strstr(unum_err_text(&err), dir->path));
    unsetenv("AWS_CONFIG_FILE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_form),
        cmocka_unit_test(merges_and_lets_credentials_win),
        cmocka_unit_test(names_file_and_line_of_what_is_wrong),
        cmocka_unit_test(bounds_what_it_keeps),
        cmocka_unit_test(says_where_a_profile_was_looked_for),
        cmocka_unit_test_setup_teardown(finds_the_files, temp_dir_setup, temp_dir_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
