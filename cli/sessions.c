#include "sessions.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/rand.h"

enum { KEPT = 200 };

int sessions_read(const char *app_dir, struct unum_buf *out)
{
    char *UNUM_AUTO_FREE path = unum_path_join(app_dir, ".unum/sessions");
    return unum_file_read(path, out, NULL);
}

int sessions_add(const char *app_dir, struct unum_str session, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF old = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_buf UNUM_AUTO_BUF kept = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    char *UNUM_AUTO_FREE dir = unum_path_join(app_dir, ".unum");
    char *UNUM_AUTO_FREE path = unum_path_join(dir, "sessions");
    char *UNUM_AUTO_FREE lock_path = unum_path_join(dir, "sessions.lock");
    int UNUM_AUTO_FD lock = -1;
    int rc = unum_make_dirs(dir, err);
    if (rc == 0)
        rc = unum_lock_file(lock_path, &lock, err);
    if (rc == UNUM_E_CONFLICT)
        return 0; /* another command is writing; the list is a convenience */
    if (rc < 0)
        return rc;
    size_t lines = 0;
    if (unum_file_read(path, &old, NULL) == 0) {
        struct unum_str rest = unum_buf_str(&old), line;
        while (unum_str_split(&rest, '\n', &line))
            lines += line.len > 0;
    }
    struct unum_str rest = unum_buf_str(&old), line;
    while (unum_str_split(&rest, '\n', &line)) {
        bool keep = line.len && lines < KEPT && !unum_str_eq(line, session);
        lines -= line.len > 0 && lines >= KEPT;
        if (keep)
            unum_buf_printf(&kept, "%.*s\n", UNUM_STR_ARG(line));
    }
    unum_buf_printf(&kept, "%.*s\n", UNUM_STR_ARG(session));
    return unum_file_write(path, unum_buf_str(&kept), 0644, err);
}

int sessions_last(const char *app_dir, char **ret, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF all = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    if (sessions_read(app_dir, &all) < 0 || !all.len) {
        unum_err_set(err, UNUM_E_NOTFOUND, "nothing has been run from this folder yet");
        return unum_err_hint(err, "start a run: unum run");
    }
    struct unum_str text = unum_str_trim(unum_buf_str(&all));
    size_t at = unum_str_rfind(text, '\n');
    *ret = unum_str_dup(unum_str_from_pos(text, at == SIZE_MAX ? 0 : at + 1));
    return 0;
}

void sessions_make(struct unum_buf *out)
{
    unsigned char bytes[4];
    unum_random_bytes(bytes, sizeof(bytes));
    unum_time_basic(unum_wall_ms(&unum_clock_system), out);
    unum_buf_addc(out, '-');
    unum_buf_hex(out, bytes, sizeof(bytes));
}
