/* Paths, intrinsic calls and payload templates: are they well-formed? */
#include <string.h>

#include "asl/parse_internal.h"
#include "eval/check.h"
#include "eval/path.h"

bool asl_looks_called(struct unum_str text)
{
    return unum_str_starts(text, UNUM_STR("States."));
}

bool asl_looks_evaluated(struct unum_str text)
{
    return unum_str_starts(text, UNUM_STR("$.")) || unum_str_starts(text, UNUM_STR("$[")) ||
           unum_str_starts(text, UNUM_STR("$$.")) || unum_str_is(text, "$") ||
           unum_str_is(text, "$$") ||
           (asl_looks_called(text) && unum_str_ends(text, UNUM_STR(")")));
}

/* Bytes of "$", "$$" or "$name" in front. */
static size_t root_length(struct unum_str text)
{
    size_t at = 1;
    while (at < text.len && text.ptr[at] != '.' && text.ptr[at] != '[')
        at++;
    return at;
}

/* A Reference Path whatever it starts with: the steps are those of the input's. */
static bool check_reference(struct asl_parser *p, const struct doc *string, const char *key)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct eval_path path;
    size_t offset = 0, root = root_length(string->text);
    struct unum_str plain = string->text;
    if (root > 1)
        plain =
            unum_arena_printf(&arena, "$%.*s", UNUM_STR_ARG(unum_str_from_pos(string->text, root)));
    if (!eval_path_parse(plain, &arena, &path, &offset, &err))
        return true;
    unum_diag_add(p->diags, UNUM_E0412, asl_inside(string, offset + root - 1),
                  "\"%s\" is not a Reference Path: %s", key, unum_err_text(&err));
    return false;
}

bool asl_check_path(struct asl_parser *p, const struct doc *string, const char *key,
                    enum asl_path_kind kind)
{
    struct eval_flaw flaw;
    struct unum_str text = string->text;
    if (!eval_path_check(text, &flaw)) {
        unum_diag_add(p->diags, UNUM_E0412, asl_inside(string, flaw.at), "\"%s\" is not a path: %s",
                      key, flaw.why);
        if (asl_looks_called(text))
            unum_diag_hint(p->diags,
                           "intrinsic calls go into fields of \"Parameters\" and the like "
                           "whose names end with \".$\"");
        return false;
    }
    if (kind == PATH_INPUT && root_length(text) > 1) {
        unum_diag_add(p->diags, UNUM_E0412, string->span,
                      "\"%s\" names a place of the input, not of %s", key,
                      unum_str_starts(text, UNUM_STR("$$")) ? "the context object" : "a variable");
        return false;
    }
    return kind == PATH_ANY || check_reference(p, string, key);
}

/* The name of a call that begins at `at`, as far as it goes. */
static struct unum_str called_name(struct unum_str text, size_t at)
{
    struct unum_str name = unum_str_from_pos(text, at + strlen("States."));
    size_t len = 0;
    while (len < name.len && name.ptr[len] != '(' && name.ptr[len] != ' ')
        len++;
    return unum_str_slice(name, 0, len);
}

bool asl_check_call(struct asl_parser *p, const struct doc *string, const char *key)
{
    struct eval_flaw flaw;
    struct unum_nearest nearest;
    if (eval_intrinsic_check(string->text, &flaw))
        return true;
    unum_diag_add(p->diags, UNUM_E0423, asl_inside(string, flaw.at), "\"%s\": %s", key, flaw.why);
    if (asl_muted(p) || !asl_looks_called(unum_str_from_pos(string->text, flaw.at)))
        return false;
    unum_nearest_init(&nearest, called_name(string->text, flaw.at));
    for (size_t i = 0; eval_intrinsic_name(i); i++)
        unum_nearest_try(&nearest, unum_str_from(eval_intrinsic_name(i)));
    if (nearest.best.ptr && !unum_str_eq(nearest.best, nearest.name))
        unum_diag_hint(p->diags, "did you mean States.%.*s?", UNUM_STR_ARG(nearest.best));
    return false;
}

/* ---- payload templates ---- */

static bool ends_evaluated(struct unum_str key)
{
    return unum_str_ends(key, UNUM_STR(".$"));
}

static bool check_evaluated(struct asl_parser *p, const struct doc_member *member)
{
    const struct doc *value = member->value;
    char *UNUM_AUTO_FREE key = unum_str_dup(member->key);
    if (value->kind != DOC_STRING) {
        unum_diag_add(p->diags, UNUM_E0422, asl_at(value),
                      "the value of \"%s\" is a path or an intrinsic call, not %s", key,
                      doc_kind_name(value->kind));
        unum_diag_hint(p->diags, "take \".$\" off the name to have the value as it is");
        return false;
    }
    if (asl_looks_called(value->text))
        return asl_check_call(p, value, key);
    if (unum_str_starts(value->text, UNUM_STR("$")))
        return asl_check_path(p, value, key, PATH_ANY);
    unum_diag_add(p->diags, UNUM_E0422, value->span,
                  "the value of \"%s\" is a path or an intrinsic call", key);
    unum_diag_hint(p->diags,
                   "a path starts with \"$\", a call with \"States.\"; take \".$\" off the "
                   "name to have the text as it is");
    return false;
}

