import Apus
import Tensors
import TestSupport
import Testing

@Suite struct TreeEnsembleTests {
  @Test func regressor() {
    check([
      Case(
        "tr small", "TreeEnsembleRegressor", domain: "ai.onnx.ml", opset: 3,
        [.text(.float32, [2, 2], "0.0405 0.142 -0.675 -1.95")],
        [
          ("nodes_treeids", .ints([0, 0, 0, 0, 0, 1, 1, 1])), ("nodes_nodeids", .ints([0, 1, 2, 3, 4, 0, 1, 2])),
          ("nodes_featureids", .ints([0, 0, 0, 0, 0, 0, 0, 0])),
          (
            "nodes_modes", .strings(["BRANCH_LEQ", "LEAF", "BRANCH_LEQ", "LEAF", "LEAF", "BRANCH_LEQ", "LEAF", "LEAF"])
          ), ("nodes_values", .floats([0.804, 0.0, 0.028, 0.0, 0.0, 0.534, 0.0, 0.0])),
          ("nodes_truenodeids", .ints([1, 0, 3, 0, 0, 1, 0, 0])),
          ("nodes_falsenodeids", .ints([2, 0, 4, 0, 0, 2, 0, 0])), ("target_treeids", .ints([0, 0, 0, 1, 1])),
          ("target_nodeids", .ints([1, 3, 4, 1, 2])), ("target_ids", .ints([0, 0, 0, 0, 0])),
          ("target_weights", .floats([0.455, 0.655, -1.13, -0.496, 0.287])), ("n_targets", .int(1)),
        ],
        gives: [.text(.float32, [2, 1], "-0.04099998 -0.04099998")])
    ])
  }

