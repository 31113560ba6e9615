import GraphIR
import Kernels
import Tensors

/// The attributes that say how a kernel slides over its input: shared by convolutions and pools.
struct WindowAttributes {
  enum AutoPad { case none, sameUpper, sameLower, valid }

  let kernelShape: [Int]?
  private let strides: [Int]?
  private let dilations: [Int]?
  let pads: [Int]?
  let autoPad: AutoPad
  private let ceilMode: Bool

  init(_ site: Site) throws(RuntimeError) {
    kernelShape = try site.ints("kernel_shape")
    strides = try site.ints("strides")
    dilations = try site.ints("dilations")
    pads = try site.ints("pads")
    ceilMode = try site.flag("ceil_mode")
    let name = try site.string("auto_pad") ?? "NOTSET"
    switch name {
    case _ where name == "NOTSET" || name.isEmpty: autoPad = .none
    case _ where name == "SAME_UPPER": autoPad = .sameUpper
    case _ where name == "SAME_LOWER": autoPad = .sameLower
    case _ where name == "VALID": autoPad = .valid
    default: throw RuntimeError(.invalidGraph, "auto_pad %s is not known", name: name)
    }
  }

  /// Whether the kernel moves by one and has no gaps.
  var isDense: Bool { (strides ?? []).allSatisfy { $0 == 1 } && (dilations ?? []).allSatisfy { $0 == 1 } }

  /// Strides along `rank` spatial axes.
  func stride(_ rank: Int) throws(RuntimeError) -> [Int] { try positive(strides, rank) }
  func dilation(_ rank: Int) throws(RuntimeError) -> [Int] { try positive(dilations, rank) }

  /// The window over spatial dims `input` for a kernel of `kernel`, both [height, width] or of rank 1 or 3.
  func window(input: [Int], kernel: [Int]) throws(RuntimeError) -> Window {
    let rank = input.count
    guard (1...3).contains(rank) else {
      throw RuntimeError(.notImplemented, "1 to 3 spatial dims are implemented, got %v", shape: input)
    }
    guard kernel.count == rank, kernel.allSatisfy({ $0 > 0 }) else {
      throw RuntimeError(.invalidArgument, "the kernel must have %d dims above 0, got %v", shape: kernel, rank)
    }
    if let kernelShape, kernelShape != kernel {
      throw RuntimeError(.invalidArgument, "kernel_shape is %v, the weights have %v", shapes: kernelShape, kernel)
    }
    let (stride, dilation) = (try stride(rank), try dilation(rank))
    var before = [Int](repeating: 0, count: rank)
    var after = before
    var output = before
    if let pads, autoPad == .none {
      guard pads.count == 2 * rank else {
        throw RuntimeError(.invalidArgument, "pads must have %d values, got %d", 2 * rank, pads.count)
      }
      before = Array(pads[..<rank])
      after = Array(pads[rank...])
    }
    for axis in 0..<rank {
      let reach = (kernel[axis] - 1) * dilation[axis] + 1
      guard before[axis] >= 0, after[axis] >= 0, reach > 0, reach < Int.max / 4 else {
        throw RuntimeError(.invalidArgument, "pads must not be negative, got %d and %d", before[axis], after[axis])
      }
      if autoPad == .sameUpper || autoPad == .sameLower {
        output[axis] = (input[axis] + stride[axis] - 1) / stride[axis]
        let padding = max(0, (output[axis] - 1) * stride[axis] + reach - input[axis])
        before[axis] = autoPad == .sameUpper ? padding / 2 : padding - padding / 2
        after[axis] = padding - before[axis]
        continue
      }
      let room = input[axis] + before[axis] + after[axis] - reach
      // In ceil mode a kernel may reach beyond the input by less than a stride.
      guard room >= 0 || ceilMode && -room < stride[axis] else {
        if input[axis] == 0 { continue }
        throw RuntimeError(
          .invalidArgument, "a kernel that reaches %d does not fit an input of %d", reach,
          input[axis] + before[axis] + after[axis])
      }
      output[axis] = max(0, room) / stride[axis] + 1
      guard ceilMode else { continue }
      // A last window may reach beyond the padding, but not begin in it.
      if room > 0, room % stride[axis] != 0 { output[axis] += 1 }
      if (output[axis] - 1) * stride[axis] >= input[axis] + before[axis] { output[axis] -= 1 }
    }
    return Window(
      input: Extent(input), output: Extent(output), kernel: Extent(kernel), stride: Extent(stride),
      dilation: Extent(dilation), before: Extent(before, missing: 0), after: Extent(after, missing: 0))
  }

  private func positive(_ given: [Int]?, _ rank: Int) throws(RuntimeError) -> [Int] {
    guard let given else { return [Int](repeating: 1, count: rank) }
    guard given.count == rank, given.allSatisfy({ $0 > 0 }) else {
      throw RuntimeError(
        .invalidArgument, "strides and dilations must be %d values above 0, got %v", shape: given, rank)
    }
    return given
  }
}

extension Extent {
  /// Up to three dims, the last one the width.
  init(_ dims: [Int], missing: Int = 1) {
    let padded = [Int](repeating: missing, count: 3 - dims.count) + dims
    self.init(padded[0], padded[1], padded[2])
  }

  /// The last `rank` of the dims.
  func dims(_ rank: Int) -> [Int] { Array([d, h, w][(3 - rank)...]) }
}
