"""Functions that go through the forms of fused instructions one by one: chance leads generate.py to too few of them.

Locals: $r what a function returns, $a i32 and $b i64 (parameters), $p an address, a multiple of 8, $q a step, $n a counter,
$i, $t and $u i32, $l and $s i64, $d0 and $d1 f64. Memory behind FLOATS holds f64 alone.
"""
import itertools
import random
import struct

COMPARE = ["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"]
FLOATS = 131072
NOTE = "(local.set $r (i32.xor (i32.rotl (local.get $r) (i32.const 5)) {}))"
START = ("(local.set $p (i32.and (local.get $a) (i32.const 2040))) (local.set $q (i32.const 8)) (local.set $i (i32.const 77))"
         " (local.set $d0 (f64.convert_i32_s (local.get $a))) (local.set $l (i64.const 9))" + NOTE.format("(local.get $q)"))
IN_SLOT, IN_ACC = "(local.get $p)", "(i32.and (i32.mul (local.get $p) (i32.const 3)) (i32.const 2040))"  # addresses


def note_f64(value: str) -> str:
    """The half with the sign."""
    return NOTE.format(f"(i32.wrap_i64 (i64.shr_u (i64.reinterpret_f64 {value}) (i64.const 32)))")


def memory(rng: random.Random) -> str:
    """Data where the functions below load from."""
    small, floats = rng.randbytes(3072), struct.pack("<384d", *(rng.randrange(-99, 99) / 4 for _ in range(384)))
    text = ""
    for at, data in ((0, small), (FLOATS, floats)):
        escaped = "".join(f"\\{byte:02x}" for byte in data)
        text += f"(data (i32.const {at}) \"{escaped}\")\n"
    return text


def on(condition: str, loop: bool) -> str:
    """A branch back, up to five times, or one over an instruction."""
    if loop:
        return (f"(local.set $n (i32.const 5)) (block $out (loop $again"
                f" (br_if $out (i32.eqz (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))"
                f" {NOTE.format('(local.get $n)')} (br_if $again {condition})))")
    return f"(block $over (br_if $over {condition}) {NOTE.format('(i32.const 5)')})"


def step_branches(rng: random.Random, t: str, compare: str) -> str:
    variable, by_slot, limit_slot = ("$i", "$t", "$u") if t == "i32" else ("$l", "$s", "$b")
    text = f"(local.set {by_slot} ({t}.const {rng.choice((1, 3, -2))})) (local.set $u (i32.wrap_i64 (local.get $b)))"
    for loop, by, bound in itertools.product((False, True), "SC", "SC"):
        step = f"({t}.const {rng.choice((1, 2, -1, 8))})" if by == "C" else f"(local.get {by_slot})"
        limit = f"({t}.const {rng.choice((0, 3, 10, -7))})" if bound == "C" else f"(local.get {limit_slot})"
        text += on(f"({t}.{compare} (local.tee {variable} ({t}.add (local.get {variable}) {step})) {limit})", loop)
    return text + NOTE.format("(local.get $i)" if t == "i32" else "(i32.wrap_i64 (local.get $l))")


def conditions(rng: random.Random, loop: bool) -> str:
    """Branches on what was just loaded, or on some of its bits."""
    text = ""
    sides = (True, False)
    for name, address, slot, unless in itertools.product(("load", "load8_u"), (IN_SLOT, IN_ACC), sides, sides):
        value = f"(i32.{name} offset={rng.randrange(64)} {address})"
        value = f"(local.tee $i {value})" if slot else value
        text += on(f"(i32.eqz {value})" if unless else value, loop) + (NOTE.format("(local.get $i)") if slot else "")
    for value, unless in itertools.product(("(local.get $a)", "(i32.mul (local.get $a) (local.get $n))"), (True, False)):
        value = f"(i32.and {value} (i32.const {rng.choice((1, 4, 128, 0x7ffff000))}))"
        text += on(f"(i32.eqz {value})" if unless else value, loop)
    return text


def loads(rng: random.Random) -> str:
    """Operations with a value from memory, and some bits of its address."""
    text = ""
    sums = [f"(i32.add {address} (i32.const {8 * rng.randrange(1, 32)}))" for address in (IN_SLOT, IN_ACC)]
    for address, slot in itertools.product((IN_SLOT, IN_ACC, *sums), (True, False)):
        for op in ("add", "and", "or", "xor"):
            value = f"(i32.{op} (local.get $i) (i32.load offset={rng.randrange(64)} {address}))"
            text += f"(local.set $t {value}) {NOTE.format('(local.get $t)')}" if slot else NOTE.format(value)
        value = f"(i32.and (i32.shr_u {address} (i32.const {rng.randrange(1, 9)})) (i32.const 0xff))"
        text += f"(local.set $i {value})" if slot else NOTE.format(value)
        for op, swapped in (("add", False), ("mul", False), ("sub", False), ("sub", True)):
            operands = ["(local.get $d0)", f"(f64.load offset={FLOATS + 8 * rng.randrange(64)} {address})"]
            value = f"(f64.{op} {' '.join(reversed(operands) if swapped else operands)})"
            text += f"(local.set $d1 {value})" if slot else note_f64(value)
            text += note_f64("(local.get $d1)")
    return text


def store_steps(rng: random.Random) -> str:
    """Stores, each with a step of its address."""
    values = {"i32.store": ("(local.get $i)", "(i32.mul (local.get $i) (i32.const 5))", "(i32.const {})"),
              "i64.store": ("(local.get $l)", "(i64.mul (local.get $l) (i64.const 5))", "(i64.const {})"),
              "f64.store": ("(local.get $d0)", "(f64.mul (local.get $d0) (f64.const 0.5))")}
    values["i32.store8"] = values["i32.store"]
    # Makes that the accumulators hold neither the address nor a value.
    aside = f"{NOTE.format('(local.get $q)')} (local.set $d1 (f64.add (local.get $d1) (f64.const 1)))"
    text = ""
    for name, by in itertools.product(sorted(values), ("(local.get $q)", f"(i32.const {rng.choice((8, 16))})")):
        for value in values[name]:
            offset = FLOATS + 8 * rng.randrange(64) if name == "f64.store" else rng.randrange(64)
            text += (f"{aside} ({name} offset={offset} (local.get $p) {value.format(rng.randrange(-9, 999))})"
                     f" (local.set $p (i32.add (local.get $p) {by}))")
    return text + NOTE.format("(local.get $p)")


GROUPS = ([lambda rng, t=t, compare=compare: step_branches(rng, t, compare) for t in ("i32", "i64") for compare in COMPARE] +
          [store_steps, loads, lambda rng: conditions(rng, False), lambda rng: conditions(rng, True)])
FUNCTIONS = 4


def functions(rng: random.Random, seed: int, first: int) -> str:
    """FUNCTIONS functions, exported as f<first> and so on: six seeds that follow each other have all forms."""
    text = ""
    for i in range(FUNCTIONS):
        body = GROUPS[(seed * FUNCTIONS + i) % len(GROUPS)](rng)
        text += (f"(func (export \"f{first + i}\") (param $a i32) (param $b i64) (result i32)\n"
                 f"(local $r i32) (local $p i32) (local $q i32) (local $n i32) (local $i i32) (local $t i32) (local $u i32)\n"
                 f"(local $l i64) (local $s i64) (local $d0 f64) (local $d1 f64)\n{START}\n{body}\n(local.get $r))\n")
    return text
