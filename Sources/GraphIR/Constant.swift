import ONNXFormat
import Tensors

/// A constant tensor of the graph whose bytes may still lie in the model file.
///
/// Wasm memory never shrinks, so a weight is never loaded only to be packed: a kernel that packs reads it in pieces
/// (`read`), straight to the packed place. `tensor` loads it whole for everybody else.
open class Constant: ElementSource {
  public let type: ElementType
  public let shape: Shape

  public init(_ type: ElementType, _ shape: Shape) {
    self.type = type
    self.shape = shape
  }

  public var byteCount: Int { type.byteCount(shape.count) }

  /// The tensor of `placed`, for whoever asks next.
  private var place: Tensor?

  /// The tensor that the session keeps for those who read the constant as it is. Its elements are there once `filling`
  /// is done; nil means that they are, or that somebody was given the filling before.
  public final func placed(_ allocator: Allocator) throws(RuntimeError) -> (tensor: Tensor, filling: Filling?) {
    if let tensor = place ?? resident { return (tensor, nil) }
    if type == .string { return (try tensor(allocator), nil) }
    let tensor = try allocator.tensor(type, shape)
    place = tensor
    return (tensor, Filling(self, into: tensor))
  }

  /// The whole tensor, where its elements are in memory already.
  open var resident: Tensor? { nil }

  /// The whole tensor, loaded at the first call and shared from then on.
  open func tensor(_ allocator: Allocator) throws(RuntimeError) -> Tensor {
    fatalError("a subclass says where the bytes are")
  }

  /// Copies `count` of the packed little-endian bytes, from `offset` on.
  open override func read(at offset: Int, count: Int, into target: UnsafeMutableRawPointer) throws(RuntimeError) {
    fatalError("a subclass says where the bytes are")
  }

  /// Where byte `offset` comes from, and the lowest place there which is read for it and for all that follow; nil where
  /// the elements are in memory.
  open func origin(of offset: Int) -> Origin? { nil }

  /// Says that nobody will ask for `tensor` soon; those who have it keep it.
  open func release() { place = nil }
}

/// A constant whose elements are in memory.
public final class LoadedConstant: Constant {
  private let loaded: Tensor

  public init(_ tensor: Tensor) {
    loaded = tensor
    super.init(tensor.type, tensor.shape)
  }

  // These cannot throw, but say so all the same: Embedded Swift puts an override into the table as it is, and in wasm a
  // function that throws a typed error has another signature than one that does not.
  public override func tensor(_ allocator: Allocator) throws(RuntimeError) -> Tensor { loaded }

  public override var resident: Tensor? { loaded }

  public override func read(at offset: Int, count: Int, into target: UnsafeMutableRawPointer) throws(RuntimeError) {
    target.copyMemory(from: loaded.bytes + offset, byteCount: count)
  }
}
