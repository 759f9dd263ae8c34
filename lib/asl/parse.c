#include <string.h>

#include "asl/parse_internal.h"
#include "base/limits.h"

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
    /* Lines are counted from the start of the file: not for diagnostics that nobody sees. */
    size_t line = asl_muted(p) ? 0 : unum_source_place(first->span.source, first->span.start).line;
    unum_diag_add(p->diags, UNUM_E0409, state->span,
                  "there is a state \"%.*s\" already, in line %zu: names are unique in the whole "
                  "machine",
                  UNUM_STR_ARG(state->name), line);
}

/* ---- transitions ---- */

/* Room for all that a state can name. */
static void make_targets(struct asl_parser *p, const struct doc *doc, struct asl_state *state)
{
    static const char *const lists[] = {"Choices", "Catch"};
    size_t most = 2;
    for (size_t i = 0; i < UNUM_COUNT(lists); i++) {
        const struct doc *list = doc_get(doc, lists[i]);
        most += list && list->kind == DOC_ARRAY ? list->len : 0;
    }
    state->targets = unum_arena_array(p->arena, most, sizeof(*state->targets));
    asl_add_target(state, doc_get(doc, "Next"), "Next");
    asl_add_target(state, doc_get(doc, "Default"), "Default");
}

/* A state of unknown type: what it names is reachable. */
static void guess_targets(const struct doc *doc, struct asl_state *state)
{
    static const char *const lists[] = {"Choices", "Catch"};
    for (size_t i = 0; i < UNUM_COUNT(lists); i++) {
        const struct doc *list = doc_get(doc, lists[i]);
        for (size_t j = 0; list && list->kind == DOC_ARRAY && j < list->len; j++) {
            if (list->members[j].value->kind == DOC_OBJECT)
                asl_add_target(state, doc_get(list->members[j].value, "Next"), "Next");
        }
    }
}

static void check_transition(struct asl_parser *p, const struct doc *doc, struct asl_state *state)
{
    const struct doc_member *next = doc_member(doc, "Next"), *end = doc_member(doc, "End");
    if (next)
        (void)asl_text(p, doc, "Next", true);
    if (end && end->value->kind != DOC_BOOL) {
        unum_diag_add(p->diags, UNUM_E0401, asl_at(end->value), "\"End\" is true");
        return;
    }
    state->end = end && end->value->boolean;
    if (next && state->end) {
        unum_diag_add(p->diags, UNUM_E0406, end->key_span,
                      "state \"%.*s\" has both \"Next\" and \"End\"", UNUM_STR_ARG(state->name));
        unum_diag_hint(p->diags, "take one of them out");
    } else if (!next && !state->end) {
        unum_diag_add(p->diags, UNUM_E0406, state->span,
                      "state \"%.*s\" has neither \"Next\" nor \"End\": true",
                      UNUM_STR_ARG(state->name));
    }
}

/* ---- Map and Parallel ---- */

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
        struct asl_scope *scope = &state->branches[i];
        *scope = (struct asl_scope){.span = docs[i]->span, .parent = state, .depth = depth + 1};
        parse_scope(p, docs[i], place, scope);
        for (size_t j = 0; j < scope->len; j++)
            state->crosses = state->crosses || scope->states[j].crosses;
    }
}

static void check_execution_type(struct asl_parser *p, const struct doc *config, bool distributed)
{
    const struct doc_member *type = doc_member(config, "ExecutionType");
    struct unum_str text = asl_text(p, config, "ExecutionType", false);
    if (type && !distributed) {
        unum_diag_add(p->diags, UNUM_E0404, type->key_span,
                      "\"ExecutionType\" belongs to \"Mode\": \"DISTRIBUTED\"");
        unum_diag_hint(p->diags, "take it out");
    } else if (type && text.ptr && !unum_str_is(text, "STANDARD") &&
               !unum_str_is(text, "EXPRESS")) {
        unum_diag_add(p->diags, UNUM_E0401, type->value->span,
                      "\"ExecutionType\" is \"STANDARD\" or \"EXPRESS\"");
    } else if (distributed && !type) {
        unum_diag_add(p->diags, UNUM_E0403, asl_first(config->span),
                      "a distributed Map needs \"ExecutionType\"");
        unum_diag_hint(p->diags,
                       "write \"INLINE\" as \"Mode\", or \"ExecutionType\": \"STANDARD\"");
    }
}

static void parse_config(struct asl_parser *p, const struct doc *processor, struct asl_state *state)
{
    const struct doc *config = asl_object(p, processor, "ProcessorConfig");
    if (!config)
        return;
    asl_check_fields(p, config, ASL_AT_CONFIG, false, NULL);
    const struct doc *at = doc_get(config, "Mode");
    struct unum_str mode = asl_text(p, config, "Mode", false);
    state->distributed = at && unum_str_is(mode, "DISTRIBUTED");
    if (at && mode.ptr && !state->distributed && !unum_str_is(mode, "INLINE")) {
        unum_diag_add(p->diags, UNUM_E0401, at->span, "\"Mode\" is \"INLINE\" or \"DISTRIBUTED\"");
        return;
    }
    if (mode.ptr || !at)
        check_execution_type(p, config, state->distributed);
    if (at && state->distributed) {
        unum_diag_add(p->diags, UNUM_N0431, at->span,
                      "the Map runs as an inline one: its elements belong to this run");
    }
}

