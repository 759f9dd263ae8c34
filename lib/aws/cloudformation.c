#include "aws/cloudformation.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/vec.h"
#include "xml/xml.h"

#define VERSION "2010-05-15"
enum { FORM = 4 * 1024 * 1024, MAX_PAGES = 10000 };

/* One call: its form is written first, its answer read afterwards. */
struct request {
    struct unum_buf form;
    struct aws_call call;
    const struct xml_element *result; /* <Action>Result */
};

static void begin(struct request *r, const char *action)
{
    *r = (struct request){
        .form = UNUM_BUF_INIT(FORM),
        .call = {.service = AWS_CLOUDFORMATION, .operation = unum_str_from(action)}};
    aws_form_begin(&r->form, action, VERSION);
}

static void done(struct request *r)
{
    aws_call_done(&r->call);
    unum_buf_done(&r->form);
}
#define AUTO_REQUEST UNUM_AUTO(done)

static void add(struct request *r, const char *name, struct unum_str value)
{
    if (value.len)
        aws_form_add(&r->form, name, value);
}

static void add_member(struct request *r, const char *list, size_t i, const char *field,
                       struct unum_str value)
{
    char name[128];
    (void)snprintf(name, sizeof(name), "%s.member.%zu%s%s", list, i + 1, *field ? "." : "", field);
    aws_form_add(&r->form, name, value);
}

static void add_pairs(struct request *r, const char *list, const char *key, const char *value,
                      const struct cfn_pair *pairs, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        add_member(r, list, i, key, pairs[i].name);
        add_member(r, list, i, value, pairs[i].value);
    }
}

/* The service says ValidationError for nearly everything; what does not exist is told apart by the
 * words it uses. */
static int classify(const struct aws_call *call, int rc, struct unum_err *err)
{
    bool absent = unum_str_is(call->code, "ChangeSetNotFound") ||
                  unum_str_is(call->code, "ChangeSetNotFoundException") ||
                  (unum_str_is(call->code, "ValidationError") &&
                   unum_str_search(call->message, UNUM_STR("does not exist")) != SIZE_MAX);
    if (absent)
        return unum_err_set(err, UNUM_E_NOTFOUND, "%.*s", UNUM_STR_ARG(call->message));
    if (unum_str_is(call->code, "AlreadyExistsException"))
        return unum_err_set(err, UNUM_E_EXISTS, "%.*s", UNUM_STR_ARG(call->message));
    return rc;
}

static int send(struct aws_client *client, struct request *r, struct unum_arena *arena,
                struct unum_err *err)
{
    const struct xml_element *root = NULL;
    if (r->form.failed)
        return unum_err_set(err, UNUM_E_LIMIT, "the request to CloudFormation is too large");
    r->call.body = unum_buf_str(&r->form);
    int rc = aws_call_one(client, &r->call, err);
    if (rc < 0)
        return classify(&r->call, rc, err);
    if (!arena)
        return 0;
    rc = xml_parse(unum_buf_str(&r->call.x.response), arena, &root, err);
    if (rc < 0)
        return unum_err_wrap(err, "cloudformation %.*s: the answer",
                             UNUM_STR_ARG(r->call.operation));
    char result[80];
    (void)snprintf(result, sizeof(result), "%.*sResult", UNUM_STR_ARG(r->call.operation));
    r->result = xml_at(root, result);
    if (!r->result)
        return unum_err_set(err, UNUM_E_PARSE, "cloudformation %.*s: an answer without %s",
                            UNUM_STR_ARG(r->call.operation), result);
    return 0;
}

/* ---- stacks ---- */

struct unum_str cfn_pair_get(const struct cfn_pair *pairs, size_t len, const char *name)
{
    for (size_t i = 0; i < len; i++) {
        if (unum_str_is(pairs[i].name, name))
            return pairs[i].value;
    }
    return UNUM_STR_NONE;
}

static size_t count(const struct xml_element *list)
{
    size_t n = 0;
    for (const struct xml_element *e = xml_child(list, "member"); e; e = xml_next(e, "member"))
        n++;
    return n;
}

