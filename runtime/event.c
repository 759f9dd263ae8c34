#include <inttypes.h>
#include <string.h>

#include "base/rand.h"
#include "crypto/hash.h"
#include "rt.h"

/* ---- reading ---- */

static struct unum_str text_of(struct rt_inv *inv, struct unum_str object, const char *key)
{
    struct unum_str value;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ASYNC_PAYLOAD);
    if (!json_get(object, unum_str_from(key), &value) || !json_decode(value, &text))
        return UNUM_STR_NONE;
    return unum_arena_str(&inv->arena, unum_buf_str(&text));
}

static int64_t number_of(struct unum_str object, const char *key)
{
    struct unum_str value;
    int64_t number = 0;
    if (!json_get(object, unum_str_from(key), &value) || !json_to_i64(value, &number))
        return 0;
    return number;
}

static bool small_number(struct unum_str object, const char *key, uint32_t *ret)
{
    int64_t number = number_of(object, key);
    if (number < 0 || number > UINT32_MAX)
        return false;
    *ret = (uint32_t)number;
    return true;
}

int rt_scope_parse(struct unum_arena *arena, struct unum_str json, struct rt_scope *ret,
                   struct unum_err *err)
{
    struct rt_frame *frames = unum_arena_array(arena, UNUM_LIMIT_FRAMES, sizeof(*frames));
    size_t first = UNUM_LIMIT_FRAMES;
    struct unum_str level = json;
    for (bool more = true; more; more = json_get(level, UNUM_STR("OuterLoop"), &level)) {
        if (first == 0)
            return unum_err_set(err, UNUM_E_LIMIT, "Fan-out is nested more than %d levels deep",
                                UNUM_LIMIT_FRAMES);
        struct rt_frame *frame = &frames[--first];
        struct unum_str value;
        if (json_type(level) != JSON_OBJECT || !small_number(level, "Index", &frame->index) ||
            !small_number(level, "Size", &frame->size) ||
            !small_number(level, "Attempt", &frame->attempt) ||
            !small_number(level, "Visit", &frame->visit) ||
            !small_number(level, "Window", &frame->window) ||
            !small_number(level, "Tolerated", &frame->tolerated) ||
            frame->size > UNUM_LIMIT_FAN_OUT)
            return unum_err_set(err, UNUM_E_INVAL,
                                "Fan-out needs objects {\"Type\",\"Index\",\"Size\"} with whole "
                                "numbers from 0");
        frame->parallel =
            json_get(level, UNUM_STR("Type"), &value) && json_is(value, UNUM_STR("Parallel"));
        struct unum_buf UNUM_AUTO_BUF opener = UNUM_BUF_INIT(UNUM_LIMIT_ASYNC_PAYLOAD);
        if (json_get(level, UNUM_STR("Opener"), &value) && json_decode(value, &opener))
            frame->opener = unum_arena_str(arena, unum_buf_str(&opener));
    }
    *ret = (struct rt_scope){frames + first, UNUM_LIMIT_FRAMES - first};
    return 0;
}

/* In compiled IR each frame belongs to a state: one the node stands in, or, where the event resumes
 * a region, one that the event names. */
static int name_frames(struct rt_inv *inv, struct rt_scope *scope, const struct unum_str *within,
                       size_t within_len, struct unum_err *err)
{
    if (!inv->node->compiled)
        return 0;
    if (scope->len != within_len)
        return unum_err_set(err, UNUM_E_INVAL,
                            "the event has %zu levels of Fan-out, %.*s stands in %zu", scope->len,
                            UNUM_STR_ARG(inv->node->name), within_len);
    struct rt_frame *frames = unum_arena_array(&inv->arena, scope->len + 1, sizeof(*frames));
    for (size_t i = 0; i < scope->len; i++) {
        frames[i] = scope->at[i];
        frames[i].state = ir_state(inv->node, within[i]);
        if (!frames[i].state || !ir_is_fan_out(frames[i].state->type))
            return unum_err_set(err, UNUM_E_INVAL, "the IR of %.*s has no Map or Parallel %.*s",
                                UNUM_STR_ARG(inv->node->name), UNUM_STR_ARG(within[i]));
    }
    scope->at = frames;
    return 0;
}

