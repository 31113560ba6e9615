"""If, Loop and Scan: captures at any depth, shadowed names, no trips, values that change shape, axes and directions."""
import numpy as np
from onnx import parser

from caseset import Family

F = Family(__file__, 25)


def text(name, source, feeds, expected=None, opset=17):
    """A model written out; the inputs are those of the feeds, in their order."""
    model = parser.parse_model(f'<ir_version: 10, opset_import: ["" : {opset}]>\n{source}')
    assert [value.name for value in model.graph.input] == list(feeds), name
    F.add(name, model, feeds, expected)


def i64(value):
    return np.array(value, np.int64)


def flag(value):
    return np.array(value, np.bool_)


X = F.noise(3, 4)

for value in (True, False):
    tag = "then" if value else "else"
    text(f"if_{tag}", """g (bool c, float[3,4] x) => (float[r,s] y) {
        y = If (c) <then_branch = t () => (float[r,s] a) { a = Neg(x) },
                    else_branch = e () => (float[r,s] b) { b = Transpose(x) }> }""", {"c": flag(value), "x": X})
    text(f"if_one_element_{tag}", """g (bool[1] c, float[3,4] x) => (float[r] y) {
        y = If (c) <then_branch = t () => (float[r] a) { a = ReduceSum<keepdims=0>(x, one) },
                    else_branch = e () => (float[r] b) { b = ReduceMax<axes=[0], keepdims=0>(x) }> }"""
         .replace("{\n        y", "<int64[1] one = {1}> {\n        y"), {"c": flag([value]), "x": X})
    text(f"if_nested_{tag}", """g (bool c, bool d, float[3,4] x) => (float[r,s] y, float[r,s] z) {
        p = Mul(x, x)
        y, z = If (c) <
            then_branch = t () => (float[r,s] a, float[r,s] a2) {
                q = Add(p, x)
                a = If (d) <then_branch = tt () => (float[r,s] u) { u = Sub(q, p) },
                            else_branch = te () => (float[r,s] v) { w = Concat<axis=0>(q, x) v = Neg(w) }>
                a2 = Identity(q) },
            else_branch = e () => (float[r,s] b, float[r,s] b2) { b = Identity(x) b2 = Abs(p) }> }""",
         {"c": flag(value), "d": flag(True), "x": X})
    text(f"if_nested_other_{tag}", """g (bool c, bool d, float[3,4] x) => (float[r,s] y) {
        p = Mul(x, x)
        y = If (c) <
            then_branch = t () => (float[r,s] a) {
                a = If (d) <then_branch = tt () => (float[r,s] u) { u = Sub(x, p) },
                            else_branch = te () => (float[r,s] v) { v = Concat<axis=0>(p, x) }> },
            else_branch = e () => (float[r,s] b) { b = Slice(x, s, e2) }> }"""
         .replace("{\n        p", "<int64[2] s = {0,1}, int64[2] e2 = {2,3}> {\n        p"),
         {"c": flag(value), "d": flag(False), "x": X})
    # The same names inside both branches and in a branch of a branch; ours must not see each other.
    text(f"if_same_names_{tag}", """g (bool c, float[3,4] x) => (float[r,s] y) {
        y = If (c) <then_branch = t () => (float[r,s] out) { m = Exp(x) out = Neg(m) },
                    else_branch = e () => (float[r,s] out) { m = Abs(x) out = Sqrt(m) }> }""",
         {"c": flag(value), "x": X})
    text(f"if_output_is_capture_{tag}", """g (bool c, float[3,4] x, float[2] z) => (float[...] y, float[...] w) {
        y = If (c) <then_branch = t () => (float[...] a) { a = Identity(x) },
                    else_branch = e () => (float[...] b) { b = Identity(z) }>
        w = Mul(y, y) }""".replace("[...]", "[n]" if not value else "[n,m]"),
         {"c": flag(value), "x": X, "z": F.noise(2)})
    text(f"if_constants_{tag}", """g (bool c) => (float[n] y) {
        y = If (c) <then_branch = t () => (float[n] a) { a = Constant<value = float[2] {1.5, 2.5}>() },
                    else_branch = e () => (float[n] b) <float[3] b = {3, 4, 5}> {  }> }""".replace(
             "<float[3] b = {3, 4, 5}> {  }", "{ k = Constant<value = float[3] {3, 4, 5}>() b = Neg(k) }"),
         {"c": flag(value)})
    text(f"if_ints_and_strings_{tag}", """g (bool c, string[2] s, int64[2] i) => (string[n] y, int64[n] z) {
        y, z = If (c) <then_branch = t () => (string[n] a, int64[n] a2) { a = Identity(s) a2 = Neg(i) },
                       else_branch = e () => (string[n] b, int64[n] b2) {
            b = Concat<axis=0>(s, s) b2 = Add(i, i) }> }""",
         {"c": flag(value), "s": np.array(["a", "é"], object), "i": i64([5, -7])})
    # A condition that is computed, and nodes that follow what has no shape before.
    text(f"if_computed_{tag}", """g (float[3,4] x, float t) => (float[n] y, int64[k] d) {
        m = ReduceMax<keepdims=0>(x)
        c = Greater(m, t)
        r = If (c) <then_branch = th () => (float[n,m] a) { a = Identity(x) },
                    else_branch = el () => (float[n,m] b) { b = Concat<axis=1>(x, x) }>
        d = Shape(r)
        y = ReduceSum<keepdims=0>(r, one) }""".replace("{\n        m", "<int64[1] one = {1}> {\n        m"),
         {"x": X, "t": np.float32(-99 if value else 99) * np.ones((), np.float32)})
    text(f"if_sequence_{tag}", """g (bool c, float[3,4] x) => (float[n,m] y) {
        q = If (c) <then_branch = t () => (seq(float[n,m]) a) { a = SequenceConstruct(x, x) },
                    else_branch = e () => (seq(float[n,m]) b) { z = Neg(x) b = SequenceConstruct(z) }>
        y = ConcatFromSequence<axis=0>(q) }""", {"c": flag(value), "x": X})