static const struct cfn_pair *read_pairs(const struct xml_element *list, const char *key,
                                         const char *value, struct unum_arena *arena,
                                         size_t *ret_len)
{
    struct cfn_pair *pairs = unum_arena_array(arena, count(list), sizeof(*pairs));
    size_t n = 0;
    for (const struct xml_element *e = xml_child(list, "member"); e; e = xml_next(e, "member"))
        pairs[n++] = (struct cfn_pair){xml_text(e, key), xml_text(e, value)};
    *ret_len = n;
    return pairs;
}

static void read_stack(const struct xml_element *e, struct unum_arena *arena, struct cfn_stack *ret)
{
    *ret = (struct cfn_stack){.name = xml_text(e, "StackName"),
                              .id = xml_text(e, "StackId"),
                              .status = xml_text(e, "StackStatus"),
                              .reason = xml_text(e, "StackStatusReason"),
                              .created = xml_text(e, "CreationTime"),
                              .updated = xml_text(e, "LastUpdatedTime"),
                              .change_set = xml_text(e, "ChangeSetId")};
    ret->outputs =
        read_pairs(xml_at(e, "Outputs"), "OutputKey", "OutputValue", arena, &ret->outputs_len);
    ret->parameters = read_pairs(xml_at(e, "Parameters"), "ParameterKey", "ParameterValue", arena,
                                 &ret->parameters_len);
    ret->tags = read_pairs(xml_at(e, "Tags"), "Key", "Value", arena, &ret->tags_len);
}

int cfn_describe_stack(struct aws_client *client, struct unum_str stack, struct unum_arena *arena,
                       struct cfn_stack *ret, struct unum_err *err)
{
    struct request AUTO_REQUEST r;
    begin(&r, "DescribeStacks");
    add(&r, "StackName", stack);
    int rc = send(client, &r, arena, err);
    if (rc < 0)
        return rc;
    const struct xml_element *found = xml_at(r.result, "Stacks/member");
    if (!found)
        return unum_err_set(err, UNUM_E_NOTFOUND, "Stack with id %.*s does not exist",
                            UNUM_STR_ARG(stack));
    read_stack(found, arena, ret);
    if (!ret->status.len)
        return unum_err_set(err, UNUM_E_PARSE,
                            "cloudformation DescribeStacks: a stack without "
                            "status");
    return 0;
}

/* What is asked for: an action, and of what. */
struct subject {
    const char *action;
    const char *name; /* of the parameter; NULL: none */
    struct unum_str value;
    const char *more; /* a parameter that is true; NULL: none */
};

/* Page after page of a listing: `read` takes each result. It returns false when it wants no more.
 */
static int every_page(struct aws_client *client, const struct subject *of, struct unum_arena *arena,
                      bool (*read)(void *cookie, const struct xml_element *result), void *cookie,
                      struct unum_err *err)
{
    struct unum_str token = UNUM_STR_NONE;
    for (size_t page = 0; page < MAX_PAGES; page++) {
        struct request AUTO_REQUEST r;
        begin(&r, of->action);
        if (of->name)
            add(&r, of->name, of->value);
        if (of->more)
            add(&r, of->more, UNUM_STR("true"));
        add(&r, "NextToken", token);
        int rc = send(client, &r, arena, err);
        if (rc < 0)
            return rc;
        token = xml_text(r.result, "NextToken");
        if (!read(cookie, r.result) || !token.len)
            return 0;
    }
    return unum_err_set(err, UNUM_E_LIMIT, "cloudformation %s: more than %d pages", of->action,
                        MAX_PAGES);
}

/* The members of a list over all pages, and the last page. */
struct members {
    const char *list; /* its name */
    UNUM_VEC(const struct xml_element *) found;
    const struct xml_element *last;
};

static void members_done(struct members *members)
{
    unum_vec_done(&members->found);
}
#define AUTO_MEMBERS UNUM_AUTO(members_done)

static bool read_members(void *cookie, const struct xml_element *result)
{
    struct members *members = cookie;
    const struct xml_element *e = xml_child(xml_at(result, members->list), "member");
    for (; e; e = xml_next(e, "member"))
        *unum_vec_push(&members->found) = e;
    members->last = result;
    return true;
}

