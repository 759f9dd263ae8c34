#include "template/app.h"

#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "template/reader.h"
#include "yaml/yaml_doc.h"

enum {
    DAY = 24 * 60 * 60,
    MOST_TAGS = 50, /* AWS Tagging API */
    OUR_TAGS = 2,
    MOST_FUNCTIONS = 500
};

#if defined(__aarch64__)
#define HOST_ARCH APP_ARCH_ARM64
#else
#define HOST_ARCH APP_ARCH_X86_64
#endif

static bool only(struct unum_str text, const char *extra)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!unum_is_alnum(text.ptr[i]) && !strchr(extra, text.ptr[i]))
            return false;
    }
    return text.len > 0;
}

/* ---- one function per key that is more than its type ---- */

/* It becomes the stack's name, which is the narrowest: [a-zA-Z][-a-zA-Z0-9]* (CloudFormation,
 * CreateStack). 50 characters leave room for "-unum-failures". */
static void read_name(struct template_reader *r, const struct template_key *key,
                      const struct doc *value, struct app_function *function)
{
    (void)function;
    struct unum_str name;
    if (!template_text(r, key, value, &name))
        return;
    if (!only(name, "-") || (name.ptr[0] >= '0' && name.ptr[0] <= '9') || name.ptr[0] == '-') {
        unum_diag_add(r->diags, UNUM_E0305, value->span,
                      "\"%.*s\" cannot be the name of an application", UNUM_STR_ARG(name));
        unum_diag_hint(r->diags, "use letters, digits and hyphens, a letter first");
        return;
    }
    r->app->name = name;
}

static void read_platform(struct template_reader *r, const struct template_key *key,
                          const struct doc *value, struct app_function *function)
{
    (void)function;
    if (value->kind == DOC_STRING && unum_str_is(value->text, "gcloud"))
        template_not_yet(r, value->span, "Google Cloud is", "write FaaSPlatform: aws");
    else if (template_choice(r, key, value, &r->app->platform))
        r->app->platform = UNUM_STR("aws");
}

static void read_store_type(struct template_reader *r, const struct template_key *key,
                            const struct doc *value, struct app_function *function)
{
    (void)function;
    static const char *const later[] = {"firestore", "s3"};
    for (size_t i = 0; i < UNUM_COUNT(later); i++) {
        if (value->kind == DOC_STRING && unum_str_is(value->text, later[i])) {
            const char *what = unum_arena_printf(r->arena, "the data store %s is", later[i]).ptr;
            template_not_yet(r, value->span, what, "write UnumIntermediaryDataStoreType: dynamodb");
            return;
        }
    }
    bool ok = template_choice(r, key, value, &r->app->store_type);
    (void)ok;
}

/* DynamoDB, CreateTable: 3 to 255 of [a-zA-Z0-9_.-]. */
static void read_store_name(struct template_reader *r, const struct template_key *key,
                            const struct doc *value, struct app_function *function)
{
    (void)function;
    struct unum_str name;
    if (!template_text(r, key, value, &name))
        return;
    if (!only(name, "_.-")) {
        unum_diag_add(r->diags, UNUM_E0305, value->span, "\"%.*s\" cannot be the name of a table",
                      UNUM_STR_ARG(name));
        unum_diag_hint(r->diags, "use letters, digits, hyphens, underscores and dots");
        return;
    }
    r->app->store_name = name;
    r->app->store_name_set = true;
}

/* The table goes with the stack only if somebody says so. */
static void read_store_retain(struct template_reader *r, const struct template_key *key,
                              const struct doc *value, struct app_function *function)
{
    (void)function;
    bool retain;
    if (template_bool(r, key, value, &retain))
        r->app->store_discard = !retain;
}

static void read_workflow_type(struct template_reader *r, const struct template_key *key,
                               const struct doc *value, struct app_function *function)
{
    (void)function;
    bool ok = template_choice(r, key, value, &r->app->workflow_type);
    (void)ok;
}

/* A path that stays below the template's folder, without "./" and final slashes. */
static bool read_path(struct template_reader *r, const struct template_key *key,
                      const struct doc *value, struct unum_str *ret)
{
    struct unum_str text;
    if (!template_text(r, key, value, &text))
        return false;
    char *clean = unum_path_clean(text);
    struct unum_str path = unum_arena_str(r->arena, unum_str_from(clean));
    free(clean);
    if (!unum_path_is_below(path) || unum_str_is(path, ".")) {
        unum_diag_add(r->diags, UNUM_E0309, value->span, "%s must be below the template's folder",
                      key->name);
        unum_diag_hint(r->diags, "move it there, or put the template above it");
        return false;
    }
    *ret = path;
    return true;
}

