/// A packed row-major array of one element type: a view of bytes in a `Storage` that it keeps alive.
///
/// Types of less than a byte are packed, the first element in the low bits.
///
/// A class, though nothing of it changes: tensors are handed on much more often than made, and one reference is half the
/// code of five words with two in them.
public final class Tensor {
  public let type: ElementType
  public let shape: Shape
  public let storage: Storage
  /// The first byte; of no use where `type` is `.string`.
  public let bytes: UnsafeMutableRawPointer

  public init(_ type: ElementType, _ shape: Shape, _ storage: Storage, offset: Int = 0) {
    self.type = type
    self.shape = shape
    self.storage = storage
    bytes = storage.base + offset
  }

  public convenience init(shape: Shape, strings: [Name]) {
    self.init(shape, Storage(strings: strings))
  }

  /// A tensor of the storage's strings.
  convenience init(_ shape: Shape, _ strings: Storage) { self.init(.string, shape, strings) }

  public var count: Int { shape.count }
  public var byteCount: Int { type.byteCount(shape.count) }

  /// The same elements under another shape of the same count.
  public func reshaped(_ shape: Shape) -> Tensor {
    assert(shape.count == self.shape.count)
    return Tensor(type, shape, storage, bytes: bytes)
  }

  private init(_ type: ElementType, _ shape: Shape, _ storage: Storage, bytes: UnsafeMutableRawPointer) {
    self.type = type
    self.shape = shape
    self.storage = storage
    self.bytes = bytes
  }

  /// The elements as `T`, which must be as wide as the element type.
  public func elements<T: BitwiseCopyable>(_: T.Type = T.self) -> UnsafeMutableBufferPointer<T> {
    assert(MemoryLayout<T>.stride == type.byteWidth)
    return UnsafeMutableBufferPointer(start: bytes.assumingMemoryBound(to: T.self), count: count)
  }

  /// Element `i` of an int32 or int64 tensor.
  public func int64(_ i: Int) -> Int64 {
    type == .int64
      ? bytes.load(fromByteOffset: i * 8, as: Int64.self) : Int64(bytes.load(fromByteOffset: i * 4, as: Int32.self))
  }

  /// The same as an index or a size, clamped to `Int`, which has 32 bits in wasm.
  public func integer(_ i: Int) -> Int { Int(clamping: int64(i)) }

  /// All elements of an int32 or int64 tensor, clamped to `Int`.
  public var integers: [Int] { (0..<count).map { integer($0) } }
}

extension Tensor {
  /// The same elements in memory of their own.
  public func copied(_ allocator: Allocator) throws(RuntimeError) -> Tensor {
    if type == .string { return Tensor(shape: shape, strings: storage.strings) }
    let copy = try allocator.tensor(type, shape)
    copy.bytes.copyMemory(from: bytes, byteCount: byteCount)
    return copy
  }
}

extension Tensor {
  /// Whether both have the same bytes at one place in memory, or the same few kilobytes at two; both have one type and
  /// shape. Of strings only the place is looked at.
  public func hasSameElements(as other: Tensor) -> Bool {
    assert(type == other.type && count == other.count)
    if storage === other.storage, bytes == other.bytes { return true }
    let byteCount = byteCount
    guard type != .string, byteCount <= 1 << 12 else { return false }
    let pairs = zip(
      UnsafeRawBufferPointer(start: bytes, count: byteCount),
      UnsafeRawBufferPointer(start: other.bytes, count: byteCount))
    return pairs.allSatisfy { $0 == $1 }
  }
}

extension Tensor {
  /// The elements of a float32 tensor.
  public var floats: UnsafeMutablePointer<Float> {
    assert(type == .float32)
    return bytes.assumingMemoryBound(to: Float.self)
  }

  /// The elements of a float64 tensor.
  public var reals: UnsafeMutablePointer<Double> {
    assert(type == .float64)
    return bytes.assumingMemoryBound(to: Double.self)
  }
}
