"""Operators of com.microsoft that graphs hold after onnxruntime's optimiser, and that exporters write themselves."""
import itertools

import numpy as np
from onnx import helper

from caseset import Family

F = Family(__file__, 91)
MS = {"domain": "com.microsoft"}
TYPES = {"u8": np.uint8, "s8": np.int8}


def scalar(value, dtype=np.float32):
    return np.array(value, dtype)


for shape, skip in (((2, 3, 8), (2, 3, 8)), ((2, 3, 8), (1, 3, 8)), ((2, 3, 8), (3, 8)), ((4, 8), (4, 8)),
                    ((2, 3, 40), (2, 3, 40))):
    width = shape[-1]
    tag = f"{len(shape)}d{len(skip)}{skip[0]}_{width}"
    for beta, bias, outputs in itertools.product((False, True), (False, True), (1, [True, False, False, True])):
        end = "_sum" * isinstance(outputs, list)
        if len(shape) == 2 and len(skip) != 2:
            continue
        given = [F.noise(*shape), F.noise(*skip), F.noise(width), F.noise(width) if beta else None, F.noise(width)
                 if bias else None]
        while given[-1] is None:
            given.pop()
        F.one(f"skip_{tag}" + "_beta" * beta + "_bias" * bias + end, "SkipLayerNormalization", given, outputs,
              constant="..ccc", epsilon=1e-4,
              **MS)
        if not beta:
            given = [F.noise(*shape), F.noise(*skip), F.noise(width)] + ([F.noise(width)] if bias else [])
            F.one(f"skipsimple_{tag}" + "_bias" * bias + end, "SkipSimplifiedLayerNormalization", given, outputs,
                  constant="..cc", **MS)
F.one("simplified", "SimplifiedLayerNormalization", [F.noise(2, 3, 8), F.noise(8)], constant=".c", axis=-1,
      epsilon=1e-4)
F.one("simplified_axis1", "SimplifiedLayerNormalization", [F.noise(2, 3, 8), F.noise(3, 8)], constant=".c", axis=1)
for op in ("Gelu", "FastGelu", "QuickGelu"):
    F.one(op.lower(), op, [F.noise(3, 7, scale=2)], **MS)
F.one("quickgelu_alpha", "QuickGelu", [F.noise(3, 7)], alpha=0.5, **MS)
F.one("fastgelu_bias", "FastGelu", [F.noise(2, 3, 7), F.noise(7)], constant=".c", **MS)
F.one("biasgelu", "BiasGelu", [F.noise(2, 3, 7), F.noise(7)], constant=".c", **MS)
for trans_a, trans_b, batch_a, batch_b in itertools.product((0, 1), repeat=4):
    # The batch stands behind the rows where a batch is transposed: [M, batch, K].
    a, b = F.noise(2, 3, 4), F.noise(2, 4, 5)
    a = a.transpose(0, 2, 1) if trans_a else a
    b = b.transpose(0, 2, 1) if trans_b else b
    a = a.transpose(1, 0, 2) if batch_a else a
    b = b.transpose(1, 0, 2) if batch_b else b
    F.one(f"fusedmatmul_{trans_a}{trans_b}{batch_a}{batch_b}", "FusedMatMul", [a.copy(), b.copy()], transA=trans_a,
          transB=trans_b,
          transBatchA=batch_a, transBatchB=batch_b, alpha=0.5, **MS)
    if not batch_a and not batch_b:
        F.one(f"fusedmatmul_2d_{trans_a}{trans_b}", "FusedMatMul", [a[0].copy(), b[0].copy()], transA=trans_a,
              transB=trans_b, constant=".c",
              **MS)
for activation, more in (("Relu", {}), ("LeakyRelu", {"activation_alpha": 0.2}), ("Tanh", {}), ("Sigmoid", {}),
                         ("Softplus", {}),
                         ("HardSigmoid", {"activation_alpha": 0.3, "activation_beta": 0.4})):
    F.one(f"fusedgemm_{activation.lower()}", "FusedGemm", [F.noise(3, 4), F.noise(5, 4), F.noise(5)], transB=1,
          alpha=0.5, beta=2.0,
          activation=activation, constant=".cc", **MS, **more)
