import Apus
import TestSupport
import Testing

@testable import Passes

@Suite struct FuseBatchNormalizationTests {
  private let constants: KeyValuePairs<String, Tensor> = [
    "w": .mixed([4, 3, 3, 3]), "b": .mixed([4]), "gamma": .positive([4]), "beta": .mixed([4], seed: 2),
    "mean": .mixed([4], seed: 3), "variance": .positive([4], seed: 4), "w2": .mixed([4, 4, 1, 1]),
  ]
  private let x = [("x", Tensor.mixed([2, 3, 5, 6]))]
  private let normalize = node("y = BatchNormalization(c, gamma, beta, mean, variance)", ["epsilon": .float(0.01)])

  @Test func fuses() {
    check(
      FuseBatchNormalization.pass,
      [
        PassCase(
          "no bias", constants: constants, [node("c = Conv(x, w)", ["strides": .ints([2, 2])]), normalize],
          becomes: "y = apus.Conv(x, w, y/bias, y/scale) {strides: [2, 2]}", feeds: x),
        PassCase(
          "bias", constants: constants, [node("c = Conv(x, w, b)"), normalize],
          becomes: "y = apus.Conv(x, w, y/bias, y/scale)", feeds: x),
        PassCase(
          "depthwise",
          constants: [
            "w": .mixed([3, 1, 3, 3]), "gamma": .positive([3]), "beta": .mixed([3]), "mean": .mixed([3]),
            "variance": .positive([3]),
          ], [node("c = Conv(x, w)", ["group": .int(3)]), normalize],
          becomes: "y = apus.Conv(x, w, y/bias, y/scale) {group: 3}", feeds: x),
        PassCase(
          "groups",
          constants: [
            "w": .mixed([6, 2, 3, 3]), "gamma": .positive([6]), "beta": .mixed([6]), "mean": .mixed([6]),
            "variance": .positive([6]),
          ], [node("c = Conv(x, w)", ["group": .int(2)]), normalize],
          becomes: "y = apus.Conv(x, w, y/bias, y/scale) {group: 2}", feeds: [("x", .mixed([1, 4, 5, 5]))]),
      ])
  }

  @Test func mustNotFuse() {
    let c = node("c = Conv(x, w)")
    check(
      FuseBatchNormalization.pass,
      [
        PassCase(
          "read elsewhere", constants: constants, [c, normalize, node("z = Neg(c)")], ["y", "z"], becomes: nil, feeds: x
        ),
        PassCase("an output", constants: constants, [c, normalize], ["y", "c"], becomes: nil, feeds: x),
        PassCase(
          "weights fed", ["x", "w"],
          constants: ["gamma": .positive([4]), "beta": .mixed([4]), "mean": .mixed([4]), "variance": .positive([4])],
          [c, normalize], becomes: nil, feeds: x + [("w", .mixed([4, 3, 3, 3]))]),
        PassCase(
          "scale fed", ["x", "gamma"],
          constants: [
            "w": .mixed([4, 3, 3, 3]), "beta": .mixed([4]), "mean": .mixed([4]), "variance": .positive([4]),
          ],
          [c, normalize], becomes: nil, feeds: x + [("gamma", .positive([4]))]),
        PassCase(
          "bias fed", ["x", "d"], constants: constants, [node("c = Conv(x, w, d)"), normalize], becomes: nil,
          feeds: x + [("d", .mixed([4]))]),
        PassCase(
          "training", constants: constants,
          [c, node("y = BatchNormalization(c, gamma, beta, mean, variance)", ["training_mode": .int(1)])], becomes: nil,
          feeds: x),
        PassCase(
          "statistics wanted", constants: constants,
          [c, node("y, m, v = BatchNormalization(c, gamma, beta, mean, variance)")], ["y", "m"], becomes: nil),
        PassCase("training by default", constants: constants, opset: 6, [c, normalize], becomes: nil),
        PassCase(
          "activation between", constants: constants,
          [
            node("a = Conv(x, w)"), node("c = Relu(a)"),
            normalize,
          ], becomes: nil, feeds: x),
      ])
  }