LOOP = """g (int64 n, bool c, float[2] x) => (float[2] y, float[k,2] s) {
    y, s = Loop (n, c, x) <body = b (int64 i, bool cin, float[2] v) => (bool cout, float[2] vout, float[2] scan) {
        cout = Identity(cin)
        f = Cast<to=1>(i)
        w = Add(v, f)
        vout = Mul(w, x)
        scan = Neg(w) }> }"""
for trips, condition in ((4, True), (1, True), (0, True), (3, False)):
    text(f"loop_{trips}_{condition}", LOOP, {"n": i64(trips), "c": flag(condition), "x": F.noise(2)})
text("loop_one_element", LOOP.replace("int64 n", "int64[1] n").replace("bool c", "bool[1] c"),
     {"n": i64([3]), "c": flag([True]), "x": F.noise(2)})
text("loop_no_count", """g (bool c, float[2] x, float limit) => (float[2] y, float[k] s) {
    y, s = Loop ("", c, x) <body = b (int64 i, bool cin, float[2] v) => (bool cout, float[2] vout, float scan) {
        vout = Add(v, x)
        scan = ReduceMax<keepdims=0>(vout)
        cout = Less(scan, limit) }> }""".replace('""', ""),
     {"c": flag(True), "x": np.array([1, 0.5], np.float32), "limit": np.array(6.5, np.float32)})
text("loop_no_condition", LOOP.replace("bool c, float", "float").replace("(n, c, x)", "(n, , x)"),
     {"n": i64(3), "x": F.noise(2)})
text("loop_neither", """g (float[2] x) => (float[2] y) {
    y = Loop (, , x) <body = b (int64 i, bool cin, float[2] v) => (bool cout, float[2] vout) {
        vout = Add(v, x)
        three = Constant<value = int64 {3}>()
        cout = Less(i, three) }> }""", {"x": F.noise(2)})
