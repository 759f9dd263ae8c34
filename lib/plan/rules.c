/*
 * What a change means for runs in flight. The rules follow from how a run is held together
 * (unum-guarantees(7)): events name functions and the frames they stand in; records are named after
 * nodes, Maps, Parallels and Waits with their positions, attempts and visits; a close looks for the
 * results of its branches under the names of their ends; a recorded decision names the state that
 * follows, and whoever repairs it needs that state in its IR.
 */
#include "plan/diff_internal.h"

const struct diff_rule diff_rules[] = {
    [RULE_FUNCTION_GONE] = {"function-gone", DIFF_UNSAFE, "a function is removed or renamed",
                            "Events that are queued for it, retried or set for later name it: with "
                            "the function they are lost, and their runs stop."},
    [RULE_ENTRY] = {"entry", DIFF_UNSAFE, "another function is the entry",
                    "The old entry refuses events from outside: starts that were accepted and have "
                    "not begun are lost, and callers must call the new one."},
    [RULE_SPELLING] = {"spelling", DIFF_UNSAFE, "hand-written IR becomes compiled, or the reverse",
                       "The two count branches and find the end of a run in different ways."},
    [RULE_DEPTH] = {"depth", DIFF_UNSAFE, "a function stands in more or fewer Maps and Parallels",
                    "The event of a function says in which position of which fan-outs it stands. "
                    "With another number of levels it is refused."},
    [RULE_ENCLOSED] = {"enclosed", DIFF_UNSAFE, "a function stands in another Map or Parallel",
                       "Its branch is counted for the new one; the old one waits for it for ever."},
    [RULE_FAN_OUT_GONE] = {"fan-out-gone", DIFF_UNSAFE,
                           "a Map or Parallel is removed, renamed or has another type",
                           "Its close and the set of its ended branches are recorded under its "
                           "name: what was counted before is not found."},
    [RULE_BRANCHES] = {"branches", DIFF_UNSAFE, "a Parallel has more or fewer branches",
                       "The number of branches is fixed when it is opened; the close gathers by "
                       "the new list and misses results or takes wrong ones."},
    [RULE_ENDS] = {"ends", DIFF_UNSAFE, "a branch ends on another state",
                   "The close looks for the result of every branch under the name of its end: a "
                   "branch that has ended already is recorded under the old one."},
    [RULE_IN_PLACE] = {"in-place", DIFF_UNSAFE,
                       "a branch may, or may no longer, end without a Task",
                       "Branches without a Task leave no record, only a mark in the set: the close "
                       "evaluates them again, and must know that it has to."},
    [RULE_KEPT_INPUT] = {"kept-input", DIFF_UNSAFE,
                         "a Map or Parallel at the head of a branch needs its input at its close",
                         "Its input was not recorded when it was opened: the close would take "
                         "that of the state around it."},
    [RULE_WINDOW] = {"window", DIFF_UNSAFE, "MaxConcurrency is taken out",
                     "Whoever ends an element starts one that waits for its turn. Functions inside "
                     "of the Map do not hold the beginning of a branch any more: those that wait "
                     "are never started."},
    [RULE_TOLERANCE] = {"tolerance", DIFF_UNSAFE, "failures are no longer tolerated",
                        "How many may fail is fixed when the Map is opened. Functions that do not "
                        "stand at the end of a branch cannot close it any more, where a failure "
                        "of theirs is its last end."},
    [RULE_RUN_INPUT] = {"run-input", DIFF_UNSAFE, "$$.Execution.Input is read now",
                        "The input is recorded when a run starts, if a state reads it. Runs that "
                        "have started before have no such record."},
    [RULE_WAITING] = {"waiting", DIFF_UNSAFE, "runs may wait more than a day longer",
                      "Records are kept for Retention and for the waits that were known when the "
                      "run started: a Wait beyond that fails with States.Runtime."},
    [RULE_WAIT_GONE] =
        {"wait-gone", DIFF_UNSAFE, "a function no longer holds a Wait that it has set a timer for",
         "The timer names the function and the Wait: it finds nothing to go on with."},
    [RULE_OPENER] = {"opener", DIFF_UNSAFE, "another function opens the next attempt",
                     "A retry that waits for its time names the function that opened the state: "
                     "it does not hold it any more."},
    [RULE_ORDER] = {"order", DIFF_UNSAFE, "states have changed places",
                    "A run that has passed one of them comes to it again. It finds the record of "
                    "its first visit, which sends it back to where it came from, without end."},
    [RULE_FAN_IN] = {"fan-in", DIFF_UNSAFE, "the members of a hand-written fan-in are changed",
                     "Members are counted by their position in the list, and their outputs are "
                     "gathered by their names."},
    [RULE_EDGES] = {"edges", DIFF_REPAIR, "hand-written edges are changed",
                    "A repaired invocation sends the edges that stand there now: the run may take "
                    "both ways, and its end is found by counting them."},
    [RULE_TARGET] = {"target", DIFF_REPAIR,
                     "a function does not go on with a state any more, or calls it by another name",
                     "An invocation that has recorded this state as its decision and died before "
                     "the next function was started, or is starting many, cannot be gone on with."},
    [RULE_ITEMS] = {"items", DIFF_REPAIR, "a Map or Parallel gives its branches another input",
                    "Branches that are started by a repair, or in a further step of a wide Map, "
                    "get the new input; their number may not fit the number that was recorded."},
    [RULE_CONCURRENCY] = {"concurrency", DIFF_REPAIR, "MaxConcurrency is another number",
                          "How many run at a time is fixed when the Map is opened. An opening "
                          "that is repaired stores the inputs that wait in other places."},
    [RULE_OPENING] = {"opening", DIFF_REPAIR, "a branch begins in another way",
                      "What stands in front of the first Task of a branch is evaluated again by a "
                      "repair: branches of one run may have begun in different ways."},
    [RULE_FUNCTION_ADDED] = {"function-added", DIFF_SAFE, "a function is added",
                             "Nobody waits for it. What is sent before the deployment has made it "
                             "is sent again by the failure function."},
    [RULE_NEXT] = {"next", DIFF_SAFE, "a state goes on with another one",
                   "A run that has not left the state goes the new way, one that has the old."},
    [RULE_RETRY] = {"retry", DIFF_SAFE, "Retry is changed",
                    "Every failed attempt is decided once, by the rules that stand there then. "
                    "Attempts are counted by the place of the retrier in the list."},
    [RULE_CATCH] = {"catch", DIFF_SAFE, "Catch is changed",
                    "A failure is caught once, by the rules that stand there then."},
    [RULE_DATA] = {"data", DIFF_SAFE, "what a state takes, gives or decides is changed",
                   "A recorded outcome stays what it is; what has not run yet runs the new way."},
    [RULE_STATE] = {"state", DIFF_SAFE, "a state that leaves no record is added or removed",
                    "It is evaluated by whoever comes to it."},
    [RULE_TIMEOUT] = {"timeout", DIFF_SAFE, "TimeoutSeconds of the machine is changed",
                      "The deadline of a run is fixed when it starts."},
    [RULE_CHECKPOINT] = {"checkpoint", DIFF_SAFE, "Checkpoint is changed",
                         "A record that is there is used; without one an event may run again."},
    [RULE_HASH] = {"hash", DIFF_SAFE, "nothing but the hash of the machine is another",
                   "It is recorded for people; nothing is decided by it."},
};
const size_t diff_rules_len = UNUM_COUNT(diff_rules);
