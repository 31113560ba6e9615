"""Cases with known answers, held against a ledger: the ONNX backend test suite, and the families of Tests/CaseTests.

conformance.py generate SUITE        writes every case as KIND/NAME/{model.onnx, test_data_set_0/*.pb}
conformance.py run [--suite cases]   runs them natively and in Node, and compares with the suite's ledger.txt

A line of a ledger has a case's name, and for each host `pass` or `skip` with a reason. It is held in both directions:
what should pass and fails is an error, and so is what may be skipped and passes. The ledgers of the ONNX suite have all
cases: --update turns a `skip` that passes into a `pass` and adds new cases; it never makes a `pass` a `skip`. The
ledger of the families has only what is skipped: --update drops lines that pass, adds operators not implemented.
"""
import argparse
import collections
import dataclasses
import json
import os
import pathlib
import re
import select
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import warnings

ROOT = pathlib.Path(__file__).resolve().parent.parent
# A generator a family, FAMILY.py, beside what it wrote, FAMILY.tar.xz.
FAMILIES = ROOT / "Tests/CaseTests"
HOSTS = ["native", "wasm"]
# Operators whose answers are drawn; Dropout's are in training.
RANDOM = {"Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"}

# How far numbers may be off, as both runners take it. |got - expected| <= atol + rtol * |expected| is the ONNX suite's
# own; in the families a float's difference is held against the largest number of its tensor.
SUITE_TOLERANCE = ["--rtol", "1e-3", "--atol", "1e-7"]
# Sums of float32 in another order: a few units in the last place for each of some hundred terms.
SINGLE = ["--max-relative", "2e-5"]
# One rounding to 11 bits, after another in the arithmetic before it.
HALF = ["--max-relative", "1e-3"]
# Scales are multiplied before or after the sum, which moves a number that is nearly halfway to the next quantum.
QUANTUM = ["--max-relative", "1e-4", "--quantum", "1"]
# MatMulNBits rounds A to int16, a step of 3e-5 of the largest number of a block.
ROUNDED = ["--max-relative", "1e-4"]
TOLERANCES = {"half": HALF, "qdq": QUANTUM, "nbits": ROUNDED}

# Seconds without a result after which a case counts as hanging.
PATIENCE = 60
# How a reason begins that --update may replace; what a person wrote stays.
AUTOMATIC = "not yet: "
# The one reason for which --update skips a case of the families.
MISSING = "is not implemented"
# What an error begins with that the reader of a case's name knows.
PREFIX = re.compile(r"^(\[ERROR_CODE: \d+\] |[\w-]+/[^ ]*: |node '[^']*' \([^)]*\): )*")



@dataclasses.dataclass(frozen=True)
class Suite:
    folder: pathlib.Path
    ledger: pathlib.Path
    head: str
    # Whether the ledger has a line for every case, or for those that are skipped.
    lists_all: bool
    hosts: tuple = ("native", "wasm")
    # Which kinds of the ONNX suite there are.
    kinds: tuple = ()

    def tolerance(self, name):
        return SUITE_TOLERANCE if self.lists_all else TOLERANCES.get(name.split("/")[0], SINGLE)


SUITES = {
    "onnx": Suite(ROOT / ".cache/onnx-1.23.2", ROOT / "Tests/ConformanceTests/ledger.txt", """\
# The ONNX backend suite of onnx 1.23.2: what passes, and why the rest does not yet. `make conformance` holds every line
# in both directions; `make conformance UPDATE=1` writes what newly passes. wasm is ort-wasm-simd-threaded.wasm in Node.
""", lists_all=True, kinds=("node", "simple", "pytorch-converted", "pytorch-operator", "light")),
    # Written by a Python of its own, which has that release.
    "onnx-1.17": Suite(ROOT / ".cache/onnx-1.17.0", ROOT / "Tests/ConformanceTests/ledger-1.17.txt", """\
# The ONNX backend suite of onnx 1.17.0, natively: what passes, and why the rest does not. `make conformance-1.17` holds
# every line in both directions.
""", lists_all=True, hosts=("native",), kinds=("node", "simple")),
    "cases": Suite(ROOT / ".cache/cases", FAMILIES / "ledger.txt", """\
# The cases of Tests/CaseTests that do not pass yet, and why. `make test-cases` holds every line in both directions;
# `make test-cases UPDATE=1` drops what passes now. wasm is ort-wasm-simd-threaded.wasm in Node.
""", lists_all=False),
}


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


def generate_onnx(suite):
    folder = suite.folder
    import onnx
    from onnx import numpy_helper
    from onnx.backend.test.loader import DATA_DIR, load_model_tests

    warnings.simplefilter("ignore")
    index = {}
    for kind in suite.kinds:
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
    return index


def generate_cases(suite):
    """Unpacks every family."""
    index = {}
    for path in sorted(FAMILIES.glob("*.tar.xz")):
        family = path.name.removesuffix(".tar.xz")
        with tarfile.open(path) as archive:
            archive.extractall(suite.folder / family)
        inside = json.loads((suite.folder / family / "cases.json").read_text())
        index |= {f"{family}/{name}": signature for name, signature in inside.items()}
    return index


