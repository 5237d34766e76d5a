/* Runs one case of cases.def: `probe NAME`. Other words are what cases execute themselves with. */
#include "probe.h"

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	if (strcmp(name, "--cat") == 0) {
		fputs(get(argv[2]), stdout);
		return 0;
	}
	if (strcmp(name, "--env") == 0)
		return strcmp(getenv(argv[2]) ? getenv(argv[2]) : "(none)", argv[3]) ? 9 : 0;
	if (strcmp(name, "--fd") == 0) {
		/* Says whether a number is open, for the one that executed us. */
		return fcntl(atoi(argv[2]), F_GETFD) >= 0 ? 0 : 9;
	}
	if (strcmp(name, "--denied") == 0)
		return access("/outside", F_OK) && access("/etc/passwd", F_OK) && access("/data", F_OK) == 0 ? 0 : 1;
#define CASE(c, profile, options)      \
	if (strcmp(name, #c) == 0) {   \
		case_##c();            \
		return 0;              \
	}
#include "cases.def"
	fprintf(stderr, "probe: no case %s\n", name);
	return 2;
}
