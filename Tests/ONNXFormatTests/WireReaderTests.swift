import ONNXFormat
import Tensors
import Testing

@Suite struct WireReaderTests {
  struct Case: CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    /// What the reader says of it, or nil where it reads to the end.
    let message: String?
  }

  static let cases = [
    Case(testDescription: "nothing", bytes: [], message: nil),
    Case(
      testDescription: "every wire type", bytes: [8, 1, 0x11, 1, 2, 3, 4, 5, 6, 7, 8, 0x1a, 1, 9, 0x25, 1, 2, 3, 4],
      message: nil),
    Case(testDescription: "group", bytes: [0x0b, 8, 1, 0x13, 0x14, 0x0c], message: nil),
    Case(testDescription: "longest varint", bytes: [8] + [UInt8](repeating: 0xff, count: 9) + [1], message: nil),
    Case(
      testDescription: "varint of 11 bytes", bytes: [8] + [UInt8](repeating: 0xff, count: 10) + [1],
      message: "a varint of more than 10 bytes at byte 1"),
    Case(testDescription: "tag alone", bytes: [8], message: "the message ends in the middle of a field at byte 1"),
    Case(
      testDescription: "cut varint", bytes: [8, 0x80], message: "the message ends in the middle of a field at byte 2"),
    Case(testDescription: "cut fixed32", bytes: [0x0d, 1, 2], message: "4 bytes are needed at byte 1, 2 are left"),
    Case(testDescription: "cut fixed64", bytes: [9, 1, 2, 3], message: "8 bytes are needed at byte 1, 3 are left"),
    Case(testDescription: "cut bytes", bytes: [10, 3, 1], message: "a field of 3 bytes at byte 1, 1 are left"),
    Case(
      testDescription: "length of 2^63", bytes: [10] + [UInt8](repeating: 0x80, count: 9) + [1],
      message: "a field of 9223372036854775807 bytes at byte 1, 0 are left"),
    Case(testDescription: "field number 0", bytes: [0, 1], message: "not a protobuf field at byte 0"),
    Case(testDescription: "wire type 6", bytes: [8, 1, 0x0e], message: "not a protobuf field at byte 2"),
    Case(testDescription: "wire type 7", bytes: [0x0f], message: "not a protobuf field at byte 0"),
    Case(
      testDescription: "field number of 33 bits", bytes: [0x80, 0x80, 0x80, 0x80, 0x80, 1],
      message: "not a protobuf field at byte 0"),
    Case(testDescription: "end of no group", bytes: [0x0c], message: "not a protobuf field at byte 0"),
    Case(
      testDescription: "open group", bytes: [0x0b, 8, 1], message: "the message ends in the middle of a field at byte 3"
    ),
    Case(
      testDescription: "end of another group", bytes: [0x0b, 0x14],
      message: "the end of another group than the open one at byte 1"),
    Case(
      testDescription: "deep groups", bytes: [UInt8](repeating: 0x0b, count: 101),
      message: "messages nested deeper than 100 at byte 101"),
  ]

  @Test(arguments: cases) func skipsAllFieldsOrSaysWhere(_ item: Case) {
    for source in [GuardedSource(item.bytes), FetchedSource(item.bytes)] {
      let said = message {
        var reader = try WireReader(source)
        while let field = try reader.nextField() { try reader.skip(field) }
      }
      #expect(said == item.message)
    }
  }

  @Test func readsValues() throws {
    let bytes: [UInt8] =
      [0x96, 1] + [UInt8](repeating: 0xff, count: 9) + [1] + [0, 0, 0x80, 0x3f] + [1, 0, 0, 0, 0, 0, 0, 0x80]
      + [2, 104, 105, 0]
    for source in [GuardedSource(bytes), FetchedSource(bytes)] {
      var reader = try WireReader(source)
      #expect(try reader.varint() == 150)
      #expect(try reader.int64() == -1)
      #expect(try reader.float() == 1)
      #expect(try reader.fixed64() == 0x8000_0000_0000_0001)
      #expect(try reader.name() == "hi")
      #expect(try reader.name() == "")
      #expect(reader.position == Int64(bytes.count))
    }
  }

  /// A value may lie across the window's edge, and a field may be longer than the window.
  @Test func crossesTheWindow() throws {
    for length in [65_530, 65_536, 200_000] {
      var writer = WireWriter()
      writer.name(1, Name([UInt8](repeating: 7, count: length)))
      for i in 0..<20_000 { writer.int(2, Int64(i) << 20) }
      let bytes = try writer.bytes()
      var reader = try WireReader(FetchedSource(bytes))
      _ = try reader.nextField()
      #expect(try reader.name().bytes.count == length)
      var sum: Int64 = 0
      while let _ = try reader.nextField() { sum += try reader.int64() }
      #expect(sum == (19_999 * 20_000 / 2) << 20)
    }
  }

  /// A range of a source is a message of its own: nothing behind it is read.
  @Test func staysInsideItsRange() throws {
    let source = GuardedSource([8, 1, 8, 2, 8])
    var reader = try WireReader(source, offset: 2, length: 2)
    _ = try reader.nextField()
    #expect(try reader.varint() == 2)
    #expect(try reader.nextField() == nil)
    for (offset, length) in [(Int64(-1), Int64(1)), (0, 6), (6, 0), (3, .max), (.max, .max), (0, -1)] {
      #expect(throws: RuntimeError.self) { _ = try WireReader(source, offset: offset, length: length) }
    }
  }
}
