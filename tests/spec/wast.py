"""Converts a spec script (.wast) with wast2json, leaving out the single parts that it cannot convert.

The scripts are those of WebAssembly 3.0; many need a later feature in only one function of one module. wast2json gives up
at the first such place, so what holds the error's line is taken out and the conversion tried again: a function loses
its body, another field or a whole top-level form is blanked. What depends on it (assertions that call the function,
assertions on the module, modules that import from it) goes with it. Everything left out keeps its reason. Line numbers
never change.
"""

import bisect
import dataclasses
import re
import subprocess

# What makes a part need a later version of the standard, by what its text shows. The first match names the reason.
FEATURES = [
    ("the script syntax (module definition)", r"\(module\s+(definition|instance)\b"),
    ("annotations", r"\(@"),
    ("exception handling", r"\(tag\b|\btry_table\b|\bthrow(_ref)?\b|\bexn(ref)?\b|\(\s*(try|catch|delegate|rethrow)\b"),
    ("tail calls", r"\breturn_call(_indirect)?\b"),
    ("garbage collection", r"(?<![.\w])((struct|array|rec|sub|final|i31|i31ref|anyref|eqref|structref|arrayref|nullref|"
                           r"nullfuncref|nullexternref|any|eq|none|nofunc|noextern|ref\.(test|cast|eq|i31)|"
                           r"(struct|array|i31|any|extern)\.[a-z_]+|br_on_cast(_fail)?)\b)"),
    ("function references", r"\(ref\s|\b(call_ref|return_call_ref|ref\.as_non_null|br_on_null|br_on_non_null)\b|"
                            r"\(ref\.(null|func|extern|host)\)|\(ref\.null\s+\$?\w+\)|"
                            r"\(table[^()]*\d\s+(funcref|externref)\s+\("),
    ("atomic operations", r"\.atomic\.|\bshared\b"),
    ("SIMD", r"\bv128\b|\b[if](8x16|16x8|32x4|64x2)\b"),
    ("64-bit memories", r"\((memory|table)\s+(\$x\s+)?(\((export|import)[^()]*\)\s*)*i64\b"),
    ("several memories", r"\(memory\b[^()]*\).*\(memory\b|\b(load|store)\d*(_[su])?\s+(\$x|\d)|"
                         r"\bmemory\.\w+\s+(\$x|\d)|\((data|import)\s+[^()]*\(memory\b|\(memory\s+\$x"),
    ("extended constant expressions", r"\b(global|offset|data|elem)\b.*\bi(32|64)\.(add|sub|mul)\b"),
]

# Fields that a module can do without: what refers to them by name fails in its turn. Without a memory, or its first
# table, a module would mean something else.
SEPARABLE = ("func", "elem", "export", "global", "table", "tag", "type")

STRING = r'"(?:[^"\\]|\\.)*"'
TOKEN = re.compile(STRING + r"|;;[^\n]*|\(;|;\)|\(|\)", re.S)


@dataclasses.dataclass
class Form:
    """A top-level form of a script, or a field of a module (with offsets in the script)."""

    start: int
    end: int
    line: int
    text: str
    reason: str = ""  # why it is left out; empty while it is in
    fields: list["Form"] = dataclasses.field(default_factory=list)  # of a module: those that have been left out

    @property
    def head(self) -> str:
        return re.match(r"\(\s*([\w.@]*)", self.text).group(1)

    @property
    def is_assertion(self) -> bool:
        return self.head.startswith("assert_")

    @property
    def makes_instance(self) -> bool:
        return self.head == "module" and not re.match(r"\(\s*module\s+definition\b", self.text)


@dataclasses.dataclass
class Conversion:
    ok: bool
    reason: str  # why the whole script failed
    forms: list[Form]

    def reasons(self) -> list[tuple[str, bool]]:
        """For everything left out: the reason, and whether it is an assertion."""
        forms = [(form.reason, form.is_assertion) for form in self.forms if form.reason]
        return forms + [(field.reason, False) for form in self.forms if not form.reason for field in form.fields]


def split(text: str, base: int = 0, first_line: int = 1, outer: int = 0) -> list[Form]:
    """The parenthesised forms of a text that stand `outer` levels deep in it."""
    lines = [match.start() for match in re.finditer("\n", text)]
    forms = []
    depth = comment = start = 0
    for match in TOKEN.finditer(text):
        what = match.group()
        if what == "(;":
            comment += 1
        elif what == ";)":
            comment = max(0, comment - 1)
        elif comment or what[0] in '";':
            continue
        elif what == "(":
            if depth == outer:
                start = match.start()
            depth += 1
        elif depth > 0:
            depth -= 1
            if depth == outer:
                line = first_line + bisect.bisect_left(lines, start)
                forms.append(Form(base + start, base + match.end(), line, text[start:match.end()]))
    return forms


def strip_comments(text: str) -> str:
    return re.sub("(" + STRING + r")|;;[^\n]*|\(;.*?;\)", lambda match: match.group(1) or " ", text, flags=re.S)


def explain(form: Form, message: str) -> str:
    text = re.sub(STRING, '""', strip_comments(form.text), flags=re.S)
    text = re.sub(r"\$[^\s()]+", "$x", text)
    for feature, pattern in FEATURES:
        if re.search(pattern, text, re.S):
            return "needs " + feature
    return "wast2json: " + message


