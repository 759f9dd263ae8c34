#include "json/doc.h"

#include <stdlib.h>

#include "base/limits.h"
#include "json/json.h"

const char *doc_kind_name(enum doc_kind kind)
{
    static const char *const names[] = {"null",     "a boolean", "a number",
                                        "a string", "an array",  "an object"};
    return names[kind];
}

const struct doc_member *doc_member(const struct doc *object, const char *key)
{
    if (!object || object->kind != DOC_OBJECT)
        return NULL;
    struct unum_str wanted = unum_str_from(key);
    for (size_t i = 0; i < object->len; i++) {
        if (unum_str_eq(object->members[i].key, wanted))
            return &object->members[i];
    }
    return NULL;
}

const struct doc *doc_get(const struct doc *object, const char *key)
{
    const struct doc_member *member = doc_member(object, key);
    return member ? member->value : NULL;
}

/* Most objects are small, where comparing all pairs beats sorting. */
enum { SMALL_OBJECT = 8 };

/* first[i] is the position of the first member with the key of member i. */
static void find_first_small(const struct doc_member *members, size_t len, size_t *first)
{
    for (size_t i = 0; i < len; i++) {
        first[i] = i;
        for (size_t j = 0; j < i; j++) {
            if (unum_str_eq(members[i].key, members[j].key)) {
                first[i] = j;
                break;
            }
        }
    }
}

static int by_key(const void *left, const void *right)
{
    const struct doc_member *a = *(const struct doc_member *const *)left;
    const struct doc_member *b = *(const struct doc_member *const *)right;
    int order = unum_str_cmp(a->key, b->key);
    return order ? order : a < b ? -1 : a > b;
}

static void find_first_sorted(const struct doc_member *members, size_t len, size_t *first)
{
    const struct doc_member **sorted = unum_alloc_array(len, sizeof(const struct doc_member *));
    for (size_t i = 0; i < len; i++)
        sorted[i] = &members[i];
    qsort(sorted, len, sizeof(const struct doc_member *), by_key);
    for (size_t i = 0; i < len; i++) {
        size_t at = (size_t)(sorted[i] - members);
        bool again = i && unum_str_eq(sorted[i]->key, sorted[i - 1]->key);
        first[at] = again ? first[sorted[i - 1] - members] : at;
    }
    free(sorted);
}

static void report_duplicate(const struct doc_member *first, const struct doc_member *again,
                             enum unum_code code, struct unum_diags *diags)
{
    unum_diag_add(diags, code, again->key_span, "the key \"%.*s\" stands here for the second time",
                  UNUM_STR_ARG(again->key));
    /* Lines are counted from the start of the file: not for diagnostics that nobody sees. */
    if (diags->dropped || !first->key_span.source)
        return;
    struct unum_place place = unum_source_place(first->key_span.source, first->key_span.start);
    unum_diag_hint(diags, "it is already on line %zu: remove one of them", place.line);
}

size_t doc_drop_duplicates(struct doc_member *members, size_t len, enum unum_code code,
                           struct unum_diags *diags)
{
    if (len < 2)
        return len;
    size_t few[SMALL_OBJECT];
    size_t *UNUM_AUTO_FREE many = NULL;
    size_t *first = few;
    if (len <= SMALL_OBJECT) {
        find_first_small(members, len, first);
    } else {
        first = many = unum_alloc_array(len, sizeof(size_t));
        find_first_sorted(members, len, first);
    }
    for (size_t i = 0; i < len; i++) {
        if (first[i] != i)
            report_duplicate(&members[first[i]], &members[i], code, diags);
    }
    size_t kept = 0;
    for (size_t i = 0; i < len; i++) {
        if (first[i] == i)
            members[kept++] = members[i];
    }
    return kept;
}

/* Recursion ends at the nesting that the readers let through. */
void doc_write_json(const struct doc *doc, struct json_writer *w)
{
    switch (doc->kind) {
    case DOC_NULL:
        json_null(w);
        break;
    case DOC_BOOL:
        json_bool(w, doc->boolean);
        break;
    case DOC_NUMBER:
        json_raw(w, doc->text);
        break;
    case DOC_STRING:
        json_string(w, doc->text);
        break;
    case DOC_ARRAY:
        json_array_begin(w);
        for (size_t i = 0; i < doc->len; i++)
            doc_write_json(doc->members[i].value, w);
        json_array_end(w);
        break;
    case DOC_OBJECT:
        json_object_begin(w);
        for (size_t i = 0; i < doc->len; i++) {
            json_key_str(w, doc->members[i].key);
            doc_write_json(doc->members[i].value, w);
        }
        json_object_end(w);
        break;
    }
}
