/* A failing case made small: parts are left out as long as it goes on failing. */
#ifndef UNUM_TESTS_RANDOM_SHRINK_H
#define UNUM_TESTS_RANDOM_SHRINK_H

#include "base/arena.h"

/* `fails` says whether a case (JSON, perhaps not valid any more) fails as the first one did; it is
 * asked `most` times at most. The smallest case that was found, in the arena. */
struct unum_str shrink_case(struct unum_str json, bool (*fails)(void *cookie, struct unum_str json),
                            void *cookie, size_t most, struct unum_arena *arena);

#endif
