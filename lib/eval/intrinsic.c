#include <stdio.h>
#include <string.h>

#include "base/vec.h"
#include "eval/check.h"
#include "eval/intrinsic_internal.h"

struct scan {
    struct unum_str text;
    size_t at;
    unsigned depth;
    struct unum_arena *arena;
    struct eval_flaw *flaw;
};

static bool flawed(struct scan *s, size_t at, const char *why)
{
    if (!s->flaw->why)
        *s->flaw = (struct eval_flaw){at, why};
    return false;
}

static char peek(const struct scan *s)
{
    return s->at < s->text.len ? s->text.ptr[s->at] : '\0';
}

static bool done(const struct scan *s)
{
    return s->at >= s->text.len;
}

static void blanks(struct scan *s)
{
    while (peek(s) == ' ' || peek(s) == '\t' || peek(s) == '\n' || peek(s) == '\r')
        s->at++;
}

static bool skip_quoted(struct scan *s)
{
    size_t start = s->at;
    char quote = peek(s);
    s->at++;
    while (!done(s) && peek(s) != quote)
        s->at += peek(s) == '\\' ? 2 : 1;
    if (done(s))
        return flawed(s, start, "the quote is not closed");
    s->at++;
    return true;
}

/* A path ends at a comma, blank or parenthesis outside of its own brackets. */
static bool path(struct scan *s, struct call_node *node)
{
    size_t start = s->at;
    size_t open = 0;
    while (!done(s)) {
        char c = peek(s);
        if (open && (c == '\'' || c == '"')) {
            if (!skip_quoted(s))
                return false;
            continue;
        }
        if (!open && (c == ',' || c == ')' || c == ' ' || c == '\t' || c == '\n'))
            break;
        open += c == '[' || c == '(';
        open -= (c == ']' || c == ')') && open;
        s->at += c == '\\' && s->at + 1 < s->text.len ? 2 : 1;
    }
    struct eval_query query;
    struct eval_flaw inner;
    node->kind = CALL_PATH;
    node->text = unum_str_slice(s->text, start, s->at - start);
    return eval_query_parse(node->text, s->arena, &query, &inner) ||
           flawed(s, start + inner.at, inner.why);
}

static bool literal(struct scan *s, struct call_node *node)
{
    size_t start = s->at;
    while (!done(s) && (strchr("+-.", peek(s)) || (peek(s) >= '0' && peek(s) <= '9') ||
                        (peek(s) >= 'a' && peek(s) <= 'z') || peek(s) == 'E'))
        s->at++;
    struct unum_str text = unum_str_slice(s->text, start, s->at - start);
    node->kind = CALL_LITERAL;
    if (text.len > 1 && text.ptr[0] == '+')
        text = unum_str_from_pos(text, 1);
    return json_check(text, &node->text, NULL) == 0 ||
           flawed(s, start,
                  "an argument is a path, a text in single quotes, a number, true, false, null or "
                  "another call");
}

static bool call_parse(struct scan *s, struct call_node *node);

static bool argument(struct scan *s, struct call_node **ret)
{
    *ret = UNUM_ARENA_NEW(s->arena, struct call_node);
    if (peek(s) == '$')
        return path(s, *ret);
    if (peek(s) == '\'') {
        size_t start = s->at;
        (*ret)->kind = CALL_TEXT;
        if (!skip_quoted(s))
            return false;
        (*ret)->text = unum_str_slice(s->text, start + 1, s->at - start - 2);
        return true;
    }
    if (unum_str_starts(unum_str_from_pos(s->text, s->at), UNUM_STR("States.")))
        return call_parse(s, *ret);
    return literal(s, *ret);
}

static bool arguments(struct scan *s, struct call_node *node)
{
    size_t start = s->at++;
    UNUM_VEC(struct call_node *) found = {0};
    bool right = true;
    blanks(s);
    while (right && (peek(s) != ')' || found.len)) {
        blanks(s);
        if (found.len == CALL_LIMIT_ARGUMENTS)
            right = flawed(s, s->at, "more than 256 arguments");
        else
            right = argument(s, unum_vec_push(&found));
        blanks(s);
        if (!right || peek(s) == ')')
            break;
        if (peek(s) != ',')
            right =
                flawed(s, done(s) ? start : s->at,
                       done(s) ? "the parenthesis is not closed" : "here stands \",\" or \")\"");
        s->at++;
    }
    s->at++;
    if (right) {
        node->count = found.len;
        node->arguments = unum_arena_array(s->arena, found.len + 1, sizeof(*node->arguments));
        if (found.len)
            memcpy(node->arguments, found.at, found.len * sizeof(*node->arguments));
    }
    unum_vec_done(&found);
    return right;
}

