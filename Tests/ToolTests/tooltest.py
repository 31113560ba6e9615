"""Lets the tests import the project's tools."""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
for folder in ("tools", "wasm", "Benchmarks/hosts"):
    sys.path.insert(0, str(ROOT / folder))
