"""Gives broken models and wrong inputs to three hosts: each must say what is wrong, end with status 1, and never trap.

In Node the session, where there is one, is run again with right inputs afterwards and must answer.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np
import onnx

import hosts
from onnxgraph import FLOAT, Graph

# How a host shows that it fell over instead of saying what is wrong.
FELL_OVER = re.compile(r"unreachable|wasm trap|RuntimeError: |Segmentation|Illegal instruction|Fatal error|"
                       r"out of bounds|cannot be used any more")


def good_model():
    g = Graph("good")
    x = g.input("x", FLOAT, ["rows", 4])
    w = g.weight("w", np.eye(4, 3, dtype=np.float32))
    g.nodes.append(onnx.helper.make_node("MatMul", [x, w], ["product"], name="projection"))
    g("Relu", "product", names=[g.output("y", FLOAT, ["rows", 3])])
    return g.model(17)


def odd_model():
    """A node of an operator that does not exist."""
    g = Graph("odd")
    x = g.input("x", FLOAT, ["rows", 4])
    g.nodes.append(onnx.helper.make_node("Frobnicate", [x], [g.output("y", FLOAT, ["rows", 4])], name="strange"))
    return g.model(17, check=False)


def mismatched_model():
    """A MatMul whose sizes do not fit, which only the core can find out."""
    g = Graph("mismatched")
    x = g.input("x", FLOAT, ["rows", "columns"])
    w = g.weight("w", np.zeros((5, 2), np.float32))
    g.nodes.append(onnx.helper.make_node("MatMul", [x, w], [g.output("y", FLOAT, ["rows", 2])], name="projection"))
    return g.model(17)


def files(folder):
    """Writes every model, good and broken."""
    good = good_model().SerializeToString()
    random = np.random.default_rng(5)
    contents = {
        "good": good,
        "odd": odd_model().SerializeToString(),
        "mismatched": mismatched_model().SerializeToString(),
        "empty": b"",
        "random": random.integers(0, 256, 4096).astype(np.uint8).tobytes(),
        "page": b"<!DOCTYPE html><title>404</title>",
    }
    for cut in (1, len(good) // 4, len(good) // 2, len(good) - 1):
        contents[f"truncated_{cut}"] = good[:cut]
    for name, data in contents.items():
        (folder / f"{name}.onnx").write_bytes(data)
    return contents


def cases(contents):
    """(what it is, model, feeds, pattern of what every host's error must say)"""
    x = np.arange(8, dtype=np.float32).reshape(2, 4)
    broken = [(name, name, {"x": x}, r"model|protobuf|byte|graph|file") for name in contents
              if name.startswith("truncated") or name in ("empty", "random", "page")]
    return broken + [
        ("missing file", "nowhere", {"x": x}, r"nowhere\.onnx"),
        ("missing operator", "odd", {"x": x}, r"strange.*Frobnicate"),
        ("wrong type", "good", {"x": x.astype(np.float64)}, r"(?=.*x)(?=.*float64|.*double)(?=.*float32|.*\(float\))"),
        ("wrong rank", "good", {"x": x.reshape(8)}, r"(?=.*x)(?=.*rank|.*shape|.*dim|.*\[rows, 4\])(?=.*8)"),
        ("wrong dim", "good", {"x": x.reshape(4, 2)}, r"(?=.*x)(?=.*4)(?=.*2)"),
        ("wrong name", "good", {"z": x}, r"'?[xz]'?"),
        ("no input", "good", {}, r"x"),
        ("sizes that do not fit", "mismatched", {"x": x}, r"projection.*MatMul.*[45].*[54]"),
    ]


def wrongs(what, pattern, status, said):
    """What is not as it must be about one answer."""
    if status != 1:
        yield f"{what}: status {status}, said: {said.strip()[-300:]}"
    if FELL_OVER.search(said):
        yield f"{what}: falls over: {said.strip()[-300:]}"
    if not re.search(pattern, said.replace("\n", " "), re.I):
        yield f"{what}: does not say /{pattern}/: {said.strip()[-300:]}"


def ask_command(host, folder, model, feeds):
    """(status, words) of `apus run`. A command makes up inputs that are not given, so leaving one out is no error."""
    arguments = ["run", folder / f"{model}.onnx"]
    for name, value in feeds.items():
        np.save(folder / "feed.npy", value)
        arguments += ["--input", f"{name}={folder / 'feed.npy'}"]
    process = host.call(arguments, [folder])
    return process.returncode, process.stderr


def ask_node(host, folder, rows):
    """(status, words) of each case, all in one process, since a session must survive them."""
    jobs = [{"model": str(folder / f"{model}.onnx"), "alive": model == "good",
             "feeds": {name: {"type": str(value.dtype), "dims": value.shape, "data": value.reshape(-1).tolist()}
                       for name, value in feeds.items()}} for _, model, feeds, _ in rows]
    process = subprocess.run([host.node, hosts.ROOT / "tools/errors.mjs", host.bundle], input=json.dumps(jobs),
                             capture_output=True, text=True)
    if process.returncode != 0:
        sys.exit(f"node: {process.stderr}")
    return [(answer["status"], answer["said"]) for answer in json.loads(process.stdout)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    hosts.add_arguments(parser)
    parser.add_argument("--verbose", action="store_true", help="print what every host says")
    given = parser.parse_args()
    native, wasmtime, node = hosts.from_arguments(given)
    found, count = [], 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        rows = cases(files(folder))
        answers = {node.name: ask_node(node, folder, rows)}
        for host in (native, wasmtime):
            answers[host.name] = [ask_command(host, folder, model, feeds) if feeds else None
                                  for _, model, feeds, _ in rows]
    for host, replies in answers.items():
        for (what, _, _, pattern), reply in zip(rows, replies):
            if reply is None:
                continue
            count += 1
            found += [f"{host}: {line}" for line in wrongs(what, pattern, *reply)]
            if given.verbose:
                print(f"{host}: {what}: {reply[1].strip()}")
    print(f"{count} wrong inputs in three hosts, {len(found)} answers that are not as they must be")
    if found:
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()
