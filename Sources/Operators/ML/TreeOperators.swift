import GraphIR
import Kernels
import Tensors

/// The operators of decision trees: TreeEnsemble of version 5, and TreeEnsembleRegressor before it.
///
/// Comparisons are exact, sums are of the output's type and in the order of the trees. TreeEnsemble's `post_transform`
/// counts as ONNX says, 1 for softmax and 2 for logistic; the reference runtime takes them the other way round.
///
/// <https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsemble.html>,
/// <https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsembleRegressor.html>
struct TreeRegression: FamilyKernel {
  private let trees: TreeStorage
  private let targets: Int
  private let aggregate: Forest.Aggregate
  private let transform: PostTransform
  private let bases: [Double]
  /// Whether the output has the input's type, and not float32 always.
  private let keepsType: Bool

  /// TreeEnsemble.
  static func ensemble(_ site: Site) throws(RuntimeError) -> TreeRegression {
    let targets = try TreeRegression.targets(try site.int("n_targets", default: 1))
    let transforms: [PostTransform] = [.none, .softmax, .logistic, .softmaxZero, .probit]
    let aggregates: [Forest.Aggregate] = [.average, .sum, .minimum, .maximum]
    let (transform, aggregate) = (
      try site.int("post_transform", default: 0), try site.int("aggregate_function", default: 1)
    )
    guard transforms.indices.contains(transform), aggregates.indices.contains(aggregate) else {
      throw RuntimeError(
        .invalidGraph, "post_transform must be 0 to 4 and aggregate_function 0 to 3, got %d and %d", transform,
        aggregate)
    }
    return TreeRegression(
      trees: try TreeReader(site: site).indexed(targets: targets), targets: targets, aggregate: aggregates[aggregate],
      transform: transforms[transform], bases: [], keepsType: true)
  }

  static func regressor(_ site: Site) throws(RuntimeError) -> TreeRegression {
    let targets = try TreeRegression.targets(try site.int("n_targets", default: 1))
    let reader = TreeReader(site: site)
    let bases = try reader.numbers("base_values", "base_values_as_tensor")
    guard bases.isEmpty || bases.count == targets else {
      throw RuntimeError(.invalidGraph, "base_values must be %d, got %d", targets, bases.count)
    }
    let name = try site.string("aggregate_function") ?? "SUM"
    let aggregate: Forest.Aggregate
    switch name {
    case _ where name == "SUM": aggregate = .sum
    case _ where name == "AVERAGE": aggregate = .average
    case _ where name == "MIN": aggregate = .minimum
    case _ where name == "MAX": aggregate = .maximum
    default: throw RuntimeError(.invalidGraph, "aggregate_function %s is not known", name: name)
    }
    return TreeRegression(
      trees: try reader.named(
        weightIDs: ("target_treeids", "target_nodeids", "target_ids"), weights: "target_weights",
        weightTensor: "target_weights_as_tensor", targets: targets), targets: targets, aggregate: aggregate,
      transform: try Scores.transform(site), bases: bases, keepsType: false)
  }

  private static func targets(_ count: Int) throws(RuntimeError) -> Int {
    guard count > 0, count < 1 << 24 else {
      throw RuntimeError(.invalidGraph, "n_targets must be above 0, got %d", count)
    }
    return count
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (rows, columns) = try Scores.rows(inputs[0])
    try TreeRows.check(trees, rows: rows, columns: columns)
    return [Fact(keepsType && inputs[0].type == .float64 ? .float64 : .float32, [rows, targets])]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int { TreeRows.scratchByteCount(inputs[0], targets) }

  func run(_ call: Call) {
    let rows = TreeRows(
      call, trees, targets: targets, aggregate: aggregate, isDouble: call.inputs[0].type == .float64)
    let output = call.outputs[0]
    for row in 0..<rows.count {
      let scores = rows.scores + row * targets
      // A target that no leaf has touched stays 0, as in the reference runtime.
      for (i, base) in bases.enumerated() where rows.touched[row * targets + i] { scores[i] += base }
      transform.apply(scores, targets)
      if output.type == .float64 {
        (output.elements(Double.self).baseAddress! + row * targets).update(from: scores, count: targets)
      } else {
        Scores.store(scores, targets, into: output.floats + row * targets)
      }
    }
  }
}

/// The scores of every row, computed into scratch.
private struct TreeRows {
  let count: Int
  let scores: UnsafeMutablePointer<Double>
  /// Which scores any leaf has touched.
  let touched: UnsafeMutablePointer<Bool>

  static func check(_ trees: TreeStorage, rows: Int, columns: Int) throws(RuntimeError) {
    guard columns >= trees.features || rows == 0 else {
      throw RuntimeError(.invalidArgument, "the trees look at %d features, got %d", trees.features, columns)
    }
  }

  static func scratchByteCount(_ x: Fact, _ targets: Int) -> Int {
    let rows = x.rank == 1 ? 1 : x.shape.first ?? 0
    return ScratchMemory.byteCount([rows, targets, 8].productSaturating)
      + ScratchMemory.byteCount([rows, targets].productSaturating)
      + (x.type == .float32 ? 0 : ScratchMemory.byteCount(x.count &* 8))
  }

