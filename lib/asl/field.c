#include <string.h>

#include "asl/parse_internal.h"

static const struct asl_type_row types[] = {
    {"Task", ASL_AT_TASK, true, ASL_TASK, UNUM_CODE_NONE, NULL},
    {"Map", ASL_AT_MAP, true, ASL_MAP, UNUM_CODE_NONE, NULL},
    {"Parallel", ASL_AT_PARALLEL, true, ASL_PARALLEL, UNUM_CODE_NONE, NULL},
    {"Pass", ASL_AT_PASS, false, ASL_TASK, UNUM_E0501,
     "let the function before it give the value, or use a Task whose function does"},
    {"Choice", ASL_AT_CHOICE, false, ASL_TASK, UNUM_E0502,
     "decide inside of a function, or write the IR by hand with a Conditional on its edges"},
    {"Wait", ASL_AT_WAIT, false, ASL_TASK, UNUM_E0503,
     "wait inside of a function, within its Timeout"},
    {"Succeed", ASL_AT_SUCCEED, false, ASL_TASK, UNUM_E0504,
     "write \"End\": true into the states that lead here"},
    {"Fail", ASL_AT_FAIL, false, ASL_TASK, UNUM_E0505,
     "let the function before it return the error"},
};

enum {
    RUNS = ASL_AT_TASK | ASL_AT_MAP | ASL_AT_PARALLEL,
    FAN_OUT = ASL_AT_MAP | ASL_AT_PARALLEL,
    STATES = RUNS | ASL_AT_PASS | ASL_AT_CHOICE | ASL_AT_WAIT | ASL_AT_SUCCEED | ASL_AT_FAIL,
    SCOPES = ASL_AT_MACHINE | ASL_AT_BRANCH | ASL_AT_PROCESSOR,
};

/* Every field of the language: where it may stand, and if it cannot be used there yet, the code and
 * what to do instead. */
static const struct field {
    const char *name;
    unsigned where;
    enum unum_code refusal; /* NONE: can be used */
    const char *instead;
} fields[] = {
    {"Comment", STATES | SCOPES, UNUM_CODE_NONE, NULL},
    {"StartAt", SCOPES, UNUM_CODE_NONE, NULL},
    {"States", SCOPES, UNUM_CODE_NONE, NULL},
    {"Version", ASL_AT_MACHINE, UNUM_CODE_NONE, NULL},
    {"QueryLanguage", STATES | ASL_AT_MACHINE, UNUM_CODE_NONE, NULL},
    {"Type", STATES, UNUM_CODE_NONE, NULL},
    {"Next", STATES & ~(ASL_AT_CHOICE | ASL_AT_SUCCEED | ASL_AT_FAIL), UNUM_CODE_NONE, NULL},
    {"End", STATES & ~(ASL_AT_CHOICE | ASL_AT_SUCCEED | ASL_AT_FAIL), UNUM_CODE_NONE, NULL},
    {"Resource", ASL_AT_TASK, UNUM_CODE_NONE, NULL},
    {"ItemsPath", ASL_AT_MAP, UNUM_CODE_NONE, NULL},
    {"Iterator", ASL_AT_MAP, UNUM_CODE_NONE, NULL},
    {"ItemProcessor", ASL_AT_MAP, UNUM_CODE_NONE, NULL},
    {"Branches", ASL_AT_PARALLEL, UNUM_CODE_NONE, NULL},
    {"ProcessorConfig", ASL_AT_PROCESSOR, UNUM_CODE_NONE, NULL},
    {"Mode", ASL_AT_CONFIG, UNUM_CODE_NONE, NULL},
    {"InputPath", RUNS, UNUM_E0506, "take the part inside of the function"},
    {"OutputPath", RUNS, UNUM_E0507, "return the part from the function"},
    {"ResultPath", RUNS, UNUM_E0508, "let the function return its input with the result in it"},
    {"Parameters", RUNS, UNUM_E0509, "build the input inside of the function"},
    {"ResultSelector", RUNS, UNUM_E0510, "return the wanted part from the function"},
    {"Assign", RUNS, UNUM_E0511, "pass the value on in the output of the function"},
    {"Retry", RUNS, UNUM_E0512, "try again inside of the function"},
    {"Catch", RUNS, UNUM_E0513, "let the function return the error as a value"},
    {"TimeoutSeconds", ASL_AT_TASK, UNUM_E0514, "set Timeout of the function in the template"},
    {"TimeoutSecondsPath", ASL_AT_TASK, UNUM_E0514, "set Timeout of the function in the template"},
    {"HeartbeatSeconds", ASL_AT_TASK, UNUM_E0515, "set Timeout of the function in the template"},
    {"HeartbeatSecondsPath", ASL_AT_TASK, UNUM_E0515,
     "set Timeout of the function in the template"},
    {"MaxConcurrency", ASL_AT_MAP, UNUM_E0516,
     "take it out: all elements run at the same time, within the account's concurrency"},
    {"MaxConcurrencyPath", ASL_AT_MAP, UNUM_E0516,
     "take it out: all elements run at the same time, within the account's concurrency"},
    {"ItemSelector", ASL_AT_MAP, UNUM_E0517, "build the elements in the function before the Map"},
    {"ToleratedFailureCount", ASL_AT_MAP, UNUM_E0518,
     "let the function return its error as a value"},
    {"ToleratedFailureCountPath", ASL_AT_MAP, UNUM_E0518,
     "let the function return its error as a value"},
    {"ToleratedFailurePercentage", ASL_AT_MAP, UNUM_E0518,
     "let the function return its error as a value"},
    {"ToleratedFailurePercentagePath", ASL_AT_MAP, UNUM_E0518,
     "let the function return its error as a value"},
    {"ItemReader", ASL_AT_MAP, UNUM_E0519, "read the items in the function before the Map"},
    {"ItemBatcher", ASL_AT_MAP, UNUM_E0520, "build the batches in the function before the Map"},
    {"ResultWriter", ASL_AT_MAP, UNUM_E0521, "write the results in the function behind the Map"},
    {"Label", ASL_AT_MAP, UNUM_E0522, "take it out: it names runs of a distributed Map"},
    {"ExecutionType", ASL_AT_CONFIG, UNUM_E0522, "take it out: it belongs to a distributed Map"},
    {"Arguments", RUNS, UNUM_E0523, "build the input inside of the function"},
    {"Output", RUNS, UNUM_E0523, "return the wanted value from the function"},
    {"Items", ASL_AT_MAP, UNUM_E0523, "write \"ItemsPath\""},
    {"Credentials", ASL_AT_TASK, UNUM_E0526, "assume the role inside of the function"},
    {"TimeoutSeconds", ASL_AT_MACHINE, UNUM_E0528, "set Timeout of every function in the template"},
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
};

