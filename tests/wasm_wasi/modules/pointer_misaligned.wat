;; A list of buffers must lie at a multiple of four.
;; @status 134
;; @stderr fd_write: iovs: misaligned
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 2) (i32.const 1) (i32.const 64)))))
