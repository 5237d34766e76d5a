/* Directory streams over fd_readdir. The C library's own would read the kernel's directory behind the core's back. */
#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>

#include "alloc.h"
#include "file.h"
#include "guest.h"

#define BUFFER 32768

/* What the guest holds as a DIR: opaque to it. */
struct stream {
	pthread_mutex_t lock;
	int fd;
	size_t at, used;         /* in buf */
	bool end;                /* buf reaches to the end of the directory */
	wasi_dircookie_t cookie; /* of the next entry to be given out */
	struct dirent entry;
	char buf[BUFFER];
};

static struct stream *stream_of(DIR *dir)
{
	return (struct stream *)dir;
}

/* preview1 has one word for what it does not know, so FIFOs and sockets are DT_UNKNOWN: callers stat those. */
static unsigned char type_of(wasi_filetype_t type)
{
	static const unsigned char types[] = {
		[WASI_FILETYPE_UNKNOWN] = DT_UNKNOWN,
		[WASI_FILETYPE_BLOCK_DEVICE] = DT_BLK,
		[WASI_FILETYPE_CHARACTER_DEVICE] = DT_CHR,
		[WASI_FILETYPE_DIRECTORY] = DT_DIR,
		[WASI_FILETYPE_REGULAR_FILE] = DT_REG,
		[WASI_FILETYPE_SOCKET_DGRAM] = DT_UNKNOWN,
		[WASI_FILETYPE_SOCKET_STREAM] = DT_UNKNOWN,
		[WASI_FILETYPE_SYMBOLIC_LINK] = DT_LNK,
	};

	return type < sizeof(types) ? types[type] : DT_UNKNOWN;
}

static DIR *stream_new(int fd)
{
	struct stream *s = malloc(sizeof(*s));

	if (!s)
		return NULL;
	pthread_mutex_init(&s->lock, NULL);
	s->fd = fd;
	s->at = s->used = 0;
	s->end = false;
	s->cookie = 0;
	return (DIR *)s;
}

WRAPPER(DIR *, opendir, (const char *path))
{
	int fd = file_open(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_DIRECTORY | O_CLOEXEC, 0, __func__);
	DIR *dir = fd < 0 ? NULL : stream_new(fd);

	if (fd >= 0 && !dir) {
		fd_close(fd);
		errno = ENOMEM;
	}
	return dir;
}

WRAPPER(DIR *, fdopendir, (int fd))
{
	struct stat st;

	if (fstat(fd, &st))
		return NULL;
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return NULL;
	}
	if (!shim.strict)
		fd_set_cloexec(fd, true);
	return stream_new(fd);
}

WRAPPER(int, closedir, (DIR *dir))
{
	if (!dir)
		return fail_with(EINVAL);
	struct stream *s = stream_of(dir);
	int fd = s->fd;
	pthread_mutex_destroy(&s->lock);
	free(s);
	return fd_close(fd);
}

WRAPPER(int, dirfd, (DIR *dir))
{
	return dir ? stream_of(dir)->fd : fail_with(EINVAL);
}

/* A record that lies whole in the buffer, or NULL. */
static const char *record(const struct stream *s, wasi_dirent_t *header)
{
	if (s->used - s->at < sizeof(*header))
		return NULL;
	memcpy(header, s->buf + s->at, sizeof(*header));
	if (s->used - s->at - sizeof(*header) < header->d_namlen)
		return NULL;
	return s->buf + s->at + sizeof(*header);
}

/* The next entry into s->entry. Returns 1, 0 at the end, or -1 with errno. */
static int advance(struct stream *s)
{
	wasi_dirent_t header;
	const char *name;

	for (;;) {
		name = record(s, &header);
		if (name)
			break;
		if (s->end)
			return 0;
		/* Less than a full buffer is the end; a cut record at the end of a full one is read again. */
		wasi_size_t used;
		wasi_errno_t e = wasi_fd_readdir(shim.ctx, (wasi_fd_t)s->fd, s->buf, sizeof(s->buf), s->cookie, &used);
		if (e)
			return fail(e);
		s->at = 0;
		s->used = used;
		s->end = used < sizeof(s->buf);
	}
	if (header.d_namlen >= sizeof(s->entry.d_name))
		return fail_with(EOVERFLOW);
	s->entry.d_ino = header.d_ino;
	s->entry.d_off = (off_t)header.d_next;
	s->entry.d_type = type_of(header.d_type);
	size_t size = offsetof(struct dirent, d_name) + header.d_namlen + 1;
	s->entry.d_reclen = (unsigned short)((size + 7) & ~(size_t)7);
	memcpy(s->entry.d_name, name, header.d_namlen);
	s->entry.d_name[header.d_namlen] = '\0';
	s->at += sizeof(header) + header.d_namlen;
	s->cookie = header.d_next;
	return 1;
}

WRAPPER(struct dirent *, readdir, (DIR *dir))
{
	struct stream *s = stream_of(dir);
	int saved = errno;

	pthread_mutex_lock(&s->lock);
	int got = advance(s);
	pthread_mutex_unlock(&s->lock);
	if (got >= 0)
		errno = saved;
	return got > 0 ? &s->entry : NULL;
}

