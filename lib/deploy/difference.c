#include "deploy/difference.h"

#include "base/limits.h"
#include "template/cloudformation.h"
#include "yaml/yaml_doc.h"

enum { MOST_LINES = 20, MOST_TEXT = 60 };

struct comparing {
    struct unum_arena arena;
    struct unum_buf *out;
    size_t count;
    bool function; /* inside a function */
};

static void add_value(struct unum_buf *out, const struct doc *value)
{
    bool scalar = value->kind == DOC_STRING || value->kind == DOC_NUMBER;
    if (value->tag.len)
        unum_buf_printf(out, "%.*s ", UNUM_STR_ARG(value->tag));
    if (value->kind == DOC_BOOL)
        unum_buf_adds(out, value->boolean ? "true" : "false");
    else if (!scalar)
        unum_buf_adds(out, doc_kind_name(value->kind));
    else if (value->text.len > MOST_TEXT)
        unum_buf_printf(out, "%.*s...", MOST_TEXT, value->text.ptr);
    else
        unum_buf_printf(out, "%.*s", UNUM_STR_ARG(value->text));
}

/* NULL: there is none. */
static void differ(struct comparing *c, struct unum_str place, const struct doc *deployed,
                   const struct doc *here)
{
    if (++c->count > MOST_LINES)
        return;
    unum_buf_printf(c->out, "%.*s ", UNUM_STR_ARG(place));
    if (!deployed) {
        unum_buf_adds(c->out, "is new");
    } else if (!here) {
        unum_buf_adds(c->out, "is on AWS only");
    } else {
        unum_buf_adds(c->out, "is ");
        add_value(c->out, here);
        unum_buf_adds(c->out, " here, ");
        add_value(c->out, deployed);
        unum_buf_adds(c->out, " on AWS");
    }
    unum_buf_addc(c->out, '\n');
}

static void compare(struct comparing *c, struct unum_str place, const struct doc *deployed,
                    const struct doc *here);

/* "Resources.X.Properties.Y" is spoken of as "X.Y". */
static struct unum_str below(struct comparing *c, struct unum_str place, struct unum_str key)
{
    if (!place.len)
        return unum_str_is(key, "Resources") ? place : key;
    if (unum_str_is(key, "Properties"))
        return place;
    return unum_arena_printf(&c->arena, "%.*s.%.*s", UNUM_STR_ARG(place), UNUM_STR_ARG(key));
}

static bool is_swapped(const struct comparing *c, struct unum_str key)
{
    return c->function && unum_str_is(key, "Code");
}

static void compare_objects(struct comparing *c, struct unum_str place, const struct doc *deployed,
                            const struct doc *here)
{
    for (size_t i = 0; i < here->len; i++) {
        const struct doc_member *m = &here->members[i];
        const char *key = unum_arena_str(&c->arena, m->key).ptr;
        if (!is_swapped(c, m->key))
            compare(c, below(c, place, m->key), doc_get(deployed, key), m->value);
    }
    for (size_t i = 0; i < deployed->len; i++) {
        const struct doc_member *m = &deployed->members[i];
        const char *key = unum_arena_str(&c->arena, m->key).ptr;
        if (!is_swapped(c, m->key) && !doc_get(here, key))
            differ(c, below(c, place, m->key), m->value, NULL);
    }
}

/* ---- tags: a list of Key and Value, whose order means nothing ---- */

static struct unum_str tag_key(const struct doc *tag)
{
    const struct doc *key = tag->kind == DOC_OBJECT ? doc_get(tag, "Key") : NULL;
    return key && key->kind == DOC_STRING ? key->text : UNUM_STR_NONE;
}

static const struct doc *find_tag(const struct doc *tags, struct unum_str key)
{
    for (size_t i = 0; i < tags->len; i++) {
        if (unum_str_eq(tag_key(tags->members[i].value), key))
            return doc_get(tags->members[i].value, "Value");
    }
    return NULL;
}

static bool are_tags(const struct doc *list)
{
    for (size_t i = 0; i < list->len; i++) {
        if (!tag_key(list->members[i].value).ptr)
            return false;
    }
    return list->len > 0;
}

