/* Retry and Catch. */
#include <math.h>

#include "asl/parse_internal.h"
#include "json/json.h"

/* Names that Step Functions itself reports (Amazon States Language, appendix A, and the API). */
static const char *const reserved[] = {
    "States.ALL",
    "States.HeartbeatTimeout",
    "States.Timeout",
    "States.TaskFailed",
    "States.Permissions",
    "States.ResultPathMatchFailure",
    "States.ParameterPathFailure",
    "States.BranchFailed",
    "States.NoChoiceMatched",
    "States.IntrinsicFailure",
    "States.ExceedToleratedFailureThreshold",
    "States.ItemReaderFailed",
    "States.ResultWriterFailed",
    "States.DataLimitExceeded",
    "States.QueryEvaluationError",
    "States.Runtime",
};

struct asl_target *asl_add_target(struct asl_state *state, const struct doc *at, const char *key)
{
    if (!at || at->kind != DOC_STRING)
        return NULL;
    struct asl_target *target = &state->targets[state->targets_len++];
    *target = (struct asl_target){.name = at->text, .span = at->span, .key = key};
    return target;
}

static void warn_reserved(struct asl_parser *p, const struct doc *name)
{
    struct unum_nearest nearest;
    if (!unum_str_starts(name->text, UNUM_STR("States.")) ||
        unum_str_starts(name->text, UNUM_STR("States.Http.")))
        return;
    for (size_t i = 0; i < UNUM_COUNT(reserved); i++) {
        if (unum_str_is(name->text, reserved[i]))
            return;
    }
    unum_diag_add(p->diags, UNUM_W0438, name->span,
                  "no error has the name \"%.*s\": names with \"States.\" in front are reserved",
                  UNUM_STR_ARG(name->text));
    unum_nearest_init(&nearest, name->text);
    for (size_t i = 0; !asl_muted(p) && i < UNUM_COUNT(reserved); i++)
        unum_nearest_try(&nearest, unum_str_from(reserved[i]));
    if (nearest.best.ptr)
        unum_diag_hint(p->diags, "did you mean \"%.*s\"?", UNUM_STR_ARG(nearest.best));
}

static void check_all(struct asl_parser *p, const struct doc *name, bool alone, bool last)
{
    if (!unum_str_is(name->text, "States.ALL"))
        return;
    if (!alone) {
        unum_diag_add(p->diags, UNUM_E0425, name->span,
                      "\"States.ALL\" stands alone in its \"ErrorEquals\"");
        unum_diag_hint(p->diags, "it covers the others: take them out");
    } else if (!last) {
        unum_diag_add(p->diags, UNUM_E0425, name->span,
                      "\"States.ALL\" stands in the last entry: those behind it are never used");
        unum_diag_hint(p->diags, "move this entry to the end");
    }
}

static struct asl_names parse_errors(struct asl_parser *p, const struct doc *handler,
                                     enum asl_place place, bool last)
{
    struct asl_names names = {0};
    if (!doc_get(handler, "ErrorEquals"))
        asl_missing(p, handler, place, "ErrorEquals");
    const struct doc *list = asl_list(p, handler, "ErrorEquals");
    if (!list)
        return names;
    if (!list->len)
        unum_diag_add(p->diags, UNUM_E0411, asl_first(list->span), "\"ErrorEquals\" is empty");
    names.at = unum_arena_array(p->arena, list->len, sizeof(*names.at));
    for (size_t i = 0; i < list->len; i++) {
        const struct doc *name = list->members[i].value;
        if (name->kind != DOC_STRING) {
            unum_diag_add(p->diags, UNUM_E0401, asl_at(name), "the name of an error is %s, not %s",
                          doc_kind_name(DOC_STRING), doc_kind_name(name->kind));
            continue;
        }
        check_all(p, name, list->len == 1, last);
        warn_reserved(p, name);
        names.at[names.len++] = name->text;
    }
    return names;
}

/* ---- Retry ---- */

static void parse_backoff(struct asl_parser *p, const struct doc *handler, struct asl_retrier *ret)
{
    const struct doc *value = doc_get(handler, "BackoffRate");
    double rate = 0;
    ret->backoff = UNUM_STR("2.0");
    if (!value)
        return;
    if (value->kind == DOC_NUMBER && json_to_double(value->text, &rate) && isfinite(rate) &&
        rate >= 1)
        ret->backoff = value->text;
    else
        unum_diag_add(p->diags, UNUM_E0401, asl_at(value), "\"BackoffRate\" is a number from 1.0");
}

