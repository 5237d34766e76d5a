;; "bad" does not validate; wat2wasm is told not to care.
(module
  (func (export "good") (result i32) (i32.const 42))
  (func $bad (export "bad") (result i32) (i64.const 1))
  (func (export "calls_bad") (result i32) (call $bad)))
