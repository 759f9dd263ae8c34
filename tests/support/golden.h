/*
 * golden: compare a text with a file of the source tree. UNUM_UPDATE_GOLDEN=1 writes the file
 * instead, so that the difference shows in review.
 */
#ifndef TESTS_SUPPORT_GOLDEN_H
#define TESTS_SUPPORT_GOLDEN_H

#include "base/err.h"

/* `path` is relative to the source tree. FAILED with both texts in the message if they differ. */
UNUM_CHECKED int golden_compare(const char *path, struct unum_str text, struct unum_err *err);

#endif
