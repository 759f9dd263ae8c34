/*
 * sigv4 [PATH...]: hold our signatures against other implementations', stage by stage.
 *
 * PATH is a suite folder (one folder per case: context.json, request.txt and, per form, canonical
 * request, string to sign, signature and signed request) or a file with one JSON case per line.
 * Without PATH: the vectors in $UNUM_VECTORS, or beside the source tree. Prints a line per failing
 * case, then the counts of comparisons. Exit status 0, 1 (something differs), 77 (no vectors).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/sigv4.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "crypto/base64.h"
#include "json/json.h"

enum { EXIT_SKIPPED = 77 };

struct tally {
    size_t passed, failed, skipped, cases;
    const char *case_name;
    bool case_failed;
};

static void compare(struct tally *tally, const char *what, struct unum_str expected,
                    struct unum_str got)
{
    if (unum_str_eq(expected, got)) {
        tally->passed++;
        return;
    }
    tally->failed++;
    printf("%s%s", tally->case_failed ? ", " : "", tally->case_failed ? "" : tally->case_name);
    printf("%s%s differs", tally->case_failed ? "" : ": ", what);
    tally->case_failed = true;
    if (getenv("UNUM_VERBOSE"))
        printf("\n--- expected\n%.*s\n--- got\n%.*s\n", UNUM_STR_ARG(expected), UNUM_STR_ARG(got));
}

static void begin_case(struct tally *tally, const char *name)
{
    tally->case_name = name;
    tally->case_failed = false;
    tally->cases++;
}

static void end_case(struct tally *tally)
{
    if (tally->case_failed)
        printf("\n");
}

static void fail_case(struct tally *tally, const char *why)
{
    tally->failed++;
    printf("%s: %s\n", tally->case_name, why);
}

/* The decoded member, or the empty text. */
static struct unum_str text_at(struct unum_str object, const char *pointer,
                               struct unum_arena *arena)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_str value;
    if (!json_pointer(object, unum_str_from(pointer), &value) || !json_decode(value, &text))
        return UNUM_STR("");
    return unum_arena_str(arena, unum_buf_str(&text));
}

static bool is_true_at(struct unum_str object, const char *key)
{
    struct unum_str value;
    bool yes = false;
    return json_get(object, unum_str_from(key), &value) && json_to_bool(value, &yes) && yes;
}

/*
 * The suite of folders.
 */
struct raw_request {
    struct sigv4_request request;
    struct http_headers headers;
    struct unum_str target, header_lines;
};

/* "Name: value", continuation lines joined by a blank (obsolete folding, RFC 9112 section 5.2). */
static void read_header_lines(struct unum_str lines, struct http_headers *headers,
                              struct unum_arena *arena)
{
    struct unum_str rest = lines, line;
    while (rest.len && unum_str_split(&rest, '\n', &line)) {
        if (!line.len)
            continue;
        if (line.ptr[0] == ' ' || line.ptr[0] == '\t') {
            struct http_header *last = &headers->at[headers->len - 1];
            last->value = unum_arena_printf(arena, "%.*s %.*s", UNUM_STR_ARG(last->value),
                                            UNUM_STR_ARG(unum_str_trim(line)));
            continue;
        }
        size_t colon = unum_str_find(line, ':');
        http_headers_add(headers, arena, unum_str_slice(line, 0, colon),
                         unum_str_from_pos(line, colon + 1));
    }
}

static void read_raw_request(struct unum_str text, struct unum_arena *arena,
                             struct raw_request *ret)
{
    struct unum_str rest = text, line;
    unum_str_split(&rest, '\n', &line);
    size_t method_end = unum_str_find(line, ' '), target_end = unum_str_rfind(line, ' ');
    ret->request.method = unum_str_slice(line, 0, method_end);
    ret->target = unum_str_slice(line, method_end + 1, target_end - method_end - 1);
    size_t question = unum_str_find(ret->target, '?');
    ret->request.path = unum_str_slice(ret->target, 0, question);
    ret->request.query =
        question == SIZE_MAX ? UNUM_STR("") : unum_str_from_pos(ret->target, question + 1);
    size_t blank = unum_str_search(rest, UNUM_STR("\n\n"));
    ret->header_lines = unum_str_trim(unum_str_slice(rest, 0, blank));
    ret->request.body = blank == SIZE_MAX ? UNUM_STR("") : unum_str_from_pos(rest, blank + 2);
    read_header_lines(ret->header_lines, &ret->headers, arena);
    ret->request.headers = &ret->headers;
}

static struct unum_str read_case_file(const char *dir, const char *name, struct unum_arena *arena)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    char *UNUM_AUTO_FREE path = unum_path_join(dir, name);
    if (unum_file_read(path, &text, NULL) < 0)
        return UNUM_STR("(cannot be read)");
    return unum_arena_str(arena, unum_buf_str(&text));
}

