import Apus
import TestSupport
import Testing

@testable import Passes

/// Activations and normalizations that exporters write out in arithmetic.
@Suite struct FuseWrittenOutTests {
  private let x = [("x", Tensor.mixed([2, 3, 8]))]
  private let numbers: KeyValuePairs<String, Tensor> = [
    "half": .float32([], [0.5]), "one": .float32([1], [1]), "root": .float32([], [1.41421356]),
    "three": .float32([], [3]),
    "deep": .float32([1, 1, 1, 1], [0.5]),
  ]

  @Test func gelu() {
    let bell = [node("d = Div(x, root)"), node("e = Erf(d)"), node("f = Add(one, e)")]
    check(
      FuseGelu.pass,
      [
        PassCase(
          "half last", constants: numbers, bell + [node("g = Mul(f, x)"), node("y = Mul(half, g)")],
          becomes: "y = Gelu(x)", feeds: x),
        PassCase(
          "half of the bell", constants: numbers, bell + [node("g = Mul(f, half)"), node("y = Mul(x, g)")],
          becomes: "y = Gelu(x)", feeds: x),
        PassCase(
          "half of x", constants: numbers, bell + [node("g = Mul(x, half)"), node("y = Mul(g, f)")],
          becomes: "y = Gelu(x)", feeds: x),
        PassCase(
          "another number", constants: numbers, bell + [node("g = Mul(x, three)"), node("y = Mul(g, f)")], becomes: nil,
          feeds: x),
        PassCase(
          "another value", ["x", "z"], constants: numbers, bell + [node("g = Mul(z, half)"), node("y = Mul(g, f)")],
          becomes: nil, feeds: x + [("z", .mixed([8]))]),
        PassCase(
          "a number of higher rank", constants: numbers, bell + [node("g = Mul(x, deep)"), node("y = Mul(g, f)")],
          becomes: nil, feeds: x),
        PassCase(
          "bell read elsewhere", constants: numbers, bell + [node("g = Mul(x, half)"), node("y = Mul(g, f)")],
          ["y", "f"], becomes: nil, feeds: x),
        PassCase(
          "upside down", constants: numbers,
          [node("d = Div(root, x)")] + bell[1...] + [node("g = Mul(x, half)"), node("y = Mul(g, f)")], becomes: nil),
        PassCase(
          "half fed", ["x", "h"], constants: numbers, bell + [node("g = Mul(x, h)"), node("y = Mul(g, f)")],
          becomes: nil, feeds: x + [("h", .float32([], [0.5]))]),
      ])
  }

  @Test func geluByTanh() {
    let numbers: KeyValuePairs<String, Tensor> = [
      "half": .float32([], [0.5]), "one": .float32([], [1]), "three": .float32([], [3]), "two": .float32([], [2]),
      "root": .float32([], [0.7978845608]), "small": .float32([], [0.044715]),
    ]
    let becomes = "y = Gelu(x) {approximate: \"tanh\"}"
    let rest = [node("s = Add(x, m)"), node("r = Mul(s, root)"), node("t = Tanh(r)"), node("b = Add(t, one)")]
    let power = [node("p = Pow(x, three)"), node("m = Mul(p, small)")] + rest
    check(
      FuseGelu.pass,
      [
        PassCase(
          "half of x", constants: numbers, power + [node("h = Mul(half, x)"), node("y = Mul(h, b)")],
          becomes: becomes, feeds: x),
        PassCase(
          "half last", constants: numbers, power + [node("h = Mul(x, b)"), node("y = Mul(h, half)")],
          becomes: becomes, feeds: x),
        PassCase(
          "a square", constants: numbers,
          [node("p = Pow(x, two)"), node("m = Mul(p, small)")] + rest + [
            node("h = Mul(half, x)"), node("y = Mul(h, b)"),
          ], becomes: nil, feeds: x),
      ])
  }

  @Test func swish() {
    let s = node("s = Sigmoid(x)")
    check(
      FuseSwish.pass,
      [
        PassCase("behind", [s, node("y = Mul(x, s)")], becomes: "y = Swish(x)", feeds: x),
        PassCase("in front", [s, node("y = Mul(s, x)")], becomes: "y = Swish(x)", feeds: x),
        PassCase(
          "another value", ["x", "z"], [s, node("y = Mul(z, s)")], becomes: nil, feeds: x + [("z", .mixed([8]))]),
        PassCase("an output", [s, node("y = Mul(x, s)")], ["y", "s"], becomes: nil, feeds: x),
        PassCase("squared", [s, node("y = Mul(s, s)")], becomes: nil, feeds: x),
        PassCase(
          "old axis", opset: 6, [s, node("y = Mul(x, s)", ["axis": .int(0), "broadcast": .int(1)])], becomes: nil,
          feeds: x),
      ])
  }

  // MARK: Normalization

  private static func layer(
    _ axes: KeyValuePairs<String, AttributeProto.Value>, axesInputs: (String, String) = ("", "")
  ) -> [NodeProto] {
    [
      node("m = ReduceMean(x\(axesInputs.0))", axes), node("d = Sub(x, m)"), node("s = Pow(d, two)"),
      node("v = ReduceMean(s\(axesInputs.1))", axes), node("e = Add(v, epsilon)"), node("r = Sqrt(e)"),
      node("n = Div(d, r)"),
      node("g = Mul(n, scale)"), node("y = Add(g, bias)"),
    ]
  }

  private func constants(scale: Tensor = .positive([8]), bias: Tensor = .mixed([8])) -> KeyValuePairs<String, Tensor> {
    [
      "two": .float32([], [2]), "epsilon": .float32([], [0.001]), "scale": scale, "bias": bias,
      "last": .int64([1], [-1]),
      "last2": .int64([1], [-1]), "first": .int64([1], [1]),
    ]
  }

