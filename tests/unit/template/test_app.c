#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "template/app.h"
#include "template/reader.h"

#define BAD UNUM_SOURCE_DIR "/tests/golden/template/bad"

struct reading {
    struct unum_arena arena;
    struct unum_diags diags;
    struct app *app;
};

static void done(struct reading *r)
{
    unum_diags_done(&r->diags);
    unum_arena_done(&r->arena);
}
#define AUTO_READING UNUM_AUTO(done)

/* Read a template given as text. */
static void read_text(struct reading *r, const char *text)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    char *UNUM_AUTO_FREE dir = NULL;
    assert_int_equal(unum_make_temp_dir("unum-app", &dir, &err), 0);
    char *UNUM_AUTO_FREE path = unum_path_join(dir, "unum-template.yaml");
    assert_int_equal(unum_file_write(path, unum_str_from(text), 0644, &err), 0);
    assert_int_equal(app_read(path, &r->arena, &r->diags, &r->app, &err), 0);
    assert_int_equal(unum_remove_tree(dir, &err), 0);
}

static void read_good(struct reading *r, const char *text)
{
    read_text(r, text);
    if (!r->app || r->diags.list.len) {
        struct unum_buf UNUM_AUTO_BUF shown = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        unum_diags_print(&r->diags, false, &shown);
        fail_msg("%s", unum_buf_text(&shown));
    }
}

#define IS(view, text) assert_true(unum_str_is((view), (text)))

static void fills_in_defaults(void **state)
{
    (void)state;
    struct reading AUTO_READING r = {0};
    read_good(&r, "Globals:\n  ApplicationName: orders\n"
                  "Functions:\n  Price:\n    Properties:\n      CodeUri: price/\n");
    const struct app *app = r.app;
    IS(app->name, "orders");
    IS(app->platform, "aws");
    IS(app->store_type, "dynamodb");
    IS(app->store_name, "orders-unum-intermediate-datastore");
    assert_false(app->store_name_set);
    assert_true(app->checkpoint);
    assert_false(app->gc || app->debug || app->eager);
    assert_int_equal(app->retention_s, 7 * 86400);
    assert_int_equal(app->max_inline_wait_s, 60);
    assert_int_equal(app->watchdog_s, 0);
    assert_int_equal(app->definition.len, 0);
    assert_int_equal(app->workflow_type.len, 0);
    assert_int_equal(app->functions_len, 1);
    const struct app_function *price = app_function(app, UNUM_STR("Price"));
    assert_non_null(price);
    IS(price->code_uri, "price");
    IS(price->runtime, "provided.al2023");
    IS(price->handler, "bootstrap");
    assert_int_equal(price->memory_mb, 256);
    assert_int_equal(price->timeout_s, 60);
    assert_true(price->start); /* the only one */
    IS(app_node_function(app, UNUM_STR("Price"), &r.arena), "orders-Price");
    assert_null(app_function(app, UNUM_STR("price")));
}

static void reads_every_key(void **state)
{
    (void)state;
    struct reading AUTO_READING r = {0};
    read_good(&r, "Globals:\n"
                  "  ApplicationName: orders\n"
                  "  WorkflowType: step-functions\n"
                  "  WorkflowDefinition: ./machines/orders.yaml\n"
                  "  FaaSPlatform: aws\n"
                  "  UnumIntermediaryDataStoreType: dynamodb\n"
                  "  UnumIntermediaryDataStoreName: my.table_1\n"
                  "  Checkpoint: false\n"
                  "  GC: false\n"
                  "  Debug: true\n"
                  "  Eager: false\n"
                  "  Retention: 2 weeks\n"
                  "  Watchdog: 0\n"
                  "  MaxInlineWait: 1m\n"
                  "  Tags: {team: blue, cost: 12}\n"
                  "  Region: eu-central-1\n"
                  "  MemorySize: 512\n"
                  "  Timeout: 90\n"
                  "  Architectures: [arm64]\n"
                  "  Runtime: provided.al2023\n"
                  "  Environment:\n"
                  "    Variables: {LEVEL: info, SHARED: 1}\n"
                  "Functions:\n"
                  "  Price: {Properties: {CodeUri: price}}\n"
                  "  Ship:\n"
                  "    Properties:\n"
                  "      CodeUri: ./fn/ship/\n"
                  "      Start: true\n"
                  "      MemorySize: 10240\n"
                  "      Timeout: 15 minutes\n"
                  "      Architectures: x86_64\n"
                  "      Runtime: provided.al2023\n"
                  "      Handler: ship\n"
                  "      Environment: {LEVEL: debug, OWN: true, EAGER: false}\n"
                  "      Policies:\n"
                  "        - AmazonS3ReadOnlyAccess\n"
                  "        - Statement: {Effect: Allow, Action: ['s3:GetObject', 's3:PutObject'],"
                  " Resource: 'arn:aws:s3:::b-${AWS::AccountId}/*'}\n"
                  "        - 'arn:aws:iam::aws:policy/X'\n");
    const struct app *app = r.app;
    IS(app->definition, "machines/orders.yaml");
    IS(app->store_name, "my.table_1");
    assert_true(app->store_name_set);
    assert_false(app->checkpoint);
    assert_true(app->debug);
    assert_int_equal(app->retention_s, 14 * 86400);
    assert_int_equal(app->max_inline_wait_s, 60);
    IS(app->region, "eu-central-1");
    assert_int_equal(app->tags_len, 2);
    IS(app->tags[1].value, "12");
    const struct app_function *price = &app->functions[0], *ship = &app->functions[1];
    assert_int_equal(price->memory_mb, 512);
    assert_int_equal(price->timeout_s, 90);
    assert_int_equal(price->arch, APP_ARCH_ARM64);
    assert_int_equal(price->environment_len, 2);
    IS(ship->code_uri, "fn/ship");
    assert_int_equal(ship->memory_mb, 10240);
    assert_int_equal(ship->timeout_s, 900);
    assert_int_equal(ship->arch, APP_ARCH_X86_64);
    IS(ship->handler, "ship");
    assert_true(ship->start);
    assert_int_equal(ship->environment_len, 4);
    IS(ship->environment[0].name, "LEVEL"); /* the function's value at the default's place */
    IS(ship->environment[0].value, "debug");
    IS(ship->environment[2].value, "true");
    assert_int_equal(ship->policies_len, 2);
    IS(ship->policies[1], "arn:aws:iam::aws:policy/X");
    assert_int_equal(ship->statements_len, 1);
    IS(ship->statements[0],
       "{\"Effect\":\"Allow\",\"Action\":[\"s3:GetObject\",\"s3:PutObject\"],\"Resource\":"
       "{\"Fn::Sub\":\"arn:aws:s3:::b-${AWS::AccountId}/*\"}}");
    struct app_pair *pairs;
    size_t len = app_environment(app, &r.arena, &pairs);
    assert_int_equal(len, 9);
    IS(pairs[0].name, "UNUM_APP");
    IS(pairs[0].value, "orders");
    IS(pairs[4].value, "false");
    IS(pairs[7].value, "1209600");
}

