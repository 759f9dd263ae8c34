#include "package/elf.h"

#include <elf.h>
#include <string.h>

#include "base/vec.h"

enum { MOST_NEEDED = 4096, GLIBC_MAJOR = 2, GLIBC_MINOR = 34 };

/* The bytes of an image; every read goes through part(). */
struct image {
    struct unum_str bytes;
    Elf64_Ehdr header;
    struct unum_arena *arena;
};

bool elf_is(struct unum_str bytes)
{
    return bytes.len >= SELFMAG && memcmp(bytes.ptr, ELFMAG, SELFMAG) == 0;
}

/* Copy `size` bytes at `offset` (alignment is not promised by the file); false outside of it. */
static bool part(const struct image *image, uint64_t offset, void *ret, size_t size)
{
    if (offset > image->bytes.len || size > image->bytes.len - offset)
        return false;
    memcpy(ret, image->bytes.ptr + offset, size);
    return true;
}

/* The NUL-terminated text at `at` of a string table; empty if there is none. */
static struct unum_str text_at(const struct image *image, uint64_t table, uint64_t size,
                               uint64_t at)
{
    if (table > image->bytes.len || at >= size || size > image->bytes.len - table)
        return UNUM_STR("");
    struct unum_str rest = unum_str_of(image->bytes.ptr + table + at, (size_t)(size - at));
    size_t end = unum_str_find(rest, '\0');
    return end == SIZE_MAX ? UNUM_STR("") : unum_str_slice(rest, 0, end);
}

static int read_header(struct image *image, struct unum_err *err)
{
    Elf64_Ehdr *h = &image->header;
    if (!elf_is(image->bytes) || !part(image, 0, h, sizeof(*h)))
        return unum_err_set(err, UNUM_E_PARSE, "it is no ELF file");
    if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_ident[EI_DATA] != ELFDATA2LSB)
        return unum_err_set(err, UNUM_E_PARSE, "it is no 64-bit little-endian ELF file");
    bool bad_segments = h->e_phnum && (h->e_phentsize != sizeof(Elf64_Phdr));
    bool bad_sections = h->e_shnum && (h->e_shentsize != sizeof(Elf64_Shdr));
    if (bad_segments || bad_sections)
        return unum_err_set(err, UNUM_E_PARSE, "its ELF header is broken");
    return 0;
}

static bool segment(const struct image *image, size_t i, Elf64_Phdr *ret)
{
    return part(image, image->header.e_phoff + i * sizeof(*ret), ret, sizeof(*ret)) &&
           image->header.e_phoff <= image->bytes.len;
}

/* Where in the file an address of the loaded image lies; UINT64_MAX if nowhere. */
static uint64_t offset_of(const struct image *image, uint64_t address)
{
    for (size_t i = 0; i < image->header.e_phnum; i++) {
        Elf64_Phdr ph;
        if (segment(image, i, &ph) && ph.p_type == PT_LOAD && address >= ph.p_vaddr &&
            address - ph.p_vaddr < ph.p_filesz)
            return ph.p_offset + (address - ph.p_vaddr);
    }
    return UINT64_MAX;
}

/* The dynamic section, addresses as file offsets (UINT64_MAX: absent). */
struct dynamic {
    uint64_t strings, strings_size, symbols, symbol_versions, gnu_hash, hash;
    uint64_t needs, needs_count;
};

static int broken(struct unum_err *err)
{
    return unum_err_set(err, UNUM_E_PARSE, "its dynamic section is broken");
}

static void note_tag(const struct image *image, const Elf64_Dyn *entry, struct dynamic *ret)
{
    uint64_t *places[] = {&ret->strings,  &ret->symbols, &ret->symbol_versions,
                          &ret->gnu_hash, &ret->hash,    &ret->needs};
    static const Elf64_Sxword tags[] = {DT_STRTAB,   DT_SYMTAB, DT_VERSYM,
                                        DT_GNU_HASH, DT_HASH,   DT_VERNEED};
    for (size_t i = 0; i < UNUM_COUNT(tags); i++) {
        if (entry->d_tag == tags[i])
            *places[i] = offset_of(image, entry->d_un.d_ptr);
    }
    if (entry->d_tag == DT_STRSZ)
        ret->strings_size = entry->d_un.d_val;
    if (entry->d_tag == DT_VERNEEDNUM)
        ret->needs_count = entry->d_un.d_val;
}

