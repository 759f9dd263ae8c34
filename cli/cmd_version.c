#include <limits.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/path.h"
#include "verbs.h"

#ifndef UNUM_BUILD_FLAVOUR
#define UNUM_BUILD_FLAVOUR "unknown"
#endif

static const struct command_example examples[] = {
    {"unum version", "one line"},
    {"unum --version --verbose", "with compiler, installation and libraries"},
    {NULL, NULL},
};

struct libraries {
    struct unum_buf text;
};

/* Shared objects carry their exact version in the name their soname links to. */
static int add_library(struct dl_phdr_info *info, size_t size, void *cookie)
{
    struct libraries *all = cookie;
    char real[PATH_MAX];
    (void)size;
    if (!info->dlpi_name || info->dlpi_name[0] != '/' || !realpath(info->dlpi_name, real))
        return 0;
    struct unum_str name = unum_path_base(unum_str_from(real));
    unum_buf_add(&all->text, name);
    unum_buf_addc(&all->text, '\n');
    return 0;
}

static void verbose_json(struct program *p, const char *prefix, struct unum_str libraries)
{
    struct json_writer w = JSON_WRITER(&p->result);
    json_object_begin(&w);
    json_key(&w, "version");
    json_strings(&w, UNUM_VERSION);
    json_key(&w, "compiler");
    json_strings(&w, __VERSION__);
    json_key(&w, "build");
    json_strings(&w, UNUM_BUILD_FLAVOUR);
    json_key(&w, "prefix");
    json_strings(&w, prefix);
    json_key(&w, "libraries");
    json_array_begin(&w);
    struct unum_str name;
    while (unum_str_split(&libraries, '\n', &name)) {
        if (name.len)
            json_string(&w, name);
    }
    json_array_end(&w);
    json_object_end(&w);
}

static int run(struct program *p, const void *args, struct unum_err *err)
{
    (void)args;
    char *UNUM_AUTO_FREE prefix = NULL;
    struct libraries all = {UNUM_BUF_INIT(UNUM_LIMIT_TEXT)};
    int rc = program_prefix(&prefix, err);
    if (rc < 0)
        return rc;
    if (p->global.verbose || program_json(p))
        dl_iterate_phdr(add_library, &all);
    if (program_json(p)) {
        verbose_json(p, prefix, unum_buf_str(&all.text));
    } else {
        ui_puts(&p->out, "unum " UNUM_VERSION "\n");
        if (p->global.verbose)
            ui_printf(&p->out, "compiler   %s\nbuild      %s\nprefix     %s\nlibraries\n",
                      __VERSION__, UNUM_BUILD_FLAVOUR, prefix);
        struct unum_str rest = unum_buf_str(&all.text), name;
        while (p->global.verbose && unum_str_split(&rest, '\n', &name)) {
            if (name.len)
                ui_printf(&p->out, "           %.*s\n", UNUM_STR_ARG(name));
        }
    }
    unum_buf_done(&all.text);
    return 0;
}

const struct command cmd_version = {
    .name = "version",
    .summary = "print the version",
    .about = "With -v also how the program was built, where it is installed, and the exact "
             "versions of the libraries it has loaded.",
    .examples = examples,
    .run = run,
};
