"""The demo: ranks sentences in Node, then runs the same batch natively and under Wasmtime and compares.

demo.py --model all-minilm-l6-v2.onnx [QUESTION]
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tools"))

import numpy as np  # noqa: E402

import hosts  # noqa: E402
import minilm  # noqa: E402
import modelfolder  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    hosts.add_arguments(parser)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("question", nargs="?")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = [given.node, HERE / "rank.mjs", "--model", given.model, "--vocabulary",
                   minilm.package() / "vocab.txt", "--save", folder]
        subprocess.run([*command, *([given.question] if given.question else [])], check=True)
        # What Node was given and answered, as a model's expected outputs; the model itself stays where it is.
        (pathlib.Path(folder) / "rank.onnx").symlink_to(given.model.resolve())
        case = modelfolder.Case(pathlib.Path(folder) / "rank.onnx")
        native, wasmtime, _ = hosts.from_arguments(given)
        print("\n  the same batch elsewhere: the largest difference from Node of any number, and in relation\n"
              "  to the largest number\n")
        worst = 0.0
        for name, run in (("native", lambda: native.run(case)), ("Wasmtime", lambda: wasmtime.run(case)),
                          ("onnxruntime", lambda: (modelfolder.reference(case.path, case.inputs), None))):
            outputs, milliseconds = run()
            largest = max(float(np.abs(case.outputs[n] - v).max()) for n, v in outputs.items())
            relative = modelfolder.difference(case.outputs, outputs)
            worst = max(worst, relative)
            took = "" if milliseconds is None else f"  run {milliseconds:.0f} ms"
            print(f"  {name:12} {largest:.1e}  {relative:.1e}{took}")
    print()
    if not worst <= 1e-4:
        sys.exit("the hosts disagree")


if __name__ == "__main__":
    main()
