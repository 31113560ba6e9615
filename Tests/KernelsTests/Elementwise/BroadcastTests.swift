import Kernels
import Tensors
import TestSupport
import Testing

@Suite struct BroadcastTests {
  private static let types: [ElementType] = [
    .float32, .float64, .float16, .bfloat16, .int8, .uint8, .int16, .uint16, .int32, .uint32, .int64, .uint64,
  ]

  /// Small whole numbers, which every type holds.
  private func numbers(_ type: ElementType, _ dims: [Int], _ seed: Int) -> Tensor {
    let values = Tensor.float32(dims, (0..<dims.productSaturating).map { Float(($0 * 7 + seed) % 11) })
    let result = try! Allocator().tensor(type, Shape(dims))
    cast(values, into: result, on: .serial)
    return result
  }

  /// Pairs of shapes about a vector, a tile and the lengths between.
  private static let shapes: [([Int], [Int])] = [
    ([0], [0]), ([1], [1]), ([3], [3]), ([4], [4]), ([5], [5]), ([127], [127]), ([128], [128]), ([129], [1]),
    ([257], [257]), ([1], [300]), ([3, 5], [5]), ([3, 5], [3, 1]), ([3, 1], [1, 5]), ([2, 1, 7], [3, 1]),
    ([2, 3, 130], [3, 1]), ([2, 1, 3, 1], [5, 1, 4]), ([], [4]), ([], []), ([2, 0, 3], [3]),
  ]

  @Test(arguments: types) func everyShape(_ type: ElementType) {
    for (left, right) in Self.shapes {
      let (a, b) = (numbers(type, left, 3), numbers(type, right, 5))
      let rank = max(left.count, right.count)
      let x = [Int](repeating: 1, count: rank - left.count) + left
      let y = [Int](repeating: 1, count: rank - right.count) + right
      let dims = zip(x, y).map { $0 == 1 ? $1 : $0 }
      var expected: [Double] = []
      for i in 0..<dims.productSaturating {
        var (rest, p, q, stepP, stepQ) = (i, 0, 0, 1, 1)
        for axis in dims.indices.reversed() {
          let k = rest % dims[axis]
          rest /= dims[axis]
          if x[axis] != 1 { p += k * stepP }
          if y[axis] != 1 { q += k * stepQ }
          stepP *= x[axis]
          stepQ *= y[axis]
        }
        expected.append(a.doubles[p] + b.doubles[q])
      }
      for platform in [Platform.serial, threads] {
        let out = try! Allocator().tensor(type, Shape(dims))
        broadcast(.add, a, b, into: out, as: type.rowType!, on: platform)
        #expect(out.doubles == expected, "\(type) \(left) + \(right)")
      }
      if left == dims {
        broadcast(.add, a, b, into: a, as: type.rowType!, on: .serial)
        #expect(a.doubles == expected, "\(type) \(left) + \(right) in place")
      }
    }
  }

  @Test func largeTensorsOnThreads() {
    let (a, b) = (Tensor.ramp([70, 1000]), Tensor.ramp([70, 1], by: 2))
    let (one, two) = (Tensor.ramp([70, 1000]), Tensor.ramp([70, 1000]))
    broadcast(.multiply, a, b, into: one, as: .f32, on: .serial)
    broadcast(.multiply, a, b, into: two, as: .f32, on: threads)
    #expect(one.doubles == two.doubles)
    #expect(one.doubles[69_999] == 69_999 * 138)
  }

  @Test func theSameBitsInAnyPosition() {
    // A value's result must not depend on whether it falls in a vector or in the rest.
    let values = (0..<37).map { Float($0) * 0.37 - 5 }
    for rows in [UnaryRows.exp, .tanh, .sigmoid, .gelu, .erf, .softplus] {
      let whole = Tensor.float32([37], values)
      map(rows, whole, into: whole, as: .f32, on: .serial)
      for (i, value) in values.enumerated() {
        let single = Tensor.float32([1], [value])
        map(rows, single, into: single, as: .f32, on: .serial)
        #expect(single.doubles[0] == whole.doubles[i])
      }
    }
  }
}
