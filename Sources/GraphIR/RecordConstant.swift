import ONNXFormat
import Tensors

/// A constant whose elements are in the model file, or in a file beside it.
public final class RecordConstant: Constant {
  private let record: TensorRecord
  private let loader: TensorLoader
  private var reader: TensorReader
  /// Weak would do, but Embedded Swift has no weak references: `release` drops it.
  private var loaded: Tensor?

  /// Throws where the record's elements are not as many as its dims say.
  public init(_ record: TensorRecord, _ loader: TensorLoader) throws(RuntimeError) {
    self.record = record
    self.loader = loader
    let reader = try loader.reader(record)
    self.reader = reader
    super.init(reader.type, reader.shape)
  }

  public override func tensor(_ allocator: Allocator) throws(RuntimeError) -> Tensor {
    if let resident { return resident }
    let tensor = try loader.load(record, allocator: allocator)
    loaded = tensor
    return tensor
  }

  public override var resident: Tensor? { loaded ?? mappedTensor() }

  public override func read(at offset: Int, count: Int, into target: UnsafeMutableRawPointer) throws(RuntimeError) {
    try reader.read(at: offset, count: count, into: target)
  }

  public override func origin(of offset: Int) -> Origin? { reader.origin(of: offset) }

  /// Forgets the loaded bytes; whoever uses the tensor keeps it alive.
  public override func release() {
    super.release()
    loaded = nil
  }

  /// The bytes in the mapped file, where they lie as an element of this type must.
  private func mappedTensor() -> Tensor? {
    guard type != .string, let bytes = reader.mapped, UInt(bitPattern: bytes) % UInt(max(type.byteWidth, 1)) == 0 else {
      return nil
    }
    let storage = Storage(borrowed: UnsafeMutableRawPointer(mutating: bytes), byteCount: byteCount, owner: loader)
    return Tensor(type, shape, storage)
  }
}
