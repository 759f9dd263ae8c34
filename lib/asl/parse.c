#include <string.h>

#include "asl/parse_internal.h"
#include "eval/path.h"

static void parse_scope(struct asl_parser *p, const struct doc *doc, enum asl_place place,
                        struct asl_scope *scope);

/* ---- names ---- */

static size_t characters(struct unum_str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++)
        count += ((unsigned char)s.ptr[i] & 0xc0) != 0x80;
    return count;
}

static bool has_control(struct unum_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if ((unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
            return true;
    }
    return false;
}

static void check_name(struct asl_parser *p, struct asl_state *state)
{
    size_t length = characters(state->name);
    if (!length)
        unum_diag_add(p->diags, UNUM_E0410, state->span, "the name of a state is empty");
    else if (length > ASL_LIMIT_NAME)
        unum_diag_add(p->diags, UNUM_E0410, state->span,
                      "the name of a state has %zu characters, at most %d are allowed", length,
                      ASL_LIMIT_NAME);
    if (has_control(state->name))
        unum_diag_add(p->diags, UNUM_E0410, state->span,
                      "the name of a state contains a control character");
    struct asl_state *first = unum_map_get(&p->names, state->name);
    if (!first) {
        unum_map_set(&p->names, state->name, state);
        return;
    }
    struct unum_place place = unum_source_place(first->span.source, first->span.start);
    unum_diag_add(p->diags, UNUM_E0409, state->span,
                  "there is a state \"%.*s\" already, in line %zu: names are unique in the whole "
                  "machine",
                  UNUM_STR_ARG(state->name), place.line);
}

/* ---- transitions ---- */

static void add_target(struct asl_state *state, const struct doc *at)
{
    if (at && at->kind == DOC_STRING)
        state->targets[state->targets_len++] = (struct asl_target){at->text, at->span, NULL};
}

/* Next and Default of all kinds of states, Next of choices and catchers. */
static void collect_targets(struct asl_parser *p, const struct doc *doc, struct asl_state *state)
{
    static const char *const lists[] = {"Choices", "Catch"};
    size_t most = 2;
    for (size_t i = 0; i < UNUM_COUNT(lists); i++) {
        const struct doc *list = doc_get(doc, lists[i]);
        most += list && list->kind == DOC_ARRAY ? list->len : 0;
    }
    state->targets = unum_arena_array(p->arena, most, sizeof(*state->targets));
    add_target(state, doc_get(doc, "Next"));
    if (state->refused)
        add_target(state, doc_get(doc, "Default"));
    for (size_t i = 0; i < UNUM_COUNT(lists); i++) {
        const struct doc *list = doc_get(doc, lists[i]);
        for (size_t j = 0; list && list->kind == DOC_ARRAY && j < list->len; j++) {
            if (list->members[j].value->kind == DOC_OBJECT)
                add_target(state, doc_get(list->members[j].value, "Next"));
        }
    }
}

static void check_transition(struct asl_parser *p, const struct doc *doc, struct asl_state *state)
{
    const struct doc_member *next = doc_member(doc, "Next"), *end = doc_member(doc, "End");
    if (next)
        (void)asl_text(p, doc, "Next", true);
    if (end && end->value->kind != DOC_BOOL) {
        unum_diag_add(p->diags, UNUM_E0401, end->value->span, "\"End\" is true");
        return;
    }
    state->end = end && end->value->boolean;
    if (next && end) {
        unum_diag_add(p->diags, UNUM_E0406, end->key_span,
                      "state \"%.*s\" has both \"Next\" and \"End\"", UNUM_STR_ARG(state->name));
        unum_diag_hint(p->diags, "take one of them out");
    } else if (!next && !state->end) {
        unum_diag_add(p->diags, UNUM_E0406, state->span,
                      "state \"%.*s\" has neither \"Next\" nor \"End\": true",
                      UNUM_STR_ARG(state->name));
    }
}

/* ---- fan-outs ---- */

static void parse_branches(struct asl_parser *p, struct asl_state *state, unsigned depth,
                           const struct doc *const *docs, size_t len, enum asl_place place)
{
    if (depth == ASL_LIMIT_DEPTH) {
        unum_diag_add(p->diags, UNUM_E0415, state->span,
                      "Map and Parallel are nested more than %d levels deep", ASL_LIMIT_DEPTH);
        return;
    }
    state->branches = unum_arena_array(p->arena, len, sizeof(*state->branches));
    state->branches_len = len;
    for (size_t i = 0; i < len; i++) {
        state->branches[i] =
            (struct asl_scope){.span = docs[i]->span, .parent = state, .depth = depth + 1};
        parse_scope(p, docs[i], place, &state->branches[i]);
    }
}

static void check_config(struct asl_parser *p, const struct doc *processor)
{
    const struct doc *config = asl_object(p, processor, "ProcessorConfig");
    if (!config)
        return;
    asl_check_fields(p, config, ASL_AT_CONFIG);
    struct unum_str mode = asl_text(p, config, "Mode", false);
    if (unum_str_is(mode, "DISTRIBUTED")) {
        unum_diag_add(p->diags, UNUM_E0522, doc_get(config, "Mode")->span,
                      "distributed Maps are not supported yet");
        unum_diag_hint(p->diags, "write \"INLINE\"");
    } else if (mode.ptr && !unum_str_is(mode, "INLINE")) {
        unum_diag_add(p->diags, UNUM_E0401, doc_get(config, "Mode")->span,
                      "\"Mode\" is \"INLINE\"");
    }
}

static void parse_items_path(struct asl_parser *p, const struct doc *doc, struct asl_state *state)
{
    state->items_path = UNUM_STR("$");
    const struct doc *at = doc_get(doc, "ItemsPath");
    struct unum_str text = asl_text(p, doc, "ItemsPath", true);
    if (!text.len)
        return;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct eval_path path;
    size_t offset = 0;
    state->items_path = text;
    if (unum_str_starts(text, UNUM_STR("$$"))) {
        unum_diag_add(p->diags, UNUM_E0530, at->span,
                      "the context object (\"$$\") is not supported yet");
        unum_diag_hint(p->diags, "pass the list on in the output of the function before the Map");
    } else if (text.len > 1 && text.ptr[0] == '$' && text.ptr[1] != '.' && text.ptr[1] != '[') {
        unum_diag_add(p->diags, UNUM_E0511, at->span, "variables are not supported yet");
        unum_diag_hint(p->diags, "pass the list on in the output of the function before the Map");
    } else if (eval_path_parse(text, p->arena, &path, &offset, &err)) {
        struct unum_span span = at->span;
        if (span.end - span.start == text.len + 2)
            span =
                (struct unum_span){span.source, span.start + 1 + offset, span.start + 2 + offset};
        unum_diag_add(p->diags, UNUM_E0412, span, "%s", unum_err_text(&err));
    }
}

static void parse_map(struct asl_parser *p, const struct doc *doc, struct asl_state *state,
                      unsigned depth)
{
    const struct doc_member *iterator = doc_member(doc, "Iterator");
    const struct doc_member *processor = doc_member(doc, "ItemProcessor");
    parse_items_path(p, doc, state);
    if (iterator && processor) {
        unum_diag_add(p->diags, UNUM_E0408, iterator->key_span,
                      "\"Iterator\" is the older name of \"ItemProcessor\"");
        unum_diag_hint(p->diags, "take one of them out");
    }
    if (!iterator && !processor)
        asl_missing(p, doc, ASL_AT_MAP, "ItemProcessor");
    const struct doc *inside = asl_object(p, doc, processor ? "ItemProcessor" : "Iterator");
    if (!inside)
        return;
    if (processor)
        check_config(p, inside);
    parse_branches(p, state, depth, &inside, 1, processor ? ASL_AT_PROCESSOR : ASL_AT_BRANCH);
}

static void parse_parallel(struct asl_parser *p, const struct doc *doc, struct asl_state *state,
                           unsigned depth)
{
    if (!doc_get(doc, "Branches"))
        asl_missing(p, doc, ASL_AT_PARALLEL, "Branches");
    const struct doc *list = asl_list(p, doc, "Branches");
    if (!list)
        return;
    if (!list->len)
        unum_diag_add(p->diags, UNUM_E0411, asl_first(list->span), "\"Branches\" is empty");
    size_t len = 0;
    const struct doc **docs = unum_arena_array(p->arena, list->len, sizeof(*docs));
    for (size_t i = 0; i < list->len; i++) {
        const struct doc *branch = list->members[i].value;
        if (branch->kind == DOC_OBJECT)
            docs[len++] = branch;
        else
            unum_diag_add(p->diags, UNUM_E0401, branch->span, "a branch is an object, not %s",
                          doc_kind_name(branch->kind));
    }
    parse_branches(p, state, depth, docs, len, ASL_AT_BRANCH);
}

/* ---- states ---- */

static void parse_refused(struct asl_parser *p, const struct asl_type_row *row,
                          const struct doc *doc, struct asl_state *state)
{
    state->refused = true;
    unum_diag_add(p->diags, row->refusal, doc_get(doc, "Type")->span, "%s is not supported yet",
                  asl_place_name(row->place));
    unum_diag_hint(p->diags, "%s", row->instead);
}

static void parse_state(struct asl_parser *p, const struct doc_member *member, unsigned depth,
                        struct asl_state *state)
{
    const struct doc *doc = member->value;
    *state = (struct asl_state){.name = member->key, .span = member->key_span, .id = p->states++};
    check_name(p, state);
    if (doc->kind != DOC_OBJECT) {
        unum_diag_add(p->diags, UNUM_E0401, doc->span, "a state is an object, not %s",
                      doc_kind_name(doc->kind));
        return;
    }
    const struct asl_type_row *row = asl_type_of(p, doc, state->name);
    state->refused = !row;
    if (row && row->runs) {
        state->type = row->type;
        asl_check_fields(p, doc, row->place);
        asl_check_remarks(p, doc);
        check_transition(p, doc, state);
    } else if (row) {
        parse_refused(p, row, doc, state);
    }
    collect_targets(p, doc, state);
    if (!row || !row->runs)
        return;
    switch (state->type) {
    case ASL_TASK:
        asl_resource(p, doc, state);
        break;
    case ASL_MAP:
        parse_map(p, doc, state, depth);
        break;
    case ASL_PARALLEL:
        parse_parallel(p, doc, state, depth);
        break;
    }
}

static void parse_scope(struct asl_parser *p, const struct doc *doc, enum asl_place place,
                        struct asl_scope *scope)
{
    asl_check_fields(p, doc, place);
    asl_check_remarks(p, doc);
    if (!doc_get(doc, "StartAt"))
        asl_missing(p, doc, place, "StartAt");
    scope->start_at.name = asl_text(p, doc, "StartAt", true);
    if (scope->start_at.name.ptr)
        scope->start_at.span = doc_get(doc, "StartAt")->span;
    if (!doc_get(doc, "States"))
        asl_missing(p, doc, place, "States");
    const struct doc *states = asl_object(p, doc, "States");
    if (!states)
        return;
    if (!states->len)
        unum_diag_add(p->diags, UNUM_E0411, asl_first(states->span), "\"States\" is empty");
    scope->states = unum_arena_array(p->arena, states->len, sizeof(*scope->states));
    scope->len = states->len;
    for (size_t i = 0; i < states->len; i++)
        parse_state(p, &states->members[i], scope->depth, &scope->states[i]);
}

/* After all names are known: a wrong target may stand in another scope. */
static void check_scopes(struct asl_parser *p, struct asl_scope *scope)
{
    if (scope->len)
        asl_check_flow(p, scope);
    for (size_t i = 0; i < scope->len; i++) {
        for (size_t j = 0; j < scope->states[i].branches_len; j++)
            check_scopes(p, &scope->states[i].branches[j]);
    }
}

static void index_functions(struct asl_parser *p)
{
    size_t *positions = unum_arena_array(p->arena, p->functions->len, sizeof(*positions));
    for (size_t i = 0; i < p->functions->len; i++) {
        positions[i] = i;
        unum_map_set(&p->by_function, p->functions->at[i].name, &positions[i]);
    }
}

struct asl_machine *asl_parse(const struct doc *doc, const struct asl_functions *functions,
                              struct unum_arena *arena, struct unum_diags *diags)
{
    size_t errors = diags->errors;
    struct asl_parser p = {.arena = arena, .diags = diags, .functions = functions};
    struct asl_machine *machine = UNUM_ARENA_NEW(arena, struct asl_machine);
    if (doc->kind != DOC_OBJECT) {
        unum_diag_add(diags, UNUM_E0401, doc->span, "a state machine is an object, not %s",
                      doc_kind_name(doc->kind));
        return NULL;
    }
    p.used = unum_arena_array(arena, functions->len, sizeof(*p.used));
    index_functions(&p);
    machine->scope.span = doc->span;
    parse_scope(&p, doc, ASL_AT_MACHINE, &machine->scope);
    check_scopes(&p, &machine->scope);
    machine->states = p.states;
    if (diags->errors == errors)
        asl_unused_functions(&p);
    unum_map_done(&p.by_function);
    unum_map_done(&p.names);
    unum_diags_sort(diags);
    return diags->errors == errors ? machine : NULL;
}

const struct asl_state *asl_scope_end(const struct asl_scope *scope)
{
    const struct asl_state *state = scope->start;
    while (state->next)
        state = state->next;
    return state;
}
