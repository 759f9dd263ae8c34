/*
 * store_memory: items in this process, for tests. One mutex makes every operation atomic, so that
 * several threads may use one store. An item is replaced whole by every write.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/vec.h"
#include "store/check.h"
#include "store/store.h"

struct stored {
    struct unum_arena arena;
    struct store_item item;
};

struct memory {
    pthread_mutex_t mutex;
    struct unum_map items; /* key -> struct stored */
};

static void stored_free(struct stored *stored)
{
    if (!stored)
        return;
    unum_arena_done(&stored->arena);
    free(stored);
}

static void lock(struct memory *memory)
{
    pthread_mutex_lock(&memory->mutex);
}

static void unlock(struct memory *memory)
{
    pthread_mutex_unlock(&memory->mutex);
}

/* ---- an item under construction ---- */

struct build {
    struct stored *to;
    struct store_attr *at;
    size_t len, cap;
};

static struct build build_begin(size_t cap)
{
    struct build build = {.to = unum_alloc(sizeof(struct stored)), .cap = cap};
    build.at = unum_arena_array(&build.to->arena, cap, sizeof(*build.at));
    return build;
}

static struct store_attr copy_attr(struct unum_arena *arena, const struct store_attr *attr)
{
    struct store_attr copy = *attr;
    copy.name = unum_arena_str(arena, attr->name);
    copy.text = unum_arena_str(arena, attr->text);
    copy.numbers = NULL;
    copy.ends = NULL;
    if (attr->type == STORE_NUMBERS && attr->len) {
        uint32_t *numbers = unum_arena_array(arena, attr->len, sizeof(*numbers));
        memcpy(numbers, attr->numbers, attr->len * sizeof(*numbers));
        copy.numbers = numbers;
    }
    if (attr->type == STORE_ENDS && attr->len) {
        struct store_end *ends = unum_arena_array(arena, attr->len, sizeof(*ends));
        for (size_t i = 0; i < attr->len; i++) {
            ends[i].position = attr->ends[i].position;
            ends[i].text = unum_arena_str(arena, attr->ends[i].text);
        }
        copy.ends = ends;
    }
    return copy;
}

static struct store_item copy_item(struct unum_arena *arena, const struct store_item *item)
{
    struct store_attr *at = unum_arena_array(arena, item->len, sizeof(*at));
    for (size_t i = 0; i < item->len; i++)
        at[i] = copy_attr(arena, &item->at[i]);
    return (struct store_item){true, at, item->len};
}

static struct store_attr *find(struct build *build, struct unum_str name)
{
    for (size_t i = 0; i < build->len; i++) {
        if (unum_str_eq(build->at[i].name, name))
            return &build->at[i];
    }
    return NULL;
}

static void remove_attr(struct build *build, struct unum_str name)
{
    struct store_attr *attr = find(build, name);
    if (attr)
        *attr = build->at[--build->len];
}

static struct store_attr *find_or_add(struct build *build, struct unum_str name,
                                      enum store_type type)
{
    struct store_attr *attr = find(build, name);
    if (attr && attr->type == type)
        return attr;
    if (!attr)
        attr = &build->at[build->len++];
    *attr = (struct store_attr){.name = unum_arena_str(&build->to->arena, name), .type = type};
    return attr;
}

static void add_number(struct build *build, struct unum_str name, uint32_t number)
{
    struct store_attr *attr = find_or_add(build, name, STORE_NUMBERS);
    uint32_t *numbers = unum_arena_array(&build->to->arena, attr->len + 1, sizeof(*numbers));
    size_t at = 0;
    while (at < attr->len && attr->numbers[at] < number)
        at++;
    if (at < attr->len && attr->numbers[at] == number)
        return;
    if (attr->len) {
        memcpy(numbers, attr->numbers, at * sizeof(*numbers));
        memcpy(numbers + at + 1, attr->numbers + at, (attr->len - at) * sizeof(*numbers));
    }
    numbers[at] = number;
    attr->numbers = numbers;
    attr->len++;
}

/* The place where `end` belongs, by position or by text. */
static size_t end_place(const struct store_attr *attr, const struct store_end *end, bool by_text,
                        bool *ret_found)
{
    size_t at = 0;
    for (; attr->ends && at < attr->len; at++) {
        int64_t order = by_text ? unum_str_cmp(attr->ends[at].text, end->text)
                                : (int64_t)attr->ends[at].position - (int64_t)end->position;
        *ret_found = !order;
        if (order >= 0)
            return at;
    }
    *ret_found = false;
    return at;
}

/* Insert unless it is there: the first writer counts. */
static void add_end(struct build *build, struct unum_str name, struct store_end end, bool by_text)
{
    struct unum_arena *arena = &build->to->arena;
    struct store_attr *attr = find_or_add(build, name, STORE_ENDS);
    struct store_end *ends = unum_arena_array(arena, attr->len + 1, sizeof(*ends));
    bool found;
    size_t at = end_place(attr, &end, by_text, &found);
    if (found)
        return;
    if (attr->len) {
        memcpy(ends, attr->ends, at * sizeof(*ends));
        memcpy(ends + at + 1, attr->ends + at, (attr->len - at) * sizeof(*ends));
    }
    ends[at] = (struct store_end){end.position, unum_arena_str(arena, end.text)};
    attr->ends = ends;
    attr->len++;
    for (size_t i = 0; by_text && i < attr->len; i++)
        ends[i].position = (uint32_t)i;
}

