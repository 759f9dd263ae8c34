/* Conditions: ConditionExpression, FilterExpression, KeyConditionExpression. */
#include <string.h>

#include "local/db_token.h"

static int parse_or(struct db_parser *p, struct db_condition **ret);

struct function_row {
    const char *name;
    enum db_test test;
    size_t operands;
    bool path_first;   /* the first operand must be a document path */
    unsigned literals; /* types a literal operand may have */
};

static const struct function_row functions[] = {
    {"attribute_exists", DB_TEST_EXISTS, 1, true, ~0u},
    {"attribute_not_exists", DB_TEST_NOT_EXISTS, 1, true, ~0u},
    {"attribute_type", DB_TEST_TYPE, 2, true, DB_BIT(DB_TYPE_S)},
    {"begins_with", DB_TEST_BEGINS_WITH, 2, false, DB_BIT(DB_TYPE_S) | DB_BIT(DB_TYPE_B)},
    {"contains", DB_TEST_CONTAINS, 2, false, ~0u},
};

struct comparator_row {
    const char *sign;
    enum db_test test;
    unsigned literals;
};

static const struct comparator_row comparators[] = {
    {"=", DB_TEST_EQ, ~0u},         {"<>", DB_TEST_NE, ~0u},       {"<", DB_TEST_LT, DB_SCALARS},
    {"<=", DB_TEST_LE, DB_SCALARS}, {">", DB_TEST_GT, DB_SCALARS}, {">=", DB_TEST_GE, DB_SCALARS},
};

static bool at_call(const struct db_parser *p)
{
    return p->token.kind == DB_TOKEN_WORD && unum_str_is(db_peek(p).text, "(");
}

/* A literal where values of some types make no sense. */
static int check_literal(struct db_parser *p, const struct db_operand *operand, unsigned types,
                         const char *kind, const char *name)
{
    if (operand->kind != DB_OPERAND_LITERAL || (DB_BIT(operand->literal->type) & types))
        return 0;
    return db_invalid(p,
                      "Incorrect operand type for operator or function; %s: %s, operand type: %s",
                      kind, name, db_type_name(operand->literal->type));
}

static int parse_size(struct db_parser *p, struct db_operand *ret)
{
    if (!unum_str_is(p->token.text, "size")) {
        for (size_t i = 0; i < UNUM_COUNT(functions); i++) {
            if (unum_str_is(p->token.text, functions[i].name))
                return db_invalid(p,
                                  "The function is not allowed to be used this way in an "
                                  "expression; function: %s",
                                  functions[i].name);
        }
        return db_invalid(p, "Invalid function name; function: %.*s", UNUM_STR_ARG(p->token.text));
    }
    int rc = db_count_operator(p);
    if (rc)
        return rc;
    db_next(p);
    db_next(p);
    ret->kind = DB_OPERAND_SIZE;
    if (p->token.kind == DB_TOKEN_VALUE)
        return db_invalid(p, "Operator or function requires a document path; operator or "
                             "function: size");
    rc = db_parse_path(p, &ret->path);
    return rc ? rc : db_expect_sign(p, ")");
}

static int parse_operand(struct db_parser *p, struct db_operand *ret)
{
    *ret = (struct db_operand){0};
    if (p->token.kind == DB_TOKEN_VALUE) {
        ret->kind = DB_OPERAND_LITERAL;
        return db_parse_literal(p, &ret->literal);
    }
    if (at_call(p))
        return parse_size(p, ret);
    ret->kind = DB_OPERAND_PATH;
    return db_parse_path(p, &ret->path);
}

/* Operands between parentheses, separated by commas, after the opening one. */
static int parse_list(struct db_parser *p, size_t room, struct db_operand *ret, size_t *ret_len)
{
    size_t len = 0;
    do {
        struct db_operand operand;
        int rc = parse_operand(p, &operand);
        if (rc)
            return rc;
        if (len < room)
            ret[len] = operand;
        len++;
    } while (db_take_sign(p, ","));
    *ret_len = len;
    return db_expect_sign(p, ")");
}

