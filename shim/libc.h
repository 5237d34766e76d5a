/* What the shim must know of the C library that it is built for, beyond what they all promise. libc_glibc.c and libc_musl.c
 * say it; libc_musl.h is put before each file that is compiled against musl, and declares what its headers lack. */
#ifndef SHIM_LIBC_H
#define SHIM_LIBC_H

#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

struct libc_stack {
	int argc;
	char **argv, **env;
};

#if defined(__GLIBC__)
#include <sys/pidfd.h>
#include <sys/single_threaded.h>

/* Which C library it is. */
#define LIBC_OWN POLICY_GLIBC

/* Types of parameters: flags of sendmmsg(2) and recvmmsg(2), the request of ioctl(2). */
typedef int mmsg_flags;
typedef unsigned long ioctl_request;

/* The three members of a list of file actions: how many there are, for how many there is room, and where they are. */
#define SPAWN_USED(list) ((list)->__used)
#define SPAWN_ROOM(list) ((list)->__allocated)
#define SPAWN_LIST(list) (*(void **)(void *)&(list)->__actions)

/* Whether nobody but this thread runs in the process. May say no where it is so. */
static inline bool libc_single_threaded(void)
{
	return __libc_single_threaded;
}

/* What the kernel put on the stack, from what a constructor got as its arguments. */
static inline struct libc_stack libc_stack(int argc, char **argv, char **env)
{
	return (struct libc_stack){argc, argv, env};
}

/* A thread is about to be made. */
static inline void libc_thread_made(void)
{
}

/* Makes a message as the kernel reads it of one as the library declares it: one to be sent, one that has room for what
 * comes. */
static inline void libc_message_for_kernel(struct msghdr *message)
{
	(void)message;
}

static inline void libc_message_room_for_kernel(struct msghdr *message)
{
	(void)message;
}
#else
#define LIBC_OWN POLICY_MUSL

typedef unsigned mmsg_flags;
typedef int ioctl_request;

#define SPAWN_USED(list) ((list)->__pad0[0])
#define SPAWN_ROOM(list) ((list)->__pad0[1])
#define SPAWN_LIST(list) ((list)->__actions)

extern bool libc_threads;

/* musl gives constructors no arguments, but has set environ by then: behind the arguments, before which is their number. */
static inline struct libc_stack libc_stack(int argc, char **argv, char **env)
{
	env = environ;
	argc = 0;
	argv = env - 1;
	while (((uintptr_t *)(void *)argv)[-1] != (uintptr_t)argc) {
		argv--;
		argc++;
	}
	return (struct libc_stack){argc, argv, env};
}

static inline bool libc_single_threaded(void)
{
	return !libc_threads;
}

static inline void libc_thread_made(void)
{
	libc_threads = true;
}

/* musl has halves of the kernel's counts as members of their own, which may hold anything. */
static inline void libc_message_room_for_kernel(struct msghdr *message)
{
	message->__pad1 = message->__pad2 = 0;
}

static inline void libc_message_for_kernel(struct msghdr *message)
{
	message->__pad1 = message->__pad2 = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->__pad1)
			c->__pad1 = 0;
	}
}
#endif

/* Makes an emptied stream one for this descriptor and this fopen(3) mode, whose open(2) flags are given; the descriptor is the
 * stream's from then on. The stream is locked by the caller. Returns 0, or -1 with errno, and then changes nothing. */
int libc_stream_turn(FILE *f, int fd, const char *mode, int flags);

#endif