static void check_map_fields(struct asl_parser *p, const struct doc *doc, struct asl_state *state)
{
    const struct doc_member *label = doc_member(doc, "Label");
    asl_exclude(p, doc, "MaxConcurrency", "MaxConcurrencyPath");
    asl_exclude(p, doc, "ToleratedFailureCount", "ToleratedFailureCountPath");
    asl_exclude(p, doc, "ToleratedFailurePercentage", "ToleratedFailurePercentagePath");
    asl_exclude(p, doc, "Parameters", "ItemSelector");
    asl_exclude(p, doc, "Iterator", "ItemProcessor");
    if (label && !state->distributed && doc_get(doc, "ItemProcessor"))
        unum_diag_add(p->diags, UNUM_W0419, label->key_span,
                      "\"Label\" has no effect: it names the run of a distributed Map");
    if (!doc_get(doc, "MaxConcurrency") && !doc_get(doc, "MaxConcurrencyPath") && state->crosses) {
        unum_diag_add(p->diags, UNUM_W0433, state->span,
                      "Map \"%.*s\" has no bound: all elements run at the same time",
                      UNUM_STR_ARG(state->name));
        unum_diag_hint(p->diags, "add \"MaxConcurrency\"; 0 says that no bound is meant");
    }
}

/* ItemReader, ItemBatcher: one of two fields each. */
static void check_batcher(struct asl_parser *p, const struct doc *doc)
{
    const struct doc *batcher = doc_get(doc, "ItemBatcher");
    if (!batcher || batcher->kind != DOC_OBJECT)
        return;
    asl_exclude(p, batcher, "MaxItemsPerBatch", "MaxItemsPerBatchPath");
    asl_exclude(p, batcher, "MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath");
}

static void parse_map(struct asl_parser *p, const struct doc *doc, struct asl_state *state,
                      unsigned depth)
{
    const struct doc *processor = doc_get(doc, "ItemProcessor");
    const struct asl_value *path = asl_value(state, ASL_ITEMS_PATH);
    state->items_path = path && path->text.len ? path->text : UNUM_STR("$");
    if (!doc_get(doc, "Iterator") && !processor)
        asl_missing(p, doc, ASL_AT_MAP, "ItemProcessor");
    const struct doc *inside = asl_object(p, doc, processor ? "ItemProcessor" : "Iterator");
    if (inside) {
        parse_config(p, inside, state);
        parse_branches(p, state, depth, &inside, 1, ASL_AT_PROCESSOR);
    }
    check_map_fields(p, doc, state);
    check_batcher(p, doc);
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
            unum_diag_add(p->diags, UNUM_E0401, asl_at(branch), "a branch is an object, not %s",
                          doc_kind_name(branch->kind));
    }
    parse_branches(p, state, depth, docs, len, ASL_AT_BRANCH);
}

/* ---- the other types ---- */

static void parse_wait(struct asl_parser *p, const struct doc *doc)
{
    static const char *const durations[] = {"Seconds", "SecondsPath", "Timestamp", "TimestampPath"};
    const struct doc_member *first = NULL;
    for (size_t i = 0; i < doc->len; i++) {
        const struct doc_member *member = &doc->members[i];
        bool duration = false;
        for (size_t j = 0; j < UNUM_COUNT(durations); j++)
            duration = duration || unum_str_is(member->key, durations[j]);
        if (duration && first) {
            unum_diag_add(p->diags, UNUM_E0408, member->key_span,
                          "a Wait state has one duration, and this one has \"%.*s\" already",
                          UNUM_STR_ARG(first->key));
            unum_diag_hint(p->diags, "take one of them out");
        } else if (duration) {
            first = member;
        }
    }
    if (!first)
        unum_diag_add(p->diags, UNUM_E0403, asl_first(doc->span),
                      "a Wait state needs \"Seconds\", \"SecondsPath\", \"Timestamp\" or "
                      "\"TimestampPath\"");
}

static void parse_task(struct asl_parser *p, const struct doc *doc, struct asl_state *state)
{
    asl_resource(p, doc, state);
    asl_exclude(p, doc, "TimeoutSeconds", "TimeoutSecondsPath");
    asl_exclude(p, doc, "HeartbeatSeconds", "HeartbeatSecondsPath");
    const struct doc *timeout = doc_get(doc, "TimeoutSeconds");
    const struct doc *beat = doc_get(doc, "HeartbeatSeconds");
    int64_t seconds = ASL_LIMIT_SECONDS, beats = 0;
    if (beat && asl_whole(beat, 1, ASL_LIMIT_SECONDS, &beats) && timeout &&
        asl_whole(timeout, 1, ASL_LIMIT_SECONDS, &seconds) && beats >= seconds)
        unum_diag_add(p->diags, UNUM_E0408, beat->span,
                      "\"HeartbeatSeconds\" is smaller than \"TimeoutSeconds\", which is %lld",
                      (long long)seconds);
}

