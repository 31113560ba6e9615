import Apus
import TestSupport
import Testing

@testable import Passes

/// Biases, addends and activations that go into convolutions and products.
@Suite struct FuseProductTests {
  private let x = [("x", Tensor.mixed([2, 3, 4]))]

  @Test func bias() {
    let product = node("p = MatMul(x, w)")
    let w: KeyValuePairs<String, Tensor> = ["w": .mixed([4, 5]), "b": .mixed([5])]
    check(
      FuseBias.pass,
      [
        PassCase(
          "behind", constants: w, [product, node("y = Add(p, b)")], becomes: "y = apus.MatMul(x, w, b)", feeds: x),
        PassCase(
          "in front", constants: w, [product, node("y = Add(b, p)")], becomes: "y = apus.MatMul(x, w, b)", feeds: x),
        PassCase(
          "a vector", constants: w, [product, node("y = Add(b, p)")], becomes: "y = apus.MatMul(x, w, b)",
          feeds: [("x", .mixed([4]))]),
        PassCase(
          "read elsewhere", constants: w, [product, node("y = Add(p, b)"), node("z = Neg(p)")], ["y", "z"],
          becomes: nil, feeds: x),
        PassCase("an output", constants: w, [product, node("y = Add(p, b)")], ["y", "p"], becomes: nil, feeds: x),
        PassCase("itself", constants: w, [product, node("y = Add(p, p)")], becomes: nil, feeds: x),
        PassCase(
          "fed", ["x", "b"], constants: ["w": .mixed([4, 5])], [product, node("y = Add(p, b)")], becomes: nil,
          feeds: x + [("b", .mixed([5]))]),
        PassCase(
          "weights fed", ["x", "w"], constants: ["b": .mixed([5])], [product, node("y = Add(p, b)")], becomes: nil,
          feeds: x + [("w", .mixed([4, 5]))]),
        PassCase(
          "two dims", constants: ["w": .mixed([4, 5]), "b": .mixed([3, 5])], [product, node("y = Add(p, b)")],
          becomes: nil, feeds: x),
        PassCase(
          "one number", constants: ["w": .mixed([4, 5]), "b": .mixed([1])], [product, node("y = Add(p, b)")],
          becomes: nil, feeds: x),
        PassCase(
          "a scalar", constants: ["w": .mixed([4, 5]), "b": .mixed([])], [product, node("y = Add(p, b)")], becomes: nil,
          feeds: x),
        PassCase(
          "one column", constants: ["w": .mixed([4, 1]), "b": .mixed([5])], [product, node("y = Add(p, b)")],
          becomes: nil, feeds: x),
        PassCase(
          "weights in batches", constants: ["w": .mixed([2, 4, 5]), "b": .mixed([5])],
          [product, node("y = Add(p, b)")], becomes: nil, feeds: x),
        PassCase(
          "Gemm", constants: ["w": .mixed([4, 5]), "b": .mixed([5])], [node("p = Gemm(x, w)"), node("y = Add(p, b)")],
          becomes: nil, feeds: [("x", .mixed([3, 4]))]),
        PassCase(
          "float64", ["x: float64"], constants: ["w": .float64([1, 1], [2]), "b": .float64([1], [3])],
          [product, node("y = Add(p, b)")],
          becomes: nil, feeds: [("x", .float64([1, 1], [5]))]),
        PassCase(
          "along another axis", constants: ["w": .mixed([4, 4]), "b": .mixed([4])], opset: 6,
          [product, node("y = Add(p, b)", ["axis": .int(0), "broadcast": .int(1)])], becomes: nil,
          feeds: [("x", .mixed([4, 4]))]),
      ])
  }

