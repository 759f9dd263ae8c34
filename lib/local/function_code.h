/*
 * function_code: the zip that a function was made of, to be downloaded from a signed URL, as
 * GetFunction gives one out. Internal to local/.
 */
#ifndef UNUM_LOCAL_FUNCTION_CODE_H
#define UNUM_LOCAL_FUNCTION_CODE_H

#include "local/internal.h"

/* Where the zip of the function in this folder is kept (owned). */
char *function_code_path(const char *dir);
/* A URL of S3's that is valid for ten minutes, in the request's arena. */
struct unum_str function_code_url(struct door_request *req, const struct function *function);
/* A request to S3 for such a zip; true: it was one, and is answered. */
bool function_code_answer(struct door_request *req, struct unum_str bucket, struct unum_str key);

#endif
