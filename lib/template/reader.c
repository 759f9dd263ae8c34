#include "template/reader.h"

#include <string.h>

enum { MOST_PAIRS = 1000 };

bool template_duration_parse(struct unum_str text, int64_t *ret_seconds)
{
    static const struct {
        const char *name;
        int64_t seconds;
    } units[] = {
        {"", 1},        {"s", 1},         {"sec", 1},        {"second", 1},   {"seconds", 1},
        {"m", 60},      {"min", 60},      {"minute", 60},    {"minutes", 60}, {"h", 3600},
        {"hour", 3600}, {"hours", 3600},  {"d", 86400},      {"day", 86400},  {"days", 86400},
        {"w", 604800},  {"week", 604800}, {"weeks", 604800},
    };
    size_t digits = 0;
    while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9')
        digits++;
    int64_t number;
    if (!unum_str_to_i64(unum_str_slice(text, 0, digits), &number))
        return false;
    struct unum_str unit = unum_str_trim(unum_str_from_pos(text, digits));
    for (size_t i = 0; i < UNUM_COUNT(units); i++) {
        if (unum_str_is(unit, units[i].name) && number <= INT64_MAX / units[i].seconds) {
            *ret_seconds = number * units[i].seconds;
            return true;
        }
    }
    return false;
}

static const char *type_words(const struct template_key *key)
{
    switch (key->type) {
    case TEMPLATE_TEXT:
    case TEMPLATE_CHOICE:
        return "a text";
    case TEMPLATE_BOOL:
        return "true or false";
    case TEMPLATE_INTEGER:
        return "a whole number";
    case TEMPLATE_DURATION:
        return "seconds, or a text such as \"90 seconds\" or \"7 days\"";
    case TEMPLATE_MAP:
        return "a map from names to texts";
    case TEMPLATE_LIST:
        return "a list of texts";
    case TEMPLATE_OBJECT:
        return "a map";
    }
    return "";
}

static bool wrong_type(struct template_reader *r, const struct template_key *key,
                       const struct doc *value)
{
    if (value->kind == DOC_STRING)
        unum_diag_add(r->diags, UNUM_E0303, value->span, "%s must be %s, not \"%.*s\"", key->name,
                      type_words(key), (int)(value->text.len > 60 ? 60 : value->text.len),
                      value->text.ptr);
    else
        unum_diag_add(r->diags, UNUM_E0303, value->span, "%s must be %s, not %s", key->name,
                      type_words(key), doc_kind_name(value->kind));
    return false;
}

bool template_text(struct template_reader *r, const struct template_key *key,
                   const struct doc *value, struct unum_str *ret)
{
    if (value->kind != DOC_STRING) {
        wrong_type(r, key, value);
        if (value->kind == DOC_NUMBER)
            unum_diag_hint(r->diags, "quote it: %s: \"%.*s\"", key->name,
                           UNUM_STR_ARG(value->text));
        return false;
    }
    if (memchr(value->text.ptr, 0, value->text.len) || (int64_t)value->text.len < key->least ||
        (int64_t)value->text.len > key->most) {
        unum_diag_add(r->diags, UNUM_E0304, value->span, "%s must have %lld to %lld characters",
                      key->name, (long long)key->least, (long long)key->most);
        return false;
    }
    *ret = value->text;
    return true;
}

bool template_bool(struct template_reader *r, const struct template_key *key,
                   const struct doc *value, bool *ret)
{
    static const char *const yes[] = {"yes", "on", "y", "1", "true"};
    static const char *const no[] = {"no", "off", "n", "0", "false"};
    if (value->kind == DOC_BOOL) {
        *ret = value->boolean;
        return true;
    }
    wrong_type(r, key, value);
    for (size_t i = 0; i < UNUM_COUNT(yes); i++) {
        if (unum_str_ieq(value->text, unum_str_from(yes[i])))
            unum_diag_hint(r->diags, "write %s: true", key->name);
        if (unum_str_ieq(value->text, unum_str_from(no[i])))
            unum_diag_hint(r->diags, "write %s: false", key->name);
    }
    return false;
}

