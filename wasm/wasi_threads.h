/* wasi-threads: the import thread-spawn of module "wasi".
 *
 * A thread gets a store and an instance of the whole program of its own; what threads have in common is their shared
 * memory. The new instance's export wasi_thread_start (i32 thread, i32 argument) is called on a new thread of the host.
 * When it returns, the thread is over and its store is freed; when it ends in any other way, so does the program: the
 * embedder is told and ends the process. Source: the wasi-threads proposal. */
#ifndef WASIWARD_WASI_THREADS_H
#define WASIWARD_WASI_THREADS_H

#include <stdatomic.h>

#include "engine.h"

#define WASI_THREADS_MODULE "wasi"

/* One thread's world. user: the embedder's own for this thread. */
struct wasi_thread {
	engine_store_t *store;
	engine_instance_t *instance;
	void *user;
};

/* What the embedder does for threads. user: the first argument of each. The functions are called on several threads. */
struct wasi_threads_host {
	void *user;
	/* Fills *ret_thread with a new store and an instance of the program in it, whose imports of shared memories are
	 * those of the first thread. Called by the thread that spawns. False: there will be no thread. */
	bool (*begin)(void *user, struct wasi_thread *ret_thread);
	/* Frees what begin made. */
	void (*end)(void *user, struct wasi_thread *thread);
	/* A thread has trapped, failed, or called proc_exit (kind). May end the process. */
	void (*failed)(void *user, struct wasi_thread *thread, enum engine_error_kind kind, const struct engine_error *error);
};

/* The threads of a program. Memory is the caller's; it must stay in place while the process lives. */
struct wasi_threads {
	struct wasi_threads_host host;
	uint32_t most;         /* threads at the same time, besides the first */
	atomic_uint running;   /* threads there are */
	atomic_uint last_id;
};

enum {
	WASI_THREADS_MOST = 1024,	 /* for `most`: what seems sane */
	WASI_THREADS_LAST_ID = 0x1fffffff /* identities are positive and have 29 bits */
};

/* thread-spawn as a function of a store: (i32 argument) → i32, the thread's identity, or minus an errno: again if there
 * are `most` threads or the host has no more, nomem if begin fails. Traps if the program exports no wasi_thread_start.
 * threads: set up by the caller. Returns NULL for want of memory. */
engine_func_t *wasi_threads_spawn_func(struct wasi_threads *threads, engine_store_t *store);

#endif