  /// Rows that go down together, to leaves of different depths; what is equal, NaN and infinite.
  @Test func manyRows() {
    let tests: [Float] = [0.5, 1, .infinity, -.infinity]
    let values: [Float] = [-.infinity, -1, 0.5, Float(0.5).nextUp, 1, .nan, .infinity, 0.75, 2]
    for mode in ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GT"] as [Name] {
      for missing in [0, 1] as [Int64] {
        let passes = { (x: Float, y: Float) in
          x.isNaN && missing == 1 || (mode == "BRANCH_LEQ" ? x <= y : mode == "BRANCH_LT" ? x < y : x > y)
        }
        let scores = values.map { x -> Float in
          for (i, y) in tests.enumerated() where passes(x, y) { return Float(i) }
          return 4
        }
        let x = values.flatMap { [9 as Float, $0] }
        check([
          Case(
            "\(mode) \(missing)", "TreeEnsembleRegressor", domain: "ai.onnx.ml", opset: 3,
            [.float32([values.count, 2], x)],
            [
              ("nodes_treeids", .ints([Int64](repeating: 0, count: 9))),
              ("nodes_nodeids", .ints([0, 1, 2, 3, 4, 5, 6, 7, 8])),
              ("nodes_featureids", .ints([1, 1, 1, 1, 0, 0, 0, 0, 0])),
              ("nodes_modes", .strings([mode, mode, mode, mode, "LEAF", "LEAF", "LEAF", "LEAF", "LEAF"] as [Name])),
              ("nodes_values", .floats(tests + [0, 0, 0, 0, 0])),
              ("nodes_truenodeids", .ints([4, 5, 6, 7, 0, 0, 0, 0, 0])),
              ("nodes_falsenodeids", .ints([1, 2, 3, 8, 0, 0, 0, 0, 0])),
              ("nodes_missing_value_tracks_true", .ints([missing, missing, missing, missing, 0, 0, 0, 0, 0])),
              ("target_treeids", .ints([0, 0, 0, 0, 0])), ("target_nodeids", .ints([4, 5, 6, 7, 8])),
              ("target_ids", .ints([0, 0, 0, 0, 0])), ("target_weights", .floats([0, 1, 2, 3, 4])),
              ("n_targets", .int(1)),
            ], gives: [.float32([values.count, 1], scores)])
        ])
      }
    }
  }

  @Test func classifier() {
    check([
      Case(
        "tc small", "TreeEnsembleClassifier", domain: "ai.onnx.ml", opset: 3,
        [.text(.float32, [3, 2], "-1.45 1.36 0.576 -0.667 -0.304 -0.0515")],
        [
          ("nodes_treeids", .ints([0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1])),
          ("nodes_nodeids", .ints([0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6])),
          ("nodes_featureids", .ints([0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0])),
          (
            "nodes_modes",
            .strings([
              "BRANCH_LEQ", "BRANCH_LEQ", "LEAF", "LEAF", "BRANCH_LEQ", "LEAF", "LEAF", "BRANCH_LEQ", "BRANCH_LEQ",
              "LEAF", "LEAF", "BRANCH_LEQ", "LEAF", "LEAF",
            ])
          ),
          (
            "nodes_values",
            .floats([0.528, -1.38, 0.0, 0.0, -0.199, 0.0, 0.0, -0.524, -0.0951, 0.0, 0.0, -2.08, 0.0, 0.0])
          ), ("nodes_truenodeids", .ints([1, 2, 0, 0, 5, 0, 0, 1, 2, 0, 0, 5, 0, 0])),
          ("nodes_falsenodeids", .ints([4, 3, 0, 0, 6, 0, 0, 4, 3, 0, 0, 6, 0, 0])),
          ("class_treeids", .ints([0, 0, 0, 0, 1, 1, 1, 1])), ("class_nodeids", .ints([2, 3, 5, 6, 2, 3, 5, 6])),
          ("class_ids", .ints([0, 0, 0, 0, 0, 0, 0, 0])),
          ("class_weights", .floats([0.302, 0.0888, 0.225, 0.00525, 0.185, 0.432, 0.45, 0.445])),
          ("classlabels_strings", .strings(["no", "yes"])),
        ],
        gives: [.strings([3], ["no", "yes", "yes"]), .text(.float32, [3, 2], "0.513 0.487 0.33 0.67 0.4662 0.5338")]),
      Case(
        "tc small3", "TreeEnsembleClassifier", domain: "ai.onnx.ml", opset: 3,
        [.text(.float32, [3, 2], "-1.14 0.862 -0.354 -0.634 -0.733 0.924")],
        [
          ("nodes_treeids", .ints([0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1])),
          ("nodes_nodeids", .ints([0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6])),
          ("nodes_featureids", .ints([0, 1, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0])),
          (
            "nodes_modes",
            .strings([
              "BRANCH_LEQ", "BRANCH_LEQ", "LEAF", "LEAF", "BRANCH_LEQ", "LEAF", "LEAF", "BRANCH_LEQ", "BRANCH_LEQ",
              "LEAF", "LEAF", "BRANCH_LEQ", "LEAF", "LEAF",
            ])
          ),
          (
            "nodes_values",
            .floats([-0.331, 0.082, 0.0, 0.0, 0.0871, 0.0, 0.0, -0.67, 0.425, 0.0, 0.0, -0.491, 0.0, 0.0])
          ), ("nodes_truenodeids", .ints([1, 2, 0, 0, 5, 0, 0, 1, 2, 0, 0, 5, 0, 0])),
          ("nodes_falsenodeids", .ints([4, 3, 0, 0, 6, 0, 0, 4, 3, 0, 0, 6, 0, 0])),
          ("class_treeids", .ints([0, 0, 0, 0, 1, 1, 1, 1])), ("class_nodeids", .ints([2, 3, 5, 6, 2, 3, 5, 6])),
          ("class_ids", .ints([1, 2, 2, 0, 0, 0, 2, 2])),
          ("class_weights", .floats([1.58, -0.138, 0.0854, -1.58, 0.687, 0.653, -0.587, -0.0385])),
          ("classlabels_int64s", .ints([4, 5, 6])), ("post_transform", .string("SOFTMAX")),
        ],
        gives: [
          .text(.int64, [3], "6 5 6"),
          .text(
            .float32, [3, 3],
            """
            0.4025239 0.4025239 0.1949522 0.146688 0.712164 0.1411479 0.4025239 0.4025239 0.1949522
            """),
        ]),
    ])
  }

  @Test func ensemble() {
    check([
      Case(
        "te 1 1 0", "TreeEnsemble", domain: "ai.onnx.ml", opset: 5,
        [.text(.float32, [3, 3], "1.2 3.4 -0.12 1.66 4.14 1.77 5 1 1")],
        [
          ("nodes_splits", .tensor(TensorRecord(name: "t", Tensor.text(.float32, [3], "3.14 1.2 4.2")))),
          ("nodes_modes", .tensor(TensorRecord(name: "t", Tensor.text(.uint8, [3], "0 0 0")))),
          ("nodes_featureids", .ints([0, 0, 0])), ("nodes_truenodeids", .ints([1, 0, 1])),
          ("nodes_trueleafs", .ints([0, 1, 1])), ("nodes_falsenodeids", .ints([2, 2, 3])),
          ("nodes_falseleafs", .ints([0, 1, 1])), ("leaf_targetids", .ints([0, 1, 0, 1])),
          ("leaf_weights", .tensor(TensorRecord(name: "t", Tensor.text(.float32, [4], "5.23 12.12 -12.23 7.21")))),
          ("tree_roots", .ints([0])), ("n_targets", .int(2)), ("aggregate_function", .int(1)),
          ("post_transform", .int(0)),
        ],
        gives: [.text(.float32, [3, 2], "5.23 0 -12.23 0 0 7.21")])
    ])
  }

  /// Two leaves below one node, whose attributes a test may change.
  private func stump(_ changes: [(String, AttributeProto.Value)]) -> Case {
    var attributes: [(String, AttributeProto.Value)] = [
      ("nodes_treeids", .ints([0, 0, 0])), ("nodes_nodeids", .ints([0, 1, 2])), ("nodes_featureids", .ints([1, 0, 0])),
      ("nodes_modes", .strings(["BRANCH_LT", "LEAF", "LEAF"])), ("nodes_values", .floats([0.5, 0, 0])),
      ("nodes_truenodeids", .ints([1, 0, 0])), ("nodes_falsenodeids", .ints([2, 0, 0])), ("n_targets", .int(2)),
      ("target_treeids", .ints([0, 0])), ("target_nodeids", .ints([1, 2])), ("target_ids", .ints([0, 1])),
      ("target_weights", .floats([3, 4])),
    ]
    for (name, value) in changes {
      attributes.removeAll { $0.0 == name }
      attributes.append((name, value))
    }
    return Case(
      "stump", "TreeEnsembleRegressor", domain: "ai.onnx.ml", opset: 3, [.float32([2, 2], [9, 0.5, 9, 0.25])],
      attributes,
      gives: [.float32([2, 2], [0, 4, 3, 0])])
  }

  @Test func stump() { check([stump([])]) }

  @Test func errors() {
    checkError(
      stump([("nodes_truenodeids", .ints([7, 0, 0]))]), contains: "tree 0 must have the node 7 that it points at",
      "tested")
    checkError(stump([("nodes_nodeids", .ints([0, 1, 1]))]), contains: "tree 0 must have one node 1, got two")
    checkError(stump([("nodes_values", .floats([1]))]), contains: "3 nodes must have as many modes and values")
    checkError(
      stump([("nodes_featureids", .ints([-1, 0, 0]))]), contains: "an index in a tree must be below", "got -1")
    checkError(stump([("nodes_featureids", .ints([2, 0, 0]))]), contains: "the trees look at 3 features, got 2")
    checkError(stump([("target_ids", .ints([0, 2]))]), contains: "must be below 2, got 2")
    checkError(
      stump([("target_nodeids", .ints([1]))]), contains: "attribute 'target_nodeids' must have 2 elements, got 1")
    checkError(stump([("nodes_modes", .strings(["BRANCH_LT", "LEAF", "TWIG"]))]), contains: "node mode 'TWIG'")
    checkError(stump([("n_targets", .int(0))]), contains: "n_targets must be above 0")
    let branches = AttributeProto.Value.strings(["BRANCH_LT", "BRANCH_LT", "LEAF"])
    checkError(
      stump([
        ("nodes_modes", branches), ("nodes_truenodeids", .ints([1, 1, 0])), ("nodes_falsenodeids", .ints([2, 2, 0])),
        ("target_nodeids", .ints([2, 2])),
      ]), contains: "come back to its node 1")
    checkError(
      stump([("nodes_modes", branches), ("nodes_truenodeids", .ints([1, 0, 0]))]), contains: "come back to its root")
    checkError(stump([("nodes_truenodeids", .ints([2, 0, 0]))]), contains: "tree 0 must have one root")
  }

  /// A tree of version 5 whose node 0 points back at itself, and ones that point at nothing.
  @Test func cycles() {
    func ensemble(yes: Int64, isLeaf: Int64, root: Int64) -> Case {
      Case(
        "indices", "TreeEnsemble", domain: "ai.onnx.ml", opset: 5, [.ramp([1, 1])],
        [
          ("nodes_splits", .tensor(TensorRecord(name: "", .float32([1], [0])))),
          ("nodes_modes", .tensor(TensorRecord(name: "", .uint8([1], [0])))),
          ("leaf_weights", .tensor(TensorRecord(name: "", .float32([1], [2])))), ("nodes_featureids", .ints([0])),
          ("nodes_truenodeids", .ints([yes])), ("nodes_trueleafs", .ints([isLeaf])), ("nodes_falsenodeids", .ints([0])),
          ("nodes_falseleafs", .ints([1])), ("leaf_targetids", .ints([0])), ("tree_roots", .ints([root])),
        ], gives: [.float32([1, 1], [2])])
    }
    check([ensemble(yes: 0, isLeaf: 1, root: 0)])
    checkError(ensemble(yes: 0, isLeaf: 0, root: 0), contains: "come back to its node 0")
    checkError(ensemble(yes: 1, isLeaf: 1, root: 0), contains: "must be below 1, got 1")
    checkError(ensemble(yes: 0, isLeaf: 1, root: 5), contains: "must be below 1, got 5")
  }
}
