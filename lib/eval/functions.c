/* The intrinsic functions. Source: Amazon States Language, "Intrinsic Functions", and AWS Step
 * Functions' Developer Guide, "Intrinsic functions". */
#include "crypto/base64.h"
#include "crypto/digest.h"
#include "eval/check.h"
#include "eval/intrinsic_internal.h"

#define MAX_RANGE 1000
#define MAX_CODED 10000 /* characters of Base64Encode, Base64Decode, Hash */

static struct unum_str text_at(struct call *call, size_t i)
{
    return eval_text(call->env->arena, call->values[i]);
}

static bool is_text(struct call *call, size_t i, struct unum_str *ret)
{
    if (json_type(call->values[i]) != JSON_STRING)
        return intrinsic_failed(call, "argument %zu must be a string", i + 1);
    *ret = text_at(call, i);
    return true;
}

static bool is_list(struct call *call, size_t i)
{
    return json_type(call->values[i]) == JSON_ARRAY ||
           intrinsic_failed(call, "argument %zu must be an array", i + 1);
}

/* A number, rounded half up as Java's Math.round does. */
static bool is_whole(struct call *call, size_t i, int64_t *ret)
{
    double number;
    if (json_to_i64(call->values[i], ret))
        return true;
    if (!json_to_double(call->values[i], &number))
        return intrinsic_failed(call, "argument %zu must be a number", i + 1);
    number += 0.5;
    if (number < -9e18 || number > 9e18)
        return intrinsic_failed(call, "argument %zu is too large", i + 1);
    *ret = (int64_t)number;
    if ((double)*ret > number) /* the conversion goes towards zero */
        --*ret;
    return true;
}

static bool put_int(struct call *call, int64_t number, struct unum_str *ret)
{
    *ret = unum_arena_printf(call->env->arena, "%lld", (long long)number);
    return true;
}

static bool put_bool(bool yes, struct unum_str *ret)
{
    *ret = yes ? UNUM_STR("true") : UNUM_STR("false");
    return true;
}

static bool put_text(struct call *call, struct unum_str text, struct unum_str *ret)
{
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(EVAL_LIMIT_VALUE);
    json_quote(&out, text);
    return eval_keep(call->env, &out, ret);
}

/* ---- texts ---- */

/* A value as Java's Map and List print themselves. */
static void java_text(struct unum_arena *arena, struct unum_buf *out, struct unum_str value)
{
    enum json_type type = json_type(value);
    if (type == JSON_STRING) {
        unum_buf_add(out, eval_text(arena, value));
        return;
    }
    if (type != JSON_OBJECT && type != JSON_ARRAY) {
        unum_buf_add(out, value);
        return;
    }
    struct json_iter iter = json_iter(value);
    struct unum_str key;
    struct unum_str member;
    unum_buf_addc(out, type == JSON_OBJECT ? '{' : '[');
    for (bool first = true; json_next(&iter, &key, &member); first = false) {
        if (!first)
            unum_buf_adds(out, ", ");
        if (type == JSON_OBJECT) {
            unum_buf_add(out, eval_text(arena, key));
            unum_buf_addc(out, '=');
        }
        java_text(arena, out, member);
    }
    unum_buf_addc(out, type == JSON_OBJECT ? '}' : ']');
}

static bool format(struct call *call, struct unum_str *ret)
{
    struct unum_str template;
    size_t next = 1;
    if (!is_text(call, 0, &template))
        return false;
    if (call->node->arguments[0]->kind == CALL_TEXT)
        template = call->node->arguments[0]->text; /* with its escapes */
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(EVAL_LIMIT_VALUE);
    for (size_t i = 0; i < template.len; i++) {
        char c = template.ptr[i];
        if (c == '\\' && i + 1 < template.len) {
            unum_buf_addc(&out, template.ptr[++i]);
        } else if (c == '{' && i + 1 < template.len && template.ptr[i + 1] == '}') {
            i++;
            if (next < call->node->count)
                java_text(call->env->arena, &out, call->values[next]);
            next++;
        } else {
            unum_buf_addc(&out, c);
        }
    }
    if (next != call->node->count)
        return intrinsic_failed(call, "the template has %zu placeholders for %zu arguments",
                                next - 1, call->node->count - 1);
    if (out.failed)
        return eval_keep(call->env, &out, ret);
    return put_text(call, unum_buf_str(&out), ret);
}

static bool string_to_json(struct call *call, struct unum_str *ret)
{
    struct unum_str text;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    if (!is_text(call, 0, &text))
        return false;
    if (!unum_str_trim(text).len) {
        *ret = UNUM_STR("null");
        return true;
    }
    return json_check(text, ret, &err) == 0 ||
           intrinsic_failed(call, "the text is no JSON: %s", unum_err_text(&err));
}

