;; An import of the right name and the wrong type is refused.
;; @status 125
;; @stderr fd_close
(module
  (import "wasi_snapshot_preview1" "fd_close" (func (param i64) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start") unreachable))
