#include "local/functions.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/path.h"
#include "base/rand.h"
#include "crypto/base64.h"
#include "crypto/hash.h"
#include "local/function_code.h"
#include "package/unzip.h"
#include "json/json.h"

#define KIND "lambda"

static const char *const members[] = {
    "Runtime",       "Role",          "Handler",       "Description",   "Timeout",
    "MemorySize",    "Environment",   "Architectures", "PackageType",   "EphemeralStorage",
    "TracingConfig", "LoggingConfig", "Layers",        "DurableConfig", "CodeSha256",
    "CodeSize",      "Dir",           "Tags",          "RecursiveLoop", "Reserved",
    "Invoke",        "RevisionId",    "LastModified",
};

/* ---- records ---- */

struct unum_str function_record(const struct function *function, struct unum_arena *arena)
{
    if (function->record)
        return unum_str_from(function->record);
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&text);
    json_object_begin(&w);
    json_key(&w, "Runtime");
    json_strings(&w, "provided.al2023");
    json_key(&w, "Handler");
    json_strings(&w, function->handler);
    json_key(&w, "Timeout");
    json_int(&w, (function->timeout_ms + 999) / 1000);
    json_key(&w, "MemorySize");
    json_int(&w, function->memory_mb);
    json_key(&w, "Environment");
    json_object_begin(&w);
    json_key(&w, "Variables");
    json_object_begin(&w);
    for (size_t i = 0; i < function->env_len; i++) {
        json_key_str(&w, function->env[i].name);
        json_string(&w, function->env[i].value);
    }
    json_object_end(&w);
    json_object_end(&w);
    json_key(&w, "Dir");
    json_strings(&w, function->dir);
    if (function->reserved >= 0) {
        json_key(&w, "Reserved");
        json_int(&w, function->reserved);
    }
    json_key(&w, "Invoke");
    json_object_begin(&w);
    json_key(&w, "MaximumRetryAttempts");
    json_int(&w, function->max_retries);
    json_key(&w, "MaximumEventAgeInSeconds");
    json_int(&w, function->max_age_ms / 1000);
    if (function->on_failure) {
        json_key(&w, "DestinationConfig");
        json_object_begin(&w);
        json_key(&w, "OnFailure");
        json_object_begin(&w);
        json_key(&w, "Destination");
        json_string(&w, unum_arena_printf(arena, "function:%s", function->on_failure));
        json_object_end(&w);
        json_object_end(&w);
    }
    json_object_end(&w);
    json_object_end(&w);
    return unum_arena_str(arena, unum_buf_str(&text));
}

static struct unum_str member_text(struct unum_arena *arena, struct unum_str object,
                                   const char *pointer)
{
    struct unum_str value;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    if (!json_pointer(object, unum_str_from(pointer), &value) || !json_decode(value, &text))
        return UNUM_STR_NONE;
    return unum_arena_str(arena, unum_buf_str(&text));
}

static int64_t member_number(struct unum_str object, const char *pointer, int64_t otherwise)
{
    struct unum_str value;
    int64_t number;
    return json_pointer(object, unum_str_from(pointer), &value) && json_to_i64(value, &number)
               ? number
               : otherwise;
}

static char *c_text(struct unum_str s)
{
    return (char *)(uintptr_t)s.ptr;
}

static void read_environment(struct function *function, struct unum_arena *arena,
                             struct unum_str record)
{
    struct unum_str variables, key, value;
    function->env_len = 0;
    function->env = NULL;
    if (!json_pointer(record, UNUM_STR("/Environment/Variables"), &variables) ||
        json_type(variables) != JSON_OBJECT)
        return;
    function->env = unum_arena_array(arena, json_count(variables) + 1, sizeof(*function->env));
    struct json_iter iter = json_iter(variables);
    while (json_next(&iter, &key, &value)) {
        struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        if (!json_decode(key, &name) || !json_decode(value, &text))
            continue;
        function->env[function->env_len++] = (struct app_pair){
            unum_arena_str(arena, unum_buf_str(&name)), unum_arena_str(arena, unum_buf_str(&text))};
    }
}

/* The function of "arn:aws:lambda:...:function:NAME[:VERSION]". */
static struct unum_str function_of_arn(struct unum_str arn)
{
    static const struct unum_str marker = UNUM_STR_INIT("function:");
    size_t at = unum_str_search(arn, marker);
    if (at == SIZE_MAX)
        return UNUM_STR_NONE;
    arn = unum_str_from_pos(arn, at + marker.len);
    return unum_str_slice(arn, 0, unum_str_find(arn, ':'));
}

