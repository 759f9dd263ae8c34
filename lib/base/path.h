/*
 * path: names of files as text. Nothing here touches the disk.
 */
#ifndef UNUM_BASE_PATH_H
#define UNUM_BASE_PATH_H

#include "base/buf.h"

/* dir + "/" + name, without doubling slashes; an absolute name replaces dir; empty dir is ".". */
char *unum_path_join(const char *dir, const char *name);
/* Views into `path`: everything before the last slash ("." or "/" if there is none), and after it.
 */
struct unum_str unum_path_dir(struct unum_str path);
struct unum_str unum_path_base(struct unum_str path);
/* With "." and empty parts removed and ".." resolved as text; "" becomes ".". Keeps a leading
 * slash. */
char *unum_path_clean(struct unum_str path);
/* A relative path that stays below where it starts: no leading slash, no "..", no NUL. */
bool unum_path_is_below(struct unum_str path);

#endif
