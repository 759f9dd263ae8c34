/* Any bytes as a program or an object. */
#include "package/elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_str bytes = unum_str_of((const char *)data, size);
    struct elf_file file;
    if (elf_read(bytes, &arena, &file, &err) == 0) {
        int rc = elf_check_runs(&file, ELF_X86_64, true, &err);
        (void)rc;
    }
    bool refers = elf_refers_to(bytes, UNUM_STR("cJSON_"));
    (void)refers;
    return 0;
}
