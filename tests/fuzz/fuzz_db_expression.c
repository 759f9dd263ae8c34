/* Expressions: whatever the text, parsing ends with a tree or a reason, a tree can be evaluated,
 * and an item that was updated can be written and read again. First byte: which kind. */
#include <stdlib.h>

#include "local/db_expression.h"

static const char item_text[] =
    "{\"k\":{\"S\":\"key\"},\"a\":{\"N\":\"1.5\"},\"b\":{\"S\":\"text\"},\"l\":{\"L\":[{\"N\":"
    "\"0\"},{\"M\":{\"x\":{\"S\":\"y\"}}},{\"L\":[]}]},\"m\":{\"M\":{\"x\":{\"M\":{\"y\":{\"N\":"
    "\"-7e20\"}}},\"s\":{\"SS\":[\"p\",\"q\"]}}},\"n\":{\"NS\":[\"1\",\"2\"]},\"t\":{\"BOOL\":"
    "true},\"z\":{\"NULL\":true},\"d\":{\"B\":\"AAEC\"}}";
static const char names_text[] = "{\"#a\":\"a\",\"#m\":\"m\",\"#x\":\"x\",\"#new\":\"a new.one\"}";
static const char values_text[] =
    "{\":n\":{\"N\":\"3\"},\":s\":{\"S\":\"p\"},\":l\":{\"L\":[{\"N\":\"9\"}]},\":m\":{\"M\":{"
    "\"x\":{\"N\":\"1\"}}},\":ns\":{\"NS\":[\"2\",\"3\"]},\":ss\":{\"SS\":[\"p\"]},\":b\":{\"B\":"
    "\"AA==\"},\":t\":{\"S\":\"L\"}}";

static void check(bool right)
{
    if (!right)
        abort();
}

static void fuzz_update(struct unum_str text, struct db_scope *scope, struct db_value *item,
                        struct unum_arena *arena, struct db_fault *fault)
{
    struct db_update update;
    if (db_update_parse(text, scope, &update, fault) ||
        db_update_apply(&update, item, arena, fault))
        return;
    struct unum_str written = db_item_text(item, arena), value;
    struct db_value again;
    check(json_check(written, &value, NULL) == 0);
    if (db_item_too_deep(item))
        return;
    check(db_item_read(value, arena, &again, fault) == 0);
    check(db_value_equal(item, &again));
    check(db_item_size(item) == db_item_size(&again));
}

static void fuzz_projection(struct unum_str text, struct db_scope *scope,
                            const struct db_value *item, struct unum_arena *arena,
                            struct db_fault *fault)
{
    struct db_projection projection;
    if (db_projection_parse(text, scope, &projection, fault))
        return;
    const struct db_path **paths =
        unum_arena_array(arena, projection.len, sizeof(struct db_path *));
    for (size_t i = 0; i < projection.len; i++)
        paths[i] = &projection.at[i];
    const struct db_value *part = db_project(paths, projection.len, item, arena);
    check(part && db_item_size(part) <= db_item_size(item));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct db_fault fault = {.arena = &arena};
    struct unum_str text = {(const char *)data + 1, size - 1};
    struct db_scope scope;
    struct db_value item;
    check(db_scope_read(unum_str_from(names_text), unum_str_from(values_text), &arena, &scope,
                        &fault) == 0);
    check(db_item_read(unum_str_from(item_text), &arena, &item, &fault) == 0);
    const struct db_condition *condition;
    switch (data[0] % 3) {
    case 0:
        if (!db_condition_parse(text, "FilterExpression", &scope, &condition, &fault))
            (void)db_condition_holds(condition, &item);
        break;
    case 1:
        fuzz_update(text, &scope, &item, &arena, &fault);
        break;
    default:
        fuzz_projection(text, &scope, &item, &arena, &fault);
    }
    (void)db_scope_check_used(&scope, &fault);
    return 0;
}
