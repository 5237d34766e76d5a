/* Variables of the environment that tell the C library where its data lies: locales, conversions, catalogues, zones.
 *
 * The library opens that data itself, by the host's names. So before each function that may, variables that name what the
 * guest has no right to, or what has another name on the host, are taken out of the environment; the library then does
 * as without them. A zone becomes UTC, as one that is not there. */
#include <iconv.h>
#include <libintl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <wchar.h>

#include "runtime.h"

/* ---- values ---- */

static bool has_dotdot(const char *path)
{
	for (const char *at = path; (at = strstr(at, "..")); at += 2) {
		if ((at == path || at[-1] == '/') && (at[2] == '/' || at[2] == '\0'))
			return true;
	}
	return false;
}

/* Whether all parts of a list are good; an empty one is. */
static bool good_list(const char *list, const char *call, bool (*good)(char *part, const char *call))
{
	char part[PATH_MAX];

	for (;; list++) {
		size_t len = strcspn(list, ":");
		if (len >= sizeof(part))
			return false;
		memcpy(part, list, len);
		part[len] = '\0';
		if (len && !good(part, call))
			return false;
		list += len;
		if (!*list)
			return true;
	}
}

static bool good_path(char *part, const char *call)
{
	return place_is_shared(part, call);
}

/* A list of directories. */
static bool good_paths(const char *value, const char *call)
{
	return good_list(value, call, good_path);
}

static bool good_template(char *part, const char *call)
{
	if (has_dotdot(part))
		return false;
	/* What is fixed of it. */
	char *fixed = part + strcspn(part, "%");
	bool whole = !*fixed;
	while (!whole && fixed > part && fixed[-1] != '/')
		fixed--;
	if (fixed > part + 1 && !whole)
		fixed--;
	*fixed = '\0';
	return place_is_shared(part, call);
}

/* A list of names with %N, %L and the like in them. */
static bool good_templates(const char *value, const char *call)
{
	return good_list(value, call, good_template);
}

/* Names of languages, which become parts of paths. */
static bool good_words(const char *value, const char *call)
{
	(void)call;
	return !strchr(value, '/');
}

static bool good_zone(const char *value, const char *call)
{
	static __thread char known[64];
	char path[PATH_MAX];
	const char *dir = getenv("TZDIR");
	bool own_dir = dir && *dir;

	value += *value == ':';
	if (has_dotdot(value))
		return false;
	if (value[0] != '/' && !own_dir)
		return true;
	/* What the library reads without any variable, too. */
	if (strcmp(value, "/etc/localtime") == 0 || strcmp(value, known) == 0)
		return true;
	if (value[0] != '/') {
		if (snprintf(path, sizeof(path), "%s/%s", dir, value) >= (int)sizeof(path))
			return false;
		/* Most of the zones that a directory lacks are rules. */
		return place_is_shared(path, call) || strpbrk(value, "/.") == NULL;
	}
	if (!place_is_shared(value, call))
		return false;
	if (strlen(value) < sizeof(known))
		strcpy(known, value);
	return true;
}

/* ---- the environment ---- */

enum { ZONES = 1, LOCALES = 2 };

static const struct variable {
	char name[16], instead[8]; /* instead: the whole entry, or nothing */
	int group;
	bool (*good)(const char *value, const char *call);
} variables[] = {
	{"TZDIR=", "", ZONES, good_paths},
	{"TZ=", "TZ=UTC0", ZONES, good_zone},
	{"LOCPATH=", "", LOCALES, good_paths},
	{"MUSL_LOCPATH=", "", LOCALES, good_paths},
	{"GCONV_PATH=", "", LOCALES, good_paths},
	{"NLSPATH=", "", LOCALES, good_templates},
	{"LANGUAGE=", "", LOCALES, good_words},
	{"LANG=", "LANG=C", LOCALES, good_words},
};
#define COUNT (sizeof(variables) / sizeof(variables[0]))

/* Takes an entry of the environment out; another may have come in its place. */
static void take_out(char **entry)
{
	do
		entry[0] = entry[1];
	while (*entry++);
}

static void check_one(const struct variable *v, const char *call)
{
	size_t len = strlen(v->name);

	for (char **e = environ; e && *e; e++) {
		/* Most begin with another letter. */
		if (likely(**e != v->name[0]) || strncmp(*e, v->name, len) != 0)
			continue;
		const char *value = *e + len;
		int saved = errno;
		bool good = !*value || v->good(value, call);
		errno = saved;
		if (good)
			continue;
		if (v->instead[0])
			*e = (char *)v->instead;
		else
			take_out(e--);
	}
}

