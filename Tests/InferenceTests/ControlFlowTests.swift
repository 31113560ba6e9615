import Apus
import TestSupport
import Testing

/// Graphs whose course depends on data, plain and optimised.
@Suite struct ControlFlowTests {
  private let one: KeyValuePairs<String, Tensor> = ["one": .int64([], [1]), "go": .bool([], [true])]

  // MARK: Shapes that depend on data

  @Test func nonZeroThenGather() {
    let proto = model(
      graph(
        ["x"], constants: ["axis": .int64([1], [0])],
        [node("n = NonZero(x)"), node("s = Squeeze(n, axis)"), node("g = Gather(x, s)"), node("y = Neg(g)")],
        ["y", "n"]))
    check(
      "some", proto, ["x": .float32([4], [0, 3, 0, 5])], gives: [.float32([2], [-3, -5]), .int64([1, 2], [1, 3])])
    check("none", proto, ["x": .float32([2], [0, 0])], gives: [.float32([0], []), .int64([1, 0], [])])
  }

  @Test func shapesThatAreFed() {
    let proto = model(
      graph(["x", "s: int64"], [node("a = Neg(x)"), node("r = Reshape(a, s)"), node("y = Abs(r)")], ["y", "a"]))
    for dims in [[6], [2, 3], [3, 2], [1, 6, 1]] {
      check(
        "reshape to \(dims)", proto, ["x": .ramp([2, 3]), "s": .int64([dims.count], dims.map { Int64($0) })],
        gives: [.ramp(dims), .ramp([2, 3], by: -1)])
    }
    let expand = model(
      graph(["x", "s: int64"], [node("e = Expand(x, s)"), node("y = ReduceSum(e)", ["keepdims": .int(0)])], ["y"]))
    check("expand", expand, ["x": .ramp([1]), "s": .int64([2], [3, 0])], gives: [.float32([], [0])])
  }

  /// One session, many shapes: plans, successors and arenas are used again and grow.
  @Test func manyRuns() throws {
    for level in levels {
      let session = try Session(
        model(graph(["x"], [node("n = NonZero(x)"), node("t = Transpose(n)"), node("y = Neg(t)")], ["y"])), level)
      for count in [1, 5, 2, 40, 0, 40, 7, 3, 5, 1, 12, 13, 14, 15, 16, 17, 1] {
        let values = (0..<count).map { Float($0 % 3) }
        let expected = values.indices.filter { values[$0] != 0 }.map { Int64(-$0) }
        let result = try session.run(["x": .float32([count], values)])[0]!
        #expect(result.shape.dims == [expected.count, 1] && Array(result.elements(Int64.self)) == expected, "\(count)")
      }
    }
  }

  // MARK: SequenceMap

