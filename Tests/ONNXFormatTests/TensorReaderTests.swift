import ONNXFormat
import Tensors
import Testing

@Suite struct TensorReaderTests {
  struct Case: CustomTestStringConvertible {
    let testDescription: String
    let type: ElementType
    let dims: [Int]
    let bytes: [UInt8]

    init<T: BitwiseCopyable>(_ name: String, _ type: ElementType, _ dims: [Int], _ values: [T]) {
      testDescription = name
      self.type = type
      self.dims = dims
      bytes = values.withUnsafeBytes { Array($0) }
    }
  }

  /// The tensors of the golden model, one for each storage form.
  static let cases = [
    Case("raw", .float32, [2, 2], [0, 1, 2, 3] as [Float]),
    Case("float_data", .float32, [3], [1.5, -2, 0.25] as [Float]),
    Case("double_data", .float64, [2], [1e300, -0.5] as [Double]),
    Case("int32_data", .int32, [3], [-1, .max, .min] as [Int32]),
    Case("int8_data", .int8, [3], [-128, 0, 127] as [Int8]),
    Case("uint16_data", .uint16, [2], [65535, 1] as [UInt16]),
    Case("half_data", .float16, [2], [0x3c00, 0xc000] as [UInt16]),
    Case("bool_data", .bool, [3], [1, 0, 1] as [UInt8]),
    Case("int4_data", .int4, [3], [0x21, 0x0f] as [UInt8]),
    Case("int64_data", .int64, [3], [.min, 0, .max] as [Int64]),
    Case("uint32_data", .uint32, [2], [.max, 7] as [UInt32]),
    Case("uint64_data", .uint64, [2], [.max, 7] as [UInt64]),
    Case("complex_data", .complex64, [1], [1, -1] as [Float]),
    Case("scalar", .float32, [], [7] as [Float]),
    Case("nothing", .float32, [0, 4], [] as [Float]),
    Case("outside", .float32, [2], [0.5, -0.5] as [Float]),
  ]

  static var weights: [UInt8] { [UInt8](repeating: 9, count: 4096) + [0, 0, 0, 0x3f, 0, 0, 0, 0xbf, 9] }

  @Test(arguments: cases, [true, false]) func loadsEveryForm(_ item: Case, mapped: Bool) throws {
    let source: ByteSource = mapped ? GuardedSource(Golden.model) : FetchedSource(Golden.model)
    let model = try ModelProto(decoding: source)
    let record = try #require(model.graph.initializers.first { $0.name.text == item.testDescription })
    let loader = TensorLoader(source, external: GivenSources(["weights.bin": Self.weights]))
    let tensor = try loader.load(record, allocator: Allocator())
    #expect(tensor.type == item.type)
    #expect(tensor.shape.dims == item.dims)
    #expect(tensor.packedBytes == item.bytes)
  }

  @Test func loadsStrings() throws {
    let source = FetchedSource(Golden.model)
    let model = try ModelProto(decoding: source)
    let record = try #require(model.graph.initializers.first { $0.name == "string_data" })
    let tensor = try TensorLoader(source).load(record, allocator: Allocator())
    #expect(tensor.storage.strings == ["a", "", "größe"])
  }

  /// Any order of ranges, also backwards, gives the bytes that one read gives.
  @Test(arguments: ["raw", "float_data", "int64_data", "half_data", "outside"]) func readsRanges(_ name: String) throws
  {
    let source = FetchedSource(Golden.model)
    let model = try ModelProto(decoding: source)
    let record = try #require(model.graph.initializers.first { $0.name.text == name })
    let loader = TensorLoader(source, external: GivenSources(["weights.bin": Self.weights]))
    let whole = try loader.load(record, allocator: Allocator())
    var reader = try loader.reader(record)
    let width = reader.type.byteWidth
    let target = try Allocator().allocate(byteCount: reader.byteCount)
    for start in stride(from: 0, through: reader.byteCount, by: width).reversed() {
      for count in stride(from: 0, through: reader.byteCount - start, by: width) {
        try reader.read(at: start, count: count, into: target.base)
        let read = Array(UnsafeRawBufferPointer(start: target.base, count: count))
        #expect(read == Array(whole.packedBytes[start..<start + count]))
      }
    }
    for (start, count) in [(-width, width), (0, reader.byteCount + width), (reader.byteCount + width, 0), (0, -1)] {
      #expect(throws: RuntimeError.self) { try reader.read(at: start, count: count, into: target.base) }
    }
  }

