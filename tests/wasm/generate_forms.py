"""Functions that go through the forms of fused instructions one by one: chance leads generate.py to too few of them, and to too few
of the operands that tell right from nearly right.

Locals: $r what a function returns, $a i32 and $b i64 (parameters), $p an address, a multiple of 8, $w one that needs an addition to
be one, $z 0, $q a step, $n and $k counters, $i, $t and $u i32, $l and $s i64, $d0 and $d1 f64, $x, $y and $z0 f64 whose products are
rounded, $v and $v1 v128. Memory behind FLOATS holds f64 alone; from FLAGS on, half of the i32 are 0 and none is large.
"""
import itertools
import random
import struct

COMPARE = ["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"]
FLAGS, FLOATS, SEEN = 4096, 131072, 147456
# What is noted comes first: a local that an accumulator has, too, is read from there.
NOTE = "(local.set $r (i32.rotl (i32.xor {} (local.get $r)) (i32.const 5)))"
START = ("(local.set $p (i32.and (local.get $a) (i32.const 2040))) (local.set $q (i32.const 8)) (local.set $i (i32.const 77))"
         " (local.set $w (i32.or (local.get $p) (i32.const -4096))) (local.set $d0 (f64.convert_i32_s (local.get $a)))"
         " (local.set $x (f64.div (local.get $d0) (f64.const 3))) (local.set $y (f64.const 0.1)) (local.set $z0 (f64.const -1.7))"
         " (local.set $l (i64.const 9))" + NOTE.format("(local.get $q)"))
IN_SLOT, IN_ACC = "(local.get $p)", "(i32.and (i32.mul (local.get $p) (i32.const 3)) (i32.const 2040))"  # addresses
LOCALS = {"i32": "r p w z q n k i t u", "i64": "l s", "f64": "d0 d1 x y z0", "v128": "v v1"}


class Seen:
    """Statements that keep values where nothing else is written. What is kept goes into $r in the end."""

    def __init__(self, name: str) -> None:
        self.end, self.name, self.helpers = SEEN, name, []

    def offset(self, size: int = 8) -> int:
        self.end += size
        return self.end - size

    def place(self, size: int = 8) -> str:
        return f"(i32.const {self.offset(size)})"

    def value(self, t: str, value: str) -> str:
        """From its accumulator alone, from a slot alone, and from both while a local has it. Of an i32 in a slot of its own all bits:
        the upper half is to be 0."""
        local, aside = {"i32": ("$t", "(i32.load (i32.const 4))"), "i64": ("$s", "(i64.load (i32.const 8))"),
                        "f64": ("$d1", f"(f64.load (i32.const {FLOATS}))"), "v128": ("$v1", "(v128.load (i32.const 16))")}[t]
        size = 16 if t == "v128" else 8
        store, whole = ("i64.store", f"(i64.extend_i32_u {value})") if t == "i32" else (f"{t}.store", value)
        get = f"(local.get {local})"
        return (f"({store} {self.place(size)} {whole})\n"
                f"{self.place(size)} {whole} (drop {aside}) {store}\n"
                f"(local.set {local} {value}) ({t}.store {self.place(size)} {get}) (drop {aside}) ({t}.store {self.place(size)} {get})\n")

    def helper(self, signature: str, body: str) -> str:
        """A function of its own; returns its name."""
        name = f"${self.name}_{len(self.helpers)}"
        self.helpers.append(f"(func {name} {signature} {body})\n")
        return name

    def digest(self) -> str:
        if self.end == SEEN:
            return ""
        return (f"(local.set $p (i32.const {SEEN})) (loop $digest (local.set $r (i32.add (i32.mul (local.get $r) (i32.const 31))"
                f" (i32.load (local.get $p)))) (br_if $digest (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 4)))"
                f" (i32.const {self.end}))))")


def memory(rng: random.Random) -> str:
    """Data where the functions below load from."""
    small = rng.randbytes(3072)
    flags = b"".join(struct.pack("<BBH", rng.choice((0, 0, rng.randrange(256))), rng.choice((0, rng.randrange(256))), 0)
                     if rng.random() < 0.6 else bytes(4) for _ in range(1024))
    floats = struct.pack("<384d", *(rng.uniform(-99, 99) for _ in range(384)))
    text = ""
    for at, data in ((0, small), (FLAGS, flags), (FLOATS, floats)):
        escaped = "".join(f"\\{byte:02x}" for byte in data)
        text += f"(data (i32.const {at}) \"{escaped}\")\n"
    return text


