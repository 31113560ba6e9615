import GraphIR
import Kernels
import Tensors

/// A convolution of [batch, channels, spatial] with [filters, channels / groups, kernel].
///
/// Our own fused form adds inputs 3, a scale per filter that is packed into the weights, and 4, an addend that
/// broadcasts to the output, and ends with an activation. com.microsoft's FusedConv has the addend as input 3.
///
/// <https://onnx.ai/onnx/operators/onnx__Conv.html>,
/// <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.FusedConv>
struct Conv: OperatorKernel {
  private let attributes: WindowAttributes
  private let groups: Int
  private let epilogue: Epilogue
  private let packed: PackedFilters?
  /// Where the scale per filter and the addend are.
  private let scaleInput: Int
  private let addendInput: Int

  init(_ site: Site) throws(RuntimeError) { try self.init(site, scale: 3, addend: 4) }

  static func fused(_ site: Site) throws(RuntimeError) -> Conv { try Conv(site, scale: 4, addend: 3) }

  private init(_ site: Site, scale: Int, addend: Int) throws(RuntimeError) {
    (scaleInput, addendInput) = (scale, addend)
    attributes = try WindowAttributes(site)
    groups = try site.int("group", default: 1)
    guard groups > 0 else { throw RuntimeError(.invalidGraph, "group must be above 0, got %d", groups) }
    epilogue = try FusedActivation.epilogue(site)
    packed = try PackedFilters(site, groups: groups, scale: scale, isDense: attributes.isDense)
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (x, w) = (inputs[0], inputs[1])
    try ShapeRules.rank(x, atLeast: 3)
    guard w.rank == x.rank else {
      throw RuntimeError(
        .invalidArgument, "the weights must have the input's rank, got %v and %v", shapes: w.shape, x.shape)
    }
    guard x.shape[1] == w.shape[1] * groups, w.shape[0] % groups == 0 else {
      throw RuntimeError(
        .invalidArgument, "an input of shape %v and weights of %v do not fit %d groups", shapes: x.shape, w.shape,
        groups)
    }
    if let bias = inputs[optional: 2], bias.shape != [w.shape[0]] {
      throw RuntimeError(.invalidArgument, "the bias must have shape [%d], got %v", shape: bias.shape, w.shape[0])
    }
    let window = try attributes.window(input: Array(x.shape[2...]), kernel: Array(w.shape[2...]))
    let dims = [x.shape[0], w.shape[0]] + window.output.dims(x.rank - 2)
    guard let addend = inputs[optional: addendInput] else { return [x.with(dims: dims)] }
    return [x.with(dims: try ShapeRules.broadcast(dims, addend.shape))]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    guard inputs[0].type == .float32,
      let sizes = try? Sizes(inputs[0].shape, inputs[1].shape, attributes, groups, packed?.form)
    else { return 0 }
    var count = sizes.scratchCount(threads)
    if packed == nil { count += sizes.packedCount }
    if let addend = inputs[optional: addendInput], addend.shape != sizes.outputDims {
      count += sizes.outputDims.productSaturating
    }
    return count * 4
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (x, output) = (call.inputs[0], call.outputs[0])
    if x.type == .float64 { return try runDoubles(call) }
    let sizes = try Sizes(x.shape.dims, packed?.dims ?? call.inputs[1].shape.dims, attributes, groups, packed?.form)
    var scratch = call.scratch.assumingMemoryBound(to: Float.self)
    var epilogue = epilogue
    epilogue.bias = call.inputs[optional: 2].map { UnsafePointer($0.floats) }
    epilogue.biasPerRow = true
    let addend = call.inputs[optional: addendInput]
    if let addend, addend.shape.dims == sizes.outputDims { epilogue.addend = UnsafePointer(addend.floats) }
    let weights = packed?.floats ?? packedNow(call.inputs[1], call.inputs[optional: scaleInput], sizes, &scratch)
    guard let addend, epilogue.addend == nil else {
      sizes.run(call.platform, x.floats, weights, into: output.floats, epilogue, scratch)
      return
    }
    // An addend of another shape: the plain sums first, the rest behind them.
    var plain = Epilogue(bias: epilogue.bias, biasPerRow: true)
    plain.alpha = epilogue.alpha
    let sums = scratch
    let count = sizes.outputDims.productSaturating
    sizes.run(call.platform, x.floats, weights, into: sums, plain, scratch + count)
    let tensor = Tensor(.float32, Shape(sizes.outputDims), Storage(borrowed: sums, byteCount: count * 4))
    broadcast(.add, tensor, addend, into: output, as: .f32, on: call.platform)
    activate(output.floats, ldc: output.count, rows: 1, columns: output.count, epilogue)
  }