/* Without the blanks between its parts. */
static void compact(struct unum_buf *out, struct unum_str value)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        if (c == ' ' || c == '\n' || c == '\t' || c == '\r')
            continue;
        size_t start = i;
        if (c == '"') {
            for (i++; i < value.len && value.ptr[i] != '"'; i++)
                i += value.ptr[i] == '\\';
        }
        unum_buf_add(out, unum_str_slice(value, start, i + 1 - start));
    }
}

static bool json_to_string(struct call *call, struct unum_str *ret)
{
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(EVAL_LIMIT_VALUE);
    compact(&out, call->values[0]);
    if (out.failed)
        return eval_keep(call->env, &out, ret);
    return put_text(call, unum_buf_str(&out), ret);
}

/* Every character of the second text separates; empty parts are left out. */
static bool string_split(struct call *call, struct unum_str *ret)
{
    struct unum_str text;
    struct unum_str separators;
    if (!is_text(call, 0, &text) || !is_text(call, 1, &separators))
        return false;
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(EVAL_LIMIT_VALUE);
    struct json_writer w = JSON_WRITER(&out);
    size_t start = 0;
    json_array_begin(&w);
    for (size_t i = 0; i <= text.len;) {
        size_t len = i < text.len ? unum_utf8_length(unum_str_from_pos(text, i)) : 1;
        len = len ? len : 1;
        bool cut =
            i == text.len || unum_str_search(separators, unum_str_slice(text, i, len)) != SIZE_MAX;
        if (cut && i > start)
            json_string(&w, unum_str_slice(text, start, i - start));
        i += len;
        start = cut ? i : start;
    }
    json_array_end(&w);
    return eval_keep(call->env, &out, ret);
}

/* ---- lists ---- */

static bool array(struct call *call, struct unum_str *ret)
{
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(EVAL_LIMIT_VALUE);
    struct json_writer w = JSON_WRITER(&out);
    json_array_begin(&w);
    for (size_t i = 0; i < call->node->count; i++)
        json_raw(&w, call->values[i]);
    json_array_end(&w);
    return eval_keep(call->env, &out, ret);
}

static bool array_partition(struct call *call, struct unum_str *ret)
{
    int64_t size;
    if (!is_list(call, 0) || !is_whole(call, 1, &size))
        return false;
    if (size < 1)
        return intrinsic_failed(call, "the size of a part must be at least 1");
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(EVAL_LIMIT_VALUE);
    struct json_writer w = JSON_WRITER(&out);
    struct json_iter iter = json_iter(call->values[0]);
    struct unum_str element;
    int64_t in_part = 0;
    json_array_begin(&w);
    while (json_next(&iter, NULL, &element)) {
        if (in_part == 0)
            json_array_begin(&w);
        json_raw(&w, element);
        if (++in_part == size) {
            json_array_end(&w);
            in_part = 0;
        }
    }
    if (in_part)
        json_array_end(&w);
    json_array_end(&w);
    return eval_keep(call->env, &out, ret);
}

static bool contains(struct unum_str list, struct unum_str value)
{
    struct json_iter iter = json_iter(list);
    struct unum_str element;
    while (json_next(&iter, NULL, &element)) {
        if (json_equal(element, value))
            return true;
    }
    return false;
}

static bool array_contains(struct call *call, struct unum_str *ret)
{
    return is_list(call, 0) && put_bool(contains(call->values[0], call->values[1]), ret);
}

static bool array_range(struct call *call, struct unum_str *ret)
{
    int64_t first;
    int64_t last;
    int64_t step;
    if (!is_whole(call, 0, &first) || !is_whole(call, 1, &last) || !is_whole(call, 2, &step))
        return false;
    if (step == 0)
        return intrinsic_failed(call, "the step must not be 0");
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(EVAL_LIMIT_VALUE);
    struct json_writer w = JSON_WRITER(&out);
    json_array_begin(&w);
    int64_t at = first;
    for (size_t count = 0; step > 0 ? at <= last : at >= last; count++) {
        if (count == MAX_RANGE)
            return intrinsic_failed(call, "a range has at most %d elements", MAX_RANGE);
        json_int(&w, at);
        if (__builtin_add_overflow(at, step, &at))
            break;
    }
    json_array_end(&w);
    return eval_keep(call->env, &out, ret);
}

static bool array_get_item(struct call *call, struct unum_str *ret)
{
    int64_t index;
    if (!is_list(call, 0) || !is_whole(call, 1, &index))
        return false;
    return (index >= 0 && json_at(call->values[0], (size_t)index, ret)) ||
           intrinsic_failed(call, "the index %lld is out of bounds for a length of %zu",
                            (long long)index, json_count(call->values[0]));
}

