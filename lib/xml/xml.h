/*
 * xml: the XML answers of AWS (query and REST-XML protocols) as a small tree in an arena.
 *
 * Elements are known by their local name: a namespace prefix is dropped, attributes are not kept
 * (no AWS answer carries data in them). A document type declaration is refused, so there are no
 * entities but XML's five and character references. Nesting and size have ceilings. Reading is on
 * libexpat, with the source XML 1.0 (fifth edition).
 */
#ifndef UNUM_XML_XML_H
#define UNUM_XML_XML_H

#include "base/arena.h"
#include "base/err.h"

enum {
    XML_MAX_DEPTH = 64,
    XML_MAX_ELEMENTS = 1000000,
};

struct xml_element {
    struct unum_str name; /* local name */
    struct unum_str text; /* its character data, decoded, UTF-8; that of children is theirs */
    struct xml_element *first, *last, *next; /* children in order; next sibling */
};

/* Read one whole document. The tree lives in `arena` and borrows nothing of `text`. PARSE with
 * "line L, column C: ..." for what is not well-formed or has a DTD; LIMIT for nesting beyond
 * XML_MAX_DEPTH, more than XML_MAX_ELEMENTS elements or text longer than UNUM_LIMIT_HTTP_BODY. */
UNUM_CHECKED int xml_parse(struct unum_str text, struct unum_arena *arena,
                           const struct xml_element **ret_root, struct unum_err *err);

/* The element at `path` below `element`: names separated by "/", each the first child of that name
 * or, with "[N]" behind it, the Nth (from 0). NULL if there is none; the empty path is `element`
 * itself. NULL elements have no children. */
const struct xml_element *xml_at(const struct xml_element *element, const char *path);
/* The text at `path`, without blanks around it; empty if there is no such element. */
struct unum_str xml_text(const struct xml_element *element, const char *path);
/* Children of one name, in order: for (e = xml_child(p, "member"); e; e = xml_next(e, "member")).
 */
const struct xml_element *xml_child(const struct xml_element *element, const char *name);
const struct xml_element *xml_next(const struct xml_element *element, const char *name);

#endif
