/* Calendar functions: no zone files are to be seen, so local time is UTC. */
#include <time.h>

#include "twin.h"

int main(void)
{
	static const time_t times[] = {0, 86399, 951782400, 1700000000, 2147483647, 4102444800, -1};
	char text[80];
	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
		struct tm *tm = gmtime(&times[i]);
		strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S day %j week %U weekday %w", tm);
		printf("%s\n", text);
		struct tm local = *localtime(&times[i]);
		printf("  mktime gives it back: %d\n", mktime(&local) == times[i]);
	}
	struct tm odd = {.tm_year = 124, .tm_mon = 13, .tm_mday = 35, .tm_hour = 25};
	time_t t = mktime(&odd);
	strftime(text, sizeof text, "%F %T", gmtime(&t));
	printf("normalised: %s\n", text);
	return 0;
}
