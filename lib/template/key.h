/*
 * key: every key that unum-template.yaml may have, as one table: the reader, the manual page and
 * the JSON schema for editors (share/schema) are this table in three forms; a test compares them.
 */
#ifndef UNUM_TEMPLATE_KEY_H
#define UNUM_TEMPLATE_KEY_H

#include "base/str.h"

enum template_scope {
    TEMPLATE_TOP = 1,
    TEMPLATE_GLOBALS = 2,
    TEMPLATE_FUNCTION = 4,  /* Functions.<Name> */
    TEMPLATE_PROPERTIES = 8 /* Functions.<Name>.Properties */
};

enum template_type {
    TEMPLATE_TEXT,
    TEMPLATE_BOOL,
    TEMPLATE_INTEGER,
    TEMPLATE_DURATION, /* seconds, or a text such as "7 days" */
    TEMPLATE_CHOICE,
    TEMPLATE_MAP,  /* names to texts */
    TEMPLATE_LIST, /* texts; a single text counts as a list of one */
    TEMPLATE_OBJECT
};

struct template_key {
    const char *name;
    unsigned scopes; /* where it may stand */
    enum template_type type;
    bool required;
    int64_t least, most;  /* INTEGER; DURATION in seconds; TEXT: most characters */
    const char *choices;  /* CHOICE: separated by blanks */
    const char *fallback; /* for people; NULL: none */
    const char *summary;
};

extern const struct template_key template_keys[];
extern const size_t template_keys_len;

/* The row of `name` where it may stand in `scope`, or NULL. */
const struct template_key *template_key_find(struct unum_str name, enum template_scope scope);
/* The key of that scope that `name` was probably meant to be, or NULL. */
const struct template_key *template_key_nearest(struct unum_str name, enum template_scope scope);
/* "Globals", "Functions.<Name>", ...; for messages. */
const char *template_scope_name(enum template_scope scope);

#endif
