"""Resize at opsets 10 to 19, and Upsample: modes, grids, sizes, policies, types and axes.

The answers are onnx's own where onnxruntime differs from it: it takes the length cut to an integer for align_corners by
scales, and forgets about a policy where axes are negative. Both leave open how antialiased bytes are rounded, which
onnxruntime does after each axis and this does once, at the end.
"""
import itertools

import numpy as np
import onnx

from casemath import by_onnx
from caseset import Family
import modelfolder

F = Family(__file__, 21)
NONE = np.zeros(0, np.float32)
COORDINATES = ["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel", "half_pixel_symmetric"]
NEAREST = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]


def f32(*values):
    return np.array(values, np.float32)


def i64(*values):
    return np.array(values, np.int64)


def resize(name, x, scales=None, sizes=None, roi=None, opset=19, constant="cccc", **attributes):
    grid = attributes.get("coordinate_transformation_mode")
    by_scales = scales is not None and scales.size and grid == "align_corners"
    backwards = attributes.get("axes", [0])[0] < 0
    oracle = (rounded if x.dtype == np.uint8 and "antialias" in attributes else
              by_onnx if by_scales else from_front if backwards else None)
    F.one(name, "Resize", [x, roi, scales, sizes] if sizes is not None else [x, roi, scales], opset=opset,
          constant="." + constant[1:], oracle=oracle, **attributes)


def from_front(model, feeds):
    """Negative axes counted from the front."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    for attribute in model.graph.node[0].attribute:
        if attribute.name == "axes":
            attribute.ints[:] = [axis % 4 for axis in attribute.ints]
    return list(modelfolder.reference(model, feeds, optimised=False).values())


def rounded(model, feeds):
    """Antialiased bytes, from what is right for float32."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    model.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.FLOAT
    (y,) = modelfolder.reference(model, {"x0": feeds["x0"].astype(np.float32)}, optimised=False).values()
    return [np.clip(np.floor(y + 0.5), 0, 255).astype(np.uint8)]


X = F.noise(1, 2, 4, 5)
SCALES = {"up": f32(1, 1, 2, 2), "odd": f32(1, 1, 1.6, 2.3), "down": f32(1, 1, 0.6, 0.55), "mixed": f32(1, 1, 0.5, 3)}
SIZES = {"up": i64(1, 2, 7, 9), "down": i64(1, 2, 3, 2), "one": i64(1, 2, 1, 1), "mixed": i64(1, 2, 8, 3)}

for grid, nearest, (way, scales) in itertools.product(COORDINATES, NEAREST, SCALES.items()):
    resize(f"nearest_{grid}_{nearest}_{way}", X, scales, mode="nearest", coordinate_transformation_mode=grid,
           nearest_mode=nearest)
for grid, (way, sizes) in itertools.product(COORDINATES, SIZES.items()):
    resize(f"nearest_{grid}_sizes_{way}", X, None, sizes, mode="nearest", coordinate_transformation_mode=grid)
for mode, grid, (way, scales) in itertools.product(("linear", "cubic"), COORDINATES, SCALES.items()):
    resize(f"{mode}_{grid}_{way}", X, scales, mode=mode, coordinate_transformation_mode=grid)
    if way in ("odd", "down") and grid != "half_pixel_symmetric":
        resize(f"{mode}_{grid}_{way}_fed", X, scales, mode=mode, coordinate_transformation_mode=grid, constant="....")
for mode, grid, (way, sizes) in itertools.product(("linear", "cubic"), COORDINATES, SIZES.items()):
    resize(f"{mode}_{grid}_sizes_{way}", X, None, sizes, mode=mode, coordinate_transformation_mode=grid)
for grid, coefficient, outside in itertools.product(("half_pixel", "align_corners", "asymmetric"), (-0.5, -0.75),
                                                    (0, 1)):
    for way in ("odd", "down"):
        resize(f"cubic_{grid}_{way}_a{-coefficient}_outside{outside}", X, SCALES[way], mode="cubic",
               coordinate_transformation_mode=grid, cubic_coeff_a=coefficient, exclude_outside=outside)
for mode, outside, (way, scales) in itertools.product(("linear", "cubic"), (0, 1), SCALES.items()):
    if mode == "linear" and outside:
        continue
    for grid in ("half_pixel", "pytorch_half_pixel", "align_corners"):
        resize(f"antialias_{mode}_{grid}_{way}" + "_outside" * outside, X, scales, mode=mode, antialias=1,
               coordinate_transformation_mode=grid, exclude_outside=outside)
