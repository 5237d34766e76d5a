/* The policy decoder: hostile bytes are refused, and what is accepted survives encoding unchanged. */
#include <stdlib.h>
#include <string.h>

#include "policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policy *policy, *again;
	void *first, *second;
	size_t first_len, second_len;
	if (policy_decode(data, size, &policy) != 0)
		return 0;
	if (policy_encode(policy, &first, &first_len) != 0 || policy_decode(first, first_len, &again) != 0)
		abort();
	if (policy_encode(again, &second, &second_len) != 0 || first_len != second_len || memcmp(first, second, first_len) != 0)
		abort();
	free(first);
	free(second);
	policy_free(policy);
	policy_free(again);
	return 0;
}
