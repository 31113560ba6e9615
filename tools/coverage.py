"""Which versions and element types of the operators of ai.onnx are taken.

coverage.py [--apus APUS] [--only TEXT] [--update]

Takes cases of the ONNX backend suite of one node each, a few for every operator, and asks for them again: in each
element type that the schema allows for each of its type variables, and in each opset version of the operator whose
schema has the case's attributes and inputs. Numbers must come out as the case has them where one type of floats stands
for another, types and shapes otherwise. What fails must be a line of coverage.txt, and each line there must fail.

With --mistyped, inputs have types that they may not have: what is refused must be refused while the session is made.
"""
import argparse
import collections
import pathlib
import re
import sys
import tempfile
import warnings

import numpy as np
import onnx
from onnx import defs, helper, numpy_helper
from onnx.backend.test.loader import load_model_tests

import conformance

ROOT = pathlib.Path(__file__).resolve().parent.parent
KNOWN = ROOT / "Tests/ConformanceTests/coverage.txt"
DOMAINS = ["", "ai.onnx.preview", "ai.onnx.preview.training"]
# Cases of each operator: that many of those with the most inputs.
CASES = 3
FLOATS = {"float": 1e-3, "double": 1e-3, "float16": 2e-2, "bfloat16": 1e-1}
# How a type is written in a schema, and what it is in a model.
TYPES = {name.lower(): value for name, value in onnx.TensorProto.DataType.items()}


def element(name):
    """tensor(float) -> float; None of what is no tensor."""
    found = re.fullmatch(r"tensor\((\w+)\)", name)
    return found and found[1]


def single_nodes():
    """operator -> its cases, (schema, case, inputs, outputs)"""
    found = collections.defaultdict(list)
    for case in load_model_tests(kind="node"):
        nodes = case.model.graph.node
        if len(nodes) != 1 or case.name.endswith("_expanded") or nodes[0].domain not in DOMAINS:
            continue
        opsets = {entry.domain: entry.version for entry in case.model.opset_import}
        schema = defs.get_schema(nodes[0].op_type, opsets[nodes[0].domain], nodes[0].domain)
        (inputs, outputs), = case.data_sets
        if all(isinstance(value, np.ndarray) for value in [*inputs, *outputs]) and not case.model.graph.initializer:
            found[nodes[0].domain, nodes[0].op_type].append((schema, case, inputs, outputs))
    for cases in found.values():
        cases.sort(key=lambda case: (-len(case[2]), sum(value.size for value in case[2])))
    return {key: cases[:CASES] for key, cases in found.items()}


def formal(values, i):
    """The formal input or output that argument `i` belongs to; the last may be variadic."""
    return values[min(i, len(values) - 1)]


def converted(array, kind):
    """The array as type `kind`, or None where its elements mean nothing there."""
    if kind == "string" or array.dtype == object:
        return array if array.dtype == object and kind == "string" else \
            None if array.dtype == object else array.astype(str).astype(object)
    dtype = helper.tensor_dtype_to_np_dtype(TYPES[kind])
    if np.issubdtype(array.dtype, np.integer) or array.dtype == bool or dtype.kind in "fcV" or kind in FLOATS:
        return array.astype(np.float64).astype(dtype) if array.dtype.kind == "V" else array.astype(dtype)
    return np.nan_to_num(array.astype(np.float64)).clip(0 if kind[0] == "u" else -1e9, 1e9).astype(dtype)


def info(name, array, kind):
    return helper.make_tensor_value_info(name, TYPES[kind], array.shape)


def tensor(array, kind, name):
    if kind == "string":
        return helper.make_tensor(name, TYPES[kind], array.shape, [str(x).encode() for x in array.flatten()])
    return numpy_helper.from_array(array, name)


def kind_of(array):
    if array.dtype == object or array.dtype.kind in "US":
        return "string"
    return onnx.TensorProto.DataType.Name(helper.np_dtype_to_tensor_dtype(array.dtype)).lower()


def variants(schema, case, inputs, outputs):
    """(what, opset, kinds of inputs, kinds of outputs, tolerance or None) of everything to be asked for."""
    node = case.model.graph.node[0]
    given = [i for i, name in enumerate(node.input) if name]
    made = [i for i, name in enumerate(node.output) if name]
    at = [formal(schema.inputs, i).type_str for i in given]
    out = [formal(schema.outputs, i).type_str for i in made]
    own, ends = [kind_of(value) for value in inputs], [kind_of(value) for value in outputs]
    for constraint in schema.type_constraints:
        variable = constraint.type_param_str
        if variable not in at:
            continue
        before = own[at.index(variable)]
        for kind in sorted(filter(None, map(element, constraint.allowed_type_strs))):
            kinds = [kind if type_str == variable else was for type_str, was in zip(at, own)]
            results = [kind if type_str == variable else was for type_str, was in zip(out, ends)]
            close = FLOATS[kind] if kind in FLOATS and before in FLOATS else None
            yield f"{variable}={kind}", schema.since_version, kinds, results, close
    for older in defs.get_all_schemas_with_history():
        if (older.name, older.domain) != (schema.name, schema.domain) or older.deprecated:
            continue
        names = {attribute.name for attribute in node.attribute}
        required = {name for name, attribute in older.attributes.items() if attribute.required} - {"consumed_inputs"}
        allows = {c.type_param_str: set(map(element, c.allowed_type_strs)) for c in older.type_constraints}
        fits = older.min_input <= len(node.input) <= older.max_input
        if fits and names <= set(older.attributes) and required <= names:
            if len(made) <= older.max_output and all(
                    kind in allows.get(formal(older.inputs, i).type_str, {kind}) for i, kind in zip(given, own)):
                yield "version", older.since_version, own, ends, None


