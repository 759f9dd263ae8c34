#include "store/check.h"

int store_check_key(struct unum_str key, struct unum_err *err)
{
    if (!key.len || key.len > STORE_MAX_KEY)
        return unum_err_set(err, UNUM_E_INVAL, "a key has 1 to %d bytes, not %zu", STORE_MAX_KEY,
                            key.len);
    if (!unum_utf8_valid(key))
        return unum_err_set(err, UNUM_E_INVAL, "a key is not UTF-8");
    return 0;
}

bool store_end_name(struct unum_str text, struct unum_str *ret_name, uint32_t *ret_position)
{
    size_t colon = unum_str_rfind(text, ':');
    uint64_t position;
    if (colon == SIZE_MAX || !colon ||
        !unum_str_to_u64(unum_str_from_pos(text, colon + 1), &position) || position > UINT32_MAX)
        return false;
    *ret_name = unum_str_slice(text, 0, colon);
    *ret_position = (uint32_t)position;
    return true;
}

bool store_is_of(const struct store_item *item, struct unum_str nonce)
{
    const struct store_attr *has = store_attr(item, STORE_NONCE);
    return !nonce.len || (has && has->type == STORE_TEXT && unum_str_eq(has->text, nonce));
}

/* Digits with an optional sign, fraction and exponent, as JSON has them. */
static bool is_number(struct unum_str text)
{
    size_t digits = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c >= '0' && c <= '9')
            digits++;
        else if (c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E')
            return false;
    }
    return digits > 0;
}

static int check_text(struct unum_str name, struct unum_str text, struct unum_err *err)
{
    if (!unum_utf8_valid(text))
        return unum_err_set(err, UNUM_E_INVAL, "attribute %.*s: the text is not UTF-8",
                            UNUM_STR_ARG(name));
    return 0;
}

static int check_name(struct unum_str name, struct unum_err *err)
{
    struct unum_str base;
    uint32_t position;
    if (!name.len || !unum_utf8_valid(name) || store_end_name(name, &base, &position))
        return unum_err_set(err, UNUM_E_INVAL, "\"%.*s\" cannot be the name of an attribute",
                            UNUM_STR_ARG(name));
    return 0;
}

static int check_value(const struct store_attr *attr, struct unum_err *err)
{
    switch (attr->type) {
    case STORE_TEXT:
        return check_text(attr->name, attr->text, err);
    case STORE_NUMBER:
        if (!is_number(attr->text))
            return unum_err_set(err, UNUM_E_INVAL, "attribute %.*s: not a number",
                                UNUM_STR_ARG(attr->name));
        return 0;
    case STORE_NUMBERS:
        return 0;
    case STORE_ENDS:
        for (size_t i = 0; i < attr->len; i++) {
            int rc = check_text(attr->name, attr->ends[i].text, err);
            if (rc < 0)
                return rc;
        }
        return 0;
    }
    return unum_err_set(err, UNUM_E_INVAL, "attribute %.*s: unknown type",
                        UNUM_STR_ARG(attr->name));
}

int store_check_attrs(const struct store_attr *attrs, size_t len, struct unum_err *err)
{
    for (size_t i = 0; i < len; i++) {
        int rc = check_name(attrs[i].name, err);
        if (!rc)
            rc = check_value(&attrs[i], err);
        if (rc < 0)
            return rc;
        for (size_t j = 0; j < i; j++) {
            if (unum_str_eq(attrs[i].name, attrs[j].name))
                return unum_err_set(err, UNUM_E_INVAL, "attribute %.*s is given twice",
                                    UNUM_STR_ARG(attrs[i].name));
        }
    }
    return 0;
}

int store_check_update(const struct store_update *update, struct unum_err *err)
{
    const struct unum_str names[] = {update->add_name, update->failed_name, update->end_name,
                                     update->member_name};
    int rc = store_check_key(update->key, err);
    if (!rc)
        rc = store_check_attrs(update->set, update->set_len, err);
    if (!rc)
        rc = check_text(update->end_name, update->end, err);
    if (!rc)
        rc = check_text(update->member_name, update->member, err);
    for (size_t i = 0; !rc && i < UNUM_COUNT(names); i++) {
        if (!names[i].len)
            continue;
        rc = check_name(names[i], err);
        for (size_t j = 0; !rc && j < update->set_len; j++) {
            if (unum_str_eq(names[i], update->set[j].name))
                rc = unum_err_set(err, UNUM_E_INVAL, "attribute %.*s is both set and added to",
                                  UNUM_STR_ARG(names[i]));
        }
    }
    if (!rc && update->member_name.len && !update->member.len)
        rc = unum_err_set(err, UNUM_E_INVAL, "an empty text cannot be a member of a set");
    return rc;
}
