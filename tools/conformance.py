"""The ONNX backend test suite, held against a ledger.

conformance.py generate DIR          writes every case as DIR/KIND/NAME/{model.onnx, test_data_set_0/*.pb}
conformance.py run [--update] ...    runs them natively and in Node, and compares with ledger.txt

The release of the suite is that of the Python that runs this: `make conformance-1.17` has an older one, and its ledger.

The ledger has a line a case: its name, and for each host that it is run on `pass` or `skip` with a reason. It is held
in both directions: what should pass and fails is an error, and so is what may be skipped and passes. --update turns a
`skip` that passes into a `pass` and adds new cases; it never makes a `pass` a `skip`.
"""
import argparse
import collections
import json
import os
import pathlib
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
import warnings

ROOT = pathlib.Path(__file__).resolve().parent.parent
SUITE = ROOT / ".cache/onnx-1.23.2"
LEDGER = ROOT / "Tests/ConformanceTests/ledger.txt"
HOSTS = ["native", "wasm"]
KINDS = ["node", "simple", "pytorch-converted", "pytorch-operator", "light"]
# The suite's own: |got - expected| <= ATOL + RTOL * |expected|.
RTOL, ATOL = 1e-3, 1e-7
# Seconds without a result after which a case counts as hanging.
PATIENCE = 60
# Operators whose answers are drawn; Dropout's are in training.
RANDOM = {"Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"}
# How a reason begins that --update may replace; what a person wrote stays.
AUTOMATIC = "not yet: "
# What an error begins with that the reader of a case's name knows.
PREFIX = re.compile(r"^(\[ERROR_CODE: \d+\] |[\w-]+/[^ ]*: |node '[^']*' \([^)]*\): )*")



def kind_of(value):
    return value.type.WhichOneof("value").removesuffix("_type").removesuffix("_tensor")


def proto(value, info):
    """The bytes of one input or output file, by the type the graph declares."""
    import onnx
    from onnx import numpy_helper
    if isinstance(value, onnx.TensorProto):
        return value.SerializeToString()
    make = {"map": numpy_helper.from_dict, "sequence": numpy_helper.from_list,
            "optional": numpy_helper.from_optional}.get(kind_of(info), numpy_helper.from_array)
    return make(value, info.name).SerializeToString()


def write_case(folder, model, inputs, outputs):
    data = folder / "test_data_set_0"
    data.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    for kind, values, infos in (("input", inputs, model.graph.input), ("output", outputs, model.graph.output)):
        for k, value in enumerate(values):
            (data / f"{kind}_{k}.pb").write_bytes(proto(value, infos[k]))


def is_random(model, inputs):
    """Whether the model draws numbers, of which only types and shapes can be compared."""
    given = {value.name: array for value, array in zip(model.graph.input, inputs)}
    for node in model.graph.node:
        if node.op_type in RANDOM:
            return True
        if node.op_type == "Dropout" and len(node.input) == 3 and given.get(node.input[2]):
            if given.get(node.input[1]) is None or given[node.input[1]] > 0:
                return True
    return False


def signature(model, inputs=()):
    """Names and kinds of what is fed and fetched, so that a runner need not read the model for them."""
    given = {tensor.name for tensor in model.graph.initializer}
    return {"inputs": [[v.name, kind_of(v)] for v in model.graph.input if v.name not in given],
            "outputs": [[v.name, kind_of(v)] for v in model.graph.output], "random": is_random(model, inputs)}


