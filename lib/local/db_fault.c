#include "local/db_fault.h"

#include "base/limits.h"
#include "json/json.h"

struct fault_row {
    const char *type, *message_key;
    int status, rc;
};

static const struct fault_row rows[] = {[DB_NO_FAULT] = {"", "message", 200, UNUM_E_BUG},
#define DB_FAULT_ROW(name, type, status, key, rc) [DB_##name] = {type, key, status, UNUM_E_##rc},
                                        DB_FAULT_TABLE(DB_FAULT_ROW)
#undef DB_FAULT_ROW
};

static UNUM_PRINTF(2, 0) struct unum_str
    format_text(struct unum_arena *arena, const char *format, va_list args)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    unum_buf_vprintf(&text, format, args);
    if (text.failed)
        return UNUM_STR("(the message is too long to be shown)");
    return unum_arena_str(arena, unum_buf_str(&text));
}

int db_refuse(struct db_fault *fault, enum db_fault_type type, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fault->type = type;
    fault->message = format_text(fault->arena, format, args);
    va_end(args);
    return rows[type].rc;
}

int db_fault_wrap(struct db_fault *fault, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct unum_str before = format_text(fault->arena, format, args);
    va_end(args);
    fault->message = unum_arena_printf(fault->arena, "%.*s%.*s", UNUM_STR_ARG(before),
                                       UNUM_STR_ARG(fault->message));
    return rows[fault->type].rc;
}

int db_refuse_state(struct db_fault *fault, struct unum_err *err)
{
    int rc;
    if (err->hint)
        rc =
            db_refuse(fault, DB_INTERNAL, "local platform: %s (%s)", unum_err_text(err), err->hint);
    else
        rc = db_refuse(fault, DB_INTERNAL, "local platform: %s", unum_err_text(err));
    unum_err_clear(err);
    return rc;
}

int db_fault_write(const struct db_fault *fault, struct unum_buf *out)
{
    const struct fault_row *row = &rows[fault->type];
    struct json_writer w = JSON_WRITER(out);
    json_object_begin(&w);
    json_key(&w, "__type");
    json_strings(&w, row->type);
    if (fault->item.ptr) {
        json_key(&w, "Item");
        json_raw(&w, fault->item);
    }
    if (fault->reasons.ptr) {
        json_key(&w, "CancellationReasons");
        json_raw(&w, fault->reasons);
    }
    json_key(&w, row->message_key);
    json_string(&w, fault->message);
    json_object_end(&w);
    return row->status;
}
