/*
 * creds_bench: a person's home folder, a clock and a network that answer for one test, and nothing
 * else of this machine. All that a user could get to see is kept: a test ends by looking for
 * secrets in it, which all hold the word Hush.
 */
#ifndef UNUM_TESTS_SUPPORT_CREDS_BENCH_H
#define UNUM_TESTS_SUPPORT_CREDS_BENCH_H

#include "aws/chain.h"
#include "support/http_fake.h"
#include "support/temp_dir.h"

enum { BENCH_NOW_S = 1767225600 }; /* 2026-01-01T00:00:00Z */

/* What answers to requests whose "METHOD URL" starts with `request`. */
struct creds_route {
    const char *request;
    struct http_fake_answer answer;
};

struct creds_bench {
    struct temp_dir *dir; /* the home folder */
    struct fake_clock clock;
    struct http_fake http;
    struct unum_arena arena;
    struct unum_buf shown;
    struct unum_buf asked; /* "METHOD URL\nbody\n" per request */
    struct unum_log log;
    const struct creds_route *routes;
    size_t routes_len;
    struct aws_profiles *profiles;
    struct aws_chain_config config;
    struct aws_chain *chain;
};

int creds_bench_setup(void **state);
int creds_bench_teardown(void **state);

/* ~/.aws/config and ~/.aws/credentials; NULL: absent. */
void creds_bench_files(struct creds_bench *bench, const char *config, const char *credentials);
/* A file below the home folder; its path. */
const char *creds_bench_file(struct creds_bench *bench, const char *name, const char *content);
#define CREDS_BENCH_ROUTES(bench, ...)                                                             \
    static const struct creds_route routes_[] = {__VA_ARGS__};                                     \
    (bench)->routes = routes_;                                                                     \
    (bench)->routes_len = UNUM_COUNT(routes_)

/* Read the files, choose the profile (flag: NULL for none) and make the chain. */
int creds_bench_open(struct creds_bench *bench, const char *flag, struct unum_err *err);
/* Ask it, opening it first if need be. */
int creds_bench_get(struct creds_bench *bench, const struct aws_creds **ret, struct unum_err *err);

/* They come, and from there. */
void creds_bench_gives(struct creds_bench *bench, const char *access, const char *secret,
                       const char *token, const char *origin);
/* They do not: the message (or hint) holds the words. */
void creds_bench_fails(struct creds_bench *bench, int rc, const char *words);
/* A request that was made holds the words, in "METHOD URL\nbody". */
void creds_bench_asked(struct creds_bench *bench, const char *words);

#endif
