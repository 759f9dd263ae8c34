/* Filters of a JSONPath: [?(@.a == 1 && !(@.b))]. */
#include <math.h>
#include <string.h>

#include "base/limits.h"
#include "eval/eval_internal.h"
#include "eval/query_internal.h"

static const struct {
    const char *text;
    enum filter_operator op;
    bool word;
} operators[] = {
    {"==", FILTER_EQ, false},
    {"!=", FILTER_NE, false},
    {"<=", FILTER_LE, false},
    {">=", FILTER_GE, false},
    {"<", FILTER_LT, false},
    {">", FILTER_GT, false},
    {"in", FILTER_IN, true},
    {"nin", FILTER_NIN, true},
    {"contains", FILTER_CONTAINS, true},
    {"size", FILTER_SIZE, true},
    {"empty", FILTER_EMPTY, true},
    {"subsetof", FILTER_SUBSETOF, true},
    {"anyof", FILTER_ANYOF, true},
    {"noneof", FILTER_NONEOF, true},
};

static struct unum_str rest(const struct query_scan *s)
{
    return unum_str_from_pos(s->text, s->at);
}

static bool literal_word(struct query_scan *s, const char *word)
{
    struct unum_str wanted = unum_str_from(word);
    if (!unum_str_starts(rest(s), wanted))
        return false;
    s->at += wanted.len;
    return true;
}

static bool literal_text(struct query_scan *s, struct unum_str *ret)
{
    struct unum_str text;
    if (!query_quoted(s, &text))
        return false;
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    json_quote(&out, text);
    *ret = unum_arena_str(s->arena, unum_buf_str(&out));
    return true;
}

static bool literal_number(struct query_scan *s, struct unum_str *ret)
{
    size_t start = s->at;
    while (!query_done(s) && strchr("+-.0123456789eE", query_peek(s)))
        s->at++;
    struct unum_str text = unum_str_slice(s->text, start, s->at - start);
    if (json_check(text, ret, NULL) != 0 || json_type(*ret) != JSON_NUMBER)
        return query_flaw(s, start,
                          "a filter compares paths, numbers, texts, lists, true, false "
                          "and null");
    *ret = unum_arena_str(s->arena, *ret);
    return true;
}

static bool literal(struct query_scan *s, struct unum_str *ret);

static bool literal_list(struct query_scan *s, struct unum_str *ret)
{
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    struct json_writer w = JSON_WRITER(&out);
    size_t start = s->at++;
    json_array_begin(&w);
    for (;;) {
        query_blanks(s);
        if (query_peek(s) == ']')
            break;
        struct unum_str element;
        if (query_done(s))
            return query_flaw(s, start, "the list is not closed");
        if (!literal(s, &element))
            return false;
        json_raw(&w, element);
        query_blanks(s);
        if (query_peek(s) == ',')
            s->at++;
        else if (query_peek(s) != ']')
            return query_flaw(s, s->at, "here stands \",\" or \"]\"");
    }
    s->at++;
    json_array_end(&w);
    *ret = unum_arena_str(s->arena, unum_buf_str(&out));
    return true;
}

static bool literal(struct query_scan *s, struct unum_str *ret)
{
    static const char *const words[] = {"true", "false", "null"};
    char c = query_peek(s);
    if (c == '\'' || c == '"')
        return literal_text(s, ret);
    if (c == '[') {
        if (++s->depth > EVAL_LIMIT_QUERY_DEPTH)
            return query_flaw(s, s->at, "nested too deep");
        bool right = literal_list(s, ret);
        s->depth--;
        return right;
    }
    for (size_t i = 0; i < UNUM_COUNT(words); i++) {
        if (literal_word(s, words[i])) {
            *ret = unum_str_from(words[i]);
            return true;
        }
    }
    return literal_number(s, ret);
}

static bool operand(struct query_scan *s, struct filter_operand *ret)
{
    query_blanks(s);
    char c = query_peek(s);
    if (c != '@' && c != '$')
        return literal(s, &ret->literal);
    s->at++;
    if (++s->depth > EVAL_LIMIT_QUERY_DEPTH)
        return query_flaw(s, s->at, "nested too deep");
    ret->from_root = c == '$';
    ret->path = UNUM_ARENA_NEW(s->arena, struct eval_query);
    bool right = query_steps(s, true, ret->path);
    s->depth--;
    return right;
}

