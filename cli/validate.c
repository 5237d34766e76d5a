/* `wasiward validate`: whether modules are well-formed and valid, down to the last function body. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "module_file.h"

#define OPTIONS_DEF "validate.def"
#include "option_rows.h"

static const struct option_set options = {
	.command = "validate",
	.head = "Usage: wasiward validate [OPTIONS] FILE…\n\n"
		"Checks WebAssembly modules, in the binary or the text format, as wasiward run does before it runs their code, but\n"
		"all of it: wasiward run looks at a function when it is first called. Whether imports can be answered is not asked.\n",
	.tail = "\nExit status: 0 if all are valid, 1 if one is not, 125 if a FILE cannot be read.\n\n"
		"Examples:\n"
		"  wasiward validate tool.wasm\n"
		"  wasiward validate --verbose build/*.wasm test.wat\n",
	.rows = rows,
	.n_rows = sizeof(rows) / sizeof(rows[0]),
	.mixed = true,
};

static int validate(const char *name, unsigned features, bool verbose)
{
	struct module_file file;
	struct engine_error error;
	engine_module_t *module;
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || !module_file_open(fd, name, &file)) {
		cli_complain("%s: %s", name, strerror(errno));
		return CLI_FAILED;
	}
	enum engine_error_kind kind = module_file_load(&file, &module, &error);
	if (kind == ENGINE_OK) {
		engine_module_set_features(module, features);
		kind = engine_module_validate(module, &error);
		engine_module_free(module);
	}
	if (kind != ENGINE_OK)
		module_file_complain(&file, &error, true);
	else if (verbose)
		printf("%s: valid\n", name);
	return kind == ENGINE_OK ? 0 : kind == ENGINE_NOMEM ? CLI_FAILED : 1;
}

int cmd_validate(int argc, char **argv)
{
	unsigned features = 0;
	bool verbose = false;
	optind = 0;
	for (int id; (id = options_next(&options, argc, argv)) != OPTION_END;) {
		switch (id) {
		case OPTION_WASM:
			cli_parse_wasm(optarg, &features);
			break;
		case OPTION_VERBOSE:
			verbose = true;
			break;
		case OPTION_HELP:
			options_help(&options, stdout);
			return 0;
		}
	}
	if (optind >= argc)
		cli_die(CLI_FAILED, "no file is named; see wasiward validate --help");
	int status = 0;
	for (int i = optind; i < argc; i++) {
		int one = validate(argv[i], features, verbose);
		status = one > status ? one : status;
	}
	if (fflush(stdout) || ferror(stdout))
		cli_die(CLI_FAILED, "standard output: %s", strerror(errno));
	return status;
}
