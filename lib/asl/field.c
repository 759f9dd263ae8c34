/* What fields there are, and what checks them. */
#include <stdlib.h>
#include <string.h>

#include "asl/parse_internal.h"

static const struct asl_type_row types[] = {
    {"Task", ASL_AT_TASK, ASL_TASK},
    {"Map", ASL_AT_MAP, ASL_MAP},
    {"Parallel", ASL_AT_PARALLEL, ASL_PARALLEL},
    {"Pass", ASL_AT_PASS, ASL_PASS},
    {"Choice", ASL_AT_CHOICE, ASL_CHOICE},
    {"Wait", ASL_AT_WAIT, ASL_WAIT},
    {"Succeed", ASL_AT_SUCCEED, ASL_SUCCEED},
    {"Fail", ASL_AT_FAIL, ASL_FAIL},
};

enum {
    WORK = ASL_AT_TASK | ASL_AT_MAP | ASL_AT_PARALLEL,
    STATES = WORK | ASL_AT_PASS | ASL_AT_CHOICE | ASL_AT_WAIT | ASL_AT_SUCCEED | ASL_AT_FAIL,
    GOES_ON = STATES & ~(ASL_AT_CHOICE | ASL_AT_SUCCEED | ASL_AT_FAIL),
    SCOPES = ASL_AT_MACHINE | ASL_AT_BRANCH | ASL_AT_PROCESSOR,
    RULES = ASL_AT_RULE | ASL_AT_NESTED,
    HANDLERS = ASL_AT_RETRIER | ASL_AT_CATCHER,
};

#define BOTH DIALECT_BOTH
#define PATH DIALECT_JSONPATH
#define NATA DIALECT_JSONATA
#define YES  UNUM_CODE_NONE, NULL

