/* `wasiward audit`: what its files share. */
#ifndef WASIWARD_AUDIT_H
#define WASIWARD_AUDIT_H

#include <stdio.h>

#include "audit_run.h"
#include "surface.h"
#include "symbols.h"

/* An imported symbol, judged. */
struct finding {
	const struct symbol *symbol;
	struct surface_answer answer;
	enum { CALLED_UNKNOWN, CALLED_NOT, CALLED } called; /* in the run; unknown: there was none, or it cannot notice */
};

struct audited {
	const char *path;
	struct symbols symbols;
	bool read;                /* else symbols.trouble says why not */
	struct finding *findings; /* worst first, then by group and name */
	size_t n;
	size_t counts[SURFACE_COUNT];
	bool portable;
	const struct reached *run; /* NULL: none was made */
};

enum audit_format { AUDIT_TEXT, AUDIT_JSON, AUDIT_SARIF };

/* all: the findings that are portable are wanted, too (in text and SARIF; JSON always has them). */
void audit_print(FILE *out, enum audit_format format, const struct audited *files, size_t n, bool all);

#endif
