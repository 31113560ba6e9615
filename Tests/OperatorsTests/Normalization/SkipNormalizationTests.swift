import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct SkipNormalizationTests {
  private let inputs: [Tensor?] = [
    .float32([1, 2, 2], [1, 2, 3, 4]), .float32([1, 2, 2], [0, 1, 1, 0]), .float32([2], [1, 2]),
  ]

  @Test func contrib() {
    check([
      Case(
        "layer", "SkipLayerNormalization", domain: "com.microsoft", opset: 1,
        inputs + [.float32([2], [0, 1]), .float32([2], [0.5, 0.5])], [("epsilon", .float(1e-5))],
        gives: [
          .float32([1, 2, 2], [-0.99998, 2.99998, 0, 1]), nil, nil, .float32([1, 2, 2], [1.5, 3.5, 4.5, 4.5]),
        ],
        absolute: 2e-5),
      Case(
        "simplified", "SkipSimplifiedLayerNormalization", domain: "com.microsoft", opset: 1, inputs,
        [("epsilon", .float(1e-5))],
        gives: [.float32([1, 2, 2], [0.44721317, 2.683279, 0.99999976, 1.9999995])]),
      Case(
        "skip without a batch", "SkipLayerNormalization", domain: "com.microsoft", opset: 1,
        [.float32([2, 1, 2], [0, 2, 0, 0]), .float32([1, 2], [1, 1]), .float32([2], [1, 1])],
        [("epsilon", .float(1e-12))],
        gives: [.float32([2, 1, 2], [-1, 1, 0, 0])], absolute: 1e-5),
    ])
  }

  @Test func norms() {
    check([
      Case(
        "LRN", "LRN", [.float32([1, 3, 2, 1], [1, 2, 3, 4, 5, 6])],
        [("size", .int(3)), ("alpha", .float(0.5)), ("beta", .float(0.75)), ("bias", .float(1))],
        gives: [.float32([1, 3, 2, 1], [0.47920737, 0.6659067, 0.70981765, 0.69403225, 1.2051426, 1.0944444])]),
      Case(
        "LpNormalization, 0 stays", "LpNormalization", [.float32([2, 2], [3, 0, -4, 0])], [("axis", .int(0))],
        gives: [.float32([2, 2], [0.6, 0, -0.8, 0])]),
      Case(
        "mean and variance", "MeanVarianceNormalization", [.ramp([2, 2, 2, 1])],
        gives: [
          .float32(
            [2, 2, 2, 1],
            [-1.2126782, -0.7276069, -1.2126782, -0.7276069, 0.7276069, 1.2126782, 0.7276069, 1.2126782])
        ]),
    ])
  }
  /// Groups that rows belong to as a whole, and that cut through them.
  @Test func groups() {
    let dims = [2, 3, 4, 5]
    let x = Tensor.mixed(dims)
    for axes in [[2, 3], [0, 2, 3], [0, 1], [1], [3], [0, 1, 2, 3], [1, 3]] {
      let group = { (i: Int) in
        var (rest, at) = (i, 0)
        for axis in [3, 2, 1, 0] {
          if !axes.contains(axis) { at = at * 7 + rest % dims[axis] + 1 }
          rest /= dims[axis]
        }
        return at
      }
      let values = x.doubles
      let expected = values.indices.map { i in
        let own = values.indices.filter { group($0) == group(i) }.map { values[$0] }
        let mean = own.reduce(0, +) / Double(own.count)
        let variance = own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(own.count)
        return Float((values[i] - mean) / (variance.squareRoot() + 1e-9))
      }
      check([
        Case(
          "mean and variance over \(axes)", "MeanVarianceNormalization", [x], [("axes", .ints(axes.map { Int64($0) }))],
          gives: [.float32(dims, expected)], absolute: 1e-5)
      ])
    }
    for p in [1, 2, 3] {
      let wide = Tensor.mixed([2, 3, 150])
      let columns: [Double] = (0..<300).map { at in
        var sum = 0.0
        for k in 0..<3 {
          let value = wide.doubles[at / 150 * 450 + k * 150 + at % 150]
          sum += pow(abs(value), Double(p))
        }
        return pow(sum, 1 / Double(p))
      }
      let divided: [Float] = (0..<900).map { i in
        let norm = columns[i / 450 * 150 + i % 150]
        return Float(wide.doubles[i] / norm)
      }
      check([
        Case(
          "\(p)-norm of columns", "LpNormalization", [wide], [("p", .int(Int64(p))), ("axis", .int(1))],
          gives: [.float32([2, 3, 150], divided)])
      ])
      let norms = (0..<24).map { row in
        let sum = x.doubles[row * 5..<row * 5 + 5].reduce(0) { $0 + pow(abs($1), Double(p)) }
        return pow(sum, 1 / Double(p))
      }
      check([
        Case(
          "\(p)-norm of rows", "LpNormalization", [x], [("p", .int(Int64(p)))],
          gives: [.float32(dims, x.doubles.enumerated().map { Float($0.element / norms[$0.offset / 5]) })])
      ])
    }
  }

}
