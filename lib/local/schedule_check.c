/*
 * What EventBridge Scheduler refuses, and what the local platform does not have.
 * Source: EventBridge Scheduler API reference, CreateSchedule and its data types; "Schedule types"
 * and "Troubleshooting" (User Guide): at(yyyy-mm-ddThh:mm:ss), not in the past.
 */
#include "local/schedule.h"

#include <string.h>

#include "json/json.h"

#define SCHEDULER_SERVICE "scheduler.amazonaws.com"

enum { INPUT_MOST = 256 * 1024, ARN_MOST = 1600 };

#define NAME_SET  "-_."
#define TOKEN_SET "-_"

struct text_rule {
    const char *pointer, *member;
    size_t least, most;
    bool required;
    const char *set;           /* letters, digits and these; NULL: all */
    const char *const *values; /* NULL: any */
};

struct number_rule {
    const char *pointer, *member;
    int64_t least, most;
};

static const char *const modes[] = {"OFF", "FLEXIBLE", NULL};
static const char *const states[] = {"ENABLED", "DISABLED", NULL};
static const char *const actions[] = {"NONE", "DELETE", NULL};

static const struct text_rule texts[] = {
    {"/ScheduleExpression", "scheduleExpression", 1, 256, true, NULL, NULL},
    {"/ScheduleExpressionTimezone", "scheduleExpressionTimezone", 1, 50, false, NULL, NULL},
    {"/FlexibleTimeWindow/Mode", "flexibleTimeWindow.mode", 1, 16, true, NULL, modes},
    {"/State", "state", 1, 16, false, NULL, states},
    {"/ActionAfterCompletion", "actionAfterCompletion", 1, 16, false, NULL, actions},
    {"/Description", "description", 0, 512, false, NULL, NULL},
    {"/ClientToken", "clientToken", 1, 64, false, TOKEN_SET, NULL},
    {"/GroupName", "groupName", 1, SCHEDULE_NAME_MOST, false, NAME_SET, NULL},
    {"/KmsKeyArn", "kmsKeyArn", 1, 2048, false, NULL, NULL},
    {"/Target/Arn", "target.arn", 1, ARN_MOST, true, NULL, NULL},
    {"/Target/RoleArn", "target.roleArn", 1, ARN_MOST, true, NULL, NULL},
    {"/Target/Input", "target.input", 1, INPUT_MOST, false, NULL, NULL},
    {"/Target/DeadLetterConfig/Arn", "target.deadLetterConfig.arn", 1, ARN_MOST, false, NULL, NULL},
};

static const struct number_rule numbers[] = {
    {"/FlexibleTimeWindow/MaximumWindowInMinutes", "flexibleTimeWindow.maximumWindowInMinutes", 1,
     1440},
    {"/Target/RetryPolicy/MaximumEventAgeInSeconds", "target.retryPolicy.maximumEventAgeInSeconds",
     60, 86400},
    {"/Target/RetryPolicy/MaximumRetryAttempts", "target.retryPolicy.maximumRetryAttempts", 0, 185},
};

/* ---- members ---- */

bool schedule_member(struct unum_str body, const char *pointer, struct unum_str *ret)
{
    return json_pointer(body, unum_str_from(pointer), ret) && json_type(*ret) != JSON_NULL;
}

struct unum_str schedule_text(struct unum_str body, const char *pointer, struct unum_arena *arena)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    struct unum_str value;
    if (!schedule_member(body, pointer, &value) || !json_decode(value, &text))
        return UNUM_STR_NONE;
    return unum_arena_str(arena, unum_buf_str(&text));
}

static bool is_made_of(struct unum_str text, const char *set)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool word = unum_is_alnum(c);
        if (!word && (!c || !strchr(set, c)))
            return false;
    }
    return true;
}

bool schedule_is_name(struct unum_str name)
{
    return name.len > 0 && name.len <= SCHEDULE_NAME_MOST && is_made_of(name, NAME_SET);
}

bool schedule_parse_at(struct unum_str text, int64_t *ret_ms)
{
    static const struct unum_str head = UNUM_STR_INIT("at(");
    static const size_t stamp = sizeof("2026-11-21T03:42:28") - 1;
    if (text.len != head.len + stamp + 1 || !unum_str_starts(text, head) ||
        !unum_str_ends(text, UNUM_STR(")")))
        return false;
    struct unum_buf UNUM_AUTO_BUF time = UNUM_BUF_INIT(64);
    unum_buf_printf(&time, "%.*sZ", (int)stamp, text.ptr + head.len);
    return unum_time_parse(unum_buf_str(&time), ret_ms);
}

