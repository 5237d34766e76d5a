/* The import thunks: signatures, guest pointers, conversions, linking. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "kinds.def"
#include "mock.h"
#include "sequence.h"
#include "wasi_imports.h"
#include "wasi_unstable.h"

/* ---- what a row looks like in words, by the declaration list ---- */

enum word_class { SCALAR, POINTER, COUNT };
struct word {
	enum word_class class;
	bool counted; /* a POINTER whose number of elements the list's next COUNT gives */
	size_t size, align;
	const char *name;
};

#define SHAPE_A(t, a, n) SHAPE_##t(a, n) SHAPE_B
#define SHAPE_B(t, a, n) SHAPE_##t(a, n) SHAPE_A
#define SHAPE_A_END
#define SHAPE_B_END
#define SHAPE_F(rights, n) {SCALAR, false, 4, 4, #n},
#define SHAPE_P(kind, n) KIND_##kind(SHAPE, n)
#define SHAPE_SCALAR(word, ctype, show, n) {SCALAR, false, sizeof(ctype), 1, #n},
#define SHAPE_OUT(ctype, show, n) {POINTER, false, sizeof(ctype), _Alignof(ctype), #n},
#define SHAPE_PATH(n) {POINTER, true, 1, 1, #n}, {COUNT, false, 0, 1, #n},
#define SHAPE_OUT_BUF(n) SHAPE_PATH(n)
#define SHAPE_IOVS(ctype, n) {POINTER, true, 8, 4, #n}, {COUNT, false, 0, 1, #n},
#define SHAPE_STRINGS(which, n) {POINTER, false, 4 * MOCK_ARGC, 4, #n}, {POINTER, false, MOCK_ARGS_BYTES, 1, #n},
#define SHAPE_POLL(n) {POINTER, true, 48, 8, #n}, {POINTER, true, 32, 8, "out"}, {COUNT, false, 0, 1, #n},

struct shape {
	const char *name;
	struct word words[MOCK_MAX_PARAMS];
};
static const struct shape shapes[WASI_IMPORT_COUNT] = {
#define WASI(call, seq) {#call, {WASI_WALK(SHAPE_A seq) {COUNT, false, 0, 1, ""}}},
#include "wasi.def"
};

/* ---- calling a thunk ---- */

enum { PAGE = 65536 };
static _Alignas(16) uint8_t memory[PAGE];
static bool memory_shared;
static union engine_value values[MOCK_MAX_PARAMS];

static enum engine_error_kind call(enum wasi_import_index index)
{
	static struct wasi_imports imports;
	imports.args = imports.environ = (struct wasi_string_sizes){MOCK_ARGC, MOCK_ARGS_BYTES};
	struct engine_caller caller = {
		.memory = memory, .memory_bytes = PAGE, .memory_shared = memory_shared, .data = &imports};
	mock_core.calls = 0;
	mock_engine.trap[0] = '\0';
	return wasi_import_table[index].fn(&caller, values);
}

static size_t n_words(size_t index)
{
	return strlen(wasi_import_table[index].params);
}

/* Valid words for a row: scalars 0, one element at each pointer. */
static void set_valid(size_t index)
{
	memset(values, 0, sizeof values);
	memset(memory, 0, sizeof memory);
	for (size_t i = 0; i < n_words(index); i++) {
		const struct word *word = &shapes[index].words[i];
		if (word->class == POINTER)
			values[i].i32 = 1024 * (uint32_t)(i + 1);
		else if (word->class == COUNT)
			values[i].i32 = 1;
	}
}

static void expect_trap(size_t index, const struct word *word, const char *what)
{
	char start[128];
	snprintf(start, sizeof start, "%s: %s: %s", shapes[index].name, word->name, what);
	cr_expect(eq(int, call((enum wasi_import_index)index), ENGINE_TRAP), "%s", start);
	cr_expect(eq(uint, mock_core.calls, 0), "%s: nothing may be called", start);
	cr_expect(eq(int, strncmp(mock_engine.trap, start, strlen(start)), 0), "%s: got \"%s\"", start, mock_engine.trap);
}

