import GraphIR
import Kernels
import Tensors

/// com.microsoft's BiasGelu, FastGelu and QuickGelu: a function of x + bias, where the bias belongs to the last dim and
/// may be missing.
///
/// <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.BiasGelu>
struct BiasedGelu: FamilyKernel {
  private enum Function {
    case exact, tanh
    /// x · sigmoid(alpha · x)
    case sigmoid(alpha: Float)
  }

  private let function: Function

  static func bias(_ site: Site) -> BiasedGelu { BiasedGelu(function: .exact) }
  static func fast(_ site: Site) -> BiasedGelu { BiasedGelu(function: .tanh) }
  static func quick(_ site: Site) throws(RuntimeError) -> BiasedGelu {
    BiasedGelu(function: .sigmoid(alpha: try site.float("alpha", default: 1.702)))
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    if let bias = inputs[optional: 1], bias.rank != 1 || bias.shape.last != inputs[0].shape.last {
      throw RuntimeError(
        .invalidArgument, "a bias of shape %v does not fit an input of %v", shapes: bias.shape, inputs[0].shape)
    }
    return [inputs[0].withoutValue]
  }

  func run(_ call: Call) {
    let (x, output) = (call.inputs[0], call.outputs[0])
    let size = x.shape.dims.last ?? 1
    guard x.count > 0 else { return }
    let bias = call.inputs[optional: 1].map { UnsafePointer($0.floats) }
    let rows = x.count / size
    call.platform.parallelRanges(rows, grain: max(1, 4096 / size)) { range in
      let (from, to) = (x.floats + range.lowerBound * size, output.floats + range.lowerBound * size)
      addRows(.serial, from, nil, skipRows: 1, bias: bias, rows: range.count, count: size, into: to)
      let count = range.count * size
      switch function {
      case .exact: gelu(to, into: to, count: count)
      case .tanh: geluTanh(to, into: to, count: count)
      case .sigmoid(let alpha): quickGelu(to, into: to, count: count, alpha: alpha)
      }
    }
  }
}
