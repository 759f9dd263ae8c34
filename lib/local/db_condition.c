/* What a condition means for an item. */
#include "local/db_expression.h"

/* A number of size(): small, made where it is needed. */
struct scratch {
    struct db_value value;
    struct db_number number;
};

static bool size_of(const struct db_value *value, size_t *ret)
{
    if (DB_BIT(value->type) & (DB_BIT(DB_TYPE_S) | DB_BIT(DB_TYPE_B))) {
        *ret = value->text.len;
        return true;
    }
    *ret = value->len;
    return (DB_BIT(value->type) & (DB_SETS | DB_BIT(DB_TYPE_L) | DB_BIT(DB_TYPE_M))) != 0;
}

static void number_of(size_t count, struct db_number *ret)
{
    unsigned char reversed[20] = {0};
    unsigned len = 0, zeros = 0;
    *ret = (struct db_number){0};
    for (; count; count /= 10)
        reversed[len++] = (unsigned char)(count % 10);
    if (!len)
        return;
    while (!reversed[zeros])
        zeros++;
    ret->exponent = (int)len - 1;
    for (unsigned i = len; i > zeros; i--)
        ret->digits[ret->len++] = reversed[i - 1];
}

/* NULL: there is no such value. */
static const struct db_value *operand_value(const struct db_operand *operand,
                                            const struct db_value *item, struct scratch *scratch)
{
    if (operand->kind == DB_OPERAND_LITERAL)
        return operand->literal;
    const struct db_value *value = db_path_get(item, &operand->path);
    size_t size = 0;
    if (operand->kind != DB_OPERAND_SIZE || !value)
        return value;
    if (!size_of(value, &size))
        return NULL;
    number_of(size, &scratch->number);
    scratch->value = (struct db_value){.type = DB_TYPE_N, .number = &scratch->number};
    return &scratch->value;
}

/* Numbers are compared by value: a size has no text. */
static bool equal(const struct db_value *a, const struct db_value *b)
{
    if (a->type == DB_TYPE_N && b->type == DB_TYPE_N)
        return !db_number_cmp(a->number, b->number);
    return db_value_equal(a, b);
}

static bool compare(enum db_test test, const struct db_value *a, const struct db_value *b)
{
    int cmp = 0;
    if (test == DB_TEST_EQ)
        return a && b && equal(a, b);
    if (test == DB_TEST_NE) /* what is not there differs from everything */
        return !a || !b || !equal(a, b);
    if (!a || !b || !db_value_order(a, b, &cmp))
        return false;
    switch (test) {
    case DB_TEST_LT:
        return cmp < 0;
    case DB_TEST_LE:
        return cmp <= 0;
    case DB_TEST_GT:
        return cmp > 0;
    default:
        return cmp >= 0;
    }
}

static bool begins_with(const struct db_value *value, const struct db_value *prefix)
{
    return value && prefix && value->type == prefix->type &&
           (value->type == DB_TYPE_S || value->type == DB_TYPE_B) &&
           unum_str_starts(value->text, prefix->text);
}

static bool contains(const struct db_value *value, const struct db_value *part)
{
    static const enum db_type element_of[DB_TYPE_COUNT] = {
        [DB_TYPE_SS] = DB_TYPE_S, [DB_TYPE_NS] = DB_TYPE_N, [DB_TYPE_BS] = DB_TYPE_B};
    if (!value || !part)
        return false;
    if (value->type == DB_TYPE_S || value->type == DB_TYPE_B)
        return part->type == value->type &&
               (!part->text.len || unum_str_search(value->text, part->text) != SIZE_MAX);
    if (DB_BIT(value->type) & DB_SETS) {
        struct db_element element = {part->text, part->number};
        return part->type == element_of[value->type] && db_set_has(value, &element);
    }
    if (value->type != DB_TYPE_L)
        return false;
    for (size_t i = 0; i < value->len; i++) {
        if (equal(value->members[i].value, part))
            return true;
    }
    return false;
}

static bool test_holds(const struct db_condition *c, const struct db_value *item)
{
    struct scratch scratch[3];
    const struct db_value *first = operand_value(&c->operands[0], item, &scratch[0]);
    const struct db_value *second =
        c->len > 1 ? operand_value(&c->operands[1], item, &scratch[1]) : NULL;
    switch (c->test) {
    case DB_TEST_EXISTS:
        return first != NULL;
    case DB_TEST_NOT_EXISTS:
        return !first;
    case DB_TEST_TYPE:
        return first && second && unum_str_is(second->text, db_type_name(first->type));
    case DB_TEST_BEGINS_WITH:
        return begins_with(first, second);
    case DB_TEST_CONTAINS:
        return contains(first, second);
    case DB_TEST_BETWEEN:
        return compare(DB_TEST_GE, first, second) &&
               compare(DB_TEST_LE, first, operand_value(&c->operands[2], item, &scratch[2]));
    case DB_TEST_IN:
        for (size_t i = 1; i < c->len; i++) {
            if (compare(DB_TEST_EQ, first, operand_value(&c->operands[i], item, &scratch[2])))
                return true;
        }
        return false;
    default:
        return compare(c->test, first, second);
    }
}

bool db_condition_holds(const struct db_condition *c, const struct db_value *item)
{
    switch (c->test) {
    case DB_TEST_AND:
        return db_condition_holds(c->left, item) && db_condition_holds(c->right, item);
    case DB_TEST_OR:
        return db_condition_holds(c->left, item) || db_condition_holds(c->right, item);
    case DB_TEST_NOT:
        return !db_condition_holds(c->left, item);
    default:
        return test_holds(c, item);
    }
}