  @Test func addend() {
    let c = node("c = Conv(x, w)")
    let w: KeyValuePairs<String, Tensor> = ["w": .mixed([2, 3, 1, 1]), "b": .mixed([2, 1, 1])]
    let feeds = [("x", Tensor.mixed([1, 3, 2, 2])), ("r", Tensor.mixed([1, 2, 2, 2], seed: 5))]
    check(
      FuseAddend.pass,
      [
        PassCase(
          "behind", ["x", "r"], constants: w, [c, node("y = Add(c, r)")], becomes: "y = apus.Conv(x, w, -, -, r)",
          feeds: feeds),
        PassCase(
          "in front", ["x", "r"], constants: w, [c, node("y = Add(r, c)")], becomes: "y = apus.Conv(x, w, -, -, r)",
          feeds: feeds),
        PassCase(
          "the input", constants: ["w": .mixed([3, 3, 1, 1])], [c, node("y = Add(x, c)")],
          becomes: "y = apus.Conv(x, w, -, -, x)", feeds: [feeds[0]]),
        PassCase("itself", constants: w, [c, node("y = Add(c, c)")], becomes: nil, feeds: [feeds[0]]),
        PassCase("constant", constants: w, [c, node("y = Add(c, b)")], becomes: nil, feeds: [feeds[0]]),
        PassCase(
          "read elsewhere", ["x", "r"], constants: w, [c, node("y = Add(c, r)"), node("z = Neg(c)")], ["y", "z"],
          becomes: nil, feeds: feeds),
        PassCase(
          "an output", ["x", "r"], constants: w, [c, node("y = Add(c, r)")], ["y", "c"], becomes: nil, feeds: feeds),
        PassCase(
          "weights fed", ["x", "r", "w"], [c, node("y = Add(c, r)")], becomes: nil,
          feeds: feeds + [("w", .mixed([2, 3, 1, 1]))]),
        PassCase(
          "of a product", ["x", "r"], constants: ["w": .mixed([4, 5])],
          [node("c = MatMul(x, w)"), node("y = Add(c, r)")], becomes: nil),
        PassCase(
          "along another axis", ["x", "r"], constants: w, opset: 6,
          [c, node("y = Add(c, r)", ["axis": .int(1), "broadcast": .int(1)])],
          becomes: nil, feeds: [feeds[0], ("r", .mixed([2]))]),
        PassCase(
          "a chain", constants: w,
          [c, node("d = Conv(x, w)"), node("e = Conv(x, w)"), node("s = Add(c, d)"), node("y = Add(s, e)")],
          becomes: "c = Conv(x, w)\ns = apus.Conv(x, w, -, -, c)\ny = apus.Conv(x, w, -, -, s)", feeds: [feeds[0]]),
      ])
    // Activation first, then the sum: the sum stays.
    checkAll([
      PassCase(
        "sum behind the activation", ["x", "r"], constants: w, [c, node("a = Relu(c)"), node("y = Add(a, r)")],
        becomes: "a = apus.Conv(x, w) {activation: \"Relu\", activation_params: []}\ny = Add(a, r)", feeds: feeds)
    ])
  }

