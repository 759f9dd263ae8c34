/* Scan and Query. */
#include "base/limits.h"
#include "local/db_operation.h"

enum { PAGE_BYTES = 1024 * 1024, MOST_SEGMENTS = 1000000 };

enum select { SELECT_DEFAULT, ALL_ATTRIBUTES, SPECIFIC_ATTRIBUTES, COUNT_ONLY };

struct page {
    struct db_call *c;
    struct db_table table;
    struct db_reading reading;
    const struct db_condition *filter, *key_condition;
    enum select select;
    size_t level;
    int64_t limit, segment, segments;
    struct unum_str start; /* ptr NULL: from the first */
    /* While reading: */
    int64_t scanned, count;
    size_t bytes;
    struct unum_str last; /* key of the record read last */
    bool more;
    int rc;
};

static int read_select(struct db_call *c, struct page *p)
{
    static const char *const choices[] = {"ALL_ATTRIBUTES", "SPECIFIC_ATTRIBUTES", "COUNT", NULL};
    size_t choice = 0;
    if (!c->params.at[DB_P_SELECT].ptr)
        return 0;
    int rc = db_param_choice(c, &c->params, DB_P_SELECT, choices, &choice);
    if (rc)
        return rc;
    p->select = (enum select)(choice + ALL_ATTRIBUTES);
    bool projected = c->params.at[DB_P_PROJECTION].ptr != NULL;
    if (p->select == SPECIFIC_ATTRIBUTES && !projected)
        return db_refuse(c->fault, DB_VALIDATION,
                         "Must specify the AttributesToGet or ProjectionExpression when choosing "
                         "to get SPECIFIC_ATTRIBUTES");
    if (p->select != SPECIFIC_ATTRIBUTES && projected)
        return db_refuse(c->fault, DB_VALIDATION,
                         "Cannot specify the ProjectionExpression when choosing to get %s",
                         p->select == COUNT_ONLY ? "only the Count" : "ALL_ATTRIBUTES");
    return 0;
}

static int parse_expressions(struct db_call *c, struct page *p)
{
    const struct db_params *params = &c->params;
    struct db_scope *scope = &p->reading.scope;
    bool tests = params->at[DB_P_FILTER].ptr || params->at[DB_P_KEY_CONDITION].ptr;
    if (params->at[DB_P_NAMES].ptr && !tests && !params->at[DB_P_PROJECTION].ptr)
        return db_refuse(c->fault, DB_VALIDATION,
                         "ExpressionAttributeNames can only be specified when using expressions");
    if (params->at[DB_P_VALUES].ptr && !tests)
        return db_refuse(c->fault, DB_VALIDATION,
                         "ExpressionAttributeValues can only be specified when using expressions: "
                         "FilterExpression is null");
    int rc =
        db_scope_read(params->at[DB_P_NAMES], params->at[DB_P_VALUES], c->arena, scope, c->fault);
    if (!rc && params->at[DB_P_KEY_CONDITION].ptr)
        rc = db_condition_parse(db_param_text(c, params, DB_P_KEY_CONDITION),
                                "KeyConditionExpression", scope, &p->key_condition, c->fault);
    if (!rc && params->at[DB_P_FILTER].ptr)
        rc = db_condition_parse(db_param_text(c, params, DB_P_FILTER), "FilterExpression", scope,
                                &p->filter, c->fault);
    if (!rc && params->at[DB_P_PROJECTION].ptr)
        rc = db_projection_parse(db_param_text(c, params, DB_P_PROJECTION), scope,
                                 &p->reading.projection, c->fault);
    return rc ? rc : db_scope_check_used(scope, c->fault);
}

static int read_segment(struct db_call *c, struct page *p)
{
    bool segment = c->params.at[DB_P_SEGMENT].ptr, segments = c->params.at[DB_P_SEGMENTS].ptr;
    if (segment != segments)
        return db_refuse(c->fault, DB_VALIDATION,
                         "The %s parameter is required but was not present in the request when %s",
                         segment ? "TotalSegments" : "Segment",
                         segment ? "Segment parameter is present"
                                 : "parameter TotalSegments is present");
    int rc = db_param_number(c, &c->params, DB_P_SEGMENTS, 1, MOST_SEGMENTS, &p->segments);
    if (!rc)
        rc = db_param_number(c, &c->params, DB_P_SEGMENT, 0, MOST_SEGMENTS - 1, &p->segment);
    if (!rc && segment && p->segment >= p->segments)
        return db_refuse(c->fault, DB_VALIDATION,
                         "The Segment parameter is zero-based and must be less than parameter "
                         "TotalSegments: Segment: %lld is not less than TotalSegments: %lld",
                         (long long)p->segment, (long long)p->segments);
    return rc;
}

static int read_page(struct db_call *c, struct page *p)
{
    *p = (struct page){.c = c, .limit = INT64_MAX, .segments = 1, .start = UNUM_STR_NONE};
    int rc = db_capacity_wanted(c, &p->level);
    if (!rc)
        rc = db_param_number(c, &c->params, DB_P_LIMIT, 1, INT64_MAX, &p->limit);
    if (!rc)
        rc = read_select(c, p);
    if (!rc)
        rc = read_segment(c, p);
    if (!rc)
        rc = parse_expressions(c, p);
    if (!rc)
        rc = db_table_of(c, &c->params, &p->table);
    if (rc || !c->params.at[DB_P_START_KEY].ptr)
        return rc;
    rc = db_key_read(c, c->params.at[DB_P_START_KEY], &p->table, &p->start);
    return rc ? db_fault_wrap(c->fault, "The provided starting key is invalid: ") : 0;
}

