#include "support/http_fake.h"

static void record(struct http_fake *fake, const struct http_exchange *x)
{
    struct http_fake_request *request = unum_vec_push(&fake->requests);
    *request = (struct http_fake_request){
        .method = unum_arena_str(&fake->arena, x->method),
        .target = unum_arena_str(&fake->arena, x->target),
        .body = unum_arena_str(&fake->arena, x->body),
        .timeout_ms = x->timeout_ms,
        .at_ms = fake->clock->now_ms,
    };
    for (size_t i = 0; i < x->headers.len; i++)
        http_headers_add(&request->headers, &fake->arena,
                         unum_arena_str(&fake->arena, x->headers.at[i].name),
                         unum_arena_str(&fake->arena, x->headers.at[i].value));
}

void http_fake_answer(struct http_exchange *x, const struct http_fake_answer *answer)
{
    x->delivered = !answer->undelivered;
    if (answer->rc < 0) {
        x->rc = unum_err_set(&x->err, answer->rc, "scripted: %s", unum_rc_text(answer->rc));
        return;
    }
    x->status = answer->status ? answer->status : 200;
    unum_buf_adds(&x->response, answer->body ? answer->body : "");
    struct unum_str rest = unum_str_from(answer->headers), line;
    while (unum_str_split(&rest, '\n', &line)) {
        size_t colon = unum_str_find(line, ':');
        if (colon == SIZE_MAX)
            continue;
        http_headers_add(
            &x->response_headers, &x->answer,
            unum_arena_str(&x->answer, unum_str_slice(line, 0, colon)),
            unum_arena_str(&x->answer, unum_str_trim(unum_str_from_pos(line, colon + 1))));
    }
}

static void send(void *state, struct http_exchange **exchanges, size_t count, size_t parallel,
                 int wake)
{
    struct http_fake *fake = state;
    int64_t start_ms = fake->clock->now_ms, longest_ms = 0;
    (void)parallel;
    (void)wake;
    fake->sends++;
    if (count > fake->parallel)
        fake->parallel = count;
    for (size_t i = 0; i < count; i++) {
        struct http_exchange *x = exchanges[i];
        const struct http_fake_answer *answer = NULL;
        http_exchange_rewind(x);
        x->response.max = x->max_body ? x->max_body : 1 << 24;
        size_t number = fake->requests.len;
        record(fake, x);
        x->sent_ms = start_ms;
        if (fake->script) {
            fake->script(fake->cookie, &fake->requests.at[number], x);
        } else {
            answer = &fake->answers[number < fake->answers_len ? number : fake->answers_len - 1];
            http_fake_answer(x, answer);
        }
        int64_t takes_ms = answer ? answer->takes_ms : 0;
        x->received_ms = start_ms + takes_ms;
        if (takes_ms > longest_ms)
            longest_ms = takes_ms;
    }
    fake->clock->now_ms = start_ms + longest_ms;
}

static void close_fake(void *state)
{
    (void)state;
}

static const struct http_transport_ops ops = {"fake", send, close_fake};

void http_fake_init(struct http_fake *fake, struct fake_clock *clock)
{
    *fake = (struct http_fake){.clock = clock};
}

void http_fake_done(struct http_fake *fake)
{
    unum_arena_done(&fake->arena);
    unum_vec_done(&fake->requests);
}

struct http_transport http_fake_transport(struct http_fake *fake)
{
    return (struct http_transport){&ops, fake};
}

struct unum_str http_fake_header(const struct http_fake *fake, size_t request, const char *name)
{
    const struct http_header *header = http_headers_get(&fake->requests.at[request].headers, name);
    return header ? header->value : UNUM_STR_NONE;
}
