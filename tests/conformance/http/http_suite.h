/*
 * http_suite: what every HTTP transport has to do, whichever library is below it.
 */
#ifndef UNUM_TESTS_HTTP_SUITE_H
#define UNUM_TESTS_HTTP_SUITE_H

#include "http/http.h"

struct http_suite {
    const char *name;
    /* `ca_pem`: PEM text of the authority to trust, or NULL. The text lives as long as the
     * transport. */
    void (*open)(const char *ca_pem, struct http_transport *ret);
    /* Our own parser: refuses what libcurl lets pass. */
    bool strict;
};

/* Exit status of the program. */
int http_suite_run(const struct http_suite *suite);
/* The part about TLS. */
int http_suite_run_tls(const struct http_suite *suite);

#endif
