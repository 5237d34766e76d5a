/* What ELF files and archives of them import and define. Every number in a file is checked against the file. */
#ifndef WASIWARD_SYMBOLS_H
#define WASIWARD_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symbol {
	const char *name;
	const char *version; /* "GLIBC_2.34", NULL if it has none */
	const char *library; /* the file that is to bring it, "libz.so.1"; NULL if unknown */
	bool defined;        /* here, for others; else it is imported */
	bool weak;
	bool object; /* data, not a function */
};

struct symbols {
	struct symbol *list; /* names live in bytes */
	size_t n, room;
	void *bytes;
	size_t len;
	const char *kind;   /* "program", "library", "object", "archive" */
	size_t members;     /* of an archive, that were read */
	size_t bad_members; /* that could not be read */
	char trouble[160];  /* why it could not be read, or the first bad member; empty if all is well */
};

/* Reads a file. False if nothing can be said of it; `trouble` says why. Frees nothing: the process is short. */
bool symbols_read(const char *path, struct symbols *ret_symbols);

/* For symbols_elf.c: parses one ELF file in memory and adds its symbols; false and `trouble` if it cannot. */
bool symbols_add_elf(struct symbols *s, const uint8_t *bytes, size_t len);
void symbols_add(struct symbols *s, const struct symbol *symbol);

#endif