  /// Values one by one, packed in several pieces, and both mixed, are one tensor.
  @Test func joinsRuns() throws {
    var writer = WireWriter()
    writer.packed(1, [7] as [Int64])
    writer.int(2, 1)
    writer.float(4, 0)
    writer.float(4, 1)
    writer.packed(4, [2, 3] as [Float])
    writer.name(8, "mixed")
    writer.packed(4, [4] as [Float])
    writer.float(4, 5)
    writer.float(4, 6)
    let source = FetchedSource(try writer.bytes())
    guard case .tensor(let record) = try ValueRecord(decoding: source, as: .tensor) else { return }
    guard case .fields(let runs) = record.data else { return #expect(Bool(false), "not in runs") }
    #expect(runs.map(\.isPacked) == [false, true, true, false])
    let tensor = try TensorLoader(source).load(record, allocator: Allocator())
    #expect(tensor.values(Float.self) == [0, 1, 2, 3, 4, 5, 6])
  }

  /// A float6 a value, packed, alone or both, becomes six bits; any range of the bytes can be read.
  @Test(arguments: [0, 1, 2, 3, 4, 5, 9]) func joinsSixBits(_ count: Int) throws {
    let codes = (0..<count).map { ($0 * 23 + 9) % 64 }
    // Each bit by itself.
    var expected = [UInt8](repeating: 0, count: (6 * count + 7) / 8)
    for bit in 0..<6 * count where codes[bit / 6] >> (bit % 6) & 1 == 1 { expected[bit / 8] |= 1 << UInt8(bit % 8) }
    for alone in 0...count {
      var writer = WireWriter()
      writer.packed(1, [Int64(count)])
      writer.int(2, 27)
      for code in codes[..<alone] { writer.int(5, Int64(code)) }
      // What is above the six bits means nothing.
      writer.packed(5, codes[alone...].map { Int64($0 + 64) })
      // A packed field of no values.
      writer.name(5, Name())
      let source = FetchedSource(try writer.bytes())
      guard case .tensor(let record) = try ValueRecord(decoding: source, as: .tensor) else { return }
      var reader = try TensorLoader(source).reader(record)
      #expect(reader.type == .float6e2m3 && reader.byteCount == expected.count)
      for range in [0..<expected.count, expected.count / 2..<expected.count, 0..<expected.count / 2] {
        let target = try Allocator().allocate(byteCount: range.count)
        try reader.read(at: range.lowerBound, count: range.count, into: target.base)
        #expect(Array(UnsafeRawBufferPointer(start: target.base, count: range.count)) == Array(expected[range]))
      }
    }
  }

  /// Many values one by one make one run, and are read in time that grows with their number.
  @Test func readsManyUnpackedValues() throws {
    var writer = WireWriter()
    writer.packed(1, [100_000] as [Int64])
    writer.int(2, 7)
    for i in 0..<100_000 { writer.int(7, Int64(i) - 50_000) }
    let source = FetchedSource(try writer.bytes())
    guard case .tensor(let record) = try ValueRecord(decoding: source, as: .tensor) else { return }
    guard case .fields(let runs) = record.data else { return #expect(Bool(false), "not in runs") }
    #expect(runs.count == 1)
    let tensor = try TensorLoader(source).load(record, allocator: Allocator())
    #expect(tensor.values(Int64.self).elementsEqual(-50_000..<50_000))
  }

  struct Bad: CustomTestStringConvertible {
    let testDescription: String
    let message: String
    let write: @Sendable (inout WireWriter) -> Void
  }

  static let bad = [
    Bad(testDescription: "raw too short", message: "raw_data of 't' has 12 bytes, float32 [2, 2] needs 16") {
      $0.packed(1, [2, 2] as [Int64])
      $0.int(2, 1)
      $0.name(9, Name([UInt8](repeating: 0, count: 12)))
    },
    Bad(testDescription: "too few values", message: "tensor 't' has 1 values, int64 [2] needs 2") {
      $0.packed(1, [2] as [Int64])
      $0.int(2, 7)
      $0.int(7, 1)
    },
    Bad(testDescription: "values of another field", message: "tensor 't' has 0 values, int64 [1] needs 1") {
      $0.packed(1, [1] as [Int64])
      $0.int(2, 7)
      $0.float(4, 1)
    },
    Bad(testDescription: "packed floats cut", message: "packed values at byte 10 take 3 bytes, not a multiple of 4") {
      $0.packed(1, [1] as [Int64])
      $0.int(2, 1)
      $0.name(4, Name([1, 2, 3]))
    },
    Bad(testDescription: "unknown type", message: "tensor 't' has the unknown element type 99") { $0.int(2, 99) },
    Bad(testDescription: "no type", message: "tensor 't' has the unknown element type 0") { _ in },
    Bad(testDescription: "negative dim", message: "tensor 't' has the dim -1") {
      $0.packed(1, [-1] as [Int64])
      $0.int(2, 1)
    },
    Bad(
      testDescription: "dims beyond Int",
      message: "raw_data of 't' has 0 bytes, float32 [4294967296, 4294967296] needs 9223372036854775807"
    ) {
      $0.packed(1, [1 << 32, 1 << 32] as [Int64])
      $0.int(2, 1)
      $0.name(9, Name())
    },
    Bad(testDescription: "raw strings", message: "tensor 't' of strings must not have raw_data") {
      $0.packed(1, [1] as [Int64])
      $0.int(2, 8)
      $0.name(9, "x")
    },
    Bad(testDescription: "external not given", message: "external data 'w' is needed and was not given") {
      $0.int(2, 1)
      external(&$0, ["location": "w"])
    },
    Bad(
      testDescription: "external too short",
      message: "external data 'weights.bin' must have 16 bytes from byte 4096, the file has 4105"
    ) {
      $0.packed(1, [4] as [Int64])
      $0.int(2, 1)
      external(&$0, ["location": "weights.bin", "offset": "4096"])
    },
    Bad(testDescription: "external of another length", message: "external data of 't' has 5 bytes, its dims need 4") {
      $0.int(2, 1)
      external(&$0, ["location": "weights.bin", "length": "5"])
    },
    Bad(
      testDescription: "external offset is no number",
      message: "external data's 'offset' at byte 5 is not a number of bytes"
    ) {
      $0.int(2, 1)
      external(&$0, ["offset": "-4"])
    },
  ]

  @Sendable static func external(_ writer: inout WireWriter, _ entries: KeyValuePairs<Name, Name>) {
    for (key, value) in entries {
      try? writer.message(13) { (body) throws(RuntimeError) in
        body.name(1, key)
        body.name(2, value)
      }
    }
    writer.int(14, 1)
  }

  @Test(arguments: bad) func saysWhatIsWrong(_ item: Bad) throws {
    var writer = WireWriter()
    writer.name(8, "t")
    item.write(&writer)
    let source = GuardedSource(try writer.bytes())
    let said = message {
      guard case .tensor(let record) = try ValueRecord(decoding: source, as: .tensor) else { return }
      _ = try TensorLoader(source, external: GivenSources(["weights.bin": Self.weights]))
        .load(record, allocator: Allocator())
    }
    #expect(said == item.message)
  }
}
