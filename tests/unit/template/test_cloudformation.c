#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/proc.h"
#include "template/cloudformation.h"
#include "template/reach.h"

#define GOLDEN UNUM_SOURCE_DIR "/tests/golden/template/cloudformation/"

/* A Map of Resize between First and Last; states stand in the order of their names. */
static struct unum_str branches[] = {UNUM_STR_INIT("Resize")};
static struct unum_str within[] = {UNUM_STR_INIT("Each")};
static struct ir_state states[] = {
    {.name = UNUM_STR_INIT("Each"),
     .type = IR_STATE_MAP,
     .branches = branches,
     .branches_len = 1,
     .next = UNUM_STR_INIT("Last")},
    {.name = UNUM_STR_INIT("Last"), .type = IR_STATE_TASK, .node = UNUM_STR_INIT("Last-one")},
    {.name = UNUM_STR_INIT("Resize"), .type = IR_STATE_TASK, .node = UNUM_STR_INIT("Resize")},
};

static struct ir_node compiled[] = {
    {.name = UNUM_STR_INIT("First"),
     .compiled = true,
     .has_region = true,
     .then = UNUM_STR_INIT("Each"),
     .states = states,
     .states_len = 3},
    {.name = UNUM_STR_INIT("Resize"),
     .compiled = true,
     .has_region = true,
     .within = within,
     .within_len = 1,
     .states = states,
     .states_len = 3},
    {.name = UNUM_STR_INIT("Last-one"), .compiled = true, .has_region = true},
    {.name = UNUM_STR_INIT(IR_FAILURES_NODE), .compiled = true, .nodes = compiled, .nodes_len = 3},
};

static struct app_pair tags[] = {{UNUM_STR_INIT("team"), UNUM_STR_INIT("yes")}};
static struct app_pair variables[] = {{UNUM_STR_INIT("GREETING"), UNUM_STR_INIT("a \"b\" $c")}};
static struct unum_str policies[] = {UNUM_STR_INIT("AmazonS3ReadOnlyAccess"),
                                     UNUM_STR_INIT("arn:aws:iam::123456789012:policy/mine")};
static struct unum_str statements[] = {
    UNUM_STR_INIT("{\"Effect\":\"Allow\",\"Action\":\"s3:GetObject\",\"Resource\":{\"Fn::Sub\":"
                  "\"arn:${AWS::Partition}:s3:::photos/*\"}}")};
static struct app_function functions[] = {
    {.name = UNUM_STR_INIT("First"), .memory_mb = 256, .timeout_s = 60, .arch = APP_ARCH_X86_64},
    {.name = UNUM_STR_INIT("Resize"),
     .memory_mb = 1024,
     .timeout_s = 300,
     .arch = APP_ARCH_ARM64,
     .environment = variables,
     .environment_len = 1,
     .tags = tags,
     .tags_len = 1,
     .policies = policies,
     .policies_len = 2,
     .statements = statements,
     .statements_len = 1},
    {.name = UNUM_STR_INIT("Last-one"), .memory_mb = 128, .timeout_s = 3, .arch = APP_ARCH_ARM64},
};
static const struct app app = {
    .name = UNUM_STR_INIT("photos"),
    .platform = UNUM_STR_INIT("aws"),
    .store_type = UNUM_STR_INIT("dynamodb"),
    .store_name = UNUM_STR_INIT("photos-unum-intermediate-datastore"),
    .checkpoint = true,
    .retention_s = 30 * 86400,
    .max_inline_wait_s = 60,
    .tags = tags,
    .tags_len = 1,
    .functions = functions,
    .functions_len = 3,
};

