/* Workflows that need the whole language: what is evaluated in site, errors, waits, cycles. */
#include "sweep.h"

const struct shape machines[] = {
    {.name = "choice",
     .definition =
         "{\"StartAt\":\"P\",\"States\":{"
         "\"P\":{\"Type\":\"Pass\",\"Assign\":{\"v.$\":\"$[1]\"},\"Next\":\"A\"},"
         "\"A\":{\"Type\":\"Task\",\"Resource\":\"A\",\"ResultPath\":\"$[0]\",\"Next\":\"C\"},"
         "\"C\":{\"Type\":\"Choice\",\"Choices\":[{\"Variable\":\"$v\",\"NumericEquals\":2,"
         "\"Next\":\"B\"}],\"Default\":\"No\"},"
         "\"No\":{\"Type\":\"Fail\",\"Error\":\"Wrong\"},"
         "\"B\":{\"Type\":\"Task\",\"Resource\":\"B\",\"Next\":\"E\"},"
         "\"E\":{\"Type\":\"Succeed\"}}}",
     .functions = "A: \nB: \n",
     .status = "SUCCEEDED",
     .tasks = 2,
     .generated = 1},
    {.name = "catch",
     .definition = "{\"StartAt\":\"A\",\"States\":{"
                   "\"A\":{\"Type\":\"Task\",\"Resource\":\"A\",\"Catch\":[{\"ErrorEquals\":["
                   "\"States.ALL\"],\"ResultPath\":\"$[0]\",\"Next\":\"H\"}],\"Next\":\"B\"},"
                   "\"B\":{\"Type\":\"Task\",\"Resource\":\"B\",\"End\":true},"
                   "\"H\":{\"Type\":\"Task\",\"Resource\":\"H\",\"End\":true}}}",
     .functions = "A: fail\nB: \nH: \n",
     .status = "SUCCEEDED",
     .handles = true,
     .tasks = 2},
    {.name = "retry",
     .definition = "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"A\","
                   "\"Next\":\"F\"},"
                   "\"F\":{\"Type\":\"Task\",\"Resource\":\"F\",\"Retry\":[{\"ErrorEquals\":["
                   "\"States.ALL\"],\"IntervalSeconds\":10,\"MaxAttempts\":2}],\"Catch\":[{"
                   "\"ErrorEquals\":[\"Test.Failed\"],\"Next\":\"H\"}],\"End\":true},"
                   "\"H\":{\"Type\":\"Task\",\"Resource\":\"H\",\"End\":true}}}",
     .functions = "A: \nF: fail\nH: \n",
     .status = "SUCCEEDED",
     .handles = true,
     .tasks = 5},
    {.name = "wait",
     .definition = "{\"StartAt\":\"A\",\"States\":{"
                   "\"A\":{\"Type\":\"Task\",\"Resource\":\"A\",\"Next\":\"W\"},"
                   "\"W\":{\"Type\":\"Wait\",\"Seconds\":100,\"Next\":\"X\"},"
                   "\"X\":{\"Type\":\"Pass\",\"Parameters\":{\"x.$\":\"$\"},\"Next\":\"B\"},"
                   "\"B\":{\"Type\":\"Task\",\"Resource\":\"B\",\"End\":true}}}",
     .functions = "A: \nB: \n",
     .status = "SUCCEEDED",
     .tasks = 2,
     .generated = 1},
    {.name = "cycle",
     .definition =
         "{\"StartAt\":\"P\",\"States\":{"
         "\"P\":{\"Type\":\"Pass\",\"Assign\":{\"n\":0},\"Next\":\"A\"},"
         "\"A\":{\"Type\":\"Task\",\"Resource\":\"A\",\"Assign\":{\"n.$\":\"States.MathAdd($n,1)\"}"
         ","
         "\"Next\":\"C\"},"
         "\"C\":{\"Type\":\"Choice\",\"Choices\":[{\"Variable\":\"$n\",\"NumericLessThan\":3,"
         "\"Next\":\"A\"}],\"Default\":\"B\"},"
         "\"B\":{\"Type\":\"Task\",\"Resource\":\"B\",\"End\":true}}}",
     .functions = "A: \nB: \n",
     .status = "SUCCEEDED",
     .tasks = 4,
     .generated = 1},
    {.name = "map-in-place",
     .definition = "{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"MaxConcurrency\":0,"
                   "\"Iterator\":{"
                   "\"StartAt\":\"C\",\"States\":{\"C\":{\"Type\":\"Choice\",\"Choices\":[{"
                   "\"Variable\":\"$\","
                   "\"NumericEquals\":2,\"Next\":\"S\"}],\"Default\":\"B\"},"
                   "\"S\":{\"Type\":\"Pass\",\"Result\":\"in place\",\"End\":true},"
                   "\"B\":{\"Type\":\"Task\",\"Resource\":\"B\",\"End\":true}}},\"Next\":\"E\"},"
                   "\"E\":{\"Type\":\"Task\",\"Resource\":\"E\",\"End\":true}}}",
     .functions = "B: \nE: \n",
     .status = "SUCCEEDED",
     .tasks = 3,
     .generated = 1},
    {.name = "map-open-ends",
     .definition =
         "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"A\","
         "\"ResultPath\":"
         "null,\"Next\":\"M\"},"
         "\"M\":{\"Type\":\"Map\",\"MaxConcurrency\":0,\"Iterator\":{"
         "\"StartAt\":\"C\",\"States\":{\"C\":{\"Type\":\"Choice\",\"Choices\":[{\"Variable\":\"$"
         "\","
         "\"NumericEquals\":2,\"Next\":\"D\"}],\"Default\":\"B\"},"
         "\"D\":{\"Type\":\"Task\",\"Resource\":\"D\",\"End\":true},"
         "\"B\":{\"Type\":\"Task\",\"Resource\":\"B\",\"End\":true}}},\"ResultSelector\":{\"r.$\":"
         "\"$\"},\"End\":true}}}",
     .functions = "A: \nB: \nD: \n",
     .status = "SUCCEEDED",
     .tasks = 4},
    {.name = "map-retry",
     .definition =
         "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"A\","
         "\"ResultPath\":"
         "null,\"Next\":\"M\"},"
         "\"M\":{\"Type\":\"Map\",\"MaxConcurrency\":0,\"Iterator\":{"
         "\"StartAt\":\"B\",\"States\":{\"B\":{\"Type\":\"Task\",\"Resource\":\"B\",\"End\":true}}}"
         ","
         "\"Retry\":[{\"ErrorEquals\":[\"States.ALL\"],\"MaxAttempts\":1}],"
         "\"Catch\":[{\"ErrorEquals\":[\"States.ALL\"],\"ResultPath\":\"$[0]\",\"Next\":\"H\"}],"
         "\"End\":true},"
         "\"H\":{\"Type\":\"Task\",\"Resource\":\"H\",\"End\":true}}}",
     .functions = "A: \nB: fail\nH: \n",
     .status = "SUCCEEDED",
     .handles = true,
     .racy = true,
     .tasks = 8,
     .generated = 1},
    {.name = "window",
     .definition = "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"A\","
                   "\"ResultPath\":"
                   "null,\"Next\":\"M\"},"
                   "\"M\":{\"Type\":\"Map\",\"MaxConcurrency\":1,\"Iterator\":{"
                   "\"StartAt\":\"C\",\"States\":{\"C\":{\"Type\":\"Choice\",\"Choices\":[{"
                   "\"Variable\":\"$\","
                   "\"NumericEquals\":2,\"Next\":\"S\"}],\"Default\":\"B\"},"
                   "\"S\":{\"Type\":\"Pass\",\"End\":true},"
                   "\"B\":{\"Type\":\"Task\",\"Resource\":\"B\",\"End\":true}}},\"Next\":\"E\"},"
                   "\"E\":{\"Type\":\"Task\",\"Resource\":\"E\",\"End\":true}}}",
     .functions = "A: \nB: \nE: \n",
     .status = "SUCCEEDED",
     .tasks = 4},
    {.name = "tolerated",
     .definition = "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"A\","
                   "\"ResultPath\":"
                   "null,\"Next\":\"M\"},"
                   "\"M\":{\"Type\":\"Map\",\"MaxConcurrency\":2,\"ToleratedFailureCount\":2,"
                   "\"ItemProcessor\":{"
                   "\"StartAt\":\"C\",\"States\":{\"C\":{\"Type\":\"Choice\",\"Choices\":[{"
                   "\"Variable\":\"$\","
                   "\"NumericEquals\":2,\"Next\":\"F\"}],\"Default\":\"B\"},"
                   "\"F\":{\"Type\":\"Task\",\"Resource\":\"F\",\"End\":true},"
                   "\"B\":{\"Type\":\"Task\",\"Resource\":\"B\",\"End\":true}}},\"End\":true}}}",
     .functions = "A: \nB: \nF: fail\n",
     .status = "SUCCEEDED",
     .handles = true,
     .tasks = 4},
    {.name = "too-many",
     .definition = "{\"StartAt\":\"M\",\"States\":{"
                   "\"M\":{\"Type\":\"Map\",\"MaxConcurrency\":0,\"ToleratedFailureCount\":1,"
                   "\"ItemProcessor\":{"
                   "\"StartAt\":\"F\",\"States\":{"
                   "\"F\":{\"Type\":\"Task\",\"Resource\":\"F\",\"End\":true}}},"
                   "\"Catch\":[{\"ErrorEquals\":[\"States.ExceedToleratedFailureThreshold\"],"
                   "\"Next\":\"H\"}],"
                   "\"End\":true},"
                   "\"H\":{\"Type\":\"Task\",\"Resource\":\"H\",\"End\":true}}}",
     .functions = "F: fail\nH: \n",
     .status = "SUCCEEDED",
     .handles = true,
     .racy = true,
     .tasks = 4,
     .generated = 1},
    {.name = "wait-in-map",
     .definition = "{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"MaxConcurrency\":0,"
                   "\"Iterator\":{"
                   "\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":\"Wait\",\"SecondsPath\":\"$\","
                   "\"Next\":\"P\"},"
                   "\"P\":{\"Type\":\"Parallel\",\"Branches\":[{\"StartAt\":\"B\",\"States\":{"
                   "\"B\":{\"Type\":"
                   "\"Task\",\"Resource\":\"B\",\"End\":true}}},{\"StartAt\":\"Q\",\"States\":{"
                   "\"Q\":{\"Type\":"
                   "\"Pass\",\"End\":true}}}],\"ResultSelector\":{\"q.$\":\"$[1]\",\"b.$\":\"$[0]"
                   "\"},\"End\":true"
                   "}}},\"End\":true}}}",
     .event =
         "{\"Data\":{\"Source\":\"http\",\"Value\":[1,0]},\"Session\":\"" WORKBENCH_SESSION "\"}",
     .functions = "B: \n",
     .status = "SUCCEEDED",
     .tasks = 2,
     .generated = 2},
    {.name = "wait-behind-map",
     .definition = "{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"MaxConcurrency\":0,"
                   "\"Iterator\":{"
                   "\"StartAt\":\"B\",\"States\":{\"B\":{\"Type\":\"Task\",\"Resource\":\"B\","
                   "\"End\":true}}},"
                   "\"Next\":\"W\"},\"W\":{\"Type\":\"Wait\",\"Seconds\":5,\"Next\":\"C\"},"
                   "\"C\":{\"Type\":\"Task\",\"Resource\":\"C\",\"End\":true}}}",
     .functions = "B: \nC: \n",
     .status = "SUCCEEDED",
     .tasks = 4,
     .generated = 2},
    {.name = "deadline",
     .definition = "{\"StartAt\":\"A\",\"TimeoutSeconds\":50,\"States\":{"
                   "\"A\":{\"Type\":\"Task\",\"Resource\":\"A\",\"Next\":\"W\"},"
                   "\"W\":{\"Type\":\"Wait\",\"Seconds\":100,\"Next\":\"B\"},"
                   "\"B\":{\"Type\":\"Task\",\"Resource\":\"B\",\"End\":true}}}",
     .functions = "A: \nB: \n",
     .status = "TIMED_OUT",
     .tasks = 1,
     .generated = 2},
    {.name = "catch-in-map",
     .definition =
         "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"A\","
         "\"ResultPath\":"
         "null,\"Next\":\"M\"},"
         "\"M\":{\"Type\":\"Map\",\"MaxConcurrency\":0,\"Iterator\":{\"StartAt\":\"P\",\"States\":{"
         "\"P\":{\"Type\":\"Parallel\",\"Branches\":[{\"StartAt\":\"B\",\"States\":{\"B\":{"
         "\"Type\":"
         "\"Task\",\"Resource\":\"B\",\"End\":true}}},{\"StartAt\":\"F\",\"States\":{\"F\":{"
         "\"Type\":"
         "\"Task\",\"Resource\":\"F\",\"End\":true}}}],\"Catch\":[{\"ErrorEquals\":[\"Test."
         "Failed\"],"
         "\"ResultPath\":null,\"Next\":\"H\"}],\"End\":true},"
         "\"H\":{\"Type\":\"Task\",\"Resource\":\"H\",\"Parameters\":{\"all.$\":\"$$.Execution."
         "Input\"},"
         "\"End\":true}}},\"End\":true}}}",
     .event =
         "{\"Data\":{\"Source\":\"http\",\"Value\":[1,2]},\"Session\":\"" WORKBENCH_SESSION "\"}",
     .functions = "A: \nB: \nF: fail\nH: \n",
     .status = "SUCCEEDED",
     .handles = true,
     .racy = true,
     .tasks = 7},
};
const size_t machines_len = UNUM_COUNT(machines);