/* Rows of one name stand together. */
static const struct asl_field_row fields[] = {
    {"Comment", STATES | SCOPES | HANDLERS | RULES, CHECK_TEXT, BOTH, 0, YES},
    {"StartAt", SCOPES, 0, BOTH, 0, YES},
    {"States", SCOPES, 0, BOTH, 0, YES},
    {"Version", ASL_AT_MACHINE, 0, BOTH, 0, YES},
    {"QueryLanguage", STATES | ASL_AT_MACHINE, 0, BOTH, 0, YES},
    {"Type", STATES, 0, BOTH, 0, YES},
    {"Next", GOES_ON | ASL_AT_RULE | ASL_AT_CATCHER, 0, BOTH, 0, YES},
    {"End", GOES_ON, 0, BOTH, 0, YES},
    {"Default", ASL_AT_CHOICE, 0, BOTH, 0, YES},
    {"Choices", ASL_AT_CHOICE, 0, BOTH, 0, YES},
    {"Resource", ASL_AT_TASK, 0, BOTH, 0, YES},
    {"Iterator", ASL_AT_MAP, 0, BOTH, 0, YES},
    {"ItemProcessor", ASL_AT_MAP, 0, BOTH, 0, YES},
    {"Branches", ASL_AT_PARALLEL, 0, BOTH, 0, YES},
    {"ProcessorConfig", ASL_AT_PROCESSOR, 0, BOTH, 0, YES},
    {"Mode", ASL_AT_CONFIG, 0, BOTH, 0, YES},
    {"ExecutionType", ASL_AT_CONFIG, 0, BOTH, 0, YES},
    {"InputPath", STATES & ~ASL_AT_FAIL, CHECK_PATH, PATH, ASL_INPUT_PATH, YES},
    {"OutputPath", STATES & ~ASL_AT_FAIL, CHECK_PATH, PATH, ASL_OUTPUT_PATH, YES},
    {"ResultPath", WORK | ASL_AT_PASS, CHECK_RESULT_PATH, PATH, ASL_RESULT_PATH, YES},
    {"ResultPath", ASL_AT_CATCHER, CHECK_RESULT_PATH, PATH, 0, YES},
    {"Parameters", WORK | ASL_AT_PASS, CHECK_TEMPLATE, PATH, ASL_PARAMETERS, YES},
    {"ResultSelector", WORK, CHECK_TEMPLATE, PATH, ASL_RESULT_SELECTOR, YES},
    {"Result", ASL_AT_PASS, CHECK_ANY, PATH, ASL_RESULT, YES},
    {"Assign", STATES & ~(ASL_AT_SUCCEED | ASL_AT_FAIL), CHECK_ASSIGN, BOTH, ASL_ASSIGN, YES},
    {"Assign", ASL_AT_CATCHER | ASL_AT_RULE, CHECK_ASSIGN, BOTH, 0, YES},
    {"Retry", WORK, 0, BOTH, ASL_RETRY, YES},
    {"Catch", WORK, 0, BOTH, ASL_CATCH, YES},
    {"ErrorEquals", HANDLERS, 0, BOTH, 0, YES},
    {"IntervalSeconds", ASL_AT_RETRIER, CHECK_SECONDS, BOTH, 0, YES},
    {"MaxAttempts", ASL_AT_RETRIER, CHECK_COUNT, BOTH, 0, YES},
    {"BackoffRate", ASL_AT_RETRIER, 0, BOTH, 0, YES},
    {"MaxDelaySeconds", ASL_AT_RETRIER, 0, BOTH, 0, YES},
    {"JitterStrategy", ASL_AT_RETRIER, 0, BOTH, 0, YES},
    {"Variable", RULES, 0, PATH, 0, YES},
    {"Condition", ASL_AT_RULE, 0, NATA, 0, YES},
    {"TimeoutSeconds", ASL_AT_TASK, CHECK_SECONDS, BOTH, ASL_TIMEOUT_SECONDS, YES},
    {"TimeoutSeconds", ASL_AT_MACHINE, CHECK_SECONDS, BOTH, 0, YES},
    {"TimeoutSecondsPath", ASL_AT_TASK, CHECK_REFERENCE, PATH, ASL_TIMEOUT_SECONDS_PATH, YES},
    {"HeartbeatSeconds", ASL_AT_TASK, CHECK_SECONDS, BOTH, ASL_HEARTBEAT_SECONDS, YES},
    {"HeartbeatSecondsPath", ASL_AT_TASK, CHECK_REFERENCE, PATH, ASL_HEARTBEAT_SECONDS_PATH, YES},
    {"Seconds", ASL_AT_WAIT, CHECK_COUNT, BOTH, ASL_SECONDS, YES},
    {"SecondsPath", ASL_AT_WAIT, CHECK_REFERENCE, PATH, ASL_SECONDS_PATH, YES},
    {"Timestamp", ASL_AT_WAIT, CHECK_TIMESTAMP, BOTH, ASL_TIMESTAMP, YES},
    {"TimestampPath", ASL_AT_WAIT, CHECK_REFERENCE, PATH, ASL_TIMESTAMP_PATH, YES},
    {"Error", ASL_AT_FAIL, CHECK_TEXT, BOTH, ASL_ERROR, YES},
    {"ErrorPath", ASL_AT_FAIL, CHECK_TEXT_PATH, PATH, ASL_ERROR_PATH, YES},
    {"Cause", ASL_AT_FAIL, CHECK_TEXT, BOTH, ASL_CAUSE, YES},
    {"CausePath", ASL_AT_FAIL, CHECK_TEXT_PATH, PATH, ASL_CAUSE_PATH, YES},
    {"ItemsPath", ASL_AT_MAP, CHECK_READ, PATH, ASL_ITEMS_PATH, YES},
    {"ItemSelector", ASL_AT_MAP, CHECK_TEMPLATE, BOTH, ASL_ITEM_SELECTOR, YES},
    {"MaxConcurrency", ASL_AT_MAP, CHECK_COUNT, BOTH, ASL_MAX_CONCURRENCY, YES},
    {"MaxConcurrencyPath", ASL_AT_MAP, CHECK_REFERENCE, PATH, ASL_MAX_CONCURRENCY_PATH, YES},
    {"ToleratedFailureCount", ASL_AT_MAP, CHECK_COUNT, BOTH, ASL_TOLERATED_COUNT, YES},
    {"ToleratedFailureCountPath", ASL_AT_MAP, CHECK_REFERENCE, PATH, ASL_TOLERATED_COUNT_PATH, YES},
    {"ToleratedFailurePercentage", ASL_AT_MAP, CHECK_PERCENTAGE, BOTH, ASL_TOLERATED_PERCENTAGE,
     YES},
    {"ToleratedFailurePercentagePath", ASL_AT_MAP, CHECK_REFERENCE, PATH,
     ASL_TOLERATED_PERCENTAGE_PATH, YES},
    {"Label", ASL_AT_MAP, CHECK_LABEL, BOTH, ASL_LABEL, YES},
    {"ItemReader", ASL_AT_MAP, CHECK_OBJECT, BOTH, 0, UNUM_E0519,
     "read the items in the function before the Map"},
    {"ItemBatcher", ASL_AT_MAP, CHECK_OBJECT, BOTH, 0, UNUM_E0520,
     "build the batches in the function before the Map"},
    {"ResultWriter", ASL_AT_MAP, CHECK_OBJECT, BOTH, 0, UNUM_E0521,
     "write the results in the function behind the Map"},
    {"Credentials", ASL_AT_TASK, CHECK_OBJECT, BOTH, 0, UNUM_E0526,
     "assume the role inside of the function"},
    {"Arguments", ASL_AT_TASK | ASL_AT_PARALLEL, 0, NATA, 0, YES},
    {"Output", (STATES & ~ASL_AT_FAIL) | ASL_AT_RULE | ASL_AT_CATCHER, 0, NATA, 0, YES},
    {"Items", ASL_AT_MAP, 0, NATA, 0, YES},
};

