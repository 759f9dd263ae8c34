#include "diff_view.h"

#include <string.h>

#include "base/limits.h"
#include "safe_text.h"

/* Names may come from a file of somebody else. */
static void put(struct program *p, const char *before, struct unum_str text, const char *behind)
{
    struct unum_buf UNUM_AUTO_BUF safe = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    safe_text(&p->out, text, &safe);
    ui_puts(&p->out, before);
    ui_write(&p->out, unum_buf_str(&safe));
    ui_puts(&p->out, behind);
}

static const char *style_of(const struct program *p, enum diff_kind kind)
{
    static const enum ui_style styles[] = {UI_DIM, UI_GREEN, UI_RED, UI_YELLOW};
    return ui_style(&p->out, styles[kind]);
}

/* ---- functions ---- */

/* Functions of which the same is to be said. */
struct group {
    const struct diff_function *first;
    struct unum_buf names;
    size_t count;
};

enum { NAMES_SHOWN = 12 };

static void group_key(const struct diff_function *f, struct unum_buf *out)
{
    unum_buf_printf(out, "%d %d", f->kind, f->deploy);
    /* One that appears or disappears has a line of its own. */
    if (f->kind != DIFF_CHANGED) {
        unum_buf_addc(out, '\n');
        unum_buf_add(out, f->node);
    }
    for (size_t i = 0; i < f->len; i++) {
        unum_buf_addc(out, '\n');
        unum_buf_add(out, f->says[i]);
    }
}

static const char *deployment(const struct diff_function *f)
{
    switch (f->deploy) {
    case DEPLOY_NOTHING:
        return "nothing to deploy";
    case DEPLOY_HASH:
        return "IR only: the hash of the machine";
    case DEPLOY_IR:
        return "IR only";
    case DEPLOY_CODE:
        return "other code";
    case DEPLOY_NEW:
        return "new function";
    case DEPLOY_GONE:
        break;
    }
    return "removed";
}

static void print_group(struct program *p, const struct group *group)
{
    static const char marks[] = {' ', '+', '-', '~'};
    const struct diff_function *f = group->first;
    ui_printf(&p->out, "%s%c ", style_of(p, f->kind), marks[f->kind]);
    put(p, "", unum_buf_str(&group->names), "");
    if (group->count > NAMES_SHOWN)
        ui_printf(&p->out, " and %zu more", group->count - NAMES_SHOWN);
    ui_printf(&p->out, "%s: %s", ui_style(&p->out, UI_PLAIN), deployment(f));
    if (f->deploy == DEPLOY_NEW && f->code.len && !unum_str_eq(f->code, f->node))
        put(p, " with the code of ", f->code, "");
    ui_puts(&p->out, "\n");
    for (size_t i = 0; i < f->len; i++)
        put(p, "    ", f->says[i], "\n");
}

static void print_functions(struct program *p, const struct diff *diff)
{
    struct unum_map UNUM_AUTO_MAP by_key = UNUM_MAP_INIT;
    struct group *groups = unum_arena_array(&p->arena, diff->functions_len, sizeof(*groups));
    size_t len = 0;
    for (size_t i = 0; i < diff->functions_len; i++) {
        const struct diff_function *f = &diff->functions[i];
        struct unum_buf UNUM_AUTO_BUF key = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        if (f->kind == DIFF_SAME)
            continue;
        group_key(f, &key);
        struct group *group = unum_map_get(&by_key, unum_buf_str(&key));
        if (!group) {
            group = &groups[len++];
            *group = (struct group){.first = f, .names = UNUM_BUF_INIT(UNUM_LIMIT_TEXT)};
            unum_map_set(&by_key, unum_buf_str(&key), group);
        }
        if (group->count++ < NAMES_SHOWN) {
            unum_buf_adds(&group->names, group->names.len ? ", " : "");
            unum_buf_add(&group->names, f->node);
        }
    }
    for (size_t i = 0; i < len; i++) {
        print_group(p, &groups[i]);
        unum_buf_done(&groups[i].names);
    }
}

/* ---- runs in flight ---- */

static void print_finding(struct program *p, const struct diff_finding *finding)
{
    static const struct {
        char mark;
        enum ui_style style;
    } marks[] = {{'.', UI_GREEN}, {'?', UI_YELLOW}, {'!', UI_RED}};
    enum diff_safety safety = finding->rule->safety;
    ui_printf(&p->out, "  %s%c%s %s%s%s ", ui_style(&p->out, marks[safety].style),
              marks[safety].mark, ui_style(&p->out, UI_PLAIN), ui_style(&p->out, UI_BOLD),
              finding->rule->id, ui_style(&p->out, UI_PLAIN));
    put(p, "", finding->subject, ": ");
    put(p, "", finding->runs, "\n");
}