static void parse_by_type(struct asl_parser *p, const struct doc *doc, unsigned depth,
                          struct asl_state *state)
{
    switch (state->type) {
    case ASL_TASK:
        parse_task(p, doc, state);
        break;
    case ASL_MAP:
        parse_map(p, doc, state, depth);
        break;
    case ASL_PARALLEL:
        parse_parallel(p, doc, state, depth);
        break;
    case ASL_CHOICE:
        asl_parse_choices(p, doc, state);
        break;
    case ASL_WAIT:
        parse_wait(p, doc);
        break;
    case ASL_FAIL:
        asl_exclude(p, doc, "Error", "ErrorPath");
        asl_exclude(p, doc, "Cause", "CausePath");
        break;
    case ASL_PASS:
    case ASL_SUCCEED:
        break;
    }
}

static void parse_state(struct asl_parser *p, const struct doc_member *member, unsigned depth,
                        struct asl_state *state)
{
    const struct doc *doc = member->value;
    *state = (struct asl_state){.name = member->key,
                                .span = member->key_span,
                                .id = p->states++,
                                .function = ASL_FUNCTION_NONE};
    check_name(p, state);
    if (doc->kind != DOC_OBJECT) {
        state->unknown = true;
        unum_diag_add(p->diags, UNUM_E0401, asl_at(doc), "a state is an object, not %s",
                      doc_kind_name(doc->kind));
        return;
    }
    const struct asl_type_row *row = asl_type_of(p, doc, state->name);
    state->unknown = !row;
    make_targets(p, doc, state);
    if (!row) {
        guess_targets(doc, state);
        return;
    }
    state->type = row->type;
    state->crosses = row->type == ASL_TASK || row->type == ASL_WAIT;
    state->jsonata = asl_query_language(p, doc, p->jsonata, false);
    state->values = unum_arena_array(p->arena, doc->len + 1, sizeof(*state->values));
    asl_check_fields(p, doc, row->place, state->jsonata, state);
    if (row->type == ASL_SUCCEED || row->type == ASL_FAIL)
        state->end = true;
    else if (row->type != ASL_CHOICE)
        check_transition(p, doc, state);
    asl_parse_retry(p, doc, state);
    asl_parse_catch(p, doc, state);
    asl_write_fields(p, doc, state);
    parse_by_type(p, doc, depth, state);
}

static void parse_scope(struct asl_parser *p, const struct doc *doc, enum asl_place place,
                        struct asl_scope *scope)
{
    asl_check_fields(p, doc, place, false, NULL);
    if (!doc_get(doc, "StartAt"))
        asl_missing(p, doc, place, "StartAt");
    scope->start_at.key = "StartAt";
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
    size_t len = p->functions ? p->functions->len : 0;
    size_t *positions = unum_arena_array(p->arena, len, sizeof(*positions));
    p->used = unum_arena_array(p->arena, len, sizeof(*p->used));
    for (size_t i = 0; i < len; i++) {
        positions[i] = i;
        unum_map_set(&p->by_function, p->functions->at[i].name, &positions[i]);
    }
}

static void parse_timeout(const struct doc *doc, struct asl_machine *machine)
{
    const struct doc_member *timeout = doc_member(doc, "TimeoutSeconds");
    int64_t seconds;
    if (!timeout || !asl_whole(timeout->value, 1, ASL_LIMIT_SECONDS, &seconds))
        return;
    machine->timeout = (uint64_t)seconds;
    machine->timeout_span = timeout->key_span;
}

struct asl_machine *asl_parse(const struct doc *doc, const struct asl_functions *functions,
                              struct unum_arena *arena, struct unum_diags *diags)
{
    size_t errors = diags->errors;
    struct asl_parser p = {.arena = arena,
                           .diags = diags,
                           .functions = functions,
                           .text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT)};
    struct asl_machine *machine = UNUM_ARENA_NEW(arena, struct asl_machine);
    if (doc->kind != DOC_OBJECT) {
        unum_diag_add(diags, UNUM_E0401, asl_at(doc), "a state machine is an object, not %s",
                      doc_kind_name(doc->kind));
        unum_diags_sort(diags);
        return NULL;
    }
    index_functions(&p);
    asl_index_fields(&p);
    asl_check_version(&p, doc);
    p.jsonata = asl_query_language(&p, doc, false, true);
    machine->scope.span = doc->span;
    parse_timeout(doc, machine);
    parse_scope(&p, doc, ASL_AT_MACHINE, &machine->scope);
    check_scopes(&p, &machine->scope);
    machine->states = p.states;
    if (diags->errors == errors)
        asl_unused_functions(&p);
    unum_buf_done(&p.text);
    unum_map_done(&p.by_function);
    unum_map_done(&p.names);
    unum_map_done(&p.labels);
    unum_diags_sort(diags);
    return diags->errors == errors ? machine : NULL;
}
