/* UpdateExpression and ProjectionExpression. */
#include "base/vec.h"
#include "local/db_token.h"

static int parse_operand(struct db_parser *p, struct db_operand *ret);

/* What a static look at an operand tells: its type, if it is a literal. */
static int want_type(struct db_parser *p, const struct db_operand *operand, unsigned types,
                     const char *name)
{
    if (operand->kind != DB_OPERAND_LITERAL || (DB_BIT(operand->literal->type) & types))
        return 0;
    return db_invalid(p,
                      "Incorrect operand type for operator or function; operator or function: %s, "
                      "operand type: %s",
                      name, db_type_name(operand->literal->type));
}

struct update_function {
    const char *name;
    enum db_operand_kind kind;
};

static const struct update_function update_functions[] = {
    {"if_not_exists", DB_OPERAND_IF_NOT_EXISTS},
    {"list_append", DB_OPERAND_LIST_APPEND},
};

static int build_call(struct db_parser *p, const struct update_function *function,
                      struct db_operand *const *args, size_t count, struct db_operand *ret)
{
    if (count != 2)
        return db_invalid(p,
                          "Incorrect number of operands for operator or function; operator or "
                          "function: %s, number of operands: %zu",
                          function->name, count);
    ret->kind = function->kind;
    ret->left = args[0];
    ret->right = args[1];
    if (function->kind == DB_OPERAND_IF_NOT_EXISTS) {
        if (args[0]->kind != DB_OPERAND_PATH)
            return db_invalid(p, "Operator or function requires a document path; operator or "
                                 "function: if_not_exists");
        ret->path = args[0]->path;
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        int rc = want_type(p, args[i], DB_BIT(DB_TYPE_L), function->name);
        if (rc)
            return rc;
    }
    return 0;
}

static int parse_call(struct db_parser *p, struct db_operand *ret)
{
    const struct update_function *function = NULL;
    for (size_t i = 0; i < UNUM_COUNT(update_functions); i++) {
        if (unum_str_is(p->token.text, update_functions[i].name))
            function = &update_functions[i];
    }
    if (!function)
        return db_invalid(p, "Invalid function name; function: %.*s", UNUM_STR_ARG(p->token.text));
    int rc = db_count_operator(p);
    if (!rc)
        rc = db_enter(p);
    if (rc)
        return rc;
    db_next(p);
    db_next(p);
    struct db_operand *args[2] = {NULL, NULL};
    size_t count = 0;
    do {
        struct db_operand *arg = UNUM_ARENA_NEW(p->arena, struct db_operand);
        rc = parse_operand(p, arg);
        if (rc)
            return rc;
        if (count < UNUM_COUNT(args))
            args[count] = arg;
        count++;
    } while (db_take_sign(p, ","));
    rc = db_expect_sign(p, ")");
    db_leave(p);
    return rc ? rc : build_call(p, function, args, count, ret);
}

static int parse_operand(struct db_parser *p, struct db_operand *ret)
{
    *ret = (struct db_operand){0};
    if (p->token.kind == DB_TOKEN_VALUE) {
        ret->kind = DB_OPERAND_LITERAL;
        return db_parse_literal(p, &ret->literal);
    }
    if (p->token.kind == DB_TOKEN_WORD && unum_str_is(db_peek(p).text, "("))
        return parse_call(p, ret);
    ret->kind = DB_OPERAND_PATH;
    return db_parse_path(p, &ret->path);
}

/* operand, operand + operand, operand - operand */
static int parse_sum(struct db_parser *p, const struct db_operand **ret)
{
    struct db_operand *first = UNUM_ARENA_NEW(p->arena, struct db_operand);
    int rc = parse_operand(p, first);
    if (rc)
        return rc;
    bool plus = db_at_sign(p, "+");
    if (!plus && !db_at_sign(p, "-")) {
        *ret = first;
        return 0;
    }
    db_next(p);
    rc = db_count_operator(p);
    if (rc)
        return rc;
    struct db_operand *second = UNUM_ARENA_NEW(p->arena, struct db_operand);
    rc = parse_operand(p, second);
    if (!rc)
        rc = want_type(p, first, DB_BIT(DB_TYPE_N), plus ? "+" : "-");
    if (!rc)
        rc = want_type(p, second, DB_BIT(DB_TYPE_N), plus ? "+" : "-");
    if (rc)
        return rc;
    struct db_operand *sum = UNUM_ARENA_NEW(p->arena, struct db_operand);
    sum->kind = plus ? DB_OPERAND_PLUS : DB_OPERAND_MINUS;
    sum->left = first;
    sum->right = second;
    *ret = sum;
    return 0;
}

static const char *long_type_name(enum db_type type)
{
    static const char *const names[DB_TYPE_COUNT] = {
        [DB_TYPE_S] = "STRING",      [DB_TYPE_N] = "NUMBER",      [DB_TYPE_B] = "BINARY",
        [DB_TYPE_BOOL] = "BOOLEAN",  [DB_TYPE_NULL] = "NULL",     [DB_TYPE_SS] = "STRING_SET",
        [DB_TYPE_NS] = "NUMBER_SET", [DB_TYPE_BS] = "BINARY_SET", [DB_TYPE_L] = "LIST",
        [DB_TYPE_M] = "MAP",
    };
    return names[type];
}