static void a_workflow_definition_has_a_default_name(void **state)
{
    (void)state;
    struct reading AUTO_READING r = {0};
    read_good(&r, "Globals: {ApplicationName: a, WorkflowType: step-functions}\n"
                  "Functions:\n  A: {Properties: {CodeUri: a}}\n  B: {Properties: {CodeUri: b}}\n");
    IS(r.app->definition, "unum-step-functions.json");
    assert_non_null(r.app->definition_span.source);
}

static void understands_durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds; /* -1: not understood */
    } rows[] = {
        {"90", 90},
        {"90s", 90},
        {"1 minute", 60},
        {"7 days", 604800},
        {"7d", 604800},
        {"168h", 604800},
        {"2w", 1209600},
        {"", -1},
        {"d", -1},
        {"-1", -1},
        {"1 fortnight", -1},
        {"1.5h", -1},
        {"9223372036854775807d", -1},
        {"99999999999999999999", -1},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        int64_t seconds = -1;
        bool ok = template_duration_parse(unum_str_from(rows[i].text), &seconds);
        if (ok != (rows[i].seconds >= 0) || seconds != rows[i].seconds)
            fail_msg("%s: %lld", rows[i].text, (long long)seconds);
    }
}

/* Each bad template lies beside what is said about it. UNUM_UPDATE_GOLDEN=1 rewrites. */
static void says_what_is_wrong(void **state)
{
    (void)state;
    struct unum_names names;
    assert_int_equal(unum_list_dir(BAD, &names, NULL), 0);
    /* Diagnostics name the file as the user did: relative. */
    assert_int_equal(chdir(BAD), 0);
    size_t cases = 0;
    for (size_t i = 0; i < names.list.len; i++) {
        struct unum_str name = unum_str_from(names.list.at[i]);
        if (!unum_str_ends(name, UNUM_STR(".yaml")))
            continue;
        cases++;
        struct reading AUTO_READING r = {0};
        assert_int_equal(app_read(names.list.at[i], &r.arena, &r.diags, &r.app, NULL), 0);
        assert_null(r.app);
        struct unum_buf UNUM_AUTO_BUF shown = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        struct unum_buf UNUM_AUTO_BUF golden = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        unum_diags_print(&r.diags, false, &shown);
        char *UNUM_AUTO_FREE path =
            unum_str_dup(unum_arena_printf(&r.arena, "%.*s.diag", (int)name.len - 5, name.ptr));
        if (getenv("UNUM_UPDATE_GOLDEN"))
            assert_int_equal(unum_file_update(path, unum_buf_str(&shown), 0644, NULL), 0);
        if (unum_file_read(path, &golden, NULL) < 0)
            fail_msg("%s is missing", path);
        assert_string_equal(unum_buf_text(&shown), unum_buf_text(&golden));
    }
    unum_names_done(&names);
    assert_true(cases >= 10);
}

static void a_missing_file_is_an_error(void **state)
{
    (void)state;
    struct reading AUTO_READING r = {0};
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    assert_int_equal(app_read("/nonexistent/unum-template.yaml", &r.arena, &r.diags, &r.app, &err),
                     UNUM_E_NOTFOUND);
    assert_null(r.app);
}

static void refuses_an_environment_that_lambda_would(void **state)
{
    (void)state;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_buf_adds(&text, "Globals: {ApplicationName: a}\nFunctions:\n  A:\n    Properties:\n"
                         "      CodeUri: a\n      Environment: {BIG: \"");
    for (int i = 0; i < 4096; i++)
        unum_buf_addc(&text, 'x');
    unum_buf_adds(&text, "\"}\n");
    struct reading AUTO_READING r = {0};
    read_text(&r, unum_buf_text(&text));
    assert_null(r.app);
    assert_int_equal(r.diags.list.at[0].code, UNUM_E0304);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_in_defaults),
        cmocka_unit_test(reads_every_key),
        cmocka_unit_test(a_workflow_definition_has_a_default_name),
        cmocka_unit_test(understands_durations),
        cmocka_unit_test(a_missing_file_is_an_error),
        cmocka_unit_test(refuses_an_environment_that_lambda_would),
        cmocka_unit_test(says_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
