/* Carrying out an UpdateExpression: read all operands, find all places, then change. */
#include "local/db_expression.h"

struct change {
    const struct db_action *action;
    struct db_value *value;  /* SET */
    struct db_value *parent; /* the map or list that is changed */
    const struct db_step *step;
};

struct updater {
    struct db_value *item;
    struct unum_arena *arena;
    struct db_fault *fault;
};

static int evaluate(struct updater *u, const struct db_operand *operand, struct db_value **ret);

static int wrong_type(struct updater *u)
{
    return db_refuse(u->fault, DB_VALIDATION,
                     "An operand in the update expression has an incorrect data type");
}

static int evaluate_sum(struct updater *u, const struct db_operand *operand, struct db_value **ret)
{
    struct db_value *left = NULL, *right = NULL;
    int rc = evaluate(u, operand->left, &left);
    if (!rc)
        rc = evaluate(u, operand->right, &right);
    if (rc)
        return rc;
    if (!left || !right || left->type != DB_TYPE_N || right->type != DB_TYPE_N)
        return wrong_type(u);
    struct db_number sum;
    rc = operand->kind == DB_OPERAND_PLUS
             ? db_number_add(left->number, right->number, &sum, u->fault)
             : db_number_subtract(left->number, right->number, &sum, u->fault);
    if (!rc)
        *ret = db_value_number(&sum, u->arena);
    return rc;
}

static int evaluate_append(struct updater *u, const struct db_operand *operand,
                           struct db_value **ret)
{
    struct db_value *left = NULL, *right = NULL;
    int rc = evaluate(u, operand->left, &left);
    if (!rc)
        rc = evaluate(u, operand->right, &right);
    if (rc)
        return rc;
    if (!left || !right || left->type != DB_TYPE_L || right->type != DB_TYPE_L)
        return wrong_type(u);
    for (size_t i = 0; i < right->len; i++)
        db_list_push(left, u->arena, right->members[i].value);
    *ret = left;
    return 0;
}

/* The value of an operand as a copy nobody else holds. */
static int evaluate(struct updater *u, const struct db_operand *operand, struct db_value **ret)
{
    const struct db_value *found = NULL;
    switch (operand->kind) {
    case DB_OPERAND_PLUS:
    case DB_OPERAND_MINUS:
        return evaluate_sum(u, operand, ret);
    case DB_OPERAND_LIST_APPEND:
        return evaluate_append(u, operand, ret);
    case DB_OPERAND_IF_NOT_EXISTS:
        found = db_path_get(u->item, &operand->path);
        if (!found)
            return evaluate(u, operand->right, ret);
        break;
    case DB_OPERAND_LITERAL:
        found = operand->literal;
        break;
    case DB_OPERAND_PATH:
    case DB_OPERAND_SIZE:
        found = db_path_get(u->item, &operand->path);
        break;
    }
    if (!found)
        return db_refuse(u->fault, DB_VALIDATION,
                         "The provided expression refers to an attribute that does not exist in "
                         "the item");
    *ret = db_value_copy(found, u->arena);
    return 0;
}

/* Where the change happens. */
static int find_place(struct updater *u, struct change *change)
{
    const struct db_path *path = &change->action->path;
    struct db_path up = {path->at, path->len - 1};
    change->step = &path->at[path->len - 1];
    change->parent = up.len ? db_path_get(u->item, &up) : u->item;
    enum db_type wanted = change->step->name.ptr ? DB_TYPE_M : DB_TYPE_L;
    if (!change->parent || change->parent->type != wanted)
        return db_refuse(u->fault, DB_VALIDATION,
                         "The document path provided in the update expression is invalid for "
                         "update");
    return 0;
}

static struct db_value *current(const struct change *change)
{
    if (change->step->name.ptr)
        return db_map_get(change->parent, change->step->name);
    return change->step->index < change->parent->len
               ? change->parent->members[change->step->index].value
               : NULL;
}