static void read_definition(struct template_reader *r, const struct template_key *key,
                            const struct doc *value, struct app_function *function)
{
    (void)function;
    bool ok = read_path(r, key, value, &r->app->definition);
    (void)ok;
    r->app->definition_span = value->span; /* one was meant, even if it cannot be */
}

static void read_gc(struct template_reader *r, const struct template_key *key,
                    const struct doc *value, struct app_function *function)
{
    (void)function;
    if (template_bool(r, key, value, &r->app->gc) && r->app->gc)
        template_not_yet(r, value->span, "garbage collection is",
                         "write GC: false; records expire by themselves, see Retention");
}

static void read_eager(struct template_reader *r, const struct template_key *key,
                       const struct doc *value, struct app_function *function)
{
    (void)function;
    if (template_bool(r, key, value, &r->app->eager) && r->app->eager)
        template_not_yet(r, value->span, "eager fan-in is", "write Eager: false");
}

static void read_watchdog(struct template_reader *r, const struct template_key *key,
                          const struct doc *value, struct app_function *function)
{
    (void)function;
    if (value->kind == DOC_BOOL && !value->boolean)
        return;
    if (template_number(r, key, value, &r->app->watchdog_s) && r->app->watchdog_s)
        template_not_yet(r, value->span, "the watchdog is", "write Watchdog: 0");
}

/* Letters of any script, digits, blanks and _.:/=+-@ */
static bool is_tag_text(struct unum_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool ascii = (unsigned char)c < 0x80;
        if (ascii && !unum_is_alnum(c) && (c == '\0' || !strchr(" _.:/=+-@", c)))
            return false;
    }
    return true;
}

/* AWS Tagging API: keys up to 128 and values up to 256 characters, "aws:" is reserved; "unum:" is
 * ours. */
static void check_tag(struct template_reader *r, const struct doc_member *member)
{
    static const char *const reserved[] = {"aws:", "unum:"};
    for (size_t i = 0; i < UNUM_COUNT(reserved); i++) {
        struct unum_str prefix = unum_str_from(reserved[i]);
        if (unum_str_ieq(unum_str_slice(member->key, 0, prefix.len), prefix)) {
            unum_diag_add(r->diags, UNUM_E0305, member->key_span,
                          "no tag can be called \"%.*s\": %s is reserved",
                          UNUM_STR_ARG(member->key), reserved[i]);
            return;
        }
    }
    if (!member->key.len || member->key.len > 128 || !is_tag_text(member->key))
        unum_diag_add(r->diags, UNUM_E0305, member->key_span, "AWS allows no tag \"%.*s\"",
                      UNUM_STR_ARG(member->key));
    if (member->value->text.len > 256)
        unum_diag_add(r->diags, UNUM_E0304, member->value->span,
                      "a tag's value has at most 256 characters");
    if (!is_tag_text(member->value->text)) {
        unum_diag_add(r->diags, UNUM_E0304, member->value->span,
                      "the value of the tag %.*s has characters that AWS does not allow",
                      UNUM_STR_ARG(member->key));
        unum_diag_hint(r->diags, "use letters, digits, blanks and _.:/=+-@");
    }
}

static void read_tags(struct template_reader *r, const struct template_key *key,
                      const struct doc *value, struct app_function *function)
{
    struct app_pair *tags;
    size_t len;
    if (!template_map(r, key, value, &tags, &len))
        return;
    for (size_t i = 0; i < len; i++)
        check_tag(r, &value->members[i]);
    function->tags_len = template_pairs_merge(r->arena, function->tags, function->tags_len, tags,
                                              len, &function->tags);
    if (function->tags_len > MOST_TAGS - OUR_TAGS)
        unum_diag_add(r->diags, UNUM_E0304, value->span,
                      "AWS allows %d tags, %d of which unum sets itself; these are %zu", MOST_TAGS,
                      OUR_TAGS, function->tags_len);
}

static void read_region(struct template_reader *r, const struct template_key *key,
                        const struct doc *value, struct app_function *function)
{
    (void)function;
    struct unum_str region;
    if (!template_text(r, key, value, &region))
        return;
    if (!only(region, "-")) {
        unum_diag_add(r->diags, UNUM_E0304, value->span, "\"%.*s\" is no region",
                      UNUM_STR_ARG(region));
        unum_diag_hint(r->diags, "regions look like eu-central-1");
        return;
    }
    r->app->region = region;
}