static int parse_names(struct rt_inv *inv, struct unum_str list, struct rt_value *ret,
                       struct unum_err *err)
{
    size_t count = json_count(list);
    if (count > UNUM_LIMIT_FANIN_NAMES)
        return unum_err_set(err, UNUM_E_LIMIT, "a fan-in of %zu names; at most %d are possible",
                            count, UNUM_LIMIT_FANIN_NAMES);
    ret->kind = RT_VALUE_NAMES;
    ret->names = unum_arena_array(&inv->arena, count, sizeof(*ret->names));
    struct json_iter iter = json_iter(list);
    struct unum_str item;
    while (json_next(&iter, NULL, &item)) {
        struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        if (!json_decode(item, &name))
            return unum_err_set(err, UNUM_E_INVAL, "the names of a fan-in must be strings");
        ret->names[ret->names_len++] = unum_arena_str(&inv->arena, unum_buf_str(&name));
    }
    return 0;
}

static int parse_data(struct rt_inv *inv, struct unum_str data, struct rt_value *ret,
                      struct unum_err *err)
{
    struct unum_str source;
    struct unum_str value;
    if (!json_get(data, UNUM_STR("Source"), &source) || !json_get(data, UNUM_STR("Value"), &value))
        return unum_err_set(err, UNUM_E_INVAL, "Data needs Source and Value");
    if (json_is(source, UNUM_STR("http"))) {
        *ret = (struct rt_value){.kind = RT_VALUE_INLINE, .json = value};
        return 0;
    }
    if (!json_is(source, inv->rt->config.store_type))
        return unum_err_set(err, UNUM_E_INVAL, "Data.Source is %.*s; this application has %.*s",
                            UNUM_STR_ARG(source), UNUM_STR_ARG(inv->rt->config.store_type));
    switch (json_type(value)) {
    case JSON_STRING:
        *ret = (struct rt_value){.kind = RT_VALUE_REF,
                                 .ref = text_of(inv, data, "Value"),
                                 .pointer = text_of(inv, data, "Pointer")};
        return 0;
    case JSON_ARRAY:
        return parse_names(inv, value, ret, err);
    case JSON_OBJECT:
        *ret = (struct rt_value){.kind = RT_VALUE_FANIN, .json = value};
        return 0;
    case JSON_NULL:
    case JSON_BOOL:
    case JSON_NUMBER:
        break;
    }
    return unum_err_set(err, UNUM_E_INVAL, "Data.Value is no reference");
}

/* Session names from outside: the allowed characters, else a hash of what was given. */
static struct unum_str clean_session(struct rt_inv *inv, struct unum_str given)
{
    bool clean = given.len >= 1 && given.len <= UNUM_LIMIT_SESSION;
    for (size_t i = 0; clean && i < given.len; i++) {
        char c = given.ptr[i];
        clean = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                c == '.' || c == '_' || c == ':' || c == '-';
    }
    if (clean)
        return given;
    char hex[HASH_SHA256_HEX + 1];
    hash_sha256_hex(given, hex);
    return unum_arena_str(&inv->arena, unum_str_of(hex, HASH_SHA256_HEX));
}

/* EventBridge: {"id","source","detail-type","detail"}: the detail is the input, the id names the
 * run. */
static bool is_event_bridge(struct unum_str raw)
{
    struct unum_str value;
    return json_type(raw) == JSON_OBJECT && json_get(raw, UNUM_STR("id"), &value) &&
           json_type(value) == JSON_STRING && json_get(raw, UNUM_STR("source"), &value) &&
           json_get(raw, UNUM_STR("detail-type"), &value) &&
           json_get(raw, UNUM_STR("detail"), &value);
}

