;; A buffer in a page that was added after the start, at the very end of memory.
;; @stdout hi\n
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (if (i32.ne (memory.grow (i32.const 2)) (i32.const 1)) (then unreachable))
    (i32.store8 (i32.const 196605) (i32.const 104))
    (i32.store8 (i32.const 196606) (i32.const 105))
    (i32.store8 (i32.const 196607) (i32.const 10))
    (i32.store (i32.const 0) (i32.const 196605))
    (i32.store (i32.const 4) (i32.const 3))
    (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))))
