import Tensors
import TestSupport
import Testing

@testable import ONNXFormat

@Suite struct NormalizationTests {
  private let x = Tensor.mixed([2, 4, 3, 2])

  /// (x - mean) / √(variance + epsilon) within spans of `count` neighbours.
  private func normalized(_ x: Tensor, count: Int, epsilon: Double = 1e-5, centred: Bool = true) -> [Double] {
    let values = x.doubles
    return stride(from: 0, to: values.count, by: count).flatMap { start -> [Double] in
      let span = values[start..<start + count]
      let mean = centred ? span.reduce(0, +) / Double(count) : 0
      let variance = span.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
      return span.map { ($0 - mean) / (variance + epsilon).squareRoot() }
    }
  }

  private func tensor(_ dims: [Int], _ values: [Double]) -> Tensor { .float32(dims, values.map { Float($0) }) }

  @Test func layer() {
    let (scale, bias) = (Tensor.mixed([2], seed: 2), Tensor.mixed([2], seed: 3))
    func scaled(_ x: Tensor, count: Int, _ scale: Tensor, _ bias: Tensor?, epsilon: Double = 1e-5) -> Tensor {
      tensor(
        x.shape.dims,
        normalized(x, count: count, epsilon: epsilon).enumerated().map { i, v in
          v * scale.doubles[i % count] + (bias?.doubles[i % count] ?? 0)
        })
    }
    let wide = (Tensor.mixed([3, 2], seed: 2), Tensor.mixed([3, 2], seed: 3))
    let all = Tensor.mixed([2, 4, 3, 2], seed: 5)
    check([
      Case("last axis", "LayerNormalization", [x, scale, bias], gives: [scaled(x, count: 2, scale, bias)]),
      Case("no bias", "LayerNormalization", [x, scale], gives: [scaled(x, count: 2, scale, nil)]),
      Case(
        "two axes", "LayerNormalization", [x, wide.0, wide.1], [("axis", .int(2))],
        gives: [scaled(x, count: 6, wide.0, wide.1)]),
      Case(
        "from the front", "LayerNormalization", [x, all, all], [("axis", .int(-4))],
        gives: [scaled(x, count: 48, all, all)]),
      Case(
        "epsilon", "LayerNormalization", [x, scale, bias], [("epsilon", .float(0.5))],
        gives: [scaled(x, count: 2, scale, bias, epsilon: 0.5)]),
      Case("nothing", "LayerNormalization", [.ramp([0, 2]), scale, bias], gives: [.ramp([0, 2])]),
      Case(
        "statistics", "LayerNormalization", [.float32([2, 2], [1, 3, 4, 4]), .float32([2], [1, 1])],
        [("epsilon", .float(1))],
        gives: [
          .float32([2, 2], [-0.70710678, 0.70710678, 0, 0]), .float32([2, 1], [2, 4]),
          .float32([2, 1], [0.70710678, 1]),
        ]),
      Case(
        "float16", "LayerNormalization", [.float16([1, 2], [1, 3]), .float16([2], [1, 2])],
        gives: [.float16([1, 2], [-1, 2]), .float32([1, 1], [2]), .float32([1, 1], [0.999995])]),
    ])
    // Around a vector's size, one row and several.
    for count in [1, 3, 4, 5, 15, 16, 17, 33] {
      let (x, scale, bias) = (Tensor.mixed([3, count]), Tensor.mixed([count], seed: 2), Tensor.mixed([count], seed: 3))
      check([
        Case(
          "\(count)", "LayerNormalization", [x, scale, bias], gives: [scaled(x, count: count, scale, bias)],
          absolute: 1e-5)
      ])
    }
    checkError(
      Case("scale", "LayerNormalization", [x, .ramp([3])], gives: [x]), contains: "input 1 must have shape [2], got [3]"
    )
    checkError(
      Case("axis", "LayerNormalization", [x, scale], [("axis", .int(4))], gives: [x]),
      contains: "axis must be in -4..<4, got 4")
  }

  @Test func rootMeanSquare() {
    let scale = Tensor.mixed([2], seed: 2)
    let expected = tensor(
      x.shape.dims, normalized(x, count: 2, centred: false).enumerated().map { $1 * scale.doubles[$0 % 2] })
    check([
      Case("last axis", "RMSNormalization", opset: 23, [x, scale], gives: [expected]),
      Case(
        "by hand", "RMSNormalization", opset: 23, [.float32([1, 2], [3, 4]), .float32([2], [1, 2])],
        [("epsilon", .float(0))],
        gives: [.float32([1, 2], [0.8485281, 2.2627417])]),
      Case(
        "with the inverse root", "SimplifiedLayerNormalization", [.float32([1, 2], [3, 4]), .float32([2], [1, 1])],
        [("epsilon", .float(0))],
        gives: [.float32([1, 2], [0.8485281, 1.1313708]), .float32([1, 1], [0.2828427])]),
    ])
  }

