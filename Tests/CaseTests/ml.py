"""ai.onnx.ml: trees, linear models, support vectors, and what prepares their inputs."""
import itertools

import numpy as np
from onnx import helper

from caseset import Family

F = Family(__file__, 95)
ML = {"domain": "ai.onnx.ml"}
TRANSFORMS = ["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"]
WORDS = ["no", "yes", "maybe"]


def one(name, op, inputs, outputs=1, version=3, **attributes):
    """As `Family.one`, with the version of the domain that has the operator's form."""
    names = [f"x{i}" for i in range(len(inputs))]
    asked = [f"y{i}" for i in range(outputs)]
    feeds = dict(zip(names, inputs))
    model = F.model(name, [helper.make_node(op, names, asked, **ML, **attributes)], feeds, asked,
                    domains=["ai.onnx.ml"])
    model.opset_import[1].version = version
    F.add(name, model, feeds)


def tree(trees, targets, depth, features, modes, missing=False):
    """Attributes of random trees of one depth, shared by the classifier and the regressor."""
    nodes = {key: [] for key in ("treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids",
                                 "missing_value_tracks_true")}
    leaves = {key: [] for key in ("treeids", "nodeids", "ids", "weights")}
    inner = 2 ** depth - 1
    for t in range(trees):
        for n in range(2 * inner + 1):
            leaf = n >= inner
            nodes["treeids"].append(t)
            nodes["nodeids"].append(n)
            nodes["featureids"].append(0 if leaf else int(F.random.integers(features)))
            nodes["values"].append(0.0 if leaf else float(F.noise()))
            nodes["modes"].append("LEAF" if leaf else modes[int(F.random.integers(len(modes)))])
            nodes["truenodeids"].append(0 if leaf else 2 * n + 1)
            nodes["falsenodeids"].append(0 if leaf else 2 * n + 2)
            nodes["missing_value_tracks_true"].append(int(missing and F.random.random() > 0.5))
            if leaf:
                for target in range(targets):
                    leaves["treeids"].append(t)
                    leaves["nodeids"].append(n)
                    leaves["ids"].append(target)
                    leaves["weights"].append(float(F.noise()))
    return nodes, leaves


RULES = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"]
X = F.noise(7, 4)
X[2, 1] = np.nan
for modes, transform, targets in itertools.product((["BRANCH_LEQ"], RULES), ("NONE", "SOFTMAX", "LOGISTIC"), (1, 3)):
    tag = f"{'mixed' if len(modes) > 1 else 'leq'}_{transform.lower()}_{targets}"
    nodes, leaves = tree(3, targets, 3, 4, modes, missing=len(modes) > 1)
    shared = {f"nodes_{key}": value for key, value in nodes.items()}
    target = {f"target_{key}": value for key, value in leaves.items()}
    for way in ("SUM", "AVERAGE", "MIN", "MAX"):
        if way == "SUM" or (transform == "NONE"):
            one(f"regressor_{tag}_{way.lower()}", "TreeEnsembleRegressor", [X], aggregate_function=way,
                n_targets=targets,
                post_transform=transform, **shared, **target)
    one(f"regressor_{tag}_base", "TreeEnsembleRegressor", [X], n_targets=targets, base_values=[0.5] * targets,
        post_transform=transform, **shared,
        **target)
    classes = {f"class_{key}": value for key, value in leaves.items()}
    for labels in ({"classlabels_int64s": [7, 3, 5][:max(targets, 2)]},
                   {"classlabels_strings": WORDS[:max(targets, 2)]}):
        one(f"classifier_{tag}_{next(iter(labels))[12:]}", "TreeEnsembleClassifier", [X], 2, post_transform=transform,
            **shared, **classes, **labels)
