#include "test_view.h"

static void put_text(struct json_writer *w, const char *key, struct unum_str text)
{
    if (!text.ptr)
        return;
    json_key(w, key);
    json_string(w, text);
}

static void put_value(struct json_writer *w, const char *key, struct unum_str value)
{
    if (!value.ptr)
        return;
    json_key(w, key);
    json_raw(w, value);
}

void test_view_json(struct program *p, const struct test_state_result *result, bool inspect)
{
    struct json_writer w = JSON_WRITER(&p->result);
    json_object_begin(&w);
    json_key(&w, "status");
    json_strings(&w, test_state_status_name(result->status));
    put_value(&w, "output", result->output);
    put_text(&w, "error", result->error);
    put_text(&w, "cause", result->cause);
    put_text(&w, "nextState", result->next);
    put_value(&w, "variables", result->variables);
    if (inspect)
        put_value(&w, "inspectionData", result->inspection);
    json_object_end(&w);
}

static void line(struct program *p, const char *name, struct unum_str value)
{
    if (value.ptr)
        ui_printf(&p->out, "%-12s %.*s\n", name, UNUM_STR_ARG(value));
}

void test_view_text(struct program *p, const struct test_state_result *result, bool inspect)
{
    struct json_iter iter = json_iter(result->inspection);
    struct unum_str key;
    struct unum_str value;
    line(p, "status", unum_str_from(test_state_status_name(result->status)));
    line(p, "output", result->output);
    line(p, "error", result->error);
    line(p, "cause", result->cause);
    line(p, "next", result->next);
    line(p, "variables", result->variables);
    while (inspect && json_next(&iter, &key, &value))
        ui_printf(&p->out, "  %-20.*s %.*s\n", (int)key.len - 2, key.ptr + 1, UNUM_STR_ARG(value));
}
