import Tensors
import TestSupport
import Testing

@testable import GraphIR
@testable import ONNXFormat

/// Bytes whose values tell their place, and which are gone when they are said to be read no more.
private final class Stream: ByteSource {
  private(set) var forgotten: Int64 = 0
  private(set) var reads: [Range<Int64>] = []
  var isBroken = false

  static func byte(_ offset: Int64) -> UInt8 { UInt8(truncatingIfNeeded: offset &* 0x9E37_79B9 >> 16) }

  override func fetch(at offset: Int64, count: Int, into target: UnsafeMutableRawPointer) throws(RuntimeError) {
    if isBroken || offset < forgotten { throw RuntimeError(.fail, "byte %d is gone", Int(offset)) }
    reads.append(offset..<offset + Int64(count))
    for i in 0..<count { target.storeBytes(of: Stream.byte(offset + Int64(i)), toByteOffset: i, as: UInt8.self) }
  }

  override func forget(before offset: Int64) {
    #expect(offset >= forgotten)
    forgotten = offset
  }
}

private final class Streams: ExternalSources {
  let streams: [Name: Stream]
  private(set) var openCount = 0
  init(_ streams: [Name: Stream]) { self.streams = streams }

  override func open(_ location: Name) throws(RuntimeError) -> ByteSource {
    openCount += 1
    return streams[location]!
  }
}

/// What is filled last comes from the end of the last file, and all before it is gone.
@Suite struct FillingQueueTests {
  private let range = Int64(Filling.rangeByteCount)
  private let main = Stream(byteCount: 10_000_000)
  private let files = Streams(["a": Stream(byteCount: 2_000_000), "b": Stream(byteCount: 3_000_000)])
  private let loader: TensorLoader

  init() { loader = TensorLoader(main, external: files) }

  private func constant(_ data: TensorRecord.Elements, _ dims: [Int64]) throws -> RecordConstant {
    var record = TensorRecord()
    record.elementType = Int32(ElementType.float32.rawValue)
    record.dims = dims
    record.data = data
    return try RecordConstant(record, loader)
  }

  private func raw(at offset: Int64, _ dims: [Int64]) throws -> RecordConstant {
    try constant(.raw(offset: offset, length: 4 * dims.reduce(1, *)), dims)
  }

  private func outside(_ file: Name, at offset: Int64, _ dims: [Int64]) throws -> RecordConstant {
    try constant(.external(ExternalData(location: file, offset: offset)), dims)
  }

  private func typed(at offset: Int64, count: Int64) throws -> RecordConstant {
    let runs = [(0, 3), (3, 4)].map { part in
      let start = offset + count * Int64(part.0)
      return TensorRecord.Run(
        field: .float, offset: start, length: count * Int64(part.1 - part.0), isPacked: true)
    }
    return try constant(.fields(runs), [count])
  }

  /// Fills the tensor of a constant, and says where its bytes are to come from.
  private func whole(_ constant: Constant) throws -> (Filling, Tensor) {
    let tensor = try testAllocator.tensor(constant.type, constant.shape)
    return (Filling(constant, into: tensor), tensor)
  }

  private func check(_ tensor: Tensor, from offset: Int64) -> Bool {
    let bytes = UnsafeRawBufferPointer(start: tensor.bytes, count: tensor.byteCount)
    return bytes.enumerated().allSatisfy { $0.element == Stream.byte(offset + Int64($0.offset)) }
  }

  @Test func fillsInTheOrderOfTheFiles() throws {
    let twice = try raw(at: 3_000_000, [500, 500])
    // External files are numbered as they are opened, however they are spelt.
    let (b, a) = (try outside("b", at: 100, [1000]), try outside("a", at: 40_000, [300, 1000]))
    let places: [(Constant, Int64)] = [
      (twice, 3_000_000), (a, 40_000), (try raw(at: 7_000_000, [1]), 7_000_000), (b, 100), (twice, 3_000_000),
      (try raw(at: 1000, [1000]), 1000), (try outside("././a", at: 1_900_000, [25_000]), 1_900_000),
      (try typed(at: 5_000_000, count: 100_000), 5_000_000),
    ]
    #expect(files.openCount == 2)
    var filled: [(Filling, Tensor)] = []
    for (constant, _) in places { filled.append(try whole(constant)) }
    // A matrix in strips reads every row several times, and what is in memory comes from nowhere.
    let matrix = try raw(at: 3_500_000, [100, 2000])
    let seen = Tensor.float32([100, 2000], [Float](repeating: 0, count: 200_000))
    let loaded = try whole(LoadedConstant(.float32([2], [1, 2])))
    let strips = [0..<3000, 3000..<8000].map { strip in
      Filling(matrix, rows: 100, strip: strip) { rows, staging in
        for (i, row) in rows.enumerated() {
          (seen.bytes + row * 8000 + strip.lowerBound).copyMemory(
            from: staging + i * strip.count, byteCount: strip.count)
        }
      }
    }
    let queue = try FillingQueue(filled.map(\.0) + strips + [loaded.0], allocator: testAllocator)
    #expect(queue.count == 11 && queue.remaining == 11)
    var pieces = 1
    var kept: Int64 = 0
    while try !queue.advance() {
      pieces += 1
      for stream in [main] + files.streams.values {
        guard let last = stream.reads.last, last.upperBound < 5_000_000 || stream !== main else { continue }
        kept = max(kept, last.upperBound - stream.forgotten)
      }
    }
    #expect(queue.remaining == 0 && pieces > 20)
    for ((_, tensor), (_, offset)) in zip(filled, places) { #expect(check(tensor, from: offset)) }
    #expect(check(seen, from: 3_500_000))
    #expect(loaded.1.floats[1] == 2)
    // Of a matrix in strips the rows of one range.
    #expect(kept <= 87 * 8000)
    #expect(main.forgotten == 10_000_000 && files.streams["b"]!.forgotten == 3_000_000)
    #expect(files.streams["a"]!.forgotten >= 1_900_000)
  }

  /// A typed field that is read twice is read from its front each time, and goes when the second reader is done.
  @Test func typedFieldsAreReadOneAfterTheOther() throws {
    let typed = try typed(at: 1_000_000, count: 200_000)
    let behind = try raw(at: 5_000_000, [10])
    let filled = try [behind, typed, typed].map { try whole($0) }
    let queue = try FillingQueue(filled.map(\.0), allocator: testAllocator)
    while try !queue.advance() {
      #expect(queue.remaining == 1 || main.forgotten <= 1_000_000)
    }
    #expect(main.forgotten == 5_000_000)
    #expect(check(filled[1].1, from: 1_000_000) && check(filled[2].1, from: 1_000_000))
    // Once each: neither began again in the middle.
    let read = main.reads.map { $0.upperBound - $0.lowerBound }.reduce(0, +)
    #expect(read < 1_900_000, "\(read)")
  }

  @Test func anErrorNamesTheNode() throws {
    main.isBroken = true
    let (filling, _) = try whole(try raw(at: 1000, [10]))
    filling.node = RuntimeError.Node(name: "n", opType: "MatMul", opset: 22)
    let queue = try FillingQueue([filling], allocator: testAllocator)
    #expect(queue.node?.name == "n")
    do throws(RuntimeError) {
      _ = try queue.advance()
      Issue.record("it was read")
    } catch {
      #expect(error.message == "node 'n' (MatMul): byte 1000 is gone")
    }
  }

  @Test func nothingToFill() throws {
    #expect(try FillingQueue([], allocator: testAllocator).advance())
  }
}
