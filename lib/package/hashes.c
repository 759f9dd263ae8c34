#include "package/hashes.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "crypto/hash.h"

enum { COLUMNS = 4, SETTLE_NS = 1000000000 };

struct entry {
    int64_t mtime_ns, ctime_ns, size, inode;
    char hex[HASHES_HEX];
};

static bool is_hex(struct unum_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
    }
    return text.len == HASHES_HEX - 1;
}

/* "mtime ctime size inode hash path" */
static bool read_line(struct hashes *hashes, struct unum_str line)
{
    int64_t numbers[COLUMNS];
    struct unum_str part;
    for (size_t i = 0; i < COLUMNS; i++) {
        if (!unum_str_split(&line, ' ', &part) || !unum_str_to_i64(part, &numbers[i]))
            return false;
    }
    if (!unum_str_split(&line, ' ', &part) || !is_hex(part) || !line.len)
        return false;
    struct entry *entry = UNUM_ARENA_NEW(&hashes->arena, struct entry);
    *entry = (struct entry){numbers[0], numbers[1], numbers[2], numbers[3], {0}};
    memcpy(entry->hex, part.ptr, part.len);
    unum_map_set(&hashes->entries, line, entry);
    return true;
}

void hashes_init(struct hashes *hashes, const char *root, const char *path)
{
    *hashes = (struct hashes){.root = root};
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    if (unum_file_read(path, &text, NULL) < 0)
        return;
    struct unum_str rest = unum_buf_str(&text), line;
    while (unum_str_split(&rest, '\n', &line)) {
        if (line.len && !read_line(hashes, line))
            return;
    }
}

void hashes_done(struct hashes *hashes)
{
    unum_map_done(&hashes->entries);
    unum_arena_done(&hashes->arena);
}

int hashes_save(struct hashes *hashes, const char *path, struct unum_err *err)
{
    if (!hashes->changed)
        return 0;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    for (struct unum_map_entry *at = unum_map_next(&hashes->entries, NULL); at;
         at = unum_map_next(&hashes->entries, at)) {
        const struct entry *entry = at->value;
        unum_buf_printf(&text, "%lld %lld %lld %lld %s %.*s\n", (long long)entry->mtime_ns,
                        (long long)entry->ctime_ns, (long long)entry->size, (long long)entry->inode,
                        entry->hex, UNUM_STR_ARG(at->key));
    }
    /* Too much to remember: the next build hashes again. */
    if (text.failed)
        unum_buf_clear(&text);
    hashes->changed = false;
    return unum_file_write(path, unum_buf_str(&text), 0644, err);
}

static int64_t nanoseconds(struct timespec time)
{
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int hashes_file(struct hashes *hashes, struct unum_str path, char ret[HASHES_HEX],
                struct unum_err *err)
{
    char *UNUM_AUTO_FREE relative = unum_str_dup(path);
    char *UNUM_AUTO_FREE full = unum_path_join(hashes->root, relative);
    struct stat st;
    if (stat(full, &st) != 0)
        return unum_err_sys(err, errno, "open %s", full);
    struct entry now = {nanoseconds(st.st_mtim),
                        nanoseconds(st.st_ctim),
                        (int64_t)st.st_size,
                        (int64_t)st.st_ino,
                        {0}};
    const struct entry *known = unum_map_get(&hashes->entries, path);
    if (known && known->mtime_ns == now.mtime_ns && known->ctime_ns == now.ctime_ns &&
        known->size == now.size && known->inode == now.inode) {
        memcpy(ret, known->hex, HASHES_HEX);
        return 0;
    }
    int64_t started_ns = unum_wall_ms(&unum_clock_system) * 1000000;
    struct unum_buf UNUM_AUTO_BUF content = UNUM_BUF_INIT(UNUM_LIMIT_BUNDLE);
    int rc = unum_file_read(full, &content, err);
    if (rc < 0)
        return rc;
    hash_sha256_hex(unum_buf_str(&content), now.hex);
    memcpy(ret, now.hex, HASHES_HEX);
    bool settled = now.mtime_ns < started_ns - SETTLE_NS && now.ctime_ns < started_ns - SETTLE_NS;
    if (settled && unum_str_find(path, '\n') == SIZE_MAX) {
        struct entry *entry = UNUM_ARENA_NEW(&hashes->arena, struct entry);
        *entry = now;
        unum_map_set(&hashes->entries, path, entry);
        hashes->changed = true;
    }
    return 0;
}
