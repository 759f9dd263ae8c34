/*
 * The one door: every emulated request comes in here, gets its number, its caller, its fault and
 * its row in the request log, and leaves through here.
 */
#include "local/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rand.h"
#include "local/cfn.h"
#include "local/operations.h"
#include "json/json.h"

#define KEEP_BYTES (256 * UNUM_KB)

/* ---- small parts ---- */

struct unum_str door_get(const struct door_request *req, const char *name)
{
    const struct http_header *header = http_headers_get(&req->headers, name);
    return header ? header->value : UNUM_STR_NONE;
}

void door_header(struct door_request *req, const char *name, struct unum_str value)
{
    http_headers_add(&req->answer.headers, &req->arena, unum_str_from(name),
                     unum_arena_str(&req->arena, value));
}

bool door_query(struct door_request *req, const char *name, struct unum_str *ret)
{
    struct unum_str rest = req->query, part;
    while (unum_str_split(&rest, '&', &part)) {
        size_t mark = unum_str_find(part, '=');
        if (!unum_str_is(unum_str_slice(part, 0, mark), name))
            continue;
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_HEADERS);
        if (mark < part.len && !http_decode(&text, unum_str_from_pos(part, mark + 1)))
            return false;
        *ret = unum_arena_str(&req->arena, unum_buf_str(&text));
        return true;
    }
    return false;
}

void door_request_done(struct door_request *req)
{
    unum_arena_reset(&req->arena);
    if (req->answer.body.cap > KEEP_BYTES)
        unum_buf_done(&req->answer.body);
    unum_buf_clear(&req->answer.body);
    struct unum_arena arena = req->arena;
    struct unum_buf body = req->answer.body;
    memset(req, 0, sizeof(*req));
    req->arena = arena;
    req->answer.body = body;
}

void door_error(struct door_request *req, int status, const char *code, const char *format, ...)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    va_list args;
    va_start(args, format);
    unum_buf_vprintf(&text, format, args);
    va_end(args);

    unum_buf_clear(&req->answer.body);
    req->answer.body.max = UNUM_LIMIT_HTTP_BODY;
    req->answer.status = status;
    if (req->service == DOOR_CLOUDFORMATION) {
        req->answer.content_type = "text/xml";
        cfn_error_body(req, status, code, unum_buf_str(&text));
        door_answer(req);
        return;
    }
    if (req->service == DOOR_S3 || req->service == DOOR_STS || req->service == DOOR_IAM) {
        (req->service == DOOR_S3 ? s3_error_body : sts_error_body)(req, code, unum_buf_str(&text));
        door_answer(req);
        return;
    }
    struct json_writer w = JSON_WRITER(&req->answer.body);
    json_object_begin(&w);
    switch (req->service) {
    case DOOR_RUNTIME:
        req->answer.content_type = "application/json";
        json_key(&w, "errorMessage");
        json_string(&w, unum_buf_str(&text));
        json_key(&w, "errorType");
        json_strings(&w, code);
        break;
    case DOOR_LAMBDA:
    case DOOR_SCHEDULER:
        req->answer.content_type = "application/json";
        door_header(req, "x-amzn-ErrorType", unum_str_from(code));
        json_key(&w, "Type");
        json_strings(&w, status < 500 ? "User" : "Service");
        json_key(&w, "Message");
        json_string(&w, unum_buf_str(&text));
        break;
    case DOOR_DYNAMODB:
    case DOOR_LOGS:
    case DOOR_S3:
    case DOOR_STS:
    case DOOR_IAM:
    case DOOR_CLOUDFORMATION:
    case DOOR_UNKNOWN:
    case DOOR_SERVICE_COUNT:
        req->answer.content_type = req->service == DOOR_DYNAMODB ? "application/x-amz-json-1.0"
                                                                 : "application/x-amz-json-1.1";
        json_key(&w, "__type");
        if (req->service == DOOR_DYNAMODB) {
            struct unum_str name =
                unum_arena_printf(&req->arena, "com.amazon.coral.service#%s", code);
            json_string(&w, name);
        } else {
            json_strings(&w, code);
        }
        json_key(&w, "message");
        json_string(&w, unum_buf_str(&text));
        break;
    }
    json_object_end(&w);
    door_answer(req);
}

/* ---- which service ---- */

