"""The three places the core runs in, each as one thing that takes a case and gives its outputs.

A host's `run(case, plain)` returns (outputs by name, milliseconds of the run) or raises HostError with what it said.
`plain` leaves the optimiser out.
"""
import json
import pathlib
import subprocess
import tempfile

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
WASM = ROOT / "dist/apus.wasm"
BUNDLE = ROOT / "js-shim/dist/ort.node.min.mjs"


class HostError(Exception):
    pass


def last_words(process):
    """What a command or script said went wrong."""
    if process.stdout.startswith('{"error"'):
        return json.loads(process.stdout)["error"]["message"]
    lines = [line for line in (process.stderr + process.stdout).splitlines() if line.strip()]
    return lines[-1] if lines else f"status {process.returncode}"


class Command:
    """The command line: natively, or with `prefix` and directories granted under Wasmtime."""

    def __init__(self, name, apus, wasmtime=None):
        self.name, self.apus, self.wasmtime = name, str(apus), wasmtime

    def arguments(self, folders):
        if not self.wasmtime:
            return [self.apus]
        grants = [part for folder in folders for part in ("--dir", str(folder))]
        return [self.wasmtime, "run", *grants, self.apus]

    def call(self, arguments, folders=(), timeout=600):
        """Runs the command; `folders` are those its arguments name."""
        return subprocess.run([*self.arguments(folders), *map(str, arguments)], capture_output=True, text=True,
                              errors="replace", timeout=timeout)

    def run(self, case, plain=False):
        with tempfile.TemporaryDirectory() as folder:
            arguments = ["run", case.path.resolve(), "--output-dir", folder, "--json"]
            for k, (name, value) in enumerate(case.inputs.items()):
                file = f"{folder}/input_{k}.npy"
                np.save(file, value)
                arguments += ["--input", f"{name}={file}"]
            if plain:
                arguments += ["--opt", "none"]
            process = self.call(arguments, [case.path.resolve().parent, folder])
            if process.returncode != 0:
                raise HostError(last_words(process))
            said = json.loads(process.stdout)
            outputs = {name: np.load(files[0]) for name, files in said["files"].items()}
            return outputs, said["milliseconds"]


class Node:
    """The JavaScript bundle, through ort.InferenceSession."""

    def __init__(self, node, bundle=BUNDLE):
        self.name, self.node, self.bundle = "node", node, bundle

    def run(self, case, plain=False):
        with tempfile.TemporaryDirectory() as folder:
            job = {"model": str(case.path.resolve()), "io": str(case.io.resolve()), "out": folder, "plain": plain}
            process = subprocess.run([self.node, ROOT / "tools/run-model.mjs", self.bundle, json.dumps(job)],
                                     capture_output=True, text=True, errors="replace", timeout=600)
            if process.returncode != 0:
                raise HostError(last_words(process))
            said = json.loads(process.stdout)
            outputs = {row["name"]: np.fromfile(f"{folder}/out_{k}.bin", row["type"]).reshape(row["dims"])
                       for k, row in enumerate(said["outputs"])}
            return outputs, said["milliseconds"]


def add_arguments(parser):
    parser.add_argument("--apus", type=pathlib.Path, default=ROOT / ".build/release/apus", help="the native command")
    parser.add_argument("--wasmtime", default=str(ROOT / "tools/wasmtime"), help="what runs dist/apus.wasm")
    parser.add_argument("--node", default="node", help="the Node that runs the bundle")


def from_arguments(given):
    """native, wasmtime and node, in this order."""
    return [Command("native", given.apus.resolve()), Command("wasmtime", WASM, given.wasmtime), Node(given.node)]
