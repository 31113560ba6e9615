import pathlib
import tempfile
import unittest

import numpy as np

import tooltest  # noqa: F401
import modelfolder
from onnxgraph import FLOAT, Graph

INFINITE = float("inf")


def floats(*values):
    return {"y": np.array(values, np.float32)}


class DifferenceTests(unittest.TestCase):
    cases = [
        # (what, expected, got, difference)
        ("equal", floats(1, 2), floats(1, 2), 0),
        ("relative to the largest", floats(1, -4), floats(1, -3), 0.25),
        ("small numbers beside large ones", floats(1e-6, 1), floats(0, 1), 1e-6),
        ("all expected are zero", floats(0, 0), floats(0, 0.5), 0.5),
        ("the same infinities", floats(INFINITE, 1), floats(INFINITE, 1), 0),
        ("NaN in the same place", floats(np.nan, 2), floats(np.nan, 1), 0.5),
        ("NaN elsewhere", floats(np.nan, 2), floats(2, 2), INFINITE),
        ("another shape", floats(1, 2), {"y": np.ones((1, 2), np.float32)}, INFINITE),
        ("another type", floats(1), {"y": np.ones(1)}, INFINITE),
        ("no such output", floats(1), {"z": np.ones(1, np.float32)}, INFINITE),
        ("nothing to compare", floats(), floats(), 0),
        ("booleans that differ", {"y": np.array([True])}, {"y": np.array([False])}, 1),
        ("integers", {"y": np.array([4], np.int64)}, {"y": np.array([5], np.int64)}, 0.25),
    ]

    def test_difference(self):
        for what, expected, got, difference in self.cases:
            with self.subTest(what):
                self.assertAlmostEqual(modelfolder.difference(expected, got), difference, 12)


class FolderTests(unittest.TestCase):
    def test_what_is_written_is_read(self):
        g = Graph("identity")
        g("Identity", g.input("x", FLOAT, []), names=[g.output("y", FLOAT, [])])
        model, feeds = g.model(17), {"x": np.array(2.5, np.float32)}
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            modelfolder.write(folder, "identity_q8", model, feeds, modelfolder.reference(model, feeds))
            (case,) = modelfolder.cases(folder)
            self.assertEqual((case.name, case.tolerance), ("identity_q8", 5e-2))
            self.assertEqual(case.outputs["y"].shape, ())
            self.assertEqual(case.outputs["y"], 2.5)

    def test_names_decide_the_tolerance(self):
        for name, tolerance in (("minilm", 1e-4), ("minilm_q8", 5e-2), ("mobilenet_v2_qdq", 5e-2),
                                ("llama_decode_q4", 5e-2), ("light_squeezenet", 1e-4), ("aqua", 1e-4)):
            self.assertEqual(modelfolder.tolerance(name), tolerance, name)


if __name__ == "__main__":
    unittest.main()
