import Tensors
import TestSupport
import Testing

@Suite struct IntegerProductTests {
  private static func bytes(_ count: Int, _ seed: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: ($0 &* 37 &+ seed) &* 11) }
  }

  /// Both types on both sides, with zero points for all and for each column, at sizes around the tile.
  @Test func matMulInteger() {
    for (m, k, n) in [(1, 1, 1), (3, 5, 7), (4, 16, 8), (5, 33, 17)] {
      for (aSigned, bSigned) in [(false, false), (false, true), (true, false), (true, true)] {
        let (a, b) = (Self.bytes(m * k, 3), Self.bytes(k * n, 5))
        let zeros = Self.bytes(n, 9)
        let value = { (byte: UInt8, signed: Bool) -> Int32 in signed ? Int32(Int8(bitPattern: byte)) : Int32(byte) }
        for perColumn in [false, true] {
          let sums = (0..<(m * n)).map { i -> Int32 in
            let zero = value(zeros[perColumn ? i % n : 0], bSigned)
            return (0..<k).reduce(0) {
              $0 + (value(a[i / n * k + $1], aSigned) - value(100, aSigned))
                * (value(b[$1 * n + i % n], bSigned) - zero)
            }
          }
          check([
            Case(
              "\(m)x\(k)x\(n) \(aSigned) \(bSigned) \(perColumn)", "MatMulInteger",
              [
                .of(aSigned ? .int8 : .uint8, [m, k], a), .of(bSigned ? .int8 : .uint8, [k, n], b),
                .of(aSigned ? .int8 : .uint8, [], [UInt8(100)]),
                .of(bSigned ? .int8 : .uint8, perColumn ? [n] : [], perColumn ? zeros : [zeros[0]]),
              ], gives: [.int32([m, n], sums)])
          ])
        }
      }
    }
  }

  @Test func batches() {
    check([
      Case(
        "shared right", "MatMulInteger", [.uint8([2, 1, 2], [1, 2, 3, 4]), .int8([2, 1], [1, -1])],
        gives: [.int32([2, 1, 1], [-1, -1])]),
      Case(
        "own right", "MatMulInteger", [.uint8([2, 1, 2], [1, 2, 3, 4]), .int8([2, 2, 1], [1, -1, 2, 3])],
        gives: [.int32([2, 1, 1], [-1, 18])]),
      Case(
        "K = 0", "MatMulInteger", [.uint8([2, 0], []), .uint8([0, 1], [])], gives: [.int32([2, 1], [0, 0])]),
    ])
    checkError(
      Case("types", "MatMulInteger", [.uint8([1, 1], [1]), .int32([1, 1], [1])], gives: [.int32([1, 1], [1])]),
      contains: "int32")
  }

  @Test func quantizedProducts() {
    check([
      Case(
        "QLinearMatMul", "QLinearMatMul",
        [
          .uint8([1, 2], [130, 120]), .float32([], [0.5]), .uint8([], [128]), .int8([2, 2], [1, 2, 3, 4]),
          .float32([2], [1, 2]), .int8([2], [0, 1]), .float32([], [4]), .uint8([], [100]),
        ], gives: [.uint8([1, 2], [97, 94])]),
      Case(
        "DynamicQuantizeMatMul", "DynamicQuantizeMatMul", domain: "com.microsoft", opset: 1,
        [
          .float32([2, 2], [-1, 0, 2, 0.5]), .int8([2, 2], [1, -2, 3, 4]), .float32([1], [0.5]), .int8([1], [1]),
          .float32([2], [1, 2]),
        ], gives: [.float32([2, 2], [1, 3.5, 1.4941176, -0.25882363])]),
      Case(
        "MatMulIntegerToFloat", "MatMulIntegerToFloat", domain: "com.microsoft", opset: 1,
        [
          .uint8([1, 2], [3, 5]), .int8([2, 2], [1, -2, 3, 4]), .float32([], [0.5]), .float32([2], [2, 1]),
          .uint8([], [1]), nil, .float32([2], [10, 20]),
        ], gives: [.float32([1, 2], [24, 26])]),
    ])
  }

  @Test func convolutions() {
    check([
      Case(
        "padding is the zero point", "ConvInteger",
        [.uint8([1, 1, 2, 2], [2, 3, 4, 5]), .uint8([1, 1, 2, 2], [1, 1, 1, 1]), .uint8([], [1])],
        [("pads", .ints([1, 1, 0, 0]))], gives: [.int32([1, 1, 2, 2], [1, 3, 4, 10])]),
      Case(
        "depthwise, a zero point a filter", "ConvInteger",
        [.uint8([1, 2, 1, 2], [1, 2, 3, 4]), .int8([2, 1, 1, 1], [3, -2]), nil, .int8([2], [1, -1])],
        [("group", .int(2))], gives: [.int32([1, 2, 1, 2], [2, 4, -3, -4])]),
      Case(
        "QLinearConv", "QLinearConv",
        [
          .uint8([1, 1, 1, 3], [10, 12, 14]), .float32([], [0.5]), .uint8([], [10]),
          .int8([2, 1, 1, 2], [1, 2, 3, -1]),
          .float32([2], [1, 2]), .int8([2], [0, 0]), .float32([], [0.5]), .int8([], [-3]), .int32([2], [2, -1]),
        ], gives: [.int8([1, 2, 1, 2], [3, 9, -9, -1])]),
    ])
  }
}
