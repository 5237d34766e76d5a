/* Traces as run --trace writes them, taken apart; and filters over them. */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "nearest.h"
#include "option_table.h"
#include "trace.h"
#include "wasi.h"

/* "HH:MM:SS.uuuuuu " */
static bool parse_time(const char *s, uint64_t *ret_us)
{
	static const char shape[] = "00:00:00.000000 ";
	for (size_t i = 0; shape[i]; i++) {
		if (shape[i] == '0' ? s[i] < '0' || s[i] > '9' : s[i] != shape[i])
			return false;
	}
	*ret_us = (strtoull(s, NULL, 10) * 3600 + strtoull(s + 3, NULL, 10) * 60 + strtoull(s + 6, NULL, 10)) * 1000000 +
		  strtoull(s + 9, NULL, 10);
	return true;
}

/* The ") = " behind the parameters: outside quotes, or the last one when a cut string was left open. */
static char *end_of_args(char *s)
{
	char *last = NULL;
	bool quoted = false;
	for (; *s; s++) {
		if (*s == '\\' && quoted && s[1]) {
			s++;
			continue;
		}
		if (*s == '"')
			quoted = !quoted;
		if (!strncmp(s, ") = ", 4)) {
			if (!quoted)
				return s;
			last = s;
		}
	}
	return last;
}

/* What stands before the call: the time, the seconds since the call before, the process, all of them optional. Returns where
 * the call's name begins. */
static char *parse_front(char *s, struct call *call)
{
	char *end;
	if (parse_time(s, &call->at_us)) {
		call->time = s;
		s += 16;
	}
	char *number = s + strspn(s, " ");
	size_t digits = strspn(number, "0123456789");
	if (digits && number[digits] == '.') {
		digits += 1 + strspn(number + digits + 1, "0123456789");
		if (number[digits] == ' ')
			s = number + digits + 1;
	}
	bool marked = !strncmp(s, "[pid ", 5);
	long pid = strtol(marked ? s + 5 : s, &end, 10);
	if (end != s && !strncmp(end, marked ? "] " : " ", marked ? 2 : 1)) {
		call->pid = (int)pid;
		s = end + (marked ? 2 : 1);
	}
	return s;
}

/* Takes " <0.000012>" off the end, if it is there. */
static void cut_duration(char *s, struct call *call)
{
	size_t len = strlen(s);
	char *mark = len && s[len - 1] == '>' ? strrchr(s, '<') : NULL, *end;
	if (!mark || mark == s || mark[-1] != ' ')
		return;
	uint64_t seconds = strtoul(mark + 1, &end, 10);
	if (end == mark + 1 || *end != '.')
		return;
	call->duration_us = seconds * 1000000 + strtoul(end + 1, NULL, 10);
	mark[-1] = '\0';
}

/* Takes " [function]" off the end, if it is there. */
static void cut_function(char *s, struct call *call)
{
	size_t len = strlen(s);
	char *mark = len && s[len - 1] == ']' ? strrchr(s, '[') : NULL;
	if (!mark || mark == s || mark[-1] != ' ')
		return;
	s[len - 1] = '\0';
	mark[-1] = '\0';
	call->function = mark + 1;
}

bool call_parse(char *line, struct call *call)
{
	*call = (struct call){ .time = "", .error_name = "success", .missing = "", .function = "" };
	char *name = parse_front(line, call), *end;
	char *open = name + strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
	char *close = *open == '(' ? end_of_args(open + 1) : NULL;
	if (open == name || !close || close[4] < '0' || close[4] > '9')
		return false;
	call->error = (unsigned)strtoul(close + 4, &end, 10);
	if (*end && *end != ' ')
		return false;

	/* Nothing can fail any more: cut the line into its strings. */
	if (*call->time)
		line[15] = '\0';
	*open = '\0';
	call->name = name;
	call->args = open + 1;
	*close = '\0';
	cut_duration(end, call);
	cut_function(end, call);
	if (*end == ' ')
		end++;
	if (call->error) {
		call->error_name = end;
		end += strcspn(end, " ");
		if (*end)
			*end++ = '\0';
	}
	call->results = end;
	char *missing = strncmp(end, "(missing ", 9) ? strstr(end, " (missing ") : end;
	if (missing) {
		char *rights = strchr(missing, '(') + 9;
		rights[strcspn(rights, ")")] = '\0';
		*missing = '\0';
		call->missing = rights;
	}
	return true;
}

