;; A module of the time before preview1: the same calls from another module. It waits 1 ms by preview0's layout, where the
;; clock's fields are 8 bytes further than in preview1's and an identifier stands where the clock is.
;; @stdout old\n
(module
  (import "wasi_unstable" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_unstable" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\08\00\00\00\04\00\00\00old\n")
  (data (i32.const 128) "userdata\00\00\00\00\00\00\00\00"
    "\ff\ff\ff\ff\ff\ff\ff\ff" "\01\00\00\00\00\00\00\00" "\40\42\0f\00\00\00\00\00")
  (func (export "_start")
    (if (call $poll (i32.const 128) (i32.const 256) (i32.const 1) (i32.const 64)) (then unreachable))
    (if (i32.ne (i32.load (i32.const 64)) (i32.const 1)) (then unreachable))
    (if (i64.ne (i64.load (i32.const 256)) (i64.load (i32.const 128))) (then unreachable))
    (if (i32.load16_u (i32.const 264)) (then unreachable))
    (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64)) (then unreachable))))
