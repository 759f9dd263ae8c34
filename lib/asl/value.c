/* Values of single fields. */
#include <math.h>
#include <string.h>

#include "asl/parse_internal.h"
#include "base/limits.h"
#include "json/json.h"

struct unum_str asl_json(struct asl_parser *p, const struct doc *value)
{
    struct json_writer w = JSON_WRITER(&p->text);
    unum_buf_clear(&p->text);
    doc_write_json(value, &w);
    if (p->text.failed)
        return UNUM_STR("null"); /* asl_write_fields() says so */
    return unum_arena_str(p->arena, unum_buf_str(&p->text));
}

void asl_keep(struct asl_state *state, enum asl_field field, const struct doc_member *member)
{
    bool text = member->value->kind == DOC_STRING;
    state->values[state->values_len++] =
        (struct asl_value){.field = field,
                           .text = text ? member->value->text : UNUM_STR_NONE,
                           .key_span = member->key_span,
                           .span = asl_at(member->value)};
}

/* Does the field say nothing to the evaluator? */
static bool is_outline(struct unum_str key)
{
    static const char *const outline[] = {"Type",          "Comment",  "Resource",
                                          "Next",          "End",      "Branches",
                                          "QueryLanguage", "Iterator", "ItemProcessor"};
    for (size_t i = 0; i < UNUM_COUNT(outline); i++) {
        if (unum_str_is(key, outline[i]))
            return true;
    }
    return false;
}

static void warn_size(struct asl_parser *p, const struct doc_member *member, size_t bytes)
{
    if (bytes <= ASL_LIMIT_LITERAL)
        return;
    unum_diag_add(
        p->diags, UNUM_W0434, member->key_span,
        "\"%.*s\" has %zu bytes: more than the %d that Step Functions hands from state to "
        "state",
        UNUM_STR_ARG(member->key), bytes, ASL_LIMIT_LITERAL);
    unum_diag_hint(p->diags, "let a function read it from where it is kept");
}

/* The kept value of a member. */
static struct asl_value *value_of(struct asl_state *state, const struct doc_member *member)
{
    for (size_t i = 0; i < state->values_len; i++) {
        if (state->values[i].key_span.start == member->key_span.start)
            return &state->values[i];
    }
    return NULL;
}

void asl_write_fields(struct asl_parser *p, const struct doc *doc, struct asl_state *state)
{
    struct json_writer w = JSON_WRITER(&p->text);
    unum_buf_clear(&p->text);
    json_object_begin(&w);
    for (size_t i = 0; i < doc->len; i++) {
        const struct doc_member *member = &doc->members[i];
        if (is_outline(member->key))
            continue;
        json_key_str(&w, member->key);
        size_t start = p->text.len;
        doc_write_json(member->value, &w);
        struct asl_value *value = value_of(state, member);
        if (value)
            value->json = (struct unum_str){NULL, p->text.len - start};
        if (value)
            value->offset = start;
        warn_size(p, member, p->text.len - start);
    }
    json_object_end(&w);
    if (p->text.failed) {
        unum_diag_add(p->diags, UNUM_E0415, state->span, "the state has more than %zu bytes",
                      UNUM_LIMIT_TEXT);
        unum_buf_clear(&p->text);
        unum_buf_adds(&p->text, "{}");
    }
    state->fields = unum_arena_str(p->arena, unum_buf_str(&p->text));
    for (size_t i = 0; i < state->values_len; i++)
        state->values[i].json =
            unum_str_slice(state->fields, state->values[i].offset, state->values[i].json.len);
}

bool asl_is_jsonata(const struct doc *value)
{
    return value->kind == DOC_STRING && unum_str_starts(value->text, UNUM_STR("{%")) &&
           unum_str_ends(value->text, UNUM_STR("%}"));
}

/* ---- numbers ---- */

bool asl_whole(const struct doc *value, int64_t least, int64_t most, int64_t *ret)
{
    return value->kind == DOC_NUMBER && json_to_i64(value->text, ret) && *ret >= least &&
           *ret <= most;
}

