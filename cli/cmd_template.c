#include "verbs.h"
const struct command cmd_template = {.name = "template", .summary = "x"};
