#include "sweep.h"

#include "graphs.h"

#define TASK(name, next) "\"" name "\":{\"Type\":\"Task\",\"Resource\":\"" name "\"," next "}"
#define NEXT(name)       "\"Next\":\"" name "\""
#define END              "\"End\":true"

const struct shape shapes[] = {
    {.name = "chain",
     .definition = "{\"StartAt\":\"A\",\"States\":{" TASK("A", NEXT("B")) "," TASK(
         "B", NEXT("C")) "," TASK("C", END) "}}",
     .functions = "A: \nB: \nC: \n",
     .status = "SUCCEEDED",
     .tasks = 3},
    {.name = "map-3",
     .definition = "{\"StartAt\":\"A\",\"States\":{" TASK(
         "A", NEXT("M")) ",\"M\":{\"Type\":\"Map\","
                         "\"Iterator\":{\"StartAt\":\"B\",\"States\":{" TASK("B", END) "}}," NEXT(
                             "C") "}," TASK("C", END) "}}",
     .functions = "A: list 3\nB: \nC: \n",
     .status = "SUCCEEDED",
     .tasks = 5},
    {.name = "map-2-in-map-2",
     .definition = "{\"StartAt\":\"A\",\"States\":{" TASK(
         "A", NEXT("M")) ",\"M\":{\"Type\":\"Map\","
                         "\"Iterator\":{\"StartAt\":\"I\",\"States\":{\"I\":{\"Type\":\"Map\","
                         "\"Iterator\":{"
                         "\"StartAt\":\"B\",\"States\":{" TASK("B", END) "}}," END "}}}," NEXT(
                             "C") "}," TASK("C", END) "}}",
     .functions = "A: lists 2 2\nB: \nC: \n",
     .status = "SUCCEEDED",
     .tasks = 6},
    {.name = "parallel",
     .definition = "{\"StartAt\":\"A\",\"States\":{" TASK(
         "A", NEXT("P")) ",\"P\":{\"Type\":\"Parallel\","
                         "\"Branches\":[{\"StartAt\":\"B\",\"States\":{" TASK(
                             "B",
                             END) "}},"
                                  "{\"StartAt\":\"C\",\"States\":{" TASK("C", NEXT("D")) "," TASK(
                                      "D", END) "}}]," NEXT("E") "}," TASK("E", END) "}}",
     .functions = "A: \nB: \nC: \nD: \nE: \n",
     .status = "SUCCEEDED",
     .tasks = 5},
    {.name = "map-end",
     .definition = "{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\","
                   "\"Iterator\":{\"StartAt\":\"B\",\"States\":{" TASK("B", END) "}}," END "}}}",
     .functions = "B: \n",
     .status = "SUCCEEDED",
     .tasks = 3,
     .generated = 1},
    {.name = "branch-fails",
     .definition = "{\"StartAt\":\"A\",\"States\":{" TASK(
         "A", NEXT("P")) ",\"P\":{\"Type\":\"Parallel\","
                         "\"Branches\":[{\"StartAt\":\"B\",\"States\":{" TASK(
                             "B", END) "}},"
                                       "{\"StartAt\":\"C\",\"States\":{" TASK("C", END) "}}]," NEXT(
                                           "E") "}," TASK("E", END) "}}",
     .functions = "A: \nB: fail\nC: fail\nE: \n",
     .status = "FAILED",
     .tasks = 3},
    {.name = "crash",
     .definition = "{\"StartAt\":\"A\",\"States\":{" TASK("A", NEXT("B")) "," TASK("B", END) "}}",
     .functions = "A: \nB: crash\n",
     .status = "FAILED",
     .tasks = 2,
     .generated = 1,
     .crashing = 1},
    {.name = "hand-parallel",
     .ir = GRAPH_PARALLEL,
     .functions = "A: \nB: \nC: \nD: \n",
     .status = "SUCCEEDED",
     .tasks = 4},
    {.name = "fold",
     .ir = GRAPH_FOLD,
     .functions = "A: list 3\nElem: \nAcc: \n",
     .status = "SUCCEEDED",
     .tasks = 7},
    {.name = "excamera-4",
     .ir = GRAPH_EXCAMERA,
     .functions = "UnumMap0: list 4\nvpxenc: \nxcdec: \nreencode: \nrebase: \n",
     .status = "SUCCEEDED",
     .tasks = 13},
};
const size_t shapes_len = UNUM_COUNT(shapes);
