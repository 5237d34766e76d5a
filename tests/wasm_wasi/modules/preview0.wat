;; Modules of the time before preview1 are told what is wrong with them.
;; @status 125
;; @stderr preview0
(module
  (import "wasi_unstable" "fd_close" (func (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start") unreachable))
