#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "package/build.h"
#include "package/elf.h"

static const unsigned machines[] = {[APP_ARCH_X86_64] = ELF_X86_64, [APP_ARCH_ARM64] = ELF_AARCH64};

/* e_machine (System V ABI); 0 if it is no ELF: a script runs everywhere. */
static int machine_of(const char *path, unsigned *ret, struct unum_err *err)
{
    unsigned char head[20] = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return unum_err_sys(err, errno, "open %s", path);
    ssize_t len = read(fd, head, sizeof(head));
    close(fd);
    bool elf =
        len == (ssize_t)sizeof(head) && elf_is(unum_str_of((const char *)head, sizeof(head)));
    *ret = elf ? (unsigned)head[18] | (unsigned)head[19] << 8 : 0;
    return 0;
}

static int check_node(const struct app *app, const struct compiled_node *node,
                      struct unum_arena *arena, struct unum_err *err)
{
    enum app_arch wanted = app_function_arch(app, node->function);
    struct unum_str below =
        unum_arena_printf(arena, ".unum/build/%.*s/bootstrap", UNUM_STR_ARG(node->node));
    char *UNUM_AUTO_FREE path = unum_path_join(app->dir, below.ptr);
    unsigned machine = 0;
    int rc = unum_file_exists(path) ? machine_of(path, &machine, err) : 0;
    if (rc < 0)
        return rc;
    if (!machine || machine == machines[wanted])
        return 0;
    const char *place = app_place(app, app_function(app, node->function), arena);
    unum_err_set(err, UNUM_E_INVAL, "%.*s is built for %s, not for %s", UNUM_STR_ARG(node->node),
                 app_arch_name(wanted == APP_ARCH_ARM64 ? APP_ARCH_X86_64 : APP_ARCH_ARM64),
                 app_arch_name(wanted));
    unum_err_hint(err, "build it again, or say --arch or Architectures for what it is");
    return place ? unum_err_wrap(err, "%s", place) : UNUM_E_INVAL;
}

int build_check_machines(const struct app *app, const struct compiled *compiled,
                         struct unum_err *err)
{
    struct unum_err UNUM_AUTO_ERR own = UNUM_ERR_INIT;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    int rc = 0;
    err = err ? err : &own;
    for (size_t i = 0; rc == 0 && i < compiled->len; i++)
        rc = check_node(app, &compiled->at[i], &arena, err);
    return rc;
}
