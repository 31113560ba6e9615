"""A graph under construction, written the way an exporter traces a model: one call a node, names made up."""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FLOAT, INT64, INT32, BOOL, UINT8, INT8 = (TensorProto.FLOAT, TensorProto.INT64, TensorProto.INT32, TensorProto.BOOL,
                                          TensorProto.UINT8, TensorProto.INT8)


class Graph:
    """Nodes, weights, inputs and outputs; `scope` prefixes the names of what is made inside it."""

    def __init__(self, name):
        self.name, self.scope = name, ""
        self.nodes, self.weights, self.inputs, self.outputs = [], {}, [], []
        self.counts = {}

    def _fresh(self, stem):
        path = f"{self.scope}/{stem}"
        n = self.counts.get(path, 0)
        self.counts[path] = n + 1
        return path if n == 0 else f"{path}_{n}"

    def input(self, name, kind, shape):
        self.inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def output(self, name, kind, shape):
        self.outputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def weight(self, name, value):
        self.weights[name] = np.asarray(value, order="C")
        return name

    def constant(self, value, dtype=None):
        """A Constant node, as exporters write small values."""
        tensor = numpy_helper.from_array(np.array(value, dtype))
        return self("Constant", value=tensor)

    def __call__(self, op, *inputs, outputs=1, names=None, domain="", **attributes):
        """Appends a node; returns its output's name, or the list of them where there are several."""
        node = self._fresh(op)
        if names is None:
            names = [f"{node}_output_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, [i or "" for i in inputs], names, name=node, domain=domain,
                                           **attributes))
        return names[0] if len(names) == 1 else names

    def graph(self):
        initialisers = [numpy_helper.from_array(value, name) for name, value in self.weights.items()]
        return helper.make_graph(self.nodes, self.name, self.inputs, self.outputs, initialisers)

    def model(self, opset, domains=(), ir=8, check=True):
        model = helper.make_model(self.graph(), producer_name="apus tools", ir_version=ir, opset_imports=[
            helper.make_opsetid("", opset), *[helper.make_opsetid(domain, 1) for domain in domains]])
        if check:
            onnx.checker.check_model(model, full_check=not domains)
        return model
