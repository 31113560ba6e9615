import GraphIR
import Kernels
import Tensors

/// Boxes of images, each scaled to one size: X [batch, channels, height, width], boxes [count, 4] of y1, x1, y2, x2 from
/// 0 to 1, and the batch item of each.
///
/// <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.CropAndResize>
struct CropAndResize: OperatorKernel {
  private let isNearest: Bool
  private let outside: Float

  init(_ site: Site) throws(RuntimeError) {
    let mode = try site.string("mode") ?? "bilinear"
    guard mode == "bilinear" || mode == "nearest" else {
      throw RuntimeError(.invalidGraph, "mode must be bilinear or nearest, got %s", name: mode)
    }
    isNearest = mode == "nearest"
    outside = try site.float("extrapolation_value", default: 0)
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (x, boxes, items) = (inputs[0], inputs[1], inputs[2])
    guard x.rank == 4, !x.shape[2...].contains(0), boxes.rank == 2, boxes.shape[1] == 4,
      items.shape == [boxes.shape[0]], inputs[3].shape == [2]
    else {
      throw RuntimeError(
        .invalidArgument, "boxes %v, batch items %v and two sizes must fit an input of %v",
        shapes: [boxes.shape, items.shape, x.shape])
    }
    let sizes = inputs[3].integers
    if let sizes, sizes[0] <= 0 || sizes[1] <= 0 {
      throw RuntimeError(.invalidArgument, "sizes must be above 0, got %v", shape: sizes)
    }
    return [x.with(dims: [boxes.shape[0], x.shape[1]] + (sizes ?? [-1, -1]))]
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (x, boxes, items, output) = (call.inputs[0], call.inputs[1], call.inputs[2], call.outputs[0])
    try ShapeRules.check(items, within: [x.shape[0]])
    let (channels, height, width) = (x.shape[1], x.shape[2], x.shape[3])
    let (rows, columns) = (output.shape[2], output.shape[3])
    call.platform.parallelFor(boxes.shape[0]) { (i: Int) in
      let box = boxes.floats + 4 * i
      let item = items.integer(i) < 0 ? items.integer(i) + x.shape[0] : items.integer(i)
      for r in 0..<rows {
        let y = place(r, of: rows, from: box[0], to: box[2], length: height)
        for c in 0..<columns {
          let x0 = place(c, of: columns, from: box[1], to: box[3], length: width)
          for channel in 0..<channels {
            var value = outside
            if let y, let x0 {
              let plane = x.floats + (item * channels + channel) * height * width
              let (top, bottom) = (plane + y.low * width, plane + y.high * width)
              let left = top[x0.low] + (top[x0.high] - top[x0.low]) * x0.share
              value = left + (bottom[x0.low] + (bottom[x0.high] - bottom[x0.low]) * x0.share - left) * y.share
            }
            output.floats[((i * channels + channel) * rows + r) * columns + c] = value
          }
        }
      }
    }
  }

  /// The two neighbours of a point of the box and the share of the second; nil outside of the image.
  private func place(
    _ i: Int, of count: Int, from start: Float, to end: Float, length: Int
  ) -> (low: Int, high: Int, share: Float)? {
    let last = Float(length - 1)
    let at =
      count > 1
      ? start * last + Float(i) * ((end - start) * last / Float(count - 1)) : 0.5 * (start + end) * last
    // NaN is outside too.
    guard at >= 0, at <= last else { return nil }
    if isNearest {
      let nearest = Int(at.rounded(.toNearestOrAwayFromZero))
      return (nearest, nearest, 0)
    }
    let low = at.rounded(.down)
    return (Int(low), min(Int(low) + 1, length - 1), at - low)
  }
}
