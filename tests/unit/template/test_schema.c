#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/limits.h"
#include "template/key.h"
#include "json/json.h"

/* The schema for editors and the table of keys say the same. */
struct fixture {
    struct unum_buf text;
    struct unum_str schema;
};

static struct unum_str at(const struct fixture *f, const char *pointer)
{
    struct unum_str value = {0};
    if (!json_pointer(f->schema, unum_str_from(pointer), &value))
        fail_msg("the schema has no %s", pointer);
    return value;
}

static const struct {
    enum template_scope scope;
    const char *pointer;
} places[] = {
    {TEMPLATE_TOP, ""},
    {TEMPLATE_GLOBALS, "/properties/Globals"},
    {TEMPLATE_FUNCTION, "/properties/Functions/additionalProperties"},
    {TEMPLATE_PROPERTIES, "/properties/Functions/additionalProperties/properties/Properties"},
};

static bool is_number(struct unum_str object, const char *key, int64_t wanted)
{
    struct unum_str value;
    int64_t number;
    return json_get(object, unum_str_from(key), &value) && json_to_i64(value, &number) &&
           number == wanted;
}

static void check_key(const struct template_key *key, struct unum_str property)
{
    struct unum_str value;
    if (!json_get(property, UNUM_STR("description"), &value) ||
        !json_is(value, unum_str_from(key->summary)))
        fail_msg("%s has another description", key->name);
    struct unum_str numbers = property;
    if (key->type == TEMPLATE_DURATION) {
        struct unum_str list;
        assert_true(json_get(property, UNUM_STR("oneOf"), &list));
        for (size_t i = 0; json_at(list, i, &numbers); i++) {
            if (is_number(numbers, "maximum", key->most))
                break;
        }
    }
    if (key->type == TEMPLATE_DURATION || key->type == TEMPLATE_INTEGER) {
        if (!is_number(numbers, "minimum", key->least) || !is_number(numbers, "maximum", key->most))
            fail_msg("%s has other bounds", key->name);
    }
    if (key->type == TEMPLATE_TEXT && (!is_number(property, "minLength", key->least) ||
                                       !is_number(property, "maxLength", key->most)))
        fail_msg("%s has another length", key->name);
    if (key->type == TEMPLATE_CHOICE &&
        (!json_get(property, UNUM_STR("enum"), &value) || json_count(value) != 1 ||
         !json_at(value, 0, &value) || !json_is(value, unum_str_from(key->choices))))
        fail_msg("%s has other choices", key->name);
    if (key->type == TEMPLATE_BOOL) {
        assert_true(json_get(property, UNUM_STR("type"), &value));
        assert_true(json_is(value, UNUM_STR("boolean")));
        bool fallback;
        assert_true(json_get(property, UNUM_STR("default"), &value));
        assert_true(json_to_bool(value, &fallback));
        assert_string_equal(key->fallback, fallback ? "true" : "false");
    }
}

static bool is_required(struct unum_str place, const char *name)
{
    struct unum_str list, item;
    if (!json_get(place, UNUM_STR("required"), &list))
        return false;
    for (size_t i = 0; json_at(list, i, &item); i++) {
        if (json_is(item, unum_str_from(name)))
            return true;
    }
    return false;
}

static void has_exactly_the_keys_of_the_table(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < UNUM_COUNT(places); i++) {
        struct unum_str place = at(f, places[i].pointer), properties, property, closed;
        bool open = true;
        assert_true(json_get(place, UNUM_STR("properties"), &properties));
        assert_true(json_get(place, UNUM_STR("additionalProperties"), &closed));
        assert_true(json_to_bool(closed, &open) && !open);
        size_t count = 0;
        for (size_t k = 0; k < template_keys_len; k++) {
            const struct template_key *key = &template_keys[k];
            if (!(key->scopes & places[i].scope))
                continue;
            count++;
            if (!json_get(properties, unum_str_from(key->name), &property))
                fail_msg("the schema has no %s", key->name);
            if (places[i].scope != TEMPLATE_FUNCTION)
                check_key(key, property);
            assert_int_equal(is_required(place, key->name), key->required);
        }
        assert_int_equal(json_count(properties), count);
    }
}

static int setup(void **state)
{
    static struct fixture f;
    f.text = (struct unum_buf)UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    *state = &f;
    return unum_file_read(UNUM_SOURCE_DIR "/share/schema/unum-template.schema.json", &f.text,
                          NULL) < 0 ||
           json_check(unum_buf_str(&f.text), &f.schema, NULL) < 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    unum_buf_done(&f->text);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_exactly_the_keys_of_the_table),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
