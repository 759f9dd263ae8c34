#include "plan/diff.h"

#include "base/limits.h"
#include "plan/diff_internal.h"

const char *diff_kind_name(enum diff_kind kind)
{
    static const char *const names[] = {"same", "added", "removed", "changed"};
    return names[kind];
}

const char *diff_deploy_name(enum diff_deploy deploy)
{
    static const char *const names[] = {"nothing", "hash", "ir", "code", "new", "gone"};
    return names[deploy];
}

const char *diff_safety_name(enum diff_safety safety)
{
    static const char *const names[] = {"safe", "repair", "unsafe"};
    return names[safety];
}

static void index_nodes(const struct plan_app *app, struct unum_map *ret)
{
    for (size_t i = 0; i < app->len; i++) {
        if (!unum_map_has(ret, app->at[i].node))
            unum_map_set(ret, app->at[i].node, &app->at[i]);
    }
}

static bool same_text(const struct ir_node *a, const struct ir_node *b)
{
    struct unum_buf UNUM_AUTO_BUF one = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_buf UNUM_AUTO_BUF other = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    ir_write(a, &one);
    ir_write(b, &other);
    return unum_str_eq(unum_buf_str(&one), unum_buf_str(&other));
}

static enum diff_deploy deployment(const struct plan_node *old, const struct plan_node *new)
{
    struct ir_node bare = *new->ir;
    if (old->function.ptr && new->function.ptr && !unum_str_eq(old->function, new->function))
        return DEPLOY_CODE;
    if (same_text(old->ir, new->ir))
        return DEPLOY_NOTHING;
    bare.machine = old->ir->machine;
    return same_text(old->ir, &bare) ? DEPLOY_HASH : DEPLOY_IR;
}

static void compare(const struct plan_node *old, const struct plan_node *new,
                    struct unum_arena *arena, struct diff_function *ret)
{
    struct sayings s = {.arena = arena};
    ret->deploy = deployment(old, new);
    ret->kind = ret->deploy == DEPLOY_NOTHING ? DIFF_SAME : DIFF_CHANGED;
    if (ret->deploy == DEPLOY_CODE)
        says(&s, "runs the code of %.*s (was that of %.*s)", UNUM_STR_ARG(new->function),
             UNUM_STR_ARG(old->function));
    if (ret->deploy != DEPLOY_NOTHING && ret->deploy != DEPLOY_HASH)
        node_differs(&s, old->ir, new->ir);
    if (s.dropped)
        *unum_vec_push(&s.list) = unum_arena_printf(arena, "%zu more differences", s.dropped);
    ret->says = unum_arena_array(arena, s.list.len, sizeof(*ret->says));
    for (size_t i = 0; i < s.list.len; i++)
        ret->says[ret->len++] = s.list.at[i];
    unum_vec_done(&s.list);
}

static void compare_functions(const struct flight *f, struct diff *ret)
{
    ret->functions = unum_arena_array(f->arena, f->old->len + f->new->len, sizeof(*ret->functions));
    for (size_t i = 0; i < f->new->len; i++) {
        const struct plan_node *new = &f->new->at[i];
        const struct plan_node *old = unum_map_get(&f->old_nodes, new->node);
        if (unum_map_get(&f->new_nodes, new->node) != new)
            continue; /* a second one of that name */
        struct diff_function *row = &ret->functions[ret->functions_len++];
        *row = (struct diff_function){new->node, new->function, DIFF_ADDED, DEPLOY_NEW, NULL, 0};
        if (old)
            compare(old, new, f->arena, row);
        ret->changed += row->kind != DIFF_SAME;
    }
    for (size_t i = 0; i < f->old->len; i++) {
        const struct plan_node *old = &f->old->at[i];
        if (unum_map_has(&f->new_nodes, old->node))
            continue;
        ret->functions[ret->functions_len++] =
            (struct diff_function){old->node, old->function, DIFF_REMOVED, DEPLOY_GONE, NULL, 0};
        ret->changed++;
    }
}

void diff_make(const struct plan_app *old, const struct plan_app *new, struct unum_arena *arena,
               struct diff *ret)
{
    struct flight f = {.old = old, .new = new, .arena = arena};
    *ret = (struct diff){0};
    plan_whole(old, &f.before);
    plan_whole(new, &f.after);
    index_nodes(old, &f.old_nodes);
    index_nodes(new, &f.new_nodes);
    compare_functions(&f, ret);
    if (ret->changed)
        find_all(&f);
    ret->findings = unum_arena_array(arena, f.findings.len, sizeof(*ret->findings));
    for (size_t i = 0; i < f.findings.len; i++)
        ret->findings[ret->findings_len++] = f.findings.at[i];
    if (ret->findings_len)
        ret->verdict = ret->findings[0].rule->safety;
    unum_vec_done(&f.findings);
    unum_map_done(&f.old_nodes);
    unum_map_done(&f.new_nodes);
    plan_whole_done(&f.before);
    plan_whole_done(&f.after);
}
