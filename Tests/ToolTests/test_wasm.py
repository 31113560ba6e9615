import pathlib
import subprocess
import tempfile
import unittest

import tooltest
import opcodes
from module import Module, without
from shorten import shortened

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


# Every kind of immediate, and the opcodes of relaxed SIMD among the bytes of constants and offsets.
IMMEDIATES = """(module
  (type $unary (func (param i32) (result i32)))
  (import "env" "memory" (memory 1 1 shared))
  (table funcref (elem $all))
  (func $all (param i32) (result i32) (local $v v128) (local $f f32)
    (i32.store offset=33021 (local.get 0) (i32.const 34301))
    (drop (i64.const -8445671)) (drop (f64.const 0x1.285fd285fd285p-3)) (drop (f32.const 0x1.0b0afap-2))
    (local.set $v (v128.const i8x16 0xfd 0x85 0x02 0xfd 0xaf 0x01 0xfd 0x8b 0x02 0xfd 0x81 0x02 0 0 0 0))
    (local.set $v (i8x16.shuffle 29 5 2 29 15 1 29 11 2 29 1 2 0 0 0 0 (local.get $v) (local.get $v)))
    (local.set $v (v128.load8_lane offset=650 7 (local.get 0) (local.get $v)))
    (local.set $v (i32x4.replace_lane 2 (local.get $v) (i32x4.extract_lane 1 (local.get $v))))
    (local.set $v (f32x4.relaxed_madd (local.get $v) (f32x4.splat (local.get $f)) (local.get $v)))
    (local.set $v (i32x4.relaxed_laneselect (local.get $v) (local.get $v) (i32x4.add (local.get $v) (local.get $v))))
    (local.set $v (i32x4.relaxed_trunc_f32x4_s (local.get $v)))
    (memory.copy (local.get 0) (local.get 0) (i32.const 253))
    (memory.fill (local.get 0) (local.get 0) (i32.const 389))
    (drop (i32.atomic.rmw.add offset=133 (local.get 0) (i32.const 1))) (atomic.fence)
    (drop (i32.trunc_sat_f32_s (local.get $f)))
    (drop (select (result i32) (i32.const 1) (i32.const 2) (local.get 0)))
    (drop (call_indirect (type $unary) (local.get 0) (i32.const 0)))
    (drop (memory.grow (memory.size)))
    (block $a (block $b (br_table $a $b $a $b $b (local.get 0))))
    (if (local.get 0) (then (loop $l (br_if $l (i32.const 0)))) (else (nop)))
    (call $all (local.get 0))))"""
MADD = """(module (func (param v128) (result v128) (local v128)
  (local.set 1 (v128.const f32x4 2 2 2 2))
  (f32x4.relaxed_madd %s (f32x4.splat (f32.const 3)) (local.get 1))))"""


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


    def test_without(self):
        with written(TEXT) as file:
            data = pathlib.Path(file.name).read_bytes()
        named = data + b"\0\5\4name" + b"\0\4\3abc"
        self.assertEqual(without(named, {"name"}), data + b"\0\4\3abc")
        self.assertEqual(without(named, {"name", "abc"}), data)


class OpcodeTests(unittest.TestCase):
    def test_renumbering(self):
        final = bytes(wasmtime.wat2wasm(IMMEDIATES))
        draft = opcodes.to_draft(final)
        changed = [(final[i - 1:i + 2], draft[i - 1:i + 2]) for i, byte in enumerate(final) if draft[i] != byte
                   and final[i - 1] == 0xFD]
        self.assertEqual(changed, [(b"\xfd\x85\x02", b"\xfd\xaf\x01"), (b"\xfd\x8b\x02", b"\xfd\xd2\x01"),
                                   (b"\xfd\x81\x02", b"\xfd\xa5\x01")])
        self.assertEqual(sum(a != b for a, b in zip(final, draft)), 6)
        self.assertEqual(opcodes.to_final(draft), final)

    def test_every_instruction_ends_where_the_next_begins(self):
        final = bytes(wasmtime.wat2wasm(IMMEDIATES))
        (first, end), = opcodes.bodies(final)
        found = list(opcodes.instructions(final, first, end))
        self.assertEqual(found[-1][0], b"\x0b")
        self.assertEqual(sum(match[0][0] == 0x0E for match in found), 1)
        self.assertEqual(sum(match[0] == b"\x0b" for match in found), 5)

    def test_what_is_refused(self):
        for text, message in (
            ("(module (func (param v128) (result v128) (i8x16.relaxed_swizzle (local.get 0) (local.get 0))))", "0x100"),
            ("(module (func (param v128) (drop (f32x4.relaxed_nmadd (local.get 0) (local.get 0) (local.get 0)))))",
             "0x106"),
            (MADD % "(v128.const i64x2 1 1)", "must have an operand that varies"),
            (MADD % "(local.get 1)", "must have an operand that varies"),
        ):
            with self.subTest(text), self.assertRaisesRegex(ValueError, message):
                opcodes.to_draft(bytes(wasmtime.wat2wasm(text)))
        final = bytes(wasmtime.wat2wasm(MADD % "(local.get 0)"))
        draft = opcodes.to_draft(final)
        with self.assertRaisesRegex(ValueError, "0xaf"):
            opcodes.to_draft(draft)
        with self.assertRaisesRegex(ValueError, "0x105"):
            opcodes.to_final(final)
        with self.assertRaisesRegex(ValueError, "unknown instruction"):
            opcodes.to_draft(final.replace(b"\xfd\x13", b"\x06\x13"))


