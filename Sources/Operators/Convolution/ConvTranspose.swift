import GraphIR
import Kernels
import Tensors

/// A transposed convolution of [batch, channels, spatial] with [channels, filters / groups, kernel].
///
/// <https://onnx.ai/onnx/operators/onnx__ConvTranspose.html>
struct ConvTranspose: OperatorKernel {
  private let attributes: WindowAttributes
  private let groups: Int
  private let outputPadding: [Int]?
  private let outputShape: [Int]?
  private let packed: Storage?
  private let packedDims: [Int]

  init(_ site: Site) throws(RuntimeError) {
    attributes = try WindowAttributes(site)
    groups = try site.int("group", default: 1)
    guard groups > 0 else { throw RuntimeError(.invalidGraph, "group must be above 0, got %d", groups) }
    outputPadding = try site.ints("output_padding")
    outputShape = try site.ints("output_shape")
    guard let weights = site.weight(1), weights.type == .float32, weights.shape.rank >= 3, !weights.shape.isEmpty,
      weights.shape[0] % groups == 0
    else {
      packed = nil
      packedDims = []
      return
    }
    let dims = weights.shape.dims
    packedDims = dims
    let storage = try site.allocator.allocate(byteCount: ConvTranspose.packedCount(dims, groups) * 4)
    packed = storage
    site.pack(1, weights, rows: dims[0]) { [groups] channels, staging in
      ConvTranspose.pack(
        staging.assumingMemoryBound(to: Float.self), channels: channels, dims, groups,
        into: storage.base.assumingMemoryBound(to: Float.self))
    }
  }

  private static func packedCount(_ w: [Int], _ groups: Int) -> Int {
    Kernels.ConvTranspose.packedCount(
      groups: groups, channels: w[0] / groups, filters: w[1], kernelCount: w[2...].productSaturating)
  }

  private static func pack(
    _ source: UnsafePointer<Float>, channels: Range<Int>, _ dims: [Int], _ groups: Int,
    into target: UnsafeMutablePointer<Float>
  ) {
    Kernels.ConvTranspose.packWeights(
      source, channels: channels, channels: dims[0] / groups, filters: dims[1],
      kernelCount: dims[2...].productSaturating, into: target)
  }

  /// The window of the convolution that this is the transpose of, and the shape of the output.
  private func window(_ x: [Int], _ w: [Int]) throws(RuntimeError) -> (window: Window, dims: [Int]) {
    let rank = x.count - 2
    let (input, kernel) = (Array(x[2...]), Array(w[2...]))
    if let kernelShape = attributes.kernelShape, kernelShape != kernel {
      throw RuntimeError(.invalidArgument, "kernel_shape is %v, the weights have %v", shapes: kernelShape, kernel)
    }
    let (stride, dilation) = (try attributes.stride(rank), try attributes.dilation(rank))
    let extra = outputPadding ?? [Int](repeating: 0, count: rank)
    guard extra.count == rank, attributes.pads.map({ $0.count == 2 * rank }) ?? true else {
      throw RuntimeError(.invalidArgument, "output_padding and pads must have %d and %d values", rank, 2 * rank)
    }
    // What the windows cover, before anything is cut off.
    var full = extra
    for axis in 0..<rank {
      full[axis] += stride[axis] * (input[axis] - 1)
      full[axis] += (kernel[axis] - 1) * dilation[axis] + 1
    }
    var before = [Int](repeating: 0, count: rank)
    var output = full
    let isSame = attributes.autoPad == .sameUpper || attributes.autoPad == .sameLower
    if let outputShape {
      output = outputShape.count == rank ? outputShape : Array(outputShape.suffix(rank))
    } else if isSame {
      output = (0..<rank).map { input[$0] * stride[$0] }
    }
    for axis in 0..<rank {
      if outputShape != nil || isSame {
        let cut = max(0, full[axis] - output[axis])
        before[axis] = attributes.autoPad == .sameUpper ? cut / 2 : cut - cut / 2
        // Without auto_pad the reference gives the odd one to the end.
        if attributes.autoPad == .none { before[axis] = cut / 2 }
      } else if let pads = attributes.pads, attributes.autoPad == .none {
        before[axis] = pads[axis]
        output[axis] = full[axis] - pads[axis] - pads[rank + axis]
      }
      guard output[axis] >= 0, output[axis] < Int.max / 4 else {
        throw RuntimeError(.invalidArgument, "the pads leave nothing of %v", shape: full)
      }
    }
    let window = Window(
      input: Extent(output), output: Extent(input), kernel: Extent(kernel), stride: Extent(stride),
      dilation: Extent(dilation), before: Extent(before, missing: 0))
    return (window, [x[0], w[1] * groups] + output)
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (x, w) = (inputs[0], inputs[1])
    try ShapeRules.rank(x, atLeast: 3)
    guard x.rank <= 5, w.rank == x.rank, x.shape[1] == w.shape[0], w.shape[0] % groups == 0 else {
      throw RuntimeError(
        .invalidArgument, "an input of shape %v and weights of %v do not fit %d groups", shapes: x.shape, w.shape,
        groups)
    }
    if let bias = inputs[optional: 2], bias.shape != [w.shape[1] * groups] {
      throw RuntimeError(
        .invalidArgument, "the bias must have shape [%d], got %v", shape: bias.shape, w.shape[1] * groups)
    }
    return [x.with(dims: try window(x.shape, w.shape).dims)]
  }

  private func kernel(_ x: [Int], _ w: [Int]) throws(RuntimeError) -> Kernels.ConvTranspose {
    Kernels.ConvTranspose(
      batch: x[0], groups: groups, channels: w[0] / groups, filters: w[1], window: try window(x, w).window)
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    guard inputs[0].type == .float32, let kernel = try? kernel(inputs[0].shape, inputs[1].shape) else { return 0 }
    let count = kernel.scratchCount(threadCount: threads)
    return (count + (packed == nil ? ConvTranspose.packedCount(inputs[1].shape, groups) : 0)) * 4
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (x, output) = (call.inputs[0], call.outputs[0])
    if x.type == .float64 {
      let w = call.inputs[1]
      return convolveTransposed(
        call.platform, x.reals, weights: w.reals, bias: call.inputs[optional: 2].map { UnsafePointer($0.reals) },
        into: output.reals, batch: x.shape[0], groups: groups, channels: w.shape[0] / groups, filters: w.shape[1],
        try window(x.shape.dims, w.shape.dims).window)
    }
    var scratch = call.scratch.assumingMemoryBound(to: Float.self)
    let kernel = try kernel(x.shape.dims, packed == nil ? call.inputs[1].shape.dims : packedDims)
    let weights: UnsafePointer<Float>
    if let packed {
      weights = UnsafePointer(packed.base.assumingMemoryBound(to: Float.self))
    } else {
      let (given, dims) = (call.inputs[1], call.inputs[1].shape.dims)
      ConvTranspose.pack(given.floats, channels: 0..<dims[0], dims, groups, into: scratch)
      weights = UnsafePointer(scratch)
      scratch += ConvTranspose.packedCount(dims, groups)
    }
    kernel.run(
      call.platform, x.floats, packedWeights: weights, into: output.floats,
      Epilogue(bias: call.inputs[optional: 2].map { UnsafePointer($0.floats) }, biasPerRow: true), scratch: scratch)
  }
}
