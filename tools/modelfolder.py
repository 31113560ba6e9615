"""The layout of a folder of models: NAME.onnx beside NAME.io/ with meta.json, in_K.bin and out_K.bin.

meta.json has `inputs` and `outputs`, each a list of {name, type, dims}; `type` is numpy's name of the element type,
and K counts along the list. The files are raw little-endian elements. Where it also has `tolerance`, that holds.
"""
import json
import pathlib
import re

import numpy as np
import onnx
import onnxruntime

# The largest max|difference| / max|reference| that passes, by what the name says of the arithmetic.
QUANTISED = re.compile(r"(^|_)(q4|q8|qdq|int8|quant)")


def tolerance(name):
    return 5e-2 if QUANTISED.search(name) else 1e-4


def _save(folder, kind, items):
    rows = []
    for k, (name, value) in enumerate(items):
        value = np.asarray(value, order="C")
        value.tofile(folder / f"{kind}_{k}.bin")
        rows.append({"name": name, "type": str(value.dtype), "dims": list(value.shape)})
    return rows


def _load(folder, kind, rows):
    return {row["name"]: np.fromfile(folder / f"{kind}_{k}.bin", row["type"]).reshape(row["dims"])
            for k, row in enumerate(rows)}


def reference(model, feeds, optimised=True):
    """name -> what native onnxruntime gives; without its optimiser, node for node what the operators say."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    if not optimised:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    source = model if isinstance(model, (str, pathlib.Path)) else model.SerializeToString()
    session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    given = {name: value if isinstance(value, list) else np.asarray(value) for name, value in feeds.items()}
    return dict(zip(names, session.run(names, given)))


def write(folder, name, model, feeds, outputs, tolerance=None):
    """Adds a model with its inputs and expected outputs; the .onnx comes last, so a half-written one is not seen."""
    io = folder / f"{name}.io"
    io.mkdir(parents=True, exist_ok=True)
    meta = {"inputs": _save(io, "in", feeds.items()), "outputs": _save(io, "out", outputs.items())}
    if tolerance is not None:
        meta["tolerance"] = tolerance
    (io / "meta.json").write_text(json.dumps(meta))
    partial = folder / f"{name}.partial"
    onnx.save(model, partial)
    partial.rename(folder / f"{name}.onnx")


class Case:
    """One model of such a folder."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.name = self.path.stem
        self.io = self.path.with_suffix(".io")
        meta = json.loads((self.io / "meta.json").read_text())
        self.inputs = _load(self.io, "in", meta["inputs"])
        self.outputs = _load(self.io, "out", meta["outputs"])
        self.tolerance = meta.get("tolerance", tolerance(self.name))


def cases(folder):
    return [Case(path) for path in sorted(pathlib.Path(folder).glob("*.onnx")) if path.with_suffix(".io").is_dir()]


def difference(expected, got):
    """max|difference| / max|reference| over all outputs, infinite where names, types or shapes differ."""
    worst = 0.0
    for name, want in expected.items():
        have = got.get(name)
        if have is None or have.shape != want.shape or have.dtype != want.dtype:
            return float("inf")
        if want.size == 0:
            continue
        if want.dtype.kind not in "fiu":
            worst = max(worst, float((have != want).any()))
            continue
        want, have = want.astype(np.float64), have.astype(np.float64)
        if (np.isnan(want) != np.isnan(have)).any():
            return float("inf")
        with np.errstate(invalid="ignore"):  # Infinity less infinity; such places are equal.
            gap = np.nanmax(np.abs(np.where(want == have, 0, have - want)))
        scale = np.nanmax(np.abs(want))
        worst = max(worst, gap / scale if scale > 0 else gap)
    return float(worst)
