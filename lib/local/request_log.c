/* The request log: one row per emulated request, in the order in which they end. */
#include "local/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static const char *const service_names[DOOR_SERVICE_COUNT] = {[DOOR_RUNTIME] = "runtime",
                                                              [DOOR_LAMBDA] = "lambda",
                                                              [DOOR_DYNAMODB] = "dynamodb",
                                                              [DOOR_LOGS] = "logs",
                                                              [DOOR_S3] = "s3",
                                                              [DOOR_STS] = "sts",
                                                              [DOOR_IAM] = "iam",
                                                              [DOOR_SCHEDULER] = "scheduler",
                                                              [DOOR_CLOUDFORMATION] =
                                                                  "cloudformation",
                                                              [DOOR_UNKNOWN] = "unknown"};

const char *door_service_name(enum door_service service)
{
    return service_names[service];
}

static struct unum_str copy_to(char **at, struct unum_str s)
{
    if (s.len)
        memcpy(*at, s.ptr, s.len);
    struct unum_str copied = unum_str_of(*at, s.len);
    *at += s.len;
    return copied;
}

static void keep_row(struct local *local, const struct local_request *row)
{
    struct request_row *slot;
    if (local->rows.len < local->config.keep_requests) {
        slot = unum_vec_push(&local->rows);
    } else {
        slot = &local->rows.at[local->rows_start];
        local->rows_start = (local->rows_start + 1) % local->rows.len;
        free(slot->text);
    }
    slot->row = *row;
    slot->text =
        unum_alloc(row->function.len + row->process.len + row->session.len + row->instance.len +
                   row->request_id.len + row->operation.len + row->target.len);
    char *at = slot->text;
    slot->row.function = copy_to(&at, row->function);
    slot->row.process = copy_to(&at, row->process);
    slot->row.session = copy_to(&at, row->session);
    slot->row.instance = copy_to(&at, row->instance);
    slot->row.request_id = copy_to(&at, row->request_id);
    slot->row.operation = copy_to(&at, row->operation);
    slot->row.target = copy_to(&at, row->target);
}

void door_log(struct door_request *req, int status)
{
    struct local *local = req->local;
    if (req->service == DOOR_RUNTIME && !req->number)
        return; /* `next` is waiting, not work */
    if (!local->config.on_request && !local->config.keep_requests)
        return;
    const struct invocation *inv = req->invocation;
    struct local_request row = {
        .number = req->number,
        .at_ms = req->at_ms,
        .function = unum_str_from(req->caller_function ? req->caller_function->name : NULL),
        .process = unum_str_from(req->process),
        .session = unum_str_from(inv ? inv->session : NULL),
        .instance = unum_str_from(inv ? inv->instance : NULL),
        .request_id = unum_str_from(inv ? inv->request_id : NULL),
        .service = door_service_name(req->service),
        .operation = req->operation,
        .target = unum_str_from(req->target ? req->target->name : NULL),
        .request_bytes = req->body.len,
        .response_bytes = status ? req->answer.body.len : 0,
        .status = status,
        .duration_us = local_mono_us(local) - req->at_us,
        .faulted = req->faulted,
        .fault = req->fault ? req->fault->what.kind : LOCAL_FAULT_KIND_COUNT,
    };
    if (local->config.keep_requests)
        keep_row(local, &row);
    if (local->config.on_request)
        local->config.on_request(local->config.cookie, &row);
}
