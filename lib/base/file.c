#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/path.h"

static int read_fd(int fd, const char *path, struct unum_buf *out, struct unum_err *err)
{
    for (;;) {
        size_t step = 64 * UNUM_KB;
        if (out->max - out->len < step)
            step =
                out->max - out->len + 1; /* one more than allowed tells "full" from "too large" */
        char chunk[64 * UNUM_KB];
        ssize_t got = read(fd, chunk, step < sizeof(chunk) ? step : sizeof(chunk));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return unum_err_sys(err, errno, "read %s", path);
        if (got == 0)
            return 0;
        unum_buf_add(out, unum_str_of(chunk, (size_t)got));
        if (out->failed)
            return unum_err_set(err, UNUM_E_LIMIT, "%s is larger than %zu bytes", path, out->max);
    }
}

int unum_file_read(const char *path, struct unum_buf *out, struct unum_err *err)
{
    if (strcmp(path, "-") == 0)
        return read_fd(STDIN_FILENO, "standard input", out, err);
    int UNUM_AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return unum_err_sys(err, errno, "open %s", path);
    return read_fd(fd, path, out, err);
}

static int write_all(int fd, struct unum_str content)
{
    while (content.len) {
        ssize_t put = write(fd, content.ptr, content.len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return errno;
        content = unum_str_from_pos(content, (size_t)put);
    }
    return 0;
}

static int fill_temp(int fd, struct unum_str content, mode_t mode, bool flush)
{
    int failed = write_all(fd, content);
    if (!failed && fchmod(fd, mode) != 0)
        failed = errno;
    if (!failed && flush && fsync(fd) != 0 && errno != EINVAL && errno != EROFS)
        failed = errno;
    if (close(fd) != 0 && !failed)
        failed = errno;
    return failed;
}

static int replace(const char *path, struct unum_str content, mode_t mode, bool flush,
                   struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF temp = UNUM_BUF_INIT(2 * UNUM_LIMIT_PATH);
    struct unum_str dir = unum_path_dir(unum_str_from(path));
    struct unum_str base = unum_path_base(unum_str_from(path));
    unum_buf_printf(&temp, "%.*s/.%.*s.XXXXXX", UNUM_STR_ARG(dir), UNUM_STR_ARG(base));
    if (temp.failed)
        return unum_err_set(err, UNUM_E_LIMIT, "write %s: the path is too long", path);
    int fd = mkostemp(temp.ptr, O_CLOEXEC);
    if (fd < 0)
        return unum_err_sys(err, errno, "write %s", path);
    int failed = fill_temp(fd, content, mode, flush);
    if (!failed && rename(temp.ptr, path) != 0)
        failed = errno;
    if (!failed)
        return 0;
    unlink(temp.ptr);
    return unum_err_sys(err, failed, "write %s", path);
}

int unum_file_write(const char *path, struct unum_str content, mode_t mode, struct unum_err *err)
{
    return replace(path, content, mode, true, err);
}

int unum_file_update(const char *path, struct unum_str content, mode_t mode, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF old = UNUM_BUF_INIT(content.len);
    struct stat st;
    if (stat(path, &st) == 0 && (st.st_mode & 0777) == mode &&
        unum_file_read(path, &old, NULL) == 0 && unum_str_eq(unum_buf_str(&old), content))
        return 0;
    return replace(path, content, mode, false, err);
}

int unum_file_copy(const char *from, const char *to, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF content = UNUM_BUF_INIT(UNUM_LIMIT_BUNDLE);
    struct stat st;
    if (stat(from, &st) != 0)
        return unum_err_sys(err, errno, "open %s", from);
    int rc = unum_file_read(from, &content, err);
    if (rc < 0)
        return rc;
    return unum_file_write(to, unum_buf_str(&content), st.st_mode & 0100 ? 0755 : 0644, err);
}

bool unum_file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

bool unum_is_dir(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int64_t unum_file_mtime_ns(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return -1;
    return (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
}

int unum_make_dirs(const char *path, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF part = UNUM_BUF_INIT(2 * UNUM_LIMIT_PATH);
    for (const char *at = path; *at;) {
        const char *end = at + strspn(at, "/");
        end += strcspn(end, "/");
        unum_buf_add(&part, unum_str_of(at, (size_t)(end - at)));
        at = end;
        if (part.failed)
            return unum_err_set(err, UNUM_E_LIMIT, "create %s: the path is too long", path);
        if (mkdir(unum_buf_text(&part), 0777) != 0 && errno != EEXIST)
            return unum_err_sys(err, errno, "create folder %s", unum_buf_text(&part));
    }
    if (!unum_is_dir(path))
        return unum_err_sys(err, ENOTDIR, "create folder %s", path);
    return 0;
}

static int remove_at(int parent, const char *name, int depth);

static int remove_children(int dir_fd, int depth)
{
    DIR *dir = fdopendir(dir_fd);
    if (!dir) {
        close(dir_fd);
        return errno;
    }
    int failed = 0;
    const struct dirent *entry;
    while (!failed &&
           (entry = readdir(dir))) { // NOLINT(concurrency-mt-unsafe): one stream, one thread
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            failed = remove_at(dirfd(dir), entry->d_name, depth + 1);
    }
    closedir(dir);
    return failed;
}

static int remove_at(int parent, const char *name, int depth)
{
    if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR && errno != EPERM)
        return errno;
    if (depth > UNUM_LIMIT_TREE_DEPTH)
        return ELOOP;
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int failed = remove_children(fd, depth);
    if (!failed && unlinkat(parent, name, AT_REMOVEDIR) != 0)
        failed = errno;
    return failed;
}

int unum_remove_tree(const char *path, struct unum_err *err)
{
    int failed = remove_at(AT_FDCWD, path, 0);
    return failed ? unum_err_sys(err, failed, "remove %s", path) : 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int unum_list_dir(const char *path, struct unum_names *ret, struct unum_err *err)
{
    DIR *dir = opendir(path);
    if (!dir)
        return unum_err_sys(err, errno, "open folder %s", path);
    *ret = (struct unum_names){0};
    const struct dirent *entry;
    while ((entry = readdir(dir))) { // NOLINT(concurrency-mt-unsafe): one stream, one thread
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            *unum_vec_push(&ret->list) = unum_strdup(entry->d_name);
    }
    closedir(dir);
    if (ret->list.len)
        qsort(ret->list.at, ret->list.len, sizeof(char *), by_name);
    return 0;
}

void unum_names_done(struct unum_names *names)
{
    for (size_t i = 0; i < names->list.len; i++)
        free(names->list.at[i]);
    unum_vec_done(&names->list);
}

int unum_make_temp_dir(const char *prefix, char **ret_path, struct unum_err *err)
{
    const char *base = getenv("TMPDIR"); // NOLINT(concurrency-mt-unsafe): nobody calls setenv
    struct unum_buf UNUM_AUTO_BUF path = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    unum_buf_printf(&path, "%s/%s.XXXXXX", base && *base ? base : "/tmp", prefix);
    if (path.failed || !mkdtemp(path.ptr))
        return unum_err_sys(err, path.failed ? ENAMETOOLONG : errno, "create a temporary folder");
    *ret_path = unum_buf_take(&path);
    return 0;
}

int unum_lock_file(const char *path, int *ret_fd, struct unum_err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0)
        return unum_err_sys(err, errno, "open lock %s", path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        struct unum_buf UNUM_AUTO_BUF holder = UNUM_BUF_INIT(32);
        int ignored = read_fd(fd, path, &holder, NULL);
        (void)ignored;
        struct unum_str pid = unum_str_trim(unum_buf_str(&holder));
        close(fd);
        return unum_err_set(err, UNUM_E_CONFLICT, "%s is in use by process %.*s", path,
                            UNUM_STR_ARG(pid));
    }
    struct unum_buf UNUM_AUTO_BUF mine = UNUM_BUF_INIT(32);
    unum_buf_printf(&mine, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) != 0 || write_all(fd, unum_buf_str(&mine)) != 0) {
        int failed = errno;
        close(fd);
        return unum_err_sys(err, failed, "write lock %s", path);
    }
    *ret_fd = fd;
    return 0;
}
