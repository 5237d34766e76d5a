/* The options of `wasiward run`, from options.def. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "engine.h"
#include "option_table.h"
#include "rights_text.h"
#include "version.h"

enum option_id {
	OPTION_FIRST = OPTION_NONE,
#define OPTION(ID, name, short_name, ARG, metavar, help) OPTION_##ID,
#define GROUP(heading)
#include "options.def"
};

static const struct option_row rows[] = {
#define OPTION OPTION_ROW
#define GROUP OPTION_HEADING
#include "options.def"
};

static const struct option_set options = {
	.command = "run",
	.head =
		"Usage: wasiward run [OPTIONS] [--] PROGRAM [ARGS]…\n\n"
		"Runs PROGRAM, a native program or a WebAssembly module (told apart by content), under the rules of WASI\n"
		"preview1: it sees the directories that --dir grants, with the rights given there, and nothing else.\n",
	.tail =
		"\nExit status: the program's own; 125 when wasiward itself fails, 126 when PROGRAM cannot be run under the\n"
		"rules, 127 when it is not found, 134 when a module traps or throws.\n\n"
		"Examples:\n"
		"  wasiward run --dir . sqlite3 notes.db 'select * from note'\n"
		"  wasiward run --dir in:ro --dir out python3 convert.py in/a.csv out/a.json\n"
		"  wasiward run --dir . --env LANG=C.UTF-8 python.wasm script.py\n"
		"  wasiward run --trace=calls.txt --dir . grep -r needle .\n",
	.rows = rows,
	.n_rows = sizeof(rows) / sizeof(rows[0]),
};

/* The text after the last single colon is always rights. */
struct cli_dir cli_parse_dir(const char *text)
{
	struct cli_dir dir = { .rights = wasi_rights_preopen_base() | wasi_rights_preopen_inheriting() };
	const char *guest = strstr(text, "::");
	const char *last = guest ? guest + 2 : text;
	const char *colon = strrchr(last, ':');
	size_t last_len = colon ? (size_t)(colon - last) : strlen(last);

	if (guest) {
		dir.host = cli_copy_n(text, (size_t)(guest - text));
		dir.guest = cli_copy_n(last, last_len);
	} else {
		dir.host = cli_copy_n(text, last_len);
	}
	if (!*dir.host)
		cli_die(CLI_FAILED, "--dir %s: no directory is named; write HOST[::GUEST][:RIGHTS]", text);
	if (dir.guest && !*dir.guest)
		cli_die(CLI_FAILED, "--dir %s: the guest's name is empty; use / or . for the root", text);
	if (!colon)
		return dir;

	const char *bad;
	size_t bad_len;
	if (!rights_from_text(colon + 1, strlen(colon + 1), &dir.rights, &bad, &bad_len)) {
		const char *near = rights_nearest(bad, bad_len);
		if (near)
			cli_die(CLI_FAILED, "--dir %s: no right \"%.*s\"; did you mean \"%s\"?", text, (int)bad_len, bad, near);
		cli_die(CLI_FAILED, "--dir %s: no right \"%.*s\"; after a colon come ro, rw or rights of preview1 (a name "
				    "with a colon needs rights behind it: %s:rw)",
			text, (int)bad_len, bad, text);
	}
	return dir;
}

static void set_env(struct run_options *o, const char *text)
{
	size_t name_len = strcspn(text, "=");
	if (name_len == 0)
		cli_die(CLI_FAILED, "--env %s: the variable has no name", text);
	char *pair;
	if (text[name_len]) {
		pair = cli_copy(text);
	} else {
		const char *value = getenv(text);
		if (!value)
			return; /* as other runtimes: an unset variable stays unset */
		pair = cli_alloc(name_len + 1 + strlen(value) + 1);
		memcpy(pair, text, name_len);
		pair[name_len] = '=';
		strcpy(pair + name_len + 1, value);
	}
	for (size_t i = 0; i < o->n_env; i++) {
		if (!strncmp(o->env[i], pair, name_len + 1)) {
			free(o->env[i]);
			o->env[i] = pair;
			return;
		}
	}
	o->env = reallocarray(o->env, o->n_env + 1, sizeof(*o->env));
	if (!o->env)
		cli_die(CLI_FAILED, "out of memory");
	o->env[o->n_env++] = pair;
}

