#include "base/fd.h"

#include <unistd.h>

void unum_close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}
