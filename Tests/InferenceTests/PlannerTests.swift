import Apus
import TestSupport
import Testing

@testable import Inference

/// Plans of whole graphs: what is folded, where values lie, and which plans are kept.
@Suite struct PlannerTests {
  private func program(_ model: ModelProto, level: OptimizationLevel = .none) throws -> (Program, Allocator) {
    var options = Session.Options()
    options.optimization = level
    let builder = SessionBuilder(model: model, options: options)
    while try !builder.advance() {}
    let ready = try builder.finished()
    return (ready.program, ready.allocator)
  }

  private func plan(_ model: ModelProto, _ inputs: Tensor...) throws -> (Plan, Program) {
    let (program, allocator) = try program(model)
    return (try program.plan(for: inputs.map { .tensor($0) }, platform: .serial, allocator: allocator), program)
  }

  /// The offset of each value that has a place.
  private func offsets(_ plan: Plan, _ program: Program) -> [String: Int] {
    Dictionary(
      uniqueKeysWithValues: plan.schedule.placements.map {
        (program.graph.valueName($0.value).text, plan.offsets[$0.buffer])
      })
  }

  private let x = Tensor.ramp([4, 4])

  // MARK: Memory

  @Test func inPlace() throws {
    let cases: [(String, [NodeProto], [String], same: [(String, String)], different: [(String, String)])] = [
      ("a chain", [node("a = Neg(x)"), node("b = Abs(a)"), node("y = Exp(b)")], ["y"], [("a", "b"), ("b", "y")], []),
      (
        "read later", [node("a = Neg(x)"), node("b = Abs(a)"), node("y = Add(a, b)")], ["y"], [("a", "y")], [("a", "b")]
      ),
      ("the second operand", [node("a = Neg(x)"), node("y = Sub(x, a)")], ["y"], [("a", "y")], []),
      ("an output", [node("a = Neg(x)"), node("y = Abs(a)")], ["y", "a"], [], [("a", "y")]),
      (
        "another shape", [node("a = ReduceSum(x)"), node("b = Neg(a)"), node("y = Add(x, b)")], ["y"], [("a", "b")],
        [("b", "y")]
      ),
      ("another width", [node("a = Neg(x)"), node("y = Greater(a, x)")], ["y"], [], [("a", "y")]),
      ("not elementwise", [node("a = Neg(x)"), node("y = Transpose(a)")], ["y"], [], [("a", "y")]),
      ("through a view", [node("a = Neg(x)"), node("v = Flatten(a)"), node("y = Abs(v)")], ["y"], [("a", "y")], []),
      (
        "a view that is read later",
        [node("a = Neg(x)"), node("v = Flatten(a)"), node("b = Abs(a)"), node("y = Add(v, b)")], ["y"], [], [("a", "b")]
      ),
      (
        "a view that is an output", [node("a = Neg(x)"), node("v = Flatten(a)"), node("y = Abs(a)")], ["y", "v"], [],
        [("a", "y")]
      ),
      ("read again as a third input", [node("a = Neg(x)"), node("y = Sum(a, x, a)")], ["y"], [], [("a", "y")]),
      (
        "a third input of its own", [node("a = Neg(x)"), node("b = Abs(x)"), node("y = Sum(a, x, b)")], ["y"],
        [("a", "y")], []
      ),
    ]
    for (name, nodes, outputs, same, different) in cases {
      let (plan, program) = try plan(model(graph(["x"], nodes, outputs)), x)
      let offsets = offsets(plan, program)
      for (a, b) in same { #expect(offsets[a] == offsets[b] && offsets[a] != nil, "\(name): \(a), \(b) in \(offsets)") }
      for (a, b) in different {
        #expect(offsets[a] != offsets[b] && offsets[a] != nil, "\(name): \(a), \(b) in \(offsets)")
      }
    }
  }

  /// Every graph above with its numbers: what is overwritten too early shows.
  @Test func inPlaceNumbers() {
    let x = Tensor.float32([2, 2], [1, -2, 3, -4])
    let cases: [(String, [NodeProto], [Float])] = [
      ("sum with itself", [node("a = Neg(x)"), node("y = Sum(a, x, a)")], [-1, 2, -3, 4]),
      ("sum of a view", [node("a = Neg(x)"), node("v = Flatten(a)"), node("y = Sum(a, x, v)")], [-1, 2, -3, 4]),
      ("mean of four", [node("a = Neg(x)"), node("y = Mean(a, a, x, a)")], [-0.5, 1, -1.5, 2]),
      ("twice itself", [node("a = Neg(x)"), node("y = Mul(a, a)")], [1, 4, 9, 16]),
      ("a broadcast row", [node("a = Neg(x)"), node("r = ReduceMax(a)"), node("y = Sub(r, a)")], [5, 2, 7, 0]),
    ]
    for (name, nodes, values) in cases {
      check(name, model(graph(["x"], nodes, ["y"])), ["x": x], gives: [.float32([2, 2], values)])
    }
  }

  /// What a node leaves as it is, for shapes as they are, is the memory of its input; and no longer where they are others.
  @Test func whatMovesNothing() throws {
    let constants: KeyValuePairs<String, Tensor> = [
      "ones": .int64([3], [1, 1, 1]), "zero": .int64([1], [0]), "all": .int64([1], [.max]), "one": .int64([1], [1]),
      "end": .int64([1], [-1]), "start": .int64([1], [.min]),
    ]
    let cases: [(NodeProto, still: [[Int]], moved: [[Int]])] = [
      (
        node("v = Transpose(a)", ["perm": .ints([1, 0, 2])]), [[1, 2, 3], [2, 1, 3], [1, 1, 4], [1, 5, 1]], [[2, 2, 3]]
      ),
      (node("v = Transpose(a)", ["perm": .ints([2, 0, 1])]), [[2, 3, 1], [1, 1, 4]], [[1, 2, 3], [2, 1, 3]]),
      (node("v = Expand(a, ones)"), [[2, 3], [2, 1, 3]], []),
      (node("v = Expand(a, s)"), [[2, 3], [1, 1, 3]], []),
      (node("v = Slice(a, zero, all)"), [[2, 3], [4]], []),
      (node("v = Slice(a, zero, all, zero, one)"), [[2, 3], [4]], []),
      (node("v = Slice(a, end, start, zero, end)"), [[1, 3]], [[2, 3], [3]]),
      (node("v = Slice(a, zero, one)"), [[1, 3], [1]], [[2, 3], [3]]),
    ]
    for (tested, still, moved) in cases {
      let nodes = [node("s = Shape(x)"), node("a = Neg(x)"), tested, node("y = Abs(v)")]
      let proto = model(graph(["x"], constants: constants, nodes, ["y"]))
      let session = try SessionUnderTest(proto)
      for (dims, stays) in still.map({ ($0, true) }) + moved.map({ ($0, false) }) + still.map({ ($0, true) }) {
        let made = try session.session.run(["x": .ramp(dims)])[0]!
        let plan = session.program.plans.last!.plan
        let name = "\(tested.opType) of \(dims)"
        #expect(plan.steps.contains { $0.manner == .placed } == stays, "\(name)")
        #expect(Set(plan.schedule.placements.map(\.buffer)).count == (stays ? 1 : 2), "\(name)")
        // With the value asked for, and so kept from what comes behind it.
        let kept = try SessionUnderTest(model(graph(["x"], constants: constants, nodes, ["y", "v", "a"]))).session
        let values = try kept.run(["x": .ramp(dims)])
        #expect(values[0]!.bytesForTest == made.bytesForTest && values[1]!.shape == made.shape, "\(name)")
        #expect((values[1]!.bytesForTest == values[2]!.bytesForTest) == stays, "\(name)")
        checkPlaces(plan)
      }
    }
    // Of an input of the model, and of a constant.
    let outer = [node("v = Transpose(x)"), node("w = Transpose(c)"), node("y = Add(v, w)")]
    check(
      "inputs and constants", model(graph(["x"], constants: ["c": .float32([1, 3], [1, 2, 3])], outer, ["y", "v"])),
      ["x": .float32([1, 3], [1, 1, 1])], gives: [.float32([3, 1], [2, 3, 4]), .float32([3, 1], [1, 1, 1])])
  }

  @Test func memoryIsUsedAgain() throws {
    let nodes = (0..<20).map { node("v\($0 + 1) = Transpose(v\($0))") }
    let (plan, _) = try plan(model(graph(["v0"], nodes, ["v20"])), x)
    #expect(plan.arenaByteCount == 128)
  }

  // MARK: Folding

  /// Shape → Gather → Concat → Reshape, as exporters write it.
  @Test func shapeArithmeticFolds() throws {
    let nodes = [
      node("s = Shape(x)"), node("b = Gather(s, zero)"), node("u = Unsqueeze(b, axes)"),
      node("c = Concat(u, rest)", ["axis": .int(0)]),
      node("y = Reshape(x, c)"),
    ]
    let proto = model(
      graph(
        ["x"], constants: ["zero": .int64([], [0]), "axes": .int64([1], [0]), "rest": .int64([1], [-1])], nodes, ["y"]))
    let (plan, program) = try plan(proto, .ramp([2, 3, 4]))
    #expect(plan.steps.count == 1 && plan.end == 5)
    #expect(plan.schedule.folded.map { program.graph.valueName($0).text } == ["s", "b", "u", "c"])
    check("batch of 2", proto, ["x": .ramp([2, 3, 4])], gives: [.ramp([2, 12])])
    check("batch of 3", proto, ["x": .ramp([3, 2])], gives: [.ramp([3, 2])])
  }

  @Test func whatIsNotFolded() throws {
    let constants: KeyValuePairs<String, Tensor> = ["n": .int64([1], [20000]), "c": .float32([2], [1, 2])]
    let cases: [(String, [NodeProto], steps: Int)] = [
      ("big", [node("y = ConstantOfShape(n)")], 1), ("small", [node("y = Neg(c)")], 0),
      ("fed", [node("y = Add(x, c)")], 1),
      ("data-dependent", [node("y = NonZero(c)")], 1),
    ]
    for (name, nodes, steps) in cases {
      let (plan, _) = try plan(model(graph(["x"], constants: constants, nodes, ["y"])), .ramp([2]))
      #expect(plan.steps.count == steps, "\(name)")
    }
  }

  /// Nodes of which nobody wants anything are not run, of whatever kind they are.
  @Test func nothingWanted() throws {
    let branch = graph([], [node("t = Neg(x)")], ["t"])
    let nodes = [
      node("- = Flatten(x)"), node("- = Neg(x)"),
      node("- = If(c)", ["then_branch": .graph(branch), "else_branch": .graph(branch)]),
      node("y = Neg(x)"),
    ]
    let proto = model(graph(["x", "c: bool"], nodes, ["y"]))
    #expect(try plan(proto, .ramp([2]), .bool([], [true])).0.steps.count == 1)
    check("nothing wanted", proto, ["x": .ramp([2]), "c": .bool([], [true])], gives: [.float32([2], [0, -1])])
  }

  // MARK: Plans

  @Test func plansAreKeptByShape() throws {
    let (program, allocator) = try program(model(graph(["x"], [node("y = Neg(x)")], ["y"])))
    func plan(_ dims: [Int]) throws -> Plan {
      try program.plan(for: [.tensor(.ramp(dims))], platform: .serial, allocator: allocator)
    }
    let first = try plan([0])
    #expect(try plan([0]) === first)
    for i in 1..<8 { _ = try plan([i]) }
    // Eight are kept; the first was used last, so the second goes when a ninth comes.
    #expect(try plan([0]) === first)
    let second = try plan([1])
    #expect(try plan([0]) === first && plan([1]) === second)
    for i in 2..<8 { _ = try plan([i]) }
    _ = try plan([8])
    #expect(program.plans.count == 8)
    #expect(try plan([1]) === second)
    #expect(try plan([0]) !== first)
  }

  @Test func signatures() throws {
    let (program, allocator) = try program(model(graph(["x", "y"], [node("z = Add(x, y)")], ["z"])))
    func plan(_ x: Tensor, _ y: Tensor) throws -> Plan {
      try program.plan(for: [.tensor(x), .tensor(y)], platform: .serial, allocator: allocator)
    }
    let one = try plan(.ramp([2, 1]), .ramp([3]))
    #expect(try plan(.ramp([2]), .ramp([1, 3].reversed())) !== one)
    #expect(try plan(.ramp([2, 1]), .ramp([3], from: 7)) === one)
    #expect(try plan(.float64([2, 1], [1, 2]), .float64([3], [1, 2, 3])) !== one)
  }

  /// All that a plan says but for the places of its buffers.
  private func text(_ plan: Plan) -> String {
    let steps = plan.steps.map { "\($0.node) \($0.manner)" } + plan.outputFacts.map { "\($0.map(\.shape))" }
    let places = zip(plan.schedule.placements, plan.shapes).map { "\($0.value) \($0.buffer) \($1.dims)" }
    let folded = zip(plan.schedule.folded, plan.folded).map { "\($0) \($1.shape.dims) \($1.bytesForTest)" }
    return "\(steps)\n\(places)\n\(folded)\n\(plan.scratchByteCount) to \(plan.end)"
  }

  /// Every value lies within the arena, and clear of those in buffers that are needed at the same time.
  private func checkPlaces(_ plan: Plan) {
    let ranges = zip(plan.schedule.placements, plan.shapes).map { placement, shape in
      let start = plan.offsets[placement.buffer]
      return start..<start + max(1, placement.type.byteCount(shape.count))
    }
    for (i, a) in plan.schedule.placements.enumerated() {
      #expect(ranges[i].upperBound <= plan.arenaByteCount)
      for (j, b) in plan.schedule.placements.enumerated() where a.buffer != b.buffer {
        let (one, other) = (plan.schedule.buffers[a.buffer], plan.schedule.buffers[b.buffer])
        if one.first <= other.last, other.first <= one.last { #expect(!ranges[i].overlaps(ranges[j])) }
      }
    }
  }

  /// What is taken over from the plan before: a plan comes out as from nothing, whichever one was made before it.
  @Test func planAfterPlan() throws {
    let nodes = [
      node("k = Concat(past, new)", ["axis": .int(0)]), node("s = Shape(k)"), node("n = Gather(s, zero)"),
      node("r = Range(zero, n, one)"), node("rf = Cast(r)", ["to": .int(1)]), node("scaled = Mul(q, c)"),
      node("kt = Transpose(k)"), node("scores = MatMul(scaled, kt)"), node("masked = Sub(scores, rf)"),
      node("p = Softmax(masked)"), node("o = MatMul(p, k)"), node("qs = Shape(q)"), node("v = Reshape(o, qs)"),
      node("a = Add(v, q)"), node("b = Relu(a)"), node("y = Neg(b)"),
    ]
    let proto = model(
      graph(
        ["past", "new", "q"],
        constants: ["zero": .int64([], [0]), "one": .int64([], [1]), "c": .float32([], [0.5])], nodes, ["y", "k"]))
    func feeds(_ past: Int, _ queries: Int) -> [Tensor] { [.ramp([past, 4]), .ramp([1, 4]), .ramp([queries, 4])] }
    let (program, allocator) = try program(proto)
    let sizes = [(3, 1), (4, 1), (5, 1), (5, 2), (0, 2), (0, 1), (3, 0), (6, 1), (70, 1), (71, 1), (200, 2)]
    for (past, queries) in sizes {
      let inputs = feeds(past, queries).map { Value.tensor($0) }
      let (fresh, freshAllocator) = try self.program(proto)
      let expected = try fresh.plan(for: inputs, platform: .serial, allocator: freshAllocator)
      let planned = try program.plan(for: inputs, platform: .serial, allocator: allocator)
      #expect(text(planned) == text(expected), "past \(past), queries \(queries)")
      checkPlaces(planned)
    }
    // And the numbers of one session whose shapes change are those of sessions of their own.
    let session = try SessionUnderTest(proto).session
    for (past, queries) in [(3, 1), (4, 1), (5, 1), (6, 2), (7, 2)] {
      let tensors = feeds(past, queries)
      let fed: KeyValuePairs = ["past": tensors[0], "new": tensors[1], "q": tensors[2]]
      let own = try SessionUnderTest(proto).session.run(fed)
      let outputs = try session.run(fed)
      for (a, b) in zip(outputs, own) { #expect(a!.bytesForTest == b!.bytesForTest, "past \(past)") }
    }
  }

  /// Plans of sizes that fit in the same places have those, and one schedule; so what lies there need not be touched.
  @Test func sizesThatGrow() throws {
    let proto = model(
      graph(
        ["past", "new"], [node("all = Concat(past, new)", ["axis": .int(0)]), node("y = Neg(all)")], ["y", "all"]))
    let (program, allocator) = try program(proto)
    let plans = try (100..<140).map { past in
      try program.plan(
        for: [.tensor(.ramp([past, 16])), .tensor(.ramp([1, 16]))], platform: .serial, allocator: allocator)
    }
    for plan in plans { checkPlaces(plan) }
    #expect(plans.allSatisfy { $0.schedule === plans[0].schedule })
    // 101 rows of 64 bytes are what they are; from 102 on there is room for an eighth of a power of two.
    #expect(Set(plans.map { $0.arenaByteCount / 128 }) == [101, 104, 112, 120, 128, 144])
  }

  /// A node that cuts the plan where one further on did so before, and then no longer: what is too large to be folded
  /// is not known to what comes behind it.
  @Test func cutsThatMove() throws {
    let nodes = [
      node("s = Shape(x)"), node("n = Squeeze(s)"), node("r = Range(zero, n, one)"), node("two = Slice(r, t, u)"),
      node("a = ConstantOfShape(two)"), node("b = NonZero(w)"), node("y = Expand(x, s)"),
    ]
    let constants: KeyValuePairs<String, Tensor> = [
      "zero": .int64([], [0]), "one": .int64([], [1]), "t": .int64([1], [2]), "u": .int64([1], [3]),
    ]
    let proto = model(graph(["x", "w"], constants: constants, nodes, ["y", "a", "b"]))
    let made = try SessionUnderTest(proto)
    for (count, cut) in [(10, 6), (9000, 5), (10, 6), (12, 6), (9001, 5), (9000, 5), (11, 6)] {
      let fed: KeyValuePairs = ["x": Tensor.ramp([count]), "w": .ramp([3], from: 1)]
      let outputs = try made.session.run(fed)
      #expect(outputs.map { $0!.shape.dims } == [[count], [2], [1, 3]], "\(count)")
      #expect(made.program.plans.last!.plan.end == cut, "\(count)")
    }
  }

  /// Nodes that do the same with inputs of the same facts share them; those that only look alike do not.
  @Test func twins() throws {
    let constants: KeyValuePairs<String, Tensor> = [
      "flat": .int64([1], [-1]), "rows": .int64([2], [-1, 2]), "one": .int64([1], [1]), "two": .int64([1], [2]),
    ]
    let cases: [(String, [NodeProto], [String], shapes: [[Int]])] = [
      ("the same", [node("a = Reshape(x, flat)"), node("b = Reshape(y, flat)")], ["a", "b"], [[4], [4]]),
      ("other elements", [node("a = Reshape(x, flat)"), node("b = Reshape(y, rows)")], ["a", "b"], [[4], [2, 2]]),
      ("other shapes", [node("a = Flatten(x)"), node("b = Flatten(z)")], ["a", "b"], [[2, 2], [2, 3]]),
      (
        "other attributes", [node("a = ReduceSum(x, one)"), node("b = ReduceSum(y, one)", ["keepdims": .int(0)])],
        ["a", "b"], [[2, 1], [2]]
      ),
      (
        "other axes", [node("a = Unsqueeze(x, one)"), node("b = Unsqueeze(y, two)")], ["a", "b"],
        [[2, 1, 2], [2, 2, 1]]
      ),
      (
        "what is computed from shapes",
        [node("s = Shape(x)"), node("t = Shape(z)"), node("a = Expand(one, s)"), node("b = Expand(one, t)")],
        ["a", "b"], [[2, 2], [2, 3]]
      ),
      (
        "an output that nobody wants",
        [node("a, - = Split(x)", ["num_outputs": .int(2)]), node("b, c = Split(y)", ["num_outputs": .int(2)])],
        ["a", "b", "c"], [[1, 2], [1, 2], [1, 2]]
      ),
    ]
    for (name, nodes, outputs, shapes) in cases {
      let proto = model(graph(["x", "y", "z"], constants: constants, nodes, outputs))
      let fed: KeyValuePairs = ["x": Tensor.ramp([2, 2]), "y": .ramp([2, 2], from: 7), "z": .ramp([2, 3])]
      let made = try SessionUnderTest(proto).session.run(fed)
      #expect(made.map { $0!.shape.dims } == shapes, "\(name)")
    }
    // Facts that change for one of two do so for that one only.
    let (program, allocator) = try program(
      model(graph(["x", "y"], [node("a = Relu(x)"), node("b = Relu(y)")], ["a", "b"])))
    for (x, y) in [([2], [2]), ([2], [3]), ([3], [3]), ([4], [3])] as [([Int], [Int])] {
      let plan = try program.plan(
        for: [.tensor(.ramp(x)), .tensor(.ramp(y))], platform: .serial, allocator: allocator)
      #expect(plan.shapes.map(\.dims) == [x, y])
    }
    #expect(program.steps.map(\.twin) == [nil, 0])
  }

  /// A body is planned for each shape it is entered with, and a successor after another successor.
  @Test func successorAfterSuccessor() throws {
    let proto = model(
      graph(
        ["x", "w"],
        [
          node("n = NonZero(x)"), node("t = Transpose(n)"), node("f = Cast(t)", ["to": .int(1)]),
          node("y = MatMul(f, w)"),
        ],
        ["y"]))
    let session = try SessionUnderTest(proto).session
    for values in [[1, 0, 2], [0, 5, 2], [0, 0, 0], [1, 0, 1], [1, 1, 1]] as [[Float]] {
      for columns in [2, 3] {
        let fed: KeyValuePairs = ["x": Tensor.float32([3], values), "w": .ramp([1, columns])]
        let own = try SessionUnderTest(proto).session.run(fed)[0]!
        #expect(try session.run(fed)[0]!.bytesForTest == own.bytesForTest, "\(values), \(columns) columns")
      }
    }
  }

  /// Behind a step whose shape depends on data a plan goes on in a successor, kept by the shapes that were made.
  @Test func successors() throws {
    let proto = model(graph(["x"], [node("n = NonZero(x)"), node("t = Transpose(n)"), node("y = Neg(t)")], ["y"]))
    let session = try SessionUnderTest(proto)
    for (values, count) in [([1, 0, 2], 1), ([0, 5, 2], 1), ([0, 0, 0], 2), ([1, 0, 1], 2), ([1, 1, 1], 3)]
      as [([Float], Int)]
    {
      _ = try session.session.run(["x": .float32([3], values)])
      #expect(session.program.plans.count == 1)
      #expect(session.program.plans[0].plan.end == 1)
      #expect(session.program.plans[0].plan.successors.count == count, "\(values)")
    }
  }
}

extension Tensor {
  fileprivate var bytesForTest: [UInt8] { Array(UnsafeRawBufferPointer(start: bytes, count: byteCount)) }
}

/// A session together with its program.
struct SessionUnderTest {
  let session: Session
  let program: Program

  init(_ model: ModelProto, _ options: Session.Options = Session.Options()) throws(RuntimeError) {
    let builder = SessionBuilder(model: model, options: options)
    while try !builder.advance() {}
    let ready = try builder.finished()
    program = ready.program
    session = Session(ready)
  }
}
