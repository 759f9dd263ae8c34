#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/limits.h"
#include "deploy/difference.h"
#include "deploy/drift.h"
#include "deploy/sync.h"

/* ---- what differs beside the code ---- */

#define HEAD            "AWSTemplateFormatVersion: 2010-09-09\nMetadata:\n  a: 1\nResources:\n"
#define RESIZE          "  ResizeFunction:\n    Type: AWS::Lambda::Function\n    Properties:\n"
#define TAG(key, value) "        - Key: " key "\n          Value: " value "\n"

static const struct {
    const char *deployed, *here, *words;
    size_t count;
} differences[] = {
    {HEAD RESIZE "      MemorySize: 128\n", HEAD RESIZE "      MemorySize: 128\n", "", 0},
    {HEAD RESIZE "      MemorySize: 128\n", HEAD RESIZE "      MemorySize: 256\n",
     "ResizeFunction.MemorySize is 256 here, 128 on AWS\n", 1},
    /* Code, its tags and settings of other programs are swapped or mean nothing. */
    {HEAD RESIZE "      Code:\n        S3Key: a\n      Tags:\n" TAG("'unum:ir-hash'", "a")
         TAG("'unum:version'", "b"),
     "AWSTemplateFormatVersion: 2010-09-09\nResources:\n" RESIZE
     "      Code: x.zip\n      Tags:\n" TAG("'unum:ir-hash'", "c") TAG("'unum:version'", "d"),
     "", 0},
    {HEAD RESIZE "      Tags:\n" TAG("team", "a") TAG("old", "x") TAG("'unum:version'", "b"),
     HEAD RESIZE "      Tags:\n" TAG("'unum:version'", "b") TAG("new", "y") TAG("team", "b"),
     "ResizeFunction.Tags.new is new\nResizeFunction.Tags.team is b here, a on AWS\n"
     "ResizeFunction.Tags.old is on AWS only\n",
     3},
    /* Only a function has code that is swapped. */
    {HEAD "  Other:\n    Type: Custom::Thing\n    Properties:\n      Code: a\n",
     HEAD "  Other:\n    Type: Custom::Thing\n    Properties:\n      Code: b\n",
     "Other.Code is b here, a on AWS\n", 1},
    {HEAD "  A:\n    Type: T\n  B:\n    Type: T\n", HEAD "  B:\n    Type: T\n  C:\n    Type: T\n",
     "C is new\nA is on AWS only\n", 2},
    {HEAD RESIZE "      Role: !GetAtt A.Arn\n", HEAD RESIZE "      Role: A.Arn\n",
     "ResizeFunction.Role is A.Arn here, !GetAtt A.Arn on AWS\n", 1},
    {HEAD RESIZE "      Layers:\n      - a\n", HEAD RESIZE "      Layers:\n      - a\n      - b\n",
     "ResizeFunction.Layers[1] is new\n", 1},
    {HEAD RESIZE "      Layers:\n      - a\n", HEAD RESIZE "      Layers: true\n",
     "ResizeFunction.Layers is true here, an array on AWS\n", 1},
    {"{\"Resources\":{\"A\":{\"Type\":\"T\"}}}", HEAD "  A:\n    Type: T\n",
     "AWSTemplateFormatVersion is new\n", 1},
};

static void differences_are_told_in_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNUM_COUNT(differences); i++) {
        struct unum_buf UNUM_AUTO_BUF words = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        size_t count = 99;
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        int rc = deploy_difference(unum_str_from(differences[i].deployed),
                                   unum_str_from(differences[i].here), &words, &count, &err);
        if (rc < 0)
            fail_msg("%s", unum_err_text(&err));
        assert_string_equal(unum_buf_text(&words), differences[i].words);
        assert_int_equal(count, differences[i].count);
    }
}

static void many_differences_are_counted(void **state)
{
    struct unum_buf UNUM_AUTO_BUF here = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_buf UNUM_AUTO_BUF words = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    size_t count = 0;
    (void)state;
    unum_buf_adds(&here, "Resources:\n");
    for (int i = 0; i < 30; i++)
        unum_buf_printf(&here, "  R%d: {Type: T}\n", i);
    assert_int_equal(
        deploy_difference(UNUM_STR("Resources: {}"), unum_buf_str(&here), &words, &count, NULL), 0);
    assert_int_equal(count, 30);
    assert_true(unum_str_ends(unum_buf_str(&words), UNUM_STR("R19 is new\nand 10 more\n")));
}

static void what_is_no_template_is_refused(void **state)
{
    static const char *const broken[] = {"", "- a\n", "a: [\n", "{\"a\":", "just text"};
    (void)state;
    for (size_t i = 0; i < UNUM_COUNT(broken); i++) {
        struct unum_buf UNUM_AUTO_BUF words = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        size_t count;
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        assert_int_equal(deploy_difference(unum_str_from(broken[i]), UNUM_STR("Resources: {}"),
                                           &words, &count, &err),
                         UNUM_E_PARSE);
        assert_true(unum_str_starts(unum_str_from(unum_err_text(&err)),
                                    UNUM_STR("the deployed template cannot be read: ")));
    }
}

