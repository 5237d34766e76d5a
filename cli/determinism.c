/* The options that make runs repeatable: --clock and --random. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"

#define SECOND INT64_C(1000000000)

/* [-]SECONDS[.FRACTION] as nanoseconds; false for anything else and for what 64 bits cannot hold. */
static bool parse_seconds(const char *text, int64_t *ret_ns)
{
	bool negative = *text == '-';
	text += *text == '-' || *text == '+';
	if (*text < '0' || *text > '9')
		return false;
	char *end;
	errno = 0;
	long long seconds = strtoll(text, &end, 10);
	int64_t ns, fraction = 0;
	if (*end == '.') {
		int64_t unit = SECOND / 10;
		for (end++; *end >= '0' && *end <= '9'; end++, unit /= 10)
			fraction += (*end - '0') * unit;
	}
	if (errno || *end || __builtin_mul_overflow(seconds, SECOND, &ns) || __builtin_add_overflow(ns, fraction, &ns))
		return false;
	*ret_ns = negative ? -ns : ns;
	return true;
}

/* 2024-02-29, 2024-02-29T12:30:00, either with a Z behind: UTC. */
static bool parse_calendar(const char *text, int64_t *ret_ns)
{
	static const char *const formats[] = { "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ" };
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct tm tm = { 0 };
		const char *end = strptime(text, formats[i], &tm);
		if (end && !*end)
			return !__builtin_mul_overflow((int64_t)timegm(&tm), SECOND, ret_ns);
	}
	return false;
}

void parse_clock(const char *text, struct run_options *o)
{
	int64_t ns = 0;
	if (!strncmp(text, "fixed:", 6)) {
		o->clock = POLICY_CLOCK_FIXED;
		if ((!parse_seconds(text + 6, &ns) && !parse_calendar(text + 6, &ns)) || ns < 0)
			cli_die(CLI_FAILED, "--clock %s: \"%s\" is no time since 1970; write 1700000000.5 or 2024-02-29T12:30:00", text,
				text + 6);
	} else if (!strncmp(text, "offset:", 7)) {
		o->clock = POLICY_CLOCK_OFFSET;
		if (!parse_seconds(text + 7, &ns))
			cli_die(CLI_FAILED, "--clock %s: \"%s\" is no number of seconds", text, text + 7);
	} else {
		cli_die(CLI_FAILED, "--clock %s: write fixed:TIME or offset:SECONDS", text);
	}
	o->clock_ns = (uint64_t)ns;
}

void parse_random(const char *text, struct run_options *o)
{
	char *end;
	const char *digits = text + 5;
	errno = 0;
	if (strncmp(text, "seed:", 5) || *digits < '0' || *digits > '9' ||
	    (o->seed = strtoull(digits, &end, 0), errno || *end))
		cli_die(CLI_FAILED, "--random %s: write seed:NUMBER", text);
	o->seeded = true;
}
