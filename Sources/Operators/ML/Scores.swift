import GraphIR
import Kernels
import Tensors

/// What the models of ai.onnx.ml share: how scores are transformed, and which label they stand for.
enum Scores {
  static func transform(_ site: Site) throws(RuntimeError) -> PostTransform {
    let name = try site.string("post_transform") ?? "NONE"
    switch name {
    case _ where name == "NONE" || name.isEmpty: return .none
    case _ where name == "SOFTMAX": return .softmax
    case _ where name == "LOGISTIC": return .logistic
    case _ where name == "SOFTMAX_ZERO": return .softmaxZero
    case _ where name == "PROBIT": return .probit
    default: throw RuntimeError(.invalidGraph, "post_transform %s is not known", name: name)
    }
  }

  /// The input as rows of features; a vector is one row.
  static func rows(_ fact: Fact) throws(RuntimeError) -> (rows: Int, columns: Int) {
    guard fact.rank == 1 || fact.rank == 2 else {
      throw RuntimeError(.invalidArgument, "the input must have shape [C] or [N, C], got %v", shape: fact.shape)
    }
    return rows(fact.shape)
  }

  static func rows(_ dims: [Int]) -> (rows: Int, columns: Int) {
    dims.count == 1 ? (1, dims[0]) : (dims[0], dims[1])
  }

  /// `count` scores of a row as float32.
  static func store(_ scores: UnsafePointer<Double>, _ count: Int, into target: UnsafeMutablePointer<Float>) {
    for i in 0..<count { target[i] = Float(scores[i]) }
  }

  /// What goes out for the one score of a model of two classes: both, as what a classifier's weights say of them.
  enum Pair { case complement, opposite }

  /// The scores of both classes, transformed.
  static func pair(_ score: Double, _ pair: Pair, _ transform: PostTransform) -> (Double, Double) {
    switch pair {
    case .complement: return (1 - score, score)
    case .opposite:
      return transform == .logistic ? (PostTransform.logistic(-score), PostTransform.logistic(score)) : (-score, score)
    }
  }
}

/// The classes of a classifier: strings or integers.
struct ClassLabels {
  private let strings: [Name]
  private let integers: [Int64]

  init(_ site: Site, strings: StaticString, integers: StaticString) throws(RuntimeError) {
    self.strings = try site.strings(strings) ?? []
    self.integers = try site.int64s(integers) ?? []
    guard self.strings.isEmpty || self.integers.isEmpty else {
      throw RuntimeError(.invalidGraph, "labels are strings or integers, got both")
    }
    site.types.answer = type
  }

  var count: Int { max(strings.count, integers.count) }
  var areStrings: Bool { !strings.isEmpty }
  var type: ElementType { areStrings ? .string : .int64 }

  /// Writes the label of class `index` for row `row`.
  func store(_ index: Int, row: Int, into tensor: Tensor) {
    if areStrings {
      tensor.storage.strings[row] = strings[index]
    } else {
      tensor.elements(Int64.self)[row] = index < integers.count ? integers[index] : Int64(index)
    }
  }
}

extension Operator {
  /// A row of ai.onnx.ml.
  init<K: FamilyKernel>(
    _ name: StaticString, ml since: Int, _ arity: ClosedRange<Int>, types: TypeSet = .all,
    signature: StaticString = "T>T", traits: Traits = [], _ make: @escaping (Site) throws(RuntimeError) -> K
  ) {
    self.init(
      name, domain: "ai.onnx.ml", since: since, arity, types: types, signature: signature, traits: traits, make: make)
  }
}
