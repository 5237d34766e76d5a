/* What differs between architectures in a stray system call. */
#ifndef SHIM_STRAY_ARCH_H
#define SHIM_STRAY_ARCH_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include "stray_x86_64.h"
#elif defined(__aarch64__)
#include "stray_aarch64.h"
#else
#error "no strays for this architecture: add a stray_<arch>.h"
#endif

#endif
