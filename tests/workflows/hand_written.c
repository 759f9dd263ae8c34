#include "graphs.h"
#include "workflows.h"

/* The user's output of an instance must be that label. */
static int check_label(struct snapshot *now, const char *node, size_t index, struct unum_str inputs,
                       struct unum_err *err)
{
    struct unum_str instance = unum_arena_printf(&now->arena, "%s-unumIndex-%zu", node, index);
    const struct snapshot_item *item = snapshot_outcome(now, instance);
    if (!item)
        return unum_err_set(err, UNUM_E_FAILED, "%.*s has no outcome", UNUM_STR_ARG(instance));
    struct unum_str expected = unum_arena_printf(&now->arena, "\"%.*s(%.*s)\"",
                                                 UNUM_STR_ARG(instance), UNUM_STR_ARG(inputs));
    struct unum_str user = snapshot_text(now, item, "User");
    if (unum_str_eq(user, expected))
        return 0;
    return unum_err_set(err, UNUM_E_FAILED, "%.*s instead of %.*s", UNUM_STR_ARG(user),
                        UNUM_STR_ARG(expected));
}

#define PAIR(a, i, b, j)                                                                           \
    unum_arena_printf(&now->arena, "%s-unumIndex-%zu,%s-unumIndex-%zu", a, i, b, j)
#define ONE(a, i) unum_arena_printf(&now->arena, "%s-unumIndex-%zu", a, i)

/* The ExCamera graph: inputs of every instance, in the order of Values. */
static int check_excamera(size_t n, struct snapshot *now, struct unum_err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = check_label(now, "vpxenc", i, unum_arena_printf(&now->arena, "%zu", i + 1), err);
    for (size_t i = 0; rc == 0 && i < n - 1; i++)
        rc = check_label(now, "xcdec", i, ONE("vpxenc", i), err);
    for (size_t i = 2; rc == 0 && i < n; i++)
        rc = check_label(now, "reencode", i, PAIR("vpxenc", i, "xcdec", i - 1), err);
    if (rc == 0)
        rc = check_label(now, "rebase", 1, PAIR("vpxenc", (size_t)1, "xcdec", (size_t)0), err);
    for (size_t i = 2; rc == 0 && i < n; i++)
        rc = check_label(now, "rebase", i, PAIR("rebase", i - 1, "reencode", i), err);
    return rc;
}

static int check_fold(size_t n, struct snapshot *now, struct unum_err *err)
{
    int rc = check_label(now, "Acc", 0, ONE("Elem", (size_t)0), err);
    for (size_t i = 1; rc == 0 && i < n; i++)
        rc = check_label(now, "Acc", i, PAIR("Acc", i - 1, "Elem", i), err);
    return rc;
}

static void expect_excamera(size_t n, struct unum_buf *out)
{
    unum_buf_printf(out, "\"rebase-unumIndex-%zu(rebase-unumIndex-%zu,reencode-unumIndex-%zu)\"",
                    n - 1, n - 2, n - 1);
}

static void expect_fold(size_t n, struct unum_buf *out)
{
    unum_buf_printf(out, "\"Acc-unumIndex-%zu(Acc-unumIndex-%zu,Elem-unumIndex-%zu)\"", n - 1,
                    n - 2, n - 1);
}

#define EXCAMERA                                                                                   \
    .ir = GRAPH_EXCAMERA,                                                                          \
    .functions =                                                                                   \
        "UnumMap0: at /chunks\nvpxenc: label\nxcdec: label\nreencode: label\nrebase: label\n",     \
    .expect = expect_excamera, .check = check_excamera

#define FOLD                                                                                       \
    .ir = GRAPH_FOLD, .functions = "A: echo\nElem: label\nAcc: label\n", .expect = expect_fold,    \
    .check = check_fold

#define NODE(name, more) "{\"Name\":\"" name "\"" more "}\n"
#define SCALAR(name)     ",\"Next\":{\"Name\":\"" name "\",\"InputType\":\"Scalar\"}"

#define HELLO_BYE                                                                                  \
    .ir = NODE("Start", ",\"Start\":true,\"Checkpoint\":true,\"Next\":["                           \
                        "{\"Name\":\"Hello\",\"InputType\":\"Scalar\","                            \
                        "\"Conditional\":\"$ret == 'hello'\"},"                                    \
                        "{\"Name\":\"Bye\",\"InputType\":\"Scalar\","                              \
                        "\"Conditional\":\"$ret == 'bye'\"}]") NODE("Hello", SCALAR("World"))      \
        NODE("Bye", SCALAR("World")) NODE("World", ""),                                            \
    .functions = "Start: echo\nHello: say Hello\nBye: say Bye\nWorld: say % world!\n"

