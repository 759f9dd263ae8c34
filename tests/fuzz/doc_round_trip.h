/*
 * doc_round_trip: what must hold for every document that a reader returns.
 */
#ifndef TESTS_FUZZ_DOC_ROUND_TRIP_H
#define TESTS_FUZZ_DOC_ROUND_TRIP_H

#include <stdlib.h>

#include "base/limits.h"
#include "json/doc.h"
#include "json/json.h"

static inline void must(bool holds)
{
    if (!holds)
        abort();
}

/* Every diagnostic lies in its source and can be printed. */
static inline void check_diags(const struct unum_source *source, struct unum_diags *diags)
{
    unum_diags_sort(diags);
    for (size_t i = 0; i < diags->list.len; i++) {
        struct unum_span span = diags->list.at[i].span;
        must(span.source == source && span.start <= span.end && span.end <= source->text.len);
    }
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_diags_print(diags, false, &out);
    unum_buf_clear(&out);
    unum_diags_json(diags, &out);
    struct unum_str value;
    must(json_check(unum_buf_str(&out), &value, NULL) == 0);
}

/* Written as JSON it is JSON, and read again it is the same. */
static inline void check_round_trip(const struct doc *doc)
{
    struct unum_buf UNUM_AUTO_BUF first = UNUM_BUF_INIT(2 * UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&first);
    doc_write_json(doc, &w);
    struct unum_str value;
    must(!first.failed && json_check(unum_buf_str(&first), &value, NULL) == 0);
    struct unum_source source = {"again", unum_buf_str(&first)};
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    const struct doc *again = doc_parse_json(&source, &arena, &diags);
    must(again && diags.list.len == 0);
    struct unum_buf UNUM_AUTO_BUF second = UNUM_BUF_INIT(2 * UNUM_LIMIT_TEXT);
    struct json_writer w_again = JSON_WRITER(&second);
    doc_write_json(again, &w_again);
    must(unum_str_eq(unum_buf_str(&first), unum_buf_str(&second)));
}

#endif