static void put(struct updater *u, const struct change *change, struct db_value *value)
{
    struct db_value *parent = change->parent;
    if (change->step->name.ptr)
        db_map_set(parent, u->arena, change->step->name, value);
    else if (change->step->index < parent->len)
        parent->members[change->step->index].value = value;
    else
        db_list_push(parent, u->arena, value);
}

/* The member stays as a hole until all changes are done, so that indexes keep their meaning. */
static void take_out(const struct change *change)
{
    struct db_value *parent = change->parent;
    for (size_t i = 0; i < parent->len; i++) {
        bool here = change->step->name.ptr
                        ? unum_str_eq(parent->members[i].name, change->step->name)
                        : i == change->step->index;
        if (here)
            parent->members[i].value = NULL;
    }
}

static void close_holes(struct db_value *parent)
{
    size_t kept = 0;
    for (size_t i = 0; i < parent->len; i++) {
        if (parent->members[i].value)
            parent->members[kept++] = parent->members[i];
    }
    parent->len = kept;
}

static int add(struct updater *u, const struct change *change)
{
    const struct db_value *operand = change->action->operand->literal;
    const struct db_value *old = current(change);
    if (!old) {
        put(u, change, db_value_copy(operand, u->arena));
        return 0;
    }
    if (old->type != operand->type)
        return wrong_type(u);
    if (operand->type != DB_TYPE_N) {
        put(u, change, db_set_union(old, operand, u->arena));
        return 0;
    }
    struct db_number sum;
    int rc = db_number_add(old->number, operand->number, &sum, u->fault);
    if (!rc)
        put(u, change, db_value_number(&sum, u->arena));
    return rc;
}

static int take_from_set(struct updater *u, const struct change *change)
{
    const struct db_value *operand = change->action->operand->literal;
    const struct db_value *old = current(change);
    if (!old)
        return 0;
    if (old->type != operand->type)
        return wrong_type(u);
    struct db_value *rest = db_set_minus(old, operand, u->arena);
    if (rest->len)
        put(u, change, rest);
    else
        take_out(change); /* there are no empty sets */
    return 0;
}

static int carry_out(struct updater *u, const struct change *change)
{
    switch (change->action->kind) {
    case DB_ACTION_SET:
        put(u, change, change->value);
        return 0;
    case DB_ACTION_REMOVE:
        take_out(change);
        return 0;
    case DB_ACTION_ADD:
        return add(u, change);
    case DB_ACTION_DELETE:
        return take_from_set(u, change);
    }
    return 0;
}

/* Elements beyond the end of a list are appended in the order of their indexes. */
static void sort_by_index(struct change *changes, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct change change = changes[i];
        size_t j = i;
        for (; j > 0 && changes[j - 1].step->index > change.step->index; j--)
            changes[j] = changes[j - 1];
        changes[j] = change;
    }
}

int db_update_apply(const struct db_update *update, struct db_value *item, struct unum_arena *arena,
                    struct db_fault *fault)
{
    struct updater u = {item, arena, fault};
    struct change *changes = unum_arena_array(arena, update->len, sizeof(*changes));
    for (size_t i = 0; i < update->len; i++) {
        changes[i].action = &update->at[i];
        if (update->at[i].kind != DB_ACTION_SET)
            continue;
        int rc = evaluate(&u, update->at[i].operand, &changes[i].value);
        if (rc)
            return rc;
    }
    for (size_t i = 0; i < update->len; i++) {
        int rc = find_place(&u, &changes[i]);
        if (rc)
            return rc;
    }
    sort_by_index(changes, update->len);
    for (size_t i = 0; i < update->len; i++) {
        int rc = carry_out(&u, &changes[i]);
        if (rc)
            return rc;
    }
    for (size_t i = 0; i < update->len; i++)
        close_holes(changes[i].parent);
    return 0;
}
