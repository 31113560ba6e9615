"""Reductions, ArgMax, TopK, Einsum, NonMaxSuppression, normalisations and activations: options, ties, no elements."""
import itertools

import numpy as np

from casemath import by_onnx
from caseset import Family

F = Family(__file__, 51)


def i64(*values):
    return np.array(values, np.int64)


REDUCTIONS = ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2",
              "ReduceSumSquare",
              "ReduceLogSum", "ReduceLogSumExp"]
for op in REDUCTIONS:
    for keep, (form, axes) in itertools.product((0, 1), (("last", (-1,)), ("first", (0,)), ("middle", (1,)),
                                                         ("two", (0, 2)),
                                                         ("unordered", (2, -3)), ("all", None))):
        x = F.noise(2, 3, 4)
        x = np.abs(x) + np.float32(0.1) if op == "ReduceLogSum" else x
        F.one(f"{op}_{form}_{keep}", op, [x] + ([] if axes is None else [i64(*axes)]), constant=".c", keepdims=keep,
              opset=18)
    F.one(f"{op}_noop", op, [np.abs(F.noise(2, 3)) + np.float32(0.1), i64()], constant=".c", noop_with_empty_axes=1,
          opset=18)
    F.one(f"{op}_noop_absent", op, [np.abs(F.noise(2, 3)) + np.float32(0.1)], noop_with_empty_axes=1, opset=18)
    F.one(f"{op}_empty_axes", op, [np.abs(F.noise(2, 3)) + np.float32(0.1), i64()], constant=".c", opset=18)
    F.one(f"{op}_scalar", op, [np.abs(F.noise()) + np.float32(0.1)], opset=18)
    F.one(f"{op}_fed", op, [np.abs(F.noise(2, 3, 2)) + np.float32(0.1), i64(1)], opset=18)
    if op != "ReduceMean":  # Which is undefined.
        F.one(f"{op}_none", op, [np.zeros((2, 0, 3), np.float32), i64(1)], constant=".c", opset=20)
    F.one(f"{op}_none_kept", op, [np.zeros((2, 0, 3), np.float32), i64(0)], constant=".c", opset=20)
    F.one(f"{op}_opset11", op, [np.abs(F.noise(2, 3, 2)) + np.float32(0.1)], axes=[1], keepdims=0, opset=11)
    F.one(f"{op}_long", op, [np.abs(F.noise(3, 257)) * np.float32(0.05 if op == "ReduceProd" else 1) + np.float32(
        0.9 if op == "ReduceProd" else 0.1), i64(1)], constant=".c", opset=18)
    F.one(f"{op}_double", op, [np.abs(F.noise(2, 5, dtype=np.float64)) + 0.1, i64(0)], constant=".c", opset=18)
for op in ("ReduceMax", "ReduceMin"):
    F.one(f"{op}_infinity", op, [np.array([[1, np.inf, -np.inf], [-np.inf, -np.inf, -np.inf]], np.float32), i64(1)],
          constant=".c",
          opset=18)
    F.one(f"{op}_bool", op, [np.array([[True, False], [False, False], [True, True]]), i64(1)], constant=".c", opset=20)
for op, axis, keep, last in itertools.product(("ArgMax", "ArgMin"), (0, 1, -1), (0, 1), (0, 1)):
    F.one(f"{op}_{axis}_{keep}{last}".replace("-", "m"), op, [F.integers(np.int32, 3, 4, 5, low=0, high=3)], axis=axis,
          keepdims=keep,
          select_last_index=last)
for dtype in (np.float32, np.float64, np.int8, np.uint8, np.int64):
    F.one(f"ArgMax_{np.dtype(dtype).name}", "ArgMax", [F.integers(np.int8, 3, 9, low=0, high=5).astype(dtype)], axis=1)

for dtype, largest, axis in itertools.product((np.float32, np.int64, np.int32, np.uint8, np.float64), (0, 1), (0, -1)):
    # Few different numbers, so that the lower index has to win.
    F.one(f"topk_{np.dtype(dtype).name}_{largest}_{axis % 2}", "TopK",
          [F.integers(np.int8, 4, 9, low=0, high=4).astype(dtype), i64(3)],
          2, constant=".c", largest=largest, axis=axis)
for k in (0, 1, 9):
    F.one(f"topk_k{k}", "TopK", [F.noise(2, 9), i64(k)], 2, constant=".c" if k != 1 else "")
F.one("topk_nan_free_infinities", "TopK", [np.array([np.inf, 1, -np.inf, np.inf, 0], np.float32), i64(5)], 2,
      constant=".c")
