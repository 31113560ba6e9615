"""The Cast matrix, strings among them, and the corners of integer arithmetic."""
import itertools

import ml_dtypes
import numpy as np
from onnx import TensorProto, helper

from casemath import by_onnx
from caseset import Family

F = Family(__file__, 32)
NAMES = ["float32", "float64", "float16", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64",
         "bool"]
SIGNED = [0, 1, -1, 2, 77, -100, 127, -128]
FRACTIONS = [0, 1.75, -1.75, 0.5, -0.5, 2.5, 99.999, -0.0]


def to(name):
    return helper.np_dtype_to_tensor_dtype(np.dtype(name))


for source, target in itertools.product(NAMES, NAMES):
    if source == target:
        continue
    if source.startswith("float"):
        # Floats that the type has no number for are undefined; NaN is true.
        values = [v for v in FRACTIONS if v > -1 or not target.startswith("uint")]
        if target == "bool" or target.startswith("float"):
            values += [np.nan, np.inf, -np.inf, 1e-7]
    elif source == "bool":
        values = [True, False]
    else:
        info = np.iinfo(source)
        values = [v for v in SIGNED if info.min <= v <= info.max] + [info.max, info.min]
    x = np.array(values).astype(source) if source.startswith("float") else np.array(
        [np.array(v, dtype=object) for v in values], dtype=object).astype(source)
    F.one(f"{source}_to_{target}", "Cast", [x], to=to(target), opset=19)
for name in NAMES:
    if name.startswith("float"):
        words = ["1.5", "-0", "1e3", "NaN", "INF", "-INF", "3.25e-2", "+7"]
        with np.errstate(over="ignore"):
            numbers = np.array([0, 1, -1, 0.1, 1e10, 123456789, np.nan, np.inf, -np.inf, 2 ** -10, -2.5]).astype(name)
    elif name == "bool":
        words, numbers = None, np.array([True, False])
    else:
        info = np.iinfo(name)
        words = ["0", "7", "100", str(info.max), str(info.min)]
        numbers = np.array([info.max, info.min, 0, 42], dtype=name)
    if words:
        F.one(f"string_to_{name}", "Cast", [np.array(words, object)], to=to(name), opset=19)
    if name != "float16":
        F.one(f"{name}_to_string", "Cast", [numbers], to=TensorProto.STRING, opset=19)
F.one("empty", "Cast", [np.zeros((0, 3), np.float32)], to=TensorProto.INT64)
F.one("scalar", "Cast", [np.array(3.7, np.float32)], to=TensorProto.INT32)
F.one("like", "CastLike", [np.array([1.5, -2.25], np.float32), np.array([0], np.int32)], opset=19)
VALUES = np.array([0, 1, -1, 0.1, 3.14159, 65504, 1e30, 448, 500, 57344, 6e4, 2 ** -9, 1.0625, 1.1875, np.inf, np.nan],
                  np.float32)
for name in ("BFLOAT16", "FLOAT8E4M3FN", "FLOAT8E4M3FNUZ", "FLOAT8E5M2", "FLOAT8E5M2FNUZ"):
    # Out and in again, since no API has the type.
    for saturate in (0, 1) if "8" in name else (1,):
        nodes = [helper.make_node("Cast", ["x"], ["t"], to=getattr(TensorProto, name),
                                  **({} if saturate else {"saturate": 0})),
                 helper.make_node("Cast", ["t"], ["y"], to=TensorProto.FLOAT)]
        title = f"through_{name.lower()}" + "_overflowing" * (1 - saturate)
        # onnxruntime makes NaN of what is too large for float8e5m2, which has an infinity.
        F.add(title, F.model(title, nodes, {"x": VALUES}, ["y"], opset=19), {"x": VALUES},
              oracle=by_onnx if name == "FLOAT8E5M2" else None)
