/* Modules in files: see module_file.h. */
#include "module_file.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "text.h"

bool module_file_open(int fd, const char *name, struct module_file *ret_file)
{
	struct stat st;
	void *bytes = NULL;
	*ret_file = (struct module_file){ .name = name, .bytes = "" };
	bool ok = fstat(fd, &st) == 0;
	if (ok && st.st_size > 0) {
		bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		ok = bytes != MAP_FAILED;
	}
	int error = errno;
	close(fd);
	errno = error;
	if (ok && bytes) {
		ret_file->bytes = bytes;
		ret_file->len = (size_t)st.st_size;
	}
	return ok;
}

enum engine_error_kind module_file_load(struct module_file *file, engine_module_t **ret_module, struct engine_error *ret_error)
{
	*ret_error = (struct engine_error){ .offset = SIZE_MAX };
	if (!file->text && text_looks_like(file->bytes, file->len)) {
		uint8_t *binary;
		const char *text = file->bytes;
		size_t text_len = file->len;
		enum engine_error_kind kind = text_assemble(text, text_len, &binary, &file->len, ret_error);
		file->text = text;
		file->text_len = text_len;
		file->bytes = NULL; /* until it is assembled, places are the text's own */
		if (kind != ENGINE_OK)
			return kind;
		file->bytes = binary;
	}
	return engine_module_load(file->bytes, file->len, ret_module, ret_error);
}

/* Each place in a text costs assembling it once more, so a long backtrace through a huge text ends in offsets. The first place
 * is always told. */
static bool locate(const struct module_file *file, size_t offset, size_t *ret_at)
{
	enum { PATIENCE = 32 << 20 }; /* bytes, about a third of a second */
	static atomic_size_t assembled;
	if (atomic_fetch_add(&assembled, file->text_len) > PATIENCE)
		return false;
	return text_locate(file->text, file->text_len, offset, ret_at);
}

bool module_file_place(const struct module_file *file, size_t offset, char ret_place[48])
{
	size_t at = offset, line, column;
	bool in_text = file->text && (!file->bytes || locate(file, offset, &at));
	if (!in_text) {
		snprintf(ret_place, 48, "0x%zx", offset);
		return false;
	}
	text_position(file->text, at, &line, &column);
	snprintf(ret_place, 48, "%zu:%zu", line, column);
	return true;
}

static const char *kind_words(enum engine_error_kind kind)
{
	switch (kind) {
	case ENGINE_MALFORMED:
		return "malformed module: ";
	case ENGINE_INVALID:
		return "invalid module: ";
	case ENGINE_UNSUPPORTED:
		return "unsupported module: ";
	case ENGINE_LIMIT:
		return "beyond an implementation limit: ";
	case ENGINE_UNLINKABLE:
		return "cannot be linked: ";
	default:
		return "";
	}
}

void module_file_complain(const struct module_file *file, const struct engine_error *error, bool with_kind)
{
	char place[48];
	const char *words = with_kind ? kind_words(error->kind) : "";
	if (error->offset == SIZE_MAX) {
		cli_complain("%s: %s%s", file->name, words, error->message);
		return;
	}
	if (module_file_place(file, error->offset, place))
		cli_complain("%s:%s: %s%s", file->name, place, words, error->message);
	else
		cli_complain("%s: %s%s (at offset %s)", file->name, words, error->message, place);
}