/* An event from outside: only Session and Fan-out of its bookkeeping count. */
static int parse_entry(struct rt_inv *inv, struct unum_str raw, bool envelope, struct rt_event *ret,
                       struct unum_err *err)
{
    ret->entry = true;
    ret->value = (struct rt_value){.kind = RT_VALUE_INLINE, .json = raw};
    struct unum_str session = UNUM_STR_NONE;
    struct unum_str part;
    if (envelope) {
        session = text_of(inv, raw, "Session");
        if (!small_number(raw, "Restarts", &ret->restarts))
            ret->restarts = RT_RESTARTS;
        bool has_data = json_get(raw, UNUM_STR("Data"), &part);
        if (!has_data || !json_get(part, UNUM_STR("Value"), &ret->value.json))
            return unum_err_set(err, UNUM_E_BUG, "an envelope without Data");
        if (!inv->node->compiled && json_get(raw, UNUM_STR("Fan-out"), &part)) {
            int rc = rt_scope_parse(&inv->arena, part, &ret->scope, err);
            if (rc < 0)
                return rc;
        }
    } else if (is_event_bridge(raw)) {
        if (json_get(raw, UNUM_STR("detail"), &part))
            ret->value.json = part;
        session = unum_arena_printf(&inv->arena, "eb-%.*s", UNUM_STR_ARG(text_of(inv, raw, "id")));
    }
    ret->has_session = session.ptr != NULL;
    ret->run.session = clean_session(inv, session.ptr ? session : inv->entry_id);
    return name_frames(inv, &ret->scope, inv->node->within, inv->node->within_len, err);
}

/* A list of strings; INVAL if it is none. */
static int parse_texts(struct rt_inv *inv, struct unum_str list, const char *what,
                       struct unum_str **ret, size_t *ret_len, struct unum_err *err)
{
    size_t count = json_type(list) == JSON_ARRAY ? json_count(list) : 0;
    struct unum_str *texts = unum_arena_array(&inv->arena, count + 1, sizeof(*texts));
    struct json_iter iter = json_iter(list);
    struct unum_str item;
    for (size_t i = 0; i < count && json_next(&iter, NULL, &item); i++) {
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        if (!json_decode(item, &text))
            return unum_err_set(err, UNUM_E_INVAL, "%s must be strings", what);
        texts[i] = unum_arena_str(&inv->arena, unum_buf_str(&text));
    }
    *ret = texts;
    *ret_len = count;
    return 0;
}

/* What the event asks for in place of the user code. */
static int parse_resume(struct rt_inv *inv, struct unum_str resume, struct rt_event *ret,
                        struct unum_err *err)
{
    struct unum_str list;
    struct unum_str *within = inv->node->within;
    size_t within_len = inv->node->within_len;
    int rc = 0;
    ret->resume = text_of(inv, resume, "State");
    ret->opener = text_of(inv, resume, "Opener");
    if (!small_number(resume, "From", &ret->from))
        return unum_err_set(err, UNUM_E_INVAL, "Resume.From is a whole number");
    const struct ir_state *state = ret->resume.ptr ? ir_state(inv->node, ret->resume) : NULL;
    bool fits = state && (state->type == IR_STATE_WAIT || state->branches);
    fits = fits || unum_str_is(ret->resume, RT_DEADLINE);
    if (ret->resume.ptr && !fits)
        return unum_err_set(err, UNUM_E_INVAL, "the IR of %.*s cannot go on from a state %.*s",
                            UNUM_STR_ARG(inv->node->name), UNUM_STR_ARG(ret->resume));
    if (json_get(resume, UNUM_STR("Within"), &list))
        rc = parse_texts(inv, list, "the names in Resume.Within", &within, &within_len, err);
    return rc < 0 ? rc : name_frames(inv, &ret->scope, within, within_len, err);
}