/* path :value, of ADD and DELETE */
static int parse_set_operand(struct db_parser *p, unsigned types, const char *section,
                             const struct db_operand **ret)
{
    if (p->token.kind != DB_TOKEN_VALUE)
        return db_syntax_error(p);
    struct db_operand *operand = UNUM_ARENA_NEW(p->arena, struct db_operand);
    operand->kind = DB_OPERAND_LITERAL;
    int rc = db_parse_literal(p, &operand->literal);
    if (rc)
        return rc;
    if (!(DB_BIT(operand->literal->type) & types))
        return db_invalid(p,
                          "Incorrect operand type for operator or function; operator: %s, operand "
                          "type: %s",
                          section, long_type_name(operand->literal->type));
    *ret = operand;
    return 0;
}

struct section_row {
    const char *keyword;
    enum db_action_kind kind;
    unsigned literals; /* ADD, DELETE: types of the operand */
};

static const struct section_row sections[] = {
    {"SET", DB_ACTION_SET, 0},
    {"REMOVE", DB_ACTION_REMOVE, 0},
    {"ADD", DB_ACTION_ADD, DB_SETS | DB_BIT(DB_TYPE_N)},
    {"DELETE", DB_ACTION_DELETE, DB_SETS},
};

static int parse_action(struct db_parser *p, const struct section_row *row,
                        struct db_action *action)
{
    action->kind = row->kind;
    int rc = db_parse_path(p, &action->path);
    if (rc)
        return rc;
    if (row->kind == DB_ACTION_REMOVE)
        return 0;
    if (row->kind == DB_ACTION_SET) {
        rc = db_expect_sign(p, "=");
        return rc ? rc : parse_sum(p, &action->operand);
    }
    return parse_set_operand(p, row->literals, row->keyword, &action->operand);
}

static struct db_action *push_action(struct db_parser *p, struct db_update *update)
{
    if (update->len == update->cap) {
        size_t cap = update->cap ? update->cap * 2 : 4;
        struct db_action *grown = unum_arena_array(p->arena, cap, sizeof(*grown));
        for (size_t i = 0; i < update->len; i++)
            grown[i] = update->at[i];
        update->at = grown;
        update->cap = cap;
    }
    update->at[update->len] = (struct db_action){0};
    return &update->at[update->len++];
}

static int parse_section(struct db_parser *p, unsigned *seen, struct db_update *update)
{
    for (size_t i = 0; i < UNUM_COUNT(sections); i++) {
        if (!db_take_keyword(p, sections[i].keyword))
            continue;
        if (*seen & DB_BIT(i))
            return db_invalid(p,
                              "The \"%s\" section can only be used once in an update expression;",
                              sections[i].keyword);
        *seen |= DB_BIT(i);
        do {
            int rc = db_count_operator(p);
            if (!rc)
                rc = parse_action(p, &sections[i], push_action(p, update));
            if (rc)
                return rc;
        } while (db_take_sign(p, ","));
        return 0;
    }
    return db_syntax_error(p);
}

int db_update_parse(struct unum_str text, struct db_scope *scope, struct db_update *ret,
                    struct db_fault *fault)
{
    struct db_parser p;
    struct db_update update = {0};
    unsigned seen = 0;
    int rc = db_parser_init(&p, text, "UpdateExpression", scope, fault);
    if (rc)
        return rc;
    do {
        rc = parse_section(&p, &seen, &update);
    } while (!rc && p.token.kind != DB_TOKEN_END);
    if (rc)
        return rc;
    const struct db_path **paths = unum_arena_array(p.arena, update.len, sizeof(struct db_path *));
    for (size_t i = 0; i < update.len; i++)
        paths[i] = &update.at[i].path;
    rc = db_paths_check(paths, update.len, "UpdateExpression", p.arena, fault);
    if (!rc)
        *ret = update;
    return rc;
}

int db_projection_parse(struct unum_str text, struct db_scope *scope, struct db_projection *ret,
                        struct db_fault *fault)
{
    struct db_parser p;
    int rc = db_parser_init(&p, text, "ProjectionExpression", scope, fault);
    if (rc)
        return rc;
    UNUM_VEC(struct db_path) found = {0};
    do {
        struct db_path path = {0};
        rc = db_parse_path(&p, &path);
        if (!rc)
            *unum_vec_push(&found) = path;
    } while (!rc && db_take_sign(&p, ","));
    if (!rc && p.token.kind != DB_TOKEN_END)
        rc = db_syntax_error(&p);
    struct db_projection projection = {.len = found.len};
    projection.at = unum_arena_array(p.arena, found.len, sizeof(*projection.at));
    const struct db_path **paths = unum_arena_array(p.arena, found.len, sizeof(struct db_path *));
    for (size_t i = 0; i < found.len; i++) {
        projection.at[i] = found.at[i];
        paths[i] = &projection.at[i];
    }
    unum_vec_done(&found);
    if (!rc)
        rc = db_paths_check(paths, projection.len, "ProjectionExpression", p.arena, fault);
    if (!rc)
        *ret = projection;
    return rc;
}
