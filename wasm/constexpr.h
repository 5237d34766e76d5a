/* Constant expressions: initial values and offsets. */
#ifndef WASIWARD_CONSTEXPR_H
#define WASIWARD_CONSTEXPR_H

#include "runtime.h"

/* Evaluates a checked expression in an instance whose imports and earlier globals are there. Moves *p past it. False: the
 * heap is exhausted. *ret: a v128 is two values. */
bool constexpr_value(engine_instance_t *instance, const uint8_t **p, union engine_value *ret);

#endif
