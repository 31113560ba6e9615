import Apus
import TestSupport
import Testing

@testable import Passes

/// Operators between DequantizeLinear and QuantizeLinear, as static quantization writes them.
@Suite struct FuseQuantizedTests {
  private let quantise = node("q = QuantizeLinear(x, s, z)")
  private let input = node("a = DequantizeLinear(q, s, z)")
  private let weights = node("b = DequantizeLinear(w, ws, wz)", ["axis": .int(0)])
  private let convolution = node("c = Conv(a, b)", ["pads": .ints([1, 0, 1, 0])])
  private let output = node("y = QuantizeLinear(c, ys, yz)")
  private let fused =
    "q = QuantizeLinear(x, s, z)\ny = apus.QLinearConv(q, s, z, w, ws, wz, ys, yz) {pads: [1, 0, 1, 0]"

  private func constants(
    zero: Tensor = .uint8([], [128]), weightScale: Tensor = .float32([], [0.25]),
    weightZero: Tensor = .int8([], [1]), scale: Tensor = .float32([], [0.05]), outputZero: Tensor = .int8([], [-7])
  ) -> KeyValuePairs<String, Tensor> {
    [
      "w": .int8([2, 3, 2, 1], [1, -2, 3, -4, 5, -6, 7, 127, -128, 8, 9, 10]), "s": .float32([], [0.01]), "z": zero,
      "ws": weightScale, "wz": weightZero, "ys": scale, "yz": outputZero, "bias": .float32([2], [0.37, -11]),
      "ib": .int32([2], [100, -300]), "is": .float32([], [0.003]), "iz": .int32([], [0]), "six": .float32([], [6]),
      "none": .float32([], [0]), "nan": .float32([], [.nan]),
    ]
  }

  /// Runs a graph plain and optimised; outputs of bytes may differ by one.
  private func checkRuns(_ test: PassCase, _ feeds: [(String, Tensor)]) {
    do {
      let feeds = feeds.map { (Name(text: $0.0), Value.tensor($0.1)) }
      let plain = try Session(model(test.graph), .none).run(feeds)
      let optimised = try Session(model(test.graph), .all).run(feeds)
      for (a, b) in zip(plain, optimised) {
        let problem = difference(b.1.tensor!, a.1.tensor!, quanta: 1)
        #expect(problem == nil, "\(test.name): \(problem ?? "")")
      }
    } catch {
      Issue.record("\(test.name): \(error)")
    }
  }

  private func difference(_ a: Tensor, _ b: Tensor, quanta: Double) -> String? {
    guard a.type == b.type, a.shape == b.shape else { return "\(a.type) \(a.shape.dims), \(b.type) \(b.shape.dims)" }
    let apart = zip(a.doubles, b.doubles).filter { abs($0 - $1) > quanta }
    return apart.isEmpty ? nil : "\(apart[0])"
  }

  private func checkFused(_ cases: [PassCase], shape: [Int] = [2, 3, 5, 6]) {
    check(FuseQuantized.pass, cases)
    for test in cases { checkRuns(test, [("x", .mixed(shape))]) }
  }

  @Test func convolutions() {
    let perFilter = (Tensor.float32([2], [0.25, 0.5]), Tensor.int8([2], [3, -4]))
    checkFused([
      PassCase("plain", constants: constants(), [quantise, input, weights, convolution, output], becomes: fused + "}"),
      PassCase(
        "a scale a filter", constants: constants(weightScale: perFilter.0, weightZero: perFilter.1),
        [quantise, input, weights, convolution, output], becomes: fused + "}"),
      PassCase(
        "other types", constants: constants(zero: .int8([], [-3]), outputZero: .uint8([1], [12])),
        [quantise, input, weights, convolution, output], becomes: fused + "}"),
      PassCase(
        "a bias", constants: constants(),
        [quantise, input, weights, node("c = Conv(a, b, bias)"), output],
        becomes: "q = QuantizeLinear(x, s, z)\ny = apus.QLinearConv(q, s, z, w, ws, wz, ys, yz, bias)"),
      PassCase(
        "an integer bias in units of its own", constants: constants(),
        [
          quantise, input, weights, node("d = DequantizeLinear(ib, is, iz)"), node("c = Conv(a, b, d)"), output,
        ],
        becomes: "q = QuantizeLinear(x, s, z)\nd = DequantizeLinear(ib, is, iz)\n"
          + "y = apus.QLinearConv(q, s, z, w, ws, wz, ys, yz, d)"),
      PassCase(
        "Relu", constants: constants(),
        [quantise, input, weights, convolution, node("r = Relu(c)"), node("y = QuantizeLinear(r, ys, yz)")],
        becomes: fused + ", activation: \"Relu\", activation_params: []}"),
      PassCase(
        "Clip", constants: constants(scale: .float32([], [0.031])),
        [
          quantise, input, weights, convolution, node("r = Clip(c, none, six)"), node("y = QuantizeLinear(r, ys, yz)"),
        ], becomes: fused + ", activation: \"Clip\", activation_params: [0.0, 6.0]}"),
      PassCase(
        "input read elsewhere too", constants: constants(),
        [quantise, input, weights, convolution, output, node("t = Abs(a)")], ["y", "t"],
        becomes: "q = QuantizeLinear(x, s, z)\na = DequantizeLinear(q, s, z)\n"
          + "y = apus.QLinearConv(q, s, z, w, ws, wz, ys, yz) {pads: [1, 0, 1, 0]}\nt = Abs(a)"),
    ])
  }

