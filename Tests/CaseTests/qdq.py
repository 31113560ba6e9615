"""Quantised graphs as exporters write them, which passes may fuse: fused answers are within a quantum of the others."""
import itertools

import numpy as np
from onnx import helper

from caseset import Family

F = Family(__file__, 62)
TYPES = {"u8": np.uint8, "s8": np.int8}


class Nodes:
    """A graph under construction: nodes and constants."""

    def __init__(self):
        self.nodes, self.constants = [], {}

    def constant(self, value):
        name = f"k{len(self.constants)}"
        self.constants[name] = np.asarray(value)
        return name

    def __call__(self, op, *inputs, out=None, **attributes):
        out = out or f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [out], **attributes))
        return out

    def quantised(self, x, scale, zero, out=None):
        """A pair around `x`, or one node where it is to end quantised."""
        s, z = self.constant(np.float32(scale)), self.constant(zero)
        q = self("QuantizeLinear", x, s, z, out=out)
        return q if out else self("DequantizeLinear", q, s, z)

    def weight(self, dtype, shape, axis, spread):
        low, high = (0, 255) if dtype == np.uint8 else (-127, 127)
        q = F.integers(dtype, *shape, low=low, high=high)
        count = shape[axis] if axis is not None else None
        scale = (F.integers(np.int32, *([count] if count else []), low=3, high=9) / spread).astype(np.float32)
        zero = np.zeros(count or (), dtype) if dtype == np.int8 else np.full(count or (), 120, dtype)
        return self("DequantizeLinear", self.constant(q), self.constant(scale), self.constant(zero),
                    **({} if axis is None else {"axis": axis}))

    def bias(self, count):
        return self("DequantizeLinear", self.constant(F.integers(np.int32, count, low=-500, high=500)),
                    self.constant(np.full(count, 1e-3, np.float32)), self.constant(np.zeros(count, np.int32)), axis=0)

    def add(self, title, feeds, opset=17):
        F.add(title, F.model(title, self.nodes, feeds, ["y"], self.constants, opset), feeds)


for act, weight, grain in itertools.product(TYPES, TYPES, ("tensor", "channel")):
    zero = TYPES[act](128 if act == "u8" else 0)
    for form, shape, kernel, more in (
            ("conv", (1, 3, 8, 8), (6, 3, 3, 3), {"pads": [1, 1, 1, 1]}),
            ("strided", (2, 4, 9, 7), (5, 4, 3, 3), {"strides": [2, 2]}),
            ("depthwise", (1, 6, 7, 7), (6, 1, 3, 3), {"group": 6, "pads": [1, 1, 1, 1]}),
            ("pointwise", (1, 8, 5, 5), (7, 8, 1, 1), {}),
            ("grouped", (1, 4, 6, 6), (6, 2, 3, 3), {"group": 2})):
        for end in ("plain", "relu", "clip"):
            if end != "plain" and (act, weight) != ("u8", "s8"):
                continue
            g = Nodes()
            x = g.quantised("x", 0.02, zero)
            w = g.weight(TYPES[weight], kernel, 0 if grain == "channel" else None, 2000)
            y = g("Conv", x, w, g.bias(kernel[0]), **more)
            if end == "relu":
                y = g("Relu", y)
            if end == "clip":
                y = g("Clip", y, g.constant(np.float32(0)), g.constant(np.float32(2)))
            g.quantised(y, 0.03, TYPES[act](100 if act == "u8" else 5), out="y")
            g.add(f"{form}_{act}{weight}_{grain}_{end}", {"x": F.noise(*shape)})
    for form, shape, size in (("matmul", (4, 12), (12, 7)), ("batched", (2, 3, 16), (16, 5)),
                              ("row", (1, 40), (40, 24))):
        g = Nodes()
        x = g.quantised("x", 0.02, zero)
        y = g("MatMul", x, g.weight(TYPES[weight], size, 1 if grain == "channel" else None, 2000))
        if form == "batched":
            y = g("Add", y, g.bias(size[1]))
        g.quantised(y, 0.03, TYPES[act](100 if act == "u8" else 5), out="y")
        g.add(f"{form}_{act}{weight}_{grain}", {"x": F.noise(*shape)})
    g = Nodes()
    x = g.quantised("x", 0.02, zero)
    y = g("Gemm", x, g.weight(TYPES[weight], (6, 12), 0 if grain == "channel" else None, 2000), g.bias(6), transB=1)
    g.quantised(y, 0.03, zero, out="y")
    g.add(f"gemm_{act}{weight}_{grain}", {"x": F.noise(4, 12)})