def mistyped(schema, case, inputs, outputs):
    """The same, of every input alone in a type that it may not have beside the others."""
    node = case.model.graph.node[0]
    given = [i for i, name in enumerate(node.input) if name]
    own, ends = [kind_of(value) for value in inputs], [kind_of(value) for value in outputs]
    allows = {c.type_param_str: set(filter(None, map(element, c.allowed_type_strs))) for c in schema.type_constraints}
    variables = [formal(schema.inputs, i).type_str for i in given]
    for at, variable in enumerate(variables):
        for kind in ("uint8", "float16", "double", "int32", "bool", "string"):
            if kind == own[at] or kind in allows.get(variable, {element(variable)}) and variables.count(variable) == 1:
                continue
            yield f"input {at} {kind}", schema.since_version, [*own[:at], kind, *own[at + 1:]], ends, None


def ask(folder, index, case, schema, inputs, outputs, opset, kinds, results):
    """Writes one question as a folder of a model and its data; None where it cannot be put."""
    values = [converted(value, kind) for value, kind in zip(inputs, kinds)]
    wanted = [converted(value, kind) for value, kind in zip(outputs, results)]
    if any(value is None for value in values + wanted):
        return None
    node = case.model.graph.node[0]
    graph = helper.make_graph(
        [node], "asked", [info(name, v, k) for name, v, k in zip(filter(None, node.input), values, kinds)],
        [info(name, v, k) for name, v, k in zip(filter(None, node.output), wanted, results)])
    imports = [helper.make_opsetid(node.domain, opset)] + ([helper.make_opsetid("", 26)] if node.domain else [])
    place = folder / str(index)
    data = place / "test_data_set_0"
    data.mkdir(parents=True)
    model = helper.make_model(graph, opset_imports=imports, ir_version=10)
    (place / "model.onnx").write_bytes(model.SerializeToString())
    for kind, arrays, types in (("input", values, kinds), ("output", wanted, results)):
        for i, (array, type_) in enumerate(zip(arrays, types)):
            (data / f"{kind}_{i}.pb").write_bytes(tensor(array, type_, "").SerializeToString())
    return place


def answers(apus, folder, names, tolerance):
    """name -> why it failed, or None"""
    how = ["--shapes"] if tolerance is None else ["--rtol", str(tolerance), "--atol", str(tolerance)]
    return conformance.run([apus, "test", "--json", *how, "--list"], names, folder) if names else {}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--apus", type=lambda path: pathlib.Path(path).resolve(), default=".build-test/release/apus")
    parser.add_argument("--only", default="", help="operators whose name contains this")
    parser.add_argument("--mistyped", action="store_true",
                        help="instead: give inputs types they may not have, and list what create does not refuse")
    parser.add_argument("--verbose", action="store_true", help="list what is taken, too")
    parser.add_argument("--update", action="store_true", help="write what fails to coverage.txt")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    ask_for = mistyped if given.mistyped else variants
    asked = {}
    with tempfile.TemporaryDirectory() as folder:
        for (domain, name), cases in sorted(single_nodes().items()):
            if given.only not in name:
                continue
            for schema, case, inputs, outputs in cases:
                for what, opset, kinds, results, tolerance in ask_for(schema, case, inputs, outputs):
                    try:
                        place = ask(pathlib.Path(folder), len(asked), case, schema, inputs, outputs, opset, kinds,
                                    results)
                    except (ValueError, TypeError, OverflowError):
                        place = None
                    if place:
                        asked[place.name] = f"{name}-{opset} {what}", tolerance
        failed, refused = {}, {}
        for tolerance in [None, *sorted(set(FLOATS.values()))]:
            names = [name for name, (_, wanted) in asked.items() if wanted == tolerance]
            for name, why in answers(given.apus, folder, names, tolerance).items():
                if given.mistyped:
                    if why is None or why.startswith(("crashes", "hangs", "output")):
                        failed.setdefault(asked[name][0], " ".join((why or "is taken").split())[:100])
                    else:
                        refused[name] = " ".join(why.split())
                elif why is not None:
                    failed.setdefault(asked[name][0], conformance.PREFIX.sub("", " ".join(why.split()))[:100])
        late = {}
        if refused:
            created = conformance.run([given.apus, "test", "--json", "--create", "--list"], list(refused), folder)
            late = {asked[name][0]: refused[name][:100] for name, why in created.items() if why is None}
    kinds = {what for what, _ in asked.values()}
    print(f"{len(asked)} questions of {len(kinds)} kinds, {len(failed)} kinds fail")
    lines = sorted(f"{what}  # {why}" for what, why in failed.items())
    if given.mistyped:
        if given.verbose:
            print("\n".join(lines))
        print(f"{len(refused)} questions are refused, {len(late)} kinds of them not before a run")
        print("\n".join(f"{what}  # {why}" for what, why in sorted(late.items())))
        crashed = [line for line in lines if "# crashes" in line or "# hangs" in line]
        print("\n".join(crashed))
        sys.exit(1 if late or crashed else 0)
    if given.update:
        KNOWN.write_text("# What tools/coverage.py finds refused or wrong; see there.\n" + "\n".join(lines) + "\n")
        return
    known = {line.split("  #")[0] for line in KNOWN.read_text().splitlines()[1:] if given.only in line.split("-")[0]} \
        if KNOWN.exists() else set()
    wrong = [line for line in lines if line.split("  #")[0] not in known]
    wrong += [f"{what}: passes, coverage.txt says it fails" for what in sorted(known - set(failed))]
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
