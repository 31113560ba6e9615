"""ConvInteger and QLinearConv from the specification: what pads is the zero point, so that it stands for nothing."""
import numpy as np

from casemath import along, convolve, saturate
from caseset import Family

F = Family(__file__, 13)
TYPES = {"u": np.uint8, "s": np.int8}
FORMS = {
    "plain": ((1, 3, 6, 5), (4, 3, 3, 3), {}),
    "pads": ((2, 2, 5, 6), (3, 2, 3, 3), {"pads": [1, 1, 1, 1]}),
    "uneven": ((1, 2, 5, 6), (3, 2, 3, 2), {"pads": [0, 2, 1, 1], "strides": [2, 1]}),
    "dilated": ((1, 2, 9, 8), (2, 2, 3, 3), {"dilations": [2, 2], "pads": [2, 2, 2, 2]}),
    "groups": ((1, 6, 5, 5), (4, 3, 3, 3), {"group": 2, "pads": [1, 1, 1, 1]}),
    "depthwise": ((1, 5, 7, 7), (5, 1, 3, 3), {"group": 5, "pads": [1, 1, 1, 1]}),
    "depthwise_twice": ((1, 3, 6, 6), (6, 1, 3, 3), {"group": 3, "strides": [2, 2], "pads": [1, 0, 1, 0]}),
    "pointwise": ((2, 8, 3, 4), (6, 8, 1, 1), {}),
    "pointwise_stride": ((1, 4, 5, 6), (3, 4, 1, 1), {"strides": [2, 2]}),
    "line": ((2, 3, 11), (4, 3, 4), {"pads": [2, 1], "strides": [2]}),
    "volume": ((1, 2, 4, 5, 4), (3, 2, 2, 3, 2), {"pads": [1, 1, 0, 0, 1, 1]}),
    "same_upper": ((1, 2, 6, 7), (2, 2, 4, 4), {"auto_pad": "SAME_UPPER", "strides": [2, 2]}),
    "same_lower": ((1, 2, 6, 7), (2, 2, 4, 4), {"auto_pad": "SAME_LOWER", "strides": [2, 2]}),
    "valid": ((1, 2, 6, 7), (2, 2, 4, 4), {"auto_pad": "VALID"}),
    "many": ((1, 19, 5, 5), (21, 19, 3, 3), {"pads": [1, 1, 1, 1]}),
    "batch0": ((0, 2, 5, 5), (3, 2, 3, 3), {}),
}


def accumulate(x, w, xz, wz, attributes):
    return convolve(x.astype(np.int64) - np.int64(xz), w.astype(np.int64) - along(wz, 0, w.ndim).astype(np.int64),
                    **attributes)


for form, (shape, kernel, attributes) in FORMS.items():
    for a, b in (("u", "u"), ("u", "s"), ("s", "s"), ("s", "u")):
        if form in ("valid", "batch0", "same_lower", "volume") and a == "s":
            continue
        x, w = F.integers(TYPES[a], *shape), F.integers(TYPES[b], *kernel)
        # Some sum that fits int32 whatever the inputs; a zero point far off the middle shows what padding holds.
        for grain in ("none", "tensor", "channel"):
            if grain == "none" and form not in ("plain", "pads", "depthwise"):
                continue
            xz = F.integers(TYPES[a]) if grain != "none" else TYPES[a](0)
            wz = F.integers(TYPES[b], *([kernel[0]] if grain == "channel" else [])) if grain != "none" else TYPES[b](0)
            y = accumulate(x, w, xz, wz, attributes).astype(np.int32)
            if grain != "channel" or (a, b) in (("u", "u"), ("s", "s")):
                F.one(f"integer_{a}{b}_{form}_{grain}", "ConvInteger",
                      [x, w] + ([] if grain == "none" else [np.array(xz), np.array(wz)]), expected=[y], opset=10,
                      constant=".c.c" if grain == "tensor" else "", **attributes)
        for grain in ("tensor", "channel"):
            c = "s" if (grain == "channel") == (a == "u") else "u"
            n = [kernel[0]] if grain == "channel" else []
            xs, xz = np.float32(0.02), F.integers(TYPES[a])
            ws = (F.integers(np.int32, *n, low=3, high=9) / 500).astype(np.float32)
            wz, yz = F.integers(TYPES[b], *n, low=0, high=5), F.integers(TYPES[c], low=0, high=100)
            bias = F.integers(np.int32, kernel[0], low=-9000, high=9000) if b == "s" else None
            total = accumulate(x, w, xz, wz, attributes)
            total = total + (0 if bias is None else along(bias, 1, total.ndim))
            real = total * (np.float64(xs) * along(ws, 1, total.ndim))
            ys = np.float32((real.std() if real.size else 1) / 60)
            F.one(f"qlinear_{a}{b}{c}_{form}_{grain}", "QLinearConv",
                  [x, np.array(xs), np.array(xz), w, ws, wz, np.array(ys), np.array(yz), bias],
                  expected=[saturate(np.rint(real / ys) + yz, TYPES[c])], opset=10,
                  constant="...cccccc" if (a, b) != ("s", "s") else "", **attributes)

if __name__ == "__main__":
    F.write()
