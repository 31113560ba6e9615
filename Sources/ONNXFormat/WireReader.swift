import Tensors

/// Reads protobuf's wire format from a `ByteSource` through a window of at most 64 kB.
///
/// Every length is checked against the message around it, so truncated or random input ends in an error that names
/// the byte, never in a trap. <https://protobuf.dev/programming-guides/encoding/>
public struct WireReader {
  /// How a field's value is laid out; a field of an unexpected type is skipped like an unknown one.
  public enum WireType: UInt8 {
    case varint = 0
    case fixed64 = 1
    case bytes = 2
    case group = 3
    case fixed32 = 5
  }

  public struct Field {
    public let number: UInt32
    public let wire: WireType
    /// Where the tag stands.
    public let offset: Int64
  }

  /// Messages inside messages; protobuf's own readers stop at the same depth.
  static let depthLimit = 100
  private static let windowSize = 65536
  /// What is read after a jump: the next header is near, the weights behind it are not wanted.
  private static let firstWindowSize = 4096

  public let source: ByteSource
  /// The offset of the next byte.
  public private(set) var position: Int64
  /// Where the message being read ends.
  public private(set) var end: Int64
  private var depth = 0

  private var window: Storage?
  private var base: UnsafeRawPointer
  private var windowStart: Int64 = 0
  private var windowEnd: Int64

  /// A reader of the whole source.
  public init(_ source: ByteSource) throws(RuntimeError) {
    try self.init(source, offset: 0, length: source.byteCount)
  }

  /// A reader of a range of the source.
  public init(_ source: ByteSource, offset: Int64, length: Int64) throws(RuntimeError) {
    self.source = source
    guard offset >= 0, length >= 0, offset <= source.byteCount, length <= source.byteCount - offset else {
      throw RuntimeError(
        .invalidProtobuf, "%d bytes are needed at byte %d, the file has %d", Int(clamping: length),
        Int(clamping: offset), Int(clamping: source.byteCount))
    }
    position = offset
    end = offset + length
    if let mapped = source.mapped {
      base = mapped
      windowEnd = source.byteCount
    } else {
      let size = Int(min(length, Int64(WireReader.windowSize)))
      let window = try Allocator().allocate(byteCount: size)
      self.window = window
      base = UnsafeRawPointer(window.base)
      windowEnd = 0
    }
  }

  /// The next field of the message, or nil at its end. Its value must be read or skipped before the next call.
  @inline(never)
  public mutating func nextField() throws(RuntimeError) -> Field? {
    if position == end { return nil }
    let offset = position
    let tag = try varint()
    guard tag >> 3 != 0, tag >> 32 == 0, let wire = WireType(rawValue: UInt8(tag & 7)) else {
      throw malformed("not a protobuf field at byte %d", offset)
    }
    return Field(number: UInt32(tag >> 3), wire: wire, offset: offset)
  }

