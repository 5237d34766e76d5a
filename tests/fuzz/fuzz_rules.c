/* Policy files: hostile text gives messages, never a crash, and what is accepted reads back as it was written. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The rules as a policy file; malloced. */
static char *written(const struct rules *rules, unsigned *ret_no_text)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	*ret_no_text = policy_write(out, rules, NULL);
	fclose(out);
	return text;
}

/* Reads text over the defaults. Returns the number of mistakes, each of which must have its line. */
static unsigned read_text(const void *text, size_t size, struct rules *rules)
{
	char *errors = NULL;
	size_t len = 0;
	FILE *in = fmemopen((void *)(uintptr_t)text, size, "r"), *out = open_memstream(&errors, &len);
	if (!in || !out)
		abort();
	*rules = rules_default();
	unsigned n = policy_read(in, "fuzz", rules, out), lines = 0;
	fclose(in);
	fclose(out);
	for (size_t i = 0; i < len; i++)
		lines += errors[i] == '\n';
	if (lines < n || (n && strncmp(errors, "fuzz:", 5) != 0))
		abort();
	free(errors);
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rules rules, again;
	unsigned no_text;
	if (size == 0 || read_text(data, size, &rules))
		return 0;
	char *first = written(&rules, &no_text);
	if (no_text == 0) {
		if (read_text(first, strlen(first), &again))
			abort();
		char *second = written(&again, &no_text);
		if (strcmp(first, second) != 0)
			abort();
		free(second);
	}
	free(first);
	return 0;
}
