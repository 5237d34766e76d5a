"""Checks on the object code that wasm handlers tail-call each other: no handler calls through memory or a register, and
none on the hot paths grows the stack."""

import re
import subprocess
import sys

# Handlers that call C functions or move memory may use the stack, as long as they give it back before the jump.
MAY_USE_STACK = re.compile(
    r"(atomic_|memory_|table_|data_|elem_|host_entry|lazy_entry|count|foreign|call_import|return_call|call_indirect|return_n|move_n|zero|ref_test|ref_cast|trap_|poll|finish"
    r"|i64_div|i64_rem|ceil|floor|trunc|nearest|struct_|array_|throw|threw|call_foreign|call_slow|^H_i8x16_(shuffle|swizzle|relaxed_swizzle))")
INDIRECT_CALL = re.compile(r"\bcall\s+\*|\bblr\b")
STACK = re.compile(r"\bpush\b|\bsub\s+\$0x[0-9a-f]+,%rsp|\bstp\b.*\[sp")


def main() -> int:
    functions = jumps = 0
    errors = []
    text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", "-j", "wasm_handlers", *sys.argv[1:]],
                          capture_output=True, text=True, check=True).stdout
    name = ""
    for line in text.splitlines():
        start = re.match(r"[0-9a-f]+ <([^>]+)>:", line)
        if start:
            name = start.group(1)
            functions += name.startswith("H_")
            continue
        if INDIRECT_CALL.search(line):
            errors.append(f"{name}: calls instead of jumping: {line.strip()}")
        if STACK.search(line) and not MAY_USE_STACK.search(name):
            errors.append(f"{name}: uses the stack: {line.strip()}")
        jumps += bool(re.search(r"\bjmp\s+\*|\bbr\s+x", line))
    print(f"{functions} handlers, {jumps} indirect jumps, {len(errors)} errors")
    print("\n".join(errors[:40]))
    return 1 if errors or jumps < functions - 40 else 0


if __name__ == "__main__":
    sys.exit(main())
