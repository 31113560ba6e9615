import Apus
import TestSupport
import Testing

@testable import Passes

/// Products of bytes that are cast and scaled, as dynamic quantization writes them.
@Suite struct FuseScaledProductTests {
  private let x = [("x", Tensor.mixed([3, 4]))]
  private let bytes = Tensor.int8([4, 2], [1, -2, 3, -4, 5, -6, 7, 127])
  private let quantise = node("q, s, z = DynamicQuantizeLinear(x)")
  private let multiply = node("p = MatMulInteger(q, w, z, wz)")
  private let cast = node("f = Cast(p)", ["to": .int(1)])
  private let scales = node("t = Mul(s, ws)")

  private func constants(_ scale: Tensor = .float32([], [0.25])) -> KeyValuePairs<String, Tensor> {
    ["w": bytes, "wz": .int8([], [1]), "ws": scale, "b": .float32([2], [1, -1])]
  }

  private let quantised = "q, s, z = DynamicQuantizeLinear(x)\n"

  @Test func chain() {
    let chain = [quantise, multiply, cast, scales]
    let fused = quantised + "y = apus.MatMulIntegerToFloat(q, w, s, ws, z, wz)"
    check(
      FuseScaledProduct.pass,
      [
        PassCase("behind", constants: constants(), chain + [node("y = Mul(f, t)")], becomes: fused, feeds: x),
        PassCase("in front", constants: constants(), chain + [node("y = Mul(t, f)")], becomes: fused, feeds: x),
        PassCase(
          "scales turned", constants: constants(),
          [quantise, multiply, cast, node("t = Mul(ws, s)"), node("y = Mul(f, t)")], becomes: fused, feeds: x),
        PassCase(
          "a scale a column", constants: constants(.float32([2], [0.25, 3])), chain + [node("y = Mul(f, t)")],
          becomes: fused, feeds: x),
        PassCase(
          "no zero points", constants: constants(),
          [quantise, node("p = MatMulInteger(q, w)"), cast, scales, node("y = Mul(f, t)")],
          becomes: quantised + "y = apus.MatMulIntegerToFloat(q, w, s, ws)", feeds: x),
      ])
  }

  @Test func whatIsNot() {
    let chain = [quantise, multiply, cast, scales]
    check(
      FuseScaledProduct.pass,
      [
        PassCase(
          "sums read elsewhere", constants: constants(), chain + [node("y = Mul(f, t)")], ["y", "p"], becomes: nil,
          feeds: x),
        PassCase(
          "the cast read elsewhere", constants: constants(), chain + [node("y = Mul(f, t)")], ["y", "f"], becomes: nil,
          feeds: x),
        PassCase(
          "another type", constants: constants(),
          [quantise, multiply, node("f = Cast(p)", ["to": .int(11)]), node("d = Cast(s)", ["to": .int(11)])]
            + [node("y = Mul(f, d)")], becomes: nil, feeds: x),
        PassCase(
          "a scale a row", constants: constants(.float32([3, 1], [1, 2, 3])), chain + [node("y = Mul(f, t)")],
          becomes: nil, feeds: x),
        PassCase(
          "the scale of another", ["x", "v"], constants: constants(),
          [quantise, node("o, t, u = DynamicQuantizeLinear(v)"), multiply, cast, node("m = Mul(t, ws)")]
            + [node("y = Mul(f, m)")], becomes: nil, feeds: x + [("v", .mixed([5]))]),
        PassCase(
          "a fed scale", ["x", "ws"], constants: ["w": bytes, "wz": .int8([], [1])], chain + [node("y = Mul(f, t)")],
          becomes: nil, feeds: x + [("ws", .float32([], [0.25]))]),
        PassCase(
          "weights fed", ["x", "w: int8"], constants: ["wz": .int8([], [1]), "ws": .float32([], [0.25])],
          chain + [node("y = Mul(f, t)")], becomes: nil, feeds: x + [("w", bytes)]),
      ])
  }

  @Test func biasAndActivation() {
    let chain = [quantise, multiply, cast, scales, node("m = Mul(f, t)"), node("a = Add(b, m)")]
    checkAll([
      PassCase(
        "bias", constants: constants(), chain + [node("y = Softmax(a)")],
        becomes: quantised
          + "a = apus.MatMulIntegerToFloat(q, w, s, ws, z, wz, b)\ny = Softmax(a)", feeds: x),
      PassCase(
        "bias and Gelu", constants: constants(), opset: 20, chain + [node("y = Gelu(a)")],
        becomes: quantised
          + "y = apus.MatMulIntegerToFloat(q, w, s, ws, z, wz, b) {activation: \"Gelu\", activation_params: []}",
        feeds: x),
    ])
  }
}
