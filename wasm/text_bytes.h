/* Growing byte strings and the symbol table of the assembler. Both fail through text_no_memory. */
#ifndef WASIWARD_TEXT_BYTES_H
#define WASIWARD_TEXT_BYTES_H

#include "text_lex.h"

struct bytes {
	uint8_t *p;
	size_t len, room;
};

void bytes_put(struct text *t, struct bytes *b, const void *p, size_t len);
void bytes_byte(struct text *t, struct bytes *b, uint8_t byte);
void bytes_unsigned(struct text *t, struct bytes *b, uint64_t value); /* LEB128 */
void bytes_signed(struct text *t, struct bytes *b, int64_t value);
void bytes_name(struct text *t, struct bytes *b, struct text_name name); /* length and bytes */
void bytes_free(struct bytes *b);

static inline void bytes_append(struct text *t, struct bytes *b, const struct bytes *other)
{
	bytes_put(t, b, other->p, other->len);
}

struct symbol;

struct symtab {
	struct symbol *slots;
	size_t n, room;
};

/* Binds a name (borrowed) in a space, apart for each scope. False if it is bound already. */
bool symtab_add(struct text *t, struct symtab *symbols, uint32_t space, uint32_t scope, struct text_name name,
		uint32_t value);
bool symtab_find(const struct symtab *symbols, uint32_t space, uint32_t scope, struct text_name name,
		 uint32_t *ret_value);
void symtab_free(struct symtab *symbols);

#endif