F.one("topk_long", "TopK", [F.noise(1, 500), i64(40)], 2, constant=".c")
F.one("topk_middle", "TopK", [F.noise(2, 7, 3), i64(4)], 2, constant=".c", axis=1)
F.one("topk_opset1", "TopK", [F.noise(2, 7)], 2, k=3, axis=1, opset=9)
F.one("topk_opset10", "TopK", [F.noise(2, 7), i64(3)], 2, opset=10, constant=".c")

for equation, shapes in {
        "ij,jk->ik": [(3, 4), (4, 2)], "ij,jk": [(3, 4), (4, 2)], "ij->ji": [(3, 4)], "ij->": [(3, 4)],
        "ij->j": [(3, 4)],
        "ii->i": [(4, 4)], "ii": [(4, 4)], "iij->ij": [(3, 3, 2)], "i,j->ij": [(3,), (4,)], "i,i->": [(5,), (5,)],
        "bij,bjk->bik": [(2, 3, 4), (2, 4, 5)], "...ij,...jk->...ik": [(2, 3, 4), (2, 4, 5)],
        "...ij,jk->...ik": [(2, 2, 3, 4), (4, 5)], "...i->...": [(2, 3, 4)], "i...->...": [(3, 2, 2)],
        "...": [(2, 3)], "...,...->...": [(2, 1, 3), (4, 3)], "bhqd,bhkd->bhqk": [(2, 2, 3, 4), (2, 2, 5, 4)],
        "bhqk,bhkd->bqhd": [(2, 2, 3, 4), (2, 2, 4, 5)], "ij,kj,lj->ikl": [(2, 3), (4, 3), (2, 3)],
        "a,b,c->cab": [(2,), (3,), (4,)], "ijk,il->kjl": [(2, 3, 4), (2, 5)], " i j , j k -> i k ": [(2, 3), (3, 2)],
        "ba,ac": [(2, 3), (3, 4)], "Ab,bC->AC": [(2, 3), (3, 4)], "ij,ij->ij": [(2, 3), (2, 3)],
        "ij,j->i": [(3, 4), (4,)],
        "i...,i...->...": [(3, 2), (3, 2)], "b...i,b...i->b...": [(2, 3, 4), (2, 3, 4)], "ik,jk->ij": [(1, 4), (3, 4)],
        "->": [()], ",->": [(), ()], "i,->i": [(3,), ()], "abc,bd->acd": [(2, 3, 4), (3, 2)]}.items():
    tag = "".join({" ": "s", ",": "_", "-": "", ">": "_to_", ".": "e"}.get(c, c) for c in equation)
    for dtype in (np.float32, np.int32) if equation in ("ij,jk->ik", "ij->", "...ij,jk->...ik") else (np.float32,):
        inputs = [F.noise(*shape) if dtype is np.float32 else F.integers(dtype, *shape, low=-9, high=9)
                  for shape in shapes]
        F.one(f"einsum_{tag}_{np.dtype(dtype).name}", "Einsum", inputs, equation=equation,
              expected=[np.asarray(np.einsum(equation.replace(" ", ""), *inputs))])

def boxes(count, corner=True):
    center = F.random.random((1, count, 2)) * 10
    size = F.random.random((1, count, 2)) * 4 + 0.5
    both = np.concatenate([center - size / 2, center + size / 2] if corner else [center, size], -1)
    return (np.rint(both * 64) / 64).astype(np.float32)


for count, center, limit, overlap, score in itertools.product((12,), (0, 1), (0, 2, 100), (0.0, 0.3, 0.6), (None, 0.4)):
    box = np.concatenate([boxes(count, not center), boxes(count, not center)])
    scores = (np.rint(F.random.random((2, 3, count)) * 256) / 256).astype(np.float32)
    given = [box, scores, i64(limit), np.array([overlap], np.float32), None if score is None
             else np.array([score], np.float32)]
    given = given[:4] if score is None else given
    F.one(f"nms_{center}_{limit}_{overlap}_{score}".replace(".", ""), "NonMaxSuppression", given, constant="..ccc",
          center_point_box=center)
F.one("nms_no_limit", "NonMaxSuppression", [boxes(5), F.random.random((1, 1, 5)).astype(np.float32)])
F.one("nms_flipped", "NonMaxSuppression", [boxes(6)[:, :, [2, 3, 0, 1]], F.random.random((1, 1, 6)).astype(np.float32),
                                           i64(6),
                                           np.array([0.2], np.float32)])
F.one("nms_ties", "NonMaxSuppression", [boxes(8), np.full((1, 2, 8), 0.5, np.float32), i64(8),
                                        np.array([0.3], np.float32)])
F.one("nms_none", "NonMaxSuppression", [np.zeros((1, 0, 4), np.float32), np.zeros((1, 1, 0), np.float32), i64(3)])