  @Test func layerNormalization() {
    let fused = "y = LayerNormalization(x, scale, bias) {epsilon: 0.001, axis: -1}"
    let old = FuseWrittenOutTests.layer(["axes": .ints([-1])])
    let new = FuseWrittenOutTests.layer([:], axesInputs: (", last", ", last2"))
    var squared = old
    squared[2] = node("s = Mul(d, d)")
    func changed(_ index: Int, _ text: String, _ attributes: KeyValuePairs<String, AttributeProto.Value> = [:])
      -> [NodeProto]
    {
      var nodes = old
      nodes[index] = node(text, attributes)
      return nodes
    }
    // What is no layer normalization may still be a root mean square over centred values.
    func root(_ centred: String, _ more: String...) -> String {
      ([
        "m = ReduceMean(x) {axes: [-1]}", centred, "g = RMSNormalization(d, scale) {epsilon: 0.001, axis: -1}",
        "y = Add(g, bias)",
      ] + more)
      .joined(separator: "\n")
    }
    check(
      FuseNormalization.pass,
      [
        PassCase("axes as attributes", constants: constants(), opset: 17, old, becomes: fused, feeds: x),
        PassCase("axes as inputs", constants: constants(), new, becomes: fused, feeds: x),
        PassCase("square as product", constants: constants(), opset: 17, squared, becomes: fused, feeds: x),
        PassCase(
          "other axis", constants: constants(scale: .positive([8]), bias: .mixed([8])),
          FuseWrittenOutTests.layer([:], axesInputs: (", first", ", first")), becomes: nil, feeds: x),
        PassCase(
          "two axes", constants: constants(), opset: 17, FuseWrittenOutTests.layer(["axes": .ints([-2, -1])]),
          becomes: nil, feeds: x),
        PassCase(
          "axes that differ", constants: constants(), FuseWrittenOutTests.layer([:], axesInputs: (", last", ", first")),
          becomes: nil, feeds: x),
        PassCase(
          "axis dropped", constants: constants(), opset: 17,
          FuseWrittenOutTests.layer(["axes": .ints([-1]), "keepdims": .int(0)]), becomes: nil),
        PassCase(
          "scale of one number", constants: constants(scale: .float32([1], [2])), opset: 17, old, becomes: nil, feeds: x
        ),
        PassCase(
          "scale of two dims", constants: constants(scale: .positive([3, 8])), opset: 17, old, becomes: nil, feeds: x),
        PassCase(
          "bias of another shape", constants: constants(bias: .float32([1], [2])), opset: 17, old,
          becomes: root("d = Sub(x, m)"), feeds: x),
        PassCase(
          "mean read elsewhere", constants: constants(), opset: 17, old, ["y", "m"], becomes: root("d = Sub(x, m)"),
          feeds: x),
        PassCase(
          "centred read elsewhere", constants: constants(), opset: 17, old + [node("z = Neg(d)")], ["y", "z"],
          becomes: root("d = Sub(x, m)", "z = Neg(d)"), feeds: x),
        PassCase(
          "a cube",
          constants: [
            "two": .float32([], [3]), "epsilon": .float32([], [3]), "scale": .positive([8]), "bias": .mixed([8]),
          ], opset: 17, old, becomes: nil, feeds: x),
        PassCase(
          "variance of x", constants: constants(), opset: 17, changed(2, "s = Pow(x, two)"), becomes: nil, feeds: x),
        PassCase(
          "the other difference", constants: constants(), opset: 17, changed(1, "d = Sub(m, x)"),
          becomes: root("d = Sub(m, x)"), feeds: x),
        PassCase(
          "epsilon fed", ["x", "eps"], constants: constants(), opset: 17, changed(4, "e = Add(v, eps)"), becomes: nil,
          feeds: x + [("eps", .float32([], [1]))]),
      ])
  }

  @Test func rootMeanSquare() {
    func nodes(_ last: [String]) -> [NodeProto] {
      ([
        "s = Pow(x, two)", "v = ReduceMean(s, last)", "e = Add(v, epsilon)", "r = Sqrt(e)",
      ] + last).map { node($0) }
    }
    let fused = "y = RMSNormalization(x, scale) {epsilon: 0.001, axis: -1}"
    let withOne: KeyValuePairs<String, Tensor> = [
      "two": .float32([], [2]), "epsilon": .float32([], [0.001]), "scale": .positive([8]), "last": .int64([1], [-1]),
      "one": .float32([], [1]), "single": .float32([1], [2]),
    ]
    check(
      FuseNormalization.pass,
      [
        PassCase(
          "divided", constants: withOne, nodes(["n = Div(x, r)", "y = Mul(n, scale)"]), becomes: fused, feeds: x),
        PassCase(
          "reciprocal", constants: withOne, nodes(["i = Reciprocal(r)", "n = Mul(x, i)", "y = Mul(scale, n)"]),
          becomes: fused, feeds: x),
        PassCase(
          "one over", constants: withOne, nodes(["i = Div(one, r)", "n = Mul(i, x)", "y = Mul(scale, n)"]),
          becomes: fused, feeds: x),
        PassCase(
          "scale of one number", constants: withOne, nodes(["n = Div(x, r)", "y = Mul(n, single)"]), becomes: nil,
          feeds: x),
        PassCase(
          "another value", ["x", "z"], constants: withOne, nodes(["n = Div(z, r)", "y = Mul(n, scale)"]), becomes: nil,
          feeds: x + [("z", .mixed([8]))]),
        PassCase(
          "root wanted", constants: withOne, nodes(["n = Div(x, r)", "y = Mul(n, scale)"]), ["y", "r"], becomes: nil,
          feeds: x),
      ])
  }
}