for trips in (0, 1, 4):
    # A carried value that grows.
    text(f"loop_grows_{trips}", """g (int64 n, bool c, float[1,2] x) => (float[k,2] y, int64[m] s) {
        y, s = Loop (n, c, x) <body = b (int64 i, bool cin, float[k,2] v) => (bool cout, float[k2,2] vout, int64 scan) {
            cout = Identity(cin)
            vout = Concat<axis=0>(v, x)
            d = Shape(vout)
            z = Constant<value = int64 {0}>()
            scan = Gather(d, z) }> }""", {"n": i64(trips), "c": flag(True), "x": F.noise(1, 2)})
    text(f"loop_no_carry_{trips}", """g (int64 n, bool c, float[2] x) => (float[m,2] s) {
        s = Loop (n, c) <body = b (int64 i, bool cin) => (bool cout, float[2] scan) {
            cout = Identity(cin)
            f = Cast<to=1>(i)
            scan = Mul(x, f) }> }""", {"n": i64(trips), "c": flag(True), "x": F.noise(2)})
    text(f"loop_scalars_{trips}", """g (int64 n, bool c, int64 a, int64 b0) => (int64 y, int64 z, int64[m] s) {
        y, z, s = Loop (n, c, a, b0) <body = b (int64 i, bool cin, int64 p, int64 q)
                => (bool cout, int64 q2, int64 r, int64 scan) {
            cout = Identity(cin)
            r = Add(p, q)
            q2 = Identity(q)
            scan = Identity(p) }> }""", {"n": i64(trips), "c": flag(True), "a": i64(0), "b0": i64(1)})
    text(f"loop_swap_{trips}", """g (int64 n, bool c, float[2] x, float[3] z) => (float[p] y, float[q] w) {
        y, w = Loop (n, c, x, z) <body = b (int64 i, bool cin, float[p] u, float[q] v)
                => (bool cout, float[q] v2, float[p] u2) {
            cout = Identity(cin)
            v2 = Identity(v)
            u2 = Neg(u) }> }""", {"n": i64(trips), "c": flag(True), "x": F.noise(2), "z": F.noise(3)})
    text(f"loop_nested_{trips}", """g (int64 n, bool c, float[2] x) => (float[2] y, float[m,2,2] s) {
        k = Constant<value = int64 {2}>()
        h = Mul(x, x)
        y, s = Loop (n, c, x) <body = outer (int64 i, bool cin, float[2] v)
                => (bool cout, float[2] vout, float[2,2] scan) {
            cout = Identity(cin)
            e = Add(v, h)
            vout, scan = Loop (k, cin, e) <body = inner (int64 j, bool cin2, float[2] w)
                    => (bool cout2, float[2] wout, float[2] sc) {
                cout2 = Identity(cin2)
                ij = Add(i, j)
                f = Cast<to=1>(ij)
                t = Mul(v, f)
                t2 = Add(t, h)
                wout = Sub(w, t2)
                sc = Add(wout, x) }> }> }""", {"n": i64(trips), "c": flag(True), "x": F.noise(2)})
    text(f"loop_if_{trips}", """g (int64 n, bool c, float[2] x) => (float[2] y, float[m] s) {
        two = Constant<value = int64 {2}>()
        y, s = Loop (n, c, x) <body = b (int64 i, bool cin, float[2] v) => (bool cout, float[2] vout, float scan) {
            cout = Identity(cin)
            r = Mod(i, two)
            odd = Cast<to=9>(r)
            vout = If (odd) <then_branch = t () => (float[2] a) { a = Add(v, x) },
                             else_branch = e () => (float[2] b2) { q = Mul(x, x) b2 = Sub(v, q) }>
            scan = ReduceSum<keepdims=0>(vout) }> }""", {"n": i64(trips), "c": flag(True), "x": F.noise(2)})
    text(f"loop_sequence_{trips}", """g (int64 n, bool c, float[2] x) => (int64 l) {
        q = SequenceEmpty<dtype=1>()
        y = Loop (n, c, q) <body = b (int64 i, bool cin, seq(float[2]) v) => (bool cout, seq(float[2]) vout) {
            cout = Identity(cin)
            vout = SequenceInsert(v, x) }>
        l = SequenceLength(y) }""", {"n": i64(trips), "c": flag(True), "x": F.noise(2)})
    text(f"loop_capture_only_{trips}", """g (int64 n, bool c, float[2] x) => (float[2] y, float[m,2] s) {
        z = Neg(x)
        y, s = Loop (n, c, x) <body = b (int64 i, bool cin, float[2] v) => (bool cout, float[2] vout, float[2] scan) {
            cout = Identity(cin)
            vout = Identity(z)
            scan = Identity(v) }> }""", {"n": i64(trips), "c": flag(True), "x": F.noise(2)})
    text(f"loop_unused_{trips}", """g (int64 n, bool c, float[2] x) => (float[m,2] s) {
        y, s = Loop (n, c, x) <body = b (int64 i, bool cin, float[2] v) => (bool cout, float[2] vout, float[2] scan) {
            cout = Identity(cin)
            vout = Exp(v)
            scan = Add(v, x) }> }""", {"n": i64(trips), "c": flag(True), "x": F.noise(2)})