  @Test func convolutionsThatAreNot() {
    let all = [quantise, input, weights, convolution, output]
    check(
      FuseQuantized.pass,
      [
        PassCase(
          "no QuantizeLinear behind", constants: constants(), [quantise, input, weights, convolution], ["c"],
          becomes: nil),
        PassCase("the convolution read elsewhere", constants: constants(), all, ["y", "c"], becomes: nil),
        PassCase(
          "the activation read elsewhere", constants: constants(),
          [quantise, input, weights, convolution, node("r = Relu(c)"), node("y = QuantizeLinear(r, ys, yz)")],
          ["y", "r"], becomes: nil),
        PassCase(
          "the convolution read beside its activation", constants: constants(),
          [quantise, input, weights, convolution, node("r = Relu(c)"), node("y = QuantizeLinear(r, ys, yz)")],
          ["y", "c"], becomes: nil),
        PassCase(
          "an activation without bounds", constants: constants(),
          [quantise, input, weights, convolution, node("r = Tanh(c)"), node("y = QuantizeLinear(r, ys, yz)")],
          becomes: nil),
        PassCase(
          "a bound that is no number", constants: constants(),
          [quantise, input, weights, convolution, node("r = Clip(c, nan)"), node("y = QuantizeLinear(r, ys, yz)")],
          becomes: nil),
        PassCase(
          "weights that are not dequantised", constants: constants(),
          [quantise, input, node("b = Cast(w)", ["to": .int(1)]), convolution, output], becomes: nil),
        PassCase(
          "an input that is not", constants: constants(), [weights, node("c = Conv(x, b)"), output], becomes: nil),
        PassCase(
          "no zero point of the input, which may be of any type", constants: constants(),
          [quantise, node("a = DequantizeLinear(q, s)"), weights, convolution, output], becomes: nil),
        PassCase(
          "no zero point of the output", constants: constants(),
          [quantise, input, weights, convolution, node("y = QuantizeLinear(c, ys)")], becomes: nil),
        PassCase(
          "scales along another axis",
          constants: constants(weightScale: .float32([3], [1, 2, 3]), weightZero: .int8([3], [0, 0, 0])),
          [quantise, input, node("b = DequantizeLinear(w, ws, wz)"), convolution, output], becomes: nil),
        PassCase(
          "scales along the second axis, which is as long",
          constants: [
            "w": .int8([2, 2, 1, 1], [1, 2, 3, 4]), "s": .float32([], [0.01]), "z": .uint8([], [128]),
            "ws": .float32([2], [1, 2]), "wz": .int8([2], [0, 0]), "ys": .float32([], [1]), "yz": .int8([], [0]),
          ],
          [quantise, input, node("b = DequantizeLinear(w, ws, wz)"), node("c = Conv(a, b)"), output], becomes: nil),
        PassCase(
          "blocks", constants: constants(weightScale: .float32([1], [1]), weightZero: .int8([1], [0])),
          [
            quantise, input, node("b = DequantizeLinear(w, ws, wz)", ["axis": .int(0), "block_size": .int(2)]),
            convolution, output,
          ], becomes: nil),
        PassCase(
          "16 bits behind", constants: constants(outputZero: .of(.uint16, [], [UInt16(9)])), all, becomes: nil),
        PassCase("16 bits before", constants: constants(zero: .of(.uint16, [], [UInt16(9)])), all, becomes: nil),
        PassCase(
          "a scale of the output that is not above 0", constants: constants(scale: .float32([], [-1])), all,
          becomes: nil),
        PassCase(
          "a scale that is fed", ["x", "ys"],
          constants: [
            "w": .int8([2, 3, 1, 1], [1, 2, 3, 4, 5, 6]), "s": .float32([], [0.01]), "z": .uint8([], [128]),
            "ws": .float32([], [1]), "wz": .int8([], [0]), "yz": .int8([], [0]),
          ], all, becomes: nil),
        PassCase(
          "weights that are fed", ["x", "w: int8"],
          constants: [
            "s": .float32([], [0.01]), "z": .uint8([], [128]), "ws": .float32([], [1]), "wz": .int8([], [0]),
            "ys": .float32([], [1]), "yz": .int8([], [0]),
          ], all, becomes: nil),
      ])
  }

