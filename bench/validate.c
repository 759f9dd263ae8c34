/*
 * How long it takes to check a state machine: a mix of Task, Pass, Choice, Wait, Map and Parallel
 * with data flow, Retry and Catch, of 1,000, 10,000 and 100,000 states. The time per state should
 * not grow.
 *
 * Times are CPU times, so that others on the machine do not count.
 *
 *   bench_validate [-n ROUNDS]
 */
#include <unistd.h>

#include "asl/states.h"
#include "base/limits.h"
#include "sample.h"

enum { GROUP = 8, LARGEST = 100000 };

/* Eight states; the last leads to the next group. */
static void add_group(struct unum_buf *out, size_t g)
{
    unum_buf_printf(
        out,
        "\"P%zu\":{\"Type\":\"Pass\",\"Parameters\":{\"id.$\":\"$.id\",\"n.$\":"
        "\"States.MathAdd($.n, 1)\",\"tags\":[\"a\",\"b\"]},\"ResultPath\":\"$.next\","
        "\"Next\":\"T%zu\"},\n"
        "\"T%zu\":{\"Type\":\"Task\",\"Resource\":\"Work\",\"InputPath\":\"$.next\",\"Retry\":"
        "[{\"ErrorEquals\":[\"States.Timeout\"],\"MaxAttempts\":2}],\"Catch\":[{\"ErrorEquals\":"
        "[\"States.ALL\"],\"ResultPath\":\"$.error\",\"Next\":\"W%zu\"}],\"TimeoutSeconds\":30,"
        "\"Next\":\"C%zu\"},\n"
        "\"C%zu\":{\"Type\":\"Choice\",\"Choices\":[{\"And\":[{\"Variable\":\"$.n\","
        "\"NumericGreaterThan\":10},{\"Variable\":\"$.id\",\"IsPresent\":true}],\"Next\":\"M%zu\"}]"
        ","
        "\"Default\":\"W%zu\"},\n"
        "\"W%zu\":{\"Type\":\"Wait\",\"Seconds\":5,\"Next\":\"M%zu\"},\n"
        "\"M%zu\":{\"Type\":\"Map\",\"ItemsPath\":\"$.items\",\"MaxConcurrency\":10,"
        "\"ItemProcessor\":{\"StartAt\":\"I%zu\",\"States\":{\"I%zu\":{\"Type\":\"Task\","
        "\"Resource\":\"Work\",\"End\":true}}},\"Next\":\"L%zu\"},\n"
        "\"L%zu\":{\"Type\":\"Parallel\",\"Branches\":[{\"StartAt\":\"B%zu\",\"States\":{\"B%zu\":"
        "{\"Type\":\"Task\",\"Resource\":\"Work\",\"End\":true}}}],\"ResultPath\":null,"
        "\"Next\":\"P%zu\"},\n",
        g, g, g, g, g, g, g, g, g, g, g, g, g, g, g, g, g, g + 1);
}

static void make_machine(struct unum_buf *out, size_t states)
{
    unum_buf_adds(out, "{\"StartAt\":\"P0\",\"States\":{\n");
    for (size_t g = 0; g < states / GROUP; g++)
        add_group(out, g);
    unum_buf_printf(out, "\"P%zu\":{\"Type\":\"Succeed\"}}}\n", states / GROUP);
}

static void check_once(const struct unum_source *source)
{
    static const struct asl_function work = {.name = UNUM_STR_INIT("Work")};
    static const struct asl_functions functions = {&work, 1};
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct doc *doc = doc_parse_json(source, &arena, &diags);
    if (doc && asl_parse(doc, &functions, &arena, &diags) && !diags.warnings)
        return;
    unum_diags_print(&diags, false, &text);
    (void)fprintf(stderr, "bench_validate: %s", unum_buf_text(&text));
    exit(1);
}

int main(int argc, char **argv)
{
    int rounds = 20, option;
    while ((option = getopt(argc, argv, "n:")) != -1) {
        if (option != 'n')
            return 2;
        rounds = atoi(optarg);
    }
    for (size_t states = 1000; states <= LARGEST; states *= 10) {
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(64 * UNUM_MB);
        static struct sample whole;
        char name[64];
        whole.len = 0;
        make_machine(&text, states);
        struct unum_source source = {"machine.json", unum_buf_str(&text)};
        for (int i = 0; i < rounds; i++) {
            double start = bench_seconds(CLOCK_PROCESS_CPUTIME_ID);
            check_once(&source);
            sample_add(&whole, (bench_seconds(CLOCK_PROCESS_CPUTIME_ID) - start) * 1e3);
        }
        (void)snprintf(name, sizeof(name), "validate %zu states (%zu KB)", states,
                       text.len / UNUM_KB);
        sample_print(&whole, name, "ms");
    }
    return 0;
}
