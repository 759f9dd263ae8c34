#include "workflows.h"

/* "C-" and the list ["B-1",..,"B-n"] in quotes. */
static void expect_map_fan_in(size_t n, struct unum_buf *out)
{
    unum_buf_adds(out, "\"C-[");
    for (size_t i = 1; i <= n; i++)
        unum_buf_printf(out, "%s\\\"B-%zu\\\"", i > 1 ? "," : "", i);
    unum_buf_adds(out, "]\"");
}

static void expect_list(size_t n, struct unum_buf *out)
{
    unum_buf_adds(out, "[");
    for (size_t i = 1; i <= n; i++)
        unum_buf_printf(out, "%s%zu", i > 1 ? "," : "", i);
    unum_buf_adds(out, "]");
}

static void expect_blobs(size_t n, size_t size, struct unum_buf *out)
{
    for (size_t i = 0; i < n; i++) {
        unum_buf_adds(out, i ? ",\"" : "[\"");
        for (size_t j = 0; j < size; j++)
            unum_buf_addc(out, 'x');
        unum_buf_adds(out, "\"");
    }
    unum_buf_adds(out, "]");
}

static void expect_small_blobs(size_t n, struct unum_buf *out)
{
    expect_blobs(n, 1001, out);
}

static void expect_large_blobs(size_t n, struct unum_buf *out)
{
    expect_blobs(n, 204800, out);
}

#define TEST2                                                                                      \
    .definition = MACHINE("A", TASK("A", NEXT("M")) "," MAP("M", "B", TASK("B", END),              \
                                                            NEXT("C")) "," TASK("C", END)),        \
    .functions = "A: echo\nB: say B-%\nC: say C-%\n", .expect = expect_map_fan_in

#define PIPELINE                                                                                   \
    .definition = MACHINE(                                                                         \
        "M", MAP("M", "F1", TASK("F1", NEXT("F2")) "," TASK("F2", NEXT("F3")) "," TASK("F3", END), \
                 NEXT("Summary")) "," TASK("Summary", END)),                                       \
    .value = "[1,2,3,4,5]", .n = 5, .outcomes = "unum-entry 1, F1 5, F2 5, F3 5, M 1, Summary 1",  \
    .tasks = 16, .generated = 1

#define CHAIN8                                                                                     \
    MACHINE(                                                                                       \
        "A",                                                                                       \
        TASK("A", NEXT("B")) "," TASK("B", NEXT("C")) "," TASK("C", NEXT("D")) "," TASK(           \
            "D",                                                                                   \
            NEXT("E")) "," TASK("E",                                                               \
                                NEXT("F")) "," TASK("F",                                           \
                                                    NEXT("G")) "," TASK("G",                       \
                                                                        NEXT("H")) "," TASK("H",   \
                                                                                            END))