def on(condition: str, loop: bool, behind: str = "(i32.const 5)") -> str:
    """A branch back, up to five times, or one over an instruction; behind is noted if it is not taken."""
    if loop:
        return (f"(local.set $n (i32.const 5)) (block $out (loop $again"
                f" (br_if $out (i32.eqz (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))"
                f" {NOTE.format('(local.get $n)')} (br_if $again {condition}) {NOTE.format(behind)}))")
    return f"(block $over (br_if $over {condition}) {NOTE.format(behind)})"


def rounds(n: int, body: str) -> str:
    """$k from n down to 1."""
    return (f"(local.set $k (i32.const {n}))\n(loop $round {body}\n"
            f"(br_if $round (local.tee $k (i32.sub (local.get $k) (i32.const 1)))))")


def step_branches(rng: random.Random, t: str, compare: str) -> str:
    """The variable is just below its bound, equal to it and just above, and so with the other sign."""
    variable, by_slot, limit_slot = ("$i", "$t", "$u") if t == "i32" else ("$l", "$s", "$b")
    round_, sign = ("(local.get $k)", 29) if t == "i32" else ("(i64.extend_i32_u (local.get $k))", 61)
    halves = ["(i32.wrap_i64 (local.get $l))", "(i32.wrap_i64 (i64.shr_u (local.get $l) (i64.const 32)))"]
    if t == "i32":
        halves = ["(local.get $i)"]
    text = f"(local.set {by_slot} ({t}.const {rng.choice((1, 3, -2))})) (local.set $u (i32.wrap_i64 (local.get $b)))"
    for loop, by, bound in itertools.product((False, True), "SC", "SCV"):
        step = f"({t}.const {rng.choice((1, 2, -1, 8))})" if by == "C" else f"(local.get {by_slot})"
        limit = {"S": f"(local.get {limit_slot})", "C": f"({t}.const {rng.choice((0, 3, 10, -7))})", "V": f"(local.get {variable})"}[bound]
        steps = f"({t}.sub ({t}.and {round_} ({t}.const 3)) ({t}.const 1))"
        start = f"({t}.sub {limit} ({t}.mul {step} {steps}))"
        start = f"({t}.xor {start} ({t}.shl ({t}.and {round_} ({t}.const 4)) ({t}.const {sign})))"
        branch = on(f"({t}.{compare} (local.tee {variable} ({t}.add (local.get {variable}) {step})) {limit})", loop, halves[0])
        text += rounds(7, f"(local.set {variable} {start}) {NOTE.format('(local.get $k)')} {branch}"
                          f" {' '.join(NOTE.format(half) for half in halves)}") + "\n"
    return text


def conditions(rng: random.Random, seen: Seen, loop: bool) -> str:
    """Branches on what was just loaded, or on some of its bits."""
    text = ""
    sides = (True, False)
    for name, address, slot, unless in itertools.product(("load", "load8_u"), (IN_SLOT, IN_ACC), sides, sides):
        value = f"(i32.{name} offset={FLAGS + 4 * rng.randrange(64)} {address})"
        value = f"(local.tee $i {value})" if slot else value
        # What was loaded is an address, too.
        loaded = "(i32.load8_u offset=2 (local.get $i))" if slot else "(i32.const 5)"
        text += rounds(6, on(f"(i32.eqz {value})" if unless else value, loop, loaded) + NOTE.format(loaded) +
                       " (local.set $p (i32.and (i32.add (local.get $p) (i32.const 4)) (i32.const 2044)))") + "\n"
    for value, unless in itertools.product(("(local.get $a)", "(i32.mul (local.get $a) (local.get $n))"), (True, False)):
        value = f"(i32.and {value} (i32.const {rng.choice((1, 4, 128, 0x7ffff000))}))"
        text += on(f"(i32.eqz {value})" if unless else value, loop)
    return text


def sums(rng: random.Random) -> list[str]:
    """Addresses that are sums with a constant, from a slot and from an accumulator; the last two pass 2^32 on their way."""
    by, big = f"(i32.const {8 * rng.randrange(1, 32)})", f"(i32.const {4096 + 8 * rng.randrange(1, 32)})"
    return [f"(i32.add {IN_SLOT} {by})", f"(i32.add {IN_ACC} {by})",
            f"(i32.add (local.get $w) {big})", f"(i32.add (i32.or {IN_ACC} (i32.const -4096)) {big})"]