static bool array_length(struct call *call, struct unum_str *ret)
{
    return is_list(call, 0) && put_int(call, (int64_t)json_count(call->values[0]), ret);
}

/* A number that equal values share. */
static uint64_t fingerprint(struct unum_arena *arena, struct unum_str value)
{
    uint64_t sum = (uint64_t)json_type(value) + 1;
    double number;
    bool yes;
    struct json_iter iter;
    struct unum_str key;
    struct unum_str member;
    switch (json_type(value)) {
    case JSON_NULL:
        return 7;
    case JSON_BOOL:
        return json_to_bool(value, &yes) && yes ? 11 : 13;
    case JSON_NUMBER:
        if (!json_to_double(value, &number) || number == 0)
            return 17;
        return unum_str_hash(unum_str_of((const char *)&number, sizeof(number)));
    case JSON_STRING:
        return unum_str_hash(eval_text(arena, value));
    case JSON_ARRAY:
    case JSON_OBJECT:
        for (iter = json_iter(value); json_next(&iter, &key, &member);)
            sum += json_type(value) == JSON_OBJECT ? fingerprint(arena, member)
                                                   : (sum << 5) + fingerprint(arena, member);
        return sum;
    }
    return sum;
}

struct seen {
    struct unum_str value;
    uint64_t hash;
};

static bool array_unique(struct call *call, struct unum_str *ret)
{
    if (!is_list(call, 0))
        return false;
    size_t slots = 16;
    while (slots < 2 * json_count(call->values[0]))
        slots *= 2;
    struct seen *seen = unum_arena_array(call->env->arena, slots, sizeof(*seen));
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(EVAL_LIMIT_VALUE);
    struct json_writer w = JSON_WRITER(&out);
    struct json_iter iter = json_iter(call->values[0]);
    struct unum_str element;
    json_array_begin(&w);
    while (json_next(&iter, NULL, &element)) {
        uint64_t hash = fingerprint(call->env->arena, element);
        size_t i = (size_t)(hash * 0x9e3779b97f4a7c15u >> 20) & (slots - 1);
        while (seen[i].value.ptr && (seen[i].hash != hash || !json_equal(seen[i].value, element)))
            i = (i + 1) & (slots - 1);
        if (seen[i].value.ptr)
            continue;
        seen[i] = (struct seen){element, hash};
        json_raw(&w, element);
    }
    json_array_end(&w);
    return eval_keep(call->env, &out, ret);
}

/* ---- codes ---- */

static size_t characters(struct unum_str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
    return count;
}

static bool short_text(struct call *call, size_t i, struct unum_str *ret)
{
    return is_text(call, i, ret) &&
           (characters(*ret) <= MAX_CODED ||
            intrinsic_failed(call, "the text has more than %d characters", MAX_CODED));
}

static bool base64_of(struct call *call, struct unum_str *ret)
{
    struct unum_str text;
    if (!short_text(call, 0, &text))
        return false;
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(EVAL_LIMIT_VALUE);
    base64_encode(&out, text);
    return put_text(call, unum_buf_str(&out), ret);
}

static bool text_of_base64(struct call *call, struct unum_str *ret)
{
    struct unum_str text;
    if (!short_text(call, 0, &text))
        return false;
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(EVAL_LIMIT_VALUE);
    if (!base64_decode(&out, text))
        return intrinsic_failed(call, "the text is no Base64");
    return put_text(call, unum_buf_str(&out), ret);
}

static bool hash(struct call *call, struct unum_str *ret)
{
    struct unum_str algorithm;
    struct unum_buf UNUM_AUTO_BUF data = UNUM_BUF_INIT(EVAL_LIMIT_VALUE);
    if (!is_text(call, 1, &algorithm))
        return false;
    if (json_type(call->values[0]) == JSON_STRING)
        unum_buf_add(&data, text_at(call, 0));
    else
        compact(&data, call->values[0]);
    if (data.failed || characters(unum_buf_str(&data)) > MAX_CODED)
        return intrinsic_failed(call, "the data has more than %d characters", MAX_CODED);
    struct unum_buf UNUM_AUTO_BUF hex = UNUM_BUF_INIT(UNUM_KB);
    if (!digest_hex(algorithm, unum_buf_str(&data), &hex))
        return intrinsic_failed(call,
                                "the algorithm must be MD5, SHA-1, SHA-256, SHA-384 or SHA-512");
    return put_text(call, unum_buf_str(&hex), ret);
}

/* ---- objects ---- */

