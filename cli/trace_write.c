/* Calls, and tables of them, as text and as lines of JSON (docs/trace-schema.md). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "cli.h"
#include "json.h"
#include "trace.h"

/* Parameters with strings cut to what is wanted. A cut never splits an escape. */
static void put_args(FILE *out, const char *args, size_t max)
{
	bool quoted = false;
	size_t shown = 0;
	for (const char *s = args; *s;) {
		size_t len = quoted && *s == '\\' && s[1] ? (s[1] == 'x' && s[2] && s[3] ? 4 : 2) : 1;
		if (len == 1 && *s == '"') {
			fputs(quoted && shown > max ? "\"..." : "\"", out);
			quoted = !quoted;
			shown = 0;
		} else if (!quoted || shown++ < max) {
			fwrite(s, 1, len, out);
		}
		s += len;
	}
}

/* A value that is a number and nothing else. */
static bool is_number(const struct parameter *p)
{
	size_t digits = 0, start = p->value_len && p->value[0] == '-';
	while (start + digits < p->value_len && p->value[start + digits] >= '0' && p->value[start + digits] <= '9')
		digits++;
	return digits && digits <= 18 && start + digits == p->value_len && (p->value[start] != '0' || digits == 1);
}

static void json_parameters(struct json *j, const char *key, const char *list)
{
	struct parameter p;
	json_open(j, key, '{');
	while (parameter_next(&list, &p)) {
		char *name = cli_copy_n(p.name, p.name_len), *value = parameter_unescape(&p);
		if (!p.quoted && is_number(&p))
			json_number(j, name, strtoll(value, NULL, 10));
		else
			json_text(j, name, value);
		free(name);
		free(value);
	}
	json_close(j, '}');
}

static void write_json(struct trace_style *style, const struct call *call)
{
	struct json j = { .out = style->out, .lines = true };
	json_open(&j, NULL, '{');
	json_text(&j, "type", "call");
	json_text(&j, "time", call->time);
	if (call->pid)
		json_number(&j, "pid", call->pid);
	json_text(&j, "call", call->name);
	json_parameters(&j, "params", call->args);
	json_number(&j, "errno", call->error);
	json_text(&j, "error", call->error_name);
	json_parameters(&j, "results", call->results);
	if (call->missing[0])
		json_text(&j, "missing", call->missing);
	if (call->function[0])
		json_text(&j, "function", call->function);
	json_number(&j, "duration_us", (int64_t)call->duration_us);
	json_close(&j, '}');
}

void trace_write_call(struct trace_style *style, const struct call *call)
{
	if (style->json) {
		write_json(style, call);
		return;
	}
	if (style->time)
		fprintf(style->out, "%s ", call->time);
	if (style->relative) {
		uint64_t since = style->last_us && call->at_us > style->last_us ? call->at_us - style->last_us : 0;
		fprintf(style->out, "%6" PRIu64 ".%06" PRIu64 " ", since / 1000000, since % 1000000);
		style->last_us = call->at_us;
	}
	if (!style->first_pid)
		style->first_pid = call->pid;
	if (call->pid != style->first_pid)
		fprintf(style->out, "[pid %d] ", call->pid);
	fprintf(style->out, "%s(", call->name);
	put_args(style->out, call->args, style->max_string);
	fprintf(style->out, ") = %u", call->error);
	if (call->error)
		fprintf(style->out, " %s", call->error_name);
	if (call->results[0]) {
		fputc(' ', style->out);
		put_args(style->out, call->results, style->max_string);
	}
	if (call->missing[0])
		fprintf(style->out, " (missing %s)", call->missing);
	if (call->function[0])
		fprintf(style->out, " [%s]", call->function);
	if (style->duration)
		fprintf(style->out, " <%" PRIu64 ".%06" PRIu64 ">", call->duration_us / 1000000, call->duration_us % 1000000);
	fputc('\n', style->out);
}

