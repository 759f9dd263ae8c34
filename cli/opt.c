#include "opt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/limits.h"

const struct opt_row *opt_find(const struct opt_row *rows, struct unum_str name)
{
    for (; rows->name; rows++) {
        if (unum_str_is(name, rows->name))
            return rows;
    }
    return NULL;
}

bool opt_takes_value(const struct opt_row *row)
{
    return row->type != OPT_FLAG && row->type != OPT_COUNT;
}

static const struct {
    const char *unit;
    double ms;
} duration_units[] = {{"ms", 1}, {"s", 1e3}, {"m", 6e4}, {"h", 3.6e6}, {"d", 8.64e7}};

bool opt_duration(struct unum_str text, int64_t *ret_ms)
{
    struct unum_buf UNUM_AUTO_BUF copy = UNUM_BUF_INIT(32);
    unum_buf_add(&copy, text);
    const char *start = unum_buf_text(&copy);
    size_t digits = strspn(start, "0123456789.");
    if (copy.failed || !digits || start[0] == '.')
        return false;
    char *end = NULL;
    double number = strtod(start, &end);
    if (end != start + digits)
        return false;
    if (!*end) {
        *ret_ms = 0;
        return number == 0; /* a number without unit says nothing, except nothing */
    }
    for (size_t i = 0; i < UNUM_COUNT(duration_units); i++) {
        if (strcmp(end, duration_units[i].unit) != 0)
            continue;
        double ms = number * duration_units[i].ms;
        if (ms > 1e15)
            return false;
        *ret_ms = (int64_t)(ms + 0.5);
        return true;
    }
    return false;
}

/* ---- one value ------------------------------------------------------------------------------ */

struct assignment {
    const struct opt_row *row;
    void *variable;
    const char *source; /* "--timeout" or "UNUM_TIMEOUT", for messages */
    const char *value;
};

static int set_choice(const struct assignment *a, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF all = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    struct unum_nearest nearest;
    unum_nearest_init(&nearest, unum_str_from(a->value));
    for (int i = 0; a->row->choices[i]; i++) {
        if (strcmp(a->row->choices[i], a->value) == 0) {
            *(int *)a->variable = i;
            return 0;
        }
        unum_nearest_try(&nearest, unum_str_from(a->row->choices[i]));
        unum_buf_printf(&all, "%s%s", i ? ", " : "", a->row->choices[i]);
    }
    unum_err_set(err, UNUM_E_USAGE, "%s does not know \"%s\"", a->source, a->value);
    if (nearest.best.ptr)
        return unum_err_hint(err, "did you mean \"%.*s\"?", UNUM_STR_ARG(nearest.best));
    return unum_err_hint(err, "choose one of: %s", unum_buf_text(&all));
}

static int set_int(const struct assignment *a, struct unum_err *err)
{
    int64_t number = 0;
    if (!unum_str_to_i64(unum_str_from(a->value), &number) || number < a->row->min ||
        number > a->row->max)
        return unum_err_set(err, UNUM_E_USAGE, "%s: \"%s\" is not a number from %lld to %lld",
                            a->source, a->value, (long long)a->row->min, (long long)a->row->max);
    *(int64_t *)a->variable = number;
    return 0;
}

static int set_duration(const struct assignment *a, struct unum_err *err)
{
    int64_t ms = 0;
    if (!opt_duration(unum_str_from(a->value), &ms)) {
        unum_err_set(err, UNUM_E_USAGE, "%s: \"%s\" is not a duration", a->source, a->value);
        return unum_err_hint(err, "write a number and a unit: 250ms, 30s, 10m, 2h or 7d");
    }
    if (ms < a->row->min || ms > a->row->max)
        return unum_err_set(err, UNUM_E_USAGE, "%s: \"%s\" is not from %lld ms to %lld ms",
                            a->source, a->value, (long long)a->row->min, (long long)a->row->max);
    *(int64_t *)a->variable = ms;
    return 0;
}

static int set_flag(const struct assignment *a, struct unum_err *err)
{
    static const struct {
        const char *word;
        bool yes;
    } words[] = {{"1", true}, {"true", true},   {"yes", true}, {"on", true},  {"0", false},
                 {"", false}, {"false", false}, {"no", false}, {"off", false}};
    for (size_t i = 0; i < UNUM_COUNT(words); i++) {
        if (unum_str_ieq(unum_str_from(a->value), unum_str_from(words[i].word))) {
            *(bool *)a->variable = words[i].yes;
            return 0;
        }
    }
    unum_err_set(err, UNUM_E_USAGE, "%s: \"%s\" is neither true nor false", a->source, a->value);
    return unum_err_hint(err, "use 1 or 0");
}