static void read_architectures(struct template_reader *r, const struct template_key *key,
                               const struct doc *value, struct app_function *function)
{
    struct unum_str *list;
    size_t len;
    if (!template_list(r, key, value, &list, &len))
        return;
    if (len == 1 && unum_str_is(list[0], "x86_64")) {
        function->arch = APP_ARCH_X86_64;
    } else if (len == 1 && unum_str_is(list[0], "arm64")) {
        function->arch = APP_ARCH_ARM64;
    } else if (len != 1) {
        unum_diag_add(r->diags, UNUM_E0304, value->span, "a function has exactly one architecture");
    } else {
        unum_diag_add(r->diags, UNUM_E0304, value->span, "there is no architecture \"%.*s\"",
                      UNUM_STR_ARG(list[0]));
        unum_diag_hint(r->diags, "write Architectures: [x86_64] or [arm64]");
    }
}

static const char *runtime_reason(struct unum_str runtime)
{
    static const struct {
        const char *prefix, *reason;
    } reasons[] = {
        {"provided.al2023", ": it has no variants"},
        {"provided.al2", ": Amazon Linux 2 is at its end (June 2026) and its C library is too old"},
        {"provided", ": Amazon Linux 1 is gone"},
        {"python", ": functions are compiled C and need no interpreter"},
        {"nodejs", ": functions are compiled C and need no interpreter"},
        {"ruby", ": functions are compiled C and need no interpreter"},
        {"java", ": functions are compiled C and need no virtual machine"},
        {"dotnet", ": functions are compiled C and need no virtual machine"},
        {"go1", ": functions are compiled C"},
        {"Image", ": container images are not there yet"},
    };
    for (size_t i = 0; i < UNUM_COUNT(reasons); i++) {
        if (unum_str_starts(runtime, unum_str_from(reasons[i].prefix)))
            return reasons[i].reason;
    }
    return "";
}

static void read_runtime(struct template_reader *r, const struct template_key *key,
                         const struct doc *value, struct app_function *function)
{
    struct unum_str runtime = value->text;
    if (value->kind == DOC_STRING && !unum_str_is(runtime, key->choices)) {
        unum_diag_add(r->diags, UNUM_E0307, value->span, "the runtime \"%.*s\" cannot be used%s",
                      UNUM_STR_ARG(runtime), runtime_reason(runtime));
        unum_diag_hint(r->diags, "write Runtime: %s, or leave it out", key->choices);
    } else if (template_choice(r, key, value, &runtime)) {
        function->runtime = runtime;
    }
}

static void read_environment(struct template_reader *r, const struct template_key *key,
                             const struct doc *value, struct app_function *function)
{
    bool ok =
        template_environment(r, key, value, &function->environment, &function->environment_len);
    (void)ok;
}

static void read_code_uri(struct template_reader *r, const struct template_key *key,
                          const struct doc *value, struct app_function *function)
{
    if (value->kind == DOC_STRING && unum_str_starts(value->text, UNUM_STR("s3://"))) {
        unum_diag_add(r->diags, UNUM_E0309, value->span, "CodeUri must be a folder, not an object");
        return;
    }
    bool ok = read_path(r, key, value, &function->code_uri);
    (void)ok;
}

static void read_start(struct template_reader *r, const struct template_key *key,
                       const struct doc *value, struct app_function *function)
{
    function->start_set = template_bool(r, key, value, &function->start);
}

static void read_durable(struct template_reader *r, const struct template_key *key,
                         const struct doc *value, struct app_function *function)
{
    (void)key;
    (void)function;
    template_not_yet(r, value->span, "durable functions are", "remove DurableConfig");
}

/* How each key is read: a special function, or by its type into a member. */
struct binding {
    const char *name;
    void (*special)(struct template_reader *r, const struct template_key *key,
                    const struct doc *value, struct app_function *function);
    bool in_app; /* `member` is one of struct app, else of struct app_function */
    size_t member;
};

