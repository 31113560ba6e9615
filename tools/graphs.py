"""Small graphs for `make test`, with onnxruntime's results beside them: graphs.py FOLDER

Convolution, int8 and int4 arithmetic, and the graphs whose shapes no planner can know before they run.
"""
import argparse
import pathlib

import numpy as np
from onnx import helper, numpy_helper

import modelfolder
from onnxgraph import BOOL, FLOAT, INT8, INT32, INT64, UINT8, Graph

RANDOM = np.random.default_rng(7)


def noise(*shape, scale=1.0):
    return (RANDOM.standard_normal(shape) * scale).astype(np.float32)


def convolution():
    """Everything a small image classifier has: strides, groups, normalisation, residuals, pooling, a last Gemm."""
    g = Graph("convolution")
    x = g.input("image", FLOAT, ["batch", 3, 37, 41])

    def conv(x, channels, out, kernel, groups=1, **attributes):
        w = g.weight(g._fresh("conv.weight"), noise(out, channels // groups, kernel, kernel,
                                                    scale=(2 / (channels // groups * kernel * kernel)) ** 0.5))
        x = g("Conv", x, w, g.weight(g._fresh("conv.bias"), noise(out, scale=0.1)), group=groups, **attributes)
        scale, shift, mean = (g.weight(g._fresh(f"norm.{n}"), noise(out, scale=0.1) + at)
                              for n, at in (("scale", 1), ("shift", 0), ("mean", 0)))
        return g("BatchNormalization", x, scale, shift, mean,
                 g.weight(g._fresh("norm.variance"), np.abs(noise(out, scale=0.2)) + 1))

    x = g("Relu", conv(x, 3, 16, 3, strides=[2, 2], pads=[1, 1, 1, 1]))
    wide = g("Clip", conv(x, 16, 48, 1), g.constant(0, np.float32), g.constant(6, np.float32))
    wide = g("Clip", conv(wide, 48, 48, 3, 48, pads=[1, 1, 1, 1]), g.constant(0, np.float32), g.constant(6, np.float32))
    x = g("Add", x, conv(wide, 48, 16, 1))
    x = g("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
    x = g("Concat", g("Relu", conv(x, 16, 24, 5, 4, pads=[2, 2, 2, 2])),
          g("LeakyRelu", conv(x, 16, 8, 3, dilations=[2, 2], pads=[2, 2, 2, 2]), alpha=0.1), axis=1)
    x = g("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2], pads=[0, 0, 1, 1], count_include_pad=0)
    x = g("Flatten", g("GlobalAveragePool", x))
    x = g("Gemm", x, g.weight("head.weight", noise(10, 32, scale=0.2)), g.weight("head.bias", noise(10)), transB=1)
    g("Softmax", x, axis=-1, names=[g.output("probabilities", FLOAT, ["batch", 10])])
    return g.model(17), {"image": noise(2, 3, 37, 41)}


def dynamic_q8():
    """What onnxruntime.quantization makes of a Linear layer: quantise the rows as they come, multiply integers."""
    g = Graph("dynamic_q8")
    x = g.input("x", FLOAT, ["rows", 64])
    for i, (rows, columns) in enumerate([(64, 96), (96, 40)]):
        w = noise(rows, columns)
        scale = (np.abs(w).max(axis=0) / 127).astype(np.float32)
        weight = g.weight(f"weight_{i}_quantized", np.rint(w / scale).astype(np.int8))
        zero = g.weight(f"weight_{i}_zero_point", np.zeros(columns, np.int8))
        q, s, z = g("DynamicQuantizeLinear", x, outputs=3)
        product = g("Cast", g("MatMulInteger", q, weight, z, zero), to=FLOAT)
        x = g("Mul", product, g("Mul", s, g.weight(f"weight_{i}_scale", scale)))
        x = g("Add", x, g.weight(f"bias_{i}", noise(columns)))
        x = g("Relu", x) if i == 0 else g("Identity", x, names=["y"])
    g.output("y", FLOAT, ["rows", 40])
    return g.model(17), {"x": noise(13, 64)}


def qdq_conv():
    """Static int8 as a QDQ pair around each convolution, weights int8 per channel, activations uint8."""
    g = Graph("qdq_conv")
    x = g.input("image", FLOAT, [1, 3, 24, 24])

    def activation(x, scale, zero):
        s, z = g.constant(scale, np.float32), g.constant(zero, np.uint8)
        return g("DequantizeLinear", g("QuantizeLinear", x, s, z), s, z)

    x = activation(x, 0.03, 128)
    for i, (channels, out, groups, kernel) in enumerate([(3, 16, 1, 3), (16, 16, 16, 3), (16, 32, 1, 1)]):
        w = noise(out, channels // groups, kernel, kernel, scale=(2 / (channels // groups * kernel * kernel)) ** 0.5)
        scale = (np.abs(w).reshape(out, -1).max(axis=1) / 127).astype(np.float32)
        q = g.weight(f"weight_{i}", np.rint(w / scale.reshape(-1, 1, 1, 1)).astype(np.int8))
        w = g("DequantizeLinear", q, g.weight(f"scale_{i}", scale), g.weight(f"zero_{i}", np.zeros(out, np.int8)),
              axis=0)
        b = g("DequantizeLinear", g.weight(f"bias_{i}", RANDOM.integers(-900, 900, out).astype(np.int32)),
              g.weight(f"bias_scale_{i}", np.full(out, 1e-4, np.float32)), axis=0)
        x = g("Conv", x, w, b, group=groups, pads=[kernel // 2] * 4)
        x = activation(g("Relu", x), 0.04, 0)
    g("Flatten", activation(g("GlobalAveragePool", x), 0.01, 0), names=[g.output("y", FLOAT, [1, 32])])
    return g.model(17), {"image": noise(1, 3, 24, 24)}


def matmul_q4():
    """MatMulNBits of four bits in blocks of 32, one product with zero points and one without."""
    g = Graph("matmul_q4")
    x = g.input("x", FLOAT, ["batch", "rows", 80])
    for i, (k, n, zeros) in enumerate([(80, 48, True), (48, 33, False)]):
        blocks = -(-k // 32)
        packed = g.weight(f"weight_{i}", RANDOM.integers(0, 256, (n, blocks, 16)).astype(np.uint8))
        scales = g.weight(f"scales_{i}", np.abs(noise(n * blocks, scale=0.05)) + 0.01)
        inputs = [x, packed, scales]
        if zeros:
            points = RANDOM.integers(0, 256, n * ((blocks + 1) // 2)).astype(np.uint8)
            inputs.append(g.weight(f"zeros_{i}", points))
        x = g("MatMulNBits", *inputs, domain="com.microsoft", K=k, N=n, bits=4, block_size=32,
              names=["y"] if i else None)
        x = g("Tanh", x) if i == 0 else x
    g.output("y", FLOAT, ["batch", "rows", 33])
    return g.model(17, ["com.microsoft"]), {"x": noise(2, 7, 80)}


def nonzero_gather(threshold):
    """The rows whose largest element exceeds a threshold: how many, only the data says."""
    g = Graph("nonzero_gather")
    x = g.input("x", FLOAT, ["rows", 6])
    limit = g.input("threshold", FLOAT, [])
    chosen = g("NonZero", g("Greater", g("ReduceMax", x, axes=[1], keepdims=0), limit))
    rows = g("Gather", x, g("Squeeze", chosen, g.constant([0], np.int64)), axis=0, names=["chosen"])
    count = g("Gather", g("Shape", rows), g.constant(0, np.int64), names=["count"])
    # Shape arithmetic behind the cut: a tensor as long as what was chosen.
    length = g("Concat", g("Unsqueeze", count, g.constant([0], np.int64)), g.constant([3], np.int64), axis=0)
    fill = g("ConstantOfShape", length, value=helper.make_tensor("value", FLOAT, [1], [2.5]))
    total = g("ReduceSum", rows, g.constant([1], np.int64), keepdims=1)
    g("Mul", fill, total, names=["scaled"])
    g.output("chosen", FLOAT, ["chosen", 6])
    g.output("count", INT64, [])
    g.output("scaled", FLOAT, ["chosen", 3])
    x = noise(11, 6)
    return g.model(17), {"x": x, "threshold": np.float32(threshold)}


def if_shapes(flag):
    """An If whose branches give different shapes and read the outer graph, followed by nodes that do not know which."""
    then, other = Graph("then"), Graph("otherwise")
    then.scope, other.scope = "then", "otherwise"
    then("ReduceSum", "doubled", then.constant([1], np.int64), keepdims=1, names=["then_out"])
    then.output("then_out", FLOAT, ["rows", 1])
    other("Concat", "doubled", "x", axis=1, names=["else_out"])
    other.output("else_out", FLOAT, ["rows", 8])
    g = Graph("if_shapes")
    x = g.input("x", FLOAT, ["rows", 4])
    flag_in = g.input("flag", BOOL, [])
    g("Add", x, x, names=["doubled"])
    branch = g("If", flag_in, then_branch=then.graph(), else_branch=other.graph())
    g("Shape", branch, names=[g.output("shape", INT64, [2])])
    g("Neg", branch, names=[g.output("negated", FLOAT, ["rows", "columns"])])
    return g.model(17), {"x": noise(3, 4), "flag": np.bool_(flag)}


def loop_scan(trips):
    """A Loop that carries a state, ends early by its own condition and stacks a scan output."""
    body = Graph("body")
    body.scope = "body"
    body.input("i", INT64, [])
    body.input("going", BOOL, [])
    body.input("state", FLOAT, [3])
    step = body("Mul", body("Cast", "i", to=FLOAT), "x")
    body("Add", body("Mul", "state", body.constant(0.5, np.float32)), step, names=["next"])
    body("Less", body("ReduceSum", "next", keepdims=0), "limit", names=["on"])
    body("Identity", "next", names=["row"])
    for name, kind, shape in (("on", BOOL, []), ("next", FLOAT, [3]), ("row", FLOAT, [3])):
        body.output(name, kind, shape)
    g = Graph("loop_scan")
    g.input("trips", INT64, [])
    g.input("x", FLOAT, [3])
    g.input("limit", FLOAT, [])
    start = g("Mul", "x", g.constant(0, np.float32))
    going = g.constant(True, np.bool_)
    _, rows = g("Loop", "trips", going, start, body=body.graph(), names=["last", "rows"])
    g("Shape", rows, names=["shape"])
    for name, kind, shape in (("last", FLOAT, [3]), ("rows", FLOAT, ["steps", 3]), ("shape", INT64, [2])):
        g.output(name, kind, shape)
    return g.model(17), {"trips": np.int64(trips), "x": np.array([1, -0.5, 2], np.float32), "limit": np.float32(9)}


GRAPHS = {
    "convolution": convolution,
    "dynamic_q8": dynamic_q8,
    "conv_qdq": qdq_conv,
    "matmul_q4": matmul_q4,
    "nonzero_gather": lambda: nonzero_gather(1.2),
    "nonzero_gather_none": lambda: nonzero_gather(99),
    "if_shapes_then": lambda: if_shapes(True),
    "if_shapes_else": lambda: if_shapes(False),
    "loop_scan": lambda: loop_scan(3),
    "loop_scan_early": lambda: loop_scan(50),
    "loop_scan_never": lambda: loop_scan(0),
}


# Integer products are exact, so these need no more room than float32; a step of the last scale is 1e-2 of conv_qdq.
TOLERANCES = {"dynamic_q8": 1e-4, "matmul_q4": 1e-4, "conv_qdq": 1.5e-2}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    folder = parser.parse_args().folder
    for name, build in GRAPHS.items():
        model, feeds = build()
        outputs = modelfolder.reference(model, feeds, optimised=False)
        modelfolder.write(folder, name, model, feeds, outputs, TOLERANCES.get(name))
        print(f"{name}: " + ", ".join(f"{n} {list(v.shape)}" for n, v in outputs.items()))


if __name__ == "__main__":
    main()
