/* Events of libyaml become the tree. One frame per open collection, so nothing recurses; aliases
 * share the subtree of their anchor, whose expanded size is counted before it is used again. */
#include "yaml/yaml_doc.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/map.h"
#include "yaml/yaml_place_internal.h"
#include "yaml/yaml_scalar_internal.h"

/* What a subtree costs whoever walks it: bytes of text and a little for each node. */
struct size {
    size_t bytes, height;
};

struct anchor {
    struct doc *node; /* NULL: still open */
    struct size size;
};

struct frame {
    struct doc *node;
    size_t first; /* of its members in the pool */
    struct anchor *anchor;
    struct size size;
    bool flow;
    bool has_key; /* mappings: `key` waits for its value */
    bool drop;    /* that value has no place, because its key was refused */
    struct unum_str key;
    struct unum_span key_span;
};

struct reader {
    const struct unum_source *source;
    struct unum_arena *arena;
    struct unum_diags *diags;
    struct yaml_places places;
    yaml_parser_t parser;
    struct unum_map anchors;
    struct doc *root;
    size_t documents;
    size_t expanded;                  /* bytes added by aliases */
    UNUM_VEC(struct doc_member) pool; /* members of all open collections */
    size_t depth;
    struct frame frames[UNUM_LIMIT_JSON_DEPTH];
};

enum { NODE_COST = 16 };

static struct unum_span span_of(const struct reader *r, const yaml_event_t *event)
{
    struct unum_span span = {r->source, yaml_place(&r->places, event->start_mark.index),
                             yaml_place(&r->places, event->end_mark.index)};
    while (span.end > span.start + 1 && strchr(" \t\r\n", r->source->text.ptr[span.end - 1]))
        span.end--;
    return span;
}

static struct doc *new_node(struct reader *r, enum doc_kind kind, struct unum_span span)
{
    struct doc *doc = UNUM_ARENA_NEW(r->arena, struct doc);
    doc->kind = kind;
    doc->span = span;
    doc->text = UNUM_STR("");
    doc->tag = UNUM_STR("");
    return doc;
}

static struct frame *innermost(struct reader *r)
{
    return r->depth ? &r->frames[r->depth - 1] : NULL;
}

static bool wants_key(struct reader *r)
{
    const struct frame *frame = innermost(r);
    return frame && frame->node->kind == DOC_OBJECT && !frame->has_key;
}

static void set_key(struct frame *frame, struct unum_str key, struct unum_span span, bool drop)
{
    frame->key = key;
    frame->key_span = span;
    frame->has_key = true;
    frame->drop = drop;
}

static void refuse_key(struct reader *r, struct frame *frame, struct unum_span span)
{
    unum_diag_add(r->diags, UNUM_E0204, span, "a key must be a scalar without a tag");
    set_key(frame, UNUM_STR(""), span, true);
}

/* A finished value goes to the innermost open collection, or becomes the document. */
static void attach(struct reader *r, struct doc *node, struct unum_span span, struct size size)
{
    struct frame *frame = innermost(r);
    if (!frame) {
        r->root = node;
        return;
    }
    frame->size.bytes += size.bytes;
    if (frame->size.height < size.height + 1)
        frame->size.height = size.height + 1;
    frame->node->span.end = span.end;
    if (frame->node->kind == DOC_ARRAY) {
        *unum_vec_push(&r->pool) = (struct doc_member){UNUM_STR(""), {0}, node};
    } else if (!frame->has_key) {
        if (node->kind == DOC_STRING || node->kind == DOC_NUMBER)
            set_key(frame, node->text, span, false);
        else
            refuse_key(r, frame, span);
    } else {
        if (!frame->drop)
            *unum_vec_push(&r->pool) = (struct doc_member){frame->key, frame->key_span, node};
        frame->has_key = false;
    }
}

static struct anchor *new_anchor(struct reader *r, const yaml_char_t *name)
{
    if (!name)
        return NULL;
    struct anchor *anchor = UNUM_ARENA_NEW(r->arena, struct anchor);
    unum_map_set(&r->anchors, unum_str_from((const char *)name), anchor);
    return anchor;
}

/* Tags of the core schema; anything else below tag:yaml.org is refused. */
enum tag {
    TAG_NONE,
    TAG_LOCAL,
    TAG_STR,
    TAG_INT,
    TAG_FLOAT,
    TAG_BOOL,
    TAG_NULL,
    TAG_SEQ,
    TAG_MAP,
    TAG_BAD
};

