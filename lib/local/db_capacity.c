/* Capacity units: reads are 4 KB (half a unit when eventually consistent), writes 1 KB. */
#include "local/db_operation.h"

enum { READ_BYTES = 4096, WRITE_BYTES = 1024 };

int db_capacity_wanted(struct db_call *c, size_t *ret_level)
{
    static const char *const levels[] = {"NONE", "TOTAL", "INDEXES", NULL};
    return db_param_choice(c, &c->params, DB_P_RETURN_CAPACITY, levels, ret_level);
}

static uint64_t steps(size_t size, size_t step)
{
    return size ? (size + step - 1) / step : 1;
}

uint64_t db_read_halves(size_t size, bool consistent)
{
    return steps(size, READ_BYTES) * (consistent ? 2 : 1);
}

uint64_t db_write_halves(size_t size)
{
    return steps(size, WRITE_BYTES) * 2;
}

void db_charge_read(struct db_call *c, uint64_t halves)
{
    c->db->usage.read_halves += halves;
}

void db_charge_write(struct db_call *c, uint64_t halves)
{
    c->db->usage.write_units += halves / 2;
}

static void write_units(struct json_writer *w, uint64_t halves)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(64);
    unum_buf_addu(&text, halves / 2);
    unum_buf_adds(&text, halves % 2 ? ".5" : ".0");
    json_key(w, "CapacityUnits");
    json_raw(w, unum_buf_str(&text));
}

void db_capacity_write(struct db_call *c, struct unum_str table, uint64_t halves, size_t level)
{
    json_object_begin(&c->w);
    json_key(&c->w, "TableName");
    json_string(&c->w, table);
    write_units(&c->w, halves);
    if (level > 1) {
        json_key(&c->w, "Table");
        json_object_begin(&c->w);
        write_units(&c->w, halves);
        json_object_end(&c->w);
    }
    json_object_end(&c->w);
}
