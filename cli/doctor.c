/* `wasiward doctor`: what this kernel offers, and who keeps which right because of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "probe.h"

static void print_features(const struct wall_probe *p)
{
	puts("This kernel:");
	for (int i = 0; i < WALL_FEATURES; i++) {
		enum wall_feature feature = (enum wall_feature)i;
		printf("  %-4s %s", p->has[feature] ? "yes" : "NO", wall_feature_name(feature));
		if (feature == WALL_LANDLOCK && p->landlock_abi)
			printf(", ABI %d", p->landlock_abi);
		if (feature == WALL_NAMESPACES && p->has[feature])
			printf(", %s", p->privileged ? "with your own privilege" : "in a user namespace");
		if (!p->has[feature])
			printf(" (%s)", strerror(p->error[feature]));
		printf("\n         %s\n", wall_feature_use(feature));
	}
}

/* What keeps a right from being used where it is not granted, whatever code the program runs. */
static const char *keeper(const struct wall_probe *p, const struct wall_right *right)
{
	const bool mounts = wall_probe_root(p);
	const bool landlock = right->landlock_abi && p->landlock_abi >= right->landlock_abi &&
			      (!mounts || p->landlock_abi >= WALL_LANDLOCK_ABI_MIN);
	if (right->read_only && landlock && mounts)
		return "read-only mounts, Landlock where only some rights are missing";
	if (right->read_only && mounts)
		return "read-only mounts; the core alone where only some rights are missing";
	if (landlock)
		return "Landlock";
	if (right->seccomp && p->has[WALL_SECCOMP])
		return "seccomp: no socket comes into being; on an inherited one the core alone";
	return "the core alone";
}

static void print_rights(const struct wall_probe *p)
{
	puts("\nWho keeps each right (beside the core, which always does, for modules and for libc calls):");
	for (unsigned bit = 0; bit < WASI_RIGHT_COUNT; bit++) {
		struct wall_right right = wall_right(bit);
		printf("  %-26s %s\n", wasi_right_name(bit), keeper(p, &right));
	}
}

/* A native program needs the one of its C library. */
static void print_shims(void)
{
	puts("\nShims, by the C library that a native program is linked with:");
	for (int i = 0; i < POLICY_LIBCS; i++) {
		enum policy_libc libc = (enum policy_libc)i;
		char *path = shim_find(libc);
		if (path)
			printf("  %-5s %s\n", policy_libc_name(libc), path);
		else
			printf("  %-5s NOT INSTALLED: such programs are refused (build wasiward where %s is installed)\n",
			       policy_libc_name(libc), policy_libc_package(libc));
		free(path);
	}
}

int cmd_doctor(int argc, char **argv)
{
	if (argc > 1) {
		bool help = !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h");
		fputs("Usage: wasiward doctor\n\n"
		      "Tells what this kernel offers to the wall, and who keeps each of the 30 rights because of it; and\n"
		      "where the shims for native programs are.\n"
		      "Exit status: 0 when the whole wall can be built, 1 when --allow-weaker would be needed.\n",
		      help ? stdout : stderr);
		return help ? 0 : CLI_FAILED;
	}
	struct wall_probe probe;
	wall_probe(wall_kernel_linux(), &probe);
	print_features(&probe);
	print_rights(&probe);
	print_shims();
	const bool outline = wall_probe_root(&probe) && probe.has[WALL_SECCOMP];
	/* A grant that lacks whatever Landlock can withhold. */
	const bool whole = outline && probe.landlock_abi >= wall_landlock_needs(WASI_RIGHTS_FD_ALLOCATE);
	printf("\nwasiward run --wall auto: %s\n",
	       whole     ? "works here"
	       : outline ? "works here; some rights finer than ro and rw are refused without --allow-weaker"
			 : "refuses without --allow-weaker");
	return !whole;
}
