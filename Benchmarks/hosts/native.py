"""The benchmark natively: native.py JOB prints one line of JSON. Jobs are those of node.mjs, with `apus`, the command.

Ours is `apus bench`, a process for each turn; the peer is the onnxruntime of this Python, in this process. Ours reads
the model from its file, the peer has it as bytes.
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

# Starts a command with little memory of its own, for what rusage tells of a child begins with that of its parent.
LAUNCHER = """
import os, sys
quiet = [(os.POSIX_SPAWN_OPEN, 1, sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)]
begun = __import__("time").perf_counter()
process = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ, file_actions=quiet)
_, status, usage = os.wait4(process, 0)
print(usage.ru_maxrss / 1024, 1000 * (__import__("time").perf_counter() - begun))
sys.exit(os.waitstatus_to_exitcode(status))
"""


def inputs_of(model):
    """The arrays of NAME.io by name, as its meta.json describes them."""
    folder = model.with_suffix(".io")
    described = json.loads((folder / "meta.json").read_text())["inputs"]
    return {entry["name"]: np.fromfile(folder / f"in_{k}.bin", dtype=entry["type"]).reshape(entry["dims"])
            for k, entry in enumerate(described)}


class Peer:
    """onnxruntime in this process."""

    def __init__(self, model, inputs, threads):
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.inputs = inputs

    def run(self):
        begun = time.perf_counter()
        self.session.run(None, self.inputs)
        return 1000 * (time.perf_counter() - begun)

    def turn(self, seconds):
        for _ in range(3):
            self.run()
        times = []
        begun = time.perf_counter()
        while len(times) < 5 or time.perf_counter() - begun < seconds:
            times.append(self.run())
        return statistics.median(times), min(times)


class Apus:
    """The apus command with a model and its inputs."""

    def __init__(self, command, model, inputs, threads, folder):
        self.answer = f"{folder}/answer.json"
        self.command = [command, "bench", str(model), "--json", "--top", "0", "--threads", str(threads)]
        for k, (name, array) in enumerate(inputs.items()):
            np.save(f"{folder}/{k}.npy", array)
            self.command += ["--input", f"{name}={folder}/{k}.npy"]

    def bench(self, *options):
        """What it prints, its high-water mark in MB, and how many milliseconds the process took."""
        memory, milliseconds = launched([*self.command, *options], self.answer)
        return json.loads(pathlib.Path(self.answer).read_text()), memory, milliseconds

    def turn(self, seconds):
        answer, _, _ = self.bench("--seconds", str(seconds))
        return answer["median"], answer["minimum"]


def launched(command, output=os.devnull):
    """The high-water mark of a command in MB, and its milliseconds."""
    launcher = [sys.executable, "-I", "-S", "-c", LAUNCHER, output]
    said = subprocess.run([*launcher, *command], capture_output=True, text=True)
    if said.returncode != 0:
        raise RuntimeError((said.stderr.strip().splitlines() or [f"{command[0]}: status {said.returncode}"])[-1])
    return map(float, said.stdout.split())


def memory():
    """The high-water mark of this process in MB."""
    status = pathlib.Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


def turns(job, sides):
    opened, answer, rows = {}, {}, []
    for side, opener in sides.items():
        try:
            opened[side] = opener()
        except Exception as error:
            if side != "peer":
                raise
            answer["peerError"] = str(error)
    for pair in range(job["pairs"]):
        order = list(opened)
        rows.append({side: opened[side].turn(job["seconds"]) for side in (reversed(order) if pair % 2 else order)})
    for side in opened:
        answer[side] = {"median": statistics.median(row[side][0] for row in rows),
                        "least": min(row[side][1] for row in rows)}
    for side, name in (("peer", "ratio"), ("one", "faster")):
        if side in opened:
            answer[name] = statistics.median(row[side][0] / row["ours"][0] for row in rows)
    return answer


def of_ours(job, apus):
    """The figures of a process that creates and runs three times, or of one that runs once."""
    if job["kind"] == "cold":
        # The whole process, less the run behind the first: it must load itself as the peer's library must be imported.
        answer, _, milliseconds = apus.bench("--runs", "1", "--warmup", "1")
        return {"cold": milliseconds - answer["runs"][0]}
    answer, peak, _ = apus.bench("--runs", "1", "--warmup", "2")
    return {"create": answer["create"], "first": answer["firstRun"], "memory": peak}


def of_peer(job, model, inputs):
    begun = time.perf_counter()
    if job["kind"] == "fresh":
        import onnxruntime  # noqa: F401  Imported before the clock starts, as our module is compiled.
        begun = time.perf_counter()
    session = Peer(model, inputs, job.get("threads", 1))
    create = 1000 * (time.perf_counter() - begun)
    first = session.run()
    if job["kind"] == "cold":
        return {"cold": create + first}
    for _ in range(2):
        session.run()
    return {"create": create, "first": first, "memory": memory()}


def about(job):
    said = subprocess.run([job["apus"], "--version"], check=True, capture_output=True, text=True).stdout.split()
    try:
        import onnxruntime
        return {"version": said[-1], "peer": onnxruntime.__version__}
    except ImportError:
        return {"version": said[-1]}


def done(job):
    side = job.get("sides", ["ours"])[0]
    if job["kind"] == "about":
        return about(job)
    if job["kind"] == "empty":
        return {"memory": memory() if side == "peer" else next(launched([job["apus"], "--version"]))}
    path = pathlib.Path(job["model"])
    inputs, threads = inputs_of(path), job.get("threads", 1)
    with tempfile.TemporaryDirectory() as folder:
        def apus(threads):
            return Apus(job["apus"], path, inputs, threads, folder)

        if job["kind"] == "turns":
            openers = {"ours": lambda: apus(threads), "one": lambda: apus(1),
                       "peer": lambda: Peer(path.read_bytes(), inputs, threads)}
            return turns(job, {side: openers[side] for side in job["sides"]})
        return of_peer(job, path.read_bytes(), inputs) if side == "peer" else of_ours(job, apus(threads))


if __name__ == "__main__":
    try:
        print(json.dumps(done(json.loads(sys.argv[1]))))
    except Exception as error:
        print(json.dumps({"error": str(error)}))