  @Test func sequenceMap() {
    // Elements of two sequences and a tensor; the body sees the graph around it.
    let body = graph(
      ["a", "b", "c"], [node("s = Add(a, b)"), node("t = Mul(s, c)"), node("u = Add(t, bias)")], ["u", "s"])
    func proto(_ second: String) -> ModelProto {
      model(
        graph(
          ["x", "w"], constants: ["bias": .float32([], [1]), "last": .int64([], [-1])],
          [
            node("p = SequenceConstruct(x, w)"), node("q = SequenceConstruct(\(second))"),
            node("m, n = SequenceMap(p, q, w)", ["body": .graph(body)]), node("y = SequenceAt(m, last)"),
            node("z = ConcatFromSequence(n)", ["axis": .int(0)]), node("l = SequenceLength(m)"),
          ], ["y", "z", "l"]))
    }
    check(
      "two", proto("w, x"), ["x": .ramp([2]), "w": .float32([2], [3, 4])],
      gives: [.float32([2], [10, 21]), .float32([4], [3, 5, 3, 5]), .int64([], [2])])
    #expect(
      message { () throws(RuntimeError) in
        _ = try Session(proto("w"), .all).run(["x": .ramp([2]), "w": .ramp([2])])
      }.contains("input 1 must be a sequence of 2 elements, got 1"))
    let none = model(
      graph(
        ["x"],
        [
          node("p = SequenceEmpty()"),
          node("m = SequenceMap(p)", ["body": .graph(graph(["a"], [node("b = Neg(a)")], ["b"]))]),
          node("y = SequenceLength(m)"),
        ], ["y"]))
    check("none", none, ["x": .ramp([1])], gives: [.int64([], [0])])
  }

  // MARK: If

  @Test func branchesOfOtherShapes() {
    let then = graph([], [node("t = Concat(x, x)", ["axis": .int(0)])], ["t"])
    let otherwise = graph([], [node("e = ReduceSum(x)")], ["e"])
    let proto = model(
      graph(
        ["c: bool", "x"],
        [node("r = If(c)", ["then_branch": .graph(then), "else_branch": .graph(otherwise)]), node("y = Neg(r)")],
        ["y", "r"]))
    check(
      "then", proto, ["c": .bool([], [true]), "x": .ramp([2])],
      gives: [.float32([4], [0, -1, 0, -1]), .float32([4], [0, 1, 0, 1])])
    check(
      "else", proto, ["c": .bool([1], [false]), "x": .ramp([3])], gives: [.float32([1], [-3]), .float32([1], [3])])
  }

  /// A branch may answer what it captured, or a constant, and have no node at all; an arena is not written under it.
  @Test func branchesWithoutNodes() {
    let then = graph([], [], ["a"])
    let otherwise = graph([], constants: ["k": .float32([1], [7])], [], ["k"])
    let proto = model(
      graph(
        ["c: bool", "x"],
        [
          node("a = Neg(x)"), node("r = If(c)", ["then_branch": .graph(then), "else_branch": .graph(otherwise)]),
          node("b = Exp(x)"), node("d = Abs(b)"), node("y = Add(r, d)"),
        ], ["y", "r"]))
    check(
      "captured", proto, ["c": .bool([], [true]), "x": .float32([2], [0, 0])],
      gives: [.float32([2], [1, 1]), .float32([2], [0, 0])])
    check(
      "constant", proto, ["c": .bool([], [false]), "x": .float32([2], [0, 0])],
      gives: [.float32([2], [8, 8]), .float32([1], [7])])
  }

  @Test func wrongBranches() {
    func text(_ then: GraphProto, _ otherwise: GraphProto, _ c: Tensor = .bool([], [true])) -> String {
      let proto = model(
        graph(
          ["c: \(c.type.name)"], [node("y = If(c)", ["then_branch": .graph(then), "else_branch": .graph(otherwise)])],
          ["y"]))
      return message { () throws(RuntimeError) in _ = try Session(proto, .none).run(["c": c]) }
    }
    let good = graph([], constants: ["k": .float32([], [1])], [], ["k"])
    #expect(
      text(good, graph(["i"], [], ["i"]))
        == "node 'y' (If): a branch must take no inputs and yield 1 outputs, it takes 1 and yields 1")
    #expect(
      text(good, graph([], constants: ["k": .float32([], [1])], [], ["k", "k"])).contains("it takes 0 and yields 2"))
    #expect(text(good, good, .bool([2], [true, false])) == "node 'y' (If): input 0 must be one bool, got bool [2]")
    #expect(text(good, good, .float32([], [1])) == "node 'y' (If): input 0 may not be of type float32")
    let broken = graph([], constants: ["a": .ramp([2]), "b": .ramp([3])], [node("t = Add(a, b)")], ["t"])
    #expect(text(broken, good) == "node 't' (Add): shapes [2] and [3] do not broadcast")
  }

  // MARK: Loop

  /// v = v + v · i, and stacks v and i.
  private var counting: GraphProto {
    graph(
      ["i: int64", "c: bool", "v: int64"],
      [node("p = Mul(v, i)"), node("w = Add(v, p)"), node("o = Identity(c)"), node("j = Identity(i)")],
      ["o", "w", "w: int64 [2]", "j: int64 []"])
  }

  @Test func scanOutputs() {
    let proto = model(
      graph(
        ["n: int64", "v: int64"], [node("w, s, j = Loop(n, -, v)", ["body": .graph(counting)]), node("y = Neg(s)")],
        ["w", "y", "j"]))
    check(
      "three trips", proto, ["n": .int64([], [3]), "v": .int64([2], [1, 2])],
      gives: [.int64([2], [6, 12]), .int64([3, 2], [-1, -2, -2, -4, -6, -12]), .int64([3], [0, 1, 2])])
    for trips in [0, -4] as [Int64] {
      check(
        "\(trips) trips", proto, ["n": .int64([1], [trips]), "v": .int64([2], [1, 2])],
        gives: [.int64([2], [1, 2]), .int64([0, 2], []), .int64([0], [])])
    }
  }

  @Test func conditions() {
    let body = graph(
      ["i: int64", "c: bool", "v: int64"], constants: ["limit": .int64([], [20]), "two": .int64([], [2])],
      [node("w = Mul(v, two)"), node("o = Less(w, limit)")], ["o", "w", "v"])
    let proto = model(
      graph(["n: int64", "c: bool", "v: int64"], [node("w, s = Loop(n, c, v)", ["body": .graph(body)])], ["w", "s"]))
    check(
      "until it says stop", proto, ["n": .int64([], [100]), "c": .bool([], [true]), "v": .int64([], [3])],
      gives: [.int64([], [24]), .int64([3], [3, 6, 12])])
    check(
      "the limit first", proto, ["n": .int64([], [1]), "c": .bool([], [true]), "v": .int64([], [3])],
      gives: [.int64([], [6]), .int64([1], [3])])
    // Without a declared type a loop that never runs yields float32.
    check(
      "never", proto, ["n": .int64([], [5]), "c": .bool([], [false]), "v": .int64([], [3])],
      gives: [.int64([], [3]), .float32([0], [])])
    let endless = model(graph(["v: int64"], [node("w, s = Loop(-, -, v)", ["body": .graph(body)])], ["w", "s"]))
    check("no limit", endless, ["v": .int64([], [9])], gives: [.int64([], [36]), .int64([2], [9, 18])])
  }

  @Test func nothingCarried() {
    let body = graph(["i: int64", "c: bool"], [node("s = Mul(i, i)"), node("o = Identity(c)")], ["o", "s"])
    let proto = model(graph(["n: int64"], [node("y = Loop(n, -)", ["body": .graph(body)])], ["y"]))
    check("squares", proto, ["n": .int64([], [4])], gives: [.int64([4], [0, 1, 4, 9])])
  }

  /// What is carried may change its shape from trip to trip.
  @Test func growing() {
    let body = graph(
      ["i: int64", "c: bool", "v"], [node("w = Concat(v, x)", ["axis": .int(0)]), node("o = Identity(c)")], ["o", "w"])
    let proto = model(
      graph(
        ["n: int64", "x"], [node("y = Loop(n, -, x)", ["body": .graph(body)]), node("z = ReduceSum(y)")], ["y", "z"]))
    check(
      "grown", proto, ["n": .int64([], [11]), "x": .float32([1], [2])],
      gives: [.float32([12], Array(repeating: 2, count: 12)), .float32([1], [24])])
  }

  /// A loop in a loop; the inner one captures from all three levels.
  @Test func nestedLoops() {
    let inner = graph(
      ["j: int64", "d: bool", "u: int64"],
      [node("a = Mul(i, k)"), node("b = Add(a, j)"), node("t = Add(u, b)"), node("e = Identity(d)")], ["e", "t", "b"])
    let outer = graph(
      ["i: int64", "c: bool", "v: int64"],
      [node("w, s = Loop(n, -, v)", ["body": .graph(inner)]), node("o = Identity(c)")], ["o", "w", "s"])
    let proto = model(
      graph(
        ["m: int64", "n: int64", "k: int64"], constants: ["zero": .int64([], [0])],
        [node("y, s = Loop(m, -, zero)", ["body": .graph(outer)])], ["y", "s"]))
    check(
      "2 x 3", proto, ["m": .int64([], [2]), "n": .int64([], [3]), "k": .int64([], [10])],
      gives: [.int64([], [36]), .int64([2, 3], [0, 1, 2, 10, 11, 12])])
  }

  /// An If in a Loop whose branches differ in what they capture.
  @Test func ifInALoop() {
    let then = graph([], [node("t = Add(v, x)")], ["t"])
    let otherwise = graph([], [node("e = Mul(v, x)")], ["e"])
    let body = graph(
      ["i: int64", "c: bool", "v"], constants: ["one": .int64([], [1])],
      [
        node("q = Less(i, one)"), node("w = If(q)", ["then_branch": .graph(then), "else_branch": .graph(otherwise)]),
        node("o = Identity(c)"),
      ], ["o", "w"])
    let proto = model(graph(["n: int64", "x"], [node("y = Loop(n, -, x)", ["body": .graph(body)])], ["y"]))
    check(
      "x + x, then times x twice", proto, ["n": .int64([], [3]), "x": .float32([2], [1, 3])],
      gives: [.float32([2], [2, 54])])
  }

  @Test func scanShapesMustAgree() {
    let body = graph(
      ["i: int64", "c: bool", "v"], [node("w = Concat(v, v)", ["axis": .int(0)]), node("o = Identity(c)")],
      ["o", "w", "w"])
    let proto = model(graph(["n: int64", "x"], [node("y, s = Loop(n, -, x)", ["body": .graph(body)])], ["s"]))
    let text = message { () throws(RuntimeError) in
      _ = try Session(proto, .all).run(["n": .int64([], [2]), "x": .ramp([1])])
    }
    #expect(text == "node 'y' (Loop): every iteration must yield the same shape, got [2] and [4]")
  }

  @Test func strings() {
    let body = graph(
      ["i: int64", "c: bool", "v: string"], [node("o = Identity(c)"), node("w = Identity(v)")], ["o", "w", "v"])
    let proto = model(
      graph(
        ["n: int64", "s: string", "p: int64"],
        [node("g = Gather(s, p)"), node("r = Reshape(g, p)"), node("y, z = Loop(n, -, g)", ["body": .graph(body)])],
        ["y", "z", "r"]))
    check(
      "strings", proto, ["n": .int64([], [2]), "s": .strings([3], ["a", "ü", ""]), "p": .int64([2], [2, 1])],
      gives: [.strings([2], ["", "ü"]), .strings([2, 2], ["", "ü", "", "ü"]), .strings([2, 1], ["", "ü"])])
  }

  // MARK: Scan

  private let sums = graph(["s", "x"], [node("t = Add(s, x)"), node("u = Identity(t)")], ["t", "u: float32 [2]"])

  @Test func scans() {
    func proto(_ attributes: KeyValuePairs<String, AttributeProto.Value>) -> ModelProto {
      var scan = node("t, u = Scan(s, x)")
      scan.attributes = [AttributeProto("body", .graph(sums)), AttributeProto("num_scan_inputs", .int(1))]
      scan.attributes += attributes.map { AttributeProto(Name(text: $0.key), $0.value) }
      return model(graph(["s", "x"], [scan], ["t", "u"]))
    }
    let (s, x) = (Tensor.float32([2], [0, 0]), Tensor.ramp([3, 2], from: 1))
    check(
      "forwards", proto([:]), ["s": s, "x": x],
      gives: [.float32([2], [9, 12]), .float32([3, 2], [1, 2, 4, 6, 9, 12])])
    check(
      "backwards", proto(["scan_input_directions": .ints([1])]), ["s": s, "x": x],
      gives: [.float32([2], [9, 12]), .float32([3, 2], [5, 6, 8, 10, 9, 12])])
    check(
      "output backwards", proto(["scan_output_directions": .ints([1])]), ["s": s, "x": x],
      gives: [.float32([2], [9, 12]), .float32([3, 2], [9, 12, 4, 6, 1, 2])])
    check(
      "along other axes", proto(["scan_input_axes": .ints([1]), "scan_output_axes": .ints([-1])]),
      ["s": s, "x": .float32([2, 3], [1, 3, 5, 2, 4, 6])],
      gives: [.float32([2], [9, 12]), .float32([2, 3], [1, 4, 9, 2, 6, 12])])
    check("no slices", proto([:]), ["s": s, "x": .ramp([0, 2])], gives: [s, .ramp([0, 2])])
    let text = message { () throws(RuntimeError) in
      _ = try Session(proto(["scan_input_axes": .ints([0, 1])]), .none)
    }
    #expect(text.contains("must be given for all of 1 values, got 2"))
  }

  @Test func scanOfOpset8HasABatch() {
    var scan = node("t, u = Scan(-, s, x)")
    scan.attributes = [AttributeProto("body", .graph(sums)), AttributeProto("num_scan_inputs", .int(1))]
    let proto = model(graph(["s", "x"], [scan], ["t", "u"]), opset: 8)
    check(
      "two of them", proto, ["s": .float32([2, 2], [0, 0, 10, 10]), "x": .ramp([2, 2, 2])],
      gives: [.float32([2, 2], [2, 4, 20, 22]), .float32([2, 2, 2], [0, 1, 2, 4, 14, 15, 20, 22])])
    scan.inputs[0] = "l"
    check(
      "of one and two steps", model(graph(["l: int64", "s", "x"], [scan], ["t", "u"]), opset: 8),
      ["l": .int64([2], [1, 2]), "s": .float32([2, 2], [0, 0, 10, 10]), "x": .ramp([2, 2, 2])],
      gives: [.float32([2, 2], [0, 1, 20, 22]), .float32([2, 2, 2], [0, 1, 0, 0, 14, 15, 20, 22])])
  }

  @Test func bodiesMustFit() {
    let body = graph(["i: int64", "c: bool"], [], ["c"])
    let loop = model(graph(["n: int64", "x"], [node("y = Loop(n, -, x)", ["body": .graph(body)])], ["y"]))
    #expect(message { () throws(RuntimeError) in _ = try Session(loop, .none) }.contains("must take 3 inputs"))
    let scan = model(graph(["x"], [node("t, u = Scan(x)", ["body": .graph(sums), "num_scan_inputs": .int(1)])], ["t"]))
    #expect(
      message { () throws(RuntimeError) in _ = try Session(scan, .none) }.contains(
        "must take 0 states and 1 slices, it takes 2 inputs"))
    let missing = model(graph(["n: int64"], [node("y = Loop(n, -)")], ["y"]))
    #expect(
      message { () throws(RuntimeError) in _ = try Session(missing, .none) }.contains("attribute 'body' is missing"))
    let many = model(
      graph(
        ["n: int64"], [node("y, z = Loop(n, -)", ["body": .graph(graph(["i: int64", "c: bool"], [], ["c", "i"]))])],
        ["y", "z"]))
    #expect(
      message { () throws(RuntimeError) in _ = try Session(many, .none).run(["n": .int64([], [2])]) }
        .contains("the operator has 1 outputs, got 2"))
  }
}
