import Apus
import TestSupport
import Testing

@testable import Passes

/// Products of bytes that are dequantised before, as static quantization writes them.
@Suite struct FuseDequantizedProductTests {
  private let x: [(String, Tensor)] = [("x", .mixed([2, 3, 4]))]
  private let quantise = node("q = QuantizeLinear(x, s, z)")
  private let left = node("a = DequantizeLinear(q, s, z)")
  private let right = node("b = DequantizeLinear(w, ws, wz)")
  private let product = node("y = MatMul(a, b)")
  private let fused = "q = QuantizeLinear(x, s, z)\ny = apus.MatMulIntegerToFloat(q, w, s, ws, z, wz)"

  private func constants(
    scale: Tensor = .float32([], [0.01]), zero: Tensor = .uint8([], [128]), weightScale: Tensor = .float32([], [0.25]),
    weightZero: Tensor = .int8([], [1])
  ) -> KeyValuePairs<String, Tensor> {
    [
      "w": .int8([4, 2], [1, -2, 3, -4, 5, -6, 7, 127]), "s": scale, "z": zero, "ws": weightScale, "wz": weightZero,
    ]
  }

  @Test func products() {
    check(
      FuseDequantizedProduct.pass,
      [
        PassCase("of one scale", constants: constants(), [quantise, left, right, product], becomes: fused, feeds: x),
        PassCase(
          "a scale a column",
          constants: constants(weightScale: .float32([2], [0.25, 3]), weightZero: .int8([2], [0, -7])),
          [quantise, left, right, product], becomes: fused, feeds: x),
        PassCase(
          "signed on both sides", constants: constants(zero: .int8([], [-3])), [quantise, left, right, product],
          becomes: fused, feeds: x),
        PassCase(
          "read elsewhere too", constants: constants(), [quantise, left, right, product, node("t = Abs(a)")],
          ["y", "t"],
          becomes: "q = QuantizeLinear(x, s, z)\na = DequantizeLinear(q, s, z)\n"
            + "y = apus.MatMulIntegerToFloat(q, w, s, ws, z, wz)\nt = Abs(a)", feeds: x),
      ])
  }

  @Test func whatIsNot() {
    let rows: [(String, Int64)] = [("a scale a row", 0)]
    check(
      FuseDequantizedProduct.pass,
      rows.map { name, axis in
        PassCase(
          name,
          constants: constants(weightScale: .float32([4], [1, 2, 3, 4]), weightZero: .int8([4], [0, 0, 0, 0])),
          [quantise, left, node("b = DequantizeLinear(w, ws, wz)", ["axis": .int(axis)]), product], becomes: nil,
          feeds: x)
      } + [
        PassCase(
          "no zero point, so of any type", constants: constants(),
          [quantise, node("a = DequantizeLinear(q, s)"), right, product], becomes: nil),
        PassCase(
          "weights as they are", constants: constants(),
          [quantise, left, node("b = Cast(w)", ["to": .int(1)]), product], becomes: nil, feeds: x),
        PassCase(
          "weights that are fed", ["x", "w: int8"],
          constants: ["s": .float32([], [0.1]), "z": .uint8([], [0]), "ws": .float32([], [1]), "wz": .int8([], [0])],
          [quantise, left, right, product], becomes: nil, feeds: x + [("w", .int8([4, 2], [1, 2, 3, 4, 5, 6, 7, 8]))]),
        PassCase(
          "16 bits", constants: constants(zero: .of(.uint16, [], [UInt16(9)])), [quantise, left, right, product],
          becomes: nil,
          feeds: x),
      ])
  }
}
