"""QuantizeLinear, DequantizeLinear and DynamicQuantizeLinear: every type, grain and form."""
import ml_dtypes
import numpy as np
from onnx import TensorProto, helper

from casemath import along
from caseset import Family

F = Family(__file__, 11)
RANGES = {"int8": (-128, 127), "uint8": (0, 255), "int16": (-32768, 32767), "uint16": (0, 65535), "int4": (-8, 7),
          "uint4": (0, 15), "int2": (-2, 1), "uint2": (0, 3)}
KINDS = {name: getattr(TensorProto, name.upper()) for name in RANGES}


def typed(value, name):
    return np.asarray(value).astype(getattr(ml_dtypes, name) if name in ("int4", "uint4", "int2", "uint2") else name)


def grain(shape, axis, form, block):
    """The shape of scales for a tensor, per tensor, channel or block."""
    if form == "tensor":
        return []
    if form == "one":
        return [1]
    if form == "channel":
        return [shape[axis]]
    return [-(-n // block) if i == axis else n for i, n in enumerate(shape)]


def spread(value, shape, axis, form, block):
    """A scale or zero point for each element."""
    if form == "block":
        return np.repeat(value, block, axis)[tuple(slice(n) for n in shape)]
    return along(value, axis % len(shape) if shape else 0, len(shape))


def parameters(shape, axis, form, block, name):
    """Scales that let a few numbers saturate, and zero points off the middle."""
    low, high = RANGES[name]
    sizes = grain(shape, axis, form, block)
    scale = (F.integers(np.int32, *sizes, low=20, high=60) / 10 / (high - low + 1)).astype(np.float32)
    return scale, F.integers(np.int64, *sizes, low=low + (high - low) // 4, high=high - (high - low) // 4)


def wide(node, name, source, target):
    """The nodes, and a Cast in front or behind where no API has the type."""
    if name not in ("int4", "uint4", "int2", "uint2"):
        return [node]
    return [node, helper.make_node("Cast", [source], [target], to=TensorProto.INT32)]


def quantize(name, shape, axis, form, block=0, zero=True, opset=21, x=None, constant=False, dtype=np.float32, **more):
    """What q = saturate(round(x / scale) + zero) gives, computed as float32 does."""
    if x is None:
        x = F.noise(*shape, dtype=dtype)
    scale, point = parameters(shape, axis, form, block, name)
    scale = scale.astype(dtype)
    point = point if zero else np.zeros_like(point)
    low, high = RANGES[name]
    with np.errstate(over="ignore"):
        # float16 is divided as float32, as onnxruntime does.
        ratio = np.rint(x.astype(np.float32) / spread(scale, x.shape, axis, form, block).astype(np.float32))
    y = np.clip(ratio + spread(point, x.shape, axis, form, block), low, high)
    title = "_".join(["q", name, form, f"axis{axis}", np.dtype(dtype).name] + ([] if zero else ["nozero"]) + [
        f"{k}{v}" for k, v in more.items()] + ([f"block{block}"] if block else []) + [f"opset{opset}"] + (
            ["const"] if constant else []))
    small = name in ("int4", "uint4", "int2", "uint2")
    feeds, constants = {"x": x}, {"scale": scale} | ({"zero": typed(point, name)} if zero else {})
    if not small and not constant:
        feeds, constants = feeds | constants, {}
    attributes = {} if zero or name == "uint8" else {"output_dtype": KINDS[name]}
    if form in ("channel", "block") and axis != 1:
        attributes["axis"] = axis
    if block:
        attributes["block_size"] = block
    node = helper.make_node("QuantizeLinear", ["x", "scale"] + ["zero"] * zero, ["q" if small else "y"], **attributes,
                            **more)
    model = F.model(title, wide(node, name, "q", "y"), feeds, ["y"], constants, opset)
    F.add(title, model, feeds, [y.astype(np.int32) if small else typed(y, name)])


def dequantize(name, shape, axis, form, block=0, zero=True, opset=21, dtype=np.float32):
    """(q - zero) * scale."""
    low, high = RANGES.get(name, (-10 ** 6, 10 ** 6))
    q = F.integers(np.int64, *shape, low=low, high=high)
    if name == "int32":
        scale, point, zero = F.integers(np.int32, *grain(shape, axis, form, block), low=1, high=9) / 1000, 0, False
    else:
        scale, point = parameters(shape, axis, form, block, name)
    scale = np.asarray(scale, dtype)
    point = point if zero else np.zeros_like(point)
    y = ((q - spread(point, shape, axis, form, block)) * spread(scale, shape, axis, form, block).astype(np.float32))
    title = "_".join(["dq", name, form, f"axis{axis}", np.dtype(dtype).name] + ([] if zero else ["nozero"]) + (
        [f"block{block}"] if block else []) + [f"opset{opset}"])
    small = name in ("int4", "uint4", "int2", "uint2")
    feeds = {"q": typed(q, name), "scale": scale} | ({"zero": typed(point, name)} if zero else {})
    constants = {}
    if small:  # Fed as int32 and cast, or a constant of the model.
        constants = {key: feeds.pop(key) for key in list(feeds) if key != "scale"}
    attributes = {"axis": axis} if form in ("channel", "block") and axis != 1 else {}
    if block:
        attributes["block_size"] = block
    node = helper.make_node("DequantizeLinear", ["q", "scale"] + ["zero"] * zero, ["y"], **attributes)
    model = F.model(title, [node], feeds, ["y"], constants, opset)
    F.add(title, model, feeds, [y.astype(dtype)])


def six(name, kind, shape, axis, form, block=0, zero=False, dtype=np.float32):
    """x / scale rounded to a float6, and that times the scale; the zero point, if there is one, is 0."""
    sizes = grain(shape, axis, form, block)
    scale = (F.integers(np.int32, *sizes, low=5, high=60) / 64).astype(dtype)
    x = F.noise(*shape, scale=4, dtype=dtype)
    wide = spread(scale, shape, axis, form, block).astype(np.float32)
    q = (x.astype(np.float32) / wide).astype(kind)
    attributes = {"axis": axis} if form in ("channel", "block") and axis != 1 else {}
    if block:
        attributes["block_size"] = block
    constants = {"zero": np.zeros(sizes, kind)} if zero else {}
    more = {} if zero else {"output_dtype": getattr(TensorProto, name)}
    ends = ["zero"] * zero
    nodes = [helper.make_node("QuantizeLinear", ["x", "scale", *ends], ["q"], **attributes, **more),
             helper.make_node("Cast", ["q"], ["codes"], to=TensorProto.FLOAT),
             helper.make_node("DequantizeLinear", ["q", "scale", *ends], ["y"], **attributes)]
    title = "_".join([name.lower(), form, f"axis{axis}", np.dtype(dtype).name] + ["zero"] * zero + (
        [f"block{block}"] if block else []))
    feeds = {"x": x, "scale": scale}
    values = q.astype(np.float32)
    F.add(title, F.model(title, nodes, feeds, ["codes", "y"], constants, 28), feeds,
          [values, (values * wide).astype(dtype)])


SHAPE = (3, 4, 5)
for name in RANGES:
    opset = 25 if "2" in name else 21
    for form, axis, block in (("tensor", 1, 0), ("one", 1, 0), ("channel", 1, 0), ("channel", 0, 0), ("channel", -1, 0),
                              ("block", 1, 2), ("block", 2, 3), ("block", 0, 2)):
        for make in (quantize, dequantize):
            make(name, (6, 4, 6), axis, form, block, opset=opset)
    dequantize(name, SHAPE, 1, "channel", zero=False, opset=opset)
    quantize(name, SHAPE, 1, "tensor", zero=False, opset=opset)
    dequantize(name, SHAPE, 1, "channel", dtype=np.float16, opset=opset)
for name in ("int8", "uint8"):
    for opset in (10, 13, 19, 23):
        form = "tensor" if opset == 10 else "channel"
        quantize(name, SHAPE, 1, form, opset=opset)
        dequantize(name, SHAPE, 1, form, opset=opset)
    quantize(name, (7,), 0, "tensor", x=np.array([0.5, 1.5, -0.5, np.inf, -np.inf, 3e38, -3e38], np.float32), opset=20)
    quantize(name, SHAPE, 2, "channel", constant=True)
    quantize(name, SHAPE, 1, "tensor", dtype=np.float16, opset=19)
    quantize(name, (), 0, "tensor", opset=19)
    quantize(name, (0, 4), 1, "tensor", opset=22)
    dequantize(name, (2, 0), 1, "tensor", opset=22)
for form in ("tensor", "channel"):
    dequantize("int32", SHAPE, 1, form, opset=13)

for name, x in {
        "noise": F.noise(4, 9), "positive": np.abs(F.noise(7)) + 0.5, "negative": -np.abs(F.noise(2, 3, 2)) - 0.25,
        "zeros": np.zeros((3, 3), np.float32), "scalar": np.float32(2.5) * np.ones((), np.float32),
        "large": F.noise(33, scale=1000), "tiny": (F.noise(17) * np.float32(1e-20)), "one": np.array([3.0], np.float32),
        "ties": np.arange(-4, 252, dtype=np.float32) / 2}.items():
    F.one(f"dynamic_{name}", "DynamicQuantizeLinear", [x], 3, opset=11)
for name, kind in (("FLOAT6E2M3", ml_dtypes.float6_e2m3fn), ("FLOAT6E3M2", ml_dtypes.float6_e3m2fn)):
    # onnxruntime has no such types.
    for form, axis, block in (("tensor", 1, 0), ("channel", 1, 0), ("channel", -1, 0), ("block", 2, 3)):
        six(name, kind, (5, 4, 6), axis, form, block)
        six(name, kind, (3, 3, 3), axis, form, block, zero=True)
    six(name, kind, (7,), 0, "tensor", dtype=np.float16)

if __name__ == "__main__":
    F.write()
