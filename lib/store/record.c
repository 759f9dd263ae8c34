#include "store/record.h"

#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "base/rand.h"
#include "crypto/hash.h"

struct unum_str record_prefix(struct unum_arena *arena, struct unum_str app,
                              struct unum_str session)
{
    return unum_arena_printf(arena, "%.*s/%.*s/", UNUM_STR_ARG(app), UNUM_STR_ARG(session));
}

struct unum_str record_run_key(struct unum_arena *arena, struct unum_str prefix)
{
    return unum_arena_printf(arena, "%.*srun", UNUM_STR_ARG(prefix));
}

struct unum_str record_outcome_key(struct unum_arena *arena, struct unum_str prefix,
                                   struct unum_str instance)
{
    return unum_arena_printf(arena, "%.*s%.*s-output", UNUM_STR_ARG(prefix),
                             UNUM_STR_ARG(instance));
}

struct unum_str record_attempt_key(struct unum_arena *arena, struct unum_str prefix,
                                   struct unum_str instance, uint32_t attempt)
{
    return unum_arena_printf(arena, "%.*s%.*s~a%" PRIu32, UNUM_STR_ARG(prefix),
                             UNUM_STR_ARG(instance), attempt);
}

struct unum_str record_set_key(struct unum_arena *arena, struct unum_str prefix,
                               struct unum_str owner, unsigned level, uint32_t index)
{
    return unum_arena_printf(arena, "%.*s%.*s-fanin/%u.%" PRIu32, UNUM_STR_ARG(prefix),
                             UNUM_STR_ARG(owner), level, index);
}

static struct unum_str part_key(struct unum_arena *arena, struct unum_str prefix,
                                struct unum_str instance, struct unum_str nonce, uint32_t index)
{
    return unum_arena_printf(arena, "%.*s%.*s-output/%.*s/%" PRIu32, UNUM_STR_ARG(prefix),
                             UNUM_STR_ARG(instance), UNUM_STR_ARG(nonce), index);
}

/* ---- attributes ---- */

enum { MOST_ATTRS = 24 };

/* Attributes being collected for one item. */
struct attrs {
    struct store_attr at[MOST_ATTRS];
    size_t len;
    struct unum_arena *arena;
};

static void add_text(struct attrs *a, struct unum_str name, struct unum_str text)
{
    if (text.ptr)
        a->at[a->len++] = (struct store_attr){.name = name, .type = STORE_TEXT, .text = text};
}

static void add_number(struct attrs *a, struct unum_str name, int64_t number)
{
    a->at[a->len++] = (struct store_attr){.name = name,
                                          .type = STORE_NUMBER,
                                          .text = unum_arena_printf(a->arena, "%" PRId64, number)};
}

static void add_nonzero(struct attrs *a, struct unum_str name, int64_t number)
{
    if (number)
        add_number(a, name, number);
}

static struct unum_str optional_text(const struct store_item *item, const char *name)
{
    const struct store_attr *attr = store_attr(item, name);
    return attr ? attr->text : UNUM_STR_NONE;
}

static int64_t number_of(const struct store_item *item, const char *name)
{
    const struct store_attr *attr = store_attr(item, name);
    int64_t number = 0;
    if (!attr || !unum_str_to_i64(attr->text, &number))
        return 0;
    return number;
}

static int check_version(const struct store_item *item, const char *what, struct unum_err *err)
{
    int64_t version = number_of(item, "V");
    if (version == RECORD_VERSION)
        return 0;
    unum_err_set(err, UNUM_E_PARSE, "%s of version %" PRId64 " (this program knows version %d)",
                 what, version, RECORD_VERSION);
    return unum_err_hint(err, "the run was started by another version of unum; finish or purge it "
                              "with that version");
}

/* ---- outcomes ---- */

