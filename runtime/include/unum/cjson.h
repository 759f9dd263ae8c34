/*
 * unum/cjson.h: cJSON for functions that want a tree. Header-only: a function that includes it is
 * linked with libcjson, which its bundle carries.
 *
 * cJSON keeps numbers as doubles: whole numbers above 2^53 lose digits. A value that only passes
 * through is better handed on with unum_answer_json() or unum_put_json().
 */
#ifndef UNUM_CJSON_H
#define UNUM_CJSON_H

#include <cjson/cJSON.h>

#include <unum/runtime.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The value as a tree; NULL if there is no value or no memory. The caller frees with
 * cJSON_Delete(). */
static inline cJSON *unum_to_cjson(struct unum_json value)
{
    return value.data ? cJSON_ParseWithLength(value.data, value.size) : NULL;
}

/* Answer with a tree, which stays the caller's. NULL is answered as the error Unum.InvalidJSON. */
static inline int unum_answer_cjson(unum_context *ctx, const cJSON *tree)
{
    char *text = tree ? cJSON_PrintUnformatted(tree) : NULL;
    int rc = unum_answer(ctx, text);
    cJSON_free(text);
    return rc;
}

/* The same, and free the tree. */
static inline int unum_answer_cjson_delete(unum_context *ctx, cJSON *tree)
{
    int rc = unum_answer_cjson(ctx, tree);
    cJSON_Delete(tree);
    return rc;
}

#ifdef __cplusplus
}
#endif

#endif
