/* Buffers: when bytes reach the file. */
#include "twin.h"

int main(void)
{
	static char buffer[1024];
	struct stat st;
	FILE *file = PTR(fopen("new", "w"));
	SHOW(setvbuf(file, buffer, _IOFBF, sizeof buffer));
	fputs("short", file);
	stat("new", &st);
	printf("%lld bytes before fflush\n", (long long)st.st_size);
	SHOW(fflush(file));
	stat("new", &st);
	printf("%lld bytes behind it\n", (long long)st.st_size);
	SHOW(setvbuf(file, NULL, _IONBF, 0));
	SHOW(fclose(file));
	cat("new");
	return 0;
}
