#include "sarif.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/path.h"

static const char *const level_names[] = {"error", "warning", "note"};

static void text_object(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    json_object_begin(w);
    json_key(w, "text");
    json_strings(w, text);
    json_object_end(w);
}

/* The position of each code among the rules, in the order in which they appear; -1: none. */
static size_t number_rules(const struct unum_diags *diags, int *rule, enum unum_code *order)
{
    size_t len = 0;
    for (size_t i = 0; i < UNUM_CODE_COUNT; i++)
        rule[i] = -1;
    for (size_t i = 0; i < diags->list.len; i++) {
        enum unum_code code = diags->list.at[i].code;
        if (rule[code] >= 0)
            continue;
        rule[code] = (int)len;
        order[len++] = code;
    }
    return len;
}

static void write_rules(struct json_writer *w, const enum unum_code *order, size_t len)
{
    json_key(w, "rules");
    json_array_begin(w);
    for (size_t i = 0; i < len; i++) {
        const struct unum_code_row *row = unum_code_row(order[i]);
        json_object_begin(w);
        json_key(w, "id");
        json_strings(w, row->id);
        text_object(w, "shortDescription", row->title);
        text_object(w, "fullDescription", row->explanation);
        json_key(w, "defaultConfiguration");
        json_object_begin(w);
        json_key(w, "level");
        json_strings(w, level_names[row->level]);
        json_object_end(w);
        json_object_end(w);
    }
    json_array_end(w);
}

/* A path as the path of a URI (RFC 3986): everything but unreserved characters and "/" in percent
 * form. */
static void add_uri(struct unum_buf *out, const char *path)
{
    if (path[0] == '/')
        unum_buf_adds(out, "file://");
    for (; *path; path++) {
        char c = *path;
        bool plain = unum_is_alnum(c) || strchr("-._~/", c) != NULL;
        if (plain)
            unum_buf_addc(out, c);
        else
            unum_buf_printf(out, "%%%02X", (unsigned char)c);
    }
}

static void write_place(struct json_writer *w, struct unum_span span)
{
    struct unum_buf UNUM_AUTO_BUF uri = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_place start = unum_source_place(span.source, span.start);
    struct unum_place end = unum_source_place(span.source, span.end);
    add_uri(&uri, span.source->path);
    json_key(w, "locations");
    json_array_begin(w);
    json_object_begin(w);
    json_key(w, "physicalLocation");
    json_object_begin(w);
    json_key(w, "artifactLocation");
    json_object_begin(w);
    json_key(w, "uri");
    json_string(w, unum_buf_str(&uri));
    json_object_end(w);
    json_key(w, "region");
    json_object_begin(w);
    json_key(w, "startLine");
    json_int(w, (int64_t)start.line);
    json_key(w, "startColumn");
    json_int(w, (int64_t)start.column);
    json_key(w, "endLine");
    json_int(w, (int64_t)end.line);
    json_key(w, "endColumn");
    json_int(w, (int64_t)end.column);
    json_object_end(w);
    json_object_end(w);
    json_object_end(w);
    json_array_end(w);
}

static void write_result(struct json_writer *w, const struct unum_diag *diag, int rule)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_buf_adds(&text, diag->text);
    if (diag->hint)
        unum_buf_printf(&text, " (%s)", diag->hint);
    json_object_begin(w);
    json_key(w, "ruleId");
    json_strings(w, unum_code_row(diag->code)->id);
    json_key(w, "ruleIndex");
    json_int(w, rule);
    json_key(w, "level");
    json_strings(w, level_names[diag->level]);
    text_object(w, "message", unum_buf_text(&text));
    if (diag->span.source)
        write_place(w, diag->span);
    json_object_end(w);
}

static void write_invocation(struct json_writer *w, int rc, const struct unum_err *err)
{
    bool done = rc == 0 || rc == UNUM_E_INVALID_FILE;
    json_key(w, "invocations");
    json_array_begin(w);
    json_object_begin(w);
    json_key(w, "executionSuccessful");
    json_bool(w, done);
    json_key(w, "exitCode");
    json_int(w, rc < 0 ? unum_rc_exit_code(rc) : 0);
    if (!done) {
        json_key(w, "toolExecutionNotifications");
        json_array_begin(w);
        json_object_begin(w);
        json_key(w, "level");
        json_strings(w, "error");
        text_object(w, "message", unum_err_text(err));
        json_object_end(w);
        json_array_end(w);
    }
    json_object_end(w);
    json_array_end(w);
}

void sarif_write(const struct program *p, int rc, const struct unum_err *err, struct unum_buf *out)
{
    struct json_writer w = JSON_WRITER(out);
    int rule[UNUM_CODE_COUNT];
    enum unum_code order[UNUM_CODE_COUNT];
    size_t rules = number_rules(&p->diags, rule, order);
    json_object_begin(&w);
    json_key(&w, "$schema");
    json_strings(&w, "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
                     "sarif-schema-2.1.0.json");
    json_key(&w, "version");
    json_strings(&w, "2.1.0");
    json_key(&w, "runs");
    json_array_begin(&w);
    json_object_begin(&w);
    json_key(&w, "tool");
    json_object_begin(&w);
    json_key(&w, "driver");
    json_object_begin(&w);
    json_key(&w, "name");
    json_strings(&w, "unum");
    json_key(&w, "version");
    json_strings(&w, UNUM_VERSION);
    write_rules(&w, order, rules);
    json_object_end(&w);
    json_object_end(&w);
    json_key(&w, "columnKind");
    json_strings(&w, "unicodeCodePoints");
    write_invocation(&w, rc, err);
    json_key(&w, "results");
    json_array_begin(&w);
    for (size_t i = 0; i < p->diags.list.len; i++)
        write_result(&w, &p->diags.list.at[i], rule[p->diags.list.at[i].code]);
    json_array_end(&w);
    json_object_end(&w);
    json_array_end(&w);
    json_object_end(&w);
    unum_buf_addc(out, '\n');
}