/* The function is as its record says. Texts that were read before stay until the end of the call:
 * processes that run have copies. */
static void obey(struct function *function)
{
    struct unum_arena arena = UNUM_ARENA_INIT;
    struct unum_str record = unum_str_from(function->record);
    struct unum_str handler = member_text(&arena, record, "/Handler");
    function->dir = c_text(unum_arena_str(&arena, member_text(&arena, record, "/Dir")));
    function->handler =
        c_text(handler.len ? handler : unum_arena_str(&arena, UNUM_STR("bootstrap")));
    read_environment(function, &arena, record);
    function->timeout_ms = member_number(record, "/Timeout", 3) * 1000;
    function->memory_mb = member_number(record, "/MemorySize", 128);
    function->reserved = (int)member_number(record, "/Reserved", -1);
    function->max_retries = (unsigned)member_number(record, "/Invoke/MaximumRetryAttempts", 2);
    function->max_age_ms = member_number(record, "/Invoke/MaximumEventAgeInSeconds", 21600) * 1000;
    struct unum_str target = function_of_arn(
        member_text(&arena, record, "/Invoke/DestinationConfig/OnFailure/Destination"));
    function->on_failure = target.len ? c_text(unum_arena_str(&arena, target)) : NULL;
    unum_arena_done(&function->settings);
    function->settings = arena;
}

static void keep(struct local *local, const struct function *function)
{
    if (function->created)
        state_keep_record(local, KIND, unum_str_from(function->name),
                          unum_str_from(function->record));
}

/* ---- changing ---- */

/* Unpacked and packed. */
static void remove_code(const char *dir)
{
    char *UNUM_AUTO_FREE zip = function_code_path(dir);
    (void)!unum_remove_tree(dir, NULL);
    (void)unlink(zip);
}

static bool same_member(struct unum_str a, struct unum_str b, const char *name)
{
    struct unum_str left = UNUM_STR_NONE, right = UNUM_STR_NONE;
    bool has_left = json_get(a, unum_str_from(name), &left);
    bool has_right = json_get(b, unum_str_from(name), &right);
    return has_left == has_right && (!has_left || json_equal(left, right));
}

static char *merge(struct local *local, struct unum_str before, struct unum_str changes)
{
    struct unum_buf text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_buf UNUM_AUTO_BUF revision = UNUM_BUF_INIT(64);
    struct json_writer w = JSON_WRITER(&text);
    json_object_begin(&w);
    for (size_t i = 0; i + 2 < UNUM_COUNT(members); i++) {
        struct unum_str value, name = unum_str_from(members[i]);
        bool changed = json_get(changes, name, &value);
        if ((changed && json_type(value) == JSON_NULL) ||
            (!changed && !json_get(before, name, &value)))
            continue;
        json_key_str(&w, name);
        json_raw(&w, value);
    }
    unum_uuid4(&revision);
    json_key(&w, "RevisionId");
    json_string(&w, unum_buf_str(&revision));
    json_key(&w, "LastModified");
    json_int(&w, local_now(local));
    json_object_end(&w);
    return unum_buf_take(&text);
}

void function_change(struct local *local, struct function *function, struct unum_str changes)
{
    static const char *const of_processes[] = {"Dir",     "Environment", "Timeout",
                                               "Handler", "MemorySize",  "LoggingConfig"};
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_str before = function_record(function, &arena);
    char *UNUM_AUTO_FREE old_dir = unum_strdup(function->dir);
    bool own_dir = function->own_dir, retire = false;
    char *after = merge(local, before, changes);
    for (size_t i = 0; i < UNUM_COUNT(of_processes); i++)
        retire |= !same_member(before, unum_str_from(after), of_processes[i]);
    free(function->record);
    function->record = after;
    obey(function);
    keep(local, function);
    if (retire)
        workers_retire(function);
    if (strcmp(old_dir, function->dir) == 0)
        return;
    function->own_dir = true;
    if (own_dir && function->running == 0)
        remove_code(old_dir);
}

void function_settles(struct local *local, struct function *function, bool created)
{
    int64_t change_us = local->config.latency.change_ms * 1000;
    function->local = local;
    function->fresh = created;
    function->settled_us = change_us > 0 ? local_mono_us(local) + change_us : 0;
}

bool function_is_changing(const struct function *function)
{
    return function->settled_us && local_mono_us(function->local) < function->settled_us;
}

bool function_is_pending(const struct function *function)
{
    return function->fresh && function_is_changing(function);
}

