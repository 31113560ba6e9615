/// The function that a gate of a recurrent cell ends with.
public struct GateActivation: Sendable {
  public enum Function: Sendable {
    case sigmoid, tanh, relu, affine, leakyRelu, thresholdedRelu, scaledTanh, hardSigmoid, elu, softsign, softplus
  }

  public let function: Function
  public let alpha: Float
  public let beta: Float

  public init(_ function: Function, alpha: Float = 0, beta: Float = 0) {
    self.function = function
    self.alpha = alpha
    self.beta = beta
  }

  func apply(_ x: UnsafeMutablePointer<Float>, _ count: Int) {
    switch function {
    case .sigmoid: sigmoid(x, into: x, count: count)
    case .tanh: Kernels.tanh(x, into: x, count: count)
    case .relu: for i in 0..<count { x[i] = max(x[i], 0) }
    case .affine: for i in 0..<count { x[i] = alpha * x[i] + beta }
    case .leakyRelu: for i in 0..<count { x[i] = x[i] < 0 ? alpha * x[i] : x[i] }
    case .thresholdedRelu: for i in 0..<count { x[i] = x[i] > alpha ? x[i] : 0 }
    case .scaledTanh:
      for i in 0..<count { x[i] *= beta }
      Kernels.tanh(x, into: x, count: count)
      for i in 0..<count { x[i] *= alpha }
    case .hardSigmoid: for i in 0..<count { x[i] = min(max(alpha * x[i] + beta, 0), 1) }
    case .elu: for i in 0..<count where x[i] < 0 { x[i] = alpha * Float(CMath.expm1(Double(x[i]))) }
    case .softsign: for i in 0..<count { x[i] /= 1 + x[i].magnitude }
    case .softplus: Kernels.softplus(x, into: x, count: count)
    }
  }
}
