import Apus
import TestSupport
import Testing

@testable import Inference

/// Bytes that are asked for range by range, counted, and gone when they are said to be read no more.
private final class CountedSource: ByteSource {
  private let bytes: [UInt8]
  private(set) var fetched = 0
  private(set) var forgotten: Int64 = 0
  /// The most bytes that were read and could not go yet, since the first that could.
  private(set) var window: Int64 = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    super.init(byteCount: Int64(bytes.count))
  }

  override func fetch(at offset: Int64, count: Int, into target: UnsafeMutableRawPointer) throws(RuntimeError) {
    guard offset >= forgotten else { throw RuntimeError(.fail, "byte %d is gone", Int(offset)) }
    fetched += count
    if forgotten > 0 { window = max(window, offset + Int64(count) - forgotten) }
    bytes.withUnsafeBytes { target.copyMemory(from: $0.baseAddress! + Int(offset), byteCount: count) }
  }

  override func forget(before offset: Int64) {
    #expect(offset >= forgotten)
    forgotten = offset
  }
}

/// How a session is made: in pieces that are small, whatever the model is.
@Suite struct SessionBuilderTests {
  /// Floats without a pattern, small enough that sums of many stay exact enough.
  private static func mixed(_ dims: [Int]) -> Tensor {
    .float32(dims, (0..<dims.productSaturating).map { Float(($0 * 7919) % 2003) / 100_000 })
  }

  private static func bytes(_ type: ElementType, _ dims: [Int]) -> Tensor {
    .bits(type, dims, (0..<dims.productSaturating).map { UInt8(truncatingIfNeeded: $0 * 7919) })
  }

  private struct Weights {
    let name: String
    let graph: GraphProto
    let feeds: KeyValuePairs<String, Tensor>
    var functions: [FunctionProto] = []
    /// The most bytes of the file that are read and may be read again.
    var window = 2 * Filling.rangeByteCount
  }