for name, low, high in (("INT4", -8, 7), ("UINT4", 0, 15)):
    x = np.arange(low, high + 1, dtype=np.int32)[:15]
    nodes = [helper.make_node("Cast", ["x"], ["t"], to=getattr(TensorProto, name)),
             helper.make_node("Cast", ["t"], ["y"], to=TensorProto.INT32)]
    F.add(f"through_{name.lower()}", F.model(f"through_{name.lower()}", nodes, {"x": x}, ["y"], opset=21), {"x": x},
          [x])

SIXES = {"FLOAT6E2M3": ml_dtypes.float6_e2m3fn, "FLOAT6E3M2": ml_dtypes.float6_e3m2fn}
for name, kind in SIXES.items():
    # Every number of the format, every tie between two, and beyond both ends. onnxruntime has no such type.
    codes = np.arange(64, dtype=np.uint8).view(kind)
    ordered = np.sort(codes.astype(np.float32))
    x = np.concatenate([ordered, (ordered[1:] + ordered[:-1]) / 2, ordered * 1.01, [6e4, -6e4, np.inf, -np.inf, 1e-6]])
    sources = {source: x.astype(source) for source in ("float32", "float16", "float64")}
    sources |= {"int32": np.arange(-40, 41, dtype=np.int32), "uint8": np.arange(40, dtype=np.uint8)}
    for source, given in sources.items():
        nodes = [helper.make_node("Cast", ["x"], ["t"], to=getattr(TensorProto, name)),
                 helper.make_node("Cast", ["t"], ["y"], to=TensorProto.FLOAT)]
        title = f"{source}_through_{name.lower()}"
        F.add(title, F.model(title, nodes, {"x": given}, ["y"], opset=28), {"x": given},
              [given.astype(np.float32).astype(kind).astype(np.float32)])
    for count in (1, 2, 3, 5, 64):
        # What a model holds, four elements in three bytes, moved and cast.
        constant = codes[:count]
        nodes = [helper.make_node("Concat", ["c", "c"], ["t"], axis=0), helper.make_node("Reshape", ["t", "s"], ["m"]),
                 helper.make_node("Transpose", ["m"], ["r"]),
                 helper.make_node("Cast", ["r"], ["f"], to=TensorProto.FLOAT),
                 helper.make_node("Add", ["f", "x"], ["y"])]
        title = f"constant_{name.lower()}_{count}"
        feeds = {"x": np.zeros((), np.float32)}
        shape = np.array([2, count], np.int64)
        F.add(title, F.model(title, nodes, feeds, ["y"], {"c": constant, "s": shape}, opset=28), feeds,
              [np.stack([constant, constant]).T.astype(np.float32)])

