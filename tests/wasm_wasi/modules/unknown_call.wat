;; An import that preview1 does not have is named; nothing runs.
;; @status 125
;; @stderr fd_reed
(module
  (import "wasi_snapshot_preview1" "fd_reed" (func (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start") unreachable))
