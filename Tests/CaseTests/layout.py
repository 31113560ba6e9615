"""Pad, Slice, Gather, Scatter and what else moves elements: negative steps and indices, duplicates, types."""
import itertools

import numpy as np

from casemath import by_onnx
from caseset import Family

F = Family(__file__, 41)
TYPES = [np.float32, np.uint8, np.int8, np.int16, np.int64, np.float64, np.bool_, object]


def i64(*values):
    return np.array(values, np.int64)


def values(dtype, *shape):
    if dtype is object:
        return np.array([f"s{k}" for k in range(int(np.prod(shape)))], object).reshape(shape)
    if dtype is np.bool_:
        return F.random.random(shape) > 0.5
    return F.noise(*shape, dtype=dtype) if np.dtype(dtype).kind == "f" else F.integers(dtype, *shape, low=0, high=100)


def name_of(dtype):
    return "string" if dtype is object else np.dtype(dtype).name


for mode in ("constant", "reflect", "edge", "wrap"):
    for form, shape, pads, axes in (
            ("plain", (3, 4), (1, 2, 1, 0), None), ("negative", (4, 5), (-1, 2, 1, -2), None),
            ("all_negative", (5, 6), (-1, -2, -1, 0), None), ("axes", (2, 3, 4), (2, 1), (-1,)),
            ("two_axes", (3, 4, 5), (1, 0, 2, 3), (2, 0)), ("zero", (2, 3), (0, 0, 0, 0), None),
            ("line", (5,), (3, 4), None), ("4d", (1, 2, 4, 5), (0, 0, 1, 2, 0, 0, 3, 1), None)):
        if mode == "wrap" and "negative" in form:
            continue
        given = [values(np.float32, *shape), i64(*pads), np.array(1.5, np.float32) if mode == "constant" else None,
                 None if axes is None else i64(*axes)]
        while given[-1] is None:
            given.pop()
        # Which onnxruntime refuses where the axis is too short to be reflected once.
        oracle = by_onnx if (mode, form) == ("reflect", "two_axes") else None
        F.one(f"pad_{mode}_{form}", "Pad", given, constant=".ccc", mode=mode, opset=19, oracle=oracle)
        F.one(f"pad_{mode}_{form}_fed", "Pad", given, mode=mode, opset=19, oracle=oracle)
for dtype in (np.uint8, np.int8, np.int64, np.float64, np.bool_, np.int32):
    F.one(f"pad_{name_of(dtype)}", "Pad", [values(dtype, 2, 3), i64(1, 0, 0, 2)], constant=".c", opset=19)
    F.one(f"pad_{name_of(dtype)}_value", "Pad", [values(dtype, 2, 3), i64(1, 0, 0, 2), np.array(1, dtype)],
          constant=".cc",
          opset=19)
F.one("pad_empty", "Pad", [values(np.float32, 0, 2), i64(1, 1, 2, 0), np.array(3, np.float32)], constant=".cc")
F.one("pad_opset10", "Pad", [values(np.float32, 2, 3)], pads=[0, 1, 1, 0], value=2.5, opset=10)
F.one("pad_opset11", "Pad", [values(np.float32, 2, 3), i64(0, 1, 1, 0)], mode="edge", constant=".c", opset=11)

BIG = 2 ** 63 - 1
for form, shape, starts, ends, axes, steps in (
        ("plain", (5, 4), (1, 0), (4, 3), None, None), ("negative", (5, 4), (-3, -2), (-1, BIG), None, None),
        ("steps", (7, 5), (0, 1), (BIG, BIG), (0, 1), (3, 2)),
        ("backwards", (6, 5), (BIG, -1), (-BIG, 0), (0, 1), (-1, -2)),
        ("backwards_all", (5,), (-1,), (-BIG - 1,), (0,), (-1,)), ("empty", (5, 4), (3,), (1,), (0,), None),
        ("past_end", (5, 4), (2,), (100,), (-1,), None), ("before_start", (5, 4), (-100,), (2,), (0,), None),
        ("backwards_past", (5,), (100,), (-100,), (0,), (-2,)), ("axes_order", (3, 4, 5), (1, 2), (3, 4), (2, 0), None),
        ("large_step", (6,), (1,), (BIG,), (0,), (BIG,)), ("large_step_back", (6,), (4,), (-BIG,), (0,), (-BIG,)),
        ("scalar_rest", (2, 3, 4, 5), (1, 1, 1), (2, 2, 2), (0, 1, 2), (1, 1, 1))):
    for dtype in (np.float32, np.int8, object) if form in ("plain", "backwards", "steps") else (np.float32,):
        for index in (np.int64, np.int32):
            if index == np.int32 and max(map(abs, starts + ends + (steps or ()))) >= 2 ** 31:
                continue
            given = [values(dtype, *shape)] + [None if v is None else np.array(v, index)
                                               for v in (starts, ends, axes, steps)]
            while given[-1] is None:
                given.pop()
            for constant in (".cccc", ""):
                F.one(f"slice_{form}_{name_of(dtype)}_{np.dtype(index).name}" + "_fed" * (not constant), "Slice", given,
                      constant=constant)
