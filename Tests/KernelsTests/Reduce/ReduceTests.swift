import Tensors
import TestSupport
import Testing

@testable import Kernels

@Suite struct RowReduceTests {
  /// Sums of short rows and of columns have the bits that one row, and one column, has.
  @Test func sumsKeepTheirOrder() {
    for count in 1..<19 {
      for rows in [1, 4, 7, 9] {
        let values = randomFloats(rows * count, seed: 4, scale: 3)
        let x = Tensor.float32([rows, count], values)
        for (reduction, size) in [(Reduction.sum, 1), (.mean, Float(count))] {
          let out = Tensor.float32([rows, 1], [Float](repeating: -1, count: rows))
          reduce(reduction, x, axes: [1], into: out, on: .serial)
          let expected = (0..<rows).map { row in
            values.withUnsafeBufferPointer { rowSum($0.baseAddress! + row * count, count) } / size
          }
          #expect(Array(out.elements(Float.self)) == expected, "\(rows) rows of \(count)")
        }
      }
    }
    for (depth, inner) in [(1, 16), (7, 37), (64, 128), (5, 300), (30, 15), (6, 1030)] {
      let values = randomFloats(3 * depth * inner, seed: 6, scale: 3)
      let x = Tensor.float32([3, depth, inner], values)
      var sums = [Float](repeating: 0, count: 3 * inner)
      for (i, value) in values.enumerated() { sums[i / (depth * inner) * inner + i % inner] += value }
      for (reduction, size) in [(Reduction.sum, 1), (.mean, Float(depth))] {
        for platform in [Platform.serial, threads] {
          let out = Tensor.float32([3, 1, inner], [Float](repeating: -1, count: 3 * inner))
          reduce(reduction, x, axes: [1], into: out, on: platform)
          #expect(Array(out.elements(Float.self)) == sums.map { $0 / size }, "\(depth) rows of \(inner)")
        }
      }
    }
  }

  @Test func sumsOfManyNumbersStayExact() {
    // A naive f32 sum of these is off by 1e-3.
    let count = 1_000_000
    let x = Tensor.float32([count], [Float](repeating: 0.1, count: count))
    let out = Tensor.float32([1], [0])
    reduce(.sum, x, axes: [0], into: out, on: .serial)
    #expect(abs(out.doubles[0] - 0.1 * Double(count)) < 0.1)
    let columns = Tensor.float32([count / 2, 2], [Float](repeating: 0.1, count: count))
    let pair = Tensor.float32([1, 2], [0, 0])
    reduce(.mean, columns, axes: [0], into: pair, on: .serial)
    #expect(abs(pair.doubles[1] - 0.1) < 1e-8)
  }
}
