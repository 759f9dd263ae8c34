/* Tests of one state, as AWS's TestState runs them. */
#include "asl.h"
#include "asl_compare.h"
#include "base/limits.h"
#include "eval/test_state.h"

static struct unum_str member(struct unum_str object, const char *key)
{
    struct unum_str value;
    return json_get(object, unum_str_from(key), &value) ? value : UNUM_STR_NONE;
}

static struct unum_str quoted(struct unum_str text, struct unum_arena *arena)
{
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(64 * UNUM_MB);
    if (!text.ptr)
        return UNUM_STR_NONE;
    json_quote(&out, text);
    return unum_arena_str(arena, unum_buf_str(&out));
}

static int64_t number(struct unum_str object, const char *key)
{
    struct unum_str value = member(object, key);
    int64_t number = 0;
    return value.ptr && json_to_i64(value, &number) ? number : 0;
}

/* A JSON text in a text, as the interface of AWS takes results. */
static struct unum_str embedded(struct unum_str object, const char *key, struct unum_arena *arena)
{
    struct unum_str value = UNUM_STR_NONE;
    struct unum_str text = case_text(object, key, arena);
    if (!text.ptr || json_check(text, &value, NULL))
        return UNUM_STR_NONE;
    return value;
}

static void read_mock(struct unum_str request, struct test_state_request *ret,
                      struct unum_arena *arena)
{
    struct unum_str mock = member(request, "mock");
    struct unum_str mode;
    if (!mock.ptr)
        return;
    ret->result = embedded(mock, "result", arena);
    mode = case_text(mock, "fieldValidationMode", arena);
    if (mode.ptr)
        ret->validation = unum_str_is(mode, "PRESENT") ? TEST_STATE_PRESENT
                          : unum_str_is(mode, "NONE")  ? TEST_STATE_NONE
                                                       : TEST_STATE_STRICT;
    struct unum_str error = member(mock, "errorOutput");
    if (error.ptr) {
        ret->fails = true;
        ret->error = case_text(error, "error", arena);
        ret->cause = case_text(error, "cause", arena);
    }
}

static struct test_state_request read_request(struct unum_str request, struct unum_arena *arena)
{
    struct test_state_request ret = {.definition = member(request, "definition"),
                                     .name = case_text(request, "stateName", arena),
                                     .input = member(request, "input"),
                                     .context = member(request, "context"),
                                     .now_ms = 1795219200000,
                                     .seed = 1};
    struct unum_str settings = member(request, "stateConfiguration");
    read_mock(request, &ret, arena);
    if (settings.ptr) {
        ret.retry_count = number(settings, "retrierRetryCount");
        ret.failed_elements = number(settings, "mapIterationFailureCount");
    }
    return ret;
}

/* The message in a recorded refusal, wherever it stands. */
static bool says(struct unum_str value, const char *text)
{
    return unum_str_search(value, unum_str_from(text)) != SIZE_MAX;
}

struct check {
    struct asl_tally *tally;
    const char *id;
    struct unum_arena *arena;
    bool placeholders, differs;
};

static void same(struct check *c, const char *what, struct unum_str expected, struct unum_str got)
{
    struct unum_str wanted = expected.ptr ? case_normal(expected, c->arena) : UNUM_STR_NONE;
    struct unum_str ours = got.ptr ? case_normal(got, c->arena) : UNUM_STR_NONE;
    if (c->differs || (!wanted.ptr && !ours.ptr) ||
        (wanted.ptr && ours.ptr && case_same(wanted, ours, c->placeholders, c->arena)))
        return;
    c->differs = true;
    asl_fail(c->tally, c->id, what, wanted, ours);
}

/* As the interface of AWS gives it: a JSON text in a text. */
static struct unum_str as_text(struct unum_str json, struct unum_arena *arena)
{
    return json.ptr ? quoted(json, arena) : UNUM_STR_NONE;
}

static struct unum_str inspection_of(struct unum_str inspection, struct unum_arena *arena)
{
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(64 * UNUM_MB);
    struct json_writer w = JSON_WRITER(&out);
    struct json_iter iter = json_iter(inspection);
    struct unum_str key;
    struct unum_str value;
    json_object_begin(&w);
    while (json_next(&iter, &key, &value)) {
        bool plain = json_type(value) == JSON_NUMBER || json_is(key, UNUM_STR("errorDetails"));
        json_key_str(&w, unum_str_slice(key, 1, key.len - 2));
        json_raw(&w, plain ? value : as_text(value, arena));
    }
    json_object_end(&w);
    return unum_arena_str(arena, unum_buf_str(&out));
}

static void compare(struct check *c, struct unum_str expected, const struct test_state_result *got,
                    bool inspected)
{
    same(c, "the status", member(expected, "status"),
         quoted(unum_str_from(test_state_status_name(got->status)), c->arena));
    same(c, "the output", member(expected, "output"), as_text(got->output, c->arena));
    same(c, "the next state", member(expected, "nextState"), quoted(got->next, c->arena));
    same(c, "the error", member(expected, "error"), quoted(got->error, c->arena));
    same(c, "the cause", member(expected, "cause"), quoted(got->cause, c->arena));
    if (inspected)
        same(c, "the inspection data", member(expected, "inspectionData"),
             inspection_of(got->inspection, c->arena));
    c->tally->passed += !c->differs;
}

void asl_run_test_state(struct asl_tally *tally, const char *id, struct unum_str line)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_str expected = member(line, "expected");
    struct unum_str raw = member(line, "request");
    struct unum_str refusal = member(expected, "exception");
    struct test_state_request request = read_request(raw, &arena);
    struct test_state_result result;
    struct check check = {tally, id, &arena,
                          unum_str_is(case_text(line, "comparable", &arena), "placeholders"),
                          false};
    int rc = test_state_run(&request, &arena, &result, &err);
    if (rc == UNUM_E_UNSUPPORTED)
        asl_refuse(tally, id, true, unum_err_text(&err));
    else if (rc < 0 && refusal.ptr && says(refusal, unum_err_text(&err)))
        tally->passed++;
    else if (rc < 0)
        asl_fail(tally, id, "the refusal", refusal, unum_str_from(unum_err_text(&err)));
    else if (refusal.ptr)
        asl_fail(tally, id, "the answer", refusal, result.inspection);
    else
        compare(&check, expected, &result,
                !unum_str_is(case_text(raw, "inspectionLevel", &arena), "INFO"));
}