static struct db_condition *new_test(struct db_parser *p, enum db_test test,
                                     const struct db_operand *operands, size_t len)
{
    struct db_condition *condition = UNUM_ARENA_NEW(p->arena, struct db_condition);
    struct db_operand *kept = unum_arena_array(p->arena, len, sizeof(*kept));
    memcpy(kept, operands, len * sizeof(*kept));
    condition->test = test;
    condition->operands = kept;
    condition->len = len;
    return condition;
}

static int check_call(struct db_parser *p, const struct function_row *row,
                      const struct db_operand *operands, size_t len)
{
    if (len != row->operands)
        return db_invalid(p,
                          "Incorrect number of operands for operator or function; operator or "
                          "function: %s, number of operands: %zu",
                          row->name, len);
    if (row->path_first && operands[0].kind != DB_OPERAND_PATH)
        return db_invalid(p,
                          "Operator or function requires a document path; operator or function: %s",
                          row->name);
    for (size_t i = 0; i < len; i++) {
        int rc = check_literal(p, &operands[i], row->literals, "operator or function", row->name);
        if (rc)
            return rc;
    }
    if (row->test != DB_TEST_TYPE)
        return 0;
    enum db_type type;
    if (operands[1].kind != DB_OPERAND_LITERAL)
        return db_invalid(p, "Incorrect operand type for operator or function; operator or "
                             "function: attribute_type, operand type: "
                             "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}");
    if (!db_type_find(operands[1].literal->text, &type))
        return db_invalid(p,
                          "Invalid attribute type name found; type: %.*s, valid types: "
                          "{B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
                          UNUM_STR_ARG(unum_str_slice(operands[1].literal->text, 0, 64)));
    return 0;
}

/* NULL: the current token is not the name of a function that is a condition. */
static const struct function_row *find_function(const struct db_parser *p)
{
    for (size_t i = 0; at_call(p) && i < UNUM_COUNT(functions); i++) {
        if (unum_str_is(p->token.text, functions[i].name))
            return &functions[i];
    }
    return NULL;
}

static int parse_call(struct db_parser *p, const struct function_row *row,
                      struct db_condition **ret)
{
    int rc = db_count_operator(p);
    if (rc)
        return rc;
    db_next(p);
    db_next(p);
    struct db_operand operands[2];
    size_t len = 0;
    rc = parse_list(p, UNUM_COUNT(operands), operands, &len);
    if (!rc)
        rc = check_call(p, row, operands, len);
    if (rc)
        return rc;
    *ret = new_test(p, row->test, operands, len);
    return 0;
}

static int parse_between(struct db_parser *p, struct db_operand *operands,
                         struct db_condition **ret)
{
    for (size_t i = 1; i <= 2; i++) {
        if (i == 2 && !db_take_keyword(p, "AND"))
            return db_syntax_error(p);
        int rc = parse_operand(p, &operands[i]);
        if (!rc)
            rc = check_literal(p, &operands[i], DB_SCALARS, "operator", "BETWEEN");
        if (rc)
            return rc;
    }
    if (operands[1].kind == DB_OPERAND_LITERAL && operands[2].kind == DB_OPERAND_LITERAL) {
        int cmp = 0;
        if (!db_value_order(operands[1].literal, operands[2].literal, &cmp))
            return db_invalid(p, "The BETWEEN operator requires same data type for lower and "
                                 "upper bounds");
        if (cmp > 0)
            return db_invalid(p, "The BETWEEN operator requires upper bound to be greater than "
                                 "or equal to lower bound");
    }
    *ret = new_test(p, DB_TEST_BETWEEN, operands, 3);
    return 0;
}

static int parse_in(struct db_parser *p, const struct db_operand *first, struct db_condition **ret)
{
    int rc = db_expect_sign(p, "(");
    if (rc)
        return rc;
    struct db_operand operands[DB_IN_OPERANDS + 1];
    operands[0] = *first;
    size_t len = 0;
    rc = parse_list(p, DB_IN_OPERANDS, operands + 1, &len);
    if (rc)
        return rc;
    if (len > DB_IN_OPERANDS)
        return db_invalid(p,
                          "Incorrect number of operands for operator or function; operator or "
                          "function: IN, number of operands: %zu",
                          len + 1);
    *ret = new_test(p, DB_TEST_IN, operands, len + 1);
    return 0;
}