def loads(rng: random.Random, seen: Seen) -> str:
    """Operations with a value from memory, and some bits of its address."""
    text = ""
    for address in (IN_SLOT, IN_ACC, *sums(rng)):
        for op in ("add", "and", "or", "xor"):
            text += seen.value("i32", f"(i32.{op} (local.get $i) (i32.load offset={rng.randrange(64)} {address}))")
        pointer = f"(i32.load offset={FLAGS + 4 * rng.randrange(64)} {address})"
        text += seen.value("i32", f"(i32.load offset={FLAGS + rng.randrange(64)} {pointer})")
        for op, swapped in (("add", False), ("mul", False), ("sub", False), ("sub", True)):
            operands = ["(local.get $x)", f"(f64.load offset={FLOATS + 8 * rng.randrange(64)} {address})"]
            text += seen.value("f64", f"(f64.{op} {' '.join(reversed(operands) if swapped else operands)})")
    return text


def addresses(rng: random.Random, seen: Seen) -> str:
    """Loads and stores of all kinds whose address is computed: a sum, a scaled index, both; those with $w pass 2^32 on their way."""
    text = ""
    kinds = [("i32", "i32", "load", 2), ("i32", "i32", "load8_s", 0), ("i32", "i32", "load16_u", 1), ("i64", "i64", "load", 3),
             ("i64", "i64", "load32_s", 2), ("f64", "f64", "load", 3)]
    for t, prefix, name, log2 in kinds:
        more = FLOATS if t == "f64" else rng.randrange(64)
        near, far = f"(i32.const {4096 + 8 * rng.randrange(9)})", f"(i32.const {8 * rng.randrange(9)})"
        in_acc = "(i32.shr_u (i32.and (local.get $a) (i32.const 2040)) (i32.const 3))"
        of_acc, of_q, of_n, of_bits = (f"(i32.shl {index} (i32.const {log2}))" for index in
                                       (in_acc, "(local.get $q)", "(local.get $n)", "(i32.and (local.get $a) (i32.const 24))"))
        big = f"(i32.add (local.get $w) {near})"
        for address in (*sums(rng), "(i32.add (local.get $w) (local.get $u))", f"(i32.add {IN_ACC} (local.get $q))",
                        f"(i32.add (local.get $p) {of_q})", f"(i32.add {of_acc} (local.get $q))", f"(i32.add {of_q} {far})",
                        f"(i32.add {of_acc} {far})", f"(i32.add {of_n} {near})", f"(i32.add {big} {of_acc})",
                        f"(i32.add {big} {of_bits})", f"(i32.add {big} {of_q})", f"(local.tee $i {big})"):
            text += seen.value(t, f"({prefix}.{name} offset={more} {address})") + NOTE.format("(local.get $i)")
    text += "(local.set $i (i32.const -4096))"
    for t, name, value in (("i32", "store", "(local.get $a)"), ("i32", "store16", "(i32.mul (local.get $a) (i32.const 3))"),
                           ("i64", "store", "(i64.const -3)"), ("i64", "store32", "(local.get $b)"), ("f64", "store", "(local.get $x)"),
                           ("f64", "store", "(f64.mul (local.get $x) (local.get $y))")):
        text += f"({t}.{name} offset={seen.offset() - 8} (i32.add (local.get $i) (i32.const 4104)) {value})\n"
    return "(local.set $u (i32.const 4096)) (local.set $n (i32.const -512))" + text


def integers(rng: random.Random, seen: Seen) -> str:
    """Shifts and what follows them; two steps."""
    text = ""
    constant = f"(i32.const {rng.choice((-1, 1)) * rng.randrange(1, 1 << 30)})"
    for value in ("(local.get $a)", "(i32.mul (local.get $a) (i32.const -7))"):
        by = f"(i32.const {rng.randrange(1, 31)})"
        text += seen.value("i32", f"(i32.add (i32.shl {value} {by}) (local.get $u))")
        text += seen.value("i32", f"(i32.add (i32.shl {value} {by}) {constant})")
        text += seen.value("i32", f"(i32.add (i32.add (local.get $u) {constant}) (i32.shl {value} {by}))")
        text += seen.value("i32", f"(i32.and (i32.shr_u {value} {by}) (i32.const -{rng.randrange(1, 999)}))")
        for op in ("rotl", "shl", "shr_u"):
            text += seen.value("i32", f"(i32.xor (i32.{op} {value} {by}) (local.get $u))")
            text += seen.value("i32", f"(i32.xor (local.get $u) (i32.{op} {value} {by}))")
    for first, second in (("$i", "$i"), ("$u", "$t"), ("$i", "$u"), ("$u", "$i")):
        text += (f"(local.set $i (i32.add (local.get {first}) {constant}))"
                 f" (local.set $t (i32.add (local.get {second}) (i32.const -3)))"
                 f"{NOTE.format('(local.get $t)')} {seen.value('i32', '(i32.xor (local.get $i) (local.get $t))')}")
    return "(local.set $u (i32.wrap_i64 (i64.rotl (local.get $b) (i64.const 13))))" + text