static struct function *add(struct local *local, struct unum_str name, char *record)
{
    struct function *function = unum_alloc(sizeof(*function));
    function->name = c_text(unum_arena_str(&function->arena, name));
    function->record = record;
    function->created = function->own_dir = true;
    obey(function);
    (void)unum_map_set(&local->functions, name, function);
    return function;
}

struct function *function_create(struct local *local, struct unum_str name, struct unum_str record)
{
    struct function *function = add(local, name, merge(local, UNUM_STR("{}"), record));
    keep(local, function);
    return function;
}

void function_delete(struct local *local, struct function *function)
{
    (void)unum_map_remove(&local->functions, unum_str_from(function->name));
    if (function->created)
        state_forget_record(local, KIND, unum_str_from(function->name));
    function->deleted = true;
    function->max_retries = 0;
    function->on_failure = NULL;
    workers_end_of(local, function);
    if (function->own_dir)
        remove_code(function->dir);
    /* Invocations and processes that are ending still point here. */
    function->next_deleted = local->deleted;
    local->deleted = function;
}

/* ---- code ---- */

static char *folder_of(struct local *local, struct unum_err *err)
{
    char *path;
    if (local->config.state_path) {
        struct unum_buf text = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
        unum_buf_printf(&text, "%s.functions", local->config.state_path);
        path = unum_buf_take(&text);
    } else {
        path = unum_path_join(local->tmp, "functions");
    }
    if (unum_make_dirs(path, err) == 0) {
        char *real = realpath(path, NULL);
        free(path);
        return real;
    }
    free(path);
    return NULL;
}

int function_unpack(struct local *local, struct unum_str name, struct unum_str zip,
                    struct json_writer *w, struct unum_err *err)
{
    unsigned char digest[HASH_SHA256_LEN];
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(64);
    struct unum_buf UNUM_AUTO_BUF place = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    char *UNUM_AUTO_FREE root = folder_of(local, err);
    if (!root)
        return err->rc;
    hash_sha256(zip, digest);
    base64_encode(&text, unum_str_of((const char *)digest, sizeof(digest)));
    unum_buf_printf(&place, "%s/%.*s-", root, UNUM_STR_ARG(name));
    unum_uuid4(&place);
    int rc = unzip_folder(zip, unum_buf_text(&place), err);
    if (rc)
        return rc;
    char *UNUM_AUTO_FREE kept = function_code_path(unum_buf_text(&place));
    rc = unum_file_write(kept, zip, 0600, err);
    if (rc) {
        (void)!unum_remove_tree(unum_buf_text(&place), NULL);
        return rc;
    }
    json_key(w, "CodeSha256");
    json_string(w, unum_buf_str(&text));
    json_key(w, "CodeSize");
    json_int(w, (int64_t)zip.len);
    json_key(w, "Dir");
    json_string(w, unum_buf_str(&place));
    return 0;
}

static void restore_one(struct local *local, struct unum_str name, struct unum_str body)
{
    (void)add(local, name, unum_str_dup(body));
}

/* Code that no function has any more. */
static int remove_strays(struct local *local, struct unum_err *err)
{
    struct unum_names names = {0};
    struct unum_map UNUM_AUTO_MAP known = UNUM_MAP_INIT;
    char *UNUM_AUTO_FREE root = folder_of(local, err);
    if (!root)
        return err->rc;
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&local->functions, entry))) {
        struct function *function = entry->value;
        char *UNUM_AUTO_FREE zip = function_code_path(function->dir);
        (void)unum_map_set(&known, unum_path_base(unum_str_from(function->dir)), function);
        (void)unum_map_set(&known, unum_path_base(unum_str_from(zip)), function);
    }
    int rc = unum_list_dir(root, &names, err);
    for (size_t i = 0; rc == 0 && i < names.list.len; i++) {
        char *UNUM_AUTO_FREE path = unum_path_join(root, names.list.at[i]);
        if (!unum_map_has(&known, unum_str_from(names.list.at[i])))
            (void)!unum_remove_tree(path, NULL);
    }
    unum_names_done(&names);
    return rc;
}

int functions_restore(struct local *local, struct unum_err *err)
{
    if (!local->config.state_path)
        return 0;
    int rc = state_each_record(local, KIND, restore_one, err);
    if (rc == 0 && local->functions.len)
        rc = remove_strays(local, err);
    struct unum_map_entry *entry = NULL;
    while (rc == 0 && (entry = unum_map_next(&local->functions, entry)))
        rc = state_restore(local, entry->value, err);
    return rc == 0 && local->functions.len ? schedules_restore(local, err) : rc;
}
