import GraphIR
import Kernels
import Tensors

/// A convolution whose taps are moved by offsets, and weighted by a mask: X [batch, channels, spatial], weights
/// [filters, channels / group, kernel], offsets [batch, offset_group · kernel · rank, output].
///
/// Between elements X is interpolated linearly, and beyond its edges it is 0.
///
/// <https://onnx.ai/onnx/operators/onnx__DeformConv.html>
struct DeformConv: OperatorKernel {
  private let attributes: WindowAttributes
  private let groups: Int
  private let offsetGroups: Int

  init(_ site: Site) throws(RuntimeError) {
    attributes = try WindowAttributes(site)
    groups = try site.int("group", default: 1)
    offsetGroups = try site.int("offset_group", default: 1)
    guard groups > 0, offsetGroups > 0 else {
      throw RuntimeError(.invalidGraph, "group and offset_group must be above 0, got %d and %d", groups, offsetGroups)
    }
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (x, w, offset) = (inputs[0], inputs[1], inputs[2])
    try ShapeRules.rank(x, atLeast: 3)
    guard w.rank == x.rank, x.shape[1] == w.shape[1] * groups, w.shape[0] % groups == 0,
      x.shape[1] % offsetGroups == 0
    else {
      throw RuntimeError(
        .invalidArgument, "an input of shape %v and weights of %v do not fit %d groups and %d of offsets",
        shapes: x.shape, w.shape, groups, offsetGroups)
    }
    let window = try attributes.window(input: Array(x.shape[2...]), kernel: Array(w.shape[2...]))
    let output = window.output.dims(x.rank - 2)
    let taps = offsetGroups * window.kernel.count
    guard offset.shape == [x.shape[0], taps * (x.rank - 2)] + output else {
      throw RuntimeError(
        .invalidArgument, "the offsets must have shape %v, got %v",
        shapes: [x.shape[0], taps * (x.rank - 2)] + output, offset.shape)
    }
    if let bias = inputs[optional: 3], bias.shape != [w.shape[0]] {
      throw RuntimeError(.invalidArgument, "the bias must have shape [%d], got %v", shape: bias.shape, w.shape[0])
    }
    if let mask = inputs[optional: 4], mask.shape != [x.shape[0], taps] + output {
      throw RuntimeError(
        .invalidArgument, "the mask must have shape %v, got %v", shapes: [x.shape[0], taps] + output, mask.shape)
    }
    return [x.with(dims: [x.shape[0], w.shape[0]] + output)]
  }

  /// What the taps of one output position see, [channels, kernel], for each thread.
  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    inputs[1].count / max(inputs[1].shape[0], 1) * groups * 8 * threads
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (x, w, output) = (call.inputs[0], call.inputs[1], call.outputs[0])
    let window = try attributes.window(input: Array(x.shape.dims[2...]), kernel: Array(w.shape.dims[2...]))
    let filters = w.shape[0]
    let depth = w.shape[1] * window.kernel.count
    let points = window.output.count
    let scratch = call.scratch.assumingMemoryBound(to: Double.self)
    call.platform.parallelFor(x.shape[0] * points) { i, slot in
      let (item, point) = i.quotientAndRemainder(dividingBy: points)
      let seen = scratch + slot * depth * groups
      gather(call, window, item, point, rank: x.shape.rank - 2, into: seen)
      for filter in 0..<filters {
        let group = filter / (filters / groups)
        var sum = 0.0
        for k in 0..<depth { sum += seen[group * depth + k] * w.real(filter * depth + k) }
        if let bias = call.inputs[optional: 3] { sum += bias.real(filter) }
        output.setReal((item * filters + filter) * points + point, sum)
      }
    }
  }

  /// What the taps at one output position see, [channels, kernel].
  private func gather(
    _ call: Call, _ window: Window, _ item: Int, _ point: Int, rank: Int, into seen: UnsafeMutablePointer<Double>
  ) {
    let (x, offset, mask) = (call.inputs[0], call.inputs[2], call.inputs[optional: 4])
    let (channels, taps, points) = (x.shape[1], window.kernel.count, window.output.count)
    let (row, ox) = point.quotientAndRemainder(dividingBy: window.output.w)
    let (oz, oy) = row.quotientAndRemainder(dividingBy: window.output.h)
    for part in 0..<offsetGroups {
      for tap in 0..<taps {
        let (kernelRow, kx) = tap.quotientAndRemainder(dividingBy: window.kernel.w)
        let (kz, ky) = kernelRow.quotientAndRemainder(dividingBy: window.kernel.h)
        let first = ((item * offsetGroups + part) * taps + tap) * rank
        /// The offset along the axis that is `back` before the last.
        func moved(_ back: Int) -> Double { back < rank ? offset.real((first + rank - 1 - back) * points + point) : 0 }
        let z = Double(oz * window.stride.d - window.before.d + kz * window.dilation.d) + moved(2)
        let y = Double(oy * window.stride.h - window.before.h + ky * window.dilation.h) + moved(1)
        let x0 = Double(ox * window.stride.w - window.before.w + kx * window.dilation.w) + moved(0)
        let weight = mask?.real(((item * offsetGroups + part) * taps + tap) * points + point) ?? 1
        let size = channels / offsetGroups
        for channel in part * size..<(part + 1) * size {
          let plane = (item * channels + channel) * window.input.count
          seen[channel * taps + tap] = weight * sample(x, plane, window.input, z, y, x0)
        }
      }
    }
  }

  /// A plane of X between its elements.
  private func sample(_ x: Tensor, _ plane: Int, _ size: Extent, _ z: Double, _ y: Double, _ x0: Double) -> Double {
    guard z > -1, z < Double(size.d), y > -1, y < Double(size.h), x0 > -1, x0 < Double(size.w) else { return 0 }
    let (fz, fy, fx) = (z.rounded(.down), y.rounded(.down), x0.rounded(.down))
    var sum = 0.0
    for corner in 0..<8 {
      let (iz, iy, ix) = (Int(fz) + (corner >> 2), Int(fy) + (corner >> 1 & 1), Int(fx) + (corner & 1))
      let (dz, dy, dx) = (z - fz, y - fy, x0 - fx)
      let weight =
        (corner & 4 == 0 ? 1 - dz : dz) * (corner & 2 == 0 ? 1 - dy : dy) * (corner & 1 == 0 ? 1 - dx : dx)
      guard weight != 0, iz >= 0, iz < size.d, iy >= 0, iy < size.h, ix >= 0, ix < size.w else { continue }
      sum += weight * x.real(plane + (iz * size.h + iy) * size.w + ix)
    }
    return sum
  }
}
