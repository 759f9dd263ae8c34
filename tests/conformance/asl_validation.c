/*
 * asl_validation [-v] [PATH...]: hold our verdicts about definitions against those of others.
 *
 * PATH is a file with one JSON case per line, see asl_verdict.c.
 * Without PATH: the vectors in $UNUM_VECTORS, or beside the source tree.
 *
 * Prints a line per failing case (-v: and per refused one), then "passed N, failed M, refused K".
 * Exit status 0, 1 (something failed), 77 (no vectors).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asl.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"

enum { EXIT_SKIPPED = 77 };

static bool run_file(struct asl_tally *tally, const char *path)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(64 * UNUM_MB);
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    if (unum_file_read(path, &text, &err)) {
        printf("%s\n", unum_err_text(&err));
        tally->failed++;
        return false;
    }
    struct unum_str rest = unum_buf_str(&text), line;
    while (unum_str_split(&rest, '\n', &line)) {
        if (unum_str_trim(line).len)
            asl_run_verdict(tally, line);
    }
    return true;
}

static bool run_default(struct asl_tally *tally)
{
    static const char *const files[] = {"validation.jsonl", "validators.jsonl", "executions.jsonl"};
    const char *vectors = getenv("UNUM_VECTORS");
    char *UNUM_AUTO_FREE root =
        unum_path_join(vectors ? vectors : UNUM_SOURCE_DIR "/../shared/vectors", "asl");
    if (!unum_is_dir(root))
        return false;
    for (size_t i = 0; i < UNUM_COUNT(files); i++) {
        char *UNUM_AUTO_FREE path = unum_path_join(root, files[i]);
        run_file(tally, path);
    }
    return true;
}

int main(int argc, char **argv)
{
    struct asl_tally tally = {0};
    int first = 1;
    if (argc > 1 && strcmp(argv[1], "-v") == 0) {
        tally.verbose = true;
        first = 2;
    }
    for (int i = first; i < argc; i++)
        run_file(&tally, argv[i]);
    if (first == argc && !run_default(&tally)) {
        printf("skipped: vectors not present\n");
        return EXIT_SKIPPED;
    }
    printf("passed %zu, failed %zu, refused %zu\n", tally.passed, tally.failed, tally.refused);
    return tally.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
