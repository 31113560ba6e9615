import Apus
import TestSupport
import Testing

@testable import Inference

/// Values between inputs and outputs, asked for by name.
@Suite struct IntermediatesTests {
  private let proto = model(
    graph(
      ["x"], constants: ["w": .float32([2, 2], [1, 2, 3, 4]), "a": .float32([1], [1]), "k": .int64([1], [0])],
      [
        node("one = Add(a, a)"), node("h = MatMul(x, w)"), node("r = Relu(h)"), node("i = Identity(r)"),
        node("n = Neg(i)"), node("e = Abs(n)"), node("f = Flatten(e)"), node("g = Gather(f, k)"),
        node("y = Mul(g, one)"),
      ], ["y"]))
  private let x = Tensor.float32([2, 2], [1, 0, -1, 0])

  private func session(_ level: OptimizationLevel, _ intermediates: Intermediates) throws(RuntimeError) -> Session {
    var options = Session.Options()
    options.optimization = level
    options.intermediates = intermediates
    return try Session(model: proto, options: options)
  }

  private let expected: [(Name, [Double])] = [
    ("h", [1, 2, -1, -2]), ("r", [1, 2, 0, 0]), ("i", [1, 2, 0, 0]), ("n", [-1, -2, 0, 0]), ("e", [1, 2, 0, 0]),
    ("f", [1, 2, 0, 0]), ("g", [1, 2]), ("one", [2]), ("y", [2, 4]), ("x", [1, 0, -1, 0]),
  ]

  @Test func everyValueKeepsItsName() throws {
    for level in [OptimizationLevel.none, .basic, .extended, .all] {
      let session = try session(level, .all)
      for _ in 0..<2 {
        let results = try session.run([("x", .tensor(x))], fetches: expected.map { $0.0 })
        for ((name, result), (wanted, values)) in zip(results, expected) {
          #expect(name == wanted && result.tensor?.doubles == values, "\(level) \(wanted.text)")
        }
      }
      // One alone, and without any the outputs.
      #expect(try session.run([("x", .tensor(x))], fetches: ["n"])[0].1.tensor?.doubles == [-1, -2, 0, 0])
      #expect(try session.run(["x": x]).map { $0?.doubles } == [[2, 4]])
    }
  }

  @Test func namedValuesAreKept() throws {
    let session = try session(.all, .named(["h", "w", "one"]))
    let results = try session.run([("x", .tensor(x))], fetches: ["w", "h", "one", "e"])
    #expect(
      results.map { $0.1.tensor?.doubles } == [[1, 2, 3, 4], [1, 2, -1, -2], [2], [1, 2, 0, 0]])
    // Nothing is fused across `h`, and everything else is.
    #expect(session.summary.after.map(\.opType.text) == ["MatMul", "Relu", "Neg", "Abs", "Flatten", "Gather", "Mul"])
    #expect(
      message { () throws(RuntimeError) in _ = try self.session(.all, .named(["q"])) }
        == "the model has no value 'q'")
  }

  @Test func whatOptimisationTookIsTold() throws {
    let session = try session(.all, .none)
    #expect(
      try session.run([("x", .tensor(x))], fetches: ["n", "r"]).map { $0.1.tensor?.doubles }
        == [[-1, -2, 0, 0], [1, 2, 0, 0]])
    for name in ["h", "i", "w"] as [Name] {
      #expect(
        message { () throws(RuntimeError) in _ = try session.run([("x", .tensor(self.x))], fetches: [name]) }
          == "value '\(name.text)' did not outlast optimisation: "
          + "the session option 'intermediates' keeps the values that it names")
    }
    #expect(
      message { () throws(RuntimeError) in _ = try session.run([("x", .tensor(self.x))], fetches: ["z"]) }
        == "the model has no output 'z'")
    // The session goes on.
    #expect(try session.run(["x": x])[0]?.doubles == [2, 4])
  }

  /// Behind a value whose shape depends on data, out of control flow, and where nobody else reads it.
  @Test func valuesOfEveryKind() throws {
    let body = graph(["j: int64", "c: bool", "v"], [node("s = Add(v, v)"), node("d = Identity(c)")], ["d", "s"])
    let proto = model(
      graph(
        ["x", "n: int64"],
        [
          node("z = NonZero(x)"), node("t = Transpose(z)"), node("m = Neg(t)"),
          node("l = Loop(n, -, x)", ["body": .graph(body)]), node("unread = Exp(l)"), node("y = Abs(m)"),
        ], ["y"]))
    var options = Session.Options()
    for level in levels {
      options.optimization = level
      options.intermediates = .all
      let session = try Session(model: proto, options: options)
      for _ in 0..<2 {
        let results = try session.run(
          [("x", .tensor(.float32([3], [1, 0, 0]))), ("n", .tensor(.int64([], [2])))],
          fetches: ["z", "m", "l", "unread", "y"])
        #expect(
          results.map { $0.1.tensor?.shape.dims } == [[1, 1], [1, 1], [3], [3], [1, 1]])
        #expect(results[2].1.tensor?.doubles == [4, 0, 0])
        #expect(results[3].1.tensor!.doubles[1] == 1)
      }
    }
  }

  @Test func dimsAreFixed() throws {
    var options = Session.Options()
    options.dims = [FixedDim("n", 3), FixedDim("elsewhere", 7)]
    let proto = model(graph(["x: float32 [n, m]"], [node("y = Neg(x)")], ["y: float32 [n, m]"]))
    let session = try Session(model: proto, options: options)
    #expect(session.inputs[0].dims == [.known(3), .named("m")])
    #expect(session.outputs[0].dims == [.known(3), .named("m")])
    #expect(try session.run(["x": .ramp([3, 2])])[0]?.count == 6)
    #expect(
      message { () throws(RuntimeError) in _ = try session.run(["x": .ramp([2, 2])]) }
        == "input 'x' must be float32 [3, m], got float32 [2, 2]")
  }

  @Test func memoryIsCounted() throws {
    let weight = Tensor.ramp([64, 64])
    let proto = model(
      graph(["x"], constants: ["w": weight], [node("h = MatMul(x, w)"), node("y = Exp(h)")], ["y"]))
    let bytes = try ModelEncoder().encode(proto).bytes()
    let session = try Session(source: MemorySource(bytes))
    #expect(session.memory.weights >= weight.byteCount && session.memory.weights < 2 * weight.byteCount)
    #expect(session.memory.arena == 0)
    #expect(session.memory.peak >= session.memory.weights)
    _ = try session.run(["x": .ramp([8, 64])])
    let small = session.memory
    #expect(small.arena >= 8 * 64 * 4 && small.peak >= small.weights + small.arena)
    _ = try session.run(["x": .ramp([800, 64])])
    let large = session.memory
    #expect(large.weights == small.weights && large.arena >= 100 * 8 * 64 * 4 && large.peak > small.peak)
    _ = try session.run(["x": .ramp([8, 64])])
    #expect(session.memory.peak == large.peak)
  }
}
