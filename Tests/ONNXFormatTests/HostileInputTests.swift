import ONNXFormat
import Tensors
import Testing

/// Broken files end in an error, never in a trap, whatever the way their bytes are read.
@Suite struct HostileInputTests {
  /// Reads all that there is to read; errors are expected.
  private func readAll(_ source: ByteSource) {
    do throws(RuntimeError) {
      let model = try ModelProto(decoding: source)
      // Small, so that dims which ask for much are refused.
      let allocator = Allocator(limit: 1 << 20)
      let loader = TensorLoader(source, external: GivenSources(["weights.bin": TensorReaderTests.weights]))
      for record in model.graph.initializers { _ = try? loader.load(record, allocator: allocator) }
      _ = try ModelEncoder(loader).encode(model).bytes()
    } catch {
      #expect(!error.message.isEmpty)
    }
    for kind in [.tensor, .sequence, .map, .optional] as [ValueRecord.Kind] {
      _ = try? ValueRecord(decoding: source, as: kind).load(TensorLoader(source), allocator: Allocator(limit: 1 << 20))
    }
  }

  @Test func cutAtEveryByte() {
    var readable = 0
    for length in 0..<Golden.model.count {
      let bytes = Array(Golden.model[..<length])
      readAll(GuardedSource(bytes))
      readAll(FetchedSource(bytes))
      if (try? ModelProto(decoding: GuardedSource(bytes))) != nil { readable += 1 }
    }
    // Only a cut between two of the fields behind the graph leaves a model.
    #expect(readable <= 5)
    for bytes in [Golden.sequence, Golden.nestedSequence, Golden.optional, Golden.map] {
      for length in 0...bytes.count { readAll(GuardedSource(Array(bytes[..<length]))) }
    }
  }

  @Test func anyByteChanged() {
    var random = SeededRandom(seed: 1)
    for position in Golden.model.indices {
      for value in [0, 0x7f, 0x80, 0xff, UInt8(truncatingIfNeeded: random.next())] {
        var bytes = Golden.model
        bytes[position] = value
        readAll(GuardedSource(bytes))
      }
    }
  }

  @Test func randomBytes() {
    var random = SeededRandom(seed: 2)
    for _ in 0..<20_000 {
      let count = Int(random.next() % 200)
      let bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next() >> 24) }
      readAll(GuardedSource(bytes))
    }
  }

  /// Random fields that are well formed reach deeper than random bytes.
  @Test func randomFields() throws {
    var random = SeededRandom(seed: 3)
    for _ in 0..<5_000 {
      var writer = WireWriter()
      writer.int(1, 8)
      try fill(&writer, depth: 0, &random)
      try writer.message(7) { (graph) throws(RuntimeError) in try fill(&graph, depth: 1, &random) }
      readAll(GuardedSource(try writer.bytes()))
    }
  }

  private func fill(_ writer: inout WireWriter, depth: Int, _ random: inout SeededRandom) throws(RuntimeError) {
    for _ in 0..<Int(random.next() % 6) {
      let number = UInt32(random.next() % 25) + 1
      switch random.next() % 5 {
      case 0: writer.int(number, Int64(bitPattern: random.next()) >> Int64(random.next() % 64))
      case 1: writer.float(number, Float(bitPattern: UInt32(truncatingIfNeeded: random.next())))
      case 2:
        writer.name(
          number, Name([UInt8](repeating: UInt8(truncatingIfNeeded: random.next()), count: Int(random.next() % 9))))
      default:
        if depth > 6 { continue }
        var failure: RuntimeError?
        try writer.message(number) { (body) throws(RuntimeError) in
          do throws(RuntimeError) { try fill(&body, depth: depth + 1, &random) } catch { failure = error }
        }
        if let failure { throw failure }
      }
    }
  }

  /// Types and subgraphs inside each other stop at a depth, before the stack does.
  @Test func deepNesting() throws {
    // A sequence type holds an element, which holds a type.
    var bytes: [UInt8] = []
    for _ in 0..<200 {
      var element = WireWriter()
      element.name(1, Name(bytes))
      var type = WireWriter()
      type.name(4, Name(try element.bytes()))
      bytes = try type.bytes()
    }
    var info = WireWriter()
    info.name(2, Name(bytes))
    var graph = WireWriter()
    graph.name(11, Name(try info.bytes()))
    var model = WireWriter()
    model.int(1, 8)
    model.name(7, Name(try graph.bytes()))
    let source = GuardedSource(try model.bytes())
    let said = message { _ = try ModelProto(decoding: source) }
    #expect(said?.hasPrefix("messages nested deeper than 100 at byte ") == true)
  }
}

/// The same numbers each time: xorshift64*.
struct SeededRandom {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }

  mutating func next() -> UInt64 {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return (state &* 0x2545_f491_4f6c_dd1d) >> 8
  }
}