static enum tag tag_of(const yaml_char_t *text)
{
    static const struct {
        const char *text;
        enum tag tag;
    } rows[] = {
        {YAML_STR_TAG, TAG_STR},     {YAML_INT_TAG, TAG_INT},
        {YAML_FLOAT_TAG, TAG_FLOAT}, {YAML_BOOL_TAG, TAG_BOOL},
        {YAML_NULL_TAG, TAG_NULL},   {YAML_SEQ_TAG, TAG_SEQ},
        {YAML_MAP_TAG, TAG_MAP},     {"!", TAG_STR},
    };
    struct unum_str tag = unum_str_from((const char *)text);
    if (!tag.len)
        return TAG_NONE;
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        if (unum_str_is(tag, rows[i].text))
            return rows[i].tag;
    }
    return tag.ptr[0] == '!' ? TAG_LOCAL : TAG_BAD;
}

static void refuse_tag(struct reader *r, struct unum_span span, const yaml_char_t *tag)
{
    unum_diag_add(r->diags, UNUM_E0208, span, "the tag %s does not fit here", (const char *)tag);
}

static void note_number(struct reader *r, struct unum_span span, enum yaml_scalar_note note)
{
    switch (note) {
    case YAML_SCALAR_FINE:
        break;
    case YAML_SCALAR_NOT_FINITE:
        unum_diag_add(r->diags, UNUM_E0209, span, "JSON has no infinity and no NaN");
        unum_diag_hint(r->diags, "quote it if it is a text");
        break;
    case YAML_SCALAR_TOO_LARGE:
        unum_diag_add(r->diags, UNUM_E0209, span, "the number does not fit into 64 bits");
        break;
    case YAML_SCALAR_ZEROS:
        unum_diag_add(r->diags, UNUM_W0210, span, "the zeros in front of the number are lost");
        unum_diag_hint(r->diags, "quote it if it is an identifier");
        break;
    }
}

static bool fits_tag(const struct yaml_scalar *scalar, enum tag tag)
{
    switch (tag) {
    case TAG_INT:
        return scalar->kind == DOC_NUMBER && scalar->whole;
    case TAG_FLOAT:
        return scalar->kind == DOC_NUMBER;
    case TAG_BOOL:
        return scalar->kind == DOC_BOOL;
    case TAG_NULL:
        return scalar->kind == DOC_NULL;
    case TAG_NONE:
    case TAG_LOCAL:
    case TAG_STR:
        return true;
    case TAG_SEQ:
    case TAG_MAP:
    case TAG_BAD:
        break;
    }
    return false;
}

/* The node of a scalar event; `as_key`: only its text counts, so numbers are not looked at. */
static struct doc *scalar_node(struct reader *r, const yaml_event_t *event, bool as_key)
{
    struct unum_span span = span_of(r, event);
    const yaml_char_t *tag_text = event->data.scalar.tag;
    struct unum_str text =
        unum_str_of((const char *)event->data.scalar.value, event->data.scalar.length);
    struct yaml_scalar scalar = {.kind = DOC_STRING, .text = text};
    enum tag tag = tag_of(tag_text);
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (!as_key && ((tag == TAG_NONE && plain) || tag > TAG_STR))
        scalar = yaml_scalar(text, r->arena);
    if (!fits_tag(&scalar, tag))
        refuse_tag(r, span, tag_text);
    else
        note_number(r, span, scalar.note);
    struct doc *node = new_node(r, scalar.kind, span);
    node->boolean = scalar.boolean;
    if (scalar.kind == DOC_STRING || scalar.kind == DOC_NUMBER)
        node->text = unum_arena_str(r->arena, scalar.text);
    if (tag == TAG_LOCAL)
        node->tag = unum_arena_str(r->arena, unum_str_from((const char *)tag_text));
    return node;
}

static void read_key(struct reader *r, const yaml_event_t *event, const struct doc *node)
{
    struct frame *frame = innermost(r);
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    enum tag tag = tag_of(event->data.scalar.tag);
    frame->node->span.end = node->span.end;
    if ((tag != TAG_NONE && tag != TAG_STR) || (plain && !node->text.len)) {
        refuse_key(r, frame, node->span);
    } else if (plain && tag == TAG_NONE && unum_str_is(node->text, "<<")) {
        unum_diag_add(r->diags, UNUM_E0205, node->span, "merge keys are not supported");
        unum_diag_hint(r->diags, "write the members out");
        set_key(frame, node->text, node->span, true);
    } else {
        set_key(frame, node->text, node->span, false);
    }
}

