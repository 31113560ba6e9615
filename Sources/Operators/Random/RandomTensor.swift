import GraphIR
import Kernels
import Tensors

/// Random numbers: uniform or normal, in a shape that is given or that of an input, and coins that fall with the
/// probability an input gives.
///
/// <https://onnx.ai/onnx/operators/onnx__RandomUniform.html>, RandomNormal, their Like forms, and Bernoulli
struct RandomTensor: FamilyKernel {
  private enum Distribution {
    case uniform(low: Double, high: Double)
    case normal(mean: Double, scale: Double)
    case bernoulli
  }

  private let distribution: Distribution
  private let source: RandomSource
  /// Nil where input 0 gives it.
  private let shape: [Int]?
  private let type: ElementType?

  static func uniform(_ site: Site) throws(RuntimeError) -> RandomTensor {
    try RandomTensor(site, try uniformDistribution(site), hasShape: true)
  }
  static func uniformLike(_ site: Site) throws(RuntimeError) -> RandomTensor {
    try RandomTensor(site, try uniformDistribution(site), hasShape: false)
  }
  static func normal(_ site: Site) throws(RuntimeError) -> RandomTensor {
    try RandomTensor(site, try normalDistribution(site), hasShape: true)
  }
  static func normalLike(_ site: Site) throws(RuntimeError) -> RandomTensor {
    try RandomTensor(site, try normalDistribution(site), hasShape: false)
  }
  static func bernoulli(_ site: Site) throws(RuntimeError) -> RandomTensor {
    try RandomTensor(site, .bernoulli, hasShape: false)
  }

  private static func uniformDistribution(_ site: Site) throws(RuntimeError) -> Distribution {
    .uniform(low: Double(try site.float("low", default: 0)), high: Double(try site.float("high", default: 1)))
  }
  private static func normalDistribution(_ site: Site) throws(RuntimeError) -> Distribution {
    .normal(mean: Double(try site.float("mean", default: 0)), scale: Double(try site.float("scale", default: 1)))
  }

  private init(_ site: Site, _ distribution: Distribution, hasShape: Bool) throws(RuntimeError) {
    self.distribution = distribution
    source = try RandomSource(site)
    if hasShape {
      let dims = try site.required("shape", site.ints("shape"))
      guard dims.allSatisfy({ $0 >= 0 }) else {
        throw RuntimeError(.invalidGraph, "shape must have no dim below 0, got %v", shape: dims)
      }
      shape = dims
    } else {
      shape = nil
    }
    type = hasShape || site.has("dtype") ? try site.randomType() : nil
    var types: TypeSet = .floats
    if case .bernoulli = distribution { types = [.numbers, .bool] }
    guard let type else {
      site.types.letters = "T>T"
      site.types.first.formIntersection(types)
      return
    }
    site.types.answer = type
    guard types.contains(type) else {
      throw RuntimeError(.notImplemented, "random numbers of %t are not implemented", Int(type.rawValue))
    }
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    guard let type = type ?? inputs[optional: 0]?.type else { return [] }
    return [Fact(type, shape ?? inputs[0].shape)]
  }

  /// The numbers as float64, and the probabilities likewise.
  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    (shape?.productSaturating ?? inputs[optional: 0]?.count ?? 0) * 8
  }

  func run(_ call: Call) {
    let output = call.outputs[0]
    let values = Tensor(.float64, output.shape, Storage(borrowed: call.scratch, byteCount: output.count * 8))
    let numbers = values.elements(Double.self)
    switch distribution {
    case .uniform(let low, let high): for i in 0..<output.count { numbers[i] = low + (high - low) * source.uniform() }
    case .normal(let mean, let scale): for i in 0..<output.count { numbers[i] = mean + scale * source.normal() }
    case .bernoulli:
      cast(call.inputs[0], into: values, on: call.platform)
      for i in 0..<output.count { numbers[i] = source.uniform() < numbers[i] ? 1 : 0 }
    }
    cast(values, into: output, on: call.platform)
  }
}

extension Site {
  /// The type of random numbers; float32 unless attribute `dtype` says otherwise.
  fileprivate func randomType() throws(RuntimeError) -> ElementType {
    let raw = try int("dtype", default: 1)
    guard let type = UInt8(exactly: raw).flatMap(ElementType.init(rawValue:)) else {
      throw RuntimeError(.invalidGraph, "dtype %d is no element type", raw)
    }
    return type
  }
}
