/* Forms of the query protocol to the local platform's IAM, STS and CloudFormation: each is answered
 * with XML, never with a failure of the platform's own, and leaves a platform that works. First
 * byte: the service; the rest: the form. */
#include <stdlib.h>

#include "base/limits.h"
#include "support/signed_request.h"
#include "xml/xml.h"

enum { RUNS = 500 }; /* of one platform */

static void check(bool ok)
{
    if (!ok)
        abort();
}

static struct local *platform(void)
{
    static struct local *local;
    static unsigned runs;
    if (local && ++runs % RUNS == 0) {
        local_free(local);
        local = NULL;
    }
    const struct local_config config = {0};
    if (!local)
        check(local_new(&config, &local, NULL) == 0);
    return local;
}

static bool never(void *cookie)
{
    (void)cookie;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const services[] = {"iam", "sts", "cloudformation"};
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    const struct xml_element *root = NULL;
    if (!size)
        return 0;
    struct local *local = platform();
    const struct signed_request request = {.method = "POST",
                                           .service = services[data[0] % 3],
                                           .target = UNUM_STR("/"),
                                           .body = unum_str_of((const char *)data + 1, size - 1)};
    const struct signed_request identity = {
        .method = "POST",
        .service = "sts",
        .target = UNUM_STR("/"),
        .body = UNUM_STR("Action=GetCallerIdentity&Version=2011-06-15")};
    int status = signed_send(local, &request, &out);
    check(status > 0 && status < 500);
    check(xml_parse(unum_buf_str(&out), &arena, &root, NULL) == 0);
    /* What was begun goes on for a while, with its waits skipped. */
    const struct local_until until = {.done = never, .or_quiet = true, .deadline_ms = 20};
    (void)!local_run_until(local, &until, NULL);
    check(signed_send(local, &identity, NULL) == 200);
    return 0;
}
