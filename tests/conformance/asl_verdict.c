/*
 * Our verdict about a definition, held against those of others. A case has `definition_text` or
 * `definition`, and
 *   valid      what AWS (`expected` is there) or an open validator (`problems`, or neither) said; a
 *              case without it was run by AWS, so it was accepted
 *   expected   AWS's answer: the place it names is held against ours
 *
 * A case passes if the verdicts agree, and for a refusal by AWS if one of our errors stands at the
 * place that AWS names. What AWS accepts and we refuse only because it is not supported yet (E05xx)
 * counts as refused. Where an open validator is wrong, the table below says why. No recorded case
 * needs an account: none asks whether a function or a role is there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asl.h"
#include "asl/states.h"
#include "base/limits.h"
#include "json/json.h"

#define PARAMETERS "Parameters is a text: a Payload Template is a JSON object"

/* Where our verdict differs from that of an open validator, and why ours follows AWS. */
static const struct difference {
    const char *id, *reason;
} differences[] = {
    {"asl-validator/valid-cfn-definition-substitutions.json",
     "Resource is ${lambdaArn}: substitutions happen before Step Functions sees the definition"},
    {"asl-validator/valid-task-intrisic-function.json",
     "Resource is an object: CloudFormation's Fn::GetAtt and Ref; the definition has a string"},
    {"asl-validator/valid-task-credentials.json",
     "Resource is an ARN of Simple Workflow: Step Functions does not know such a resource"},
    {"asl-validator/valid-path-array-context.json",
     "$[(@.length-1)]: the JSONPath of Step Functions has filters, but no scripts"},
    {"statelint/map-with-itemspath-context-object.json", PARAMETERS},
    {"statelint/map-with-parameters.json", PARAMETERS},
    {"statelint/map-with-resultselector.json", PARAMETERS},
    {"statelint/parallel-with-parameters.json", PARAMETERS},
    {"statelint/pass-with-parameters.json", PARAMETERS},
    {"statelint/task-with-parameters.json", PARAMETERS},
    {"statelint/succeed-with-comment-in-catcher.json",
     "lambda:invoke without Parameters: Step Functions requires FunctionName"},
};

static const char *explained(const char *id)
{
    for (size_t i = 0; i < UNUM_COUNT(differences); i++) {
        if (strcmp(differences[i].id, id) == 0)
            return differences[i].reason;
    }
    return NULL;
}

enum verdict { ACCEPTED, UNSUPPORTED, WRONG };

struct judged {
    enum verdict verdict;
    struct doc *doc; /* NULL: not even JSON */
    struct unum_diags diags;
};

static bool is_unsupported(const struct unum_diag *diag)
{
    const char *id = unum_code_row(diag->code)->id;
    return strncmp(id, "E05", 3) == 0;
}

static void judge(const struct unum_source *source, struct unum_arena *arena, struct judged *ret)
{
    ret->doc = doc_parse_json(source, arena, &ret->diags);
    if (ret->doc)
        (void)asl_parse(ret->doc, NULL, arena, &ret->diags);
    ret->verdict = ret->diags.errors ? UNSUPPORTED : ACCEPTED;
    for (size_t i = 0; i < ret->diags.list.len; i++) {
        const struct unum_diag *diag = &ret->diags.list.at[i];
        if (diag->level == UNUM_LEVEL_ERROR && !is_unsupported(diag))
            ret->verdict = WRONG;
    }
}

/* ---- places ---- */

static bool holds(struct unum_span span, size_t at)
{
    return span.start <= at && at < span.end;
}

/* The member whose key or value stands at an offset. */
static const struct doc_member *member_at(const struct doc *doc, size_t at, size_t *ret_index)
{
    for (size_t i = 0; i < doc->len; i++) {
        const struct doc_member *member = &doc->members[i];
        if (holds(member->value->span, at) ||
            (doc->kind == DOC_OBJECT && holds(member->key_span, at))) {
            *ret_index = i;
            return member;
        }
    }
    return NULL;
}

/* "/States/A/Next"; "/" is the document. */
static void pointer_to(const struct doc *doc, size_t at, struct unum_buf *out)
{
    const struct doc_member *member;
    size_t i;
    while (doc && (member = member_at(doc, at, &i))) {
        unum_buf_addc(out, '/');
        if (doc->kind == DOC_OBJECT)
            unum_buf_add(out, member->key);
        else
            unum_buf_printf(out, "%zu", i);
        doc = holds(member->value->span, at) ? member->value : NULL;
    }
    if (!out->len)
        unum_buf_addc(out, '/');
}

/* AWS writes list positions as "[0]" or "/0". */
static void plain_pointer(struct unum_str location, struct unum_buf *out)
{
    for (size_t i = 0; i < location.len; i++) {
        if (location.ptr[i] == '[')
            unum_buf_addc(out, '/');
        else if (location.ptr[i] != ']')
            unum_buf_addc(out, location.ptr[i]);
    }
}

