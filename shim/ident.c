/* Names of users, groups and the machine. The host's /etc/passwd is not the guest's business: there is the process's
 * own user and group, by the names that the policy gives them, and root. */
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>

#include "guest.h"
#include "shim.h"

#define MACHINE_NAME "wasiward"

WRAPPER(pid_t, getpid, (void))
{
	return 42; /* as wasi-libc's emulation */
}

/* ---- users ---- */

struct id {
	unsigned number;
	const char *name;
};

static struct id own_user(void)
{
	return (struct id){getuid(), shim.policy->user ? shim.policy->user : "user"};
}

static struct id own_group(void)
{
	return (struct id){getgid(), shim.policy->group ? shim.policy->group : "user"};
}

/* Entry n of the list of the known: one's own, and root if one is not root. */
static bool nth(struct id own, int n, struct id *ret)
{
	if (n == 0)
		*ret = own;
	else if (n == 1 && own.number != 0)
		*ret = (struct id){0, "root"};
	else
		return false;
	return true;
}

static bool find(struct id own, const char *name, unsigned number, struct id *ret)
{
	for (int n = 0; nth(own, n, ret); n++) {
		if (name ? strcmp(name, ret->name) == 0 : number == ret->number)
			return true;
	}
	return false;
}

static int fill_passwd(const struct id *id, struct passwd *pw, char *buf, size_t len, struct passwd **ret)
{
	const char *home = getenv("HOME");
	bool own = id->number == getuid();

	*ret = NULL;
	if (!own || !home)
		home = id->number == 0 ? "/root" : "/";
	int n = snprintf(buf, len, "%s%cx%c%s%c%s%c%s", id->name, 0, 0, id->name, 0, home, 0, "/bin/sh");
	if (n < 0 || (size_t)n >= len)
		return ERANGE;
	pw->pw_name = buf;
	pw->pw_passwd = pw->pw_name + strlen(pw->pw_name) + 1;
	pw->pw_gecos = pw->pw_passwd + strlen(pw->pw_passwd) + 1;
	pw->pw_dir = pw->pw_gecos + strlen(pw->pw_gecos) + 1;
	pw->pw_shell = pw->pw_dir + strlen(pw->pw_dir) + 1;
	pw->pw_uid = id->number;
	pw->pw_gid = own ? getgid() : 0;
	*ret = pw;
	return 0;
}

static int user_r(const char *name, uid_t uid, struct passwd *pw, char *buf, size_t len, struct passwd **ret)
{
	struct id id;

	*ret = NULL;
	return find(own_user(), name, uid, &id) ? fill_passwd(&id, pw, buf, len, ret) : 0;
}

WRAPPER(int, getpwuid_r, (uid_t uid, struct passwd *pw, char *buf, size_t len, struct passwd **ret))
{
	return user_r(NULL, uid, pw, buf, len, ret);
}

WRAPPER(int, getpwnam_r, (const char *name, struct passwd *pw, char *buf, size_t len, struct passwd **ret))
{
	return user_r(name, 0, pw, buf, len, ret);
}

static struct passwd own_passwd;
static char passwd_text[PATH_MAX];

static struct passwd *user(const char *name, uid_t uid)
{
	struct passwd *ret;
	int saved = errno, error = user_r(name, uid, &own_passwd, passwd_text, sizeof(passwd_text), &ret);

	errno = error ? error : saved;
	return ret;
}

WRAPPER(struct passwd *, getpwuid, (uid_t uid))
{
	return user(NULL, uid);
}

WRAPPER(struct passwd *, getpwnam, (const char *name))
{
	return user(name, 0);
}

static int user_at, group_at;

WRAPPER(void, setpwent, (void))
{
	user_at = 0;
}

WRAPPER(void, endpwent, (void))
{
	user_at = 0;
}