  init(_ call: Call, _ trees: TreeStorage, targets: Int, aggregate: Forest.Aggregate, isDouble: Bool) {
    var scratch = ScratchMemory(call)
    let x = call.inputs[0]
    let (rows, columns) = Scores.rows(x.shape.dims)
    count = rows
    scores = scratch.take(rows * targets, of: Double.self)
    touched = scratch.take(rows * targets, of: Bool.self)
    let features: Forest.Features
    if x.type == .float32 {
      features = .f32(UnsafePointer(x.floats))
    } else {
      let wide = scratch.converted(x, to: .float64, on: call.platform)
      features = .f64(UnsafePointer(wide.elements(Double.self).baseAddress!))
    }
    trees.forest(targets: targets, aggregate: aggregate, isDouble: isDouble).run(
      call.platform, rows: rows, columns: columns, features: features, scores: scores, touched: touched)
  }
}

/// TreeEnsembleClassifier: the label of the class with the largest score, and the scores.
///
/// Of two classes weights may name one alone. If it is the first, its score is that of the second class all the same,
/// which wins above 0.5, or above 0 if any weight is negative, and the first class gets what is left of 1, or the
/// negative; if it is the second, the first class gets 0. Where both have weights the larger score wins; the reference
/// runtime answers 1 or 0 there, for whether the second is above 0, whatever the labels are.
///
/// <https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsembleClassifier.html>
struct TreeClassifier: OperatorKernel {
  private let trees: TreeStorage
  private let labels: ClassLabels
  private let transform: PostTransform
  private let bases: [Double]
  /// Whether the weights are of one class alone, of two.
  private let isBinary: Bool
  /// Whether that is the first class.
  private let namesFirst: Bool
  private let isPositive: Bool

  init(_ site: Site) throws(RuntimeError) {
    labels = try ClassLabels(site, strings: "classlabels_strings", integers: "classlabels_int64s")
    guard labels.count > 0 else { throw RuntimeError(.invalidGraph, "a classifier must have labels") }
    transform = try Scores.transform(site)
    let reader = TreeReader(site: site)
    bases = try reader.numbers("base_values", "base_values_as_tensor")
    let classes = try site.ints("class_ids") ?? []
    isBinary = labels.count == 2 && !classes.isEmpty && classes.allSatisfy { $0 == classes[0] }
    namesFirst = classes.first == 0
    isPositive = try reader.numbers("class_weights", "class_weights_as_tensor").allSatisfy { $0 >= 0 }
    guard bases.isEmpty || bases.count == labels.count || labels.count == 2 && bases.count == 1 else {
      throw RuntimeError(.invalidGraph, "base_values must be %d, got %d", labels.count, bases.count)
    }
    trees = try reader.named(
      weightIDs: ("class_treeids", "class_nodeids", "class_ids"), weights: "class_weights",
      weightTensor: "class_weights_as_tensor", targets: labels.count)
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (rows, columns) = try Scores.rows(inputs[0])
    try TreeRows.check(trees, rows: rows, columns: columns)
    return [Fact(labels.type, [rows]), Fact(.float32, [rows, labels.count])]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int { TreeRows.scratchByteCount(inputs[0], labels.count) }

  func run(_ call: Call) {
    let classes = labels.count
    let rows = TreeRows(
      call, trees, targets: classes, aggregate: .sum, isDouble: call.inputs[0].type == .float64)
    for row in 0..<rows.count {
      let (scores, touched) = (rows.scores + row * classes, rows.touched + row * classes)
      let label = isBinary ? binary(scores) : several(scores, touched)
      if let labelsOut = call.outputs[optional: 0] { labels.store(label, row: row, into: labelsOut) }
      if let out = call.outputs[optional: 1] { Scores.store(scores, classes, into: out.floats + row * classes) }
    }
  }

  /// Scores of all classes: the first of the largest wins.
  private func several(_ scores: UnsafeMutablePointer<Double>, _ touched: UnsafeMutablePointer<Bool>) -> Int {
    for (i, base) in bases.enumerated() where i < labels.count {
      scores[i] = Double(Float(scores[i] + base))
      touched[i] = true
    }
    var best = 0
    for i in 1..<max(labels.count, 1) where touched[i] && (!touched[best] || scores[i] > scores[best]) { best = i }
    transform.apply(scores, labels.count)
    return best
  }

  /// One score for two classes.
  private func binary(_ scores: UnsafeMutablePointer<Double>) -> Int {
    let score = Double(Float(scores[namesFirst ? 0 : 1] + (bases.last ?? 0)))
    if !namesFirst {
      (scores[0], scores[1]) = (0, score)
      transform.apply(scores, 2)
    } else if transform == .probit {
      scores[0] = score
      transform.apply(scores, 1)
      scores[1] = 0
    } else {
      let isOpposite = !isPositive || transform == .logistic
      (scores[0], scores[1]) = Scores.pair(score, isOpposite ? .opposite : .complement, transform)
    }
    return score > (isPositive ? 0.5 : 0) ? 1 : 0
  }
}
