/* What native programs ask for beyond preview1, governed by the same descriptors, rights and paths: see native.def.
 *
 * wasi_errno_t wasi_<name>(wasi_ctx_t *ctx, …), one for each row. Order of checks, ownership and result rules are those
 * of wasi.h. Lookup flags, rights, oflags and fdflags are preview1's; modes, devices, ids, masks and flags are Linux's.
 *
 *   path_open_mode      path_open whose new file gets `mode` & ~umask. host_flags: of O_CLOEXEC (without it the descriptor
 *                       crosses an exec), O_DIRECT and O_NOATIME; others are inval
 *   path_open_tmpfile   an unnamed file in directory `path` (O_TMPFILE); host_flags as above
 *   path_host           resolves `path` beneath fd and hands out a new O_PATH | O_CLOEXEC host descriptor, owned by the
 *                       caller and in no table: for exec, connect to a unix socket, and the like
 *   fd_host             the host descriptor of fd if it carries the rights `needed`; borrowed, valid until fd is closed
 *   path_create_directory_mode  mkdirat(2)      path_create_node   mknodat(2): FIFOs, sockets and regular files only;
 *                       devices are perm
 *   path_stat, fd_stat  statx(2) with mask STATX_*; the whole native answer (mode, owner, blocks, birth time)
 *   path_access         faccessat2(2): mode is F_OK or R_OK | W_OK | X_OK; effective is AT_EACCESS or 0. What the rights
 *                       of the directory (inheriting) refuse is acces, whatever the host would say
 *   path_statfs, fd_statfs  statfs(2)           path_chmod, fd_chmod, path_chown, fd_chown   (uid or gid UINT32_MAX: keep)
 *   path_getxattr, fd_getxattr, path_listxattr, fd_listxattr   getxattr(2), listxattr(2): *size is how many bytes there are;
 *                       with a length of 0 nothing is written. nomsg: no such attribute (ENODATA); range: the buffer is
 *                       too short, or the name too long; notsup: the object can have none
 *   path_setxattr, fd_setxattr, path_removexattr, fd_removexattr   setxattr(2), removexattr(2); how is 0, XATTR_CREATE or
 *                       XATTR_REPLACE. Attributes other than user.* and system.posix_acl_* are perm
 *   path_rename_flags   renameat2(2) with RENAME_NOREPLACE or RENAME_EXCHANGE
 *   path_link_fd        linkat(2) of an open file without a name, or with another one: AT_EMPTY_PATH. The file must have been
 *                       opened beneath a directory of the same rights, and these must have path_link_source
 *   fd_copy_range       copy_file_range(2); an offset pointer may be NULL (use and move the descriptor's own)
 *   fd_dup              a second number for the same open file with the same rights, not below at_least; F_DUPFD
 *   fd_dup_to           dup2(2) / dup3(2): same number is a no-op if open. The new number shares rights and flags. */
#ifndef WASI_NATIVE_H
#define WASI_NATIVE_H

#include <sys/stat.h>
#include <sys/statfs.h>

#include "wasi.h"

#ifdef __cplusplus
extern "C" {
#endif

struct statx;

#define NATIVE(name, seq) WASI_API wasi_errno_t wasi_##name(wasi_ctx_t *ctx WASI_WALK(WASI_PARAM_A seq));
#include "native.def"

#ifdef __cplusplus
}
#endif

#endif
