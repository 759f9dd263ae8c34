#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http_suite.h"

static void open_native(const char *ca_pem, struct http_transport *ret)
{
    const struct http_native_config config = {.clock = &unum_clock_system,
                                              .trust_pem = unum_str_from(ca_pem)};
    assert_int_equal(http_native_open(&config, ret, NULL), 0);
}

int main(void)
{
    const struct http_suite suite = {"native", open_native, true};
    return http_suite_run(&suite) + http_suite_run_tls(&suite);
}