static struct unum_str signed_with_headers(const struct raw_request *raw,
                                           const struct sigv4_result *result,
                                           const struct aws_creds *creds, bool content,
                                           struct unum_arena *arena)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_buf_printf(&text, "%.*s %.*s HTTP/1.1\n%.*s\n", UNUM_STR_ARG(raw->request.method),
                    UNUM_STR_ARG(raw->target), UNUM_STR_ARG(raw->header_lines));
    if (creds->session_token.len)
        unum_buf_printf(&text, "X-Amz-Security-Token:%.*s\n", UNUM_STR_ARG(creds->session_token));
    unum_buf_printf(&text, "X-Amz-Date:%.*s\n", UNUM_STR_ARG(result->amz_date));
    if (content)
        unum_buf_printf(&text, "x-amz-content-sha256:%.*s\n", UNUM_STR_ARG(result->content_sha256));
    unum_buf_printf(&text, "Authorization:%.*s\n\n", UNUM_STR_ARG(result->authorization));
    unum_buf_add(&text, raw->request.body);
    return unum_arena_str(arena, unum_buf_str(&text));
}

static struct unum_str signed_with_query(const struct raw_request *raw,
                                         const struct sigv4_result *result,
                                         struct unum_arena *arena)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_buf_printf(&text, "%.*s %.*s?%.*s HTTP/1.1\n%.*s\n\n", UNUM_STR_ARG(raw->request.method),
                    UNUM_STR_ARG(raw->request.path), UNUM_STR_ARG(result->query),
                    UNUM_STR_ARG(raw->header_lines));
    unum_buf_add(&text, raw->request.body);
    return unum_arena_str(arena, unum_buf_str(&text));
}

struct context {
    struct aws_creds creds;
    struct sigv4_scope scope;
    int64_t expires_s;
    bool content;
};

static int read_context(struct unum_str text, struct unum_arena *arena, struct context *ret,
                        struct unum_err *err)
{
    struct unum_str json, expires;
    int rc = json_check(text, &json, err);
    if (rc < 0)
        return rc;
    ret->creds.access_key = text_at(json, "/credentials/access_key_id", arena);
    ret->creds.secret_key = text_at(json, "/credentials/secret_access_key", arena);
    ret->creds.session_token = text_at(json, "/credentials/token", arena);
    ret->scope.region = text_at(json, "/region", arena);
    ret->scope.service = text_at(json, "/service", arena);
    ret->content = is_true_at(json, "sign_body");
    ret->scope.flags = SIGV4_DOUBLE_ENCODE | (ret->content ? SIGV4_CONTENT_HEADER : 0u) |
                       (is_true_at(json, "normalize") ? SIGV4_NORMALIZE_PATH : 0u) |
                       (is_true_at(json, "omit_session_token") ? SIGV4_TOKEN_UNSIGNED : 0u);
    if (!json_get(json, UNUM_STR("expiration_in_seconds"), &expires) ||
        !json_to_i64(expires, &ret->expires_s) ||
        !unum_time_parse(text_at(json, "/timestamp", arena), &ret->scope.at_ms))
        return unum_err_set(err, UNUM_E_PARSE, "context.json: timestamp or expiration is missing");
    return 0;
}

static void compare_stages(struct tally *tally, const char *dir, const char *form,
                           const struct sigv4_result *result, struct unum_str signed_request,
                           struct unum_arena *arena)
{
    const struct {
        const char *file;
        struct unum_str got;
    } stages[] = {
        {"canonical-request", result->canonical_request},
        {"string-to-sign", result->string_to_sign},
        {"signature", result->signature},
        {"signed-request", signed_request},
    };
    for (size_t i = 0; i < UNUM_COUNT(stages); i++) {
        struct unum_str what = unum_arena_printf(arena, "%s-%s", form, stages[i].file);
        struct unum_str file = unum_arena_printf(arena, "%s.txt", what.ptr);
        compare(tally, what.ptr, read_case_file(dir, file.ptr, arena), stages[i].got);
    }
}

static void run_folder_case(struct tally *tally, const char *dir, const char *name)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct context context = {0};
    struct raw_request raw = {0};
    struct sigv4_result result;
    begin_case(tally, name);
    if (read_context(read_case_file(dir, "context.json", &arena), &arena, &context, &err) < 0) {
        fail_case(tally, unum_err_text(&err));
        return;
    }
    read_raw_request(read_case_file(dir, "request.txt", &arena), &arena, &raw);
    if (sigv4_sign(&raw.request, &context.creds, &context.scope, NULL, &arena, &result, &err) < 0)
        fail_case(tally, unum_err_text(&err));
    else
        compare_stages(tally, dir, "header", &result,
                       signed_with_headers(&raw, &result, &context.creds, context.content, &arena),
                       &arena);
    if (sigv4_presign(&raw.request, &context.creds, &context.scope, context.expires_s, NULL, &arena,
                      &result, &err) < 0)
        fail_case(tally, unum_err_text(&err));
    else
        compare_stages(tally, dir, "query", &result, signed_with_query(&raw, &result, &arena),
                       &arena);
    end_case(tally);
}

