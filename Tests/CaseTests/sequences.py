"""Sequences and optionals inside a graph, and strings."""
import numpy as np
from onnx import parser

from casemath import by_onnx
from caseset import Family

F = Family(__file__, 81)


def text(name, source, feeds, expected=None, opset=18, oracle=None):
    model = parser.parse_model(f'<ir_version: 10, opset_import: ["" : {opset}]>\n{source}')
    F.add(name, model, feeds, expected, oracle)


def i64(*values):
    return np.array(values if len(values) != 1 else values[0], np.int64)


X, Y = F.noise(2, 3), F.noise(1, 3)
for at in (0, 1, 2, -1, -3):
    text(f"at_{at}".replace("-", "m"), """g (float[2,3] x, float[1,3] y, int64 at) => (float[n,m] z) {
        q = SequenceConstruct(x, y, x) z = SequenceAt(q, at) }""", {"x": X, "y": Y, "at": i64(at)})
    text(f"erase_{at}".replace("-", "m"), """g (float[2,3] x, float[1,3] y, int64 at) => (float[n,m] z, int64 l) {
        q = SequenceConstruct(x, y, x) r = SequenceErase(q, at) l = SequenceLength(r)
        z = ConcatFromSequence<axis=0>(r) }""",
         {"x": X, "y": Y, "at": i64(at)})
for at in (0, 1, 2, -1, -2):
    text(f"insert_{at}".replace("-", "m"), """g (float[2,3] x, float[1,3] y, int64 at) => (float[n,m] z, int64 l) {
        q = SequenceConstruct(x, x) r = SequenceInsert(q, y, at) l = SequenceLength(r)
        z = ConcatFromSequence<axis=0>(r) }""",
         {"x": X, "y": Y, "at": i64(at)})
text("insert_end", """g (float[2,3] x, float[1,3] y) => (float[n,m] z) {
    q = SequenceEmpty<dtype=1>() r = SequenceInsert(q, x) s = SequenceInsert(r, y)
    z = ConcatFromSequence<axis=0>(s) }""",
     {"x": X, "y": Y})
text("erase_last", """g (float[2,3] x, float[1,3] y) => (float[n,m] z) {
    q = SequenceConstruct(x, y) r = SequenceErase(q) z = ConcatFromSequence<axis=0>(r) }""", {"x": X, "y": Y})
text("int32_position", """g (float[2,3] x, float[1,3] y, int32 at) => (float[n,m] z) {
    q = SequenceConstruct(x, y) z = SequenceAt(q, at) }""", {"x": X, "y": Y, "at": np.array(1, np.int32)})
text("empty_length", "g () => (int64 l) { q = SequenceEmpty<dtype=7>() l = SequenceLength(q) }", {})
for axis, new in ((0, 0), (1, 0), (-1, 0), (0, 1), (1, 1), (-1, 1), (2, 1)):
    text(f"concat_{axis}_{new}".replace("-", "m"), f"""g (float[2,3] x, float[2,3] y) => (float[...] z) {{
        q = SequenceConstruct(x, y) z = ConcatFromSequence<axis={axis}, new_axis={new}>(q) }}""".replace(
            "[...]", "[a,b,c]" if new else "[a,b]"), {"x": X, "y": F.noise(2, 3)})
for name, split, axis, keep in (("ones", None, 0, 1), ("ones_dropped", None, 0, 0), ("axis1", None, 1, 1),
                                ("axis1_dropped", None, -1, 0),
                                ("scalar", i64(2), 0, 1), ("scalar_uneven", i64(2), 1, 1),
                                ("list", np.array([1, 3], np.int64), 0, 1)):
    feeds = {"x": F.noise(4, 5)} | ({} if split is None else {"s": split})
    dims = "" if split is None else ", int64 s" if split.ndim == 0 else ", int64[2] s"
    text(f"split_{name}", f"""g (float[4,5] x{dims}) => (int64 l, float[...] a, float[...] b) {{
        q = SplitToSequence<axis={axis}, keepdims={keep}>(x{'' if split is None else ', s'})
        l = SequenceLength(q) zero = Constant<value = int64 {{0}}>() one = Constant<value = int64 {{-1}}>()
        a = SequenceAt(q, zero) b = SequenceAt(q, one) }}""".replace("[...]", "[n]" if keep == 0 else "[n,m]"), feeds)
text("int64", """g (int64[2] x) => (int64[n] z) { q = SequenceConstruct(x, x) z = ConcatFromSequence<axis=0>(q) }""",
     {"x": i64(3, -4)})
text("strings",
     """g (string[2] x) => (string[n] z) { q = SequenceConstruct(x, x) z = ConcatFromSequence<axis=0>(q) }""",
     {"x": np.array(["a", "bé"], object)})
text("output", "g (float[2,3] x, float[1,3] y) => (seq(float[n,m]) q) { q = SequenceConstruct(x, y) }",
     {"x": X, "y": Y})
text("input",
     "g (seq(float[n,m]) q) => (float[n,m] z, int64 l) { z = ConcatFromSequence<axis=0>(q) l = SequenceLength(q) }",
     {"q": [X, Y]})
text("optional_has", """g (float[2,3] x) => (bool h, float[2,3] z) {
    o = Optional(x) h = OptionalHasElement(o) z = OptionalGetElement(o) }""", {"x": X})
text("optional_sequence", """g (float[2,3] x, float[1,3] y) => (bool h, float[n,m] z) {
    q = SequenceConstruct(x, y) o = Optional(q) h = OptionalHasElement(o) r = OptionalGetElement(o)
    z = ConcatFromSequence<axis=0>(r) }""",
     {"x": X, "y": Y})
text("has_tensor", "g (float[2,3] x) => (bool h) { h = OptionalHasElement(x) }", {"x": X})
text("has_nothing", "g () => (bool h) { h = OptionalHasElement() }", {})
text("map", """g (float[2,3] x, float[1,3] y, float[3] k) => (float[n,m] z) {
    q = SequenceConstruct(x, y)
    r = SequenceMap<body = b (float[n,m] e, float[3] c) => (float[n,m] f) { f = Mul(e, c) }>(q, k)
    z = ConcatFromSequence<axis=0>(r) }""", {"x": X, "y": Y, "k": F.noise(3)}, oracle=by_onnx)

WORDS = np.array(["apple pie", "", "Über", "a,b,,c", " two  spaces ", "naïve", "x" * 40], object)
F.one("string_concat", "StringConcat", [WORDS, np.array(["!"], object)], opset=20)
F.one("string_concat_broadcast", "StringConcat", [np.array([["a"], ["b"]], object), np.array(["c", "d", ""], object)],
      opset=20)
for name, delimiter, limit in (("comma", ",", None), ("space", None, None), ("limit", " ", 1),
                               ("limit_space", None, 1)):
    more = ({} if delimiter is None else {"delimiter": delimiter}) | ({} if limit is None else {"maxsplit": limit})
    F.one(f"string_split_{name}", "StringSplit", [WORDS], 2, opset=20, **more)
for name, pattern in (("digits", r"\d+"), ("mail", r"(\w+\.)*\w+@\w+\.\w+"), ("letters", "[a-z ]*"),
                      ("either", "a|apple pie")):
    F.one(f"regex_{name}", "RegexFullMatch", [np.array(["123", "a.b@c.de", "apple pie", "", "12a", "a"], object)],
          pattern=pattern, opset=20)
for op in ("Equal",):
    F.one("strings_equal", op, [WORDS, np.array(["", "", "Über", "a", "b", "naïve", "y"], object)], opset=19)

if __name__ == "__main__":
    F.write()
