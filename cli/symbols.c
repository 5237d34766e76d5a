/* Files of symbols: what kind of file it is, and walking archives. See symbols.h. */
#include "symbols.h"

#include <ar.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

enum { MAX_FILE = 1 << 30 };

void symbols_add(struct symbols *s, const struct symbol *symbol)
{
	if (s->n == s->room) {
		s->room = s->room ? 2 * s->room : 64;
		s->list = reallocarray(s->list, s->room, sizeof(*s->list));
		if (!s->list)
			cli_die(CLI_FAILED, "out of memory");
	}
	s->list[s->n++] = *symbol;
}

/* Read, not mapped: a file that shrinks meanwhile would kill us. */
static bool read_file(const char *path, struct symbols *s)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0) {
		snprintf(s->trouble, sizeof(s->trouble), "%s", strerror(errno));
	} else if (!S_ISREG(st.st_mode)) {
		snprintf(s->trouble, sizeof(s->trouble), "not a regular file");
	} else if (st.st_size > MAX_FILE) {
		snprintf(s->trouble, sizeof(s->trouble), "too large (over 1 GiB)");
	} else {
		s->bytes = cli_alloc((size_t)st.st_size);
		while (s->len < (size_t)st.st_size) {
			ssize_t n = read(fd, (uint8_t *)s->bytes + s->len, (size_t)st.st_size - s->len);
			if (n < 0 && errno == EINTR)
				continue;
			if (n <= 0)
				break;
			s->len += (size_t)n;
		}
		close(fd);
		return true;
	}
	if (fd >= 0)
		close(fd);
	return false;
}

/* A number in an archive's header: decimal digits, then blanks. False for anything else. */
static bool header_number(const char *field, size_t width, size_t *ret_number)
{
	size_t number = 0, i = 0;
	for (; i < width && field[i] >= '0' && field[i] <= '9'; i++)
		number = number * 10 + (size_t)(field[i] - '0');
	*ret_number = number;
	return i > 0 && i <= 10;
}

static bool read_archive(struct symbols *s)
{
	const uint8_t *bytes = s->bytes;
	s->kind = "archive";
	for (size_t at = SARMAG; at < s->len;) {
		struct ar_hdr header;
		size_t size;
		if (s->len - at < sizeof(header)) {
			s->bad_members++;
			break;
		}
		memcpy(&header, bytes + at, sizeof(header));
		at += sizeof(header);
		if (memcmp(header.ar_fmag, ARFMAG, 2) || !header_number(header.ar_size, sizeof(header.ar_size), &size) ||
		    size > s->len - at) {
			s->bad_members++;
			snprintf(s->trouble, sizeof(s->trouble), "the archive is cut short or damaged at byte %zu", at);
			break;
		}
		/* "/" and "/SYM64/" index the archive, "//" holds long names; "/123" is a member with such a name. */
		bool index = header.ar_name[0] == '/' && (header.ar_name[1] < '0' || header.ar_name[1] > '9');
		if (!index) {
			char before[sizeof(s->trouble)];
			memcpy(before, s->trouble, sizeof(before));
			if (symbols_add_elf(s, bytes + at, size)) {
				s->members++;
			} else {
				s->bad_members++;
				if (before[0])
					memcpy(s->trouble, before, sizeof(before));
			}
		}
		at += size + (size & 1);
	}
	s->kind = "archive";
	if (!s->members && !s->trouble[0])
		snprintf(s->trouble, sizeof(s->trouble), "the archive has no members");
	return s->members > 0;
}

bool symbols_read(const char *path, struct symbols *s)
{
	*s = (struct symbols){ .kind = "file" };
	if (!read_file(path, s))
		return false;
	if (s->len >= SARMAG && !memcmp(s->bytes, ARMAG, SARMAG))
		return read_archive(s);
	if (s->len >= SARMAG && !memcmp(s->bytes, "!<thin>\n", SARMAG)) {
		snprintf(s->trouble, sizeof(s->trouble), "a thin archive holds no objects; audit the objects themselves");
		return false;
	}
	if (s->len >= 4 && !memcmp(s->bytes, "\0asm", 4)) {
		snprintf(s->trouble, sizeof(s->trouble), "a WebAssembly module: it is ported already");
		return false;
	}
	return symbols_add_elf(s, s->bytes, s->len);
}