static void read_scalar(struct reader *r, const yaml_event_t *event)
{
    bool as_key = wants_key(r);
    struct doc *node = scalar_node(r, event, as_key);
    struct size size = {NODE_COST + node->text.len, 0};
    struct anchor *anchor = new_anchor(r, event->data.scalar.anchor);
    if (anchor)
        *anchor = (struct anchor){node, size};
    if (as_key) {
        innermost(r)->size.bytes += size.bytes;
        read_key(r, event, node);
    } else {
        attach(r, node, node->span, size);
    }
}

static bool too_deep(struct reader *r, struct unum_span span, size_t height)
{
    if (r->depth + height <= UNUM_LIMIT_JSON_DEPTH)
        return false;
    unum_diag_add(r->diags, UNUM_E0103, span,
                  "sequences and mappings are nested more than %d levels deep",
                  UNUM_LIMIT_JSON_DEPTH);
    return true;
}

static bool read_alias(struct reader *r, const yaml_event_t *event)
{
    struct unum_span span = span_of(r, event);
    const char *name = (const char *)event->data.alias.anchor;
    const struct anchor *anchor = unum_map_get(&r->anchors, unum_str_from(name));
    if (!anchor || !anchor->node) {
        unum_diag_add(r->diags, UNUM_E0206, span,
                      anchor ? "*%s stands inside the value that it stands for"
                             : "there is no anchor &%s before this place",
                      name);
        attach(r, new_node(r, DOC_NULL, span), span, (struct size){NODE_COST, 0});
        return true;
    }
    if (too_deep(r, span, anchor->size.height))
        return false;
    r->expanded += anchor->size.bytes;
    if (r->expanded > UNUM_LIMIT_TEXT) {
        unum_diag_add(r->diags, UNUM_E0207, span, "aliases expand this file to more than %zu MB",
                      UNUM_LIMIT_TEXT / UNUM_MB);
        return false;
    }
    attach(r, anchor->node, span, anchor->size);
    return true;
}

static bool open_collection(struct reader *r, const yaml_event_t *event)
{
    bool mapping = event->type == YAML_MAPPING_START_EVENT;
    struct unum_span span = span_of(r, event);
    if (too_deep(r, span, 1))
        return false;
    const yaml_char_t *name =
        mapping ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
    const yaml_char_t *tag_text =
        mapping ? event->data.mapping_start.tag : event->data.sequence_start.tag;
    bool flow = mapping ? event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
                        : event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
    enum tag tag = tag_of(tag_text);
    struct doc *node = new_node(r, mapping ? DOC_OBJECT : DOC_ARRAY, span);
    if (tag == TAG_LOCAL)
        node->tag = unum_arena_str(r->arena, unum_str_from((const char *)tag_text));
    else if (tag != TAG_NONE && tag != (mapping ? TAG_MAP : TAG_SEQ))
        refuse_tag(r, span, tag_text);
    r->frames[r->depth++] = (struct frame){.node = node,
                                           .first = r->pool.len,
                                           .anchor = new_anchor(r, name),
                                           .size = {NODE_COST, 1},
                                           .flow = flow};
    return true;
}

static void close_collection(struct reader *r, const yaml_event_t *event)
{
    struct frame *frame = &r->frames[--r->depth];
    struct doc *node = frame->node;
    size_t len = r->pool.len - frame->first;
    struct doc_member *members = len ? &r->pool.at[frame->first] : NULL;
    if (node->kind == DOC_OBJECT && members)
        len = doc_drop_duplicates(members, len, UNUM_E0202, r->diags);
    node->len = len;
    node->members = unum_arena_array(r->arena, len, sizeof(*node->members));
    if (len)
        memcpy(node->members, members, len * sizeof(*node->members));
    r->pool.len = frame->first;
    if (frame->flow) /* the end of a block is the end of its last member */
        node->span.end = span_of(r, event).end;
    if (frame->anchor)
        *frame->anchor = (struct anchor){node, frame->size};
    attach(r, node, node->span, frame->size);
}

static bool open_document(struct reader *r, const yaml_event_t *event)
{
    if (r->documents++ == 0)
        return true;
    unum_diag_add(r->diags, UNUM_E0203, span_of(r, event), "a second document starts here");
    unum_diag_hint(r->diags, "put it into a file of its own");
    return false;
}