bool template_number(struct template_reader *r, const struct template_key *key,
                     const struct doc *value, int64_t *ret)
{
    int64_t number = 0;
    bool duration = key->type == TEMPLATE_DURATION;
    bool understood = value->kind == DOC_NUMBER ? unum_str_to_i64(value->text, &number)
                                                : duration && value->kind == DOC_STRING &&
                                                      template_duration_parse(value->text, &number);
    if (!understood && value->kind == DOC_NUMBER) {
        unum_diag_add(r->diags, UNUM_E0304, value->span, "%s must be a whole number%s", key->name,
                      duration ? " of seconds" : "");
        return false;
    }
    if (!understood)
        return wrong_type(r, key, value);
    if (number < key->least || number > key->most) {
        unum_diag_add(r->diags, UNUM_E0304, value->span, "%s must be between %lld and %lld%s",
                      key->name, (long long)key->least, (long long)key->most,
                      duration ? " seconds" : "");
        return false;
    }
    *ret = number;
    return true;
}

static bool is_choice(const char *choices, struct unum_str text)
{
    struct unum_str rest = unum_str_from(choices), choice;
    while (unum_str_split(&rest, ' ', &choice)) {
        if (unum_str_eq(choice, text))
            return true;
    }
    return false;
}

bool template_choice(struct template_reader *r, const struct template_key *key,
                     const struct doc *value, struct unum_str *ret)
{
    if (value->kind != DOC_STRING)
        return wrong_type(r, key, value);
    if (!is_choice(key->choices, value->text)) {
        unum_diag_add(r->diags, UNUM_E0304, value->span, "%s cannot be \"%.*s\"", key->name,
                      UNUM_STR_ARG(value->text));
        unum_diag_hint(r->diags, "write %s: %s", key->name, key->choices);
        return false;
    }
    *ret = value->text;
    return true;
}

bool template_list(struct template_reader *r, const struct template_key *key,
                   const struct doc *value, struct unum_str **ret, size_t *ret_len)
{
    if (value->kind != DOC_STRING && value->kind != DOC_ARRAY)
        return wrong_type(r, key, value);
    size_t len = value->kind == DOC_ARRAY ? value->len : 1;
    struct unum_str *list = unum_arena_array(r->arena, len ? len : 1, sizeof(*list));
    bool ok = true;
    for (size_t i = 0; i < len; i++) {
        const struct doc *item = value->kind == DOC_ARRAY ? value->members[i].value : value;
        if (item->kind != DOC_STRING || !item->text.len ||
            memchr(item->text.ptr, 0, item->text.len)) {
            unum_diag_add(r->diags, UNUM_E0303, item->span, "%s must list texts, not %s", key->name,
                          item->kind == DOC_STRING ? "an empty one" : doc_kind_name(item->kind));
            ok = false;
        }
        list[i] = item->text;
    }
    if (!ok)
        return false;
    *ret = list;
    *ret_len = len;
    return true;
}

bool template_map(struct template_reader *r, const struct template_key *key,
                  const struct doc *value, struct app_pair **ret, size_t *ret_len)
{
    if (value->kind != DOC_OBJECT)
        return wrong_type(r, key, value);
    if (value->len > MOST_PAIRS) {
        unum_diag_add(r->diags, UNUM_E0304, value->span, "%s has more than %d entries", key->name,
                      MOST_PAIRS);
        return false;
    }
    struct app_pair *pairs =
        unum_arena_array(r->arena, value->len ? value->len : 1, sizeof(*pairs));
    bool ok = true;
    for (size_t i = 0; i < value->len; i++) {
        const struct doc *item = value->members[i].value;
        pairs[i] = (struct app_pair){value->members[i].key, item->text};
        if (item->kind == DOC_BOOL)
            pairs[i].value = item->boolean ? UNUM_STR("true") : UNUM_STR("false");
        else if ((item->kind != DOC_STRING && item->kind != DOC_NUMBER) ||
                 (item->text.len && memchr(item->text.ptr, 0, item->text.len))) {
            unum_diag_add(r->diags, UNUM_E0303, item->span, "%s: \"%.*s\" must be a text, not %s",
                          key->name, UNUM_STR_ARG(pairs[i].name), doc_kind_name(item->kind));
            ok = false;
        }
    }
    if (!ok)
        return false;
    *ret = pairs;
    *ret_len = value->len;
    return true;
}

