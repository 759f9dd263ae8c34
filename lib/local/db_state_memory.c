/* State in this process: for tests and fault sweeps, where thousands of runs start from nothing. */
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/vec.h"
#include "local/db_state.h"

struct entry {
    struct entry *next; /* in the list of replaced ones */
    size_t size, len;
    int64_t expires;
    char text[];
};

struct space {
    struct unum_map entries; /* key -> struct entry */
    uint64_t bytes;
};

struct log_row {
    struct local_db_log_row row; /* views into `bytes` */
    char *bytes;
};

struct memory {
    struct unum_map spaces; /* name -> struct space */
    struct entry *replaced; /* still shown to the running operation */
    UNUM_VEC(struct log_row) rows;
    int64_t last_row;
};

static struct space *find_space(struct memory *m, struct unum_str name, bool make)
{
    struct space *space = unum_map_get(&m->spaces, name);
    if (!space && make) {
        space = unum_alloc(sizeof(*space));
        (void)unum_map_set(&m->spaces, name, space);
    }
    return space;
}

static void empty_space(struct space *space)
{
    for (struct unum_map_entry *e = unum_map_next(&space->entries, NULL); e;
         e = unum_map_next(&space->entries, e))
        free(e->value);
    unum_map_done(&space->entries);
    space->bytes = 0;
}

static void free_replaced(struct memory *m)
{
    while (m->replaced) {
        struct entry *next = m->replaced->next;
        free(m->replaced);
        m->replaced = next;
    }
}

static int begin(void *state, bool writing, struct unum_err *err)
{
    (void)state, (void)writing, (void)err;
    return 0;
}

static struct db_record record_of(struct unum_str key, const struct entry *entry)
{
    return (struct db_record){key, {entry->text, entry->len}, entry->size, entry->expires};
}

static int get(void *state, struct unum_str space_name, struct unum_str key,
               struct unum_arena *arena, struct db_record *ret, struct unum_err *err)
{
    (void)arena, (void)err;
    struct space *space = find_space(state, space_name, false);
    const struct entry *entry = space ? unum_map_get(&space->entries, key) : NULL;
    *ret = entry ? record_of(key, entry) : (struct db_record){.key = key};
    return 0;
}

static int by_key(const void *a, const void *b)
{
    const struct db_record *left = a, *right = b;
    return unum_str_cmp(left->key, right->key);
}

static int scan(void *state, struct unum_str space_name, struct unum_str after,
                bool (*each)(void *cookie, const struct db_record *record), void *cookie,
                struct unum_err *err)
{
    (void)err;
    struct space *space = find_space(state, space_name, false);
    UNUM_VEC(struct db_record) found = {0};
    struct unum_map_entry *e = space ? unum_map_next(&space->entries, NULL) : NULL;
    for (; e; e = unum_map_next(&space->entries, e)) {
        if (!after.ptr || unum_str_cmp(e->key, after) > 0)
            *unum_vec_push(&found) = record_of(e->key, e->value);
    }
    if (found.len)
        qsort(found.at, found.len, sizeof(*found.at), by_key);
    for (size_t i = 0; i < found.len && each(cookie, &found.at[i]); i++)
        ;
    unum_vec_done(&found);
    return 0;
}

static void retire(struct memory *m, struct space *space, struct entry *entry)
{
    if (!entry)
        return;
    space->bytes -= entry->size;
    entry->next = m->replaced;
    m->replaced = entry;
}

static int apply(void *state, const struct db_change *changes, size_t count, struct unum_err *err)
{
    (void)err;
    struct memory *m = state;
    for (size_t i = 0; i < count; i++) {
        const struct db_record *record = &changes[i].record;
        struct space *space = find_space(m, changes[i].space, true);
        if (!record->text.ptr) {
            retire(m, space, unum_map_remove(&space->entries, record->key));
            continue;
        }
        struct entry *entry = unum_alloc(sizeof(*entry) + record->text.len);
        entry->size = record->size;
        entry->len = record->text.len;
        entry->expires = record->expires;
        memcpy(entry->text, record->text.ptr, record->text.len);
        space->bytes += entry->size;
        retire(m, space, unum_map_set(&space->entries, record->key, entry));
    }
    return 0;
}

/* Changes are applied only when nothing can go wrong any more, so there is nothing to undo. */
static int end(void *state, bool keep, struct unum_err *err)
{
    (void)keep, (void)err;
    free_replaced(state);
    return 0;
}

static int count_records(void *state, struct unum_str space_name, uint64_t *ret_records,
                         uint64_t *ret_bytes, struct unum_err *err)
{
    (void)err;
    const struct space *space = find_space(state, space_name, false);
    *ret_records = space ? space->entries.len : 0;
    *ret_bytes = space ? space->bytes : 0;
    return 0;
}

static void drop_rows(struct memory *m)
{
    for (size_t i = 0; i < m->rows.len; i++)
        free(m->rows.at[i].bytes);
    m->rows.len = 0;
}

static int drop(void *state, struct unum_str space_name, struct unum_err *err)
{
    (void)err;
    struct memory *m = state;
    if (space_name.ptr) {
        struct space *space = find_space(m, space_name, false);
        if (space)
            empty_space(space);
        return 0;
    }
    for (struct unum_map_entry *e = unum_map_next(&m->spaces, NULL); e;
         e = unum_map_next(&m->spaces, e)) {
        if (!unum_str_eq(e->key, DB_SPACE_TABLES))
            empty_space(e->value);
    }
    drop_rows(m);
    return 0;
}