def products(rng: random.Random, seen: Seen) -> str:
    """Of floats, and sums with them; rotations of lanes."""
    text = ""
    for a in ("(local.get $x)", "(f64.sub (local.get $x) (local.get $d0))"):
        product = f"(f64.mul {a} (local.get $y))"
        text += seen.value("f64", f"(f64.mul {product} (local.get $z0))")
        for op, other in itertools.product(("add", "sub"), ("(f64.const -1.7)", f"(f64.neg {product})", product)):
            # Rounded twice some of them are 0, rounded once they are not.
            text += (f"(local.set $z0 {other})" + seen.value("f64", f"(f64.{op} {product} (local.get $z0))") +
                     seen.value("f64", f"(f64.{op} (local.get $z0) {product})"))
    lanes = "(i32x4.mul (i32x4.splat (local.get $a)) (v128.const i32x4 3 5 0x10001 -7))"
    text += f"(local.set $v {lanes})"
    n = rng.randrange(1, 32)
    left = f"(i32x4.shl (local.get $v) (i32.const {n}))"
    for op, v, by in (("shr_u", "$v", 32 - n), ("shr_u", "$v", (31 - n) or 7), ("shr_s", "$v", 32 - n), ("shr_u", "$v1", 32 - n)):
        right = f"(i32x4.{op} (local.get {v}) (i32.const {by}))"
        text += seen.value("v128", f"(v128.or {left} {right})") + seen.value("v128", f"(v128.or {right} {left})")
    return text


def modifies(rng: random.Random, seen: Seen) -> str:
    """Memory that is read, changed and written back, or copied, and what is nearly that. $z is the address: 0."""
    text = ""
    load = "(i64.load offset={} (local.get $z))"
    for t, op, by, tee in itertools.product(("i32", "i64"), ("add", "and", "or", "sub", "xor"), "SC", (False, True)):
        at, local = seen.offset(), "$t" if t == "i32" else "$s"
        operand = "(local.get $a)" if t == "i32" else "(local.get $b)"
        if by == "C":
            operand = f"({t}.const {rng.randrange(-2**30, -2**20)})"
        # Then with the operands the other way round, to another offset, from another address.
        for to, source, swapped in ((at, "$z", False), (at, "$z", True), (seen.offset(), "$z", False), (at, "$q", False)):
            pair = [f"({t}.load offset={at} (local.get {source}))", operand]
            value = f"({t}.{op} {' '.join(reversed(pair) if swapped else pair)})"
            value = f"(local.tee {local} {value})" if tee else value
            # From its accumulator first, then from its slot.
            keep = f"({t}.store {{}} (local.get {local}))"
            behind = f"{keep.format(seen.place())} (drop (i32.load (i32.const 4))) {keep.format(seen.place())}"
            text += (f"(i64.store offset={at} (local.get $z) (i64.const {rng.randrange(1 << 62)}))"
                     f"({t}.store offset={to} (local.get $z) {value}) {behind if tee else ''}\n"
                     f"(i64.store {seen.place()} {load.format(at)})\n")
    for t, address in itertools.product(("i32", "i64"), (IN_SLOT, IN_ACC)):
        copied = f"({t}.load offset={rng.randrange(64)} {address})"
        for value in (copied, f"(local.tee {'$t' if t == 'i32' else '$s'} {copied})"):
            text += f"({t}.store offset={seen.offset()} (local.get $z) {value})\n"
    for address in ("(local.get $z)", "(local.tee $u (i32.add (local.get $z) (i32.const 0)))",
                    "(local.tee $u (i32.and (local.get $a) (i32.const 8)))"):
        at = seen.offset(16)
        again = "(local.get $u)" if "$u" in address else "(local.get $z)"
        for to in (at, at + 8):
            text += (f"(f64.store offset={at} (local.get $z) (local.get $x))"
                     f"(f64.store offset={at + 8} (local.get $z) (local.get $y))"
                     f"(f64.store offset={to} {address} (f64.add (f64.load offset={at} {again}) (local.get $z0)))"
                     f"(i64.store {seen.place()} {load.format(at)}) (i64.store {seen.place()} {load.format(at + 8)})\n")
    return text