static void expect_success(size_t index, const struct word *word)
{
	enum engine_error_kind want = index == WASI_IMPORT_proc_exit ? ENGINE_EXIT : ENGINE_OK;
	cr_expect(eq(int, call((enum wasi_import_index)index), want), "%s: %s: %s", shapes[index].name,
		  word ? word->name : "", mock_engine.trap);
	cr_expect(eq(uint, mock_core.calls, 1));
	if (want == ENGINE_OK)
		cr_expect(eq(u32, values[0].i32, mock_core.answer));
}

/* ---- signatures ---- */

/* The table of SEMANTICS 1.1, written down a second time by hand. */
static const struct {
	const char *name, *params;
	bool result;
} wire[] = {
	{"args_get", "ii", true},
	{"args_sizes_get", "ii", true},
	{"environ_get", "ii", true},
	{"environ_sizes_get", "ii", true},
	{"clock_res_get", "ii", true},
	{"clock_time_get", "iIi", true},
	{"fd_advise", "iIIi", true},
	{"fd_allocate", "iII", true},
	{"fd_close", "i", true},
	{"fd_datasync", "i", true},
	{"fd_fdstat_get", "ii", true},
	{"fd_fdstat_set_flags", "ii", true},
	{"fd_fdstat_set_rights", "iII", true},
	{"fd_filestat_get", "ii", true},
	{"fd_filestat_set_size", "iI", true},
	{"fd_filestat_set_times", "iIIi", true},
	{"fd_pread", "iiiIi", true},
	{"fd_prestat_get", "ii", true},
	{"fd_prestat_dir_name", "iii", true},
	{"fd_pwrite", "iiiIi", true},
	{"fd_read", "iiii", true},
	{"fd_readdir", "iiiIi", true},
	{"fd_renumber", "ii", true},
	{"fd_seek", "iIii", true},
	{"fd_sync", "i", true},
	{"fd_tell", "ii", true},
	{"fd_write", "iiii", true},
	{"path_create_directory", "iii", true},
	{"path_filestat_get", "iiiii", true},
	{"path_filestat_set_times", "iiiiIIi", true},
	{"path_link", "iiiiiii", true},
	{"path_open", "iiiiiIIii", true},
	{"path_readlink", "iiiiii", true},
	{"path_remove_directory", "iii", true},
	{"path_rename", "iiiiii", true},
	{"path_symlink", "iiiii", true},
	{"path_unlink_file", "iii", true},
	{"poll_oneoff", "iiii", true},
	{"proc_exit", "i", false},
	{"proc_raise", "i", true},
	{"sched_yield", "", true},
	{"random_get", "ii", true},
	{"sock_accept", "iii", true},
	{"sock_recv", "iiiiii", true},
	{"sock_send", "iiiii", true},
	{"sock_shutdown", "ii", true},
};

Test(signatures, are_those_of_the_wire)
{
	cr_assert(eq(sz, sizeof wire / sizeof wire[0], 46));
	cr_assert(eq(int, WASI_IMPORT_COUNT, 46));
	for (size_t i = 0; i < 46; i++) {
		cr_expect(eq(str, (char *)wasi_import_table[i].name, (char *)wire[i].name));
		cr_expect(eq(str, (char *)wasi_import_table[i].params, (char *)wire[i].params), "%s", wire[i].name);
		cr_expect(eq(int, wasi_import_table[i].result, wire[i].result), "%s", wire[i].name);
	}
}

/* ---- every row ---- */

Test(rows, valid_words_call_the_function_of_that_name)
{
	for (size_t i = 0; i < WASI_IMPORT_COUNT; i++) {
		mock_reset();
		mock_core.answer = WASI_ERRNO_SPIPE;
		set_valid(i);
		expect_success(i, NULL);
		cr_expect(eq(str, (char *)mock_core.name, (char *)shapes[i].name));
	}
}

