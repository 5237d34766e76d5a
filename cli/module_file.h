/* A module in a file, in the binary or the text format. */
#ifndef WASIWARD_MODULE_FILE_H
#define WASIWARD_MODULE_FILE_H

#include "engine.h"

struct module_file {
	const char *name;  /* as the user wrote it; borrowed */
	const void *bytes; /* the binary: mapped, not read, so that what is never called is never loaded */
	size_t len;
	const char *text; /* what it was assembled from, or NULL */
	size_t text_len;
};

/* Maps a file; fd is closed. Returns false with errno. The file's memory is never given back: modules and error
 * messages refer to it. */
bool module_file_open(int fd, const char *name, struct module_file *ret_file);

/* Assembles it if it is a text, and loads it. Results and *ret_error as those of engine_module_load. */
enum engine_error_kind module_file_load(struct module_file *file, engine_module_t **ret_module,
					struct engine_error *ret_error);

/* Prints an error of this module as "wasiward: NAME: …" with its place: an offset, or line and column of a text.
 * with_kind: says what kind of error it is, too. */
void module_file_complain(const struct module_file *file, const struct engine_error *error, bool with_kind);

/* The place of a byte of the binary for people: line and column as in "3:5" if it comes from a text, and true; "0x1f"
 * otherwise. */
bool module_file_place(const struct module_file *file, size_t offset, char ret_place[48]);

#endif