static bool check_whole(struct asl_parser *p, const struct doc_member *member, int64_t least,
                        int64_t most)
{
    int64_t number;
    if (asl_whole(member->value, least, most, &number))
        return true;
    unum_diag_add(p->diags, UNUM_E0401, asl_at(member->value),
                  "\"%.*s\" is a whole number from %lld to %lld", UNUM_STR_ARG(member->key),
                  (long long)least, (long long)most);
    if (member->value->kind == DOC_STRING && asl_looks_evaluated(member->value->text))
        unum_diag_hint(p->diags, "a path goes into \"%.*sPath\"", UNUM_STR_ARG(member->key));
    return false;
}

static bool check_percentage(struct asl_parser *p, const struct doc_member *member)
{
    double number = 0;
    if (member->value->kind == DOC_NUMBER && json_to_double(member->value->text, &number) &&
        number >= 0 && number <= 100)
        return true;
    unum_diag_add(p->diags, UNUM_E0401, asl_at(member->value), "\"%.*s\" is a number from 0 to 100",
                  UNUM_STR_ARG(member->key));
    return false;
}

/* ---- timestamps ---- */

static bool digits(struct unum_str *rest, size_t count, int *ret)
{
    *ret = 0;
    if (rest->len < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (rest->ptr[i] < '0' || rest->ptr[i] > '9')
            return false;
        *ret = *ret * 10 + (rest->ptr[i] - '0');
    }
    *rest = unum_str_from_pos(*rest, count);
    return true;
}

static bool literal(struct unum_str *rest, char c)
{
    if (!rest->len || rest->ptr[0] != c)
        return false;
    *rest = unum_str_from_pos(*rest, 1);
    return true;
}

