#include "local/cfn_order.h"

#include <stdlib.h>
#include <string.h>

enum mark { LEFT, PLACED, OUTSIDE };

struct order {
    struct cfn_template *t;
    enum mark *marks; /* by position in the template */
};

static size_t position(const struct cfn_template *t, struct unum_str id)
{
    return (size_t)(cfn_template_resource(t, id) - t->resources);
}

static bool has_left_dependency(const struct order *o, size_t i)
{
    const struct cfn_declared *r = &o->t->resources[i];
    for (size_t k = 0; k < r->depends_len; k++) {
        if (o->marks[position(o->t, r->depends[k])] == LEFT)
            return true;
    }
    return false;
}

static bool has_left_dependent(const struct order *o, size_t i)
{
    for (size_t n = 0; n < o->t->resources_len; n++) {
        const struct cfn_declared *r = &o->t->resources[n];
        for (size_t k = 0; o->marks[n] == LEFT && k < r->depends_len; k++) {
            if (unum_str_eq(r->depends[k], o->t->resources[i].id))
                return true;
        }
    }
    return false;
}

static int circular(struct order *o, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF names = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT / 2);
    /* What only depends on a circle is not in it. */
    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < o->t->resources_len; i++) {
            if (o->marks[i] == LEFT && !has_left_dependent(o, i)) {
                o->marks[i] = OUTSIDE;
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
    struct order o = {.t = t};
    o.marks = unum_alloc_array(t->resources_len, sizeof(*o.marks));
    struct cfn_declared *sorted = unum_arena_array(&t->arena, t->resources_len, sizeof(*sorted));
    size_t placed = 0;
    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < t->resources_len; i++) {
            if (o.marks[i] != LEFT || has_left_dependency(&o, i))
                continue;
            o.marks[i] = PLACED;
            sorted[placed++] = t->resources[i];
            again = true;
        }
    }
    int rc = placed < t->resources_len ? circular(&o, err) : 0;
    if (rc == 0)
        t->resources = sorted;
    free(o.marks);
    return rc;
}
