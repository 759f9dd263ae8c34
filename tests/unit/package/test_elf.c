#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <elf.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/proc.h"
#include "package/elf.h"

/* A dynamic program of one segment, laid out by hand: its string table, two symbols, their
 * versions, one needed library with one version. */
struct crafted {
    Elf64_Ehdr header;
    Elf64_Phdr load, dynamic_segment, interp;
    Elf64_Dyn dynamic[9];
    Elf64_Sym symbols[2];
    uint16_t versions[4];
    uint32_t hash[4];
    Elf64_Verneed need;
    Elf64_Vernaux aux;
    char strings[64];
    char interpreter[32];
};

static const char strings[] = "\0libc.so.6\0GLIBC_2.38\0__isoc23_strtol";
enum { LIBC = 1, VERSION = 11, SYMBOL = 22 };

static struct crafted make(const char *version)
{
    struct crafted c = {0};
    memcpy(c.header.e_ident, ELFMAG, SELFMAG);
    c.header.e_ident[EI_CLASS] = ELFCLASS64;
    c.header.e_ident[EI_DATA] = ELFDATA2LSB;
    c.header.e_type = ET_DYN;
    c.header.e_machine = EM_X86_64;
    c.header.e_entry = 1;
    c.header.e_phoff = offsetof(struct crafted, load);
    c.header.e_phnum = 3;
    c.header.e_phentsize = sizeof(Elf64_Phdr);
    /* Addresses are file offsets plus 0x1000. */
    c.load = (Elf64_Phdr){.p_type = PT_LOAD, .p_vaddr = 0x1000, .p_filesz = sizeof(c)};
    c.dynamic_segment = (Elf64_Phdr){.p_type = PT_DYNAMIC,
                                     .p_offset = offsetof(struct crafted, dynamic),
                                     .p_filesz = sizeof(c.dynamic)};
    c.interp = (Elf64_Phdr){.p_type = PT_INTERP,
                            .p_offset = offsetof(struct crafted, interpreter),
                            .p_filesz = sizeof(c.interpreter)};
    const Elf64_Dyn dynamic[] = {
        {DT_NEEDED, {LIBC}},
        {DT_STRTAB, {0x1000 + offsetof(struct crafted, strings)}},
        {DT_STRSZ, {sizeof(c.strings)}},
        {DT_SYMTAB, {0x1000 + offsetof(struct crafted, symbols)}},
        {DT_VERSYM, {0x1000 + offsetof(struct crafted, versions)}},
        {DT_HASH, {0x1000 + offsetof(struct crafted, hash)}},
        {DT_VERNEED, {0x1000 + offsetof(struct crafted, need)}},
        {DT_VERNEEDNUM, {1}},
        {DT_NULL, {0}},
    };
    memcpy(c.dynamic, dynamic, sizeof(dynamic));
    c.symbols[1].st_name = SYMBOL;
    c.versions[1] = 2;
    c.hash[1] = 2;
    c.need = (Elf64_Verneed){1, 1, LIBC, sizeof(Elf64_Verneed), 0};
    c.aux = (Elf64_Vernaux){0, 0, 2, VERSION, 0};
    memcpy(c.strings, strings, sizeof(strings));
    memcpy(c.strings + VERSION, version, strlen(version) + 1);
    strcpy(c.interpreter, "/lib64/ld-linux-x86-64.so.2");
    return c;
}

static int check(const struct crafted *c, bool program, struct unum_err *err)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct elf_file file;
    int rc = elf_read(unum_str_of((const char *)c, sizeof(*c)), &arena, &file, err);
    return rc < 0 ? rc : elf_check_runs(&file, ELF_X86_64, program, err);
}

static void names_the_symbol_and_version_that_break(void **state)
{
    (void)state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct crafted c = make("GLIBC_2.38");
    assert_int_equal(check(&c, true, &err), UNUM_E_INVAL);
    assert_non_null(strstr(unum_err_text(&err), "__isoc23_strtol"));
    assert_non_null(strstr(unum_err_text(&err), "GLIBC_2.38"));
    assert_non_null(strstr(unum_err_text(&err), "libc.so.6"));
}

static void knows_which_versions_amazon_linux_has(void **state)
{
    (void)state;
    static const struct {
        const char *version;
        int rc;
    } rows[] = {
        {"GLIBC_2.34", 0},           {"GLIBC_2.2.5", 0},           {"GLIBC_2.35", UNUM_E_INVAL},
        {"GLIBC_3.0", UNUM_E_INVAL}, {"GLIBC_PRIV", UNUM_E_INVAL}, {"CRYPTO_9.9", 0},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct crafted c = make(rows[i].version);
        assert_int_equal(check(&c, true, NULL), rows[i].rc);
    }
    struct crafted weak = make("GLIBC_2.38");
    weak.aux.vna_flags = VER_FLG_WEAK;
    assert_int_equal(check(&weak, true, NULL), 0);
}

