/*
 * canonical: the canonical forms of path, query and headers (first stage of Signature Version 4).
 * Internal to aws/. Source: "Create a signed AWS API request", IAM User Guide, step 1.
 */
#ifndef UNUM_AWS_CANONICAL_H
#define UNUM_AWS_CANONICAL_H

#include "http/http.h"

enum canonical_path_form { CANONICAL_ENCODED_ONCE, CANONICAL_ENCODED_TWICE };
/* `path` as sent. `normalize`: empty and "." segments dropped, ".." takes the one before with it.
 */
void canonical_path(struct unum_buf *out, struct unum_str path, bool normalize,
                    enum canonical_path_form form);

/* One name and value, encoded. */
struct canonical_pair {
    struct unum_str name, value;
    size_t order;
};
struct canonical_pairs {
    struct canonical_pair *at; /* in an arena */
    size_t len, cap;
};
void canonical_pairs_add(struct canonical_pairs *pairs, struct unum_arena *arena,
                         struct unum_str name, struct unum_str value);
/* Add the parameters of a query as sent, spelled canonically. */
void canonical_query_read(struct canonical_pairs *pairs, struct unum_arena *arena,
                          struct unum_str query);
/* By name, then value, as bytes; sorts in place. */
void canonical_query_write(struct unum_buf *out, struct canonical_pairs *pairs);

/* Add one header: name in lower case, value without outer and repeated blanks. INVAL: no token as
 * name, a value with CR, LF or NUL. */
UNUM_CHECKED int canonical_header_add(struct canonical_pairs *pairs, struct unum_arena *arena,
                                      const struct http_header *header, struct unum_err *err);
/* "name:value\n" sorted, values of one name joined by commas in their order; `names` gets
 * "a;b;c". Sorts in place. */
void canonical_headers_write(struct unum_buf *out, struct unum_buf *names,
                             struct canonical_pairs *pairs);

#endif
