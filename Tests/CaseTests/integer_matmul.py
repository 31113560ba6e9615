"""MatMulInteger, QLinearMatMul and the products of com.microsoft that begin with them: every mix of signs and grain."""
import numpy as np

from casemath import saturate
from caseset import Family

F = Family(__file__, 12)
TYPES = {"u": np.uint8, "s": np.int8}
MIXES = [(a, b) for a in "us" for b in "us"]
SHAPES = {"2d": ((5, 7), (7, 4)), "row": ((1, 33), (33, 17)), "batch": ((2, 3, 9), (2, 9, 5)),
          "shared": ((2, 3, 4, 6), (6, 5)), "broadcast": ((3, 1, 2, 8), (2, 8, 3)), "wide": ((20, 70), (70, 40)),
          "vectors": ((6,), (6,)), "left_vector": ((6,), (6, 3)), "right_vector": ((4, 6), (6,)),
          "k0": ((3, 0), (0, 2)), "empty": ((0, 4), (4, 3))}


def product(a, b, az, bz):
    """az is one for a row of A, bz one for a column of B, or each one for all."""
    az, bz = np.asarray(az, np.int64), np.asarray(bz, np.int64)
    az = az.reshape(*az.shape, 1) if az.size > 1 and az.ndim == 1 else az
    return np.matmul(a.astype(np.int64) - az, b.astype(np.int64) - bz)


for a, b in MIXES:
    for form, (left, right) in SHAPES.items():
        if form in ("vectors", "left_vector", "right_vector", "k0", "empty") and (a, b) != ("u", "s"):
            continue
        x, w = F.integers(TYPES[a], *left), F.integers(TYPES[b], *right)
        points = {"none": (None, None), "both": (F.integers(TYPES[a]), F.integers(TYPES[b]))}
        if form in ("2d", "wide", "row", "shared"):
            points["left"] = F.integers(TYPES[a], 1), None
            points["columns"] = F.integers(TYPES[a]), F.integers(TYPES[b], right[-1])
        if form == "2d":
            points["rows"] = F.integers(TYPES[a], left[0]), None
        for which, (az, bz) in points.items():
            y = product(x, w, 0 if az is None else az, 0 if bz is None else bz).astype(np.int32)
            for constant in ["", ".c.c"] if form in ("2d", "row") else [".c"]:
                F.one(f"integer_{a}{b}_{form}_{which}" + (f"_const" if constant == ".c.c" else ""), "MatMulInteger",
                      [x, w, az, bz], expected=[y], constant=constant, opset=10)

for a, b in MIXES:
    for c in "us":
        for form in ("2d", "wide", "batch", "shared"):
            left, right = SHAPES[form]
            x, w = F.integers(TYPES[a], *left), F.integers(TYPES[b], *right)
            for grain in ("tensor", "columns") if form in ("2d", "wide") else ("tensor",):
                n = [right[-1]] if grain == "columns" else []
                xs, xz = np.float32(0.02), F.integers(TYPES[a])
                ws = (F.integers(np.int32, *n, low=3, high=9) / 500).astype(np.float32)
                wz, yz = F.integers(TYPES[b], *n), F.integers(TYPES[c])
                real = product(x, w, xz, wz) * (np.float64(xs) * ws)
                ys = np.float32(real.std() / 50)
                y = saturate(np.rint(real / ys) + yz, TYPES[c])
                F.one(f"qlinear_{a}{b}{c}_{form}_{grain}", "QLinearMatMul",
                      [x, np.array(xs), np.array(xz), w, ws, wz, np.array(ys), np.array(yz)], expected=[y],
                      constant="...ccccc" if form == "wide" else "", opset=10)

# What the optimiser of onnxruntime writes.
for b in "us":
    for points in (False, True):
        for bias in (False, True):
            x, w = F.noise(4, 12), F.integers(TYPES[b], 12, 6)
            ws = (F.integers(np.int32, 6, low=3, high=9) / 500).astype(np.float32)
            wz, shift = F.integers(TYPES[b], 6) if points else None, F.noise(6) if bias else None
            F.one(f"dynamic_{b}" + "_zero" * points + "_bias" * bias, "DynamicQuantizeMatMul", [x, w, ws, wz, shift],
                  domain="com.microsoft", constant=".cccc")
            for a in "us":
                if (a, b) == ("s", "u"):
                    continue  # onnxruntime has no such kernel.
                q = F.integers(TYPES[a], 2, 4, 12)
                F.one(f"to_float_{a}{b}" + "_zero" * points + "_bias" * bias, "MatMulIntegerToFloat",
                      [q, w, np.array(0.03, np.float32), ws, F.integers(TYPES[a]) if points else None, wz, shift],
                      domain="com.microsoft", constant=".c.c.cc")
for x, w in ((np.int16, np.int16),):
    F.one("integer16", "MatMulInteger16", [F.integers(x, 3, 8, low=-3000, high=3000),
                                           F.integers(w, 8, 5, low=-3000, high=3000)], domain="com.microsoft")
for trans in ((0, 0), (1, 0), (0, 1), (1, 1)):
    for a, b in MIXES:
        if (a, b) == ("s", "u"):
            continue
        for quantised in (False, True):
            x, w = F.integers(TYPES[a], 4, 6), F.integers(TYPES[b], 6, 5)
            x, w = x.T.copy() if trans[0] else x, w.T.copy() if trans[1] else w
            inputs = [x, np.array(0.02, np.float32), np.array(F.integers(TYPES[a])), w, np.array(0.01, np.float32),
                      np.array(F.integers(TYPES[b])), F.integers(np.int32, 5, low=-900, high=900)]
            if quantised:
                inputs += [np.array(0.04, np.float32), np.array(F.integers(TYPES[a]))]
            F.one(f"qgemm_{a}{b}_{trans[0]}{trans[1]}" + "_q" * quantised, "QGemm", inputs, domain="com.microsoft",
                  transA=trans[0], transB=trans[1], alpha=1.0)

if __name__ == "__main__":
    F.write()
