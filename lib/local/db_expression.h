/*
 * db_expression: the expressions of DynamoDB requests as trees, and what they mean.
 *
 * Grammar: Developer Guide, "Using expressions in DynamoDB". Placeholders (#name, :value) are
 * replaced while parsing; everything lives in the arena of the request.
 */
#ifndef UNUM_LOCAL_DB_EXPRESSION_H
#define UNUM_LOCAL_DB_EXPRESSION_H

#include "local/db_value.h"

enum {
    DB_EXPRESSION_BYTES = 4096,
    DB_OPERATORS = 300,  /* operators and functions in one expression */
    DB_IN_OPERANDS = 100 /* on the right side of IN */
};

struct db_step {
    struct unum_str name; /* ptr NULL: an element of a list */
    uint32_t index;
};

/* a.b[0].c */
struct db_path {
    struct db_step *at;
    size_t len;
};

enum db_operand_kind {
    DB_OPERAND_PATH,
    DB_OPERAND_LITERAL,
    DB_OPERAND_SIZE,          /* of path */
    DB_OPERAND_PLUS,          /* left + right */
    DB_OPERAND_MINUS,         /* left - right */
    DB_OPERAND_IF_NOT_EXISTS, /* path, else right */
    DB_OPERAND_LIST_APPEND,   /* left, right */
};

struct db_operand {
    enum db_operand_kind kind;
    struct db_path path;
    const struct db_value *literal;
    const struct db_operand *left, *right;
};

enum db_test {
    DB_TEST_AND,
    DB_TEST_OR,
    DB_TEST_NOT,
    DB_TEST_EQ,
    DB_TEST_NE,
    DB_TEST_LT,
    DB_TEST_LE,
    DB_TEST_GT,
    DB_TEST_GE,
    DB_TEST_BETWEEN,
    DB_TEST_IN,
    DB_TEST_EXISTS,
    DB_TEST_NOT_EXISTS,
    DB_TEST_TYPE,
    DB_TEST_BEGINS_WITH,
    DB_TEST_CONTAINS,
};

struct db_condition {
    enum db_test test;
    bool in_parentheses;
    const struct db_condition *left, *right; /* AND, OR; NOT: left */
    const struct db_operand *operands;       /* of all other tests */
    size_t len;
};

enum db_action_kind { DB_ACTION_SET, DB_ACTION_REMOVE, DB_ACTION_ADD, DB_ACTION_DELETE };

struct db_action {
    enum db_action_kind kind;
    struct db_path path;
    const struct db_operand *operand; /* not for REMOVE */
};

struct db_update {
    struct db_action *at;
    size_t len, cap;
};

struct db_projection {
    struct db_path *at;
    size_t len, cap;
};

/* What placeholders stand for, and whether they were needed. */
struct db_name {
    struct unum_str placeholder, name;
    bool used;
};

struct db_literal {
    struct unum_str placeholder;
    struct db_value value;
    bool used;
};

struct db_scope {
    struct unum_arena *arena;
    struct db_name *names;
    struct db_literal *literals;
    size_t names_len, literals_len;
};

/* Read ExpressionAttributeNames and ExpressionAttributeValues (JSON objects, or ptr NULL). */
UNUM_CHECKED int db_scope_read(struct unum_str names, struct unum_str values,
                               struct unum_arena *arena, struct db_scope *ret,
                               struct db_fault *fault);
/* Placeholders nobody used are refused, as by the service. */
UNUM_CHECKED int db_scope_check_used(const struct db_scope *scope, struct db_fault *fault);

/* `parameter` is the name of the request's parameter, for messages: "FilterExpression". */
UNUM_CHECKED int db_condition_parse(struct unum_str text, const char *parameter,
                                    struct db_scope *scope, const struct db_condition **ret,
                                    struct db_fault *fault);
UNUM_CHECKED int db_update_parse(struct unum_str text, struct db_scope *scope,
                                 struct db_update *ret, struct db_fault *fault);
UNUM_CHECKED int db_projection_parse(struct unum_str text, struct db_scope *scope,
                                     struct db_projection *ret, struct db_fault *fault);
/* "[a, b, [0]]", as in messages. */
struct unum_str db_path_text(const struct db_path *path, struct unum_arena *arena);
/* Refuse two of `count` paths of which one leads through the other. */
UNUM_CHECKED int db_paths_check(const struct db_path *const *paths, size_t count,
                                const char *parameter, struct unum_arena *arena,
                                struct db_fault *fault);

/* The value at `path`, or NULL. */
struct db_value *db_path_get(const struct db_value *item, const struct db_path *path);
/* Does the condition hold for an item? An absent item is one without attributes. */
bool db_condition_holds(const struct db_condition *condition, const struct db_value *item);
/* Change `item` in place. All operands are read from the item as it was. */
UNUM_CHECKED int db_update_apply(const struct db_update *update, struct db_value *item,
                                 struct unum_arena *arena, struct db_fault *fault);
/* The parts of `item` that the paths name; values are shared. */
struct db_value *db_project(const struct db_path *const *paths, size_t count,
                            const struct db_value *item, struct unum_arena *arena);

#endif
