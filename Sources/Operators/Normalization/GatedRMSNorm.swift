import GraphIR
import Kernels
import Tensors

/// Each run of C elements over the root of the mean of its squares, times a scale [C] and a function of the gate.
///
/// <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.GatedRMSNorm>
struct GatedRMSNorm: OperatorKernel {
  private let epsilon: Float
  private let isSilu: Bool

  init(_ site: Site) throws(RuntimeError) {
    epsilon = try site.float("epsilon", default: 1e-5)
    let name = try site.string("activation") ?? "silu"
    guard name == "silu" || name == "swish" || name == "sigmoid" else {
      throw RuntimeError(.invalidGraph, "activation %s is not known", name: name)
    }
    isSilu = !(name == "sigmoid")
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (x, scale, gate) = (inputs[0], inputs[1], inputs[2])
    guard let width = x.shape.last, scale.rank == 1, scale.count > 0, width % scale.count == 0, gate.shape == x.shape
    else {
      throw RuntimeError(
        .invalidArgument, "a scale of shape %v and a gate of %v do not fit an input of %v",
        shapes: [scale.shape, gate.shape, x.shape])
    }
    return [x.withoutValue]
  }

  func run(_ call: Call) {
    let (x, gate, output) = (call.inputs[0], call.inputs[2], call.outputs[0])
    let count = call.inputs[1].count
    call.platform.parallelRanges(x.count / count, grain: max(1, 8192 / count)) { range in
      for row in range {
        let (from, to) = (gate.floats + row * count, output.floats + row * count)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 64) { tile in
          rmsNorm(
            .serial, x.floats + row * count, into: to, rows: 1, count: count, scale: call.inputs[1].floats,
            epsilon: epsilon)
          for first in stride(from: 0, to: count, by: 64) {
            let part = min(64, count - first)
            if isSilu {
              silu(from + first, into: tile.baseAddress!, count: part)
            } else {
              sigmoid(from + first, into: tile.baseAddress!, count: part)
            }
            for i in 0..<part { to[first + i] *= tile[i] }
          }
        }
      }
    }
  }
}

/// X plus Y times a gate for each row.
///
/// <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.GatedAdd>
struct GatedAdd: OperatorKernel {
  init(_ site: Site) {}

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (x, y, gate) = (inputs[0], inputs[1], inputs[2])
    guard x.rank > 0, y.shape == x.shape, gate.shape == Array(x.shape.dropLast()) + [1] else {
      throw RuntimeError(
        .invalidArgument, "X, Y and gate may not have shapes %v, %v and %v", shapes: [x.shape, y.shape, gate.shape])
    }
    return [x.withoutValue]
  }

  func run(_ call: Call) {
    let (x, y, gate, output) = (call.inputs[0], call.inputs[1], call.inputs[2], call.outputs[0])
    let size = max(x.shape.dims.last ?? 1, 1)
    for i in 0..<x.count { output.floats[i] = x.floats[i] + gate.floats[i / size] * y.floats[i] }
  }
}