static int pass_filter(struct page *p, const struct db_record *record, bool *ret)
{
    *ret = true;
    if (!p->filter)
        return 0;
    struct db_value item;
    int rc = db_item_read(record->text, p->c->arena, &item, p->c->fault);
    *ret = !rc && db_condition_holds(p->filter, &item);
    return rc;
}

static bool take_record(void *cookie, const struct db_record *record)
{
    struct page *p = cookie;
    if (p->segments > 1 &&
        unum_str_hash(record->key) % (uint64_t)p->segments != (uint64_t)p->segment)
        return true;
    bool wanted = false;
    p->rc = pass_filter(p, record, &wanted);
    if (p->rc)
        return false;
    p->scanned++;
    p->bytes += record->size;
    p->last = unum_arena_str(p->c->arena, record->key);
    if (wanted) {
        p->count++;
        if (p->select != COUNT_ONLY)
            p->rc = db_reading_write(p->c, &p->reading, record);
    }
    p->more = p->scanned >= p->limit || p->bytes >= PAGE_BYTES;
    return !p->rc && !p->more;
}

static int write_page(struct page *p, int (*read)(struct page *p))
{
    struct db_call *c = p->c;
    struct json_writer *w = &c->w;
    json_object_begin(w);
    if (p->select != COUNT_ONLY) {
        json_key(w, "Items");
        json_array_begin(w);
    }
    int rc = read(p);
    if (rc)
        return rc;
    if (p->select != COUNT_ONLY)
        json_array_end(w);
    json_key(w, "Count");
    json_int(w, p->count);
    json_key(w, "ScannedCount");
    json_int(w, p->scanned);
    if (p->more) {
        json_key(w, "LastEvaluatedKey");
        db_key_write(&p->table, p->last, w);
    }
    uint64_t halves = db_read_halves(p->bytes, db_param_true(&c->params, DB_P_CONSISTENT_READ));
    db_charge_read(c, halves);
    if (p->level) {
        json_key(w, "ConsumedCapacity");
        db_capacity_write(c, p->table.name, halves, p->level);
    }
    json_object_end(w);
    return 0;
}

static int scan_table(struct page *p)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    const struct db_state *state = &p->c->db->state;
    if (state->ops->scan(state->state, p->table.name, p->start, take_record, p, &err))
        return db_broken(p->c, &err);
    return p->rc;
}

int db_scan(struct db_call *c)
{
    struct page p;
    int rc = read_page(c, &p);
    return rc ? rc : write_page(&p, scan_table);
}

/* The key that "<partition key> = :value" names, either way round. */
static int read_key_condition(struct page *p, struct unum_str *ret)
{
    const struct db_condition *test = p->key_condition;
    struct db_fault *fault = p->c->fault;
    if (!test)
        return db_refuse(fault, DB_VALIDATION,
                         "Either the KeyConditions or KeyConditionExpression parameter must be "
                         "specified in the request.");
    if (test->test != DB_TEST_EQ)
        return db_refuse(fault, DB_VALIDATION, "Query key condition not supported");
    bool path_first = test->operands[0].kind == DB_OPERAND_PATH;
    const struct db_operand *path = &test->operands[!path_first];
    const struct db_operand *value = &test->operands[path_first];
    if (path->kind != DB_OPERAND_PATH || value->kind != DB_OPERAND_LITERAL)
        return db_refuse(fault, DB_VALIDATION, "Query key condition not supported");
    if (path->path.len != 1 || !unum_str_eq(path->path.at[0].name, p->table.key))
        return db_refuse(fault, DB_VALIDATION, "Query condition missed key schema element: %.*s",
                         UNUM_STR_ARG(p->table.key));
    if (value->literal->type != DB_TYPE_S)
        return db_refuse(fault, DB_VALIDATION,
                         "One or more parameter values were invalid: Condition parameter type does "
                         "not match schema type");
    *ret = value->literal->text;
    return 0;
}

static int query_key(struct page *p)
{
    struct unum_str key = UNUM_STR_NONE;
    struct db_record record;
    int rc = read_key_condition(p, &key);
    if (!rc)
        rc = db_get(p->c, p->table.name, key, &record);
    if (rc || !record.text.ptr)
        return rc;
    (void)take_record(p, &record);
    p->more = false; /* a partition has one item */
    return p->rc;
}

/* The key belongs into the key condition. */
static bool tests_key(const struct db_condition *test, struct unum_str key)
{
    if (!test)
        return false;
    for (size_t i = 0; i < test->len; i++) {
        const struct db_path *path = &test->operands[i].path;
        if (path->len && unum_str_eq(path->at[0].name, key))
            return true;
    }
    return tests_key(test->left, key) || tests_key(test->right, key);
}

int db_query(struct db_call *c)
{
    struct page p;
    int rc = read_page(c, &p);
    if (rc)
        return rc;
    if (tests_key(p.filter, p.table.key))
        return db_refuse(c->fault, DB_VALIDATION,
                         "Filter Expression can only contain non-primary key attributes: Primary "
                         "key attribute: %.*s",
                         UNUM_STR_ARG(p.table.key));
    if (p.start.ptr)
        return db_refuse(c->fault, DB_VALIDATION,
                         "The query can return at most one row and cannot be restarted");
    return write_page(&p, query_key);
}
