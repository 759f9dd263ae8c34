/*
 * A direct call: the user code of one function by itself, once, with the caller's input. There is
 * no run around it: nothing is looked up, recorded or started, and the answer is the code's own.
 */
#include "rt.h"

/* What a call is marked with. Two members and no others: no event of a run has this form (those
 * have Source and Value in Data), and an input that somebody starts a run with has to be made for
 * it. */
bool rt_direct_input(struct unum_str event, struct unum_str *ret_input)
{
    struct unum_str mark, direct, input;
    if (json_type(event) != JSON_OBJECT || json_count(event) != 2 ||
        !json_get(event, UNUM_STR("Unum"), &mark) || json_type(mark) != JSON_OBJECT ||
        json_count(mark) != 1 || !json_get(mark, UNUM_STR("Direct"), &direct) ||
        !unum_str_is(direct, "true") || !json_get(event, UNUM_STR("Data"), &input))
        return false;
    if (ret_input)
        *ret_input = input;
    return true;
}

bool rt_direct_begin(struct rt_inv *inv, struct unum_str raw)
{
    struct unum_str event;
    if (json_check(raw, &event, NULL) < 0 || !rt_direct_input(event, &inv->input))
        return false;
    inv->event.value = (struct rt_value){.kind = RT_VALUE_INLINE, .json = inv->input};
    inv->instance = inv->node->name;
    rt_log(inv, UNUM_LOG_INFO, "called directly", UNUM_STR_NONE);
    return true;
}

void rt_direct_reply(struct rt_inv *inv)
{
    const struct rt_answer *answer = &inv->answer;
    if (!answer->failed) {
        unum_buf_add(&inv->reply.body, answer->json);
        return;
    }
    struct json_writer w = JSON_WRITER(&inv->reply.body);
    inv->reply.failed = true;
    /* A header, and the type is the user's text. */
    inv->reply.error_type = UNUM_STR(RT_FAILED);
    json_object_begin(&w);
    json_key(&w, "errorMessage");
    json_string(&w, unum_str_slice(answer->cause, 0, UNUM_LIMIT_CAUSE));
    json_key(&w, "errorType");
    json_string(&w, answer->error_type);
    json_key(&w, "stackTrace");
    json_array_begin(&w);
    json_array_end(&w);
    json_object_end(&w);
}