void trace_write_other(struct trace_style *style, const char *line)
{
	if (!style->json) {
		fprintf(style->out, "%s\n", line);
		return;
	}
	struct json j = { .out = style->out, .lines = true };
	json_open(&j, NULL, '{');
	json_text(&j, "type", "text");
	json_text(&j, "text", line);
	json_close(&j, '}');
}

void trace_write_exit(struct trace_style *style, int status)
{
	if (style->json) {
		struct json j = { .out = style->out, .lines = true };
		json_open(&j, NULL, '{');
		json_text(&j, "type", "exit");
		if (WIFSIGNALED(status))
			json_number(&j, "signal", WTERMSIG(status));
		else
			json_number(&j, "status", WEXITSTATUS(status));
		json_close(&j, '}');
	} else if (WIFSIGNALED(status)) {
		const char *name = sigabbrev_np(WTERMSIG(status));
		fprintf(style->out, "+++ killed by SIG%s +++\n", name ? name : "?");
	} else {
		fprintf(style->out, "+++ exited with %d +++\n", WEXITSTATUS(status));
	}
}

void tally_add(struct tally *tally, const struct call *call)
{
	size_t i = 0;
	while (i < tally->n && strcmp(tally->rows[i].name, call->name))
		i++;
	if (i == tally->n) {
		tally->rows = reallocarray(tally->rows, tally->n + 1, sizeof(*tally->rows));
		if (!tally->rows)
			cli_die(CLI_FAILED, "out of memory");
		tally->rows[tally->n++] = (struct tally_row){ .name = cli_copy(call->name) };
	}
	tally->rows[i].calls++;
	tally->rows[i].errors += call->error != 0;
	tally->rows[i].us += call->duration_us;
}

/* Most time first, then most calls, then by name. */
static int compare_rows(const void *a, const void *b)
{
	const struct tally_row *x = a, *y = b;
	if (x->us != y->us)
		return x->us > y->us ? -1 : 1;
	if (x->calls != y->calls)
		return x->calls > y->calls ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void write_json_row(struct trace_style *style, const struct tally_row *row)
{
	struct json j = { .out = style->out, .lines = true };
	json_open(&j, NULL, '{');
	json_text(&j, "type", "count");
	json_text(&j, "call", row->name);
	json_number(&j, "calls", (int64_t)row->calls);
	json_number(&j, "errors", (int64_t)row->errors);
	json_number(&j, "duration_us", (int64_t)row->us);
	json_close(&j, '}');
}

void tally_write(struct trace_style *style, struct tally *tally)
{
	struct tally_row total = { 0 };
	for (size_t i = 0; i < tally->n; i++) {
		total.calls += tally->rows[i].calls;
		total.errors += tally->rows[i].errors;
		total.us += tally->rows[i].us;
	}
	qsort(tally->rows, tally->n, sizeof(*tally->rows), compare_rows);
	if (!style->json)
		fputs("% time     seconds  usecs/call     calls    errors call\n"
		      "------ ----------- ----------- --------- --------- ----------------\n",
		      style->out);
	for (size_t i = 0; i < tally->n; i++) {
		const struct tally_row *row = &tally->rows[i];
		if (style->json) {
			write_json_row(style, row);
			continue;
		}
		fprintf(style->out, "%6.2f %4" PRIu64 ".%06" PRIu64 " %11" PRIu64 " %9" PRIu64 " ",
			total.us ? 100.0 * (double)row->us / (double)total.us : 0.0, row->us / 1000000, row->us % 1000000,
			row->us / row->calls, row->calls);
		if (row->errors)
			fprintf(style->out, "%9" PRIu64 " %s\n", row->errors, row->name);
		else
			fprintf(style->out, "%9s %s\n", "", row->name);
	}
	if (!style->json)
		fprintf(style->out,
			"------ ----------- ----------- --------- --------- ----------------\n"
			"100.00 %4" PRIu64 ".%06" PRIu64 " %11" PRIu64 " %9" PRIu64 " %9" PRIu64 " total\n",
			total.us / 1000000, total.us % 1000000, total.calls ? total.us / total.calls : 0, total.calls, total.errors);
}
