#include "support/golden.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"

int golden_compare(const char *path, struct unum_str text, struct unum_err *err)
{
    char *UNUM_AUTO_FREE full = unum_path_join(UNUM_SOURCE_DIR, path);
    const char *update = getenv("UNUM_UPDATE_GOLDEN");
    if (update && *update == '1')
        return unum_file_update(full, text, 0644, err);
    struct unum_buf UNUM_AUTO_BUF wanted = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    int rc = unum_file_read(full, &wanted, err);
    if (rc < 0) {
        unum_err_hint(err, "UNUM_UPDATE_GOLDEN=1 writes it");
        return rc;
    }
    if (unum_str_eq(text, unum_buf_str(&wanted)))
        return 0;
    return unum_err_set(err, UNUM_E_FAILED, "%s differs\n--- wanted\n%s\n--- is\n%.*s", path,
                        unum_buf_text(&wanted), UNUM_STR_ARG(text));
}