for limit in (-5.0, 2.0, 50.0):
    text(f"loop_breaks_{limit:g}", """g (int64 n, bool c, float x, float limit) => (float y, float[m] s, int64 last) {
        zero = Constant<value = int64 {0}>()
        y, last, s = Loop (n, c, x, zero) <body = b (int64 i, bool cin, float v, int64 l)
                => (bool cout, float vout, int64 i2, float scan) {
            vout = Add(v, x)
            cout = Less(vout, limit)
            i2 = Identity(i)
            scan = Mul(vout, vout) }> }""",
         {"n": i64(9), "c": flag(True), "x": np.array(0.75, np.float32), "limit": np.array(limit, np.float32)})
text("loop_invariant_shape", """g (int64 n, bool c, float[2,3] x) => (float[p,q] y) {
    y = Loop (n, c, x) <body = b (int64 i, bool cin, float[p,q] v) => (bool cout, float[q,p] vout) {
        cout = Identity(cin)
        vout = Transpose(v) }> }""", {"n": i64(3), "c": flag(True), "x": F.noise(2, 3)})
text("loop_strings", """g (int64 n, bool c, string[1] x) => (string[k] y, string[m,1] s) {
    y, s = Loop (n, c, x) <body = b (int64 i, bool cin, string[k] v) => (bool cout, string[k2] vout, string[1] scan) {
        cout = Identity(cin)
        vout = Concat<axis=0>(v, x)
        scan = Identity(x) }> }""", {"n": i64(3), "c": flag(True), "x": np.array(["ab"], object)},
     # onnxruntime stacks the first and leaves the others empty.
     [np.array(["ab"] * 4, object), np.array([["ab"]] * 3, object)])

SCAN = """g (float[2] a, float[5,2] x) => (float[2] y, float[5,2] s) {
    y, s = Scan <num_scan_inputs = 1, body = b (float[2] v, float[2] e) => (float[2] vout, float[2] o) {
        vout = Add(v, e)
        o = Mul(vout, e) }ATTRIBUTES> (a, x) }"""
for name, attributes in {"plain": "", "in_reverse": ", scan_input_directions = [1]",
                         "out_reverse": ", scan_output_directions = [1]",
                         "both_reverse": ", scan_input_directions = [1], scan_output_directions = [1]",
                         "out_axis": ", scan_output_axes = [1]",
                         "out_axis_negative": ", scan_output_axes = [-1]"}.items():
    text(f"scan_{name}", SCAN.replace("ATTRIBUTES", attributes).replace("[5,2] s", "[p,q] s"),
         {"a": F.noise(2), "x": F.noise(5, 2)})
