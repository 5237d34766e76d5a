"""Random wasm programs as text: many shapes that compilers produce and that the engine fuses. Same seed, same program."""
import random

import generate_forms
from generate_forms import COMPARE

I32_BINARY = ["add", "add", "add", "sub", "mul", "and", "or", "xor", "shl", "shr_s", "shr_u", "rotl", "div_u", "rem_s"]
I64_BINARY = ["add", "add", "sub", "mul", "and", "or", "xor", "shl", "shr_u", "rotr"]
FUNCTIONS = 12
LEAVES, WIDE = 10, 4
POINTERS = 140000  # beyond this, what is loaded as i32 is a small address
INTEGER_SHAPES = ["i8x16", "i16x8", "i32x4", "i64x2"]
# Names by shape. No float arithmetic on arbitrary bits: the bits of a NaN depend on the order of operands.
VECTOR_BINARY = (
    [f"{shape}.{op}" for shape in INTEGER_SHAPES for op in ("add", "sub", "eq", "ne", "lt_s", "gt_s", "le_s", "ge_s")] +
    [f"{shape}.{op}" for shape in INTEGER_SHAPES[:3] for op in ("lt_u", "gt_u", "le_u", "ge_u", "min_s", "min_u", "max_s", "max_u")] +
    [f"{shape}.{op}" for shape in INTEGER_SHAPES[:2] for op in ("add_sat_s", "add_sat_u", "sub_sat_s", "sub_sat_u", "avgr_u")] +
    [f"{shape}.mul" for shape in INTEGER_SHAPES[1:]] +
    [f"{wide}.extmul_{half}_{narrow}_{sign}" for narrow, wide in zip(INTEGER_SHAPES, INTEGER_SHAPES[1:])
     for half in ("low", "high") for sign in "su"] +
    [f"{narrow}.narrow_{wide}_{sign}" for narrow, wide in (("i8x16", "i16x8"), ("i16x8", "i32x4")) for sign in "su"] +
    ["v128.and", "v128.or", "v128.xor", "v128.andnot", "i8x16.swizzle", "i16x8.q15mulr_sat_s", "i32x4.dot_i16x8_s",
     "f32x4.eq", "f32x4.lt", "f32x4.ge", "f64x2.ne", "f64x2.gt", "f64x2.le", "f32x4.pmin", "f64x2.pmax"])
VECTOR_UNARY = (
    [f"{shape}.{op}" for shape in INTEGER_SHAPES for op in ("abs", "neg")] +
    [f"{wide}.extend_{half}_{narrow}_{sign}" for narrow, wide in zip(INTEGER_SHAPES, INTEGER_SHAPES[1:])
     for half in ("low", "high") for sign in "su"] +
    [f"{wide}.extadd_pairwise_{narrow}_{sign}" for narrow, wide in (("i8x16", "i16x8"), ("i16x8", "i32x4")) for sign in "su"] +
    ["v128.not", "i8x16.popcnt", "i32x4.trunc_sat_f32x4_s", "i32x4.trunc_sat_f32x4_u", "i32x4.trunc_sat_f64x2_s_zero",
     "i32x4.trunc_sat_f64x2_u_zero", "f32x4.convert_i32x4_s", "f32x4.convert_i32x4_u", "f64x2.convert_low_i32x4_s",
     "f64x2.convert_low_i32x4_u", "f32x4.neg", "f64x2.abs"])
# Of finite floats: converted integers.
VECTOR_FLOAT = ["f32x4.add", "f32x4.sub", "f32x4.mul", "f32x4.min", "f32x4.max"]
VECTOR_ROUND = ["f32x4.ceil", "f32x4.floor", "f32x4.trunc", "f32x4.nearest", "f32x4.abs"]


