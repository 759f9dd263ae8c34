/*
 * yaml_text: writing block YAML line by line. Values are quoted where a reader could take them for
 * anything but the text they are. Internal to lib/template.
 */
#ifndef UNUM_TEMPLATE_YAML_TEXT_H
#define UNUM_TEMPLATE_YAML_TEXT_H

#include "base/buf.h"

struct yaml_text {
    struct unum_buf *out;
    unsigned depth;
    bool item; /* the next line starts a list item */
};

/* "key:" and one level deeper; yaml_end() comes back. */
void yaml_begin(struct yaml_text *y, const char *key);
void yaml_end(struct yaml_text *y);
/* Keys up to yaml_end() are one item of the list. */
void yaml_item(struct yaml_text *y);
void yaml_pair(struct yaml_text *y, const char *key, struct unum_str value);
void yaml_pairs(struct yaml_text *y, const char *key, const char *value);
void yaml_int(struct yaml_text *y, const char *key, int64_t value);
void yaml_bool(struct yaml_text *y, const char *key, bool value);
/* key: !Tag value */
void yaml_tagged(struct yaml_text *y, const char *key, const char *tag, struct unum_str value);
/* "- value" and "- !Tag value" */
void yaml_entry(struct yaml_text *y, const char *tag, struct unum_str value);
/* "- value" with JSON as it is, which is YAML's flow form. */
void yaml_flow_entry(struct yaml_text *y, struct unum_str json);
void yaml_blank(struct yaml_text *y);

#endif