Test(rows, scalars_arrive_whole_and_in_order)
{
	for (size_t i = 0; i < WASI_IMPORT_COUNT; i++) {
		mock_reset();
		set_valid(i);
		uint64_t want[MOCK_MAX_PARAMS];
		unsigned count = 0;
		for (size_t w = 0; w < n_words(i); w++) {
			if (shapes[i].words[w].class != SCALAR)
				continue;
			uint64_t all = UINT64_MAX >> (64 - 8 * shapes[i].words[w].size);
			want[count] = all - count;
			values[w].i64 = want[count++];
		}
		if (i == WASI_IMPORT_poll_oneoff)
			want[count++] = 1;
		expect_success(i, NULL);
		cr_expect(eq(uint, mock_core.n_scalars, count), "%s", shapes[i].name);
		for (unsigned s = 0; s < count; s++)
			cr_expect(eq(u64, mock_core.scalars[s], want[s]), "%s scalar %u", shapes[i].name, s);
	}
}

Test(rows, a_flag_word_wider_than_its_type_is_inval)
{
	for (size_t i = 0; i < WASI_IMPORT_COUNT; i++) {
		for (size_t w = 0; w < n_words(i); w++) {
			const struct word *word = &shapes[i].words[w];
			if (word->class != SCALAR || word->size >= 4)
				continue;
			mock_reset();
			set_valid(i);
			values[w].i32 = 1u << (8 * word->size);
			cr_expect(eq(int, call((enum wasi_import_index)i), ENGINE_OK));
			cr_expect(eq(u32, values[0].i32, WASI_ERRNO_INVAL), "%s: %s", shapes[i].name, word->name);
			cr_expect(eq(uint, mock_core.calls, 0), "%s: %s", shapes[i].name, word->name);
		}
	}
}

Test(rows, every_pointer_is_checked_for_range)
{
	for (size_t i = 0; i < WASI_IMPORT_COUNT; i++) {
		for (size_t w = 0; w < n_words(i); w++) {
			const struct word *word = &shapes[i].words[w];
			if (word->class != POINTER)
				continue;
			mock_reset();
			/* What fits exactly is fine (9 bytes of strings have no alignment to lose). */
			set_valid(i);
			uint32_t last = PAGE - (uint32_t)word->size;
			values[w].i32 = last;
			expect_success(i, word);
			static const uint32_t beyond[] = {PAGE, PAGE + 8, 0x7ffffff8, 0x80000000, 0xfffffff8};
			for (size_t b = 0; b <= sizeof beyond / sizeof beyond[0]; b++) {
				set_valid(i);
				values[w].i32 = b == 0 ? last + (uint32_t)word->align : beyond[b - 1];
				expect_trap(i, word, "out of bounds");
			}
		}
	}
}

Test(rows, every_pointer_is_checked_for_alignment)
{
	for (size_t i = 0; i < WASI_IMPORT_COUNT; i++) {
		for (size_t w = 0; w < n_words(i); w++) {
			const struct word *word = &shapes[i].words[w];
			for (uint32_t off = 1; word->class == POINTER && off < word->align; off++) {
				mock_reset();
				set_valid(i);
				values[w].i32 += off;
				expect_trap(i, word, "misaligned");
			}
		}
	}
}

Test(rows, empty_buffers_may_point_to_the_end_of_memory_but_not_beyond)
{
	for (size_t i = 0; i < WASI_IMPORT_COUNT; i++) {
		for (size_t w = 0; w < n_words(i); w++) {
			const struct word *word = &shapes[i].words[w];
			if (word->class != POINTER || !word->counted)
				continue;
			size_t count = w + 1;
			while (shapes[i].words[count].class != COUNT)
				count++;
			mock_reset();
			set_valid(i);
			values[count].i32 = 0;
			values[w].i32 = PAGE;
			expect_success(i, word);
			set_valid(i);
			values[count].i32 = 0;
			values[w].i32 = PAGE + 1;
			expect_trap(i, word, "out of bounds");
			set_valid(i);
			values[count].i32 = UINT32_MAX;
			expect_trap(i, &shapes[i].words[count], "out of bounds");
		}
	}
}

Test(rows, a_bad_pointer_wins_over_a_bad_flag)
{
	mock_reset();
	set_valid(WASI_IMPORT_sock_recv);
	values[3].i32 = 0x10000;
	values[5].i32 = PAGE;
	cr_expect(eq(int, call(WASI_IMPORT_sock_recv), ENGINE_TRAP));
}

