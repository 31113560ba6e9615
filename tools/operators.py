"""Writes docs/operators.md from the registry, the ledger of the ONNX backend suite, and the sources.

operators.py [--apus APUS] [--suite DIR] [--check]

A row an operator: the versions of its schema that are taken, the types of its first input, and of the suite's cases
whose graph has it how many pass in each host. Below stand the refusals that operators make, word for word as their
sources have them. --check fails where the page is not what would be written.
"""
import argparse
import collections
import json
import pathlib
import re
import subprocess
import sys

import onnx

import conformance

ROOT = conformance.ROOT
PAGE = ROOT / "docs/operators.md"
COVERAGE = ROOT / "Tests/ConformanceTests/coverage.txt"
# Element types in the order in which they are told, and how sets that occur often are.
SETS = {
    "numbers": "float32 float64 float16 bfloat16 int8 uint8 int16 uint16 int32 uint32 int64 uint64",
    "integers": "int8 uint8 int16 uint16 int32 uint32 int64 uint64",
    "reals": "float32 float64 float16 bfloat16",
}

# Operators of com.microsoft that are left out, and why.
LEFT_OUT = {
    "BeamSearch, GreedySearch, Sampling, WhisperBeamSearch":
        "whole loops of generation in one node, which callers of this API write around a decoder",
    "DecoderMaskedMultiHeadAttention": "a step of those loops; exporters write MultiHeadAttention",
    "BifurcationDetector, DynamicTimeWarping": "what such a caller does with tokens and times between runs",
    "SparseAttention": "block-sparse masks, which one family of models has",
    "SparseToDenseMatMul": "sparse tensors, which the API cannot express",
    "MatMulFpQ4": "an older packing of weights of 4 bits; MatMulNBits took its place",
    "AttnLSTM, WordConvEmbedding, Tokenizer": "models from before transformers, seen in no export",
    "ConvTransposeWithDynamicPads, MaxpoolWithMask, SampleOp": "seen in no export",
}


def told(types, everything):
    if len(types) == everything:
        return "all"
    left, words = set(types), []
    for name, members in SETS.items():
        if set(members.split()) <= left:
            words.append(name)
            left -= set(members.split())
    return ", ".join(words + [type_ for type_ in types if type_ in left])


def versions(name, domain, since):
    """The versions of the operator's schema from row `since` on; the row's own where there is no schema."""
    schema_domain = "" if domain == "ai.onnx" else domain
    known = sorted({schema.since_version for schema in onnx.defs.get_all_schemas_with_history()
                    if (schema.name, schema.domain) == (name, schema_domain)})
    # The row that is oldest takes what is newer, too.
    return [version for version in known if version >= since] or [since]


def operators_of(graph):
    for node in graph.node:
        yield node.domain or "ai.onnx", node.op_type
        for attribute in node.attribute:
            for body in [attribute.g, *attribute.graphs]:
                yield from operators_of(body)


def tests(suite):
    """(domain, operator) -> [cases, passed natively, passed in wasm]"""
    found = collections.defaultdict(lambda: [0, 0, 0])
    for line in conformance.SUITES["onnx"].ledger.read_text().splitlines():
        match = re.match(r"([\w/-]+)\s+native=(\w+)\s+wasm=(\w+)", line)
        if not match:
            continue
        model = onnx.load(suite / match[1] / "model.onnx", load_external_data=False)
        for key in set(operators_of(model.graph)):
            counts = found[key]
            counts[0] += 1
            counts[1] += match[2] == "pass"
            counts[2] += match[3] == "pass"
    return found


REFUSAL = re.compile(r'RuntimeError\(\s*\.notImplemented,\s*"((?:[^"\\]|\\.)*)"')