INTEGERS = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]
for name in INTEGERS:
    info = np.iinfo(name)
    edge = np.array([info.max, info.min, 0, 1, 100, info.max - 1], name)
    one = np.ones(6, name)
    with np.errstate(over="ignore"):
        F.one(f"add_wraps_{name}", "Add", [edge, one], expected=[edge + one], opset=14)
        F.one(f"sub_wraps_{name}", "Sub", [edge, one], expected=[edge - one], opset=14)
        F.one(f"mul_wraps_{name}", "Mul", [edge, edge], expected=[edge * edge], opset=14)
    divisor = np.array([7, 3, 5, 2, 9, 100], name)
    quotient = np.array([int(a) // int(b) if int(a) >= 0 else -(-int(a) // int(b)) for a, b in zip(edge, divisor)],
                        name)
    F.one(f"div_{name}", "Div", [edge, divisor], expected=[quotient], opset=14)
    F.one(f"mod_{name}", "Mod", [edge, divisor], expected=[np.mod(edge, divisor)])
    F.one(f"fmod_{name}", "Mod", [edge, divisor], expected=[np.fmod(edge, divisor)], fmod=1)
    if info.min < 0:
        left = np.array([7, -7, 7, -7, 6, -6], name)
        right = np.array([3, 3, -3, -3, -3, 3], name)
        F.one(f"div_signs_{name}", "Div", [left, right], expected=[np.array([2, -2, -2, 2, -2, -2], name)], opset=14)
        F.one(f"mod_signs_{name}", "Mod", [left, right], expected=[np.mod(left, right)])
        F.one(f"fmod_signs_{name}", "Mod", [left, right], expected=[np.fmod(left, right)], fmod=1)
        F.one(f"abs_{name}", "Abs", [np.array([3, -3, 0, info.max], name)])
        F.one(f"sign_{name}", "Sign", [np.array([3, -3, 0, info.min], name)])
    for op, ufunc in (("Max", np.maximum), ("Min", np.minimum)):
        F.one(f"{op.lower()}_{name}", op, [edge, divisor], expected=[ufunc(edge, divisor)])
    if name in ("int8", "uint8", "int32", "uint32", "int64", "uint64"):
        F.one(f"clip_{name}", "Clip", [edge, np.array(2, name), np.array(90, name)], opset=13, constant=".cc")
    for op, ufunc in (("BitwiseAnd", np.bitwise_and), ("BitwiseOr", np.bitwise_or), ("BitwiseXor", np.bitwise_xor)):
        F.one(f"{op.lower()}_{name}", op, [edge, divisor], expected=[ufunc(edge, divisor)])
    F.one(f"less_{name}", "Less", [edge, divisor])
    F.one(f"equal_{name}", "Equal", [edge, np.array([info.max, 0, 0, 1, 5, 5], name)])
    F.one(f"greaterorequal_{name}", "GreaterOrEqual", [edge, divisor], opset=16)
    F.one(f"where_{name}", "Where", [np.array([True, False] * 3), edge, divisor], expected=[
        np.where([True, False] * 3, edge, divisor)])
    if name.startswith("u"):
        bits = np.array([0, 1, 3, info.bits - 1, 2, 1], name)
        F.one(f"shift_left_{name}", "BitShift", [edge, bits], expected=[edge << bits], direction="LEFT")
        F.one(f"shift_right_{name}", "BitShift", [edge, bits], expected=[edge >> bits], direction="RIGHT")
    for op in ("ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceMean"):
        if name in ("int32", "int64") or (op in ("ReduceMax", "ReduceMin") and name in ("int8", "uint8")):
            F.one(f"{op.lower()}_{name}", op, [F.integers(name, 3, 4, low=-9 if info.min else 0, high=9),
                                               np.array([1])],
                  constant=".c", opset=18)
    F.one(f"pow_{name}", "Pow", [np.array([2, 3, 0, 1, 5, 2], name), np.array([3, 2, 0, 7, 1, 6], name)], opset=15,
          expected=[np.array([8, 9, 1, 1, 5, 64], name)])
for base, exponent in itertools.product(("float32", "float64", "int32", "int64"), repeat=2):
    F.one(f"pow_{base}_by_{exponent}", "Pow", [np.array([1, 2, 3, 4], base), np.array([0, 1, 2, 3], exponent)],
          opset=15)
F.one("pow_negative", "Pow", [np.array([-2, -8, 0, 4], np.float32), np.array([2, 3, -1, 0.5], np.float32)])
# What no processor may trap on: the value is not defined, a result must come. It is cut to what is.
for name in ("int32", "int64", "int8", "int16", "uint8", "uint32", "uint64"):
    info = np.iinfo(name)
    x = np.array([info.min, 5, 8], name)
    for op, more in (("Div", {}), ("Mod", {}), ("Mod", {"fmod": 1})):
        for what, by in (("zero", 0),) + ((("minus_one", -1),) if info.min < 0 else ()):
            y = np.array([by, by, 3], name)
            nodes = [helper.make_node(op, ["x", "y"], ["all"], **more),
                     helper.make_node("Slice", ["all", "from", "to"], ["z"])]
            first = 2 if what == "zero" else 1
            title = f"{op.lower()}{len(more)}_{what}_{name}"
            result = {"Div": [-5, 2], "Mod": [0, 2]}[op][-(3 - first):]
            feeds = {"x": x, "y": y}
            F.add(title, F.model(title, nodes, feeds, ["z"], {"from": np.array([first]), "to": np.array([3])}, 14),
                  feeds,
                  [np.array(result, name)])

if __name__ == "__main__":
    F.write()
