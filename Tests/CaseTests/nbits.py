"""MatMulNBits of 2, 4 and 8 bits: blocks, ragged K, zero points packed and as floats, bias; and its kin in ONNX.

The answers are A · dequantised B in float64: onnxruntime may quantise A as well.
"""
import itertools

import ml_dtypes
import numpy as np
from onnx import helper

from caseset import Family

F = Family(__file__, 61)


def pack(values, bits):
    """The last axis to bytes, the first number in the lowest bits."""
    each = 8 // bits
    values = np.pad(values, [(0, 0)] * (values.ndim - 1) + [(0, -values.shape[-1] % each)]).astype(np.uint8)
    parts = values.reshape(*values.shape[:-1], -1, each)
    return sum((parts[..., i] << (bits * i)).astype(np.uint8) for i in range(each)).astype(np.uint8)


def case(bits, m, k, n, block, zeros, bias=False, fed=False, dtype=np.float32, level=None, batch=None):
    blocks = -(-k // block)
    q = F.random.integers(0, 1 << bits, (n, blocks * block))
    scales = (F.integers(np.int32, n * blocks, low=1, high=9) / 64).astype(dtype)
    if zeros == "packed":
        points = F.random.integers(0, 1 << bits, (n, blocks))
        given = pack(points, bits).reshape(-1)
    elif zeros == "float":
        points = F.random.integers(0, (1 << bits) * 4, (n, blocks)) / 4
        given = points.astype(dtype).reshape(-1)
    else:
        points, given = np.full((n, blocks), 1 << (bits - 1)), None
    b = (q.reshape(n, blocks, block) - points[..., None]) * scales.astype(np.float64).reshape(n, blocks, 1)
    x = F.noise(*(batch or ()), m, k, dtype=dtype)
    shift = F.noise(n, dtype=dtype) if bias else None
    y = x.astype(np.float64) @ b.reshape(n, -1)[:, :k].T + (shift.astype(np.float64) if bias else 0)
    title = f"b{bits}_{m}x{k}x{n}_block{block}_{zeros}" + "_bias" * bias + "_fed" * fed + "_batch" * bool(batch) + (
        "" if level is None else f"_level{level}")
    F.one(title, "MatMulNBits", [x, pack(q, bits).reshape(n, blocks, -1), scales, given, None, shift],
          domain="com.microsoft",
          expected=[y.astype(dtype)], constant="" if fed else ".ccc.c", K=k, N=n, bits=bits, block_size=block,
          **({} if level is None else {"accuracy_level": level}))


for bits, zeros, (m, k, n, block) in itertools.product((2, 4, 8), ("none", "packed", "float"), (
        (1, 64, 16, 32), (3, 40, 9, 16), (1, 33, 5, 32), (7, 96, 12, 32), (2, 130, 3, 128), (17, 48, 20, 16))):
    case(bits, m, k, n, block, zeros)
    case(bits, m, k, n, block, zeros, bias=True, fed=(m + bits) % 2 == 0)
for bits in (2, 4, 8):
    case(bits, 2, 64, 8, 32, "packed", batch=(2, 3))
    case(bits, 1, 256, 8, 256, "none", level=4)
    case(bits, 4, 64, 8, 64, "packed", level=1)

# The same written out: DequantizeLinear by blocks, then a product.
for name, axis, transposed in itertools.product(("int4", "uint4", "int8", "uint8"), (0, 1), (False, True)):
    k, n, block = 32, 6, 16
    kind = getattr(ml_dtypes, name) if "4" in name else np.dtype(name)
    bits = 4 if "4" in name else 8
    low = 0 if name[0] == "u" else -(1 << (bits - 1))
    shape = (n, k) if transposed else (k, n)
    axis = 1 if transposed else 0
    q = F.random.integers(low, low + (1 << bits), shape)
    sizes = (n, k // block) if transposed else (k // block, n)
    scales = (F.integers(np.int32, *sizes, low=1, high=9) / 64).astype(np.float32)
    points = F.random.integers(low, low + (1 << bits), sizes)
    real = (q - np.repeat(points, block, axis)) * np.repeat(scales, block, axis).astype(np.float64)
    x = F.noise(5, k)
    nodes = [helper.make_node("DequantizeLinear", ["q", "s", "z"], ["w"], axis=axis, block_size=block)]
    if transposed:
        nodes.append(helper.make_node("Transpose", ["w"], ["v"], perm=[1, 0]))
    nodes.append(helper.make_node("MatMul", ["x", "v" if transposed else "w"], ["y"]))
    title = f"written_{name}" + "_transposed" * transposed
    if title in F.cases:
        continue
    F.add(title, F.model(title, nodes, {"x": x}, ["y"], {"q": q.astype(kind), "s": scales, "z": points.astype(kind)},
                         21), {"x": x},
          [(x.astype(np.float64) @ (real.T if transposed else real)).astype(np.float32)])

if __name__ == "__main__":
    F.write()
