import ONNXFormat
import Tensors
import Testing

@Suite struct ValueRecordTests {
  private func load(_ bytes: [UInt8], as kind: ValueRecord.Kind) throws -> Value {
    let source = GuardedSource(bytes)
    return try ValueRecord(decoding: source, as: kind).load(TensorLoader(source), allocator: Allocator())
  }

  @Test func readsASequence() throws {
    guard case .sequence(let sequence) = try load(Golden.sequence, as: .sequence) else { return #expect(Bool(false)) }
    #expect(sequence.elements.compactMap { $0.tensor?.integers } == [[1, 2], [3]])
  }

  @Test func readsASequenceOfSequences() throws {
    guard case .sequence(let outer) = try load(Golden.nestedSequence, as: .sequence) else {
      return #expect(Bool(false))
    }
    let counts = outer.elements.map { element in
      if case .sequence(let inner) = element { inner.elements.count } else { -1 }
    }
    #expect(counts == [1, 0])
  }

  @Test func readsAnOptional() throws {
    #expect(try load(Golden.optional, as: .optional).tensor?.values(Float.self) == [1.5])
    guard case .none = try load(Golden.emptyOptional, as: .optional) else { return #expect(Bool(false)) }
  }

  @Test func readsAMap() throws {
    guard case .map(let map) = try load(Golden.map, as: .map) else { return #expect(Bool(false)) }
    #expect(map.keys.integers == [1, 5])
    #expect(map.values.values(Float.self) == [2, 3])
  }
}