  private static var cases: [Weights] {
    [
      Weights(
        name: "a matrix",
        graph: graph(["x"], constants: ["w": mixed([700, 1000])], [node("y = MatMul(x, w)")], ["y"]),
        feeds: ["x": mixed([2, 700])]),
      Weights(
        name: "a transposed matrix",
        graph: graph(
          ["x"], constants: ["w": mixed([1003, 700])], [node("y = Gemm(x, w)", ["transB": .int(1)])], ["y"]),
        feeds: ["x": mixed([2, 700])]),
      Weights(
        name: "float16",
        graph: graph(
          ["x: float16"], constants: ["w": .float16([700, 1000], mixed([700, 1000]).doubles.map { Float($0) })],
          [node("y = MatMul(x, w)")], ["y"]),
        feeds: ["x": .float16([1, 700], mixed([1, 700]).doubles.map { Float($0) })]),
      Weights(
        name: "filters",
        graph: graph(["x"], constants: ["w": mixed([301, 300, 3, 3])], [node("y = Conv(x, w)")], ["y"]),
        feeds: ["x": mixed([1, 300, 4, 4])]),
      Weights(
        name: "filters in groups",
        graph: graph(
          ["x"], constants: ["w": mixed([301 * 3, 100, 3, 3])], [node("y = Conv(x, w)", ["group": .int(3)])], ["y"]),
        feeds: ["x": mixed([1, 300, 4, 4])]),
      Weights(
        name: "transposed filters",
        graph: graph(
          ["x"], constants: ["w": mixed([302, 100, 3, 3])], [node("y = ConvTranspose(x, w)", ["group": .int(2)])], ["y"]
        ),
        feeds: ["x": mixed([1, 302, 3, 3])]),
      Weights(
        name: "bytes",
        graph: graph(
          ["x: uint8"], constants: ["w": bytes(.int8, [1001, 1000])], [node("y = MatMulInteger(x, w)")], ["y"]),
        feeds: ["x": bytes(.uint8, [2, 1001])]),
      Weights(
        name: "a dequantised matrix",
        graph: graph(
          ["x"], constants: ["q": bytes(.int8, [700, 1000]), "s": .float32([], [0.01])],
          [node("w = DequantizeLinear(q, s)"), node("y = MatMul(x, w)")], ["y"]),
        feeds: ["x": mixed([2, 700])]),
      Weights(
        name: "a table that is read as it is",
        graph: graph(
          ["i: int64"], constants: ["w": mixed([1000, 700])], [node("y = Gather(w, i)")], ["y"]),
        feeds: ["i": .int64([2], [0, 999])]),
      Weights(
        name: "a weight that may be fed",
        graph: graph(["x", "w"], constants: ["w": mixed([700, 1000])], [node("y = MatMul(x, w)")], ["y"]),
        feeds: ["x": mixed([2, 700])]),
      Weights(
        name: "a weight in both branches",
        graph: graph(
          ["c: bool", "x", "i: int64"], constants: ["w": mixed([700, 1000])],
          [
            node(
              "y = If(c)",
              [
                "then_branch": .graph(graph([], [node("t = MatMul(x, w)")], ["t"])),
                "else_branch": .graph(graph([], [node("e = Gather(w, i)")], ["e"])),
              ])
          ], ["y"]),
        feeds: ["c": .bool([], [true]), "x": mixed([2, 700]), "i": .int64([1], [0])]),
      Weights(
        name: "weights of branches",
        graph: graph(
          ["c: bool", "x"],
          [
            node(
              "y = If(c)",
              [
                "then_branch": .graph(
                  graph([], constants: ["a": mixed([700, 400])], [node("t = MatMul(x, a)")], ["t"])),
                "else_branch": .graph(
                  graph([], constants: ["b": mixed([700, 401])], [node("e = MatMul(x, b)")], ["e"])),
              ])
          ], ["y"]),
        feeds: ["c": .bool([], [false]), "x": mixed([2, 700])]),
      Weights(
        name: "a weight of three nodes, in panels, in strips and as it is",
        graph: graph(
          ["x", "u", "i: int64"], constants: ["w": mixed([400, 5000])],
          [node("y = MatMul(x, w)"), node("z = Gemm(u, w)", ["transB": .int(1)]), node("r = Gather(w, i)")],
          ["y", "z", "r"]),
        feeds: ["x": mixed([2, 400]), "u": mixed([2, 5000]), "i": .int64([1], [399])],
        window: 6 * Filling.rangeByteCount),
      Weights(
        name: "weights the other way round",
        graph: graph(
          ["x"], constants: ["w2": mixed([300, 200]), "b": mixed([300]), "w1": mixed([700, 300])],
          [node("h = MatMul(x, w1)"), node("a = Add(h, b)"), node("y = MatMul(a, w2)")], ["y"]),
        feeds: ["x": mixed([2, 700])]),
      Weights(
        name: "a weight that a pass reads first",
        graph: graph(
          ["x"], constants: ["w": mixed([200, 300]), "a": mixed([300, 400])],
          [node("t = Transpose(w)"), node("h = MatMul(x, t)"), node("k = MatMul(h, w)"), node("y = MatMul(k, a)")],
          ["y"]),
        feeds: ["x": mixed([2, 300])]),
      Weights(
        name: "a weight of a function",
        graph: graph(
          ["x"], constants: ["w": mixed([500, 500])], [node("h = local.Twice(x, w)"), node("y = local.Twice(h, w)")],
          ["y"]),
        feeds: ["x": mixed([2, 500])],
        functions: [function("Twice", ["x", "w"], [node("h = MatMul(x, w)"), node("y = MatMul(h, w)")], ["y"])]),
    ]
  }

  /// No piece of work reads more than one range of a weight, so that a create can pause or stop within any.
  @Test func noPieceReadsMuch() throws {
    for test in SessionBuilderTests.cases { try checkPieces(test) }
  }

