import GraphIR
import Kernels
import Tensors

/// The grid of points that an affine map takes an image's (or volume's) elements to: theta [batch, rank, rank + 1] to
/// [batch, spatial, rank], coordinates from -1 to 1, innermost axis first.
///
/// <https://onnx.ai/onnx/operators/onnx__AffineGrid.html>
struct AffineGrid: OperatorKernel {
  private let alignsCorners: Bool

  init(_ site: Site) throws(RuntimeError) { alignsCorners = try site.flag("align_corners") }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (theta, size) = (inputs[0], inputs[1])
    guard size.rank == 1, size.count == 4 || size.count == 5 else {
      throw RuntimeError(.invalidArgument, "the size must be 4 or 5 numbers, got %v", shape: size.shape)
    }
    let rank = size.count - 2
    guard theta.rank == 3, theta.shape[1] == rank, theta.shape[2] == rank + 1 else {
      throw RuntimeError(
        .invalidArgument, "theta must have shape [batch, %d, %d], got %v", shape: theta.shape, rank, rank + 1)
    }
    guard let dims = size.integers else {
      return [theta.with(dims: [theta.shape[0]] + [Int](repeating: -1, count: rank) + [rank])]
    }
    guard dims[0] == theta.shape[0], dims.allSatisfy({ $0 >= 0 }) else {
      throw RuntimeError(
        .invalidArgument, "the size must begin with %d and have no dim below 0, got %v", shape: dims,
        theta.shape[0])
    }
    return [theta.with(dims: [dims[0]] + dims[2...] + [rank])]
  }

  func run(_ call: Call) {
    let (theta, grid) = (call.inputs[0], call.outputs[0])
    let rank = grid.shape.rank - 2
    let dims = Array(grid.shape.dims[1...rank])
    let points = dims.productSaturating
    for i in 0..<grid.shape[0] * points {
      let (item, point) = i.quotientAndRemainder(dividingBy: points)
      for row in 0..<rank {
        let factors = (item * rank + row) * (rank + 1)
        var (sum, rest) = (theta.real(factors + rank), point)
        for axis in (0..<rank).reversed() {
          let (next, index) = rest.quotientAndRemainder(dividingBy: dims[axis])
          sum += theta.real(factors + rank - 1 - axis) * coordinate(index, dims[axis])
          rest = next
        }
        grid.setReal(i * rank + row, sum)
      }
    }
  }

  private func coordinate(_ index: Int, _ size: Int) -> Double {
    if alignsCorners { return size > 1 ? 2 * Double(index) / Double(size - 1) - 1 : 0 }
    return (2 * Double(index) + 1) / Double(size) - 1
  }
}
