import Apus
import TestSupport
import Testing

@testable import Inference

/// What the passes leave, written as a model and read again.
@Suite struct OptimizedModelTests {
  private let x = Tensor.float32([1, 2, 2, 2], [1, -2, 3, -4, 5, -6, 7, -8])

  /// Writes `model` at each level, and holds a session of what was written against the one that wrote it.
  private func check(
    _ name: String, _ model: ModelProto, _ feeds: KeyValuePairs<String, Tensor>, contains: [String] = [],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for level in [OptimizationLevel.none, .basic, .extended, .all] {
      let sink = MemorySink()
      var options = Session.Options()
      options.optimization = level
      options.optimizedModel = sink
      let session = try Session(model: model, options: options)
      // As it is, and through all passes again.
      for again in [OptimizationLevel.none, .all] {
        options.optimization = again
        options.optimizedModel = nil
        let copy = try Session(source: MemorySource(sink.bytes), options: options)
        let nodes = session.summary.after.map { $0.qualifiedType.text }
        // Outputs that are an input, a constant or another output are copied.
        let written = copy.summary.before.map { $0.qualifiedType.text }
        #expect(written.starts(with: nodes), "\(name), \(level)")
        #expect(written.dropFirst(nodes.count).allSatisfy { $0 == "Identity" }, "\(name), \(level)")
        if level == .all { for op in contains { #expect(nodes.contains(op), "\(name): \(nodes)") } }
        #expect(copy.inputs.map(\.name) == session.inputs.map(\.name), "\(name), \(level)")
        #expect(copy.inputs.map(\.dims) == session.inputs.map(\.dims), "\(name), \(level)")
        #expect(copy.optionalInputs.map(\.name) == session.optionalInputs.map(\.name), "\(name), \(level)")
        #expect(copy.outputs.map(\.name) == session.outputs.map(\.name), "\(name), \(level)")
        let (expected, results) = (try session.run(feeds), try copy.run(feeds))
        for (result, want) in zip(results, expected) {
          #expect(
            again == .none ? result!.packed == want!.packed : difference(result!, want!) == nil,
            "\(name), \(level), \(again)", sourceLocation: sourceLocation)
        }
      }
    }
  }

  @Test func fusedConvolution() throws {
    let channel = Tensor.float32([2], [0.5, 2])
    try check(
      "convolution",
      model(
        graph(
          ["x: float32 [n, 2, h, w]"],
          constants: ["f": .ramp([2, 2, 1, 1], from: -1), "g": channel, "b": channel, "m": channel, "v": channel],
          [node("c = Conv(x, f)"), node("n = BatchNormalization(c, g, b, m, v)"), node("y = Relu(n)")], ["y"])),
      ["x": x], contains: ["apus.Conv"])
  }

  /// LayerNormalization does not exist in the model's opset.
  @Test func nodesOfAnotherOpset() throws {
    try check(
      "normalization",
      model(
        graph(
          ["x: float32 [a, 2]"],
          constants: ["two": .float32([], [2]), "e": .float32([], [1e-5]), "w": .ramp([2]), "b": .ramp([2])],
          [
            node("m = ReduceMean(x)", ["axes": .ints([-1])]), node("d = Sub(x, m)"), node("q = Pow(d, two)"),
            node("v = ReduceMean(q)", ["axes": .ints([-1])]), node("a = Add(v, e)"), node("s = Sqrt(a)"),
            node("n = Div(d, s)"), node("p = Mul(n, w)"), node("y = Add(p, b)"),
          ], ["y"]), opset: 13),
      ["x": .float32([2, 2], [1, 2, 5, 9])], contains: ["LayerNormalization"])
  }

  @Test func dequantisedWeights() throws {
    let q = Tensor.int8([128, 130], (0..<128 * 130).map { Int8(truncatingIfNeeded: $0 &* 31) })
    try check(
      "weights",
      model(
        graph(
          ["x"], constants: ["q": q, "s": .float32([], [0.25])],
          [node("w = DequantizeLinear(q, s)"), node("y = MatMul(x, w)")], ["y"])), ["x": .ramp([2, 128])])
  }

  @Test func controlFlow() throws {
    let inner = graph([], constants: ["k": .float32([1], [3])], [node("t = Mul(v, k)"), node("u = Add(t, w)")], ["u"])
    let body = graph(
      ["i: int64", "c: bool", "v"],
      [
        node("o = Identity(c)"),
        node("r = If(c)", ["then_branch": .graph(inner), "else_branch": .graph(graph([], [], ["x"]))]),
      ], ["o", "r", "w"])
    try check(
      "loop",
      model(
        graph(
          ["x", "n: int64"], constants: ["w": .float32([2], [1, 2])],
          [node("y, z = Loop(n, -, x)", ["body": .graph(body)])], ["y", "z"])),
      ["x": .ramp([2]), "n": .int64([], [3])])
  }

  @Test func outputsThatAreNotComputed() throws {
    var proto = model(
      graph(
        ["x", "d"], constants: ["w": .ramp([3]), "d": .ramp([2])],
        [node("i = Identity(x)"), node("k = Identity(w)"), node("v = Flatten(x)"), node("e = Add(d, d)")],
        ["x", "w", "i", "k", "v", "x", "e"]))
    try check("outputs", proto, ["x": x])
    try check("fed", proto, ["x": x, "d": .ramp([2], from: 9)])
    // In IR version 3 what is listed is constant, and is so in the file that is written.
    proto.irVersion = 3
    try check("constant", proto, ["x": x])
  }

  @Test func functions() throws {
    let proto = model(
      graph(["x"], [node("y, z = local.F(x)"), node("w = local.F(y)")], ["y", "z", "w"])
    ).with(function("F", ["a"], [node("b = Neg(a)"), node("c = Identity(b)")], ["c", "b"]))
    try check("functions", proto, ["x": x])
  }

  @Test func sinksMayFail() throws {
    final class Full: ByteSink {
      override func write(_ bytes: UnsafeRawBufferPointer) throws(RuntimeError) {
        throw RuntimeError(.fail, "the disk is full")
      }
    }
    var options = Session.Options()
    options.optimizedModel = Full()
    let proto = model(graph(["x"], [node("y = Neg(x)")], ["y"]))
    #expect(
      message { () throws(RuntimeError) in _ = try Session(model: proto, options: options) } == "the disk is full")
  }
}

extension Tensor {
  fileprivate var packed: [UInt8] {
    withExtendedLifetime(storage) { Array(UnsafeRawBufferPointer(start: bytes, count: byteCount)) }
  }
}