class Function:
    """Locals: $i0…3 any i32, $p0…2 small addresses, $l0…2 i64, $d0…2 f64, $v0…2 v128, $k… counters of loops."""

    def __init__(self, rng: random.Random, number: int) -> None:
        self.rng, self.number, self.counters = rng, number, 0

    def pick(self, *choices):
        return self.rng.choice(choices)

    def constant(self) -> int:
        return self.pick(0, 1, 2, 3, 4, 8, 12, 16, 31, 255, -1, -4, self.rng.randrange(-2**31, 2**31))

    def address(self, depth: int) -> str:
        p = f"(local.get $p{self.rng.randrange(3)})"
        small = f"(i32.and {self.i32(depth - 1)} (i32.const 1023))" if depth > 0 else "(i32.const 24)"
        step = self.rng.randrange(0, 64) * 4
        return self.pick(p, p, f"(i32.add {p} (i32.const {step}))", f"(i32.add {p} {small})",
                         f"(i32.add {p} (i32.shl {small} (i32.const {self.pick(0, 1, 2, 3)})))",
                         f"(i32.add (i32.shl {small} (i32.const {self.pick(1, 2, 3)})) (i32.const {step}))",
                         f"(i32.add (i32.add {p} (i32.const {step})) (i32.shl {small} (i32.const 2)))",
                         f"(local.tee $p{self.rng.randrange(3)} (i32.and (i32.add {p} (i32.const {step})) (i32.const 8191)))",
                         f"(i32.wrap_i64 (i64.extend_i32_u {p}))", small)

    def offset(self) -> str:
        return self.pick("", "", f" offset={self.rng.randrange(0, 4096)}")

    def i32(self, depth: int) -> str:
        if depth <= 0:
            return self.pick(f"(local.get $i{self.rng.randrange(4)})", f"(local.get $p{self.rng.randrange(3)})",
                             f"(local.get $i{self.rng.randrange(4)})", f"(i32.const {self.constant()})")
        sub = depth - 1
        kind = self.rng.randrange(17)
        if kind == 16:
            return self.leaf_call(sub)
        if kind == 15:
            return f"(i32.load{self.offset()} {self.pointer()})"
        if kind == 14:
            shift = f"(i32.{self.pick('rotl', 'shl', 'shr_u')} (local.get $i{self.rng.randrange(4)}) (i32.const {self.constant()}))"
            return self.pick(f"(i32.xor {self.i32(sub)} {shift})", f"(i32.xor {shift} {self.i32(0)})")
        if kind == 13:
            return f"(i32.add (global.get $g) (i32.const {self.constant()}))"
        if kind == 12:
            return self.lane(sub)
        if kind < 4:
            return f"(i32.{self.pick(*I32_BINARY)} {self.i32(sub)} {self.i32(sub)})"
        if kind < 6:
            return f"(i32.add {self.i32(sub)} (i32.const {self.constant()}))"
        if kind < 8:
            load = self.pick("load", "load", "load8_u", "load8_u", "load8_s", "load16_u", "load16_s")
            return f"(i32.{load}{self.offset()} {self.address(sub)})"
        if kind == 8:
            return self.condition(sub)
        if kind == 9:
            return f"(local.tee $i{self.rng.randrange(4)} {self.i32(sub)})"
        if kind == 10:
            return f"(select {self.i32(sub)} {self.i32(sub)} {self.condition(sub)})"
        return f"(i32.wrap_i64 {self.i64(sub)})"

    def pointer(self) -> str:
        p = f"(local.get $p{self.rng.randrange(3)})"
        return f"(i32.load offset={POINTERS + 4 * self.rng.randrange(16)} {self.pick(p, f'(i32.and {self.i32(1)} (i32.const 4092))')})"

    def leaf_call(self, depth: int) -> str:
        a = self.pick(f"(local.get $i{self.rng.randrange(4)})", self.i32(depth))
        b = self.pick(f"(local.get $p{self.rng.randrange(3)})", f"(i32.const {self.constant()})", self.i32(0),
                      f"(i32.load{self.offset()} (local.get $p{self.rng.randrange(3)}))")
        index = self.pick(f"(i32.const {self.rng.randrange(LEAVES)})", f"(i32.rem_u {self.i32(depth)} (i32.const {LEAVES}))",
                          f"(i32.and (i32.load8_u {self.address(0)}) (i32.const 7))")
        return self.pick(f"(call $leaf{self.rng.randrange(LEAVES)} {a} {b})", f"(call_indirect (type $leaf) {a} {b} {index})")

    def modification(self) -> str:
        """Memory that is read, changed and written, or copied."""
        p, offset = f"(local.get $p{self.rng.randrange(3)})", self.offset()
        kind = self.rng.randrange(5)
        if kind == 0:
            wide = self.rng.random() < 0.3
            other = self.pick(p, f"(local.get $p{self.rng.randrange(3)})", self.pointer())
            return f"(i{64 if wide else 32}.store{self.offset()} {p} (i{64 if wide else 32}.load{offset} {other}))"
        if kind == 1:
            by = self.pick("(local.get $l1)", f"(i64.const {self.constant()})")
            value = f"(i64.add (i64.load{offset} {p}) {by})"
            return f"(i64.store{offset} {p} {self.pick(value, f'(local.tee $l2 {value})')})"
        if kind == 2:
            k = 131072 + 8 * self.rng.randrange(64)
            address = f"(local.tee $p2 (i32.and (local.get $p{self.rng.randrange(3)}) (i32.const 8184)))"
            return f"(f64.store offset={k} {address} (f64.add (f64.load offset={k} (local.get $p2)) (local.get $d0)))"
        if kind == 3:
            return (f"(i32.store offset={POINTERS + 4 * self.rng.randrange(16)} (i32.and {p} (i32.const 4092))"
                    f" (i32.and {self.i32(1)} (i32.const 8191)))")
        by = self.pick(f"(local.get $i{self.rng.randrange(4)})", f"(i32.const {self.constant()})")
        value = f"(i32.{self.pick('add', 'sub', 'and', 'or', 'xor')} (i32.load{offset} {p}) {by})"
        if self.rng.random() < 0.4:
            value = f"(local.tee $i{self.rng.randrange(4)} {value})"
        return f"(i32.store{self.pick(offset, offset, self.offset())} {p} {value})"

    def condition(self, depth: int) -> str:
        return self.pick(f"(i32.{self.pick(*COMPARE)} {self.i32(depth)} {self.i32(depth)})",
                         f"(i64.{self.pick(*COMPARE)} {self.i64(depth)} {self.i64(depth)})",
                         f"(f64.{self.pick('lt', 'gt', 'le', 'ge', 'eq', 'ne')} {self.f64(depth)} {self.f64(depth)})",
                         f"(i32.eqz {self.i32(depth)})", f"(i64.eqz {self.i64(depth)})",
                         f"(i32.and {self.i32(depth)} (i32.const {self.pick(1, 4, 128)}))",
                         f"(i32.eqz (i32.and {self.i32(depth)} (i32.const {self.pick(1, 4, 128)})))",
                         f"(i32.load8_u{self.offset()} {self.address(depth)})",
                         f"(i32.eqz (i32.load{self.offset()} {self.address(depth)}))")

    def i64(self, depth: int) -> str:
        if depth <= 0:
            return self.pick(f"(local.get $l{self.rng.randrange(3)})", f"(i64.const {self.constant()})")
        sub = depth - 1
        return self.pick(f"(i64.{self.pick(*I64_BINARY)} {self.i64(sub)} {self.i64(sub)})",
                         f"(i64.load{self.pick('', '8_u', '32_s')}{self.offset()} {self.address(sub)})",
                         f"(i64.extend_i32_{self.pick('s', 'u')} {self.i32(sub)})",
                         f"(local.tee $l{self.rng.randrange(3)} {self.i64(sub)})")

    def f64(self, depth: int) -> str:
        if depth <= 0:
            return self.pick(f"(local.get $d{self.rng.randrange(3)})", f"(f64.const {self.pick(0.5, 1, 3, -2)})")
        sub = depth - 1
        # Only what was stored as f64 lies behind 128 KiB: no NaN whose bits depend on the order of operands.
        load = f"(f64.load offset={131072 + 8 * self.rng.randrange(64)} {self.address(sub)})"
        return self.pick(f"(f64.{self.pick('add', 'sub', 'mul')} {self.f64(sub)} {self.f64(sub)})",
                         f"(f64.{self.pick('add', 'sub')} (f64.mul {self.f64(sub)} {self.f64(sub)}) {self.f64(sub)})",
                         f"(f64.mul (f64.mul {self.f64(0)} {self.f64(0)}) {self.f64(0)})",
                         f"(f64.{self.pick('add', 'sub')} (f64.mul {self.f64(sub)} (local.get $d0)) (local.get $d1))",
                         f"(f64.{self.pick('add', 'sub')} {self.f64(0)} (f64.mul {self.f64(sub)} {self.f64(0)}))",
                         f"(f64.{self.pick('add', 'sub', 'mul')} {self.f64(sub)} {self.aligned_load()})", load
                         if depth > 9 else self.aligned_load(),
                         f"(f64.convert_i32_s (i32.and {self.i32(sub)} (i32.const 1023)))",
                         f"(local.tee $d{self.rng.randrange(3)} {self.f64(sub)})")

    def v128(self, depth: int) -> str:
        if depth <= 0:
            lanes = " ".join(str(self.constant()) for _ in range(4))
            return self.pick(f"(local.get $v{self.rng.randrange(3)})", f"(local.get $v{self.rng.randrange(3)})",
                             f"(v128.const i32x4 {lanes})")
        sub = depth - 1
        kind = self.rng.randrange(14)
        if kind < 4:
            return f"({self.pick(*VECTOR_BINARY)} {self.v128(sub)} {self.v128(sub)})"
        if kind < 6:
            return f"({self.pick(*VECTOR_UNARY)} {self.v128(sub)})"
        if kind == 6:
            shape = self.pick(*INTEGER_SHAPES)
            count = self.pick(f"(i32.const {self.rng.randrange(70)})", self.i32(sub))
            return f"({shape}.{self.pick('shl', 'shr_s', 'shr_u')} {self.v128(sub)} {count})"
        if kind == 7:
            v, n = f"(local.get $v{self.rng.randrange(3)})", self.rng.randrange(1, 32)
            shifts = [f"(i32x4.shl {v} (i32.const {n}))", f"(i32x4.shr_u {v} (i32.const {32 - n}))"]
            self.rng.shuffle(shifts)
            return f"(v128.or {shifts[0]} {shifts[1]})"
        if kind == 8:
            load = self.pick("load", "load", "load8x8_s", "load16x4_u", "load32x2_s", "load8_splat", "load16_splat",
                             "load32_splat", "load64_splat", "load32_zero", "load64_zero")
            return f"(v128.{load}{self.offset()} {self.address(sub)})"
        if kind == 9:
            bits = self.pick(8, 16, 32, 64)
            return (f"(v128.load{bits}_lane{self.offset()} {self.rng.randrange(128 // bits)} {self.address(sub)}"
                    f" {self.v128(sub)})")
        if kind == 10:
            shape, lanes = self.pick(("i8x16", 16), ("i16x8", 8), ("i32x4", 4))
            return self.pick(f"({shape}.splat {self.i32(sub)})", f"(i64x2.splat {self.i64(sub)})",
                             f"({shape}.replace_lane {self.rng.randrange(lanes)} {self.v128(sub)} {self.i32(sub)})",
                             f"(i64x2.replace_lane {self.rng.randrange(2)} {self.v128(sub)} {self.i64(sub)})")
        if kind == 11:
            lanes = " ".join(str(self.rng.randrange(32)) for _ in range(16))
            return f"(i8x16.shuffle {lanes} {self.v128(sub)} {self.v128(sub)})"
        if kind == 12:
            return self.pick(f"(v128.bitselect {self.v128(sub)} {self.v128(sub)} {self.v128(sub)})",
                             f"(select {self.v128(sub)} {self.v128(sub)} {self.condition(sub)})",
                             f"(local.tee $v{self.rng.randrange(3)} {self.v128(sub)})")
        small = [f"(f32x4.convert_i32x4_s (i32x4.shr_s {self.v128(sub)} (i32.const {self.rng.randrange(12, 30)})))"
                 for _ in range(2)]
        return f"({self.pick(*VECTOR_ROUND)} ({self.pick(*VECTOR_FLOAT)} {small[0]} {small[1]}))"

    def lane(self, depth: int) -> str:
        """An i32 out of a vector."""
        v = self.v128(depth)
        shape, lanes = self.pick(("i8x16", 16), ("i16x8", 8))
        sign = self.pick("s", "u")
        return self.pick(f"(i32x4.extract_lane {self.rng.randrange(4)} {v})", f"(v128.any_true {v})",
                         f"({shape}.extract_lane_{sign} {self.rng.randrange(lanes)} {v})",
                         f"({self.pick(*INTEGER_SHAPES)}.{self.pick('all_true', 'bitmask')} {v})",
                         f"(i32.wrap_i64 (i64x2.extract_lane {self.rng.randrange(2)} {v}))")

    def aligned(self) -> str:
        p = f"(i32.and (local.get $p{self.rng.randrange(3)}) (i32.const 8184))"
        return self.pick(p, f"(i32.add {p} (i32.const {8 * self.rng.randrange(32)}))")

    def aligned_load(self) -> str:
        return f"(f64.load offset={131072 + 8 * self.rng.randrange(64)} {self.aligned()})"

    def step(self) -> str:
        p = self.rng.randrange(3)
        by = self.pick(f"(i32.const {self.pick(1, 4, 8, -1)})", f"(local.get $q)")
        return f"(local.set $p{p} (i32.add (local.get $p{p}) {by}))"

    def statement(self, depth: int) -> str:
        kind = self.rng.randrange(20)
        if kind > 17:
            return self.modification()
        if kind == 16:
            return f"(local.set $v{self.rng.randrange(3)} {self.v128(3)})"
        if kind == 17:
            bits = self.pick(8, 16, 32, 64)
            return self.pick(f"(v128.store{self.offset()} {self.address(2)} {self.v128(2)})",
                             f"(v128.store{bits}_lane{self.offset()} {self.rng.randrange(128 // bits)} {self.address(2)}"
                             f" {self.v128(2)})")
        if kind < 3:
            return f"(local.set $i{self.rng.randrange(4)} {self.i32(3)})"
        if kind < 4:
            return f"(local.set $l{self.rng.randrange(3)} {self.i64(3)})"
        if kind < 5:
            return f"(local.set $d{self.rng.randrange(3)} {self.f64(3)})"
        if kind < 8:
            store = self.pick(f"i32.store{self.pick('', '8', '16')}{self.offset()} {self.address(2)} {self.i32(2)}",
                              f"i64.store{self.pick('', '8', '32')}{self.offset()} {self.address(2)} {self.i64(2)}",
                              f"f64.store offset={131072 + 8 * self.rng.randrange(64)} {self.aligned()} {self.f64(2)}",
                              f"i32.store8 (local.get $p{self.rng.randrange(3)}) (i32.const {self.constant()})")
            return f"({store})\n{self.step() if self.rng.random() < 0.5 else ''}"
        if kind < 10:
            return "\n".join(self.step() for _ in range(self.rng.randrange(1, 3)))
        if kind == 10:
            return f"(local.set $p{self.rng.randrange(3)} (i32.and {self.i32(2)} (i32.const 8191)))"
        if depth <= 0:
            return f"(global.set $g (i32.add (global.get $g) {self.i32(1)}))"
        if kind == 11:
            return f"(if {self.condition(2)} (then {self.body(depth - 1)}) (else {self.body(depth - 1)}))"
        if kind == 12:
            return f"(block $b{depth} {self.body(depth - 1)} (br_if $b{depth} {self.condition(2)}) {self.body(depth - 1)})"
        if kind == 13:
            index = self.pick(f"(i32.load8_u {self.address(1)})", f"(i32.and {self.i32(1)} (i32.const 3))")
            if self.rng.random() < 0.4:  # a step, then a table of what the old place says
                p, old = self.rng.randrange(3), self.rng.randrange(3)
                index = (f"(i32.load8_u offset={self.rng.randrange(9)} (i32.add (local.get $p{old}) (i32.const {self.constant() & 255}))"
                         f")")
                index = f"(local.set $p{p} (i32.add (local.get $p{self.rng.randrange(3)}) (i32.const 1))) {index}"
                return (f"(block $x{depth} (block $y{depth} {index} (br_table $x{depth} $y{depth}))"
                        f" {self.body(depth - 1)})")
            return (f"(block $x{depth} (block $y{depth} (block $z{depth} (br_table $x{depth} $y{depth} $z{depth} {index}))"
                    f" {self.body(depth - 1)}) {self.body(depth - 1)})")
        if kind == 14 and self.number > 0:
            callee = self.rng.randrange(self.number)
            return f"(local.set $i0 (call $f{callee} {self.i32(1)} {self.i64(1)}))"
        k = self.counters
        self.counters += 1
        down, n = self.rng.random() < 0.5, self.rng.randrange(1, 9)
        step = f"(i32.add (local.get $k{k}) (i32.const {-1 if down else 1}))"
        end = f"(local.tee $k{k} {step})" if down else f"(i32.{self.pick('lt_s', 'ne', 'lt_u')} (local.tee $k{k} {step}) (i32.const {n}))"
        if self.rng.random() < 0.3:
            end = f"(i64.lt_u (local.tee $m{k} (i64.add (local.get $m{k}) (i64.const 3))) (i64.const {n * 3}))"
            return f"(local.set $m{k} (i64.const 0)) (loop $loop{k} {self.body(depth - 1)} (br_if $loop{k} {end}))"
        return (f"(local.set $k{k} (i32.const {n if down else 0}))\n"
                f"(loop $loop{k} {self.body(depth - 1)} (br_if $loop{k} {end}))")

    def body(self, depth: int) -> str:
        return "\n".join(self.statement(depth) for _ in range(self.rng.randrange(1, 5)))

    def text(self) -> str:
        body = self.body(3) + self.body(3)
        counters = "".join(f"(local $k{k} i32) (local $m{k} i64)" for k in range(self.counters))
        return (f"(func $f{self.number} (export \"f{self.number}\") (param $i0 i32) (param $l0 i64) (result i32)\n"
                f"(local $i1 i32) (local $i2 i32) (local $i3 i32) (local $p0 i32) (local $p1 i32) (local $p2 i32)\n"
                f"(local $q i32) (local $l1 i64) (local $l2 i64) (local $d0 f64) (local $d1 f64) (local $d2 f64)\n"
                f"(local $v0 v128) (local $v1 v128) (local $v2 v128) {counters}\n"
                f"(global.set $fuel (i32.sub (global.get $fuel) (i32.const 1)))\n"
                f"(if (i32.lt_s (global.get $fuel) (i32.const 0)) (then (return (i32.const -1))))\n"
                f"(local.set $q (i32.const {self.pick(1, 2, 8)})) (local.set $p1 (i32.const 512))\n{body}\n"
                f"(global.set $g (i32.xor (global.get $g) (i32.wrap_i64 (i64.xor (local.get $l1)\n"
                f" (i64.reinterpret_f64 (f64.add (local.get $d0) (local.get $d1)))))))\n"
                f"(global.set $g (i32.xor (global.get $g) (i32x4.bitmask (i8x16.eq (local.get $v0) (local.get $v1)))))\n"
                f"(i32.xor (i32.xor (local.get $i0) (local.get $i1)) (i32.xor (local.get $p0) (local.get $i2))))\n")


