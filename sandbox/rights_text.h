/* Rights as options spell them. */
#ifndef WASIWARD_RIGHTS_TEXT_H
#define WASIWARD_RIGHTS_TEXT_H

#include <stddef.h>

#include "wasi.h"

/* The names of all bits, joined by "|"; "none" for 0. Cut to room. */
void rights_names(wasi_rights_t rights, char *buf, size_t room);

/* The shortest spelling that rights_from_text reads back as this set, over base and inheriting together: "ro", "rw",
 * "ro,path_create_file", or a plain list. Cut to room. */
void rights_to_text(wasi_rights_t rights, char *buf, size_t room);

/* Reads "ro", "rw", right names and "-name" to remove one, separated by commas.
 * On success *ret_rights is the whole set, a union for base and inheriting. On failure returns false, and bad/bad_len
 * name the word that is not a right. */
bool rights_from_text(const char *text, size_t len, wasi_rights_t *ret_rights, const char **bad, size_t *bad_len);

/* The valid word nearest to a misspelled one ("ro", "rw" or a right); static string, NULL when nothing is near. */
const char *rights_nearest(const char *word, size_t len);

#endif
