/* Data and libraries of the runtime that the C library opens itself, by the host's names. */
#ifndef SHIM_RUNTIME_H
#define SHIM_RUNTIME_H

#include "place.h"

/* Room for what place_host_name writes. */
#define HOST_NAME_ROOM (PATH_MAX + 1)

/* A name by which the C library finds what the guest calls `name`, into buf[HOST_NAME_ROOM], for as long as *ret_object
 * (an O_PATH descriptor, the caller's to close) stays open. call: whose name a denial is explained under. Returns 0 or an
 * errno. */
int place_host_name(const char *name, const char *call, char *buf, int *ret_object);

/* Whether the guest may see the directory or file `name`, an absolute path, and the C library finds the same object by that
 * name. */
bool place_is_shared(const char *name, const char *call);

/* Takes those of a list's parts, separated by ':', away that are no such directories or files; in place. words: parts
 * without a slash stay. */
void shared_parts(char *list, bool words, const char *call);

/* Takes variables out of the environment by which the C library would open, with the next call, what the guest has no
 * right to. */
void variables_of_zones(const char *call);
void variables_of_locales(const char *call);

#endif
