/* host_syscall(): one raw system call, for the architecture at hand. Only for what must not go through the C library. */
#ifndef WASI_HOST_SYSCALL_H
#define WASI_HOST_SYSCALL_H

#if defined(__x86_64__)
#include "host_syscall_x86_64.h"
#elif defined(__aarch64__)
#include "host_syscall_aarch64.h"
#else
#error "no raw system call for this architecture: add a host_syscall_<arch>.h"
#endif

#endif
