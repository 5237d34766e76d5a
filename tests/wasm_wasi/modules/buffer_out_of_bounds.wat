;; The second buffer of a list reaches beyond the memory: nothing of the first is written.
;; @status 134
;; @stderr fd_write: iovs: out of bounds
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\20\00\00\00\06\00\00\00\fa\ff\00\00\07\00\00\00")
  (data (i32.const 32) "hello\n")
  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 2) (i32.const 64)))))
