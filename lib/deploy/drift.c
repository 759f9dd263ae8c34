#include "deploy/drift.h"

#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "crypto/base64.h"
#include "crypto/hash.h"
#include "yaml/yaml_doc.h"

static struct unum_str text_at(const struct doc *object, const char *key)
{
    const struct doc *value = object && object->kind == DOC_OBJECT ? doc_get(object, key) : NULL;
    return value && value->kind == DOC_STRING && !value->tag.len ? value->text : UNUM_STR_NONE;
}

/* "unum/<stack>/<sha256>.zip" */
static bool hash_of_key(struct unum_str key, char ret[64 + 1])
{
    size_t slash = unum_str_rfind(key, '/');
    struct unum_str name = slash == SIZE_MAX ? key : unum_str_from_pos(key, slash + 1);
    if (name.len != HASH_SHA256_HEX + 4 || !unum_str_ends(name, UNUM_STR(".zip")))
        return false;
    for (size_t i = 0; i < HASH_SHA256_HEX; i++) {
        char c = name.ptr[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
            return false;
    }
    memcpy(ret, name.ptr, HASH_SHA256_HEX);
    ret[HASH_SHA256_HEX] = '\0';
    return true;
}

int drift_codes(struct unum_str text, struct unum_arena *arena, struct drift_code **ret,
                size_t *ret_len, struct unum_err *err)
{
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    const struct unum_source source = {.path = "the deployed template", .text = text};
    const struct doc *tree = doc_parse_file(&source, arena, &diags);
    const struct doc *resources =
        tree && tree->kind == DOC_OBJECT ? doc_get(tree, "Resources") : NULL;
    if (diags.errors || !resources || resources->kind != DOC_OBJECT)
        return unum_err_set(err, UNUM_E_PARSE, "the deployed template cannot be read: %s",
                            diags.list.len ? diags.list.at[0].text : "it has no Resources");
    struct drift_code *codes = unum_arena_array(arena, resources->len, sizeof(*codes));
    size_t len = 0;
    for (size_t i = 0; i < resources->len; i++) {
        const struct doc *resource = resources->members[i].value;
        const struct doc *properties =
            resource->kind == DOC_OBJECT ? doc_get(resource, "Properties") : NULL;
        const struct doc *code =
            properties && properties->kind == DOC_OBJECT ? doc_get(properties, "Code") : NULL;
        codes[len].function = text_at(properties, "FunctionName");
        if (unum_str_is(text_at(resource, "Type"), "AWS::Lambda::Function") &&
            codes[len].function.len && hash_of_key(text_at(code, "S3Key"), codes[len].sha256))
            len++;
    }
    *ret = codes;
    *ret_len = len;
    return 0;
}

bool drift_runs(const struct drift_code *code, struct unum_str code_sha256)
{
    struct unum_buf UNUM_AUTO_BUF digest = UNUM_BUF_INIT(UNUM_KB);
    char hex[HASH_SHA256_HEX + 1];
    if (!base64_decode(&digest, code_sha256) || digest.len != HASH_SHA256_LEN)
        return false;
    hash_hex((const unsigned char *)digest.ptr, digest.len, hex);
    return strcmp(hex, code->sha256) == 0;
}
