import GraphIR
import Kernels
import Tensors

/// Puts values back to where MaxPool found them, zeros elsewhere.
///
/// An output shape that is given adds zeros behind what kernel, strides and pads say; indices mean the latter.
///
/// <https://onnx.ai/onnx/operators/onnx__MaxUnpool.html>
struct MaxUnpool: OperatorKernel {
  private let attributes: WindowAttributes
  private let kernel: [Int]

  init(_ site: Site) throws(RuntimeError) {
    attributes = try WindowAttributes(site)
    kernel = try site.required("kernel_shape", attributes.kernelShape)
  }

  /// The shape that was pooled, as far as the attributes tell.
  private func pooled(_ x: [Int]) throws(RuntimeError) -> [Int] {
    let rank = x.count - 2
    let strides = try attributes.stride(rank)
    let pads = attributes.pads ?? [Int](repeating: 0, count: 2 * rank)
    guard kernel.count == rank, pads.count == 2 * rank else {
      throw RuntimeError(
        .invalidArgument, "kernel_shape and pads must have %d and %d values, got %d and %d", rank, 2 * rank,
        kernel.count)
    }
    var dims = Array(x[..<2])
    for axis in 0..<rank {
      let (reach, overflow) = (x[axis + 2] - 1).multipliedReportingOverflow(by: strides[axis])
      let size = overflow ? -1 : reach &+ kernel[axis] &- pads[axis] &- pads[axis + rank]
      guard size >= 0, size < Int.max / 4 else {
        throw RuntimeError(.invalidArgument, "the output along axis %d must not be below 0, got %d", axis + 2, size)
      }
      dims.append(size)
    }
    return dims
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (x, indices) = (inputs[0], inputs[1])
    try ShapeRules.rank(x, atLeast: 3)
    guard indices.shape == x.shape else {
      throw RuntimeError(
        .invalidArgument, "the indices must have shape %v, got %v", shapes: x.shape, indices.shape)
    }
    let dims = try pooled(x.shape)
    guard let shape = inputs[optional: 2] else { return [x.with(dims: dims)] }
    guard let given = shape.integers else { return [x.with(dims: [Int](repeating: -1, count: x.rank))] }
    guard given.count == x.rank, zip(given, dims).allSatisfy({ $0 >= $1 }) else {
      throw RuntimeError(.invalidArgument, "output_shape must be %v or more, got %v", shapes: dims, given)
    }
    return [x.with(dims: given)]
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (x, indices, output) = (call.inputs[0], call.inputs[1], call.outputs[0])
    let dims = try pooled(x.shape.dims)
    let count = dims.productSaturating
    let width = x.type.byteWidth
    let steps = output.shape.strides
    output.bytes.initializeMemory(as: UInt8.self, repeating: 0, count: output.byteCount)
    for i in 0..<x.count {
      var rest = indices.integer(i)
      guard rest >= 0, rest < count else {
        throw RuntimeError(.invalidArgument, "indices must be below %d, got %d", count, rest)
      }
      var place = 0
      for axis in dims.indices.reversed() {
        let (next, index) = rest.quotientAndRemainder(dividingBy: dims[axis])
        place += index * steps[axis]
        rest = next
      }
      (output.bytes + place * width).copyMemory(from: x.bytes + i * width, byteCount: width)
    }
  }
}