static int run_suite(struct tally *tally, const char *path, struct unum_err *err)
{
    struct unum_names UNUM_AUTO(unum_names_done) names = {0};
    int rc = unum_list_dir(path, &names, err);
    for (size_t i = 0; !rc && i < names.list.len; i++) {
        char *UNUM_AUTO_FREE dir = unum_path_join(path, names.list.at[i]);
        char *UNUM_AUTO_FREE context = unum_path_join(dir, "context.json");
        if (unum_file_exists(context))
            run_folder_case(tally, dir, names.list.at[i]);
    }
    return rc;
}

/*
 * One JSON case per line.
 */
static const struct mode {
    const char *name;
    unsigned flags;
    bool query;
} modes[] = {
    {"header", SIGV4_DOUBLE_ENCODE | SIGV4_NORMALIZE_PATH, false},
    {"s3-header", SIGV4_CONTENT_HEADER, false},
    {"s3-unsigned", SIGV4_CONTENT_HEADER | SIGV4_UNSIGNED_PAYLOAD, false},
    {"query", SIGV4_DOUBLE_ENCODE | SIGV4_NORMALIZE_PATH, true},
    {"s3-query", SIGV4_UNSIGNED_PAYLOAD, true},
};

static const struct mode *find_mode(struct unum_str name)
{
    for (size_t i = 0; i < UNUM_COUNT(modes); i++) {
        if (unum_str_is(name, modes[i].name))
            return &modes[i];
    }
    return NULL;
}

/* 20261121T034228Z */
static bool parse_basic_time(struct unum_str s, struct unum_arena *arena, int64_t *ret_ms)
{
    if (s.len != 16)
        return false;
    struct unum_str t = unum_arena_printf(arena, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", s.ptr, s.ptr + 4,
                                          s.ptr + 6, s.ptr + 9, s.ptr + 11, s.ptr + 13);
    return unum_time_parse(t, ret_ms);
}

static void read_json_request(struct unum_str json, struct unum_arena *arena,
                              struct raw_request *ret)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_str headers, pair;
    if (!base64_decode(&body, text_at(json, "/request/body_b64", arena)))
        printf("(body_b64 is not base64)\n");
    ret->request.body = unum_arena_str(arena, unum_buf_str(&body));
    ret->request.method = text_at(json, "/request/method", arena);
    ret->request.path = text_at(json, "/request/raw_path", arena);
    ret->request.query = text_at(json, "/request/raw_query", arena);
    ret->request.headers = &ret->headers;
    http_headers_add(&ret->headers, arena, UNUM_STR("Host"), text_at(json, "/request/host", arena));
    if (!json_pointer(json, UNUM_STR("/request/headers"), &headers))
        return;
    struct json_iter iter = json_iter(headers);
    while (json_next(&iter, NULL, &pair))
        http_headers_add(&ret->headers, arena, text_at(pair, "/0", arena),
                         text_at(pair, "/1", arena));
}

static int by_bytes(const void *a, const void *b)
{
    return unum_str_cmp(*(const struct unum_str *)a, *(const struct unum_str *)b);
}

/* A query with its parameters in one fixed order: their order means nothing. */
static struct unum_str sorted_query(struct unum_str query, struct unum_arena *arena)
{
    UNUM_VEC(struct unum_str) parts = {0};
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_str rest = query, part;
    while (unum_str_split(&rest, '&', &part))
        *unum_vec_push(&parts) = part;
    qsort(parts.at, parts.len, sizeof(*parts.at), by_bytes);
    for (size_t i = 0; i < parts.len; i++) {
        unum_buf_add(&text, parts.at[i]);
        unum_buf_addc(&text, '&');
    }
    unum_vec_done(&parts);
    return unum_arena_str(arena, unum_buf_str(&text));
}

static void compare_added_headers(struct tally *tally, struct unum_str json,
                                  const struct sigv4_result *result, const struct aws_creds *creds,
                                  bool content, struct unum_arena *arena)
{
    compare(tally, "authorization", text_at(json, "/authorization", arena), result->authorization);
    compare(tally, "X-Amz-Date", text_at(json, "/added_headers/X-Amz-Date", arena),
            result->amz_date);
    compare(tally, "X-Amz-Content-SHA256",
            text_at(json, "/added_headers/X-Amz-Content-SHA256", arena),
            content ? result->content_sha256 : UNUM_STR(""));
    compare(tally, "X-Amz-Security-Token",
            text_at(json, "/added_headers/X-Amz-Security-Token", arena), creds->session_token);
}

