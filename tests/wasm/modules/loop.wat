(module
  (import "host" "tick" (func $tick))
  (func (export "spin") (call $tick) (loop (br 0)))
  (func (export "spin_if") (param i32) (call $tick) (loop (br_if 0 (i32.lt_u (local.get 0) (i32.const 5)))))
  (func (export "spin_table") (call $tick) (loop (br_table 0 0 (i32.const 1))))
  (func $ping (call $tick) (loop (call $pong) (br 0)))
  (func $pong)
  (func (export "spin_calls") (call $ping)))
