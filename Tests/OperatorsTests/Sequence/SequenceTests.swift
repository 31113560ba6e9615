import Apus
import Tensors
import TestSupport
import Testing

@Suite struct SequenceTests {
  /// One step of a graph that is written down: `out = op(ins)`.
  private struct Step {
    let op: String
    let inputs: [String]
    let output: String
    var attributes: [(String, AttributeProto.Value)] = []

    init(_ output: String, _ op: String, _ inputs: [String], _ attributes: [(String, AttributeProto.Value)] = []) {
      (self.op, self.inputs, self.output, self.attributes) = (op, inputs, output, attributes)
    }
  }

  /// Runs the steps on feeds twice in one session; what `y` was.
  private func run(_ steps: [Step], _ feeds: [(String, Tensor)]) throws -> Tensor? {
    var graph = GraphProto()
    graph.nodes = steps.map { step in
      var node = NodeProto()
      node.opType = Name(text: step.op)
      node.inputs = step.inputs.map { Name(text: $0) }
      node.outputs = [Name(text: step.output)]
      node.attributes = step.attributes.map { AttributeProto(Name(text: $0.0), $0.1) }
      return node
    }
    graph.inputs = feeds.map {
      ValueInfoProto(name: Name(text: $0.0), type: .tensor(elementType: Int32($0.1.type.rawValue), shape: nil))
    }
    graph.outputs = [ValueInfoProto(name: "y", type: .none)]
    let session = try Session(model: model(graph))
    let given = feeds.map { (Name(text: $0.0), Value.tensor($0.1)) }
    _ = try session.run(given)
    return try session.run(given)[0].1.tensor
  }

  private func expect(_ steps: [Step], _ feeds: [(String, Tensor)], gives expected: Tensor) throws {
    let tensor = try #require(try run(steps, feeds))
    #expect(difference(tensor, expected) == nil)
  }

  private let feeds: [(String, Tensor)] = [
    ("a", .ramp([2])), ("b", .ramp([3], from: 5)), ("at", .int64([], [-1])), ("zero", .int64([], [0])),
  ]

  @Test func elements() throws {
    let pair = Step("s", "SequenceConstruct", ["a", "b"])
    try expect([pair, Step("y", "SequenceAt", ["s", "at"])], feeds, gives: .ramp([3], from: 5))
    try expect([pair, Step("y", "SequenceLength", ["s"])], feeds, gives: .int64([], [2]))
    try expect(
      [pair, Step("t", "SequenceErase", ["s", "zero"]), Step("y", "SequenceAt", ["t", "zero"])], feeds,
      gives: .ramp([3], from: 5))
    try expect(
      [
        Step("e", "SequenceEmpty", []), Step("s", "SequenceInsert", ["e", "a"]),
        Step("t", "SequenceInsert", ["s", "b", "zero"]),
        Step("y", "ConcatFromSequence", ["t"], [("axis", .int(0))]),
      ], feeds, gives: .float32([5], [5, 6, 7, 0, 1]))
    #expect(throws: (any Error).self) {
      try run([pair, Step("y", "SequenceAt", ["s", "two"])], feeds + [("two", .int64([], [2]))])
    }
  }

  @Test func splitting() throws {
    let x = [("x", Tensor.ramp([3, 2])), ("two", Tensor.int64([], [2])), ("one", Tensor.int64([], [1]))]
    try expect(
      [Step("s", "SplitToSequence", ["x", "two"]), Step("y", "SequenceAt", ["s", "one"])], x,
      gives: .ramp([1, 2], from: 4))
    try expect(
      [
        Step("s", "SplitToSequence", ["x"], [("axis", .int(1)), ("keepdims", .int(0))]),
        Step("y", "ConcatFromSequence", ["s"], [("axis", .int(0)), ("new_axis", .int(1))]),
      ], x, gives: .float32([2, 3], [0, 2, 4, 1, 3, 5]))
  }

  /// An element must survive the arena it was made in.
  @Test func computedElements() throws {
    try expect(
      [
        Step("n", "Neg", ["a"]), Step("s", "SequenceConstruct", ["n", "b"]), Step("m", "Neg", ["b"]),
        Step("o", "Neg", ["m"]),
        Step("t", "SequenceInsert", ["s", "o"]), Step("y", "ConcatFromSequence", ["t"], [("axis", .int(0))]),
      ], feeds, gives: .float32([8], [0, -1, 5, 6, 7, 5, 6, 7]))
  }

  @Test func optionals() throws {
    try expect([Step("o", "Optional", ["a"]), Step("y", "OptionalHasElement", ["o"])], feeds, gives: .bool([], [true]))
    try expect([Step("o", "Optional", []), Step("y", "OptionalHasElement", ["o"])], feeds, gives: .bool([], [false]))
    try expect([Step("o", "Optional", ["a"]), Step("y", "OptionalGetElement", ["o"])], feeds, gives: .ramp([2]))
  }
}
