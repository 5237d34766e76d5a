/* What the kernels here compute with: one number, or with -msimd128 a vector of four, in the same source. */
#include <stdint.h>

#if defined(__wasm_simd128__)
enum { LANES = 4 };
typedef float floats __attribute__((vector_size(16)));
typedef uint32_t words __attribute__((vector_size(16)));
typedef int32_t mask __attribute__((vector_size(16))); /* of a comparison: -1 or 0 */
#define LANE(v, i) ((v)[i])
#define ANY(m) __builtin_wasm_any_true_v128(m)
#else
enum { LANES = 1 };
typedef float floats;
typedef uint32_t words;
typedef int32_t mask;
#define LANE(v, i) (v)
#define ANY(m) ((m) != 0)
#endif
