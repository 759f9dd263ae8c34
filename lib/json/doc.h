/*
 * doc: a parsed document with positions: the one tree that JSON and YAML files become, so that
 * every diagnostic about a definition or a template can point at its place.
 *
 * Everything lives in the arena given to the reader and dies with it; texts are decoded copies.
 */
#ifndef UNUM_JSON_DOC_H
#define UNUM_JSON_DOC_H

#include "base/arena.h"
#include "base/diag.h"

enum doc_kind { DOC_NULL, DOC_BOOL, DOC_NUMBER, DOC_STRING, DOC_ARRAY, DOC_OBJECT };

struct doc;

struct doc_member {
    struct unum_str key; /* decoded */
    struct unum_span key_span;
    struct doc *value;
};

struct doc {
    enum doc_kind kind;
    struct unum_span span;
    bool boolean;               /* DOC_BOOL */
    struct unum_str text;       /* DOC_STRING: decoded; DOC_NUMBER: as written (JSON syntax) */
    struct doc_member *members; /* DOC_OBJECT: in file order; DOC_ARRAY: keys are empty */
    size_t len;
    struct unum_str tag; /* YAML: a local tag such as "!Ref", else empty */
};

/* "an object", "a string", ... for messages. */
const char *doc_kind_name(enum doc_kind kind);

/* The member with that key, or NULL. */
const struct doc_member *doc_member(const struct doc *object, const char *key);
const struct doc *doc_get(const struct doc *object, const char *key);

/* Read JSON text. Malformed text, duplicate keys, too deep nesting, broken UTF-8 become
 * diagnostics (E0101..E0104). Returns the tree, or NULL when it could not be recovered; after
 * duplicate keys only, there is a tree (the first one counts). Linear in the size of the text. */
struct doc *doc_parse_json(const struct unum_source *source, struct unum_arena *arena,
                           struct unum_diags *diags);

/* For readers: report each member whose key stands earlier in the list with `code`, remove it, and
 * return how many are left. O(n log n), the order is kept. */
size_t doc_drop_duplicates(struct doc_member *members, size_t len, enum unum_code code,
                           struct unum_diags *diags);

/* Write a document as JSON. Number texts are written as they are. */
struct json_writer;
void doc_write_json(const struct doc *doc, struct json_writer *w);

#endif
