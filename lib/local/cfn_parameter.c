/* The values of parameters: given, kept from before, or defaults, and what they must fulfil.
 * Source: CloudFormation User Guide, "Parameters section". */
#include "local/cfn.h"

#include <regex.h>

#include "json/json.h"

enum { MOST_PATTERN = 1024, MOST_REPEATED = 4096 };

static int fails(const struct cfn_parameter *p, const char *how, struct unum_err *err)
{
    const struct doc *about = doc_get(p->declaration, "ConstraintDescription");
    if (about && about->kind == DOC_STRING)
        return unum_err_set(err, UNUM_E_INVALID_FILE,
                            "Parameter '%.*s' failed to satisfy constraint: %.*s",
                            UNUM_STR_ARG(p->name), UNUM_STR_ARG(about->text));
    return unum_err_set(err, UNUM_E_INVALID_FILE, "Parameter '%.*s' %s", UNUM_STR_ARG(p->name),
                        how);
}

static int check_allowed(const struct cfn_parameter *p, struct unum_str value, struct unum_err *err)
{
    const struct doc *allowed = doc_get(p->declaration, "AllowedValues");
    if (!allowed)
        return 0;
    for (size_t i = 0; i < allowed->len; i++) {
        const struct doc *one = allowed->members[i].value;
        struct unum_str text = one->kind == DOC_BOOL
                                   ? (one->boolean ? UNUM_STR("true") : UNUM_STR("false"))
                                   : one->text;
        if (unum_str_eq(text, value))
            return 0;
    }
    return fails(p, "must be one of AllowedValues", err);
}

static bool number_of(const struct doc *doc, double *ret)
{
    return doc && (doc->kind == DOC_NUMBER || doc->kind == DOC_STRING) &&
           json_to_double(doc->text, ret);
}

static bool is_number(struct unum_str text, double *ret)
{
    struct unum_str value;
    return json_check(text, &value, NULL) == 0 && json_type(value) == JSON_NUMBER &&
           json_to_double(value, ret);
}

static int check_number(const struct cfn_parameter *p, struct unum_str value, struct unum_err *err)
{
    double number = 0, bound = 0;
    if (!is_number(value, &number))
        return fails(p, "must be a number.", err);
    if (number_of(doc_get(p->declaration, "MinValue"), &bound) && number < bound)
        return fails(p, "must be a number not less than MinValue", err);
    if (number_of(doc_get(p->declaration, "MaxValue"), &bound) && number > bound)
        return fails(p, "must be a number not greater than MaxValue", err);
    return 0;
}

/* Repetitions within repetitions, and references back, can take any time and memory. */
static bool is_harmless(struct unum_str pattern)
{
    uint64_t product = 1;
    for (size_t i = 0; i < pattern.len; i++) {
        char c = pattern.ptr[i];
        if (c == '\\' && i + 1 < pattern.len) {
            c = pattern.ptr[++i];
            if (c >= '1' && c <= '9')
                return false;
            continue;
        }
        uint64_t number = 0, most = 0;
        while (c == '{' && i + 1 < pattern.len && pattern.ptr[i + 1] != '}') {
            char digit = pattern.ptr[++i];
            if (digit >= '0' && digit <= '9' && number < MOST_REPEATED)
                number = number * 10 + (uint64_t)(digit - '0');
            else if (digit == ',')
                number = 0;
            most = number > most ? number : most;
        }
        product *= most ? most : 1;
        if (product > MOST_REPEATED)
            return false;
    }
    return pattern.len <= MOST_PATTERN;
}

