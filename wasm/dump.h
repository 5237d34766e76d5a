/* Debugging aid: what a function is compiled to. */
#ifndef WASIWARD_DUMP_H
#define WASIWARD_DUMP_H

#include <stdio.h>

#include "engine.h"

void engine_dump_function(engine_instance_t *instance, uint32_t index, FILE *out);

#endif
