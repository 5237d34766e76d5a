/* Copies and descriptions of directories, for comparing what two runs leave behind. */
#ifndef WASIWARD_TREE_H
#define WASIWARD_TREE_H

#include <time.h>

#include "lines.h"

/* Copies a directory with all that is in it: files, directories and symbolic links, with modes and times. Sockets, fifos
 * and devices are left out. `to` must not exist. Returns 0 or an errno; *ret_name names what failed (static). */
int tree_copy(const char *from, const char *to, const char **ret_name);

/* Adds lines for everything in a directory: path, kind, mode, size, time; then the contents of small text files. Times from
 * `start` on are said as "during the run", so that two runs can be compared. Returns 0 or an errno. */
int tree_describe(struct lines *lines, const char *path, const char *shown, const struct timespec *start);

/* Removes a directory and all in it; failures are ignored. */
void tree_remove(const char *path);

#endif