/* ---- the order of swapping ---- */

/* A node of hand-written IR that starts the named ones. */
static struct compiled_node node(struct unum_arena *arena, const char *name, const char *next)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct compiled_node made = {.node = unum_str_from(name), .function = unum_str_from(name)};
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    unum_buf_printf(&text, "{\"Name\":\"%s\",\"Checkpoint\":true", name);
    if (next)
        unum_buf_printf(&text, ",\"Next\":{\"Name\":\"%s\",\"InputType\":\"Scalar\"}", next);
    unum_buf_addc(&text, '}');
    struct unum_str json = unum_arena_str(arena, unum_buf_str(&text));
    int rc = ir_load(json, arena, &made.ir, &err);
    if (rc < 0)
        fail_msg("%s", unum_err_text(&err));
    return made;
}

static void who_is_started_comes_first(void **state)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct compiled_node nodes[] = {
        node(&arena, "A", "B"),  node(&arena, "B", "C"),
        node(&arena, "C", NULL), node(&arena, "D", "B"),
        node(&arena, "X", "Y"),  node(&arena, "Y", "X"),
        node(&arena, "E", "X"),  node(&arena, IR_FAILURES_NODE, "A"),
    };
    const struct compiled compiled = {.at = nodes, .len = UNUM_COUNT(nodes)};
    size_t waves[UNUM_COUNT(nodes)];
    (void)state;
    sync_waves(&compiled, waves);
    assert_int_equal(waves[2], 0);
    assert_int_equal(waves[1], 1);
    assert_int_equal(waves[0], 2);
    assert_int_equal(waves[3], 2);
    assert_int_equal(waves[5], 0); /* of a cycle, somebody has to be first */
    assert_int_equal(waves[4], 1);
    assert_int_equal(waves[6], 2);
    assert_int_equal(waves[7], 0);
}

/* ---- the code that a stack names ---- */

#define HEX    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define BASE64 "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define FUNCTION(id, name, key)                                                                    \
    "  " id ":\n    Type: AWS::Lambda::Function\n    Properties:\n      FunctionName: " name       \
    "\n      Code:\n        S3Bucket: b\n        S3Key: " key "\n"

static void the_code_that_a_stack_names(void **state)
{
    (void)state;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct drift_code *codes = NULL;
    size_t len = 0;
    assert_int_equal(
        drift_codes(
            UNUM_STR(
                HEAD FUNCTION("A", "shop-A", "unum/shop/" HEX ".zip") FUNCTION(
                    "B", "shop-B", "other/code.zip") FUNCTION("C", "!Ref Name", HEX ".zip")
                    FUNCTION("D", "shop-D",
                             HEX ".zip") "  E:\n    Type: Custom::Thing\n    Properties:\n"
                                         "      FunctionName: x\n      Code:\n        S3Key: " HEX
                                         ".zip\n"
                                         "  F: 1\n  G:\n    Type: AWS::Lambda::Function\n    "
                                         "Properties: []\n"
                                         "  H:\n    Type: AWS::Lambda::Function\n    Properties:\n"
                                         "      FunctionName: h\n      Code: x.zip\n"),
            &arena, &codes, &len, NULL),
        0);
    assert_int_equal(len, 2);
    assert_true(unum_str_is(codes[0].function, "shop-A"));
    assert_true(unum_str_is(codes[1].function, "shop-D"));
    assert_true(drift_runs(&codes[0], UNUM_STR(BASE64)));
    static const char *const others[] = {"", "x", "47DEQpj8",
                                         "57DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="};
    for (size_t i = 0; i < UNUM_COUNT(others); i++)
        assert_false(drift_runs(&codes[0], unum_str_from(others[i])));
}

static void what_is_no_template_names_no_code(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "[]", "{", "Resources: []", "A: 1", "Resources:\n\t- x"};
    struct drift_code *codes = NULL;
    size_t len = 0;
    for (size_t i = 0; i < UNUM_COUNT(bad); i++) {
        struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
        if (drift_codes(unum_str_from(bad[i]), &arena, &codes, &len, NULL) != UNUM_E_PARSE)
            fail_msg("%s is taken for a template", bad[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differences_are_told_in_words),
        cmocka_unit_test(many_differences_are_counted),
        cmocka_unit_test(what_is_no_template_is_refused),
        cmocka_unit_test(who_is_started_comes_first),
        cmocka_unit_test(the_code_that_a_stack_names),
        cmocka_unit_test(what_is_no_template_names_no_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