static int read_dynamic(const struct image *image, const Elf64_Phdr *ph, struct dynamic *ret,
                        struct elf_file *file, struct unum_err *err)
{
    *ret = (struct dynamic){UINT64_MAX, 0,          UINT64_MAX, UINT64_MAX,
                            UINT64_MAX, UINT64_MAX, UINT64_MAX, 0};
    size_t count = (size_t)(ph->p_filesz / sizeof(Elf64_Dyn));
    size_t needed = 0;
    Elf64_Dyn entry;
    for (size_t i = 0; i < count; i++) {
        if (!part(image, ph->p_offset + i * sizeof(entry), &entry, sizeof(entry)))
            return broken(err);
        if (entry.d_tag == DT_NULL) {
            count = i;
            break;
        }
        needed += entry.d_tag == DT_NEEDED;
        note_tag(image, &entry, ret);
    }
    if (needed > MOST_NEEDED)
        return broken(err);
    file->needed = unum_arena_array(image->arena, needed + 1, sizeof(*file->needed));
    for (size_t i = 0; i < count; i++) {
        if (part(image, ph->p_offset + i * sizeof(entry), &entry, sizeof(entry)) &&
            entry.d_tag == DT_NEEDED)
            file->needed[file->needed_len++] =
                text_at(image, ret->strings, ret->strings_size, entry.d_un.d_val);
    }
    return 0;
}

/* Undefined symbols stand before those of the GNU hash table, whose second word is their number;
 * the old table knows the number of all. */
static uint32_t undefined_symbols(const struct image *image, const struct dynamic *dynamic)
{
    uint32_t words[2];
    if (dynamic->gnu_hash != UINT64_MAX && part(image, dynamic->gnu_hash, words, sizeof(words)))
        return words[1];
    if (dynamic->hash != UINT64_MAX && part(image, dynamic->hash, words, sizeof(words)))
        return words[1];
    return 0;
}

/* The first symbol bound to version `index`. */
static struct unum_str symbol_of(const struct image *image, const struct dynamic *dynamic,
                                 unsigned index)
{
    if (dynamic->symbols == UINT64_MAX || dynamic->symbol_versions == UINT64_MAX)
        return UNUM_STR("");
    uint32_t count = undefined_symbols(image, dynamic);
    for (uint32_t i = 1; i < count; i++) {
        uint16_t version;
        Elf64_Sym symbol;
        if (!part(image, dynamic->symbol_versions + i * sizeof(version), &version,
                  sizeof(version)) ||
            !part(image, dynamic->symbols + i * sizeof(symbol), &symbol, sizeof(symbol)))
            break;
        if ((version & 0x7fff) == index && symbol.st_shndx == SHN_UNDEF)
            return text_at(image, dynamic->strings, dynamic->strings_size, symbol.st_name);
    }
    return UNUM_STR("");
}

typedef UNUM_VEC(struct elf_version) version_list;

static bool read_library_versions(const struct image *image, const struct dynamic *dynamic,
                                  uint64_t at, const Elf64_Verneed *need, version_list *ret)
{
    uint64_t aux_at = at + need->vn_aux;
    for (unsigned i = 0; i < need->vn_cnt; i++) {
        Elf64_Vernaux aux;
        if (ret->len == MOST_NEEDED || !part(image, aux_at, &aux, sizeof(aux)))
            return false;
        *unum_vec_push(ret) = (struct elf_version){
            text_at(image, dynamic->strings, dynamic->strings_size, need->vn_file),
            text_at(image, dynamic->strings, dynamic->strings_size, aux.vna_name),
            symbol_of(image, dynamic, aux.vna_other & 0x7fff), (aux.vna_flags & VER_FLG_WEAK) != 0};
        if (!aux.vna_next)
            break;
        aux_at += aux.vna_next;
    }
    return true;
}

static int read_versions(const struct image *image, const struct dynamic *dynamic,
                         struct elf_file *file, struct unum_err *err)
{
    if (dynamic->needs == UINT64_MAX)
        return 0;
    version_list list = {0};
    uint64_t at = dynamic->needs;
    bool ok = true;
    for (uint64_t i = 0; ok && i < dynamic->needs_count; i++) {
        Elf64_Verneed need;
        ok = part(image, at, &need, sizeof(need)) &&
             read_library_versions(image, dynamic, at, &need, &list);
        if (!ok || !need.vn_next)
            break;
        at += need.vn_next;
    }
    if (ok) {
        file->versions = unum_arena_array(image->arena, list.len + 1, sizeof(*file->versions));
        if (list.len)
            memcpy(file->versions, list.at, list.len * sizeof(*list.at));
        file->versions_len = list.len;
    }
    unum_vec_done(&list);
    return ok ? 0 : broken(err);
}

static int read_segments(const struct image *image, struct elf_file *file, struct unum_err *err)
{
    for (size_t i = 0; i < image->header.e_phnum; i++) {
        Elf64_Phdr ph;
        if (!segment(image, i, &ph))
            return unum_err_set(err, UNUM_E_PARSE, "its program headers are broken");
        if (ph.p_type == PT_INTERP) {
            file->interpreter = text_at(image, ph.p_offset, ph.p_filesz, 0);
        } else if (ph.p_type == PT_DYNAMIC) {
            struct dynamic dynamic;
            file->needed_len = 0;
            int rc = read_dynamic(image, &ph, &dynamic, file, err);
            if (rc == 0)
                rc = read_versions(image, &dynamic, file, err);
            if (rc < 0)
                return rc;
        }
    }
    return 0;
}

