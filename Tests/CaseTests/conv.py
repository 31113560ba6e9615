"""Conv, ConvTranspose and their kin: padding, strides, dilation, groups and sizes in 1 to 3 dims."""
import itertools

import numpy as np
from onnx import helper

from casemath import convolve
from caseset import Family

F = Family(__file__, 23)
FORMS = {
    "plain": ((1, 3, 7, 6), (4, 3, 3, 3), {}),
    "same_upper": ((1, 2, 7, 6), (3, 2, 4, 3), {"auto_pad": "SAME_UPPER", "strides": [2, 2]}),
    "same_lower": ((1, 2, 7, 6), (3, 2, 4, 3), {"auto_pad": "SAME_LOWER", "strides": [2, 2]}),
    "same_dilated": ((1, 2, 9, 8), (3, 2, 3, 3), {"auto_pad": "SAME_UPPER", "dilations": [2, 2]}),
    "valid": ((1, 2, 7, 6), (3, 2, 3, 3), {"auto_pad": "VALID", "strides": [1, 2]}),
    "uneven": ((2, 2, 7, 6), (3, 2, 3, 2), {"pads": [0, 2, 3, 1]}),
    "wide_pads": ((1, 1, 3, 3), (2, 1, 3, 3), {"pads": [4, 4, 4, 4]}),
    "pads_stride": ((1, 2, 9, 9), (3, 2, 3, 3), {"pads": [1, 1, 1, 1], "strides": [3, 2]}),
    "dilated": ((1, 2, 11, 9), (3, 2, 3, 3), {"dilations": [3, 2]}),
    "dilated_pads": ((1, 2, 7, 9), (3, 2, 3, 3), {"dilations": [3, 1], "pads": [3, 1, 3, 1]}),
    "groups": ((1, 6, 6, 6), (9, 2, 3, 3), {"group": 3, "pads": [1, 1, 1, 1]}),
    "depthwise": ((2, 5, 8, 9), (5, 1, 3, 3), {"group": 5, "pads": [1, 1, 1, 1]}),
    "depthwise_stride": ((1, 4, 9, 9), (4, 1, 3, 3), {"group": 4, "strides": [2, 2], "pads": [1, 1, 1, 1]}),
    "depthwise_five": ((1, 3, 9, 9), (3, 1, 5, 5), {"group": 3, "pads": [2, 2, 2, 2]}),
    "depthwise_dilated": ((1, 4, 9, 9), (4, 1, 3, 3), {"group": 4, "dilations": [2, 2], "pads": [2, 2, 2, 2]}),
    "depthwise_twice": ((1, 3, 6, 6), (6, 1, 3, 3), {"group": 3}),
    "depthwise_line": ((1, 6, 12), (6, 1, 4), {"group": 6, "pads": [3, 0]}),
    "pointwise": ((2, 9, 4, 5), (7, 9, 1, 1), {}),
    "pointwise_stride": ((1, 4, 5, 6), (3, 4, 1, 1), {"strides": [2, 2]}),
    "pointwise_pads": ((1, 4, 3, 3), (3, 4, 1, 1), {"pads": [1, 0, 1, 2]}),
    "line": ((2, 3, 14), (4, 3, 5), {"pads": [2, 2], "strides": [2]}),
    "line_dilated": ((1, 3, 14), (4, 3, 3), {"dilations": [4]}),
    "volume": ((1, 2, 5, 6, 5), (3, 2, 3, 2, 3), {"pads": [1, 0, 1, 1, 1, 1], "strides": [2, 1, 1]}),
    "volume_groups": ((1, 4, 4, 5, 4), (4, 2, 2, 2, 2), {"group": 2, "dilations": [1, 2, 1]}),
    "whole": ((1, 2, 5, 5), (6, 2, 5, 5), {}),
    "many": ((1, 35, 6, 5), (37, 35, 3, 3), {"pads": [1, 1, 1, 1]}),
    "one_channel": ((1, 1, 12, 12), (1, 1, 7, 7), {"strides": [2, 2], "pads": [3, 3, 3, 3]}),
    "tall": ((1, 2, 9, 1), (3, 2, 3, 1), {"pads": [1, 0, 1, 0]}),
    "batch0": ((0, 2, 5, 5), (3, 2, 3, 3), {}),
}
for form, (shape, kernel, attributes) in FORMS.items():
    for bias, fed in itertools.product((False, True), (False, True)):
        x, w, b = F.noise(*shape), F.noise(*kernel, scale=0.3), F.noise(kernel[0]) if bias else None
        expected = None
        if form == "same_dilated":  # Which onnxruntime refuses.
            y = convolve(x.astype(np.float64), w.astype(np.float64), **attributes)
            expected = [(y + (b.reshape(1, -1, 1, 1) if bias else 0)).astype(np.float32)]
        F.one(form + "_bias" * bias + "_fed" * fed, "Conv", [x, w, b], expected=expected,
              constant="" if fed else ".cc", **attributes)
    for what, op in {"relu": "Relu", "sigmoid": "Sigmoid", "clip": "Clip", "leaky": "LeakyRelu", "hard": "HardSigmoid",
                     "add": "Add", "norm": "BatchNormalization"}.items():
        if form in ("same_dilated", "batch0", "same_lower", "wide_pads", "volume_groups", "tall", "line_dilated",
                    "pointwise_pads"):
            continue
        weights = {"w": F.noise(*kernel, scale=0.3), "b": F.noise(kernel[0])}
        more = []
        if op == "Clip":
            weights |= {"low": np.array(0, np.float32), "high": np.array(1.5, np.float32)}
            more = ["low", "high"]
        if op == "BatchNormalization":
            weights |= {"s": F.noise(kernel[0]), "o": F.noise(kernel[0]), "m": F.noise(kernel[0]),
                        "v": np.abs(F.noise(kernel[0])) + 1}
            more = ["s", "o", "m", "v"]
        x = F.noise(*shape)
        feeds = {"x": x}
        if op == "Add":
            feeds["r"] = F.noise(*convolve(x, weights["w"], **attributes).shape)
            more = ["r"]
        fused = {"alpha": 0.1} if op == "LeakyRelu" else {}
        nodes = [helper.make_node("Conv", ["x", "w", "b"], ["c"], **attributes),
                 helper.make_node(op, ["c", *more], ["y"], **fused)]
        title = f"{form}_then_{what}"
        F.add(title, F.model(title, nodes, feeds, ["y"], weights), feeds)

