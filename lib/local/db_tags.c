/* Tags of tables: TagResource, UntagResource, ListTagsOfResource. Kept with the table as one JSON
 * object. Source: DynamoDB API Reference, "Tagging restrictions" (Developer Guide). */
#include "base/limits.h"
#include "local/db_operation.h"

enum { MOST = 50, KEY_MOST = 128, VALUE_MOST = 256 };

/* The text of a member of {"Key":...,"Value":...} in the arena; ptr NULL if it is no string. */
static struct unum_str member(struct db_call *c, struct unum_str tag, const char *name)
{
    struct unum_str value;
    if (!json_get(tag, unum_str_from(name), &value) || json_type(value) != JSON_STRING)
        return UNUM_STR_NONE;
    return db_text(value, c->arena);
}

static int check_tag(struct db_call *c, struct unum_str key, struct unum_str value)
{
    if (!key.len || key.len > KEY_MOST || !value.ptr || value.len > VALUE_MOST)
        return db_refuse(c->fault, DB_VALIDATION,
                         "One or more parameter values were invalid: a tag has a Key of 1 to 128 "
                         "and a Value of up to 256 characters");
    if (unum_str_starts(key, UNUM_STR("aws:")))
        return db_refuse(c->fault, DB_VALIDATION,
                         "One or more parameter values were invalid: aws: prefixed tag key names "
                         "are not allowed for external use.");
    return 0;
}

static bool is_among(struct db_call *c, struct unum_str keys, struct unum_str key)
{
    struct unum_str value;
    for (size_t i = 0; json_at(keys, i, &value); i++) {
        if (json_type(value) == JSON_STRING && unum_str_eq(db_text(value, c->arena), key))
            return true;
    }
    return false;
}

/* Is there a tag of this key from position `at` on? */
static bool comes_from(struct db_call *c, struct unum_str list, size_t at, struct unum_str key)
{
    struct unum_str tag;
    for (size_t i = at; json_at(list, i, &tag); i++) {
        if (unum_str_eq(member(c, tag, "Key"), key))
            return true;
    }
    return false;
}

static int too_many(struct db_call *c)
{
    return db_refuse(c->fault, DB_VALIDATION,
                     "One or more parameter values were invalid: Too many tags: a table has at "
                     "most 50");
}

/* Tags of `before` that are neither in `gone` nor set anew, then those of `list`. */
static int merge(struct db_call *c, struct unum_str before, struct unum_str list,
                 struct unum_str gone, struct unum_str *ret)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&text);
    struct json_iter iter = json_iter(before);
    struct unum_str key, value, tag;
    size_t count = 0;
    if (json_count(list) > MOST || json_count(gone) > MOST)
        return too_many(c);
    json_object_begin(&w);
    while (before.len && json_next(&iter, &key, &value)) {
        struct unum_str name = db_text(key, c->arena);
        if (is_among(c, gone, name) || comes_from(c, list, 0, name))
            continue;
        json_key_str(&w, name);
        json_raw(&w, value);
        count++;
    }
    for (size_t i = 0; json_at(list, i, &tag); i++) {
        struct unum_str name = member(c, tag, "Key"), said = member(c, tag, "Value");
        int rc = check_tag(c, name, said);
        if (rc)
            return rc;
        if (comes_from(c, list, i + 1, name)) /* the last one counts */
            continue;
        json_key_str(&w, name);
        json_string(&w, said);
        count++;
    }
    json_object_end(&w);
    if (count > MOST || text.failed)
        return too_many(c);
    *ret = unum_arena_str(c->arena, unum_buf_str(&text));
    return 0;
}

int db_tags_read(struct db_call *c, struct unum_str list, struct unum_str *ret)
{
    return merge(c, UNUM_STR("{}"), list, UNUM_STR("[]"), ret);
}

/* "arn:aws:dynamodb:REGION:ACCOUNT:table/NAME": the table has to be there. */
static int find_table(struct db_call *c, struct db_table *ret)
{
    struct unum_str arn = db_param_text(c, &c->params, DB_P_RESOURCE_ARN);
    if (!unum_str_starts(arn, UNUM_STR("arn:")) ||
        unum_str_search(arn, UNUM_STR(":table/")) == SIZE_MAX)
        return db_refuse(c->fault, DB_VALIDATION,
                         "Invalid TableArn: Invalid ResourceArn provided "
                         "as input %.*s",
                         UNUM_STR_ARG(unum_str_slice(arn, 0, 128)));
    return db_table_find(c, arn, ret);
}

static int change(struct db_call *c, struct unum_str list, struct unum_str gone)
{
    struct db_table table = {.ttl_on = false};
    int rc = find_table(c, &table);
    if (!rc)
        rc = merge(c, table.tags, list, gone, &table.tags);
    return rc ? rc : db_table_store(c, &table);
}

int db_tag_resource(struct db_call *c)
{
    return change(c, c->params.at[DB_P_TAGS], UNUM_STR("[]"));
}

int db_untag_resource(struct db_call *c)
{
    return change(c, UNUM_STR("[]"), c->params.at[DB_P_TAG_KEYS]);
}

int db_list_tags(struct db_call *c)
{
    struct db_table table = {.ttl_on = false};
    struct unum_str key, value;
    int rc = find_table(c, &table);
    if (rc)
        return rc;
    struct json_iter iter = json_iter(table.tags);
    json_object_begin(&c->w);
    json_key(&c->w, "Tags");
    json_array_begin(&c->w);
    while (json_next(&iter, &key, &value)) {
        json_object_begin(&c->w);
        json_key(&c->w, "Key");
        json_raw(&c->w, key);
        json_key(&c->w, "Value");
        json_raw(&c->w, value);
        json_object_end(&c->w);
    }
    json_array_end(&c->w);
    json_object_end(&c->w);
    return 0;
}