WRAPPER(int, getpwent_r, (struct passwd *pw, char *buf, size_t len, struct passwd **ret))
{
	struct id id;

	*ret = NULL;
	if (!nth(own_user(), user_at, &id))
		return ENOENT;
	int error = fill_passwd(&id, pw, buf, len, ret);
	if (!error)
		user_at++;
	return error;
}

WRAPPER(struct passwd *, getpwent, (void))
{
	struct passwd *ret;

	wrap_getpwent_r(&own_passwd, passwd_text, sizeof(passwd_text), &ret);
	return ret;
}

WRAPPER(struct passwd *, fgetpwent, (FILE *f))
{
	/* The guest's own file, read with the library's stream functions. */
	static char line[1024];
	char *field[7], *at = line;

	if (!fgets(line, sizeof(line), f))
		return NULL;
	line[strcspn(line, "\n")] = '\0';
	for (int i = 0; i < 7; i++) {
		field[i] = at ? strsep(&at, ":") : NULL;
		if (!field[i])
			return NULL;
	}
	own_passwd = (struct passwd){.pw_name = field[0], .pw_passwd = field[1], .pw_uid = (uid_t)strtoul(field[2], NULL, 10),
				     .pw_gid = (gid_t)strtoul(field[3], NULL, 10), .pw_gecos = field[4],
				     .pw_dir = field[5], .pw_shell = field[6]};
	return &own_passwd;
}

/* ---- groups ---- */

static int fill_group(const struct id *id, struct group *gr, char *buf, size_t len, struct group **ret)
{
	/* One empty list of members, aligned, before the text. */
	size_t pad = (size_t)(-(uintptr_t)buf & (sizeof(char *) - 1)), head = pad + sizeof(char *);

	*ret = NULL;
	if (len <= head)
		return ERANGE;
	int n = snprintf(buf + head, len - head, "%s%cx", id->name, 0);
	if (n < 0 || (size_t)n >= len - head)
		return ERANGE;
	gr->gr_mem = (char **)(void *)(buf + pad);
	gr->gr_mem[0] = NULL;
	gr->gr_name = buf + head;
	gr->gr_passwd = gr->gr_name + strlen(gr->gr_name) + 1;
	gr->gr_gid = id->number;
	*ret = gr;
	return 0;
}

static int group_r(const char *name, gid_t gid, struct group *gr, char *buf, size_t len, struct group **ret)
{
	struct id id;

	*ret = NULL;
	return find(own_group(), name, gid, &id) ? fill_group(&id, gr, buf, len, ret) : 0;
}

WRAPPER(int, getgrgid_r, (gid_t gid, struct group *gr, char *buf, size_t len, struct group **ret))
{
	return group_r(NULL, gid, gr, buf, len, ret);
}

WRAPPER(int, getgrnam_r, (const char *name, struct group *gr, char *buf, size_t len, struct group **ret))
{
	return group_r(name, 0, gr, buf, len, ret);
}

static struct group own_group_entry;
static char group_text[512];

static struct group *group(const char *name, gid_t gid)
{
	struct group *ret;
	int saved = errno, error = group_r(name, gid, &own_group_entry, group_text, sizeof(group_text), &ret);

	errno = error ? error : saved;
	return ret;
}

WRAPPER(struct group *, getgrgid, (gid_t gid))
{
	return group(NULL, gid);
}

WRAPPER(struct group *, getgrnam, (const char *name))
{
	return group(name, 0);
}

WRAPPER(void, setgrent, (void))
{
	group_at = 0;
}

WRAPPER(void, endgrent, (void))
{
	group_at = 0;
}

WRAPPER(int, getgrent_r, (struct group *gr, char *buf, size_t len, struct group **ret))
{
	struct id id;

	*ret = NULL;
	if (!nth(own_group(), group_at, &id))
		return ENOENT;
	int error = fill_group(&id, gr, buf, len, ret);
	if (!error)
		group_at++;
	return error;
}

WRAPPER(struct group *, getgrent, (void))
{
	struct group *ret;

	wrap_getgrent_r(&own_group_entry, group_text, sizeof(group_text), &ret);
	return ret;
}

