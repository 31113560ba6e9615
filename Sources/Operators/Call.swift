import Kernels
import Tensors

/// One call of a kernel: the tensors it reads and writes, and the machine it runs on.
public struct Call {
  public let inputs: Operands
  public let outputs: Operands
  public let platform: Platform
  /// At least as many bytes as `scratchByteCount` asked for.
  public let scratch: UnsafeMutableRawPointer
  /// For operators whose results are not tensors (sequences), and for the shapes of data.
  public let allocator: Allocator

  public init(
    inputs: Operands, outputs: Operands, platform: Platform, scratch: UnsafeMutableRawPointer, allocator: Allocator
  ) {
    self.inputs = inputs
    self.outputs = outputs
    self.platform = platform
    self.scratch = scratch
    self.allocator = allocator
  }

  /// The one element of the int tensor that is input `i`, clamped to `Int`, or `value` where it was left out.
  public func scalar(_ i: Int, default value: Int) throws(RuntimeError) -> Int {
    guard let tensor = inputs[optional: i] else { return value }
    guard tensor.count == 1, tensor.type == .int64 || tensor.type == .int32 else {
      throw RuntimeError(
        .invalidArgument, "input %d must be one integer, got %t %v", shape: tensor.shape.dims, i,
        Int(tensor.type.rawValue))
    }
    return tensor.integer(0)
  }
}

/// The values of a node's inputs or outputs, read through the executor's slots.
public struct Operands {
  private let slots: UnsafeMutablePointer<Value>
  private let ids: [Int]

  public init(_ slots: UnsafeMutablePointer<Value>, _ ids: [Int]) {
    self.slots = slots
    self.ids = ids
  }

  public var count: Int { ids.count }

  /// Tensor `i`, which must be there.
  public subscript(i: Int) -> Tensor {
    // Called from 400 places: 40 bytes of checks and copies each.
    @inline(never) get {
      guard case .tensor(let tensor) = slots[ids[i]] else { fatalError("operand is no tensor") }
      return tensor
    }
  }

  /// Tensor `i`, or `nil` where it was left out.
  public subscript(optional i: Int) -> Tensor? {
    guard i < ids.count, ids[i] >= 0 else { return nil }
    return slots[ids[i]].tensor
  }

  /// Operand `i` of any kind.
  public subscript(value i: Int) -> Value {
    get { i < ids.count && ids[i] >= 0 ? slots[ids[i]] : .none }
    nonmutating set { if i < ids.count && ids[i] >= 0 { slots[ids[i]] = newValue } }
  }
}
