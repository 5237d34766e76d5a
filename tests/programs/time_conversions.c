/* Calendar and seconds, there and back. */
#include <time.h>

#include "twin.h"

int main(void)
{
	time_t times[] = { 0, 951782400, 1709210096, 4102444799 };
	for (int i = 0; i < 4; i++) {
		struct tm tm;
		char text[64];
		gmtime_r(&times[i], &tm);
		strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %j %U %w", &tm);
		printf("%s %d\n", text, timegm(&tm) == times[i]);
	}
	struct tm tm = { .tm_year = 124, .tm_mon = 13, .tm_mday = 35, .tm_hour = -1 };
	time_t t = mktime(&tm);
	printf("%lld %d-%d-%d\n", (long long)t, tm.tm_year, tm.tm_mon, tm.tm_mday);
	printf("%g\n", difftime(100, 40));
	return 0;
}