def generate(suite):
    shutil.rmtree(suite.folder, ignore_errors=True)
    suite.folder.mkdir(parents=True)
    index = generate_onnx(suite) if suite.kinds else generate_cases(suite)
    (suite.folder / "cases.json").write_text(json.dumps(index))
    kinds = collections.Counter(name.split("/")[0] for name in index)
    print(f"{len(index)} cases: " + ", ".join(f"{count} {kind}" for kind, count in kinds.items()))



def run(command, names, folder):
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
            with subprocess.Popen([*command, listing.name], cwd=folder, stdout=subprocess.PIPE,
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


def write_ledger(suite, rows):
    width = max(map(len, rows), default=0)
    lines = []
    for name, (cells, reason) in sorted(rows.items()):
        if not suite.lists_all and "skip" not in cells.values():
            continue
        text = f"{name:{width}}  " + "  ".join(f"{host}={cells[host]}" for host in suite.hosts)
        lines.append(text + (f"  # {reason}" if "skip" in cells.values() else ""))
    suite.ledger.write_text(suite.head + "".join(f"{line}\n" for line in lines))


def brief(results):
    """One reason for a case that fails somewhere: the first host's, cut to a line's length."""
    for host in HOSTS:
        if results.get(host):
            where = "" if all(results.get(other) for other in HOSTS) else f"{host}: "
            said = PREFIX.sub("", " ".join(results[host].split()))
            return AUTOMATIC + where + said[:120]
    return ""


def compare(found, rows, update, lists_all=True):
    """Lines for every disagreement of what was found with the ledger; changes `rows` where `update` allows it."""
    wrong = []
    for name in sorted(set(rows) - set(found)):
        wrong.append(f"{name}: in the ledger, not in the suite")
    for name, results in sorted(found.items()):
        if name not in rows and not lists_all:
            missing = update and any(why and MISSING in why for why in results.values())
            rows[name] = {host: "skip" if missing and results.get(host) else "pass" for host in HOSTS}, ""
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


def results(suite, host, index, names, given):
    """name -> None where it passed, else why not, with and without the optimiser."""
    script = [given.node, ROOT / "tools/conformance.mjs", given.bundle]
    native = [given.apus, "test", "--json", "--threads", "2"]
    commands = {"native": [native, [*native, "--opt", "none"]], "wasm": [script]}[host]
    if not suite.lists_all and host == "wasm":
        commands.append([*script, "--plain"])

    def manner(name):
        # The wasm runner knows by itself what is random.
        drawn = host == "native" and index[name].get("random")
        return (*suite.tolerance(name), *(["--shapes"] if drawn else []))

    found = dict.fromkeys(names)
    for options in sorted({manner(name) for name in names}):
        alike = [name for name in names if manner(name) == options]
        for command in commands:
            for name, why in run([*command, *options, "--list"], alike, suite.folder).items():
                found[name] = found[name] or why
    return found


def check(given):
    suite = SUITES[given.suite]
    index = json.loads((suite.folder / "cases.json").read_text())
    names = [name for name in index if given.only in name]
    found = {name: {} for name in names}
    for host in given.hosts or suite.hosts:
        begun = time.monotonic()
        for name, why in results(suite, host, index, names, given).items():
            found[name][host] = why
        passed = collections.Counter(name.split("/")[0] for name in names if found[name][host] is None)
        print(f"{host}: {sum(passed.values())} of {len(names)} pass in {time.monotonic() - begun:.0f} s ("
              + ", ".join(f"{count} {kind}" for kind, count in passed.items()) + ")", flush=True)
        if given.verbose:
            for name in names:
                print(f"  {name}: {found[name][host] or 'pass'}")
    rows = read_ledger(suite.ledger)
    outside = {name: row for name, row in rows.items() if given.only not in name}
    inside = {name: row for name, row in rows.items() if given.only in name}
    wrong = compare(found, inside, given.update, suite.lists_all)
    if given.update:
        write_ledger(suite, {**outside, **inside})
    for line in wrong[:200]:
        print(line)
    if wrong:
        sys.exit(f"{len(wrong)} lines of the ledger do not hold"
                 + ("" if given.update else "; UPDATE=1 accepts what newly passes"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("generate").add_argument("suite", choices=SUITES)
    checking = actions.add_parser("run")
    checking.add_argument("--suite", choices=SUITES, default="onnx")
    checking.add_argument("--apus", type=lambda path: pathlib.Path(path).resolve(), default=".build/release/apus")
    checking.add_argument("--node", type=lambda name: os.path.abspath(shutil.which(name) or name), default="node")
    checking.add_argument("--bundle", type=lambda path: pathlib.Path(path).resolve(),
                          default=ROOT / "js-shim/dist/ort.node.min.mjs")
    checking.add_argument("--hosts", type=lambda text: text.split(","), help="only these, with commas")
    checking.add_argument("--only", default="", help="cases whose name contains this")
    checking.add_argument("--update", action="store_true")
    checking.add_argument("--verbose", action="store_true", help="print the result of every case")
    given = parser.parse_args()
    generate(SUITES[given.suite]) if given.action == "generate" else check(given)


if __name__ == "__main__":
    main()
