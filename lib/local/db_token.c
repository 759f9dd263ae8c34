#include "local/db_token.h"

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word_char(char c)
{
    return is_letter(c) || is_digit(c) || c == '_';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t skip_word(struct unum_str text, size_t at)
{
    while (at < text.len && is_word_char(text.ptr[at]))
        at++;
    return at;
}

static size_t sign_length(struct unum_str text, size_t at)
{
    static const char *const two[] = {"<>", "<=", ">="};
    for (size_t i = 0; i < UNUM_COUNT(two); i++) {
        if (unum_str_starts(unum_str_from_pos(text, at), unum_str_from(two[i])))
            return 2;
    }
    static const char one[] = "()[],.=<>+-";
    return unum_str_find(unum_str_from(one), text.ptr[at]) != SIZE_MAX;
}

static struct db_token token_at(struct unum_str text, size_t at)
{
    while (at < text.len && is_blank(text.ptr[at]))
        at++;
    struct db_token token = {.kind = DB_TOKEN_END, .start = at, .end = at};
    token.text = UNUM_STR("<EOF>");
    if (at == text.len)
        return token;
    char c = text.ptr[at];
    if (is_letter(c)) {
        token.kind = DB_TOKEN_WORD;
        token.end = skip_word(text, at);
    } else if (is_digit(c)) {
        token.kind = DB_TOKEN_INDEX;
        token.end = skip_word(text, at); /* "1a" is one broken token */
    } else if ((c == '#' || c == ':') && skip_word(text, at + 1) > at + 1) {
        token.kind = c == '#' ? DB_TOKEN_NAME : DB_TOKEN_VALUE;
        token.end = skip_word(text, at + 1);
    } else {
        size_t len = sign_length(text, at);
        token.kind = len ? DB_TOKEN_SIGN : DB_TOKEN_BROKEN;
        size_t whole = unum_utf8_length(unum_str_from_pos(text, at));
        token.end = at + (len ? len : whole ? whole : 1);
    }
    token.text = unum_str_slice(text, at, token.end - at);
    return token;
}

int db_parser_init(struct db_parser *p, struct unum_str text, const char *parameter,
                   struct db_scope *scope, struct db_fault *fault)
{
    *p = (struct db_parser){.text = text,
                            .parameter = parameter,
                            .scope = scope,
                            .arena = scope->arena,
                            .fault = fault};
    if (!text.len)
        return db_invalid(p, "The expression can not be empty;");
    if (text.len > DB_EXPRESSION_BYTES)
        return db_invalid(p,
                          "Expression size has exceeded the maximum allowed size; expression "
                          "size: %zu",
                          text.len);
    p->token = token_at(text, 0);
    p->before = p->token.start;
    return 0;
}

void db_next(struct db_parser *p)
{
    p->before = p->token.start;
    p->token = token_at(p->text, p->token.end);
}

struct db_token db_peek(const struct db_parser *p)
{
    return token_at(p->text, p->token.end);
}

bool db_at_sign(const struct db_parser *p, const char *sign)
{
    return p->token.kind == DB_TOKEN_SIGN && unum_str_is(p->token.text, sign);
}

bool db_at_keyword(const struct db_parser *p, const char *keyword)
{
    return p->token.kind == DB_TOKEN_WORD && unum_str_ieq(p->token.text, unum_str_from(keyword));
}

bool db_take_sign(struct db_parser *p, const char *sign)
{
    if (!db_at_sign(p, sign))
        return false;
    db_next(p);
    return true;
}

bool db_take_keyword(struct db_parser *p, const char *keyword)
{
    if (!db_at_keyword(p, keyword))
        return false;
    db_next(p);
    return true;
}

int db_expect_sign(struct db_parser *p, const char *sign)
{
    return db_take_sign(p, sign) ? 0 : db_syntax_error(p);
}

int db_invalid(struct db_parser *p, const char *format, ...)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(DB_EXPRESSION_BYTES * 4);
    va_list args;
    va_start(args, format);
    unum_buf_vprintf(&text, format, args);
    va_end(args);
    return db_refuse(p->fault, DB_VALIDATION, "Invalid %s: %s", p->parameter, unum_buf_text(&text));
}

