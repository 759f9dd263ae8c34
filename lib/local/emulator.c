#include "local/emulator.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* e_machine (System V ABI, processor supplements) */
enum { X86_64 = 62, AARCH64 = 183 };
#if defined(__aarch64__)
#define HOST AARCH64
#else
#define HOST X86_64
#endif

static const struct machine {
    unsigned machine;
    const char *name, *emulators[2];
} machines[] = {
    {X86_64, "x86_64", {"qemu-x86_64-static", "qemu-x86_64"}},
    {AARCH64, "arm64", {"qemu-aarch64-static", "qemu-aarch64"}},
};

/* Of a 64-bit little-endian ELF; HOST for anything else, a script for instance. */
static unsigned machine_of(const char *program)
{
    unsigned char head[20] = {0};
    int fd = open(program, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, head, sizeof(head));
    if (fd >= 0)
        close(fd);
    if (len != (ssize_t)sizeof(head) || memcmp(head, "\177ELF\2\1", 6) != 0)
        return HOST;
    return (unsigned)head[18] | (unsigned)head[19] << 8;
}

static int start(const char *first, const char *second, const struct unum_proc_spec *spec,
                 pid_t *ret_pid, struct unum_err *err)
{
    const char *const argv[] = {first, second, NULL};
    struct unum_proc_spec own = *spec;
    own.argv = argv;
    return unum_proc_start(&own, ret_pid, err);
}

int emulator_start(const char *program, const struct unum_proc_spec *spec, pid_t *ret_pid,
                   struct unum_err *err)
{
    unsigned machine = machine_of(program);
    for (size_t i = 0; machine != HOST && i < UNUM_COUNT(machines); i++) {
        const struct machine *row = &machines[i];
        if (row->machine != machine)
            continue;
        for (size_t k = 0; k < UNUM_COUNT(row->emulators); k++) {
            int rc = start(row->emulators[k], program, spec, ret_pid, err);
            if (rc != UNUM_E_NOTFOUND)
                return rc;
        }
        unum_err_set(err, UNUM_E_UNSUPPORTED, "%s is built for %s, which this machine is not",
                     program, row->name);
        return unum_err_hint(err, "apt-get install qemu-user-static");
    }
    return start(program, NULL, spec, ret_pid, err);
}
