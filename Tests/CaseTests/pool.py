"""MaxPool, AveragePool, LpPool, global pools and MaxUnpool: padding, rounding, dilation and indices in 1 to 3 dims."""
import itertools

import numpy as np
from onnx import helper

from caseset import Family

F = Family(__file__, 22)
SHAPES = {1: (2, 3, 11), 2: (1, 2, 7, 8), 3: (1, 2, 5, 6, 5)}


def attributes_of(rank, kernel, stride, pads, dilation, ceil):
    given = {"kernel_shape": [kernel, kernel + 1, kernel][:rank], "strides": [stride, 1 + stride % 3, stride][:rank]}
    if isinstance(pads, str):
        given["auto_pad"] = pads
    elif pads:
        given["pads"] = {"even": [1] * rank * 2, "begin": [1] * rank + [0] * rank,
                         "end": [0] * rank + [1] * rank}[pads[0]]
    if dilation > 1:
        given["dilations"] = [dilation] * rank
    if ceil:
        given["ceil_mode"] = 1
    return given


PADS = {"none": None, "even": ["even"], "begin": ["begin"], "end": ["end"], "upper": "SAME_UPPER",
        "lower": "SAME_LOWER",
        "valid": "VALID"}
for rank, kernel, stride in ((1, 3, 2), (1, 2, 3), (2, 2, 2), (2, 3, 1), (3, 2, 2)):
    for (way, pads), dilation, ceil in itertools.product(PADS.items(), (1, 2), (0, 1)):
        if (isinstance(pads, str) and ceil) or (rank == 3 and dilation == 2 and ceil):
            continue
        x = F.noise(*SHAPES[rank])
        given = attributes_of(rank, kernel, stride, pads, dilation, ceil)
        title = f"{rank}d_k{kernel}s{stride}_{way}" + (f"_d{dilation}" if dilation > 1 else "") + "_ceil" * ceil
        same_dilated = isinstance(pads, str) and dilation > 1 and pads != "VALID"
        if not same_dilated:
            F.one(f"max_{title}", "MaxPool", [x], 2 if dilation == 1 or rank == 2 else 1, **given)
        for padded in (0, 1) if way != "none" else (0,):
            if not same_dilated:
                F.one(f"average_{title}" + "_padded" * padded, "AveragePool", [x], count_include_pad=padded, **given)
        if kernel == 2 and not same_dilated:
            F.one(f"lp_{title}", "LpPool", [x], p=1 + stride % 3, opset=22, **given)

for order in (0, 1):
    for rank in (1, 2, 3):
        F.one(f"order{order}_{rank}d", "MaxPool", [F.noise(*SHAPES[rank])], 2, storage_order=order,
              kernel_shape=[2] * rank, strides=[2] * rank)
for dtype in (np.int8, np.uint8):
    for way, more in (("plain", {}), ("pads", {"pads": [1, 1, 1, 1]}), ("ceil", {"ceil_mode": 1}),
                      ("dilated", {"dilations": [2, 2]})):
        x = F.integers(dtype, 1, 2, 7, 8)
        F.one(f"max_{np.dtype(dtype).name}_{way}", "MaxPool", [x], kernel_shape=[3, 2], strides=[2, 2], opset=12,
              **more)
for value in (-np.inf, np.nan):
    x = F.noise(1, 1, 4, 4)
    x[0, 0, 1, 2] = value
    if value == value:
        F.one("max_infinity", "MaxPool", [x], kernel_shape=[2, 2])
        F.one("average_infinity", "AveragePool", [x], kernel_shape=[2, 2])
# Opsets before the attributes.
F.one("max_opset1", "MaxPool", [F.noise(1, 2, 5, 5)], kernel_shape=[2, 2], opset=7)
F.one("max_opset8", "MaxPool", [F.noise(1, 2, 5, 5)], 2, kernel_shape=[2, 2], storage_order=1, opset=8)
F.one("average_opset7", "AveragePool", [F.noise(1, 2, 5, 5)], kernel_shape=[3, 3], pads=[1, 1, 1, 1], opset=7)
F.one("average_opset10_ceil", "AveragePool", [F.noise(1, 2, 6, 6)], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1,
      opset=10)
for shape in ((2, 3, 5), (2, 3, 4, 5), (1, 2, 3, 2, 4), (2, 3, 1, 1)):
    for op in ("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"):
        F.one(f"{op}_{len(shape)}_{shape[-1]}", op, [F.noise(*shape)], opset=21)
for form, more in {"plain": {"kernel_shape": [2, 2], "strides": [2, 2]},
                   "stride1": {"kernel_shape": [2, 2]},
                   "pads": {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]}}.items():
    x = F.noise(1, 2, 5, 5) if form == "pads" else F.noise(1, 2, 6, 6)
    nodes = [helper.make_node("MaxPool", ["x"], ["p", "i"], **more),
             helper.make_node("MaxUnpool", ["p", "i"], ["y"], **more)]
    F.add(f"unpool_{form}", F.model(f"unpool_{form}", nodes, {"x": x}, ["y"]), {"x": x})
for shape in ((0, 2, 5, 5), (1, 0, 5, 5)):
    for op in ("MaxPool", "AveragePool"):
        F.one(f"empty_{op}_{shape[0]}{shape[1]}", op, [np.zeros(shape, np.float32)], kernel_shape=[2, 2],
              expected=[np.zeros((*shape[:2], 4, 4), np.float32)])

if __name__ == "__main__":
    F.write()
