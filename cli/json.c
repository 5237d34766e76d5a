/* Writing JSON: see json.h. */
#include "json.h"

#include <inttypes.h>
#include <string.h>

/* Bytes of the UTF-8 character at s, 0 if there is none: overlong forms, surrogates and numbers beyond Unicode are not. */
static size_t utf8_length(const unsigned char *s)
{
	if (s[0] < 0x80)
		return 1;
	size_t n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : s[0] >= 0xc2 ? 2 : 0;
	if (!n || s[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] >= 0xa0) || (s[0] == 0xf0 && s[1] < 0x90) ||
	    (s[0] == 0xf4 && s[1] >= 0x90))
		return 0;
	return n;
}

static void put_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (const unsigned char *s = (const unsigned char *)text; *s;) {
		size_t n = utf8_length(s);
		if (*s == '"' || *s == '\\')
			fprintf(out, "\\%c", *s);
		else if (*s == '\n')
			fputs("\\n", out);
		else if (*s < 0x20 || *s == 0x7f)
			fprintf(out, "\\u%04x", *s);
		else if (n)
			fwrite(s, 1, n, out);
		else
			fputs("\\ufffd", out); /* JSON has no bytes that are no text */
		s += n ? n : 1;
	}
	fputc('"', out);
}

static void start(struct json *j, const char *key)
{
	if (j->full)
		fputs(j->lines ? ", " : ",", j->out);
	if (j->depth && !j->lines)
		fprintf(j->out, "\n%*s", 2 * j->depth, "");
	if (key) {
		put_string(j->out, key);
		fputs(": ", j->out);
	}
	j->full = true;
}

void json_open(struct json *j, const char *key, char bracket)
{
	start(j, key);
	fputc(bracket, j->out);
	j->depth++;
	j->full = false;
}

void json_close(struct json *j, char bracket)
{
	j->depth--;
	if (j->full && !j->lines)
		fprintf(j->out, "\n%*s", 2 * j->depth, "");
	fputc(bracket, j->out);
	j->full = true;
	if (!j->depth) {
		fputc('\n', j->out);
		j->full = false;
	}
}

void json_text(struct json *j, const char *key, const char *value)
{
	start(j, key);
	if (value)
		put_string(j->out, value);
	else
		fputs("null", j->out);
}

void json_number(struct json *j, const char *key, int64_t value)
{
	start(j, key);
	fprintf(j->out, "%" PRId64, value);
}

void json_bool(struct json *j, const char *key, bool value)
{
	start(j, key);
	fputs(value ? "true" : "false", j->out);
}