for axis, opset in itertools.product((0, 1, 2, -1), (11, 13)):
    for op in ("Softmax", "LogSoftmax", "Hardmax"):
        F.one(f"{op}_{axis}_{opset}".replace("-", "m"), op, [F.noise(2, 3, 4, scale=3)], axis=axis, opset=opset)
F.one("softmax_large", "Softmax", [np.array([[1000, 1000.5, -1000], [-3e38, 0, 3e38]], np.float32)])
F.one("softmax_infinity", "Softmax", [np.array([[0, -np.inf, 1], [-np.inf, 2, -np.inf]], np.float32)])
F.one("softmax_default_opset11", "Softmax", [F.noise(2, 3, 2)], opset=11)
F.one("softmax_empty", "Softmax", [np.zeros((0, 3), np.float32)])
F.one("softmax_one", "Softmax", [F.noise(4, 1)])
F.one("softmax_double", "Softmax", [F.noise(3, 5, dtype=np.float64)], axis=1)
for axis, shape in itertools.product((0, 1, -1), ((3, 4, 5),)):
    for bias, outputs in itertools.product((False, True), (1, 3)):
        tail = shape[axis:]
        F.one(f"layernorm_{axis % 3}_{outputs}" + "_bias" * bias, "LayerNormalization",
              [F.noise(*shape), F.noise(*tail)] + ([F.noise(*tail)] if bias else []), outputs, axis=axis,
              constant=".cc", epsilon=1e-3)
F.one("layernorm_large", "LayerNormalization", [F.noise(2, 64) + np.float32(1000), F.noise(64)], constant=".c")
for axis in (1, -1):
    F.one(f"rmsnorm_{axis % 3}", "RMSNormalization", [F.noise(2, 3, 4), F.noise(*(2, 3, 4)[axis:])], axis=axis,
          opset=23, constant=".c")
for shape in ((2, 3), (2, 3, 5), (2, 3, 4, 4), (1, 3, 2, 3, 2)):
    stats = [F.noise(3), F.noise(3), F.noise(3), np.abs(F.noise(3)) + np.float32(0.5)]
    F.one(f"batchnorm_{len(shape)}", "BatchNormalization", [F.noise(*shape), *stats], constant=".cccc")
    F.one(f"batchnorm_{len(shape)}_opset9", "BatchNormalization", [F.noise(*shape), *stats], constant=".cccc", opset=9)
    if len(shape) > 2:
        F.one(f"instancenorm_{len(shape)}", "InstanceNormalization", [F.noise(*shape), F.noise(3), F.noise(3)],
              constant=".cc")
F.one("batchnorm_training", "BatchNormalization", [F.noise(2, 3, 4), F.noise(3), F.noise(3), F.noise(3),
                                                   np.abs(F.noise(3))], 3,
      training_mode=1, momentum=0.8, opset=15)
F.one("batchnorm_spatial0", "BatchNormalization", [F.noise(2, 3, 2),
                                                   *(np.abs(F.noise(3, 2)) + np.float32(0.5) for _ in range(4))],
                                                   opset=7,
      spatial=0)
for size, bias in itertools.product((1, 3, 5), (1.0, 0.5)):
    F.one(f"lrn_{size}_{bias}", "LRN", [F.noise(2, 6, 3, 2)], size=size, bias=bias, alpha=0.01, beta=0.6)
for p, axis in itertools.product((1, 2), (0, 1, -1)):
    F.one(f"lpnorm_{p}_{axis}".replace("-", "m"), "LpNormalization", [F.noise(3, 4, 2)], p=p, axis=axis)
F.one("lpnorm_zero", "LpNormalization", [np.zeros((2, 3), np.float32)], axis=1)
F.one("mvn", "MeanVarianceNormalization", [F.noise(2, 3, 4, 4)])
F.one("mvn_axes", "MeanVarianceNormalization", [F.noise(2, 3, 4)], axes=[0, 2])

UNARY = ["Abs", "Neg", "Exp", "Sigmoid", "Tanh", "Relu", "Elu", "Selu", "LeakyRelu", "Softplus", "Softsign",
         "HardSigmoid", "HardSwish",
         "Erf", "Floor", "Ceil", "Round", "Sign", "Sin", "Cos", "Tan", "Atan", "Sinh", "Cosh", "Asinh", "Reciprocal",
         "Celu", "Mish", "Gelu",
         "ThresholdedRelu", "Shrink", "IsNaN", "IsInf", "Sqrt", "Log", "Identity"]
