import Tensors

/// Takes a file's bytes in order. A host overrides `write(_:)`.
open class ByteSink {
  public init() {}

  open func write(_ bytes: UnsafeRawBufferPointer) throws(RuntimeError) {
    throw RuntimeError(.fail, "a byte sink must override write")
  }
}

/// Bytes gathered in memory.
public final class MemorySink: ByteSink {
  public private(set) var bytes: [UInt8] = []

  public override func write(_ bytes: UnsafeRawBufferPointer) throws(RuntimeError) { self.bytes += bytes }
}

/// Writes protobuf's wire format. Weights are not copied into it: they are read when the bytes go to their sink.
///
/// Its methods are never inlined, as those of `WireReader`.
public struct WireWriter {
  fileprivate enum Piece {
    case bytes([UInt8])
    case tensor(TensorReader)
  }

  fileprivate var pieces: [Piece] = []
  /// The bytes written so far, weights included.
  public private(set) var byteCount: Int64 = 0

  public init() {}

  @inline(never)
  public mutating func varint(_ value: UInt64) {
    var bytes: [UInt8] = []
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
    append(bytes)
  }

  public mutating func tag(_ number: UInt32, _ wire: WireReader.WireType) {
    varint(UInt64(number) << 3 | UInt64(wire.rawValue))
  }

  /// An integer or enum field.
  @inline(never)
  public mutating func int(_ number: UInt32, _ value: Int64) {
    tag(number, .varint)
    varint(UInt64(bitPattern: value))
  }

  @inline(never)
  public mutating func float(_ number: UInt32, _ value: Float) {
    tag(number, .fixed32)
    append(value)
  }

  /// A string or bytes field, also where it is empty.
  @inline(never)
  public mutating func name(_ number: UInt32, _ value: Name) {
    tag(number, .bytes)
    varint(UInt64(value.bytes.count))
    append(value.bytes)
  }

  /// A string field, left out where it is empty.
  @inline(never)
  public mutating func nonEmpty(_ number: UInt32, _ value: Name) {
    if !value.isEmpty { name(number, value) }
  }

  @inline(never)
  public mutating func packed(_ number: UInt32, _ values: [Int64]) {
    if values.isEmpty { return }
    var body = WireWriter()
    for value in values { body.varint(UInt64(bitPattern: value)) }
    append(number, body)
  }

  @inline(never)
  public mutating func packed(_ number: UInt32, _ values: [Float]) {
    if values.isEmpty { return }
    var body = WireWriter()
    for value in values { body.append(value) }
    append(number, body)
  }

  /// A field that is a message of its own.
  @inline(never)
  public mutating func message(
    _ number: UInt32, _ write: (inout WireWriter) throws(RuntimeError) -> Void
  ) throws(RuntimeError) {
    var body = WireWriter()
    try write(&body)
    append(number, body)
  }

  /// A bytes field of a tensor's packed elements.
  public mutating func tensor(_ number: UInt32, _ reader: TensorReader) {
    tag(number, .bytes)
    varint(UInt64(reader.byteCount))
    pieces.append(.tensor(reader))
    byteCount += Int64(reader.byteCount)
  }

  /// Sends everything to the sink.
  public func write(to sink: ByteSink) throws(RuntimeError) {
    let sender = WireSender(self, to: sink)
    while try !sender.advance() {}
  }

  /// Everything, in memory.
  public func bytes() throws(RuntimeError) -> [UInt8] {
    let sink = MemorySink()
    try write(to: sink)
    return sink.bytes
  }

  private mutating func append(_ value: Float) {
    let bits = value.bitPattern
    append([
      UInt8(truncatingIfNeeded: bits), UInt8(truncatingIfNeeded: bits >> 8), UInt8(truncatingIfNeeded: bits >> 16),
      UInt8(truncatingIfNeeded: bits >> 24),
    ])
  }

  @inline(never)
  private mutating func append(_ number: UInt32, _ body: WireWriter) {
    tag(number, .bytes)
    varint(UInt64(body.byteCount))
    for piece in body.pieces {
      switch piece {
      case .bytes(let bytes): append(bytes)
      case .tensor(let reader):
        pieces.append(piece)
        byteCount += Int64(reader.byteCount)
      }
    }
  }

  @inline(never)
  private mutating func append(_ bytes: [UInt8]) {
    byteCount += Int64(bytes.count)
    if case .bytes(var last) = pieces.last {
      // The array must be held once, or each byte appended copies it.
      pieces[pieces.count - 1] = .bytes([])
      last += bytes
      pieces[pieces.count - 1] = .bytes(last)
    } else {
      pieces.append(.bytes(bytes))
    }
  }
}

/// What was written, on its way to a sink piece by piece.
public final class WireSender {
  private static let chunkSize = 65536

  private let pieces: [WireWriter.Piece]
  private let sink: ByteSink
  /// The next piece, and how many of its bytes are sent where it is a tensor.
  private var next = 0
  private var offset = 0
  /// The tensor that is being sent.
  private var reader: TensorReader?
  private var chunk: Storage?

  public init(_ writer: WireWriter, to sink: ByteSink) {
    pieces = writer.pieces
    self.sink = sink
  }

  /// Sends what stands between two tensors, or 64 kB of one; true when all is sent.
  @export(interface) public func advance() throws(RuntimeError) -> Bool {
    if next == pieces.count { return true }
    switch pieces[next] {
    case .bytes(let bytes):
      var failure: RuntimeError?
      bytes.withUnsafeBytes { buffer in
        do throws(RuntimeError) { try sink.write(buffer) } catch { failure = error }
      }
      if let failure { throw failure }
      next += 1
    case .tensor(let tensor):
      var reader = reader ?? tensor
      if chunk == nil { chunk = try Allocator().allocate(byteCount: WireSender.chunkSize) }
      guard let target = chunk else { return false }
      let count = min(target.byteCount, reader.byteCount - offset)
      try reader.read(at: offset, count: count, into: target.base)
      try sink.write(UnsafeRawBufferPointer(start: target.base, count: count))
      offset += count
      self.reader = reader
      if offset == reader.byteCount {
        self.reader = nil
        offset = 0
        next += 1
      }
    }
    return next == pieces.count
  }
}