/* True: go on. */
static bool take_event(struct reader *r, const yaml_event_t *event, bool *ret_failed)
{
    bool fine = true;
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return open_document(r, event); /* what stands before is a whole tree */
    case YAML_SCALAR_EVENT:
        read_scalar(r, event);
        break;
    case YAML_ALIAS_EVENT:
        fine = read_alias(r, event);
        break;
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        fine = open_collection(r, event);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        close_collection(r, event);
        break;
    case YAML_STREAM_END_EVENT:
        return false;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        break;
    }
    *ret_failed = !fine;
    return fine;
}

static void hint_at(struct reader *r, size_t at)
{
    char c = at < r->source->text.len ? r->source->text.ptr[at] : '\0';
    if (c == '\t')
        unum_diag_hint(r->diags, "indent with blanks instead of tabs");
    else if (c && strchr("@`%&*!|>", c))
        unum_diag_hint(r->diags, "quote a text that starts with %c", c);
}

static void report_problem(struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    if (p->error == YAML_MEMORY_ERROR) {
        unum_oom_hook(0);
        abort();
    }
    const char *problem = p->problem ? p->problem : "malformed YAML";
    size_t at = yaml_place(&r->places, p->problem_mark.index);
    if (p->error == YAML_READER_ERROR) { /* this one counts bytes */
        at = r->places.skipped + p->problem_offset;
        at = at < r->source->text.len ? at : r->source->text.len;
        unum_diag_add(r->diags, UNUM_E0104, (struct unum_span){r->source, at, at}, "%s", problem);
        return;
    }
    unum_diag_add(r->diags, UNUM_E0201, (struct unum_span){r->source, at, at}, "%s%s%s",
                  p->context ? p->context : "", p->context ? ": " : "", problem);
    hint_at(r, at);
}

static bool read_all(struct reader *r)
{
    bool failed = false;
    bool more = true;
    while (more) {
        yaml_event_t event;
        if (!yaml_parser_parse(&r->parser, &event)) {
            report_problem(r);
            return false;
        }
        more = take_event(r, &event, &failed);
        yaml_event_delete(&event);
    }
    return !failed;
}

/* libyaml stops at the first broken byte too, but cannot say where in terms of the source. */
static bool is_text(const struct unum_source *source, struct unum_diags *diags)
{
    struct unum_str rest = source->text;
    size_t len;
    while (rest.len && *rest.ptr && (len = unum_utf8_length(rest)) != 0)
        rest = unum_str_from_pos(rest, len);
    if (!rest.len)
        return true;
    size_t at = source->text.len - rest.len;
    unsigned char byte = (unsigned char)*rest.ptr;
    unum_diag_add(diags, UNUM_E0104, (struct unum_span){source, at, at + 1},
                  byte ? "the byte 0x%02x is not UTF-8" : "a NUL byte (0x%02x)", byte);
    if (at == 0 && byte >= 0xfe)
        unum_diag_hint(diags, "save the file as UTF-8 instead of UTF-16");
    return false;
}

struct doc *doc_parse_yaml(const struct unum_source *source, struct unum_arena *arena,
                           struct unum_diags *diags)
{
    if (!is_text(source, diags))
        return NULL;
    struct reader *r = unum_alloc(sizeof(*r));
    r->source = source;
    r->arena = arena;
    r->diags = diags;
    r->places = yaml_places(source->text);
    if (!yaml_parser_initialize(&r->parser)) {
        unum_oom_hook(sizeof(r->parser));
        abort();
    }
    yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
    const char *text = r->places.text.len ? r->places.text.ptr : "";
    yaml_parser_set_input_string(&r->parser, (const unsigned char *)text, r->places.text.len);
    bool fine = read_all(r);
    struct doc *root = fine ? r->root : NULL;
    if (fine && !r->documents)
        unum_diag_add(diags, UNUM_E0201, (struct unum_span){source, 0, 0}, "there is no document");
    yaml_parser_delete(&r->parser);
    yaml_places_done(&r->places);
    unum_map_done(&r->anchors);
    unum_vec_done(&r->pool);
    free(r);
    return root;
}

struct doc *doc_parse_file(const struct unum_source *source, struct unum_arena *arena,
                           struct unum_diags *diags)
{
    struct unum_str text = source->text;
    if (unum_str_starts(text, UNUM_STR("\xef\xbb\xbf")))
        text = unum_str_from_pos(text, 3);
    text = unum_str_trim(text);
    bool json = unum_str_ends(unum_str_from(source->path), UNUM_STR(".json")) ||
                unum_str_starts(text, UNUM_STR("{"));
    return json ? doc_parse_json(source, arena, diags) : doc_parse_yaml(source, arena, diags);
}
