#include "deploy/changes.h"

#include <ctype.h>

#include "deploy/values.h"

/* Types whose replacement or removal loses what people keep in them. */
static const char *const data_stores[] = {"AWS::DynamoDB::Table", "AWS::S3::Bucket",
                                          "AWS::Logs::LogGroup"};

/* What a property of our templates is for a person. */
static const struct {
    const char *type, *property, *words;
} properties[] = {
    {"AWS::Lambda::Function", "Properties.Code", "its code"},
    {"AWS::Lambda::Function", "Properties.Environment", "its environment"},
    {"AWS::Lambda::Function", "Properties.MemorySize", "its memory"},
    {"AWS::Lambda::Function", "Properties.Timeout", "its timeout"},
    {"AWS::Lambda::Function", "Properties.Architectures", "its architecture"},
    {"AWS::Lambda::Function", "Properties.FunctionName", "its name"},
    {"AWS::Lambda::Function", "Properties.Role", "its role"},
    {"AWS::Lambda::EventInvokeConfig", "Properties.DestinationConfig", "where its failures go"},
    {"AWS::IAM::Role", "Properties.Policies", "what it may do"},
    {"AWS::IAM::Role", "Properties.ManagedPolicyArns", "its managed policies"},
    {"AWS::Logs::LogGroup", "Properties.RetentionInDays", "how long logs are kept"},
};

static bool is_true(struct unum_str text)
{
    return unum_str_ieq(text, UNUM_STR("True"));
}

static bool keeps_data(struct unum_str type)
{
    for (size_t i = 0; i < UNUM_COUNT(data_stores); i++) {
        if (unum_str_is(type, data_stores[i]))
            return true;
    }
    return false;
}

struct change_words change_classify(const struct cfn_change *change)
{
    struct change_words words = {CHANGE_MODIFY, false, false, "~"};
    if (unum_str_is(change->action, "Add") || unum_str_is(change->action, "Import"))
        words = (struct change_words){CHANGE_ADD, false, false, "+"};
    else if (unum_str_is(change->action, "Remove"))
        words = (struct change_words){CHANGE_REMOVE, false, false, "-"};
    else if (is_true(change->replacement))
        words = (struct change_words){CHANGE_REPLACE, false, false, "-/+"};
    else
        words.may_replace = unum_str_ieq(change->replacement, UNUM_STR("Conditional"));
    words.dangerous =
        keeps_data(change->type) && (words.kind == CHANGE_REPLACE || words.kind == CHANGE_REMOVE);
    return words;
}

/* "EventInvokeConfig" -> "event invoke config", "DynamoDB" stays. */
static void add_lower_words(struct unum_str text, struct unum_buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (i && isupper((unsigned char)c) && islower((unsigned char)text.ptr[i - 1]))
            unum_buf_addc(out, ' ');
        unum_buf_addc(out, (char)tolower((unsigned char)c));
    }
}

void change_type_words(struct unum_str type, struct unum_buf *out)
{
    struct unum_str vendor = UNUM_STR_NONE, service = UNUM_STR_NONE, rest = type;
    size_t at = unum_str_search(rest, UNUM_STR("::"));
    if (at != SIZE_MAX) {
        vendor = unum_str_slice(rest, 0, at);
        rest = unum_str_from_pos(rest, at + 2);
        at = unum_str_search(rest, UNUM_STR("::"));
    }
    if (at == SIZE_MAX || !unum_str_is(vendor, "AWS")) {
        unum_buf_add(out, type);
        return;
    }
    service = unum_str_slice(rest, 0, at);
    unum_buf_add(out, service);
    unum_buf_addc(out, ' ');
    add_lower_words(unum_str_from_pos(rest, at + 2), out);
}

static bool is_tags(struct unum_str property)
{
    return unum_str_is(property, "Tags") || unum_str_is(property, "Properties.Tags");
}

static struct unum_str property_words(struct unum_str type, struct unum_str property)
{
    for (size_t i = 0; i < UNUM_COUNT(properties); i++) {
        if (unum_str_is(type, properties[i].type) && unum_str_is(property, properties[i].property))
            return unum_str_from(properties[i].words);
    }
    if (is_tags(property))
        return UNUM_STR("its tags");
    return unum_str_starts(property, UNUM_STR("Properties."))
               ? unum_str_from_pos(property, sizeof("Properties.") - 1)
               : property;
}

static bool named_before(const struct cfn_change *change, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (unum_str_eq(change->properties[k].name, change->properties[i].name))
            return true;
    }
    return false;
}

/* The hash of a function's orchestration is a tag: that it changes is more than that. */
static void describe_tags(const struct cfn_change *change, struct unum_buf *out)
{
    const struct values_tags tags = values_tags(change);
    if (tags.ir)
        unum_buf_printf(out, "its orchestration (IR %s -> %s)", *tags.before ? tags.before : "none",
                        *tags.after ? tags.after : "none");
    if (tags.ir && tags.others)
        unum_buf_adds(out, ", ");
    if (!tags.ir || tags.others)
        unum_buf_adds(out, "its tags");
}

static void describe_property(const struct cfn_change *change, const struct cfn_pair *property,
                              struct unum_buf *out)
{
    static const struct unum_str prefix = UNUM_STR_INIT("Properties.");
    if (is_tags(property->name)) {
        describe_tags(change, out);
        return;
    }
    unum_buf_add(out, property_words(change->type, property->name));
    if (unum_str_starts(property->name, prefix))
        values_add(change, unum_str_from_pos(property->name, prefix.len), out);
    if (unum_str_is(property->value, "Always"))
        unum_buf_adds(out, " (replaces it)");
}

void change_describe(const struct cfn_change *change, struct unum_buf *out)
{
    const char *separator = ": ";
    unum_buf_add(out, change->logical_id);
    unum_buf_adds(out, " (");
    change_type_words(change->type, out);
    unum_buf_addc(out, ')');
    for (size_t i = 0; i < change->properties_len; i++) {
        if (named_before(change, i))
            continue;
        unum_buf_adds(out, separator);
        describe_property(change, &change->properties[i], out);
        separator = ", ";
    }
}
