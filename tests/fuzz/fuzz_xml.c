/*
 * Any bytes as an XML answer: an error with a text, or a tree that can be walked.
 */
#include <stdlib.h>

#include "xml/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
    if (!ok)
        abort();
}

/* NOLINTNEXTLINE(misc-no-recursion): bounded by XML_MAX_DEPTH */
static void walk(const struct xml_element *element, size_t depth)
{
    check(depth <= XML_MAX_DEPTH && element->name.len > 0 && unum_utf8_valid(element->text));
    for (const struct xml_element *child = element->first; child; child = child->next)
        walk(child, depth + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    const struct xml_element *root = NULL;
    int rc = xml_parse(unum_str_of((const char *)data, size), &arena, &root, &err);
    check((rc == 0) == (root != NULL) && (rc == 0 || err.msg));
    if (!root)
        return 0;
    walk(root, 1);
    (void)xml_at(root, "DescribeStacksResult/Stacks/member[1]");
    (void)xml_text(root, "Error/Code");
    return 0;
}
