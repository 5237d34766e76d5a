/* The options of `wasiward run`, from options.def. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "engine.h"
#include "version.h"

#define OPTIONS_DEF "options.def"
#include "option_rows.h"

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

/* Which option sets which rule. */
static const struct {
	int option;
	enum rule rule;
} settings[] = {
#define RULE(ID, key, kind, field) { OPTION_##ID, RULE_##ID },
#include "rules.def"
};

struct rules_dir cli_parse_dir(const char *text)
{
	struct rules_dir dir;
	char message[RULES_MESSAGE];
	if (!rules_parse_dir(text, &dir, message))
		cli_die(CLI_FAILED, "--dir %s: %s", text, message);
	if (asprintf(&dir.where, "--dir %s", dir.host) < 0)
		cli_die(CLI_FAILED, "out of memory");
	return dir;
}

void cli_set_rule(struct rules *rules, enum rule rule, const char *name, const char *text)
{
	char message[RULES_MESSAGE];
	if (!rules_set_text(rules, rule, text, message))
		cli_die(CLI_FAILED, "--%s %s: %s", name, text, message);
}

void cli_parse_wasm(const char *text, unsigned *features)
{
	static const char *const names[] = { "legacy-exceptions", "multi-memory", "multi-table" };
	static const struct {
		unsigned bit;
		bool excludes; /* set to switch the part off */
	} parts[] = { { ENGINE_FEATURE_LEGACY_EXCEPTIONS, false }, { ENGINE_FEATURE_ONE_MEMORY, true }, { ENGINE_FEATURE_ONE_TABLE, true } };
	while (*text) {
		size_t len = strcspn(text, ","), name_len = strcspn(text, ",=");
		char *name = cli_copy_n(text, name_len);
		int i = options_choice("wasm", name, names, sizeof(names) / sizeof(names[0]));
		const char *value = text + name_len + (name_len < len);
		size_t value_len = len - (size_t)(value - text);
		bool off = value_len == 1 && *value == 'n';
		if (name_len < len && !off && !(value_len == 1 && *value == 'y'))
			cli_die(CLI_FAILED, "--wasm %s: must be y or n", text);
		*features = off == parts[i].excludes ? *features | parts[i].bit : *features & ~parts[i].bit;
		free(name);
		text += len + (text[len] == ',');
	}
}

static uint64_t parse_count(const char *option, const char *text)
{
	char *end;
	errno = 0;
	unsigned long long n = strtoull(text, &end, 10);
	if (errno || *end || end == text || *text == '-' || !n)
		cli_die(CLI_FAILED, "--%s %s: must be a number above 0", option, text);
	return n;
}

static const char *option_name(int id)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].id == id)
			return rows[i].name;
	}
	return "?";
}

static void set_env(struct rules *rules, const char *text)
{
	char message[RULES_MESSAGE];
	if (!rules_set_env(rules, text, message))
		cli_die(CLI_FAILED, "--env %s: %s", text, message);
}

/* An option that is a rule of the policy. */
static bool set_rule(struct rules *rules, int option)
{
	for (size_t i = 0; i < RULE_COUNT; i++) {
		if (settings[i].option == option) {
			cli_set_rule(rules, settings[i].rule, option_name(option), optarg);
			return true;
		}
	}
	return false;
}

void run_options_parse_only(int argc, char **argv, struct run_options *o)
{
	*o = (struct run_options){ .rules = rules_default(), .wall = WASIWARD_DEFAULT_WALL };
	optind = 0;
	for (;;) {
		int option = options_next(&options, argc, argv);
		switch (option) {
		case OPTION_END:
			o->argv = argv + optind;
			return;
		case OPTION_POLICY:
			policy_load(optarg, &o->rules);
			break;
		case OPTION_DIR:
			rules_add_dir(&o->rules, cli_parse_dir(optarg));
			break;
		case OPTION_ENV:
			set_env(&o->rules, optarg);
			break;
		case OPTION_INHERIT_ENV:
			for (char **e = environ; *e; e++) {
				if (strchr(*e, '=') > *e)
					set_env(&o->rules, *e);
			}
			break;
		case OPTION_ARGV0:
			o->argv0 = optarg;
			break;
		case OPTION_INVOKE:
			o->invoke = optarg;
			break;
		case OPTION_PRELOAD:
			o->preloads = reallocarray(o->preloads, o->n_preloads + 1, sizeof(*o->preloads));
			if (!o->preloads)
				cli_die(CLI_FAILED, "out of memory");
			o->preloads[o->n_preloads++] = optarg;
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
		case OPTION_WASM:
			cli_parse_wasm(optarg, &o->wasm_features);
			break;
		case OPTION_TRACE:
			o->trace = true;
			o->trace_file = optarg;
			break;
		case OPTION_FUEL:
			o->fuel = parse_count("fuel", optarg);
			break;
		case OPTION_SAMPLES:
			o->samples_file = optarg;
			break;
		case OPTION_PERF_MAP:
			o->perf_map = true;
			break;
		case OPTION_STATS: {
			static const char *const words[] = { "opcodes", "code" };
			o->stats = true;
			if (!optarg)
				break;
			if (options_choice("stats", optarg, words, 2) == 0)
				o->count_opcodes = true;
			else
				o->count_code = true;
			break;
		}
		case OPTION_EXPLAIN:
			o->explain = true;
			break;
		case OPTION_HELP:
			options_help(&options, stdout);
			cli_finish(0);
		case OPTION_VERSION:
			puts("wasiward " WASIWARD_VERSION);
			cli_finish(0);
		default:
			set_rule(&o->rules, option);
		}
	}
}

void run_options_parse(int argc, char **argv, struct run_options *o)
{
	run_options_parse_only(argc, argv, o);
	if (!o->argv[0])
		cli_die(CLI_FAILED, "no program is named; see wasiward run --help");
}