/* The place in AWS's answer: "location", or what stands behind " at " in a message. */
static bool find_location(struct unum_str value, struct unum_buf *out)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    if (json_type(value) == JSON_STRING && json_decode(value, &text)) {
        struct unum_str all = unum_buf_str(&text);
        size_t at = unum_str_search(all, UNUM_STR(" at /"));
        if (at == SIZE_MAX)
            return false;
        struct unum_str rest = unum_str_from_pos(all, at + 4);
        size_t end = unum_str_find(rest, '\'');
        size_t comma = unum_str_find(rest, ',');
        plain_pointer(unum_str_slice(rest, 0, end < comma ? end : comma), out);
        return true;
    }
    struct json_iter iter = json_iter(value);
    struct unum_str key, member;
    while (json_next(&iter, &key, &member)) {
        if (iter.object && json_is(key, UNUM_STR("location")) && json_decode(member, &text)) {
            struct unum_str location = unum_buf_str(&text);
            if (!unum_str_starts(location, UNUM_STR("/")))
                return false;
            plain_pointer(location, out);
            return true;
        }
        if (find_location(member, out))
            return true;
    }
    return false;
}

/* Is ours the same place, or one inside of it? */
static bool is_there(struct unum_str wanted, struct unum_str ours)
{
    if (unum_str_eq(wanted, ours))
        return true;
    return wanted.len > 1 && ours.len > wanted.len && unum_str_starts(ours, wanted) &&
           ours.ptr[wanted.len] == '/';
}

static bool stands_at(const struct judged *judged, struct unum_str wanted)
{
    for (size_t i = 0; i < judged->diags.list.len; i++) {
        const struct unum_diag *diag = &judged->diags.list.at[i];
        struct unum_buf UNUM_AUTO_BUF ours = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        if (diag->level != UNUM_LEVEL_ERROR)
            continue;
        pointer_to(judged->doc, diag->span.start, &ours);
        if (is_there(wanted, unum_buf_str(&ours)))
            return true;
    }
    return false;
}

/* ---- cases ---- */

static void print_errors(const struct judged *judged)
{
    for (size_t i = 0; i < judged->diags.list.len; i++) {
        const struct unum_diag *diag = &judged->diags.list.at[i];
        if (diag->level == UNUM_LEVEL_ERROR)
            printf("; %s %s", unum_code_row(diag->code)->id, diag->text);
    }
    printf("\n");
}

static void fail_case(struct asl_tally *tally, const char *id, const char *why,
                      const struct judged *judged)
{
    tally->failed++;
    printf("%s: %s", id, why);
    print_errors(judged);
}

static void check_refusal(struct asl_tally *tally, const char *id, struct unum_str line,
                          const struct judged *judged)
{
    struct unum_str expected;
    struct unum_buf UNUM_AUTO_BUF wanted = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    if (!json_get(line, UNUM_STR("expected"), &expected) || !find_location(expected, &wanted) ||
        (judged->doc && stands_at(judged, unum_buf_str(&wanted)))) {
        tally->passed++;
        return;
    }
    printf("%s: no error at %s\n", id, unum_buf_text(&wanted));
    tally->failed++;
}

static void compare(struct asl_tally *tally, const char *id, struct unum_str line,
                    const struct judged *judged)
{
    struct unum_str at;
    bool valid = true,
         labelled = !json_get(line, UNUM_STR("valid"), &at) || json_to_bool(at, &valid);
    const char *reason = explained(id);
    bool agree = valid == (judged->verdict != WRONG);
    if (!labelled) {
        tally->passed++;
    } else if (reason && (agree || (!valid && judged->verdict != ACCEPTED))) {
        fail_case(tally, id, "there is no difference to explain any more", judged);
    } else if (reason) {
        tally->passed++;
    } else if (!valid && judged->verdict == ACCEPTED) {
        fail_case(tally, id, "accepted", judged);
    } else if (!valid) {
        check_refusal(tally, id, line, judged);
    } else if (!agree) {
        fail_case(tally, id, "refused", judged);
    } else if (judged->verdict == UNSUPPORTED) {
        tally->refused++;
        if (tally->verbose) {
            printf("%s: not supported yet", id);
            print_errors(judged);
        }
    } else {
        tally->passed++;
    }
}

static bool read_case(struct unum_str line, struct unum_buf *id, struct unum_buf *definition)
{
    struct unum_str at;
    if (!json_get(line, UNUM_STR("id"), &at) || !json_decode(at, id))
        return false;
    if (json_get(line, UNUM_STR("definition_text"), &at))
        return json_decode(at, definition);
    if (!json_get(line, UNUM_STR("definition"), &at))
        return false;
    if (json_type(at) == JSON_STRING)
        return json_decode(at, definition);
    unum_buf_add(definition, at);
    return true;
}

void asl_run_verdict(struct asl_tally *tally, struct unum_str line)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_buf UNUM_AUTO_BUF id = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_buf UNUM_AUTO_BUF definition = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_str value;
    struct judged judged = {0};
    if (json_check(line, &value, NULL) || !read_case(value, &id, &definition)) {
        printf("%.60s...: not a case\n", unum_buf_text(&id));
        tally->failed++;
        return;
    }
    struct unum_source source = {"definition", unum_buf_str(&definition)};
    judge(&source, &arena, &judged);
    compare(tally, unum_buf_text(&id), value, &judged);
    unum_diags_done(&judged.diags);
}