  @Test func activations() {
    let p = node("p = MatMul(x, w)")
    let w: KeyValuePairs<String, Tensor> = [
      "w": .mixed([4, 5]), "low": .float32([], [-0.25]), "high": .float32([1], [0.5]), "bounds": .mixed([5]),
    ]
    func fused(_ name: String, _ numbers: String) -> String {
      "y = apus.MatMul(x, w) {activation: \"\(name)\", activation_params: [\(numbers)]}"
    }
    let cases: [(String, KeyValuePairs<String, AttributeProto.Value>, Int, String?)] = [
      ("Relu(p)", [:], 22, fused("Relu", "")), ("Sigmoid(p)", [:], 22, fused("Sigmoid", "")),
      ("Tanh(p)", [:], 22, fused("Tanh", "")), ("HardSwish(p)", [:], 22, fused("HardSwish", "")),
      ("Swish(p)", [:], 24, fused("Swish", "")), ("Swish(p)", ["alpha": .float(2)], 24, nil),
      ("Gelu(p)", [:], 22, fused("Gelu", "")), ("Gelu(p)", ["approximate": .string("none")], 22, fused("Gelu", "")),
      ("Gelu(p)", ["approximate": .string("tanh")], 22, nil),
      ("LeakyRelu(p)", [:], 22, fused("LeakyRelu", "0.01")),
      ("LeakyRelu(p)", ["alpha": .float(0.5)], 22, fused("LeakyRelu", "0.5")),
      ("HardSigmoid(p)", [:], 22, fused("HardSigmoid", "0.2, 0.5")),
      ("HardSigmoid(p)", ["alpha": .float(0.25)], 22, fused("HardSigmoid", "0.25, 0.5")),
      ("Clip(p, low, high)", [:], 22, fused("Clip", "-0.25, 0.5")),
      ("Clip(p, low)", [:], 22, fused("Clip", "-0.25, inf")),
      ("Clip(p, -, high)", [:], 22, fused("Clip", "-inf, 0.5")), ("Clip(p)", [:], 22, fused("Clip", "-inf, inf")),
      ("Clip(p)", ["min": .float(-0.5), "max": .float(0.25)], 10, fused("Clip", "-0.5, 0.25")),
      ("Softplus(p)", [:], 22, nil), ("Neg(p)", [:], 22, nil), ("Elu(p)", [:], 22, nil),
    ]
    check(
      FuseActivation.pass,
      cases.map { call, attributes, opset, becomes in
        PassCase(call, constants: w, opset: opset, [p, node("y = \(call)", attributes)], becomes: becomes, feeds: x)
      })
    check(
      FuseActivation.pass,
      [
        PassCase(
          "read elsewhere", constants: w, [p, node("y = Relu(p)"), node("z = Neg(p)")], ["y", "z"], becomes: nil,
          feeds: x),
        PassCase("an output", constants: w, [p, node("y = Relu(p)")], ["y", "p"], becomes: nil, feeds: x),
        PassCase(
          "bounds fed", ["x", "l"], constants: w, [p, node("y = Clip(p, l)")], becomes: nil,
          feeds: x + [("l", .float32([], [0]))]),
        PassCase(
          "weights fed", ["x", "w"], [p, node("y = Relu(p)")], becomes: nil, feeds: x + [("w", .mixed([4, 5]))]),
        PassCase(
          "two in a row", constants: w, [p, node("a = Relu(p)"), node("y = Tanh(a)")],
          becomes: "a = apus.MatMul(x, w) {activation: \"Relu\", activation_params: []}\ny = Tanh(a)", feeds: x),
        PassCase(
          "Gemm", constants: ["w": .mixed([4, 5]), "c": .mixed([3, 1])],
          [node("p = Gemm(x, w, c)", ["alpha": .float(2), "beta": .float(0.5)]), node("y = Relu(p)")],
          becomes: "y = apus.Gemm(x, w, c) {alpha: 2.0, beta: 0.5, activation: \"Relu\", activation_params: []}",
          feeds: [("x", .mixed([3, 4]))]),
        PassCase(
          "weights in batches", constants: ["w": .mixed([2, 4, 5])], [p, node("y = Sigmoid(p)")],
          becomes: fused("Sigmoid", ""), feeds: x.map { ($0.0, .mixed([3, 1, 3, 4])) }),
        PassCase(
          "a vector of weights", constants: ["w": .mixed([4])], [p, node("y = Tanh(p)")], becomes: fused("Tanh", ""),
          feeds: x),
        PassCase(
          "nothing to sum", constants: ["w": .mixed([0, 5])], [p, node("y = Sigmoid(p)")],
          becomes: fused("Sigmoid", ""),
          feeds: [("x", .mixed([3, 0]))]),
        PassCase(
          "float16", ["x: float16"], constants: ["w": .float16([2, 1], [1, 2])], [p, node("y = Relu(p)")], becomes: nil,
          feeds: [("x", .float16([1, 2], [3, -4]))]),
      ])
  }

  @Test func biasThenActivation() {
    checkAll([
      PassCase(
        "all of it",
        constants: [
          "w": .mixed([4, 5]), "b": .mixed([5]), "half": .float32([], [0.5]), "one": .float32([], [1]),
          "root": .float32([], [1.4142135]),
        ],
        [
          node("p = MatMul(x, w)"), node("s = Add(b, p)"), node("d = Div(s, root)"), node("e = Erf(d)"),
          node("f = Add(e, one)"),
          node("g = Mul(s, f)"), node("y = Mul(g, half)"),
        ],
        becomes: "y = apus.MatMul(x, w, b) {activation: \"Gelu\", activation_params: []}", feeds: x)
    ])
  }
}
