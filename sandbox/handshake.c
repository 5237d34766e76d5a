/* Whether the shim came into the program: it says so through a pipe. When it says nothing, the program's mappings tell before
 * the time is over: a loader maps what is preloaded before the libraries that the program needs. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "wall.h"

/* How long a loader may take until the shim is there, and how often we look at a program that is silent. */
#define SHIM_SECONDS 10
#define LOOK_SECONDS 0.02

int wall_expect_shim(struct wall *w, const char *shim)
{
	int ends[2];
	const char *slash = strrchr(shim, '/');
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	w->shim = (struct handshake){ .from = ends[0], .name = slash ? slash + 1 : shim };
	w->shim.proc = open(w->old_root ? "/old/proc" : "/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return ends[1];
}

void shim_begin(struct handshake *h, double now)
{
	h->deadline = h->from >= 0 ? now + SHIM_SECONDS : 0;
	h->look = h->from >= 0 ? now + LOOK_SECONDS : 0;
}

static void let_go(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void shim_end(struct handshake *h)
{
	h->deadline = h->look = 0;
	let_go(&h->proc);
	let_go(&h->from);
}

void shim_hear(struct handshake *h, double now)
{
	char byte;
	/* When nobody is left who could say it, the program has most likely ended, which will be seen at once. */
	if (read(h->from, &byte, 1) == 1)
		shim_end(h);
	else
		h->deadline = h->look = now + 0.2;
	let_go(&h->from);
}

/* Whether three files, the last of them behind program and loader, are mapped as code, and none is the shim. */
static bool mapped_without(const struct handshake *h, pid_t program)
{
	char path[40], line[4500];
	snprintf(path, sizeof(path), "%d/maps", (int)program);
	int fd = h->proc >= 0 ? openat(h->proc, path, O_RDONLY | O_CLOEXEC) : -1;
	FILE *maps = fd >= 0 ? fdopen(fd, "r") : NULL;
	uint64_t files[3], inode;
	size_t n = 0;
	bool shim = false;
	while (maps && fgets(line, sizeof(line), maps)) {
		char code;
		if (sscanf(line, "%*x-%*x %*c%*c%c%*c %*x %*x:%*x %" SCNu64, &code, &inode) != 2 || !inode)
			continue;
		shim |= strstr(line, h->name) != NULL;
		if (code == 'x' && n < 3 && !(n > 0 && files[0] == inode) && !(n > 1 && files[1] == inode))
			files[n++] = inode;
	}
	if (maps)
		fclose(maps);
	return n == 3 && !shim;
}

bool shim_is_absent(struct handshake *h, pid_t program, double now)
{
	if (now >= h->deadline)
		return true;
	/* Twice, because the mappings may change while they are read. */
	bool before = h->missed;
	h->missed = mapped_without(h, program);
	h->look = now + LOOK_SECONDS;
	return before && h->missed;
}
