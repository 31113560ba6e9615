import GraphIR
import Kernels
import Tensors

/// Features of regions: X [batch, channels, height, width], regions [count, 4] and the batch item of each.
///
/// <https://onnx.ai/onnx/operators/onnx__RoiAlign.html>
struct RoiAlign: OperatorKernel {
  private let outputHeight: Int
  private let outputWidth: Int
  private let samplingRatio: Int
  private let spatialScale: Float
  private let isMax: Bool
  private let isHalfPixel: Bool

  init(_ site: Site) throws(RuntimeError) {
    outputHeight = try site.int("output_height", default: 1)
    outputWidth = try site.int("output_width", default: 1)
    samplingRatio = try site.int("sampling_ratio", default: 0)
    spatialScale = try site.float("spatial_scale", default: 1)
    let mode = try site.string("mode") ?? "avg"
    guard mode == "avg" || mode == "max" else { throw RuntimeError(.invalidGraph, "mode %s is not known", name: mode) }
    isMax = mode == "max"
    let coordinates =
      try site.string("coordinate_transformation_mode") ?? (site.opset < 16 ? "output_half_pixel" : "half_pixel")
    guard coordinates == "half_pixel" || coordinates == "output_half_pixel" else {
      throw RuntimeError(.invalidGraph, "coordinate_transformation_mode %s is not known", name: coordinates)
    }
    isHalfPixel = coordinates == "half_pixel"
    guard outputHeight > 0, outputWidth > 0, samplingRatio >= 0 else {
      throw RuntimeError(
        .invalidGraph, "output sizes and samples must be above 0, got %d, %d and %d", outputHeight, outputWidth,
        samplingRatio)
    }
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (x, regions, items) = (inputs[0], inputs[1], inputs[2])
    guard x.rank == 4, regions.rank == 2, regions.shape[1] == 4, items.shape == [regions.shape[0]]
    else {
      throw RuntimeError(
        .invalidArgument, "regions %v and batch indices %v do not fit an input of %v",
        shapes: [regions.shape, items.shape, x.shape])
    }
    return [x.with(dims: [regions.shape[0], x.shape[1], outputHeight, outputWidth])]
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (x, regions, items, output) = (call.inputs[0], call.inputs[1], call.inputs[2], call.outputs[0])
    try ShapeRules.check(items, within: [x.shape[0]])
    let channels = x.shape[1]
    let kernel = Kernels.RoiAlign(
      height: x.shape[2], width: x.shape[3], outputHeight: outputHeight, outputWidth: outputWidth,
      samplingRatio: samplingRatio, isMax: isMax, allowsThin: isHalfPixel)
    if x.type == .float64 {
      let shift = isHalfPixel ? 0.5 : 0.0
      for i in 0..<regions.shape[0] {
        let corners = regions.reals + 4 * i
        let region = SIMD4(corners[0], corners[1], corners[2], corners[3]) * Double(spatialScale) - shift
        let item = items.integer(i) < 0 ? items.integer(i) + x.shape[0] : items.integer(i)
        kernel.run(
          x.reals + item * channels * kernel.height * kernel.width, channels: channels, region: region,
          into: output.reals + i * channels * outputHeight * outputWidth)
      }
      return
    }
    let shift: Float = isHalfPixel ? 0.5 : 0
    call.platform.parallelFor(regions.shape[0]) { (i: Int) in
      let corners = regions.floats + 4 * i
      let region = SIMD4<Float>(corners[0], corners[1], corners[2], corners[3]) * spatialScale - shift
      let item = items.integer(i) < 0 ? items.integer(i) + x.shape[0] : items.integer(i)
      kernel.run(
        x.floats + item * channels * kernel.height * kernel.width, channels: channels, region: region,
        into: output.floats + i * channels * outputHeight * outputWidth)
    }
  }
}
