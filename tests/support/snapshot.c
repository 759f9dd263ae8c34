#include "snapshot.h"

#include "workbench.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "local/db.h"
#include "json/json.h"

void snapshot_done(struct snapshot *snapshot)
{
    unum_arena_done(&snapshot->arena);
    *snapshot = (struct snapshot){0};
}

static struct unum_str decoded(struct unum_arena *arena, struct unum_str json)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    if (!json_decode(json, &text))
        return UNUM_STR_NONE;
    return unum_arena_str(arena, unum_buf_str(&text));
}

struct unum_str snapshot_text(struct snapshot *snapshot, const struct snapshot_item *item,
                              const char *name)
{
    struct unum_str attr;
    struct unum_str value;
    if (!json_get(item->attrs, unum_str_from(name), &attr))
        return UNUM_STR_NONE;
    if (!json_get(attr, UNUM_STR("S"), &value) && !json_get(attr, UNUM_STR("N"), &value))
        return UNUM_STR_NONE;
    return decoded(&snapshot->arena, value);
}

static int by_key(const void *a, const void *b)
{
    return unum_str_cmp(((const struct snapshot_item *)a)->key,
                        ((const struct snapshot_item *)b)->key);
}

/* One page of the table, 1 MB at most; *next is where the following one starts, ptr NULL: the end.
 */
static int scan(struct local *local, struct unum_str table, struct snapshot *ret,
                struct unum_str *next, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF request = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_buf UNUM_AUTO_BUF answer = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    unum_buf_printf(&request, "{\"TableName\":\"%.*s\",\"ConsistentRead\":true",
                    UNUM_STR_ARG(table));
    if (next->ptr)
        unum_buf_printf(&request, ",\"ExclusiveStartKey\":%.*s", UNUM_STR_ARG(*next));
    unum_buf_adds(&request, "}");
    int status = 0;
    local_db_call(local_database(local), UNUM_STR("Scan"), unum_buf_str(&request),
                  unum_wall_ms(local_clock(local)), &status, &answer);
    struct unum_str root;
    struct unum_str items = {0};
    struct unum_str text = unum_arena_str(&ret->arena, unum_buf_str(&answer));
    int rc = json_check(text, &root, err);
    if (rc == 0 && (status != 200 || !json_get(root, UNUM_STR("Items"), &items)))
        rc = unum_err_set(err, UNUM_E_REMOTE, "Scan answered %d: %.*s", status, UNUM_STR_ARG(text));
    if (rc < 0)
        return rc;
    struct snapshot_item *all =
        unum_arena_array(&ret->arena, ret->len + json_count(items), sizeof(*all));
    if (ret->len)
        memcpy(all, ret->items, ret->len * sizeof(*all));
    ret->items = all;
    struct json_iter iter = json_iter(items);
    struct unum_str attrs;
    struct unum_str key;
    while (json_next(&iter, NULL, &attrs)) {
        if (json_pointer(attrs, UNUM_STR("/Name/S"), &key))
            ret->items[ret->len++] = (struct snapshot_item){decoded(&ret->arena, key), attrs};
    }
    if (!json_get(root, UNUM_STR("LastEvaluatedKey"), next))
        *next = UNUM_STR_NONE;
    return 0;
}

int snapshot_take(struct local *local, struct unum_str table, const char *session,
                  struct snapshot *ret, struct unum_err *err)
{
    *ret = (struct snapshot){0};
    ret->prefix = unum_arena_printf(&ret->arena, WORKBENCH_APP "/%s/", session);
    struct unum_str run_key = unum_arena_printf(&ret->arena, "%.*srun", UNUM_STR_ARG(ret->prefix));
    struct unum_str next = UNUM_STR_NONE;
    do {
        int rc = scan(local, table, ret, &next, err);
        if (rc < 0)
            return rc;
    } while (next.ptr);
    if (ret->len)
        qsort(ret->items, ret->len, sizeof(*ret->items), by_key);
    for (size_t i = 0; i < ret->len; i++) {
        struct snapshot_item *item = &ret->items[i];
        if (!unum_str_eq(item->key, run_key))
            continue;
        ret->status = snapshot_text(ret, item, "Status");
        ret->output = snapshot_text(ret, item, "Output");
        ret->error = snapshot_text(ret, item, "Error");
        if (!unum_str_to_i64(snapshot_text(ret, item, "Expires"), &ret->expires_s))
            ret->expires_s = -1;
    }
    return 0;
}

