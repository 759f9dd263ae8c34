/* Templates: read, brought into the long form, and checked as CloudFormation does before it looks
 * at any resource. */
#include "local/cfn.h"

#include <stdlib.h>
#include <string.h>

#include "local/cfn_order.h"
#include "local/cfn_provider.h"
#include "yaml/yaml_doc.h"

static int wrong(struct unum_err *err, const char *text)
{
    return unum_err_set(err, UNUM_E_INVALID_FILE, "%s", text);
}

/* ---- short forms ---- */

static struct doc *wrap(struct unum_arena *arena, struct unum_str name, struct doc *inner)
{
    struct doc *outer = UNUM_ARENA_NEW(arena, struct doc);
    outer->kind = DOC_OBJECT;
    outer->span = inner->span;
    outer->tag = UNUM_STR("");
    outer->len = 1;
    outer->members = UNUM_ARENA_NEW(arena, struct doc_member);
    outer->members[0] = (struct doc_member){name, inner->span, inner};
    return outer;
}

/* !GetAtt A.B becomes {"Fn::GetAtt": "A.B"}. Subtrees may be shared, so none is changed. */
static struct doc *long_form(struct unum_arena *arena, const struct doc *doc)
{
    struct doc *made = UNUM_ARENA_NEW(arena, struct doc);
    *made = *doc;
    made->tag = UNUM_STR("");
    if (doc->len) {
        made->members = unum_arena_array(arena, doc->len, sizeof(*made->members));
        for (size_t i = 0; i < doc->len; i++) {
            made->members[i] = doc->members[i];
            made->members[i].value = long_form(arena, doc->members[i].value);
        }
    }
    if (!doc->tag.len)
        return made;
    struct unum_str name = unum_str_from_pos(doc->tag, 1);
    if (made->kind == DOC_NUMBER || made->kind == DOC_BOOL)
        made->kind = DOC_STRING;
    if (unum_str_is(name, "Ref") || unum_str_is(name, "Condition"))
        return wrap(arena, name, made);
    return wrap(arena, unum_arena_printf(arena, "Fn::%.*s", UNUM_STR_ARG(name)), made);
}

static int parse(struct cfn_template *t, struct unum_err *err)
{
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    struct unum_str text = unum_str_trim(t->source.text);
    bool json = unum_str_starts(text, UNUM_STR("{")) || unum_str_starts(text, UNUM_STR("["));
    if (!text.len)
        return wrong(err, "Template format error: unsupported structure.");
    struct doc *root = json ? doc_parse_json(&t->source, &t->arena, &diags)
                            : doc_parse_yaml(&t->source, &t->arena, &diags);
    if (!root || diags.errors) {
        struct unum_place place = {.line = 1, .column = 1};
        if (diags.list.len && diags.list.at[0].span.source)
            place = unum_source_place(&t->source, diags.list.at[0].span.start);
        return unum_err_set(err, UNUM_E_INVALID_FILE,
                            "Template format error: %s not well-formed. (line %zu, column %zu)%s%s",
                            json ? "JSON" : "YAML", place.line, place.column,
                            diags.list.len ? ": " : "",
                            diags.list.len ? diags.list.at[0].text : "");
    }
    if (root->kind != DOC_OBJECT)
        return wrong(err, "Template format error: unsupported structure.");
    t->root = long_form(&t->arena, root);
    return 0;
}

/* ---- sections ---- */

