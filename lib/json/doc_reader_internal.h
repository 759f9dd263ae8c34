/*
 * doc_reader: what the two halves of the JSON document reader share: doc_json.c knows containers,
 * doc_scalar.c knows what stands between the brackets.
 */
#ifndef UNUM_JSON_DOC_READER_INTERNAL_H
#define UNUM_JSON_DOC_READER_INTERNAL_H

#include "base/limits.h"
#include "json/doc.h"

struct doc_frame {
    bool object;
    size_t opened; /* offset of the bracket */
    size_t first;  /* of its members in the pool */
    struct unum_str key;
    struct unum_span key_span; /* of the container itself in its parent */
};

struct doc_reader {
    const struct unum_source *source;
    struct unum_arena *arena;
    struct unum_diags *diags;
    const char *start, *p, *end;
    struct unum_str key; /* of the value that comes next */
    struct unum_span key_span;
    size_t comma;     /* offset of the last comma */
    size_t value_end; /* offset behind the last value */
    struct doc *root;
    struct unum_buf scratch;          /* one decoded string */
    UNUM_VEC(struct doc_member) pool; /* members of all open containers */
    size_t depth;
    struct doc_frame frames[UNUM_LIMIT_JSON_DEPTH];
};

struct unum_span doc_span(const struct doc_reader *r, const char *start, const char *end);
struct doc *doc_new(struct doc_reader *r, enum doc_kind kind, const char *start, const char *end);

/* The character at `p` is in no place: say so. Always false. */
bool doc_unexpected(struct doc_reader *r, const char *expected);

/* A string in double quotes (or, with a diagnostic, single ones) at `p`. False after a diagnostic
 * from which there is no way on. */
bool doc_read_string(struct doc_reader *r, struct unum_str *ret_text);
/* A name without quotes where a key belongs: always a diagnostic. */
struct unum_str doc_read_bare_key(struct doc_reader *r);
bool doc_is_bare(char c);

/* Any value that is no container. */
bool doc_read_scalar(struct doc_reader *r, struct doc **ret_doc);

#endif