static int set_value(const struct assignment *a, struct unum_err *err)
{
    int64_t number = 0;
    switch (a->row->type) {
    case OPT_FLAG:
        return set_flag(a, err);
    case OPT_COUNT:
        if (!unum_str_to_i64(unum_str_from(a->value), &number) || number < 0 || number > 9)
            return unum_err_set(err, UNUM_E_USAGE, "%s: \"%s\" is not a number from 0 to 9",
                                a->source, a->value);
        *(int *)a->variable = (int)number;
        return 0;
    case OPT_STRING:
    case OPT_FILE:
        *(const char **)a->variable = a->value;
        return 0;
    case OPT_CHOICE:
        return set_choice(a, err);
    case OPT_INT:
        return set_int(a, err);
    case OPT_DURATION:
        return set_duration(a, err);
    case OPT_LIST:
        *unum_vec_push(&((struct opt_values *)a->variable)->list) = a->value;
        return 0;
    }
    return unum_err_set(err, UNUM_E_BUG, "option \"%s\" has no type", a->row->name);
}

static void *variable_of(const struct opt_set *set, const struct opt_row *row)
{
    return (char *)set->args + row->at;
}

int opt_prepare(const struct opt_set *set, struct unum_err *err)
{
    for (const struct opt_row *row = set->rows; row->name; row++) {
        const char *env = row->env ? getenv(row->env) : NULL; /* NOLINT(concurrency-mt-unsafe) */
        struct assignment a = {.row = row, .variable = variable_of(set, row)};
        a.source = env && *env ? row->env : row->name;
        a.value = env && *env ? env : row->preset;
        if (!a.value)
            continue;
        int rc = set_value(&a, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

void opt_done(const struct opt_set *set)
{
    for (const struct opt_row *row = set->rows; row->name; row++) {
        if (row->type == OPT_LIST)
            unum_vec_done(&((struct opt_values *)variable_of(set, row))->list);
    }
}

/* ---- the command line ----------------------------------------------------------------------- */

struct parse {
    const struct opt_set *sets;
    size_t len;
    int argc, at;
    char **argv;
    struct unum_err *err;
};

struct match {
    const struct opt_row *row;
    void *variable;
    bool negated;
};

static struct match match_in(const struct opt_set *set, struct unum_str name)
{
    const struct opt_row *row = opt_find(set->rows, name);
    if (row)
        return (struct match){row, variable_of(set, row), false};
    if (unum_str_starts(name, UNUM_STR("no-"))) {
        row = opt_find(set->rows, unum_str_from_pos(name, 3));
        if (row && !opt_takes_value(row))
            return (struct match){row, variable_of(set, row), true};
    }
    return (struct match){0};
}

static struct match match_long(const struct parse *p, struct unum_str name)
{
    struct match match = {0};
    for (size_t i = 0; i < p->len && !match.row; i++)
        match = match_in(&p->sets[i], name);
    return match;
}

static struct match match_short(const struct parse *p, char letter)
{
    for (size_t i = 0; i < p->len; i++) {
        for (const struct opt_row *row = p->sets[i].rows; row->name; row++) {
            if (row->letter == letter)
                return (struct match){row, variable_of(&p->sets[i], row), false};
        }
    }
    return (struct match){0};
}

static int unknown_long(const struct parse *p, struct unum_str name)
{
    struct unum_nearest nearest;
    unum_nearest_init(&nearest, name);
    for (size_t i = 0; i < p->len; i++) {
        for (const struct opt_row *row = p->sets[i].rows; row->name; row++)
            unum_nearest_try(&nearest, unum_str_from(row->name));
    }
    unum_err_set(p->err, UNUM_E_USAGE, "unknown option \"--%.*s\"", UNUM_STR_ARG(name));
    if (nearest.best.ptr)
        unum_err_hint(p->err, "did you mean \"--%.*s\"?", UNUM_STR_ARG(nearest.best));
    return UNUM_E_USAGE;
}

static void set_plain(const struct match *match)
{
    if (match->row->type == OPT_FLAG)
        *(bool *)match->variable = !match->negated;
    else
        *(int *)match->variable = match->negated ? 0 : *(int *)match->variable + 1;
}

/* The next word as the value of an option, or NULL with the error set. */
static const char *next_value(struct parse *p, const struct opt_row *row, const char *shown)
{
    if (p->at < p->argc)
        return p->argv[p->at++];
    unum_err_set(p->err, UNUM_E_USAGE, "option \"%s\" needs a value: %s %s", shown, shown,
                 row->placeholder);
    return NULL;
}

static int parse_long(struct parse *p, const char *word)
{
    struct unum_str all = unum_str_from(word + 2);
    struct unum_str name = unum_str_slice(all, 0, unum_str_find(all, '='));
    const char *value = name.len < all.len ? name.ptr + name.len + 1 : NULL;
    struct match match = match_long(p, name);
    if (!match.row)
        return unknown_long(p, name);
    char *UNUM_AUTO_FREE shown = unum_str_dup(unum_str_of(word, name.len + 2));
    if (!opt_takes_value(match.row)) {
        if (value)
            return unum_err_set(p->err, UNUM_E_USAGE, "option \"%s\" takes no value", shown);
        set_plain(&match);
        return 0;
    }
    if (!value)
        value = next_value(p, match.row, shown);
    if (!value)
        return UNUM_E_USAGE;
    struct assignment a = {match.row, match.variable, shown, value};
    return set_value(&a, p->err);
}

static int parse_short(struct parse *p, const char *word)
{
    for (const char *at = word + 1; *at; at++) {
        struct match match = match_short(p, *at);
        if (!match.row)
            return unum_err_set(p->err, UNUM_E_USAGE, "unknown option \"-%c\"", *at);
        if (!opt_takes_value(match.row)) {
            set_plain(&match);
            continue;
        }
        char shown[] = {'-', *at, 0};
        const char *value = at[1] ? at + 1 : next_value(p, match.row, shown);
        if (!value)
            return UNUM_E_USAGE;
        struct assignment a = {match.row, match.variable, shown, value};
        return set_value(&a, p->err);
    }
    return 0;
}

int opt_parse(const struct opt_set *sets, size_t len, int argc, char **argv, bool stop,
              struct opt_values *operands, int *ret_used, struct unum_err *err)
{
    struct parse p = {.sets = sets, .len = len, .argc = argc, .argv = argv, .err = err};
    bool options = true;
    while (p.at < p.argc) {
        const char *word = p.argv[p.at];
        if (options && word[0] == '-' && word[1]) {
            p.at++;
            if (strcmp(word, "--") == 0) {
                options = false;
                continue;
            }
            int rc = word[1] == '-' ? parse_long(&p, word) : parse_short(&p, word);
            if (rc < 0)
                return rc;
            continue;
        }
        if (stop)
            break;
        *unum_vec_push(&operands->list) = word;
        p.at++;
    }
    *ret_used = p.at;
    return 0;
}

static int check_operand(const struct opt_operand *spec, const char *word, struct unum_err *err)
{
    struct unum_nearest nearest;
    unum_nearest_init(&nearest, unum_str_from(word));
    for (size_t i = 0; spec->choices && spec->choices[i]; i++) {
        if (strcmp(spec->choices[i], word) == 0)
            return 0;
        unum_nearest_try(&nearest, unum_str_from(spec->choices[i]));
    }
    if (!spec->choices)
        return 0;
    struct unum_buf UNUM_AUTO_BUF all = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    for (size_t i = 0; spec->choices[i]; i++)
        unum_buf_printf(&all, "%s%s", i ? ", " : "", spec->choices[i]);
    unum_err_set(err, UNUM_E_USAGE, "%s cannot be \"%s\"", spec->placeholder, word);
    if (nearest.best.ptr)
        return unum_err_hint(err, "did you mean \"%.*s\"?", UNUM_STR_ARG(nearest.best));
    return unum_err_hint(err, "choose one of: %s", unum_buf_text(&all));
}

int opt_check_operands(const struct opt_operand *spec, const struct opt_values *given,
                       struct unum_err *err)
{
    const struct opt_operand *row = spec, *filled = NULL;
    for (size_t at = 0; at < given->list.len; at++) {
        if (!row || !row->placeholder)
            return unum_err_set(err, UNUM_E_USAGE, "unexpected operand \"%s\"", given->list.at[at]);
        int rc = check_operand(row, given->list.at[at], err);
        if (rc < 0)
            return rc;
        filled = row;
        if (!row->repeated)
            row++;
    }
    if (row && row->placeholder && !row->optional && row != filled)
        return unum_err_set(err, UNUM_E_USAGE, "%s is missing: %s", row->placeholder, row->help);
    return 0;
}
