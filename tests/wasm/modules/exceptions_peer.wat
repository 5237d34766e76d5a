(module
  (import "exceptions" "throw" (func $throw (param i32)))
  (import "exceptions" "e" (tag $e (param i32 f64)))
  (memory 1)
  (data (i32.const 0) "\03")
  (func (export "catch") (param i32) (result i32)
    (try (result i32)
      (do (call $throw (local.get 0)) (i32.const 0))
      (catch $e (drop) (i32.mul (i32.load8_u (i32.const 0)))))))
