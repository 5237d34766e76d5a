(module
  (memory (export "memory") 1 2)
  (data (i32.const 0) "provider")
  (table (export "table") 2 4 funcref)
  (global (export "g") (mut i32) (i32.const 7))
  (func (export "first_byte") (result i32) (i32.load8_u (i32.const 0)))
  (func (export "pair") (param i32 i64) (result i64 i32)
    (local.get 1) (i32.add (local.get 0) (i32.load8_u (i32.const 1))))
  (func (export "fail") (unreachable)))
