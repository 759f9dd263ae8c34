#include "xml/xml.h"

#include <expat.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/limits.h"

struct frame {
    struct xml_element *element;
    struct unum_buf text;
};

struct reader {
    XML_Parser parser;
    struct unum_arena *arena;
    struct frame frames[XML_MAX_DEPTH];
    size_t depth;
    size_t elements;
    struct xml_element *root;
    const char *refused; /* why reading was stopped by us */
    int refused_rc;
};

static void refuse(struct reader *reader, int rc, const char *why)
{
    if (reader->refused)
        return;
    reader->refused = why;
    reader->refused_rc = rc;
    XML_StopParser(reader->parser, XML_FALSE);
}

static struct unum_str local_name(const char *name)
{
    struct unum_str whole = unum_str_from(name);
    size_t colon = unum_str_rfind(whole, ':');
    /* Without namespaces "a:" is a name like any other. */
    if (colon == SIZE_MAX || colon + 1 == whole.len)
        return whole;
    return unum_str_from_pos(whole, colon + 1);
}

static void XMLCALL on_start(void *cookie, const XML_Char *name, const XML_Char **attributes)
{
    struct reader *reader = cookie;
    (void)attributes;
    if (reader->refused)
        return;
    if (reader->depth == XML_MAX_DEPTH) {
        refuse(reader, UNUM_E_LIMIT, "elements are nested too deeply");
        return;
    }
    if (++reader->elements > XML_MAX_ELEMENTS) {
        refuse(reader, UNUM_E_LIMIT, "there are too many elements");
        return;
    }
    struct xml_element *element = UNUM_ARENA_NEW(reader->arena, struct xml_element);
    element->name = unum_arena_str(reader->arena, local_name(name));
    element->text = UNUM_STR("");
    if (reader->depth) {
        struct xml_element *parent = reader->frames[reader->depth - 1].element;
        if (parent->last)
            parent->last->next = element;
        else
            parent->first = element;
        parent->last = element;
    } else {
        reader->root = element;
    }
    struct frame *frame = &reader->frames[reader->depth++];
    frame->element = element;
    unum_buf_clear(&frame->text);
}

static void XMLCALL on_text(void *cookie, const XML_Char *text, int len)
{
    struct reader *reader = cookie;
    if (reader->depth && !reader->refused)
        unum_buf_add(&reader->frames[reader->depth - 1].text, unum_str_of(text, (size_t)len));
}

static void XMLCALL on_end(void *cookie, const XML_Char *name)
{
    struct reader *reader = cookie;
    (void)name;
    if (reader->refused || !reader->depth)
        return;
    struct frame *frame = &reader->frames[--reader->depth];
    frame->element->text = unum_arena_str(reader->arena, unum_buf_str(&frame->text));
    /* Blanks between children are layout. */
    if (frame->element->first && !unum_str_trim(frame->element->text).len)
        frame->element->text = UNUM_STR("");
}

static void XMLCALL on_doctype(void *cookie, const XML_Char *name, const XML_Char *system_id,
                               const XML_Char *public_id, int has_internal_subset)
{
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)has_internal_subset;
    refuse(cookie, UNUM_E_PARSE, "a document type declaration is not accepted");
}

static int describe(const struct reader *reader, struct unum_err *err)
{
    int rc = reader->refused ? reader->refused_rc : UNUM_E_PARSE;
    const char *why =
        reader->refused ? reader->refused : XML_ErrorString(XML_GetErrorCode(reader->parser));
    return unum_err_set(err, rc, "XML, line %lu, column %lu: %s",
                        (unsigned long)XML_GetCurrentLineNumber(reader->parser),
                        (unsigned long)XML_GetCurrentColumnNumber(reader->parser) + 1, why);
}

static int run(struct reader *reader, struct unum_str text, struct unum_err *err)
{
    XML_SetUserData(reader->parser, reader);
    XML_SetElementHandler(reader->parser, on_start, on_end);
    XML_SetCharacterDataHandler(reader->parser, on_text);
    XML_SetStartDoctypeDeclHandler(reader->parser, on_doctype);
    if (XML_Parse(reader->parser, text.len ? text.ptr : "", (int)text.len, 1) != XML_STATUS_OK)
        return describe(reader, err);
    return 0;
}

int xml_parse(struct unum_str text, struct unum_arena *arena, const struct xml_element **ret_root,
              struct unum_err *err)
{
    if (text.len > UNUM_LIMIT_HTTP_BODY || text.len > INT_MAX)
        return unum_err_set(err, UNUM_E_LIMIT, "XML: longer than %zu bytes", UNUM_LIMIT_HTTP_BODY);
    struct reader *reader = unum_alloc(sizeof(*reader));
    reader->arena = arena;
    /* Decoding to UTF-8 at most triples a text. */
    for (size_t i = 0; i < XML_MAX_DEPTH; i++)
        reader->frames[i].text.max = 3 * UNUM_LIMIT_HTTP_BODY;
    reader->parser = XML_ParserCreate(NULL);
    if (!reader->parser)
        unum_oom_hook(0);
    int rc = run(reader, text, err);
    if (rc == 0)
        *ret_root = reader->root;
    XML_ParserFree(reader->parser);
    for (size_t i = 0; i < XML_MAX_DEPTH; i++) {
        struct unum_buf *piece = &reader->frames[i].text;
        if (piece->ptr)
            explicit_bzero(piece->ptr, piece->cap); /* an answer may hold credentials */
        unum_buf_done(piece);
    }
    free(reader);
    return rc;
}

static const struct xml_element *of_name(const struct xml_element *element, struct unum_str name)
{
    while (element && !unum_str_eq(element->name, name))
        element = element->next;
    return element;
}

const struct xml_element *xml_child(const struct xml_element *element, const char *name)
{
    return of_name(element ? element->first : NULL, unum_str_from(name));
}

const struct xml_element *xml_next(const struct xml_element *element, const char *name)
{
    return of_name(element ? element->next : NULL, unum_str_from(name));
}

/* "member[3]" -> "member" and 3; false for anything odd in the brackets. */
static bool take_index(struct unum_str *step, uint64_t *ret_index)
{
    size_t open = unum_str_find(*step, '[');
    *ret_index = 0;
    if (open == SIZE_MAX)
        return true;
    if (!unum_str_ends(*step, UNUM_STR("]")) ||
        !unum_str_to_u64(unum_str_slice(*step, open + 1, step->len - open - 2), ret_index))
        return false;
    *step = unum_str_slice(*step, 0, open);
    return true;
}

const struct xml_element *xml_at(const struct xml_element *element, const char *path)
{
    struct unum_str rest = unum_str_from(path), step;
    if (!rest.len)
        return element;
    while (element && unum_str_split(&rest, '/', &step)) {
        uint64_t index;
        if (!take_index(&step, &index))
            return NULL;
        element = of_name(element->first, step);
        while (element && index--)
            element = of_name(element->next, step);
    }
    return element;
}

struct unum_str xml_text(const struct xml_element *element, const char *path)
{
    const struct xml_element *found = xml_at(element, path);
    return found ? unum_str_trim(found->text) : UNUM_STR("");
}
