;; A module without memory can call what takes no pointers.
;; @status 9
(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $sched_yield (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (func (export "_start")
    (call $proc_exit (i32.add (call $sched_yield) (i32.const 9)))))
