/* Modes that are asked for do not matter: preview1 has none. The tree that is left shows it. */
#include "twin.h"

int main(void)
{
	SHOW(close(FD(open("private", O_WRONLY | O_CREAT, 0600))));
	SHOW(close(FD(open("nothing", O_WRONLY | O_CREAT, 0))));
	SHOW(mkdir("closed", 0));
	SHOW(mkdir("closed/inner", 0700));
	FD(open("nothing", O_RDONLY));
	return 0;
}