static void parse_delay(struct asl_parser *p, const struct doc *handler, struct asl_retrier *ret)
{
    const struct doc *value = doc_get(handler, "MaxDelaySeconds");
    int64_t seconds;
    if (!value)
        return;
    if (!asl_whole(value, 1, ASL_LIMIT_DELAY - 1, &seconds)) {
        unum_diag_add(p->diags, UNUM_E0401, asl_at(value),
                      "\"MaxDelaySeconds\" is a whole number from 1 to %d", ASL_LIMIT_DELAY - 1);
        return;
    }
    ret->max_delay = (uint64_t)seconds;
    if (ret->max_delay <= ret->interval) {
        unum_diag_add(p->diags, UNUM_E0408, value->span,
                      "\"MaxDelaySeconds\" is greater than \"IntervalSeconds\", which is %llu",
                      (unsigned long long)ret->interval);
    }
}

static void parse_jitter(struct asl_parser *p, const struct doc *handler, struct asl_retrier *ret)
{
    struct unum_str text = asl_text(p, handler, "JitterStrategy", false);
    ret->jitter = unum_str_is(text, "FULL");
    if (text.ptr && !ret->jitter && !unum_str_is(text, "NONE"))
        unum_diag_add(p->diags, UNUM_E0401, doc_get(handler, "JitterStrategy")->span,
                      "\"JitterStrategy\" is \"FULL\" or \"NONE\"");
}

static uint64_t whole_or(const struct doc *value, int64_t least, uint64_t otherwise)
{
    int64_t number;
    return value && asl_whole(value, least, ASL_LIMIT_SECONDS, &number) ? (uint64_t)number
                                                                        : otherwise;
}

static const struct doc *handler_at(struct asl_parser *p, const struct doc *list, size_t i,
                                    const char *what)
{
    const struct doc *handler = list->members[i].value;
    if (handler->kind == DOC_OBJECT)
        return handler;
    unum_diag_add(p->diags, UNUM_E0401, asl_at(handler), "a %s is an object, not %s", what,
                  doc_kind_name(handler->kind));
    return NULL;
}

void asl_parse_retry(struct asl_parser *p, const struct doc *state, struct asl_state *ret)
{
    const struct doc *list = asl_list(p, state, "Retry");
    if (!list)
        return;
    ret->retriers = unum_arena_array(p->arena, list->len, sizeof(*ret->retriers));
    for (size_t i = 0; i < list->len; i++) {
        const struct doc *handler = handler_at(p, list, i, "retrier");
        if (!handler)
            continue;
        struct asl_retrier *retrier = &ret->retriers[ret->retriers_len++];
        asl_check_fields(p, handler, ASL_AT_RETRIER, ret->jsonata, NULL);
        retrier->span = asl_first(handler->span);
        retrier->errors = parse_errors(p, handler, ASL_AT_RETRIER, i + 1 == list->len);
        retrier->interval = whole_or(doc_get(handler, "IntervalSeconds"), 1, 1);
        retrier->max_attempts = whole_or(doc_get(handler, "MaxAttempts"), 0, 3);
        parse_backoff(p, handler, retrier);
        parse_delay(p, handler, retrier);
        parse_jitter(p, handler, retrier);
    }
}

/* ---- Catch ---- */

void asl_parse_catch(struct asl_parser *p, const struct doc *state, struct asl_state *ret)
{
    const struct doc *list = asl_list(p, state, "Catch");
    if (!list)
        return;
    ret->catchers = unum_arena_array(p->arena, list->len, sizeof(*ret->catchers));
    for (size_t i = 0; i < list->len; i++) {
        const struct doc *handler = handler_at(p, list, i, "catcher");
        if (!handler)
            continue;
        struct asl_catcher *catcher = &ret->catchers[ret->catchers_len++];
        asl_check_fields(p, handler, ASL_AT_CATCHER, ret->jsonata, NULL);
        catcher->span = asl_first(handler->span);
        catcher->errors = parse_errors(p, handler, ASL_AT_CATCHER, i + 1 == list->len);
        if (!doc_get(handler, "Next"))
            asl_missing(p, handler, ASL_AT_CATCHER, "Next");
        (void)asl_text(p, handler, "Next", true);
        catcher->target = asl_add_target(ret, doc_get(handler, "Next"), "Next");
    }
}
