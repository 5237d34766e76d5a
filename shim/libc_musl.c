/* What only musl has, or has in its own way. */
#include "libc.h"

#include <dirent.h>
#include <stdlib.h>

#include "shim.h"

bool libc_threads;

/* Those that preview1 knows have their names there. */
const char *strerrorname_np(int error)
{
	switch (error) {
#define ERRNO(NAME, name, HOST, text)                                    \
	case (WASI_ERRNO_##NAME == WASI_ERRNO_NOTCAPABLE ? -1 : HOST):   \
		return "E" #NAME;
#include "errno.def"
	default:
		return "an error";
	}
}

/* ---- streams: where musl keeps what a stream is ---- */

struct stream {
	unsigned flags;
	unsigned char *read_at, *read_end;
	int (*close)(FILE *);
	unsigned char *write_end, *write_at, *unused, *write_base;
	size_t (*read)(FILE *, unsigned char *, size_t);
	size_t (*write)(FILE *, const unsigned char *, size_t);
	off_t (*seek)(FILE *, off_t, int);
	unsigned char *buffer;
	size_t buffer_size;
	FILE *previous, *next;
	int fd;
};
#define STREAM_PERMANENT 0x0001U
#define STREAM_NO_READS 0x0004U
#define STREAM_NO_WRITES 0x0008U
#define STREAM_EOF_SEEN 0x0010U
#define STREAM_ERR_SEEN 0x0020U
#define STREAM_APPENDING 0x0080U
#define STREAM_DIRECTION (STREAM_NO_READS | STREAM_NO_WRITES | STREAM_EOF_SEEN | STREAM_ERR_SEEN | STREAM_APPENDING)

/* The functions come from a second stream of the same kind: the standard ones have those of their direction only. */
int libc_stream_turn(FILE *f, int fd, const char *mode, int flags)
{
	struct stream *stream = (struct stream *)(void *)f;
	FILE *other = NEXT(fdopen)(fd, mode);
	struct stream *model = (struct stream *)(void *)other;

	(void)flags;
	if (!other)
		return -1;
	stream->flags = (stream->flags & ~STREAM_DIRECTION) | (model->flags & STREAM_DIRECTION);
	stream->fd = fd;
	stream->read = model->read;
	stream->write = model->write;
	stream->seek = model->seek;
	stream->close = model->close;
	model->fd = -1;
	NEXT(fclose)(other);
	return 0;
}
