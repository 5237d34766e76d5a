/* `wasiward policy from-trace`. */
#ifndef WASIWARD_FROM_TRACE_H
#define WASIWARD_FROM_TRACE_H

/* argv: "from-trace", then the trace's name. Prints the policy file; ends the process (125) when there is no policy to be made.
 * Returns 0, or 1 if the recording is incomplete. */
int policy_from_trace(int argc, char **argv);

#endif
