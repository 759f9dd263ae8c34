/*
 * machines [-v]: the machines in tests/golden/machines compile to the IR and the diagnostics beside
 * them ("<name>.ir", "<name>.diag"; an absent file is an empty one). UNUM_UPDATE_GOLDEN=1 writes
 * them. A machine that compile does not support yet has no IR, and is refused with diagnostics of
 * its own (-v prints them).
 *
 * Prints a line per failing machine, then "passed N, failed M, refused K". What the machines do is
 * judged by asl.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asl_application.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"

#define FOLDER UNUM_SOURCE_DIR "/tests/golden/machines"

struct tally {
    size_t passed, failed, refused;
    bool verbose;
};

static void complain(struct tally *tally, const char *name, const char *what)
{
    tally->failed++;
    printf("%s: %s\n", name, what);
}

/* One text for all nodes but the failure function, which only repeats them. */
static void put_nodes(const struct compiled *compiled, struct unum_buf *out)
{
    for (size_t i = 0; i < compiled->len; i++) {
        if (unum_str_is(compiled->at[i].node, IR_FAILURES_NODE))
            continue;
        unum_buf_printf(out, "# %.*s\n", UNUM_STR_ARG(compiled->at[i].node));
        ir_write(compiled->at[i].ir, out);
    }
}

/* Diagnostics without the folder that the case was written into. */
static void put_diagnostics(const struct unum_diags *diags, const char *dir, struct unum_buf *out)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_diags_print(diags, false, &text);
    struct unum_str rest = unum_buf_str(&text);
    for (size_t at; (at = unum_str_search(rest, unum_str_from(dir))) != SIZE_MAX;) {
        unum_buf_add(out, unum_str_slice(rest, 0, at));
        rest = unum_str_from_pos(rest, at + strlen(dir) + 1);
    }
    unum_buf_add(out, rest);
}

static bool is_golden(const char *name, const char *extension, const struct unum_buf *got)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_buf UNUM_AUTO_BUF path = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    struct unum_buf UNUM_AUTO_BUF wanted = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_buf_printf(&path, FOLDER "/%s.%s", name, extension);
    const char *file = unum_buf_text(&path);
    int rc = 0;
    if (getenv("UNUM_UPDATE_GOLDEN")) {
        rc = got->len ? unum_file_update(file, unum_buf_str(got), 0644, &err)
                      : unum_remove_tree(file, &err);
        return rc == 0;
    }
    if (unum_file_exists(file))
        rc = unum_file_read(file, &wanted, &err);
    if (rc == 0 && unum_str_eq(unum_buf_str(&wanted), unum_buf_str(got)))
        return true;
    printf("%s differs (UNUM_UPDATE_GOLDEN=1 writes it); it is now:\n%s\n", file,
           unum_buf_text(got));
    return false;
}

static void check_compiled(struct tally *tally, const char *name, const struct unum_diags *diags,
                           const struct compiled *compiled, const char *dir)
{
    struct unum_buf UNUM_AUTO_BUF ir = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_buf UNUM_AUTO_BUF shown = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    put_diagnostics(diags, dir, &shown);
    if (compiled)
        put_nodes(compiled, &ir);
    bool same = is_golden(name, "ir", &ir);
    if (compiled)
        same = is_golden(name, "diag", &shown) && same;
    if (!same) {
        complain(tally, name, "does not compile to its golden files");
    } else if (compiled) {
        tally->passed++;
    } else if (asl_application_unsupported(diags)) {
        tally->refused++;
        if (tally->verbose)
            printf("%s: refused\n%s", name, unum_buf_text(&shown));
    } else {
        complain(tally, name, unum_buf_text(&shown));
    }
}

static void check_case(struct tally *tally, const char *name, struct unum_str json, const char *dir)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct app *app = NULL;
    struct compiled *compiled = NULL;
    struct asl_bound bound;
    struct asl_case c;
    asl_case_read(json, &arena, &c);
    if (strcmp(c.id, name) != 0)
        complain(tally, name, "its id is another one");
    asl_bind(&c, false, &arena, &bound);
    if (asl_application(&bound, dir, &arena, &diags, &app, &compiled, &err) < 0)
        complain(tally, name, unum_err_text(&err));
    else
        check_compiled(tally, name, &diags, compiled, dir);
    asl_bound_done(&bound);
}

static void check_file(struct tally *tally, const char *file, const char *dir)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_DEFINITION);
    char *UNUM_AUTO_FREE path = unum_path_join(FOLDER, file);
    struct unum_str json;
    size_t dot = unum_str_rfind(unum_str_from(file), '.');
    char *UNUM_AUTO_FREE name = unum_str_dup(unum_str_slice(unum_str_from(file), 0, dot));
    if (unum_file_read(path, &text, &err) < 0 || json_check(unum_buf_str(&text), &json, &err) < 0)
        complain(tally, name, unum_err_text(&err));
    else
        check_case(tally, name, json, dir);
}

int main(int argc, char **argv)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_names UNUM_AUTO(unum_names_done) names = {0};
    struct tally tally = {.verbose = argc > 1 && strcmp(argv[1], "-v") == 0};
    char *UNUM_AUTO_FREE dir = NULL;
    if (unum_list_dir(FOLDER, &names, &err) < 0 ||
        unum_make_temp_dir("unum-golden", &dir, &err) < 0) {
        fprintf(stderr, "machines: %s\n", unum_err_text(&err));
        return EXIT_FAILURE;
    }
    for (size_t i = 0; i < names.list.len; i++) {
        if (unum_str_ends(unum_str_from(names.list.at[i]), UNUM_STR(".json")))
            check_file(&tally, names.list.at[i], dir);
    }
    if (unum_remove_tree(dir, &err) < 0)
        fprintf(stderr, "machines: %s\n", unum_err_text(&err));
    printf("passed %zu, failed %zu, refused %zu\n", tally.passed, tally.failed, tally.refused);
    return tally.failed || !tally.passed ? EXIT_FAILURE : EXIT_SUCCESS;
}
