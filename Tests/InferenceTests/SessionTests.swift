import Apus
import TestSupport
import Testing

@testable import Inference

@Suite struct SessionTests {
  private let simple = model(graph(["x: float32 [n, 2]"], [node("y = Neg(x)")], ["y"]))

  // MARK: What is fed and fetched

  @Test func refusesWrongFeeds() throws {
    let session = try Session(simple, .all)
    let good: (Name, Value) = ("x", .tensor(.ramp([1, 2])))
    let cases: [([(Name, Value)], [Name]?, String)] = [
      ([], nil, "input 'x' is missing"), ([good, ("z", good.1)], nil, "the model has no input 'z'"),
      ([("x", .tensor(.int64([1, 2], [1, 2])))], nil, "input 'x' must be float32 [n, 2], got int64 [1, 2]"),
      ([("x", .tensor(.ramp([2, 3])))], nil, "input 'x' must be float32 [n, 2], got float32 [2, 3]"),
      ([("x", .tensor(.ramp([2])))], nil, "input 'x' must be float32 [n, 2], got float32 [2]"),
      ([("x", .sequence(Value.Sequence([])))], nil, "input 'x' must be a tensor, got a sequence"),
      ([good], ["z"], "the model has no output 'z'"),
    ]
    for (feeds, fetches, expected) in cases {
      #expect(message { () throws(RuntimeError) in _ = try session.run(feeds, fetches: fetches) } == expected)
    }
    #expect(try session.run([good], fetches: ["y", "y"]).count == 2)
    #expect(try session.run([good], fetches: []).isEmpty)
  }

  /// Outputs that no node makes: an input, a constant, and both under a further name.
  @Test func outputsThatAreNotComputed() {
    let proto = model(
      graph(
        ["x"], constants: ["w": .ramp([3])],
        [node("i = Identity(x)"), node("k = Identity(w)"), node("v = Flatten(x)")],
        ["x", "w", "i", "k", "v", "x"]))
    let x = Tensor.ramp([2, 2], from: 5)
    check("passed through", proto, ["x": x], gives: [x, .ramp([3]), x, .ramp([3]), x, x])
  }

  /// Results are memory of their own: neither the next run nor the caller's writing reaches the other.
  @Test func resultsAreOnesOwn() throws {
    for level in levels {
      let session = try Session(
        model(graph(["x"], constants: ["w": .ramp([1])], [node("y = Neg(x)")], ["y", "x", "w"])), level)
      let x = Tensor.float32([1], [1])
      let first = try session.run(["x": x])
      for result in first { result!.floats[0] += 100 }
      #expect(x.floats[0] == 1)
      let second = try session.run(["x": .float32([1], [2])])
      #expect(first.map { $0!.floats[0] } == [99, 101, 100])
      #expect(second.map { $0!.floats[0] } == [-2, 2, 0])
    }
  }