size_t template_pairs_merge(struct unum_arena *arena, const struct app_pair *defaults, size_t len,
                            const struct app_pair *own, size_t own_len, struct app_pair **ret)
{
    struct app_pair *merged = unum_arena_array(arena, len + own_len + 1, sizeof(*merged));
    if (len)
        memcpy(merged, defaults, len * sizeof(*merged));
    for (size_t i = 0; i < own_len; i++) {
        size_t at = 0;
        while (at < len && !unum_str_eq(merged[at].name, own[i].name))
            at++;
        merged[at] = own[i];
        len = at == len ? len + 1 : len;
    }
    *ret = merged;
    return len;
}

void template_not_yet(struct template_reader *r, struct unum_span span, const char *what,
                      const char *instead)
{
    unum_diag_add(r->diags, UNUM_E0306, span, "%s not there yet", what);
    unum_diag_hint(r->diags, "%s", instead);
}

/* Properties of a function in CloudFormation or SAM that people look for here. */
static const char *reserved_property(struct unum_str name)
{
    static const char set[] = "unum sets it itself, see `unum template -o -`";
    static const char absent[] = "it cannot be set yet; edit what `unum template` writes";
    static const struct {
        const char *name, *instead;
    } rows[] = {
        {"AutoPublishAlias", absent},
        {"Code", "name the function's folder in CodeUri"},
        {"DeadLetterConfig", "the failure function takes every event that failed"},
        {"DeadLetterQueue", "the failure function takes every event that failed"},
        {"Description", absent},
        {"EphemeralStorage", absent},
        {"EventInvokeConfig", set},
        {"Events", absent},
        {"FileSystemConfigs", absent},
        {"FunctionName", "names are made of ApplicationName and the function's key"},
        {"ImageUri", "container images are not there yet"},
        {"KmsKeyArn", absent},
        {"Layers", "put the files into the function's folder: they go into its bundle"},
        {"LoggingConfig", set},
        {"PackageType", "container images are not there yet"},
        {"PermissionsBoundary", absent},
        {"ProvisionedConcurrencyConfig", absent},
        {"RecursiveLoop", set},
        {"ReservedConcurrentExecutions", absent},
        {"Role", "unum derives it; name what the function's own code needs in Policies"},
        {"SnapStart", absent},
        {"Tracing", absent},
        {"TracingConfig", absent},
        {"VpcConfig", absent},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        if (unum_str_is(name, rows[i].name))
            return rows[i].instead;
    }
    return NULL;
}

static void unknown_key(struct template_reader *r, const struct doc_member *member,
                        enum template_scope scope)
{
    unum_diag_add(r->diags, UNUM_E0301, member->key_span, "\"%.*s\" is no key of %s",
                  UNUM_STR_ARG(member->key), template_scope_name(scope));
    const char *instead = scope == TEMPLATE_PROPERTIES ? reserved_property(member->key) : NULL;
    if (instead) {
        unum_diag_hint(r->diags, "%s", instead);
        return;
    }
    const struct template_key *nearest = template_key_nearest(member->key, scope);
    if (nearest) {
        unum_diag_hint(r->diags, "did you mean %s?", nearest->name);
        return;
    }
    static const enum template_scope others[] = {TEMPLATE_GLOBALS, TEMPLATE_PROPERTIES};
    for (size_t i = 0; i < UNUM_COUNT(others); i++) {
        if (template_key_find(member->key, others[i])) {
            unum_diag_hint(r->diags, "%.*s belongs below %s", UNUM_STR_ARG(member->key),
                           template_scope_name(others[i]));
            return;
        }
    }
}

bool template_check_keys(struct template_reader *r, const struct doc *object,
                         enum template_scope scope, struct unum_str where, struct unum_span place)
{
    if (!object || object->kind != DOC_OBJECT) {
        unum_diag_add(r->diags, UNUM_E0303, object ? object->span : place, "%.*s must be a map%s%s",
                      UNUM_STR_ARG(where), object ? ", not " : "",
                      object ? doc_kind_name(object->kind) : "");
        return false;
    }
    for (size_t i = 0; i < object->len; i++) {
        if (!template_key_find(object->members[i].key, scope))
            unknown_key(r, &object->members[i], scope);
    }
    for (size_t i = 0; i < template_keys_len; i++) {
        const struct template_key *key = &template_keys[i];
        if (key->required && (key->scopes & scope) && !doc_member(object, key->name))
            unum_diag_add(r->diags, UNUM_E0302, place, "%.*s: %s is missing", UNUM_STR_ARG(where),
                          key->name);
    }
    return true;
}