/* NAME[=y|n],… */
static void parse_wasm(const char *text, struct run_options *o)
{
	static const char *const names[] = { "legacy-exceptions" };
	static const unsigned features[] = { ENGINE_FEATURE_LEGACY_EXCEPTIONS };
	while (*text) {
		size_t len = strcspn(text, ","), name_len = strcspn(text, ",=");
		char *name = cli_copy_n(text, name_len);
		int i = options_choice("wasm", name, names, sizeof(names) / sizeof(names[0]));
		const char *value = text + name_len + (name_len < len);
		size_t value_len = len - (size_t)(value - text);
		bool off = value_len == 1 && *value == 'n';
		if (name_len < len && !off && !(value_len == 1 && *value == 'y'))
			cli_die(CLI_FAILED, "--wasm %s: must be y or n", text);
		o->wasm_features = off ? o->wasm_features & ~features[i] : o->wasm_features | features[i];
		free(name);
		text += len + (text[len] == ',');
	}
}

void run_options_parse(int argc, char **argv, struct run_options *o)
{
	*o = (struct run_options){ .profile = POLICY_POSIX, .wall = CLI_WALL_OFF };
	optind = 0;
	for (;;) {
		switch (options_next(&options, argc, argv)) {
		case OPTION_END:
			if (optind >= argc)
				cli_die(CLI_FAILED, "no program is named; see wasiward run --help");
			o->argv = argv + optind;
			return;
		case OPTION_DIR:
			o->dirs = reallocarray(o->dirs, o->n_dirs + 1, sizeof(*o->dirs));
			if (!o->dirs)
				cli_die(CLI_FAILED, "out of memory");
			o->dirs[o->n_dirs++] = cli_parse_dir(optarg);
			break;
		case OPTION_ENV:
			set_env(o, optarg);
			break;
		case OPTION_INHERIT_ENV:
			for (char **e = environ; *e; e++) {
				if (strchr(*e, '='))
					set_env(o, *e);
			}
			break;
		case OPTION_RUNTIME: {
			static const char *const words[] = { [CLI_RUNTIME_AUTO] = "auto", [CLI_RUNTIME_NONE] = "none" };
			o->runtime = (enum cli_runtime)options_choice("runtime", optarg, words, 2);
			break;
		}
		case OPTION_PROFILE: {
			static const char *const words[] = { [POLICY_POSIX] = "posix", [POLICY_STRICT] = "strict" };
			o->profile = (enum policy_profile)options_choice("profile", optarg, words, 2);
			break;
		}
		case OPTION_CWD:
			o->cwd = optarg;
			break;
		case OPTION_ARGV0:
			o->argv0 = optarg;
			break;
		case OPTION_INVOKE:
			o->invoke = optarg;
			break;
		case OPTION_WALL: {
			static const char *const words[] = {
				[CLI_WALL_AUTO] = "auto", [CLI_WALL_OFF] = "off", [CLI_WALL_REQUIRE] = "require" };
			o->wall = (enum cli_wall)options_choice("wall", optarg, words, 3);
			break;
		}
		case OPTION_ALLOW_WEAKER:
			o->allow_weaker = true;
			break;
		case OPTION_TIMEOUT: {
			char *end;
			o->timeout = strtod(optarg, &end);
			if (end == optarg || *end || !(o->timeout > 0 && o->timeout <= 1e9))
				cli_die(CLI_FAILED, "--timeout %s: not a number of seconds above 0", optarg);
			break;
		}
		case OPTION_WASM:
			parse_wasm(optarg, o);
			break;
		case OPTION_CLOCK:
			parse_clock(optarg, o);
			break;
		case OPTION_RANDOM:
			parse_random(optarg, o);
			break;
		case OPTION_READDIR: {
			static const char *const words[] = { "host", "sorted" };
			o->sorted = options_choice("readdir", optarg, words, 2) == 1;
			break;
		}
		case OPTION_TRACE:
			o->trace = true;
			o->trace_file = optarg;
			break;
		case OPTION_EXPLAIN:
			o->explain = true;
			break;
		case OPTION_HELP:
			options_help(&options, stdout);
			exit(0);
		case OPTION_VERSION:
			puts("wasiward " WASIWARD_VERSION);
			exit(0);
		}
	}
}