def leaf(rng: random.Random, number: int) -> str:
    """A small function: one of the returns that take in what comes before them, some with a frame on a shadow stack."""
    a, b = rng.choice((("(local.get $a)", "(local.get $b)"), ("(local.get $a)", f"(i32.const {rng.randrange(-9, 99)})"),
                       ("(i32.mul (local.get $a) (i32.const 5))", "(local.get $b)"),
                       ("(i32.shl (local.get $b) (i32.const 3))", f"(i32.const {rng.randrange(-9, 99)})"),
                       ("(i32.mul (local.get $a) (i32.const 7))", f"(i32.const {rng.randrange(-9, 99)})")))
    result = rng.choice((f"(i32.{rng.choice(('add', 'mul', 'and', 'or', 'xor', 'sub'))} {a} {b})",
                         "(i32.load offset=64 (i32.and (local.get $a) (i32.const 8191)))",
                         f"(i32.wrap_i64 (call $wide{rng.randrange(WIDE)} (i64.extend_i32_s {a}) (i64.extend_i32_u {b})))"))
    if rng.random() < 0.6:
        return f"(func $leaf{number} (type $leaf) (param $a i32) (param $b i32) (result i32) {result})\n"
    last = rng.choice(("(local.get $b)", "(i32.const -1)", "(local.get $f)", "(i32.load offset=8 (local.get $f))"))
    return (f"(func $leaf{number} (type $leaf) (param $a i32) (param $b i32) (result i32) (local $f i32)\n"
            f"(global.set $stack (local.tee $f (i32.sub (global.get $stack) (i32.const 16))))\n"
            f"(i32.store offset=8 (local.get $f) {result})\n"
            f"(call $void (local.get $f))\n"
            f"(local.set $b (i32.load offset=8 (local.get $f)))\n"
            f"(global.set $stack (i32.add (local.get $f) (i32.const 16))) {last})\n")


