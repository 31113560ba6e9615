import unittest

import tooltest  # noqa: F401
import conformance


def row(native, wasm, reason=""):
    return {"native": native, "wasm": wasm}, reason


def result(native=None, wasm=None):
    return {"native": native, "wasm": wasm}


class LedgerTests(unittest.TestCase):
    """What `compare` says and changes, case by case."""

    cases = [
        # (what, ledger, found, lines without update, ledger after update)
        ("all as written", {"a": row("pass", "skip", "why")}, {"a": result(None, "no")}, 0,
         {"a": row("pass", "skip", "why")}),
        ("a pass that fails", {"a": row("pass", "pass")}, {"a": result("no")}, 1, {"a": row("pass", "pass")}),
        ("a skip that passes", {"a": row("skip", "skip", "why")}, {"a": result(None, "no")}, 1,
         {"a": row("pass", "skip", "why")}),
        ("both pass now", {"a": row("skip", "pass", "why")}, {"a": result()}, 1, {"a": row("pass", "pass", "why")}),
        ("a new case that passes", {}, {"a": result()}, 1, {"a": row("pass", "pass")}),
        ("a new case that fails", {}, {"a": result("no", "no")}, 1, {"a": row("skip", "skip", "not yet: no")}),
        ("a case that went away", {"a": row("pass", "pass")}, {}, 1, {"a": row("pass", "pass")}),
        ("a skip without a reason", {"a": row("skip", "pass")}, {"a": result("no")}, 1,
         {"a": row("skip", "pass", "not yet: native: no")}),
        ("an automatic reason is renewed", {"a": row("skip", "skip", "not yet: old")}, {"a": result("new", "new")}, 0,
         {"a": row("skip", "skip", "not yet: new")}),
        ("a written reason stays", {"a": row("skip", "skip", "by hand")}, {"a": result("new", "new")}, 0,
         {"a": row("skip", "skip", "by hand")}),
    ]

    def test_compare(self):
        for what, ledger, found, lines, after in self.cases:
            with self.subTest(what):
                rows = {name: (dict(cells), reason) for name, (cells, reason) in ledger.items()}
                self.assertEqual(len(conformance.compare(found, rows, update=False)), lines)
                self.assertEqual(rows, ledger, "checking changes nothing")
                conformance.compare(found, rows, update=True)
                self.assertEqual(rows, after)

    def test_a_ledger_of_what_is_skipped(self):
        missing = "operator 'X' of domain 'd' is not implemented"
        cases = [
            # (what, ledger, found, lines without update, lines with it, ledger after update)
            ("what passes has no line", {}, {"a": result()}, 0, 0, {"a": row("pass", "pass")}),
            ("a failure is no reason to skip", {}, {"a": result("wrong")}, 1, 1, {"a": row("pass", "pass")}),
            ("a missing operator is", {}, {"a": result(missing, missing)}, 2, 0,
             {"a": row("skip", "skip", "not yet: " + missing)}),
            ("a skip that passes", {"a": row("skip", "skip", "why")}, {"a": result()}, 2, 0,
             {"a": row("pass", "pass", "why")}),
        ]
        for what, ledger, found, lines, updated, after in cases:
            with self.subTest(what):
                rows = {name: (dict(cells), reason) for name, (cells, reason) in ledger.items()}
                self.assertEqual(len(conformance.compare(found, dict(rows), False, lists_all=False)), lines)
                rows = {name: (dict(cells), reason) for name, (cells, reason) in ledger.items()}
                self.assertEqual(len(conformance.compare(found, rows, True, lists_all=False)), updated)
                self.assertEqual(rows, after)

    def test_update_reports_what_it_does_not_accept(self):
        rows = {"a": row("pass", "pass")}
        self.assertEqual(len(conformance.compare({"a": result("no")}, rows, update=True)), 1)

    def test_reasons_lose_what_the_name_says(self):
        for said in ("[ERROR_CODE: 9] node '' (Shape): it is missing",
                     "node/test_x/model.onnx: node 'n' (Shape): it is missing"):
            self.assertEqual(conformance.brief(result(said, said)), "not yet: it is missing")


class RunTests(unittest.TestCase):
    """What `run` makes of commands that end well, badly, or not."""

    def run_shell(self, script, names):
        return conformance.run(["bash", "-c", script, "runner"], names, conformance.ROOT)

    def test_results_come_in_order(self):
        script = """while read name; do
          [ $name = bad ] && echo '{"name": "x", "ok": false, "reason": "no"}' || echo '{"name": "x", "ok": true}'
        done < $1; echo '{"passed": 1, "failed": 1}'; exit 1"""
        self.assertEqual(self.run_shell(script, ["good", "bad"]), {"good": None, "bad": "no"})

    def test_a_crash_is_blamed_on_its_case_and_the_rest_runs(self):
        script = """while read name; do
          [ $name = crash ] && { echo boom >&2; exit 132; }; echo '{"name": "x", "ok": true}'
        done < $1"""
        found = self.run_shell(script, ["a", "crash", "b"])
        self.assertEqual(found, {"a": None, "crash": "crashes with status 132: boom", "b": None})

    def test_silence_is_a_case_that_hangs(self):
        patience, conformance.PATIENCE = conformance.PATIENCE, 1
        self.addCleanup(setattr, conformance, "PATIENCE", patience)
        script = """while read name; do
          [ $name = slow ] && sleep 60; echo '{"name": "x", "ok": true}'
        done < $1"""
        self.assertEqual(self.run_shell(script, ["a", "slow", "b"]), {"a": None, "slow": "hangs", "b": None})


class RandomTests(unittest.TestCase):
    """Which models draw numbers."""

    def model(self, op, inputs):
        from onnx import TensorProto, helper
        values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in inputs]
        node = helper.make_node(op, inputs, ["y"])
        return helper.make_model(helper.make_graph([node], "g", values, [helper.make_empty_tensor_value_info("y")]))

    def test_drawing_operators(self):
        self.assertTrue(conformance.is_random(self.model("Bernoulli", ["x"]), [1]))
        self.assertFalse(conformance.is_random(self.model("Neg", ["x"]), [1]))

    def test_dropout_draws_in_training(self):
        dropout = self.model("Dropout", ["x", "r", "t"])
        self.assertTrue(conformance.is_random(dropout, [1, 0.5, True]))
        self.assertFalse(conformance.is_random(dropout, [1, 0, True]))
        self.assertFalse(conformance.is_random(dropout, [1, 0.5, False]))


if __name__ == "__main__":
    unittest.main()