static int expire(void *state, struct unum_str space_name, int64_t now_s, size_t *ret_removed,
                  struct unum_err *err)
{
    (void)err;
    struct space *space = find_space(state, space_name, false);
    size_t removed = 0;
    struct unum_map_entry *e = space ? unum_map_next(&space->entries, NULL) : NULL;
    for (; e; e = unum_map_next(&space->entries, e)) {
        struct entry *entry = e->value;
        if (entry->expires == DB_NEVER_EXPIRES || entry->expires >= now_s)
            continue;
        space->bytes -= entry->size;
        (void)unum_map_remove(&space->entries, e->key);
        free(entry);
        removed++;
    }
    *ret_removed = removed;
    return 0;
}

static int log_append(void *state, struct unum_str stream, int64_t time_ms, struct unum_str text,
                      struct unum_err *err)
{
    (void)err;
    struct memory *m = state;
    char *bytes = unum_alloc(stream.len + text.len);
    if (stream.len)
        memcpy(bytes, stream.ptr, stream.len);
    if (text.len)
        memcpy(bytes + stream.len, text.ptr, text.len);
    *unum_vec_push(&m->rows) =
        (struct log_row){{++m->last_row, unum_str_of(bytes, stream.len), time_ms,
                          unum_str_of(bytes + stream.len, text.len)},
                         bytes};
    return 0;
}

static bool row_matches(const struct local_db_log_row *row, const struct local_db_log_query *query)
{
    bool stream = query->prefix ? unum_str_starts(row->stream, query->stream)
                                : unum_str_eq(row->stream, query->stream);
    return stream && row->id > query->after_id && row->time_ms >= query->from_ms &&
           (!query->until_ms || row->time_ms < query->until_ms);
}

static int log_query(void *state, const struct local_db_log_query *query,
                     bool (*each)(void *cookie, const struct local_db_log_row *row), void *cookie,
                     struct unum_err *err)
{
    (void)err;
    const struct memory *m = state;
    size_t found = 0;
    for (size_t i = 0; i < m->rows.len && (!query->limit || found < query->limit); i++) {
        if (!row_matches(&m->rows.at[i].row, query))
            continue;
        found++;
        if (!each(cookie, &m->rows.at[i].row))
            break;
    }
    return 0;
}

static int by_stream(const void *a, const void *b)
{
    const struct local_db_log_stream *left = a, *right = b;
    return unum_str_cmp(left->name, right->name);
}

static void count_row(struct local_db_log_stream *stream, const struct local_db_log_row *row)
{
    if (!stream->rows || row->time_ms < stream->first_ms)
        stream->first_ms = row->time_ms;
    if (!stream->rows || row->time_ms > stream->last_ms)
        stream->last_ms = row->time_ms;
    stream->name = row->stream;
    stream->rows++;
    stream->bytes += row->text.len;
}

static int log_streams(void *state, struct unum_str prefix,
                       bool (*each)(void *cookie, const struct local_db_log_stream *stream),
                       void *cookie, struct unum_err *err)
{
    (void)err;
    const struct memory *m = state;
    UNUM_VEC(struct local_db_log_stream) streams = {0};
    struct unum_map UNUM_AUTO_MAP positions = UNUM_MAP_INIT; /* name -> position + 1 */
    for (size_t i = 0; i < m->rows.len; i++) {
        const struct local_db_log_row *row = &m->rows.at[i].row;
        if (!unum_str_starts(row->stream, prefix))
            continue;
        size_t position = (size_t)(uintptr_t)unum_map_get(&positions, row->stream);
        if (!position) {
            (void)unum_vec_push(&streams);
            streams.at[streams.len - 1] = (struct local_db_log_stream){0};
            position = streams.len;
            (void)unum_map_set(&positions, row->stream, (void *)(uintptr_t)position);
        }
        count_row(&streams.at[position - 1], row);
    }
    if (streams.len)
        qsort(streams.at, streams.len, sizeof(*streams.at), by_stream);
    for (size_t i = 0; i < streams.len && each(cookie, &streams.at[i]); i++)
        ;
    unum_vec_done(&streams);
    return 0;
}

static void close_memory(void *state)
{
    struct memory *m = state;
    for (struct unum_map_entry *e = unum_map_next(&m->spaces, NULL); e;
         e = unum_map_next(&m->spaces, e)) {
        empty_space(e->value);
        free(e->value);
    }
    unum_map_done(&m->spaces);
    free_replaced(m);
    drop_rows(m);
    unum_vec_done(&m->rows);
    free(m);
}

static const struct db_state_ops ops = {
    .name = "memory",
    .begin = begin,
    .get = get,
    .scan = scan,
    .apply = apply,
    .end = end,
    .count = count_records,
    .drop = drop,
    .expire = expire,
    .log_append = log_append,
    .log_query = log_query,
    .log_streams = log_streams,
    .close = close_memory,
};

void db_state_memory_open(struct db_state *ret)
{
    *ret = (struct db_state){&ops, unum_alloc(sizeof(struct memory))};
}