def module(seed: int) -> str:
    rng = random.Random(seed)
    functions = "".join(Function(rng, i).text() for i in range(FUNCTIONS))
    right = ["(local.get 1)", f"(i64.const {rng.randrange(-99, 99)})"]
    left = ["(local.get 0)", "(i64.mul (local.get 1) (i64.const 7))"]
    wide = "".join(f"(func $wide{i} (param i64 i64) (result i64) (i64.{rng.choice(('add', 'or'))}"
                   f" {rng.choice(left)} {rng.choice(right)}))\n" for i in range(WIDE))
    leaves = "".join(leaf(rng, i) for i in range(LEAVES))
    forms = generate_forms.functions(rng, seed, FUNCTIONS) + generate_forms.memory(rng)
    return (f"(module (type $leaf (func (param i32 i32) (result i32)))\n"
            f"(table funcref (elem {' '.join(f'$leaf{i}' for i in range(LEAVES))}))\n"
            f"(global $stack (mut i32) (i32.const 200000))\n{leaves}"
            f"{wide}"
            f"(func $void (param i32) (local i32)\n"
            f"(global.set $stack (local.tee 1 (i32.sub (global.get $stack) (i32.const 32))))\n"
            f"(i32.store offset=4 (local.get 0) (local.get 1)) (global.set $stack (i32.add (local.get 1) (i32.const 32))))\n"
            f"(memory (export \"memory\") 4) (global $g (export \"g\") (mut i32) (i32.const 0))\n"
            f"(global $fuel (export \"fuel\") (mut i32) (i32.const 300))\n{functions}{forms})\n")