/* "a" and "a.$" give the same field. */
static bool check_twins(struct asl_parser *p, const struct doc *object)
{
    struct unum_map UNUM_AUTO_MAP plain = UNUM_MAP_INIT;
    bool right = true, any = false;
    for (size_t i = 0; i < object->len; i++)
        any = any || ends_evaluated(object->members[i].key);
    for (size_t i = 0; any && i < object->len; i++) {
        if (!ends_evaluated(object->members[i].key))
            unum_map_set(&plain, object->members[i].key, p);
    }
    for (size_t i = 0; any && i < object->len; i++) {
        struct unum_str key = object->members[i].key;
        if (!ends_evaluated(key) || !unum_map_has(&plain, unum_str_slice(key, 0, key.len - 2)))
            continue;
        unum_diag_add(p->diags, UNUM_E0422, object->members[i].key_span,
                      "\"%.*s\" and \"%.*s\" give the same field", (int)(key.len - 2), key.ptr,
                      UNUM_STR_ARG(key));
        unum_diag_hint(p->diags, "take one of them out");
        right = false;
    }
    return right;
}

static void warn_text(struct asl_parser *p, const struct doc *value, struct unum_str key)
{
    if (value->kind != DOC_STRING || !asl_looks_evaluated(value->text))
        return;
    unum_diag_add(p->diags, UNUM_W0435, value->span, "the value of \"%.*s\" is not evaluated",
                  UNUM_STR_ARG(key));
    unum_diag_hint(p->diags, "write \"%.*s.$\" if it is meant to be", UNUM_STR_ARG(key));
}

bool asl_check_template(struct asl_parser *p, const struct doc *value, const char *key)
{
    bool right = value->kind != DOC_OBJECT || check_twins(p, value);
    for (size_t i = 0; i < value->len; i++) {
        const struct doc_member *member = &value->members[i];
        if (value->kind == DOC_OBJECT && ends_evaluated(member->key)) {
            right = check_evaluated(p, member) && right;
            continue;
        }
        if (value->kind == DOC_OBJECT)
            warn_text(p, member->value, member->key);
        right = asl_check_template(p, member->value, key) && right;
    }
    return right;
}

/* ---- variables ---- */

static size_t characters(struct unum_str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
    return count;
}

/* Letters, digits and "_", not starting with a digit; everything outside of ASCII passes. */
static bool is_variable(struct unum_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
        if (!letter && (!i || c < '0' || c > '9'))
            return false;
    }
    return name.len > 0;
}

static bool check_variable(struct asl_parser *p, const struct doc_member *member)
{
    struct unum_str name = member->key;
    const char *says = NULL;
    if (ends_evaluated(name))
        name.len -= 2;
    if (!is_variable(name))
        says = "has letters, digits and \"_\" and does not start with a digit";
    else if (characters(name) > ASL_LIMIT_NAME)
        says = "has at most 80 characters";
    else if (unum_str_is(name, "states"))
        says = "is not \"states\", which is reserved";
    if (says)
        unum_diag_add(p->diags, UNUM_E0428, member->key_span, "the name of a variable %s", says);
    return !says;
}

bool asl_check_assign(struct asl_parser *p, const struct doc *value)
{
    bool right = true;
    for (size_t i = 0; i < value->len; i++)
        right = check_variable(p, &value->members[i]) && right;
    return asl_check_template(p, value, "Assign") && right;
}

/* ---- texts that are not evaluated ---- */

void asl_warn_static(struct asl_parser *p, const struct doc *value, const char *key)
{
    if (value->kind == DOC_STRING) {
        if (!asl_looks_evaluated(value->text))
            return;
        bool result = strcmp(key, "Result") == 0;
        unum_diag_add(p->diags, result ? UNUM_W0436 : UNUM_W0435, value->span,
                      "\"%s\" is taken as it is, not evaluated", key);
        unum_diag_hint(p->diags,
                       result ? "use \"Parameters\" or \"InputPath\" to have a path evaluated"
                              : "a path goes into \"%sPath\"",
                       key);
        return;
    }
    for (size_t i = 0; i < value->len; i++) {
        const struct doc_member *member = &value->members[i];
        if (value->kind == DOC_OBJECT && ends_evaluated(member->key)) {
            unum_diag_add(p->diags, UNUM_W0436, member->key_span,
                          "\"%.*s\" is taken as it is: \"%s\" is not evaluated",
                          UNUM_STR_ARG(member->key), key);
            unum_diag_hint(p->diags, "use \"Parameters\" to have paths evaluated");
            return;
        }
        asl_warn_static(p, member->value, key);
    }
}