static int check_sections(struct cfn_template *t, struct unum_err *err)
{
    static const char *const known[] = {"AWSTemplateFormatVersion",
                                        "Description",
                                        "Metadata",
                                        "Parameters",
                                        "Rules",
                                        "Mappings",
                                        "Conditions",
                                        "Transform",
                                        "Resources",
                                        "Outputs"};
    for (size_t i = 0; i < t->root->len; i++) {
        bool found = false;
        for (size_t k = 0; k < UNUM_COUNT(known); k++)
            found |= unum_str_is(t->root->members[i].key, known[k]);
        if (!found)
            return unum_err_set(err, UNUM_E_INVALID_FILE,
                                "Invalid template property or properties [%.*s]",
                                UNUM_STR_ARG(t->root->members[i].key));
    }
    const struct doc *version = doc_get(t->root, "AWSTemplateFormatVersion");
    if (version && !unum_str_is(version->text, "2010-09-09"))
        return unum_err_set(err, UNUM_E_INVALID_FILE,
                            "Template format error: %.*s is not a supported value.",
                            UNUM_STR_ARG(version->text));
    const struct doc *transform = doc_get(t->root, "Transform");
    if (transform)
        return unum_err_set(
            err, UNUM_E_INVALID_FILE, "No transform named %.*s found.",
            UNUM_STR_ARG(transform->kind == DOC_STRING ? transform->text : UNUM_STR("list")));
    if (doc_get(t->root, "Rules"))
        return wrong(err, "Template format error: the local platform has no Rules");
    const struct doc *description = doc_get(t->root, "Description");
    if (description && description->kind != DOC_STRING)
        return wrong(err, "Template format error: Description must be a string.");
    if (description && description->text.len > 1024)
        return wrong(err, "Template format error: Description is longer than 1024 bytes.");
    t->description = description ? description->text : UNUM_STR_NONE;
    t->metadata = doc_get(t->root, "Metadata");
    return 0;
}

static int section(const struct cfn_template *t, const char *name, const struct doc **ret,
                   struct unum_err *err)
{
    *ret = doc_get(t->root, name);
    if (*ret && (*ret)->kind == DOC_NULL)
        *ret = NULL;
    if (*ret && (*ret)->kind != DOC_OBJECT)
        return unum_err_set(err, UNUM_E_INVALID_FILE,
                            "Template format error: %s must be an object.", name);
    return 0;
}

static bool is_alphanumeric(struct unum_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')))
            return false;
    }
    return name.len > 0 && name.len <= 255;
}

static int check_name(const char *kind, struct unum_str name, struct unum_err *err)
{
    return is_alphanumeric(name)
               ? 0
               : unum_err_set(err, UNUM_E_INVALID_FILE,
                              "Template format error: %s name %.*s is non alphanumeric.", kind,
                              UNUM_STR_ARG(name));
}

static int too_many(const char *kind, size_t count, size_t most, struct unum_err *err)
{
    return unum_err_set(err, UNUM_E_INVALID_FILE,
                        "Template format error: Number of %s, %zu, is greater than maximum "
                        "allowed, %zu",
                        kind, count, most);
}

/* ---- parameters ---- */

static int read_parameter(struct cfn_parameter *p, const struct doc_member *member,
                          struct unum_err *err)
{
    static const char *const types[] = {"String", "Number", "List<Number>", "List<String>",
                                        "CommaDelimitedList"};
    const struct doc *d = member->value;
    p->name = member->key;
    p->declaration = d;
    int rc = check_name("Parameter", p->name, err);
    if (rc)
        return rc;
    const struct doc *type = doc_get(d, "Type");
    if (d->kind != DOC_OBJECT || !type || type->kind != DOC_STRING)
        return unum_err_set(err, UNUM_E_INVALID_FILE,
                            "Template format error: Every Parameters object must contain a Type "
                            "member.");
    p->type = type->text;
    bool known = false;
    for (size_t i = 0; i < UNUM_COUNT(types); i++)
        known |= unum_str_is(p->type, types[i]);
    if (!known)
        return unum_err_set(err, UNUM_E_INVALID_FILE,
                            "Template format error: Unrecognized parameter type: %.*s",
                            UNUM_STR_ARG(p->type));
    const struct doc *value = doc_get(d, "Default"), *hidden = doc_get(d, "NoEcho"),
                     *about = doc_get(d, "Description");
    if (value && (value->kind == DOC_ARRAY || value->kind == DOC_OBJECT || value->kind == DOC_NULL))
        return unum_err_set(err, UNUM_E_INVALID_FILE,
                            "Template format error: Every Default member must be a string.");
    p->has_default = value;
    if (value)
        p->default_value = value->kind == DOC_BOOL
                               ? (value->boolean ? UNUM_STR("true") : UNUM_STR("false"))
                               : value->text;
    p->no_echo = hidden && (hidden->boolean || unum_str_is(hidden->text, "true"));
    p->description = about ? about->text : UNUM_STR_NONE;
    return 0;
}

