import Apus
import Tensors
import TestSupport
import Testing

@Suite struct RecurrentTests {
  private let x = Tensor.ramp([2, 1, 3])

  private func weights(_ gates: Int) -> [Tensor] {
    [
      .float32([1, 2 * gates, 3], (0..<(6 * gates)).map { Float($0 % 5 - 2) / 4 }),
      .float32([1, 2 * gates, 2], (0..<(4 * gates)).map { Float($0 % 3 - 1) / 2 }),
      .float32([1, 4 * gates], (0..<(4 * gates)).map { Float($0 % 4 - 1) / 8 }),
    ]
  }

  /// Weights that come in eights are packed once where they are constant. The numbers are onnxruntime's.
  @Test func bothDirectionsOfEight() {
    let parts = { (count: Int, m: Int) in (0..<count).map { Float($0 % m - m / 2) / 8 } }
    let table: [(String, Int, [(String, AttributeProto.Value)], String)] = [
      (
        "LSTM", 4, [],
        "0.03044181 -0.09139728 -0.6684147 0.0164248 0.1190264 -0.4687617 -0.4436777 0.02339276 "
          + "-0.08383595 0.1034527 -0.06922104 -0.3150368 0.1438734 0.1183136 -0.2756798 -0.219689"
      ),
      (
        "GRU", 3, [],
        "-0.3175288 0.8022846 -0.3882165 -0.2437599 0.4632158 0.666513 -0.5545525 -0.3762035 "
          + "-0.2103722 -0.2489926 0.04875012 0.4801034 -0.2450801 0.3469105 0.3650343 -0.271225"
      ),
      (
        "GRU", 3, [("linear_before_reset", .int(1))],
        "-0.14801 0.8176369 -0.4009601 -0.345935 0.3859287 0.6729909 -0.5310254 -0.3717023 "
          + "-0.242006 -0.3525364 0.1561046 0.4686474 -0.2496317 0.1994696 0.3396305 -0.2479811"
      ),
      (
        "RNN", 1, [],
        "-0.9692278 -0.5704442 0.7592332 0.7437421 -0.9066011 -0.4448642 0.9425864 -0.6629971 "
          + "-0.107267 -0.4130346 0.5028721 0.3713701 -0.5150585 0.186004 0.07877338 -0.3153104"
      ),
    ]
    for (op, gates, attributes, state) in table {
      check([
        Case(
          "\(op) \(attributes.count)", op,
          [
            .ramp([3, 1, 3], by: 0.25), .float32([2, gates * 8, 3], parts(gates * 48, 11)),
            .float32([2, gates * 8, 8], parts(gates * 128, 7)), .float32([2, gates * 16], parts(gates * 32, 5)),
          ], [("hidden_size", .int(8)), ("direction", .string("bidirectional"))] + attributes,
          gives: [nil, .text(.float32, [2, 1, 8], state)])
      ])
    }
  }

  @Test func cells() {
    let size: [(String, AttributeProto.Value)] = [("hidden_size", .int(2))]
    check([
      Case(
        "LSTM", "LSTM", [x] + weights(4), size,
        gives: [
          .float32([2, 1, 1, 2], [-0.06262308, 0.10565945, -0.04044055, 0.08956804]),
          .float32([1, 1, 2], [-0.04044055, 0.08956804]), .float32([1, 1, 2], [-0.0586274, 0.414816]),
        ]),
      Case(
        "backwards over a short sequence", "LSTM", [x] + weights(4) + [.int32([1], [1])],
        size + [("direction", .string("reverse"))],
        gives: [
          .float32([2, 1, 1, 2], [-0.06262308, 0.10565945, 0, 0]), .float32([1, 1, 2], [-0.06262308, 0.10565945]),
          .float32([1, 1, 2], [-0.09246676, 0.2875328]),
        ]),
      Case(
        "GRU", "GRU", [x] + weights(3), size,
        gives: [
          .float32([2, 1, 1, 2], [0.47688514, 0, 0.96695226, -0.31623968]),
          .float32([1, 1, 2], [0.96695226, -0.31623968]),
        ]),
      Case(
        "GRU that resets last", "GRU", [x] + weights(3), size + [("linear_before_reset", .int(1))],
        gives: [.float32([2, 1, 1, 2], [0.4691413, -0.0945477, 0.9663004, -0.3743259])]),
      Case(
        "RNN", "RNN", [x] + weights(1), size,
        gives: [nil, .float32([1, 1, 2], [-0.98293126, 0.4621172])]),
      Case(
        "a sequence of no steps ends in zeros", "RNN",
        [
          .float32([1, 2, 1], [1, 1]), .float32([1, 1, 1], [1]), .float32([1, 1, 1], [1]), nil, .int32([2], [0, 1]),
          .float32([1, 2, 1], [0.5, 0.5]),
        ],
        [("hidden_size", .int(1)), ("activations", .strings(["Relu"]))],
        gives: [.float32([1, 1, 2, 1], [0, 1.5]), .float32([1, 2, 1], [0, 1.5])]),
      Case(
        "RNN of relus, batch first", "RNN",
        [.float32([1, 2, 1], [1, -3]), .float32([1, 1, 1], [2]), .float32([1, 1, 1], [1])],
        [("hidden_size", .int(1)), ("layout", .int(1)), ("activations", .strings(["Relu"]))],
        gives: [.float32([1, 2, 1, 1], [2, 0]), .float32([1, 1, 1], [0])]),
    ])
  }
}
