/* Put before every source that is compiled against musl (-include): declarations of Linux's interface that musl's headers
 * lack, and some of its macros taken back, which would rename what the shim defines. */
#if !defined(SHIM_LIBC_MUSL_H) && !defined(__ASSEMBLER__)
#define SHIM_LIBC_MUSL_H

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

/* musl counts O_PATH among them. */
#undef O_ACCMODE
#define O_ACCMODE 03

/* ---- statx(2) ---- */

#ifndef STATX_TYPE
#define STATX_TYPE 0x0001U
#define STATX_MODE 0x0002U
#define STATX_NLINK 0x0004U
#define STATX_UID 0x0008U
#define STATX_GID 0x0010U
#define STATX_ATIME 0x0020U
#define STATX_MTIME 0x0040U
#define STATX_CTIME 0x0080U
#define STATX_INO 0x0100U
#define STATX_SIZE 0x0200U
#define STATX_BLOCKS 0x0400U
#define STATX_BASIC_STATS 0x07ffU
#define STATX_BTIME 0x0800U

struct statx_timestamp {
	int64_t tv_sec;
	uint32_t tv_nsec;
	int32_t pad;
};

struct statx {
	uint32_t stx_mask, stx_blksize;
	uint64_t stx_attributes;
	uint32_t stx_nlink, stx_uid, stx_gid;
	uint16_t stx_mode, pad1;
	uint64_t stx_ino, stx_size, stx_blocks, stx_attributes_mask;
	struct statx_timestamp stx_atime, stx_btime, stx_ctime, stx_mtime;
	uint32_t stx_rdev_major, stx_rdev_minor, stx_dev_major, stx_dev_minor;
	uint64_t room[14];
};
_Static_assert(sizeof(struct statx) == 256, "as the kernel writes it");

int statx(int, const char *restrict, int, unsigned, struct statx *restrict);
#endif

/* ---- numbers ---- */

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE (1U << 0)
#define RENAME_EXCHANGE (1U << 1)
#define RENAME_WHITEOUT (1U << 2)
#endif
#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif
#ifndef SYS_process_mrelease
#define SYS_process_mrelease 448
#endif
#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
#ifndef SYS_set_mempolicy_home_node
#define SYS_set_mempolicy_home_node 450
#endif
/* No program of musl's can ask nftw(3) for what glibc adds. */
#define FTW_ACTIONRETVAL 0
#define FTW_SKIP_SUBTREE 2
#define FTW_SKIP_SIBLINGS 3

/* ---- functions ---- */

#undef getdents64
#undef scandirat64
ssize_t getdents64(int, void *, size_t);

int close_range(unsigned, unsigned, int);
void closefrom(int);
int epoll_pwait2(int, struct epoll_event *, int, const struct timespec *, const sigset_t *);
int execveat(int, const char *, char *const[], char *const[], int);
ssize_t getdirentries(int, char *restrict, size_t, off_t *restrict);
int getgrent_r(struct group *, char *, size_t, struct group **);
int getpwent_r(struct passwd *, char *, size_t, struct passwd **);
char *getwd(char *);
char *canonicalize_file_name(const char *);
int pidfd_open(pid_t, unsigned);
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *, int);
int posix_spawn_file_actions_addtcsetpgrp_np(posix_spawn_file_actions_t *, int);
ssize_t preadv2(int, const struct iovec *, int, off_t, int);
ssize_t pwritev2(int, const struct iovec *, int, off_t, int);
int renameat2(int, const char *, int, const char *, unsigned);
void (*sysv_signal(int, void (*)(int)))(int);
void (*__sysv_signal(int, void (*)(int)))(int);
const char *strerrorname_np(int);
int scandirat(int, const char *, struct dirent ***, int (*)(const struct dirent *),
	      int (*)(const struct dirent **, const struct dirent **));

#endif
