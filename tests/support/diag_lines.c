#include "support/diag_lines.h"

void diag_lines(struct unum_diags *diags, struct unum_buf *out)
{
    unum_diags_sort(diags);
    for (size_t i = 0; i < diags->list.len; i++) {
        const struct unum_diag *diag = &diags->list.at[i];
        struct unum_place start = unum_source_place(diag->span.source, diag->span.start);
        struct unum_place end = unum_source_place(diag->span.source, diag->span.end);
        unum_buf_printf(out, "%s%s %zu:%zu", i ? "; " : "", unum_code_row(diag->code)->id,
                        start.line, start.column);
        if (end.line == start.line && end.column > start.column)
            unum_buf_printf(out, "-%zu", end.column);
        unum_buf_printf(out, " %s", diag->text);
    }
}