static bool json_merge(struct call *call, struct unum_str *ret)
{
    bool deep;
    if (json_type(call->values[0]) != JSON_OBJECT || json_type(call->values[1]) != JSON_OBJECT)
        return intrinsic_failed(call, "arguments 1 and 2 must be objects");
    if (!json_to_bool(call->values[2], &deep) || deep)
        return intrinsic_failed(call,
                                "argument 3 must be false: only shallow merging is supported");
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(EVAL_LIMIT_VALUE);
    struct json_writer w = JSON_WRITER(&out);
    struct json_iter iter = json_iter(call->values[0]);
    struct unum_str key;
    struct unum_str member;
    struct unum_str other;
    json_object_begin(&w);
    while (json_next(&iter, &key, &member)) {
        struct unum_str name = eval_text(call->env->arena, key);
        json_key_str(&w, name);
        json_raw(&w, json_get(call->values[1], name, &other) ? other : member);
    }
    for (iter = json_iter(call->values[1]); json_next(&iter, &key, &member);) {
        struct unum_str name = eval_text(call->env->arena, key);
        if (json_get(call->values[0], name, &other))
            continue;
        json_key_str(&w, name);
        json_raw(&w, member);
    }
    json_object_end(&w);
    return eval_keep(call->env, &out, ret);
}

/* ---- numbers ---- */

static bool math_add(struct call *call, struct unum_str *ret)
{
    int64_t a;
    int64_t b;
    if (!is_whole(call, 0, &a) || !is_whole(call, 1, &b))
        return false;
    if (__builtin_add_overflow(a, b, &a))
        return intrinsic_failed(call, "the sum is too large");
    return put_int(call, a, ret);
}

/* Without a seed from the generator of the environment; with one, always the same number. */
static bool math_random(struct call *call, struct unum_str *ret)
{
    int64_t from;
    int64_t to;
    int64_t seed = 0;
    if (!is_whole(call, 0, &from) || !is_whole(call, 1, &to) ||
        (call->node->count == 3 && !is_whole(call, 2, &seed)))
        return false;
    if (from > to)
        return intrinsic_failed(call, "the start is above the end");
    uint64_t width = (uint64_t)to - (uint64_t)from;
    uint64_t drawn;
    if (call->node->count == 3) {
        struct eval_env seeded = {.seed = (uint64_t)seed};
        drawn = eval_draw(&seeded);
    } else {
        drawn = eval_draw(call->env);
    }
    return put_int(call, (int64_t)((uint64_t)from + (width ? drawn % width : 0)), ret);
}

static bool uuid(struct call *call, struct unum_str *ret)
{
    uint64_t a = eval_draw(call->env);
    uint64_t b = eval_draw(call->env);
    a = (a & ~(uint64_t)0xf000) | 0x4000;                /* version 4 */
    b = (b & 0x3fffffffffffffffu) | 0x8000000000000000u; /* RFC 9562 variant */
    *ret = unum_arena_printf(call->env->arena, "\"%08llx-%04llx-%04llx-%04llx-%012llx\"",
                             (unsigned long long)(a >> 32), (unsigned long long)(a >> 16 & 0xffff),
                             (unsigned long long)(a & 0xffff), (unsigned long long)(b >> 48),
                             (unsigned long long)(b & 0xffffffffffff));
    return true;
}

static const struct call_function functions[] = {
    {"Format", 1, CALL_LIMIT_ARGUMENTS, format},
    {"StringToJson", 1, 1, string_to_json},
    {"JsonToString", 1, 1, json_to_string},
    {"Array", 0, CALL_LIMIT_ARGUMENTS, array},
    {"ArrayPartition", 2, 2, array_partition},
    {"ArrayContains", 2, 2, array_contains},
    {"ArrayRange", 3, 3, array_range},
    {"ArrayGetItem", 2, 2, array_get_item},
    {"ArrayLength", 1, 1, array_length},
    {"ArrayUnique", 1, 1, array_unique},
    {"Base64Encode", 1, 1, base64_of},
    {"Base64Decode", 1, 1, text_of_base64},
    {"Hash", 2, 2, hash},
    {"JsonMerge", 3, 3, json_merge},
    {"MathRandom", 2, 3, math_random},
    {"MathAdd", 2, 2, math_add},
    {"StringSplit", 2, 2, string_split},
    {"UUID", 0, 0, uuid},
};

const char *eval_intrinsic_name(size_t i)
{
    return i < UNUM_COUNT(functions) ? functions[i].name : NULL;
}

const struct call_function *intrinsic_find(struct unum_str name)
{
    for (size_t i = 0; i < UNUM_COUNT(functions); i++) {
        if (unum_str_is(name, functions[i].name))
            return &functions[i];
    }
    return NULL;
}
