;; sock_accept is younger than preview0.
;; @status 125
;; @stderr wasi_unstable has no function named sock_accept
(module
  (import "wasi_unstable" "sock_accept" (func (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start") unreachable))