  @inline(never)
  public mutating func varint() throws(RuntimeError) -> UInt64 {
    let start = position
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while shift < 70 {
      let byte = try byte()
      value |= UInt64(byte & 0x7f) &<< shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw malformed("a varint of more than 10 bytes at byte %d", start)
  }

  public mutating func int64() throws(RuntimeError) -> Int64 { Int64(bitPattern: try varint()) }

  /// An int32 or enum field; protobuf drops the upper bits.
  public mutating func int32() throws(RuntimeError) -> Int32 { Int32(truncatingIfNeeded: try varint()) }

  @inline(never)
  public mutating func fixed32() throws(RuntimeError) -> UInt32 {
    try require(4)
    var value: UInt32 = 0
    for i in 0..<UInt32(4) { value |= UInt32(try byte()) << (8 * i) }
    return value
  }

  @inline(never)
  public mutating func fixed64() throws(RuntimeError) -> UInt64 {
    try require(8)
    var value: UInt64 = 0
    for i in 0..<UInt64(8) { value |= UInt64(try byte()) << (8 * i) }
    return value
  }

  public mutating func float() throws(RuntimeError) -> Float { Float(bitPattern: try fixed32()) }

  /// The length of a length-delimited field, inside the message.
  @inline(never)
  public mutating func length() throws(RuntimeError) -> Int64 {
    let start = position
    let length = try varint()
    guard length <= UInt64(end - position) else {
      throw malformed("a field of %d bytes at byte %d, %d are left", Int64(clamping: length), start, end - position)
    }
    return Int64(length)
  }

  /// The place of a length-delimited field, which is skipped: how weights are not copied.
  @inline(never)
  public mutating func range() throws(RuntimeError) -> (offset: Int64, length: Int64) {
    let length = try length()
    let offset = position
    position += length
    return (offset, length)
  }

  /// The bytes of a string or bytes field.
  @inline(never)
  public mutating func name() throws(RuntimeError) -> Name {
    let (offset, length) = try range()
    guard let count = Int(exactly: length) else { throw malformed("a string of %d bytes at byte %d", length, offset) }
    if count == 0 { return Name() }
    try WireReader.expectMemory(for: length)
    var bytes = [UInt8](repeating: 0, count: count)
    var failure: RuntimeError?
    bytes.withUnsafeMutableBytes { target in
      do throws(RuntimeError) { try copy(from: offset, into: target) } catch { failure = error }
    }
    if let failure { throw failure }
    return Name(bytes)
  }

  /// Copies the next `count` bytes as they stand.
  public mutating func copy(_ count: Int, into target: UnsafeMutableRawPointer) throws(RuntimeError) {
    try require(Int64(count))
    try copy(from: position, into: UnsafeMutableRawBufferPointer(start: target, count: count))
    position += Int64(count)
  }

  /// Skips a field's value.
  @inline(never)
  public mutating func skip(_ field: Field) throws(RuntimeError) {
    switch field.wire {
    case .varint: _ = try varint()
    case .fixed64: try advance(8)
    case .fixed32: try advance(4)
    case .bytes: _ = try range()
    case .group: try skipGroup(field)
    }
  }

  /// Reads a length-delimited message, field by field, into `message`; what it held before is merged with.
  ///
  /// Never inlined, like all that the decoders share: they are many, and inlining costs a kilobyte of wasm each time.
  @inline(never)
  public mutating func message<M: WireMessage>(into message: inout M) throws(RuntimeError) {
    let outer = try enter()
    while let field = try nextField() { try message.merge(field, from: &self) }
    leave(outer)
  }

  /// Reads a length-delimited message of its own.
  public mutating func message<M: WireMessage>(_: M.Type = M.self) throws(RuntimeError) -> M {
    var message = M()
    try self.message(into: &message)
    return message
  }

  /// Goes into a length-delimited message and answers the end of the one around it.
  @inline(never)
  mutating func enter() throws(RuntimeError) -> Int64 {
    let length = try length()
    let outer = end
    try descend()
    end = position + length
    return outer
  }

  mutating func leave(_ outer: Int64) {
    end = outer
    depth -= 1
  }

  private mutating func skipGroup(_ group: Field) throws(RuntimeError) {
    try descend()
    while true {
      let offset = position
      let tag = try varint()
      if tag & 7 == 4 {
        guard tag >> 3 == UInt64(group.number) else {
          throw malformed("the end of another group than the open one at byte %d", offset)
        }
        break
      }
      guard tag >> 3 != 0, tag >> 32 == 0, let wire = WireType(rawValue: UInt8(tag & 7)) else {
        throw malformed("not a protobuf field at byte %d", offset)
      }
      try skip(Field(number: UInt32(tag >> 3), wire: wire, offset: offset))
    }
    depth -= 1
  }

  private mutating func descend() throws(RuntimeError) {
    depth += 1
    if depth > WireReader.depthLimit {
      throw malformed("messages nested deeper than %d at byte %d", Int64(WireReader.depthLimit), position)
    }
  }

  /// Asks malloc, which says no, before an array of a size from the file is made: that traps in Embedded Swift.
  static func expectMemory(for count: Int64, timesBytes width: Int64 = 1) throws(RuntimeError) {
    guard count > Int64(windowSize) else { return }
    _ = try Allocator().allocate(byteCount: Int(clamping: count.multipliedReportingOverflow(by: width).partialValue))
  }

  private mutating func advance(_ count: Int64) throws(RuntimeError) {
    try require(count)
    position += count
  }

  private func require(_ count: Int64) throws(RuntimeError) {
    if count > end - position {
      throw malformed("%d bytes are needed at byte %d, %d are left", count, position, end - position)
    }
  }

  @inline(__always)
  private mutating func byte() throws(RuntimeError) -> UInt8 {
    if position >= windowEnd || position < windowStart || position >= end { try refill() }
    let byte = base.load(fromByteOffset: Int(truncatingIfNeeded: position - windowStart), as: UInt8.self)
    position += 1
    return byte
  }

  @inline(never)
  private mutating func refill() throws(RuntimeError) {
    guard position < end else { throw malformed("the message ends in the middle of a field at byte %d", position) }
    guard let window, position >= windowEnd || position < windowStart else { return }
    let size = position == windowEnd ? window.byteCount : min(window.byteCount, WireReader.firstWindowSize)
    let count = Int(min(Int64(size), source.byteCount - position))
    try source.read(at: position, count: count, into: window.base)
    windowStart = position
    windowEnd = position + Int64(count)
  }

  /// Bytes that may be inside the window, partly or not at all.
  private func copy(from offset: Int64, into target: UnsafeMutableRawBufferPointer) throws(RuntimeError) {
    guard let start = target.baseAddress else { return }
    if offset >= windowStart, offset + Int64(target.count) <= windowEnd {
      start.copyMemory(from: base + Int(truncatingIfNeeded: offset - windowStart), byteCount: target.count)
    } else {
      try source.read(at: offset, count: target.count, into: start)
    }
  }

  @inline(never)
  private func malformed(_ text: StaticString, _ a: Int64 = 0, _ b: Int64 = 0, _ c: Int64 = 0) -> RuntimeError {
    RuntimeError(.invalidProtobuf, text, Int(clamping: a), Int(clamping: b), Int(clamping: c))
  }
}

/// A struct that a protobuf message is read into. A generic constraint only.
public protocol WireMessage {
  init()
  /// Reads one field's value; `skip` takes what is unknown or of another wire type.
  mutating func merge(_ field: WireReader.Field, from reader: inout WireReader) throws(RuntimeError)
}
