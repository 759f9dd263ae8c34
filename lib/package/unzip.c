#include "package/unzip.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <zip.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/path.h"

static int is_damaged(struct unum_err *err, const char *name, const char *why)
{
    return unum_err_set(err, UNUM_E_PARSE, "zip entry %s: %s", name, why);
}

static int read_entry(zip_t *zip, const zip_stat_t *stat, struct unum_buf *out,
                      struct unum_err *err)
{
    zip_file_t *file = zip_fopen_index(zip, stat->index, 0);
    if (!file)
        return is_damaged(err, stat->name, zip_error_strerror(zip_get_error(zip)));
    char chunk[32 * 1024];
    zip_int64_t got;
    while ((got = zip_fread(file, chunk, sizeof(chunk))) > 0)
        unum_buf_add(out, unum_str_of(chunk, (size_t)got));
    (void)zip_fclose(file);
    if (out->failed)
        return unum_err_set(err, UNUM_E_LIMIT, "the zip holds more than %zu MB",
                            UNUM_LIMIT_BUNDLE / UNUM_MB);
    if (got < 0 || out->len != stat->size)
        return is_damaged(err, stat->name, "its content is damaged");
    return 0;
}

/* Permissions as Unix archivers leave them; a link is told by its type. */
static int mode_of(zip_t *zip, const zip_stat_t *stat, mode_t *ret, struct unum_err *err)
{
    zip_uint8_t system = 0;
    zip_uint32_t attributes = 0;
    *ret = 0644;
    if (zip_file_get_external_attributes(zip, stat->index, 0, &system, &attributes) != 0 ||
        system != ZIP_OPSYS_UNIX)
        return 0;
    mode_t mode = (mode_t)(attributes >> 16);
    if (S_ISLNK(mode))
        return unum_err_set(err, UNUM_E_INVAL, "zip entry %s is a link", stat->name);
    if (mode & 0111)
        *ret = 0755;
    return 0;
}

static int unpack_entry(zip_t *zip, zip_uint64_t index, const char *dir, uint64_t *total,
                        struct unum_err *err)
{
    zip_stat_t stat;
    if (zip_stat_index(zip, index, 0, &stat) != 0 || !(stat.valid & ZIP_STAT_NAME) ||
        !(stat.valid & ZIP_STAT_SIZE))
        return unum_err_set(err, UNUM_E_PARSE, "the zip's directory is damaged");
    struct unum_str name = unum_str_from(stat.name);
    bool folder = unum_str_ends(name, UNUM_STR("/"));
    if (!unum_path_is_below(folder ? unum_str_slice(name, 0, name.len - 1) : name))
        return unum_err_set(err, UNUM_E_INVAL, "zip entry \"%s\" is not below the folder",
                            stat.name);
    char *UNUM_AUTO_FREE path = unum_path_join(dir, stat.name);
    if (folder)
        return unum_make_dirs(path, err);
    *total += stat.size;
    if (stat.size > UNUM_LIMIT_BUNDLE || *total > UNUM_LIMIT_BUNDLE)
        return unum_err_set(err, UNUM_E_LIMIT, "Unzipped size must be smaller than %zu bytes",
                            UNUM_LIMIT_BUNDLE);
    if ((stat.valid & ZIP_STAT_ENCRYPTION_METHOD) && stat.encryption_method != ZIP_EM_NONE)
        return unum_err_set(err, UNUM_E_INVAL, "zip entry %s is encrypted", stat.name);
    struct unum_buf UNUM_AUTO_BUF content = UNUM_BUF_INIT(UNUM_LIMIT_BUNDLE);
    mode_t mode = 0644;
    int rc = mode_of(zip, &stat, &mode, err);
    if (rc == 0)
        rc = read_entry(zip, &stat, &content, err);
    if (rc)
        return rc;
    char *UNUM_AUTO_FREE parent = unum_str_dup(unum_path_dir(unum_str_from(path)));
    rc = unum_make_dirs(parent, err);
    return rc ? rc : unum_file_write(path, unum_buf_str(&content), mode, err);
}

static int unpack(zip_t *zip, const char *dir, struct unum_err *err)
{
    zip_int64_t count = zip_get_num_entries(zip, 0);
    uint64_t total = 0;
    if (count > UNUM_LIMIT_BUNDLE_FILES)
        return unum_err_set(err, UNUM_E_LIMIT, "the zip holds more than %d files",
                            UNUM_LIMIT_BUNDLE_FILES);
    int rc = unum_make_dirs(dir, err);
    for (zip_int64_t i = 0; rc == 0 && i < count; i++)
        rc = unpack_entry(zip, (zip_uint64_t)i, dir, &total, err);
    return rc;
}

int unzip_folder(struct unum_str bytes, const char *dir, struct unum_err *err)
{
    zip_error_t failure;
    zip_error_init(&failure);
    zip_source_t *source = zip_source_buffer_create(bytes.ptr, bytes.len, 0, &failure);
    zip_t *zip = source ? zip_open_from_source(source, ZIP_RDONLY, &failure) : NULL;
    if (!zip) {
        int rc =
            unum_err_set(err, UNUM_E_PARSE, "no zip archive: %s", zip_error_strerror(&failure));
        zip_source_free(source);
        zip_error_fini(&failure);
        return rc;
    }
    zip_error_fini(&failure);
    int rc = unum_file_exists(dir) ? unum_err_set(err, UNUM_E_EXISTS, "%s is there already", dir)
                                   : unpack(zip, dir, err);
    zip_discard(zip);
    if (rc && rc != UNUM_E_EXISTS)
        (void)!unum_remove_tree(dir, NULL);
    return rc;
}
