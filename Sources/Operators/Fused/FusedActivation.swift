import GraphIR
import Kernels
import Tensors

/// The activation that a fused node ends with, as com.microsoft's FusedConv and our own fused operators write it:
/// `activation` names the operator and `activation_params` holds its numbers, or as FusedGemm has them `activation_alpha`
/// and `activation_beta`.
enum FusedActivation {
  /// An epilogue with the node's activation; without one it leaves sums as they are.
  static func epilogue(_ site: Site) throws(RuntimeError) -> Epilogue {
    var epilogue = Epilogue()
    guard let name = try site.string("activation"), !name.isEmpty else { return epilogue }
    let numbers = try site.floats("activation_params") ?? []
    let (alpha, beta) = (
      try site.float("activation_alpha", default: .nan), try site.float("activation_beta", default: .nan)
    )
    func number(_ i: Int, _ value: Float) -> Float {
      if i < numbers.count { return numbers[i] }
      let named = i == 0 ? alpha : beta
      return named.isNaN ? value : named
    }
    switch name {
    case _ where name == "Relu": epilogue.low = 0
    case _ where name == "Clip":
      epilogue.low = number(0, -.infinity)
      epilogue.high = number(1, .infinity)
    case _ where name == "LeakyRelu":
      epilogue.activation = .leakyRelu
      epilogue.low = number(0, 0.01)
    case _ where name == "HardSigmoid":
      epilogue.activation = .hardSigmoid
      epilogue.low = number(0, 0.2)
      epilogue.high = number(1, 0.5)
    case _ where name == "Sigmoid": epilogue.activation = .sigmoid
    case _ where name == "Tanh": epilogue.activation = .tanh
    case _ where name == "Softplus": epilogue.activation = .softplus
    case _ where name == "Gelu": epilogue.activation = .gelu
    case _ where name == "Swish": epilogue.activation = .silu
    case _ where name == "HardSwish": epilogue.activation = .hardSwish
    default: throw RuntimeError(.notImplemented, "activation %s is not implemented", name: name)
    }
    return epilogue
  }
}