def tables(rng: random.Random, seen: Seen) -> str:
    """Branches by a byte from memory, alone and behind a step: the first of a table's entries, the last, and the default."""
    entries, at = (0, 1, 2, 3, 4, 255, 2, 1), 24576
    text = "".join(f"(i32.store8 (i32.const {at + i}) (i32.const {entry}))" for i, entry in enumerate(entries))
    arms = "".join(f") {NOTE.format(f'(i32.const {100 + i})')} (br $end)" for i in range(4))
    # One address is $k + 3, the other passes 2^32.
    for (address, by, offset), step in itertools.product((("$k", 3, at - 4), ("$w", 4096, at - 1)), ("$u", "$k", "")):
        step = f"(local.set $u (i32.add (local.get {step}) (i32.const {rng.randrange(1, 9)})))" if step else ""
        index = f"(i32.load8_u offset={offset} (i32.add (local.get {address}) (i32.const {by})))"
        text += rounds(8, f"(local.set $w (i32.sub (local.get $k) (i32.const 4096))) {NOTE.format('(local.get $w)')}"
                          f"(block $end (block $x3 (block $x2 (block $x1 (block $x0 {step} {index} (br_table $x0 $x1 $x2 $x3){arms})"
                          f"{NOTE.format('(local.get $u)')} {NOTE.format('(local.get $k)')}") + "\n"
    return text


def returns(rng: random.Random, seen: Seen) -> str:
    """Functions that end with an operation, or with a frame that goes back to the shadow stack."""
    text = ""
    operations = [("i32", op) for op in ("add", "mul", "and", "or", "xor", "sub")] + [("i64", op) for op in ("add", "or", "mul")]
    for t, op in operations:
        for left, right in itertools.product(("(local.get 0)", f"({t}.mul (local.get 0) ({t}.const 5))"),
                                             ("(local.get 1)", f"({t}.const {rng.randrange(-2**31, -2**20)})")):
            name = seen.helper(f"(param {t} {t}) (result {t})", f"({t}.{op} {left} {right})")
            argument = "(local.get $a)" if t == "i32" else "(local.get $b)"
            text += seen.value(t, f"(call {name} {argument} ({t}.const {rng.randrange(-2**31, 2**31)}))")
    for address in ("(local.get 0)", "(i32.and (local.get 0) (i32.const 2040))"):
        name = seen.helper("(param i32) (result i32)", f"(i32.load offset={rng.randrange(1, 64)} {address})")
        text += seen.value("i32", f"(call {name} (local.get $p))")
    for t, result in (("i32", "(local.get 0)"), ("i64", "(local.get 1)"), ("i32", "(i32.const -1)"), ("i64", "(i64.const 0x123456789)"),
                      ("i32", "(i32.load (local.get $f))"), ("i32", "(i32.mul (local.get 0) (local.get 0))"), ("", "")):
        size = rng.choice((16, 32, 48))
        name = seen.helper(f"(param i32 i64) {f'(result {t})' if t else ''} (local $f i32)",
                           f"(global.set $stack (local.tee $f (i32.sub (global.get $stack) (i32.const {size}))))"
                           f" (i32.store (local.get $f) (local.get 0)) (call $void (i32.add (local.get $f) (i32.const 4)))"
                           f" (global.set $stack (i32.add (local.get $f) (i32.const {size}))) {result}")
        call = f"(call {name} (local.get $a) (local.get $b))"
        text += (seen.value(t, call) if t else call) + f"(i32.store {seen.place()} (global.get $stack))"
    return text


