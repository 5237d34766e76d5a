/* Finding the program and telling what it is: by content, never by name. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "text.h"

#if defined(__x86_64__)
#define NATIVE_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define NATIVE_MACHINE EM_AARCH64
#else
#error "no native machine known here"
#endif

/* Opens a candidate. Returns -1 with errno if it cannot be read or is no regular file. */
static int open_file(const char *path, struct stat *st)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -1;
	if (fstat(fd, st) == 0) {
		if (S_ISREG(st->st_mode))
			return fd;
		errno = S_ISDIR(st->st_mode) ? EISDIR : EACCES;
	}
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

static char *search_path(const char *name, int *ret_fd, struct stat *st)
{
	const char *path = getenv("PATH");
	if (!path)
		path = "/usr/local/bin:/usr/bin:/bin";
	int error = ENOENT;
	for (;;) {
		size_t len = strcspn(path, ":");
		char *candidate;
		if (asprintf(&candidate, "%.*s%s%s", (int)len, path, len ? "/" : "./", name) < 0)
			cli_die(CLI_FAILED, "out of memory");
		if (access(candidate, X_OK) == 0 && (*ret_fd = open_file(candidate, st)) >= 0)
			return candidate;
		if (errno != ENOENT && errno != ENOTDIR)
			error = errno;
		free(candidate);
		if (!path[len])
			break;
		path += len + 1;
	}
	errno = error;
	return NULL;
}

static bool names_module(const char *name)
{
	const char *dot = strrchr(name, '.');
	return dot && dot > name && (!strcmp(dot, ".wasm") || !strcmp(dot, ".wat"));
}

void program_find(const char *name, struct program *p)
{
	struct stat st;
	*p = (struct program){ .fd = -1 };
	if (strchr(name, '/') || names_module(name)) {
		p->fd = open_file(name, &st);
		if (p->fd >= 0)
			p->path = cli_copy(name);
	} else if (*name) {
		p->path = search_path(name, &p->fd, &st);
	} else {
		errno = ENOENT;
	}
	if (p->fd < 0)
		cli_die(errno == ENOENT || errno == ENOTDIR ? CLI_NOT_FOUND : CLI_NOT_EXECUTABLE, "%s: %s", name, strerror(errno));
	p->setuid = st.st_mode & (S_ISUID | S_ISGID);

	unsigned char head[256];
	ssize_t n = pread(p->fd, head, sizeof(head), 0);
	if (n < 0)
		cli_die(CLI_FAILED, "%s: %s", name, strerror(errno));
	bool executable = st.st_mode & 0111;
	if (n >= SELFMAG && !memcmp(head, ELFMAG, SELFMAG))
		p->kind = PROGRAM_ELF;
	else if (n >= 2 && head[0] == '#' && head[1] == '!')
		p->kind = PROGRAM_SCRIPT;
	else if ((n >= 4 && !memcmp(head, "\0asm", 4)) || text_looks_like(head, (size_t)n) || names_module(name))
		p->kind = PROGRAM_WASM; /* a truncated or foreign .wasm gets the decoder's message */
	else
		cli_die(CLI_NOT_EXECUTABLE, "%s: neither an ELF program, a WebAssembly module nor a #! script", name);
	if (p->kind != PROGRAM_WASM && !executable)
		cli_die(CLI_NOT_EXECUTABLE, "%s: %s", name, strerror(EACCES));
}

/* The interpreter in PT_INTERP, or NULL if there is none. Every number in the file is checked against the file. */
static char *elf_interpreter(int fd, const Elf64_Ehdr *header)
{
	if (header->e_phentsize != sizeof(Elf64_Phdr))
		return NULL;
	for (unsigned i = 0; i < header->e_phnum; i++) {
		Elf64_Phdr ph;
		if (header->e_phoff > INT64_MAX - sizeof(ph) * 65536 ||
		    pread(fd, &ph, sizeof(ph), (off_t)(header->e_phoff + i * sizeof(ph))) != sizeof(ph))
			return NULL;
		if (ph.p_type != PT_INTERP)
			continue;
		char name[256];
		if (ph.p_filesz == 0 || ph.p_filesz > sizeof(name) || ph.p_offset > INT64_MAX ||
		    pread(fd, name, ph.p_filesz, (off_t)ph.p_offset) != (ssize_t)ph.p_filesz || name[ph.p_filesz - 1])
			return NULL;
		return cli_copy(name);
	}
	return NULL;
}

const char *program_refusal(const struct program *p, enum policy_libc *ret_libc, bool *ret_behind_wall)
{
	*ret_behind_wall = false;
	*ret_libc = POLICY_LIBCS;
	Elf64_Ehdr header;
	if (pread(p->fd, &header, sizeof(header), 0) != sizeof(header))
		return "the ELF header is cut short";
	if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != NATIVE_MACHINE)
		return "it is built for another architecture";
	if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
		return "it is an ELF file, but no program";
	if (p->setuid)
		return "it is setuid or setgid: the loader ignores preloaded libraries there, so it would run without its rules";
	*ret_behind_wall = true;
	char *interpreter = elf_interpreter(p->fd, &header);
	if (!interpreter)
		return "it is statically linked: no library can be loaded into it, so it would run without its rules";
	*ret_libc = policy_libc_of(interpreter);
	free(interpreter);
	return *ret_libc == POLICY_LIBCS ? "it uses a C library that there is no shim for" : NULL;
}

void program_script_line(const struct program *p, char **ret_interpreter, char **ret_argument)
{
	char line[256];
	*ret_interpreter = *ret_argument = NULL;
	ssize_t n = pread(p->fd, line, sizeof(line) - 1, 0);
	if (n < 2)
		return;
	line[n] = '\0';
	line[strcspn(line, "\n")] = '\0';
	char *word = line + 2 + strspn(line + 2, " \t");
	size_t len = strcspn(word, " \t");
	if (!len)
		return;
	*ret_interpreter = cli_copy_n(word, len);
	/* As the kernel does: everything behind is one argument, without blanks around it. */
	word += len;
	word += strspn(word, " \t");
	len = strlen(word);
	while (len && (word[len - 1] == ' ' || word[len - 1] == '\t'))
		len--;
	if (len)
		*ret_argument = cli_copy_n(word, len);
}
