/*
 * Policies of a function: managed ones by name or ARN, and statements written in place.
 */
#include <string.h>

#include "template/reader.h"
#include "json/json.h"

enum {
    MOST_POLICIES = 20,    /* IAM: managed policies of a role */
    MOST_ARN = 2048,       /* IAM: characters of an ARN */
    MOST_STATEMENTS = 6000 /* characters; IAM gives a role 10,240, and unum needs the rest */
};

static bool is_name(struct unum_str text, const char *extra)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool alnum = unum_is_alnum(c);
        if (!alnum && !strchr(extra, c))
            return false;
    }
    return text.len > 0;
}

/* IAM: an ARN, or a name of [\w+=,.@-]+ among the AWS managed policies. */
static void read_managed(struct template_reader *r, const struct doc *item,
                         struct app_function *function)
{
    struct unum_str policy = item->text;
    bool arn = unum_str_starts(policy, UNUM_STR("arn:"));
    if (policy.len > MOST_ARN || !is_name(policy, arn ? "_+=,.@-:/" : "_+=,.@-")) {
        unum_diag_add(r->diags, UNUM_E0305, item->span, "\"%.*s\" is no managed policy",
                      (int)(policy.len > 200 ? 200 : policy.len), policy.ptr);
        return;
    }
    function->policies[function->policies_len++] = policy;
}

/* IAM User Guide, "Grammar of the IAM JSON policy language": of a role's statement. */
static const struct part {
    const char *name;
    bool texts, object;          /* otherwise a text */
    const char *holds, *example; /* of every text but "*" */
} parts[] = {
    {"Sid", false, false, NULL, NULL},
    {"Effect", false, false, NULL, NULL},
    {"Action", true, false, ":", "s3:GetObject"},
    {"NotAction", true, false, ":", "s3:GetObject"},
    {"Resource", true, false, "arn:", "arn:aws:s3:::photos/*"},
    {"NotResource", true, false, "arn:", "arn:aws:s3:::photos/*"},
    {"Condition", false, true, NULL, NULL},
};

static const struct part *part_of(struct unum_str name)
{
    for (size_t i = 0; i < UNUM_COUNT(parts); i++) {
        if (unum_str_is(name, parts[i].name))
            return &parts[i];
    }
    return NULL;
}

static bool is_texts(const struct doc *value)
{
    if (value->kind == DOC_STRING)
        return value->text.len > 0;
    for (size_t i = 0; value->kind == DOC_ARRAY && i < value->len; i++) {
        if (value->members[i].value->kind != DOC_STRING || !value->members[i].value->text.len)
            return false;
    }
    return value->kind == DOC_ARRAY && value->len;
}

static bool check_texts(struct template_reader *r, const struct part *part, const struct doc *value)
{
    bool ok = true;
    size_t len = value->kind == DOC_ARRAY ? value->len : 1;
    for (size_t i = 0; i < len; i++) {
        const struct doc *item = value->kind == DOC_ARRAY ? value->members[i].value : value;
        if (unum_str_is(item->text, "*") ||
            unum_str_search(item->text, unum_str_from(part->holds)) != SIZE_MAX)
            continue;
        unum_diag_add(r->diags, UNUM_E0304, item->span, "%s cannot be \"%.*s\"", part->name,
                      UNUM_STR_ARG(item->text));
        unum_diag_hint(r->diags, "write for example %s", part->example);
        ok = false;
    }
    return ok;
}

static bool check_part(struct template_reader *r, const struct doc_member *member)
{
    const struct part *part = part_of(member->key);
    const struct doc *value = member->value;
    if (!part) {
        unum_diag_add(r->diags, UNUM_E0301, member->key_span,
                      "\"%.*s\" is no part of a role's statement", UNUM_STR_ARG(member->key));
        return false;
    }
    bool fits = part->object  ? value->kind == DOC_OBJECT
                : part->texts ? is_texts(value)
                              : value->kind == DOC_STRING;
    if (fits && part->holds)
        return check_texts(r, part, value);
    if (!fits)
        unum_diag_add(r->diags, UNUM_E0303, value->span, "%s must be %s", part->name,
                      part->object  ? "a map"
                      : part->texts ? "a text or a list of texts"
                                    : "a text");
    return fits;
}

static bool has_one_of(struct template_reader *r, const struct doc *statement, const char *first,
                       const char *second)
{
    if (!doc_get(statement, first) != !doc_get(statement, second))
        return true;
    unum_diag_add(r->diags, UNUM_E0302, statement->span, "a statement needs %s or %s, and not both",
                  first, second);
    return false;
}

static bool check_statement(struct template_reader *r, const struct doc *statement)
{
    if (statement->kind != DOC_OBJECT) {
        unum_diag_add(r->diags, UNUM_E0303, statement->span, "a statement must be a map, not %s",
                      doc_kind_name(statement->kind));
        return false;
    }
    bool ok = true;
    for (size_t i = 0; i < statement->len; i++)
        ok = check_part(r, &statement->members[i]) && ok;
    const struct doc *effect = doc_get(statement, "Effect");
    if (!effect || effect->kind != DOC_STRING ||
        (!unum_str_is(effect->text, "Allow") && !unum_str_is(effect->text, "Deny"))) {
        unum_diag_add(r->diags, UNUM_E0304, effect ? effect->span : statement->span,
                      "Effect must be Allow or Deny");
        ok = false;
    }
    ok = has_one_of(r, statement, "Action", "NotAction") && ok;
    return has_one_of(r, statement, "Resource", "NotResource") && ok;
}

