#include "asl_case.h"

#include "asl_compare.h"

struct unum_str case_member(struct unum_str object, const char *key)
{
    struct unum_str value;
    return json_get(object, unum_str_from(key), &value) ? value : UNUM_STR("null");
}

bool case_list_has(struct unum_str list, const char *text)
{
    struct json_iter iter = json_iter(list);
    struct unum_str element;
    while (json_next(&iter, NULL, &element)) {
        if (json_is(element, unum_str_from(text)))
            return true;
    }
    return false;
}

void asl_case_read(struct unum_str json, struct unum_arena *arena, struct asl_case *ret)
{
    struct unum_str id = case_text(json, "id", arena);
    *ret = (struct asl_case){
        .id = id.ptr ? unum_arena_str(arena, id).ptr : "?",
        .json = json,
        .definition = case_member(json, "definition"),
        .input = case_member(json, "input"),
        .tasks = case_member(json, "tasks"),
        .expected = case_member(json, "expected"),
        .placeholders = unum_str_is(case_text(json, "comparable", arena), "placeholders"),
        .aborted = case_list_has(case_member(json, "event_types"), "ExecutionAborted"),
    };
}

struct unum_str case_answer_input(struct unum_str entry)
{
    struct unum_str scheduled;
    struct unum_str input;
    if (json_get(entry, UNUM_STR("input"), &input))
        return input;
    if (json_get(entry, UNUM_STR("scheduled"), &scheduled) &&
        (json_get(scheduled, UNUM_STR("input"), &input) ||
         json_get(scheduled, UNUM_STR("parameters"), &input)))
        return input;
    return UNUM_STR_NONE;
}