static enum door_service service_of(struct door_request *req)
{
    struct unum_str target = door_get(req, "x-amz-target");
    if (unum_str_find(target, '.') < target.len)
        return operations_of_target(target);
    /* Some are known by nothing but what the signature is for. */
    enum door_service named = operations_of_name(door_scope_service(req));
    if (named == DOOR_S3 || named == DOOR_STS || named == DOOR_IAM || named == DOOR_CLOUDFORMATION)
        return named;
    enum door_service by_path = operations_of_path(req->path);
    if (by_path != DOOR_UNKNOWN)
        return by_path;
    if (unum_str_search(req->path, UNUM_STR("/2018-06-01/runtime/")) < req->path.len)
        return DOOR_RUNTIME;
    return cfn_is_request(req) ? DOOR_CLOUDFORMATION : DOOR_UNKNOWN;
}

static void route(struct door_request *req)
{
    req->service = service_of(req);
    req->row = operations_find(req);
}

static void unknown_call(struct door_request *req)
{
    struct unum_str target = door_get(req, "x-amz-target");
    door_error(req, 400, "UnknownOperationException",
               "the local platform has no %.*s %.*s%s%.*s: it emulates Lambda, DynamoDB, "
               "CloudWatch Logs, EventBridge Scheduler, S3, STS, IAM and CloudFormation",
               UNUM_STR_ARG(req->method), UNUM_STR_ARG(req->path), target.len ? " " : "",
               UNUM_STR_ARG(target));
}

/* An invocation that only reads the same again and again waits for inputs. The runtime may say it
 * exactly with a header. */
static void notice_waiting(struct door_request *req)
{
    struct invocation *inv = req->invocation;
    if (!inv || !inv->running)
        return;
    struct unum_str said = door_get(req, "x-unum-waiting");
    bool blocked;
    if (said.len) {
        blocked = unum_str_is(said, "1");
    } else if (req->service == DOOR_DYNAMODB && (unum_str_is(req->operation, "BatchGetItem") ||
                                                 unum_str_is(req->operation, "GetItem"))) {
        uint64_t hash = unum_str_hash(req->body);
        inv->same_reads = hash == inv->read_hash ? inv->same_reads + 1 : 1;
        inv->read_hash = hash;
        blocked = inv->same_reads >= 3;
    } else {
        inv->same_reads = 0;
        blocked = false;
    }
    if (blocked != inv->blocked) {
        inv->blocked = blocked;
        invocation_wait(inv, blocked ? 1 : -1);
    }
}

/* Keys are "<app>/<session>/<instance>-output": the first one an invocation looks up is its own,
 * but for the input of the run ("~input"), which belongs to none. */
static void notice_instance(struct door_request *req)
{
    struct invocation *inv = req->invocation;
    if (!inv || inv->instance || req->service != DOOR_DYNAMODB)
        return;
    size_t end = unum_str_search(req->body, UNUM_STR("-output\""));
    bool run = end == SIZE_MAX;
    if (run)
        end = unum_str_search(req->body, UNUM_STR("/run\""));
    if (end == SIZE_MAX)
        return;
    size_t start = unum_str_rfind(unum_str_slice(req->body, 0, end), '"');
    if (start == SIZE_MAX)
        return;
    struct unum_str rest = unum_str_slice(req->body, start + 1, end - start - 1), part;
    if (!unum_str_split(&rest, '/', &part) || !rest.ptr)
        return;
    if (!inv->session)
        inv->session = unum_str_dup(unum_str_slice(rest, 0, unum_str_find(rest, '/')));
    if (!run && unum_str_split(&rest, '/', &part) && rest.len && rest.ptr[0] != '~')
        inv->instance = unum_str_dup(rest);
}

void store_call(struct door_request *req)
{
    req->answer.content_type = "application/x-amz-json-1.0";
    local_db_call(req->local->db, req->operation, req->body, local_now(req->local),
                  &req->answer.status, &req->answer.body);
    door_answer(req);
}

static void apply(struct door_request *req)
{
    const struct operation_service *service = operations_service(req->service);
    if (req->service == DOOR_RUNTIME)
        runtime_api_call(req);
    else if (!service)
        unknown_call(req);
    else if (!req->row)
        operations_refuse(req);
    else if (!service->prepare || service->prepare(req))
        req->row->call(req);
}

/* ---- open and closed ---- */

static void open_request(struct door_request *req)
{
    req->open = true;
    req->next = req->local->open;
    if (req->next)
        req->next->prev = req;
    req->local->open = req;
}

/* Nothing of the platform refers to the request any more. */
static void close_request(struct door_request *req, int status)
{
    door_log(req, status);
    if (req->delay) {
        event_free(req->delay);
        req->delay = NULL;
    }
    if (req->held)
        held_forget_request(req->local, req);
    if (req->prev)
        req->prev->next = req->next;
    else
        req->local->open = req->next;
    if (req->next)
        req->next->prev = req->prev;
    req->open = false;
    req->prev = req->next = NULL;
    invocation_unref(req->invocation);
    req->invocation = NULL;
}

