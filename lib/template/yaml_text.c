#include "template/yaml_text.h"

#include <string.h>

#include "json/json.h"

static void start_line(struct yaml_text *y)
{
    unsigned depth = y->item ? y->depth - 1 : y->depth;
    for (unsigned i = 0; i < depth; i++)
        unum_buf_adds(y->out, "  ");
    if (y->item)
        unum_buf_adds(y->out, "- ");
    y->item = false;
}

/* A word of letters that is no boolean or null in any version of YAML, or a path or name that
 * starts with a letter. Everything else is quoted. */
static bool is_plain(struct unum_str value)
{
    static const char *const words[] = {"true", "false", "yes", "no", "on",
                                        "off",  "null",  "y",   "n"};
    if (!value.len || !((value.ptr[0] >= 'a' && value.ptr[0] <= 'z') ||
                        (value.ptr[0] >= 'A' && value.ptr[0] <= 'Z')))
        return false;
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        if (!(unum_is_alnum(c) || strchr("_-./", c)))
            return false;
    }
    for (size_t i = 0; i < UNUM_COUNT(words); i++) {
        if (unum_str_ieq(value, unum_str_from(words[i])))
            return false;
    }
    return true;
}

/* JSON's quoted text is YAML's. */
static void add_value(struct yaml_text *y, struct unum_str value)
{
    if (is_plain(value))
        unum_buf_add(y->out, value);
    else
        json_quote(y->out, value);
    unum_buf_addc(y->out, '\n');
}

static void add_key(struct yaml_text *y, const char *key)
{
    start_line(y);
    if (is_plain(unum_str_from(key)))
        unum_buf_adds(y->out, key);
    else
        json_quote(y->out, unum_str_from(key));
    unum_buf_adds(y->out, ":");
}

void yaml_begin(struct yaml_text *y, const char *key)
{
    add_key(y, key);
    unum_buf_addc(y->out, '\n');
    y->depth++;
}

void yaml_end(struct yaml_text *y)
{
    y->depth--;
}

void yaml_item(struct yaml_text *y)
{
    y->depth++;
    y->item = true;
}

void yaml_pair(struct yaml_text *y, const char *key, struct unum_str value)
{
    add_key(y, key);
    unum_buf_addc(y->out, ' ');
    add_value(y, value);
}

void yaml_pairs(struct yaml_text *y, const char *key, const char *value)
{
    yaml_pair(y, key, unum_str_from(value));
}

void yaml_int(struct yaml_text *y, const char *key, int64_t value)
{
    add_key(y, key);
    unum_buf_printf(y->out, " %lld\n", (long long)value);
}

void yaml_bool(struct yaml_text *y, const char *key, bool value)
{
    add_key(y, key);
    unum_buf_adds(y->out, value ? " true\n" : " false\n");
}

void yaml_tagged(struct yaml_text *y, const char *key, const char *tag, struct unum_str value)
{
    add_key(y, key);
    unum_buf_printf(y->out, " !%s ", tag);
    add_value(y, value);
}

void yaml_entry(struct yaml_text *y, const char *tag, struct unum_str value)
{
    y->depth++;
    y->item = true;
    start_line(y);
    if (tag)
        unum_buf_printf(y->out, "!%s ", tag);
    add_value(y, value);
    y->depth--;
}

void yaml_flow_entry(struct yaml_text *y, struct unum_str json)
{
    y->depth++;
    y->item = true;
    start_line(y);
    unum_buf_add(y->out, json);
    unum_buf_addc(y->out, '\n');
    y->depth--;
}

void yaml_blank(struct yaml_text *y)
{
    unum_buf_addc(y->out, '\n');
}