const struct snapshot_item *snapshot_outcome(const struct snapshot *snapshot,
                                             struct unum_str instance)
{
    for (size_t i = 0; i < snapshot->len; i++) {
        struct unum_str key = unum_str_from_pos(snapshot->items[i].key, snapshot->prefix.len);
        if (unum_str_ends(key, UNUM_STR("-output")) &&
            unum_str_eq(unum_str_slice(key, 0, key.len - strlen("-output")), instance))
            return &snapshot->items[i];
    }
    return NULL;
}

struct unum_str without_nonces(struct unum_arena *arena, struct unum_str json)
{
    const struct unum_str mark = UNUM_STR("\"nonce\":\"");
    struct unum_str copy = unum_arena_str(arena, json);
    struct unum_str rest = copy;
    for (size_t at = unum_str_search(rest, mark); at != SIZE_MAX;
         at = unum_str_search(rest, mark)) {
        rest = unum_str_from_pos(rest, at + mark.len);
        char *nonce = (char *)(uintptr_t)rest.ptr;
        for (size_t i = 0; i < rest.len && nonce[i] != '"'; i++)
            nonce[i] = '.';
    }
    return copy;
}

/* ---- checks ---- */

static bool is_outcome(struct unum_str key)
{
    return unum_str_ends(key, UNUM_STR("-output"));
}

