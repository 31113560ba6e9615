import unittest

import tooltest  # noqa: F401
import native


class Made:
    """A side whose turns are known."""

    def __init__(self, name, told, medians):
        self.name, self.told, self.medians = name, told, iter(medians)

    def turn(self, seconds):
        self.told.append(self.name)
        median = next(self.medians)
        return median, median / 2


class Turns(unittest.TestCase):
    def test_sides_take_turns_and_ratios_are_those_of_pairs(self):
        told = []
        medians = {"one": [3, 6, 30], "ours": [1, 2, 10], "peer": [4, 2, 5]}
        sides = {name: lambda name=name: Made(name, told, medians[name]) for name in medians}
        answer = native.turns({"pairs": 3, "seconds": 0}, sides)
        self.assertEqual(told, ["one", "ours", "peer", "peer", "ours", "one", "one", "ours", "peer"])
        self.assertEqual(answer["ours"], {"median": 2, "least": 0.5})
        self.assertEqual((answer["ratio"], answer["faster"]), (1, 3))

    def test_a_peer_that_fails_is_told_of(self):
        def fails():
            raise RuntimeError("no such operator")

        sides = {"ours": lambda: Made("ours", [], [1]), "peer": fails}
        answer = native.turns({"pairs": 1, "seconds": 0}, sides)
        self.assertEqual(answer, {"peerError": "no such operator", "ours": {"median": 1, "least": 0.5}})
        with self.assertRaises(RuntimeError):
            native.turns({"pairs": 1, "seconds": 0}, {"ours": fails})


class Launched(unittest.TestCase):
    def test_memory_is_that_of_the_command_alone(self):
        held = bytearray(b"x") * (200 << 20)
        memory, milliseconds = native.launched(["/bin/sleep", "0.1"])
        self.assertLess(memory, len(held) / (1 << 20) / 4)
        self.assertGreater(memory, 0.5)
        self.assertGreaterEqual(milliseconds, 100)

    def test_a_command_that_fails_raises(self):
        with self.assertRaisesRegex(RuntimeError, "/bin/false: status 1"):
            native.launched(["/bin/false"])
        with self.assertRaisesRegex(RuntimeError, "cannot access '/nothing'"):
            native.launched(["/bin/ls", "/nothing"])