Test(rows, a_module_without_memory_traps_on_any_pointer_but_an_empty_buffer)
{
	struct wasi_imports imports = {0};
	struct engine_caller caller = {.data = &imports};
	mock_reset();
	memset(values, 0, sizeof values);
	cr_expect(eq(int, wasi_import_table[WASI_IMPORT_random_get].fn(&caller, values), ENGINE_OK));
	memset(values, 0, sizeof values);
	cr_expect(eq(int, wasi_import_table[WASI_IMPORT_fd_tell].fn(&caller, values), ENGINE_TRAP));
}

/* ---- paths ---- */

Test(paths, in_a_shared_memory_are_copied)
{
	mock_reset();
	set_valid(WASI_IMPORT_path_unlink_file);
	values[2].i32 = 5;
	cr_assert(eq(int, call(WASI_IMPORT_path_unlink_file), ENGINE_OK));
	cr_expect(eq(ptr, (void *)(uintptr_t)mock_core.buffer, memory + values[1].i32));
	memory_shared = true;
	set_valid(WASI_IMPORT_path_unlink_file);
	memcpy(memory + values[1].i32, "a/b\0c", 5);
	values[2].i32 = 5;
	cr_assert(eq(int, call(WASI_IMPORT_path_unlink_file), ENGINE_OK));
	const uint8_t *path = mock_core.buffer;
	cr_expect(path < memory || path >= memory + PAGE, "another thread could change it");
	cr_expect(eq(sz, mock_core.buffer_len, 5));
	cr_expect(eq(int, memcmp(mock_core.start, "a/b\0c", 5), 0));
}

/* ---- lists of buffers ---- */

static void put_iov(uint32_t at, uint32_t buf, uint32_t len)
{
	memcpy(memory + at, &buf, 4);
	memcpy(memory + at + 4, &len, 4);
}

Test(iovs, become_host_buffers)
{
	mock_reset();
	set_valid(WASI_IMPORT_fd_write);
	values[2].i32 = 3;
	put_iov(2048, 100, 7);
	put_iov(2056, PAGE, 0);
	put_iov(2064, 103, 20); /* overlaps the first */
	cr_assert(eq(int, call(WASI_IMPORT_fd_write), ENGINE_OK));
	cr_assert(eq(sz, mock_core.n_iovs, 3));
	cr_expect(eq(ptr, mock_core.iovs[0].buf, memory + 100));
	cr_expect(eq(sz, mock_core.iovs[0].buf_len, 7));
	cr_expect(eq(sz, mock_core.iovs[1].buf_len, 0));
	cr_expect(eq(ptr, mock_core.iovs[2].buf, memory + 103));
	cr_expect(eq(sz, mock_core.iovs[2].buf_len, 20));
}

Test(iovs, with_a_buffer_out_of_bounds_trap)
{
	mock_reset();
	set_valid(WASI_IMPORT_fd_read);
	values[2].i32 = 2;
	put_iov(2048, 100, 7);
	put_iov(2056, PAGE - 1, 2);
	expect_trap(WASI_IMPORT_fd_read, &shapes[WASI_IMPORT_fd_read].words[1], "out of bounds");
	set_valid(WASI_IMPORT_fd_read);
	put_iov(2048, 0xffffffff, 0xffffffff);
	expect_trap(WASI_IMPORT_fd_read, &shapes[WASI_IMPORT_fd_read].words[1], "out of bounds");
}

Test(iovs, are_cut_after_1024)
{
	mock_reset();
	set_valid(WASI_IMPORT_fd_pwrite);
	values[2].i32 = 5000;
	for (uint32_t i = 0; i < 5000; i++)
		put_iov(2048 + 8 * i, 0, 1);
	cr_assert(eq(int, call(WASI_IMPORT_fd_pwrite), ENGINE_OK));
	cr_expect(eq(sz, mock_core.n_iovs, 1024));
}

