/*
 * yaml_place: from libyaml's positions, which count characters behind the byte order mark, to
 * byte offsets in the source.
 */
#ifndef UNUM_YAML_YAML_PLACE_INTERNAL_H
#define UNUM_YAML_YAML_PLACE_INTERNAL_H

#include "base/str.h"

struct yaml_places {
    struct unum_str text; /* without the byte order mark */
    size_t skipped;       /* bytes of the byte order mark */
    size_t *marks;        /* NULL in ASCII text; else byte offset of every STEPth character */
    size_t count;
};

/* `text` must be valid UTF-8 and outlive the places. */
struct yaml_places yaml_places(struct unum_str text);
void yaml_places_done(struct yaml_places *places);

/* The byte offset of a character in the source, at most the length of the source. */
size_t yaml_place(const struct yaml_places *places, size_t character);

#endif