F.one("slice_opset9", "Slice", [values(np.float32, 4, 5)], starts=[1, -3], ends=[3, 9999], axes=[0, 1], opset=9)
F.one("slice_opset1", "Slice", [values(np.float32, 4, 5)], starts=[1, 0], ends=[-1, 2], opset=7)

for form, shape, index, axis in (
        ("rows", (5, 3), [3, 0, -1, -5], 0), ("columns", (4, 5), [[0, -1], [2, 2]], 1), ("scalar", (4, 3), 2, 0),
        ("scalar_negative", (4, 3), -1, -1), ("none", (4, 3), np.zeros((0,)), 0), ("middle", (2, 4, 3), [1, 3], 1),
        ("none_2d", (4, 3), np.zeros((2, 0)), 1)):
    for dtype in TYPES if form in ("rows", "columns") else (np.float32,):
        for kind in (np.int64, np.int32):
            if kind == np.int32 and dtype not in (np.float32, object):
                continue
            x, index = values(dtype, *shape), np.array(index, kind)
            # onnxruntime takes the first string of each row alone.
            F.one(f"gather_{form}_{name_of(dtype)}_{np.dtype(kind).name}", "Gather", [x, index], axis=axis,
                  expected=[np.take(x, index, axis)] if dtype is object else None)
for form, shape, index, axis in (
        ("rows", (4, 3), [[0, -1, 2], [3, 1, -4]], 0), ("columns", (3, 4), [[3, -1], [0, 0], [1, 2]], 1),
        ("volume", (2, 3, 2), [[[1, 0]], [[-2, 1]]], 0), ("fewer", (3, 4), [[1, 1]], 0), ("line", (5,), [4, -5, 2], -1),
        ("none", (3, 4), np.zeros((0, 4)), 0)):
    for dtype in (np.float32, np.int8, np.int64, object) if form in ("rows", "columns") else (np.float32,):
        F.one(f"gatherelements_{form}_{name_of(dtype)}", "GatherElements",
              [values(dtype, *shape), np.array(index, np.int64)], axis=axis)
for form, shape, index, batch in (
        ("points", (3, 4), [[0, 1], [-1, -2]], 0), ("rows", (3, 4), [[2], [0]], 0),
        ("batch", (2, 3, 2), [[1], [-1]], 1),
        ("batch_deep", (2, 3, 2, 2), [[[0, 1], [2, 0]], [[1, 1], [0, -1]]], 1),
        ("batch2", (2, 2, 3), [[[0], [2]], [[1], [1]]], 2),
        ("none", (3, 4), np.zeros((0, 2)), 0)):
    for dtype in (np.float32, np.uint8, object):
        F.one(f"gathernd_{form}_{name_of(dtype)}", "GatherND", [values(dtype, *shape), np.array(index, np.int64)],
              batch_dims=batch)
for reduction in ("none", "add", "mul", "max", "min"):
    for dtype in (np.float32, np.int32, np.int64, np.float64, np.uint8):
        if dtype is np.uint8 and reduction != "none":
            continue
        more = {} if reduction == "none" else {"reduction": reduction}
        index = np.array([[1, 0, 2], [1, 2, 0] if reduction != "none" else [0, 2, 1]], np.int64)
        F.one(f"scatterelements_{reduction}_{name_of(dtype)}", "ScatterElements",
              [values(dtype, 3, 3), index, values(dtype, 2, 3)], opset=18, **more)
        points = np.array([[0], [2], [0]], np.int64) if reduction != "none" else np.array([[2], [-3]], np.int64)
        F.one(f"scatternd_{reduction}_{name_of(dtype)}", "ScatterND",
              [values(dtype, 3, 4), points, values(dtype, len(points), 4)], opset=18, **more)
