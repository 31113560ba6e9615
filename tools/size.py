"""Prints the bytes of a wasm file by family: size.py dist/named/FILE.wasm [--functions N]

A function belongs to the folder of Sources that declares what its demangled name speaks of; what the optimiser inlined
counts where it was inlined to. The file must still have its names; the stripped one has the same code.
"""
import argparse
import collections
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = ROOT / "Sources"
sys.path.insert(0, str(ROOT / "wasm"))

from module import Module  # noqa: E402

# What design asks: the core without operators and kernels, and what each row of the registry adds, in bytes.
CORE_LIMIT, ROW_LIMIT = 300_000, 2_500
DECLARATION = re.compile(r"\b(?:struct|class|enum|protocol|func|extension)\s+`?([A-Za-z_]\w*)")
SPLIT = ("Operators", "Kernels")  # Modules that are counted by their folders.


def declared():
    """module -> {name declared: folder}, for the modules that are counted by folder."""
    found = {}
    for module in SPLIT:
        names = found[module] = {}
        for path in sorted((SOURCES / module).rglob("*.swift")):
            folder = path.parent.relative_to(SOURCES / module)
            if str(folder) != ".":
                for name in DECLARATION.findall(path.read_text()):
                    names.setdefault(name, f"{module}/{folder}")
    return found


def demangle(names):
    """The readable forms, in the order given."""
    # Binaryen writes characters it does not like as \\xx; Embedded Swift's names begin with $e.
    plain = [re.sub(r"\\([0-9a-f]{2})", lambda m: chr(int(m[1], 16)), name) for name in names]
    text = subprocess.run(["swift", "demangle", "--compact"], input="\n".join(plain), capture_output=True, text=True,
                          check=True).stdout
    return text.splitlines()


def family(name, readable, modules, folders):
    if name.startswith("apus_"):
        return "WasmABI"
    if not name.startswith("$"):
        return "libc"
    words = re.findall(r"[A-Za-z_]\w*", readable)
    # The registry erases each operator to closures of its own, whose names hold the operator's type.
    for module in SPLIT:
        if module in words:
            for word in words:
                if word in folders[module]:
                    return folders[module][word]
    return next((word for word in words if word in modules), "Swift library")


def rows():
    """How many rows the registry has."""
    text = "".join(path.read_text() for path in (SOURCES / "Operators").rglob("*.swift"))
    return len(re.findall(r"\bOperator\(\s*\"", text))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--functions", type=int, default=0, help="also the N largest functions")
    parser.add_argument("file", type=pathlib.Path)
    given = parser.parse_args()
    module = Module(given.file)
    modules = {path.name for path in SOURCES.iterdir()}
    folders = declared()
    functions = list(module.functions())
    total, count = collections.Counter(), collections.Counter()
    named = list(zip(functions, demangle([name for name, _ in functions])))
    for (name, size), readable in named:
        key = family(name, readable, modules, folders)
        total[key] += size
        count[key] += 1
    code = sum(total.values())
    print(f"{given.file.name}: {code:,} bytes of code in {len(functions)} functions, {sum(module.data):,} of data\n")
    for key, size in sorted(total.items(), key=lambda item: -item[1]):
        print(f"  {size:9,}  {100 * size / code:5.1f} %  {count[key]:5} functions  {key}")
    operators = sum(size for key, size in total.items() if key.split("/")[0] in SPLIT)
    number = max(rows(), 1)
    print(f"\n  core without operators and kernels: {code - operators:,} bytes, at most {CORE_LIMIT:,} wanted")
    print(f"  operators and kernels: {operators:,} bytes over {number} rows, {operators // number:,} a row,"
          f" at most {ROW_LIMIT:,} wanted")
    if given.functions:
        print()
        for (name, size), readable in sorted(named, key=lambda item: -item[0][1])[:given.functions]:
            print(f"  {size:9,}  {readable[:160]}")


if __name__ == "__main__":
    main()