  private func checkPieces(_ test: Weights) throws {
    var proto = model(test.graph)
    for function in test.functions { proto = proto.with(function) }
    let bytes = try ModelEncoder().encode(proto).bytes()
    for level in [OptimizationLevel.none, .all] {
      var options = Session.Options()
      options.optimization = level
      let source = CountedSource(bytes)
      let builder = SessionBuilder(source: source, options: options)
      var (before, most, pieces) = (0, 0, 0)
      while try !builder.advance() {
        most = max(most, source.fetched - before)
        before = source.fetched
        pieces += 1
      }
      #expect(most <= Filling.rangeByteCount + 65536, "\(test.name), \(level)")
      #expect(pieces > 5, "\(test.name), \(level)")
      #expect(source.forgotten > 0, "\(test.name), \(level)")
      #expect(source.window <= Int64(test.window), "\(test.name), \(level): \(source.window)")
      let session = Session(try builder.finished())
      let whole = try Session(model: proto, options: options)
      #expect(difference(try session.run(test.feeds)[0]!, try whole.run(test.feeds)[0]!) == nil, "\(test.name)")
    }
  }

  @Test func manyNodesAreImportedInPieces() throws {
    let count = 1000
    let nodes = (0..<count).map { node("v\($0 + 1) = Neg(v\($0))") }
    let source = CountedSource(
      try ModelEncoder().encode(model(graph(["v0"], nodes, ["v\(count)"]))).bytes())
    let builder = SessionBuilder(source: source)
    var pieces = 0
    var progress: [Double] = []
    while try !builder.advance() {
      pieces += 1
      progress.append(builder.progress)
    }
    #expect(pieces > count + 2 * count / 64)
    #expect(progress == progress.sorted())
    #expect(try Session(try builder.finished()).run(["v0": .ramp([2])])[0]?.doubles == [0, 1])
  }

  /// What a weight cannot be read for is told with its node, and nothing stays.
  @Test func weightsThatCannotBeRead() throws {
    final class Broken: ByteSource {
      private let whole: CountedSource
      init(_ whole: CountedSource) {
        self.whole = whole
        super.init(byteCount: whole.byteCount)
      }
      override func fetch(at offset: Int64, count: Int, into target: UnsafeMutableRawPointer) throws(RuntimeError) {
        if whole.fetched > 1_000_000 { throw RuntimeError(.fail, "the wire was cut") }
        try whole.read(at: offset, count: count, into: target)
      }
    }
    let proto = model(
      graph(["x"], constants: ["w": Self.mixed([700, 1000])], [node("y = MatMul(x, w)")], ["y"]))
    let source = Broken(CountedSource(try ModelEncoder().encode(proto).bytes()))
    #expect(
      message { () throws(RuntimeError) in _ = try Session(source: source) } == "node 'y' (MatMul): the wire was cut")
  }

  /// Each level does something that the one below does not.
  @Test func levelsDiffer() throws {
    let proto = model(
      graph(
        ["x"],
        constants: [
          "q": Self.bytes(.int8, [128, 129, 1, 1]), "s": .float32([], [0.01]), "f": Self.mixed([1, 129, 1, 1]),
          "a": .float32([1], [1]), "b": .float32([1], [2]),
        ],
        [
          node("c = Add(a, b)"), node("i = Identity(x)"), node("u = Add(i, c)"), node("v = Add(x, c)"),
          node("w = DequantizeLinear(q, s)"), node("p = Conv(u, w)"), node("r = Conv(v, f)"), node("t = Relu(r)"),
        ], ["p", "t"]))
    let operators: [(OptimizationLevel, String)] = [
      (.none, "Add Identity Add Add DequantizeLinear Conv Conv Relu"),
      (.basic, "Add DequantizeLinear Conv Conv Relu"), (.extended, "Add DequantizeLinear Conv apus.Conv"),
      (.all, "Add Conv apus.Conv"),
    ]
    let x = Self.mixed([1, 129, 2, 2])
    let expected = try Session(proto, .none).run(["x": x])
    for (level, list) in operators {
      let session = try Session(proto, level)
      #expect(session.summary.after.map { $0.qualifiedType.text }.joined(separator: " ") == list, "\(level)")
      for (result, want) in zip(try session.run(["x": x]), expected) { #expect(difference(result!, want!) == nil) }
    }
  }
}