for dtype in (np.float32, object, np.bool_):
    F.one(f"scatterelements_axis1_{name_of(dtype)}", "ScatterElements",
          [values(dtype, 2, 5), np.array([[1, -1], [0, 3]], np.int64), values(dtype, 2, 2)], axis=1, opset=18)
    F.one(f"scatternd_points_{name_of(dtype)}", "ScatterND",
          [values(dtype, 3, 4), np.array([[0, 1], [2, -1]], np.int64), values(dtype, 2)], opset=18)
F.one("scatterelements_none", "ScatterElements", [values(np.float32, 2, 3), np.zeros((0, 3), np.int64),
                                                  np.zeros((0, 3), np.float32)], opset=18)
F.one("scatternd_batch", "ScatterND", [values(np.float32, 2, 3, 2), np.array([[[0, 1]], [[1, 2]]], np.int64),
                                       values(np.float32, 2, 1, 2)], opset=18)
F.one("scatter_opset9", "Scatter", [values(np.float32, 3, 3), np.array([[1, 0, 2]], np.int64),
                                    values(np.float32, 1, 3)], opset=9)

for dtype in TYPES:
    tag = name_of(dtype)
    F.one(f"transpose_{tag}", "Transpose", [values(dtype, 2, 3, 4)], perm=[2, 0, 1])
    F.one(f"transpose_reversed_{tag}", "Transpose", [values(dtype, 3, 5)])
    F.one(f"concat_{tag}", "Concat", [values(dtype, 2, 3), values(dtype, 2, 1), values(dtype, 2, 0)], axis=-1)
    F.one(f"tile_{tag}", "Tile", [values(dtype, 2, 2), i64(3, 2)], constant=".c")
    F.one(f"expand_{tag}", "Expand", [values(dtype, 2, 1), i64(2, 1, 3)], constant=".c")
    if dtype not in (np.int8, np.int16, np.bool_):  # For which onnxruntime has no kernel.
        F.one(f"where_{tag}", "Where", [np.array([[True], [False]]), values(dtype, 3), values(dtype, 2, 1)])
    F.one(f"identity_{tag}", "Identity", [values(dtype, 2, 2)])
    F.one(f"reshape_{tag}", "Reshape", [values(dtype, 2, 6), i64(0, -1, 3)], constant=".c")
    F.one(f"split_{tag}", "Split", [values(dtype, 5, 2), i64(1, 0, 4)], 3, constant=".c", axis=0)
    F.one(f"reversesequence_{tag}", "ReverseSequence", [values(dtype, 4, 3), i64(2, 4, 1)], time_axis=0, batch_axis=1)
    F.one(f"compress_{tag}", "Compress", [values(dtype, 3, 2), np.array([False, True, True])], axis=0)
    F.one(f"compress_flat_{tag}", "Compress", [values(dtype, 3, 2), np.array([False, True, True, False, True])])
    if dtype in (np.float32, np.int64, object):
        F.one(f"onehot_{tag}", "OneHot", [i64(0, 2, -1, 5, -4), np.array(3, np.int64), values(dtype, 2)],
              constant=".c", axis=0)
for form, shape, target, more in (("zero", (2, 3), (0, -1), {}), ("allowzero", (0, 3), (3, 0), {"allowzero": 1}),
                                  ("scalar", (1,), (), {}), ("from_scalar", (), (1, 1), {}),
                                  ("minus_one", (2, 3, 4), (4, -1), {}), ("empty_inferred", (2, 0), (-1, 2), {})):
    for constant in (".c", ""):
        F.one(f"reshape_{form}" + "_fed" * (not constant), "Reshape", [values(np.float32, *shape), i64(*target)],
              constant=constant, opset=14, **more)
