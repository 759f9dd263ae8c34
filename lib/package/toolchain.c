#include "package/toolchain.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"

#if defined(__aarch64__)
#define HOST_ARCH APP_ARCH_ARM64
#else
#define HOST_ARCH APP_ARCH_X86_64
#endif

/* What differs between architectures. */
static const struct target {
    enum elf_machine machine;
    const char *name, *gcc, *gxx, *cc_variable, *cxx_variable, *triplet, *debian;
} targets[] = {
    [APP_ARCH_X86_64] = {ELF_X86_64, "x86_64", "x86_64-linux-gnu-gcc", "x86_64-linux-gnu-g++",
                         "UNUM_CC_X86_64", "UNUM_CXX_X86_64", "x86_64-linux-gnu", "amd64"},
    [APP_ARCH_ARM64] = {ELF_AARCH64, "arm64", "aarch64-linux-gnu-gcc", "aarch64-linux-gnu-g++",
                        "UNUM_CC_ARM64", "UNUM_CXX_ARM64", "aarch64-linux-gnu", "arm64"},
};

static const char *variable(const char *name)
{
    const char *value = getenv(name); // NOLINT(concurrency-mt-unsafe): nobody calls setenv
    return value && *value ? value : NULL;
}

const char *toolchain_package(const char *program)
{
    static const struct {
        const char *program, *install;
    } rows[] = {
        {"gcc", "apt-get install gcc libc6-dev"},
        {"cc", "apt-get install gcc libc6-dev"},
        {"g++", "apt-get install g++"},
        {"c++", "apt-get install g++"},
        {"clang", "apt-get install clang"},
        {"make", "apt-get install make"},
        {"cmake", "apt-get install cmake"},
        {"aarch64-linux-gnu-gcc", "apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross"},
        {"aarch64-linux-gnu-g++", "apt-get install g++-aarch64-linux-gnu libc6-dev-arm64-cross"},
        {"x86_64-linux-gnu-gcc", "apt-get install gcc-x86-64-linux-gnu libc6-dev-amd64-cross"},
        {"x86_64-linux-gnu-g++", "apt-get install g++-x86-64-linux-gnu libc6-dev-amd64-cross"},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        if (strcmp(program, rows[i].program) == 0)
            return rows[i].install;
    }
    return NULL;
}

const char *toolchain_program(const char *name, struct unum_arena *arena)
{
    if (strchr(name, '/'))
        return access(name, X_OK) == 0 ? name : NULL;
    const char *path = variable("PATH");
    struct unum_str rest = unum_str_from(path ? path : "/usr/bin:/bin"), dir;
    while (unum_str_split(&rest, ':', &dir)) {
        const char *full = unum_arena_printf(arena, "%.*s/%s", UNUM_STR_ARG(dir), name).ptr;
        if (dir.len && access(full, X_OK) == 0 && !unum_is_dir(full))
            return full;
    }
    return NULL;
}

static int missing(const char *program, const char *what, struct unum_err *err)
{
    unum_err_set(err, UNUM_E_NOTFOUND, "%s is not installed: it is needed to %s", program, what);
    const char *install = toolchain_package(program);
    return install ? unum_err_hint(err, "%s", install)
                   : unum_err_hint(err, "install it, or name another one with CC or CXX");
}