static int parse_comparison(struct db_parser *p, const struct comparator_row *row,
                            struct db_operand *operands, struct db_condition **ret)
{
    int rc = parse_operand(p, &operands[1]);
    for (size_t i = 0; !rc && i < 2; i++)
        rc = check_literal(p, &operands[i], row->literals, "operator", row->sign);
    if (rc)
        return rc;
    if (operands[0].kind == DB_OPERAND_PATH && operands[1].kind == DB_OPERAND_PATH &&
        db_same_path(&operands[0].path, &operands[1].path)) {
        struct unum_str path = db_path_text(&operands[0].path, p->arena);
        return db_invalid(p,
                          "The first operand must be distinct from the remaining operands for "
                          "this operator or function; operator: %s, first operand: %.*s",
                          row->sign, UNUM_STR_ARG(path));
    }
    *ret = new_test(p, row->test, operands, 2);
    return 0;
}

static int parse_test(struct db_parser *p, struct db_condition **ret)
{
    struct db_operand operands[3];
    int rc = parse_operand(p, &operands[0]);
    if (!rc)
        rc = db_count_operator(p);
    if (rc)
        return rc;
    if (db_take_keyword(p, "BETWEEN"))
        return parse_between(p, operands, ret);
    if (db_take_keyword(p, "IN"))
        return parse_in(p, &operands[0], ret);
    for (size_t i = 0; i < UNUM_COUNT(comparators); i++) {
        if (db_take_sign(p, comparators[i].sign))
            return parse_comparison(p, &comparators[i], operands, ret);
    }
    return db_syntax_error(p);
}

static int parse_primary(struct db_parser *p, struct db_condition **ret)
{
    if (!db_take_sign(p, "(")) {
        const struct function_row *row = find_function(p);
        return row ? parse_call(p, row, ret) : parse_test(p, ret);
    }
    int rc = db_enter(p);
    if (!rc)
        rc = parse_or(p, ret);
    if (!rc)
        rc = db_expect_sign(p, ")");
    if (rc)
        return rc;
    db_leave(p);
    if ((*ret)->in_parentheses)
        return db_invalid(p, "The expression has redundant parentheses;");
    (*ret)->in_parentheses = true;
    return 0;
}

static struct db_condition *join(struct db_parser *p, enum db_test test,
                                 const struct db_condition *left, const struct db_condition *right)
{
    struct db_condition *condition = UNUM_ARENA_NEW(p->arena, struct db_condition);
    condition->test = test;
    condition->left = left;
    condition->right = right;
    return condition;
}

static int parse_not(struct db_parser *p, struct db_condition **ret)
{
    if (!db_take_keyword(p, "NOT"))
        return parse_primary(p, ret);
    int rc = db_count_operator(p);
    if (!rc)
        rc = db_enter(p);
    if (!rc)
        rc = parse_not(p, ret);
    if (rc)
        return rc;
    db_leave(p);
    *ret = join(p, DB_TEST_NOT, *ret, NULL);
    return 0;
}

/* left-associative chains of one connective */
static int parse_chain(struct db_parser *p, const char *keyword, enum db_test test,
                       int (*parse_part)(struct db_parser *, struct db_condition **),
                       struct db_condition **ret)
{
    int rc = parse_part(p, ret);
    while (!rc && db_take_keyword(p, keyword)) {
        struct db_condition *left = *ret, *right = NULL;
        rc = db_count_operator(p);
        if (!rc)
            rc = parse_part(p, &right);
        if (!rc)
            *ret = join(p, test, left, right);
    }
    return rc;
}

static int parse_and(struct db_parser *p, struct db_condition **ret)
{
    return parse_chain(p, "AND", DB_TEST_AND, parse_not, ret);
}

static int parse_or(struct db_parser *p, struct db_condition **ret)
{
    return parse_chain(p, "OR", DB_TEST_OR, parse_and, ret);
}

int db_condition_parse(struct unum_str text, const char *parameter, struct db_scope *scope,
                       const struct db_condition **ret, struct db_fault *fault)
{
    struct db_parser p;
    int rc = db_parser_init(&p, text, parameter, scope, fault);
    if (rc)
        return rc;
    struct db_condition *condition = NULL;
    rc = parse_or(&p, &condition);
    if (!rc && p.token.kind != DB_TOKEN_END)
        rc = db_syntax_error(&p);
    if (!rc)
        *ret = condition;
    return rc;
}