const char *asl_place_name(enum asl_place place)
{
    for (size_t i = 0; i < UNUM_COUNT(place_names); i++) {
        if (place_names[i].place == place)
            return place_names[i].name;
    }
    return "";
}

struct unum_span asl_first(struct unum_span span)
{
    span.end = span.start + 1;
    return span;
}

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

/* "it belongs to a Map state" */
static void hint_home(struct asl_parser *p, const struct field *field)
{
    for (size_t i = 0; i < UNUM_COUNT(place_names); i++) {
        if (field->where & (unsigned)place_names[i].place) {
            unum_diag_hint(p->diags, "it belongs to %s", place_names[i].name);
            return;
        }
    }
}

static void unknown_field(struct asl_parser *p, const struct doc_member *member,
                          enum asl_place place)
{
    const struct field *elsewhere = NULL;
    struct unum_nearest nearest;
    unum_nearest_init(&nearest, member->key);
    for (size_t i = 0; i < UNUM_COUNT(fields); i++) {
        struct unum_str name = unum_str_from(fields[i].name);
        if (unum_str_eq(member->key, name))
            elsewhere = &fields[i];
        if (fields[i].where & (unsigned)place)
            unum_nearest_try(&nearest, name);
    }
    if (elsewhere) {
        unum_diag_add(p->diags, UNUM_E0404, member->key_span, "%s has no field \"%.*s\"",
                      asl_place_name(place), UNUM_STR_ARG(member->key));
        hint_home(p, elsewhere);
        return;
    }
    unum_diag_add(p->diags, UNUM_E0402, member->key_span, "unknown field \"%.*s\"",
                  UNUM_STR_ARG(member->key));
    if (nearest.best.ptr)
        unum_diag_hint(p->diags, "did you mean \"%.*s\"?", UNUM_STR_ARG(nearest.best));
}

static const struct field *field_at(struct unum_str name, enum asl_place place)
{
    for (size_t i = 0; i < UNUM_COUNT(fields); i++) {
        if ((fields[i].where & (unsigned)place) && unum_str_is(name, fields[i].name))
            return &fields[i];
    }
    return NULL;
}

void asl_check_fields(struct asl_parser *p, const struct doc *object, enum asl_place place)
{
    for (size_t i = 0; i < object->len; i++) {
        const struct doc_member *member = &object->members[i];
        const struct field *field = field_at(member->key, place);
        if (!field) {
            unknown_field(p, member, place);
        } else if (field->refusal) {
            unum_diag_add(p->diags, field->refusal, member->key_span,
                          "\"%s\" of %s is not supported yet", field->name, asl_place_name(place));
            unum_diag_hint(p->diags, "%s", field->instead);
        }
    }
}

void asl_missing(struct asl_parser *p, const struct doc *object, enum asl_place place,
                 const char *key)
{
    unum_diag_add(p->diags, UNUM_E0403, asl_first(object->span), "%s needs \"%s\"",
                  asl_place_name(place), key);
}

/* The field if it has that kind. */
static const struct doc *field_of_kind(struct asl_parser *p, const struct doc *object,
                                       const char *key, enum doc_kind kind)
{
    const struct doc *value = doc_get(object, key);
    if (!value || value->kind == kind)
        return value;
    struct unum_span span = value->span;
    if (value->kind == DOC_OBJECT || value->kind == DOC_ARRAY)
        span = asl_first(span);
    unum_diag_add(p->diags, UNUM_E0401, span, "\"%s\" is %s, not %s", key, doc_kind_name(kind),
                  doc_kind_name(value->kind));
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

void asl_check_remarks(struct asl_parser *p, const struct doc *object)
{
    (void)asl_text(p, object, "Comment", false);
    struct unum_str version = asl_text(p, object, "Version", false);
    if (version.ptr && !unum_str_is(version, "1.0"))
        unum_diag_add(p->diags, UNUM_E0401, doc_get(object, "Version")->span,
                      "\"Version\" is \"1.0\"");
    struct unum_str language = asl_text(p, object, "QueryLanguage", false);
    if (unum_str_is(language, "JSONata")) {
        unum_diag_add(p->diags, UNUM_E0523, doc_get(object, "QueryLanguage")->span,
                      "JSONata is not supported yet");
        unum_diag_hint(p->diags, "write \"JSONPath\", and what JSONata computes into a function");
    } else if (language.ptr && !unum_str_is(language, "JSONPath")) {
        unum_diag_add(p->diags, UNUM_E0401, doc_get(object, "QueryLanguage")->span,
                      "\"QueryLanguage\" is \"JSONPath\"");
    }
}