  @Test func overridableInitializers() throws {
    let proto = model(
      graph(
        ["x", "s: int64 [n]", "b"], constants: ["s": .int64([1], [4]), "b": .float32([], [10])],
        [node("r = Reshape(x, s)"), node("y = Add(r, b)")], ["y"]))
    for level in levels {
      var options = Session.Options()
      options.optimization = level
      // Before IR version 4 every initialiser had to be listed, so that listing one says nothing.
      var old = proto
      old.irVersion = 3
      for (proto, asked) in [(old, nil), (proto, false)] as [(ModelProto, Bool?)] {
        options.overridesInitializers = asked
        let constant = try Session(model: proto, options: options)
        #expect(constant.inputs.map(\.name.text) == ["x"] && constant.optionalInputs.isEmpty)
        #expect(constant.constantInputs.map(\.text) == ["s", "b"])
        #expect(
          message { () throws(RuntimeError) in _ = try constant.run(["x": .ramp([4]), "b": .ramp([1])]) }
            == "input 'b' is constant here: the session option extra.session.overridable_initializers lets it be fed")
      }
      options.overridesInitializers = true
      #expect(try Session(model: old, options: options).optionalInputs.count == 2)
      options.overridesInitializers = nil
      let session = try Session(model: proto, options: options)
      #expect(session.inputs.map(\.name.text) == ["x"] && session.optionalInputs.map(\.name.text) == ["s", "b"])
      let cases: [(KeyValuePairs<String, Tensor>, Tensor)] = [
        (["x": .ramp([2, 2])], .ramp([4], from: 10)),
        (["x": .ramp([4]), "b": .float32([], [20])], .ramp([4], from: 20)),
        (["x": .ramp([4]), "s": .int64([2], [2, 2])], .ramp([2, 2], from: 10)),
        (["x": .ramp([2, 2])], .ramp([4], from: 10)),
      ]
      for (feeds, expected) in cases { #expect(difference(try session.run(feeds)[0]!, expected) == nil) }
      #expect(
        message { () throws(RuntimeError) in _ = try session.run(["x": .ramp([4]), "b": .int64([], [1])]) }.contains(
          "input 'b' must be float32, got int64 []"))
    }
  }

  // MARK: Errors and memory

  /// A graph that fails in its middle, at a place that depends on what is fed.
  private let fragile = model(
    graph(
      ["x", "s: int64"],
      [
        node("a = Neg(x)"), node("n = NonZero(a)"), node("r = Reshape(a, s)"), node("b = Exp(r)"),
        node("g = Gather(b, s)"), node("y = Abs(g)"),
      ], ["y", "n"]))

  @Test func errorsLeaveTheSessionAsItWas() throws {
    for level in levels {
      let session = try Session(fragile, level)
      let good: KeyValuePairs<String, Tensor> = ["x": .ramp([1, 1]), "s": .int64([1], [1])]
      var used: [Int] = []
      for _ in 0..<3 {
        let text = message { () throws(RuntimeError) in _ = try session.run(["x": .ramp([3]), "s": .int64([1], [2])]) }
        #expect(text.hasPrefix("node 'r' (Reshape): 3 elements"), "\(text)")
        let outside = message { () throws(RuntimeError) in
          _ = try session.run(["x": .ramp([2]), "s": .int64([1], [2])])
        }
        #expect(outside.hasPrefix("node 'g' (Gather): "), "\(outside)")
        let missing = message { () throws(RuntimeError) in _ = try session.run(["x": .ramp([2])]) }
        #expect(missing == "input 's' is missing")
        #expect(message { () throws(RuntimeError) in _ = try session.run(good) }.hasPrefix("node 'g' (Gather): "))
        used.append(session.allocator.used)
      }
      #expect(used[1] == used[0] && used[2] == used[0], "\(level): \(used)")
    }
  }

  @Test func errorInABodyNamesItsNode() throws {
    let body = graph(
      ["i: int64", "c: bool", "v"], [node("g = Gather(x, i)"), node("w = Add(v, g)"), node("o = Identity(c)")],
      ["o", "w"])
    let proto = model(graph(["n: int64", "x"], [node("y = Loop(n, -, x)", ["body": .graph(body)])], ["y"]))
    for level in levels {
      let session = try Session(proto, level)
      for _ in 0..<2 {
        let text = message { () throws(RuntimeError) in _ = try session.run(["n": .int64([], [4]), "x": .ramp([3])]) }
        #expect(text.hasPrefix("node 'g' (Gather): "), "\(text)")
        #expect(difference(try session.run(["n": .int64([], [3]), "x": .ramp([3])])[0]!, .ramp([3], from: 3)) == nil)
      }
    }
  }

  /// Nothing of a run stays but its arena: not what was fed, not what was made on the way.
  @Test func runsLetGoOfEverything() throws {
    for level in levels {
      let session = try Session(fragile, level)
      let feeds = Allocator()
      for count in [4, 1000, 4] {
        do {
          let x = try feeds.tensor(.float32, [count])
          for i in 0..<count { x.floats[i] = Float(i % 2) }
          let s = try feeds.tensor(.int64, [2])
          (s.elements(Int64.self)[0], s.elements(Int64.self)[1]) = (2, Int64(count / 2))
          #expect(throws: RuntimeError.self) { try session.run([("x", .tensor(x)), ("s", .tensor(s))]) }
        }
        #expect(feeds.used == 0)
      }
    }
    let session = try Session(
      model(graph(["x"], [node("n = NonZero(x)"), node("t = Transpose(n)")], ["t", "n"])), .all)
    func used(_ count: Int) throws -> Int {
      _ = try session.run(["x": .ramp([count], from: 1)])
      return session.allocator.used
    }
    // The arena stays as large as it was; what NonZero made does not.
    let large = try used(1000)
    #expect(try used(10) == large && used(1000) == large)
    #expect(large < 2 * 1000 * 8)
  }

  @Test func memoryLimit() throws {
    let proto = model(graph(["x"], [node("y = Transpose(x)")], ["y"]))
    let session = try Session(proto, .all, memoryLimit: 4096)
    for _ in 0..<2 {
      let text = message { () throws(RuntimeError) in _ = try session.run(["x": .ramp([64, 64])]) }
      #expect(text.contains("the limit is 4096"), "\(text)")
      #expect(difference(try session.run(["x": .ramp([1, 3])])[0]!, .ramp([3, 1])) == nil)
    }
    let huge = model(graph(["s: int64"], [node("y = ConstantOfShape(s)")], ["y"]))
    let text = message { () throws(RuntimeError) in
      _ = try Session(huge, .all).run(["s": .int64([3], [1 << 40, 1 << 40, 7])])
    }
    #expect(text.hasPrefix("node 'y' (ConstantOfShape): "), "\(text)")
  }

  // MARK: Runs step by step

  private let looping = model(
    graph(
      ["n: int64"],
      [
        node("y = Loop(n, -, n)", ["body": .graph(graph(["i: int64", "c: bool", "v: int64"], [], ["c", "i"]))]),
        node("z = Neg(y)"),
      ], ["z"]))

  @Test func steps() throws {
    let session = try Session(simple, .none)
    let run = try session.begin([("x", .tensor(.ramp([1, 2])))])
    #expect(run.results.isEmpty && run.next?.name == "y")
    #expect(try !run.advance(0))
    #expect(try run.advance(1))
    #expect(run.next == nil)
    #expect(try run.advance())
    #expect(run.results.map { $0.1.tensor!.doubles } == [[0, -1]])
  }

  /// A body without nodes cannot run on for ever unseen.
  @Test func emptyBodiesAreSteps() throws {
    let session = try Session(looping, .all)
    let run = try session.begin([("n", .tensor(.int64([], [1000])))])
    var count = 0
    while try !run.advance(10) {
      count += 1
      #expect(run.next?.name == (count <= 100 ? "y" : "z"))
    }
    #expect((100...102).contains(count))
    #expect(run.results[0].1.tensor?.integers == [-999])
    let endless = try session.begin([("n", .tensor(.int64([], [.max])))])
    #expect(try !endless.advance(1000))
    endless.cancel()
    #expect(try session.run(["n": .int64([], [2])])[0]?.integers == [-1])
  }

  /// A run that another one has taken the place of, or that failed, says so and touches nothing.
  @Test func abandonedRuns() throws {
    for level in levels {
      let session = try Session(looping, level)
      let used = session.allocator.used
      let old = try session.begin([("n", .tensor(.int64([], [1000])))])
      #expect(try !old.advance(50))
      #expect(try session.run(["n": .int64([], [3])])[0]?.integers == [-2])
      #expect(message { () throws(RuntimeError) in _ = try old.advance() } == "the run was given up")
      #expect(old.results.isEmpty && old.next == nil)
      old.cancel()
      #expect(try session.run(["n": .int64([], [5])])[0]?.integers == [-4])
      let cancelled = try session.begin([("n", .tensor(.int64([], [1000])))])
      #expect(try !cancelled.advance(7))
      cancelled.cancel()
      #expect(message { () throws(RuntimeError) in _ = try cancelled.advance() } == "the run was given up")
      #expect(session.allocator.used <= used + 1024)
    }
    let session = try Session(fragile, .none)
    let failed = try session.begin([("x", .tensor(.ramp([3]))), ("s", .tensor(.int64([1], [2])))])
    #expect(throws: RuntimeError.self) { try failed.advance() }
    #expect(message { () throws(RuntimeError) in _ = try failed.advance() } == "the run was given up")
  }

  /// What one run leaves behind for the next is right whatever came between: other shapes, a failure, a run given up.
  @Test func runsFollowEachOther() throws {
    for level in levels {
      let graph = graph(
        ["x: float32", "s: int64"],
        [
          node("a = Neg(x)"), node("r = Reshape(a, s)"), node("v = Flatten(a)", ["axis": .int(0)]),
          node("n = NonZero(a)"), node("c = Add(r, r)"),
        ], ["c", "v", "n", "x"])
      let session = try Session(model(graph), level)
      let check: (Tensor, [Int]) throws -> Void = { x, dims in
        let results = try session.run(["x": x, "s": .int64([dims.count], dims.map { Int64($0) })])
        let negated = x.doubles.map { -$0 }
        #expect(results[0]?.shape.dims == dims && results[0]?.doubles == negated.map { 2 * $0 })
        #expect(results[1]?.shape == [1, x.count] && results[1]?.doubles == negated)
        #expect(results[2]?.shape == [x.shape.rank, x.count] && results[3]?.doubles == x.doubles)
      }
      try check(.ramp([2, 3], from: 1), [3, 2])
      let used = session.allocator.used
      for (x, dims) in [([2, 3], [3, 2]), ([2, 3], [6]), ([4], [2, 2]), ([2, 3], [3, 2])] as [([Int], [Int])] {
        try check(.ramp(x, from: 2), dims)
        try check(.ramp(x, from: 3), dims)
        #expect(throws: RuntimeError.self) { try check(.ramp(x, from: 1), [7]) }
        try check(.ramp(x, from: 4), dims)
        let run = try session.begin([("x", .tensor(.ramp(x))), ("s", .tensor(.int64([1], [1])))])
        _ = try run.advance(1)
        try check(.ramp(x, from: 5), dims)
      }
      #expect(session.allocator.used <= used + 4096)
    }
  }

  /// A prepared run may begin again and again, with what its tensors hold by then.
  @Test func preparedRuns() throws {
    let session = try Session(simple, .all)
    let x = Tensor.ramp([1, 2])
    let prepared = try session.prepare([("x", .tensor(x))])
    for value in [1, 2] as [Float] {
      x.floats[0] = value
      let run = try session.begin(prepared)
      #expect(try run.advance())
      #expect(run.results[0].1.tensor!.doubles[0] == Double(-value))
      run.end()
      #expect(run.results.isEmpty)
    }
  }

  /// A run that is complete keeps its results while its session is asked something wrong.
  @Test func completeRunsStay() throws {
    let session = try Session(simple, .none)
    let run = try session.begin([("x", .tensor(.ramp([1, 2])))])
    #expect(try run.advance())
    #expect(throws: RuntimeError.self) { try session.begin([]) }
    run.cancel()
    #expect(run.results.count == 1)
    #expect(try run.advance())
  }

  // MARK: Creation

  @Test func builderGoesStepByStep() throws {
    let builder = SessionBuilder(model: simple)
    var progress: [Double] = []
    var names: [String] = []
    while try !builder.advance() {
      progress.append(builder.progress)
      if let next = builder.next { names.append(next.name.text) }
    }
    #expect(progress == progress.sorted() && builder.progress == 1)
    #expect(names == ["y"])
    #expect(Session(try builder.finished()).inputs.map(\.name.text) == ["x"])
    let early = SessionBuilder(model: simple)
    #expect(message { () throws(RuntimeError) in _ = try early.finished() } == "the session is not ready")
  }

  @Test func createErrors() {
    let cases: [([NodeProto], String)] = [
      ([node("y = NoSuchOp(x)")], "node 'y' (NoSuchOp): operator 'NoSuchOp' of domain 'ai.onnx' is not implemented"),
      ([node("y = Gelu(x)")], "node 'y' (Gelu): operator 'Gelu' of domain 'ai.onnx' is not implemented at opset 13"),
      ([node("y = Add(x)")], "node 'y' (Add): the operator takes 2 to 2 inputs, got 1"),
      ([node("y = Add(x, -)")], "node 'y' (Add): input 1 is required"),
      ([node("y = Softmax(x)", ["axis": .float(1)])], "node 'y' (Softmax): attribute 'axis' must be 'an int'"),
    ]
    for (nodes, expected) in cases {
      for level in levels {
        let text = message { () throws(RuntimeError) in
          _ = try Session(model(graph(["x"], nodes, ["y"]), opset: 13), level)
        }
        #expect(text == expected)
      }
    }
  }

  @Test func profile() throws {
    var time = 0.0
    var options = Session.Options()
    options.optimization = .none
    options.clock = {
      time += 1
      return time
    }
    let session = try Session(
      model: model(graph(["x"], [node("a = Neg(x)"), node("b = Exp(a)"), node("y = Neg(b)")], ["y"])), options: options)
    for _ in 0..<3 { _ = try session.run(["x": .ramp([2])]) }
    #expect(session.profile?.entries.map(\.milliseconds) == [3, 3, 3])
    #expect(
      session.profile?.byOperator.map { "\($0.opType.text) \($0.runCount) \($0.milliseconds)" } == [
        "Neg 6 6.0", "Exp 3 3.0",
      ])
    session.profile = nil
    _ = try session.run(["x": .ramp([2])])
    session.profile = Profile {
      time += 2
      return time
    }
    _ = try session.run(["x": .ramp([2])])
    #expect(session.profile?.entries.map(\.milliseconds) == [2, 2, 2])
  }
}
