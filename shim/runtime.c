/* What the C library and the loader open by a name of the guest's: libraries and message catalogues. They know the
 * host's names only, so they get a name where both mean the same object, and a descriptor's name where they differ. */
#include <dlfcn.h>
#include <libintl.h>
#include <nl_types.h>
#include <stdio.h>
#include <sys/syscall.h>

#include "runtime.h"
#include "stray.h"

/* Does a guest name mean the same object to the loader, which knows the host's names only? */
bool place_is(const char *name, int object)
{
	struct statx there, here;

	return RAW(SYS_statx, AT_FDCWD, name, 0, STATX_INO, &there) == 0 &&
	       RAW(SYS_statx, object, "", AT_EMPTY_PATH, STATX_INO, &here) == 0 && there.stx_ino == here.stx_ino &&
	       there.stx_dev_major == here.stx_dev_major && there.stx_dev_minor == here.stx_dev_minor;
}

int place_host_name(const char *name, const char *call, char *buf, int *ret_object)
{
	struct place p;
	int error = AT_PLACE_FOR(call, p, AT_FDCWD, name, true,
				 wasi_path_host(shim.ctx, p.fd, WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, p.path, p.len, ret_object));

	if (error)
		return error;
	if (place_name(AT_FDCWD, name, buf) || !place_is(buf, *ret_object))
		snprintf(buf, HOST_NAME_ROOM, "/proc/self/fd/%d", *ret_object);
	return 0;
}

bool place_is_shared(const char *name, const char *call)
{
	char host[HOST_NAME_ROOM];
	int object;

	if (name[0] != '/' || place_host_name(name, call, host, &object))
		return false;
	RAW(SYS_close, object);
	return strncmp(host, "/proc/self/fd/", 14) != 0;
}

void shared_parts(char *list, bool words, const char *call)
{
	char *to = list, part[PATH_MAX];

	for (const char *from = list; *from; from += *from == ':') {
		size_t len = strcspn(from, ":");
		if (len && len < sizeof(part)) {
			memcpy(part, from, len);
			part[len] = '\0';
			if ((words && !strchr(part, '/')) || place_is_shared(part, call)) {
				if (to > list)
					*to++ = ':';
				memcpy(to, part, len);
				to += len;
			}
		}
		from += len;
	}
	*to = '\0';
}

/* A library named by a path must be granted. One named without is searched for by the loader among the runtime's: that
 * call is handed on as it came, since the loader asks who called. */
WRAPPER(void *, dlopen, (const char *name, int flags))
{
	char host[HOST_NAME_ROOM];
	int object;

	if (!name || !strchr(name, '/'))
		return NEXT(dlopen)(name, flags);
	/* The loader's own message, for a name that it will not find either. */
	if (place_host_name(name, "dlopen", host, &object))
		return NEXT(dlopen)("/dev/null/not-granted", flags);
	void *handle = NEXT(dlopen)(host, flags);
	RAW(SYS_close, object);
	stray_look();
	return handle;
}

/* Without a slash the library searches the runtime's own directories. */
WRAPPER(nl_catd, catopen, (const char *name, int flags))
{
	char host[HOST_NAME_ROOM];
	int object;

	variables_of_locales("catopen");
	if (!name || !strchr(name, '/'))
		return NEXT(catopen)(name, flags);
	int error = place_host_name(name, "catopen", host, &object);
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
	char name[PATH_MAX];

	if (!dir)
		return NEXT(bindtextdomain)(domain, NULL);
	bool shared = place_name(AT_FDCWD, dir, name) == 0 && place_is_shared(name, "bindtextdomain");
	return NEXT(bindtextdomain)(domain, shared ? name : "/dev/null");
}