  /// Weights that are computed by the graph, packed for this run.
  private func packedNow(
    _ weights: Tensor, _ scale: Tensor?, _ sizes: Sizes, _ scratch: inout UnsafeMutablePointer<Float>
  ) -> UnsafePointer<Float> {
    if sizes.isDepthwise, scale == nil { return UnsafePointer(weights.floats) }
    let packed = scratch
    scratch += sizes.packedCount
    let filters = weights.shape[0]
    let depth = weights.count / max(filters, 1)
    if sizes.isDepthwise {
      for i in 0..<weights.count { packed[i] = weights.floats[i] * scale!.floats[i / depth] }
    } else {
      Convolution.packWeights(
        weights.floats, filters: 0..<filters, groups: groups, filters: filters / groups, depth: depth,
        scales: scale.map { UnsafePointer($0.floats) }, into: packed)
    }
    return UnsafePointer(packed)
  }

  private func runDoubles(_ call: Call) throws(RuntimeError) {
    let (x, w) = (call.inputs[0], call.inputs[1])
    let window = try attributes.window(input: Array(x.shape.dims[2...]), kernel: Array(w.shape.dims[2...]))
    convolve(
      call.platform, x.reals, weights: w.reals, bias: call.inputs[optional: 2].map { UnsafePointer($0.reals) },
      into: call.outputs[0].reals, batch: x.shape[0], groups: groups, channels: w.shape[1],
      filters: w.shape[0] / groups, window)
  }

  /// One convolution's kernel and its sizes.
  private struct Sizes {
    let outputDims: [Int]
    private let convolution: Convolution
    /// Set where every filter sees one channel.
    private let depthwise: Depthwise?
    /// Set where the weights were packed for it.
    private let winograd: Winograd?

    var isDepthwise: Bool { depthwise != nil }

    init(_ x: [Int], _ w: [Int], _ attributes: WindowAttributes, _ groups: Int, _ form: PackedFilters.Form?)
      throws(RuntimeError)
    {
      let window = try attributes.window(input: Array(x[2...]), kernel: Array(w[2...]))
      outputDims = [x[0], w[0]] + window.output.dims(x.count - 2)
      convolution = Convolution(batch: x[0], groups: groups, channels: w[1], filters: w[0] / groups, window: window)
      depthwise =
        PackedFilters.isDepthwise(w, groups: groups)
        ? Depthwise(batch: x[0], channels: groups, multiplier: w[0] / groups, window: window) : nil
      winograd =
        form == .winograd ? Winograd(batch: x[0], channels: w[1], filters: w[0], window: window) : nil
    }

    func scratchCount(_ threads: Int) -> Int {
      depthwise?.scratchCount(threadCount: threads) ?? winograd?.scratchCount(threadCount: threads)
        ?? convolution.scratchCount(threadCount: threads)
    }

    var packedCount: Int {
      let depth = convolution.channels * convolution.window.kernel.count
      return isDepthwise
        ? convolution.groups * convolution.filters * depth
        : Convolution.packedCount(groups: convolution.groups, filters: convolution.filters, depth: depth)
    }

    func run(
      _ platform: Platform, _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>,
      into output: UnsafeMutablePointer<Float>, _ epilogue: Epilogue, _ scratch: UnsafeMutablePointer<Float>
    ) {
      if let depthwise {
        depthwise.run(platform, input, weights: weights, into: output, epilogue, scratch: scratch)
      } else if let winograd {
        winograd.run(platform, input, packedWeights: weights, into: output, epilogue, scratch: scratch)
      } else {
        convolution.run(platform, input, packedWeights: weights, into: output, epilogue, scratch: scratch)
      }
    }
  }
}
