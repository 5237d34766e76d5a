/* What the C library and the loader open by a name of the guest's: libraries and message catalogues. They know the
 * host's names only, so they get a name where both mean the same object, and a descriptor's name where they differ. */
#include <dlfcn.h>
#include <libintl.h>
#include <nl_types.h>
#include <stdio.h>
#include <sys/syscall.h>

#include "place.h"
#include "stray.h"

#define NAME_ROOM (PATH_MAX + 1)

/* Does a guest name mean the same object to the loader, which knows the host's names only? */
bool place_is(const char *name, int object)
{
	struct statx there, here;

	return RAW(SYS_statx, AT_FDCWD, name, 0, STATX_INO, &there) == 0 &&
	       RAW(SYS_statx, object, "", AT_EMPTY_PATH, STATX_INO, &here) == 0 && there.stx_ino == here.stx_ino &&
	       there.stx_dev_major == here.stx_dev_major && there.stx_dev_minor == here.stx_dev_minor;
}

/* A name by which the C library finds what the guest calls `name`, into buf[NAME_ROOM], for as long as *ret_object stays
 * open. Returns 0 or an errno. */
static int host_name(const char *name, char *buf, int *ret_object)
{
	struct place p;
	int error = AT_PLACE(p, AT_FDCWD, name, true,
			     wasi_path_host(shim.ctx, p.fd, WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, p.path, p.len, ret_object));

	if (error)
		return error;
	if (place_name(AT_FDCWD, name, buf) || !place_is(buf, *ret_object))
		snprintf(buf, NAME_ROOM, "/proc/self/fd/%d", *ret_object);
	return 0;
}

/* A library named by a path must be granted. One named without is searched for by the loader among the runtime's: that
 * call is handed on as it came, since the loader asks who called. */
WRAPPER(void *, dlopen, (const char *name, int flags))
{
	char host[NAME_ROOM];
	int object;

	if (!name || !strchr(name, '/'))
		return NEXT(dlopen)(name, flags);
	/* The loader's own message, for a name that it will not find either. */
	if (host_name(name, host, &object))
		return NEXT(dlopen)("/dev/null/not-granted", flags);
	void *handle = NEXT(dlopen)(host, flags);
	RAW(SYS_close, object);
	stray_look();
	return handle;
}

/* Without a slash the library searches the runtime's own directories. */
WRAPPER(nl_catd, catopen, (const char *name, int flags))
{
	char host[NAME_ROOM];
	int object;

	if (!name || !strchr(name, '/'))
		return NEXT(catopen)(name, flags);
	int error = host_name(name, host, &object);
	if (error) {
		errno = error;
		return (nl_catd)-1;
	}
	nl_catd catalogue = NEXT(catopen)(host, flags);
	RAW(SYS_close, object);
	return catalogue;
}

/* The directory is used later, by its name: it must mean the same to the library. Where it does not, messages stay
 * untranslated, as without catalogues. */
WRAPPER(char *, bindtextdomain, (const char *domain, const char *dir))
{
	char host[NAME_ROOM];
	int object;

	if (!dir)
		return NEXT(bindtextdomain)(domain, NULL);
	bool same = host_name(dir, host, &object) == 0;
	if (same) {
		RAW(SYS_close, object);
		same = strncmp(host, "/proc/self/fd/", 14) != 0;
	}
	return NEXT(bindtextdomain)(domain, same ? host : "/dev/null");
}