int db_syntax_error(struct db_parser *p)
{
    size_t end = db_peek(p).end;
    struct unum_str near = unum_str_slice(p->text, p->before, end - p->before);
    return db_invalid(p, "Syntax error; token: \"%.*s\", near: \"%.*s\"",
                      UNUM_STR_ARG(p->token.text), UNUM_STR_ARG(near));
}

int db_count_operator(struct db_parser *p)
{
    if (++p->operators <= DB_OPERATORS)
        return 0;
    return db_invalid(p, "The expression has more than %d operators and functions",
                      (int)DB_OPERATORS);
}

int db_enter(struct db_parser *p)
{
    if (++p->depth <= DB_OPERATORS)
        return 0;
    return db_invalid(p, "The expression is nested too deeply");
}

void db_leave(struct db_parser *p)
{
    p->depth--;
}

/* One name of a path: a word that is not reserved, or what a placeholder stands for. */
static int parse_name(struct db_parser *p, struct unum_str *ret)
{
    if (p->token.kind == DB_TOKEN_WORD) {
        if (db_is_reserved(p->token.text))
            return db_invalid(p, "Attribute name is a reserved keyword; reserved keyword: %.*s",
                              UNUM_STR_ARG(p->token.text));
        *ret = p->token.text;
        db_next(p);
        return 0;
    }
    if (p->token.kind != DB_TOKEN_NAME)
        return db_syntax_error(p);
    for (size_t i = 0; i < p->scope->names_len; i++) {
        struct db_name *name = &p->scope->names[i];
        if (unum_str_eq(name->placeholder, p->token.text)) {
            name->used = true;
            *ret = name->name;
            db_next(p);
            return 0;
        }
    }
    return db_invalid(p,
                      "An expression attribute name used in the document path is not defined; "
                      "attribute name: %.*s",
                      UNUM_STR_ARG(p->token.text));
}

static int parse_index(struct db_parser *p, uint32_t *ret)
{
    uint64_t index;
    if (p->token.kind != DB_TOKEN_INDEX || !unum_str_to_u64(p->token.text, &index))
        return db_syntax_error(p);
    if (index > UINT32_MAX)
        return db_invalid(p, "List index is not within the allowable range; index: [%.*s]",
                          UNUM_STR_ARG(p->token.text));
    *ret = (uint32_t)index;
    db_next(p);
    return db_expect_sign(p, "]");
}

int db_parse_path(struct db_parser *p, struct db_path *ret)
{
    struct db_step steps[DB_NESTING + 1];
    size_t len = 0;
    do {
        bool last_is_index = false;
        do {
            if (len == UNUM_COUNT(steps))
                return db_invalid(p,
                                  "The document path has too many nesting elements; nesting "
                                  "levels: %zu",
                                  len + 1);
            struct db_step *step = &steps[len++];
            *step = (struct db_step){0};
            int rc = last_is_index ? parse_index(p, &step->index) : parse_name(p, &step->name);
            if (rc)
                return rc;
            last_is_index = db_take_sign(p, "[");
        } while (last_is_index);
    } while (db_take_sign(p, "."));
    ret->at = unum_arena_array(p->arena, len, sizeof(*ret->at));
    for (size_t i = 0; i < len; i++)
        ret->at[i] = steps[i];
    ret->len = len;
    return 0;
}

int db_parse_literal(struct db_parser *p, const struct db_value **ret)
{
    for (size_t i = 0; i < p->scope->literals_len; i++) {
        struct db_literal *literal = &p->scope->literals[i];
        if (unum_str_eq(literal->placeholder, p->token.text)) {
            literal->used = true;
            *ret = &literal->value;
            db_next(p);
            return 0;
        }
    }
    return db_invalid(p,
                      "An expression attribute value used in expression is not defined; attribute "
                      "value: %.*s",
                      UNUM_STR_ARG(p->token.text));
}