static bool operator(struct query_scan *s, enum filter_operator *ret)
{
    query_blanks(s);
    for (size_t i = 0; i < UNUM_COUNT(operators); i++) {
        struct unum_str text = unum_str_from(operators[i].text);
        struct unum_str here = rest(s);
        if (!unum_str_ieq(unum_str_slice(here, 0, text.len), text))
            continue;
        char next = here.len > text.len ? here.ptr[text.len] : ' ';
        if (operators[i].word && next != ' ' && next != '[' && next != '\'' && next != '"')
            continue;
        s->at += text.len;
        *ret = operators[i].op;
        return true;
    }
    return false;
}

static bool either(struct query_scan *s, struct query_filter **ret);

static bool term(struct query_scan *s, struct query_filter **ret)
{
    query_blanks(s);
    struct query_filter *filter = UNUM_ARENA_NEW(s->arena, struct query_filter);
    *ret = filter;
    if (query_peek(s) == '!' || query_peek(s) == '(') {
        if (++s->depth > EVAL_LIMIT_QUERY_DEPTH)
            return query_flaw(s, s->at, "nested too deep");
        bool right;
        if (query_peek(s) == '!') {
            s->at++;
            filter->kind = FILTER_NOT;
            right = term(s, &filter->left);
        } else {
            right = query_filter_parse(s, ret);
        }
        s->depth--;
        return right;
    }
    size_t start = s->at;
    if (!operand(s, &filter->a))
        return false;
    if (operator(s, &filter->op)) {
        filter->kind = FILTER_COMPARE;
        return operand(s, &filter->b);
    }
    query_blanks(s);
    if (query_peek(s) == '=')
        return query_flaw(s, s->at, "this operator is not supported in filters");
    filter->kind = FILTER_EXISTS;
    return filter->a.path || query_flaw(s, start, "an operator is missing in the filter");
}

static bool joined(struct query_scan *s, struct query_filter **ret, const char *by,
                   enum filter_kind kind, bool (*part)(struct query_scan *, struct query_filter **))
{
    if (!part(s, ret))
        return false;
    for (;;) {
        query_blanks(s);
        if (!literal_word(s, by))
            return true;
        struct query_filter *both = UNUM_ARENA_NEW(s->arena, struct query_filter);
        both->kind = kind;
        both->left = *ret;
        *ret = both;
        if (!part(s, &both->right))
            return false;
    }
}

static bool both(struct query_scan *s, struct query_filter **ret)
{
    return joined(s, ret, "&&", FILTER_AND, term);
}

static bool either(struct query_scan *s, struct query_filter **ret)
{
    return joined(s, ret, "||", FILTER_OR, both);
}

bool query_filter_parse(struct query_scan *s, struct query_filter **ret)
{
    size_t start = s->at++;
    if (!either(s, ret))
        return false;
    query_blanks(s);
    if (query_peek(s) != ')')
        return query_flaw(s, query_done(s) ? start : s->at,
                          query_done(s) ? "the parenthesis is not closed"
                                        : "here stands an operator or \")\"");
    s->at++;
    return true;
}

/* ---- running ---- */

static bool from_root(struct query_run *run, const struct filter_operand *operand,
                      struct unum_str *ret)
{
    for (size_t i = 0; i < run->kept_len; i++) {
        if (run->kept[i].operand == operand) {
            *ret = run->kept[i].value;
            return run->kept[i].there;
        }
    }
    bool there = query_work(run, run->root.len) && query_apply(run, operand->path, run->root, ret);
    if (run->kept_len < QUERY_KEPT)
        run->kept[run->kept_len++] = (struct query_kept){operand, *ret, there};
    return there;
}

static bool value_of(struct query_run *run, const struct filter_operand *operand,
                     struct unum_str value, struct unum_str *ret)
{
    if (operand->path)
        return operand->from_root ? from_root(run, operand, ret)
                                  : query_apply(run, operand->path, value, ret);
    *ret = operand->literal;
    return true;
}

static bool contains(struct query_run *run, struct unum_str list, struct unum_str value)
{
    struct json_iter iter = json_iter(list);
    struct unum_str element;
    if (json_type(list) != JSON_ARRAY)
        return false;
    while (json_next(&iter, NULL, &element) && query_work(run, element.len)) {
        if (json_equal(element, value))
            return true;
    }
    return false;
}

static bool holds_text(struct unum_str text, struct unum_str part)
{
    struct unum_buf UNUM_AUTO_BUF a = UNUM_BUF_INIT(UNUM_LIMIT_GATHER);
    struct unum_buf UNUM_AUTO_BUF b = UNUM_BUF_INIT(UNUM_LIMIT_GATHER);
    return json_decode(text, &a) && json_decode(part, &b) && !a.failed && !b.failed &&
           (!b.len || unum_str_search(unum_buf_str(&a), unum_buf_str(&b)) != SIZE_MAX);
}

