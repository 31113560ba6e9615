"""Reads the instructions of a wasm file one by one, and renumbers those of relaxed SIMD.

wasm-opt 108, which is Debian's, knows relaxed SIMD by the numbers of the draft of 2022 and refuses the final ones. Both
take two bytes, so a file can be lent to it: `to_draft` before, `to_final` after. Nothing else in the file changes.
"""
import re

from module import CODE, Reader, sections

TRUNCATE, MADD, SELECT = 0x101, 0x105, 0x10B  # What lanes.h asks for: of float32 to int32, float32, lanes of int32.
DRAFT = {TRUNCATE: 0xA5, MADD: 0xAF, SELECT: 0xD2}
# Between 0x80 and 0xff these numbers are nobody's; drafts have used them.
FREE = frozenset(b"\x9a\xa2\xa5\xa6\xaf\xb0\xb2\xb3\xb4\xbb\xc2\xc5\xc6\xcf\xd0\xd2\xd3\xd4\xe2\xee")

INT = rb"[\x80-\xff]*[\x00-\x7f]"
# One instruction. What is not in a named group is passed over; `table` stands for br_table, whose length is in it.
INSTRUCTION = re.compile(
    rb"\x20(?P<get>INT)|\x21(?P<set>INT)|\x22(?P<tee>INT)"
    rb"|(?P<constant>[\x41\x42]INT|\x43.{4}|\x44.{8}|\xfd\x0c.{16})"
    rb"|\xfd(?:(?P<splat>[\x0f-\x14])|(?P<vector>[\x80-\xff][\x01-\x02])"
    rb"|[\x00-\x0b\x5c\x5d]INT INT|\x0d.{16}|[\x15-\x22].|[\x54-\x5b]INT INT.|[\x0e\x23-\x53\x5e-\x7f])"
    rb"|(?P<table>\x0e)"
    rb"|[\x00\x01\x05\x0b\x0f\x1a\x1b\x45-\xc4\xd1]"
    rb"|[\x02-\x04\x0c\x0d\x10\x23-\x26\x3f\x40\xd0\xd2]INT|[\x11\x28-\x3e]INT INT|\x1c\x01."
    rb"|\xfc(?:[\x00-\x07]|[\x09\x0b\x0d\x0f-\x11]INT|[\x08\x0a\x0c\x0e]INT INT)"
    rb"|\xfe(?:\x03\x00|[\x00-\x02\x10-\x4e]INT INT)".replace(b" ", b"").replace(b"INT", INT), re.DOTALL)


def bodies(data):
    """(first, end) of the instructions of each function."""
    for kind, _, _, content, _ in sections(data):
        if kind == CODE:
            r = Reader(data, content)
            for _ in range(r.uint()):
                size = r.uint()
                end = r.at + size
                for _ in range(r.uint()):  # Locals: a count and a type.
                    r.uint()
                    r.byte()
                yield r.at, end
                r.at = end


def instructions(data, at, end):
    """A match for each instruction."""
    while at < end:
        found = INSTRUCTION.match(data, at, end)
        if not found:
            raise ValueError(f"unknown instruction {data[at:at + 4].hex(' ')} at {at}")
        yield found
        at = found.end()
        if found.lastgroup == "table":
            r = Reader(data, at)
            for _ in range(r.uint() + 1):
                r.uint()
            at = r.at


def _renumbered(data, numbers):
    """The file with vector instructions renumbered; the vector instructions of each function, [(number, match)]."""
    out = bytearray(data)
    for first, end in bodies(data):
        for found in instructions(data, first, end):
            if found.lastgroup != "vector":
                continue
            low, high = found["vector"]
            number = low & 0x7F | high << 7
            if number in numbers:
                to = numbers[number]
                out[found.end() - 2:found.end()] = bytes([to & 0x7F | 0x80, to >> 7])
            elif number > 0xFF or number in FREE:
                raise ValueError(f"unknown vector instruction {number:#x} at {found.start()}")
    return bytes(out)


def constant_products(data):
    """Where in the file a multiply-add has constants for all its operands. Locals are followed along straight lines,
    as wasm-opt -O2 follows them."""
    product = bytes([MADD & 0x7F | 0x80, MADD >> 7])
    for first, end in bodies(data):
        # Whether the operands that were pushed last are constants, and what the locals were set to last.
        pushed, constant = [], {}
        for found in instructions(data, first, end):
            kind = found.lastgroup
            if kind == "constant":
                pushed.append(True)
            elif kind == "get":
                pushed.append(constant.get(found["get"], False))
            elif kind in ("set", "tee"):
                constant[found[kind]] = bool(pushed) and pushed[-1]
                if kind == "set":
                    pushed = pushed[:-1]
            elif kind != "splat":
                if kind == "vector" and found["vector"] == product and len(pushed) > 2 and all(pushed[-3:]):
                    yield found.start()
                pushed = []


def to_draft(data):
    """The file in the draft's numbers. There a multiply-add adds its first operand, not its last: wasm-opt moves it
    about as it is, but would compute one of constants wrongly."""
    for at in constant_products(data):
        raise ValueError(f"a multiply-add must have an operand that varies, got constants at {at}")
    return _renumbered(data, DRAFT)


def to_final(data):
    return _renumbered(data, {draft: final for final, draft in DRAFT.items()})