static bool is_about_code(const struct comparing *c, struct unum_str key)
{
    return c->function && (unum_str_is(key, CLOUDFORMATION_IR_TAG) ||
                           unum_str_is(key, CLOUDFORMATION_VERSION_TAG));
}

static void compare_tags(struct comparing *c, struct unum_str place, const struct doc *deployed,
                         const struct doc *here)
{
    for (size_t i = 0; i < here->len; i++) {
        struct unum_str key = tag_key(here->members[i].value);
        if (!is_about_code(c, key))
            compare(c, below(c, place, key), find_tag(deployed, key), find_tag(here, key));
    }
    for (size_t i = 0; i < deployed->len; i++) {
        struct unum_str key = tag_key(deployed->members[i].value);
        if (!is_about_code(c, key) && !find_tag(here, key))
            differ(c, below(c, place, key), find_tag(deployed, key), NULL);
    }
}

static void compare_lists(struct comparing *c, struct unum_str place, const struct doc *deployed,
                          const struct doc *here)
{
    if (are_tags(here) && are_tags(deployed)) {
        compare_tags(c, place, deployed, here);
        return;
    }
    for (size_t i = 0; i < here->len || i < deployed->len; i++) {
        struct unum_str item = unum_arena_printf(&c->arena, "%.*s[%zu]", UNUM_STR_ARG(place), i);
        compare(c, item, i < deployed->len ? deployed->members[i].value : NULL,
                i < here->len ? here->members[i].value : NULL);
    }
}

static bool same_scalar(const struct doc *a, const struct doc *b)
{
    return a->kind == DOC_BOOL ? a->boolean == b->boolean : unum_str_eq(a->text, b->text);
}

static bool is_function(const struct doc *here)
{
    const struct doc *type = doc_get(here, "Type");
    return type && type->kind == DOC_STRING && unum_str_is(type->text, "AWS::Lambda::Function");
}

static void compare(struct comparing *c, struct unum_str place, const struct doc *deployed,
                    const struct doc *here)
{
    if (!deployed || !here || deployed->kind != here->kind ||
        !unum_str_eq(deployed->tag, here->tag)) {
        if (deployed || here)
            differ(c, place, deployed, here);
        return;
    }
    if (here->kind == DOC_ARRAY) {
        compare_lists(c, place, deployed, here);
        return;
    }
    if (here->kind != DOC_OBJECT) {
        if (!same_scalar(deployed, here))
            differ(c, place, deployed, here);
        return;
    }
    bool outside = c->function;
    c->function = outside || is_function(here);
    compare_objects(c, place, deployed, here);
    c->function = outside;
}

static struct doc *parse(const char *name, struct unum_str text, struct unum_arena *arena,
                         struct unum_err *err)
{
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    const struct unum_source source = {.path = name, .text = text};
    struct doc *tree = doc_parse_file(&source, arena, &diags);
    if (tree && tree->kind == DOC_OBJECT && !diags.errors)
        return tree;
    (void)unum_err_set(err, UNUM_E_PARSE, "%s cannot be read: %s", name,
                       diags.list.len ? diags.list.at[0].text : "it is no object");
    return NULL;
}

/* Settings of programs that read the template mean nothing to the stack. */
static void forget_metadata(struct doc *tree)
{
    size_t kept = 0;
    for (size_t i = 0; i < tree->len; i++) {
        if (!unum_str_is(tree->members[i].key, "Metadata"))
            tree->members[kept++] = tree->members[i];
    }
    tree->len = kept;
}

int deploy_difference(struct unum_str deployed, struct unum_str here, struct unum_buf *out,
                      size_t *ret_count, struct unum_err *err)
{
    struct comparing c = {.arena = UNUM_ARENA_INIT, .out = out};
    struct doc *there = parse("the deployed template", deployed, &c.arena, err);
    struct doc *own = there ? parse("the template", here, &c.arena, err) : NULL;
    if (own) {
        forget_metadata(there);
        forget_metadata(own);
        compare(&c, UNUM_STR(""), there, own);
        if (c.count > MOST_LINES)
            unum_buf_printf(out, "and %zu more\n", c.count - MOST_LINES);
        *ret_count = c.count;
    }
    unum_arena_done(&c.arena);
    return own ? 0 : UNUM_E_PARSE;
}
