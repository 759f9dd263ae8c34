#include "local/function_code.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/path.h"
#include "local/operations.h"
#include "local/s3.h"
#include "package/zip.h"

#define SNAPSHOTS "snapshots/" LOCAL_ACCOUNT "/"

enum { VALID_S = 600 };

char *function_code_path(const char *dir)
{
    struct unum_buf path = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    unum_buf_printf(&path, "%s.zip", dir);
    return unum_buf_take(&path);
}

/* A bucket of Lambda's own, as AWS has one in every region. */
static struct unum_str bucket_of(struct door_request *req)
{
    return unum_arena_printf(&req->arena, "awslambda-%.*s-tasks", UNUM_STR_ARG(req->local->region));
}

struct unum_str function_code_url(struct door_request *req, const struct function *function)
{
    static const struct aws_creds people = {.access_key = UNUM_STR_INIT(LOCAL_ACCESS_KEY),
                                            .secret_key = UNUM_STR_INIT(LOCAL_SECRET_KEY)};
    struct unum_str host = door_get(req, "host");
    struct unum_str path = unum_arena_printf(&req->arena, "/%.*s/" SNAPSHOTS "%s",
                                             UNUM_STR_ARG(bucket_of(req)), function->name);
    struct http_headers headers = {0};
    if (!host.len)
        host = unum_str_from(req->local->address);
    http_headers_add(&headers, &req->arena, UNUM_STR("host"), host);
    const struct sigv4_request request = {
        .method = UNUM_STR("GET"), .path = path, .headers = &headers};
    const struct sigv4_scope scope = {.region = req->local->region,
                                      .service = UNUM_STR("s3"),
                                      .at_ms = local_real_now(req->local),
                                      .flags = SIGV4_UNSIGNED_PAYLOAD};
    struct sigv4_result signature;
    if (sigv4_presign(&request, &people, &scope, VALID_S, NULL, &req->arena, &signature, NULL))
        return UNUM_STR("");
    return unum_arena_printf(&req->arena, "http://%.*s%.*s?%.*s", UNUM_STR_ARG(host),
                             UNUM_STR_ARG(path), UNUM_STR_ARG(signature.query));
}

/* The zip as it was uploaded, or one of the folder that the function was added from. */
static int read_zip(const struct local *local, const struct function *function,
                    struct unum_buf *out, struct unum_err *err)
{
    char *UNUM_AUTO_FREE kept = function_code_path(function->dir);
    if (function->own_dir && unum_file_exists(kept))
        return unum_file_read(kept, out, err);
    uint64_t size;
    char *UNUM_AUTO_FREE made = unum_path_join(local->tmp, "code.zip");
    int rc = zip_folder(function->dir, made, &size, err);
    if (rc == 0)
        rc = unum_file_read(made, out, err);
    (void)unlink(made);
    return rc;
}

bool function_code_answer(struct door_request *req, struct unum_str bucket, struct unum_str key)
{
    static const struct unum_str head = UNUM_STR_INIT(SNAPSHOTS);
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    if (!unum_str_eq(bucket, bucket_of(req)))
        return false;
    const struct function *function =
        unum_str_starts(key, head)
            ? local_function_find(req->local, unum_str_from_pos(key, head.len))
            : NULL;
    if (req->row->call != s3_get_object) {
        door_error(req, 403, "AccessDenied", "Access Denied");
        return true;
    }
    req->answer.body.max = UNUM_LIMIT_BUNDLE;
    if (!function) {
        door_error(req, 404, "NoSuchKey", "The specified key does not exist.");
    } else if (read_zip(req->local, function, &req->answer.body, &err)) {
        door_error(req, 500, "InternalError", "%s", unum_err_text(&err));
    } else {
        req->answer.status = 200;
        req->answer.content_type = "application/zip";
        door_answer(req);
    }
    return true;
}