WRAPPER(struct group *, fgetgrent, (FILE *f))
{
	static char line[1024];
	static char *members[64];
	char *field[4], *at = line;
	size_t n = 0;

	if (!fgets(line, sizeof(line), f))
		return NULL;
	line[strcspn(line, "\n")] = '\0';
	for (int i = 0; i < 4; i++) {
		field[i] = at ? strsep(&at, ":") : NULL;
		if (!field[i])
			return NULL;
	}
	for (char *m = field[3]; m && *m && n < 63;)
		members[n++] = strsep(&m, ",");
	members[n] = NULL;
	own_group_entry = (struct group){field[0], field[1], (gid_t)strtoul(field[2], NULL, 10), members};
	return &own_group_entry;
}

WRAPPER(int, getgrouplist, (const char *name, gid_t gid, gid_t *groups, int *n))
{
	int room = *n;

	(void)name;
	*n = 1;
	if (room < 1)
		return -1;
	groups[0] = gid;
	return 1;
}

WRAPPER(int, initgroups, (const char *name, gid_t gid))
{
	(void)name;
	return setgroups(1, &gid);
}

/* ---- logins ---- */

WRAPPER(char *, getlogin, (void))
{
	return (char *)own_user().name;
}

static int login(char *buf, size_t len)
{
	const char *name = own_user().name;

	if (strlen(name) >= len)
		return ERANGE;
	strcpy(buf, name);
	return 0;
}

WRAPPER(int, getlogin_r, (char *buf, size_t len))
{
	return login(buf, len);
}

WRAPPER_UNDECLARED(int, __getlogin_r_chk, (char *buf, size_t len, size_t room))
{
	return login(buf, len < room ? len : room);
}

WRAPPER_UNDECLARED(char *, cuserid, (char *buf))
{
	static char own[L_cuserid];

	if (login(buf ? buf : own, L_cuserid))
		(buf ? buf : own)[0] = '\0';
	return buf ? buf : own;
}

/* ---- the machine ---- */

WRAPPER(int, uname, (struct utsname *u))
{
	if (!guest_writable(u, sizeof(*u)))
		return fail_with(EFAULT);
	if (shim.strict) {
		/* wasi-libc's constants */
		*u = (struct utsname){.sysname = "wasi", .nodename = "(none)", .release = "0.0.0", .version = "0.0.0",
				      .machine = "wasm32"};
		return 0;
	}
	/* Programs decide by the kernel's release and the machine; the name of the host is not theirs to know. */
	if (NEXT(uname)(u))
		return -1;
	memset(u->nodename, 0, sizeof(u->nodename));
	strcpy(u->nodename, MACHINE_NAME);
	memset(u->domainname, 0, sizeof(u->domainname));
	strcpy(u->domainname, "(none)");
	return 0;
}

static int copy_name(const char *name, char *buf, size_t len)
{
	size_t need = strlen(name) + 1;

	if (!guest_writable(buf, need < len ? need : len))
		return fail_with(EFAULT);
	memcpy(buf, name, need < len ? need : len);
	return need > len ? fail_with(ENAMETOOLONG) : 0;
}

WRAPPER(int, gethostname, (char *buf, size_t len))
{
	return copy_name(shim.strict ? "(none)" : MACHINE_NAME, buf, len);
}

WRAPPER_UNDECLARED(int, __gethostname_chk, (char *buf, size_t len, size_t room))
{
	return wrap_gethostname(buf, len < room ? len : room);
}

WRAPPER(int, getdomainname, (char *buf, size_t len))
{
	return copy_name("(none)", buf, len);
}

WRAPPER_UNDECLARED(int, __getdomainname_chk, (char *buf, size_t len, size_t room))
{
	return copy_name("(none)", buf, len < room ? len : room);
}

WRAPPER(long, gethostid, (void))
{
	return 0;
}
