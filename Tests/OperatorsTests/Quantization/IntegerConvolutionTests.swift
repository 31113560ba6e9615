import Apus
import TestSupport
import Testing

@Suite struct IntegerConvolutionTests {
  /// A convolution by its definition, over [batch, channels, height, width].
  private struct Convolution {
    var x: [Int]
    var w: [Int]
    var group = 1
    var strides = [1, 1]
    var dilations = [1, 1]
    var pads = [0, 0, 0, 0]

    var output: [Int] {
      [x[0], w[0]]
        + (0..<2).map { (x[$0 + 2] + pads[$0] + pads[$0 + 2] - (w[$0 + 2] - 1) * dilations[$0] - 1) / strides[$0] + 1 }
    }

    func sums(_ xs: [Int], _ ws: [Int]) -> [Int] {
      let output = output
      return (0..<output.reduce(1, *)).map { i in
        let (ox, oy) = (i % output[3], i / output[3] % output[2])
        let (filter, batch) = (i / output[3] / output[2] % output[1], i / output[3] / output[2] / output[1])
        var sum = 0
        for tap in 0..<w[1] * w[2] * w[3] {
          let (kx, ky, channel) = (tap % w[3], tap / w[3] % w[2], tap / w[3] / w[2])
          let (column, row) = (
            ox * strides[1] + kx * dilations[1] - pads[1], oy * strides[0] + ky * dilations[0] - pads[0]
          )
          guard row >= 0, row < x[2], column >= 0, column < x[3] else { continue }
          let plane = batch * x[1] + filter / (w[0] / group) * w[1] + channel
          sum += xs[(plane * x[2] + row) * x[3] + column] * ws[filter * w[1] * w[2] * w[3] + tap]
        }
        return sum
      }
    }

    var attributes: [(String, AttributeProto.Value)] {
      [
        ("group", .int(Int64(group))), ("strides", .ints(strides.map { Int64($0) })),
        ("dilations", .ints(dilations.map { Int64($0) })), ("pads", .ints(pads.map { Int64($0) })),
      ]
    }
  }

  private let convolutions = [
    Convolution(x: [1, 20, 18, 19], w: [40, 20, 1, 1]),
    Convolution(x: [2, 3, 9, 10], w: [5, 3, 3, 3], strides: [2, 1], pads: [1, 0, 0, 2]),
    Convolution(x: [1, 6, 12, 9], w: [4, 3, 3, 2], group: 2, dilations: [2, 3], pads: [2, 3, 2, 3]),
    Convolution(x: [2, 7, 21, 20], w: [7, 1, 3, 3], group: 7, strides: [2, 2], pads: [1, 1, 1, 1]),
    Convolution(x: [1, 40, 20, 20], w: [80, 1, 5, 5], group: 40, pads: [2, 2, 2, 2]),
  ]

