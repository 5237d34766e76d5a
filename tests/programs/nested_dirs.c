/* @dir data::/
 * @dir outside::/other
 * @dir data/dir::/dir:ro
 * Several grants: the longest name wins, rights are each grant's own, `..` does not lead from one to another. */
#include "twin.h"

int main(void)
{
	cat("/hello.txt");
	cat("/other/secret");
	cat("other/secret");
	cat("/dir/a");
	put("/made", "in the first");
	put("/other/made", "in the second");
	put("/dir/made", "in the third");
	cat("/other/../hello.txt");
	cat("/dir/../hello.txt");
	cat("/otherwise");
	SHOW(rename("/made", "/other/moved"));
	SHOW(rename("/made", "/dir/moved"));
	SHOW(link("/dir/a", "/linked"));
	SHOW(chdir("/other"));
	cat("secret");
	cat("/hello.txt");
	return 0;
}