int elf_read(struct unum_str bytes, struct unum_arena *arena, struct elf_file *ret,
             struct unum_err *err)
{
    struct image image = {.bytes = bytes, .arena = arena};
    int rc = read_header(&image, err);
    if (rc < 0)
        return rc;
    struct elf_file file = {.machine = image.header.e_machine,
                            .object = image.header.e_type == ET_REL};
    rc = read_segments(&image, &file, err);
    if (rc < 0)
        return rc;
    bool linked = image.header.e_type == ET_EXEC || image.header.e_type == ET_DYN;
    file.program =
        linked && image.header.e_entry != 0 && (file.interpreter.len > 0 || file.needed_len == 0);
    *ret = file;
    return 0;
}

static bool section(const struct image *image, size_t i, Elf64_Shdr *ret)
{
    return image->header.e_shoff <= image->bytes.len &&
           part(image, image->header.e_shoff + i * sizeof(*ret), ret, sizeof(*ret));
}

static bool table_refers_to(const struct image *image, const Elf64_Shdr *table,
                            struct unum_str prefix)
{
    Elf64_Shdr strings;
    if (table->sh_offset > image->bytes.len || !section(image, table->sh_link, &strings))
        return false;
    for (uint64_t i = 0; i < table->sh_size / sizeof(Elf64_Sym); i++) {
        Elf64_Sym symbol;
        if (!part(image, table->sh_offset + i * sizeof(symbol), &symbol, sizeof(symbol)))
            return false;
        if (symbol.st_shndx == SHN_UNDEF && symbol.st_name &&
            unum_str_starts(text_at(image, strings.sh_offset, strings.sh_size, symbol.st_name),
                            prefix))
            return true;
    }
    return false;
}

bool elf_refers_to(struct unum_str object, struct unum_str prefix)
{
    struct image image = {.bytes = object};
    if (read_header(&image, NULL) < 0 || image.header.e_type != ET_REL)
        return false;
    for (size_t i = 0; i < image.header.e_shnum; i++) {
        Elf64_Shdr sh;
        if (section(&image, i, &sh) && sh.sh_type == SHT_SYMTAB &&
            table_refers_to(&image, &sh, prefix))
            return true;
    }
    return false;
}

static const char *machine_name(unsigned machine)
{
    return machine == ELF_X86_64 ? "x86_64" : machine == ELF_AARCH64 ? "arm64" : "another machine";
}

/* GLIBC_2.34 and older; GLIBC_ABI_DT_RELR (2.36) and GLIBC_PRIVATE are no numbers and refused. */
static bool is_old_enough(struct unum_str version)
{
    struct unum_str prefix = UNUM_STR("GLIBC_");
    if (!unum_str_starts(version, prefix))
        return true; /* of another library: whoever carries it has it */
    struct unum_str rest = unum_str_from_pos(version, prefix.len), major, minor;
    uint64_t numbers[2];
    return unum_str_split(&rest, '.', &major) && unum_str_split(&rest, '.', &minor) &&
           unum_str_to_u64(major, &numbers[0]) && unum_str_to_u64(minor, &numbers[1]) &&
           (numbers[0] < GLIBC_MAJOR || (numbers[0] == GLIBC_MAJOR && numbers[1] <= GLIBC_MINOR));
}

int elf_check_runs(const struct elf_file *file, enum elf_machine machine, bool program,
                   struct unum_err *err)
{
    if (file->machine != machine)
        return unum_err_set(err, UNUM_E_INVAL,
                            "it is for %s, but the function's architecture is %s",
                            machine_name(file->machine), machine_name(machine));
    if (file->object)
        return unum_err_set(err, UNUM_E_INVAL, "it is an object file that was never linked");
    if (program && !file->program)
        return unum_err_set(err, UNUM_E_INVAL, "it is a shared library, not a program");
    for (size_t i = 0; i < file->versions_len; i++) {
        const struct elf_version *version = &file->versions[i];
        if (version->weak || is_old_enough(version->version))
            continue;
        struct unum_str symbol = version->symbol;
        unum_err_set(err, UNUM_E_INVAL,
                     "it%s%.*s%s needs %.*s of %.*s, but Amazon Linux 2023 has GLIBC_%d.%d",
                     symbol.len ? " uses " : "", UNUM_STR_ARG(symbol), symbol.len ? ", which" : "",
                     UNUM_STR_ARG(version->version), UNUM_STR_ARG(version->library), GLIBC_MAJOR,
                     GLIBC_MINOR);
        unum_err_hint(err, "link it statically (-static-pie), or do without that symbol");
        return UNUM_E_INVAL;
    }
    return 0;
}

bool elf_is_base_library(struct unum_str name)
{
    static const char *const base[] = {"libc.so.6",
                                       "libm.so.6",
                                       "libdl.so.2",
                                       "librt.so.1",
                                       "libutil.so.1",
                                       "libpthread.so.0",
                                       "libresolv.so.2",
                                       "ld-linux-x86-64.so.2",
                                       "ld-linux-aarch64.so.1"};
    for (size_t i = 0; i < UNUM_COUNT(base); i++) {
        if (unum_str_is(name, base[i]))
            return true;
    }
    return false;
}
