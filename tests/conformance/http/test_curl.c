#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/path.h"
#include "http_suite.h"

static char *temp_dir;

static void open_curl(const char *ca_pem, struct http_transport *ret)
{
    char *UNUM_AUTO_FREE path = ca_pem ? unum_path_join(temp_dir, "ca.pem") : NULL;
    if (path)
        assert_int_equal(unum_file_write(path, unum_str_from(ca_pem), 0644, NULL), 0);
    assert_int_equal(http_curl_open(&unum_clock_system, path, ret, NULL), 0);
}

int main(void)
{
    /* A proxy nobody listens at: whatever is sent to loopback must not go there. */
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("https_proxy", "http://127.0.0.1:1", 1);
    unsetenv("no_proxy");
    unsetenv("NO_PROXY");
    const struct http_suite suite = {"curl", open_curl, false};
    if (unum_make_temp_dir("unum-test-", &temp_dir, NULL) < 0)
        return 1;
    int failed = http_suite_run(&suite) + http_suite_run_tls(&suite);
    if (unum_remove_tree(temp_dir, NULL) < 0)
        failed++;
    free(temp_dir);
    return failed;
}
