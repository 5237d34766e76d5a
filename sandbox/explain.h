/* What people read: one line for each traced call, one short paragraph for each denial. Both front ends print through
 * these, so a refusal reads the same for a native program and for a module. Nothing here prints or allocates. */
#ifndef WASIWARD_EXPLAIN_H
#define WASIWARD_EXPLAIN_H

#include "policy.h"

enum denial_reason {
	DENIED_NOT_GRANTED, /* no granted directory covers the path */
	DENIED_RIGHT,       /* a directory covers it, but a right is missing */
	DENIED_ESCAPE,      /* the path leaves the directory that it starts in: "..", or a symbolic link */
	DENIED_EXEC,        /* a program that must not or cannot be executed */
	DENIED_PROFILE,     /* the profile has no such call */
	DENIED_HOST         /* the host's own permissions refuse it; nothing in the policy does */
};

struct denial {
	const char *call;             /* "open", "path_unlink_file" */
	const char *path;             /* as the guest said it; NULL if the call takes none */
	const char *error;            /* what the guest gets: "ENOENT", "notcapable" */
	enum denial_reason reason;
	wasi_rights_t missing;        /* DENIED_RIGHT: the bits that were missing */
	const struct policy_dir *dir; /* the grant whose rule refused, NULL if none or unknown */
	const char *why;              /* DENIED_EXEC, DENIED_PROFILE: the reason in words; else NULL */
};

/* Writes the paragraph (one or two lines, each ended by a newline) into buf, cut to room bytes; room > 0.
 * Returns the length without the terminating NUL. */
size_t explain_denial(const struct denial *denial, char *buf, size_t room);

/* Remembers what was explained. Zero-initialised; may be shared by threads, and by processes that map the same memory. */
struct explain_log {
	uint64_t seen[512];
	uint32_t selinux; /* libselinux has begun to look for itself */
};

/* A memory file of the size of a log, close-on-exec, owned by the caller; -1 if there is none to be had. */
int explain_log_open(void);

/* True the first time that this call was refused on this path for this reason. A full log answers false, and so do probes, whose
 * denial nobody wants to hear of: what libselinux looks for in every tool that is linked with it, and names that are not
 * granted in the directories of PATH, where programs are searched one directory after the other. */
bool explain_first(struct explain_log *log, const struct denial *denial);

/* Writes one trace line, ended by a newline:
 *     14:03:07.123456 1234 path_open(fd=3, path="a") = 0 opened_fd=4 [fopen] <0.000012>
 * Time of day is UTC. clock_offset_ns: CLOCK_REALTIME minus CLOCK_MONOTONIC, see trace_clock_offset. pid: 0 leaves it
 * out. function, function_len: what the program called, any bytes (shown without what would end the brackets); NULL
 * leaves it out. Returns the length, cut to room - 1. */
size_t trace_format(const struct wasi_trace_event *event, int64_t clock_offset_ns, int pid, const char *function,
		    size_t function_len, char *buf, size_t room);

/* Writes the line that says that a program called a function of its C library for the first time, ended by a newline:
 *     reached fork
 * Returns the length, cut to room - 1. */
size_t reached_format(const char *function, char *buf, size_t room);

/* Writes the line that says that a program made a system call past its C library, ended by a newline:
 *     stray openat
 * name: NULL for a number that nobody knows. Returns the length, cut to room - 1. */
size_t stray_format(long number, const char *name, char *buf, size_t room);

/* CLOCK_REALTIME minus CLOCK_MONOTONIC, both in nanoseconds. */
int64_t trace_clock_offset(uint64_t realtime_ns, uint64_t monotonic_ns);

#endif
