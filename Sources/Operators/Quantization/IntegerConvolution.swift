import GraphIR
import Kernels
import Tensors

/// The part that convolutions of bytes share: (x - x0) · (w - w0) in int32, with weights packed at bind where they and
/// their zero points are constant.
struct IntegerConvolution {
  private let attributes: WindowAttributes
  private let groups: Int
  private let packed: PackedByteFilters?

  /// The weights are input `weights`, their zero points input `zero`.
  init(_ site: Site, weights: Int, zero: Int) throws(RuntimeError) {
    attributes = try WindowAttributes(site)
    groups = try site.int("group", default: 1)
    guard groups > 0 else { throw RuntimeError(.invalidGraph, "group must be above 0, got %d", groups) }
    packed = try PackedByteFilters(site, weights, zero: zero, groups: groups)
  }

  /// The shape of the output, where input, weights and zero points fit.
  func dims(_ x: Fact, _ w: Fact, xZero: Fact?, wZero: Fact?) throws(RuntimeError) -> [Int] {
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
    if let xZero, xZero.count != 1 {
      throw RuntimeError(
        .invalidArgument, "the input's zero point must be one number, got %v", shape: xZero.shape)
    }
    if let wZero, wZero.count != 1, wZero.count != w.shape[0] {
      throw RuntimeError(
        .invalidArgument, "the weights' zero points must be 1 or %d, got %v", shape: wZero.shape, w.shape[0])
    }
    let window = try attributes.window(input: Array(x.shape[2...]), kernel: Array(w.shape[2...]))
    return [x.shape[0], w.shape[0]] + window.output.dims(x.rank - 2)
  }

  /// One of the two kernels.
  private enum Kernel {
    case depthwise(DepthwiseInt8)
    case matrix(ConvolutionInt8)

    func scratchByteCount(_ threads: Int) -> Int {
      switch self {
      case .depthwise(let kernel): kernel.scratchByteCount(threadCount: threads)
      case .matrix(let kernel): kernel.scratchByteCount(threadCount: threads)
      }
    }
  }

  private func kernel(_ x: [Int], _ w: [Int]) throws(RuntimeError) -> Kernel {
    let window = try attributes.window(input: Array(x[2...]), kernel: Array(w[2...]))
    if PackedFilters.isDepthwise(w, groups: groups) {
      return .depthwise(DepthwiseInt8(batch: x[0], channels: groups, multiplier: w[0] / groups, window: window))
    }
    return .matrix(
      ConvolutionInt8(batch: x[0], groups: groups, channels: w[1], filters: w[0] / groups, window: window))
  }

  func scratchByteCount(_ x: Fact, _ w: Fact, threads: Int) -> Int {
    guard let kernel = try? kernel(x.shape, w.shape) else { return 0 }
    let count = ScratchMemory.byteCount(kernel.scratchByteCount(threads))
    guard packed == nil else { return count }
    // In pairs they take the most.
    let weights = PackedByteFilters.Layout(w.shape, groups: groups, isSigned: true, .serial).byteCount
    return [count].reduce(ScratchMemory.byteCount(weights)) { $0 > Int.max - $1 ? .max : $0 + $1 }
  }

  /// The filters of weights that may have been packed.
  func filters(_ w: Tensor?) -> Int { packed?.dims[0] ?? w!.shape[0] }

  /// Hands all sums to `end`. `w` may be nil where it was packed.
  func run(
    _ call: Call, _ x: Tensor, _ w: Tensor?, xZero: Tensor?, wZero: Tensor?, _ end: FilterEnd, scratch: ScratchMemory
  ) throws(RuntimeError) {
    var scratch = scratch
    let dims = packed?.dims ?? w!.shape.dims
    var weights = packed?.base
    if weights == nil, let w {
      let layout = PackedByteFilters.Layout(dims, groups: groups, isSigned: w.type == .int8, call.platform)
      let place = scratch.take(byteCount: layout.byteCount)
      layout.pack(UnsafeRawPointer(w.bytes), filters: 0..<dims[0], zeros: wZero, into: place)
      weights = UnsafeRawPointer(place)
    }
    guard let weights else { return }
    let input = ConvolutionInt8.Input(
      x.bytes, isSigned: x.type == .int8, zero: xZero.map { UnsafeRawPointer($0.bytes) })
    let memory = scratch.take(byteCount: 0)
    switch try kernel(x.shape.dims, dims) {
    case .depthwise(let kernel):
      kernel.run(call.platform, input, packedWeights: weights, end, scratch: memory)
    case .matrix(let kernel):
      kernel.run(call.platform, input, packedWeights: weights, end, scratch: memory)
    }
  }
}