/* -2: they cannot be compared */
static int order(struct unum_str a, struct unum_str b)
{
    if (json_type(a) == JSON_NUMBER && json_type(b) == JSON_NUMBER)
        return eval_number_order(a, b);
    struct unum_buf UNUM_AUTO_BUF s = UNUM_BUF_INIT(UNUM_LIMIT_GATHER);
    struct unum_buf UNUM_AUTO_BUF t = UNUM_BUF_INIT(UNUM_LIMIT_GATHER);
    if (!json_decode(a, &s) || !json_decode(b, &t) || s.failed || t.failed)
        return -2;
    int cmp = unum_str_cmp(unum_buf_str(&s), unum_buf_str(&t));
    return (cmp > 0) - (cmp < 0);
}

/* Java counts units of UTF-16: characters above U+FFFF are two. */
static size_t utf16_length(struct unum_str text)
{
    size_t length = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        length += (c & 0xc0) != 0x80;
        length += c >= 0xf0;
    }
    return length;
}

static bool size_is(struct unum_str a, struct unum_str b)
{
    int64_t wanted;
    if (!json_to_i64(b, &wanted))
        return false;
    if (json_type(a) != JSON_STRING)
        return json_type(a) == JSON_ARRAY && (int64_t)json_count(a) == wanted;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_GATHER);
    return json_decode(a, &text) && (int64_t)utf16_length(unum_buf_str(&text)) == wanted;
}

static bool is_empty(struct unum_str a)
{
    return json_type(a) == JSON_STRING ? a.len == 2 : json_count(a) == 0;
}

/* How many elements of `a` are in `b`? */
static size_t shared(struct query_run *run, struct unum_str a, struct unum_str b)
{
    size_t count = 0;
    struct json_iter iter = json_iter(a);
    struct unum_str element;
    while (json_next(&iter, NULL, &element) && query_work(run, element.len))
        count += contains(run, b, element);
    return count;
}

static bool compare(struct query_run *run, const struct query_filter *filter, struct unum_str value)
{
    struct unum_str a = UNUM_STR_NONE;
    struct unum_str b = UNUM_STR_NONE;
    bool has_a = value_of(run, &filter->a, value, &a);
    bool has_b = value_of(run, &filter->b, value, &b);
    if (!has_a || !has_b) /* what is not there differs from everything that is */
        return (filter->op == FILTER_NE && has_a != has_b) ||
               (filter->op == FILTER_EQ && has_a == has_b) || (filter->op == FILTER_NIN && has_b);
    int cmp;
    bool yes = false;
    switch (filter->op) {
    case FILTER_EQ:
        return json_equal(a, b);
    case FILTER_NE:
        return !json_equal(a, b);
    case FILTER_LE:
    case FILTER_GE:
    case FILTER_LT:
    case FILTER_GT:
        cmp = order(a, b);
        return cmp != -2 &&
               ((filter->op == FILTER_LE && cmp <= 0) || (filter->op == FILTER_GE && cmp >= 0) ||
                (filter->op == FILTER_LT && cmp < 0) || (filter->op == FILTER_GT && cmp > 0));
    case FILTER_IN:
        return contains(run, b, a);
    case FILTER_NIN:
        return !contains(run, b, a);
    case FILTER_CONTAINS:
        return json_type(a) == JSON_STRING ? holds_text(a, b) : contains(run, a, b);
    case FILTER_SIZE:
        return size_is(a, b);
    case FILTER_EMPTY:
        return json_to_bool(b, &yes) && is_empty(a) == yes;
    case FILTER_SUBSETOF:
        return json_type(a) == JSON_ARRAY && shared(run, a, b) == json_count(a);
    case FILTER_ANYOF:
        return json_type(a) == JSON_ARRAY && shared(run, a, b) > 0;
    case FILTER_NONEOF:
        return json_type(a) == JSON_ARRAY && shared(run, a, b) == 0;
    }
    return false;
}

bool query_filter_holds(struct query_run *run, const struct query_filter *filter,
                        struct unum_str value)
{
    struct unum_str found = UNUM_STR_NONE;
    if (!query_work(run, value.len))
        return false;
    switch (filter->kind) {
    case FILTER_OR:
        return query_filter_holds(run, filter->left, value) ||
               query_filter_holds(run, filter->right, value);
    case FILTER_AND:
        return query_filter_holds(run, filter->left, value) &&
               query_filter_holds(run, filter->right, value);
    case FILTER_NOT:
        return !query_filter_holds(run, filter->left, value);
    case FILTER_EXISTS:
        if (!value_of(run, &filter->a, value, &found))
            return false;
        return filter->a.path->definite || json_count(found) > 0;
    case FILTER_COMPARE:
        return compare(run, filter, value);
    }
    return false;
}

