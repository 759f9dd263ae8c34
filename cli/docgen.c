/*
 * docgen: writes what is generated from the table of verbs: the pages of section 1 and the
 * completion scripts.
 *   docgen DIR        below DIR, as the source tree has it
 */
#include <stdio.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "completion.h"
#include "man.h"

static int write_text(const char *root, const char *name, const struct unum_buf *text,
                      struct unum_err *err)
{
    char *UNUM_AUTO_FREE path = unum_path_join(root, name);
    char *UNUM_AUTO_FREE dir = unum_str_dup(unum_path_dir(unum_str_from(path)));
    int rc = unum_make_dirs(dir, err);
    return rc < 0 ? rc : unum_file_update(path, unum_buf_str(text), 0644, err);
}

static int write_completions(const char *root, struct unum_err *err)
{
    static const struct {
        const char *name;
        void (*make)(struct unum_buf *out);
    } rows[] = {{"completions/unum.bash", completion_bash},
                {"completions/_unum", completion_zsh},
                {"completions/unum.fish", completion_fish}};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < UNUM_COUNT(rows); i++) {
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        rows[i].make(&text);
        rc = write_text(root, rows[i].name, &text, err);
    }
    return rc;
}

static int write_pages(const char *root, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF overview = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    man_overview(&overview);
    int rc = write_text(root, "man/unum.1", &overview, err);
    for (const struct command_row *row = commands; rc == 0 && row->command; row++) {
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
        if (row->group == GROUP_HIDDEN)
            continue;
        man_verb(row->command, &text);
        unum_buf_printf(&name, "man/unum-%s.1", row->command->name);
        rc = write_text(root, unum_buf_text(&name), &text, err);
    }
    return rc;
}

int main(int argc, char **argv)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    if (argc != 2) {
        fputs("usage: docgen DIR\n", stderr);
        return 2;
    }
    int rc = write_completions(argv[1], &err);
    if (rc == 0)
        rc = write_pages(argv[1], &err);
    if (rc < 0)
        fprintf(stderr, "docgen: %s\n", unum_err_text(&err));
    return rc < 0;
}
