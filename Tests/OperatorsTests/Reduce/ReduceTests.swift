import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct ReduceTests {
  /// A reduction of [2, 3, 4] done the slow way, over axes of every kind.
  private func naive(_ x: Tensor, _ axes: [Int], _ f: ([Double]) -> Double) -> Tensor {
    let dims = x.shape.dims
    let kept = dims.enumerated().map { axes.contains($0.offset) ? 1 : $0.element }
    var groups = [[Double]](repeating: [], count: kept.productSaturating)
    for (i, value) in x.doubles.enumerated() {
      var (rest, at, scale) = (i, 0, 1)
      for axis in dims.indices.reversed() {
        at += axes.contains(axis) ? 0 : rest % dims[axis] * scale
        scale *= kept[axis]
        rest /= dims[axis]
      }
      groups[at].append(value)
    }
    return .float32(kept, groups.map { Float(f($0)) })
  }

  @Test func axes() {
    let table: [(String, ([Double]) -> Double)] = [
      ("ReduceSum", { $0.reduce(0, +) }), ("ReduceMean", { $0.reduce(0, +) / Double($0.count) }),
      ("ReduceProd", { $0.reduce(1, *) }), ("ReduceMax", { $0.max()! }), ("ReduceMin", { $0.min()! }),
      ("ReduceL1", { $0.reduce(0) { $0 + abs($1) } }), ("ReduceL2", { $0.reduce(0) { $0 + $1 * $1 }.squareRoot() }),
      ("ReduceSumSquare", { $0.reduce(0) { $0 + $1 * $1 } }),
      ("ReduceLogSumExp", { exponents in log(exponents.reduce(0) { $0 + exp($1) }) }),
    ]
    let shapes: [([Int], [[Int64]])] = [
      ([2, 3, 4], [[0], [1], [2], [0, 1], [1, 2], [0, 2], [0, 1, 2], [-1]]),
      ([3, 300], [[0], [1]]), ([5, 3, 2, 7], [[0, 2], [1, 3], [3]]), ([300, 3], [[0], [1]]),
    ]
    for (op, function) in table {
      for (dims, choices) in shapes {
        let count = dims.productSaturating
        let values = (0..<count).map { i in (Float((i * 7919) % 23) - 11) / 8 + 0.1 }
        let x = Tensor.float32(dims, values)
        for axes in choices {
          let resolved = axes.map { Int($0) < 0 ? Int($0) + dims.count : Int($0) }
          check([
            Case(
              "\(op) \(dims) \(axes)", op, opset: op == "ReduceSum" ? 13 : 18, [x, .int64([axes.count], axes)],
              gives: [naive(x, resolved, function)], relative: 1e-4, absolute: 1e-5)
          ])
        }
      }
    }
  }

  @Test func logarithms() {
    let x = Tensor.float32([2, 2], [1, 2, 3, 4])
    check([
      Case(
        "log of the sum", "ReduceLogSum", opset: 18, [x, .int64([1], [1])],
        gives: [.float32([2, 1], [1.0986123, 1.9459101])]),
      Case(
        "log of exponentials", "ReduceLogSumExp", opset: 18, [x, .int64([1], [0])],
        gives: [.float32([1, 2], [3.126928, 4.126928])]),
      Case(
        "no overflow", "ReduceLogSumExp", [.float32([2], [1000, 1000]), .int64([1], [0])],
        gives: [.float32([1], [1000.6931])]),
      Case(
        "minus infinity", "ReduceLogSumExp", [.float32([2], [-.infinity, -.infinity])],
        gives: [.float32([1], [-.infinity])]),
      Case(
        "rows", "ReduceLogSumExp",
        [
          .float32(
            [4, 5], [1, 2, 3, 4, 5] + [0, -.infinity, 0, 0, 0] + [.nan, 1, 1, 1, 1] + [1, .infinity, 1, 1, 1]),
          .int64([1], [1]),
        ], gives: [.float32([4, 1], [5.4519144, 1.3862944, .nan, .infinity])]),
      Case("infinity", "ReduceLogSumExp", [.float32([2], [.infinity, 1])], gives: [.float32([1], [.infinity])]),
    ])
  }

  @Test func extremesOfRowsKeepNaN() {
    let x = Tensor.float32(
      [3, 6], [1, .nan, 3, 4, 5, 6, .infinity, -.infinity, 1, 2, 3, 4, -1, -2, -3, -4, -5, .nan])
    let last = Tensor.int64([1], [1])
    check([
      Case("greatest", "ReduceMax", [x, last], gives: [.float32([3, 1], [.nan, .infinity, .nan])]),
      Case("least", "ReduceMin", [x, last], gives: [.float32([3, 1], [.nan, -.infinity, .nan])]),
      Case(
        "short rows", "ReduceMax", [.float32([2, 2], [-3, -1, -7, -8]), last], gives: [.float32([2, 1], [-1, -7])]),
    ])
  }

  @Test func types() {
    check([
      Case("int32", "ReduceSum", [.int32([3], [1, 2, 3])], gives: [.int32([1], [6])]),
      Case("int mean is cut", "ReduceMean", [.int64([2], [-1, -4])], gives: [.int64([1], [-2])]),
      Case("uint8 maximum", "ReduceMax", [.uint8([3], [1, 255, 3])], gives: [.uint8([1], [255])]),
      Case("int8 minimum", "ReduceMin", [.int8([3], [1, -100, 3])], gives: [.int8([1], [-100])]),
      Case(
        "bool maximum", "ReduceMax", opset: 20, [.bool([2, 2], [true, false, false, false]), .int64([1], [1])],
        gives: [.bool([2, 1], [true, false])]),
      Case("half", "ReduceMean", [.float16([4], [1, 2, 3, 6])], gives: [.float16([1], [3])]),
      Case("double", "ReduceL2", [.float64([2], [3, 4])], gives: [.float64([1], [5])]),
      Case("int norm", "ReduceL2", [.int32([2], [3, 4])], gives: [.int32([1], [5])]),
    ])
  }

  @Test func forms() {
    let x = Tensor.float32([2, 2], [1, 2, 3, -4])
    check([
      Case("all", "ReduceSum", [x], gives: [.float32([1, 1], [2])]),
      Case("dims go", "ReduceSum", [x, .int64([1], [0])], [("keepdims", .int(0))], gives: [.float32([2], [4, -2])]),
      Case(
        "attribute", "ReduceMax", opset: 11, [x], [("axes", .ints([1])), ("keepdims", .int(0))],
        gives: [.float32([2], [2, 3])]),
      Case("empty axes", "ReduceSum", [x, .int64([0], [])], gives: [.float32([1, 1], [2])]),
      Case("no axes", "ReduceSum", [x, .int64([0], [])], [("noop_with_empty_axes", .int(1))], gives: [x]),
      Case(
        "no axes, squared", "ReduceSumSquare", [x], [("noop_with_empty_axes", .int(1))],
        gives: [.float32([2, 2], [1, 4, 9, 16])]),
      Case("scalar", "ReduceSum", [.float32([], [3])], gives: [.float32([], [3])]),
      Case("empty sum", "ReduceSum", [.float32([2, 0], []), .int64([1], [1])], gives: [.float32([2, 1], [0, 0])]),
      Case(
        "empty product", "ReduceProd", [.float32([2, 0], []), .int64([1], [1])], gives: [.float32([2, 1], [1, 1])]),
      Case(
        "empty maximum", "ReduceMax", [.float32([2, 0], []), .int64([1], [1])],
        gives: [.float32([2, 1], [-.infinity, -.infinity])]),
      Case("empty minimum of int8", "ReduceMin", [.int8([0], [])], gives: [.int8([1], [127])]),
      Case("empty norm", "ReduceL2", [.float32([0, 2], []), .int64([1], [0])], gives: [.float32([1, 2], [0, 0])]),
      Case("NaN", "ReduceMax", [.float32([3], [1, .nan, 2])], gives: [.float32([1], [.nan])]),
    ])
    checkError(Case("axis", "ReduceSum", [x, .int64([1], [2])], gives: [x]), contains: "axis", "2")
  }
}
