/*
 * db_token: the words of an expression, and the parts of its grammar that conditions, updates and
 * projections share. Internal to the parsers.
 */
#ifndef UNUM_LOCAL_DB_TOKEN_H
#define UNUM_LOCAL_DB_TOKEN_H

#include "local/db_expression.h"

enum db_token_kind {
    DB_TOKEN_END,
    DB_TOKEN_WORD,  /* attribute, function, keyword */
    DB_TOKEN_NAME,  /* #name */
    DB_TOKEN_VALUE, /* :value */
    DB_TOKEN_INDEX, /* digits */
    DB_TOKEN_SIGN,  /* punctuation and comparators */
    DB_TOKEN_BROKEN,
};

struct db_token {
    enum db_token_kind kind;
    size_t start, end; /* offsets in the text */
    struct unum_str text;
};

struct db_parser {
    struct unum_str text;
    const char *parameter;
    struct db_scope *scope;
    struct unum_arena *arena;
    struct db_fault *fault;
    struct db_token token; /* the current one */
    size_t before;         /* start of the one before */
    unsigned operators;    /* seen so far */
    unsigned depth;        /* parentheses and calls around */
};

/* Start on `text`; refuses an empty and a too long one. */
UNUM_CHECKED int db_parser_init(struct db_parser *p, struct unum_str text, const char *parameter,
                                struct db_scope *scope, struct db_fault *fault);
void db_next(struct db_parser *p);
/* The token after the current one. */
struct db_token db_peek(const struct db_parser *p);
bool db_at_sign(const struct db_parser *p, const char *sign);
bool db_at_keyword(const struct db_parser *p, const char *keyword); /* any case */
/* Go over the sign or keyword if it is there. */
bool db_take_sign(struct db_parser *p, const char *sign);
bool db_take_keyword(struct db_parser *p, const char *keyword);
UNUM_CHECKED int db_expect_sign(struct db_parser *p, const char *sign);

/* "Invalid FilterExpression: ..." */
int db_invalid(struct db_parser *p, const char *format, ...) UNUM_PRINTF(2, 3);
/* "Syntax error; token: ..., near: ..." at the current token. */
int db_syntax_error(struct db_parser *p);
/* Count one more operator or function. */
UNUM_CHECKED int db_count_operator(struct db_parser *p);
UNUM_CHECKED int db_enter(struct db_parser *p);
void db_leave(struct db_parser *p);

UNUM_CHECKED int db_parse_path(struct db_parser *p, struct db_path *ret);
/* :value */
UNUM_CHECKED int db_parse_literal(struct db_parser *p, const struct db_value **ret);

bool db_same_path(const struct db_path *a, const struct db_path *b);
bool db_is_reserved(struct unum_str word);

#endif
