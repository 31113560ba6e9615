"""The rules of the house that no compiler holds: lint.py, from the root of the project.

A rule is a pattern, where it applies, and what to do instead. Exceptions stand here with their reason.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CODE = {".swift", ".c", ".h", ".py", ".js", ".mjs", ".ts", ".md", ""}
LINES = 500
COLUMNS = 120

# Longer than LINES, and why.
LONG = {"Sources/Operators/Registry.swift": "THE TABLE: a row an operator"}

CORE = r"Sources/(Tensors|Kernels|ONNXFormat|GraphIR|Operators|Passes|Inference|Apus|WasmABI|Command)/.*\.swift"
SWIFT = r"Sources/.*\.swift"
ANY = r".*"

# (what the rule is, which files, but not these, pattern in a line without its comment, what to do)
RULES = [
    ("imports", CORE, None, r"^\s*(@\w+ )*import (Foundation|Glibc|Musl|Dispatch|Darwin|WASILibc)\b",
     "the core has no such import"),
    # Threads are as many as the machine has, slots as many as a node has inputs and outputs.
    ("allocate", SWIFT, r"Sources/(NativePlatform/ThreadPool|Operators/Slots)\.swift", r"Pointer(<[^>]*>)?\.allocate\(",
     "memory comes from Allocator, which can say no"),
    ("throws", CORE, None, r"\bthrows\b(?!\()|\brethrows\b",
     "throws(RuntimeError): Embedded Swift has no untyped throws"),
    ("interpolation", CORE, None, r'"[^"]*\\\(', "RuntimeError's placeholders: interpolation costs wasm bytes"),
    ("String keys", CORE, None, r"\[String\s*:|Dictionary<String|Set<String>",
     "Name: comparing Strings links Unicode tables"),
    ("#if", SWIFT, r"Sources/(Kernels/Platform|NativePlatform|WasmABI|Command/Host|ApusMain)/.*", r"^\s*#if\b",
     "differences of hosts live in Kernels/Platform, NativePlatform, WasmABI and Command/Host"),
    ("names", SWIFT, None, r"\b(struct|class|enum|protocol|actor) \w*(Manager|Helper|Utils?|Utilities)\b",
     "a name of the field's own"),
]

# As above, for lines with their comments.
TEXT_RULES = [
    ("banner", ANY,
     r".*\.md|wasm/golden\.txt|Tests/ONNXFormatTests/Golden\.swift", r"^\s*(//|#)\s*[-=*#~]{5,}", "no banners"),
    ("left over", ANY, r"tools/lint\.py", r"\b(TODO|FIXME|XXX)\b", "do it, or write an issue"),
    ("columns", r".*\.(py|mjs|js|c|h)", r"js-shim/(dist|test)/.*", rf"^.{{{COLUMNS + 1},}}$",
     f"at most {COLUMNS} columns"),
]

COMMENT = {".swift": r"//.*", ".c": r"//.*", ".h": r"//.*", ".py": r"#.*"}


def files():
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True,
                            check=True).stdout.splitlines()
    for name in sorted(listed):
        path = ROOT / name
        if path.is_file() and path.suffix in CODE and path.name != "LICENSE":
            yield name, path


def check(name, path):
    text = path.read_text(errors="replace")
    lines = text.splitlines()
    if len(lines) > LINES and path.suffix != ".md" and name not in LONG:
        yield f"{name}: {len(lines)} lines; above {LINES} wants a reason (tools/lint.py)"
    comment = COMMENT.get(path.suffix)
    for kind, rules in (("code", RULES), ("text", TEXT_RULES)):
        rules = [rule for rule in rules
                 if re.fullmatch(rule[1], name) and not (rule[2] and re.fullmatch(rule[2], name))]
        for number, line in enumerate(lines, 1):
            seen = re.sub(comment, "", line) if comment and kind == "code" else line
            for rule, _, _, pattern, instead in rules:
                if re.search(pattern, seen):
                    yield f"{name}:{number}: {rule}: {instead}"


def body(text, start):
    """What stands between the brace at or after `start` and its partner."""
    depth, begin = 0, text.index("{", start)
    for i in range(begin, len(text)):
        depth += {"{": 1, "}": -1}.get(text[i], 0)
        if depth == 0:
            return text[begin:i]
    return text[begin:]


def overrides():
    """Every override of a method that throws says that it throws, even where it cannot.

    Embedded Swift 6.3 puts it into the vtable without a thunk: natively that works by luck, on wasm the call traps.
    """
    classes = {}  # name -> (file, base, {method: (whether it overrides, whether it throws)})
    for path in sorted((ROOT / "Sources").rglob("*.swift")):
        text = re.sub(r"//.*", "", path.read_text())
        for found in re.finditer(r"\bclass (?!func\b|var\b)(\w+)[^:{\n]*(?::\s*(\w+))?", text):
            methods = {}
            for method in re.finditer(r"^(.*)\bfunc (\w+)[^{}]*", body(text, found.end()), re.M):
                methods[method[2]] = "override" in method[1], bool(re.search(r"\)\s*throws\(", method[0]))
            classes[found[1]] = path.relative_to(ROOT), found[2], methods
    for path, base, methods in classes.values():
        for name, (is_override, throws) in methods.items():
            above = base
            while is_override and not throws and above in classes:
                if classes[above][2].get(name, (True, False)) == (False, True):
                    yield f"{path}: override: '{name}' overrides a method that throws and must say so too"
                above = classes[above][1]


def exports():
    """Every export is described where its ownership stands."""
    listing, page = ROOT / "wasm/exports.txt", ROOT / "wasm/ABI.md"
    if listing.exists() and page.exists():
        told = page.read_text()
        for line in listing.read_text().splitlines():
            if line and not line.startswith("#") and line.split()[0] not in told:
                yield f"wasm/exports.txt: {line.split()[0]} is not in wasm/ABI.md"


def main():
    wrong = [line for name, path in files() for line in check(name, path)] + list(overrides()) + list(exports())
    print("\n".join(wrong[:200] + [f"{len(wrong)} findings"] if wrong else ["the rules of the house hold"]))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