F.one("split_uneven", "Split", [values(np.float32, 7, 2)], 3, num_outputs=3, opset=18)
F.one("split_uneven_last", "Split", [values(np.float32, 2, 10)], 4, num_outputs=4, axis=1, opset=18)
F.one("split_opset11", "Split", [values(np.float32, 6, 2)], 2, split=[2, 4], opset=11)
F.one("split_even", "Split", [values(np.float32, 6, 2)], 3, opset=13)
for form, x, more in (("all", (1, 3, 1), ()), ("some", (1, 3, 1), (0,)), ("negative", (1, 3, 1), (-1,)),
                      ("both", (1, 3, 1), (0, -1))):
    F.one(f"squeeze_{form}", "Squeeze", [values(np.float32, *x)] + ([i64(*more)] if more else []), constant=".c")
    if more:
        F.one(f"unsqueeze_{form}", "Unsqueeze", [values(np.float32, 3), i64(*more)], constant=".c")
F.one("squeeze_opset11", "Squeeze", [values(np.float32, 1, 3, 1)], axes=[-1], opset=11)
F.one("unsqueeze_opset11", "Unsqueeze", [values(np.float32, 3)], axes=[0, -1], opset=11)
for mode in ("DCR", "CRD"):
    F.one(f"depthtospace_{mode}", "DepthToSpace", [values(np.float32, 2, 12, 2, 3)], blocksize=2, mode=mode)
F.one("spacetodepth", "SpaceToDepth", [values(np.float32, 1, 2, 6, 3)], blocksize=3)
for upper, k, shape in itertools.product((0, 1), (None, -1, 2, 10, -10), ((3, 5), (2, 4, 3))):
    F.one(f"trilu_{upper}_{k}_{len(shape)}".replace("-", "m"), "Trilu", [values(np.float32, *shape)] + (
        [] if k is None else [np.array(k, np.int64)]), upper=upper)
for start, end in ((0, 9), (1, -1), (-2, 9), (-9, 1), (2, 1), (0, 0)):
    F.one(f"shape_{start}_{end}".replace("-", "m"), "Shape", [values(np.float32, 2, 3, 4)], start=start, end=end,
          opset=15)
for dtype, (a, b, c) in itertools.product((np.float32, np.int64, np.int32, np.float64, np.int16),
                                          ((1, 7, 2), (5, 0, -2), (3, 3, 1), (5, 1, 1))):
    F.one(f"range_{np.dtype(dtype).name}_{a}_{b}", "Range", [np.array(v, dtype) for v in (a, b, c)])
F.one("range_float_ceil", "Range", [np.array(v, np.float32) for v in (0, 1, 0.3)])
for exclusive, reverse, axis in itertools.product((0, 1), (0, 1), (0, -1)):
    F.one(f"cumsum_{exclusive}{reverse}_{axis % 2}", "CumSum", [values(np.float32, 3, 4), np.array(axis, np.int32)],
          exclusive=exclusive, reverse=reverse, constant=".c")
for dtype in (np.float32, np.uint8, np.int32, np.int64, np.bool_):
    F.one(f"nonzero_{name_of(dtype)}", "NonZero", [(F.random.random((3, 4)) > 0.5).astype(dtype)])
F.one("nonzero_scalar", "NonZero", [np.array(2.0, np.float32)])
F.one("nonzero_none", "NonZero", [np.zeros((2, 2), np.float32)])
for axis in (None, 0, 1):
    for ordered in (0, 1):
        more = {} if axis is None else {"axis": axis}
        F.one(f"unique_{axis}_{ordered}", "Unique", [F.integers(np.int64, 4, 3, low=0, high=1)], 4, sorted=ordered,
              **more)
F.one("unique_strings", "Unique", [np.array(["b", "a", "b", ""], object)], 4)
for axis, depth in itertools.product((-1, 0, 1), (3, 1)):
    F.one(f"onehot_{axis}_{depth}".replace("-", "m"), "OneHot", [
        F.integers(np.int64, 2, 3, low=-depth - 1, high=depth + 1), np.array([depth], np.int64),
        np.array([5, 2], np.int64)], axis=axis, constant=".c")
F.one("onehot_float", "OneHot", [np.array([0, 1.9, -1], np.float32), np.array(2, np.float32),
                                 np.array([0, 1], np.float32)],
      constant=".c", expected=[np.array([[1, 0], [0, 1], [0, 1]],
                                        np.float32)])  # Cast to int64, which onnxruntime is not.

if __name__ == "__main__":
    F.write()