static int sign_json_case(struct unum_str json, const struct mode *mode, struct tally *tally,
                          struct unum_arena *arena, struct unum_err *err)
{
    struct raw_request raw = {0};
    struct sigv4_result result;
    struct unum_str expires;
    int64_t expires_s = 0;
    struct aws_creds creds = {text_at(json, "/credentials/access_key_id", arena),
                              text_at(json, "/credentials/secret_access_key", arena),
                              text_at(json, "/credentials/session_token", arena), 0};
    struct sigv4_scope scope = {text_at(json, "/region", arena), text_at(json, "/service", arena),
                                0, mode->flags};
    if (!parse_basic_time(text_at(json, "/amz_date", arena), arena, &scope.at_ms))
        return unum_err_set(err, UNUM_E_PARSE, "amz_date is missing");
    if (mode->query &&
        (!json_get(json, UNUM_STR("expires"), &expires) || !json_to_i64(expires, &expires_s)))
        return unum_err_set(err, UNUM_E_PARSE, "expires is missing");
    read_json_request(json, arena, &raw);
    int rc = mode->query
                 ? sigv4_presign(&raw.request, &creds, &scope, expires_s, NULL, arena, &result, err)
                 : sigv4_sign(&raw.request, &creds, &scope, NULL, arena, &result, err);
    if (rc < 0)
        return rc;
    compare(tally, "canonical request", text_at(json, "/canonical_request", arena),
            result.canonical_request);
    compare(tally, "string to sign", text_at(json, "/string_to_sign", arena),
            result.string_to_sign);
    compare(tally, "signature", text_at(json, "/signature", arena), result.signature);
    if (!mode->query) {
        compare_added_headers(tally, json, &result, &creds, mode->flags & SIGV4_CONTENT_HEADER,
                              arena);
        return 0;
    }
    struct unum_str url = text_at(json, "/signed_url", arena);
    compare(tally, "signed URL",
            sorted_query(unum_str_from_pos(url, unum_str_find(url, '?') + 1), arena),
            sorted_query(result.query, arena));
    return 0;
}

static void run_line(struct tally *tally, struct unum_str line)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_str json;
    begin_case(tally, "(unreadable line)");
    if (json_check(line, &json, &err) < 0) {
        fail_case(tally, unum_err_text(&err));
        return;
    }
    tally->case_name = text_at(json, "/id", &arena).ptr;
    struct unum_str mode_name = text_at(json, "/mode", &arena);
    const struct mode *mode = find_mode(mode_name);
    if (!mode) {
        tally->skipped++;
        printf("%s: skipped, mode \"%.*s\" is not known\n", tally->case_name,
               UNUM_STR_ARG(mode_name));
        return;
    }
    if (sign_json_case(json, mode, tally, &arena, &err) < 0)
        fail_case(tally, unum_err_text(&err));
    end_case(tally);
}

static int run_lines(struct tally *tally, const char *path, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(16u * UNUM_LIMIT_TEXT);
    int rc = unum_file_read(path, &text, err);
    struct unum_str rest = unum_buf_str(&text), line;
    while (!rc && unum_str_split(&rest, '\n', &line)) {
        if (unum_str_trim(line).len)
            run_line(tally, line);
    }
    return rc;
}

static int run_path(struct tally *tally, const char *path)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    int rc = unum_is_dir(path) ? run_suite(tally, path, &err) : run_lines(tally, path, &err);
    if (rc < 0) {
        printf("%s: %s\n", path, unum_err_text(&err));
        tally->failed++;
    }
    return rc;
}

int main(int argc, char **argv)
{
    struct tally tally = {0};
    const char *vectors = getenv("UNUM_VECTORS");
    for (int i = 1; i < argc; i++)
        (void)run_path(&tally, argv[i]);
    if (argc < 2) {
        char *UNUM_AUTO_FREE suite =
            unum_path_join(vectors ? vectors : UNUM_SOURCE_DIR "/../shared/vectors", "sigv4");
        char *UNUM_AUTO_FREE lines = unum_path_join(suite, "random-cases.jsonl");
        if (!unum_is_dir(suite)) {
            printf("skipped: vectors not present\n");
            return EXIT_SKIPPED;
        }
        (void)run_path(&tally, suite);
        (void)run_path(&tally, lines);
    }
    printf("%zu cases\n", tally.cases);
    printf("passed %zu, failed %zu, skipped %zu\n", tally.passed, tally.failed, tally.skipped);
    return tally.failed || !tally.passed ? EXIT_FAILURE : EXIT_SUCCESS;
}
