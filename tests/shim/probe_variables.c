/* Variables that name files: what the guest may not read, the C library and the loader do not read for it. Each file that is
 * named lies on the host and is one that would be used if it were read. */
#include <iconv.h>
#include <libintl.h>
#include <locale.h>
#include <nl_types.h>
#include <time.h>
#include <wchar.h>

#include "probe.h"

/* The host's name of /outside, which the guest does not have but can know: with `more` behind it. */
static const char *outside(const char *more)
{
	static char name[1024];
	ssize_t n = readlink("/data/out-dir", name, sizeof(name) - 1);

	CHECK(n > 0 && n + strlen(more) < sizeof(name));
	strcpy(name + n, more);
	return name;
}

static void set(const char *name, const char *before, const char *value)
{
	char text[2048];

	snprintf(text, sizeof(text), "%s%s", before, value);
	CHECK(setenv(name, text, 1) == 0);
}

static int hour(void)
{
	time_t epoch = 0;

	return localtime(&epoch)->tm_hour;
}

void case_variables_of_zones(void)
{
	char text[64];
	time_t epoch = 0;
	struct tm tm = {.tm_year = 70, .tm_mday = 1};

	/* The first to read the zone, for those that read it once. */
	set("TZ", ":", outside("/zone"));
	CHECK(localtime_r(&epoch, &tm)->tm_hour == 0 && mktime(&tm) == 0);
	set("TZ", "", outside("/zone"));
	CHECK(hour() == 0 && strcmp(getenv("TZ"), "UTC0") == 0);
	set("TZ", "../../../..", outside("/zone"));
	CHECK(strftime(text, sizeof(text), "%H%Z", gmtime(&epoch)) == 5 && strcmp(text, GLIBC ? "00GMT" : "00UTC") == 0);
	set("TZ", ":", outside("/zone"));
	CHECK(strcmp(ctime(&epoch), "Thu Jan  1 00:00:00 1970\n") == 0);
	set("TZDIR", "", outside(""));
	set("TZ", "", "zone");
	tzset();
	CHECK(hour() == 0 && !getenv("TZDIR"));
	/* A directory that is granted, but has another name on the host. */
	set("TZDIR", "", "/data");
	set("TZ", "", ":Asia/Tokyo");
	CHECK(hour() == 9 && !getenv("TZDIR"));

	/* The runtime's. */
	set("TZ", "", "Asia/Tokyo");
	CHECK(hour() == 9);
	set("TZ", "", ":/usr/share/zoneinfo/Asia/Tokyo");
	CHECK(hour() == 9 && hour() == 9);
	set("TZDIR", "", "/usr/share/zoneinfo/Asia");
	set("TZ", "", "Kolkata");
	CHECK((!GLIBC || hour() == 5) && strcmp(getenv("TZDIR"), "/usr/share/zoneinfo/Asia") == 0);
	set("TZ", "", "JST-9");
	CHECK(hour() == 9);
	unsetenv("TZDIR");
	set("TZ", "", ":/etc/localtime");
	tzset();
	CHECK(strcmp(getenv("TZ"), ":/etc/localtime") == 0);
}

static bool translated(const char *domain)
{
	return strcmp(dgettext(domain, "text"), "text") != 0 || strcmp(dngettext(domain, "text", "texts", 1), "text") != 0;
}

void case_variables_of_locales(void)
{
	char domain[1200];
	nl_catd catalogue;

	set("LOCPATH", "", outside(""));
	CHECK(!GLIBC || !setlocale(LC_ALL, "xx.utf8")); /* musl has all locales, without data */
	set("LOCPATH", "/usr/lib/locale:", outside(""));
	CHECK((!newlocale(LC_ALL_MASK, "xx.utf8", NULL)) == GLIBC && !getenv("LOCPATH"));
	set("LOCPATH", "", "/usr/lib/locale");
	CHECK(setlocale(LC_ALL, "C.utf8") && getenv("LOCPATH"));
	unsetenv("LOCPATH");
	set("MUSL_LOCPATH", "/usr/share:", outside(""));
	CHECK(setlocale(LC_ALL, "C") && !getenv("MUSL_LOCPATH"));
	CHECK(setlocale(LC_ALL, "C.UTF-8"));

	set("GCONV_PATH", "", outside(""));
	CHECK(iconv_open("SECRET", "UTF-16") == (iconv_t)-1 && !getenv("GCONV_PATH"));
	CHECK(iconv_open("UTF-8", "ISO-8859-15") != (iconv_t)-1);

	set("NLSPATH", "", outside("/%N.cat"));
	CHECK(catopen("messages", 0) == (nl_catd)-1 && !getenv("NLSPATH"));
	set("NLSPATH", "/usr/share/%N:", outside("/messages.cat"));
	CHECK(catopen("messages", 0) == (nl_catd)-1);
	set("NLSPATH", "", "/usr/share/%L/../../../%N.cat");
	CHECK(catopen("messages", 0) == (nl_catd)-1 && !getenv("NLSPATH"));
	set("NLSPATH", "", "/usr/share/%L/%N.cat");
	set("LANG", "../..", outside(""));
	CHECK(catopen("messages", 0) == (nl_catd)-1 && strcmp(getenv("LANG"), "C") == 0 && getenv("NLSPATH"));
	catalogue = catopen("/ro/none.cat", 0);
	CHECK(catalogue == (nl_catd)-1);

	set("LANGUAGE", "../../..", outside("/xx"));
	CHECK(!translated("messages") && !getenv("LANGUAGE"));
	set("LANGUAGE", "", "xx");
	snprintf(domain, sizeof(domain), "../../../../..%s", outside("/xx/LC_MESSAGES/messages"));
	CHECK(!translated(domain));
	FAILS(textdomain(domain), EINVAL);
	CHECK(strcmp(gettext("text"), "text") == 0 && strcmp(getenv("LANGUAGE"), "xx") == 0);
	CHECK(textdomain("messages") && bindtextdomain("messages", outside("")));
	CHECK(!translated("messages"));
}

/* What a program that is started finds in a variable; "(none)" if it is not there. */
static bool child_has(const char *variable, const char *value)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execl("/ro/probe", "probe", "--env", variable, value, NULL);
		_exit(126);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 9));
	return WEXITSTATUS(status) == 0;
}

void case_variables_of_the_loader(void)
{
	set("LD_LIBRARY_PATH", "/usr/lib:/data:relative::", outside(""));
	CHECK(child_has("LD_LIBRARY_PATH", "/usr/lib"));
	set("LD_LIBRARY_PATH", "", outside(""));
	CHECK(child_has("LD_LIBRARY_PATH", ""));
	set("LD_LIBRARY_PATH", "/usr/lib:", "/lib");
	CHECK(child_has("LD_LIBRARY_PATH", "/usr/lib:/lib"));
	unsetenv("LD_LIBRARY_PATH");
	CHECK(child_has("LD_LIBRARY_PATH", "(none)"));

	set("LD_PRELOAD", "libm.so.6:", outside("/secret"));
	CHECK(child_has("LD_PRELOAD", "libm.so.6"));
	unsetenv("LD_PRELOAD");
	set("LD_DEBUG_OUTPUT", "", outside("/debug"));
	CHECK(child_has("LD_DEBUG_OUTPUT", "(none)"));
	set("LD_PROFILE", "", "libc.so.6");
	set("LD_PROFILE_OUTPUT", "", outside(""));
	CHECK(child_has("LD_PROFILE", "(none)") && child_has("LD_PROFILE_OUTPUT", "(none)"));
	set("LD_AUDIT", "", outside("/secret"));
	CHECK(child_has("LD_AUDIT", "(none)"));
}