static int days_of(int year, int month)
{
    static const signed char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

static bool date_part(struct unum_str *rest)
{
    int year, month, day;
    return digits(rest, 4, &year) && literal(rest, '-') && digits(rest, 2, &month) &&
           literal(rest, '-') && digits(rest, 2, &day) && month >= 1 && month <= 12 && day >= 1 &&
           day <= days_of(year, month);
}

static bool time_part(struct unum_str *rest)
{
    int hour, minute, second;
    if (!digits(rest, 2, &hour) || !literal(rest, ':') || !digits(rest, 2, &minute) ||
        !literal(rest, ':') || !digits(rest, 2, &second) || hour > 23 || minute > 59 || second > 60)
        return false;
    if (!literal(rest, '.'))
        return true;
    size_t len = 0;
    while (len < rest->len && rest->ptr[len] >= '0' && rest->ptr[len] <= '9')
        len++;
    *rest = unum_str_from_pos(*rest, len);
    return len > 0;
}

static bool zone_part(struct unum_str *rest)
{
    int hour, minute;
    if (literal(rest, 'Z'))
        return true;
    return (literal(rest, '+') || literal(rest, '-')) && digits(rest, 2, &hour) &&
           literal(rest, ':') && digits(rest, 2, &minute) && hour <= 23 && minute <= 59;
}

/* RFC 3339 with the capital "T" and "Z" that the Amazon States Language asks for ("Timestamps"). */
bool asl_is_timestamp(struct unum_str text)
{
    return date_part(&text) && literal(&text, 'T') && time_part(&text) && zone_part(&text) &&
           !text.len;
}

static bool check_timestamp(struct asl_parser *p, const struct doc_member *member)
{
    const struct doc *value = member->value;
    if (value->kind == DOC_STRING && asl_is_timestamp(value->text))
        return true;
    unum_diag_add(p->diags, UNUM_E0426, asl_at(value),
                  "\"%.*s\" is a timestamp such as \"2026-03-14T01:59:00Z\"",
                  UNUM_STR_ARG(member->key));
    if (value->kind == DOC_STRING && asl_looks_evaluated(value->text))
        unum_diag_hint(p->diags, "a path goes into \"%.*sPath\"", UNUM_STR_ARG(member->key));
    return false;
}

/* ---- labels ---- */

/* What the names of Map runs may not hold (API reference, "Label"): blanks, control characters and
 * these. */
static bool label_refuses(uint32_t c)
{
    return c <= 0x20 || (c >= 0x7f && c <= 0xa0) ||
           (c < 0x80 && strchr("?*<>{}[]:;,\\|^~$#%&`\"/", (int)c));
}

static uint32_t character(struct unum_str text, size_t len)
{
    const unsigned char *at = (const unsigned char *)text.ptr;
    if (len == 2)
        return (uint32_t)(at[0] & 0x1f) << 6 | (at[1] & 0x3f);
    return len == 1 ? at[0] : UINT32_MAX;
}

static bool check_label(struct asl_parser *p, const struct doc_member *member)
{
    const struct doc *value = member->value;
    if (value->kind != DOC_STRING) {
        asl_wrong_kind(p, value, "Label", "a string");
        return false;
    }
    size_t count = 0;
    for (size_t at = 0; at < value->text.len;) {
        struct unum_str rest = unum_str_from_pos(value->text, at);
        size_t len = unum_utf8_length(rest);
        if (label_refuses(character(rest, len ? len : 1))) {
            unum_diag_add(p->diags, UNUM_E0437, asl_inside(value, at),
                          "\"Label\" contains a character that is not allowed");
            unum_diag_hint(p->diags, "use letters, digits, \"-\" and \"_\"");
            return false;
        }
        at += len ? len : 1;
        count++;
    }
    if (!count || count > ASL_LIMIT_LABEL) {
        unum_diag_add(p->diags, UNUM_E0437, value->span, "\"Label\" has 1 to %d characters",
                      ASL_LIMIT_LABEL);
        return false;
    }
    if (unum_map_set(&p->labels, value->text, p)) {
        unum_diag_add(p->diags, UNUM_E0437, value->span, "another Map has the \"Label\" \"%.*s\"",
                      UNUM_STR_ARG(value->text));
        return false;
    }
    return true;
}

/* ---- all of them ---- */

static bool check_kind(struct asl_parser *p, const struct doc_member *member, enum doc_kind kind)
{
    if (member->value->kind == kind)
        return true;
    unum_diag_add(p->diags, UNUM_E0401, asl_at(member->value), "\"%.*s\" is %s, not %s",
                  UNUM_STR_ARG(member->key), doc_kind_name(kind),
                  doc_kind_name(member->value->kind));
    return false;
}

static bool check_path_field(struct asl_parser *p, const struct asl_field_row *row,
                             const struct doc_member *member)
{
    const struct doc *value = member->value;
    bool nullable = row->check == CHECK_PATH || row->check == CHECK_RESULT_PATH;
    enum asl_path_kind kind = PATH_ANY;
    if (nullable && value->kind == DOC_NULL)
        return true;
    if (value->kind != DOC_STRING) {
        asl_wrong_kind(p, value, row->name, nullable ? "a path or null" : "a path");
        return false;
    }
    if (row->check == CHECK_TEXT_PATH && asl_looks_called(value->text))
        return asl_check_call(p, value, row->name);
    if (row->check == CHECK_REFERENCE)
        kind = PATH_REFERENCE;
    else if (row->check == CHECK_RESULT_PATH)
        kind = PATH_INPUT;
    return asl_check_path(p, value, row->name, kind);
}

bool asl_check_value(struct asl_parser *p, const struct asl_field_row *row,
                     const struct doc_member *member, bool jsonata)
{
    if (jsonata && (asl_is_jsonata(member->value) || row->check == CHECK_TEMPLATE ||
                    row->check == CHECK_ASSIGN))
        return true;
    switch (row->check) {
    case CHECK_ELSEWHERE:
        return true;
    case CHECK_TEXT:
        if (check_kind(p, member, DOC_STRING) && row->field)
            asl_warn_static(p, member->value, row->name);
        return member->value->kind == DOC_STRING;
    case CHECK_ANY:
        asl_warn_static(p, member->value, row->name);
        return true;
    case CHECK_PATH:
    case CHECK_READ:
    case CHECK_REFERENCE:
    case CHECK_RESULT_PATH:
    case CHECK_TEXT_PATH:
        return check_path_field(p, row, member);
    case CHECK_TEMPLATE:
        return check_kind(p, member, DOC_OBJECT) && asl_check_template(p, member->value, row->name);
    case CHECK_ASSIGN:
        return check_kind(p, member, DOC_OBJECT) && asl_check_assign(p, member->value);
    case CHECK_SECONDS:
        return check_whole(p, member, 1, ASL_LIMIT_SECONDS);
    case CHECK_COUNT:
        return check_whole(p, member, 0, ASL_LIMIT_SECONDS);
    case CHECK_PERCENTAGE:
        return check_percentage(p, member);
    case CHECK_TIMESTAMP:
        return check_timestamp(p, member);
    case CHECK_LABEL:
        return check_label(p, member);
    case CHECK_OBJECT:
        return check_kind(p, member, DOC_OBJECT);
    }
    return true;
}
