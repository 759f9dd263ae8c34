/*
 * toolchain: which compiler builds for an architecture, and with which options. CC, CXX, CFLAGS,
 * CXXFLAGS and LDFLAGS of the environment are honoured when building for this machine's own
 * architecture; UNUM_CC_ARM64, UNUM_CXX_ARM64 (and ..._X86_64) name cross compilers, UNUM_SYSROOT
 * the folder with the target's libraries if they are not installed beside this machine's own.
 */
#ifndef UNUM_PACKAGE_TOOLCHAIN_H
#define UNUM_PACKAGE_TOOLCHAIN_H

#include "package/build.h"
#include "package/elf.h"
#include "package/words.h"

struct toolchain {
    enum elf_machine machine;
    bool cross;
    const char *sysroot;           /* or NULL */
    const char *prefix;            /* absolute */
    const char *archive;           /* libunum_runtime.a, or NULL */
    struct words cc, cxx;          /* the compilers, with leading arguments */
    struct words cflags, cxxflags; /* of every compilation */
    struct words compiler_files;   /* resolved programs: their content is an input */
};

/* NOTFOUND: a compiler, the runtime archive or the target's libraries are missing; the hint is the
 * command that installs them. Texts in the arena. */
UNUM_CHECKED int toolchain_find(enum app_arch arch, const struct build_options *options,
                                struct unum_arena *arena, struct toolchain *ret,
                                struct unum_err *err);

/* For a function that is not compiled: only the machine is known. */
void toolchain_none(enum app_arch arch, struct unum_arena *arena, struct toolchain *ret);

/* Append the link options. `dynamic`: against this system's C library, with the libraries beside
 * the program in lib/. */
void toolchain_link_flags(const struct toolchain *toolchain, const struct build_options *options,
                          bool dynamic, struct words *ret);
void toolchain_link_libraries(const struct toolchain *toolchain, bool dynamic, bool cjson,
                              struct words *ret);

/* The package that has a program, for hints: "apt-get install ..."; NULL if unknown. */
const char *toolchain_package(const char *program);
/* Full path of a program, looked up in PATH; NULL if absent. In the arena. */
const char *toolchain_program(const char *name, struct unum_arena *arena);

#endif
