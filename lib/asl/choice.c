/* Choices: rules, boolean and comparing. */
#include <string.h>

#include "asl/parse_internal.h"
#include "json/json.h"

enum operand { OPERAND_TEXT, OPERAND_NUMBER, OPERAND_BOOL, OPERAND_TIMESTAMP, OPERAND_PATH };

/* A comparing field, without "Path" at its end. */
static const struct comparison {
    const char *name;
    enum operand operand;
    bool path; /* "...Path" exists */
} comparisons[] = {
    {"StringEquals", OPERAND_TEXT, true},
    {"StringLessThan", OPERAND_TEXT, true},
    {"StringGreaterThan", OPERAND_TEXT, true},
    {"StringLessThanEquals", OPERAND_TEXT, true},
    {"StringGreaterThanEquals", OPERAND_TEXT, true},
    {"StringMatches", OPERAND_TEXT, false},
    {"NumericEquals", OPERAND_NUMBER, true},
    {"NumericLessThan", OPERAND_NUMBER, true},
    {"NumericGreaterThan", OPERAND_NUMBER, true},
    {"NumericLessThanEquals", OPERAND_NUMBER, true},
    {"NumericGreaterThanEquals", OPERAND_NUMBER, true},
    {"BooleanEquals", OPERAND_BOOL, true},
    {"TimestampEquals", OPERAND_TIMESTAMP, true},
    {"TimestampLessThan", OPERAND_TIMESTAMP, true},
    {"TimestampGreaterThan", OPERAND_TIMESTAMP, true},
    {"TimestampLessThanEquals", OPERAND_TIMESTAMP, true},
    {"TimestampGreaterThanEquals", OPERAND_TIMESTAMP, true},
    {"IsNull", OPERAND_BOOL, false},
    {"IsPresent", OPERAND_BOOL, false},
    {"IsNumeric", OPERAND_BOOL, false},
    {"IsString", OPERAND_BOOL, false},
    {"IsBoolean", OPERAND_BOOL, false},
    {"IsTimestamp", OPERAND_BOOL, false},
};

static const struct comparison *find_comparison(struct unum_str name, bool *ret_path)
{
    for (size_t i = 0; name.len && i < UNUM_COUNT(comparisons); i++) {
        if (comparisons[i].name[0] != name.ptr[0])
            continue;
        size_t len = strlen(comparisons[i].name);
        if (name.len < len || memcmp(name.ptr, comparisons[i].name, len) != 0)
            continue;
        struct unum_str rest = unum_str_from_pos(name, len);
        *ret_path = comparisons[i].path && unum_str_is(rest, "Path");
        if (!rest.len || *ret_path)
            return &comparisons[i];
    }
    return NULL;
}

static bool is_boolean_rule(struct unum_str name)
{
    return unum_str_is(name, "And") || unum_str_is(name, "Or") || unum_str_is(name, "Not");
}

static bool is_operator(struct unum_str name)
{
    bool path;
    return is_boolean_rule(name) || find_comparison(name, &path);
}

/* The last unescaped star must not be a lone backslash: "\*" and "\\" are the escapes. */
static void check_pattern(struct asl_parser *p, const struct doc *pattern)
{
    struct unum_str text = pattern->text;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '\\')
            continue;
        if (i + 1 < text.len && (text.ptr[i + 1] == '*' || text.ptr[i + 1] == '\\')) {
            i++;
            continue;
        }
        unum_diag_add(p->diags, UNUM_E0424, asl_inside(pattern, i),
                      "a backslash in \"StringMatches\" stands before \"*\" or another backslash");
        return;
    }
}

