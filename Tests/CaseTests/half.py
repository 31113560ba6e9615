"""The common operators in float16: computed wider and rounded once, as onnxruntime does between its casts."""
import numpy as np
from onnx import TensorProto

from caseset import Family

F = Family(__file__, 31)
H = np.float16


def noise(*shape, scale=1.0):
    return F.noise(*shape, scale=scale, dtype=H)


def positive(*shape):
    return np.abs(noise(*shape)) + H(0.25)


def i64(*values):
    return np.array(values, np.int64)


UNARY = {"Abs": 22, "Neg": 22, "Exp": 22, "Sigmoid": 22, "Tanh": 22, "Relu": 22, "Elu": 21, "Selu": 21, "LeakyRelu": 16,
         "Softplus": 21, "Softsign": 21, "HardSigmoid": 21, "HardSwish": 21, "Erf": 22, "Floor": 22, "Ceil": 22,
         "Round": 22,
         "Sign": 22, "Sin": 21, "Cos": 21, "Reciprocal": 22, "ThresholdedRelu": 21, "Gelu": 22, "Mish": 21,
         "Identity": 22, "IsNaN": 22, "Softmax": 22, "LogSoftmax": 22, "Hardmax": 22, "Atan": 21, "Sinh": 21,
         "Shrink": 22, "Tan": 21, "Asinh": 21}
for op, opset in UNARY.items():
    F.one(op.lower(), op, [noise(3, 5)], opset=opset)
    if "max" not in op:
        F.one(f"{op.lower()}_scalar", op, [noise()], opset=opset)
for op in ("Log", "Sqrt"):
    F.one(op.lower(), op, [positive(3, 5)])
for op in ("Asin", "Acos", "Atanh"):
    F.one(op.lower(), op, [np.clip(noise(3, 5), -0.9, 0.9).astype(H)], opset=21)
F.one("acosh", "Acosh", [positive(3, 5) + H(1)], opset=21)
for op in ("Add", "Sub", "Mul", "Div", "Max", "Min", "PRelu", "Pow", "Less", "Greater", "Equal", "GreaterOrEqual"):
    left = positive(3, 4) if op == "Pow" else noise(3, 4)
    for name, right in (("same", positive(3, 4)), ("row", positive(4)), ("column", positive(3, 1)),
                        ("scalar", positive())):
        F.one(f"{op.lower()}_{name}", op, [left, right])
F.one("mod", "Mod", [noise(9, scale=5), positive(9)], fmod=1)
F.one("where", "Where", [np.array([[True], [False]]), noise(2, 3), noise(3)])
F.one("sum", "Sum", [noise(2, 3), noise(3), noise(2, 1)])
F.one("mean", "Mean", [noise(2, 3), noise(3), noise(2, 1)])
F.one("clip", "Clip", [noise(12), np.array(-0.5, H), np.array(0.75, H)], constant=".cc")
F.one("overflow", "Mul", [np.array([60000, -60000, 3e-8, 6e-5, np.nan, np.inf], H), np.array([2, 2, 1, 0.5, 1, 1], H)])
for op in ("ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare",
           "ReduceLogSumExp"):
    for axes in ((1,), (0, 2), ()):
        F.one(f"{op.lower()}_{'_'.join(map(str, axes)) or 'all'}", op, [noise(2, 3, 4), i64(*axes) if axes else None],
              constant=".c", opset=18, keepdims=len(axes) % 2)
F.one("reducesum_long", "ReduceSum", [noise(2, 3000), i64(1)], constant=".c", opset=18)
F.one("reducemean_large", "ReduceMean", [noise(2, 300) + H(500), i64(1)], constant=".c", opset=18)
for op in ("ArgMax", "ArgMin"):
    F.one(op.lower(), op, [noise(3, 6)], axis=1)
F.one("topk", "TopK", [noise(3, 7), i64(3)], 2, constant=".c")
F.one("cumsum", "CumSum", [noise(3, 4), np.array(1, np.int64)], constant=".c")
for name, left, right in (("2d", (5, 7), (7, 6)), ("batch", (2, 3, 4, 5), (2, 3, 5, 6)),
                          ("broadcast", (2, 4, 33), (33, 17)),
                          ("vector", (6,), (6, 3)), ("row", (1, 64), (64, 48)), ("dot", (6,), (6,)),
                          ("k0", (2, 0), (0, 3))):
    for constant in ("", ".c"):
        F.one(f"matmul_{name}" + "_const" * bool(constant), "MatMul", [noise(*left), noise(*right, scale=0.3)],
              constant=constant)
for trans in (0, 1):
    a, b = noise(4, 6), noise(6, 5, scale=0.3)
    F.one(f"gemm_{trans}", "Gemm", [a.T.copy() if trans else a, b.T.copy() if trans else b, noise(5)], transA=trans,
          transB=trans, alpha=0.5, beta=2.0, constant=".cc")
