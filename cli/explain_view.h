/*
 * explain_view: where the states of a machine run, why, and what a run costs.
 */
#ifndef UNUM_CLI_EXPLAIN_VIEW_H
#define UNUM_CLI_EXPLAIN_VIEW_H

#include "plan/cost.h"
#include "plan/place.h"
#include "program.h"

struct explanation {
    struct plan_app app;
    struct plan_whole whole;
    struct places places;
    struct costs costs;
};

void explain_view_text(struct program *p, const struct explanation *e);
void explain_view_json(struct program *p, const struct explanation *e);

#endif