void door_gone(struct door_request *req)
{
    if (!req->open)
        return;
    if (req->gone)
        req->gone(req);
    req->gone = NULL;
    close_request(req, 0);
}

static void drop(struct door_request *req)
{
    door_gone(req);
    req->peer->drop(req->cookie, req);
}

void door_caller_ended(struct worker *worker)
{
    struct door_request *req = worker->local->open;
    while (req) {
        if (req->caller == worker) {
            req->caller = NULL;
            drop(req);
            req = worker->local->open; /* dropping may close others */
        } else {
            req = req->next;
        }
    }
}

/* ---- answering ---- */

/* Bytes that no text has, and no letter where one was. */
static void garble(struct unum_buf *body)
{
    for (size_t i = body->len / 2; i < body->len; i++)
        body->ptr[i] = (char)((unsigned char)body->ptr[i] | 0x80U);
}

static void deliver(struct door_request *req)
{
    struct local *local = req->local;
    struct worker *worker = req->caller;
    enum local_fault_kind kind = req->fault ? req->fault->what.kind : LOCAL_FAULT_KIND_COUNT;
    bool silent = kind == LOCAL_FAULT_KILL_AFTER || kind == LOCAL_FAULT_CLOSE;
    bool first = req->number && req->invocation && !req->invocation->first_answered &&
                 req->service != DOOR_RUNTIME;
    if (first)
        req->invocation->first_answered = true;
    if (kind == LOCAL_FAULT_PAUSE && worker) {
        worker_pause(worker);
        held_add(local, &(struct held){.until = req->fault->what.until, .worker = worker});
    }
    req->answer.cut = kind == LOCAL_FAULT_TRUNCATE;
    if (kind == LOCAL_FAULT_GARBLE)
        garble(&req->answer.body);
    close_request(req, silent ? 0 : req->answer.status);
    if (kind == LOCAL_FAULT_KILL_AFTER && worker)
        worker_kill(worker);
    /* The request is the transport's again, and may be gone when these return. */
    if (silent)
        req->peer->drop(req->cookie, req);
    else
        req->peer->answer(req->cookie, req);
    if (first && worker)
        faults_user(local, worker, false);
}

static void on_delay(evutil_socket_t fd, short what, void *cookie)
{
    (void)fd, (void)what;
    deliver(cookie);
}

/* Function processes read the machine's clock; what the platform's is ahead of it they learn here.
 */
static void tell_time(struct door_request *req)
{
    if (req->caller)
        door_header(req, LOCAL_SKIPPED,
                    unum_arena_printf(&req->arena, "%lld", (long long)req->local->skipped_ms));
}

void door_answer(struct door_request *req)
{
    struct local *local = req->local;
    req->gone = NULL;
    if (req->answer.body.failed) {
        req->answer.body.failed = false;
        door_error(req, 500, "InternalServerError", "the answer is larger than 24 MB");
        return;
    }
    if (unum_str_is(req->method, "HEAD"))
        unum_buf_clear(&req->answer.body);
    if (req->service != DOOR_RUNTIME) {
        char id[40];
        struct unum_buf text = UNUM_BUF_INIT(sizeof(id));
        unum_uuid4(&text);
        door_header(req, req->service == DOOR_S3 ? "x-amz-request-id" : "x-amzn-RequestId",
                    unum_buf_str(&text));
        unum_buf_done(&text);
    }
    tell_time(req);
    int64_t wait_ms = 0;
    if (req->service == DOOR_DYNAMODB)
        wait_ms = local->config.latency.store_ms;
    else if (req->service == DOOR_LAMBDA)
        wait_ms = local->config.latency.invoke_ms;
    if (wait_ms <= 0 || req->inside) {
        deliver(req);
        return;
    }
    struct timeval after = {wait_ms / 1000, (wait_ms % 1000) * 1000};
    req->delay = event_new(local->base, -1, 0, on_delay, req);
    event_add(req->delay, &after);
}

/* ---- coming in ---- */

static bool find_process(struct door_request *req)
{
    struct unum_str rest = unum_str_from_pos(req->path, 1), id;
    (void)unum_str_split(&rest, '/', &id);
    req->caller = unum_map_get(&req->local->processes, id);
    if (req->caller)
        return true;
    door_error(req, 403, "InvalidProcess", "no process of this platform has this address");
    return false;
}

/* `next` only waits; the other posts of the Runtime API are events of the run. */
static bool is_numbered(const struct door_request *req)
{
    if (!req->caller)
        return req->local->config.number_people && req->service != DOOR_RUNTIME;
    return req->service != DOOR_RUNTIME || unum_str_is(req->method, "POST");
}