  /// Operators of com.microsoft: what they are, and their operands.
  @Test func computed() {
    let table = [
      ("Add", "QLinearAdd", 2), ("Mul", "QLinearMul", 2), ("GlobalAveragePool", "QLinearGlobalAveragePool", 1),
      ("AveragePool", "QLinearAveragePool", 1), ("Sigmoid", "QLinearSigmoid", 1), ("LeakyRelu", "QLinearLeakyRelu", 1),
    ]
    checkFused(
      table.map { op, name, count in
        let operation = node(
          "c = \(op)(a\(count == 2 ? ", d" : ""))", op == "AveragePool" ? ["kernel_shape": .ints([2, 2])] : [:])
        return PassCase(
          op, constants: constants(outputZero: .uint8([], [100])),
          [
            quantise, input, node("p = QuantizeLinear(x, ws, z)"), node("d = DequantizeLinear(p, ws, z)"), operation,
            output,
          ],
          becomes: "q = QuantizeLinear(x, s, z)\n"
            + (count == 2
              ? "p = QuantizeLinear(x, ws, z)\ny = com.microsoft.\(name)(q, s, z, p, ws, z, ys, yz)"
              : "y = com.microsoft.\(name)(q, s, z, ys, yz)" + (op == "AveragePool" ? " {kernel_shape: [2, 2]}" : "")))
      })
    checkFused([
      PassCase(
        "a Relu that bytes hold to", constants: constants(outputZero: .uint8([], [0])),
        [quantise, input, node("c = Add(a, a)"), node("r = Relu(c)"), node("y = QuantizeLinear(r, ys, yz)")],
        becomes: "q = QuantizeLinear(x, s, z)\ny = com.microsoft.QLinearAdd(q, s, z, q, s, z, ys, yz)")
    ])
    check(
      FuseQuantized.pass,
      [
        PassCase(
          "types that differ", constants: constants(), [quantise, input, node("c = Add(a, a)"), output], becomes: nil),
        PassCase(
          "one operand of float32", constants: constants(outputZero: .uint8([], [1])),
          [quantise, input, node("c = Add(a, x)"), output], becomes: nil),
        PassCase(
          "a Relu where bytes say less than 0", constants: constants(outputZero: .uint8([], [1])),
          [quantise, input, node("c = Add(a, a)"), node("r = Relu(c)"), node("y = QuantizeLinear(r, ys, yz)")],
          becomes: nil),
        PassCase(
          "a Clip behind another operator", constants: constants(outputZero: .uint8([], [0])),
          [quantise, input, node("c = Add(a, a)"), node("r = Clip(c, none)"), node("y = QuantizeLinear(r, ys, yz)")],
          becomes: nil),
        PassCase(
          "no operands", constants: constants(outputZero: .uint8([], [1])),
          [node("c = RandomUniform()", ["shape": .ints([2])]), output], becomes: nil),
        PassCase(
          "read elsewhere", constants: constants(outputZero: .uint8([], [1])),
          [quantise, input, node("c = Sigmoid(a)"), output], ["y", "c"], becomes: nil),
      ])
  }

  /// What only moves elements moves bytes, where they mean the same on both sides.
  @Test func moved() {
    let back = node("y = QuantizeLinear(c, s, z)")
    checkFused([
      PassCase(
        "Flatten", constants: constants(), [quantise, input, node("c = Flatten(a)"), back],
        becomes: "q = QuantizeLinear(x, s, z)\ny = Flatten(q)"),
      PassCase(
        "MaxPool", constants: constants(),
        [
          quantise, input, node("c = MaxPool(a)", ["kernel_shape": .ints([3, 2]), "pads": .ints([1, 1, 1, 0])]), back,
        ],
        becomes: "q = QuantizeLinear(x, s, z)\ny = MaxPool(q) {kernel_shape: [3, 2], pads: [1, 1, 1, 0]}"),
      PassCase(
        "equal constants", constants: constants(scale: .float32([1], [0.01]), outputZero: .uint8([1], [128])),
        [quantise, input, node("c = Transpose(a)", ["perm": .ints([0, 3, 1, 2])]), output],
        becomes: "q = QuantizeLinear(x, s, z)\ny = Transpose(q) {perm: [0, 3, 1, 2]}"),
    ])
    check(
      FuseQuantized.pass,
      [
        PassCase(
          "another scale", constants: constants(outputZero: .uint8([], [128])),
          [quantise, input, node("c = Flatten(a)"), output], becomes: nil),
        PassCase(
          "another zero point", constants: constants(scale: .float32([], [0.01]), outputZero: .uint8([], [127])),
          [quantise, input, node("c = Flatten(a)"), output], becomes: nil),
        PassCase(
          "another type", constants: constants(scale: .float32([], [0.01]), outputZero: .int8([], [-128])),
          [quantise, input, node("c = Flatten(a)"), output], becomes: nil),
        PassCase(
          "places of the largest", constants: constants(),
          [quantise, input, node("c, i = MaxPool(a)", ["kernel_shape": .ints([2, 2])]), back], ["y", "i"], becomes: nil),
      ])
  }
}
