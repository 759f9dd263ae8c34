#include "local/cfn_order.h"

#include <stdlib.h>
#include <string.h>

enum mark { LEFT, PLACED, OUTSIDE };

struct order {
    struct cfn_template *t;
    enum mark *marks;   /* by position in the template */
    size_t *depends;    /* positions that each depends on, one list behind the other */
    size_t *first;      /* where the list of each begins; one more for the end */
    size_t *dependents; /* how many of those that are left depend on it */
};

static void order_done(struct order *o)
{
    free(o->marks);
    free(o->depends);
    free(o->first);
    free(o->dependents);
}

static void order_init(struct order *o, struct cfn_template *t)
{
    struct unum_map UNUM_AUTO_MAP positions = UNUM_MAP_INIT;
    size_t len = t->resources_len, all = 0;
    o->t = t;
    o->marks = unum_alloc_array(len, sizeof(*o->marks));
    o->first = unum_alloc_array(len + 1, sizeof(*o->first));
    o->dependents = unum_alloc_array(len, sizeof(*o->dependents));
    for (size_t i = 0; i < len; i++) {
        (void)unum_map_set(&positions, t->resources[i].id, &t->resources[i]);
        all += t->resources[i].depends_len;
    }
    o->depends = unum_alloc_array(all, sizeof(*o->depends));
    all = 0;
    for (size_t i = 0; i < len; i++) {
        const struct cfn_declared *r = &t->resources[i];
        o->first[i] = all;
        for (size_t k = 0; k < r->depends_len; k++) {
            const struct cfn_declared *other = unum_map_get(&positions, r->depends[k]);
            o->depends[all] = (size_t)(other - t->resources);
            o->dependents[o->depends[all++]]++;
        }
    }
    o->first[len] = all;
}

static bool has_left_dependency(const struct order *o, size_t i)
{
    for (size_t k = o->first[i]; k < o->first[i + 1]; k++) {
        if (o->marks[o->depends[k]] == LEFT)
            return true;
    }
    return false;
}

static void mark(struct order *o, size_t i, enum mark mark)
{
    o->marks[i] = mark;
    for (size_t k = o->first[i]; k < o->first[i + 1]; k++)
        o->dependents[o->depends[k]]--;
}

static int circular(struct order *o, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF names = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT / 2);
    /* What only depends on a circle is not in it. */
    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < o->t->resources_len; i++) {
            if (o->marks[i] == LEFT && !o->dependents[i]) {
                mark(o, i, OUTSIDE);
                again = true;
            }
        }
    }
    for (size_t i = 0; i < o->t->resources_len; i++) {
        if (o->marks[i] == LEFT)
            unum_buf_printf(&names, "%s%.*s", names.len ? ", " : "",
                            UNUM_STR_ARG(o->t->resources[i].id));
    }
    return unum_err_set(err, UNUM_E_INVALID_FILE, "Circular dependency between resources: [%s]",
                        unum_buf_text(&names));
}

int cfn_order(struct cfn_template *t, struct unum_err *err)
{
    struct order o = {0};
    order_init(&o, t);
    struct cfn_declared *sorted = unum_arena_array(&t->arena, t->resources_len, sizeof(*sorted));
    size_t placed = 0;
    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < t->resources_len; i++) {
            if (o.marks[i] != LEFT || has_left_dependency(&o, i))
                continue;
            mark(&o, i, PLACED);
            sorted[placed++] = t->resources[i];
            again = true;
        }
    }
    int rc = placed < t->resources_len ? circular(&o, err) : 0;
    if (rc == 0)
        t->resources = sorted;
    order_done(&o);
    return rc;
}
