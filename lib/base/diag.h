/*
 * diag: what is wrong with the *user's file*. A list, because a reader reports everything it
 * finds: validate() returns 0 with five diagnostics; a negative code means it could not read.
 *
 * Positions are byte offsets into a struct unum_source, which keeps path and text; line and column
 * (1-based, columns count UTF-8 characters) are worked out when a diagnostic is printed.
 */
#ifndef UNUM_BASE_DIAG_H
#define UNUM_BASE_DIAG_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/vec.h"

/* A text and where it came from. The bytes are borrowed and must outlive every diagnostic. */
struct unum_source {
    const char *path; /* as the user named it */
    struct unum_str text;
};

struct unum_span {
    const struct unum_source *source; /* NULL: no place */
    size_t start, end;                /* byte offsets, end exclusive */
};

enum unum_level { UNUM_LEVEL_ERROR, UNUM_LEVEL_WARNING, UNUM_LEVEL_NOTE };

enum unum_code {
    UNUM_CODE_NONE,
#define UNUM_CODE(id, level, title, explanation) UNUM_##id,
#include "base/codes.def"
#undef UNUM_CODE
    UNUM_CODE_COUNT
};

struct unum_code_row {
    const char *id;
    enum unum_level level;
    const char *title, *explanation;
};

const struct unum_code_row *unum_code_row(enum unum_code code);
/* The row of "E0101" (any case), or NULL. */
const struct unum_code_row *unum_code_find(struct unum_str id);

struct unum_diag {
    enum unum_code code;
    enum unum_level level;
    struct unum_span span;
    char *text; /* owned: one sentence, no full stop */
    char *hint; /* owned or NULL: one concrete edit */
};

struct unum_diags {
    UNUM_VEC(struct unum_diag) list;
    size_t errors, warnings;
    size_t dropped; /* beyond UNUM_LIMIT_DIAGS */
};

#define UNUM_DIAGS_INIT                                                                            \
    {                                                                                              \
        0                                                                                          \
    }
#define UNUM_AUTO_DIAGS UNUM_AUTO(unum_diags_done)

void unum_diags_done(struct unum_diags *diags);

/* Add one; level comes from the code's row. The result is the index for unum_diag_hint(). */
void unum_diag_add(struct unum_diags *diags, enum unum_code code, struct unum_span span,
                   const char *format, ...) UNUM_PRINTF(4, 5);
/* The way out of the diagnostic added last. */
void unum_diag_hint(struct unum_diags *diags, const char *format, ...) UNUM_PRINTF(2, 3);
/* Stable: by source (in order of first appearance), then by position. */
void unum_diags_sort(struct unum_diags *diags);

struct unum_place {
    size_t line, column;       /* 1-based */
    struct unum_str line_text; /* without the line end */
    size_t line_start;         /* byte offset of the line */
};
struct unum_place unum_source_place(const struct unum_source *source, size_t offset);

/* path:line:column: error[E0101]: text, the source line, carets, "help: hint".
 *   colour   ANSI colours
 * Lines longer than 160 characters are cut around the caret. */
void unum_diags_print(const struct unum_diags *diags, bool colour, struct unum_buf *out);
/* The same as a JSON array of {id, level, path, line, column, endLine, endColumn, message, help}.
 */
void unum_diags_json(const struct unum_diags *diags, struct unum_buf *out);

/* The candidate nearest to `name` within an edit distance of a third of its length (at most 3), or
 * ptr NULL. For "did you mean". */
struct unum_nearest {
    struct unum_str name, best;
    size_t distance;
};
void unum_nearest_init(struct unum_nearest *nearest, struct unum_str name);
void unum_nearest_try(struct unum_nearest *nearest, struct unum_str candidate);

#endif
