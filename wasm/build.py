"""Builds the wasm files: build.py [--update] [FILE...]

SwiftPM compiles and links, wasm-opt makes it smaller and faster, and then three lists are held against the result:
exports.txt (what the host may call), imports.txt (what the host must give) and budget.json (how large it may be).
A difference is an error; --update writes what was found into imports.txt and budget.json, for the commit to show.
"""
import argparse
import gzip
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import brotli

import opcodes
import toolchain
from module import Module, without
from shorten import shortened

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
DIST = ROOT / "dist"
TRIPLE = "wasm32-unknown-none-wasm"
MB = 1 << 20

# Growth beyond what budget.json has seen that passes without a word: a share, and bytes.
SLACK = (0.03, 4096)

HEAD = "# What the host must give, a line an import: file, module.name, kind. Written by `make wasm UPDATE=1`."

# Of binaryen's levels -O2 is the fastest in V8 and small: -O3 inlines more, is 8 % larger and takes 15 % longer over
# minilm and vit_tiny; -Os and -O1 take 5-15 % longer. The lowest kilobyte is the end of the stack, and unused unless it
# overflows: what is added to an address may then become the offset of the access. Debian's is of 2022 and has to be
# told what the code may hold.
WASM_OPT = ["-O2", "--low-memory-unused", "--enable-simd", "--enable-bulk-memory", "--enable-nontrapping-float-to-int",
            "--enable-sign-ext", "--enable-mutable-globals", "--enable-threads", "--enable-reference-types",
            "--enable-multivalue"]


class Flavour:
    """One file: the product SwiftPM builds, how it starts, which files of runtime/ it takes, how it is linked, what the
    code may hold. Each set of features has a build folder of its own."""

    def __init__(self, product, crt, runtime, link, relaxed=False):
        self.product, self.crt, self.runtime, self.link, self.relaxed = product, crt, runtime, link, relaxed
        self.features = toolchain.RELAXED if relaxed else toolchain.BASELINE
        self.scratch = ROOT / (".build-wasm-relaxed" if relaxed else ".build-wasm")

    def link_arguments(self):
        objects = []
        for name in self.runtime:
            source, target = HERE / "runtime" / f"{name}.c", self.scratch / f"{name}.o"
            if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
                toolchain.compile_c(source, target)
            objects.append(str(target))
        return [toolchain.crt(self.crt), *objects, *self.link]


def reactor_exports():
    """The lines of exports.txt: a name, then anything; `#` starts a comment."""
    path = HERE / "exports.txt"
    lines = path.read_text().splitlines() if path.exists() else []
    return [line.split()[0] for line in lines if line.strip() and not line.startswith("#")]


# What runtime/malloc_lock.c guards.
LOCKED = ["malloc", "free", "calloc", "realloc", "posix_memalign", "aligned_alloc"]


def library(relaxed=False):
    """The memory is the host's, one a session, and grows to 4 GiB. It is linked as shared, so that its data is written
    by the first thread alone. WASI's libc knows of no atomics: check-features would complain, and its malloc gets a
    lock from us."""
    return Flavour(
        "ort", "crt1-reactor.o", ["random_reactor", "malloc_lock"],
        ["--shared-memory", "--import-memory", f"--max-memory={4096 * MB}", "--no-check-features",
         *[f"--wrap={name}" for name in LOCKED], "-z", f"stack-size={2 * MB}", "--stack-first", "--entry=_initialize",
         *[f"--export={name}" for name in reactor_exports()]], relaxed)


# The stack lies first, below the data: overflowing it traps instead of writing over the model.
FLAVOURS = {
    "apus.wasm": Flavour(
        "apus", "crt1-command.o", ["random_command"],
        ["--no-check-features", "-z", f"stack-size={4 * MB}", "--stack-first"]),
    "ort-wasm-simd-threaded.wasm": library(),
    "ort-wasm-relaxedsimd-threaded.wasm": library(relaxed=True),
}


def forget_stale_modules(scratch):
    """SwiftPM does not rebuild a module when code that it inlined from another has changed, and two modules may then
    disagree about a layout. So whatever was compiled from other sources goes as a whole."""
    digest = hashlib.sha256()
    for path in sorted(path for path in [ROOT / "Package.swift", *(ROOT / "Sources").rglob("*")] if path.is_file()):
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    stamp = scratch / "sources.sha256"
    if stamp.exists() and stamp.read_text() == digest.hexdigest():
        return
    shutil.rmtree(scratch / TRIPLE, ignore_errors=True)
    stamp.write_text(digest.hexdigest())


def swift_build(flavour):
    """Compiles and links; the linked file still has its names."""
    scratch = flavour.scratch
    scratch.mkdir(exist_ok=True)
    forget_stale_modules(scratch)
    toolset = scratch / f"{flavour.product}.toolset.json"
    toolset.write_text(json.dumps(toolchain.toolset(flavour.link_arguments(), flavour.features), indent=1))
    linked = scratch / TRIPLE / "release" / f"{flavour.product}.wasm"
    # Both products share their compiled modules, so SwiftPM must not reuse the plan of the other's linker arguments.
    subprocess.check_call(
        ["swift", "build", "-c", "release", "--triple", TRIPLE, "--scratch-path", scratch, "--product", flavour.product,
         "--disable-build-manifest-caching", "-debug-info-format", "none", "--toolset", toolset],
        cwd=ROOT, env={**os.environ, "APUS_WASM": "1"})
    return linked


