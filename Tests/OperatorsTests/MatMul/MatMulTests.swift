import Tensors
import TestSupport
import Testing

@Suite struct MatMulTests {
  @Test func shapes() {
    check([
      Case("matrices", "MatMul", [.ramp([2, 3]), .ramp([3, 2])], gives: [.float32([2, 2], [10, 13, 28, 40])]),
      Case("row vector", "MatMul", [.ramp([3]), .ramp([3, 2])], gives: [.float32([2], [10, 13])]),
      Case("column vector", "MatMul", [.ramp([2, 3]), .ramp([3])], gives: [.float32([2], [5, 14])]),
      Case("inner product", "MatMul", [.ramp([3]), .ramp([3])], gives: [.float32([], [5])]),
      Case(
        "shared right", "MatMul", [.ramp([2, 1, 3]), .ramp([3, 2])], gives: [.float32([2, 1, 2], [10, 13, 28, 40])]),
      Case(
        "broadcast batches", "MatMul", [.ramp([2, 1, 1, 2]), .ramp([2, 2, 1])],
        gives: [.float32([2, 2, 1, 1], [1, 3, 3, 13])]),
      Case("K = 0", "MatMul", [.ramp([2, 0]), .ramp([0, 3])], gives: [.float32([2, 3], [0, 0, 0, 0, 0, 0])]),
      Case("no rows", "MatMul", [.ramp([0, 3]), .ramp([3, 2])], gives: [.ramp([0, 2])]),
    ])
  }

  @Test func types() {
    check([
      Case(
        "int64", "MatMul", [.int64([1, 2], [3, 1 << 40]), .int64([2, 1], [5, 2])],
        gives: [.int64([1, 1], [15 + 1 << 41])]),
      Case("int32", "MatMul", [.int32([1, 2], [3, 4]), .int32([2, 1], [5, -6])], gives: [.int32([1, 1], [-9])]),
      Case(
        "float64", "MatMul", [.float64([1, 2], [0.5, 4]), .float64([2, 1], [5, 2])], gives: [.float64([1, 1], [10.5])]),
      Case(
        "float16 scaled", "FusedMatMul", domain: "com.microsoft",
        [.float16([1, 2], [0.5, 4]), .float16([1, 2], [5, 2])], [("transB", .int(1)), ("alpha", .float(0.5))],
        gives: [.float16([1, 1], [5.25])]),
      Case(
        "float16", "MatMul", [.float16([1, 2], [0.5, 4]), .float16([2, 1], [5, 2])], gives: [.float16([1, 1], [10.5])]),
    ])
  }

  /// Sizes around the tile: every element against sums made in float64.
  @Test(arguments: [1, 3, 4, 5, 8, 9, 17, 33]) func sizes(n: Int) {
    for m in [1, 2, 4, 5, 13] {
      for k in [1, 7, 64, 300] {
        let a = Tensor.float32([m, k], (0..<m * k).map { Float(($0 * 37) % 19) / 19 - 0.5 })
        let b = Tensor.float32([k, n], (0..<k * n).map { Float(($0 * 53) % 23) / 23 - 0.5 })
        let (x, y) = (a.doubles, b.doubles)
        let product = (0..<m * n).map { i in
          Float((0..<k).reduce(0) { $0 + x[i / n * k + $1] * y[$1 * n + i % n] })
        }
        check([
          Case("\(m)x\(k)x\(n)", "MatMul", [a, b], gives: [.float32([m, n], product)], relative: 1e-5, absolute: 1e-5)
        ])
      }
    }
  }

  @Test func errors() {
    checkError(
      Case("inner dims", "MatMul", [.ramp([2, 3]), .ramp([2, 2])], gives: [.ramp([2, 2])]),
      contains: "[2, 3] and [2, 2]")
    checkError(
      Case("types", "MatMul", [.ramp([2, 2]), .float64([2, 2], [1, 2, 3, 4])], gives: [.ramp([2, 2])]),
      contains: "float32 and float64")
  }
}
