import GraphIR
import Kernels
import Tensors

/// The largest value in each cell of regions: X [batch, channels, height, width] and regions [count, 5], each a batch
/// item and two corners, to [count, channels, cells].
///
/// <https://onnx.ai/onnx/operators/onnx__MaxRoiPool.html>
struct MaxRoiPool: OperatorKernel {
  private let cells: [Int]
  private let spatialScale: Double

  init(_ site: Site) throws(RuntimeError) {
    cells = try site.required("pooled_shape", try site.ints("pooled_shape"))
    guard cells.count == 2, cells.allSatisfy({ $0 > 0 && $0 < 1 << 31 }) else {
      throw RuntimeError(.invalidGraph, "pooled_shape must be two sizes above 0, got %v", shape: cells)
    }
    spatialScale = Double(try site.float("spatial_scale", default: 1))
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (x, regions) = (inputs[0], inputs[1])
    guard x.rank == 4, regions.rank == 2, regions.shape[1] == 5 else {
      throw RuntimeError(
        .invalidArgument, "regions %v do not fit an input of %v", shapes: regions.shape, x.shape)
    }
    return [x.with(dims: [regions.shape[0], x.shape[1]] + cells)]
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (x, regions, output) = (call.inputs[0], call.inputs[1], call.outputs[0])
    let (channels, height, width) = (x.shape[1], x.shape[2], x.shape[3])
    var place = 0
    for region in 0..<regions.shape[0] {
      let item = regions.real(region * 5)
      guard item >= 0, item < Double(x.shape[0]) else {
        throw RuntimeError(
          .invalidArgument, "a region's batch item must be below %d, got %d", x.shape[0],
          item.magnitude < 1e9 ? Int(item) : -1)
      }
      let corners = (1...4).map { element(regions.real(region * 5 + $0)) }
      for channel in 0..<channels {
        let plane = (Int(item) * channels + channel) * height * width
        for cell in 0..<cells[0] * cells[1] {
          let (row, column) = cell.quotientAndRemainder(dividingBy: cells[1])
          let ys = span(row, of: cells[0], corners[1], corners[3], below: height)
          let xs = span(column, of: cells[1], corners[0], corners[2], below: width)
          var largest = ys.isEmpty || xs.isEmpty ? 0 : -Double.infinity
          for y in ys {
            for x in xs.map({ call.inputs[0].real(plane + y * width + $0) }) where !(x <= largest) { largest = x }
          }
          output.setReal(place, largest)
          place += 1
        }
      }
    }
  }

  /// A coordinate in elements, halves away from zero.
  private func element(_ coordinate: Double) -> Double {
    let scaled = (coordinate * spatialScale).rounded(.toNearestOrAwayFromZero)
    return scaled.magnitude < 1e9 ? scaled : 0
  }

  /// The elements of cell `index` of a side from `first` to `last`.
  private func span(_ index: Int, of count: Int, _ first: Double, _ last: Double, below size: Int) -> Range<Int> {
    let cell = max(last - first + 1, 1) / Double(count)
    let low = min(max(Int((Double(index) * cell).rounded(.down) + first), 0), size)
    let high = min(max(Int((Double(index + 1) * cell).rounded(.up) + first), 0), size)
    return low..<max(low, high)
  }
}
