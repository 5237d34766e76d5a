#include "text_bytes.h"

#include <stdlib.h>
#include <string.h>

#include "keyed_hash.h"

void bytes_put(struct text *t, struct bytes *b, const void *p, size_t len)
{
	if (len > b->room - b->len) {
		size_t room = b->room + b->room / 2 + len + 32;
		uint8_t *more = realloc(b->p, room);
		if (!more)
			text_no_memory(t);
		b->p = more;
		b->room = room;
	}
	if (len)
		memcpy(b->p + b->len, p, len);
	b->len += len;
}

void bytes_byte(struct text *t, struct bytes *b, uint8_t byte)
{
	if (b->len < b->room)
		b->p[b->len++] = byte;
	else
		bytes_put(t, b, &byte, 1);
}

void bytes_unsigned(struct text *t, struct bytes *b, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		bytes_byte(t, b, (uint8_t)(value | 0x80));
	bytes_byte(t, b, (uint8_t)value);
}

void bytes_signed(struct text *t, struct bytes *b, int64_t value)
{
	for (; value < -0x40 || value >= 0x40; value >>= 7)
		bytes_byte(t, b, (uint8_t)(value | 0x80));
	bytes_byte(t, b, (uint8_t)(value & 0x7f));
}

void bytes_name(struct text *t, struct bytes *b, struct text_name name)
{
	bytes_unsigned(t, b, name.len);
	bytes_put(t, b, name.p, name.len);
}

void bytes_free(struct bytes *b)
{
	free(b->p);
	*b = (struct bytes){0};
}

/* ---- symbols: open addressing, at most three quarters full ---- */

struct symbol {
	const char *name; /* NULL: a free slot */
	size_t len;
	uint32_t hash, space, scope, value;
};

static uint32_t hash_symbol(uint32_t space, uint32_t scope, struct text_name name)
{
	struct keyed_hash h = keyed_hash_begin();
	keyed_hash_add(&h, (uint64_t)space << 32 | scope);
	return (uint32_t)keyed_hash_bytes(&h, name.p, name.len);
}

static struct symbol *slot_of(const struct symtab *symbols, uint32_t hash, uint32_t space, uint32_t scope,
			      struct text_name name)
{
	for (size_t i = hash;; i++) {
		struct symbol *slot = &symbols->slots[i & (symbols->room - 1)];
		if (!slot->name || (slot->hash == hash && slot->space == space && slot->scope == scope &&
				    slot->len == name.len && memcmp(slot->name, name.p, name.len) == 0))
			return slot;
	}
}

static void grow(struct text *t, struct symtab *symbols)
{
	struct symtab larger = {.n = symbols->n, .room = symbols->room ? 2 * symbols->room : 64};
	larger.slots = calloc(larger.room, sizeof(*larger.slots));
	if (!larger.slots)
		text_no_memory(t);
	for (size_t i = 0; i < symbols->room; i++) {
		const struct symbol *old = &symbols->slots[i];
		if (old->name)
			*slot_of(&larger, old->hash, old->space, old->scope, (struct text_name){old->name, old->len}) =
				*old;
	}
	free(symbols->slots);
	*symbols = larger;
}

bool symtab_add(struct text *t, struct symtab *symbols, uint32_t space, uint32_t scope, struct text_name name,
		uint32_t value)
{
	if (4 * symbols->n >= 3 * symbols->room)
		grow(t, symbols);
	uint32_t hash = hash_symbol(space, scope, name);
	struct symbol *slot = slot_of(symbols, hash, space, scope, name);
	if (slot->name)
		return false;
	*slot = (struct symbol){name.p, name.len, hash, space, scope, value};
	symbols->n++;
	return true;
}

bool symtab_find(const struct symtab *symbols, uint32_t space, uint32_t scope, struct text_name name,
		 uint32_t *ret_value)
{
	if (!symbols->room)
		return false;
	const struct symbol *slot = slot_of(symbols, hash_symbol(space, scope, name), space, scope, name);
	if (slot->name)
		*ret_value = slot->value;
	return slot->name;
}

void symtab_free(struct symtab *symbols)
{
	free(symbols->slots);
	*symbols = (struct symtab){0};
}
