"""The nine image classifiers inside the onnx package, as a folder of models: light.py FOLDER

Their weights are constants, so every class comes out with the same probability and a wrong channel would not show.
Four of them are written a second time, as NAME_noise, with seeded weights in place of the constants.
"""
import argparse
import pathlib

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.test.runner import Runner

import modelfolder

DATA = pathlib.Path(onnx.__file__).parent / "backend/test/data"
WITH_NOISE = ["squeezenet", "shufflenet", "inception_v1", "densenet121"]


def free_inputs(graph):
    """The inputs that must be fed: at this IR version initialisers stand among the inputs too."""
    given = {tensor.name for tensor in graph.initializer}
    return [value for value in graph.input if value.name not in given]


def expected(name, graph):
    out = {}
    for k, value in enumerate(graph.output):
        tensor = onnx.TensorProto.FromString((DATA / f"light/light_{name}_output_{k}.pb").read_bytes())
        out[value.name] = numpy_helper.to_array(tensor)
    return out


def weights(op, index, shape, random):
    """Noise of a size that keeps activations alive: He's for products, near 1 for scales and variances."""
    if op == "Conv" and index == 1:
        return random.standard_normal(shape) * (2 / np.prod(shape[1:])) ** 0.5
    if op == "Gemm" and index == 1:  # [classes, features]: small, or the softmax saturates.
        return random.standard_normal(shape) * 0.1 * shape[1] ** -0.5
    # A residual sum adds to the variance at every block, so a normalised branch comes out at a third.
    middle = {("BatchNormalization", 1): 1 / 3, ("BatchNormalization", 4): 1, ("Mul", 1): 1}.get((op, index), 0)
    return random.standard_normal(shape) * 0.1 + middle


def with_noise(model):
    """Replaces each ConstantOfShape that makes a weight by an initialiser."""
    random = np.random.default_rng(3)
    graph = model.graph
    shapes = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    users = {}
    for node in graph.node:
        for index, name in enumerate(node.input):
            users.setdefault(name, (node.op_type, index))
    # A weight may pass through one Unsqueeze on its way to a Mul or Add.
    for node in graph.node:
        if node.op_type == "Unsqueeze" and users[node.input[0]][0] == "Unsqueeze":
            users[node.input[0]] = users[node.output[0]]
    kept = []
    for node in graph.node:
        if node.op_type != "ConstantOfShape":
            kept.append(node)
            continue
        value = weights(*users[node.output[0]], shapes[node.input[0]], random)
        graph.initializer.append(numpy_helper.from_array(value.astype(np.float32), node.output[0]))
    del graph.node[:]
    graph.node.extend(kept)
    model.ir_version = 4  # From here on an initialiser need not be an input.
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    folder = parser.parse_args().folder
    for path in sorted((DATA / "light").glob("light_*.onnx")):
        name = path.stem.removeprefix("light_")
        model = onnx.load(path)
        feeds = {value.name: Runner.generate_dummy_data(value) for value in free_inputs(model.graph)}
        modelfolder.write(folder, path.stem, model, feeds, expected(name, model.graph))
        print(path.stem)
        if name not in WITH_NOISE:
            continue
        model = with_noise(model)
        random = np.random.default_rng(1)
        feeds = {n: random.standard_normal(v.shape).astype(np.float32) for n, v in feeds.items()}
        outputs = modelfolder.reference(model, feeds)
        modelfolder.write(folder, f"{path.stem}_noise", model, feeds, outputs)
        print(f"{path.stem}_noise: outputs from {min(v.min() for v in outputs.values()):.1e} "
              f"to {max(v.max() for v in outputs.values()):.1e}")


if __name__ == "__main__":
    main()