int record_parse(const struct store_item *item, struct record *ret, struct unum_err *err)
{
    *ret = (struct record){0};
    if (!item->present)
        return 0;
    int rc = check_version(item, "an outcome", err);
    if (rc < 0)
        return rc;
    struct unum_str status = store_text(item, "Status");
    if (!unum_str_is(status, "ok") && !unum_str_is(status, "error"))
        return unum_err_set(err, UNUM_E_PARSE, "an outcome with status \"%.*s\"",
                            UNUM_STR_ARG(status));
    ret->present = true;
    ret->error = unum_str_is(status, "error");
    ret->nonce = store_text(item, STORE_NONCE);
    ret->machine = optional_text(item, "Machine");
    ret->expires_s = number_of(item, STORE_EXPIRES);
    ret->user = optional_text(item, "User");
    ret->value = optional_text(item, "Value");
    ret->fan_in = optional_text(item, "FanIn");
    ret->to = optional_text(item, "To");
    ret->has_to = ret->to.ptr != NULL;
    ret->by = optional_text(item, "By");
    ret->frames = optional_text(item, "Frames");
    ret->variables = optional_text(item, "Variables");
    ret->visit = (uint32_t)number_of(item, "Visit");
    ret->attempt = (uint32_t)number_of(item, "Attempt");
    ret->to_visit = (uint32_t)number_of(item, "ToVisit");
    ret->to_visit = ret->to_visit ? ret->to_visit : ret->visit;
    ret->due_ms = number_of(item, "Due");
    ret->seed = (uint64_t)number_of(item, "Seed");
    ret->now_ms = number_of(item, "Now");
    ret->error_type = optional_text(item, "Error");
    ret->cause = optional_text(item, "Cause");
    ret->spill.nonce = optional_text(item, "SpillNonce");
    ret->spill.parts = (uint32_t)number_of(item, "SpillParts");
    ret->spill.user_len = (uint64_t)number_of(item, "SpillUser");
    ret->spill.value_len = (uint64_t)number_of(item, "SpillValue");
    ret->spill.sha256 = optional_text(item, "SpillHash");
    return 0;
}

struct unum_str record_value(const struct record *record)
{
    return record->value.ptr ? record->value : record->user;
}

bool record_failed(const struct record *record)
{
    return record->error && record->has_to && unum_str_is(record->to, RECORD_FAILURE);
}

bool record_needs_spill(const struct record *record)
{
    size_t sum = record->user.len + record->value.len + record->fan_in.len + record->frames.len +
                 record->error_type.len + record->cause.len + record->by.len + record->to.len +
                 record->variables.len;
    return sum > RECORD_PART_SIZE;
}

static void outcome_attrs(const struct record *record, struct attrs *a)
{
    add_number(a, UNUM_STR("V"), RECORD_VERSION);
    add_text(a, UNUM_STR("Status"), record->error ? UNUM_STR("error") : UNUM_STR("ok"));
    add_text(a, UNUM_STR(STORE_NONCE), record->nonce);
    add_number(a, UNUM_STR(STORE_EXPIRES), record->expires_s);
    add_text(a, UNUM_STR("Machine"), record->machine);
    if (!record->spill.nonce.ptr) {
        add_text(a, UNUM_STR("User"), record->user);
        add_text(a, UNUM_STR("Value"), record->value);
    } else {
        add_text(a, UNUM_STR("SpillNonce"), record->spill.nonce);
        add_number(a, UNUM_STR("SpillParts"), record->spill.parts);
        add_number(a, UNUM_STR("SpillUser"), (int64_t)record->spill.user_len);
        add_number(a, UNUM_STR("SpillValue"), (int64_t)record->spill.value_len);
        add_text(a, UNUM_STR("SpillHash"), record->spill.sha256);
    }
    add_text(a, UNUM_STR("FanIn"), record->fan_in);
    if (record->has_to)
        add_text(a, UNUM_STR("To"), record->to);
    add_text(a, UNUM_STR("By"), record->by);
    add_text(a, UNUM_STR("Frames"), record->frames);
    add_text(a, UNUM_STR("Variables"), record->variables);
    add_nonzero(a, UNUM_STR("Visit"), record->visit);
    add_nonzero(a, UNUM_STR("Attempt"), record->attempt);
    if (record->to_visit != record->visit)
        add_nonzero(a, UNUM_STR("ToVisit"), record->to_visit);
    add_nonzero(a, UNUM_STR("Due"), record->due_ms);
    /* As a signed number: DynamoDB's numbers have 38 digits, readers of ours have int64. */
    add_nonzero(a, UNUM_STR("Seed"), (int64_t)record->seed);
    add_nonzero(a, UNUM_STR("Now"), record->now_ms);
    add_text(a, UNUM_STR("Error"), record->error_type);
    add_text(a, UNUM_STR("Cause"), unum_str_slice(record->cause, 0, UNUM_LIMIT_CAUSE));
}