static bool call_parse(struct scan *s, struct call_node *node)
{
    size_t start = s->at;
    struct unum_str here = unum_str_from_pos(s->text, s->at);
    if (!unum_str_starts(here, UNUM_STR("States.")))
        return flawed(s, start, "an intrinsic call starts with \"States.\"");
    if (s->depth == CALL_LIMIT_DEPTH)
        return flawed(s, start, "intrinsic calls are nested more than 10 levels deep");
    size_t len = 7;
    while (len < here.len && ((here.ptr[len] >= 'a' && here.ptr[len] <= 'z') ||
                              (here.ptr[len] >= 'A' && here.ptr[len] <= 'Z') ||
                              (here.ptr[len] >= '0' && here.ptr[len] <= '9')))
        len++;
    node->kind = CALL_FUNCTION;
    node->function = intrinsic_find(unum_str_slice(here, 7, len - 7));
    if (!node->function)
        return flawed(s, start, "there is no such intrinsic function");
    s->at += len;
    blanks(s);
    if (peek(s) != '(')
        return flawed(s, s->at, "\"(\" is missing behind the name of the function");
    s->depth++;
    if (!arguments(s, node))
        return false;
    s->depth--;
    node->text = unum_str_slice(s->text, start, s->at - start);
    if (node->count < node->function->least)
        return flawed(s, start, "the function needs more arguments");
    return node->count <= node->function->most ||
           flawed(s, start, "the function has fewer arguments");
}

static bool parse(struct unum_str text, struct unum_arena *arena, struct call_node *node,
                  struct eval_flaw *flaw)
{
    *flaw = (struct eval_flaw){0};
    struct scan s = {.text = text, .arena = arena, .flaw = flaw};
    if (text.len > CALL_LIMIT_TEXT)
        return flawed(&s, 0, "longer than 65536 bytes");
    blanks(&s);
    if (!call_parse(&s, node))
        return false;
    blanks(&s);
    return done(&s) || flawed(&s, s.at, "nothing stands behind the call");
}

bool intrinsic_failed(struct call *call, const char *format, ...)
{
    char why[512];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(why, sizeof(why), format, args);
    va_end(args);
    if (len < 0)
        why[0] = '\0';
    return eval_error(call->env, EVAL_INTRINSIC, "The function '%.*s' had the following error: %s",
                      UNUM_STR_ARG(call->node->text), why);
}

struct unum_str intrinsic_unescaped(struct unum_arena *arena, struct unum_str text)
{
    if (unum_str_find(text, '\\') == SIZE_MAX)
        return text;
    char *out = unum_arena_alloc(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\\' && i + 1 < text.len)
            i++;
        out[len++] = text.ptr[i];
    }
    return unum_str_of(out, len);
}

static bool value_of(struct eval_env *env, const struct call_node *node, struct unum_str value,
                     struct unum_str *ret);

static bool run(struct eval_env *env, const struct call_node *node, struct unum_str value,
                struct unum_str *ret)
{
    struct call *call = UNUM_ARENA_NEW(env->arena, struct call);
    call->env = env;
    call->node = node;
    call->values = unum_arena_array(env->arena, node->count + 1, sizeof(*call->values));
    for (size_t i = 0; i < node->count; i++) {
        if (!value_of(env, node->arguments[i], value, &call->values[i]))
            return false;
    }
    return node->function->run(call, ret);
}

static bool value_of(struct eval_env *env, const struct call_node *node, struct unum_str value,
                     struct unum_str *ret)
{
    switch (node->kind) {
    case CALL_FUNCTION:
        return run(env, node, value, ret);
    case CALL_PATH:
        return eval_query_field(env, node->text, value, ret);
    case CALL_TEXT:
        *ret = eval_quoted(env->arena, intrinsic_unescaped(env->arena, node->text));
        return true;
    case CALL_LITERAL:
        break;
    }
    *ret = node->text;
    return true;
}

bool eval_call(struct eval_env *env, struct unum_str text, struct unum_str value,
               struct unum_str *ret)
{
    struct call_node node = {0};
    struct eval_flaw flaw;
    if (!parse(text, env->arena, &node, &flaw))
        return eval_error(env, EVAL_RUNTIME,
                          "'%.*s' is no path and no intrinsic call: %s "
                          "(column %zu)",
                          UNUM_STR_ARG(unum_str_slice(text, 0, 1000)), flaw.why, flaw.at + 1);
    return run(env, &node, value, ret);
}

/* ---- checks ---- */

bool eval_path_check(struct unum_str text, struct eval_flaw *ret)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct eval_query query;
    return eval_query_parse(text, &arena, &query, ret);
}

bool eval_intrinsic_check(struct unum_str text, struct eval_flaw *ret)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct call_node node = {0};
    return parse(text, &arena, &node, ret);
}

static bool expression_check(struct unum_str expression, struct eval_flaw *ret)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_str text = eval_text(&arena, expression);
    if (text.ptr && text.len && text.ptr[0] == '$')
        return eval_path_check(text, ret);
    if (text.ptr)
        return eval_intrinsic_check(text, ret);
    *ret = (struct eval_flaw){0, "a path or an intrinsic call is a text"};
    return false;
}

bool eval_template_check(struct unum_str json, struct unum_str *ret_member, struct eval_flaw *ret)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct json_iter iter = json_iter(json);
    struct unum_str key;
    struct unum_str member;
    *ret = (struct eval_flaw){0};
    while (json_next(&iter, &key, &member)) {
        if (key.ptr && unum_str_ends(eval_text(&arena, key), UNUM_STR(".$"))) {
            if (!expression_check(member, ret)) {
                *ret_member = key;
                return false;
            }
        } else if (!eval_template_check(member, ret_member, ret)) {
            return false;
        }
    }
    return true;
}
