#include "ui.h"

/* NOLINT(concurrency-mt-unsafe): the environment is read by one thread and never changed. */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/vec.h"

static bool variable_set(const char *name)
{
    const char *value = getenv(name); /* NOLINT(concurrency-mt-unsafe) */
    return value && *value;
}

static bool wants_colour(bool terminal, enum ui_colour wish)
{
    if (wish != UI_COLOUR_AUTO)
        return wish == UI_COLOUR_ALWAYS;
    if (variable_set("NO_COLOR"))
        return false;
    const char *forced = getenv("CLICOLOR_FORCE"); /* NOLINT(concurrency-mt-unsafe) */
    if (forced && *forced && strcmp(forced, "0") != 0)
        return true;
    const char *term = getenv("TERM"); /* NOLINT(concurrency-mt-unsafe) */
    return terminal && term && strcmp(term, "dumb") != 0;
}

static int columns_of(int fd)
{
    struct winsize size;
    const char *columns = getenv("COLUMNS"); /* NOLINT(concurrency-mt-unsafe) */
    uint64_t number = 0;
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
        return size.ws_col;
    if (columns && unum_str_to_u64(unum_str_from(columns), &number) && number >= 20 &&
        number <= 1000)
        return (int)number;
    return 80;
}

void ui_open(struct ui *ui, int fd, enum ui_colour wish)
{
    bool terminal = isatty(fd) == 1;
    *ui = (struct ui){.fd = fd, .terminal = terminal};
    ui->colour = wants_colour(terminal, wish);
    ui->width = terminal ? columns_of(fd) : 80;
}

void ui_write(struct ui *ui, struct unum_str text)
{
    while (text.len && !ui->failed) {
        ssize_t put = write(ui->fd, text.ptr, text.len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0 && errno == EPIPE) {
            signal(SIGPIPE, SIG_DFL);
            raise(SIGPIPE);
        }
        if (put < 0) {
            ui->failed = errno;
            return;
        }
        text = unum_str_from_pos(text, (size_t)put);
    }
}

void ui_puts(struct ui *ui, const char *text)
{
    ui_write(ui, unum_str_from(text));
}

UNUM_PRINTF(2, 0)
static void write_formatted(struct ui *ui, const char *format, va_list args)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_buf_vprintf(&text, format, args);
    ui_write(ui, unum_buf_str(&text));
}

void ui_printf(struct ui *ui, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    write_formatted(ui, format, args);
    va_end(args);
}

const char *ui_style(const struct ui *ui, enum ui_style style)
{
    static const char *const codes[] = {"\033[0m",    "\033[1m",  "\033[2m",
                                        "\033[1;31m", "\033[32m", "\033[33m",
                                        "\033[36m",   "\033[34m", "\033[35m"};
    return ui->colour ? codes[style] : "";
}

void ui_progress(struct ui *ui, const char *format, ...)
{
    if (ui->terminal)
        ui_puts(ui, "\r\033[K");
    va_list args;
    va_start(args, format);
    write_formatted(ui, format, args);
    va_end(args);
    if (!ui->terminal)
        ui_puts(ui, "\n");
    ui->line_open = ui->terminal;
}

void ui_progress_end(struct ui *ui)
{
    if (ui->line_open)
        ui_puts(ui, "\r\033[K");
    ui->line_open = false;
}

/* East Asian wide and emoji blocks; enough for aligning columns. */
static bool is_wide(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } wide[] = {{0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},  {0xac00, 0xd7a3},
                {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},  {0xffe0, 0xffe6},
                {0x1f300, 0x1f64f}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};
    for (size_t i = 0; i < UNUM_COUNT(wide); i++) {
        if (c >= wide[i].first && c <= wide[i].last)
            return true;
    }
    return false;
}

static uint32_t code_point(struct unum_str s, size_t len)
{
    static const unsigned char lead_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t c = (unsigned char)s.ptr[0] & lead_bits[len];
    for (size_t i = 1; i < len; i++)
        c = c << 6 | ((unsigned char)s.ptr[i] & 0x3f);
    return c;
}

size_t ui_width(struct unum_str s)
{
    size_t columns = 0;
    while (s.len) {
        size_t len = unum_utf8_length(s);
        columns += len && is_wide(code_point(s, len)) ? 2 : 1;
        s = unum_str_from_pos(s, len ? len : 1);
    }
    return columns;
}

static void add_blanks(struct unum_buf *out, size_t count)
{
    while (count--)
        unum_buf_addc(out, ' ');
}

void ui_wrap(struct unum_buf *out, const char *text, size_t column, size_t indent, size_t width)
{
    bool fresh = true; /* nothing on this line yet but the indent */
    while (*text) {
        size_t word = strcspn(text, " \n");
        size_t shown = ui_width(unum_str_of(text, word));
        if (!fresh && column + 1 + shown > width) {
            unum_buf_addc(out, '\n');
            column = 0;
            fresh = true;
        }
        if (column < indent) {
            add_blanks(out, indent - column);
            column = indent;
        }
        if (word && !fresh) {
            unum_buf_addc(out, ' ');
            column++;
        }
        unum_buf_add(out, unum_str_of(text, word));
        column += shown;
        fresh = fresh && !word;
        text += word;
        if (strncmp(text, "\n\n", 2) == 0) {
            unum_buf_adds(out, "\n\n");
            column = 0;
            fresh = true;
        }
        text += strspn(text, " \n");
    }
}

void ui_table_cell(struct ui_table *table, struct unum_str text)
{
    if (table->len == table->cap)
        table->cells = unum_vec_grow(table->cells, &table->cap, sizeof(*table->cells));
    /* Views are made when printing: the buffer may still move. */
    table->cells[table->len++] = (struct unum_str){NULL, text.len};
    unum_buf_add(&table->text, text);
}

void ui_table_print(struct ui *ui, const struct ui_table *table, const char *indent)
{
    size_t *widths = unum_alloc_array(table->columns + 1, sizeof(*widths));
    struct unum_str rest = unum_buf_str(&table->text);
    for (size_t i = 0; i < table->len; i++) {
        table->cells[i].ptr = rest.ptr;
        rest = unum_str_from_pos(rest, table->cells[i].len);
        size_t width = ui_width(table->cells[i]);
        if (width > widths[i % table->columns])
            widths[i % table->columns] = width;
    }
    struct unum_buf UNUM_AUTO_BUF line = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    for (size_t i = 0; i < table->len; i++) {
        size_t column = i % table->columns;
        if (column == 0)
            unum_buf_adds(&line, indent);
        unum_buf_add(&line, table->cells[i]);
        if (column + 1 < table->columns)
            add_blanks(&line, widths[column] - ui_width(table->cells[i]) + 2);
        else
            unum_buf_addc(&line, '\n');
    }
    ui_write(ui, unum_buf_str(&line));
    free(widths);
}

void ui_table_done(struct ui_table *table)
{
    free(table->cells);
    unum_buf_done(&table->text);
}
