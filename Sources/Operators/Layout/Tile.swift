import GraphIR
import Kernels
import Tensors

/// Repeats a tensor along each axis.
///
/// <https://onnx.ai/onnx/operators/onnx__Tile.html>. Opset 1 repeats along one axis, which is input 2.
struct Tile: OperatorKernel {
  private let isOfOneAxis: Bool

  init(_ site: Site) throws(RuntimeError) {
    isOfOneAxis = site.opset < 6
    if isOfOneAxis { site.types.letters = "T.>T" }
    guard site.inputCount == (isOfOneAxis ? 3 : 2) else {
      throw RuntimeError(.invalidGraph, "the operator takes %d inputs, got %d", isOfOneAxis ? 3 : 2, site.inputCount)
    }
  }

  /// How often the tensor is repeated along each axis; nil where that is not known yet.
  private func repeats(_ inputs: Facts) throws(RuntimeError) -> [Int]? {
    guard isOfOneAxis else { return inputs[1].integers }
    guard let tiles = number(inputs[1]), let axis = number(inputs[2]) else { return nil }
    var repeats = [Int](repeating: 1, count: inputs[0].rank)
    guard inputs[0].rank > 0 else { return repeats }
    repeats[try ShapeRules.axis(axis, rank: inputs[0].rank)] = tiles
    return repeats
  }

  /// The one number, of the first input's type by the specification, an integer in files.
  private func number(_ fact: Fact) -> Int? {
    guard let value = fact.value, value.count == 1 else { return nil }
    switch value.type {
    case .int32, .int64: return value.integer(0)
    case .float32, .float64: return Int(exactly: value.real(0))
    default: return nil
    }
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let shape = inputs[0].shape
    guard let repeats = try repeats(inputs) else {
      return [inputs[0].with(dims: [Int](repeating: -1, count: shape.count))]
    }
    guard repeats.count == shape.count, repeats.allSatisfy({ $0 >= 0 }) else {
      throw RuntimeError(
        .invalidArgument, "there must be a repeat of 0 or more for each of %d dims, got %v", shape: repeats,
        shape.count)
    }
    return [inputs[0].with(dims: zip(shape, repeats).map { [$0, $1].productSaturating })]
  }

  func run(_ call: Call) {
    let (x, out) = (call.inputs[0], call.outputs[0])
    let (own, others) = (x.shape.strides, out.shape.strides)
    // Each axis is two: the repeat, which goes nowhere in the input, and the dim itself.
    var (dims, from, to): ([Int], [Int], [Int]) = ([], [], [])
    for axis in 0..<x.shape.rank {
      let dim = x.shape[axis]
      dims += [dim == 0 ? 0 : out.shape[axis] / dim, dim]
      from += [0, own[axis]]
      to += [dim * others[axis], others[axis]]
    }
    copyStrided(x, 0, from, to: out, 0, to, dims: dims, on: call.platform)
  }
}
