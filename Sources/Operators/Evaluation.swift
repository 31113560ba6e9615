import GraphIR
import Kernels
import Tensors

/// A node together with its bound operator: what both passes and the session do with one node. An object, since a node
/// is large to copy.
public final class Evaluation {
  public let node: Node
  public let row: Operator
  public let kernel: BoundKernel
  public let types: TypeRule

  public init(_ bound: (row: Operator, kernel: BoundKernel, types: TypeRule), of node: Node) {
    row = bound.row
    kernel = bound.kernel
    types = bound.types
    self.node = node
  }

  /// The facts of the outputs, checked against what the registry's row and the node say.
  @export(interface) public func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    try types.check(inputs)
    if !row.traits.contains(.takesValues) {
      for i in 0..<inputs.count where node.inputs[i] >= 0 {
        guard let fact = inputs[optional: i], fact.kind == .tensor else {
          throw RuntimeError(.invalidArgument, "input %d must be a tensor", i)
        }
      }
    }
    let outputs = try kernel.infer(inputs)
    guard outputs.count >= node.outputs.count else {
      throw RuntimeError(.invalidGraph, "the operator has %d outputs, got %d", outputs.count, node.outputs.count)
    }
    for (i, output) in outputs.enumerated() where output.isShaped {
      guard output.type.byteCount(output.count) < Int.max / 2 else {
        throw RuntimeError(.outOfMemory, "output %d would be of shape %v", shape: output.shape, i)
      }
    }
    return outputs
  }

  /// Runs the kernel on constant inputs. Outputs that `infer` already knows are taken from there.
  @export(interface) public func fold(
    _ outputs: [Fact], inputs: [Fact?], platform: Platform, allocator: Allocator
  ) throws(RuntimeError) -> [Tensor] {
    var tensors: [Tensor] = []
    var isKnown = true
    for fact in outputs {
      if let value = fact.value {
        tensors.append(value)
      } else {
        isKnown = false
        tensors.append(try allocator.tensor(fact.type, Shape(fact.shape)))
      }
    }
    if isKnown { return tensors }
    let given = inputs.map { $0?.value }
    if row.memory == .view { return [given[0]!.reshaped(Shape(outputs[0].shape))] }

    let scratch = try allocator.allocate(byteCount: kernel.scratchByteCount(Facts(inputs), platform.threadCount))
    let count = given.count + tensors.count
    let row = Slots(count: count)
    let slots = row.values
    defer { withExtendedLifetime(row) {} }
    for (i, tensor) in given.enumerated() { slots[i] = tensor.map { .tensor($0) } ?? .none }
    for (i, tensor) in tensors.enumerated() { slots[given.count + i] = .tensor(tensor) }
    let call = Call(
      inputs: Operands(slots, given.indices.map { given[$0] == nil ? -1 : $0 }),
      outputs: Operands(
        slots, tensors.indices.map { $0 < node.outputs.count && node.outputs[$0] >= 0 ? given.count + $0 : -1 }),
      platform: platform, scratch: scratch.base, allocator: allocator)
    try kernel.run(call)
    // The call holds no more than its address.
    withExtendedLifetime(scratch) {}
    return tensors
  }
}