  @Test func batch() {
    let parameters: [Tensor] = [
      .float32([2], [1, 2]), .float32([2], [10, 20]), .float32([2], [1, -1]), .float32([2], [3, 8]),
    ]
    let epsilon: (String, AttributeProto.Value) = ("epsilon", .float(1))
    let x = Tensor.float32([1, 2, 2], [1, 3, -1, 5])
    check([
      Case(
        "given statistics", "BatchNormalization", [x] + parameters, [epsilon],
        gives: [.float32([1, 2, 2], [10, 11, 20, 24])]),
      Case(
        "rank 2", "BatchNormalization", [.float32([2, 2], [1, -1, 3, 5])] + parameters, [epsilon],
        gives: [.float32([2, 2], [10, 20, 11, 24])]),
      Case(
        "opset 9", "BatchNormalization", opset: 9, [x] + parameters, [epsilon],
        gives: [.float32([1, 2, 2], [10, 11, 20, 24])]),
      Case(
        "rank 1", "BatchNormalization", [.float32([2], [1, 3])] + parameters.map { .float32([1], [$0.floats[0]]) },
        [epsilon],
        gives: [.float32([2], [10, 11])]),
      Case("empty batch", "BatchNormalization", [.ramp([0, 2, 2])] + parameters, gives: [.ramp([0, 2, 2])]),
      // mean 2 and 2, variance 1 and 9; √(1 + 1), √(9 + 1).
      Case(
        "training", "BatchNormalization", [x] + parameters,
        [epsilon, ("training_mode", .int(1)), ("momentum", .float(0.75))],
        gives: [
          .float32([1, 2, 2], [9.2928932, 10.7071068, 18.1026334, 21.8973666]), .float32([2], [1.25, -0.25]),
          .float32([2], [2.5, 8.25]),
        ]),
      Case(
        "float16", "BatchNormalization", [.float16([1, 1, 2], [1, 3])] + [1, 10, 1, 3].map { .float16([1], [$0]) },
        [epsilon],
        gives: [.float16([1, 1, 2], [10, 11])]),
    ])
    check([
      Case(
        "statistics of each place", "BatchNormalization", opset: 8,
        [
          .float32([1, 1, 2], [1, 3]), .float32([1, 2], [1, 2]), .float32([1, 2], [10, 20]), .float32([1, 2], [1, 2]),
          .float32([1, 2], [3, 0]),
        ], [epsilon, ("spatial", .int(0))], gives: [.float32([1, 1, 2], [10, 22])])
    ])
    checkError(
      Case("spatial", "BatchNormalization", opset: 8, [x] + parameters, [("spatial", .int(0))], gives: [x]),
      contains: "input 1 must have shape [2, 2], got [2]")
    checkError(
      Case("scale", "BatchNormalization", [x, .ramp([3])] + parameters[1...], gives: [x]),
      contains: "input 1 must have shape [2], got [3]")
  }

  @Test func groups() {
    let (scale, bias) = (Tensor.mixed([4], seed: 2), Tensor.mixed([4], seed: 3))
    func scaled(_ count: Int, _ factor: (Int) -> (Double, Double)) -> Tensor {
      tensor(
        x.shape.dims,
        normalized(x, count: count).enumerated().map { i, v in v * factor(i / 6 % 4).0 + factor(i / 6 % 4).1 })
    }
    check([
      Case(
        "a factor for each channel", "GroupNormalization", [x, scale, bias], [("num_groups", .int(2))],
        gives: [scaled(12) { (scale.doubles[$0], bias.doubles[$0]) }], absolute: 1e-5),
      Case(
        "a factor for each group", "GroupNormalization", opset: 18,
        [x, .float32([2], [2, 3]), .float32([2], [5, 7])], [("num_groups", .int(2))],
        gives: [scaled(12) { $0 < 2 ? (2, 5) : (3, 7) }], absolute: 1e-5),
      Case(
        "one group", "GroupNormalization", [x, scale, bias], [("num_groups", .int(1))],
        gives: [scaled(24) { (scale.doubles[$0], bias.doubles[$0]) }], absolute: 1e-5),
      Case(
        "instances", "InstanceNormalization", [x, scale, bias],
        gives: [scaled(6) { (scale.doubles[$0], bias.doubles[$0]) }], absolute: 1e-5),
      Case(
        "an instance by hand", "InstanceNormalization",
        [.float32([1, 1, 2], [1, 5]), .float32([1], [2]), .float32([1], [1])], [("epsilon", .float(0))],
        gives: [.float32([1, 1, 2], [-1, 3])]),
    ])
    checkError(
      Case("groups", "GroupNormalization", [x, scale, bias], [("num_groups", .int(3))], gives: [x]),
      contains: "num_groups must divide the 4 channels, got 3")
    checkError(
      Case("no groups", "GroupNormalization", [x, scale, bias], gives: [x]),
      contains: "attribute 'num_groups' is missing")
    checkError(
      Case("scale", "InstanceNormalization", [x, .ramp([2]), bias], gives: [x]),
      contains: "input 1 must have shape [4], got [2]")
  }
}