static int read_parameters(struct cfn_template *t, struct unum_err *err)
{
    const struct doc *all = NULL;
    int rc = section(t, "Parameters", &all, err);
    if (rc || !all)
        return rc;
    if (all->len > CFN_MOST_PARAMETERS)
        return too_many("parameters", all->len, CFN_MOST_PARAMETERS, err);
    t->parameters = unum_arena_array(&t->arena, all->len, sizeof(*t->parameters));
    for (size_t i = 0; i < all->len; i++) {
        rc = read_parameter(&t->parameters[t->parameters_len++], &all->members[i], err);
        if (rc)
            return rc;
    }
    return 0;
}

const struct cfn_parameter *cfn_template_parameter(const struct cfn_template *t,
                                                   struct unum_str name)
{
    for (size_t i = 0; i < t->parameters_len; i++) {
        if (unum_str_eq(t->parameters[i].name, name))
            return &t->parameters[i];
    }
    return NULL;
}

/* ---- resources ---- */

static int read_policy(const struct doc *resource, const char *name, enum cfn_policy *ret,
                       struct unum_err *err)
{
    const struct doc *value = doc_get(resource, name);
    bool deletion = strcmp(name, "DeletionPolicy") == 0;
    if (!value || unum_str_is(value->text, "Delete"))
        *ret = CFN_DELETE;
    else if (unum_str_is(value->text, "Retain"))
        *ret = CFN_RETAIN;
    else if (deletion && unum_str_is(value->text, "RetainExceptOnCreate"))
        *ret = CFN_RETAIN_EXCEPT_ON_CREATE;
    else
        return unum_err_set(err, UNUM_E_INVALID_FILE,
                            "Template format error: Unrecognized %s %.*s for resource", name,
                            UNUM_STR_ARG(value->text));
    return 0;
}

static int check_members(const struct doc_member *member, struct unum_err *err)
{
    static const char *const known[] = {
        "Type",           "Properties",   "DependsOn",           "Condition",      "Metadata",
        "DeletionPolicy", "UpdatePolicy", "UpdateReplacePolicy", "CreationPolicy", "Description"};
    for (size_t i = 0; i < member->value->len; i++) {
        bool found = false;
        for (size_t k = 0; k < UNUM_COUNT(known); k++)
            found |= unum_str_is(member->value->members[i].key, known[k]);
        if (!found)
            return unum_err_set(err, UNUM_E_INVALID_FILE,
                                "Invalid template resource property '%.*s'",
                                UNUM_STR_ARG(member->value->members[i].key));
    }
    return 0;
}

static int read_resource(struct cfn_declared *r, const struct doc_member *member,
                         struct unum_err *err)
{
    const struct doc *d = member->value;
    r->id = member->key;
    int rc = check_name("Resource", r->id, err);
    if (rc)
        return rc;
    if (d->kind != DOC_OBJECT)
        return wrong(err, "Template format error: Any Resources member must be an object.");
    const struct doc *type = doc_get(d, "Type"), *condition = doc_get(d, "Condition");
    if (!type || type->kind != DOC_STRING)
        return unum_err_set(err, UNUM_E_INVALID_FILE,
                            "Template format error: [/Resources/%.*s] Every Resources object must "
                            "contain a Type member.",
                            UNUM_STR_ARG(r->id));
    r->type = type->text;
    rc = check_members(member, err);
    if (rc)
        return rc;
    r->properties = doc_get(d, "Properties");
    if (r->properties && r->properties->kind == DOC_NULL)
        r->properties = NULL;
    if (r->properties && r->properties->kind != DOC_OBJECT)
        return unum_err_set(err, UNUM_E_INVALID_FILE,
                            "Template format error: [/Resources/%.*s/Properties] 'Properties' must "
                            "be an object.",
                            UNUM_STR_ARG(r->id));
    r->metadata = doc_get(d, "Metadata");
    r->depends_on = doc_get(d, "DependsOn");
    if (condition && condition->kind != DOC_STRING)
        return wrong(err, "Template format error: Every Condition member must be a string.");
    r->condition = condition ? condition->text : UNUM_STR_NONE;
    rc = read_policy(d, "DeletionPolicy", &r->deletion, err);
    return rc ? rc : read_policy(d, "UpdateReplacePolicy", &r->replacement, err);
}