def calls(rng: random.Random, seen: Seen) -> str:
    """Direct calls and indirect ones behind what places their last arguments."""
    text = ""
    both = "(i32.xor (i32.rotl (local.get 0) (i32.const 7)) (local.get 1))"
    name = seen.helper("(param i32 i32 i32) (result i32)", f"(i32.xor (i32.rotl {both} (i32.const 9)) (local.get 2))")
    wide = seen.helper("(param i64 f64) (result f64)", "(f64.add (f64.convert_i64_s (local.get 0)) (local.get 1))")
    arguments = ["(local.get $a)", "(local.get $i)", f"(i32.const {rng.randrange(-99, -9)})",
                 *(f"(i32.load offset={rng.randrange(1, 64)} {address})" for address in (IN_SLOT, IN_ACC))]
    for first, second, third in itertools.product(arguments[:3], arguments[:4], arguments):
        text += seen.value("i32", f"(call {name} {first} {second} {third})")
    text += seen.value("f64", f"(call {wide} (local.get $b) (local.get $x))")
    text += seen.value("f64", f"(call {wide} (i64.const 0x123456789) (f64.const -0.7))")
    some = f"(i32.and (i32.shr_u (local.get $a) (i32.const {rng.randrange(9)})) (i32.const 7))"
    for index, first, second in itertools.product(("(local.get $k)", some), arguments[:3], arguments):
        text += seen.value("i32", f"(call_indirect (type $leaf) {first} {second} {index})")
    return "(local.set $k (i32.const 5)) (local.set $i (i32.rotl (local.get $a) (i32.const 11)))" + text


def globals_(rng: random.Random, seen: Seen) -> str:
    """Sums with globals, put back to the same global and to another."""
    text = ""
    by = f"(i32.const {rng.randrange(-2**31, -2**20)})"
    for of, to in (("$sum0", "$sum0"), ("$sum0", "$sum1")):
        value = f"(i32.add (global.get {of}) {by})"
        text += seen.value("i32", value)
        for what in (value, f"(local.tee $t {value})", f"(i32.add (local.get $a) {by})"):
            text += f"(global.set {to} {what})"
            for kept in ("(local.get $t)", "(global.get $sum0)", "(global.get $sum1)", "(local.get $t)"):
                text += f"(i32.store {seen.place()} {kept})"
    return text


def store_steps(rng: random.Random, seen: Seen) -> str:
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
                     f" (local.set $p (i32.add (local.get $p) {by})) {NOTE.format('(local.get $p)')}")
    return text


OTHER = {"i32": ("(i32.const 5)", "(local.get $q)", "(i32.add (local.get $q) (i32.const 3))", "(call $leaf0 (local.get $a) (i32.const 3))"),
         "i64": ("(i64.const 5)", "(i64.const 0x123456789)", "(local.get $b)"), "f64": ("(f64.const 0.5)", "(local.get $y)"),
         "v128": ("(v128.const i32x4 1 2 3 4)", "(local.get $v)")}


def assignments(rng: random.Random, seen: Seen) -> str:
    """Locals that an accumulator has, too, and that get another value which does not pass through it; operands that mean the old
    one."""
    text = ""
    values = {"i32": ("$t", "(i32.mul (local.get $a) (i32.const 7))"), "i64": ("$s", "(i64.mul (local.get $b) (i64.const 7))"),
              "f64": ("$d1", "(f64.mul (local.get $x) (f64.const 7))"), "v128": ("$v1", "(i32x4.mul (local.get $v) (local.get $v))")}
    for t, (local, value) in values.items():
        size = 16 if t == "v128" else 8
        get = f"(local.get {local})"
        for other in OTHER[t]:
            places = [seen.place(size) for _ in range(9)]
            text += (f"(local.set {local} {value}) (local.set {local} {other}) ({t}.store {places[0]} {get})\n"
                     f"(local.set {local} {value}) {places[1]} {get} (local.set {local} {other}) {t}.store ({t}.store {places[2]} {get})\n"
                     f"{places[3]} (local.tee {local} {value}) (local.set {local} {other}) {t}.store ({t}.store {places[4]} {get})\n"
                     f"{places[5]} {value} (local.set {local} {other}) {t}.store ({t}.store {places[6]} {get})\n"
                     f"(local.set {local} {value}) (block (br_if 0 (local.get $n)) (local.set {local} {other})) ({t}.store {places[7]} {get})\n"
                     f"(local.set {local} {value}) (block (br_if 0 (local.get $q)) (local.set {local} {other})) ({t}.store {places[8]} {get})\n")
    return f"(local.set $v (i32x4.splat (i32.or (local.get $a) (i32.const 3)))) {text}"