static int check_pattern(const struct cfn_parameter *p, struct unum_str value, struct unum_err *err)
{
    const struct doc *pattern = doc_get(p->declaration, "AllowedPattern");
    if (!pattern || pattern->kind != DOC_STRING)
        return 0;
    struct unum_buf UNUM_AUTO_BUF whole = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    unum_buf_printf(&whole, "^(%.*s)$", UNUM_STR_ARG(pattern->text));
    unum_buf_add(&text, value);
    regex_t regex;
    if (whole.failed || text.failed || !is_harmless(pattern->text) ||
        regcomp(&regex, unum_buf_text(&whole), REG_EXTENDED | REG_NOSUB))
        return unum_err_set(err, UNUM_E_INVALID_FILE,
                            "Template format error: Parameter '%.*s': the AllowedPattern is not an "
                            "expression that the local platform knows",
                            UNUM_STR_ARG(p->name));
    bool match = regexec(&regex, unum_buf_text(&text), 0, NULL, 0) == 0;
    regfree(&regex);
    return match ? 0 : fails(p, "must match pattern of AllowedPattern", err);
}

static int check_text(const struct cfn_parameter *p, struct unum_str value, struct unum_err *err)
{
    double bound = 0;
    if (number_of(doc_get(p->declaration, "MinLength"), &bound) && (double)value.len < bound)
        return fails(p, "must contain at least MinLength characters", err);
    if (number_of(doc_get(p->declaration, "MaxLength"), &bound) && (double)value.len > bound)
        return fails(p, "must contain at most MaxLength characters", err);
    return check_pattern(p, value, err);
}

static int check_one(const struct cfn_parameter *p, struct unum_str value, struct unum_err *err)
{
    int rc = check_allowed(p, value, err);
    if (rc)
        return rc;
    if (unum_str_is(p->type, "Number") || unum_str_is(p->type, "List<Number>"))
        return check_number(p, value, err);
    return check_text(p, value, err);
}

static int check(const struct cfn_parameter *p, struct unum_str value, struct unum_err *err)
{
    if (value.len > 4096)
        return unum_err_set(err, UNUM_E_INVALID_FILE, "Parameter '%.*s' is longer than 4096 bytes",
                            UNUM_STR_ARG(p->name));
    if (!cfn_parameter_is_list(p))
        return check_one(p, value, err);
    struct unum_str part;
    int rc = 0;
    while (rc == 0 && value.len && unum_str_split(&value, ',', &part))
        rc = check_one(p, unum_str_trim(part), err);
    return rc;
}

static int unknown(const struct cfn_template *t, const struct cfn_pairs *given,
                   struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF names = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT / 2);
    for (size_t i = 0; i < given->len; i++) {
        if (!cfn_template_parameter(t, unum_str_from(given->at[i].key)))
            unum_buf_printf(&names, "%s%s", names.len ? ", " : "", given->at[i].key);
    }
    return names.len ? unum_err_set(err, UNUM_E_INVALID_FILE,
                                    "Parameters: [%s] do not exist in the template",
                                    unum_buf_text(&names))
                     : 0;
}

int cfn_parameters_resolve(const struct cfn_template *t, const struct cfn_pairs *given,
                           const struct unum_map *use_previous, const struct cfn_pairs *previous,
                           struct cfn_pairs *ret, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF missing = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT / 2);
    int rc = unknown(t, given, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < t->parameters_len; i++) {
        const struct cfn_parameter *p = &t->parameters[i];
        const struct cfn_pair *pair = cfn_pairs_get(given, p->name);
        if (!pair && previous && unum_map_has(use_previous, p->name))
            pair = cfn_pairs_get(previous, p->name);
        if (!pair && !p->has_default) {
            unum_buf_printf(&missing, "%s%.*s", missing.len ? ", " : "", UNUM_STR_ARG(p->name));
            continue;
        }
        struct unum_str value = pair ? unum_str_from(pair->value) : p->default_value;
        rc = check(p, value, err);
        if (rc)
            return rc;
        cfn_pairs_add(ret, p->name, value, p->no_echo);
    }
    if (missing.len)
        return unum_err_set(err, UNUM_E_INVALID_FILE, "Parameters: [%s] must have values",
                            unum_buf_text(&missing));
    return 0;
}