static const struct binding bindings[] = {
    {"ApplicationName", read_name, false, 0},
    {"WorkflowType", read_workflow_type, false, 0},
    {"WorkflowDefinition", read_definition, false, 0},
    {"FaaSPlatform", read_platform, false, 0},
    {"UnumIntermediaryDataStoreType", read_store_type, false, 0},
    {"UnumIntermediaryDataStoreName", read_store_name, false, 0},
    {"UnumIntermediaryDataStoreRetain", read_store_retain, false, 0},
    {"Checkpoint", NULL, true, offsetof(struct app, checkpoint)},
    {"GC", read_gc, false, 0},
    {"Debug", NULL, true, offsetof(struct app, debug)},
    {"Eager", read_eager, false, 0},
    {"Retention", NULL, true, offsetof(struct app, retention_s)},
    {"Watchdog", read_watchdog, false, 0},
    {"MaxInlineWait", NULL, true, offsetof(struct app, max_inline_wait_s)},
    {"Tags", read_tags, false, 0},
    {"Region", read_region, false, 0},
    {"MemorySize", NULL, false, offsetof(struct app_function, memory_mb)},
    {"Timeout", NULL, false, offsetof(struct app_function, timeout_s)},
    {"Architectures", read_architectures, false, 0},
    {"Runtime", read_runtime, false, 0},
    {"Environment", read_environment, false, 0},
    {"CodeUri", read_code_uri, false, 0},
    {"Start", read_start, false, 0},
    {"Policies", template_policies, false, 0},
    {"Handler", NULL, false, offsetof(struct app_function, handler)},
    {"DurableConfig", read_durable, false, 0},
};

static void read_plain(struct template_reader *r, const struct template_key *key,
                       const struct doc *value, void *member)
{
    bool ok = false;
    switch (key->type) {
    case TEMPLATE_TEXT:
        ok = template_text(r, key, value, member);
        break;
    case TEMPLATE_BOOL:
        ok = template_bool(r, key, value, member);
        break;
    case TEMPLATE_INTEGER:
    case TEMPLATE_DURATION:
        ok = template_number(r, key, value, member);
        break;
    case TEMPLATE_CHOICE:
    case TEMPLATE_MAP:
    case TEMPLATE_LIST:
    case TEMPLATE_OBJECT:
        break; /* always special */
    }
    (void)ok;
}

/* Every known key of `object`, into the application and `function`. */
static void read_keys(struct template_reader *r, const struct doc *object,
                      enum template_scope scope, struct app_function *function)
{
    for (size_t i = 0; i < UNUM_COUNT(bindings); i++) {
        const struct binding *binding = &bindings[i];
        const struct template_key *key = template_key_find(unum_str_from(binding->name), scope);
        const struct doc *value = doc_get(object, binding->name);
        if (!key || !value)
            continue;
        if (value->kind == DOC_NULL) {
            unum_diag_add(r->diags, UNUM_E0303, value->span, "%s has no value", key->name);
            unum_diag_hint(r->diags, "give it one, or remove the key");
            continue;
        }
        char *base = binding->in_app ? (char *)r->app : (char *)function;
        if (binding->special)
            binding->special(r, key, value, function);
        else
            read_plain(r, key, value, base + binding->member);
    }
}

/* Lambda: function names are [a-zA-Z0-9-_]; the node's name also starts its records' names. */
static void check_function_name(struct template_reader *r, const struct doc_member *member)
{
    struct unum_str name = member->key;
    if (!only(name, "-_")) {
        unum_diag_add(r->diags, UNUM_E0305, member->key_span,
                      "\"%.*s\" cannot be the name of a function", UNUM_STR_ARG(name));
        unum_diag_hint(r->diags, "use letters, digits, hyphens and underscores");
        return;
    }
    if (unum_str_ieq(unum_str_slice(name, 0, 5), UNUM_STR("unum-"))) {
        unum_diag_add(r->diags, UNUM_E0305, member->key_span,
                      "names that begin with unum- are kept for generated functions");
        return;
    }
    struct unum_str marker = UNUM_STR("-unumindex-");
    for (size_t i = 0; i + marker.len <= name.len; i++) {
        if (unum_str_ieq(unum_str_slice(name, i, marker.len), marker)) {
            unum_diag_add(r->diags, UNUM_E0305, member->key_span,
                          "\"-unumIndex-\" marks positions in the names of instances");
            return;
        }
    }
    size_t len = r->app->name.len + 1 + name.len;
    if (r->app->name.len && len > UNUM_LIMIT_NODE_NAME) {
        unum_diag_add(r->diags, UNUM_E0305, member->key_span,
                      "the deployed name %.*s-%.*s has %zu characters; Lambda allows %d",
                      UNUM_STR_ARG(r->app->name), UNUM_STR_ARG(name), len, UNUM_LIMIT_NODE_NAME);
        unum_diag_hint(r->diags, "shorten the function's name or ApplicationName");
    }
}

