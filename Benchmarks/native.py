"""Times a folder of models (NAME.onnx beside NAME.io/) with the apus command and with the onnxruntime of this Python:

    python native.py --apus PATH --models DIR [--threads 1 2] [--pairs 5] [--seconds 1] [NAME...]

Both sides get the inputs of NAME.io and as many threads, and take turns. A row shows the median over the pairs of
onnxruntime's time / our time, each the median of a turn's runs: above 1 we are faster. Times drift with the machine,
ratios of neighbours do not.
"""
import argparse
import json
import math
import pathlib
import statistics
import subprocess
import tempfile
import time

import numpy as np
import onnxruntime


def inputs_of(model):
    """The arrays of NAME.io by name, as its meta.json describes them."""
    folder = model.with_suffix(".io")
    described = json.loads((folder / "meta.json").read_text())["inputs"]
    return {entry["name"]: np.fromfile(folder / f"in_{i}.bin", dtype=entry["type"]).reshape(entry["dims"])
            for i, entry in enumerate(described)}


class Peer:
    """onnxruntime in this process, warmed up."""

    def __init__(self, model, inputs, threads):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self.inputs = inputs

    def turn(self, seconds):
        for _ in range(3):
            self.session.run(None, self.inputs)
        times = []
        begun = time.perf_counter()
        while len(times) < 5 or time.perf_counter() - begun < seconds:
            started = time.perf_counter()
            self.session.run(None, self.inputs)
            times.append(time.perf_counter() - started)
        return statistics.median(times) * 1000


class Apus:
    """The apus command, a process for each turn."""

    def __init__(self, command, model, files, threads):
        self.command = [command, "bench", str(model), "--json", "--top", "0", "--threads", str(threads)]
        for name, path in files.items():
            self.command += ["--input", f"{name}={path}"]

    def turn(self, seconds):
        answer = subprocess.run(self.command + ["--seconds", str(seconds)], check=True, capture_output=True)
        return json.loads(answer.stdout)["median"]


def compare(given, model, threads, folder):
    """Milliseconds of ours and the peer's, and the median ratio."""
    inputs = inputs_of(model)
    files = {}
    for i, (name, array) in enumerate(inputs.items()):
        files[name] = pathlib.Path(folder) / f"{model.stem}_{i}.npy"
        np.save(files[name], array)
    sides = [Peer(model, inputs, threads), Apus(given.apus, model, files, threads)]
    rows = []
    for pair in range(given.pairs):
        turns = {}
        for side in reversed(sides) if pair % 2 else sides:
            turns[type(side).__name__] = side.turn(given.seconds)
        rows.append((turns["Apus"], turns["Peer"]))
    return (statistics.median(ours for ours, _ in rows), statistics.median(peer for _, peer in rows),
            statistics.median(peer / ours for ours, peer in rows))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--apus", required=True, help="the apus command, built with -c release")
    parser.add_argument("--models", required=True, type=pathlib.Path)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--json", type=pathlib.Path, help="where to write all numbers")
    parser.add_argument("--least", type=float, help="fail where a geometric mean is below this")
    parser.add_argument("names", nargs="*", help="default: all models of the folder")
    given = parser.parse_args()
    names = given.names or sorted(model.stem for model in given.models.glob("*.onnx"))
    results = []
    means = []
    with tempfile.TemporaryDirectory() as folder:
        for threads in given.threads:
            print(f"\n{threads} thread{'s' if threads > 1 else ''}, onnxruntime {onnxruntime.__version__}")
            print(f"{'model':20} {'ours ms':>9} {'peer ms':>9} {'peer / ours':>12}")
            ratios = []
            for name in names:
                ours, peer, ratio = compare(given, given.models / f"{name}.onnx", threads, folder)
                ratios.append(ratio)
                results.append({"model": name, "threads": threads, "ours": ours, "peer": peer, "ratio": ratio})
                print(f"{name:20} {ours:9.3f} {peer:9.3f} {ratio:12.3f}", flush=True)
            means.append(math.exp(statistics.fmean(math.log(ratio) for ratio in ratios)))
            print(f"{'geometric mean':20} {'':9} {'':9} {means[-1]:12.3f}")
    if given.json:
        given.json.write_text(json.dumps({"peer": onnxruntime.__version__, "rows": results}, indent=1) + "\n")
    if given.least and min(means) < given.least:
        raise SystemExit(f"the geometric means must be at least {given.least}, got {min(means):.3f}")


if __name__ == "__main__":
    main()
