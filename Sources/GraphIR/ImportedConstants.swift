import ONNXFormat
import Tensors

extension Importer {
  /// Makes the value of a Constant node a constant of the graph; no such node is left.
  func addConstant(_ proto: NodeProto, to scope: Scope) throws(RuntimeError) {
    guard proto.outputs.count == 1, let given = proto.attributes.first, let attribute = scope.resolved(given) else {
      throw RuntimeError(.invalidGraph, "a Constant must have one attribute and one output")
    }
    try scope.define(proto.outputs[0], constant: try constant(attribute))
  }

  private func constant(_ attribute: AttributeProto) throws(RuntimeError) -> Constant {
    switch attribute.value {
    case .tensor(let record): return try RecordConstant(record, loader)
    case .sparseTensor(let sparse): return try dense(sparse)
    case .float(let value): return try constant(.float32, [], [value])
    case .floats(let values): return try constant(.float32, [values.count], values)
    case .int(let value): return try constant(.int64, [], [value])
    case .ints(let values): return try constant(.int64, [values.count], values)
    case .string(let value): return LoadedConstant(Tensor(shape: .scalar, strings: [value]))
    case .strings(let values): return LoadedConstant(Tensor(shape: [values.count], strings: values))
    default: throw RuntimeError(.invalidGraph, "a Constant cannot be made of attribute %s", name: attribute.name)
    }
  }

  private func constant<T: BitwiseCopyable>(
    _ type: ElementType, _ shape: Shape, _ values: [T]
  ) throws(RuntimeError) -> Constant {
    let tensor = try allocator.tensor(type, shape)
    for (i, value) in values.enumerated() { tensor.elements(T.self)[i] = value }
    return LoadedConstant(tensor)
  }

  /// A sparse tensor with its zeroes.
  func dense(_ sparse: SparseTensorRecord) throws(RuntimeError) -> Constant {
    let values = try loader.load(sparse.values, allocator: allocator)
    let indices = try loader.load(sparse.indices, allocator: allocator)
    var record = TensorRecord()
    record.name = sparse.values.name
    record.dims = sparse.dims
    let shape = try record.shape()
    guard values.type.byteWidth > 0, indices.type == .int64, indices.count % max(values.count, 1) == 0 else {
      throw RuntimeError(
        .invalidGraph, "sparse tensor %s must have values of whole bytes and int64 indices", name: record.name)
    }
    let tensor = try allocator.tensor(values.type, shape)
    let width = values.type.byteWidth
    memsetZero(tensor)
    let strides = shape.strides
    let perValue = values.count == 0 ? 1 : indices.count / values.count
    guard perValue == 1 || perValue == shape.rank else {
      throw RuntimeError(
        .invalidGraph, "sparse tensor %s of shape %v has %d numbers an index", names: [record.name],
        shapes: [shape.dims],
        perValue)
    }
    for i in 0..<values.count {
      var index = 0
      for j in 0..<perValue {
        let position = indices.integer(i * perValue + j)
        let extent = perValue == 1 ? shape.count : j < shape.rank ? shape[j] : 0
        guard position >= 0, position < extent else {
          throw RuntimeError(.invalidGraph, "sparse tensor %s has index %d", name: record.name, position)
        }
        index += perValue == 1 ? position : position * strides[j]
      }
      (tensor.bytes + index * width).copyMemory(from: values.bytes + i * width, byteCount: width)
    }
    return LoadedConstant(tensor)
  }

  private func memsetZero(_ tensor: Tensor) {
    tensor.bytes.initializeMemory(as: UInt8.self, repeating: 0, count: tensor.byteCount)
  }
}