/* Sets come out in order and without repetitions, and an empty one is no attribute. */
static void set_attr(struct build *build, const struct store_attr *attr)
{
    if (attr->type == STORE_NUMBERS) {
        remove_attr(build, attr->name);
        for (size_t i = 0; i < attr->len; i++)
            add_number(build, attr->name, attr->numbers[i]);
        return;
    }
    if (attr->type == STORE_ENDS) {
        for (size_t i = 0; i < attr->len; i++) {
            struct store_attr *there = find(build, attr->name);
            bool found = false;
            size_t at = there ? end_place(there, &attr->ends[i], false, &found) : 0;
            if (found) /* made here, for writing */
                ((struct store_end *)(uintptr_t)there->ends)[at].text =
                    unum_arena_str(&build->to->arena, attr->ends[i].text);
            else
                add_end(build, attr->name, attr->ends[i], false);
        }
        return;
    }
    struct store_attr *to = find(build, attr->name);
    if (!to)
        to = &build->at[build->len++];
    *to = copy_attr(&build->to->arena, attr);
}

static void set_nonce(struct build *build, struct unum_str nonce)
{
    if (!nonce.len || find(build, UNUM_STR(STORE_NONCE)))
        return;
    const struct store_attr attr = {
        .name = UNUM_STR(STORE_NONCE), .type = STORE_TEXT, .text = nonce};
    set_attr(build, &attr);
}

/* Names and values, as DynamoDB counts them (a number has at least two bytes). */
static size_t item_size(struct unum_str key, const struct store_item *item)
{
    size_t size = sizeof("Name") - 1 + key.len;
    for (size_t i = 0; i < item->len; i++) {
        const struct store_attr *attr = &item->at[i];
        size += attr->name.len + attr->text.len;
        for (size_t j = 0; j < attr->len; j++)
            size += attr->type == STORE_NUMBERS ? 2 : attr->ends[j].text.len + attr->name.len + 2;
    }
    return size;
}

/* Put what was built in the place of what is there. LIMIT: the item is too large. */
static int build_end(struct memory *memory, struct build *build, struct unum_str key,
                     struct unum_err *err)
{
    build->to->item = (struct store_item){true, build->at, build->len};
    if (item_size(key, &build->to->item) > UNUM_LIMIT_ITEM) {
        stored_free(build->to);
        return unum_err_set(err, UNUM_E_LIMIT, "the item is larger than %zu KB",
                            (size_t)UNUM_LIMIT_ITEM / UNUM_KB);
    }
    stored_free(unum_map_set(&memory->items, key, build->to));
    return 0;
}

static int write_whole(struct memory *memory, struct unum_str nonce, struct unum_str key,
                       const struct store_attr *attrs, size_t len, struct unum_err *err)
{
    struct build build = build_begin(len + 1);
    for (size_t i = 0; i < len; i++)
        set_attr(&build, &attrs[i]);
    set_nonce(&build, nonce);
    return build_end(memory, &build, key, err);
}

/* ---- the operations ---- */

static int memory_read(void *state, struct unum_str nonce, const struct unum_str *keys,
                       size_t count, struct unum_arena *arena, struct store_item *items,
                       struct unum_err *err)
{
    struct memory *memory = state;
    for (size_t i = 0; i < count; i++) {
        int rc = store_check_key(keys[i], err);
        if (rc < 0)
            return rc;
    }
    lock(memory);
    for (size_t i = 0; i < count; i++) {
        const struct stored *stored = unum_map_get(&memory->items, keys[i]);
        items[i] = (struct store_item){0};
        if (stored && store_is_of(&stored->item, nonce))
            items[i] = copy_item(arena, &stored->item);
    }
    unlock(memory);
    return 0;
}

static bool run_is_present(const struct store_item *item, int64_t now_s)
{
    int64_t expires_s;
    return unum_str_to_i64(store_text(item, STORE_EXPIRES), &expires_s) && expires_s > now_s;
}

static int create_unless(struct memory *memory, struct unum_str nonce, const int64_t *now_s,
                         struct unum_str key, const struct store_attr *attrs, size_t len,
                         struct unum_arena *arena, struct store_item *ret_existing,
                         struct unum_err *err)
{
    int rc = store_check_key(key, err);
    if (!rc)
        rc = store_check_attrs(attrs, len, err);
    if (rc < 0)
        return rc;
    lock(memory);
    const struct stored *stored = unum_map_get(&memory->items, key);
    bool present = stored && (now_s ? run_is_present(&stored->item, *now_s)
                                    : store_is_of(&stored->item, nonce));
    if (present) {
        *ret_existing = copy_item(arena, &stored->item);
        rc = unum_err_set(err, UNUM_E_EXISTS, "item \"%.*s\" exists already", UNUM_STR_ARG(key));
    } else {
        rc = write_whole(memory, nonce, key, attrs, len, err);
    }
    unlock(memory);
    return rc;
}

