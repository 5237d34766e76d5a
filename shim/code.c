/* Whose code is whose. See code.h. */
#include "code.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>

#include "gate.h"
#include "stray_arch.h"

/* Looking costs a tenth of a millisecond for each MiB; not looking, some nanoseconds for each system call. */
#define LOOK_AT_MOST (1 << 20)

enum { LIBRARY, LOADER, VDSO, SHIM, N_OURS };
static struct code_range ours[N_OURS];

static struct code_range segment(const struct dl_phdr_info *info, const ElfW(Phdr) *header)
{
	uintptr_t start = info->dlpi_addr + header->p_vaddr;

	return (struct code_range){start, start + header->p_memsz};
}

static bool within(uintptr_t address, struct code_range range)
{
	return address - range.start < range.end - range.start;
}

struct search {
	uintptr_t address;
	struct code_range found;
};

/* The object's first executable segment, if any segment of it has the address. */
static int find(struct dl_phdr_info *info, size_t size, void *search_)
{
	struct search *search = search_;
	bool here = false;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++)
		here |= info->dlpi_phdr[i].p_type == PT_LOAD && within(search->address, segment(info, &info->dlpi_phdr[i]));
	for (int i = 0; here && i < info->dlpi_phnum; i++) {
		if (info->dlpi_phdr[i].p_type == PT_LOAD && info->dlpi_phdr[i].p_flags & PF_X) {
			search->found = segment(info, &info->dlpi_phdr[i]);
			break;
		}
	}
	return here;
}

bool code_find(uintptr_t address, struct code_range *ret)
{
	struct search search = {address, {0, 0}};

	if (!address || !dl_iterate_phdr(find, &search) || !search.found.end)
		return false;
	*ret = search.found;
	return true;
}

void code_note_ours(void)
{
	code_find((uintptr_t)memchr, &ours[LIBRARY]);
	code_find(getauxval(AT_BASE), &ours[LOADER]);
	code_find(getauxval(AT_SYSINFO_EHDR), &ours[VDSO]);
	code_find((uintptr_t)code_find, &ours[SHIM]);
}

bool code_is_ours(uintptr_t address)
{
	for (int i = 0; i < N_OURS; i++) {
		if (within(address, ours[i]))
			return true;
	}
	return false;
}

typedef unsigned char block __attribute__((vector_size(16), aligned(1)));
typedef uint64_t words __attribute__((vector_size(16)));

/* Is there a system call in these bytes? */
static bool has_call(const unsigned char *code, size_t len)
{
	size_t i = 8;

	while (i + 72 < len) {
		block hit = {0};
		for (size_t k = 0; k < 64; k += 16) {
			block here = *(const block *)(code + i + k), next = *(const block *)(code + i + k + 1);
			hit |= (block)((here == STRAY_PAIR_FIRST) & (next == STRAY_PAIR_SECOND));
		}
		words any = (words)hit;
		for (size_t k = 0; k < 64 && (any[0] | any[1]); k++) {
			if (code[i + k] == STRAY_PAIR_FIRST && code[i + k + 1] == STRAY_PAIR_SECOND && stray_is_call(code + i + k))
				return true;
		}
		i += 64;
	}
	for (; i + 8 < len; i++) {
		if (code[i] == STRAY_PAIR_FIRST && code[i + 1] == STRAY_PAIR_SECOND && stray_is_call(code + i))
			return true;
	}
	return false;
}

static int look(struct dl_phdr_info *info, size_t size, void *seen_)
{
	size_t *seen = seen_;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *header = &info->dlpi_phdr[i];
		struct code_range range = segment(info, header);

		if (header->p_type != PT_LOAD || !(header->p_flags & PF_X) || code_is_ours(range.start))
			continue;
		*seen += header->p_memsz;
		if (*seen > LOOK_AT_MOST || !(header->p_flags & PF_R))
			return 1;
	}
	return 0;
}

static int look_closely(struct dl_phdr_info *info, size_t size, void *unused)
{
	(void)size;
	(void)unused;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *header = &info->dlpi_phdr[i];
		struct code_range range = segment(info, header);

		if (header->p_type == PT_LOAD && header->p_flags & PF_X && !code_is_ours(range.start) &&
		    has_call((const unsigned char *)range.start, range.end - range.start))
			return 1;
	}
	return 0;
}

bool code_may_call(void)
{
	size_t seen = 0;

	code_note_ours();
	return dl_iterate_phdr(look, &seen) || dl_iterate_phdr(look_closely, NULL);
}
