"""A family of small cases with known answers, and the one file that keeps them.

A generator in Tests/CaseTests makes a Family, adds cases and writes it: FAMILY.py beside FAMILY.tar.xz. Answers are
onnxruntime's without its optimiser, node for node what the operators say, or come from NumPy with the case where
onnxruntime has no kernel or answers other than the specification. On one machine the same script
always writes the same bytes.
"""
import io
import json
import lzma
import pathlib
import sys
import tarfile
import zlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import conformance
import modelfolder


def kind_of(array):
    """The element type of an array, as ONNX numbers it."""
    if array.dtype.kind in "OU":
        return TensorProto.STRING
    return helper.np_dtype_to_tensor_dtype(array.dtype)


def type_of(value):
    """The type to declare for a value: its element type, and for sequences that of the first element."""
    if isinstance(value, list):
        return helper.make_sequence_type_proto(type_of(value[0]))
    return helper.make_tensor_type_proto(kind_of(value), None)


def declared(name, value, symbolic):
    """An input: with its sizes, or with names in their place."""
    if isinstance(value, list):
        return helper.make_value_info(name, type_of(value))
    sizes = [f"{name}_{i}" for i in range(value.ndim)] if symbolic else value.shape
    return helper.make_tensor_value_info(name, kind_of(value), sizes)


class Family:
    def __init__(self, script, seed=1):
        self.name = pathlib.Path(script).stem
        self.random = np.random.default_rng(seed)
        self.cases, self.refused = {}, []

    def noise(self, *shape, scale=1.0, dtype=np.float32):
        """Normal numbers of few digits, which take less room."""
        return (np.rint(self.random.standard_normal(shape) * 128 * scale) / 128).astype(dtype)

    def integers(self, dtype, *shape, low=None, high=None):
        """Uniform integers from low to high, both included; by default all that the type has."""
        info = np.iinfo(dtype)
        low, high = info.min if low is None else low, info.max if high is None else high
        return self.random.integers(low, high, shape, dtype, endpoint=True)

    def model(self, name, nodes, feeds, outputs, constants=None, opset=22, domains=(), functions=()):
        """A model of these nodes; half of the cases, by their names, have symbolic sizes."""
        symbolic = zlib.crc32(name.encode()) & 1
        inputs = [declared(key, value, symbolic) for key, value in feeds.items()]
        weights = [numpy_helper.from_array(value, key) for key, value in (constants or {}).items()]
        untyped = [onnx.ValueInfoProto(name=output) for output in outputs]
        graph = helper.make_graph(nodes, "g", inputs, untyped, weights)
        versions = [helper.make_opsetid("", opset), *[helper.make_opsetid(domain, 1) for domain in domains]]
        return helper.make_model(graph, ir_version=10, opset_imports=versions, functions=functions)

    def add(self, name, model, feeds, expected=None, oracle=None):
        """A case; `expected` are the values of the outputs in order, or `oracle` gives them from model and feeds, where
        onnxruntime is not to be asked."""
        if name in self.cases:
            sys.exit(f"{self.name}/{name}: there are two of this name")
        if expected is None:
            try:
                expected = oracle(model, feeds) if oracle else list(modelfolder.reference(model, feeds,
                                                                                          optimised=False).values())
            except Exception as error:
                self.refused.append(f"{self.name}/{name}: {str(error).splitlines()[0][:300]}")
                return
        for info, value in zip(model.graph.output, expected, strict=True):
            if not info.HasField("type"):
                info.type.CopyFrom(type_of(value))
        self.cases[name] = model, list(feeds.values()), list(expected)

    def one(self, name, op, inputs, outputs=1, expected=None, constant="", opset=22, domain="", oracle=None,
            **attributes):
        """A case of one node. An input is an array or None where it is left out; `constant` has a letter for each
        input, `c` for one the model brings; `outputs` is a count, or a list with False for what is left out and None
        for what nobody looks at."""
        names = [None if value is None else f"x{i}" for i, value in enumerate(inputs)]
        asked = [f"y{i}" for i in range(outputs)] if isinstance(outputs, int) else [
            "" if wanted is False else f"y{i}" for i, wanted in enumerate(outputs)]
        fetched = asked if isinstance(outputs, int) else [key for key, wanted in zip(asked, outputs) if wanted]
        given = {key: value for key, value in zip(names, inputs) if key}
        fixed = {key: given.pop(key) for key, letter in zip(names, constant) if letter == "c" and key}
        node = helper.make_node(op, [key or "" for key in names], asked, domain=domain, **attributes)
        model = self.model(name, [node], given, fetched, fixed, opset,
                           [domain] if domain else [])
        self.add(name, model, given, expected, oracle)

    def write(self):
        """FAMILY.tar.xz: a folder a case as ONNX's own tests have them, and what a runner need not read a model for."""
        if self.refused:
            sys.exit("\n".join([*self.refused, f"{len(self.refused)} cases have no answer"]))
        files, index = {}, {}
        for name, (model, inputs, outputs) in self.cases.items():
            given = {tensor.name for tensor in model.graph.initializer}
            infos = {"input": [v for v in model.graph.input if v.name not in given], "output": model.graph.output}
            files[f"{name}/model.onnx"] = model.SerializeToString(deterministic=True)
            for kind, values in (("input", inputs), ("output", outputs)):
                for k, value in enumerate(values):
                    if value is not None:
                        files[f"{name}/test_data_set_0/{kind}_{k}.pb"] = conformance.proto(value, infos[kind][k])
            index[name] = conformance.signature(model)
        files["cases.json"] = json.dumps(index).encode()
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            # Files of a kind together: models are alike, and so are the heads of tensors.
            for path in sorted(files, key=lambda path: (pathlib.PurePath(path).name, path)):
                entry = tarfile.TarInfo(path)
                entry.size = len(files[path])
                archive.addfile(entry, io.BytesIO(files[path]))
        data = lzma.compress(packed.getvalue(), preset=9 | lzma.PRESET_EXTREME)
        (conformance.FAMILIES / f"{self.name}.tar.xz").write_bytes(data)
        print(f"{self.name}: {len(self.cases)} cases, {len(data)} bytes")