/* In the table's order: what a zone is depends on the directory. */
static void check(int group, const char *call)
{
	for (size_t i = 0; i < COUNT; i++) {
		if (variables[i].group == group)
			check_one(&variables[i], call);
	}
}

void variables_of_zones(const char *call)
{
	check(ZONES, call);
}

void variables_of_locales(const char *call)
{
	check(LOCALES, call);
}

/* ---- locales ---- */

WRAPPER(char *, setlocale, (int category, const char *locale))
{
	if (locale)
		variables_of_locales("setlocale");
	return NEXT(setlocale)(category, locale);
}

WRAPPER(locale_t, newlocale, (int mask, const char *locale, locale_t base))
{
	variables_of_locales("newlocale");
	return NEXT(newlocale)(mask, locale, base);
}

WRAPPER(iconv_t, iconv_open, (const char *to, const char *from))
{
	variables_of_locales("iconv_open");
	return NEXT(iconv_open)(to, from);
}

/* A domain is a part of a path, too. */
static bool good_domain(const char *domain)
{
	variables_of_locales("gettext");
	return !domain || !has_dotdot(domain);
}

WRAPPER(char *, textdomain, (const char *domain))
{
	if (good_domain(domain))
		return NEXT(textdomain)(domain);
	errno = EINVAL;
	return NULL;
}

WRAPPER(char *, dcgettext, (const char *domain, const char *text, int category))
{
	return good_domain(domain) ? NEXT(dcgettext)(domain, text, category) : (char *)text;
}

WRAPPER(char *, dgettext, (const char *domain, const char *text))
{
	return wrap_dcgettext(domain, text, LC_MESSAGES);
}

WRAPPER(char *, gettext, (const char *text))
{
	return wrap_dcgettext(NULL, text, LC_MESSAGES);
}

WRAPPER(char *, dcngettext,
	(const char *domain, const char *one, const char *many, unsigned long n, int category))
{
	if (good_domain(domain))
		return NEXT(dcngettext)(domain, one, many, n, category);
	return (char *)(n == 1 ? one : many);
}

WRAPPER(char *, dngettext, (const char *domain, const char *one, const char *many, unsigned long n))
{
	return wrap_dcngettext(domain, one, many, n, LC_MESSAGES);
}

WRAPPER(char *, ngettext, (const char *one, const char *many, unsigned long n))
{
	return wrap_dcngettext(NULL, one, many, n, LC_MESSAGES);
}

/* ---- zones ---- */

/* Each of these may read the zone, or only the first of them in a process. */
#define ZONED(type, name, params, args)               \
	WRAPPER(type, name, params)                   \
	{                                             \
		variables_of_zones(#name);            \
		return NEXT(name) args;               \
	}

WRAPPER(void, tzset, (void))
{
	variables_of_zones("tzset");
	NEXT(tzset)();
}

ZONED(struct tm *, localtime, (const time_t *time), (time))
ZONED(struct tm *, localtime_r, (const time_t *restrict time, struct tm *restrict result), (time, result))
ZONED(struct tm *, gmtime, (const time_t *time), (time))
ZONED(struct tm *, gmtime_r, (const time_t *restrict time, struct tm *restrict result), (time, result))
ZONED(char *, ctime, (const time_t *time), (time))
ZONED(char *, ctime_r, (const time_t *restrict time, char *restrict buf), (time, buf))
ZONED(time_t, mktime, (struct tm *tm), (tm))
ZONED(time_t, timegm, (struct tm *tm), (tm))
ZONED(size_t, strftime, (char *restrict buf, size_t len, const char *restrict format, const struct tm *restrict tm),
      (buf, len, format, tm))
ZONED(size_t, strftime_l,
      (char *restrict buf, size_t len, const char *restrict format, const struct tm *restrict tm, locale_t locale),
      (buf, len, format, tm, locale))
ZONED(size_t, wcsftime,
      (wchar_t *restrict buf, size_t len, const wchar_t *restrict format, const struct tm *restrict tm),
      (buf, len, format, tm))
ZONED(size_t, wcsftime_l,
      (wchar_t *restrict buf, size_t len, const wchar_t *restrict format, const struct tm *restrict tm, locale_t locale),
      (buf, len, format, tm, locale))
ZONED(char *, strptime, (const char *restrict text, const char *restrict format, struct tm *restrict tm), (text, format, tm))
