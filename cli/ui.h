/*
 * ui: the two output streams. Nothing else writes to the terminal.
 * Colour and animation only where the stream is a terminal and nobody asked for plain text.
 */
#ifndef UNUM_CLI_UI_H
#define UNUM_CLI_UI_H

#include "base/buf.h"

enum ui_colour { UI_COLOUR_AUTO, UI_COLOUR_ALWAYS, UI_COLOUR_NEVER };

enum ui_style {
    UI_PLAIN,
    UI_BOLD,
    UI_DIM,
    UI_RED,
    UI_GREEN,
    UI_YELLOW,
    UI_CYAN,
    UI_BLUE,
    UI_MAGENTA
};

struct ui {
    int fd;
    bool terminal, colour;
    int failed;     /* errno of the first failed write */
    int width;      /* columns; 80 if unknown */
    bool line_open; /* a progress line stands on the terminal */
};

/* How fd looks: decides colour by `wish`, NO_COLOR, CLICOLOR_FORCE, TERM and whether it is a
 * terminal. */
void ui_open(struct ui *ui, int fd, enum ui_colour wish);

/* Written at once. A reader that went away ends the program quietly, as SIGPIPE would. */
void ui_write(struct ui *ui, struct unum_str text);
void ui_puts(struct ui *ui, const char *text);
void ui_printf(struct ui *ui, const char *format, ...) UNUM_PRINTF(2, 3);
/* The escape sequence that turns a style on, or "" without colour; UI_PLAIN turns all off. */
const char *ui_style(const struct ui *ui, enum ui_style style);

/* One phase of work. On a terminal the line replaces the one before it, elsewhere it stays. */
void ui_progress(struct ui *ui, const char *format, ...) UNUM_PRINTF(2, 3);
/* Take the progress line away. */
void ui_progress_end(struct ui *ui);

/* Append `text` broken at blanks so that lines starting with `indent` blanks fit `width`; the
 * first line continues at column `column`. Empty lines are kept. */
void ui_wrap(struct unum_buf *out, const char *text, size_t column, size_t indent, size_t width);

/* Rows of cells, aligned by display width, two blanks between columns. */
struct ui_table {
    size_t columns;
    struct unum_str *cells;
    size_t len, cap;
    struct unum_buf text; /* what the cells point into */
};
#define UI_TABLE(n)                                                                                \
    {                                                                                              \
        .columns = (n), .text = UNUM_BUF_INIT(16u << 20)                                           \
    }
void ui_table_cell(struct ui_table *table, struct unum_str text);
void ui_table_print(struct ui *ui, const struct ui_table *table, const char *indent);
void ui_table_done(struct ui_table *table);
/* Columns a text takes on a terminal: characters, two for wide ones. */
size_t ui_width(struct unum_str s);

#endif