static void check_operand(struct asl_parser *p, const struct doc_member *member,
                          const struct comparison *comparison, bool path)
{
    static const enum doc_kind kinds[] = {[OPERAND_TEXT] = DOC_STRING,
                                          [OPERAND_NUMBER] = DOC_NUMBER,
                                          [OPERAND_BOOL] = DOC_BOOL,
                                          [OPERAND_TIMESTAMP] = DOC_STRING,
                                          [OPERAND_PATH] = DOC_STRING};
    const struct doc *value = member->value;
    enum operand operand = path ? OPERAND_PATH : comparison->operand;
    if (value->kind != kinds[operand]) {
        unum_diag_add(p->diags, UNUM_E0424, asl_at(value), "\"%.*s\" compares with %s, not %s",
                      UNUM_STR_ARG(member->key), doc_kind_name(kinds[operand]),
                      doc_kind_name(value->kind));
        if (value->kind == DOC_STRING && asl_looks_evaluated(value->text) && comparison->path)
            unum_diag_hint(p->diags, "a path goes into \"%sPath\"", comparison->name);
        return;
    }
    if (operand == OPERAND_PATH) {
        char *UNUM_AUTO_FREE key = unum_str_dup(member->key);
        asl_check_path(p, value, key, PATH_ANY);
    } else if (operand == OPERAND_TIMESTAMP && !asl_is_timestamp(value->text)) {
        unum_diag_add(p->diags, UNUM_E0426, value->span,
                      "\"%s\" compares with a timestamp such as \"2026-03-14T01:59:00Z\"",
                      comparison->name);
    } else if (operand == OPERAND_TEXT) {
        asl_warn_static(p, value, comparison->name);
        if (strcmp(comparison->name, "StringMatches") == 0)
            check_pattern(p, value);
    }
}

static void check_rule(struct asl_parser *p, const struct doc *rule, enum asl_place place);

static void check_nested(struct asl_parser *p, const struct doc_member *member)
{
    const struct doc *value = member->value;
    bool list = !unum_str_is(member->key, "Not");
    if (value->kind != (list ? DOC_ARRAY : DOC_OBJECT)) {
        unum_diag_add(p->diags, UNUM_E0424, asl_at(value), "\"%.*s\" holds %s, not %s",
                      UNUM_STR_ARG(member->key), list ? "a list of rules" : "a rule",
                      doc_kind_name(value->kind));
        return;
    }
    if (!list) {
        check_rule(p, value, ASL_AT_NESTED);
        return;
    }
    if (!value->len)
        unum_diag_add(p->diags, UNUM_E0411, asl_first(value->span), "\"%.*s\" is empty",
                      UNUM_STR_ARG(member->key));
    for (size_t i = 0; i < value->len; i++)
        check_rule(p, value->members[i].value, ASL_AT_NESTED);
}

/* A misspelled operator is nearer to an operator than to any field. */
static void hint_operator(struct asl_parser *p, struct unum_str key)
{
    const struct unum_diag *last = &p->diags->list.at[p->diags->list.len - 1];
    struct unum_nearest nearest;
    if (last->code != UNUM_E0402 || last->hint)
        return;
    unum_nearest_init(&nearest, key);
    for (size_t i = 0; i < UNUM_COUNT(comparisons); i++)
        unum_nearest_try(&nearest, unum_str_from(comparisons[i].name));
    if (nearest.best.ptr)
        unum_diag_hint(p->diags, "did you mean \"%.*s\"?", UNUM_STR_ARG(nearest.best));
}

/* The fields that are no operators go through the table of fields. */
static void check_plain_fields(struct asl_parser *p, const struct doc *rule, enum asl_place place)
{
    struct doc plain = *rule;
    for (size_t i = 0; i < rule->len; i++) {
        if (is_operator(rule->members[i].key))
            continue;
        plain.members = &rule->members[i];
        plain.len = 1;
        size_t before = p->diags->list.len;
        asl_check_fields(p, &plain, place, false, NULL);
        if (p->diags->list.len > before)
            hint_operator(p, rule->members[i].key);
    }
}

static void check_variable(struct asl_parser *p, const struct doc *rule)
{
    const struct doc *variable = doc_get(rule, "Variable");
    if (!variable) {
        unum_diag_add(p->diags, UNUM_E0424, asl_first(rule->span),
                      "a rule that compares needs \"Variable\"");
        return;
    }
    if (variable->kind != DOC_STRING)
        asl_wrong_kind(p, variable, "Variable", "a path");
    else
        asl_check_path(p, variable, "Variable", PATH_ANY);
}

