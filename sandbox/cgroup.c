/* A control group that limits the number of processes, by the `pids` controller of either version: RLIMIT_NPROC does not
 * count root. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wall.h"

#define GROUP_NAME "wasiward-%d" /* of the launcher */

/* Where the caller's own group is, among those that count processes. Version 1 has a mount for the controller. */
static bool own_group(char *ret_path, size_t room)
{
	FILE *in = fopen("/proc/self/cgroup", "re");
	char line[512];
	bool found = false;
	while (in && !found && fgets(line, sizeof(line), in)) {
		char *controllers = strchr(line, ':'), *path = controllers ? strchr(controllers + 1, ':') : NULL;
		if (!path)
			continue;
		*path++ = '\0';
		path[strcspn(path, "\n")] = '\0';
		const char *mount = !strcmp(controllers, ":pids") ? "/pids" : !controllers[1] ? "" : NULL;
		if (!mount || snprintf(ret_path, room, "/sys/fs/cgroup%s%s", mount, path) >= (int)room)
			continue;
		struct stat st;
		found = stat(ret_path, &st) == 0;
	}
	if (in)
		fclose(in);
	return found;
}

static int put(int dir, const char *group, const char *name, uint64_t value)
{
	char path[128], text[32];
	int len = snprintf(text, sizeof(text), "%" PRIu64 "\n", value);
	snprintf(path, sizeof(path), "%s/%s", group, name);
	int fd = openat(dir, path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	int result = write(fd, text, (size_t)len) < 0 ? -errno : 0;
	close(fd);
	return result;
}

/* A launcher that was killed leaves its group, which is empty as soon as the kernel has ended what was in it. The kernel
 * removes none that is not. */
static void remove_left_behind(int parent)
{
	int fd = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		int pid, end = 0;
		if (sscanf(entry->d_name, GROUP_NAME "%n", &pid, &end) == 1 && !entry->d_name[end] && kill(pid, 0) < 0 && errno == ESRCH)
			unlinkat(parent, entry->d_name, AT_REMOVEDIR);
	}
	if (dir)
		closedir(dir);
}

int cgroup_enter(struct cgroup *g, uint64_t processes)
{
	char own[200];
	*g = (struct cgroup){ .parent = -1 };
	if (!own_group(own, sizeof(own)))
		return -ENOENT;
	/* By descriptor, because the tree of the host is gone when the group is removed. */
	int parent = open(own, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		return -errno;
	remove_left_behind(parent);
	snprintf(g->name, sizeof(g->name), GROUP_NAME, (int)getpid());
	int result = mkdirat(parent, g->name, 0755) < 0 && errno != EEXIST ? -errno : 0;
	if (result >= 0)
		result = put(parent, g->name, "pids.max", processes);
	if (result >= 0)
		result = put(parent, g->name, "cgroup.procs", (uint64_t)getpid());
	if (result < 0) {
		unlinkat(parent, g->name, AT_REMOVEDIR);
		close(parent);
		return result;
	}
	g->parent = parent;
	return 0;
}

void cgroup_leave(struct cgroup *g)
{
	if (g->parent < 0)
		return;
	put(g->parent, ".", "cgroup.procs", (uint64_t)getpid());
	unlinkat(g->parent, g->name, AT_REMOVEDIR);
	close(g->parent);
	g->parent = -1;
}
