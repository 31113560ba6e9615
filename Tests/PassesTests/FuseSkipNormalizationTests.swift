import Apus
import TestSupport
import Testing

@testable import Passes

/// Residual connections in front of normalizations.
@Suite struct FuseSkipNormalizationTests {
  private let feeds: [(String, Tensor)] = [("a", .mixed([2, 5, 8])), ("b", .mixed([2, 5, 8], seed: 2))]
  private let constants: KeyValuePairs<String, Tensor> = [
    "g": .positive([8]), "h": .mixed([8], seed: 3), "wide": .positive([5, 8]),
  ]
  private let last: KeyValuePairs<String, AttributeProto.Value> = ["axis": .int(-1), "epsilon": .float(1e-3)]

  private func written(
    _ name: String, _ nodes: [NodeProto], _ outputs: [String] = ["y"], feeds: [(String, Tensor)]? = nil,
    becomes: String?
  ) -> PassCase {
    PassCase(
      name, ["a", "b"], constants: constants, opset: 23, nodes, outputs, becomes: becomes, feeds: feeds ?? self.feeds)
  }

  @Test func fused() {
    let sum = node("s = Add(a, b)")
    let layer = node("y = LayerNormalization(s, g, h)", last)
    let becomes = "y = apus.SkipLayerNormalization(a, b, g, h) {epsilon: 0.001}"
    check(
      FuseSkipNormalization.pass,
      [
        written("layer normalization", [sum, layer], becomes: becomes),
        written(
          "of the root mean square", [sum, node("y = RMSNormalization(s, g)", last)],
          becomes: "y = apus.SkipSimplifiedLayerNormalization(a, b, g) {epsilon: 0.001}"),
        written(
          "whose sum is read before it and after it",
          [sum, node("t = Neg(s)"), layer, node("z = Add(y, t)"), node("w = Add(z, s)")], ["w"],
          becomes: """
            y, -, -, s = apus.SkipLayerNormalization(a, b, g, h) {epsilon: 0.001}
            t = Neg(s)
            z = Add(y, t)
            w = Add(z, s)
            """),
        written(
          "whose sum is an output", [sum, layer], ["y", "s"],
          becomes: "y, -, -, s = apus.SkipLayerNormalization(a, b, g, h) {epsilon: 0.001}"),
        written(
          "a skip without the batch", [sum, layer], ["y", "s"], feeds: [feeds[0], ("b", .mixed([1, 5, 8]))],
          becomes: "y, -, -, s = apus.SkipLayerNormalization(a, b, g, h) {epsilon: 0.001}"),
        written("a skip of one row", [sum, layer], feeds: [feeds[0], ("b", .mixed([8]))], becomes: becomes),
        written("the smaller one first", [sum, layer], feeds: [("a", .mixed([5, 8])), feeds[1]], becomes: becomes),
        written(
          "a number for each row", [sum, layer], feeds: [feeds[0], ("b", .mixed([2, 5, 1]))], becomes: becomes),
        written(
          "both broadcast", [sum, layer], ["y", "s"], feeds: [("a", .mixed([2, 1, 8])), ("b", .mixed([5, 1]))],
          becomes: "y, -, -, s = apus.SkipLayerNormalization(a, b, g, h) {epsilon: 0.001}"),
        written(
          "without a bias", [sum, node("y = LayerNormalization(s, g)", last)],
          becomes: "y = apus.SkipLayerNormalization(a, b, g) {epsilon: 0.001}"),
        written(
          "no rows", [sum, layer], feeds: [("a", .mixed([0, 5, 8])), ("b", .mixed([0, 5, 8]))], becomes: becomes),
      ])
  }

  @Test func whatIsNot() {
    let sum = node("s = Add(a, b)")
    check(
      FuseSkipNormalization.pass,
      [
        written(
          "over another axis", [sum, node("y = LayerNormalization(s, wide, wide)", ["axis": .int(1)])], becomes: nil),
        written(
          "whose statistics are read", [sum, node("y, m = LayerNormalization(s, g, h)", last)], ["y", "m"],
          becomes: nil),
        written(
          "a constant addend", [node("s = Add(a, h)"), node("y = LayerNormalization(s, g, h)", last)], becomes: nil),
        written(
          "factors that are no constants", [sum, node("t = Neg(h)"), node("y = LayerNormalization(s, g, t)", last)],
          becomes: nil),
        written(
          "two normalizations of one sum",
          [
            sum, node("y = LayerNormalization(s, g, h)", last),
            node("z = LayerNormalization(s, h, h)", last),
          ], ["y", "z"],
          becomes: """
            y, -, -, s = apus.SkipLayerNormalization(a, b, g, h) {epsilon: 0.001}
            z = LayerNormalization(s, h, h) {axis: -1, epsilon: 0.001}
            """),
      ])
  }
}
