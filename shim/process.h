/* Programs: replaced and started. */
#ifndef SHIM_PROCESS_H
#define SHIM_PROCESS_H

#include "shim.h"

/* Replaces the process by the program that a guest path names (AT_EMPTY_PATH semantics when path is ""), with the
 * policy handed on. Returns -1 with errno only on failure. */
int process_exec(int dirfd, const char *path, char *const argv[], char *const env[]);

/* The same with the PATH search of execvp(3). */
int process_exec_search(const char *file, char *const argv[], char *const env[]);

/* Around a fork: locks, the table of descriptors, strays. Registered with the C library for those that it makes. */
void fork_prepare(void);
void fork_in_parent(void);
void fork_in_child(void);

#endif
