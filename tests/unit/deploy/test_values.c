#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/limits.h"
#include "deploy/changes.h"
#include "deploy/console.h"
#include "deploy/values.h"

#define TAG(key, value) "{\"Key\":\"" key "\",\"Value\":\"" value "\"}"
#define IR(value)       TAG("unum:ir-hash", value)
#define TAGS(list)      "{\"Properties\":{\"Tags\":[" list "]}}"
#define ONE             "1a2b3c4d5e6f70819293"
#define TWO             "0f1e2d3c4b5a69788796"

static const struct {
    const char *property, *before, *after, *words;
} described[] = {
    {"Properties.MemorySize", "{\"Properties\":{\"MemorySize\":128}}",
     "{\"Properties\":{\"MemorySize\":256}}", "its memory (128 -> 256)"},
    {"Properties.Role", "{\"Properties\":{\"Role\":\"a\"}}", "{\"Properties\":{\"Role\":\"b\"}}",
     "its role (a -> b)"},
    {"Properties.MemorySize", "", "", "its memory"},
    {"Properties.MemorySize", "{}", "{\"Properties\":{\"MemorySize\":256}}", "its memory"},
    /* What is long, no scalar, no JSON or no plain text is for the console. */
    {"Properties.Role", "{\"Properties\":{\"Role\":\"a\"}}",
     "{\"Properties\":{\"Role\":\"01234567890123456789012345678901234567890\"}}", "its role"},
    {"Properties.Role", "{\"Properties\":{\"Role\":\"a\"}}",
     "{\"Properties\":{\"Role\":\"\\u001b[2J\"}}", "its role"},
    {"Properties.Code", "{\"Properties\":{\"Code\":{}}}", "{\"Properties\":{\"Code\":1}}",
     "its code"},
    {"Properties.Code", "{\"Properties\":", "{\"Properties\":{\"Code\":1}}", "its code"},
    /* Orchestration. */
    {"Properties.Tags", TAGS(IR(ONE)), TAGS(IR(TWO)),
     "its orchestration (IR 1a2b3c4d -> 0f1e2d3c)"},
    {"Tags", TAGS(IR(ONE) "," TAG("team", "a")), TAGS(TAG("team", "a") "," IR(TWO)),
     "its orchestration (IR 1a2b3c4d -> 0f1e2d3c)"},
    {"Tags", TAGS(IR(ONE) "," TAG("team", "a")), TAGS(TAG("team", "b") "," IR(TWO)),
     "its orchestration (IR 1a2b3c4d -> 0f1e2d3c), its tags"},
    {"Tags", TAGS(IR(ONE) "," TAG("team", "a")), TAGS(IR(TWO)),
     "its orchestration (IR 1a2b3c4d -> 0f1e2d3c), its tags"},
    {"Tags", TAGS(""), TAGS(IR(TWO)), "its orchestration (IR none -> 0f1e2d3c)"},
    {"Tags", TAGS(IR("\\u001b[2J")), TAGS(IR(TWO)), "its orchestration (IR none -> 0f1e2d3c)"},
    {"Tags", TAGS(IR(ONE) "," TAG("team", "a")), TAGS(IR(ONE) "," TAG("team", "b")), "its tags"},
    {"Tags", TAGS("1"), TAGS("{}"), "its tags"},
    {"Tags", "{\"Properties\":{\"Tags\":{}}}", TAGS(IR(ONE)), "its tags"},
    {"Tags", "", "", "its tags"},
};

static void values_are_told_in_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNUM_COUNT(described); i++) {
        const struct cfn_pair property = {unum_str_from(described[i].property), UNUM_STR("Never")};
        const struct cfn_change change = {.action = UNUM_STR("Modify"),
                                          .logical_id = UNUM_STR("F"),
                                          .type = UNUM_STR("AWS::Lambda::Function"),
                                          .before = unum_str_from(described[i].before),
                                          .after = unum_str_from(described[i].after),
                                          .properties = &property,
                                          .properties_len = 1};
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        struct unum_buf UNUM_AUTO_BUF wanted = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        unum_buf_printf(&wanted, "F (Lambda function): %s", described[i].words);
        change_describe(&change, &text);
        assert_string_equal(unum_buf_text(&text), unum_buf_text(&wanted));
    }
}

#define STACK         "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1a2b"
#define SET           "arn:aws:cloudformation:eu-west-1:123456789012:changeSet/unum-1/2b3c"
#define STACK_ENCODED "arn%3Aaws%3Acloudformation%3Aeu-west-1%3A123456789012%3Astack%2Fshop%2F1a2b"
#define SET_ENCODED                                                                                \
    "arn%3Aaws%3Acloudformation%3Aeu-west-1%3A123456789012%3AchangeSet%2Funum-1%2F2b3c"

static const struct {
    bool at_aws;
    const char *partition, *region, *stack, *set, *link;
} links[] = {
    {true, "aws", "eu-west-1", STACK, "",
     "https://eu-west-1.console.aws.amazon.com/cloudformation/home?region=eu-west-1#/stacks/"
     "events?stackId=" STACK_ENCODED},
    {true, "aws", "eu-west-1", STACK, SET,
     "https://eu-west-1.console.aws.amazon.com/cloudformation/home?region=eu-west-1#/stacks/"
     "changesets/changes?stackId=" STACK_ENCODED "&changeSetId=" SET_ENCODED},
    {true, "aws-cn", "cn-north-1", STACK, "",
     "https://cn-north-1.console.amazonaws.cn/cloudformation/home?region=cn-north-1#/stacks/"
     "events?stackId=" STACK_ENCODED},
    /* Somewhere else, a partition without a known console, a name where an id is needed. */
    {false, "aws", "eu-west-1", STACK, "", ""},
    {true, "aws-iso", "us-iso-east-1", STACK, "", ""},
    {true, "aws", "eu-west-1", "shop", SET, ""},
};

static void the_console_is_linked_to_at_aws_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNUM_COUNT(links); i++) {
        const struct deploy_target target = {.partition = unum_str_from(links[i].partition),
                                             .region = unum_str_from(links[i].region),
                                             .at_aws = links[i].at_aws};
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        console_link(&target, unum_str_from(links[i].stack), unum_str_from(links[i].set), &text);
        assert_string_equal(unum_buf_text(&text), links[i].link);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_told_in_words),
        cmocka_unit_test(the_console_is_linked_to_at_aws_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