def between(rng: random.Random, seen: Seen) -> str:
    """Pairs that are one instruction when they are neighbours, with something between them: a store, a label, a second reader. And an
    assignment that comes when the local's old value has been read since."""
    text = ""
    by = f"(i32.const {rng.randrange(1, 31)})"
    values = {"i32": [f"(i32.shl (local.get $a) {by})", f"(i32.shr_u (i32.mul (local.get $a) (i32.const 5)) {by})",
                      f"(i32.rotl (local.get $a) {by})", f"(i32.load offset={FLAGS + 4 * rng.randrange(64)} (local.get $p))",
                      "(i32.add (local.get $p) (i32.const 64))", "(i32.add (local.get $p) (local.get $q))", "(global.get $sum0)",
                      "(i32.lt_s (local.get $a) (local.get $u))"],
              "i64": ["(i64.mul (local.get $b) (i64.const 3))", "(i64.load offset=8 (local.get $p))"],
              "f64": ["(f64.mul (local.get $x) (local.get $y))", f"(f64.load offset={FLOATS} (local.get $p))"],
              "v128": ["(i32x4.shl (local.get $v) (i32.const 5))"]}
    after = {"i32": [("(local.get $u)", "i32.add"), ("(i32.const 24)", "i32.add"), ("(local.get $u)", "i32.xor"),
                     ("(i32.const -99)", "i32.and"), ("(i32.const 0)", "i32.ne")],
             "i64": [("(local.get $b)", "i64.add")], "f64": [("(local.get $z0)", f"f64.{op}") for op in ("add", "sub", "mul")],
             "v128": [("(i32x4.shr_u (local.get $v) (i32.const 27))", "v128.or")]}
    for t, firsts in values.items():
        size, local = (16 if t == "v128" else 8), {"i32": "$t", "i64": "$s", "f64": "$d1", "v128": "$v1"}[t]
        for first in firsts:
            # The store is of what the accumulators do not have.
            store = f"({t}.store {{}} (local.get {local}))"
            for aside, (other, op) in itertools.product((store, "(loop)", f"(local.set {local}) (local.get {local})"), after[t]):
                text += f"{seen.place(size)} {first} {aside.format(seen.place(size))} {other} {op} {t}.store\n"
                text += f"{seen.place(size)} {other} {first} {aside.format(seen.place(size))} {op} {t}.store\n"
                text += f"{store.format(seen.place(size))}\n"
            text += (f"(local.set {local} {OTHER[t][0]}) {first} {store.format(seen.place(size))} (local.set {local})"
                     f" {store.format(seen.place(size))}\n")
            if t == "i32":
                text += f"{seen.place()} {first} {store.format(seen.place())} (i32.const 2040) i32.and i32.load i32.store\n"
                text += f"(block {first} (local.tee $t) (br_if 0) {store.format(seen.place())})\n"
    return f"(local.set $v (i32x4.splat (local.get $a))) (local.set $u (i32.wrap_i64 (local.get $b))) {text}"


GROUPS = ([lambda rng, seen, t=t, compare=compare: step_branches(rng, t, compare) for t in ("i32", "i64") for compare in COMPARE] +
          [store_steps, loads, lambda rng, seen: conditions(rng, seen, False), lambda rng, seen: conditions(rng, seen, True),
           addresses, integers, products, modifies, tables, returns, calls, globals_,
           assignments, between])
FORMS, BEYOND = 6, 40
FUNCTIONS = FORMS + BEYOND