def generate(folder, kinds):
    import onnx
    from onnx import numpy_helper
    from onnx.backend.test.loader import DATA_DIR, load_model_tests

    warnings.simplefilter("ignore")
    shutil.rmtree(folder, ignore_errors=True)
    index = {}
    for kind in kinds:
        sources = sorted(pathlib.Path(DATA_DIR, kind).glob("*/model.onnx"))
        # Releases differ in whether cases of nodes are files or made when they are asked for.
        for case in load_model_tests(kind="node") if kind == "node" and not sources else []:
            (inputs, outputs), = case.data_sets
            write_case(folder / "node" / case.name, case.model, inputs, outputs)
            index[f"node/{case.name}"] = signature(case.model, inputs)
        for source in sources:
            name, model = f"{kind}/{source.parent.name}", onnx.load(source)
            shutil.copytree(source.parent, folder / name)
            data = source.parent / "test_data_set_0"
            inputs = [data / f"input_{k}.pb" for k in range(len(model.graph.input))]
            arrays = [numpy_helper.to_array(onnx.load_tensor(path)) if kind_of(value) == "tensor" and path.exists()
                      else None for path, value in zip(inputs, model.graph.input)]
            index[name] = signature(model, arrays)
        if kind == "light":
            import light
            for source in sorted((light.DATA / "light").glob("*.onnx")):
                model, name = onnx.load(source), source.stem.removeprefix("light_")
                inputs = [light.Runner.generate_dummy_data(value) for value in light.free_inputs(model.graph)]
                write_case(folder / "light" / name, model, inputs, list(light.expected(name, model.graph).values()))
                index[f"light/{name}"] = signature(model)
    (folder / "cases.json").write_text(json.dumps(index))
    counts = collections.Counter(name.split("/")[0] for name in index)
    print(f"{len(index)} cases: " + ", ".join(f"{count} {kind}" for kind, count in counts.items()))



def run(command, names, suite=SUITE):
    """name -> None where it passed, else why not.

    The command takes a file with a case a line and prints a JSON object a case, `{"ok", "reason"}`, in that order.
    Where it dies or goes silent, the case it was at is to blame and it is started again on the rest.
    """
    results, rest = {}, list(names)
    while rest:
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as listing, tempfile.TemporaryFile("w+") as errors:
            listing.write("\n".join(rest) + "\n")
            listing.flush()
            said = []
            with subprocess.Popen([*command, listing.name], cwd=suite, stdout=subprocess.PIPE,
                                  stderr=errors) as process:
                hung = read_results(process, said)
            errors.seek(0)
            last = ([line for line in errors.read().splitlines() if line.strip()] or [""])[-1]
        for row in said:
            results[rest.pop(0)] = None if row["ok"] else row["reason"]
        if not rest:
            break
        if process.returncode == 0 and not hung:
            raise SystemExit(f"{command[0]} ended well without a result for {rest[0]}: {last}")
        results[rest.pop(0)] = "hangs" if hung else f"crashes with status {process.returncode}: {last[:100]}"
    return results


def read_results(process, said):
    """Appends the objects with a `name` that the process prints, a line each, until it ends.

    Kills it, and returns true, where none comes for PATIENCE seconds.
    """
    output, buffer, heard = process.stdout.fileno(), b"", time.monotonic()
    while True:
        if select.select([output], [], [], 1)[0]:
            chunk = os.read(output, 1 << 16)
            if not chunk:
                process.wait()
                return False
            buffer, heard = buffer + chunk, time.monotonic()
            *lines, buffer = buffer.split(b"\n")
            for line in lines:
                row = json.loads(line)
                if "name" in row:  # The last line has the sums.
                    said.append(row)
        elif time.monotonic() - heard > PATIENCE:
            process.kill()
            process.wait()
            return True



def read_ledger(path):
    """name -> ({host: passes}, reason)"""
    rows = {}
    for line in path.read_text().splitlines() if path.exists() else []:
        if not line.strip() or line.startswith("#"):
            continue
        row, _, reason = line.partition("#")
        name, *cells = row.split()
        rows[name] = dict(cell.split("=") for cell in cells), reason.strip()
    return rows


# What a ledger begins with that has no lines yet.
HEAD = ["# An ONNX backend suite: what passes, and why the rest does not. See tools/conformance.py."]


def write_ledger(path, rows):
    width = max(map(len, rows))
    lines = []
    for name, (cells, reason) in sorted(rows.items()):
        text = f"{name:{width}}  " + "  ".join(f"{host}={cells[host]}" for host in HOSTS if host in cells)
        lines.append(text + (f"  # {reason}" if "skip" in cells.values() else ""))
    head = [line for line in path.read_text().splitlines() if line.startswith("#")] if path.exists() else HEAD
    path.write_text("\n".join([*head, *lines]) + "\n")


def brief(results):
    """One reason for a case that fails somewhere: the first host's, cut to a line's length."""
    for host in HOSTS:
        if results.get(host):
            where = "" if all(results.get(other) for other in HOSTS) else f"{host}: "
            said = PREFIX.sub("", " ".join(results[host].split()))
            return AUTOMATIC + where + said[:120]
    return ""