def refusals():
    """(file, sentence) of what sources refuse as not implemented."""
    for path in sorted((ROOT / "Sources/Operators").rglob("*.swift")):
        if path.name in ("RegistryLookup.swift", "Operator.swift"):
            continue
        for sentence in dict.fromkeys(REFUSAL.findall(path.read_text())):
            yield path.stem, re.sub(r"%[a-z]", "…", sentence)


def page(apus, suite):
    rows = json.loads(subprocess.run([apus, "operators", "--json"], check=True, capture_output=True, text=True).stdout)
    everything = max(len(row["types"]) for row in rows)
    by_operator = collections.defaultdict(list)
    for row in rows:
        by_operator[row["domain"], row["name"]].append(row)
    passed = tests(suite)
    lines = [
        "# Operators", "",
        "Written by `make docs` from the registry, the ledger of the ONNX backend suite and the sources; not by hand.",
        "", "Every operator runs natively and in wasm, on the one provider there is (`cpu`, in JavaScript `wasm`).",
        "*Versions* are those of the schema that are taken, *types* those of the first input: *numbers* are reals and",
        "integers, *reals* float32, float64, float16 and bfloat16. *Tests* are the cases of the ONNX backend suite of",
        f"onnx {onnx.__version__} whose graph has the operator: how many there are, how many pass natively and in wasm",
        "through JavaScript, which cannot feed every type.", ""]
    for domain in sorted({domain for domain, _ in by_operator}):
        names = sorted(name for other, name in by_operator if other == domain)
        lines += [f"## {domain}", "", f"{len(names)} operators.", "",
                  "| operator | versions | types | tests | native | wasm |", "|---|---|---|---|---|---|"]
        for name in names:
            rows = by_operator[domain, name]
            since = min(row["since"] for row in rows)
            types = list(dict.fromkeys(type_ for row in rows for type_ in row["types"]))
            counts = " | ".join(str(count) for count in passed.get((domain, name), ["", "", ""]))
            taken = ", ".join(map(str, versions(name, domain, since)))
            lines.append(f"| {name} | {taken} | {told(types, everything)} | {counts} |")
        lines.append("")
    schemas = onnx.defs.get_all_schemas()
    live = {schema.name for schema in schemas if not schema.domain and not schema.deprecated}
    missing = sorted(live - {name for domain, name in by_operator if domain == "ai.onnx"})
    taken = {name for domain, name in by_operator if domain == "com.microsoft"} & {
        name for names in LEFT_OUT for name in names.split(", ")}
    if taken:
        sys.exit(f"LEFT_OUT of tools/operators.py has what the registry has, too: {sorted(taken)}")
    lines += ["## What is refused", "",
              "A session that needs any of this is refused when it is created, by node and value; what shapes decide,",
              "when they are first known. Element types are checked at create wherever the file says those of its",
              "inputs. The two that no registry row stands for:", "",
              *(f"- {name} (ai.onnx)" for name in missing), "- Gradient (ai.onnx.preview.training)", "",
              "Of com.microsoft's operators that the reference runtime has for CPUs:", "",
              *(f"- {names}: {why}" for names, why in LEFT_OUT.items()), "",
              "By operator or family, the sentence that it says:", ""]
    lines += [f"- {name}: {sentence}" for name, sentence in refusals()]
    if COVERAGE.exists():
        known = [line for line in COVERAGE.read_text().splitlines() if line and not line.startswith("#")]
        lines += ["", "Of all versions and types that the schemas of ai.onnx allow, these are refused:", "",
                  *(f"- {line}" for line in known)]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--apus", default=".build-test/release/apus")
    parser.add_argument("--suite", type=pathlib.Path, default=conformance.SUITES["onnx"].folder)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    text = page(given.apus, given.suite)
    if given.check:
        if not PAGE.exists() or PAGE.read_text() != text:
            sys.exit("docs/operators.md is not what the registry says: run `make docs`")
        return
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(text)
    print(f"{PAGE.relative_to(ROOT)}: {text.count(chr(10))} lines")


if __name__ == "__main__":
    main()
