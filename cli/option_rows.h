/* The ids and the rows of a set of options, for its one source file: OPTIONS_DEF is the name of its .def file. */
#include "option_table.h"

enum option_id {
	OPTION_FIRST = OPTION_NONE,
#define OPTION(ID, name, short_name, ARG, metavar, help) OPTION_##ID,
#define GROUP(heading)
#include OPTIONS_DEF
};

static const struct option_row rows[] = {
#define OPTION OPTION_ROW
#define GROUP OPTION_HEADING
#include OPTIONS_DEF
};
