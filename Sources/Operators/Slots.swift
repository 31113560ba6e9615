import Tensors

/// A row of values that kernels read and write through `Operands`: one for each value of a graph, or of a node.
///
/// Its size follows the structure of a model, which is in memory already, never the size of tensors.
public final class Slots {
  public let values: UnsafeMutablePointer<Value>
  public let count: Int

  public init(count: Int) {
    self.count = count
    values = .allocate(capacity: max(count, 1))
    values.initialize(repeating: .none, count: count)
  }

  deinit {
    values.deinitialize(count: count)
    values.deallocate()
  }
}
