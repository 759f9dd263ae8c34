#include "workflows.h"

#include <string.h>

static void put_x(struct unum_buf *out, size_t size)
{
    char *room = unum_buf_reserve(out, size);
    memset(room, 'x', size);
    out->len += size;
}

/* A string of n characters. */
static void expect_blob(size_t n, struct unum_buf *out)
{
    unum_buf_adds(out, "\"");
    put_x(out, n);
    unum_buf_adds(out, "\"");
}

/* n strings of 200,000 characters, each starting with its position. */
static void expect_blobs(size_t n, struct unum_buf *out)
{
    for (size_t i = 0; i < n; i++) {
        size_t before = out->len;
        unum_buf_printf(out, "%s\"%zu:", i ? "," : "[", i);
        size_t mark = out->len - before - 2;
        put_x(out, 200000 - mark);
        unum_buf_adds(out, "\"");
    }
    unum_buf_adds(out, "]");
}

#define CHAIN3                                                                                     \
    .definition = MACHINE("A", TASK("A", NEXT("B")) "," TASK("B", NEXT("C")) "," TASK("C", END)),  \
    .value = "0", .outcomes = "A 1, B 1, C 1", .tasks = 3
#define MAP3                                                                                       \
    .definition = MACHINE("A", TASK("A", NEXT("M")) "," MAP("M", "B", TASK("B", END),              \
                                                            NEXT("C")) "," TASK("C", END)),        \
    .value = "0"

#define ODD                                                                                        \
    "{\"z\":12345678901234567890.10,\"a\":1e400,\"\\u00e9\":\"\\ud83d\\ude00\\/\\u0000\\n\","      \
    "\"m\":[-0,0.10,1E+2,\"\xC3\xA9\"],\"a\":null}"

const struct workflow values[] = {
    {.name = "100 KB",
     CHAIN3,
     .functions = "A: blob 102400\nB: echo\nC: echo\n",
     .n = 102400,
     .expect = expect_blob},
    {.name = "129 KB",
     CHAIN3,
     .functions = "A: blob 132096\nB: echo\nC: echo\n",
     .n = 132096,
     .expect = expect_blob},
    {.name = "500 KB",
     CHAIN3,
     .functions = "A: blob 512000\nB: echo\nC: echo\n",
     .n = 512000,
     .expect = expect_blob},
    {.name = "5 MB",
     CHAIN3,
     .functions = "A: blob 5242880\nB: echo\nC: echo\n",
     .n = 5242880,
     .expect = expect_blob},
    {.name = "3 MB as the result",
     CHAIN3,
     .functions = "A: echo\nB: echo\nC: blob 3145728\n",
     .n = 3145728,
     .expect = expect_blob},
    {.name = "6 MB answer",
     CHAIN3,
     .functions = "A: blob 6291454\nB: length\nC: echo\n",
     .output = "6291454"},
    {.name = "an answer of more than 6 MB",
     .definition = MACHINE("A", TASK("A", NEXT("B")) "," TASK("B", END)),
     .functions = "A: blob 6291455\nB: length\n",
     .value = "0",
     .error = "States.DataLimitExceeded",
     .outcomes = "A 1",
     .tasks = 1},
    {.name = "a map over elements of 200 KB",
     MAP3,
     .functions = "A: blobs 20 200000\nB: echo\nC: echo\n",
     .n = 20,
     .expect = expect_blobs,
     .outcomes = "A 1, B 20, M 1, C 1",
     .tasks = 22},
    {.name = "results of a map that sum to 8 MB",
     MAP3,
     .functions = "A: count 40\nB: blob 204800\nC: length\n",
     .output = "40",
     .outcomes = "A 1, B 40, M 1, C 1",
     .tasks = 42},
    {.name = "bit for bit through a chain",
     .definition = MACHINE("A", TASK("A", NEXT("B")) "," TASK("B", NEXT("C")) "," TASK("C", END)),
     .functions = "A: echo\nB: echo\nC: echo\n",
     .value = ODD,
     .output = ODD,
     .outcomes = "A 1, B 1, C 1",
     .tasks = 3},
    {.name = "bit for bit through a map",
     .definition = MACHINE("M", MAP("M", "B", TASK("B", END), NEXT("C")) "," TASK("C", END)),
     .functions = "B: echo\nC: echo\n",
     .value = "[" ODD "," ODD "]",
     .output = "[" ODD "," ODD "]",
     .outcomes = "unum-entry 1, B 2, M 1, C 1",
     .tasks = 3,
     .generated = 1},
    {.name = "bit for bit through a map at the end",
     .definition = MACHINE("M", MAP("M", "B", TASK("B", END), END)),
     .functions = "B: echo\n",
     .value = "[" ODD "," ODD "]",
     .output = "[" ODD "," ODD "]",
     .outcomes = "unum-entry 1, B 2, M 1",
     .tasks = 2,
     .generated = 1},
};
const size_t values_len = UNUM_COUNT(values);