bool parameter_next(const char **list, struct parameter *p)
{
	const char *s = *list;
	s += strspn(s, ", ");
	if (!*s)
		return false;
	p->name = s;
	p->name_len = strcspn(s, "=,");
	s += p->name_len;
	if (*s == '=')
		s++;
	p->quoted = *s == '"';
	p->value = s + p->quoted;
	int depth = 0;
	bool quoted = false;
	for (; *s; s++) {
		if (quoted && *s == '\\' && s[1]) {
			s++;
			continue;
		}
		if (*s == '"')
			quoted = !quoted;
		else if (!quoted && strchr("{[(", *s))
			depth++;
		else if (!quoted && strchr("}])", *s))
			depth--;
		else if (!quoted && !depth && *s == ',')
			break;
	}
	p->value_len = (size_t)(s - p->value);
	if (p->quoted && p->value_len && s[-1] == '"')
		p->value_len--;
	*list = s;
	return true;
}

char *parameter_unescape(const struct parameter *p)
{
	char *text = cli_alloc(p->value_len + 1), *to = text;
	for (size_t i = 0; i < p->value_len; i++) {
		char c = p->value[i];
		if (p->quoted && c == '\\' && i + 1 < p->value_len) {
			c = p->value[++i];
			if (c == 'x' && i + 2 < p->value_len) {
				const char digits[3] = { p->value[i + 1], p->value[i + 2], '\0' };
				c = (char)strtoul(digits, NULL, 16);
				i += 2;
			}
		}
		*to++ = c;
	}
	return text;
}

/* ---- filters ---- */

static const char *const call_names[] = {
#define WASI(name, seq) #name,
#include "wasi.def"
#define NATIVE(name, seq) #name,
#include "native.def"
};

static void check_call(const char *option, const char *word)
{
	struct nearest search = nearest_start(word, strlen(word));
	for (size_t i = 0; i < sizeof(call_names) / sizeof(call_names[0]); i++) {
		if (!strcmp(word, call_names[i]))
			return;
		nearest_try(&search, call_names[i]);
	}
	const char *near = nearest_result(&search);
	cli_die(CLI_FAILED, "--filter %s: no call \"%s\"%s%s%s", option, word, near ? "; did you mean \"" : "", near ? near : "",
		near ? "\"?" : "");
}

static void check_errno(const char *option, const char *word)
{
	struct nearest search = nearest_start(word, strlen(word));
	for (unsigned i = 0; i < WASI_ERRNO_COUNT; i++) {
		const char *name = wasi_errno_name((wasi_errno_t)i);
		if (!strcmp(word, name))
			return;
		nearest_try(&search, name);
	}
	const char *near = nearest_result(&search);
	cli_die(CLI_FAILED, "--filter %s: no errno \"%s\"%s%s%s", option, word, near ? "; did you mean \"" : "", near ? near : "",
		near ? "\"?" : "");
}

struct filter filter_parse(const char *text)
{
	static const char *const kinds[] = { [FILTER_CALL] = "call", [FILTER_PATH] = "path", [FILTER_ERRNO] = "errno" };
	size_t len = strcspn(text, "=");
	if (!text[len])
		cli_die(CLI_FAILED, "--filter %s: write call=…, path=… or errno=…", text);
	char *kind = cli_copy_n(text, len);
	struct filter filter = { .what = options_choice("filter", kind, kinds, 3) };
	free(kind);
	const char *list = text + len + 1;
	filter.negated = *list == '!';
	list += filter.negated;
	filter.words = cli_alloc((strlen(list) + 2) * sizeof(*filter.words));
	for (size_t n = 0; *list; list += list[0] == ',') {
		size_t word_len = strcspn(list, ",");
		filter.words[n] = cli_copy_n(list, word_len);
		if (filter.what == FILTER_CALL)
			check_call(text, filter.words[n]);
		if (filter.what == FILTER_ERRNO)
			check_errno(text, filter.words[n]);
		n++;
		list += word_len;
	}
	if (!filter.words[0])
		cli_die(CLI_FAILED, "--filter %s: the list is empty", text);
	return filter;
}

/* Paths are the quoted parameters. */
static bool path_fits(const char *pattern, const struct call *call)
{
	struct parameter p;
	for (const char *list = call->args; parameter_next(&list, &p);) {
		if (!p.quoted)
			continue;
		char *path = parameter_unescape(&p);
		bool fits = !fnmatch(pattern, path, 0);
		free(path);
		if (fits)
			return true;
	}
	return false;
}

bool filter_fits(const struct filter *filter, const struct call *call)
{
	bool found = false;
	for (char **word = filter->words; *word && !found; word++) {
		switch (filter->what) {
		case FILTER_CALL:
			found = !strcmp(*word, call->name);
			break;
		case FILTER_PATH:
			found = path_fits(*word, call);
			break;
		case FILTER_ERRNO:
			found = !strcmp(*word, call->error_name);
			break;
		}
	}
	return found != filter->negated;
}