const struct workflow shapes[] = {
    {.name = "test1",
     .definition = MACHINE("A", TASK("A", NEXT("B")) "," TASK("B", END)),
     .functions = "A: say A\nB: say %-B\n",
     .value = "0",
     .output = "\"A-B\"",
     .outcomes = "A 1, B 1",
     .tasks = 2},
    {.name = "test2", TEST2, .n = 3, .outcomes = "A 1, B 3, M 1, C 1", .tasks = 5},
    {.name = "test2-10", TEST2, .n = 10, .outcomes = "A 1, B 10, M 1, C 1", .tasks = 12},
    {.name = "test2-50", TEST2, .n = 50, .outcomes = "A 1, B 50, M 1, C 1", .tasks = 52},
    {.name = "test2-100", TEST2, .n = 100, .outcomes = "A 1, B 100, M 1, C 1", .tasks = 102},
    {.name = "test3",
     .definition =
         MACHINE("A", TASK("A", NEXT("P")) "," PARALLEL(
                          "P", MACHINE("B", TASK("B", END)) "," MACHINE("C", TASK("C", END)),
                          NEXT("D")) "," TASK("D", END)),
     .functions = "A: say A\nB: say B-%\nC: say C-%\nD: say D-%\n",
     .n = 3,
     .output = "\"D-[\\\"B-A\\\",\\\"C-A\\\"]\"",
     .outcomes = "A 1, B 1, C 1, P 1, D 1",
     .tasks = 4},
    {.name = "test6",
     .definition = CHAIN8,
     .functions = "A: echo\nB: echo\nC: echo\nD: echo\nE: echo\nF: echo\nG: echo\nH: echo\n",
     .value = "\"longchain\"",
     .output = "\"longchain\"",
     .outcomes = "A 1, B 1, C 1, D 1, E 1, F 1, G 1, H 1",
     .tasks = 8},
    {.name = "map",
     .definition =
         MACHINE("M", MAP("M", "F1", TASK("F1", END), NEXT("Summary")) "," TASK("Summary", END)),
     .functions = "F1: echo\nSummary: echo\n",
     .n = 5,
     .expect = expect_list,
     .outcomes = "unum-entry 1, F1 5, M 1, Summary 1",
     .tasks = 6,
     .generated = 1},
    {.name = "parallel-pipeline",
     PIPELINE,
     .functions = "F1: blob 1001\nF2: blob 1001\nF3: blob 1001\nSummary: echo\n",
     .expect = expect_small_blobs},
    {.name = "parallel-pipeline-large",
     PIPELINE,
     .functions = "F1: blob 204800\nF2: blob 204800\nF3: blob 204800\nSummary: echo\n",
     .expect = expect_large_blobs},
    {.name = "wordcount",
     .definition =
         MACHINE("Split", MAP("Split", "Mapper", TASK("Mapper", END), NEXT("Partition")) "," TASK(
                              "Partition",
                              NEXT("Reduce")) "," MAP("Reduce", "Reducer", TASK("Reducer", END),
                                                      NEXT("Summary")) "," TASK("Summary", END)),
     .functions = "Mapper: wc-map\nPartition: wc-partition\nReducer: wc-reduce\n"
                  "Summary: wc-summary\n",
     .value = "[\"one two two three four\",\"three four three four four five five\"]",
     .output = "{\"two\":2,\"five\":2,\"three\":3,\"four\":4,\"one\":1}",
     .outcomes = "unum-entry 1, Mapper 2, Split 1, Partition 1, Reducer 3, Reduce 1, Summary 1",
     .tasks = 7,
     .generated = 1},
    {.name = "iot-pipeline",
     .definition = MACHINE(
         "Aggregator", TASK("Aggregator", NEXT("HvacController")) "," TASK("HvacController", END)),
     .functions = "Aggregator: iot-sum\nHvacController: iot-hvac\n",
     .value = "{\"data\":[{\"2021-02-20T08:30:00\":1.5},{\"2021-02-20T09:30:00\":1.75},"
              "{\"2021-02-20T10:30:00\":1.25},{\"2021-02-20T11:30:00\":1.5}]}",
     .output = "{\"reduce_power\":1}",
     .outcomes = "Aggregator 1, HvacController 1",
     .tasks = 2},
    {.name = "text-processing",
     .definition = MACHINE(
         "Read",
         PARALLEL("Read",
                  MACHINE("UserMention", TASK("UserMention", END)) "," MACHINE(
                      "FindUrl", TASK("FindUrl", NEXT("ShortenUrl")) "," TASK("ShortenUrl", END)),
                  NEXT("CreatePost")) "," TASK("CreatePost", NEXT("Publish")) "," TASK("Publish",
                                                                                       END)),
     .functions = "UserMention: words @\nFindUrl: words http\nShortenUrl: say short %\n"
                  "CreatePost: echo\nPublish: echo\n",
     .value = "\"hello @TheNatPulse see https://example.org/x and @ABCNews\"",
     .output = "[[\"@TheNatPulse\",\"@ABCNews\"],\"short [\\\"https://example.org/x\\\"]\"]",
     .outcomes = "unum-entry 1, UserMention 1, FindUrl 1, ShortenUrl 1, Read 1, CreatePost 1, "
                 "Publish 1",
     .tasks = 5,
     .generated = 1},
    {.name = "map-in-map",
     .definition = MACHINE(
         "O", MAP("O", "I", MAP("I", "B", TASK("B", END), END), NEXT("C")) "," TASK("C", END)),
     .functions = "B: label\nC: echo\n",
     .value = "[[1,2,3],[],[4]]",
     .output = "[[\"B-unumIndex-0.0(1)\",\"B-unumIndex-0.1(2)\",\"B-unumIndex-0.2(3)\"],[],"
               "[\"B-unumIndex-2.0(4)\"]]",
     .outcomes = "unum-entry 1, B 4, I 3, O 1, C 1",
     .tasks = 5,
     .generated = 1},
    {.name = "map-in-parallel",
     .definition = MACHINE("P", PARALLEL("P",
                                         MACHINE("M", MAP("M", "B", TASK("B", END),
                                                          END)) "," MACHINE("C", TASK("C", END)),
                                         NEXT("D")) "," TASK("D", END)),
     .functions = "B: label\nC: length\nD: echo\n",
     .n = 2,
     .output = "[[\"B-unumIndex-0.0(1)\",\"B-unumIndex-0.1(2)\"],2]",
     .outcomes = "unum-entry 1, B 2, M 1, C 1, P 1, D 1",
     .tasks = 4,
     .generated = 1},
    {.name = "parallel-in-map",
     .definition = MACHINE(
         "M", MAP("M", "P",
                  PARALLEL("P", MACHINE("B", TASK("B", END)) "," MACHINE("C", TASK("C", END)), END),
                  NEXT("D")) "," TASK("D", END)),
     .functions = "B: label\nC: label\nD: echo\n",
     .n = 2,
     .output = "[[\"B-unumIndex-0.0(1)\",\"C-unumIndex-0.1(1)\"],"
               "[\"B-unumIndex-1.0(2)\",\"C-unumIndex-1.1(2)\"]]",
     .outcomes = "unum-entry 1, B 2, C 2, P 2, M 1, D 1",
     .tasks = 5,
     .generated = 1},
    {.name = "same-function",
     .definition =
         MACHINE("One", "\"One\":{\"Type\":\"Task\",\"Resource\":\"F\"," NEXT(
                            "Two") "},\"Two\":{\"Type\":\"Task\",\"Resource\":\"F\"," END "}"),
     .functions = "F: say <%>\n",
     .value = "\"x\"",
     .output = "\"<<x>>\"",
     .outcomes = "F--One 1, F--Two 1",
     .tasks = 2},
    {.name = "empty-map", TEST2, .n = 0, .outcomes = "A 1, M 1, C 1", .tasks = 2},
    {.name = "empty-map-at-the-end",
     .definition = MACHINE("A", TASK("A", NEXT("M")) "," MAP("M", "B", TASK("B", END), END)),
     .functions = "A: echo\nB: echo\n",
     .value = "[]",
     .output = "[]",
     .outcomes = "A 1, M 1",
     .tasks = 1},
    {.name = "empty-maps-in-a-map-at-the-end",
     .definition = MACHINE("O", MAP("O", "I", MAP("I", "B", TASK("B", END), END), END)),
     .functions = "B: echo\n",
     .value = "[[],[]]",
     .output = "[[],[]]",
     .outcomes = "unum-entry 1, I 2, O 1",
     .tasks = 0,
     .generated = 1},
    {.name = "map-1000",
     .definition = MACHINE(
         "A", TASK("A", NEXT("M")) "," MAP("M", "B", TASK("B", END), NEXT("C")) "," TASK("C", END)),
     .functions = "A: echo\nB: echo\nC: echo\n",
     .n = 1000,
     .expect = expect_list,
     .outcomes = "A 1, B 1000, M 1, C 1",
     .tasks = 1002},
    {.name = "map-1000-at-the-end",
     .definition = MACHINE("M", MAP("M", "B", TASK("B", END), END)),
     .functions = "B: echo\n",
     .n = 1000,
     .expect = expect_list,
     .outcomes = "unum-entry 1, B 1000, M 1",
     .tasks = 1000,
     .generated = 1},
};
const size_t shapes_len = UNUM_COUNT(shapes);
