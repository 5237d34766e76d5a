/* Text to numbers, with the errors at the ends of the range. */
#include "twin.h"

int main(void)
{
	char *end;
	errno = 0;
	printf("%lld", strtoll("9223372036854775808", &end, 10));
	printf(" %s %d\n", errno_name(errno), *end);
	errno = 0;
	printf("%llu", strtoull("-1", &end, 10));
	printf(" %s\n", errno_name(errno));
	errno = 0;
	printf("%lld", strtoll(" 0x1fg", &end, 0));
	printf(" [%s] %s\n", end, errno_name(errno));
	printf("%g %g\n", strtod("1e3x", &end), strtod("inf", NULL));
	errno = 0;
	printf("%d", strtod("1e999", NULL) > 1e308);
	printf(" %s\n", errno_name(errno));
	return 0;
}