def optimise(flavour, linked, named, stripped):
    """Writes the file with its names, for `make size`, and without."""
    for out in (named, stripped):
        out.parent.mkdir(parents=True, exist_ok=True)
    code, features = shortened(linked.read_bytes()), []
    if flavour.relaxed:
        code, features = opcodes.to_draft(code), ["--enable-relaxed-simd"]
    short = linked.with_suffix(".short.wasm")
    short.write_bytes(code)
    subprocess.check_call(["wasm-opt", short, "-o", named, "-g", "--strip-dwarf", *WASM_OPT, *features])
    if flavour.relaxed:
        named.write_bytes(opcodes.to_final(named.read_bytes()))
    partial = stripped.with_suffix(".partial")
    partial.write_bytes(without(named.read_bytes(), {"name", "producers"}))
    partial.rename(stripped)


def append_dot(flavour, stripped):
    """Puts the module of runtime/dot.c into a section `apus.dot` at the end, behind a byte that says where in it the
    flags of its memory import are."""
    beside = flavour.scratch / "dot.wasm"
    toolchain.link_beside(HERE / "runtime" / "dot.c", beside, toolchain.RELAXED)
    code, memory = beside.read_bytes(), b"\x03env\x06memory\x02"
    flags = code.index(memory) + len(memory)
    name = b"apus.dot"
    payload = bytes([len(name)]) + name + bytes([flags]) + code
    assert 1 << 7 <= len(payload) < 1 << 14
    with stripped.open("ab") as file:
        file.write(bytes([0, len(payload) & 127 | 128, len(payload) >> 7]) + payload)


def build(names):
    """Builds one file after another; the name of the one that fails, or None."""
    for name in names:
        flavour, stripped = FLAVOURS[name], DIST / name
        try:
            linked = swift_build(flavour)
            sources = [*HERE.glob("*.py"), *(HERE / "runtime").iterdir()]
            newest = max(path.stat().st_mtime for path in [linked, *sources])
            if stripped.exists() and stripped.stat().st_mtime >= newest:
                continue
            optimise(flavour, linked, DIST / "named" / name, stripped)
            if flavour.product == "ort":
                append_dot(flavour, stripped)
        except subprocess.CalledProcessError:
            return name
    return None


def sizes(path):
    data = path.read_bytes()
    return {"raw": len(data), "brotli": len(brotli.compress(data)), "gzip": len(gzip.compress(data, mtime=0))}


def import_lines(name, module):
    return sorted(f"{name} {m}.{n} {kind}" for m, n, kind, _ in module.imports)


def check(name, path, update):
    """What is wrong with the built file by the three lists, a line each."""
    module, wrong = Module(path), []

    if name != "apus.wasm":
        listed = set(reactor_exports()) | {"_initialize"}
        for export in sorted(set(module.exports) ^ listed):
            wrong.append(f"{name}: export '{export}' is " +
                         ("not in wasm/exports.txt" if export in module.exports else "listed but not in the file"))

    listing = HERE / "imports.txt"
    lines = listing.read_text().splitlines() if listing.exists() else []
    known = [line for line in lines if line.startswith(name + " ")]
    found = import_lines(name, module)
    if update:
        others = [line for line in lines if not line.startswith(name + " ") and not line.startswith("#")]
        listing.write_text("\n".join([HEAD, *sorted(others + found)]) + "\n")
    else:
        for line in sorted(set(found) ^ set(known)):
            wrong.append(f"{line}: " + ("a new import" if line in found else "no longer imported"))

    path_of_budget = HERE / "budget.json"
    budget = json.loads(path_of_budget.read_text())
    row, now = budget[name], sizes(path)
    for measure, limit in row["limit"].items():
        if now[measure] > limit:
            wrong.append(f"{name}: {now[measure]:,} bytes {measure}, the limit is {limit:,}")
    if update:
        row["seen"] = now
        path_of_budget.write_text(json.dumps(budget, indent=2) + "\n")
    else:
        for measure, seen in row["seen"].items():
            if now[measure] > seen * (1 + SLACK[0]) + SLACK[1]:
                wrong.append(f"{name}: {now[measure]:,} bytes {measure}, the last commit to look had {seen:,}")
    print(f"{name}: " + ", ".join(f"{value:,} {measure}" for measure, value in now.items()))
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--update", action="store_true", help="accept the imports and sizes found")
    parser.add_argument("files", nargs="*", metavar="FILE", help=", ".join(FLAVOURS))
    given = parser.parse_args()
    names = given.files or list(FLAVOURS)
    # What is compiled alike shares a build folder, and waits for its turn in it; the two go side by side.
    groups = [[name for name in names if FLAVOURS[name].relaxed == relaxed] for relaxed in (False, True)]
    with ThreadPoolExecutor() as threads:
        for failed in threads.map(build, groups):
            if failed:
                sys.exit(f"{failed} does not build")
    wrong = [line for name in names for line in check(name, DIST / name, given.update)]
    if wrong:
        print("\n".join(["", *wrong, "", "Meant so? `make wasm UPDATE=1` and commit what it changes under wasm/."]))
        sys.exit(1)


if __name__ == "__main__":
    main()