static void render(enum cloudformation_format format, struct unum_buf *out)
{
    struct cloudformation_node nodes[4] = {0};
    for (size_t i = 0; i < 4; i++) {
        nodes[i].node = compiled[i].name;
        nodes[i].function = i < 3 ? functions[i].name : UNUM_STR("");
        nodes[i].ir = &compiled[i];
    }
    nodes[1].bucket = UNUM_STR("artifacts");
    nodes[1].key = UNUM_STR("photos/abc.zip");
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    assert_int_equal(cloudformation_render(&app, nodes, 4, UNUM_STR("First"), format, out, &err),
                     0);
}

static void assert_golden(const char *path, struct unum_buf *made)
{
    struct unum_buf UNUM_AUTO_BUF golden = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    if (getenv("UNUM_UPDATE_GOLDEN"))
        assert_int_equal(unum_file_update(path, unum_buf_str(made), 0644, NULL), 0);
    assert_int_equal(unum_file_read(path, &golden, NULL), 0);
    assert_string_equal(unum_buf_text(made), unum_buf_text(&golden));
}

static void renders_the_golden_template(void **state)
{
    (void)state;
    struct unum_buf UNUM_AUTO_BUF made = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    render(CLOUDFORMATION_PLAIN, &made);
    assert_golden(GOLDEN "map.yaml", &made);
    unum_buf_clear(&made);
    render(CLOUDFORMATION_SAM, &made);
    assert_golden(GOLDEN "map-sam.yaml", &made);
}

static void renders_the_managed_bucket(void **state)
{
    (void)state;
    struct unum_buf UNUM_AUTO_BUF made = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    assert_int_equal(cloudformation_managed_bucket_render(&made, NULL), 0);
    assert_golden(GOLDEN "managed-bucket.yaml", &made);
}

static void says_when_the_buffer_is_too_small(void **state)
{
    (void)state;
    struct unum_buf UNUM_AUTO_BUF made = UNUM_BUF_INIT(100);
    assert_int_equal(cloudformation_managed_bucket_render(&made, NULL), UNUM_E_LIMIT);
}

static void passes_cfn_lint(void **state)
{
    (void)state;
    struct unum_buf UNUM_AUTO_BUF output = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    const char *const argv[] = {"cfn-lint", "--regions",       "eu-central-1",
                                "--",       GOLDEN "map.yaml", GOLDEN "managed-bucket.yaml",
                                NULL};
    struct unum_proc_spec spec = UNUM_PROC_SPEC;
    spec.argv = argv;
    int status;
    int rc = unum_proc_run(&spec, &output, &status, NULL);
    if (rc == UNUM_E_NOTFOUND) {
        print_message("skipped: cfn-lint not installed\n");
        skip();
    }
    if (rc != 0 || status != 0)
        fail_msg("%s", unum_buf_text(&output));
}

static bool reaches(const struct ir_node *node, const char *target)
{
    struct unum_map UNUM_AUTO_MAP targets = UNUM_MAP_INIT;
    reach_targets(node, &targets);
    return unum_map_has(&targets, unum_str_from(target));
}

static void reaches_exactly_what_a_region_invokes(void **state)
{
    (void)state;
    assert_true(reaches(&compiled[0], "Resize"));
    assert_true(reaches(&compiled[0], "Last-one")); /* a Map without elements */
    assert_true(reaches(&compiled[0], "First"));    /* a wide fan-out handed over */
    assert_true(reaches(&compiled[1], "Last-one"));
    assert_false(reaches(&compiled[1], "First"));
    assert_false(reaches(&compiled[1], "Resize"));
    assert_false(reaches(&compiled[2], "First"));
    assert_true(reaches(&compiled[3], "First"));
    assert_true(reaches(&compiled[3], "Resize"));
}