static int check_types(const struct cfn_template *t, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF unknown = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT / 2);
    for (size_t i = 0; i < t->resources_len; i++) {
        struct unum_str type = t->resources[i].type;
        if (!cfn_provider_find(type) && unum_str_search(unum_buf_str(&unknown), type) == SIZE_MAX)
            unum_buf_printf(&unknown, "%s%.*s", unknown.len ? ", " : "", UNUM_STR_ARG(type));
    }
    if (!unknown.len)
        return 0;
    return unum_err_set(err, UNUM_E_INVALID_FILE,
                        "Template format error: Unrecognized resource types: [%s]",
                        unum_buf_text(&unknown));
}

static void note_capabilities(struct cfn_template *t, const struct cfn_declared *r)
{
    const struct cfn_provider *provider = cfn_provider_find(r->type);
    if (!provider || !provider->iam_kind)
        return;
    t->iam = true;
    t->iam_types = provider->type;
    if (provider->name_property && r->properties && doc_get(r->properties, provider->name_property))
        t->named_iam = true;
}

static int read_resources(struct cfn_template *t, struct unum_err *err)
{
    const struct doc *all = NULL;
    int rc = section(t, "Resources", &all, err);
    if (rc)
        return rc;
    if (!all || !all->len)
        return wrong(err, "Template format error: At least one Resources member must be defined.");
    if (all->len > CFN_MOST_RESOURCES)
        return too_many("resources", all->len, CFN_MOST_RESOURCES, err);
    t->resources = unum_arena_array(&t->arena, all->len, sizeof(*t->resources));
    for (size_t i = 0; i < all->len; i++) {
        rc = read_resource(&t->resources[t->resources_len], &all->members[i], err);
        if (rc)
            return rc;
        if (cfn_template_parameter(t, all->members[i].key))
            return unum_err_set(err, UNUM_E_INVALID_FILE,
                                "Template format error: Duplicate names: %.*s is a parameter and a "
                                "resource",
                                UNUM_STR_ARG(all->members[i].key));
        note_capabilities(t, &t->resources[t->resources_len++]);
    }
    return check_types(t, err);
}

const struct cfn_declared *cfn_template_resource(const struct cfn_template *t, struct unum_str id)
{
    for (size_t i = 0; i < t->resources_len; i++) {
        if (unum_str_eq(t->resources[i].id, id))
            return &t->resources[i];
    }
    return NULL;
}

/* ---- outputs ---- */

static int read_output(struct cfn_output *o, const struct doc_member *member, struct unum_err *err)
{
    const struct doc *d = member->value;
    o->name = member->key;
    int rc = check_name("Output", o->name, err);
    if (rc)
        return rc;
    if (d->kind != DOC_OBJECT || !doc_get(d, "Value"))
        return unum_err_set(err, UNUM_E_INVALID_FILE,
                            "Template format error: [/Outputs/%.*s] Every Outputs member must "
                            "contain a Value object",
                            UNUM_STR_ARG(o->name));
    const struct doc *about = doc_get(d, "Description"), *condition = doc_get(d, "Condition"),
                     *export = doc_get(d, "Export");
    o->value = doc_get(d, "Value");
    o->description = about ? about->text : UNUM_STR_NONE;
    o->condition = condition ? condition->text : UNUM_STR_NONE;
    o->export_name = export ? doc_get(export, "Name") : NULL;
    if (export && !o->export_name)
        return wrong(err, "Template format error: Every Export must contain a Name");
    return 0;
}