int cfn_list_stacks(struct aws_client *client, struct unum_arena *arena, struct cfn_stack **ret,
                    size_t *ret_len, struct unum_err *err)
{
    struct members AUTO_MEMBERS stacks = {.list = "StackSummaries"};
    const struct subject all = {.action = "ListStacks"};
    int rc = every_page(client, &all, arena, read_members, &stacks, err);
    if (rc < 0)
        return rc;
    *ret = unum_arena_array(arena, stacks.found.len, sizeof(**ret));
    *ret_len = 0;
    for (size_t i = 0; i < stacks.found.len; i++) {
        if (!unum_str_is(xml_text(stacks.found.at[i], "StackStatus"), "DELETE_COMPLETE"))
            read_stack(stacks.found.at[i], arena, &(*ret)[(*ret_len)++]);
    }
    return 0;
}

/* ---- change sets ---- */

int cfn_create_change_set(struct aws_client *client, const struct cfn_change_set_request *request,
                          struct unum_arena *arena, struct unum_str *ret_id, struct unum_err *err)
{
    struct request AUTO_REQUEST r;
    begin(&r, "CreateChangeSet");
    add(&r, "StackName", request->stack);
    add(&r, "ChangeSetName", request->name);
    add(&r, "ChangeSetType", request->create ? UNUM_STR("CREATE") : UNUM_STR("UPDATE"));
    add(&r, "ClientToken", request->token);
    add(&r, "TemplateBody", request->template_body);
    add(&r, "TemplateURL", request->template_url);
    add(&r, "RoleARN", request->role_arn);
    if (request->create && request->delete_on_failure)
        add(&r, "OnStackFailure", UNUM_STR("DELETE"));
    add_pairs(&r, "Parameters", "ParameterKey", "ParameterValue", request->parameters,
              request->parameters_len);
    add_pairs(&r, "Tags", "Key", "Value", request->tags, request->tags_len);
    for (size_t i = 0; request->capabilities && request->capabilities[i]; i++)
        add_member(&r, "Capabilities", i, "", unum_str_from(request->capabilities[i]));
    int rc = send(client, &r, arena, err);
    if (rc < 0)
        return rc;
    *ret_id = xml_text(r.result, "Id");
    return ret_id->len ? 0
                       : unum_err_set(err, UNUM_E_PARSE,
                                      "cloudformation CreateChangeSet: an answer without Id");
}

static void read_change(const struct xml_element *e, struct unum_arena *arena,
                        struct cfn_change *ret)
{
    const struct xml_element *details = xml_at(e, "Details");
    struct cfn_pair *properties = unum_arena_array(arena, count(details), sizeof(*properties));
    size_t n = 0;
    for (const struct xml_element *d = xml_child(details, "member"); d; d = xml_next(d, "member")) {
        struct unum_str attribute = xml_text(d, "Target/Attribute");
        struct unum_str name = xml_text(d, "Target/Name");
        properties[n++] = (struct cfn_pair){
            name.len
                ? unum_arena_printf(arena, "%.*s.%.*s", UNUM_STR_ARG(attribute), UNUM_STR_ARG(name))
                : attribute,
            xml_text(d, "Target/RequiresRecreation")};
    }
    *ret = (struct cfn_change){.action = xml_text(e, "Action"),
                               .logical_id = xml_text(e, "LogicalResourceId"),
                               .physical_id = xml_text(e, "PhysicalResourceId"),
                               .type = xml_text(e, "ResourceType"),
                               .replacement = xml_text(e, "Replacement"),
                               .before = xml_text(e, "BeforeContext"),
                               .after = xml_text(e, "AfterContext"),
                               .properties = properties,
                               .properties_len = n};
}

int cfn_describe_change_set(struct aws_client *client, struct unum_str id, struct unum_arena *arena,
                            struct cfn_change_set *ret, struct unum_err *err)
{
    struct members AUTO_MEMBERS members = {.list = "Changes"};
    const struct subject set = {"DescribeChangeSet", "ChangeSetName", id, "IncludePropertyValues"};
    int rc = every_page(client, &set, arena, read_members, &members, err);
    if (rc < 0)
        return rc;
    struct unum_str status = xml_text(members.last, "Status");
    if (!status.len)
        return unum_err_set(err, UNUM_E_PARSE,
                            "cloudformation DescribeChangeSet: a change set without status");
    struct cfn_change *changes = unum_arena_array(arena, members.found.len, sizeof(*changes));
    for (size_t i = 0; i < members.found.len; i++)
        read_change(xml_at(members.found.at[i], "ResourceChange"), arena, &changes[i]);
    *ret = (struct cfn_change_set){.id = xml_text(members.last, "ChangeSetId"),
                                   .stack_id = xml_text(members.last, "StackId"),
                                   .status = status,
                                   .reason = xml_text(members.last, "StatusReason"),
                                   .execution_status = xml_text(members.last, "ExecutionStatus"),
                                   .changes = changes,
                                   .changes_len = members.found.len};
    return 0;
}