static void reaches_itself_where_starts_may_be_handed_over(void **state)
{
    (void)state;
    static struct unum_str flat[] = {UNUM_STR_INIT("A"), UNUM_STR_INIT("B")};
    static struct unum_str nested[] = {UNUM_STR_INIT("A"), UNUM_STR_INIT("Inner")};
    static struct ir_state some[] = {
        {.name = UNUM_STR_INIT("A"), .type = IR_STATE_TASK, .node = UNUM_STR_INIT("A")},
        {.name = UNUM_STR_INIT("B"), .type = IR_STATE_TASK, .node = UNUM_STR_INIT("B")},
        {.name = UNUM_STR_INIT("Inner"),
         .type = IR_STATE_PARALLEL,
         .branches = flat,
         .branches_len = 2},
        {.name = UNUM_STR_INIT("Outer"),
         .type = IR_STATE_PARALLEL,
         .branches = nested,
         .branches_len = 2},
    };
    struct ir_node node = {.name = UNUM_STR("Opens"),
                           .compiled = true,
                           .has_region = true,
                           .then = UNUM_STR("Inner"),
                           .states = some,
                           .states_len = 4};
    assert_false(reaches(&node, "Opens"));
    node.then = UNUM_STR("Outer");
    assert_true(reaches(&node, "Opens"));
    assert_true(reaches(&node, "B"));

    struct ir_edge edges[] = {{.name = UNUM_STR("Sum"), .input = IR_FANIN},
                              {.name = UNUM_STR("Next"), .input = IR_SCALAR}};
    struct ir_node written = {.name = UNUM_STR("Ends"), .edges = edges, .edges_len = 1};
    assert_false(reaches(&written, "Ends"));
    written.edges_len = 2;
    assert_true(reaches(&written, "Ends"));
}

static void refuses_more_than_a_stack_holds(void **state)
{
    (void)state;
    enum { MANY = 125 };
    struct cloudformation_node nodes[MANY] = {0};
    for (size_t i = 0; i < MANY; i++)
        nodes[i] = (struct cloudformation_node){.node = compiled[0].name, .ir = &compiled[0]};
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    assert_int_equal(cloudformation_render(&app, nodes, MANY, UNUM_STR("First"),
                                           CLOUDFORMATION_PLAIN, &out, &err),
                     UNUM_E_LIMIT);
    assert_non_null(strstr(unum_err_text(&err), "500"));
}

/* 120 functions stay below 500 resources; their environments make it more than 1 MB. */
static void refuses_a_template_that_is_too_large(void **state)
{
    (void)state;
    enum { MANY = 120, LONG = 12000 };
    struct unum_buf UNUM_AUTO_BUF value = UNUM_BUF_INIT(LONG);
    for (size_t i = 0; i < LONG; i++)
        unum_buf_addc(&value, 'x');
    struct app_pair large = {UNUM_STR("LARGE"), unum_buf_str(&value)};
    struct app_function function = functions[0];
    struct app own = app;
    own.source = (struct unum_source){"unum-template.yaml", UNUM_STR("Globals:\n")};
    own.functions = &function;
    own.functions_len = 1;
    function.environment = &large;
    function.environment_len = 1;
    struct cloudformation_node nodes[MANY] = {0};
    for (size_t i = 0; i < MANY; i++)
        nodes[i] = (struct cloudformation_node){
            .node = compiled[2].name, .function = function.name, .ir = &compiled[2]};
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    assert_int_equal(cloudformation_render(&own, nodes, MANY, UNUM_STR("First"),
                                           CLOUDFORMATION_PLAIN, &out, &err),
                     UNUM_E_LIMIT);
    assert_non_null(strstr(unum_err_text(&err), "unum-template.yaml: "));
    assert_non_null(strstr(unum_err_text(&err), "1048576"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(renders_the_golden_template),
        cmocka_unit_test(renders_the_managed_bucket),
        cmocka_unit_test(says_when_the_buffer_is_too_small),
        cmocka_unit_test(passes_cfn_lint),
        cmocka_unit_test(reaches_exactly_what_a_region_invokes),
        cmocka_unit_test(reaches_itself_where_starts_may_be_handed_over),
        cmocka_unit_test(refuses_more_than_a_stack_holds),
        cmocka_unit_test(refuses_a_template_that_is_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
