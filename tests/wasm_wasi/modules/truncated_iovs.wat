;; 2000 buffers of one byte: the first 1024 are written, a short write.
;; @status 4
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (local $i i32)
    (loop $next
      (i32.store (i32.add (i32.const 1024) (i32.mul (local.get $i) (i32.const 8))) (i32.const 0))
      (i32.store (i32.add (i32.const 1028) (i32.mul (local.get $i) (i32.const 8))) (i32.const 1))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 2000))))
    (if (call $fd_write (i32.const 2) (i32.const 1024) (i32.const 2000) (i32.const 8)) (then unreachable))
    (call $proc_exit (i32.shr_u (i32.load (i32.const 8)) (i32.const 8)))))
