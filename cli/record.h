/* The head of a recorded trace. */
#ifndef WASIWARD_RECORD_H
#define WASIWARD_RECORD_H

#include "cli.h"

/* What each of its lines begins with:
 *
 *     # wasiward: version 1, wasiward 0.1.0
 *     # wasiward: policy LINE             a line of the policy file that says what was asked for
 *     # wasiward: grant INDEX at NUMBER   the directory of that index in it has this descriptor
 *     # wasiward: filtered                not all calls were recorded */
#define RECORD_MARK "# wasiward: "

/* Writes the head, where a trace goes to a file or to `wasiward trace`, for a run with these options and the policy made from them. */
void record_head(int fd, const struct run_options *options, const struct policy *policy);

#endif
