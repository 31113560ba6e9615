import GraphIR
import Kernels
import Tensors

/// Samples an image, line or volume at the points of a grid. com.microsoft's is the same, but that the reference runtime
/// moves a bicubic point that lies beyond the border onto it first, and here its neighbours are moved.
///
/// <https://onnx.ai/onnx/operators/onnx__GridSample.html>
struct GridSample: OperatorKernel {
  private let kernel: Kernels.GridSample

  init(_ site: Site) throws(RuntimeError) {
    let mode: Kernels.GridSample.Mode
    let modeName = try site.string("mode") ?? "linear"
    switch modeName {
    case _ where modeName == "nearest": mode = .nearest
    case _ where modeName == "linear" || modeName == "bilinear": mode = .linear
    case _ where modeName == "cubic" || modeName == "bicubic": mode = .cubic
    default: throw RuntimeError(.invalidGraph, "mode %s is not known", name: modeName)
    }
    let padding: Kernels.GridSample.Padding
    let paddingName = try site.string("padding_mode") ?? "zeros"
    switch paddingName {
    case _ where paddingName == "zeros": padding = .zeros
    case _ where paddingName == "border": padding = .border
    case _ where paddingName == "reflection": padding = .reflection
    default: throw RuntimeError(.invalidGraph, "padding_mode %s is not known", name: paddingName)
    }
    kernel = Kernels.GridSample(mode: mode, padding: padding, alignsCorners: try site.flag("align_corners"))
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (x, grid) = (inputs[0], inputs[1])
    guard (3...5).contains(x.rank), grid.rank == x.rank, grid.shape[0] == x.shape[0],
      grid.shape[grid.rank - 1] == x.rank - 2
    else {
      throw RuntimeError(
        .invalidArgument, "a grid of shape %v does not fit an input of %v", shapes: grid.shape, x.shape)
    }
    let points = grid.shape[1..<(grid.rank - 1)]
    if x.shape[2...].contains(0), !points.contains(0) {
      throw RuntimeError(.invalidArgument, "an empty input cannot be sampled, got shape %v", shape: x.shape)
    }
    return [x.with(dims: Array(x.shape[..<2]) + points)]
  }

  private func isOfFloats(_ x: ElementType, _ grid: ElementType) -> Bool { x == .float32 && grid == .float32 }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    if isOfFloats(inputs[0].type, inputs[1].type) { return 0 }
    let output = (try? infer(inputs)[0].count) ?? 0
    return ScratchMemory.byteCount(inputs[0].count * 8) + ScratchMemory.byteCount(inputs[1].count * 8)
      + ScratchMemory.byteCount(output * 8)
  }

  /// What is not float32 is sampled in float64.
  func run(_ call: Call) {
    let (x, grid) = (call.inputs[0], call.inputs[1])
    let dims = x.shape.dims
    if !isOfFloats(x.type, grid.type) {
      var scratch = ScratchMemory(call)
      let output = call.outputs[0]
      let wide = scratch.converted(x, to: .float64, on: call.platform)
      let places = scratch.converted(grid, to: .float64, on: call.platform)
      let result = output.type == .float64 ? output : scratch.tensor(.float64, output.shape)
      kernel.run(
        call.platform, wide.reals, batch: dims[0], channels: dims[1], dims: Array(dims[2...]), grid: places.reals,
        points: grid.shape.dims[1..<(dims.count - 1)].productSaturating, into: result.reals)
      if output.type != .float64 { cast(result, into: output, on: call.platform) }
      return
    }
    kernel.run(
      call.platform, x.floats, batch: dims[0], channels: dims[1], dims: Array(dims[2...]), grid: grid.floats,
      points: grid.shape.dims[1..<(dims.count - 1)].productSaturating, into: call.outputs[0].floats)
  }
}