class ShortenTests(unittest.TestCase):
    """What is rewritten answers as before, and traps where it did."""

    def answers(self, data, cases):
        store = wasmtime.Store()
        exports = wasmtime.Instance(store, wasmtime.Module(store.engine, data), []).exports(store)
        for name, *arguments in cases:
            try:
                yield exports[name](store, *arguments)
            except wasmtime.Trap:
                yield "trap"

    def hold(self, text, cases):
        """The file and what came of it, which answer alike."""
        data = bytes(wasmtime.wat2wasm(text))
        short = shortened(data)
        self.assertEqual(len(short), len(data))
        self.assertEqual(shortened(short), short)
        answers = list(self.answers(data, cases))
        self.assertEqual(list(self.answers(short, cases)), answers)
        return data, short, answers

    def test_products(self):
        numbers = [0, 1, -1, 2, 3, 46340, 46341, -46341, 65536, 1 << 30, (1 << 31) - 1, -1 << 31]
        data, short, answers = self.hold("""(module
          (func (export "product") (param i32 i32) (result i32) (local $wide i64) (local $low i32)
            (block $trap
              (br_if $trap (i32.ne
                (i32.wrap_i64 (i64.shr_u
                  (local.tee $wide (i64.mul (i64.extend_i32_s (local.get 0)) (i64.extend_i32_s (local.get 1))))
                  (i64.const 32)))
                (i32.shr_s (local.tee $low (i32.wrap_i64 (local.get $wide))) (i32.const 31))))
              (return (local.get $low)))
            unreachable))""", [("product", a, b) for a in numbers for b in numbers])
        expected = [a * b if -1 << 31 <= a * b < 1 << 31 else "trap" for a in numbers for b in numbers]
        self.assertEqual(answers, expected)
        self.assertNotIn(b"\x42\x20", short)  # i64.const 32

    def test_what_only_resembles_a_product(self):
        data, short, _ = self.hold("""(module
          (func (export "other") (param i64 i64) (result i32) (local $low i32) (local $wide i64)
            (i32.ne
              (i32.wrap_i64 (i64.shr_u (local.tee $wide (i64.mul (local.get 0) (local.get 1))) (i64.const 32)))
              (i32.shr_s (local.tee $low (i32.wrap_i64 (local.get 0))) (i32.const 31)))))""",
                                   [("other", 1 << 33, 1), ("other", 5, 7), ("other", -5, 7)])
        self.assertEqual(short, data)

    def test_traps(self):
        # $a and $d lead to a trap. $c does not; $e would have to leave a value; a loop goes back.
        cases = [("choose", n) for n in range(8)]
        data, short, answers = self.hold("""(module
          (func (export "choose") (param i32) (result i32)
            (block $a
              (block $b
                (block $c
                  (block $d
                    (drop (block $e (result i32)
                      (br_if $d (i32.eq (local.get 0) (i32.const 1)))
                      (br_if $a (i32.eq (local.get 0) (i32.const 2)))
                      (drop (br_if $e (i32.const 9) (i32.eq (local.get 0) (i32.const 3))))
                      (loop $l
                        (br_if $c (i32.eq (local.get 0) (i32.const 4)))
                        (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
                        (br_if $l (i32.gt_s (local.get 0) (i32.const 4))))
                      (br_table $d $b $c $a (i32.add (local.get 0) (i32.const 2)))))
                    unreachable)
                  unreachable)
                (return (i32.const 30)))
              (return (i32.const 20)))
            unreachable))""", cases)
        self.assertEqual(set(answers), {"trap", 20, 30})
        labels = [(a, b) for a, b in zip(data, short) if a != b]
        self.assertEqual(labels, [(1, 4), (1, 4)])  # From inside $e, $d became $a: of br_if and of the table.


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
