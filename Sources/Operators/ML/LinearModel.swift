import GraphIR
import Kernels
import Tensors

/// LinearRegressor and LinearClassifier: X · coefficientsᵀ + intercepts for each row, and of a classifier the label of
/// the largest.
///
/// A classifier with one row of coefficients and two labels tells them apart by the sign of its score, and answers a
/// score for each.
///
/// <https://onnx.ai/onnx/operators/onnx_aionnxml_LinearRegressor.html>,
/// <https://onnx.ai/onnx/operators/onnx_aionnxml_LinearClassifier.html>
struct LinearModel: FamilyKernel {
  private let coefficients: [Float]
  private let intercepts: [Float]
  private let targets: Int
  private let transform: PostTransform
  /// nil is a regressor.
  private let labels: ClassLabels?

  static func regressor(_ site: Site) throws(RuntimeError) -> LinearModel {
    let targets = try site.int("targets", default: 1)
    return try LinearModel(site, targets: targets, labels: nil)
  }

  static func classifier(_ site: Site) throws(RuntimeError) -> LinearModel {
    let labels = try ClassLabels(site, strings: "classlabels_strings", integers: "classlabels_ints")
    let intercepts = try site.floats("intercepts") ?? []
    return try LinearModel(site, targets: intercepts.isEmpty ? max(labels.count, 1) : intercepts.count, labels: labels)
  }

  private init(_ site: Site, targets: Int, labels: ClassLabels?) throws(RuntimeError) {
    coefficients = try site.required("coefficients", try site.floats("coefficients"))
    intercepts = try site.floats("intercepts") ?? []
    transform = try Scores.transform(site)
    self.targets = targets
    self.labels = labels
    guard targets > 0, coefficients.count >= targets, coefficients.count % targets == 0,
      intercepts.isEmpty || intercepts.count == targets,
      labels.map({ $0.count == targets || targets == 1 && $0.count == 2 }) ?? true
    else {
      throw RuntimeError(
        .invalidGraph, "%d coefficients and %d intercepts do not fit %d targets and their labels", coefficients.count,
        intercepts.count, targets)
    }
  }

  /// How many scores go out.
  private var scoreCount: Int { labels.map { max($0.count, targets) } ?? targets }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (rows, columns) = try Scores.rows(inputs[0])
    guard columns == coefficients.count / targets else {
      throw RuntimeError(
        .invalidArgument, "%d coefficients of %d targets do not fit an input of %v", shape: inputs[0].shape,
        coefficients.count, targets)
    }
    let scores = Fact(.float32, [rows, scoreCount])
    return labels.map { [Fact($0.type, [rows]), scores] } ?? [scores]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    ScratchMemory.converting(inputs[0], to: .float32) + ScratchMemory.byteCount((scoreCount + 1) * 8)
  }

  func run(_ call: Call) {
    var scratch = ScratchMemory(call)
    let x = scratch.converted(call.inputs[0], to: .float32, on: call.platform)
    let (rows, columns) = Scores.rows(x.shape.dims)
    let scores = scratch.take(scoreCount + 1, of: Double.self)
    for row in 0..<rows {
      for target in 0..<targets {
        var sum = Double(intercepts.isEmpty ? 0 : intercepts[target])
        for i in 0..<columns {
          sum += Double(x.floats[row * columns + i]) * Double(coefficients[target * columns + i])
        }
        scores[target] = sum
      }
      if let labels {
        var best = 0
        for i in 1..<max(targets, 1) where scores[i] > scores[best] { best = i }
        if targets == 1, labels.count == 2 { best = scores[0] > 0 ? 1 : 0 }
        if let out = call.outputs[optional: 0] { labels.store(best, row: row, into: out) }
      }
      if targets == 1, scoreCount == 2 {
        (scores[0], scores[1]) = LinearModel.both(scores[0], transform)
      } else {
        transform.apply(scores, targets)
      }
      if let out = call.outputs[optional: labels == nil ? 0 : 1] {
        Scores.store(scores, scoreCount, into: out.floats + row * scoreCount)
      }
    }
  }

  /// The scores of two classes that share one.
  private static func both(_ score: Double, _ transform: PostTransform) -> (Double, Double) {
    if transform == .logistic { return Scores.pair(PostTransform.logistic(score), .complement, .none) }
    return Scores.pair(score, .complement, .none)
  }
}