/* The largest prefix of `text` up to `limit` bytes that does not cut a UTF-8 character. */
static struct unum_str whole_characters(struct unum_str text, size_t limit)
{
    if (text.len <= limit)
        return text;
    size_t len = limit;
    while (len > 0 && ((unsigned char)text.ptr[len] & 0xc0) == 0x80)
        len--;
    return unum_str_slice(text, 0, len);
}

struct spilling {
    const struct store *store;
    struct unum_str prefix, instance, nonce;
    const struct record *record;
    struct unum_arena *arena;
    struct hash_stream *hash;
    uint32_t parts;
};

static int write_parts(struct spilling *s, struct unum_str text, struct unum_err *err)
{
    while (text.len) {
        struct unum_str part = whole_characters(text, RECORD_PART_SIZE);
        text = unum_str_from_pos(text, part.len);
        struct attrs a = {.arena = s->arena};
        add_number(&a, UNUM_STR("V"), RECORD_VERSION);
        add_text(&a, UNUM_STR(STORE_NONCE), s->record->nonce);
        add_number(&a, UNUM_STR(STORE_EXPIRES), s->record->expires_s);
        add_text(&a, UNUM_STR("Part"), part);
        hash_stream_add(s->hash, part);
        struct unum_str key = part_key(s->arena, s->prefix, s->instance, s->nonce, s->parts++);
        int rc = s->store->ops->put(s->store->state, key, a.at, a.len, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static struct unum_str random_nonce(struct unum_arena *arena)
{
    unsigned char bytes[12];
    unum_random_bytes(bytes, sizeof(bytes));
    char *hex = unum_arena_alloc(arena, 2 * sizeof(bytes) + 1);
    hash_hex(bytes, sizeof(bytes), hex);
    return unum_str_of(hex, 2 * sizeof(bytes));
}

static int spill(const struct store *store, struct unum_str prefix, struct unum_str instance,
                 struct record *record, struct unum_arena *arena, struct unum_err *err)
{
    struct spilling s = {.store = store,
                         .prefix = prefix,
                         .instance = instance,
                         .nonce = random_nonce(arena),
                         .record = record,
                         .arena = arena,
                         .hash = hash_stream_new()};
    int rc = write_parts(&s, record->user, err);
    if (rc == 0)
        rc = write_parts(&s, record->value, err);
    unsigned char digest[HASH_SHA256_LEN];
    hash_stream_finish(s.hash, digest);
    hash_stream_free(s.hash);
    if (rc < 0)
        return rc;
    char *hex = unum_arena_alloc(arena, HASH_SHA256_HEX + 1);
    hash_hex(digest, sizeof(digest), hex);
    record->spill = (struct record_spill){.nonce = s.nonce,
                                          .parts = s.parts,
                                          .user_len = record->user.len,
                                          .value_len = record->value.len,
                                          .sha256 = unum_str_of(hex, HASH_SHA256_HEX)};
    return 0;
}

int record_create(const struct store *store, struct unum_str prefix, struct unum_str instance,
                  const struct record *record, struct unum_arena *arena, bool *ret_won,
                  struct record *ret, struct unum_err *err)
{
    struct record mine = *record;
    mine.present = true;
    mine.cause = whole_characters(mine.cause, UNUM_LIMIT_CAUSE);
    if (record_needs_spill(&mine)) {
        int rc = spill(store, prefix, instance, &mine, arena, err);
        if (rc < 0)
            return unum_err_wrap(err, "store the value of %.*s", UNUM_STR_ARG(instance));
    }
    struct attrs a = {.arena = arena};
    outcome_attrs(&mine, &a);
    struct store_item existing;
    int rc =
        store->ops->create(store->state, mine.nonce, record_outcome_key(arena, prefix, instance),
                           a.at, a.len, arena, &existing, err);
    if (rc == UNUM_E_EXISTS) {
        unum_err_clear(err);
        *ret_won = false;
        return record_parse(&existing, ret, err);
    }
    if (rc < 0)
        return unum_err_wrap(err, "record the outcome of %.*s", UNUM_STR_ARG(instance));
    *ret_won = true;
    *ret = mine;
    return 0;
}

/* ---- failed attempts ---- */

int record_attempt_parse(const struct store_item *item, struct attempt_record *ret,
                         struct unum_err *err)
{
    *ret = (struct attempt_record){0};
    if (!item->present)
        return 0;
    int rc = check_version(item, "a failed attempt", err);
    if (rc < 0)
        return rc;
    struct unum_str verdict = store_text(item, "Verdict");
    if (!unum_str_is(verdict, "retry") && !unum_str_is(verdict, "final"))
        return unum_err_set(err, UNUM_E_PARSE, "a failed attempt with verdict \"%.*s\"",
                            UNUM_STR_ARG(verdict));
    *ret = (struct attempt_record){.present = true,
                                   .retry = unum_str_is(verdict, "retry"),
                                   .nonce = store_text(item, STORE_NONCE),
                                   .expires_s = number_of(item, STORE_EXPIRES),
                                   .error_type = store_text(item, "Error"),
                                   .cause = store_text(item, "Cause"),
                                   .counts = optional_text(item, "Counts"),
                                   .by = optional_text(item, "By"),
                                   .due_ms = number_of(item, "Due")};
    return 0;
}

int record_attempt_create(const struct store *store, struct unum_str prefix,
                          struct unum_str instance, uint32_t attempt,
                          const struct attempt_record *mine, struct unum_arena *arena,
                          struct attempt_record *ret, struct unum_err *err)
{
    struct attrs a = {.arena = arena};
    add_number(&a, UNUM_STR("V"), RECORD_VERSION);
    add_text(&a, UNUM_STR("Verdict"), mine->retry ? UNUM_STR("retry") : UNUM_STR("final"));
    add_text(&a, UNUM_STR(STORE_NONCE), mine->nonce);
    add_number(&a, UNUM_STR(STORE_EXPIRES), mine->expires_s);
    add_text(&a, UNUM_STR("Error"), mine->error_type);
    add_text(&a, UNUM_STR("Cause"), whole_characters(mine->cause, UNUM_LIMIT_CAUSE));
    add_text(&a, UNUM_STR("Counts"), mine->counts);
    add_text(&a, UNUM_STR("By"), mine->by);
    add_nonzero(&a, UNUM_STR("Due"), mine->due_ms);
    struct store_item existing;
    int rc = store->ops->create(store->state, mine->nonce,
                                record_attempt_key(arena, prefix, instance, attempt), a.at, a.len,
                                arena, &existing, err);
    if (rc == UNUM_E_EXISTS) {
        unum_err_clear(err);
        return record_attempt_parse(&existing, ret, err);
    }
    if (rc < 0)
        return unum_err_wrap(err, "record the failed attempt %" PRIu32 " of %.*s", attempt,
                             UNUM_STR_ARG(instance));
    *ret = *mine;
    ret->present = true;
    return 0;
}

/* ---- reading spilled values ---- */

static int check_parts(const struct record_spill *spill, struct unum_str all,
                       struct unum_str instance, struct unum_err *err)
{
    char hex[HASH_SHA256_HEX + 1];
    hash_sha256_hex(all, hex);
    if (all.len == spill->user_len + spill->value_len && unum_str_is(spill->sha256, hex))
        return 0;
    return unum_err_set(err, UNUM_E_PARSE,
                        "the stored value of %.*s is damaged (%zu bytes, hash %s)",
                        UNUM_STR_ARG(instance), all.len, hex);
}

int record_load(const struct store *store, struct unum_str prefix, struct unum_str instance,
                struct record *record, struct unum_arena *arena, struct unum_err *err)
{
    const struct record_spill *spill = &record->spill;
    if (!spill->nonce.ptr || record->user.ptr || record->value.ptr)
        return 0;
    if (spill->user_len > UNUM_LIMIT_HTTP_BODY || spill->value_len > UNUM_LIMIT_GATHER ||
        spill->parts > (UNUM_LIMIT_HTTP_BODY + UNUM_LIMIT_GATHER) / RECORD_PART_SIZE * 2)
        return unum_err_set(err, UNUM_E_LIMIT, "the stored value of %.*s is too large",
                            UNUM_STR_ARG(instance));
    struct unum_str *keys = unum_arena_array(arena, spill->parts, sizeof(*keys));
    struct store_item *items = unum_arena_array(arena, spill->parts, sizeof(*items));
    for (uint32_t i = 0; i < spill->parts; i++)
        keys[i] = part_key(arena, prefix, instance, spill->nonce, i);
    int rc = store->ops->read(store->state, record->nonce, keys, spill->parts, arena, items, err);
    if (rc < 0)
        return unum_err_wrap(err, "read the value of %.*s", UNUM_STR_ARG(instance));
    size_t total = (size_t)(spill->user_len + spill->value_len);
    char *all = unum_arena_alloc(arena, total + 1);
    size_t len = 0;
    for (uint32_t i = 0; i < spill->parts; i++) {
        struct unum_str part = store_text(&items[i], "Part");
        if (!items[i].present || part.len > total - len)
            return unum_err_set(err, UNUM_E_PARSE, "part %" PRIu32 " of the value of %.*s is %s", i,
                                UNUM_STR_ARG(instance), items[i].present ? "too long" : "missing");
        if (part.len)
            memcpy(all + len, part.ptr, part.len);
        len += part.len;
    }
    rc = check_parts(spill, unum_str_of(all, len), instance, err);
    if (rc < 0)
        return rc;
    if (spill->user_len)
        record->user = unum_str_of(all, (size_t)spill->user_len);
    if (spill->value_len)
        record->value = unum_str_of(all + spill->user_len, (size_t)spill->value_len);
    return 0;
}

/* ---- the run record ---- */

int run_record_parse(const struct store_item *item, struct run_record *ret, struct unum_err *err)
{
    *ret = (struct run_record){0};
    if (!item->present)
        return 0;
    int rc = check_version(item, "a run record", err);
    if (rc < 0)
        return rc;
    *ret = (struct run_record){.present = true,
                               .nonce = store_text(item, STORE_NONCE),
                               .input_hash = store_text(item, "InputHash"),
                               .machine = optional_text(item, "Machine"),
                               .started_ms = number_of(item, "Started"),
                               .expires_s = number_of(item, STORE_EXPIRES),
                               .ended_ms = number_of(item, "Ended"),
                               .status = store_text(item, "Status"),
                               .output = optional_text(item, "Output"),
                               .output_ref = optional_text(item, "OutputRef"),
                               .error_type = optional_text(item, "Error"),
                               .cause = optional_text(item, "Cause")};
    return 0;
}

int run_record_create(const struct store *store, struct unum_str prefix,
                      const struct run_record *run, int64_t now_s, struct unum_arena *arena,
                      bool *ret_created, struct run_record *ret, struct unum_err *err)
{
    struct attrs a = {.arena = arena};
    add_number(&a, UNUM_STR("V"), RECORD_VERSION);
    add_text(&a, UNUM_STR(STORE_NONCE), run->nonce);
    add_number(&a, UNUM_STR(STORE_EXPIRES), run->expires_s);
    add_text(&a, UNUM_STR("InputHash"), run->input_hash);
    add_text(&a, UNUM_STR("Machine"), run->machine);
    add_number(&a, UNUM_STR("Started"), run->started_ms);
    add_text(&a, UNUM_STR("Status"), UNUM_STR("RUNNING"));
    struct store_item existing;
    int rc = store->ops->create_run(store->state, now_s, record_run_key(arena, prefix), a.at, a.len,
                                    arena, &existing, err);
    if (rc == UNUM_E_EXISTS) {
        unum_err_clear(err);
        *ret_created = false;
        return run_record_parse(&existing, ret, err);
    }
    if (rc < 0)
        return unum_err_wrap(err, "create the run record");
    *ret_created = true;
    *ret = *run;
    ret->present = true;
    ret->status = UNUM_STR("RUNNING");
    return 0;
}

int run_record_end(const struct store *store, struct unum_str prefix, const struct run_record *end,
                   struct unum_arena *arena, struct unum_err *err)
{
    struct attrs a = {.arena = arena};
    add_text(&a, UNUM_STR("Status"), end->status);
    add_text(&a, UNUM_STR("Output"), end->output);
    add_text(&a, UNUM_STR("OutputRef"), end->output_ref);
    add_text(&a, UNUM_STR("Error"), end->error_type);
    add_text(&a, UNUM_STR("Cause"), whole_characters(end->cause, UNUM_LIMIT_CAUSE));
    add_number(&a, UNUM_STR("Ended"), end->ended_ms);
    const struct store_update update = {.key = record_run_key(arena, prefix),
                                        .set = a.at,
                                        .set_len = a.len,
                                        .if_name = UNUM_STR("Status"),
                                        .if_text = UNUM_STR("RUNNING")};
    struct store_item now;
    int rc = store->ops->update(store->state, end->nonce, &update, arena, &now, err);
    if (rc == UNUM_E_CONFLICT) {
        unum_err_clear(err); /* it has ended already; the first end stays */
        return 0;
    }
    if (rc < 0)
        return unum_err_wrap(err, "record the end of the run");
    return 0;
}

int run_record_read(const struct store *store, struct unum_str app, struct unum_str session,
                    struct unum_arena *arena, struct run_record *ret, struct unum_err *err)
{
    struct unum_str prefix = record_prefix(arena, app, session);
    struct unum_str key = record_run_key(arena, prefix);
    struct store_item item;
    /* The nonce is what we want to learn: the empty one reads items of any. */
    int rc = store->ops->read(store->state, UNUM_STR_NONE, &key, 1, arena, &item, err);
    if (rc == 0)
        rc = run_record_parse(&item, ret, err);
    if (rc < 0 || !ret->output_ref.ptr || ret->output.ptr)
        return rc < 0 ? unum_err_wrap(err, "read the record of run %.*s", UNUM_STR_ARG(session))
                      : 0;
    struct unum_str outcome = record_outcome_key(arena, prefix, ret->output_ref);
    struct record record;
    rc = store->ops->read(store->state, ret->nonce, &outcome, 1, arena, &item, err);
    if (rc == 0)
        rc = record_parse(&item, &record, err);
    if (rc == 0 && !record.present)
        rc = unum_err_set(err, UNUM_E_NOTFOUND, "the outcome of %.*s is gone",
                          UNUM_STR_ARG(ret->output_ref));
    if (rc == 0)
        rc = record_load(store, prefix, ret->output_ref, &record, arena, err);
    if (rc < 0)
        return unum_err_wrap(err, "read the output of run %.*s", UNUM_STR_ARG(session));
    ret->output = record_value(&record);
    return 0;
}