/* Every {"by":instance,"nonce":x} below `json` is what the recorded execution of `by` said. */
static int check_provenance(struct snapshot *now, struct unum_str json, struct unum_str where,
                            struct unum_err *err)
{
    struct unum_str by;
    struct unum_str nonce;
    if (json_type(json) == JSON_OBJECT && json_get(json, UNUM_STR("by"), &by) &&
        json_get(json, UNUM_STR("nonce"), &nonce)) {
        const struct snapshot_item *made = snapshot_outcome(now, decoded(&now->arena, by));
        struct unum_str user = made ? snapshot_text(now, made, "User") : UNUM_STR_NONE;
        struct unum_str pair = unum_arena_printf(&now->arena, "{\"by\":%.*s,\"nonce\":%.*s",
                                                 UNUM_STR_ARG(by), UNUM_STR_ARG(nonce));
        if (!user.ptr || unum_str_search(user, pair) == SIZE_MAX)
            return unum_err_set(err, UNUM_E_FAILED,
                                "%.*s contains a value of a losing execution of %.*s",
                                UNUM_STR_ARG(where), UNUM_STR_ARG(by));
    }
    struct json_iter iter = json_iter(json);
    struct unum_str member;
    while (json_next(&iter, NULL, &member)) {
        int rc = check_provenance(now, member, where, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int check_text(struct snapshot *now, struct unum_str text, struct unum_str where,
                      struct unum_err *err)
{
    struct unum_str json;
    if (!text.ptr)
        return 0;
    int rc = json_check(text, &json, err);
    return rc < 0 ? unum_err_wrap(err, "%.*s", UNUM_STR_ARG(where))
                  : check_provenance(now, json, where, err);
}

/* A completion set holds each position at most once and none beyond the width. */
static int check_positions(const struct snapshot_item *item, struct unum_err *err)
{
    struct unum_str list;
    if (!json_pointer(item->attrs, UNUM_STR("/Positions/NS"), &list))
        return 0;
    bool seen[64] = {false};
    struct json_iter iter = json_iter(list);
    struct unum_str text;
    while (json_next(&iter, NULL, &text)) {
        uint64_t position;
        if (!unum_str_to_u64(unum_str_slice(text, 1, text.len - 2), &position) || position > 63 ||
            seen[position])
            return unum_err_set(err, UNUM_E_FAILED, "%.*s has a wrong position %.*s",
                                UNUM_STR_ARG(item->key), UNUM_STR_ARG(text));
        seen[position] = true;
    }
    return 0;
}

int check_always(struct snapshot *now, struct unum_err *err)
{
    if (!unum_str_is(now->status, "SUCCEEDED") && !unum_str_is(now->status, "FAILED") &&
        !unum_str_is(now->status, "TIMED_OUT"))
        return unum_err_set(err, UNUM_E_FAILED, "the run record says \"%.*s\"",
                            UNUM_STR_ARG(now->status));
    int rc = check_text(now, now->output, UNUM_STR("the output of the run"), err);
    for (size_t i = 0; rc == 0 && i < now->len; i++) {
        struct snapshot_item *item = &now->items[i];
        int64_t expires = 0;
        if (!unum_str_to_i64(snapshot_text(now, item, "Expires"), &expires) ||
            expires != now->expires_s)
            return unum_err_set(err, UNUM_E_FAILED, "%.*s does not carry the run's expiry",
                                UNUM_STR_ARG(item->key));
        rc = check_positions(item, err);
        if (rc == 0 && is_outcome(item->key))
            rc = check_text(now, snapshot_text(now, item, "User"), item->key, err);
        if (rc == 0 && is_outcome(item->key))
            rc = check_text(now, snapshot_text(now, item, "Value"), item->key, err);
    }
    return rc;
}

static int check_value(struct snapshot *now, struct snapshot *reference, struct unum_str mine,
                       struct unum_str theirs, struct unum_str where, struct unum_err *err)
{
    struct unum_str a = without_nonces(&now->arena, mine);
    struct unum_str b = without_nonces(&reference->arena, theirs);
    if (unum_str_eq(a, b))
        return 0;
    return unum_err_set(err, UNUM_E_FAILED, "%.*s is\n  %.*s\nundisturbed it is\n  %.*s",
                        UNUM_STR_ARG(where), UNUM_STR_ARG(a), UNUM_STR_ARG(b));
}

int check_same(struct snapshot *now, struct snapshot *reference, struct unum_err *err)
{
    int rc = check_value(now, reference, now->output, reference->output,
                         UNUM_STR("the output of the run"), err);
    if (rc == 0 && now->len != reference->len)
        rc = unum_err_set(err, UNUM_E_FAILED, "%zu items are left, undisturbed %zu", now->len,
                          reference->len);
    for (size_t i = 0; rc == 0 && i < now->len; i++) {
        if (!unum_str_eq(now->items[i].key, reference->items[i].key))
            return unum_err_set(err, UNUM_E_FAILED, "there is %.*s instead of %.*s",
                                UNUM_STR_ARG(now->items[i].key),
                                UNUM_STR_ARG(reference->items[i].key));
        rc = check_value(now, reference, snapshot_text(now, &now->items[i], "User"),
                         snapshot_text(reference, &reference->items[i], "User"), now->items[i].key,
                         err);
    }
    return rc;
}

int check_untouched(const struct snapshot *before, const struct snapshot *after,
                    struct unum_err *err)
{
    if (before->len != after->len)
        return unum_err_set(err, UNUM_E_FAILED, "a late event changed %zu items to %zu",
                            before->len, after->len);
    for (size_t i = 0; i < before->len; i++) {
        if (!unum_str_eq(before->items[i].key, after->items[i].key) ||
            !json_equal(before->items[i].attrs, after->items[i].attrs))
            return unum_err_set(err, UNUM_E_FAILED, "a late event changed %.*s",
                                UNUM_STR_ARG(after->items[i].key));
    }
    return 0;
}