/* How each service refuses a request when there are too many of them. */
static const struct {
    int status;
    const char *code;
} throttled[DOOR_SERVICE_COUNT] = {
    [DOOR_RUNTIME] = {429, "TooManyRequestsException"},
    [DOOR_LAMBDA] = {429, "TooManyRequestsException"},
    [DOOR_DYNAMODB] = {400, "ThrottlingException"},
    [DOOR_LOGS] = {400, "ThrottlingException"},
    [DOOR_S3] = {503, "SlowDown"},
    [DOOR_STS] = {400, "Throttling"},
    [DOOR_IAM] = {400, "Throttling"},
    [DOOR_SCHEDULER] = {429, "ThrottlingException"},
    [DOOR_CLOUDFORMATION] = {400, "Throttling"},
    [DOOR_UNKNOWN] = {400, "ThrottlingException"},
};

static bool speaks_xml(enum door_service service)
{
    return service == DOOR_S3 || service == DOOR_STS || service == DOOR_IAM ||
           service == DOOR_CLOUDFORMATION;
}

static void refuse(struct door_request *req, int status)
{
    enum door_service service = req->service;
    if (status >= 500)
        door_error(req, status,
                   speaks_xml(service)      ? "InternalFailure"
                   : service == DOOR_LAMBDA ? "ServiceException"
                                            : "InternalServerError",
                   "The service is not available (fault schedule)");
    else if (status == 403)
        door_error(req, status, speaks_xml(service) ? "AccessDenied" : "AccessDeniedException",
                   "User: arn:aws:iam::" LOCAL_ACCOUNT ":user/unum-local is not authorized to "
                   "perform: %s:%.*s on resource: arn:aws:%s:%.*s:" LOCAL_ACCOUNT
                   ":* (fault schedule)",
                   door_service_name(service), UNUM_STR_ARG(req->operation),
                   door_service_name(service), UNUM_STR_ARG(req->local->region));
    else
        door_error(req, throttled[service].status, throttled[service].code,
                   "Rate of requests exceeded (fault schedule)");
}

/* True: the request goes on to its service now. */
static bool fault_before(struct door_request *req)
{
    struct local *local = req->local;
    if (!req->fault)
        return true;
    req->faulted = true;
    local->counts.faults_applied++;
    switch (req->fault->what.kind) {
    case LOCAL_FAULT_KILL_BEFORE:
        if (req->caller)
            worker_kill(req->caller); /* drops the request */
        else
            drop(req);
        return false;
    case LOCAL_FAULT_STATUS:
        refuse(req, req->fault->what.status);
        return false;
    case LOCAL_FAULT_STALL:
        req->held = true;
        held_add(local, &(struct held){.until = req->fault->what.until, .request = req});
        return false;
    case LOCAL_FAULT_KILL_AFTER:
    case LOCAL_FAULT_CLOSE:
    case LOCAL_FAULT_TRUNCATE:
    case LOCAL_FAULT_GARBLE:
    case LOCAL_FAULT_PAUSE:
    case LOCAL_FAULT_TWICE:
    case LOCAL_FAULT_LATE:
    case LOCAL_FAULT_DROP:
    case LOCAL_FAULT_KILL_USER:
    case LOCAL_FAULT_KIND_COUNT:
        break;
    }
    return true;
}

void door_resume(struct door_request *req)
{
    req->held = false;
    apply(req);
}

void door_receive(struct door_request *req)
{
    struct local *local = req->local;
    req->at_ms = local_now(local);
    req->at_us = local_mono_us(local);
    req->answer.body.max = UNUM_LIMIT_HTTP_BODY;
    route(req);
    open_request(req);
    if (!door_check_host(req))
        return;
    if (req->service == DOOR_RUNTIME ? !find_process(req) : !door_authenticate(req))
        return;
    if (req->caller) {
        req->caller_function = req->caller->function;
        memcpy(req->process, req->caller->id, sizeof(req->process));
        if (req->caller->given)
            req->invocation = invocation_ref(req->caller->invocation);
    }
    notice_instance(req);
    if (is_numbered(req)) {
        notice_waiting(req);
        req->number = ++local->counts.requests;
        req->fault = faults_find(local, req->number);
        held_number(local, req->number);
    }
    if (fault_before(req))
        apply(req);
}

void door_inside(struct door_request *req)
{
    struct local *local = req->local;
    req->inside = true;
    req->at_ms = local_now(local);
    req->at_us = local_mono_us(local);
    req->answer.body.max = UNUM_LIMIT_HTTP_BODY;
    route(req);
    open_request(req);
    apply(req);
    if (req->open) /* it waits for something, and nobody waits for it */
        door_gone(req);
}
