import GraphIR
import Kernels
import Tensors

/// Slices along an axis, one for each index, of data that is quantised in blocks along an axis.
///
/// Inputs are the data (four-bit integers, or bytes that hold 8 / bits values each, low bits first, and are then
/// gathered along the first axis and quantised along the last), indices, scales with one for each block, and zero
/// points. Missing zero points are 0, and half of the range for bytes. An index out of range gives zeros.
///
/// <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.GatherBlockQuantized>
struct GatherBlockQuantized: OperatorKernel {
  private let bits: Int
  private let block: Int
  private let gatherAxis: Int
  private let quantizeAxis: Int

  init(_ site: Site) throws(RuntimeError) {
    bits = try site.int("bits", default: 4)
    block = try site.int("block_size", default: 128)
    gatherAxis = try site.int("gather_axis", default: 0)
    quantizeAxis = try site.int("quantize_axis", default: 1)
    guard bits == 2 || bits == 4 || bits == 8, block >= 16, block & (block - 1) == 0 else {
      throw RuntimeError(
        .notImplemented, "blocks must be 2, 4 or 8 bits wide and a power of two from 16 on, got %d and %d", bits, block)
    }
    if bits != 4 { site.types.first = .init(.uint8) }
  }

  /// The dims of data in values, not in bytes, and the axes.
  private func layout(_ type: ElementType, _ dims: [Int]) throws(RuntimeError) -> (dims: [Int], gather: Int, quant: Int)
  {
    var dims = dims
    let gather = try ShapeRules.axis(gatherAxis, rank: dims.count)
    let quant = try ShapeRules.axis(quantizeAxis, rank: dims.count)
    guard !dims.isEmpty, gather != quant, type != .uint8 || gather == 0 && quant == dims.count - 1 else {
      throw RuntimeError(
        .invalidArgument, "data of shape %v cannot be gathered along axis %d and quantised along %d", shape: dims,
        gather, quant)
    }
    if type == .uint8 {
      dims[dims.count - 1] = dims[dims.count - 1].multipliedReportingOverflow(by: 8 / bits).partialValue
    }
    return (dims, gather, quant)
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (data, indices, scales) = (inputs[0], inputs[1], inputs[2])
    let (dims, gather, quant) = try layout(data.type, data.shape)
    var expected = dims
    expected[quant] = dims[quant] / block + (dims[quant] % block == 0 ? 0 : 1)
    guard scales.shape == expected else {
      throw RuntimeError(.invalidArgument, "the scales must have shape %v, got %v", shapes: expected, scales.shape)
    }
    if data.type == .uint8 { expected[quant] = (expected[quant] * bits + 7) / 8 }
    if let zero = inputs[optional: 3], zero.shape != expected {
      throw RuntimeError(.invalidArgument, "zero points must have shape %v, got %v", shapes: expected, zero.shape)
    }
    return [Fact(.float32, dims[..<gather] + indices.shape + dims[(gather + 1)...])]
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (data, indices, output) = (call.inputs[0], call.inputs[1], call.outputs[0])
    let (dims, gather, quant) = try layout(data.type, data.shape.dims)
    let table = BlockQuantizedTable(
      data: data, scales: call.inputs[2].floats, zeroPoints: call.inputs[optional: 3], bits: bits, block: block,
      axis: dims[quant], inner: dims[(quant + 1)...].productSaturating)
    let size = dims[(gather + 1)...].productSaturating
    let (count, length) = (indices.count, dims[gather])
    guard output.count > 0 else { return }
    call.platform.parallelRanges(output.count / size, grain: max(1, 8192 / size)) { range in
      for slice in range {
        let (outer, position) = slice.quotientAndRemainder(dividingBy: count)
        let to = output.floats + slice * size
        var index = indices.integer(position)
        if index < 0 { index = index.addingReportingOverflow(length).partialValue }
        if index < 0 || index >= length {
          for i in 0..<size { to[i] = 0 }
        } else {
          table.read((outer * length + index) * size, count: size, into: to)
        }
      }
    }
  }
}
