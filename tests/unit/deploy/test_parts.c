#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deploy/changes.h"
#include "deploy/status.h"
#include "deploy/watch.h"
#include "support/aws_fake.h"

static void every_status_has_its_action(void **state)
{
    static const struct {
        const char *status;
        enum stack_action action;
        bool good;
    } rows[] = {
        {"", STACK_CREATE, false},
        {"REVIEW_IN_PROGRESS", STACK_CREATE, false},
        {"CREATE_COMPLETE", STACK_UPDATE, true},
        {"UPDATE_ROLLBACK_COMPLETE", STACK_UPDATE, false},
        {"ROLLBACK_COMPLETE", STACK_REPLACE, false},
        {"ROLLBACK_FAILED", STACK_REPLACE, false},
        {"CREATE_FAILED", STACK_RETRY, false},
        {"UPDATE_ROLLBACK_FAILED", STACK_FINISH_ROLLBACK, false},
        {"DELETE_FAILED", STACK_FINISH_DELETE, false},
        {"UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", STACK_ATTACH, true},
        {"IMPORT_COMPLETE", STACK_UPDATE, true},
        {"IMPORT_ROLLBACK_FAILED", STACK_REFUSE, false},
        {"SOMETHING_NEW_IN_PROGRESS", STACK_ATTACH, false},
        {"SOMETHING_NEW", STACK_UPDATE, false},
    };
    (void)state;
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        const struct stack_status *row = stack_status(unum_str_from(rows[i].status));
        assert_int_equal(row->action, rows[i].action);
        assert_int_equal(row->good, rows[i].good);
    }
    /* Whatever is in progress is waited for, and says so. */
    for (const struct stack_status *row = stack_statuses; row->name; row++) {
        bool busy = unum_str_ends(unum_str_from(row->name), UNUM_STR("_IN_PROGRESS")) &&
                    strcmp(row->name, "REVIEW_IN_PROGRESS") != 0;
        assert_int_equal(stack_in_progress(unum_str_from(row->name)), busy);
        assert_true(strlen(row->says) > 0);
        assert_true(strlen(row->next) > 0);
    }
}