static const struct {
    enum asl_place place;
    const char *name;
} place_names[] = {
    {ASL_AT_TASK, "a Task state"},          {ASL_AT_MAP, "a Map state"},
    {ASL_AT_PARALLEL, "a Parallel state"},  {ASL_AT_PASS, "a Pass state"},
    {ASL_AT_CHOICE, "a Choice state"},      {ASL_AT_WAIT, "a Wait state"},
    {ASL_AT_SUCCEED, "a Succeed state"},    {ASL_AT_FAIL, "a Fail state"},
    {ASL_AT_MACHINE, "a state machine"},    {ASL_AT_BRANCH, "a branch"},
    {ASL_AT_PROCESSOR, "an ItemProcessor"}, {ASL_AT_CONFIG, "a ProcessorConfig"},
    {ASL_AT_RETRIER, "a retrier"},          {ASL_AT_CATCHER, "a catcher"},
    {ASL_AT_RULE, "a choice rule"},         {ASL_AT_NESTED, "a nested choice rule"},
};

const char *asl_place_name(enum asl_place place)
{
    for (size_t i = 0; i < UNUM_COUNT(place_names); i++) {
        if (place_names[i].place == place)
            return place_names[i].name;
    }
    return "";
}

const char *asl_type_name(enum asl_type type)
{
    for (size_t i = 0; i < UNUM_COUNT(types); i++) {
        if (types[i].type == type)
            return types[i].name;
    }
    return "";
}

const char *asl_field_name(enum asl_field field)
{
    if (field == ASL_CHOICES)
        return "Choices";
    for (size_t i = 0; field && i < UNUM_COUNT(fields); i++) {
        if (fields[i].field == field)
            return fields[i].name;
    }
    return "";
}

const struct asl_value *asl_value(const struct asl_state *state, enum asl_field field)
{
    for (size_t i = 0; i < state->values_len; i++) {
        if (state->values[i].field == field)
            return &state->values[i];
    }
    return NULL;
}

/* ---- places of messages ---- */

struct unum_span asl_first(struct unum_span span)
{
    span.end = span.start + 1;
    return span;
}

struct unum_span asl_at(const struct doc *value)
{
    bool container = value->kind == DOC_OBJECT || value->kind == DOC_ARRAY;
    return container ? asl_first(value->span) : value->span;
}

struct unum_span asl_inside(const struct doc *string, size_t offset)
{
    struct unum_span span = string->span;
    /* Quoted, or a plain scalar of YAML. */
    size_t len = span.end - span.start, quote = len == string->text.len ? 0 : 1;
    if (!span.source || len != string->text.len + 2 * quote || offset > string->text.len)
        return span;
    size_t at = span.start + quote + offset;
    return (struct unum_span){span.source, at, at + 1};
}

bool asl_muted(const struct asl_parser *p)
{
    return p->diags->dropped > 0;
}

/* ---- types ---- */

const struct asl_type_row *asl_type_of(struct asl_parser *p, const struct doc *state,
                                       struct unum_str name)
{
    struct unum_str text = asl_text(p, state, "Type", false);
    if (!doc_get(state, "Type"))
        unum_diag_add(p->diags, UNUM_E0403, asl_first(state->span),
                      "state \"%.*s\" has no \"Type\"", UNUM_STR_ARG(name));
    if (!text.ptr)
        return NULL;
    struct unum_nearest nearest;
    unum_nearest_init(&nearest, text);
    for (size_t i = 0; i < UNUM_COUNT(types); i++) {
        if (unum_str_is(text, types[i].name))
            return &types[i];
        unum_nearest_try(&nearest, unum_str_from(types[i].name));
    }
    unum_diag_add(p->diags, UNUM_E0417, doc_get(state, "Type")->span,
                  "there is no type of state \"%.*s\"", UNUM_STR_ARG(text));
    if (nearest.best.ptr)
        unum_diag_hint(p->diags, "did you mean \"%.*s\"?", UNUM_STR_ARG(nearest.best));
    return NULL;
}

