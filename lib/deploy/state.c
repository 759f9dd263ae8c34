#include "base/limits.h"
#include "deploy/deploy.h"

void deploy_state(const struct deploy_target *target, const char *format, ...)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    va_list args;
    if (!target->ui->state)
        return;
    va_start(args, format);
    unum_buf_vprintf(&text, format, args);
    va_end(args);
    target->ui->state(target->ui->cookie, unum_buf_text(&text));
}
