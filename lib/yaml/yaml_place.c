#include "yaml/yaml_place_internal.h"

#include <stdlib.h>

#include "base/alloc.h"

enum { STEP = 256 };

static bool is_ascii(struct unum_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] >= 0x80)
            return false;
    }
    return true;
}

static bool starts_character(char c)
{
    return ((unsigned char)c & 0xc0) != 0x80;
}

struct yaml_places yaml_places(struct unum_str text)
{
    struct yaml_places places = {.text = text};
    if (unum_str_starts(text, UNUM_STR("\xef\xbb\xbf"))) {
        places.skipped = 3;
        places.text = unum_str_from_pos(text, 3);
    }
    if (is_ascii(places.text))
        return places;
    places.marks = unum_alloc_array(places.text.len / STEP + 1, sizeof(size_t));
    size_t characters = 0;
    for (size_t i = 0; i < places.text.len; i++) {
        if (starts_character(places.text.ptr[i]) && characters++ % STEP == 0)
            places.marks[places.count++] = i;
    }
    return places;
}

void yaml_places_done(struct yaml_places *places)
{
    free(places->marks);
    places->marks = NULL;
}

size_t yaml_place(const struct yaml_places *places, size_t character)
{
    if (!places->marks)
        return places->skipped + (character < places->text.len ? character : places->text.len);
    if (character / STEP >= places->count)
        return places->skipped + places->text.len;
    size_t at = places->marks[character / STEP];
    for (size_t left = character % STEP; left && at < places->text.len; left--) {
        at++;
        while (at < places->text.len && !starts_character(places->text.ptr[at]))
            at++;
    }
    return places->skipped + at;
}