struct function *schedule_target(const struct local *local, struct unum_str arn)
{
    static const struct unum_str service = UNUM_STR_INIT(":lambda:"),
                                 marker = UNUM_STR_INIT(":function:");
    size_t at = unum_str_search(arn, marker);
    if (at == SIZE_MAX || unum_str_search(arn, service) == SIZE_MAX)
        return NULL;
    struct unum_str name = unum_str_from_pos(arn, at + marker.len);
    return local_function_find(local, unum_str_slice(name, 0, unum_str_find(name, ':')));
}

/* ---- one member after the other ---- */

struct findings {
    struct unum_buf text;
    unsigned len;
};

static void found(struct findings *findings, const char *member, const char *constraint)
{
    unum_buf_printf(&findings->text, "%sValue at '%s' failed to satisfy constraint: Member must %s",
                    findings->len++ ? "; " : "", member, constraint);
}

static bool is_one_of(struct unum_str value, const char *const *values)
{
    for (; *values; values++) {
        if (unum_str_is(value, *values))
            return true;
    }
    return false;
}

static void check_text(struct findings *findings, const struct text_rule *rule,
                       struct unum_str body, struct unum_arena *arena)
{
    struct unum_str value, text;
    bool there = schedule_member(body, rule->pointer, &value);
    if (!there) {
        if (rule->required)
            found(findings, rule->member, "not be null");
        return;
    }
    text = schedule_text(body, rule->pointer, arena);
    if (json_type(value) != JSON_STRING)
        found(findings, rule->member, "be a string");
    else if (text.len < rule->least || text.len > rule->most)
        found(findings, rule->member,
              unum_arena_printf(arena, "have length between %zu and %zu", rule->least, rule->most)
                  .ptr);
    else if (rule->values && !is_one_of(text, rule->values))
        found(findings, rule->member,
              unum_arena_printf(arena, "satisfy enum value set: [%s, %s]", rule->values[0],
                                rule->values[1])
                  .ptr);
    else if (rule->set && !is_made_of(text, rule->set))
        found(findings, rule->member,
              unum_arena_printf(arena, "satisfy regular expression pattern: ^[0-9a-zA-Z%s]+$",
                                rule->set)
                  .ptr);
}

static void check_number(struct findings *findings, const struct number_rule *rule,
                         struct unum_str body, struct unum_arena *arena)
{
    struct unum_str value;
    int64_t number = 0;
    if (!schedule_member(body, rule->pointer, &value))
        return;
    if (!json_to_i64(value, &number) || number < rule->least || number > rule->most)
        found(findings, rule->member,
              unum_arena_printf(arena, "be between %lld and %lld", (long long)rule->least,
                                (long long)rule->most)
                  .ptr);
}

/* ---- what the members mean ---- */

/* "arn:aws:iam::000000000000:role/path/name" */
static bool is_role_arn(struct unum_str arn)
{
    struct unum_str rest = arn, part;
    static const char *const parts[] = {"arn", NULL, "iam", "", NULL};
    for (size_t i = 0; i < UNUM_COUNT(parts); i++) {
        if (!unum_str_split(&rest, ':', &part) || (parts[i] && !unum_str_is(part, parts[i])))
            return false;
    }
    static const struct unum_str head = UNUM_STR_INIT("role/");
    return part.len == 12 && unum_str_starts(rest, head) && rest.len > head.len &&
           is_made_of(rest, "_+=,.@-/");
}