Test(iovs, give_at_most_what_one_word_can_count)
{
	/* Such a total needs a large memory; the mock touches none of it. */
	struct wasi_imports imports = {0};
	struct engine_caller caller = {.memory = memory, .memory_bytes = UINT64_C(1) << 32, .data = &imports};
	mock_reset();
	set_valid(WASI_IMPORT_fd_write);
	values[2].i32 = 4;
	for (uint32_t i = 0; i < 4; i++)
		put_iov(2048 + 8 * i, 0, 0x60000000);
	cr_assert(eq(int, wasi_import_table[WASI_IMPORT_fd_write].fn(&caller, values), ENGINE_OK));
	cr_expect(eq(sz, mock_core.iovs_bytes, UINT32_MAX));
}

/* ---- strings, polls, exits ---- */

static void check_strings(enum wasi_import_index index)
{
	mock_reset();
	set_valid(index);
	values[0].i32 = PAGE - 4 * MOCK_ARGC;
	values[1].i32 = 333;
	cr_assert(eq(int, call(index), ENGINE_OK));
	uint32_t want = 333;
	for (uint32_t i = 0; i < MOCK_ARGC; i++) {
		uint32_t addr;
		memcpy(&addr, memory + PAGE - 4 * MOCK_ARGC + 4 * i, 4);
		cr_expect(eq(u32, addr, want));
		cr_expect(eq(str, (char *)memory + addr, (char *)mock_args[i]));
		want += (uint32_t)strlen(mock_args[i]) + 1;
	}
}

Test(strings, vectors_hold_guest_addresses)
{
	check_strings(WASI_IMPORT_args_get);
	check_strings(WASI_IMPORT_environ_get);
}

Test(strings, vectors_stay_untouched_on_errors)
{
	mock_reset();
	set_valid(WASI_IMPORT_args_get);
	mock_core.answer = WASI_ERRNO_NOMEM;
	cr_assert(eq(int, call(WASI_IMPORT_args_get), ENGINE_OK));
	cr_expect(eq(u32, values[0].i32, WASI_ERRNO_NOMEM));
	cr_expect(eq(int, memory[1024], 0));
}

Test(poll, arrays_may_overlap)
{
	mock_reset();
	set_valid(WASI_IMPORT_poll_oneoff);
	values[0].i32 = values[1].i32 = 4096;
	wasi_subscription_t subscription = {.userdata = 77};
	memcpy(memory + 4096, &subscription, sizeof subscription);
	cr_assert(eq(int, call(WASI_IMPORT_poll_oneoff), ENGINE_OK));
	cr_expect(eq(u64, mock_core.subscription.userdata, 77));
	cr_expect(eq(int, memory[4096], 0x5a), "events go straight to the guest");
}

Test(poll, huge_counts_are_not_allocated)
{
	struct wasi_imports imports = {0};
	struct engine_caller caller = {.memory = memory, .memory_bytes = UINT64_C(1) << 32, .data = &imports};
	mock_reset();
	set_valid(WASI_IMPORT_poll_oneoff);
	values[2].i32 = WASI_IMPORTS_MAX_POLL + 1;
	cr_assert(eq(int, wasi_import_table[WASI_IMPORT_poll_oneoff].fn(&caller, values), ENGINE_OK));
	cr_expect(eq(u32, values[0].i32, WASI_ERRNO_NOMEM));
	cr_expect(eq(uint, mock_core.calls, 0));
}

Test(proc, exit_unwinds_with_the_whole_code)
{
	mock_reset();
	values[0].i32 = 0x12345678;
	cr_assert(eq(int, call(WASI_IMPORT_proc_exit), ENGINE_EXIT));
	cr_expect(eq(u32, mock_engine.exit_code, 0x12345678));
	cr_expect(eq(str, (char *)mock_core.name, "proc_exit"), "the core sees it, for its trace");
}

/* ---- linking ---- */

static bool resolve(struct wasi_imports *imports, const char *module, const char *name, enum engine_extern_kind kind,
		    struct engine_extern *ret_extern)
{
	struct engine_import_type import = {module, name, strlen(module), strlen(name), kind, {0}, {0}, ENGINE_I32, false};
	return wasi_imports_resolve(imports, &import, ret_extern);
}