F.one("gemm_no_c", "Gemm", [noise(3, 4), noise(4, 2)])
for name, shape, kernel, more in (
        ("plain", (1, 3, 7, 6), (4, 3, 3, 3), {}), ("pads", (2, 2, 7, 6), (3, 2, 3, 3),
                                                    {"pads": [1, 1, 1, 1], "strides": [2, 2]}),
        ("depthwise", (1, 5, 7, 7), (5, 1, 3, 3), {"group": 5, "pads": [1, 1, 1, 1]}),
        ("pointwise", (1, 9, 4, 4), (7, 9, 1, 1), {}), ("line", (1, 3, 12), (4, 3, 5), {"pads": [2, 2]}),
        ("volume", (1, 2, 4, 4, 4), (2, 2, 2, 2, 2), {})):
    for constant in ("", ".cc"):
        F.one(f"conv_{name}" + "_const" * bool(constant), "Conv",
              [noise(*shape), noise(*kernel, scale=0.3), noise(kernel[0])], constant=constant, opset=21, **more)
F.one("convtranspose", "ConvTranspose", [noise(1, 3, 4, 4), noise(3, 2, 3, 3, scale=0.3), noise(2)], strides=[2, 2],
      constant=".cc", opset=21)
for op in ("MaxPool", "AveragePool"):
    F.one(op.lower(), op, [noise(1, 2, 7, 8)], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], opset=21)
for op in ("GlobalAveragePool", "GlobalMaxPool"):
    F.one(op.lower(), op, [noise(2, 3, 5, 5)], opset=21)
F.one("batchnorm", "BatchNormalization", [noise(2, 3, 4, 4), noise(3), noise(3), noise(3), positive(3)],
      constant=".cccc")
for axis in (1, -1):
    F.one(f"layernorm_{axis % 3}", "LayerNormalization", [noise(2, 3, 8), noise(*([3, 8] if axis == 1 else [8])),
                                                          noise(*([3, 8] if axis == 1 else [8]))], axis=axis,
                                                          constant=".cc")
F.one("layernorm_large", "LayerNormalization", [noise(2, 32, scale=200), noise(32)], constant=".c")
F.one("instancenorm", "InstanceNormalization", [noise(2, 3, 4, 4), noise(3), noise(3)], constant=".cc", opset=21)
F.one("groupnorm", "GroupNormalization", [noise(2, 4, 3, 3), noise(4), noise(4)], num_groups=2, constant=".cc",
      opset=21)
F.one("rmsnorm", "RMSNormalization", [noise(2, 3, 8), noise(8)], constant=".c", opset=23)
F.one("lrn", "LRN", [noise(1, 6, 3, 3)], size=3)
F.one("lpnorm", "LpNormalization", [noise(3, 4)], axis=1, p=2, opset=21)
F.one("einsum", "Einsum", [noise(2, 3, 4), noise(2, 4, 5)], equation="bij,bjk->bik")
for mode in ("nearest", "linear", "cubic"):
    F.one(f"resize_{mode}", "Resize", [noise(1, 2, 4, 5), None, np.array([1, 1, 1.6, 0.7], np.float32)], mode=mode,
          constant="..c", opset=18)
F.one("gridsample", "GridSample", [noise(1, 2, 4, 5), np.clip(noise(1, 3, 3, 2), -1, 1).astype(H)], opset=20,
      mode="linear")
for op in ("LSTM", "GRU", "RNN"):
    gates = {"LSTM": 4, "GRU": 3, "RNN": 1}[op]
    F.one(op.lower(), op, [noise(4, 2, 3), noise(2, gates * 5, 3, scale=0.4), noise(2, gates * 5, 5, scale=0.4),
                           noise(2, gates * 10, scale=0.4)], 2, hidden_size=5, direction="bidirectional", opset=14,
          constant=".ccc")