def compare(found, rows, update):
    """Lines for every disagreement of what was found with the ledger; changes `rows` where `update` allows it."""
    wrong = []
    for name in sorted(set(rows) - set(found)):
        wrong.append(f"{name}: in the ledger, not in the suite")
    for name, results in sorted(found.items()):
        if name not in rows:
            if update:
                rows[name] = {host: "skip" for host in results}, ""
            else:
                wrong.append(f"{name}: not in the ledger")
                continue
        cells, reason = rows[name]
        for host, why in results.items():
            passes = why is None
            if cells[host] == "pass" and not passes:
                wrong.append(f"{name}: {host} fails: {why}")
            if cells[host] == "skip" and passes:
                if update:
                    cells[host] = "pass"
                else:
                    wrong.append(f"{name}: {host} passes, the ledger says skip ({reason})")
        if update and "skip" in cells.values() and (not reason or reason.startswith(AUTOMATIC)):
            rows[name] = cells, brief({host: why for host, why in results.items() if cells[host] == "skip"}) or reason
        if not update and "skip" in cells.values() and not reason:
            wrong.append(f"{name}: skipped without a reason")
    return wrong


def check(given):
    index = json.loads((given.suite / "cases.json").read_text())
    names = [name for name in index if given.only in name]
    native = [given.apus, "test", "--json", "--threads", "2", "--rtol", str(RTOL), "--atol", str(ATOL)]
    wasm = [given.node, ROOT / "tools/conformance.mjs", given.bundle, str(RTOL), str(ATOL)]
    # A case passes natively when it does with and without the optimiser. The wasm runner knows random cases itself.
    drawn = [name for name in names if index[name]["random"]]
    firm = [name for name in names if not index[name]["random"]]
    commands = {"native": [([*native, *shapes, *level, "--list"], those) for level in ([], ["--opt", "none"])
                           for shapes, those in (([], firm), (["--shapes"], drawn))], "wasm": [(wasm, names)]}
    found = {name: {} for name in names}
    for host in given.hosts:
        begun = time.monotonic()
        for name in names:
            found[name][host] = None
        for command, those in commands[host]:
            for name, why in run(command, those, given.suite).items():
                found[name][host] = found[name][host] or why
        passed = collections.Counter(name.split("/")[0] for name in names if found[name][host] is None)
        print(f"{host}: {sum(passed.values())} of {len(names)} pass in {time.monotonic() - begun:.0f} s ("
              + ", ".join(f"{count} {kind}" for kind, count in passed.items()) + ")", flush=True)
        if given.verbose:
            for name in names:
                print(f"  {name}: {found[name][host] or 'pass'}")
    rows = read_ledger(given.ledger)
    outside = {name: row for name, row in rows.items() if given.only not in name}
    inside = {name: row for name, row in rows.items() if given.only in name}
    wrong = compare(found, inside, given.update)
    if given.update:
        write_ledger(given.ledger, {**outside, **inside})
    for line in wrong[:200]:
        print(line)
    if wrong:
        sys.exit(f"{len(wrong)} lines of the ledger do not hold"
                 + ("" if given.update else "; `make conformance UPDATE=1` accepts what newly passes"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    actions = parser.add_subparsers(dest="action", required=True)
    making = actions.add_parser("generate")
    making.add_argument("folder", type=pathlib.Path)
    making.add_argument("--kinds", type=lambda text: text.split(","), default=KINDS, help="only these, with commas")
    checking = actions.add_parser("run")
    checking.add_argument("--apus", type=lambda path: pathlib.Path(path).resolve(), default=".build/release/apus")
    checking.add_argument("--node", type=lambda name: os.path.abspath(shutil.which(name) or name), default="node")
    checking.add_argument("--bundle", type=lambda path: pathlib.Path(path).resolve(),
                          default=ROOT / "js-shim/dist/ort.node.min.mjs")
    checking.add_argument("--suite", type=lambda path: pathlib.Path(path).resolve(), default=SUITE)
    checking.add_argument("--ledger", type=pathlib.Path, default=LEDGER)
    checking.add_argument("--hosts", type=lambda text: text.split(","), default=HOSTS, help="only these, with commas")
    checking.add_argument("--only", default="", help="cases whose name contains this")
    checking.add_argument("--update", action="store_true")
    checking.add_argument("--verbose", action="store_true", help="print the result of every case")
    given = parser.parse_args()
    generate(given.folder, given.kinds) if given.action == "generate" else check(given)


if __name__ == "__main__":
    main()