for act in TYPES:
    zero = TYPES[act](120 if act == "u8" else -3)
    for op in ("Add", "Mul", "Sub", "Concat", "MatMul"):
        g = Nodes()
        a, b = g.quantised("a", 0.02, zero), g.quantised("b", 0.015, TYPES[act](5))
        y = g(op, a, b, **({"axis": 1} if op == "Concat" else {}))
        g.quantised(y, 0.03, zero, out="y")
        g.add(f"{op.lower()}_{act}", {"a": F.noise(5, 5), "b": F.noise(5, 5)})
    for op, more in (("Relu", {}), ("Sigmoid", {}), ("LeakyRelu", {"alpha": 0.1}), ("Tanh", {}), ("Softmax", {}),
                     ("GlobalAveragePool", {}),
                     ("AveragePool", {"kernel_shape": [2, 2]}), ("MaxPool", {"kernel_shape": [2, 2]}),
                     ("Transpose", {"perm": [0, 2, 3, 1]}),
                     ("Flatten", {}), ("HardSwish", {}), ("Identity", {})):
        g = Nodes()
        y = g(op, g.quantised("x", 0.02, zero), **more)
        g.quantised(y, 0.01 if op in ("Sigmoid", "Softmax", "Tanh") else 0.02, zero, out="y")
        g.add(f"{op.lower()}_{act}", {"x": F.noise(1, 3, 6, 6)})
# The pair alone, folded where its input is a constant and kept where it is not.
for act in TYPES:
    g = Nodes()
    g("Neg", g.quantised("x", 0.02, TYPES[act](7)), out="y")
    g.add(f"pair_{act}", {"x": F.noise(40)})
    g = Nodes()
    g("Add", "x", g.quantised(g.constant(F.noise(12)), 0.02, TYPES[act](7)), out="y")
    g.add(f"pair_of_constant_{act}", {"x": F.noise(12)})
# What quantize_dynamic of onnxruntime makes.
for weight, grain, points, bias, end in itertools.product(TYPES, ("tensor", "channel"), (False, True), (False, True),
                                                          ("", "Relu", "Gelu")):
    if end and not (bias and points):
        continue
    g = Nodes()
    k, n = 24, 10
    q = F.integers(TYPES[weight], k, n)
    s = (F.integers(np.int32, *([n] if grain == "channel" else []), low=3, high=9) / 2000).astype(np.float32)
    zero = [g.constant(F.integers(TYPES[weight], *([n] if grain == "channel" else [])))] if points else []
    g.nodes.append(helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "s", "z"]))
    product = g("Cast", g("MatMulInteger", "q", g.constant(q), "z", *zero), to=1)
    scale = g("Mul", "s", g.constant(s))
    y = g("Mul", product, scale, out="y" if not bias else None)
    if bias:
        y = g("Add", y, g.constant(F.noise(n)), out=None if end else "y")
    if end:
        g(end, y, out="y")
    g.add(f"dynamic_{weight}_{grain}" + "_zero" * points + "_bias" * bias + f"_{end.lower()}" * bool(end),
          {"x": F.noise(5, k)},
          opset=20)
for form, shape, kernel, more in (("conv", (1, 3, 8, 8), (6, 3, 3, 3), {"pads": [1, 1, 1, 1]}),
                                  ("depthwise", (1, 6, 7, 7), (6, 1, 3, 3), {"group": 6}),
                                  ("line", (1, 4, 9), (5, 4, 3), {})):
    g = Nodes()
    g.nodes.append(helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "s", "z"]))
    product = g("Cast", g("ConvInteger", "q", g.constant(F.integers(np.uint8, *kernel)), "z",
                          g.constant(np.uint8(128)), **more), to=1)
    y = g("Mul", product, g("Mul", "s", g.constant(np.float32(0.004))))
    g("Add", y, g.constant(F.noise(1, kernel[0], *[1] * (len(shape) - 2))), out="y")
    # onnxruntime pads with the number 0 and not with what stands for nothing: that is kept to forms without padding.
    if not more.get("pads"):
        g.add(f"dynamic_{form}", {"x": F.noise(*shape)})

if __name__ == "__main__":
    F.write()
