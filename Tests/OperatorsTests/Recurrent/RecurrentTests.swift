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
