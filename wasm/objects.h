/* What instructions on structures and arrays do beyond a load or a store. Operands lie in consecutive slots from field 0
 * of the instruction on, the result goes to the first. */
#ifndef WASIWARD_OBJECTS_H
#define WASIWARD_OBJECTS_H

#include "heap.h"

enum { OBJECT_OK = -1 };

/* Each returns OBJECT_OK or the enum trap that it ends with. pc is the instruction, whose words say what it is about. */
#define OBJECT_OPERATION(name) int object_##name(engine_store_t *store, const uint64_t *pc, uint64_t *sp);
#define EACH_OBJECT_MAKER(M) \
	M(struct_new) M(struct_new_default) \
	M(array_new) M(array_new_default) M(array_new_fixed) M(array_new_data) M(array_new_elem)
#define EACH_OBJECT_CHANGER(M) M(array_fill) M(array_copy) M(array_init_data) M(array_init_elem)
EACH_OBJECT_MAKER(OBJECT_OPERATION)
EACH_OBJECT_CHANGER(OBJECT_OPERATION)

#endif