for op, inputs, more in (
        ("Transpose", [noise(2, 3, 4)], {"perm": [2, 0, 1]}), ("Concat", [noise(2, 3), noise(2, 1)], {"axis": 1}),
        ("Slice", [noise(5, 4), i64(3, 0), i64(0, 4), i64(0, 1), i64(-1, 2)], {}),
        ("Gather", [noise(5, 3), i64(-1, 2)], {}),
        ("GatherElements", [noise(3, 3), np.array([[0, -1, 2]], np.int64)], {}),
        ("GatherND", [noise(3, 3), np.array([[0, 1]])], {}),
        ("Pad", [noise(2, 3), i64(1, 0, 0, 2), np.array(0.5, H)], {}), ("Tile", [noise(2, 2), i64(2, 3)], {}),
        ("Expand", [noise(3, 1), i64(2, 3, 4)], {}), ("Split", [noise(5, 2), i64(2, 3)], {}),
        ("Reshape", [noise(2, 6), i64(3, -1)], {}), ("ScatterND", [noise(4, 2), np.array([[1], [3]]), noise(2, 2)], {}),
        ("ScatterElements", [noise(3, 3), np.array([[1, 0, 2]]), noise(1, 3)], {}), ("Trilu", [noise(4, 4)], {}),
        ("DepthToSpace", [noise(1, 8, 2, 3)], {"blocksize": 2}),
        ("SpaceToDepth", [noise(1, 2, 4, 6)], {"blocksize": 2}),
        ("ReverseSequence", [noise(4, 2), i64(3, 2)], {}), ("OneHot", [i64(0, 2, -1), np.array(3, np.int64), noise(2)],
                                                            {}),
        ("Compress", [noise(4, 2), np.array([True, False, True, True])], {"axis": 0}), ("NonZero", [noise(3, 3)], {}),
        ("Flatten", [noise(2, 3, 4)], {"axis": 2}), ("Unsqueeze", [noise(2, 3), i64(0, 3)], {}),
        ("Shape", [noise(2, 3)], {}),
        ("EyeLike", [noise(3, 3)], {}),
        ("Dropout", [noise(2, 3)], {}), ("CumSum", [noise(5), np.array(0, np.int64)], {"reverse": 1, "exclusive": 1})):
    F.one(f"{op.lower()}_form", op, inputs, 2 if op == "Split" else 1, constant="." + "c" * (len(inputs) - 1)
          if op not in (
        "Concat", "ScatterND", "ScatterElements", "Compress", "GatherND") else "", opset=21, **more)
ALL = [0, 0.1, -0.1, 1 / 3, 6e-8, 2e-8, 5.96e-8, 6.1e-5, 65504, 65519, 65520, 1e9, -1e9, np.inf, -np.inf, np.nan, 2049,
       2050.9, 1 + 2 ** -11, 1 + 3 * 2 ** -11]
F.one("cast_from_float", "Cast", [np.array(ALL, np.float32)], to=TensorProto.FLOAT16)
F.one("cast_from_double", "Cast", [np.array(ALL, np.float64)], to=TensorProto.FLOAT16)
for dtype in (np.int32, np.int64, np.uint8, np.int8, np.uint16):
    F.one(f"cast_from_{np.dtype(dtype).name}", "Cast", [np.array([0, 1, 77, 100], dtype)], to=TensorProto.FLOAT16)
    F.one(f"cast_to_{np.dtype(dtype).name}", "Cast", [np.array([0, 1.75, 2.5, 100], H)],
          to=getattr(TensorProto, np.dtype(dtype).name.upper()))
F.one("cast_to_bool", "Cast", [np.array([0, -0.0, 1e-7, np.nan, np.inf], H)], to=TensorProto.BOOL)
F.one("cast_to_double", "Cast", [np.array(ALL[:9], H)], to=TensorProto.DOUBLE)
F.one("cast_to_float", "Cast", [np.array([0, 5.96e-8, 6.1e-5, 65504, np.inf, np.nan], H)], to=TensorProto.FLOAT)
F.one("cast_from_bool", "Cast", [np.array([True, False])], to=TensorProto.FLOAT16)
F.one("cast_from_string", "Cast", [np.array(["1.5", "-2", "NaN", "1e3", "INF"], object)], to=TensorProto.FLOAT16)
# com.microsoft
F.one("skiplayernorm", "SkipLayerNormalization", [noise(2, 3, 8), noise(2, 3, 8), noise(8), noise(8), noise(8)],
      domain="com.microsoft", constant="..ccc")
F.one("skipsimplified", "SkipSimplifiedLayerNormalization", [noise(2, 3, 8), noise(2, 3, 8), noise(8)],
      [True, False, False, True], domain="com.microsoft", constant="..c")
F.one("biasgelu", "BiasGelu", [noise(3, 6), noise(6)], domain="com.microsoft")
F.one("fastgelu", "FastGelu", [noise(3, 6), noise(6)], domain="com.microsoft")
F.one("quickgelu", "QuickGelu", [noise(3, 6)], domain="com.microsoft")
F.one("fusedmatmul", "FusedMatMul", [noise(4, 6), noise(5, 6)], domain="com.microsoft", transB=1, alpha=0.5)
F.one("dequantize", "DequantizeLinear", [F.integers(np.uint8, 3, 4), positive(), np.array(120, np.uint8)], opset=19)
F.one("quantize", "QuantizeLinear", [noise(3, 4), np.array(0.05, H), np.array(120, np.uint8)], opset=19)

if __name__ == "__main__":
    F.write()