/* ---- functions ---- */

struct statistics {
    size_t count;
    double sum, squares;
    struct unum_str least, most;
    double min, max;
};

static struct statistics statistics(struct query_run *run, struct unum_str list)
{
    struct statistics all = {0};
    struct json_iter iter = json_iter(list);
    struct unum_str element;
    double number;
    while (json_next(&iter, NULL, &element) && query_work(run, element.len)) {
        if (!json_to_double(element, &number))
            continue;
        if (!all.count || number < all.min) {
            all.min = number;
            all.least = element;
        }
        if (!all.count || number > all.max) {
            all.max = number;
            all.most = element;
        }
        all.count++;
        all.sum += number;
        all.squares += number * number;
    }
    return all;
}

static bool put_number(struct query_run *run, double number, struct unum_str *ret)
{
    if (!isfinite(number))
        return false;
    for (int digits = 15; digits <= 17; digits++) {
        struct unum_str text = unum_arena_printf(run->arena, "%.*g", digits, number);
        double back;
        if (json_to_double(text, &back) && (back == number || digits == 17)) {
            *ret = text;
            break;
        }
    }
    return true;
}

/* Newton's method: the C library's mathematics is not linked into functions for this alone. */
static double square_root(double x)
{
    double root = x > 1 ? x : 1;
    for (int i = 0; i < 2000 && x > 0; i++) {
        double better = (root + x / root) / 2;
        if (better >= root)
            break;
        root = better;
    }
    return x > 0 ? root : 0;
}

static bool number_of(struct query_run *run, enum query_function function, struct unum_str value,
                      struct unum_str *ret)
{
    if (json_type(value) != JSON_ARRAY)
        return false;
    struct statistics all = statistics(run, value);
    if (!all.count)
        return false;
    double mean = all.sum / (double)all.count;
    switch (function) {
    case FUNCTION_MIN:
        *ret = all.least;
        return true;
    case FUNCTION_MAX:
        *ret = all.most;
        return true;
    case FUNCTION_SUM:
        return put_number(run, all.sum, ret);
    case FUNCTION_AVG:
        return put_number(run, mean, ret);
    default:
        return put_number(run, square_root(all.squares / (double)all.count - mean * mean), ret);
    }
}

static bool length_of(struct query_run *run, struct unum_str value, struct unum_str *ret)
{
    size_t length = json_count(value);
    if (json_type(value) == JSON_STRING) {
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_GATHER);
        if (!json_decode(value, &text) || text.failed)
            return false;
        length = utf16_length(unum_buf_str(&text));
    } else if (json_type(value) != JSON_ARRAY && json_type(value) != JSON_OBJECT) {
        return false;
    }
    *ret = unum_arena_printf(run->arena, "%zu", length);
    return true;
}

static bool keys_of(struct query_run *run, struct unum_str value, struct unum_str *ret)
{
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_LIMIT_GATHER);
    struct json_writer w = JSON_WRITER(&out);
    struct json_iter iter = json_iter(value);
    struct unum_str key;
    struct unum_str member;
    if (json_type(value) != JSON_OBJECT)
        return false;
    json_array_begin(&w);
    while (json_next(&iter, &key, &member) && query_work(run, member.len))
        json_raw(&w, key);
    json_array_end(&w);
    run->too_much = run->too_much || out.failed;
    *ret = unum_arena_str(run->arena, unum_buf_str(&out));
    return !out.failed;
}

bool query_function_apply(struct query_run *run, const struct query_step *step,
                          struct unum_str value, struct unum_str *ret)
{
    size_t count;
    int64_t index;
    switch (step->function) {
    case FUNCTION_LENGTH:
        return length_of(run, value, ret);
    case FUNCTION_KEYS:
        return keys_of(run, value, ret);
    case FUNCTION_MIN:
    case FUNCTION_MAX:
    case FUNCTION_AVG:
    case FUNCTION_SUM:
    case FUNCTION_STDDEV:
        return number_of(run, step->function, value, ret);
    case FUNCTION_FIRST:
    case FUNCTION_LAST:
    case FUNCTION_INDEX:
        count = json_count(value);
        index = step->function == FUNCTION_LAST    ? -1
                : step->function == FUNCTION_FIRST ? 0
                                                   : step->argument;
        if (index < 0)
            index += (int64_t)count;
        return json_type(value) == JSON_ARRAY && index >= 0 && json_at(value, (size_t)index, ret);
    }
    return false;
}
