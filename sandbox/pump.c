/* Output that is counted: pipes in place of the guest's standard output and standard error, emptied by the launcher. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wall.h"

/* Both streams to one place, as after 2>&1: then one pipe keeps the order of what is written. */
static bool same_place(int a, int b)
{
	struct stat x, y;
	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

int pump_open(struct pump *p, uint64_t bytes)
{
	*p = (struct pump){ .on = true, .from = { -1, -1 }, .to = { -1, -1 }, .in = { -1, -1 }, .left = bytes };
	for (int i = 0; i < 2; i++) {
		int number = i + 1, ends[2];
		if (fcntl(number, F_GETFD) < 0)
			continue; /* closed, and stays so */
		if (i == 1 && p->to[0] >= 0 && same_place(1, 2)) {
			p->in[1] = p->in[0];
			continue;
		}
		p->to[i] = fcntl(number, F_DUPFD_CLOEXEC, 3);
		if (p->to[i] < 0 || pipe2(ends, O_CLOEXEC) < 0)
			return -errno;
		fcntl(ends[0], F_SETFL, O_NONBLOCK);
		p->from[i] = ends[0];
		p->in[i] = ends[1];
	}
	return 0;
}

void pump_child(const struct pump *p)
{
	for (int i = 0; p->on && i < 2; i++) {
		if (p->in[i] >= 0)
			dup2(p->in[i], i + 1);
	}
}

void pump_parent(struct pump *p)
{
	for (int i = 0; p->on && i < 2; i++) {
		if (p->in[i] >= 0 && (i == 0 || p->in[1] != p->in[0]))
			close(p->in[i]);
	}
}

static bool write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

bool pump_move(struct pump *p, int i)
{
	char bytes[65536];
	ssize_t n = read(p->from[i], bytes, sizeof(bytes));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n > 0) {
		p->over = (uint64_t)n > p->left;
		size_t let = p->over ? (size_t)p->left : (size_t)n;
		p->left -= let;
		if (write_all(p->to[i], bytes, let))
			return !p->over;
		/* Nobody reads any more, or there is no room: the guest shall notice, too. */
		if (errno != EPIPE)
			p->error = errno;
	}
	close(p->from[i]);
	p->from[i] = -1;
	return !p->over;
}