EDGES = np.array([0, -0.0, 0.5, -0.5, 1.5, 2.5, -2.5, 1, -1, 20, -20, 88, -88, 1e-30, 3e38, -3e38, np.inf, -np.inf,
                  np.nan], np.float32)
for op in UNARY:
    # The largest numbers have no exact sine, and Gelu's and Mish's formulas overflow where the limit is plain.
    x = EDGES[:13] if op in ("Sin", "Cos", "Tan", "Gelu", "Mish", "HardSwish", "Selu", "Celu", "Cosh", "Sinh",
                             "Shrink", "Softplus", "Asinh") else EDGES
    F.one(f"edges_{op}", op, [x])
    F.one(f"scalar_{op}", op, [np.array(0.75, np.float32)])
    F.one(f"empty_{op}", op, [np.zeros((2, 0), np.float32)],
          expected=[np.zeros((2, 0), bool if op.startswith("Is") else np.float32)])
for op, more in (("Elu", {"alpha": 0.3}), ("LeakyRelu", {"alpha": 0.3}), ("Selu", {"alpha": 1.1, "gamma": 2.0}),
                 ("Celu", {"alpha": 0.3}),
                 ("HardSigmoid", {"alpha": 0.4, "beta": 0.1}), ("ThresholdedRelu", {"alpha": 0.2}),
                 ("Gelu", {"approximate": "tanh"}),
                 ("Shrink", {"lambd": 0.4, "bias": 0.2}), ("IsInf", {"detect_negative": 0})):
    F.one(f"alpha_{op}", op, [EDGES[:13] if op != "IsInf" else EDGES], **more)
for op in ("Add", "Sub", "Mul", "Div", "Max", "Min", "Pow", "PRelu", "Less", "Equal", "And", "Where"):
    kind = (lambda *s: F.random.random(s) > 0.5) if op == "And" else lambda *s: np.abs(F.noise(*s)) + np.float32(0.5)
    for name, left, right in (("nothing", (0, 3), (3,)), ("nothing_out", (2, 0), (2, 1)), ("scalars", (), ()),
                              ("scalar_row", (), (4,)),
                              ("stretched", (2, 1, 3), (4, 1)), ("ones", (1, 1), (1,)),
                              ("deep", (2, 1, 2, 1, 2), (3, 1, 2, 1))):
        if op == "PRelu" and name in ("scalar_row", "stretched", "deep", "ones"):
            continue
        given = [kind(*left), kind(*right)]
        F.one(f"{op}_{name}", op, ([np.array(True)] if op == "Where" else []) + given)
F.one("max_one", "Max", [F.noise(3)])
F.one("max_nan", "Max", [np.array([np.nan, 1, 2], np.float32), np.array([0, np.nan, 3], np.float32)])
F.one("min_nan", "Min", [np.array([np.nan, 1, 2], np.float32), np.array([0, np.nan, 3], np.float32)])
for op in ("Sum", "Mean", "Max", "Min"):
    F.one(f"{op}_three", op, [F.noise(2, 3), F.noise(3), F.noise(2, 1)])
for low, high in ((None, 0.5), (-0.5, None), (0.5, -0.5), (None, None)):
    given = [F.noise(9)] + [None if v is None else np.array(v, np.float32) for v in (low, high)]
    F.one(f"clip_{low}_{high}".replace("-", "m"), "Clip", given, constant=".cc")
for left, right in (((2, 0), (0, 3)), ((0, 2), (2, 3)), ((2, 0, 3), (3, 4)), ((0, 2, 3), (3, 4))):
    F.one(f"matmul_{'x'.join(map(str, left + right))}", "MatMul",
          [np.zeros(left, np.float32), np.zeros(right, np.float32)])
for trans_a, trans_b, form in itertools.product((0, 1), (0, 1), ("none", "scalar", "n", "m1", "1n", "mn")):
    a, b = F.noise(3, 4), F.noise(4, 5)
    c = {"none": None, "scalar": F.noise(), "n": F.noise(5), "m1": F.noise(3, 1), "1n": F.noise(1, 5),
         "mn": F.noise(3, 5)}[form]
    F.one(f"gemm_{trans_a}{trans_b}_{form}", "Gemm", [a.T.copy() if trans_a else a, b.T.copy() if trans_b else b, c],
          transA=trans_a,
          transB=trans_b, alpha=0.5, beta=1.5, constant=".cc" if trans_a == trans_b else "")
for dtype in (np.int32, np.int64, np.uint32, np.uint64, np.float64):
    F.one(f"matmul_{np.dtype(dtype).name}", "MatMul", [F.integers(np.uint8, 3, 5).astype(dtype),
                                                       F.integers(np.uint8, 5, 4).astype(dtype)])

if __name__ == "__main__":
    F.write()
