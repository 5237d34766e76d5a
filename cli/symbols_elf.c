/* Symbols of one ELF file: see symbols.h.
 *
 * Programs and libraries are read as the loader reads them, through PT_DYNAMIC, so that it does not matter whether
 * section headers were stripped or forged. Objects have nothing but section headers. */
#include <elf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "symbols.h"

struct elf {
	const uint8_t *bytes;
	size_t len;
	Elf64_Ehdr header;
	struct symbols *out;
};

__attribute__((format(printf, 2, 3))) static bool bad(const struct elf *e, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	vsnprintf(e->out->trouble, sizeof(e->out->trouble), format, ap);
	va_end(ap);
	return false;
}

/* Copies size bytes at an offset; false when they are not all in the file. Nothing in the file need be aligned. */
static bool get(const struct elf *e, uint64_t offset, void *ret, size_t size)
{
	if (offset > e->len || size > e->len - offset)
		return false;
	memcpy(ret, e->bytes + offset, size);
	return true;
}

/* A string in a table; NULL unless it ends within the table and the file. */
static const char *string_at(const struct elf *e, uint64_t table, uint64_t size, uint64_t index)
{
	if (table > e->len || size > e->len - table || index >= size)
		return NULL;
	const char *s = (const char *)e->bytes + table + index;
	return memchr(s, '\0', size - index) ? s : NULL;
}

/* ---- objects ---- */

static bool read_object(struct elf *e)
{
	e->out->kind = "object";
	uint64_t count = e->header.e_shnum;
	Elf64_Shdr first;
	if (e->header.e_shentsize != sizeof(Elf64_Shdr) || !get(e, e->header.e_shoff, &first, sizeof(first)))
		return bad(e, "the object is cut short: it has no section headers");
	if (count == 0)
		count = first.sh_size; /* more than 65279 sections */
	if (count > e->len / sizeof(Elf64_Shdr))
		return bad(e, "the object is cut short: its section headers lie outside");
	for (uint64_t i = 0; i < count; i++) {
		Elf64_Shdr table, strings;
		if (!get(e, e->header.e_shoff + i * sizeof(table), &table, sizeof(table)))
			return bad(e, "the object is cut short: its section headers lie outside");
		if (table.sh_type != SHT_SYMTAB)
			continue;
		if (table.sh_entsize != sizeof(Elf64_Sym) || table.sh_link >= count ||
		    !get(e, e->header.e_shoff + table.sh_link * sizeof(strings), &strings, sizeof(strings)))
			return bad(e, "the object's symbol table is damaged");
		for (uint64_t at = sizeof(Elf64_Sym); at + sizeof(Elf64_Sym) <= table.sh_size; at += sizeof(Elf64_Sym)) {
			Elf64_Sym symbol;
			if (table.sh_offset > e->len || !get(e, table.sh_offset + at, &symbol, sizeof(symbol)))
				return bad(e, "the object is cut short: its symbol table lies outside");
			if (ELF64_ST_BIND(symbol.st_info) == STB_LOCAL)
				continue;
			const char *name = string_at(e, strings.sh_offset, strings.sh_size, symbol.st_name);
			if (!name)
				return bad(e, "the object's symbol names are damaged");
			symbols_add(e->out, &(struct symbol){
						    .name = name,
						    .defined = symbol.st_shndx != SHN_UNDEF,
						    .weak = ELF64_ST_BIND(symbol.st_info) == STB_WEAK,
						    .object = ELF64_ST_TYPE(symbol.st_info) == STT_OBJECT,
					    });
		}
		return true;
	}
	return bad(e, "the object has no symbol table: it was stripped");
}

/* ---- programs and libraries ---- */

/* The entries of PT_DYNAMIC that we need, as file offsets; 0: not there. */
struct dynamic {
	uint64_t symbols, strings, strings_size, hash, gnu_hash, versions, needs, n_needs;
	bool needed, pie;
};

static bool program_header(const struct elf *e, unsigned i, Elf64_Phdr *ret)
{
	return e->header.e_phoff <= e->len && get(e, e->header.e_phoff + i * sizeof(*ret), ret, sizeof(*ret));
}