for axis, shape in ((1, (2, 5)), (-1, (2, 5)), (0, (5, 2)), (1, (2, 1))):
    text(f"scan_axis_{axis}_{shape[1]}".replace("-", "m"), f"""g (float[2] a, float[{shape[0]},{shape[1]}] x)
            => (float[2] y, float[n,2] s) {{
        y, s = Scan <num_scan_inputs = 1, scan_input_axes = [{axis}],
                     body = b (float[2] v, float[2] e) => (float[2] vout, float[2] o) {{
            vout = Add(v, e)
            o = Mul(vout, e) }}> (a, x) }}""", {"a": F.noise(2), "x": F.noise(*shape)})
text("scan_two", """g (float a, float[4] x, float[3,4] z) => (float y, float[4] s, float[n,m] t, float u) {
    y, u, s, t = Scan <num_scan_inputs = 2, scan_input_axes = [0, 1], scan_input_directions = [0, 1],
                    scan_output_axes = [0, 1], scan_output_directions = [1, 0],
                    body = b (float v, float w, float e, float[3] f) => (float v2, float w2, float o, float[3] p) {
        v2 = Add(v, e)
        w2 = Mul(w, e)
        o = Sub(v, e)
        p = Mul(f, e) }> (a, a, x, z) }""", {"a": np.array(1.5, np.float32), "x": F.noise(4), "z": F.noise(3, 4)})
text("scan_no_state", """g (float[4,3] x) => (float[4] s) {
    s = Scan <num_scan_inputs = 1, body = b (float[3] e) => (float o) { o = ReduceSum<keepdims=0>(e) }> (x) }""",
     {"x": F.noise(4, 3)})
text("scan_no_outputs", """g (float[3] a, float[4,3] x) => (float[3] y) {
    y = Scan <num_scan_inputs = 1, body = b (float[3] v, float[3] e) => (float[3] o) { o = Add(e, v) }> (a, x) }""",
     {"a": F.noise(3), "x": F.noise(4, 3)})
text("scan_captures", """g (float[3] a, float[4,3] x, float[3] k) => (float[3] y, float[4,3] s) {
    k2 = Mul(k, k)
    y, s = Scan <num_scan_inputs = 1, body = b (float[3] v, float[3] e) => (float[3] o, float[3] p) {
        q = Mul(e, k2)
        o = Add(q, v)
        p = Add(o, k) }> (a, x) }""", {"a": F.noise(3), "x": F.noise(4, 3), "k": F.noise(3)})
text("scan_in_loop", """g (int64 n, bool c, float[3] a, float[4,3] x) => (float[3] y, float[m,4,3] s) {
    y, s = Loop (n, c, a) <body = outer (int64 i, bool cin, float[3] v) => (bool cout, float[3] vout, float[4,3] sc) {
        cout = Identity(cin)
        vout, sc = Scan <num_scan_inputs = 1, body = inner (float[3] w, float[3] e) => (float[3] o, float[3] p) {
            t = Mul(e, v)
            o = Add(t, w)
            p = Sub(o, a) }> (v, x) }> }""",
     {"n": i64(2), "c": flag(True), "a": F.noise(3), "x": F.noise(4, 3)})
for op9 in (9, 11, 16, 21):
    text(f"scan_opset{op9}", SCAN.replace("ATTRIBUTES", ""), {"a": F.noise(2), "x": F.noise(5, 2)}, opset=op9)
# Opset 8: a batch in front of everything, lengths first.
for name, first, feeds in (("no_lengths", "", {}), ("lengths", "l", {"l": i64([5, 3])}),
                           ("lengths_full", "l", {"l": i64([5, 5])})):
    declared = "int64[2] l, " if feeds else ""
    for way in ("", ", directions = [1]"):
        text(f"scan8_{name}" + "_reverse" * bool(way), f"""g ({declared}float[2,2] a, float[2,5,2] x)
                => (float[2,2] y, float[2,5,2] s) {{
            y, s = Scan <num_scan_inputs = 1{way}, body = b (float[2] v, float[2] e) => (float[2] vout, float[2] o) {{
                vout = Add(v, e)
                o = Mul(vout, e) }}> ({first}, a, x) }}""",
             feeds | {"a": F.noise(2, 2), "x": F.noise(2, 5, 2)}, opset=8)

if __name__ == "__main__":
    F.write()