static void read_function(struct template_reader *r, const struct doc_member *member,
                          const struct app_function *defaults, struct app_function *ret)
{
    *ret = *defaults;
    ret->environment = NULL;
    ret->environment_len = 0;
    ret->name = member->key;
    ret->span = member->key_span;
    check_function_name(r, member);
    if (!template_check_keys(r, member->value, TEMPLATE_FUNCTION, member->key, member->key_span))
        return;
    const struct doc_member *properties = doc_member(member->value, "Properties");
    if (!properties)
        return;
    struct unum_str where =
        unum_arena_printf(r->arena, "%.*s.Properties", UNUM_STR_ARG(member->key));
    if (!template_check_keys(r, properties->value, TEMPLATE_PROPERTIES, where, member->key_span))
        return;
    read_keys(r, properties->value, TEMPLATE_PROPERTIES, ret);
    template_environment_merge(r, defaults, ret);
}

/* Two names that differ only by case are different functions but one file on some disks. */
static void check_twins(struct template_reader *r)
{
    struct app *app = r->app;
    for (size_t i = 0; i < app->functions_len; i++) {
        for (size_t j = 0; j < i; j++) {
            if (unum_str_ieq(app->functions[i].name, app->functions[j].name))
                unum_diag_add(r->diags, UNUM_E0305, app->functions[i].span,
                              "%.*s and %.*s differ only by case",
                              UNUM_STR_ARG(app->functions[j].name),
                              UNUM_STR_ARG(app->functions[i].name));
        }
    }
}

static void check_entry(struct template_reader *r, struct unum_span functions)
{
    struct app *app = r->app;
    const struct app_function *first = NULL;
    for (size_t i = 0; i < app->functions_len; i++) {
        if (!app->functions[i].start)
            continue;
        if (first) {
            unum_diag_add(r->diags, UNUM_E0308, app->functions[i].span,
                          "both %.*s and %.*s have Start: true", UNUM_STR_ARG(first->name),
                          UNUM_STR_ARG(app->functions[i].name));
            unum_diag_hint(r->diags, "a workflow starts with one function");
        } else {
            first = &app->functions[i];
        }
    }
    if (first || app->definition_span.source)
        return;
    if (app->functions_len == 1 && !app->functions[0].start_set) {
        app->functions[0].start = true;
        return;
    }
    unum_diag_add(r->diags, UNUM_E0308, functions, "no function has Start: true");
    unum_diag_hint(r->diags, "mark the function that starts the workflow, or name a "
                             "WorkflowDefinition");
}

static void read_globals(struct template_reader *r, const struct doc *root,
                         struct app_function *defaults)
{
    const struct doc_member *globals = doc_member(root, "Globals");
    struct app *app = r->app;
    if (globals && template_check_keys(r, globals->value, TEMPLATE_GLOBALS, UNUM_STR("Globals"),
                                       globals->key_span))
        read_keys(r, globals->value, TEMPLATE_GLOBALS, defaults);
    app->tags = defaults->tags;
    app->tags_len = defaults->tags_len;
    if (globals && app->workflow_type.len && !app->definition.len) {
        app->definition = UNUM_STR("unum-step-functions.json");
        app->definition_span = globals->key_span;
    }
    if (app->definition.len && !app->workflow_type.len)
        app->workflow_type = UNUM_STR("step-functions");
    if (!app->store_name.len)
        app->store_name = unum_arena_printf(r->arena, "%.*s-unum-intermediate-datastore",
                                            UNUM_STR_ARG(app->name));
}

static void read_functions(struct template_reader *r, const struct doc *root,
                           const struct app_function *defaults)
{
    const struct doc_member *functions = doc_member(root, "Functions");
    if (!functions)
        return;
    if (functions->value->kind != DOC_OBJECT || !functions->value->len) {
        unum_diag_add(r->diags, UNUM_E0303, functions->key_span,
                      "Functions must be a map with at least one function");
        return;
    }
    if (functions->value->len > MOST_FUNCTIONS) {
        unum_diag_add(r->diags, UNUM_E0304, functions->key_span,
                      "an application has at most %d functions", MOST_FUNCTIONS);
        return;
    }
    struct app *app = r->app;
    app->functions = unum_arena_array(r->arena, functions->value->len, sizeof(*app->functions));
    for (size_t i = 0; i < functions->value->len; i++)
        read_function(r, &functions->value->members[i], defaults, &app->functions[i]);
    app->functions_len = functions->value->len;
    check_twins(r);
    check_entry(r, functions->key_span);
}

