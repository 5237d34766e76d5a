;; One exported function per trap, each reached through $outer so that the backtrace has two named frames.
(module
  (type $v (func))
  (type $i (func (param i32)))
  (memory 1)
  (table $t 4 funcref)
  (elem (i32.const 0) $nothing)
  (func $nothing)
  (func $inner (param $which i32)
    (block $0 (block $1 (block $2 (block $3 (block $4 (block $5 (block $6 (block $7 (block $8 (block $9
      (br_table $0 $1 $2 $3 $4 $5 $6 $7 $8 $9 (local.get $which)))
      (table.set $t (i32.const 4) (ref.null func)) (return))                               ;; 9
      (call_indirect $t (type $i) (i32.const 1) (i32.const 0)) (return))                   ;; 8
      (call_indirect $t (type $v) (i32.const 1)) (return))                                 ;; 7
      (call_indirect $t (type $v) (i32.const 4)) (return))                                 ;; 6
      (drop (i32.load offset=65533 (i32.const 0))) (return))                               ;; 5
      (drop (i32.trunc_f64_s (f64.const 3e9))) (return))                                   ;; 4
      (drop (i32.trunc_f64_s (f64.const nan))) (return))                                   ;; 3
      (drop (i32.div_s (i32.const 0x80000000) (i32.const -1))) (return))                   ;; 2
      (drop (i32.div_u (local.get $which) (i32.const 0))) (return))                        ;; 1
    unreachable)                                                                           ;; 0
  (func $outer (export "trap") (param i32)
    (call $inner (local.get 0))))
