/* Values of recorded cases: embedded JSON texts and placeholders. */
#ifndef UNUM_TESTS_ASL_COMPARE_H
#define UNUM_TESTS_ASL_COMPARE_H

#include "base/arena.h"
#include "json/json.h"

/* With every text that starts with { or [ and is JSON replaced by its value, to the bottom. */
struct unum_str case_normal(struct unum_str value, struct unum_arena *arena);
/* Without what only HTTP says around the answer of a function: lambda:invoke gives no more of it
 * here than the request's id. */
struct unum_str case_without_metadata(struct unum_str value, struct unum_arena *arena);
/* Normal values: equal, where "<...>" in a text of `expected` stands for any text, and "date" for a
 * point in time if `placeholders`. */
bool case_same(struct unum_str expected, struct unum_str got, bool placeholders,
               struct unum_arena *arena);
struct unum_str case_text(struct unum_str object, const char *key, struct unum_arena *arena);

#endif