/* Where the byte that is loaded at an address stands in the file; 0 if it does not. */
static uint64_t offset_of(const struct elf *e, uint64_t address)
{
	Elf64_Phdr ph;
	for (unsigned i = 0; i < e->header.e_phnum && program_header(e, i, &ph); i++) {
		if (ph.p_type == PT_LOAD && address >= ph.p_vaddr && address - ph.p_vaddr < ph.p_filesz &&
		    ph.p_offset <= e->len)
			return ph.p_offset + (address - ph.p_vaddr);
	}
	return 0;
}

static bool read_dynamic(const struct elf *e, const Elf64_Phdr *segment, struct dynamic *d)
{
	for (uint64_t at = 0; at + sizeof(Elf64_Dyn) <= segment->p_filesz; at += sizeof(Elf64_Dyn)) {
		Elf64_Dyn entry;
		if (segment->p_offset > e->len || !get(e, segment->p_offset + at, &entry, sizeof(entry)))
			return bad(e, "the file is cut short: its dynamic segment lies outside");
		uint64_t value = entry.d_un.d_val;
		switch (entry.d_tag) {
		case DT_NULL:
			return true;
		case DT_SYMTAB:
			d->symbols = offset_of(e, value);
			break;
		case DT_STRTAB:
			d->strings = offset_of(e, value);
			break;
		case DT_STRSZ:
			d->strings_size = value;
			break;
		case DT_HASH:
			d->hash = offset_of(e, value);
			break;
		case DT_GNU_HASH:
			d->gnu_hash = offset_of(e, value);
			break;
		case DT_VERSYM:
			d->versions = offset_of(e, value);
			break;
		case DT_VERNEED:
			d->needs = offset_of(e, value);
			break;
		case DT_VERNEEDNUM:
			d->n_needs = value;
			break;
		case DT_NEEDED:
			d->needed = true;
			break;
		case DT_FLAGS_1:
			d->pie = value & DF_1_PIE;
			break;
		}
	}
	return true;
}

/* How many dynamic symbols there are, which no entry says: the hash tables know. 0 if they do not. */
static uint64_t count_symbols(const struct elf *e, const struct dynamic *d)
{
	uint32_t h[4];
	if (d->hash && get(e, d->hash, h, 2 * sizeof(h[0])))
		return h[1]; /* buckets, chains: one chain entry for each symbol */
	if (!d->gnu_hash || !get(e, d->gnu_hash, h, sizeof(h)))
		return 0;
	/* Buckets, first hashed symbol, words of the Bloom filter, its shift. Imports come before the first hashed one. */
	uint64_t buckets = d->gnu_hash + sizeof(h) + (uint64_t)h[2] * 8;
	uint64_t chains = buckets + (uint64_t)h[0] * 4;
	uint32_t last = 0, value;
	for (uint32_t i = 0; i < h[0]; i++) {
		if (!get(e, buckets + (uint64_t)i * 4, &value, sizeof(value)))
			return h[1];
		if (value > last)
			last = value;
	}
	if (last < h[1])
		return h[1];
	/* The last chain ends at an odd hash. */
	while (get(e, chains + (uint64_t)(last - h[1]) * 4, &value, sizeof(value)) && !(value & 1) && last < UINT32_MAX)
		last++;
	return (uint64_t)last + 1;
}

/* What the version indices of imported symbols stand for. */
struct versions {
	struct {
		const char *version, *library;
	} at[0x8000];
};

/* Counts its steps, because the lists may be hostile and lead in circles. */
static void read_versions(const struct elf *e, const struct dynamic *d, struct versions *v)
{
	unsigned steps = 0;
	uint64_t at = d->needs;
	for (uint64_t i = 0; at && i < d->n_needs; i++) {
		Elf64_Verneed need;
		if (!get(e, at, &need, sizeof(need)))
			return;
		uint64_t aux_at = at + need.vn_aux;
		for (unsigned k = 0; k < need.vn_cnt; k++) {
			Elf64_Vernaux aux;
			if (steps++ == 0x8000 || !get(e, aux_at, &aux, sizeof(aux)))
				return;
			unsigned index = aux.vna_other & 0x7fff;
			v->at[index].version = string_at(e, d->strings, d->strings_size, aux.vna_name);
			v->at[index].library = string_at(e, d->strings, d->strings_size, need.vn_file);
			if (!aux.vna_next)
				break;
			aux_at += aux.vna_next;
		}
		if (!need.vn_next || steps++ == 0x8000)
			return;
		at += need.vn_next;
	}
}