static int read_outputs(struct cfn_template *t, struct unum_err *err)
{
    const struct doc *all = NULL;
    int rc = section(t, "Outputs", &all, err);
    if (rc || !all)
        return rc;
    if (all->len > CFN_MOST_OUTPUTS)
        return too_many("outputs", all->len, CFN_MOST_OUTPUTS, err);
    t->outputs = unum_arena_array(&t->arena, all->len, sizeof(*t->outputs));
    for (size_t i = 0; i < all->len; i++) {
        rc = read_output(&t->outputs[t->outputs_len++], &all->members[i], err);
        if (rc)
            return rc;
    }
    return 0;
}

/* ---- references ---- */

struct references {
    struct cfn_template *t;
    struct cfn_declared *of; /* NULL: of the outputs, or of conditions */
    const char *block;
    struct unum_map found; /* ids that `of` depends on */
};

static bool is_pseudo(struct unum_str name)
{
    static const char *const names[] = {"AWS::AccountId", "AWS::NotificationARNs", "AWS::NoValue",
                                        "AWS::Partition", "AWS::Region",           "AWS::StackId",
                                        "AWS::StackName", "AWS::URLSuffix"};
    for (size_t i = 0; i < UNUM_COUNT(names); i++) {
        if (unum_str_is(name, names[i]))
            return true;
    }
    return false;
}

static int on_reference(void *cookie, const char *function, struct unum_str name,
                        struct unum_str attribute, struct unum_err *err)
{
    struct references *refs = cookie;
    bool names_attribute = attribute.len > 0;
    if (!names_attribute && (is_pseudo(name) || cfn_template_parameter(refs->t, name)))
        return 0;
    const struct cfn_declared *target = cfn_template_resource(refs->t, name);
    if (strcmp(refs->block, "Conditions") == 0 || !target) {
        if (names_attribute)
            return unum_err_set(err, UNUM_E_INVALID_FILE,
                                "Template error: instance of %s references undefined resource %.*s",
                                function, UNUM_STR_ARG(name));
        return unum_err_set(err, UNUM_E_INVALID_FILE,
                            "Template format error: Unresolved resource dependencies [%.*s] in the "
                            "%s block of the template",
                            UNUM_STR_ARG(name), refs->block);
    }
    const struct cfn_provider *provider = cfn_provider_find(target->type);
    if (names_attribute && provider && !cfn_provider_has_attribute(provider, attribute))
        return unum_err_set(err, UNUM_E_INVALID_FILE,
                            "Template error: resource %.*s does not support attribute type %.*s in "
                            "%s",
                            UNUM_STR_ARG(name), UNUM_STR_ARG(attribute), function);
    (void)unum_map_set(&refs->found, name, refs);
    return 0;
}

static bool has_condition(const struct cfn_template *t, struct unum_str name)
{
    for (size_t i = 0; t->conditions && i < t->conditions->len; i++) {
        if (unum_str_eq(t->conditions->members[i].key, name))
            return true;
    }
    return false;
}

static int on_condition(void *cookie, const char *function, struct unum_str name,
                        struct unum_err *err)
{
    const struct references *refs = cookie;
    if (has_condition(refs->t, name))
        return 0;
    return unum_err_set(err, UNUM_E_INVALID_FILE,
                        "Template error: unresolved condition dependency %.*s in %s",
                        UNUM_STR_ARG(name), function);
}