static int memory_create(void *state, struct unum_str nonce, struct unum_str key,
                         const struct store_attr *attrs, size_t len, struct unum_arena *arena,
                         struct store_item *ret_existing, struct unum_err *err)
{
    return create_unless(state, nonce, NULL, key, attrs, len, arena, ret_existing, err);
}

static int memory_create_run(void *state, int64_t now_s, struct unum_str key,
                             const struct store_attr *attrs, size_t len, struct unum_arena *arena,
                             struct store_item *ret_existing, struct unum_err *err)
{
    return create_unless(state, UNUM_STR_NONE, &now_s, key, attrs, len, arena, ret_existing, err);
}

static int memory_put(void *state, struct unum_str key, const struct store_attr *attrs, size_t len,
                      struct unum_err *err)
{
    struct memory *memory = state;
    int rc = store_check_key(key, err);
    if (!rc)
        rc = store_check_attrs(attrs, len, err);
    if (rc < 0)
        return rc;
    lock(memory);
    rc = write_whole(memory, UNUM_STR_NONE, key, attrs, len, err);
    unlock(memory);
    return rc;
}

static bool condition_holds(const struct store_item *item, const struct store_update *update)
{
    for (size_t i = 0; item && i < item->len; i++) {
        if (unum_str_eq(item->at[i].name, update->if_name))
            return item->at[i].type == STORE_TEXT && unum_str_eq(item->at[i].text, update->if_text);
    }
    return false;
}

static struct build apply(const struct store_item *old, struct unum_str nonce,
                          const struct store_update *update)
{
    struct build build = build_begin((old ? old->len : 0) + update->set_len + 5);
    for (size_t i = 0; old && i < old->len; i++)
        build.at[build.len++] = copy_attr(&build.to->arena, &old->at[i]);
    for (size_t i = 0; i < update->set_len; i++)
        set_attr(&build, &update->set[i]);
    set_nonce(&build, nonce);
    if (update->add_name.len)
        add_number(&build, update->add_name, update->add);
    if (update->failed_name.len)
        add_number(&build, update->failed_name, update->add);
    if (update->end_name.len)
        add_end(&build, update->end_name, (struct store_end){update->add, update->end}, false);
    if (update->member_name.len)
        add_end(&build, update->member_name, (struct store_end){0, update->member}, true);
    return build;
}

static int update_locked(struct memory *memory, struct unum_str nonce,
                         const struct store_update *update, struct unum_arena *arena,
                         struct store_item *ret_new, struct unum_err *err)
{
    const struct stored *stored = unum_map_get(&memory->items, update->key);
    const struct store_item *old =
        stored && store_is_of(&stored->item, nonce) ? &stored->item : NULL;
    if (update->if_name.ptr && !condition_holds(old, update)) {
        *ret_new = old ? copy_item(arena, old) : (struct store_item){0};
        return unum_err_set(err, UNUM_E_CONFLICT, "item \"%.*s\": %.*s is not as expected",
                            UNUM_STR_ARG(update->key), UNUM_STR_ARG(update->if_name));
    }
    struct build build = apply(old, nonce, update);
    int rc = build_end(memory, &build, update->key, err);
    if (!rc)
        *ret_new =
            copy_item(arena, &((struct stored *)unum_map_get(&memory->items, update->key))->item);
    return rc;
}

static int memory_update(void *state, struct unum_str nonce, const struct store_update *update,
                         struct unum_arena *arena, struct store_item *ret_new, struct unum_err *err)
{
    struct memory *memory = state;
    int rc = store_check_update(update, err);
    if (rc < 0)
        return rc;
    lock(memory);
    rc = update_locked(memory, nonce, update, arena, ret_new, err);
    unlock(memory);
    return rc;
}

static void memory_close(void *state)
{
    struct memory *memory = state;
    if (!memory)
        return;
    for (struct unum_map_entry *entry = unum_map_next(&memory->items, NULL); entry;
         entry = unum_map_next(&memory->items, entry))
        stored_free(entry->value);
    unum_map_done(&memory->items);
    pthread_mutex_destroy(&memory->mutex);
    free(memory);
}

static const struct store_ops memory_ops = {
    .scheme = "memory",
    .read = memory_read,
    .create = memory_create,
    .create_run = memory_create_run,
    .put = memory_put,
    .update = memory_update,
    .close = memory_close,
};

int store_memory_open(struct store *ret, struct unum_err *err)
{
    struct memory *memory = unum_alloc(sizeof(*memory));
    int failed = pthread_mutex_init(&memory->mutex, NULL);
    if (failed) {
        free(memory);
        return unum_err_sys(err, failed, "open the memory store");
    }
    *ret = (struct store){&memory_ops, memory};
    return 0;
}
