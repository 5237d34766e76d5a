/* Numbers of system calls that are newer than the headers of Debian 12: the same on every architecture. */
#ifndef WASI_HOST_NUMBERS_H
#define WASI_HOST_NUMBERS_H

#include <sys/syscall.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#ifndef SYS_mseal
#define SYS_mseal 462
#endif
#ifndef SYS_setxattrat
#define SYS_setxattrat 463
#define SYS_getxattrat 464
#define SYS_listxattrat 465
#define SYS_removexattrat 466
#endif

#endif
