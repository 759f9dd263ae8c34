/*
 * words: the arguments of a command. Texts live in the arena that is passed.
 */
#ifndef UNUM_PACKAGE_WORDS_H
#define UNUM_PACKAGE_WORDS_H

#include "base/arena.h"
#include "base/vec.h"

struct words {
    struct unum_arena *arena;
    const char **at; /* NULL-terminated */
    size_t len, cap;
};

void words_add(struct words *words, const char *word); /* borrowed */
void words_printf(struct words *words, const char *format, ...) UNUM_PRINTF(2, 3);
void words_append(struct words *words, const struct words *more);
/* Split at blanks, as a shell does without quotes. NULL: nothing. */
void words_split(struct words *words, const char *text);
/* Joined with `separator`. */
const char *words_join(const struct words *words, const char *separator);

#endif
