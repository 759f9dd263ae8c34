/*
 * elf: what a program or library needs from the system it runs on, read from its bytes. A reader of
 * 64-bit little-endian ELF (System V ABI; versions as in the Linux Standard Base, chapter 10.7);
 * everything is bounds-checked, nothing is executed. Views point into the given bytes.
 */
#ifndef UNUM_PACKAGE_ELF_H
#define UNUM_PACKAGE_ELF_H

#include "base/arena.h"
#include "base/err.h"

enum elf_machine { ELF_X86_64 = 62, ELF_AARCH64 = 183 };

/* A version of a library that symbols are bound to: "GLIBC_2.34" of "libc.so.6". */
struct elf_version {
    struct unum_str library, version;
    struct unum_str symbol; /* one that needs it; empty if unknown */
    bool weak;              /* the loader does not insist */
};

struct elf_file {
    unsigned machine;            /* e_machine */
    bool object;                 /* ET_REL: not linked */
    bool program;                /* can be started: has an entry, and an interpreter or is static */
    struct unum_str interpreter; /* empty: static */
    struct unum_str *needed;     /* DT_NEEDED, in order */
    size_t needed_len;
    struct elf_version *versions;
    size_t versions_len;
};

bool elf_is(struct unum_str bytes); /* starts as ELF does */

/* PARSE: malformed, or not 64-bit little-endian. */
UNUM_CHECKED int elf_read(struct unum_str bytes, struct unum_arena *arena, struct elf_file *ret,
                          struct unum_err *err);

/* Does an unlinked object refer to a symbol that starts so? False for anything else. */
bool elf_refers_to(struct unum_str object, struct unum_str prefix);

/* Will it run on Amazon Linux 2023 (glibc 2.34)? INVAL names what breaks: the machine, the symbol
 * and its version. Libraries are not looked at: see elf_is_base_library(). `program`: it must be
 * startable, else it may be a library. */
UNUM_CHECKED int elf_check_runs(const struct elf_file *file, enum elf_machine machine, bool program,
                                struct unum_err *err);
/* Part of every Amazon Linux 2023: glibc's own libraries and the loader. */
bool elf_is_base_library(struct unum_str name);

#endif