def beyond() -> list[str]:
    """What ends with a trap: its address is less than 2^32 by 8, and its offset 16. $w is -16, $p 8, $z 0, $i -8."""
    loads = [("i32", name) for name in ("load", "load8_s", "load8_u", "load16_s", "load16_u")]
    loads += [("i64", name) for name in ("load", "load8_u", "load16_s", "load32_u")] + [("f32", "load"), ("f64", "load"), ("v128", "load")]
    log2 = {"load": {"i32": 2, "i64": 3, "f32": 2, "f64": 3, "v128": 4}}
    in_acc = "(i32.or (local.get $w) (local.get $z))"
    sums_ = ["(i32.add (local.get $w) (i32.const 8))", f"(i32.add {in_acc} (i32.const 8))"]
    plain = ["(local.get $i)", "(i32.or (local.get $i) (local.get $z))", "(i32.const -8)"]
    bodies = []
    for t, name in loads:
        k = log2["load"][t] if name == "load" else {"8": 0, "1": 1, "3": 2}[name[4]]
        near = -8 - (-16 << k)
        of_slot, of_acc = (f"(i32.shl {index} (i32.const {k}))" for index in ("(local.get $w)", in_acc))
        both = f"(i32.add (local.get $p) (i32.const {near - 8}))"
        for address in (*plain, *sums_, "(i32.add (local.get $w) (local.get $p))", f"(i32.add {in_acc} (local.get $p))",
                        f"(i32.add {of_slot} (i32.const {near}))", f"(i32.add {of_acc} (i32.const {near}))",
                        f"(i32.add (local.get $n) {of_slot})", f"(i32.add (local.get $n) {of_acc})", f"(i32.add {both} {of_slot})",
                        f"(i32.add {both} {of_acc})", "(local.tee $t (i32.add (local.get $w) (i32.const 8)))"):
            bodies.append(f"(local.set $n (i32.const {near})) (drop ({t}.{name} offset=16 {address}))")
    for address in (*plain, *sums_):
        word, real = f"(i32.load offset=16 {address})", f"(f64.load offset=16 {address})"
        values = [("$t", f"(i32.{op} (local.get $p) {word})") for op in ("add", "and", "or", "xor")]
        values += [("$d0", f"(f64.{op} (local.get $x) {real})") for op in ("add", "mul", "sub")] + [("$d0", f"(f64.sub {real} (local.get $x))")]
        bodies += [f"(drop {value})" for _, value in values] + [f"(local.set {local} {value})" for local, value in values]
        bodies += [f"(i32.store offset=16 {address} (local.get $p))",
                   f"(f64.store offset=16 {address} (local.get $x))", f"(i32.store offset=16 {address} (i32.const 5))",
                   f"(i64.store offset=16 {address} (i64.mul (local.get $b) (local.get $b)))",
                   f"(i32.store8 offset=16 {address} (local.get $p))",
                   f"(block (br_table 0 0 (i32.load8_u offset=16 {address})))",
                   f"(block (br_if 0 {word}))", f"(block (br_if 0 (i32.load8_u offset=16 {address})))",
                   f"(drop (i32.load {word}))", f"(i32.store (local.get $z) {word})",
                   f"(i64.store (local.get $z) (i64.load offset=16 {address}))", f"(return {word})",
                   f"(drop (call $f0 {word} (local.get $b)))"]
    bodies += ["(i32.store (local.get $z) (local.get $i)) (drop (i32.load offset=16 (i32.load (local.get $z))))",
               "(i32.store offset=16 (local.get $i) (local.get $p)) (local.set $i (i32.add (local.get $i) (local.get $p)))",
               "(i64.store offset=16 (local.get $i) (i64.const 5)) (local.set $i (i32.add (local.get $i) (i32.const 8)))",
               "(i32.store offset=16 (local.get $i) (i32.load (local.get $z)))", "(i64.store offset=16 (local.get $i) (i64.load (local.get $z)))",
               "(i64.store offset=16 (local.get $i) (i64.add (i64.load offset=16 (local.get $i)) (local.get $b)))"]
    bodies += [f"(i32.store offset=16 (local.get $i) (i32.{op} (i32.load offset=16 (local.get $i)) {by}))" for op in ("add", "and", "or")
               for by in ("(local.get $p)", "(i32.const 9)")]
    return bodies


def functions(rng: random.Random, seed: int, first: int) -> str:
    """FUNCTIONS functions, exported as f<first> and so on: six seeds that follow each other have all forms, and nine all traps."""
    variables = " ".join(f"(local ${name} {t})" for t, names in LOCALS.items() for name in names.split())
    text = "(global $sum0 (mut i32) (i32.const 5)) (global $sum1 (mut i32) (i32.const 99))\n"
    for i in range(FORMS):
        seen = Seen(f"h{i}")
        body = GROUPS[(seed * FORMS + i) % len(GROUPS)](rng, seen)
        text += (f"(func (export \"f{first + i}\") (param $a i32) (param $b i64) (result i32)\n{variables}\n{START}\n{body}\n"
                 f"{seen.digest()}\n(local.get $r))\n{''.join(seen.helpers)}")
    bodies = beyond()
    for i in range(BEYOND):
        text += (f"(func (export \"f{first + FORMS + i}\") (param $a i32) (param $b i64) (result i32)\n{variables}\n"
                 f"(local.set $w (i32.const -16)) (local.set $p (i32.const 8)) (local.set $i (i32.const -8))\n"
                 f"{bodies[(seed * BEYOND + i) % len(bodies)]}\n(i32.const 1))\n")
    return text