static int depends_on(struct references *refs, struct unum_err *err)
{
    const struct doc *list = refs->of->depends_on;
    for (size_t i = 0; list && i < (list->kind == DOC_ARRAY ? list->len : 1); i++) {
        const struct doc *one = list->kind == DOC_ARRAY ? list->members[i].value : list;
        if (one->kind != DOC_STRING)
            return wrong(err, "Template format error: DependsOn must be a string or list of "
                              "strings.");
        if (!cfn_template_resource(refs->t, one->text))
            return unum_err_set(err, UNUM_E_INVALID_FILE,
                                "Template format error: Unresolved resource dependencies [%.*s] in "
                                "the Resources block of the template",
                                UNUM_STR_ARG(one->text));
        (void)unum_map_set(&refs->found, one->text, refs);
    }
    return 0;
}

static int check_value(struct references *refs, const struct doc *value, struct unum_err *err)
{
    const struct cfn_walk walk = {refs, on_reference, on_condition};
    return value ? cfn_walk(&walk, value, err) : 0;
}

static int resource_references(struct cfn_template *t, struct cfn_declared *r, struct unum_err *err)
{
    struct references refs = {.t = t, .of = r, .block = "Resources"};
    int rc = check_value(&refs, r->properties, err);
    if (rc == 0)
        rc = check_value(&refs, r->metadata, err);
    if (rc == 0)
        rc = depends_on(&refs, err);
    if (rc == 0 && r->condition.len && !has_condition(t, r->condition))
        rc = unum_err_set(err, UNUM_E_INVALID_FILE,
                          "Template format error: Unresolved condition dependency %.*s in the "
                          "Resources block of the template",
                          UNUM_STR_ARG(r->condition));
    if (rc == 0) {
        r->depends = unum_arena_array(&t->arena, refs.found.len, sizeof(*r->depends));
        for (struct unum_map_entry *at = unum_map_next(&refs.found, NULL); at;
             at = unum_map_next(&refs.found, at))
            r->depends[r->depends_len++] = unum_arena_str(&t->arena, at->key);
    }
    unum_map_done(&refs.found);
    return rc;
}

static int check_references(struct cfn_template *t, struct unum_err *err)
{
    struct references conditions = {.t = t, .block = "Conditions"};
    struct references outputs = {.t = t, .block = "Outputs"};
    int rc = 0;
    for (size_t i = 0; rc == 0 && t->conditions && i < t->conditions->len; i++) {
        rc = check_value(&conditions, t->conditions->members[i].value, err);
    }
    for (size_t i = 0; rc == 0 && i < t->resources_len; i++)
        rc = resource_references(t, &t->resources[i], err);
    for (size_t i = 0; rc == 0 && i < t->outputs_len; i++) {
        rc = check_value(&outputs, t->outputs[i].value, err);
        if (rc == 0)
            rc = check_value(&outputs, t->outputs[i].export_name, err);
        if (rc == 0 && t->outputs[i].condition.len)
            rc = on_condition(&outputs, "Outputs", t->outputs[i].condition, err);
    }
    unum_map_done(&conditions.found);
    unum_map_done(&outputs.found);
    return rc;
}

/* ---- all of it ---- */

static int read_all(struct cfn_template *t, struct unum_err *err)
{
    int rc = parse(t, err);
    if (rc == 0)
        rc = check_sections(t, err);
    if (rc == 0)
        rc = section(t, "Mappings", &t->mappings, err);
    if (rc == 0)
        rc = section(t, "Conditions", &t->conditions, err);
    if (rc == 0)
        rc = read_parameters(t, err);
    if (rc == 0)
        rc = read_resources(t, err);
    if (rc == 0)
        rc = read_outputs(t, err);
    if (rc == 0)
        rc = check_references(t, err);
    return rc ? rc : cfn_order(t, err);
}

int cfn_template_read(struct unum_str body, struct cfn_template **ret, struct unum_err *err)
{
    struct cfn_template *t = unum_alloc(sizeof(*t));
    t->source.path = "template";
    t->source.text = unum_arena_str(&t->arena, body);
    int rc = read_all(t, err);
    if (rc)
        cfn_template_free(t);
    else
        *ret = t;
    return rc;
}

void cfn_template_free(struct cfn_template *t)
{
    if (!t)
        return;
    unum_arena_done(&t->arena);
    free(t);
}
