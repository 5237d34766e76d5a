/* Kernel interfaces newer than the headers of Debian 12, or that glibc does not declare. */
#ifndef WASIWARD_WALL_ABI_H
#define WASIWARD_WALL_ABI_H

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/syscall.h>
#include <stdint.h>

#ifndef MOVE_MOUNT_F_EMPTY_PATH
#define MOVE_MOUNT_F_EMPTY_PATH 4
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

/* struct landlock_ruleset_attr of ABI 6; the kernel takes any shorter prefix that it knows. */
struct wall_landlock_ruleset {
	uint64_t fs, net, scoped;
};
#define WALL_LANDLOCK_SCOPE_ABSTRACT 1u
#define WALL_LANDLOCK_SCOPE_SIGNAL 2u
#define WALL_LANDLOCK_VERSION 1u

#endif