  private static func bytes(_ count: Int, _ seed: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: ($0 &* 37 &+ seed) &* 11 &+ $0 / 7) }
  }

  private static func number(_ byte: UInt8, _ isSigned: Bool) -> Int {
    isSigned ? Int(Int8(bitPattern: byte)) : Int(byte)
  }

  /// Both types on both sides and of the output, one scale and zero point and one for each filter.
  @Test func everyMix() {
    for (index, c) in convolutions.enumerated() {
      let (xBytes, wBytes) = (Self.bytes(c.x.reduce(1, *), 3), Self.bytes(c.w.reduce(1, *), 5))
      let zeros = Self.bytes(c.w[0], 9)
      for (xSigned, wSigned) in [(false, false), (false, true), (true, false), (true, true)] {
        for perFilter in [false, true] {
          let depth = c.w[1] * c.w[2] * c.w[3]
          let sums = c.sums(
            xBytes.map { Self.number($0, xSigned) - Self.number(130, xSigned) },
            wBytes.enumerated().map { i, byte in
              Self.number(byte, wSigned) - Self.number(zeros[perFilter ? i / depth : 0], wSigned)
            })
          let (xType, wType): (ElementType, ElementType) = (xSigned ? .int8 : .uint8, wSigned ? .int8 : .uint8)
          let name = "\(index) \(xType) \(wType) \(perFilter)"
          let (x, w) = (Tensor.of(xType, c.x, xBytes), Tensor.of(wType, c.w, wBytes))
          let xZero = Tensor.of(xType, [], [UInt8(130)])
          let wZero = Tensor.of(wType, perFilter ? [c.w[0]] : [], perFilter ? zeros : [zeros[0]])
          // Powers of two, so that halves occur and every way to multiply the scales is exact.
          let scales = (0..<(perFilter ? c.w[0] : 1)).map { Float(1) / Float(1 << (9 + $0 % 3)) }
          let biases = (0..<c.w[0]).map { Int32($0 * 211 - 900) }
          let ySigned = xSigned != perFilter
          let positions = c.output[2] * c.output[3]
          let results = sums.enumerated().map { i, sum -> UInt8 in
            let filter = i / positions % c.w[0]
            let scaled = Float(sum + Int(biases[filter])) * scales[perFilter ? filter : 0] / 4
            let y = scaled.rounded(.toNearestOrEven) + (ySigned ? -5 : 120)
            return UInt8(truncatingIfNeeded: Int(ySigned ? min(max(y, -128), 127) : min(max(y, 0), 255)))
          }
          check([
            Case(
              "integer \(name)", "ConvInteger", [x, w, xZero, wZero], c.attributes,
              gives: [.int32(c.output, sums.map { Int32($0) })]),
            Case(
              "quantised \(name)", "QLinearConv",
              [
                x, .float32([], [0.5]), xZero, w, .float32(perFilter ? [c.w[0]] : [], scales), wZero,
                .float32([], [2]), .of(ySigned ? .int8 : .uint8, [], [UInt8(truncatingIfNeeded: ySigned ? -5 : 120)]),
                .int32([c.w[0]], biases),
              ], c.attributes, gives: [.of(ySigned ? .int8 : .uint8, c.output, results)]),
          ])
        }
      }
    }
  }

  @Test func otherRanks() {
    check([
      Case(
        "a line", "ConvInteger", [.uint8([1, 1, 4], [1, 2, 3, 4]), .int8([1, 1, 2], [1, -1])],
        gives: [.int32([1, 1, 3], [-1, -1, -1])]),
      Case(
        "a volume", "ConvInteger",
        [.uint8([1, 1, 2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]), .uint8([1, 1, 2, 1, 2], [1, 0, 0, 1])],
        gives: [.int32([1, 1, 1, 2, 1], [7, 11])]),
      Case(
        "no batch", "ConvInteger", [.uint8([0, 1, 4], []), .int8([2, 1, 2], [1, -1, 2, 3])],
        gives: [.int32([0, 2, 3], [])]),
      Case(
        "no channels", "ConvInteger", [.uint8([1, 0, 4], []), .int8([2, 0, 2], [])],
        gives: [.int32([1, 2, 3], [0, 0, 0, 0, 0, 0])]),
    ])
  }

  @Test func whatDoesNotFit() {
    checkError(
      Case(
        "channels", "ConvInteger",
        [.uint8([1, 3, 4], [UInt8](repeating: 0, count: 12)), .int8([1, 2, 2], [1, 1, 1, 1])],
        gives: [.int32([], [0])]), contains: "do not fit 1 groups")
    checkError(
      Case(
        "zero points", "ConvInteger",
        [
          .uint8([1, 1, 4], [0, 0, 0, 0]), .int8([2, 1, 2], [1, 1, 1, 1]), .uint8([], [0]), .int8([3], [0, 0, 0]),
        ],
        gives: [.int32([], [0])]), contains: "must be 1 or 2", "[3]")
  }
}