static int parse_inner(struct rt_inv *inv, struct unum_str raw, struct unum_str run,
                       struct rt_event *ret, struct unum_err *err)
{
    struct unum_str data;
    struct unum_str scope;
    ret->run = (struct rt_run){.session = text_of(inv, raw, "Session"),
                               .nonce = text_of(inv, run, "Nonce"),
                               .machine = text_of(inv, run, "Machine"),
                               .started_ms = number_of(run, "Started"),
                               .expires_s = number_of(run, "Expires"),
                               .deadline_ms = number_of(run, "Deadline")};
    if (!ret->run.session.len || !ret->run.nonce.len || !ret->run.expires_s)
        return unum_err_set(err, UNUM_E_INVAL, "the event names no run (Session, Run.Nonce)");
    if (!json_get(raw, UNUM_STR("Data"), &data))
        return unum_err_set(err, UNUM_E_INVAL, "the event has no Data");
    int rc = parse_data(inv, data, &ret->value, err);
    if (rc == 0 && json_get(raw, UNUM_STR("Fan-out"), &scope))
        rc = rt_scope_parse(&inv->arena, scope, &ret->scope, err);
    if (rc == 0 &&
        (!small_number(raw, "Visit", &ret->visit) || !small_number(raw, "Attempt", &ret->attempt) ||
         !small_number(raw, "Restarts", &ret->restarts)))
        rc = unum_err_set(err, UNUM_E_INVAL, "Visit, Attempt and Restarts are whole numbers");
    ret->weight = text_of(inv, raw, "Weight");
    struct unum_str part;
    if (json_get(raw, UNUM_STR("Variables"), &part) && json_type(part) == JSON_OBJECT)
        ret->variables = part;
    if (rc == 0 && json_get(raw, UNUM_STR("Resume"), &part))
        return parse_resume(inv, part, ret, err);
    return rc < 0 ? rc
                  : name_frames(inv, &ret->scope, inv->node->within, inv->node->within_len, err);
}

int rt_event_parse(struct rt_inv *inv, struct unum_str raw, struct rt_event *ret,
                   struct unum_err *err)
{
    struct unum_str checked;
    *ret = (struct rt_event){0};
    int rc = json_check(raw, &checked, err);
    if (rc < 0)
        return unum_err_wrap(err, "the event");
    ret->raw = checked;
    if (rt_direct_input(checked, NULL))
        return unum_err_set(err, UNUM_E_INVAL, "a direct call is no part of a run");
    struct unum_str data;
    struct unum_str part;
    bool envelope =
        json_type(checked) == JSON_OBJECT && json_get(checked, UNUM_STR("Data"), &data) &&
        json_get(data, UNUM_STR("Source"), &part) && json_get(data, UNUM_STR("Value"), &part);
    if (envelope && json_get(checked, UNUM_STR("Run"), &part) && json_type(part) == JSON_OBJECT)
        return parse_inner(inv, checked, part, ret, err);
    if (!inv->node->start)
        return unum_err_set(err, UNUM_E_INVAL,
                            "%.*s is not the entry of the workflow and the event names no run",
                            UNUM_STR_ARG(inv->node->name));
    return parse_entry(inv, checked, envelope, ret, err);
}

/* ---- writing ---- */

static void write_number(struct json_writer *w, const char *key, uint32_t number)
{
    if (number) {
        json_key(w, key);
        json_int(w, number);
    }
}

void rt_scope_write(struct rt_scope scope, struct json_writer *w)
{
    if (!scope.len)
        return;
    /* Innermost first, each level inside of the one before it. */
    for (size_t i = scope.len; i-- > 0;) {
        const struct rt_frame *frame = &scope.at[i];
        json_object_begin(w);
        json_key(w, "Type");
        json_strings(w, frame->parallel ? "Parallel" : "Map");
        json_key(w, "Index");
        json_int(w, frame->index);
        json_key(w, "Size");
        json_int(w, frame->size);
        write_number(w, "Attempt", frame->attempt);
        write_number(w, "Visit", frame->visit);
        write_number(w, "Window", frame->window);
        write_number(w, "Tolerated", frame->tolerated);
        if (frame->opener.len) {
            json_key(w, "Opener");
            json_string(w, frame->opener);
        }
        if (i)
            json_key(w, "OuterLoop");
    }
    for (size_t i = 0; i < scope.len; i++)
        json_object_end(w);
}

