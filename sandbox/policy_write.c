/* Writing policy files: the form that people edit. Only what differs from the default is written, in the order in which
 * it is read best: what is granted, then how the program runs. */
#include <stdlib.h>
#include <string.h>

#include "rights_text.h"
#include "rules.h"

/* Whether a text is whole UTF-8 of characters that a file may show; the others have no spelling there. */
static bool writable(const char *text)
{
	for (const unsigned char *s = (const unsigned char *)text; *s;) {
		size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : s[0] >= 0xc2 ? 2 : 0;
		if (!n || s[0] > 0xf4)
			return false;
		for (size_t i = 1; i < n; i++) {
			if ((s[i] & 0xc0) != 0x80)
				return false;
		}
		if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] >= 0xa0) || (s[0] == 0xf0 && s[1] < 0x90) ||
		    (s[0] == 0xf4 && s[1] >= 0x90))
			return false;
		s += n;
	}
	return true;
}

/* Whether a text reads back as itself without quotes, in a list, too. */
static bool plain(const char *text)
{
	static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-+";
	size_t len = strspn(text, safe);
	return len > 0 && !text[len] && text[0] != '-' && strcmp(text, "null") && strcmp(text, "true") && strcmp(text, "false");
}

static void put(FILE *out, const char *text)
{
	if (plain(text)) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (const char *s = text; *s; s++) {
		if (*s == '"' || *s == '\\')
			fprintf(out, "\\%c", *s);
		else if ((unsigned char)*s < 0x20 || *s == 0x7f)
			fprintf(out, "\\x%02x", (unsigned char)*s);
		else
			fputc(*s, out);
	}
	fputc('"', out);
}

static void put_words(FILE *out, const struct words *words, bool list)
{
	if (words->n == 1 && (!list || words->at[0][0] != '/')) {
		put(out, words->at[0]);
		return;
	}
	fputc('[', out);
	for (size_t i = 0; i < words->n; i++) {
		fputs(i ? ", " : "", out);
		put(out, words->at[i]);
	}
	fputc(']', out);
}

/* Every line behind "# ". */
static void put_comment(FILE *out, const char *text, int indent)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		fprintf(out, "%*s#%s", indent, "", len ? " " : "");
		for (size_t i = 0; i < len; i++)
			fputc((unsigned char)text[i] < 0x20 || text[i] == 0x7f ? '?' : text[i], out);
		fputc('\n', out);
		text += len + (text[len] == '\n');
	}
}

/* "ro", or a list of what an option joins by commas. No word of it needs quotes. */
static void put_rights(FILE *out, const char *rights)
{
	bool list = strchr(rights, ',');
	fputs(list ? "\n    rights: [" : "\n    rights: ", out);
	for (; *rights; rights++) {
		if (*rights == ',')
			fputs(", ", out);
		else
			fputc(*rights, out);
	}
	fputs(list ? "]" : "", out);
}

static unsigned put_dirs(FILE *out, const struct rules *r)
{
	unsigned lost = 0;
	fputs("\ndirs:\n", out);
	for (size_t i = 0; i < r->n_dirs; i++) {
		const struct rules_dir *d = &r->dirs[i];
		char rights[1024];
		if (d->note && writable(d->note))
			put_comment(out, d->note, 2);
		if (!writable(d->host) || (d->guest && !writable(d->guest))) {
			fputs("  # a directory whose name is no text (UTF-8) was left out; name it with --dir\n", out);
			lost++;
			continue;
		}
		fputs("  - host: ", out);
		put(out, d->host);
		if (d->guest) {
			fputs("\n    guest: ", out);
			put(out, d->guest);
		}
		rights_to_text(d->rights, rights, sizeof(rights));
		put_rights(out, rights);
		fputs(d->optional ? "\n    optional: true\n" : "\n", out);
	}
	return lost;
}

static unsigned put_env(FILE *out, const struct rules *r)
{
	unsigned lost = 0;
	fputs("\nenv:\n", out);
	for (size_t i = 0; i < r->n_env; i++) {
		if (!writable(r->env[i])) {
			fputs("  # a variable that is no text (UTF-8) was left out\n", out);
			lost++;
			continue;
		}
		char *name = strndup(r->env[i], strcspn(r->env[i], "="));
		if (!name)
			abort();
		fputs("  ", out);
		put(out, name);
		fputs(": ", out);
		put(out, r->env[i] + strlen(name) + 1);
		fputc('\n', out);
		free(name);
	}
	return lost;
}

unsigned policy_write(FILE *out, const struct rules *r, const char *comment)
{
	unsigned lost = 0;
	if (comment)
		put_comment(out, comment, 0);
	fputs("version: 1\n", out);
	if (r->n_dirs)
		lost += put_dirs(out, r);
	if (r->n_env)
		lost += put_env(out, r);
	char section[64] = "";
	bool first = true;
	for (int i = 0; i < RULE_COUNT; i++) {
		const char *key = rule_key((enum rule)i), *dot = strchr(key, '.');
		if (rule_is_default(r, (enum rule)i))
			continue;
		struct words words = rule_words(r, (enum rule)i);
		bool known = true;
		for (size_t k = 0; k < words.n; k++)
			known &= writable(words.at[k]);
		size_t len = dot ? (size_t)(dot - key) : 0;
		if (dot && (strncmp(section, key, len) || section[len])) {
			fprintf(out, "\n%.*s:\n", (int)len, key);
			snprintf(section, sizeof(section), "%.*s", (int)len, key);
		} else if (first && !dot) {
			fputc('\n', out);
		}
		first = false;
		fprintf(out, "%s%s: ", dot ? "  " : "", dot ? dot + 1 : key);
		if (known)
			put_words(out, &words, rule_is_list((enum rule)i));
		else
			fputs("# no text (UTF-8); name it with an option", out);
		lost += !known;
		fputc('\n', out);
		words_free(&words);
	}
	return lost;
}
