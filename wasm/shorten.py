"""Rewrites in place what LLVM writes long and wasm-opt does not shorten; what becomes unused, wasm-opt drops.

Traps: each check of Swift's has a block of its own, `block … br_if … end unreachable`. A branch to one of them may as
well go to the outermost around it, and blocks that nobody branches to cost nothing.

Products of checked integers are made in 64 bits, and overflow where the upper half is not the sign of the lower half.
That is asked in more instructions than it takes.

Every replacement is as long as what it replaces, so that no size and no offset in the file changes.
"""
import opcodes
from module import Reader

UNREACHABLE, BLOCK, LOOP, IF, END, BR, BR_IF, BR_TABLE = 0x00, 0x02, 0x03, 0x04, 0x0B, 0x0C, 0x0D, 0x0E
OPENS, VOID, NOP = (BLOCK, LOOP, IF), b"\x40", b"\x01"

# Behind the product, which goes to a local: product >> 32 != int32(product) >> 31, int32(product) kept in another.
# (i64.const 32, i64.shr_u, i32.wrap_i64, local.get, i32.wrap_i64, local.tee, i32.const 31, i32.shr_s, i32.ne)
OVERFLOWS = [b"\x42\x20", b"\x88", b"\xa7", None, b"\xa7", None, b"\x41\x1f", b"\x75", b"\x47"]


def shortened(data):
    out = bytearray(data)
    for first, end in opcodes.bodies(data):
        code = list(opcodes.instructions(data, first, end))
        _share_traps(data, code, out)
        for i, found in enumerate(code):
            if found[0] == OVERFLOWS[0] and i > 0:
                _shorten_product(code[i - 1:i + len(OVERFLOWS)], out)
    return bytes(out)


def _share_traps(data, code, out):
    around, traps = [], {}  # The blocks that are open, and which of all lead to a trap at their end.
    for i, found in enumerate(code):
        if found[0][0] in OPENS:
            around.append(i)
        elif found[0][0] == END and around:
            begin = around.pop()
            traps[begin] = (code[begin][0][0] != LOOP and code[begin][0][1:] == VOID
                            and code[i + 1][0][0] == UNREACHABLE)

    def share(at):
        """Takes the branch label at the offset, and answers where it ends."""
        r = Reader(data, at)
        depth = r.uint()
        if depth < len(around) and traps[around[-1 - depth]]:
            for i, begin in enumerate(around):
                label = len(around) - 1 - i
                if traps[begin] and label < 1 << 7 * (r.at - at):
                    out[at:r.at] = _uint(label, r.at - at)
                    break
        return r.at

    for i, found in enumerate(code):
        opcode = found[0][0]
        if opcode in OPENS:
            around.append(i)
        elif opcode == END and around:
            around.pop()
        elif opcode in (BR, BR_IF):
            share(found.start() + 1)
        elif opcode == BR_TABLE:
            r = Reader(data, found.end())
            count = r.uint() + 1
            at = r.at
            for _ in range(count):
                at = share(at)


def _uint(value, size):
    """An integer in so many bytes, with more of them than it needs where that is so."""
    return bytes(value >> 7 * i & 0x7F | (0x80 if i + 1 < size else 0) for i in range(size))


def _shorten_product(code, out):
    """Compares the product with its lower half instead, extended."""
    if len(code) < 1 + len(OVERFLOWS) or any(
            wanted not in (None, found[0]) for wanted, found in zip(OVERFLOWS, code[1:])):
        return
    product, low = code[0]["tee"], code[6]["tee"]
    if not product or not low or code[4]["get"] != product:
        return
    # local.tee, i32.wrap_i64, local.set; local.get, local.get, i64.extend32_s, i64.ne
    short = b"\x22%b\xa7\x21%b\x20%b\x20%b\xc4\x52" % (product, low, product, product)
    begin, end = code[0].start(), code[-1].end()
    if len(short) <= end - begin:
        out[begin:end] = short + NOP * (end - begin - len(short))
