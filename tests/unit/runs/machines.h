/*
 * machines: compiled applications of a few nodes, as compile_app() leaves them, for tests of what
 * is read from their records.
 */
#ifndef UNUM_TESTS_RUNS_MACHINES_H
#define UNUM_TESTS_RUNS_MACHINES_H

#include "compile/compile.h"
#include "runs/trail.h"

struct machine {
    struct unum_arena arena;
    struct compiled compiled;
    struct compiled_node nodes[8];
};

#define M_HEAD(name, start)                                                                        \
    "{\"IRVersion\":1,\"Machine\":\"6d\",\"Name\":\"" name "\",\"Start\":" start                   \
    ",\"Checkpoint\":true,"
#define M_TASK(name) "\"" name "\":{\"Type\":\"Task\",\"Node\":\"" name "\"}"
#define M_RETRY      "\"Fields\":{\"Retry\":[{\"ErrorEquals\":[\"States.ALL\"]}]}"

/* Split -> Each (Map, Retry: Work -> Check) -> Pause (Wait) -> Sum */
#define M_EACH                                                                                     \
    "\"Each\":{\"Type\":\"Map\",\"ItemsPath\":\"$\",\"Start\":\"Work\",\"Ends\":[\"Check\"],"      \
    "\"Next\":\"Pause\",\"Opener\":\"Split\"," M_RETRY "}"
#define M_PAUSE "\"Pause\":{\"Type\":\"Wait\",\"Next\":\"Sum\",\"Fields\":{\"Seconds\":5}}"
#define M_STATES                                                                                   \
    "\"States\":{" M_EACH "," M_TASK("Work") "," M_TASK("Check") "," M_PAUSE "," M_TASK("Sum") "}" \
                                                                                               "}"
#define M_SPLIT M_HEAD("Split", "true") "\"Then\":\"Each\",\"Within\":[]," M_STATES
#define M_WORK                                                                                     \
    M_HEAD("Work", "false")                                                                        \
    "\"Then\":\"Check\",\"Within\":[\"Each\"],\"Task\":{\"State\":\"Work\"," M_RETRY "}," M_STATES
#define M_CHECK M_HEAD("Check", "false") "\"Then\":null,\"Within\":[\"Each\"]," M_STATES
#define M_SUM   M_HEAD("Sum", "false") "\"Then\":null,\"Within\":[],\"States\":{}}"

/* Frames of position i of Each. */
#define M_AT(i, more) "{\"Type\":\"Map\",\"Index\":" #i ",\"Size\":2" more ",\"Opener\":\"Split\"}"

static inline void machine_add(struct machine *machine, const char *ir)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct ir_node *node = NULL;
    if (ir_load(unum_str_from(ir), &machine->arena, &node, &err) < 0)
        fail_msg("%s", unum_err_text(&err));
    machine->compiled.at = machine->nodes;
    machine->nodes[machine->compiled.len++] = (struct compiled_node){node->name, node->name, node};
    if (node->start)
        machine->compiled.entry = node->name;
}

static inline void machine_map(struct machine *machine)
{
    static const char *const nodes[] = {M_SPLIT, M_WORK, M_CHECK, M_SUM};
    *machine = (struct machine){.arena = UNUM_ARENA_INIT};
    for (size_t i = 0; i < UNUM_COUNT(nodes); i++)
        machine_add(machine, nodes[i]);
}

#endif
