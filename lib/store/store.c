#include "store/store.h"

const struct store_attr *store_attr(const struct store_item *item, const char *name)
{
    for (size_t i = 0; i < item->len; i++) {
        if (unum_str_is(item->at[i].name, name))
            return &item->at[i];
    }
    return NULL;
}

struct unum_str store_text(const struct store_item *item, const char *name)
{
    const struct store_attr *attr = store_attr(item, name);
    bool has_text = attr && (attr->type == STORE_TEXT || attr->type == STORE_NUMBER);
    return has_text ? attr->text : UNUM_STR_NONE;
}