static void tells_programs_from_libraries(void **state)
{
    (void)state;
    struct crafted c = make("GLIBC_2.34");
    c.header.e_phnum = 2; /* no interpreter */
    assert_int_equal(check(&c, true, NULL), UNUM_E_INVAL);
    assert_int_equal(check(&c, false, NULL), 0);
    c = make("GLIBC_2.34");
    c.header.e_entry = 0;
    assert_int_equal(check(&c, true, NULL), UNUM_E_INVAL);
    c = make("GLIBC_2.34");
    c.header.e_machine = EM_AARCH64;
    assert_int_equal(check(&c, true, NULL), UNUM_E_INVAL);
    c = make("GLIBC_2.34");
    c.header.e_type = ET_REL;
    assert_int_equal(check(&c, true, NULL), UNUM_E_INVAL);
}

/* Cut or damaged at any byte it must be read without touching what is not there. */
static void survives_any_damage(void **state)
{
    (void)state;
    const struct crafted good = make("GLIBC_2.38");
    for (size_t len = 0; len < sizeof(good); len++) {
        struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
        char *UNUM_AUTO_FREE cut = unum_alloc(len);
        memcpy(cut, &good, len);
        struct elf_file file;
        if (elf_read(unum_str_of(cut, len), &arena, &file, NULL) == 0)
            assert_true(len >= sizeof(Elf64_Ehdr));
    }
    for (size_t at = 0; at < sizeof(good); at++) {
        static const unsigned char values[] = {0, 0x7f, 0xff};
        for (size_t i = 0; i < UNUM_COUNT(values); i++) {
            struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
            struct crafted bad = good;
            ((unsigned char *)&bad)[at] = values[i];
            struct elf_file file;
            if (elf_read(unum_str_of((const char *)&bad, sizeof(bad)), &arena, &file, NULL) == 0)
                assert_true(file.needed_len <= 9);
        }
    }
}

static void reads_this_program(void **state)
{
    (void)state;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_buf UNUM_AUTO_BUF bytes = UNUM_BUF_INIT(UNUM_LIMIT_BUNDLE);
    assert_int_equal(unum_file_read("/proc/self/exe", &bytes, NULL), 0);
    struct elf_file file;
    assert_int_equal(elf_read(unum_buf_str(&bytes), &arena, &file, NULL), 0);
    assert_true(file.program);
    bool libc = false;
    for (size_t i = 0; i < file.needed_len; i++)
        libc = libc || unum_str_is(file.needed[i], "libc.so.6");
    assert_true(libc);
    assert_true(file.versions_len > 0);
    for (size_t i = 0; i < file.versions_len; i++)
        assert_true(file.versions[i].library.len && file.versions[i].version.len);
}

static void finds_undefined_symbols_of_objects(void **state)
{
    (void)state;
    char *UNUM_AUTO_FREE dir = NULL;
    assert_int_equal(unum_make_temp_dir("unum-elf", &dir, NULL), 0);
    char *UNUM_AUTO_FREE source = unum_path_join(dir, "a.c");
    char *UNUM_AUTO_FREE object = unum_path_join(dir, "a.o");
    assert_int_equal(unum_file_write(source,
                                     UNUM_STR("void cJSON_Delete(void *); void other(void); "
                                              "void f(void); void f(void) { cJSON_Delete(0); }"),
                                     0644, NULL),
                     0);
    const char *const argv[] = {"gcc", "-c", source, "-o", object, NULL};
    struct unum_proc_spec spec = UNUM_PROC_SPEC;
    spec.argv = argv;
    struct unum_buf UNUM_AUTO_BUF output = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_buf UNUM_AUTO_BUF bytes = UNUM_BUF_INIT(UNUM_LIMIT_BUNDLE);
    int status;
    assert_int_equal(unum_proc_run(&spec, &output, &status, NULL), 0);
    assert_int_equal(unum_file_read(object, &bytes, NULL), 0);
    assert_true(elf_refers_to(unum_buf_str(&bytes), UNUM_STR("cJSON_")));
    assert_false(elf_refers_to(unum_buf_str(&bytes), UNUM_STR("f")));
    assert_false(elf_refers_to(unum_buf_str(&bytes), UNUM_STR("curl_")));
    assert_int_equal(unum_remove_tree(dir, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_the_symbol_and_version_that_break),
        cmocka_unit_test(knows_which_versions_amazon_linux_has),
        cmocka_unit_test(tells_programs_from_libraries),
        cmocka_unit_test(survives_any_damage),
        cmocka_unit_test(reads_this_program),
        cmocka_unit_test(finds_undefined_symbols_of_objects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
