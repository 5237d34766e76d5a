;; fdflags is 16 bits wide: 0x10000 is inval (28), not 0.
;; @status 28
(module
  (import "wasi_snapshot_preview1" "fd_fdstat_set_flags" (func $set (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (call $proc_exit (call $set (i32.const 1) (i32.const 0x10000)))))