static void check_rule(struct asl_parser *p, const struct doc *rule, enum asl_place place)
{
    if (rule->kind != DOC_OBJECT) {
        unum_diag_add(p->diags, UNUM_E0424, asl_at(rule), "a choice rule is an object, not %s",
                      doc_kind_name(rule->kind));
        return;
    }
    check_plain_fields(p, rule, place);
    const struct doc_member *first = NULL;
    for (size_t i = 0; i < rule->len; i++) {
        const struct doc_member *member = &rule->members[i];
        if (!is_operator(member->key))
            continue;
        if (first) {
            unum_diag_add(p->diags, UNUM_E0424, member->key_span,
                          "a rule has one operator, and this one has \"%.*s\" already",
                          UNUM_STR_ARG(first->key));
            unum_diag_hint(p->diags, "put both into an \"And\"");
            continue;
        }
        first = member;
    }
    if (!first) {
        unum_diag_add(p->diags, UNUM_E0424, asl_first(rule->span),
                      "the rule has no operator such as \"StringEquals\" or \"And\"");
        return;
    }
    if (is_boolean_rule(first->key)) {
        const struct doc_member *variable = doc_member(rule, "Variable");
        if (variable)
            unum_diag_add(p->diags, UNUM_E0424, variable->key_span,
                          "\"Variable\" has no effect beside \"%.*s\"", UNUM_STR_ARG(first->key));
        check_nested(p, first);
        return;
    }
    bool path = false;
    const struct comparison *comparison = find_comparison(first->key, &path);
    check_operand(p, first, comparison, path);
    check_variable(p, rule);
}

/* The rule as the evaluator needs it. */
static struct unum_str rule_json(struct asl_parser *p, const struct doc *rule)
{
    struct doc kept = *rule;
    kept.members = unum_arena_array(p->arena, rule->len, sizeof(*kept.members));
    kept.len = 0;
    for (size_t i = 0; i < rule->len; i++) {
        struct unum_str key = rule->members[i].key;
        if (unum_str_is(key, "Variable") || is_operator(key))
            kept.members[kept.len++] = rule->members[i];
    }
    return asl_json(p, &kept);
}

static void parse_choice(struct asl_parser *p, const struct doc *rule, struct asl_state *state)
{
    if (rule->kind == DOC_OBJECT && state->jsonata)
        asl_check_fields(p, rule, ASL_AT_RULE, true, NULL);
    else
        check_rule(p, rule, ASL_AT_RULE);
    if (rule->kind != DOC_OBJECT)
        return;
    if (state->jsonata && !doc_get(rule, "Condition"))
        asl_missing(p, rule, ASL_AT_RULE, "Condition");
    struct asl_choice *choice = &state->choices[state->choices_len++];
    choice->span = asl_first(rule->span);
    if (!doc_get(rule, "Next"))
        asl_missing(p, rule, ASL_AT_RULE, "Next");
    (void)asl_text(p, rule, "Next", true);
    choice->target = asl_add_target(state, doc_get(rule, "Next"), "Next");
    choice->rule = rule_json(p, rule);
}

void asl_parse_choices(struct asl_parser *p, const struct doc *state, struct asl_state *ret)
{
    if (!doc_get(state, "Choices"))
        asl_missing(p, state, ASL_AT_CHOICE, "Choices");
    (void)asl_text(p, state, "Default", true);
    const struct doc *list = asl_list(p, state, "Choices");
    if (!list)
        return;
    if (!list->len)
        unum_diag_add(p->diags, UNUM_E0411, asl_first(list->span), "\"Choices\" is empty");
    ret->choices = unum_arena_array(p->arena, list->len, sizeof(*ret->choices));
    for (size_t i = 0; i < list->len; i++)
        parse_choice(p, list->members[i].value, ret);
}