Test(linking, answers_every_call_with_its_type_and_thunk)
{
	struct wasi_imports imports;
	mock_reset();
	cr_assert(eq(int, wasi_imports_init(&imports, NULL, NULL), WASI_ERRNO_SUCCESS));
	for (size_t i = 0; i < WASI_IMPORT_COUNT; i++) {
		struct engine_extern answer;
		cr_assert(resolve(&imports, "wasi_snapshot_preview1", wasi_import_table[i].name, ENGINE_EXTERN_FUNC, &answer));
		cr_expect(eq(int, answer.kind, ENGINE_EXTERN_FUNC));
		cr_expect(mock_engine.fn == wasi_import_table[i].fn);
		cr_expect(eq(ptr, mock_engine.data, &imports));
		cr_expect(eq(u32, mock_engine.type.n_params, (uint32_t)n_words(i)));
		cr_expect(eq(u32, mock_engine.type.n_results, (uint32_t)(i != WASI_IMPORT_proc_exit)));
		for (size_t p = 0; p < n_words(i); p++)
			cr_expect(eq(int, mock_engine.params[p], wasi_import_table[i].params[p] == 'I' ? ENGINE_I64 : ENGINE_I32));
	}
}

Test(linking, makes_each_function_once)
{
	struct wasi_imports imports = {0};
	struct engine_extern first, second;
	mock_reset();
	cr_assert(resolve(&imports, "wasi_snapshot_preview1", "fd_read", ENGINE_EXTERN_FUNC, &first));
	cr_assert(resolve(&imports, "wasi_snapshot_preview1", "fd_read", ENGINE_EXTERN_FUNC, &second));
	cr_expect(eq(ptr, first.u.func, second.u.func));
	cr_expect(eq(uint, mock_engine.funcs, 1));
}

Test(linking, refuses_with_a_reason)
{
	struct wasi_imports imports = {0};
	struct engine_extern answer;
	cr_expect(not(resolve(&imports, "wasi_snapshot_preview1", "fd_rea", ENGINE_EXTERN_FUNC, &answer)));
	cr_expect(eq(str, imports.refusal, "wasi_snapshot_preview1 has no function named fd_rea"));
	cr_expect(not(resolve(&imports, "wasi_snapshot_preview1", "fd_read", ENGINE_EXTERN_MEMORY, &answer)));
	cr_expect(ne(str, imports.refusal, ""));
	cr_expect(not(resolve(&imports, "wasi_unstable", "sock_accept", ENGINE_EXTERN_FUNC, &answer)));
	cr_expect(eq(str, imports.refusal, "wasi_unstable has no function named sock_accept"));
	cr_expect(not(resolve(&imports, "env", "fd_read", ENGINE_EXTERN_FUNC, &answer)));
	cr_expect(eq(str, imports.refusal, ""));
}

/* ---- preview0 ---- */

static enum engine_error_kind call_unstable(enum wasi_import_index index)
{
	static struct wasi_imports imports;
	struct engine_caller caller = {.memory = memory, .memory_bytes = PAGE, .data = &imports};
	mock_core.calls = 0;
	return wasi_unstable_fn(index)(&caller, values);
}

Test(preview0, differs_in_four_calls_and_lacks_one)
{
	static const enum wasi_import_index other[] = {WASI_IMPORT_fd_seek, WASI_IMPORT_fd_filestat_get,
						       WASI_IMPORT_path_filestat_get, WASI_IMPORT_poll_oneoff,
						       WASI_IMPORT_sock_accept};
	for (enum wasi_import_index i = 0; i < WASI_IMPORT_COUNT; i++) {
		bool same = true;
		for (size_t k = 0; k < sizeof other / sizeof *other; k++)
			same = same && i != other[k];
		cr_expect(eq(int, wasi_unstable_fn(i) == wasi_import_table[i].fn, same), "%s", shapes[i].name);
	}
	cr_expect(wasi_unstable_fn(WASI_IMPORT_sock_accept) == NULL);
}