for dtype in (np.float64, np.int64, np.int32):
    nodes, leaves = tree(2, 3, 2, 4, ["BRANCH_LEQ"])
    one(f"classifier_{np.dtype(dtype).name}", "TreeEnsembleClassifier",
        [F.integers(np.int32, 5, 4, low=-2, high=2).astype(dtype)], 2,
        classlabels_int64s=[0, 1, 2], **{f"nodes_{k}": v for k, v in nodes.items()},
        **{f"class_{k}": v for k, v in leaves.items()})

for transform, count in itertools.product(TRANSFORMS, (1, 3)):
    if transform == "PROBIT" or (transform == "SOFTMAX_ZERO" and count == 1):
        continue
    one(f"linear_regressor_{transform.lower()}_{count}", "LinearRegressor", [F.noise(5, 4)],
        coefficients=F.noise(count * 4).tolist(),
        intercepts=F.noise(count).tolist(), targets=count, post_transform=transform)
    for labels in ({"classlabels_ints": [4, 2, 9][:max(count, 2)]}, {"classlabels_strings": WORDS[:max(count, 2)]}):
        rows = max(count, 2)
        one(f"linear_classifier_{transform.lower()}_{count}_{next(iter(labels))[12:]}", "LinearClassifier",
            [F.noise(5, 4)], 2,
            coefficients=F.noise(rows * 4).tolist(), intercepts=F.noise(rows).tolist(), post_transform=transform,
            multi_class=0, **labels)
for kernel, params in (("LINEAR", [0.0, 0.0, 0.0]), ("POLY", [0.5, 1.0, 3.0]), ("RBF", [0.3, 0.0, 0.0]),
                       ("SIGMOID", [0.2, 0.1, 0.0])):
    vectors = 6
    one(f"svm_regressor_{kernel.lower()}", "SVMRegressor", [F.noise(4, 3)], kernel_type=kernel, kernel_params=params,
        n_supports=vectors,
        support_vectors=F.noise(vectors * 3).tolist(), coefficients=F.noise(vectors).tolist(), rho=[0.25],
        post_transform="NONE")
    one(f"svm_regressor_{kernel.lower()}_one_class", "SVMRegressor", [F.noise(4, 3)], kernel_type=kernel,
        kernel_params=params, n_supports=vectors,
        support_vectors=F.noise(vectors * 3).tolist(), coefficients=F.noise(vectors).tolist(), rho=[0.25], one_class=1)
    for probabilities in (False, True):
        more = {"prob_a": [-1.0, -0.8, -1.2], "prob_b": [0.1, 0.0, -0.1]} if probabilities else {}
        for labels in ({"classlabels_ints": [4, 2, 9]}, {"classlabels_strings": WORDS}):
            one(f"svm_classifier_{kernel.lower()}_{next(iter(labels))[12:]}" + "_prob" * probabilities,
                "SVMClassifier", [F.noise(4, 3)], 2,
                kernel_type=kernel, kernel_params=params, vectors_per_class=[2, 3, 1],
                support_vectors=F.noise(18).tolist(),
                coefficients=F.noise(12).tolist(), rho=F.noise(3).tolist(), post_transform="NONE", **labels, **more)
one("svm_classifier_linear_mode", "SVMClassifier", [F.noise(4, 3)], 2, kernel_type="LINEAR",
    kernel_params=[0.0, 0.0, 0.0], rho=[0.1], coefficients=F.noise(9).tolist(),
    classlabels_ints=[0, 1, 2], post_transform="NONE")

for dtype in (np.float32, np.int64):
    one(f"imputer_{np.dtype(dtype).name}", "Imputer", [np.array([[1, 5, 3], [5, 5, 4]], dtype)], **(
        {"imputed_value_floats": [0.5, 1.5, 2.5], "replaced_value_float": 5.0} if dtype == np.float32 else
        {"imputed_value_int64s": [9], "replaced_value_int64": 5}))
one("imputer_nan", "Imputer", [np.array([[1, np.nan], [np.nan, 2]], np.float32)], imputed_value_floats=[7.0],
    replaced_value_float=float("nan"))