/* ---- as JSON: YAML's flow form ---- */

/* Pseudo parameters such as ${AWS::AccountId} are CloudFormation's to fill in. */
static void write_text(struct json_writer *w, struct unum_str text)
{
    bool sub = unum_str_search(text, UNUM_STR("${AWS::")) != SIZE_MAX;
    if (sub) {
        json_object_begin(w);
        json_key(w, "Fn::Sub");
    }
    json_string(w, text);
    if (sub)
        json_object_end(w);
}

static void write_value(struct json_writer *w, const struct doc *value)
{
    if (value->kind == DOC_STRING) {
        write_text(w, value->text);
        return;
    }
    bool object = value->kind == DOC_OBJECT;
    if (!object && value->kind != DOC_ARRAY) {
        doc_write_json(value, w);
        return;
    }
    (object ? json_object_begin : json_array_begin)(w);
    for (size_t i = 0; i < value->len; i++) {
        if (object)
            json_key_str(w, value->members[i].key);
        write_value(w, value->members[i].value);
    }
    (object ? json_object_end : json_array_end)(w);
}

static void add_statement(struct template_reader *r, const struct doc *statement,
                          struct app_function *function)
{
    struct unum_buf UNUM_AUTO_BUF json = UNUM_BUF_INIT(MOST_STATEMENTS);
    struct json_writer w = JSON_WRITER(&json);
    write_value(&w, statement);
    size_t total = json.len;
    for (size_t i = 0; i < function->statements_len; i++)
        total += function->statements[i].len;
    if (json.failed || total > MOST_STATEMENTS) {
        unum_diag_add(r->diags, UNUM_E0304, statement->span,
                      "the statements of %.*s have more than %d characters",
                      UNUM_STR_ARG(function->name), MOST_STATEMENTS);
        unum_diag_hint(r->diags, "make a managed policy of them and name its ARN");
        return;
    }
    function->statements[function->statements_len++] =
        unum_arena_str(r->arena, unum_buf_str(&json));
}

/* {Version?, Statement: one or a list}: the list, or NULL after a diagnostic. */
static const struct doc *statements_of(struct template_reader *r, const struct doc *item)
{
    for (size_t i = 0; i < item->len; i++) {
        const struct doc_member *member = &item->members[i];
        bool version = unum_str_is(member->key, "Version");
        if (version && !unum_str_is(member->value->text, "2012-10-17")) {
            unum_diag_add(r->diags, UNUM_E0304, member->value->span,
                          "the version of a policy must be \"2012-10-17\"");
            return NULL;
        }
        if (!version && !unum_str_is(member->key, "Statement")) {
            unum_diag_add(r->diags, UNUM_E0301, member->key_span, "\"%.*s\" is no part of a policy",
                          UNUM_STR_ARG(member->key));
            unum_diag_hint(r->diags, "write {Statement: [{Effect: Allow, Action: ..., Resource: "
                                     "...}]}");
            return NULL;
        }
    }
    const struct doc *statements = doc_get(item, "Statement");
    if (!statements || (statements->kind == DOC_ARRAY && !statements->len)) {
        unum_diag_add(r->diags, UNUM_E0302, item->span, "the policy has no Statement");
        return NULL;
    }
    return statements;
}

static size_t count_statements(const struct doc *value)
{
    size_t count = 0;
    for (size_t i = 0; value->kind == DOC_ARRAY && i < value->len; i++) {
        const struct doc *item = value->members[i].value;
        const struct doc *list = item->kind == DOC_OBJECT ? doc_get(item, "Statement") : NULL;
        count += list ? (list->kind == DOC_ARRAY ? list->len : 1) : 0;
    }
    const struct doc *list = value->kind == DOC_OBJECT ? doc_get(value, "Statement") : NULL;
    return count + (list ? (list->kind == DOC_ARRAY ? list->len : 1) : 0);
}

static void read_policy(struct template_reader *r, const struct doc *item,
                        struct app_function *function)
{
    if (item->kind == DOC_STRING) {
        read_managed(r, item, function);
        return;
    }
    if (item->kind != DOC_OBJECT) {
        unum_diag_add(r->diags, UNUM_E0303, item->span,
                      "a policy must be a name, an ARN or a map with Statement, not %s",
                      doc_kind_name(item->kind));
        return;
    }
    const struct doc *list = statements_of(r, item);
    bool many = list && list->kind == DOC_ARRAY;
    for (size_t i = 0; list && i < (many ? list->len : 1); i++) {
        const struct doc *statement = many ? list->members[i].value : list;
        if (check_statement(r, statement))
            add_statement(r, statement, function);
    }
}

void template_policies(struct template_reader *r, const struct template_key *key,
                       const struct doc *value, struct app_function *function)
{
    (void)key;
    bool many = value->kind == DOC_ARRAY;
    size_t len = many ? value->len : 1;
    function->policies = unum_arena_array(r->arena, len + 1, sizeof(*function->policies));
    function->statements =
        unum_arena_array(r->arena, count_statements(value) + 1, sizeof(*function->statements));
    for (size_t i = 0; i < len; i++)
        read_policy(r, many ? value->members[i].value : value, function);
    if (function->policies_len > MOST_POLICIES)
        unum_diag_add(r->diags, UNUM_E0304, value->span, "IAM allows a role %d managed policies",
                      MOST_POLICIES);
}