/* The compilers' command lines. A C++ compiler may be absent until it is needed. */
static int find_compilers(const struct target *target, struct unum_arena *arena,
                          struct toolchain *ret, struct unum_err *err)
{
    static const char *const hosts[] = {"gcc", "cc", "clang"};
    static const char *const cxx_hosts[] = {"g++", "c++", "clang++"};
    words_split(&ret->cc, variable(ret->cross ? target->cc_variable : "CC"));
    words_split(&ret->cxx, variable(ret->cross ? target->cxx_variable : "CXX"));
    for (size_t i = 0; !ret->cross && !ret->cc.len && i < UNUM_COUNT(hosts); i++) {
        if (toolchain_program(hosts[i], arena))
            words_add(&ret->cc, hosts[i]);
    }
    for (size_t i = 0; !ret->cross && !ret->cxx.len && i < UNUM_COUNT(cxx_hosts); i++) {
        if (toolchain_program(cxx_hosts[i], arena))
            words_add(&ret->cxx, cxx_hosts[i]);
    }
    if (!ret->cc.len)
        words_add(&ret->cc, ret->cross ? target->gcc : "gcc");
    if (!ret->cxx.len)
        words_add(&ret->cxx, ret->cross ? target->gxx : "g++");
    const char *cc = toolchain_program(ret->cc.at[0], arena);
    if (!cc)
        return missing(ret->cc.at[0], unum_arena_printf(arena, "compile for %s", target->name).ptr,
                       err);
    words_add(&ret->compiler_files, cc);
    const char *cxx = toolchain_program(ret->cxx.at[0], arena);
    if (cxx)
        words_add(&ret->compiler_files, cxx);
    return 0;
}

/* The target's static libraries: installed beside this machine's own (multiarch), where its
 * compiler finds them, or unpacked into a folder. */
static int find_libraries(const struct target *target, struct unum_arena *arena,
                          struct toolchain *ret, struct unum_err *err)
{
    static const char *const libraries[] = {"libssl.a", "libcrypto.a", "libcares.a"};
    const char *given = variable("UNUM_SYSROOT");
    char *UNUM_AUTO_FREE real = given ? realpath(given, NULL) : NULL;
    ret->sysroot = real ? unum_arena_str(arena, unum_str_from(real)).ptr : given;
    const char *lacking = NULL;
    for (size_t i = 0; !lacking && i < UNUM_COUNT(libraries); i++) {
        const char *path =
            unum_arena_printf(arena, "%s/usr/lib/%s/%s", ret->sysroot ? ret->sysroot : "",
                              target->triplet, libraries[i])
                .ptr;
        if (!unum_file_exists(path))
            lacking = path;
    }
    if (!lacking)
        return 0;
    unum_err_set(err, UNUM_E_NOTFOUND, "%s is not there: it is needed to link for %s", lacking,
                 target->name);
    if (ret->sysroot)
        return unum_err_hint(err,
                             "apt-get download libssl-dev:%s libc-ares-dev:%s, then dpkg -x each "
                             "into %s",
                             target->debian, target->debian, ret->sysroot);
    return unum_err_hint(err,
                         "dpkg --add-architecture %s && apt-get update && apt-get install "
                         "libssl-dev:%s libc-ares-dev:%s",
                         target->debian, target->debian, target->debian);
}

static int find_archive(const struct target *target, const struct build_options *options,
                        struct unum_arena *arena, struct toolchain *ret, struct unum_err *err)
{
    ret->archive =
        unum_arena_printf(arena, "%s/lib/unum/%s%s%s", ret->prefix,
                          ret->cross ? target->triplet : "", ret->cross ? "/" : "",
                          options->sanitize ? "libunum_runtime_asan.a" : "libunum_runtime.a")
            .ptr;
    if (unum_file_exists(ret->archive))
        return 0;
    unum_err_set(err, UNUM_E_NOTFOUND, "this installation of unum has no runtime for %s%s: %s",
                 target->name, options->sanitize ? " with sanitizers" : "", ret->archive);
    if (ret->cross && !options->sanitize)
        return unum_err_hint(err, "install unum again with -DUNUM_CROSS=ON: it says what it needs");
    return unum_err_hint(err,
                         options->sanitize ? "build without --sanitize" : "install unum again");
}

static void add_cflags(const struct build_options *options, struct toolchain *ret,
                       struct words *flags)
{
    if (options->sanitize) {
        words_split(flags, "-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined "
                           "-fno-sanitize-recover=undefined");
    } else if (options->debug) {
        words_split(flags, "-O0 -g");
    } else {
        words_split(flags, "-Os -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2");
    }
    words_split(flags, "-fPIE -ffunction-sections -fdata-sections -Wall");
    if (ret->sysroot)
        words_printf(flags, "-I%s/usr/include", ret->sysroot);
    words_printf(flags, "-I%s/include", ret->prefix);
}

