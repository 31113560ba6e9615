import GraphIR
import Tensors

/// What the iterations of a loop yield for one output, to be stacked along a new axis.
final class StackedValues {
  private var tensors: [Tensor] = []
  private let declared: DeclaredValue

  /// `declared` is what the body says of the output.
  init(_ declared: DeclaredValue) { self.declared = declared }

  func append(_ value: Value) throws(RuntimeError) {
    guard let tensor = value.tensor else {
      throw RuntimeError(.invalidArgument, "what an iteration yields must be a tensor")
    }
    if let first = tensors.first, first.type != tensor.type || first.shape != tensor.shape {
      throw RuntimeError(
        .invalidArgument, "every iteration must yield the same shape, got %v and %v",
        shapes: first.shape.dims, tensor.shape.dims)
    }
    try tensor.checkWholeBytes()
    tensors.append(tensor)
  }

  /// Appends zeros, of the shape the iterations yielded or else the body declares, until there are `count`.
  func pad(to count: Int, _ allocator: Allocator) throws(RuntimeError) {
    guard tensors.count < count else { return }
    var dims = declared.dims?.map { dim in if case .known(let size) = dim { size } else { -1 } }
    dims = tensors.first?.shape.dims ?? dims
    guard let dims, !dims.contains(-1) else { return }
    let zeros = try allocator.tensor(tensors.first?.type ?? declared.type ?? .float32, Shape(dims))
    if zeros.type != .string { zeros.bytes.initializeMemory(as: UInt8.self, repeating: 0, count: zeros.byteCount) }
    while tensors.count < count { tensors.append(zeros) }
  }

  /// The tensors behind each other along `axis`; without any, length 0 of the declared type (float32 where there is
  /// none) and shape, in which a dim that is not known is 0 too.
  func stacked(axis: Int, isReversed: Bool, _ allocator: Allocator) throws(RuntimeError) -> Value {
    guard let first = tensors.first else {
      var dims = (declared.dims ?? []).map { dim in if case .known(let size) = dim { size } else { 0 } }
      dims.insert(0, at: try ShapeRules.axis(axis, rank: dims.count + 1))
      return .tensor(try allocator.tensor(declared.type ?? .float32, Shape(dims)))
    }
    let order = isReversed ? tensors.reversed() : tensors
    let axis = try ShapeRules.axis(axis, rank: first.shape.rank + 1)
    var dims = first.shape.dims
    dims.insert(tensors.count, at: axis)
    if first.type == .string {
      return .tensor(Tensor(shape: Shape(dims), strings: interleaved(order, axis)))
    }
    let result = try allocator.tensor(first.type, Shape(dims))
    // [outer, count, inner]
    let inner = first.shape.dims[axis...].productSaturating * first.type.byteWidth
    let outer = first.shape.dims[..<axis].productSaturating
    for (i, tensor) in order.enumerated() {
      for o in 0..<outer {
        (result.bytes + (o * order.count + i) * inner).copyMemory(from: tensor.bytes + o * inner, byteCount: inner)
      }
    }
    return .tensor(result)
  }

  private func interleaved(_ order: [Tensor], _ axis: Int) -> [Name] {
    let inner = order[0].shape.dims[axis...].productSaturating
    let outer = order[0].shape.dims[..<axis].productSaturating
    var strings: [Name] = []
    for o in 0..<outer {
      for tensor in order { strings += tensor.storage.strings[o * inner..<(o + 1) * inner] }
    }
    return strings
  }
}

extension Tensor {
  /// Throws where elements share bytes, which cannot be cut between them.
  func checkWholeBytes() throws(RuntimeError) {
    if type != .string, type.byteWidth == 0 {
      throw RuntimeError(.notImplemented, "loops over slices of %t are not implemented", Int(type.rawValue))
    }
  }
}
