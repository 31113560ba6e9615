import Foundation
import Tensors
import TestSupport
import Testing

@testable import ONNXFormat

@Suite struct SoftmaxTests {
  /// e^x / Σ e^x, or its logarithm, over [outer, axis, inner].
  private func softmax(_ x: Tensor, _ sizes: (outer: Int, axis: Int, inner: Int), isLog: Bool) -> Tensor {
    let values = x.doubles
    var result = values
    for o in 0..<sizes.outer {
      for i in 0..<sizes.inner {
        let places = (0..<sizes.axis).map { (o * sizes.axis + $0) * sizes.inner + i }
        let largest = places.map { values[$0] }.max() ?? 0
        let sum = places.reduce(0) { $0 + exp(values[$1] - largest) }
        for place in places {
          result[place] = isLog ? values[place] - largest - log(sum) : exp(values[place] - largest) / sum
        }
      }
    }
    return .float32(x.shape.dims, result.map { Float($0) })
  }

  @Test func axes() {
    let x = Tensor.mixed([2, 3, 4])
    let cases: [(opset: Int, axis: Int64?, (outer: Int, axis: Int, inner: Int))] = [
      (13, nil, (6, 4, 1)), (13, -1, (6, 4, 1)), (13, 2, (6, 4, 1)), (13, 1, (2, 3, 4)), (22, 0, (1, 2, 12)),
      (22, -2, (2, 3, 4)),
      (12, nil, (2, 12, 1)), (12, 1, (2, 12, 1)), (12, 0, (1, 24, 1)), (11, 2, (6, 4, 1)), (11, -1, (6, 4, 1)),
      (1, nil, (2, 12, 1)),
      (11, -2, (2, 12, 1)), (12, 3, (24, 1, 1)),
    ]
    for (opset, axis, sizes) in cases {
      let attributes: [(String, AttributeProto.Value)] = axis.map { [("axis", .int($0))] } ?? []
      for isLog in [false, true] {
        check([
          Case(
            "opset \(opset), axis \(axis ?? 99), \(isLog ? "log" : "plain")", isLog ? "LogSoftmax" : "Softmax",
            opset: opset, [x], attributes,
            gives: [softmax(x, sizes, isLog: isLog)])
        ])
      }
    }
  }

  @Test func values() {
    let big = Tensor.float32([1, 3], [1000, 1000, -1000])
    check([
      Case("no overflow", "Softmax", [big], gives: [.float32([1, 3], [0.5, 0.5, 0])]),
      Case(
        "no overflow in the logarithm", "LogSoftmax", [big],
        gives: [.float32([1, 3], [-0.6931472, -0.6931472, -2000.6931])]),
      Case("masked", "Softmax", [.float32([3], [-.infinity, 0, 0])], gives: [.float32([3], [0, 0.5, 0.5])]),
      Case("one", "Softmax", [.float32([2, 1], [-3, 7])], gives: [.float32([2, 1], [1, 1])]),
      Case("nothing", "Softmax", [.ramp([0, 3])], gives: [.ramp([0, 3])]),
      Case("nothing to sum", "Softmax", [.ramp([3, 0])], gives: [.ramp([3, 0])]),
      Case("float16", "Softmax", [.float16([2], [1, 1])], gives: [.float16([2], [0.5, 0.5])]),
      Case("bfloat16", "LogSoftmax", [.bfloat16([1], [3])], gives: [.bfloat16([1], [0])]),
    ])
    for count in [3, 4, 5, 8, 16, 17, 33] {
      let x = Tensor.mixed([2, count])
      check([Case("\(count)", "Softmax", [x], gives: [softmax(x, (2, count, 1), isLog: false)])])
    }
  }

  @Test func errors() {
    checkError(
      Case("axis", "Softmax", [.ramp([2, 3])], [("axis", .int(2))], gives: [.ramp([2, 3])]),
      contains: "axis must be in -2..<2, got 2")
    checkError(
      Case("axis", "Softmax", opset: 11, [.ramp([2, 3])], [("axis", .int(3))], gives: [.ramp([2, 3])]),
      contains: "got 3")
    checkError(
      Case("type", "Softmax", [.int64([1], [1])], gives: [.ramp([1])]), contains: "input 0 may not be of type int64")
  }
}