void toolchain_none(enum app_arch arch, struct unum_arena *arena, struct toolchain *ret)
{
    struct words none = {.arena = arena};
    *ret = (struct toolchain){.machine = targets[arch].machine,
                              .cross = arch != HOST_ARCH,
                              .cc = none,
                              .cxx = none,
                              .cflags = none,
                              .cxxflags = none,
                              .compiler_files = none};
    /* Libraries are looked for where the compiler would find them. */
    words_add(&ret->cc, ret->cross ? targets[arch].gcc : "gcc");
}

int toolchain_find(enum app_arch arch, const struct build_options *options,
                   struct unum_arena *arena, struct toolchain *ret, struct unum_err *err)
{
    const struct target *target = &targets[arch];
    toolchain_none(arch, arena, ret);
    ret->cc = (struct words){.arena = arena};
    ret->prefix = options->prefix;
    int rc = find_compilers(target, arena, ret, err);
    if (rc == 0 && ret->cross)
        rc = find_libraries(target, arena, ret, err);
    if (rc == 0)
        rc = find_archive(target, options, arena, ret, err);
    if (rc < 0)
        return rc;
    add_cflags(options, ret, &ret->cflags);
    add_cflags(options, ret, &ret->cxxflags);
    if (!ret->cross) {
        words_split(&ret->cflags, variable("CFLAGS"));
        words_split(&ret->cxxflags, variable("CXXFLAGS"));
    }
    return 0;
}

/* Leaves the libraries' unwind tables out. Only GNU ld is known to understand the script. */
static void add_script(const struct toolchain *toolchain, struct words *ret)
{
    const char *flags = toolchain->cross ? NULL : variable("LDFLAGS");
    const char *script =
        unum_arena_printf(ret->arena, "%s/lib/unum/no-unwind.ld", toolchain->prefix).ptr;
    if (unum_file_exists(script) && !(flags && strstr(flags, "-fuse-ld=")))
        words_printf(ret, "-T%s", script);
}

void toolchain_link_flags(const struct toolchain *toolchain, const struct build_options *options,
                          bool dynamic, struct words *ret)
{
    words_add(ret, dynamic ? "-pie" : "-static-pie");
    words_add(ret, "-Wl,--gc-sections,-z,relro,-z,now,-z,noexecstack");
    if (options->sanitize)
        words_add(ret, "-fsanitize=address,undefined");
    else if (dynamic)
        words_split(ret, "-static-libgcc -Wl,-rpath,$ORIGIN/lib");
    if (!options->debug && !options->sanitize)
        words_add(ret, "-s");
    if (!options->debug && !dynamic)
        add_script(toolchain, ret);
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 36)
    /* Packed relocations are applied by the start code of glibc 2.36 and later, which a static
     * program carries with it. A dynamic one would need them of Amazon Linux, which has 2.34. */
    if (!dynamic && !toolchain->cross)
        words_add(ret, "-Wl,-z,pack-relative-relocs");
#endif
    if (toolchain->sysroot) {
        words_printf(
            ret, "-L%s/usr/lib/%s", toolchain->sysroot,
            targets[toolchain->machine == ELF_AARCH64 ? APP_ARCH_ARM64 : APP_ARCH_X86_64].triplet);
    }
    if (!toolchain->cross) {
        words_split(ret, variable("LDFLAGS"));
    }
}

void toolchain_link_libraries(const struct toolchain *toolchain, bool dynamic, bool cjson,
                              struct words *ret)
{
    words_add(ret, toolchain->archive);
    /* An OpenSSL built for functions lies beside the archive. */
    words_printf(ret, "-L%.*s", UNUM_STR_ARG(unum_path_dir(unum_str_from(toolchain->archive))));
    if (dynamic)
        words_split(ret, "-Wl,-Bstatic -lssl -lcrypto -lcares -Wl,-Bdynamic");
    else
        words_split(ret, "-lssl -lcrypto -lcares");
    if (cjson)
        words_add(ret, "-lcjson");
    words_add(ret, "-lm");
}