static void write_data(const struct rt_inv *inv, const struct rt_value *value,
                       struct json_writer *w)
{
    json_key(w, "Data");
    json_object_begin(w);
    json_key(w, "Source");
    if (value->kind == RT_VALUE_INLINE)
        json_strings(w, "http");
    else
        json_string(w, inv->rt->config.store_type);
    json_key(w, "Value");
    if (value->kind == RT_VALUE_REF) {
        json_string(w, value->ref);
        if (value->pointer.len) {
            json_key(w, "Pointer");
            json_string(w, value->pointer);
        }
    } else if (value->kind == RT_VALUE_NAMES) {
        json_array_begin(w);
        for (size_t i = 0; i < value->names_len; i++)
            json_string(w, value->names[i]);
        json_array_end(w);
    } else {
        json_raw(w, value->json);
    }
    json_object_end(w);
}

static void write_run(const struct rt_inv *inv, struct json_writer *w)
{
    const struct rt_run *run = &inv->event.run;
    json_key(w, "Session");
    json_string(w, run->session);
    json_key(w, "Run");
    json_object_begin(w);
    json_key(w, "Nonce");
    json_string(w, run->nonce);
    if (run->machine.len) {
        json_key(w, "Machine");
        json_string(w, run->machine);
    }
    json_key(w, "Started");
    json_int(w, run->started_ms);
    json_key(w, "Expires");
    json_int(w, run->expires_s);
    if (run->deadline_ms) {
        json_key(w, "Deadline");
        json_int(w, run->deadline_ms);
    }
    json_object_end(w);
}

static void write_json(struct json_writer *w, const char *key, struct unum_str json)
{
    if (json.ptr) {
        json_key(w, key);
        json_raw(w, json);
    }
}

static void write_text(struct json_writer *w, const char *key, struct unum_str text)
{
    if (text.len) {
        json_key(w, key);
        json_string(w, text);
    }
}

/* The states of the frames: who resumes a region may stand further out, or further in. */
static void write_within(struct json_writer *w, struct rt_scope scope)
{
    json_key(w, "Within");
    json_array_begin(w);
    for (size_t i = 0; i < scope.len; i++)
        json_string(w, scope.at[i].state->name);
    json_array_end(w);
}

static void write_resume(struct json_writer *w, struct unum_str state, struct unum_str opener,
                         struct rt_scope scope, uint32_t from)
{
    if (!state.len && !from)
        return;
    json_key(w, "Resume");
    json_object_begin(w);
    write_text(w, "State", state);
    write_text(w, "Opener", opener);
    if (state.len)
        write_within(w, scope);
    if (from) {
        json_key(w, "From");
        json_int(w, from);
    }
    json_object_end(w);
}

void rt_event_write(const struct rt_inv *inv, const struct rt_edge *edge, struct unum_buf *out)
{
    struct json_writer w = JSON_WRITER(out);
    json_object_begin(&w);
    write_data(inv, &edge->value, &w);
    write_run(inv, &w);
    if (edge->scope.len) {
        json_key(&w, "Fan-out");
        rt_scope_write(edge->scope, &w);
    }
    write_number(&w, "Visit", edge->visit);
    write_number(&w, "Attempt", edge->attempt);
    write_json(&w, "Variables", edge->variables);
    write_resume(&w, edge->resume, edge->opener, edge->scope, 0);
    write_text(&w, "Weight", edge->weight);
    json_object_end(&w);
}

void rt_event_write_again(const struct rt_inv *inv, struct unum_buf *out)
{
    const struct rt_event *event = &inv->event;
    struct json_writer w = JSON_WRITER(out);
    json_object_begin(&w);
    write_data(inv, &event->value, &w);
    if (event->run.nonce.len) {
        write_run(inv, &w);
    } else {
        json_key(&w, "Session");
        json_string(&w, event->run.session);
    }
    if (event->scope.len) {
        json_key(&w, "Fan-out");
        rt_scope_write(event->scope, &w);
    }
    write_number(&w, "Visit", event->visit);
    write_number(&w, "Attempt", event->attempt);
    write_number(&w, "Restarts", event->restarts);
    write_json(&w, "Variables", event->variables);
    write_resume(&w, event->resume, event->opener, event->scope, event->from);
    write_text(&w, "Weight", event->weight);
    json_object_end(&w);
}