for dtype in (np.float32, np.int64, np.float64, np.int32):
    one(f"scaler_{np.dtype(dtype).name}", "Scaler", [np.array([[1, 5, 3], [5, 5, 4]], dtype)], offset=[1.0, 2.0, 3.0],
        scale=[0.5, 2.0, 1.5])
    one(f"scaler_one_{np.dtype(dtype).name}", "Scaler", [np.array([[1, 5, 3]], dtype)], offset=[1.0], scale=[0.5])
    for norm in ("MAX", "L1", "L2"):
        one(f"normalizer_{norm}_{np.dtype(dtype).name}", "Normalizer",
            [np.array([[1, -5, 3], [0, 0, 0], [-1, -2, -3]], dtype)], norm=norm)
one("binarizer", "Binarizer", [F.noise(3, 4)], threshold=0.25)
one("array_feature_extractor", "ArrayFeatureExtractor", [F.noise(3, 4), np.array([[2, 0]], np.int64)])
one("array_feature_extractor_line", "ArrayFeatureExtractor", [F.noise(5), np.array([4, 1], np.int64)])
one("array_feature_extractor_strings", "ArrayFeatureExtractor", [np.array([["a", "b"], ["c", "d"]], object),
                                                                 np.array([1], np.int64)])
one("feature_vectorizer", "FeatureVectorizer", [F.noise(3, 2), F.noise(3, 3)], inputdimensions=[2, 3])
one("one_hot_ints", "OneHotEncoder", [np.array([[1, 3], [7, 2]], np.int64)], cats_int64s=[1, 2, 3], zeros=1)
one("one_hot_floats", "OneHotEncoder", [np.array([1, 3, 2], np.float32)], cats_int64s=[1, 2, 3], zeros=1)
one("one_hot_strings", "OneHotEncoder", [np.array(["b", "z", "a"], object)], cats_strings=["a", "b"], zeros=1)
one("category_to_int", "CategoryMapper", [np.array(["b", "z", "a"], object)], cats_strings=["a", "b"],
    cats_int64s=[5, 6], default_int64=-3,
    version=1)
one("category_to_string", "CategoryMapper", [np.array([6, 9, 5], np.int64)], cats_strings=["a", "b"],
    cats_int64s=[5, 6], default_string="?",
    version=1)
KEYS = {"strings": ["a", "b", ""], "int64s": [1, 2, -3], "floats": [1.5, float("nan"), -2.0]}
INPUTS = {"strings": np.array([["b", "q"], ["", "a"]], object), "int64s": np.array([2, 9, -3], np.int64),
          "floats": np.array([np.nan, 1.5, 4], np.float32)}
for source, target in itertools.product(KEYS, KEYS):
    values = {"strings": ["x", "y", "z"], "int64s": [10, 20, 30], "floats": [0.5, 0.25, -1.0]}[target]
    default = {"strings": {"default_string": "?"}, "int64s": {"default_int64": -7},
               "floats": {"default_float": 9.5}}[target]
    for given in ({}, default):
        one(f"label_{source}_{target}" + "_default" * bool(given), "LabelEncoder", [INPUTS[source]], version=2,
            **{f"keys_{source}": KEYS[source],
            f"values_{target}": values}, **given)

# Beyond 32 bits, where numbers that are alike in their low halves or too large for an index must stay apart.
WIDE = [2**40 + 1, 2**33 + 1, -2**40]
wide = np.array([2**33 + 1, 1, 2**40 + 1, -2**40, 2**40 + 2], np.int64)
one("label_wide", "LabelEncoder", [wide], version=2, keys_int64s=WIDE, values_int64s=WIDE[::-1], default_int64=2**50)
one("category_wide", "CategoryMapper", [wide], cats_strings=["a", "b", "c"], cats_int64s=WIDE, version=1)
one("one_hot_wide", "OneHotEncoder", [wide], cats_int64s=WIDE, zeros=1)

if __name__ == "__main__":
    F.write()
