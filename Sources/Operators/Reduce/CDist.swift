import GraphIR
import Kernels
import Tensors

/// The distance of every row of A [M, N] to every row of B [K, N], or its square.
///
/// <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.CDist>
struct CDist: OperatorKernel {
  private let isSquared: Bool

  init(_ site: Site) throws(RuntimeError) {
    let metric = try site.string("metric") ?? "sqeuclidean"
    guard metric == "sqeuclidean" || metric == "euclidean" else {
      throw RuntimeError(.notImplemented, "metric %s is not implemented", name: metric)
    }
    isSquared = metric == "sqeuclidean"
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (a, b) = (inputs[0], inputs[1])
    guard a.rank == 2, b.rank == 2, a.shape[1] == b.shape[1] else {
      throw RuntimeError(.invalidArgument, "points of shapes %v and %v have no distance", shapes: a.shape, b.shape)
    }
    return [a.with(dims: [a.shape[0], b.shape[0]])]
  }

  func run(_ call: Call) {
    let (a, b, output) = (call.inputs[0], call.inputs[1], call.outputs[0])
    let (m, k, n) = (a.shape[0], b.shape[0], a.shape[1])
    let isDouble = a.type == .float64
    func value(_ tensor: Tensor, _ i: Int) -> Double {
      isDouble ? tensor.elements(Double.self)[i] : Double(tensor.floats[i])
    }
    call.platform.parallelRanges(m, grain: max(1, 4096 / max(k * n, 1))) { range in
      for i in range {
        for j in 0..<k {
          var sum = 0.0
          for p in 0..<n {
            let difference = value(a, i * n + p) - value(b, j * n + p)
            sum += difference * difference
          }
          let distance = isSquared ? sum : sum.squareRoot()
          if isDouble {
            output.elements(Double.self)[i * k + j] = distance
          } else {
            output.floats[i * k + j] = Float(distance)
          }
        }
      }
    }
  }
}