/* ---- fields ---- */

static int by_name(const void *a, const void *b)
{
    const struct asl_field_row *left = *(const struct asl_field_row *const *)a;
    const struct asl_field_row *right = *(const struct asl_field_row *const *)b;
    int order = strcmp(left->name, right->name);
    return order ? order : left < right ? -1 : left > right;
}

void asl_index_fields(struct asl_parser *p)
{
    p->rows = unum_arena_array(p->arena, UNUM_COUNT(fields), sizeof(const struct asl_field_row *));
    for (size_t i = 0; i < UNUM_COUNT(fields); i++)
        p->rows[i] = &fields[i];
    qsort(p->rows, UNUM_COUNT(fields), sizeof(const struct asl_field_row *), by_name);
}

/* Position of the first row with that name, or where it would stand. */
static size_t find_row(const struct asl_parser *p, struct unum_str name)
{
    size_t low = 0, high = UNUM_COUNT(fields);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (unum_str_cmp(unum_str_from(p->rows[middle]->name), name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The row of the field there; *ret_elsewhere is a row of that name for another place. */
static const struct asl_field_row *field_at(const struct asl_parser *p, struct unum_str name,
                                            enum asl_place place,
                                            const struct asl_field_row **ret_elsewhere)
{
    for (size_t i = find_row(p, name); i < UNUM_COUNT(fields); i++) {
        if (!unum_str_is(name, p->rows[i]->name))
            break;
        if (p->rows[i]->where & (unsigned)place)
            return p->rows[i];
        *ret_elsewhere = p->rows[i];
    }
    return NULL;
}

/* "it belongs to a Map state" */
static void hint_home(struct asl_parser *p, const struct asl_field_row *field)
{
    for (size_t i = 0; i < UNUM_COUNT(place_names); i++) {
        if (field->where & (unsigned)place_names[i].place) {
            unum_diag_hint(p->diags, "it belongs to %s", place_names[i].name);
            return;
        }
    }
}

static void unknown_field(struct asl_parser *p, const struct doc_member *member,
                          enum asl_place place, const struct asl_field_row *elsewhere)
{
    if (elsewhere) {
        unum_diag_add(p->diags, UNUM_E0404, member->key_span, "%s has no field \"%.*s\"",
                      asl_place_name(place), UNUM_STR_ARG(member->key));
        hint_home(p, elsewhere);
        return;
    }
    unum_diag_add(p->diags, UNUM_E0402, member->key_span, "unknown field \"%.*s\"",
                  UNUM_STR_ARG(member->key));
    if (asl_muted(p))
        return;
    struct unum_nearest nearest;
    unum_nearest_init(&nearest, member->key);
    for (size_t i = 0; i < UNUM_COUNT(fields); i++) {
        if (fields[i].where & (unsigned)place)
            unum_nearest_try(&nearest, unum_str_from(fields[i].name));
    }
    if (nearest.best.ptr)
        unum_diag_hint(p->diags, "did you mean \"%.*s\"?", UNUM_STR_ARG(nearest.best));
}

/* What does the same in the other dialect. */
static const char *counterpart(const char *name)
{
    static const char *const pairs[][2] = {
        {"Arguments", "Parameters"},
        {"Output", "ResultSelector, ResultPath or OutputPath"},
        {"Items", "ItemsPath"},
        {"Condition", "Variable and an operator"},
    };
    for (size_t i = 0; i < UNUM_COUNT(pairs); i++) {
        if (strcmp(name, pairs[i][0]) == 0)
            return pairs[i][1];
    }
    return NULL;
}

static void other_dialect(struct asl_parser *p, const struct doc_member *member,
                          const struct asl_field_row *row)
{
    bool nata = row->dialect == DIALECT_JSONATA;
    unum_diag_add(p->diags, UNUM_E0404, member->key_span,
                  "\"%s\" belongs to %s, but the query language here is %s", row->name,
                  nata ? "JSONata" : "JSONPath", nata ? "JSONPath" : "JSONata");
    if (nata && counterpart(row->name))
        unum_diag_hint(p->diags, "JSONPath has %s", counterpart(row->name));
}

static void check_field(struct asl_parser *p, const struct doc_member *member, enum asl_place place,
                        bool jsonata, struct asl_state *state)
{
    const struct asl_field_row *elsewhere = NULL;
    const struct asl_field_row *row = field_at(p, member->key, place, &elsewhere);
    if (!row) {
        unknown_field(p, member, place, elsewhere);
        return;
    }
    if (row->dialect != DIALECT_BOTH && jsonata != (row->dialect == DIALECT_JSONATA)) {
        other_dialect(p, member, row);
        return;
    }
    if (!asl_check_value(p, row, member, jsonata))
        return;
    if (row->refusal) {
        unum_diag_add(p->diags, row->refusal, member->key_span, "\"%s\" of %s is not supported yet",
                      row->name, asl_place_name(place));
        unum_diag_hint(p->diags, "%s", row->instead);
    }
    if (row->field && state)
        asl_keep(state, row->field, member);
}

void asl_check_fields(struct asl_parser *p, const struct doc *object, enum asl_place place,
                      bool jsonata, struct asl_state *state)
{
    for (size_t i = 0; i < object->len; i++)
        check_field(p, &object->members[i], place, jsonata, state);
}

void asl_exclude(struct asl_parser *p, const struct doc *object, const char *one, const char *two)
{
    const struct doc_member *a = doc_member(object, one), *b = doc_member(object, two);
    if (!a || !b)
        return;
    const struct doc_member *later = a < b ? b : a;
    unum_diag_add(p->diags, UNUM_E0408, later->key_span, "\"%s\" and \"%s\" exclude each other",
                  one, two);
    unum_diag_hint(p->diags, "take one of them out");
}

void asl_missing(struct asl_parser *p, const struct doc *object, enum asl_place place,
                 const char *key)
{
    unum_diag_add(p->diags, UNUM_E0403, asl_first(object->span), "%s needs \"%s\"",
                  asl_place_name(place), key);
}

void asl_wrong_kind(struct asl_parser *p, const struct doc *value, const char *key,
                    const char *wanted)
{
    unum_diag_add(p->diags, UNUM_E0401, asl_at(value), "\"%s\" is %s, not %s", key, wanted,
                  doc_kind_name(value->kind));
}

/* The field if it has that kind. */
static const struct doc *field_of_kind(struct asl_parser *p, const struct doc *object,
                                       const char *key, enum doc_kind kind)
{
    const struct doc *value = doc_get(object, key);
    if (!value || value->kind == kind)
        return value;
    asl_wrong_kind(p, value, key, doc_kind_name(kind));
    return NULL;
}

struct unum_str asl_text(struct asl_parser *p, const struct doc *object, const char *key,
                         bool required)
{
    const struct doc *value = field_of_kind(p, object, key, DOC_STRING);
    if (required && value && !value->text.len)
        unum_diag_add(p->diags, UNUM_E0401, value->span, "\"%s\" is empty", key);
    return value ? value->text : UNUM_STR_NONE;
}

const struct doc *asl_object(struct asl_parser *p, const struct doc *object, const char *key)
{
    return field_of_kind(p, object, key, DOC_OBJECT);
}

const struct doc *asl_list(struct asl_parser *p, const struct doc *object, const char *key)
{
    return field_of_kind(p, object, key, DOC_ARRAY);
}

/* ---- version and query language ---- */

void asl_check_version(struct asl_parser *p, const struct doc *object)
{
    struct unum_str version = asl_text(p, object, "Version", false);
    if (version.ptr && !unum_str_is(version, "1.0"))
        unum_diag_add(p->diags, UNUM_E0401, doc_get(object, "Version")->span,
                      "\"Version\" is \"1.0\"");
}

bool asl_query_language(struct asl_parser *p, const struct doc *object, bool inherited,
                        bool machine)
{
    const struct doc *at = doc_get(object, "QueryLanguage");
    struct unum_str language = asl_text(p, object, "QueryLanguage", false);
    if (!language.ptr)
        return inherited;
    if (unum_str_is(language, "JSONata")) {
        if (!inherited || machine) {
            unum_diag_add(p->diags, UNUM_E0523, at->span, "JSONata is not supported yet");
            unum_diag_hint(p->diags,
                           "write \"JSONPath\", and what JSONata computes into a function");
        }
        return true;
    }
    if (!unum_str_is(language, "JSONPath")) {
        unum_diag_add(p->diags, UNUM_E0401, at->span,
                      "\"QueryLanguage\" is \"JSONPath\" or \"JSONata\"");
        return inherited;
    }
    if (inherited && !machine)
        unum_diag_add(p->diags, UNUM_E0408, at->span,
                      "\"QueryLanguage\" of a state cannot be JSONPath where the machine's is "
                      "JSONata");
    return false;
}
