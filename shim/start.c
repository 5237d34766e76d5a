/* The library's constructor: the shim starts with the program at the latest. */
#include "libc.h"
#include "stray.h"

__attribute__((constructor)) static void construct(int argc, char **argv, char **third)
{
	char **env = libc_stack(argc, argv, third).env;

	/* We come before everybody else's constructors, and before the C library has looked at its environment. */
	if (!environ)
		environ = env;
	shim_init();
	stray_look();
	/* The vector on the stack, in case somebody copied the environment before we came. */
	if (env != environ)
		env_hide(env);
}
