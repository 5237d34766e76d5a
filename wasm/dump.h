/* Debugging aids: what functions are compiled to. An instruction is a line: its first word, its name (parts joined by "__" are a
 * chain: chains.h), four 16-bit fields in brackets, its further words in braces. */
#ifndef WASIWARD_DUMP_H
#define WASIWARD_DUMP_H

#include <stdio.h>

#include "engine.h"

/* Writes one function, which is compiled if it has not been. index: among all functions of the instance. */
void engine_dump_function(engine_instance_t *instance, uint32_t index, FILE *out);

/* Writes all functions that a store with engine_config.count_instructions has compiled, each with its index and name; before each
 * instruction stands how often it ran. Of other stores nothing. */
void engine_dump_counts(const engine_store_t *store, FILE *out);

#endif