/* DescribeEvents with Filters.FailedEvents: errors of validation, and of hooks that stand in for
 * it.
 */
static bool read_problem(const struct xml_element *e, struct cfn_problem *ret)
{
    bool hook = unum_str_is(xml_text(e, "EventType"), "HOOK_INVOCATION_ERROR");
    if (!hook && !unum_str_is(xml_text(e, "EventType"), "VALIDATION_ERROR"))
        return false;
    *ret = (struct cfn_problem){
        .logical_id = xml_text(e, "LogicalResourceId"),
        .type = xml_text(e, "ResourceType"),
        .path = xml_text(e, "ValidationPath"),
        .reason = xml_text(e, hook ? "HookStatusReason" : "ValidationStatusReason"),
        .warning =
            unum_str_is(xml_text(e, hook ? "HookFailureMode" : "ValidationFailureMode"), "WARN")};
    return ret->reason.len > 0;
}

int cfn_problems(struct aws_client *client, struct unum_str change_set, struct unum_arena *arena,
                 struct cfn_problem **ret, size_t *ret_len, struct unum_err *err)
{
    struct members AUTO_MEMBERS members = {.list = "OperationEvents"};
    const struct subject of = {"DescribeEvents", "ChangeSetName", change_set,
                               "Filters.FailedEvents"};
    int rc = every_page(client, &of, arena, read_members, &members, err);
    if (rc < 0)
        return rc;
    *ret = unum_arena_array(arena, members.found.len, sizeof(**ret));
    *ret_len = 0;
    for (size_t i = 0; i < members.found.len; i++) {
        if (read_problem(members.found.at[i], &(*ret)[*ret_len]))
            ++*ret_len;
    }
    return 0;
}

int cfn_execute_change_set(struct aws_client *client, struct unum_str id, struct unum_str token,
                           bool no_rollback, struct unum_err *err)
{
    struct request AUTO_REQUEST r;
    begin(&r, "ExecuteChangeSet");
    add(&r, "ChangeSetName", id);
    add(&r, "ClientRequestToken", token);
    if (no_rollback)
        add(&r, "DisableRollback", UNUM_STR("true"));
    return send(client, &r, NULL, err);
}

int cfn_delete_change_set(struct aws_client *client, struct unum_str id, struct unum_err *err)
{
    struct request AUTO_REQUEST r;
    begin(&r, "DeleteChangeSet");
    add(&r, "ChangeSetName", id);
    int rc = send(client, &r, NULL, err);
    if (rc != UNUM_E_NOTFOUND)
        return rc;
    unum_err_clear(err);
    return 0;
}

int cfn_list_change_sets(struct aws_client *client, struct unum_str stack, struct unum_arena *arena,
                         struct unum_str **ret, size_t *ret_len, struct unum_err *err)
{
    struct members AUTO_MEMBERS members = {.list = "Summaries"};
    const struct subject of = {"ListChangeSets", "StackName", stack, NULL};
    int rc = every_page(client, &of, arena, read_members, &members, err);
    if (rc < 0)
        return rc;
    *ret_len = members.found.len;
    *ret = unum_arena_array(arena, *ret_len, sizeof(**ret));
    for (size_t i = 0; i < *ret_len; i++)
        (*ret)[i] = xml_text(members.found.at[i], "ChangeSetName");
    return 0;
}

/* ---- events and resources ---- */

struct event_reader {
    bool (*each)(void *cookie, const struct cfn_event *event);
    void *cookie;
};

