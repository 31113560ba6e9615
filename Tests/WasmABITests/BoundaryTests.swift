import Apus
import TestSupport
import Testing

@testable import WasmABI

/// The exports as the host calls them, one after another: all tests share the one instance there is.
@Suite(.serialized) struct BoundaryTests {
  @Test func aSessionIsCreatedAndRun() throws {
    let host = try TestHost(model: reshapeModel())
    let session = try host.create()
    var description = try host.response { apusCreateFinish(session) }
    #expect(try description.u32() == 1)
    #expect(try description.name() == "data")

    for values in [[1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1]] as [[Float]] {
      try host.begin(session, feeds: [(0, .tensor(.float32([2, 3], values)))], fetches: [0])
      while apusRunStep(session, 0) > 0 {}
      var results = try host.response { apusRunFinish(session) }
      #expect(try results.u32() == 1)
      guard case .tensor(let tensor) = try results.value() else {
        Issue.record("no tensor")
        return
      }
      #expect(tensor.shape == [3, 2])
      #expect(Array(tensor.elements(Float.self)) == values)
      #expect(apusRunEnd(session) == 0)
    }
    withExtendedLifetime(host) { #expect(apusRelease(session) == 0) }
  }

  /// A request that is asked again is not read again: the run takes what lies there now.
  @Test func aRequestMayBeRepeated() throws {
    let graph = graph(["x", "y"], [node("z = Add(x, y)"), node("n = NonZero(z)")], ["z", "n"])
    let host = try TestHost(model: try ModelEncoder().encode(model(graph)).bytes())
    let session = try host.create()
    let (pair, scalar) = (Tensor.float32([2], [0, 0]), Tensor.float32([1], [0]))
    let run: (Tensor, [Int]) throws -> [[Double]] = { y, fetches in
      try host.begin(session, feeds: [(0, .tensor(pair)), (1, .tensor(y))], fetches: fetches)
      while apusRunStep(session, 0) > 0 {}
      var block = try host.response { apusRunFinish(session) }
      var results: [[Double]] = []
      for _ in 0..<(try block.u32()) { results.append(try block.value().tensor!.doubles) }
      #expect(apusRunEnd(session) == 0)
      return results
    }
    for value in [1, 2, 3] as [Float] {
      pair.floats[0] = value
      #expect(try run(pair, [0, 1]) == [[Double(2 * value), 0], [0]])
    }
    // Others in between: of another shape, of other results, and one that is refused.
    #expect(try run(scalar, [0, 1]) == [[3, 0], [0]])
    pair.floats[1] = 4
    #expect(try run(pair, [1, 0]) == [[0, 1], [6, 8]])
    try host.expectError(containing: "the model has no input or output 7") {
      host.beginStatus(session, feeds: [(7, .tensor(pair))])
    }
    for _ in 0..<2 {
      try host.expectError(containing: "must be of type float32, got int64") {
        host.beginStatus(session, feeds: [(0, .tensor(pair)), (1, .tensor(.int64([2], [1, 2])))], fetches: [0])
      }
    }
    #expect(try run(pair, [1, 0]) == [[0, 1], [6, 8]])
    #expect(try run(scalar, [0]) == [[3, 4]])
    withExtendedLifetime(host) { #expect(apusRelease(session) == 0) }
  }

  @Test func createGoesInSteps() throws {
    let host = try TestHost(model: reshapeModel())
    // A clock that jumps past every deadline, so that each call does one piece of work.
    var time = 0.0
    Host.functions.now = {
      time += 100
      return time
    }
    let session = try host.begin()
    var calls = 1
    while apusCreateStep(session, 1) > 0 { calls += 1 }
    #expect(calls > 2)
    #expect(apusCreateFinish(session) == 0)
    withExtendedLifetime(host) { #expect(apusRelease(session) == 0) }
  }

  @Test func optionsAndMemoryCross() throws {
    var graph = graph(
      ["x: float32 [batch, 2]", "w"], constants: ["w": .ramp([2, 300])],
      [node("h = MatMul(x, w)"), node("y = Relu(h)")], ["y"])
    graph.outputs[0] = ValueInfoProto(name: "y", type: .tensor(elementType: 1, shape: [.parameter("batch"), .unknown]))
    let host = try TestHost(model: try ModelEncoder().encode(model(graph)).bytes())
    let session = try host.create(options: [
      ("freeDimensionOverrides.batch", .number(3)), ("freeDimensionOverrides.other", .number(9)),
      ("extra.session.overridable_initializers", .text("0")), ("intermediates", .text("h")),
    ])
    var description = try host.response { apusCreateFinish(session) }
    let declared: (inout BlockReader) throws -> [Int] = { block in
      for _ in 0..<1 { _ = try block.name() }
      for _ in 0..<4 { _ = try block.u32() }
      var dims: [Int] = []
      for _ in 0..<(try block.u32()) {
        dims.append(try block.i32())
        _ = try block.name()
      }
      return dims
    }
    #expect(try description.u32() == 1)
    #expect(try declared(&description) == [3, 2])
    #expect(try description.u32() == 1)
    #expect(try declared(&description) == [3, -1])
    #expect(try description.u32() == 1)
    #expect(try description.name() == "w")

    try host.expectError(containing: "input 'x' must have shape [3, 2], got [2, 2]") {
      host.beginStatus(session, feeds: [(0, .tensor(.ramp([2, 2])))], fetches: [0])
    }
    try host.expectError(containing: "value 'w' did not outlast optimisation: the session option 'intermediates'") {
      host.beginStatus(session, feeds: [(0, .tensor(.ramp([3, 2])))], names: ["w"])
    }
    let x = Tensor.float32([3, 2], [-1, 0, 1, 0, 0, 1])
    #expect(host.beginStatus(session, feeds: [(0, .tensor(x))], names: ["h", "y"]) == 0)
    while apusRunStep(session, 0) > 0 {}
    var results = try host.response { apusRunFinish(session) }
    #expect(try results.u32() == 2)
    guard case .tensor(let h) = try results.value(), case .tensor(let y) = try results.value() else {
      Issue.record("no tensors")
      return
    }
    #expect(h.floats[1] == -1 && y.floats[1] == 0)
    var memory = try host.response { apusMemory(session) }
    let (weights, arena, peak) = (try memory.integer(), try memory.integer(), try memory.integer())
    #expect(weights >= 2 * 300 * 4 && arena >= 3 * 300 * 4 && peak >= weights + arena)
    #expect(apusRunEnd(session) == 0)
    withExtendedLifetime(host) { #expect(apusRelease(session) == 0) }
  }

  @Test func initialisersThatAreInputsMayBeFed() throws {
    let graph = graph(["x", "w"], constants: ["w": .ramp([2])], [node("y = Add(x, w)")], ["y"])
    let host = try TestHost(model: try ModelEncoder().encode(model(graph)).bytes())
    let session = try host.create()
    var description = try host.response { apusCreateFinish(session) }
    #expect(try description.u32() == 2)
    for (feeds, expected) in [
      ([(0, Value.tensor(.ramp([2])))], [0, 2]),
      ([(0, .tensor(.ramp([2]))), (1, .tensor(.ramp([2], from: 10)))], [10, 12]),
    ] as [([(Int, Value)], [Float])] {
      try host.begin(session, feeds: feeds, fetches: [0])
      while apusRunStep(session, 0) > 0 {}
      var results = try host.response { apusRunFinish(session) }
      _ = try results.u32()
      guard case .tensor(let y) = try results.value() else {
        Issue.record("no tensor")
        return
      }
      #expect(Array(y.elements(Float.self)) == expected)
    }
    withExtendedLifetime(host) { #expect(apusRelease(session) == 0) }
  }

  @Test func createCanBeStoppedByTheControlBlockWithinAWeight() throws {
    let weight = Tensor.ramp([1024, 1024])
    let graph = graph(["x"], constants: ["w": weight], [node("y = MatMul(x, w)")], ["y"])
    let bytes = try ModelEncoder().encode(model(graph)).bytes()
    let host = try TestHost(model: bytes)
    var pulled = 0
    let words = apusControl().assumingMemoryBound(to: UInt32.self)
    let read = Host.functions.read
    Host.functions.read = { source, offset, byteCount, target in
      pulled += byteCount
      if pulled > 2 << 20 { words[2] = 1 }
      return read(source, offset, byteCount, target)
    }
    let session = try host.begin()
    try host.expectError(containing: "stopped by the host") { apusCreateStep(session, 0) }
    #expect(pulled < 3 << 20)
    withExtendedLifetime(host) { #expect(apusRelease(session) == 0) }
  }

  @Test func whatTheHostCannotReadIsAnError() throws {
    let host = try TestHost(model: reshapeModel())
    Host.functions.read = { _, _, _, _ in -1 }
    let session = try host.begin()
    try host.expectError(containing: "the host could not read") { apusCreateStep(session, 0) }
  }

  @Test func errorsComeAsBlocks() throws {
    let host = try TestHost(model: reshapeModel())
    try host.expectError(containing: "a request must not be empty") { apusCreateBegin(nil, 0) }
    try host.expectError(containing: "there is no session 0") { apusCreateStep(0, 0) }
    try host.expectError(containing: "there is no session 4000") { apusRunFinish(4000) }
    let session = try host.begin()
    try host.expectError(containing: "not loaded yet") { apusCreateFinish(session) }
    while apusCreateStep(session, 0) > 0 {}
    try host.expectError(containing: "no run is under way") { apusRunStep(session, 0) }
    try host.expectError(containing: "input 'data' must be of type float32, got int64") {
      host.beginStatus(session, feeds: [(0, .tensor(.int64([2, 3], [1, 2, 3, 4, 5, 6])))], fetches: [0])
    }
    try host.expectError(containing: "no input or output 9") {
      host.beginStatus(session, feeds: [(9, .none)], fetches: [0])
    }
    // The session goes on.
    try host.begin(session, feeds: [(0, .tensor(.ramp([2, 3])))], fetches: [0])
    #expect(apusRunStep(session, 0) == 0)
    withExtendedLifetime(host) { #expect(apusRelease(session) == 0) }
  }

  @Test func aRunCanBeStoppedByTheControlBlock() throws {
    let host = try TestHost(model: reshapeModel(steps: 3))
    let session = try host.create()
    try host.begin(session, feeds: [(0, .tensor(.ramp([2, 3])))], fetches: [0])
    let words = apusControl().assumingMemoryBound(to: UInt32.self)
    words[2] = 1
    try host.expectError(containing: "stopped by the host") { apusRunStep(session, 0) }
    try host.begin(session, feeds: [(0, .tensor(.ramp([2, 3])))], fetches: [0])
    #expect(apusRunStep(session, 0) == 0)
    withExtendedLifetime(host) { #expect(apusRelease(session) == 0) }
  }

  @Test func theControlBlockNamesTheNode() throws {
    let host = try TestHost(model: reshapeModel(steps: 3))
    let session = try host.create()
    try host.begin(session, feeds: [(0, .tensor(.ramp([2, 3])))], fetches: [0])
    var time = 0.0
    Host.functions.now = {
      time += 100
      return time
    }
    #expect(apusRunStep(session, 1) == 1)
    let words = apusControl().assumingMemoryBound(to: UInt32.self)
    #expect(words[0] == 3 && words[1] == 2)
    let text = UnsafeRawBufferPointer(start: words + 9, count: Int(words[7] + words[8]))
    #expect(String(decoding: text, as: UTF8.self) == "reshape0Reshape")
    while apusRunStep(session, 0) > 0 {}
    #expect(apusRunEnd(session) == 0)
    #expect(words[1] == 0 && words[7] == 0)
    withExtendedLifetime(host) { #expect(apusRelease(session) == 0) }
  }

  @Test func longNamesAreCutToTheControlBlock() {
    let control = Control()
    let long = Name([UInt8](repeating: 65, count: 4000))
    for (name, opType) in [(long, Name("Conv")), (Name("x"), long), (long, long)] {
      control.note(RuntimeError.Node(name: name, opType: opType, opset: 1))
      #expect(Int(control.words[7] + control.words[8]) <= 4 * (128 - 9))
    }
    #expect(control.words[0] == 3)
  }

  @Test func memoryIsGivenAndTakenBack() {
    let before = instance.allocator.used
    let address = apusAllocate(1000)
    #expect(address != nil)
    #expect(instance.allocator.used == before + 1000)
    apusFree(address)
    #expect(instance.allocator.used == before)
    apusFree(nil)
  }

  /// A chain of Reshapes that swaps the two dims of `data` again and again.
  private func reshapeModel(steps: Int = 1) throws -> [UInt8] {
    var graph = GraphProto()
    graph.name = "test"
    graph.inputs = [ValueInfoProto(name: "data", type: .tensor(elementType: 1, shape: nil))]
    var value = Name("data")
    for step in 0..<steps {
      var node = NodeProto()
      node.name = Name(text: "reshape\(step)")
      node.opType = "Reshape"
      node.inputs = [value, Name(text: "shape\(step % 2)")]
      value = Name(text: "value\(step)")
      node.outputs = [value]
      graph.nodes.append(node)
    }
    graph.initializers = [
      TensorRecord(name: "shape0", .int64([2], [3, 2])), TensorRecord(name: "shape1", .int64([2], [2, 3])),
    ]
    graph.outputs = [ValueInfoProto(name: value, type: .none)]
    return try ModelEncoder().encode(model(graph)).bytes()
  }
}