/* NULL, or what is wrong; in the arena. */
static const char *check_time(const struct door_request *req, struct unum_str body,
                              struct unum_arena *arena, int64_t *ret_due_ms)
{
    /* A function process may know nothing but the machine's clock, which skipped time is ahead of:
     * its schedules are then due at once. */
    int64_t now_ms = req->caller ? local_real_now(req->local) : local_now(req->local);
    struct unum_str text = schedule_text(body, "/ScheduleExpression", arena);
    struct unum_str zone = schedule_text(body, "/ScheduleExpressionTimezone", arena);
    if (unum_str_starts(text, UNUM_STR("rate(")) || unum_str_starts(text, UNUM_STR("cron(")))
        return "the local platform has one-time schedules: ScheduleExpression must be "
               "at(yyyy-mm-ddThh:mm:ss)";
    if (zone.len && !unum_str_is(zone, "UTC") && !unum_str_is(zone, "Etc/UTC"))
        return "the local platform's schedules are in UTC";
    if (!schedule_parse_at(text, ret_due_ms))
        return unum_arena_printf(arena, "Invalid Schedule Expression %.*s.", UNUM_STR_ARG(text))
            .ptr;
    if (*ret_due_ms < now_ms)
        return unum_arena_printf(arena, "Invalid Schedule Expression %.*s. It is in the past.",
                                 UNUM_STR_ARG(text))
            .ptr;
    return NULL;
}

static const char *check_target(const struct local *local, struct unum_str body,
                                struct unum_arena *arena, struct function **ret)
{
    static const char *const foreign[] = {
        "/Target/EcsParameters", "/Target/EventBridgeParameters", "/Target/KinesisParameters",
        "/Target/SageMakerPipelineParameters", "/Target/SqsParameters"};
    struct unum_str role = schedule_text(body, "/Target/RoleArn", arena);
    struct unum_str input = schedule_text(body, "/Target/Input", arena), value;
    *ret = schedule_target(local, schedule_text(body, "/Target/Arn", arena));
    if (!*ret)
        return "Target.Arn must be the ARN of a function of this platform";
    for (size_t i = 0; i < UNUM_COUNT(foreign); i++) {
        if (schedule_member(body, foreign[i], &value))
            return unum_arena_printf(arena, "%s is not for functions",
                                     foreign[i] + sizeof("/Target/") - 1)
                .ptr;
    }
    if (!is_role_arn(role))
        return "1 validation error detected: Value at 'target.roleArn' failed to satisfy "
               "constraint: Member must be the ARN of a role";
    if (!unum_str_is(role, LOCAL_SCHEDULE_ROLE) && !iam_trusts(local, role, SCHEDULER_SERVICE))
        return "The execution role you provide must allow AWS EventBridge Scheduler to assume the "
               "role.";
    if (input.len && json_check(input, &value, NULL))
        return "Invalid RequestPayload: Target.Input for a function must be JSON";
    return NULL;
}

static const char *check_window(struct unum_str body, struct unum_arena *arena)
{
    struct unum_str minutes;
    bool flexible = unum_str_is(schedule_text(body, "/FlexibleTimeWindow/Mode", arena), "FLEXIBLE");
    if (flexible && !schedule_member(body, "/FlexibleTimeWindow/MaximumWindowInMinutes", &minutes))
        return "MaximumWindowInMinutes is needed where Mode is FLEXIBLE";
    return NULL;
}

bool schedule_check(struct door_request *req, struct schedule_wish *ret)
{
    struct findings findings = {.text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT)};
    struct unum_arena *arena = &req->arena;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct schedule_wish wish = {.group = UNUM_STR(SCHEDULE_GROUP)};
    if (json_check(req->body, &wish.body, &err)) {
        door_error(req, 400, "SerializationException", "%s", unum_err_text(&err));
        return false;
    }
    for (size_t i = 0; i < UNUM_COUNT(texts); i++)
        check_text(&findings, &texts[i], wish.body, arena);
    for (size_t i = 0; i < UNUM_COUNT(numbers); i++)
        check_number(&findings, &numbers[i], wish.body, arena);
    const char *wrong = NULL;
    if (findings.len)
        wrong = unum_arena_printf(arena, "%u validation error%s detected: %s", findings.len,
                                  findings.len == 1 ? "" : "s", unum_buf_text(&findings.text))
                    .ptr;
    unum_buf_done(&findings.text);
    if (!wrong)
        wrong = check_time(req, wish.body, arena, &wish.due_ms);
    if (!wrong)
        wrong = check_window(wish.body, arena);
    if (!wrong)
        wrong = check_target(req->local, wish.body, arena, &wish.target);
    if (wrong) {
        door_error(req, 400, "ValidationException", "%s", wrong);
        return false;
    }
    struct unum_str group = schedule_text(wish.body, "/GroupName", arena);
    if (group.len)
        wish.group = group;
    wish.token = schedule_text(wish.body, "/ClientToken", arena);
    *ret = wish;
    return true;
}