/* CloudFormation's short forms belong into the generated template. */
static bool check_tags(struct template_reader *r, const struct doc *value)
{
    if (value->tag.len) {
        unum_diag_add(r->diags, UNUM_E0310, value->span, "%.*s cannot be used here",
                      UNUM_STR_ARG(value->tag));
        unum_diag_hint(r->diags, "write the value itself; references are resolved by "
                                 "CloudFormation only");
        return false;
    }
    bool ok = true;
    if (value->kind == DOC_OBJECT || value->kind == DOC_ARRAY) {
        for (size_t i = 0; i < value->len; i++)
            ok = check_tags(r, value->members[i].value) && ok;
    }
    return ok;
}

static void read_root(struct template_reader *r, const struct doc *root)
{
    struct unum_span place = {&r->app->source, 0, 0};
    if (root->kind == DOC_OBJECT && doc_get(root, "Resources") && !doc_get(root, "Functions")) {
        unum_diag_add(r->diags, UNUM_E0312, doc_member(root, "Resources")->key_span,
                      "this is a CloudFormation template, not an unum-template.yaml");
        return;
    }
    if (!check_tags(r, root) ||
        !template_check_keys(r, root, TEMPLATE_TOP, UNUM_STR("the template"), place))
        return;
    struct app_function defaults = {
        .runtime = UNUM_STR("provided.al2023"),
        .handler = UNUM_STR("bootstrap"),
        .memory_mb = 256,
        .timeout_s = 60,
        .arch = HOST_ARCH,
    };
    read_globals(r, root, &defaults);
    read_functions(r, root, &defaults);
}

struct app *app_parse(const char *path, struct unum_str text, struct unum_arena *arena,
                      struct unum_diags *diags)
{
    struct app *app = UNUM_ARENA_NEW(arena, struct app);
    *app = (struct app){
        .platform = UNUM_STR("aws"),
        .store_type = UNUM_STR("dynamodb"),
        .checkpoint = true,
        .retention_s = 7LL * DAY,
        .max_inline_wait_s = 60,
    };
    struct unum_str dir = unum_path_dir(unum_str_from(path));
    app->dir = unum_arena_alloc(arena, dir.len + 1);
    memcpy(app->dir, dir.ptr, dir.len);
    app->source.path = unum_arena_str(arena, unum_str_from(path)).ptr;
    app->source.text = unum_arena_str(arena, text);

    size_t errors = diags->errors;
    struct template_reader reader = {arena, diags, app};
    const struct doc *root = doc_parse_file(&app->source, arena, diags);
    if (root)
        read_root(&reader, root);
    unum_diags_sort(diags);
    return diags->errors == errors && root ? app : NULL;
}

int app_read(const char *path, struct unum_arena *arena, struct unum_diags *diags, struct app **ret,
             struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEMPLATE);
    int rc = unum_file_read(path, &text, err);
    if (rc == 0)
        *ret = app_parse(path, unum_buf_str(&text), arena, diags);
    return rc;
}

const struct app_function *app_function(const struct app *app, struct unum_str name)
{
    for (size_t i = 0; i < app->functions_len; i++) {
        if (unum_str_eq(app->functions[i].name, name))
            return &app->functions[i];
    }
    return NULL;
}

const char *app_arch_name(enum app_arch arch)
{
    return arch == APP_ARCH_ARM64 ? "arm64" : "x86_64";
}

enum app_arch app_function_arch(const struct app *app, struct unum_str name)
{
    const struct app_function *function = app_function(app, name);
    if (!function && app->functions_len)
        function = &app->functions[0];
    return function ? function->arch : APP_ARCH_X86_64;
}

const char *app_place(const struct app *app, const struct app_function *function,
                      struct unum_arena *arena)
{
    struct unum_span span = function ? function->span : (struct unum_span){&app->source, 0, 0};
    if (!span.source || !span.source->path)
        return NULL;
    if (!function)
        return span.source->path;
    struct unum_place place = unum_source_place(span.source, span.start);
    return unum_arena_printf(arena, "%s:%zu:%zu", span.source->path, place.line, place.column).ptr;
}

struct unum_str app_node_function(const struct app *app, struct unum_str node,
                                  struct unum_arena *arena)
{
    return unum_arena_printf(arena, "%.*s-%.*s", UNUM_STR_ARG(app->name), UNUM_STR_ARG(node));
}
