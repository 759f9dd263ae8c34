/*
 * fd: descriptors that close themselves.
 */
#ifndef UNUM_BASE_FD_H
#define UNUM_BASE_FD_H

#include "base/attr.h"

void unum_close_fd(int *fd); /* closes and sets -1 */
/* int UNUM_AUTO_FD fd = open(...); */
#define UNUM_AUTO_FD UNUM_AUTO(unum_close_fd)

#endif
