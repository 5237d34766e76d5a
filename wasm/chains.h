/* Neighbouring instructions that one handler executes. */
#ifndef WASIWARD_CHAINS_H
#define WASIWARD_CHAINS_H

#include "compile.h"

/* Puts the addresses of handlers into finished code: for each instruction that of the longest chain in chains.def that begins
 * with it, or its own. Nothing moves: the instructions behind it stay where they are, for whoever jumps there.
 *
 * c     what has just been compiled: its code has the numbers of instructions (enum ir)
 * code  a copy of its words from c->skip on */
void chains_apply(const struct compiler *c, uint64_t *code);

#endif