static bool read_dynamic_symbols(struct elf *e, const struct dynamic *d)
{
	uint64_t count = count_symbols(e, d);
	struct versions *versions = cli_alloc(sizeof(*versions));
	read_versions(e, d, versions);
	for (uint64_t i = 1; i < count; i++) {
		Elf64_Sym entry;
		uint16_t version = 0;
		if (!get(e, d->symbols + i * sizeof(entry), &entry, sizeof(entry)))
			return bad(e, "the file is cut short: its dynamic symbols lie outside");
		if (ELF64_ST_BIND(entry.st_info) == STB_LOCAL)
			continue;
		const char *name = string_at(e, d->strings, d->strings_size, entry.st_name);
		if (!name)
			return bad(e, "the file is cut short or damaged: the names of its symbols lie outside");
		if (!*name)
			continue;
		struct symbol symbol = {
			.name = name,
			.defined = entry.st_shndx != SHN_UNDEF,
			.weak = ELF64_ST_BIND(entry.st_info) == STB_WEAK,
			.object = ELF64_ST_TYPE(entry.st_info) == STT_OBJECT,
		};
		/* 0 and 1 are local and global without a version. */
		if (d->versions && get(e, d->versions + i * sizeof(version), &version, sizeof(version)) && (version & 0x7fff) > 1) {
			symbol.version = versions->at[version & 0x7fff].version;
			symbol.library = versions->at[version & 0x7fff].library;
		}
		/* A library's variable that the program holds a copy of (stdout, environ) is imported all the same. */
		if (symbol.version)
			symbol.defined = false;
		symbols_add(e->out, &symbol);
	}
	free(versions);
	return true;
}

static bool read_linked(struct elf *e)
{
	Elf64_Phdr ph, segment = { 0 };
	bool found = false, interpreter = false;
	if (e->header.e_phnum && e->header.e_phentsize != sizeof(ph))
		return bad(e, "the program headers have a foreign size");
	for (unsigned i = 0; i < e->header.e_phnum; i++) {
		if (!program_header(e, i, &ph))
			return bad(e, "the file is cut short: its program headers lie outside");
		interpreter |= ph.p_type == PT_INTERP;
		if (ph.p_type == PT_DYNAMIC) {
			segment = ph;
			found = true;
		}
	}
	e->out->kind = e->header.e_type == ET_EXEC || interpreter ? "program" : "library";
	struct dynamic d = { 0 };
	if (found && !read_dynamic(e, &segment, &d))
		return false;
	if (!found || (d.pie && !interpreter && !d.needed))
		return bad(e, "statically linked: it imports nothing; audit its objects or archives");
	if (!d.symbols || !d.strings)
		return bad(e, "the file is cut short or damaged: it has no dynamic symbols");
	return read_dynamic_symbols(e, &d);
}

bool symbols_add_elf(struct symbols *s, const uint8_t *bytes, size_t len)
{
	struct elf e = { .bytes = bytes, .len = len, .out = s };
	if (len < SELFMAG || memcmp(bytes, ELFMAG, SELFMAG))
		return bad(&e, "neither an ELF file nor an archive of them");
	if (len < sizeof(e.header))
		return bad(&e, "the ELF header is cut short");
	memcpy(&e.header, bytes, sizeof(e.header));
	if (e.header.e_ident[EI_CLASS] != ELFCLASS64 || e.header.e_ident[EI_DATA] != ELFDATA2LSB)
		return bad(&e, "an ELF file for a foreign architecture: only 64-bit little-endian ones are read");
	if (e.header.e_type == ET_REL)
		return read_object(&e);
	if (e.header.e_type == ET_EXEC || e.header.e_type == ET_DYN)
		return read_linked(&e);
	return bad(&e, "an ELF file, but neither program, library nor object");
}
