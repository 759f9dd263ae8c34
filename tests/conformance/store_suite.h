/*
 * store_suite: the contract of lib/store/store.h as tests, one suite for all backends. Races are
 * run with real threads, each with a handle of its own.
 */
#ifndef UNUM_TESTS_CONFORMANCE_STORE_SUITE_H
#define UNUM_TESTS_CONFORMANCE_STORE_SUITE_H

#include "store/store.h"

/* One thread's access to the one store under test. */
struct store_handle {
    struct store store;
    void *own; /* the backend's */
};

struct store_backend {
    const char *name;
    void *cookie;
    void (*open)(void *cookie, struct store_handle *ret); /* ends the process if it cannot */
    void (*close)(struct store_handle *handle);
    int racers; /* threads of a race, at most 16; 1: the backend is no judge of races */
    int rounds; /* repetitions of each race */
    bool lax;   /* accepts items above the size limit */
};

/* cmocka's number of failed tests. */
int store_suite_run(const struct store_backend *backend);

/* For all users of stores in tests. */
#define SUITE_TEXT(n, t) ((struct store_attr){.name = UNUM_STR(n), .type = STORE_TEXT, .text = (t)})
#define SUITE_NUMBER(n, t)                                                                         \
    ((struct store_attr){.name = UNUM_STR(n), .type = STORE_NUMBER, .text = UNUM_STR(t)})

#endif