  /// The blocks of residual networks, through all passes.
  @Test func chains() {
    let w1 = "Conv(x, w)"
    let cases = [
      PassCase(
        "conv, norm, relu", constants: constants,
        [node("c = \(w1)"), node("n = BatchNormalization(c, gamma, beta, mean, variance)"), node("y = Relu(n)")],
        becomes: "y = apus.Conv(x, w, n/bias, n/scale) {activation: \"Relu\", activation_params: []}", feeds: x),
      PassCase(
        "conv, norm, add, relu", ["x", "r"], constants: constants,
        [
          node("c = \(w1)"), node("n = BatchNormalization(c, gamma, beta, mean, variance)"), node("s = Add(n, r)"),
          node("y = Relu(s)"),
        ],
        becomes: "y = apus.Conv(x, w, n/bias, n/scale, r) {activation: \"Relu\", activation_params: []}",
        feeds: x + [("r", .mixed([2, 4, 3, 4], seed: 9))]),
      PassCase(
        "both sides of the sum", constants: constants,
        [
          node("a = \(w1)"), node("n = BatchNormalization(a, gamma, beta, mean, variance)"),
          node("d = Conv(x, w, b)"), node("m = BatchNormalization(d, gamma, beta, mean, variance)"),
          node("s = Add(n, m)"), node("y = Relu(s)"),
        ],
        becomes: """
          n = apus.Conv(x, w, n/bias, n/scale)
          y = apus.Conv(x, w, m/bias, m/scale, n) {activation: "Relu", activation_params: []}
          """, feeds: x),
      PassCase(
        "a sum of a wider shape", ["x", "r"], constants: constants,
        [
          node("c = \(w1)"), node("n = BatchNormalization(c, gamma, beta, mean, variance)"), node("s = Add(r, n)"),
          node("y = Relu(s)"),
        ],
        becomes: "y = apus.Conv(x, w, n/bias, n/scale, r) {activation: \"Relu\", activation_params: []}",
        feeds: x + [("r", .mixed([2, 2, 4, 1, 4], seed: 9))]),
      PassCase(
        "a sum of a narrower shape", ["x", "r"], constants: constants,
        [node("c = \(w1)"), node("s = Add(r, c)"), node("y = LeakyRelu(s)", ["alpha": .float(0.25)])],
        becomes: "y = apus.Conv(x, w, -, -, r) {activation: \"LeakyRelu\", activation_params: [0.25]}",
        feeds: x + [("r", .mixed([4, 1, 1], seed: 9))]),
      PassCase(
        "norm behind the sum", ["x", "r"], constants: constants,
        [node("c = \(w1)"), node("s = Add(c, r)"), node("y = BatchNormalization(s, gamma, beta, mean, variance)")],
        becomes: "s = apus.Conv(x, w, -, -, r)\ny = BatchNormalization(s, gamma, beta, mean, variance)",
        feeds: x + [("r", .mixed([2, 4, 3, 4], seed: 9))]),
      PassCase(
        "norm behind the activation", constants: constants,
        [node("c = \(w1)"), node("a = Relu(c)"), node("y = BatchNormalization(a, gamma, beta, mean, variance)")],
        becomes:
          "a = apus.Conv(x, w) {activation: \"Relu\", activation_params: []}\ny = BatchNormalization(a, gamma, beta, mean, variance)",
        feeds: x),
      PassCase(
        "two norms", constants: constants,
        [
          node("c = \(w1)"), node("n = BatchNormalization(c, gamma, beta, mean, variance)"),
          node("y = BatchNormalization(n, gamma, beta, mean, variance)"),
        ],
        becomes: "n = apus.Conv(x, w, n/bias, n/scale)\ny = BatchNormalization(n, gamma, beta, mean, variance)",
        feeds: x),
      PassCase(
        "two convolutions", constants: constants,
        [
          node("c = \(w1)"), node("n = BatchNormalization(c, gamma, beta, mean, variance)"), node("r = Relu(n)"),
          node("d = Conv(r, w2)"), node("m = BatchNormalization(d, gamma, beta, mean, variance)"),
          node("s = Add(m, r)"),
          node("y = HardSwish(s)"),
        ],
        becomes: """
          r = apus.Conv(x, w, n/bias, n/scale) {activation: "Relu", activation_params: []}
          y = apus.Conv(r, w2, m/bias, m/scale, r) {activation: "HardSwish", activation_params: []}
          """, feeds: x),
    ]
    checkAll(cases)
  }
}
