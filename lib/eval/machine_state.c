/* What a state of an interpreted machine sees: its environment and the context object. */
#include "base/clock.h"
#include "eval/machine_internal.h"

static void put_time(struct json_writer *w, const char *key, int64_t ms)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(64);
    unum_time_rfc3339(ms, &text);
    json_key(w, key);
    json_string(w, unum_buf_str(&text));
}

static void put_execution(struct json_writer *w, const struct machine *m)
{
    const struct machine_options *o = m->options;
    json_key(w, "Execution");
    json_object_begin(w);
    json_key(w, "Id");
    json_string(w, unum_arena_printf(m->arena,
                                     "arn:aws:states:us-east-1:000000000000:execution:%.*s:%.*s",
                                     UNUM_STR_ARG(o->machine_name), UNUM_STR_ARG(o->name)));
    json_key(w, "Input");
    json_raw(w, m->input);
    json_key(w, "Name");
    json_string(w, o->name);
    json_key(w, "RoleArn");
    json_string(w, o->role);
    put_time(w, "StartTime", o->start_ms);
    json_key(w, "RedriveCount");
    json_int(w, 0);
    json_object_end(w);
}

static void machine_context(void *cookie, struct unum_buf *out)
{
    const struct machine_state *s = cookie;
    struct json_writer w = JSON_WRITER(out);
    json_object_begin(&w);
    put_execution(&w, s->m);
    json_key(&w, "State");
    json_object_begin(&w);
    put_time(&w, "EnteredTime", s->entered_ms);
    json_key(&w, "Name");
    json_string(&w, s->name);
    if (unum_str_is(s->type, "Task")) {
        json_key(&w, "RetryCount");
        json_int(&w, s->retry_count);
    }
    json_object_end(&w);
    json_key(&w, "StateMachine");
    json_object_begin(&w);
    json_key(&w, "Id");
    json_string(&w, unum_arena_printf(s->m->arena,
                                      "arn:aws:states:us-east-1:000000000000:stateMachine:%.*s",
                                      UNUM_STR_ARG(s->m->options->machine_name)));
    json_key(&w, "Name");
    json_string(&w, s->m->options->machine_name);
    json_object_end(&w);
    if (s->around->item.ptr) {
        json_key(&w, "Map");
        json_object_begin(&w);
        json_key(&w, "Item");
        json_object_begin(&w);
        json_key(&w, "Index");
        json_int(&w, (int64_t)s->around->index);
        json_key(&w, "Value");
        json_raw(&w, s->around->item);
        json_object_end(&w);
        json_object_end(&w);
    }
    json_object_end(&w);
}

void machine_env(struct machine_state *s, struct unum_str variables, int64_t now_ms)
{
    s->env = (struct eval_env){.arena = s->m->arena,
                               .variables = variables,
                               .context = machine_context,
                               .cookie = s,
                               .seed = s->m->options->seed + s->m->steps * 1000003,
                               .now_ms = now_ms};
}

struct machine_outcome machine_broken(struct machine *m, int rc, const char *what,
                                      struct unum_str where)
{
    if (!m->rc)
        m->rc = unum_err_set(m->err, rc, "state \"%.*s\": %s", UNUM_STR_ARG(where), what);
    return (struct machine_outcome){.stopped = true};
}

struct machine_outcome machine_evaluation_failed(struct machine_state *s)
{
    struct machine_outcome out = {.failed = true, .error = s->env.error, .failed_state = s->name};
    out.cause = unum_arena_printf(
        s->m->arena,
        "An error occurred while executing the state '%.*s' (entered at the event id #%llu). %.*s",
        UNUM_STR_ARG(s->name), (unsigned long long)s->entered_event, UNUM_STR_ARG(s->env.cause));
    out.end_ms = s->env.now_ms;
    return out;
}
