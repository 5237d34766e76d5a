/* What only glibc has, or has in its own way. */
#include "libc.h"

#include <dirent.h>
#include <glob.h>
#include <signal.h>
#include <time.h>

#include "runtime.h"
#include "stray.h"

/* ---- streams: the flags are part of the library's ABI ---- */

#define STREAM_NO_READS 0x0004
#define STREAM_NO_WRITES 0x0008
#define STREAM_EOF_SEEN 0x0010
#define STREAM_ERR_SEEN 0x0020
#define STREAM_APPENDING 0x1000

int libc_stream_turn(FILE *f, int fd, const char *mode, int flags)
{
	(void)mode;
	f->_fileno = fd;
	f->_flags &= ~(STREAM_NO_READS | STREAM_NO_WRITES | STREAM_EOF_SEEN | STREAM_ERR_SEEN | STREAM_APPENDING);
	if ((flags & O_ACCMODE) == O_RDONLY)
		f->_flags |= STREAM_NO_WRITES;
	if ((flags & O_ACCMODE) == O_WRONLY)
		f->_flags |= STREAM_NO_READS;
	if (flags & O_APPEND)
		f->_flags |= STREAM_APPENDING;
	f->_offset = -1;
	return 0;
}

/* ---- glob: the library's matching over our directories ---- */

static void *glob_opendir(const char *path)
{
	return opendir(path);
}

static struct dirent *glob_readdir(void *dir)
{
	return readdir(dir);
}

static void glob_closedir(void *dir)
{
	closedir(dir);
}

WRAPPER(int, glob, (const char *pattern, int flags, int (*on_error)(const char *, int), glob_t *g))
{
	glob_t saved = *g;

	if (flags & GLOB_ALTDIRFUNC)
		return NEXT(glob)(pattern, flags, on_error, g);
	/* "~name" would be looked up in the host's user list. */
	if (pattern[0] == '~' && pattern[1] && pattern[1] != '/')
		flags &= ~(GLOB_TILDE | GLOB_TILDE_CHECK);
	g->gl_opendir = glob_opendir;
	g->gl_readdir = glob_readdir;
	g->gl_closedir = glob_closedir;
	g->gl_stat = (int (*)(const char *restrict, struct stat *restrict))stat;
	g->gl_lstat = (int (*)(const char *restrict, struct stat *restrict))lstat;
	int result = NEXT(glob)(pattern, flags | GLOB_ALTDIRFUNC, on_error, g);
	g->gl_opendir = saved.gl_opendir;
	g->gl_readdir = saved.gl_readdir;
	g->gl_closedir = saved.gl_closedir;
	g->gl_stat = saved.gl_stat;
	g->gl_lstat = saved.gl_lstat;
	g->gl_flags &= ~GLOB_ALTDIRFUNC;
	return result;
}

/* ---- signal masks of BSD's: see signal.c ---- */

WRAPPER(int, sigblock, (int mask))
{
	return NEXT(sigblock)(stray_armed ? mask & ~(1 << (SIGSYS - 1)) : mask);
}

WRAPPER(int, sigsetmask, (int mask))
{
	return NEXT(sigsetmask)(stray_armed ? mask & ~(1 << (SIGSYS - 1)) : mask);
}

/* ---- zones: see variables.c ---- */

WRAPPER(char *, strptime_l,
	(const char *restrict text, const char *restrict format, struct tm *restrict tm, locale_t locale))
{
	variables_of_zones("strptime_l");
	return NEXT(strptime_l)(text, format, tm, locale);
}