def missing_exports(module: Form) -> dict[str, str]:
    """The exports that went with a module's left-out fields, with their reasons."""
    return {name: field.reason for field in module.fields
            for name in re.findall(r'\(\s*export\s+"((?:[^"\\]|\\.)*)"', field.text)}


def drop_dependents(forms: list[Form]) -> None:
    """Leaves out what uses a module, or an export, that has been left out."""
    current = ("", {})  # why there is no current module; the exports it lacks
    named: dict[str, tuple[str, dict[str, str]]] = {}
    registered: dict[str, tuple[str, dict[str, str]]] = {}
    for form in forms:
        text = strip_comments(form.text)
        if "(module" in text and not form.reason:
            for module, name in re.findall(r'\(import\s+"((?:[^"\\]|\\.)*)"\s+"((?:[^"\\]|\\.)*)"', text):
                reason, exports = registered.get(module, ("", {}))
                form.reason = form.reason or reason or exports.get(name, "")
        if form.makes_instance:
            current = (form.reason, missing_exports(form))
            match = re.match(r"\(\s*module\s+(?:instance\s+)?(\$[^\s()]+)", text)
            if match:
                named[match.group(1)] = current
        elif form.head == "register":
            match = re.match(r'\(\s*register\s+"((?:[^"\\]|\\.)*)"\s*(\$[^\s()]+)?', text)
            if match:
                registered[match.group(1)] = named.get(match.group(2), ("", {})) if match.group(2) else current
                form.reason = form.reason or registered[match.group(1)][0]
        else:
            match = re.search(r'\(\s*(?:invoke|get)\s+(\$[^\s()"]+)?\s*"((?:[^"\\]|\\.)*)"', text)
            if match and not form.reason:
                reason, exports = named.get(match.group(1), ("", {})) if match.group(1) else current
                form.reason = reason or exports.get(match.group(2), "")
                # The state that an action would have left is what later assertions are about.
                if form.reason and not form.is_assertion and not match.group(1):
                    current = (form.reason, {})


def stub(field: Form) -> str:
    """What stands for a left-out field: a function keeps its index and name, anything else vanishes."""
    empty = re.sub(r"[^\n]", " ", field.text)
    match = re.match(r"\(\s*func\s*(\$[^\s()]+)?", field.text)
    if not match or re.search(r"\(\s*import\b", field.text):
        return empty
    start = "(func %s unreachable)" % (match.group(1) or "")
    return start + empty[len(start):] if "\n" not in field.text[:len(start)] else start + empty


def rewrite(text: str, forms: list[Form]) -> str:
    """The script without what is left out."""
    pieces = []
    at = 0
    for form in forms:
        for part in [form] if form.reason else sorted(form.fields, key=lambda field: field.start):
            pieces += [text[at:part.start], re.sub(r"[^\n]", " ", form.text) if part is form else stub(part)]
            at = part.end
    text = "".join(pieces) + text[at:]
    # An abbreviation that wast2json does not know: the table index 0 may be left out.
    return re.sub(r"\btable\.(get|set|size|grow|fill)(?=\s*[()])", r"table.\1 0", text)


def run_wast2json(source: str, output: str, options: list[str]) -> tuple[int, str]:
    result = subprocess.run(["wast2json", *options, source, "-o", output], capture_output=True, text=True, errors="replace")
    return result.returncode, result.stderr


def write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        file.write(text)


def find_crasher(forms: list[Form], scratch: str, options: list[str]) -> Form | None:
    """wast2json died without a line: the form that kills it on its own."""
    for form in forms:
        if not form.reason:
            write(scratch + ".one.wast", form.text)
            if run_wast2json(scratch + ".one.wast", scratch + ".one.json", options)[0] < 0:
                return form
    return None


def leave_out(form: Form, line: int, message: str) -> bool:
    """Takes out the field of a module, or the form, that holds an error. Returns false if it is out already."""
    if form.reason:
        return False
    if form.makes_instance and not re.match(r"\(\s*module\s+(\$[^\s()]+\s+)?(binary|quote)\b", form.text):
        fields = split(form.text, form.start, form.line, 1)
        field = next((field for field in reversed(fields) if field.line <= line), form)
        known = any(done.start == field.start for done in form.fields)
        first_table = next((other for other in fields if other.head == "table"), None)
        if field.head in SEPARABLE and field is not first_table and not known:
            field.reason = explain(field, message)
            form.fields.append(field)
            return True
    form.reason = form.fields[0].reason if form.fields else explain(form, message)
    return True


def convert(path: str, scratch: str, options: list[str]) -> Conversion:
    """Converts `path` into scratch.json and scratch.<n>.wasm."""
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
        text = file.read()
    forms = split(text)
    while True:
        if forms and all(form.reason for form in forms):
            return Conversion(False, forms[0].reason, forms)
        write(scratch + ".wast", rewrite(text, forms))
        status, errors = run_wast2json(scratch + ".wast", scratch + ".json", options)
        if status == 0:
            return Conversion(True, "", forms)
        match = re.search(r":(\d+):\d+: error: (.*)", errors)
        if match:
            line, message = int(match.group(1)), match.group(2)
            culprit = next((form for form in reversed(forms) if form.line <= line), None)
        else:
            line = 0
            message = "wast2json fails: " + (errors.strip().splitlines() or ["status %d" % status])[0][:100]
            culprit = find_crasher(forms, scratch, options)
        if culprit is None or not leave_out(culprit, line, message):
            return Conversion(False, message, forms)
        drop_dependents(forms)