WRAPPER(int, readdir_r, (DIR *dir, struct dirent *entry, struct dirent **result))
{
	struct stream *s = stream_of(dir);
	int saved = errno, error = 0;

	pthread_mutex_lock(&s->lock);
	int got = advance(s);
	if (got > 0)
		memcpy(entry, &s->entry, s->entry.d_reclen);
	else if (got < 0)
		error = errno;
	pthread_mutex_unlock(&s->lock);
	errno = saved;
	*result = got > 0 ? entry : NULL;
	return error;
}

WRAPPER(void, seekdir, (DIR *dir, long at))
{
	struct stream *s = stream_of(dir);

	pthread_mutex_lock(&s->lock);
	s->at = s->used = 0;
	s->end = false;
	s->cookie = (wasi_dircookie_t)at;
	pthread_mutex_unlock(&s->lock);
}

WRAPPER(void, rewinddir, (DIR *dir))
{
	wrap_seekdir(dir, 0);
}

WRAPPER(long, telldir, (DIR *dir))
{
	return (long)stream_of(dir)->cookie;
}

/* ---- the kernel's form ---- */

/* More is not filled at once, and need not be there. */
#define GETDENTS_MOST 65536

/* Packs entries as getdents64(2). The position is the kernel's, as it is for those who call this. */
static ssize_t get_entries(int fd, char *buf, size_t len)
{
	int host_fd = fd_host_for(fd, WASI_RIGHTS_FD_READDIR);
	wasi_dircookie_t cookie;
	char records[4096];
	size_t out = 0;

	if (host_fd < 0)
		return -1;
	if (len > GETDENTS_MOST)
		len = GETDENTS_MOST;
	if (!guest_writable(buf, len))
		return fail_with(EFAULT);
	long at = lseek(fd, 0, SEEK_CUR);
	if (at < 0)
		return -1;
	cookie = (wasi_dircookie_t)at;
	for (bool end = false; !end;) {
		wasi_size_t used;
		size_t in = 0;
		wasi_errno_t e = wasi_fd_readdir(shim.ctx, (wasi_fd_t)fd, records, sizeof(records), cookie, &used);
		if (e)
			return fail(e);
		end = used < sizeof(records);
		for (;;) {
			wasi_dirent_t header;
			if (used - in < sizeof(header))
				break;
			memcpy(&header, records + in, sizeof(header));
			if (used - in - sizeof(header) < header.d_namlen)
				break;
			size_t size = (offsetof(struct dirent, d_name) + header.d_namlen + 1 + 7) & ~(size_t)7;
			if (size > len - out) {
				end = true;
				break;
			}
			struct dirent *d = (struct dirent *)(buf + out);
			d->d_ino = header.d_ino;
			d->d_off = (off_t)header.d_next;
			d->d_reclen = (unsigned short)size;
			d->d_type = type_of(header.d_type);
			memcpy(d->d_name, records + in + sizeof(header), header.d_namlen);
			d->d_name[header.d_namlen] = '\0';
			in += sizeof(header) + header.d_namlen;
			out += size;
			cookie = header.d_next;
		}
	}
	if (lseek(fd, (off_t)cookie, SEEK_SET) < 0)
		return -1;
	return (ssize_t)out;
}

WRAPPER(ssize_t, getdents64, (int fd, void *buf, size_t len))
{
	return get_entries(fd, buf, len);
}

WRAPPER(ssize_t, getdirentries, (int fd, char *buf, size_t len, off_t *base))
{
	off_t at = lseek(fd, 0, SEEK_CUR);
	ssize_t n = get_entries(fd, buf, len);

	if (n >= 0 && at >= 0)
		*base = at;
	return n;
}

/* ---- whole directories ---- */

static int scan(DIR *dir, struct dirent ***ret, int (*select)(const struct dirent *),
		int (*compare)(const struct dirent **, const struct dirent **))
{
	struct dirent **list = NULL, *d;
	size_t n = 0, room = 0;
	int error = 0;

	if (!dir)
		return -1;
	for (;;) {
		errno = 0;
		if (!(d = wrap_readdir(dir))) {
			error = errno;
			break;
		}
		if (select && !select(d))
			continue;
		if (n == room) {
			room = room ? room * 2 : 32;
			struct dirent **more = guest_realloc(list, room * sizeof(*more));
			if (!more) {
				error = ENOMEM;
				break;
			}
			list = more;
		}
		if (!(list[n] = guest_malloc(d->d_reclen))) {
			error = ENOMEM;
			break;
		}
		memcpy(list[n++], d, d->d_reclen);
	}
	wrap_closedir(dir);
	if (error) {
		while (n > 0)
			free(list[--n]);
		free(list);
		return fail_with(error);
	}
	if (compare && n > 1)
		qsort(list, n, sizeof(*list), (int (*)(const void *, const void *))(void *)compare);
	*ret = list ? list : malloc(sizeof(*list)); /* callers free it without a look */
	return (int)n;
}

WRAPPER(int, scandir,
	(const char *path, struct dirent ***ret, int (*select)(const struct dirent *),
	 int (*compare)(const struct dirent **, const struct dirent **)))
{
	return scan(wrap_opendir(path), ret, select, compare);
}

WRAPPER(int, scandirat,
	(int dirfd, const char *path, struct dirent ***ret, int (*select)(const struct dirent *),
	 int (*compare)(const struct dirent **, const struct dirent **)))
{
	int fd = file_open(dirfd, path, O_RDONLY | O_NONBLOCK | O_DIRECTORY | O_CLOEXEC, 0, "scandirat");

	return fd < 0 ? -1 : scan(stream_new(fd), ret, select, compare);
}