for mode in ("nearest", "linear", "cubic"):
    for policy in ("stretch", "not_larger", "not_smaller"):
        for axes, sizes in (([2, 3], i64(7, 8)), ([3, 2], i64(3, 9)), ([-1, -2], i64(2, 2))):
            title = "_".join(map(str, axes)).replace("-", "m")
            resize(f"policy_{mode}_{policy}_{title}", X, None, sizes, mode=mode, axes=axes,
                   keep_aspect_ratio_policy=policy)
    resize(f"axes_{mode}_one", X, f32(2.5), mode=mode, axes=[3])
    resize(f"crop_{mode}", X, f32(1, 1, 0.8, 1.7), roi=f32(0, 0, 0.2, 0.1, 1, 1, 0.7, 1.2), mode=mode,
           coordinate_transformation_mode="tf_crop_and_resize", extrapolation_value=-3.5)
    resize(f"crop_{mode}_sizes", X, None, i64(1, 2, 3, 3), roi=f32(0, 0, 0.4, 0.6, 1, 1, 0.6, 0.8), mode=mode,
           coordinate_transformation_mode="tf_crop_and_resize", extrapolation_value=10.0)
    for dtype in (np.uint8, np.int8):
        for way in ("odd", "down"):
            q = F.integers(dtype, 1, 2, 4, 5)
            if mode != "cubic":
                resize(f"{np.dtype(dtype).name}_{mode}_{way}", q, SCALES[way], mode=mode)
            if mode != "nearest" and dtype == np.uint8:
                resize(f"{np.dtype(dtype).name}_antialias_{mode}_{way}", q, SCALES[way], mode=mode, antialias=1)
    if mode != "cubic":
        resize(f"int32_{mode}", F.integers(np.int32, 1, 2, 4, 5, low=-999, high=999), SCALES["odd"], mode=mode)
    # Opset 11 has no axes, but a roi; 10 has scales alone and the grid `asymmetric`.
    resize(f"opset11_{mode}", X, SCALES["odd"], roi=NONE, mode=mode, opset=11)
    resize(f"opset11_{mode}_sizes", X, NONE, SIZES["up"], roi=NONE, mode=mode, opset=11)
    resize(f"opset13_{mode}", X, SCALES["down"], mode=mode, opset=13)
    resize(f"opset18_{mode}", X, None, SIZES["down"], mode=mode, opset=18, antialias=int(mode != "nearest"))
for grid in ("tf_half_pixel_for_nn", "half_pixel", "align_corners"):
    for way in ("odd", "down"):
        resize(f"opset11_nearest_{grid}_{way}", X, SCALES[way], roi=NONE, mode="nearest", opset=11,
               coordinate_transformation_mode=grid)
for mode in ("nearest", "linear"):
    for way, scales in SCALES.items():
        F.one(f"opset10_{mode}_{way}", "Resize", [X, scales], opset=10, constant=".c", mode=mode)
    for way in ("up", "odd"):
        F.one(f"upsample_{mode}_{way}", "Upsample", [X, SCALES[way]], opset=9, constant=".c", mode=mode)
for mode in ("nearest", "linear"):
    resize(f"line_{mode}", F.noise(2, 3, 7), f32(1, 1, 1.7), mode=mode)
    resize(f"plane_{mode}", F.noise(5, 4), f32(1.5, 2.25), mode=mode)
    resize(f"last_{mode}", F.noise(1, 4, 5, 3), f32(1, 2, 1.5, 1), mode=mode)
    resize(f"volume_{mode}", F.noise(1, 1, 3, 4, 3), f32(1, 1, 1.5, 2, 0.7), mode=mode)
    if mode == "nearest":
        resize(f"front_{mode}", F.noise(3, 4, 2, 2), f32(1.5, 1.5, 1, 1), mode=mode)
    resize(f"same_{mode}", X, f32(1, 1, 1, 1), mode=mode)
    resize(f"single_{mode}", F.noise(1, 1, 1, 1), f32(1, 1, 3, 3), mode=mode,
           coordinate_transformation_mode="align_corners")
for mode in ("nearest", "linear", "cubic"):
    for grid in ("half_pixel", "asymmetric"):
        resize(f"thirds_{mode}_{grid}", F.noise(1, 1, 6, 6), f32(1, 1, 1 / 3, 2 / 3), mode=mode,
               coordinate_transformation_mode=grid)
        resize(f"large_{mode}_{grid}", F.noise(1, 3, 9, 8), f32(1, 1, 3.3, 2.9), mode=mode,
               coordinate_transformation_mode=grid)

if __name__ == "__main__":
    F.write()