for dtype in TYPES:
    T = TYPES[dtype]
    for op in ("QLinearAdd", "QLinearMul"):
        for form, left, right in (("same", (3, 5), (3, 5)), ("row", (3, 5), (5,)), ("scalar", (3, 5), ()),
                                  ("outer", (3, 1), (1, 5))):
            F.one(f"{op.lower()}_{dtype}_{form}", op, [F.integers(T, *left), scalar(0.02), scalar(5, T),
                                                       F.integers(T, *right), scalar(0.03),
                                                    scalar(-3 if dtype == "s8" else 120, T), scalar(0.05),
                                                    scalar(9, T)], **MS)
    for op, more in (("QLinearSigmoid", {}), ("QLinearLeakyRelu", {"alpha": 0.2})):
        F.one(f"{op.lower()}_{dtype}", op, [F.integers(T, 40), scalar(0.03), scalar(10, T), scalar(0.01),
                                            scalar(3, T)], **MS, **more)
    node = helper.make_node("QLinearSoftmax", ["x", "xs", "xz", "ys", "yz"], ["y"], axis=-1, opset=13, **MS)
    feeds = {"x": F.integers(T, 3, 9), "xs": scalar(0.05), "xz": scalar(10, T), "ys": scalar(1 / 256),
             "yz": scalar(0 if dtype == "u8" else -128, T)}
    F.add(f"qsoftmax_{dtype}", F.model(f"qsoftmax_{dtype}", [node], feeds, ["y"], domains=["com.microsoft"]), feeds)
    for last in (0, 1):
        shape = (1, 3, 6, 5) if not last else (1, 6, 5, 3)
        F.one(f"qglobalaverage_{dtype}_{last}", "QLinearGlobalAveragePool",
              [F.integers(T, *shape), scalar(0.03), scalar(10, T), scalar(0.02), scalar(4, T)],
              channels_last=last, **MS)
        for pads, counted in (((0, 0, 0, 0), 0), ((1, 1, 1, 1), 0), ((1, 0, 1, 2), 1)):
            F.one(f"qaverage_{dtype}_{last}_{sum(pads)}{counted}", "QLinearAveragePool",
                  [F.integers(T, *shape), scalar(0.03), scalar(10, T),
                  scalar(0.02), scalar(4, T)], kernel_shape=[3, 3], strides=[2, 1], pads=list(pads),
                  count_include_pad=counted,
                  channels_last=last, **MS)
    F.one(f"qconcat_{dtype}", "QLinearConcat", [scalar(0.04), scalar(3, T), F.integers(T, 2, 3), scalar(0.02),
                                                scalar(5, T), F.integers(T, 2, 2),
                                              scalar(0.05), scalar(1, T)], axis=1, **MS)
    F.one(f"qwhere_{dtype}", "QLinearWhere", [np.array([[True, False, True]]), F.integers(T, 2, 3), scalar(0.02),
                                              scalar(3, T), F.integers(T, 2, 1),
                                            scalar(0.04), scalar(5, T), scalar(0.05), scalar(1, T)], **MS)
    F.one(f"nhwcmaxpool_{dtype}", "NhwcMaxPool", [F.integers(T, 1, 6, 5, 3)], kernel_shape=[2, 2], strides=[2, 1], **MS)
    for bits, block in itertools.product((4, 8), (16, 32)):
        for zeros in (False, True):
            if dtype == "s8":
                continue
            rows, width = 6, 64
            data = F.integers(np.uint8, rows, width * bits // 8)
            points = F.integers(np.uint8, rows, -(-(width // block) * bits // 8)) if zeros else None
            F.one(f"gatherblock_{bits}_{block}" + "_zeros" * zeros, "GatherBlockQuantized",
                  [data, np.array([[0, 5], [-1, 2]], np.int64), np.abs(F.noise(rows,
                      width // block)) + np.float32(0.1), points],
                  constant="c.cc", bits=bits, block_size=block, gather_axis=0, quantize_axis=1, **MS)
    for form in ("tensor", "channel"):
        scale = scalar(0.05) if form == "tensor" else np.array([0.05, 0.1, 0.02], np.float32)
        zero = scalar(4, T) if form == "tensor" else np.array([4, 0, 9], T)
        F.one(f"quantize_{dtype}_{form}", "QuantizeLinear", [F.noise(3, 6), scale, zero], axis=0, **MS)
        F.one(f"dequantize_{dtype}_{form}", "DequantizeLinear", [F.integers(T, 3, 6), scale, zero], axis=0, **MS)
    F.one(f"dynamiclstm_{dtype}", "DynamicQuantizeLSTM", [
        F.noise(4, 2, 3), F.integers(T, 1, 3, 20), F.integers(T, 1, 5, 20), F.noise(1, 40, scale=0.3), None, None,
        None, None,
        np.array([0.004], np.float32), np.array([0 if dtype == "s8" else 128], T), np.array([0.005], np.float32),
        np.array([0 if dtype == "s8" else 128], T)], 3, hidden_size=5, constant=".ccc....cccc", **MS)
    F.one(f"qattention_{dtype}", "QAttention", [F.integers(np.uint8, 2, 4, 8), F.integers(T, 8, 24), F.noise(24),
                                                scalar(0.01), scalar(0.005), None,
                                             scalar(128, np.uint8), scalar(0 if dtype == "s8" else 128, T)],
                                             num_heads=2,
          constant=".ccccccc", **MS)
ids = F.integers(np.int32, 2, 4, low=0, high=9)
for form in ("plain", "segments", "mask", "sum", "positions"):
    segments = F.integers(np.int32, 2, 4, low=0, high=1) if form != "plain" else None
    given = [ids, segments, F.noise(10, 8), F.noise(6, 8), F.noise(2, 8) if segments is not None else None, F.noise(8),
             F.noise(8),
             np.array([[1, 1, 1, 0], [1, 1, 1, 1]], np.int32) if form == "mask" else None,
             np.array([[3, 2, 1, 0]], np.int32).repeat(2, 0) if form == "positions" else None]
    while given[-1] is None:
        given.pop()
    F.one(f"embed_{form}", "EmbedLayerNormalization", given, 3 if form == "sum" else [True, None], constant="..ccccc",
          **MS)
F.one("inverse", "Inverse", [F.noise(2, 3, 3) + 3 * np.eye(3, dtype=np.float32)], **MS)
F.one("trilu", "Trilu", [F.noise(3, 4)], upper=0, **MS)
F.one("range", "Range", [scalar(1), scalar(4), scalar(0.5)], **MS)
F.one("pad", "Pad", [F.noise(2, 3), np.array([1, 0, 0, 2], np.int64), scalar(1.5)], constant=".cc", mode="constant",
      **MS)
F.one("unique", "Unique", [np.array([2, 1, 2, 3, 1], np.float32)], 3, **MS)
F.one("expanddims", "ExpandDims", [F.noise(2, 3), np.array(1, np.int32)], constant=".c", **MS)
F.one("cdist", "CDist", [F.noise(3, 4), F.noise(5, 4)], metric="euclidean", **MS)
F.one("gathernd", "GatherND", [F.noise(3, 4), np.array([[0, 1], [2, 3]], np.int64)], **MS)
F.one("murmur", "MurmurHash3", [np.array([1, 2, 3], np.int32)], seed=7, positive=1, **MS)
F.one("ngram", "NGramRepeatBlock", [np.array([[1, 2, 3, 1, 2]], np.int64), F.noise(1, 6)], ngram_size=3, **MS)
F.one("transposematmul", "TransposeMatMul", [F.noise(3, 4), F.noise(3, 5)], transA=1, **MS)
F.one("cropandresize", "CropAndResize", [F.noise(1, 2, 6, 6),
                                         np.array([[0, 0, 1, 1], [0.2, 0.1, 0.8, 0.9]], np.float32),
                                         np.array([0, 0], np.int32), np.array([3, 4], np.int32)], **MS)
F.one("unfold", "UnfoldTensor", [F.noise(2, 8)], dim=1, size=3, step=2, **MS)
for mode in ("bilinear", "nearest"):
    F.one(f"gridsample_{mode}", "GridSample", [F.noise(1, 2, 4, 5), np.clip(F.noise(1, 3, 3, 2), -1, 1)], mode=mode,
          **MS)

if __name__ == "__main__":
    F.write()