static bool read_events(void *cookie, const struct xml_element *result)
{
    const struct event_reader *reader = cookie;
    const struct xml_element *e = xml_child(xml_at(result, "StackEvents"), "member");
    for (; e; e = xml_next(e, "member")) {
        const struct cfn_event event = {.id = xml_text(e, "EventId"),
                                        .time = xml_text(e, "Timestamp"),
                                        .logical_id = xml_text(e, "LogicalResourceId"),
                                        .physical_id = xml_text(e, "PhysicalResourceId"),
                                        .type = xml_text(e, "ResourceType"),
                                        .status = xml_text(e, "ResourceStatus"),
                                        .reason = xml_text(e, "ResourceStatusReason"),
                                        .token = xml_text(e, "ClientRequestToken")};
        if (!reader->each(reader->cookie, &event))
            return false;
    }
    return true;
}

int cfn_events(struct aws_client *client, struct unum_str stack, struct unum_arena *arena,
               bool (*each)(void *cookie, const struct cfn_event *event), void *cookie,
               struct unum_err *err)
{
    struct event_reader reader = {each, cookie};
    const struct subject of = {"DescribeStackEvents", "StackName", stack, NULL};
    return every_page(client, &of, arena, read_events, &reader, err);
}

int cfn_resources(struct aws_client *client, struct unum_str stack, struct unum_arena *arena,
                  struct cfn_resource **ret, size_t *ret_len, struct unum_err *err)
{
    struct members AUTO_MEMBERS members = {.list = "StackResourceSummaries"};
    const struct subject of = {"ListStackResources", "StackName", stack, NULL};
    int rc = every_page(client, &of, arena, read_members, &members, err);
    if (rc < 0)
        return rc;
    *ret = unum_arena_array(arena, members.found.len, sizeof(**ret));
    *ret_len = members.found.len;
    for (size_t i = 0; i < members.found.len; i++) {
        const struct xml_element *e = members.found.at[i];
        (*ret)[i] = (struct cfn_resource){.logical_id = xml_text(e, "LogicalResourceId"),
                                          .physical_id = xml_text(e, "PhysicalResourceId"),
                                          .type = xml_text(e, "ResourceType"),
                                          .status = xml_text(e, "ResourceStatus"),
                                          .reason = xml_text(e, "ResourceStatusReason")};
    }
    return 0;
}

/* ---- what a stack is told to do ---- */

int cfn_delete_stack(struct aws_client *client, struct unum_str stack,
                     const struct unum_str *retain, size_t retain_len, struct unum_str role_arn,
                     struct unum_err *err)
{
    struct request AUTO_REQUEST r;
    begin(&r, "DeleteStack");
    add(&r, "StackName", stack);
    add(&r, "RoleARN", role_arn);
    for (size_t i = 0; i < retain_len; i++)
        add_member(&r, "RetainResources", i, "", retain[i]);
    return send(client, &r, NULL, err);
}

int cfn_continue_rollback(struct aws_client *client, struct unum_str stack,
                          const struct unum_str *skip, size_t skip_len, struct unum_str role_arn,
                          struct unum_err *err)
{
    struct request AUTO_REQUEST r;
    begin(&r, "ContinueUpdateRollback");
    add(&r, "StackName", stack);
    add(&r, "RoleARN", role_arn);
    for (size_t i = 0; i < skip_len; i++)
        add_member(&r, "ResourcesToSkip", i, "", skip[i]);
    return send(client, &r, NULL, err);
}

static int tell(struct aws_client *client, const char *action, struct unum_str stack,
                struct unum_err *err)
{
    struct request AUTO_REQUEST r;
    begin(&r, action);
    add(&r, "StackName", stack);
    return send(client, &r, NULL, err);
}

int cfn_rollback_stack(struct aws_client *client, struct unum_str stack, struct unum_err *err)
{
    return tell(client, "RollbackStack", stack, err);
}

int cfn_cancel_update(struct aws_client *client, struct unum_str stack, struct unum_err *err)
{
    return tell(client, "CancelUpdateStack", stack, err);
}

int cfn_get_template(struct aws_client *client, struct unum_str stack, struct unum_arena *arena,
                     struct unum_str *ret, struct unum_err *err)
{
    struct request AUTO_REQUEST r;
    begin(&r, "GetTemplate");
    add(&r, "StackName", stack);
    add(&r, "TemplateStage", UNUM_STR("Original"));
    int rc = send(client, &r, arena, err);
    if (rc == 0)
        *ret = xml_text(r.result, "TemplateBody");
    return rc;
}
