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

  /// The functions of int32, float32 and bool that have loops of their own, beside those of int64 or what is told here.
  @Test func ownLoops() {
    let functions: [(String, BinaryRows)] = [
      ("add", .add), ("subtract", .subtract), ("multiply", .multiply), ("minimum", .minimum), ("maximum", .maximum),
      ("equal", .equal), ("less", .less), ("less or equal", .lessOrEqual),
    ]
    let shapes: [([Int], [Int], [Int])] = [
      ([37], [37], [37]), ([37], [1], [37]), ([1], [300], [300]), ([3, 5], [3, 1], [3, 5]),
      ([2, 1, 7], [3, 1], [2, 3, 7]),
    ]
    for (left, right, dims) in shapes {
      let (count, other) = (left.productSaturating, right.productSaturating)
      let a = (0..<count).map { Int32(truncatingIfNeeded: $0 * 0x1234_5677) }
      let b = (0..<other).map { Int32(truncatingIfNeeded: ($0 + 3) * -0x0765_4321) }
      for (name, rows) in functions {
        let type = rows.givesBools ? ElementType.bool : .int32
        let (own, wide) = (
          try! Allocator().tensor(type, Shape(dims)), try! Allocator().tensor(.int64, Shape(dims))
        )
        broadcast(rows, .int32(left, a), .int32(right, b), into: own, as: .i64, on: .serial)
        let wideOut = rows.givesBools ? try! Allocator().tensor(.bool, Shape(dims)) : wide
        let (wideA, wideB) = (a.map { Int64($0) }, b.map { Int64($0) })
        broadcast(rows, .int64(left, wideA), .int64(right, wideB), into: wideOut, as: .i64, on: .serial)
        let narrow = try! Allocator().tensor(type, Shape(dims))
        cast(wideOut, into: narrow, on: .serial)
        #expect(own.doubles == narrow.doubles, "\(name) of \(left) and \(right)")
      }
      let (p, q) = (a.map { $0 & 3 != 0 }, b.map { $0 & 1 != 0 })
      let truths: [(String, BinaryRows, (Bool, Bool) -> Bool)] = [
        ("and", .and, { $0 && $1 }), ("or", .or, { $0 || $1 }), ("xor", .exclusiveOr, { $0 != $1 }),
      ]
      for (name, rows, function) in truths where left == right || count == 1 || other == 1 {
        let out = try! Allocator().tensor(.bool, Shape(dims))
        broadcast(rows, .bool(left, p), .bool(right, q), into: out, as: .i64, on: .serial)
        let expected = (0..<max(count, other)).map { function(p[count == 1 ? 0 : $0], q[other == 1 ? 0 : $0]) }
        #expect(out.doubles == expected.map { $0 ? 1 : 0 }, "\(name) of \(left) and \(right)")
      }
      let flipped = try! Allocator().tensor(.bool, Shape(left))
      map(.not, .bool(left, p), into: flipped, as: .i64, on: .serial)
      #expect(flipped.doubles == p.map { $0 ? 0 : 1 })
    }
    // An exponent that is one number, and the same one for each element.
    let x = Tensor.float32([7], [-2.5, -1, -0.0, 0, 1.5, .infinity, .nan])
    for exponent in [2, 3, 0.5, -1, 1, 0, 2.5] as [Float] {
      let (one, each) = (try! Allocator().tensor(.float32, [7]), try! Allocator().tensor(.float32, [7]))
      broadcast(.power, x, .float32([], [exponent]), into: one, as: .f32, on: .serial)
      broadcast(.power, x, .float32([7], [Float](repeating: exponent, count: 7)), into: each, as: .f32, on: .serial)
      #expect(one.doubles.map(\.bitPattern) == each.doubles.map(\.bitPattern), "to the power of \(exponent)")
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