/* Why, once for each rule that has something to say. */
static void print_reasons(struct program *p, const struct diff *diff)
{
    const struct diff_rule *last = NULL;
    for (size_t i = 0; i < diff->findings_len; i++) {
        const struct diff_rule *rule = diff->findings[i].rule;
        if (rule == last || (rule->safety == DIFF_SAFE && !p->global.verbose))
            continue;
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        unum_buf_printf(&text, "  %s: %s. ", rule->id, rule->what);
        ui_wrap(&text, rule->why, text.len, 4, (size_t)p->out.width);
        ui_printf(&p->out, "%s%s%s\n", ui_style(&p->out, UI_DIM), unum_buf_text(&text),
                  ui_style(&p->out, UI_PLAIN));
        last = rule;
    }
}

static void print_flight(struct program *p, const struct diff *diff)
{
    static const struct {
        const char *text;
        enum ui_style style;
    } verdicts[] = {{"safe", UI_GREEN},
                    {"safe, unless one has to be repaired just then", UI_YELLOW},
                    {"not safe", UI_RED}};
    size_t safe = 0, shown = 0;
    ui_printf(&p->out, "\nRuns in flight: %s%s%s\n",
              ui_style(&p->out, verdicts[diff->verdict].style), verdicts[diff->verdict].text,
              ui_style(&p->out, UI_PLAIN));
    for (size_t i = 0; i < diff->findings_len; i++) {
        const struct diff_finding *finding = &diff->findings[i];
        if (finding->rule->safety == DIFF_SAFE && !p->global.verbose) {
            safe++;
            continue;
        }
        print_finding(p, finding);
        shown++;
    }
    if (shown) {
        ui_puts(&p->out, "\n");
        print_reasons(p, diff);
    }
    if (safe && shown)
        ui_printf(&p->out, "  %zu %s safe (-v shows)\n", safe,
                  safe == 1 ? "other change is" : "other changes are");
    if (diff->verdict == DIFF_UNSAFE)
        ui_puts(&p->out, "\nLet the runs end before you deploy (`unum runs list --status running` "
                         "shows them), or "
                         "deploy under another\nApplicationName beside this one.\n");
}

void diff_view_text(struct program *p, struct unum_str old, struct unum_str new,
                    const struct diff *diff)
{
    put(p, ui_style(&p->out, UI_BOLD), old, " -> ");
    put(p, "", new, ui_style(&p->out, UI_PLAIN));
    ui_puts(&p->out, "\n");
    if (!diff->changed) {
        ui_puts(&p->out, "no change\n");
        return;
    }
    ui_puts(&p->out, "\n");
    print_functions(p, diff);
    print_flight(p, diff);
}

/* ---- JSON ---- */

static void put_text(struct json_writer *w, const char *key, struct unum_str text)
{
    json_key(w, key);
    json_string(w, text);
}

static void function_json(struct json_writer *w, const struct diff_function *f)
{
    json_object_begin(w);
    put_text(w, "node", f->node);
    json_key(w, "function");
    if (f->code.ptr)
        json_string(w, f->code);
    else
        json_null(w);
    put_text(w, "change", unum_str_from(diff_kind_name(f->kind)));
    put_text(w, "deployment", unum_str_from(diff_deploy_name(f->deploy)));
    json_key(w, "differences");
    json_array_begin(w);
    for (size_t i = 0; i < f->len; i++)
        json_string(w, f->says[i]);
    json_array_end(w);
    json_object_end(w);
}

static void finding_json(struct json_writer *w, const struct diff_finding *finding)
{
    json_object_begin(w);
    put_text(w, "rule", unum_str_from(finding->rule->id));
    put_text(w, "safety", unum_str_from(diff_safety_name(finding->rule->safety)));
    put_text(w, "subject", finding->subject);
    put_text(w, "what", unum_str_from(finding->rule->what));
    put_text(w, "runs", finding->runs);
    put_text(w, "why", unum_str_from(finding->rule->why));
    json_object_end(w);
}

void diff_view_json(struct program *p, struct unum_str old, struct unum_str new,
                    const struct diff *diff)
{
    struct json_writer w = JSON_WRITER(&p->result);
    json_object_begin(&w);
    put_text(&w, "old", old);
    put_text(&w, "new", new);
    json_key(&w, "equal");
    json_bool(&w, !diff->changed);
    json_key(&w, "functions");
    json_array_begin(&w);
    for (size_t i = 0; i < diff->functions_len; i++)
        function_json(&w, &diff->functions[i]);
    json_array_end(&w);
    json_key(&w, "inFlight");
    json_object_begin(&w);
    put_text(&w, "verdict", unum_str_from(diff_safety_name(diff->verdict)));
    json_key(&w, "findings");
    json_array_begin(&w);
    for (size_t i = 0; i < diff->findings_len; i++)
        finding_json(&w, &diff->findings[i]);
    json_array_end(&w);
    json_object_end(&w);
    json_object_end(&w);
}
