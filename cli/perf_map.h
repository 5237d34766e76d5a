/* Functions of modules as perf(1) sees them: --perf-map. */
#ifndef WASIWARD_PERF_MAP_H
#define WASIWARD_PERF_MAP_H

#include "wasm_link.h"

/* Reserves an address for every function of the program and of what is preloaded for it, tells perf their names in
 * /tmp/perf-PID.map, and has stores made from program->config show frames with these addresses. For after the modules are
 * loaded, in the process that runs them, and before the wall, where there is no such /tmp. Ends the process if that cannot be
 * done (125). The file stays: perf reads it when it reports. */
void perf_map_write(struct wasm_program *program);

#endif
