import GraphIR
import ONNXFormat
import Tensors
import TestSupport
import Testing

@Suite struct PatternTests {
  private let x = Pattern.value("x")

  /// What the pattern's `x` stood for where it matched at the graph's last node; nil where it did not.
  private func match(
    _ pattern: Pattern, _ nodes: [NodeProto], _ outputs: [String] = ["y"], opset: Int = 22,
    constants: KeyValuePairs<String, Tensor> = [
      "half": .float32([], [0.5]), "halves": .float32([1, 1], [0.5]), "two": .int64([], [2]),
    ]
  ) throws -> String? {
    let graph = try model(graph(["p", "q"], constants: constants, nodes, outputs), opset: opset).with().imported().graph
    let matcher = Matcher(graph, allocator: testAllocator)
    return matcher.match(pattern, at: graph.nodes.count - 1).map { graph.valueName($0["x"]).text }
  }

  @Test func matches() throws {
    let cases: [(String, Pattern, [NodeProto], String?)] = [
      ("either order", x * 0.5, [node("y = Mul(half, p)")], "p"),
      ("this order only", x / 0.5, [node("y = Div(half, p)")], nil),
      ("other number", x * 0.25, [node("y = Mul(p, half)")], nil),
      ("number of higher rank", x * 0.5, [node("y = Mul(p, halves)")], nil),
      ("integer is no number", x + 2, [node("y = Add(p, two)")], nil),
      ("same value twice", x * x, [node("y = Mul(p, p)")], "p"),
      ("same name, two values", x * x, [node("y = Mul(p, q)")], nil),
      ("turns about inside", x * .op("Sigmoid", x), [node("s = Sigmoid(q)"), node("y = Mul(s, q)")], "q"),
      ("constant", .constant("x") + .value("z"), [node("y = Add(p, half)")], "half"),
      ("no constant", .constant("x") + .value("z"), [node("y = Add(p, q)")], nil),
      ("further inputs", .op("Op", x), [node("y = Op(p, q)")], nil),
      ("further inputs left out", .op("Op", x), [node("y = Op(p, -)")], "p"),
      ("input missing", .op("Op", x, .value("z")), [node("y = Op(p, -)")], nil),
      ("other domain", .op("Neg", x), [node("y = local.Neg(p)")], nil),
      ("second output", .op("Neg", .op("Op", x)), [node("o, s = Op(p)"), node("y = Neg(s)")], nil),
      ("condition", .op("Op", x) { $0.attributes["a"] != nil }, [node("y = Op(p)")], nil),
    ]
    for (name, pattern, nodes, expected) in cases {
      #expect(try match(pattern, nodes) == expected, "\(name)")
    }
  }

  /// Values inside a match must be read by nobody else; the root may be.
  @Test func innerValuesAreTheMatchsOwn() throws {
    let pattern = .op("Neg", x) * .op("Neg", x)
    let nodes = [node("n = Neg(p)"), node("y = Mul(n, n)")]
    #expect(try match(pattern, nodes) == "p")
    #expect(try match(pattern, nodes, ["y", "y"]) == "p")
    #expect(try match(pattern, nodes, ["y", "n"]) == nil)
    #expect(try match(pattern, [nodes[0], node("o = Abs(n)"), nodes[1]], ["y", "o"]) == nil)
    let body = graph([], [node("t = Abs(n)")], ["t"])
    #expect(
      try match(pattern, [nodes[0], node("o = If(q)", ["then_branch": .graph(body)]), nodes[1]], ["y", "o"]) == nil)
    // Two nodes that do the same are as good as one.
    #expect(try match(pattern, [nodes[0], node("m = Neg(p)"), node("y = Mul(n, m)")]) == "p")
  }

  /// Before opset 7 an `axis` said where the second operand begins.
  @Test func oldBroadcastingDoesNotMatch() throws {
    let old = [node("y = Mul(p, half)", ["axis": .int(0), "broadcast": .int(1)])]
    #expect(try match(x * 0.5, old, opset: 6) == nil)
    #expect(try match(x * 0.5, [node("y = Mul(p, half)")], opset: 6) == "p")
  }

  @Test func constantsAsNumbers() throws {
    let tensors: [(Tensor, Float?, [Int]?)] = [
      (.float32([], [2]), 2, nil), (.float64([1], [2]), 2, nil), (.float16([], [2]), 2, nil),
      (.bfloat16([], [2]), 2, nil),
      (.float32([2], [2, 2]), nil, nil), (.int64([], [2]), nil, [2]), (.int32([2], [2, -3]), nil, [2, -3]),
      (.bool([], [true]), nil, nil),
    ]
    for (tensor, scalar, integers) in tensors {
      let graph = try model(graph([], constants: ["c": tensor], [], ["c"])).imported().graph
      let matcher = Matcher(graph, allocator: testAllocator)
      #expect(matcher.scalar(graph.outputs[0]) == scalar, "\(tensor.type)")
      #expect(matcher.integers(graph.outputs[0]) == integers, "\(tensor.type)")
      #expect(matcher.scalar(-1) == nil && matcher.integers(-1) == nil && matcher.constant(-1) == nil)
    }
  }
}