Test(preview0, whence_has_another_order)
{
	static const uint8_t want[] = {WASI_WHENCE_CUR, WASI_WHENCE_END, WASI_WHENCE_SET, 3};
	for (uint32_t whence = 0; whence < 4; whence++) {
		mock_reset();
		set_valid(WASI_IMPORT_fd_seek);
		values[2].i32 = whence;
		cr_expect(eq(int, call_unstable(WASI_IMPORT_fd_seek), ENGINE_OK));
		cr_expect(eq(u64, mock_core.scalars[2], want[whence]));
	}
}

Test(preview0, file_attributes_take_56_bytes)
{
	for (int by_path = 0; by_path < 2; by_path++) {
		enum wasi_import_index index = by_path ? WASI_IMPORT_path_filestat_get : WASI_IMPORT_fd_filestat_get;
		mock_reset();
		set_valid(index);
		uint32_t *buf = by_path ? &values[4].i32 : &values[1].i32, at = *buf = PAGE - 56;
		cr_assert(eq(int, call_unstable(index), ENGINE_OK));
		cr_expect(eq(u32, mock_core.calls, 1));
		uint32_t nlink;
		memcpy(&nlink, memory + at + 20, 4);
		cr_expect(eq(u32, nlink, UINT32_MAX), "0x5a5a5a5a5a5a5a5a does not fit");
		cr_expect(eq(u32, memory[at + 16], 0x5a));
		cr_expect(eq(u32, memory[at + 55], 0x5a));
		for (uint32_t bad = PAGE - 55; bad <= PAGE; bad += 55) { /* beyond the end, and where nothing is */
			set_valid(index);
			*buf = bad;
			cr_expect(eq(int, call_unstable(index), ENGINE_TRAP));
			cr_expect(eq(u32, mock_core.calls, 0));
		}
		set_valid(index);
		*buf = 1028;
		cr_expect(eq(int, call_unstable(index), ENGINE_TRAP), "misaligned");
		mock_reset();
		mock_core.answer = WASI_ERRNO_BADF;
		set_valid(index);
		*buf = 2048;
		cr_expect(eq(int, call_unstable(index), ENGINE_OK));
		cr_expect(eq(u32, values[0].i32, WASI_ERRNO_BADF));
		cr_expect(eq(u32, memory[2048], 0), "untouched on errors");
	}
}

Test(preview0, subscriptions_take_56_bytes)
{
	static const uint8_t clock[56] = {[0] = 1, [16] = 0xff, [24] = 2, [32] = 3, [40] = 4, [48] = 1};
	static const uint8_t read[56] = {[0] = 9, [8] = WASI_EVENTTYPE_FD_READ, [16] = 7};
	mock_reset();
	set_valid(WASI_IMPORT_poll_oneoff);
	memcpy(memory + values[0].i32, clock, 56);
	cr_assert(eq(int, call_unstable(WASI_IMPORT_poll_oneoff), ENGINE_OK));
	const wasi_subscription_t *s = &mock_core.subscription;
	cr_expect(eq(u64, s->userdata, 1));
	cr_expect(eq(u32, s->u.clock.id, 2));
	cr_expect(eq(u64, s->u.clock.timeout, 3));
	cr_expect(eq(u64, s->u.clock.precision, 4));
	cr_expect(eq(u32, s->u.clock.flags, 1));
	set_valid(WASI_IMPORT_poll_oneoff);
	memcpy(memory + values[0].i32, read, 56);
	cr_assert(eq(int, call_unstable(WASI_IMPORT_poll_oneoff), ENGINE_OK));
	cr_expect(eq(u32, s->tag, WASI_EVENTTYPE_FD_READ));
	cr_expect(eq(u32, s->u.fd_readwrite.file_descriptor, 7));
	/* The last of three ends one byte beyond memory. */
	set_valid(WASI_IMPORT_poll_oneoff);
	values[0].i32 = PAGE - 3 * 56 + 8;
	values[2].i32 = 3;
	cr_expect(eq(int, call_unstable(WASI_IMPORT_poll_oneoff), ENGINE_TRAP));
	set_valid(WASI_IMPORT_poll_oneoff);
	values[2].i32 = UINT32_MAX;
	cr_expect(eq(int, call_unstable(WASI_IMPORT_poll_oneoff), ENGINE_TRAP));
	cr_expect(eq(u32, mock_core.calls, 0));
}