/* Only an update that is not whole can be undone, and a stack with one says so. */
static void every_status_says_how_to_undo_it(void **state)
{
    (void)state;
    for (const struct stack_status *row = stack_statuses; row->name; row++) {
        bool update = strncmp(row->name, "UPDATE_", 7) == 0 && !row->good;
        bool creation = (strncmp(row->name, "CREATE_", 7) == 0 && !row->good) ||
                        strncmp(row->name, "ROLLBACK_", 9) == 0;
        bool late = strcmp(row->name, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS") == 0;
        if (late)
            assert_int_equal(row->undo, UNDO_LATE);
        else if (creation)
            assert_int_equal(row->undo, UNDO_CREATION);
        else
            assert_int_equal(row->undo != UNDO_NOTHING, update);
        if (row->undo == UNDO_CANCEL || row->undo == UNDO_ROLL_BACK || row->undo == UNDO_CONTINUE)
            assert_non_null(strstr(row->next, "unum deploy --cancel"));
    }
}

static void changes_are_told_in_words(void **state)
{
    static const struct cfn_pair code[] = {
        {UNUM_STR_INIT("Properties.Code"), UNUM_STR_INIT("Never")},
        {UNUM_STR_INIT("Properties.Code"), UNUM_STR_INIT("Never")},
        {UNUM_STR_INIT("Properties.FunctionName"), UNUM_STR_INIT("Always")},
        {UNUM_STR_INIT("Properties.Layers"), UNUM_STR_INIT("Never")},
    };
    const struct cfn_change function = {.action = UNUM_STR("Modify"),
                                        .logical_id = UNUM_STR("ResizeFunction"),
                                        .type = UNUM_STR("AWS::Lambda::Function"),
                                        .replacement = UNUM_STR("Conditional"),
                                        .properties = code,
                                        .properties_len = UNUM_COUNT(code)};
    const struct cfn_change table = {.action = UNUM_STR("Modify"),
                                     .logical_id = UNUM_STR("CheckpointTable"),
                                     .type = UNUM_STR("AWS::DynamoDB::Table"),
                                     .replacement = UNUM_STR("True")};
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(4096);
    (void)state;
    change_describe(&function, &text);
    assert_string_equal(unum_buf_text(&text),
                        "ResizeFunction (Lambda function): its code, its name (replaces it), "
                        "Layers");
    assert_int_equal(change_classify(&function).kind, CHANGE_MODIFY);
    assert_true(change_classify(&function).may_replace);
    assert_false(change_classify(&function).dangerous);
    assert_int_equal(change_classify(&table).kind, CHANGE_REPLACE);
    assert_true(change_classify(&table).dangerous);
    unum_buf_clear(&text);
    change_type_words(UNUM_STR("Custom::Thing"), &text);
    assert_string_equal(unum_buf_text(&text), "Custom::Thing");
}

#define EVENT(id, what, type, status, reason)                                                      \
    "<member><EventId>" id "</EventId><LogicalResourceId>" what                                    \
    "</LogicalResourceId><ResourceType>" type "</ResourceType><ResourceStatus>" status             \
    "</ResourceStatus><ResourceStatusReason>" reason "</ResourceStatusReason></member>"
#define EVENTS(list, next)                                                                         \
    "<R><DescribeStackEventsResult><StackEvents>" list "</StackEvents>" next                       \
    "</DescribeStackEventsResult></R>"
#define STACK(status)                                                                              \
    "<R><DescribeStacksResult><Stacks><member><StackName>s</StackName><StackStatus>" status        \
    "</StackStatus></member></Stacks></DescribeStacksResult></R>"
#define ROOT     "AWS::CloudFormation::Stack"
#define FUNCTION "AWS::Lambda::Function"

static int open_fake(void **state)
{
    struct aws_fake *fake = calloc(1, sizeof(*fake));
    aws_fake_init(fake);
    aws_fake_open(fake);
    *state = fake;
    return 0;
}

static int close_fake(void **state)
{
    aws_fake_close(*state);
    free(*state);
    return 0;
}

struct told {
    char ids[256];
};

static void tell(void *cookie, const struct cfn_event *event)
{
    struct told *told = cookie;
    size_t used = strlen(told->ids);
    (void)snprintf(told->ids + used, sizeof(told->ids) - used, "%.*s ", UNUM_STR_ARG(event->id));
}

static void events_are_told_once_and_the_first_cause_is_found(void **state)
{
    struct aws_fake *fake = *state;
    struct told told = {{0}};
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    const struct watch_config config = {
        .client = fake->client, .clock = &fake->clock.clock, .cookie = &told, .event = tell};
    AWS_FAKE_ANSWERS(fake, {.body = EVENTS(EVENT("e1", "s", ROOT, "UPDATE_COMPLETE", ""), "")},
                     {.body = STACK("UPDATE_IN_PROGRESS")},
                     {.body = EVENTS(EVENT("e3", "A", FUNCTION, "UPDATE_IN_PROGRESS", "")
                                         EVENT("e2", "s", ROOT, "UPDATE_IN_PROGRESS", "")
                                             EVENT("e1", "s", ROOT, "UPDATE_COMPLETE", ""),
                                     "")},
                     {.body = STACK("UPDATE_ROLLBACK_COMPLETE")},
                     {.body = EVENTS(EVENT("e7", "s", ROOT, "UPDATE_ROLLBACK_COMPLETE", "")
                                         EVENT("e6", "B", FUNCTION, "UPDATE_FAILED",
                                               "Resource update cancelled"),
                                     "<NextToken>t</NextToken>")},
                     {.body = EVENTS(EVENT("e5", "A", FUNCTION, "UPDATE_FAILED", "no such key")
                                         EVENT("e4", "C", FUNCTION, "UPDATE_FAILED", "first")
                                             EVENT("e3", "A", FUNCTION, "UPDATE_IN_PROGRESS", ""),
                                     "")});
    struct watch WATCH_AUTO w;
    struct unum_str status;
    assert_int_equal(watch_begin(&w, &config, UNUM_STR("s"), NULL), 0);
    assert_int_equal(watch_end(&w, &arena, &status, NULL), 0);
    assert_true(unum_str_is(status, "UPDATE_ROLLBACK_COMPLETE"));
    assert_string_equal(told.ids, "e2 e3 e4 e5 e6 e7 ");
    assert_true(unum_str_is(w.cause.logical_id, "C"));
    assert_true(unum_str_is(w.cause.reason, "first"));
    assert_int_equal(fake->http.requests.len, 6);
}

static void who_ended_an_update_is_told_apart(void **state)
{
    struct aws_fake *fake = *state;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    const struct watch_config config = {.client = fake->client, .clock = &fake->clock.clock};
    AWS_FAKE_ANSWERS(
        fake, {.body = EVENTS("", "")}, {.body = STACK("UPDATE_ROLLBACK_COMPLETE")},
        {.body = EVENTS(
             EVENT("e3", "s", ROOT, "UPDATE_ROLLBACK_COMPLETE", "")
                 EVENT("e2", "s", ROOT, "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated")
                     EVENT("e1", "A", FUNCTION, "UPDATE_FAILED", "Resource update cancelled"),
             "")});
    struct watch WATCH_AUTO w;
    struct unum_str status;
    assert_int_equal(watch_begin(&w, &config, UNUM_STR("s"), NULL), 0);
    assert_int_equal(watch_end(&w, &arena, &status, NULL), 0);
    assert_int_equal(w.cause.id.len, 0);
    assert_string_equal(w.ended, "the update was cancelled");
}

static bool always(void *cookie)
{
    (void)cookie;
    return true;
}

static void an_interrupt_ends_the_watching_only(void **state)
{
    struct aws_fake *fake = *state;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    const struct watch_config config = {
        .client = fake->client, .clock = &fake->clock.clock, .interrupted = always};
    AWS_FAKE_ANSWERS(fake, {.body = EVENTS("", "")}, {.body = STACK("CREATE_IN_PROGRESS")},
                     {.body = EVENTS("", "")});
    struct watch WATCH_AUTO w;
    struct unum_str status;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    assert_int_equal(watch_begin(&w, &config, UNUM_STR("s"), &err), 0);
    assert_int_equal(watch_end(&w, &arena, &status, &err), UNUM_E_CANCELLED);
    assert_int_equal(fake->http.requests.len, 3);
}

static void the_cause_of_an_old_failure_is_found(void **state)
{
    struct aws_fake *fake = *state;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct cfn_event cause;
    AWS_FAKE_ANSWERS(
        fake,
        {.body = EVENTS(EVENT("e9", "s", ROOT, "ROLLBACK_COMPLETE", "") EVENT(
                            "e8", "B", FUNCTION, "CREATE_FAILED", "Resource creation cancelled")
                            EVENT("e7", "A", FUNCTION, "CREATE_FAILED",
                                  "why") EVENT("e6", "s", ROOT, "CREATE_IN_PROGRESS", "")
                                EVENT("e5", "Z", FUNCTION, "CREATE_FAILED", "of an earlier life"),
                        "")});
    assert_int_equal(watch_find_cause(fake->client, UNUM_STR("s"), &arena, &cause, NULL), 0);
    assert_true(unum_str_is(cause.reason, "why"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fake, close_fake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_its_action),
        cmocka_unit_test(every_status_says_how_to_undo_it),
        cmocka_unit_test(changes_are_told_in_words),
        TEST(events_are_told_once_and_the_first_cause_is_found),
        TEST(who_ended_an_update_is_told_apart),
        TEST(an_interrupt_ends_the_watching_only),
        TEST(the_cause_of_an_old_failure_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
