"""Where the Swift toolchain and WASI's libc are on this machine, and the SwiftPM toolset made of them."""
import glob
import json
import os
import pathlib
import shutil
import subprocess

SYSROOTS = [  # (headers, libraries)
    ("/usr/include/wasm32-wasi", "/usr/lib/wasm32-wasi"),
    ("/opt/wasi-sdk/share/wasi-sysroot/include/wasm32-wasi", "/opt/wasi-sdk/share/wasi-sysroot/lib/wasm32-wasi"),
]
BUILTINS = [
    "/usr/lib/llvm-*/lib/clang/*/lib/wasi/libclang_rt.builtins-wasm32.a",
    "/usr/lib/clang/*/lib/wasi/libclang_rt.builtins-wasm32.a",
    "/opt/wasi-sdk/lib/clang/*/lib/*/libclang_rt.builtins*.a",
]

# What every function is compiled for. Baseline SIMD: Node 16, Chrome 91, Firefox 89, Safari 16.4. Atomics work on
# plain memory too.
BASELINE = ["-msimd128", "-matomics", "-mbulk-memory", "-mnontrapping-fptoint", "-msign-ext"]
# Node 22, Chrome 114, Firefox 145; what has these instructions is refused as a whole elsewhere.
RELAXED = [*BASELINE, "-mrelaxed-simd"]


class Missing(SystemExit):
    """Something the build needs is not on this machine; says what, and what brings it."""


def swift_bin():
    """The folder of the toolchain's programs, seen through any proxy in front of `swift`."""
    if not shutil.which("swiftc"):
        raise Missing("swiftc is not on PATH: install Swift 6.3 (https://www.swift.org/install)")
    info = json.loads(subprocess.check_output(["swiftc", "-print-target-info"]))
    return pathlib.Path(info["paths"]["runtimeResourcePath"]).parent.parent / "bin"


def sysroot():
    override = os.environ.get("WASI_SYSROOT")
    candidates = [(f"{override}/include/wasm32-wasi", f"{override}/lib/wasm32-wasi")] if override else SYSROOTS
    for headers, libraries in candidates:
        if os.path.exists(f"{libraries}/libc.a"):
            return headers, libraries
    raise Missing("no WASI libc found: apt-get install wasi-libc, or set WASI_SYSROOT")


def builtins():
    for pattern in BUILTINS:
        for path in sorted(glob.glob(pattern), reverse=True):
            return path
    raise Missing("no compiler-rt builtins for wasm32 found: apt-get install libclang-rt-19-dev-wasm32")


def toolset(link, features):
    """The toolset of one product, as SwiftPM reads it; `link` is what its linker gets besides libc."""
    headers, libraries = sysroot()
    c = ["-isystem", headers, "-D__wasi__", *features]
    swift = ["-enable-experimental-feature", "Embedded", "-enable-experimental-feature", "Extern", "-wmo",
             "-Xfrontend", "-disable-stack-protector", "-Xclang-linker", "-nostdlib"]
    for flag in c:
        swift += ["-Xcc", flag]
    return {
        "schemaVersion": "1.0",
        "rootPath": str(swift_bin()),
        "swiftCompiler": {"extraCLIOptions": swift},
        "cCompiler": {"extraCLIOptions": c},
        "linker": {"extraCLIOptions": [*link, f"-L{libraries}", "-lc", builtins()]},
    }


def crt(name):
    return f"{sysroot()[1]}/{name}"


def compile_c(source, target):
    """Compiles one C file of ours for wasm32 with the toolchain's clang."""
    subprocess.check_call([swift_bin() / "clang", "--target=wasm32-unknown-wasi", "-O2", "-ffreestanding", "-isystem",
                           sysroot()[0], *BASELINE, "-c", source, "-o", target])


def link_beside(source, target, features):
    """Compiles one C file of ours to a module of its own, on a memory that it imports."""
    subprocess.check_call([swift_bin() / "clang", "--target=wasm32-unknown-unknown", "-O2", "-ffreestanding", *features,
                           "-nostdlib", "--no-wasm-opt", "-Wl,--no-entry", "-Wl,--import-memory", "-Wl,--strip-all",
                           "-Wl,--initial-memory=65536", f"-Wl,--max-memory={1 << 32}", "-Wl,-z,stack-size=0",
                           "-o", target, source])
