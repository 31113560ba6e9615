import pathlib
import subprocess
import tempfile
import unittest

import tooltest
from module import Module

import wasmtime

TEXT = """(module
  (import "env" "memory" (memory 3 100))
  (import "host" "read" (func (param i32)))
  (func (export "twice") (param i32) (result i32) local.get 0 i32.const 2 i32.mul)
  (data (i32.const 8) "abc"))"""

# A WASI command: its status is the number of its arguments.
COMMAND = """(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (drop (call $sizes (i32.const 0) (i32.const 4))) (call $exit (i32.load (i32.const 0)))))"""

TRAP = '(module (memory (export "memory") 1) (func (export "_start") unreachable))'


def written(text):
    file = tempfile.NamedTemporaryFile(suffix=".wasm")
    file.write(wasmtime.wat2wasm(text))
    file.flush()
    return file


class ModuleTests(unittest.TestCase):
    def test_sections(self):
        with written(TEXT) as file:
            module = Module(file.name)
            self.assertEqual([(m, n, kind) for m, n, kind, _ in module.imports],
                             [("env", "memory", "memory"), ("host", "read", "func")])
            self.assertEqual(module.imports[0][3], (1, 3, 100))
            self.assertEqual(module.exports, {"twice": ("func", 1)})
            self.assertEqual((len(module.bodies), module.data), (1, [3]))
            self.assertEqual(pathlib.Path(file.name).read_bytes()[module.memory_flag_offset], 1)

    def test_what_is_no_module(self):
        with tempfile.NamedTemporaryFile() as file, self.assertRaises(ValueError):
            file.write(b"<!DOCTYPE html>")
            file.flush()
            Module(file.name)


class WasmtimeTests(unittest.TestCase):
    """Our runner says what the real command says."""

    def status(self, text, *arguments):
        with written(text) as file:
            filled = [file.name if argument == "MODULE" else argument for argument in arguments]
            return subprocess.run([tooltest.ROOT / "tools/wasmtime", *filled], capture_output=True).returncode

    def test_status(self):
        for arguments, status in (
            (["run", "MODULE"], 1),
            (["MODULE", "a", "b"], 3),
            (["run", "--dir", ".", "--dir=/tmp::/guest", "--env", "A=1", "MODULE", "--dir", "x"], 3),
            (["run", "--", "MODULE", "a"], 2),
            (["run"], 2),
            (["run", "--nonsense", "MODULE"], 2),
            (["run", "nowhere.wasm"], 1),
        ):
            with self.subTest(arguments):
                self.assertEqual(self.status(COMMAND, *arguments), status)

    def test_a_trap_is_134(self):
        self.assertEqual(self.status(TRAP, "run", "MODULE"), 134)


if __name__ == "__main__":
    unittest.main()
