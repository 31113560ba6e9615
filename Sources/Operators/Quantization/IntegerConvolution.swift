import GraphIR
import Kernels
import Tensors

/// The part that convolutions of bytes share: (x - x0) · (w - w0) in int32.
struct IntegerConvolution {
  private let attributes: WindowAttributes
  private let groups: Int

  init(_ site: Site) throws(RuntimeError) {
    attributes = try WindowAttributes(site)
    groups = try site.int("group", default: 1)
    guard groups > 0 else { throw RuntimeError(.invalidGraph, "group must be above 0, got %d", groups) }
  }

  /// The shape of the output, where input, weights and zero points fit.
  func dims(_ x: Fact, _ w: Fact, xZero: Fact?, wZero: Fact?) throws(RuntimeError) -> [Int] {
    try ShapeRules.rank(x, atLeast: 3)
    guard w.rank == x.rank else {
      throw RuntimeError(
        .invalidArgument, "the weights must have the input's rank, got %v and %v", shapes: [w.shape, x.shape])
    }
    guard x.shape[1] == w.shape[1] * groups, w.shape[0] % groups == 0 else {
      throw RuntimeError(
        .invalidArgument, "an input of shape %v and weights of %v do not fit %d groups", shapes: [x.shape, w.shape],
        groups)
    }
    if let xZero, xZero.count != 1 {
      throw RuntimeError(
        .invalidArgument, "the input's zero point must be one number, got %v", shapes: [xZero.shape])
    }
    if let wZero, wZero.count != 1, wZero.count != w.shape[0] {
      throw RuntimeError(
        .invalidArgument, "the weights' zero points must be 1 or %d, got %v", shapes: [wZero.shape], w.shape[0])
    }
    let window = try attributes.window(input: Array(x.shape[2...]), kernel: Array(w.shape[2...]))
    return [x.shape[0], w.shape[0]] + window.output.dims(x.rank - 2)
  }

  private func kernel(_ x: [Int], _ w: [Int]) throws(RuntimeError) -> ConvolutionInt8 {
    let window = try attributes.window(input: Array(x[2...]), kernel: Array(w[2...]))
    return ConvolutionInt8(batch: x[0], groups: groups, channels: w[1], filters: w[0] / groups, window: window)
  }

  func scratchByteCount(_ x: Fact, _ w: Fact, threads: Int) -> Int {
    guard let kernel = try? kernel(x.shape, w.shape) else { return 0 }
    return ScratchMemory.byteCount(kernel.scratchByteCount(threadCount: threads))
  }

  /// Writes the int32 sums.
  func run(
    _ call: Call, _ x: Tensor, _ w: Tensor, xZero: Tensor?, wZero: Tensor?, into sums: UnsafeMutablePointer<Int32>,
    scratch: ScratchMemory
  ) throws(RuntimeError) {
    var scratch = scratch
    try kernel(x.shape.dims, w.shape.dims).run(
      call.platform,
      ConvolutionInt8.Operand(
        x.bytes, isSigned: x.type == .int8, zeros: xZero.map { UnsafeRawPointer($0.bytes) }),
      weights: ConvolutionInt8.Operand(
        w.bytes, isSigned: w.type == .int8, zeros: wZero.map { UnsafeRawPointer($0.bytes) },
        zeroPerFilter: wZero.map { $0.count > 1 } ?? false),
      into: sums, scratch: scratch.take(byteCount: 0))
  }
}