TRANSPOSED = {
    "plain": ((1, 3, 4, 5), (3, 2, 3, 3), {}),
    "stride": ((1, 3, 4, 5), (3, 2, 3, 3), {"strides": [2, 3]}),
    "pads": ((2, 2, 4, 5), (2, 3, 3, 4), {"strides": [2, 2], "pads": [1, 0, 1, 2]}),
    "output_padding": ((1, 2, 4, 5), (2, 3, 3, 3), {"strides": [2, 3], "output_padding": [1, 2]}),
    "output_shape": ((1, 2, 4, 4), (2, 3, 3, 3), {"strides": [2, 2], "output_shape": [9, 7]}),
    "output_shape_lower": ((1, 2, 4, 4), (2, 3, 3, 3), {"strides": [2, 2], "output_shape": [8, 7],
                                                        "auto_pad": "SAME_LOWER"}),
    "output_shape_upper": ((1, 2, 4, 4), (2, 3, 3, 3), {"strides": [2, 2], "output_shape": [8, 7],
                                                        "auto_pad": "SAME_UPPER"}),
    "same_upper": ((1, 2, 4, 5), (2, 3, 3, 3), {"strides": [2, 2], "auto_pad": "SAME_UPPER"}),
    "same_lower": ((1, 2, 4, 5), (2, 3, 3, 3), {"strides": [2, 2], "auto_pad": "SAME_LOWER"}),
    "valid": ((1, 2, 4, 5), (2, 3, 3, 3), {"strides": [2, 2], "auto_pad": "VALID"}),
    "dilated": ((1, 2, 4, 5), (2, 3, 3, 2), {"dilations": [2, 3]}),
    "dilated_stride": ((1, 2, 4, 5), (2, 3, 3, 2), {"dilations": [2, 2], "strides": [2, 1], "pads": [1, 1, 1, 1]}),
    "groups": ((1, 6, 4, 4), (6, 2, 3, 3), {"group": 3, "strides": [2, 2]}),
    "depthwise": ((1, 4, 4, 4), (4, 1, 3, 3), {"group": 4, "strides": [2, 2], "pads": [1, 1, 1, 1]}),
    "line": ((2, 3, 7), (3, 2, 4), {"strides": [3], "pads": [1, 2]}),
    "line_padding": ((1, 3, 7), (3, 2, 4), {"strides": [2], "pads": [1, 1], "output_padding": [1]}),
    "volume": ((1, 2, 3, 4, 3), (2, 2, 2, 3, 2), {"strides": [2, 1, 2], "pads": [0, 1, 0, 1, 1, 0]}),
    "pointwise": ((1, 5, 4, 4), (5, 6, 1, 1), {}),
    "pointwise_stride": ((1, 3, 4, 4), (3, 2, 1, 1), {"strides": [2, 2]}),
    "kernel2": ((1, 3, 4, 4), (3, 4, 2, 2), {"strides": [2, 2]}),
    "wide_stride": ((1, 2, 3, 3), (2, 2, 2, 2), {"strides": [4, 3]}),
    "many": ((1, 17, 5, 5), (17, 19, 3, 3), {"strides": [2, 2], "pads": [1, 1, 1, 1]}),
    "batch0": ((0, 2, 4, 4), (2, 3, 3, 3), {}),
}
for form, (shape, kernel, attributes) in TRANSPOSED.items():
    for bias, fed in itertools.product((False, True), (False, True)):
        F.one(f"transposed_{form}" + "_bias" * bias + "_fed" * fed, "ConvTranspose",
              [F.noise(*shape), F.noise(*kernel, scale=0.3),
               F.noise(kernel[1] * attributes.get("group", 1)) if bias else None],
              constant="" if fed else ".cc", **attributes)

# com.microsoft
for form in ("plain", "uneven", "groups", "depthwise", "pointwise", "line"):
    shape, kernel, attributes = FORMS[form]
    for activation, more in (("Relu", {}), ("LeakyRelu", {"activation_params": [0.2]}), ("Tanh", {}), ("Sigmoid", {}),
                             ("Clip", {"activation_params": [-0.5, 0.7]}),
                             ("HardSigmoid", {"activation_params": [0.3, 0.4]}), (None, {})):
        if activation in ("Tanh", "HardSigmoid") and form != "plain":
            continue
        for add in (False, True):
            if add and form == "line":
                continue
            x, w = F.noise(*shape), F.noise(*kernel, scale=0.3)
            given = attributes | more | ({"activation": activation} if activation else {})
            F.one(f"fused_{form}_{activation}" + "_add" * add, "FusedConv",
                  [x, w, F.noise(kernel[0]), F.noise(*convolve(x, w, **attributes).shape) if add else None],
                  constant=".cc.", domain="com.microsoft", **given)

if __name__ == "__main__":
    F.write()
