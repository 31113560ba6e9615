import Tensors

/// Bytes that can be read at any offset: a mapped file, an array, or a host that is asked for each range.
///
/// A model is never copied whole: the decoder reads its structure through a small window, and each weight is read
/// once, to where it stays.
open class ByteSource {
  /// How many bytes there are. 64 bits: a file may exceed what a 32-bit `Int` counts.
  public let byteCount: Int64
  /// The bytes, where they are all in memory and stay there as long as the source lives; then nothing is copied.
  public let mapped: UnsafeRawPointer?
  /// Which of a model's files this is: 0 is its own, then come those beside it as they were opened.
  public internal(set) var number = 0

  public init(byteCount: Int64, mapped: UnsafeRawPointer? = nil) {
    self.byteCount = max(0, byteCount)
    self.mapped = mapped
  }

  /// Copies `count` bytes from `offset` to `target`; called only with ranges inside the source.
  ///
  /// A source that is not mapped overrides this. It throws where the host fails to deliver.
  open func fetch(at offset: Int64, count: Int, into target: UnsafeMutableRawPointer) throws(RuntimeError) {
    guard let mapped else { throw RuntimeError(.fail, "a byte source must be mapped or override fetch") }
    target.copyMemory(from: mapped + Int(truncatingIfNeeded: offset), byteCount: count)
  }

  /// Told that no byte before `offset` will be read again: whoever keeps them may let them go.
  open func forget(before offset: Int64) {}

  /// Copies `count` bytes from `offset` to `target`; throws where the range leaves the source.
  public final func read(at offset: Int64, count: Int, into target: UnsafeMutableRawPointer) throws(RuntimeError) {
    guard offset >= 0, count >= 0, offset <= byteCount, Int64(count) <= byteCount - offset else {
      throw RuntimeError(
        .invalidProtobuf, "%d bytes are needed at byte %d, the file has %d", count, Int(clamping: offset),
        Int(clamping: byteCount))
    }
    if count > 0 { try fetch(at: offset, count: count, into: target) }
  }
}

/// Bytes in memory, borrowed from an owner that the source keeps alive.
public final class MemorySource: ByteSource {
  private let owner: AnyObject?

  public init(_ bytes: UnsafeRawBufferPointer, owner: AnyObject? = nil) {
    self.owner = owner
    // An empty buffer has no address; any will do, since nothing is read from it.
    super.init(byteCount: Int64(bytes.count), mapped: bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 64))
  }

  /// A copy of `bytes`, for models made at run time.
  public convenience init(_ bytes: [UInt8], allocator: Allocator = Allocator()) throws(RuntimeError) {
    let storage = try allocator.allocate(byteCount: bytes.count)
    bytes.withUnsafeBytes { if let base = $0.baseAddress { storage.base.copyMemory(from: base, byteCount: $0.count) } }
    self.init(UnsafeRawBufferPointer(start: storage.base, count: bytes.count), owner: storage)
  }
}