#define MAP_TO(name)            ",\"Next\":{\"Name\":\"" name "\",\"InputType\":\"Map\"}"
#define FAN_IN_TO(name, values) ",\"Next\":{\"Name\":\"" name "\",\"InputType\":" FAN_IN(values) "}"
#define POP                     ",\"Next Payload Modifiers\":[\"Pop\"]"

const struct workflow hand_written[] = {
    {.name = "excamera-16",
     EXCAMERA,
     .value = "{\"chunks\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]}",
     .n = 16,
     .outcomes = "UnumMap0 1, vpxenc 16, xcdec 15, reencode 14, rebase 15",
     .tasks = 61},
    {.name = "excamera-4",
     EXCAMERA,
     .value = "{\"chunks\":[1,2,3,4]}",
     .n = 4,
     .outcomes = "UnumMap0 1, vpxenc 4, xcdec 3, reencode 2, rebase 3",
     .tasks = 13},
    {.name = "fold", FOLD, .n = 6, .outcomes = "A 1, Elem 6, Acc 6", .tasks = 13},
    {.name = "loop",
     .ir = "{\"Name\":\"Step\",\"Start\":true,\"Checkpoint\":true,"
           "\"Next\":{\"Name\":\"Step\",\"InputType\":\"Scalar\",\"Conditional\":\"$0 < $size-1\"},"
           "\"Next Payload Modifiers\":[\"$0=$0+1\"],\"End\":true}\n",
     .functions = "Step: say %+\n",
     .value = "\"\"",
     .fan_out = "{\"Type\":\"Map\",\"Index\":0,\"Size\":5}",
     .output = "\"+++++\"",
     .outcomes = "Step 5",
     .tasks = 5},
    {.name = "hello",
     HELLO_BYE,
     .value = "\"hello\"",
     .output = "\"Hello world!\"",
     .outcomes = "Start 1, Hello 1, World 1",
     .tasks = 3},
    {.name = "bye",
     HELLO_BYE,
     .value = "\"bye\"",
     .output = "\"Bye world!\"",
     .outcomes = "Start 1, Bye 1, World 1",
     .tasks = 3},
    {.name = "neither",
     HELLO_BYE,
     .value = "\"x\"",
     .output = "\"x\"",
     .outcomes = "Start 1",
     .tasks = 1},
    {.name = "parallel",
     .ir = GRAPH_PARALLEL,
     .functions = "A: say A\nB: say B-%\nC: say C-%\nD: say D-%\n",
     .value = "0",
     .output = "\"D-[\\\"B-A\\\",\\\"C-A\\\"]\"",
     .outcomes = "A 1, B 1, C 1, D 1",
     .tasks = 4},
    {.name = "map",
     .ir = NODE("UnumMap0", ",\"Start\":true" MAP_TO("F1"))
         NODE("F1", FAN_IN_TO("Summary", "\"F1-unumIndex-*\"") POP) NODE("Summary", ""),
     .functions = "UnumMap0: echo\nF1: echo\nSummary: echo\n",
     .value = "[5,4,3]",
     .output = "[5,4,3]",
     .outcomes = "UnumMap0 1, F1 3, Summary 1",
     .tasks = 5},
    {.name = "wordcount",
     .ir = NODE("UnumMap0", ",\"Start\":true" MAP_TO("Mapper"))
         NODE("Mapper", FAN_IN_TO("Partition", "\"Mapper-unumIndex-*\"") POP)
             NODE("Partition", MAP_TO("Reducer"))
                 NODE("Reducer", FAN_IN_TO("Summary", "\"Reducer-unumIndex-*\"") POP)
                     NODE("Summary", ""),
     .functions = "UnumMap0: echo\nMapper: wc-map\nPartition: wc-partition\nReducer: wc-reduce\n"
                  "Summary: wc-summary\n",
     .value = "[\"one two two three four\",\"three four three four four five five\"]",
     .output = "{\"two\":2,\"five\":2,\"three\":3,\"four\":4,\"one\":1}",
     .outcomes = "UnumMap0 1, Mapper 2, Partition 1, Reducer 3, Summary 1",
     .tasks = 8},
    {.name = "text-processing",
     .ir = NODE("Read", ",\"Start\":true,\"Next\":[{\"Name\":\"UserMention\",\"InputType\":"
                        "\"Scalar\"},{\"Name\":\"FindUrl\",\"InputType\":\"Scalar\"}]")
         NODE("UserMention", FAN_IN_TO("CreatePost", "\"UserMention-unumIndex-0\","
                                                     "\"ShortenUrl-unumIndex-1\"") POP)
             NODE("FindUrl", SCALAR("ShortenUrl"))
                 NODE("ShortenUrl", FAN_IN_TO("CreatePost", "\"UserMention-unumIndex-0\","
                                                            "\"ShortenUrl-unumIndex-1\"") POP)
                     NODE("CreatePost", SCALAR("Publish")) NODE("Publish", ""),
     .functions = "Read: echo\nUserMention: words @\nFindUrl: words http\nShortenUrl: say short %\n"
                  "CreatePost: echo\nPublish: echo\n",
     .value = "\"hello @TheNatPulse see https://example.org/x and @ABCNews\"",
     .output = "[[\"@TheNatPulse\",\"@ABCNews\"],\"short [\\\"https://example.org/x\\\"]\"]",
     .outcomes = "Read 1, UserMention 1, FindUrl 1, ShortenUrl 1, CreatePost 1, Publish 1",
     .tasks = 6},
    {.name = "iot-pipeline",
     .ir =
         NODE("Aggregator", ",\"Start\":true" SCALAR("HvacController")) NODE("HvacController", ""),
     .functions = "Aggregator: iot-sum\nHvacController: iot-hvac\n",
     .value = "{\"data\":[{\"2021-02-20T08:30:00\":0.5},{\"2021-02-20T09:30:00\":0.75}]}",
     .output = "{\"reduce_power\":0}",
     .outcomes = "Aggregator 1, HvacController 1",
     .tasks = 2},
    {.name = "several-ends",
     .ir = NODE("A", ",\"Start\":true,\"Next\":[{\"Name\":\"B\",\"InputType\":\"Scalar\"},"
                     "{\"Name\":\"C\",\"InputType\":\"Scalar\"}]") NODE("B", "") NODE("C", ""),
     .functions = "A: say A\nB: say B-%\nC: say C-%\n",
     .value = "0",
     .output = "{\"B-unumIndex-0\":\"B-A\",\"C-unumIndex-1\":\"C-A\"}",
     .outcomes = "A 1, B 1, C 1",
     .tasks = 3},
    {.name = "map-without-fan-in",
     .ir = NODE("A", ",\"Start\":true" MAP_TO("B")) NODE("B", ""),
     .functions = "A: echo\nB: say B-%\n",
     .n = 3,
     .output = "{\"B-unumIndex-0\":\"B-1\",\"B-unumIndex-1\":\"B-2\",\"B-unumIndex-2\":\"B-3\"}",
     .outcomes = "A 1, B 3",
     .tasks = 4},
    /* Nobody is there to complete the fan-in: the run ends with the node that fanned out. */
    {.name = "empty-fan-out",
     .ir = NODE("A", ",\"Start\":true" MAP_TO("B"))
         NODE("B", FAN_IN_TO("C", "\"B-unumIndex-*\"") POP) NODE("C", ""),
     .functions = "A: echo\nB: echo\nC: echo\n",
     .value = "[]",
     .output = "[]",
     .outcomes = "A 1",
     .tasks = 1},
    {.name = "empty-fan-out-at-the-end",
     .ir = NODE("A", ",\"Start\":true" MAP_TO("B")) NODE("B", ""),
     .functions = "A: echo\nB: echo\n",
     .value = "[]",
     .output = "[]",
     .outcomes = "A 1",
     .tasks = 1},
    {.name = "chain-without-checkpoints",
     .ir = NODE("A", ",\"Start\":true,\"Checkpoint\":false" SCALAR("B")) NODE(
         "B", ",\"Checkpoint\":false" SCALAR("C")) NODE("C", ",\"Checkpoint\":false" SCALAR("D"))
         NODE("D", ",\"Checkpoint\":false" SCALAR("E")) NODE("E",
                                                             ",\"Checkpoint\":false" SCALAR("F"))
             NODE("F", ",\"Checkpoint\":false" SCALAR("G"))
                 NODE("G", ",\"Checkpoint\":false" SCALAR("H")) NODE("H", ",\"Checkpoint\":false"),
     .functions = "A: echo\nB: echo\nC: echo\nD: echo\nE: echo\nF: echo\nG: echo\nH: echo\n",
     .value = "\"longchain\"",
     .output = "\"longchain\"",
     .outcomes = "H 1",
     .tasks = 8},
};
const size_t hand_written_len = UNUM_COUNT(hand_written);
