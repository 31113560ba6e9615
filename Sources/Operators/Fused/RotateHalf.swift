import GraphIR
import Kernels
import Tensors

/// X · cos + (-X[split...], X[..<split]) · sin along the last axis, as `FuseRotary` finds it written out.
///
/// The three inputs broadcast but for the last axis. `split` is half of it where it is 0; `axis`, where it was counted
/// from the front, must be the last.
struct RotateHalf: OperatorKernel {
  private let split: Int
  private let axis: Int

  init(_ site: Site) throws(RuntimeError) {
    split = try site.int("split", default: 0)
    axis = try site.int("axis", default: -1)
  }

  private func split(of size: Int) -> Int { split > 0 ? split : (size + 1) / 2 }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let shapes = [inputs[0].shape, inputs[1].shape, inputs[2].shape]
    let size = shapes[0].last ?? 0
    guard axis < 0 || axis == shapes[0].count - 1, split(of: size) <= size, shapes.allSatisfy({ $0.last == size })
    else {
      throw RuntimeError(
        .invalidArgument, "inputs must have one size and a split of %d on axis %d, got %v, %v and %v", shapes: shapes,
        split, axis)
    }
    return [
      inputs[0].with(dims: try ShapeRules.broadcast(try ShapeRules.broadcast(shapes[0], shapes[1]), shapes[2]))
    ]
  }

  /// The elements from one row of `shape` to the next along each outer axis of `dims`; 0 where it is repeated.
  private static func steps(_ shape: Shape, along dims: [Int]) -> [Int] {
    let (own, strides) = (shape.dims, shape.strides)
    let missing = dims.count - own.count
    return (0..<(dims.count - 1)).map { $0 < missing || own[$0 - missing] == 1 ? 0 : strides[$0 - missing] }
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (x, cosines, sines, y) = (call.inputs[0], call.inputs[1], call.inputs[2], call.outputs[0])
    let dims = y.shape.dims
    guard let size = dims.last, y.count > 0 else { return }
    let split = split(of: size)
    let steps = [x, cosines, sines].map { RotateHalf.steps($0.shape, along: dims) }
    call.platform.parallelRanges(y.count / size, grain: max(1, 8192 / size)) { rows in
      for row in rows {
        var (rest, at) = (row, (0, 0, 0))
        var axis = dims.count - 2
        while axis >= 0, rest > 0 {
          let (next, i) = rest.quotientAndRemainder(dividingBy: dims[axis])
          at = (at.0 + i * steps[0][axis], at.1 + i * steps[1][axis], at.2 + i * steps[2][axis])
          rest = next
          axis -= 1
        }
        if y.type == .float64 {
          rotateHalf(
            x.reals + at.0, cosines.reals + at.1, sines.reals + at.2, split: split, count: size,
            into: y.reals + row * size)
        } else {
          rotateHalf(
            x.floats + at.0, cosines.floats + at.1, sines.floats + at.2, split: split, count: size,
            into: y.floats + row * size)
        }
      }
    }
  }
}
