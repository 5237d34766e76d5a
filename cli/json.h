/* Writing JSON, indented or as one line. Commas are set by the writer; text may be any bytes. */
#ifndef WASIWARD_JSON_H
#define WASIWARD_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *out;
	bool lines; /* one line for the whole value */
	int depth;
	bool full; /* something stands before us on this level */
};

/* key: NULL for elements of arrays and for the value at the top. */
void json_open(struct json *j, const char *key, char bracket); /* '{' or '[' */
void json_close(struct json *j, char bracket);                 /* '}' or ']' */
void json_text(struct json *j, const char *key, const char *value); /* NULL writes null */
void json_number(struct json *j, const char *key, int64_t value);
void json_bool(struct json *j, const char *key, bool value);

#endif
