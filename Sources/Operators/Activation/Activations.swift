import GraphIR
import Kernels
import Tensors

/// The activation functions that have attributes, with ONNX's defaults.
extension UnaryElementwise {
  static func celu(_ site: Site) throws(RuntimeError) -> UnaryElementwise {
    UnaryElementwise(.celu(alpha: try site.float("alpha", default: 1)))
  }

  static func elu(_ site: Site) throws(RuntimeError) -> UnaryElementwise {
    UnaryElementwise(.elu(alpha: try site.float("alpha", default: 1)))
  }

  static func gelu(_ site: Site) throws(RuntimeError) -> UnaryElementwise {
    guard let approximate = try site.string("approximate"), !(approximate == "none") else {
      return UnaryElementwise(.gelu)
    }
    guard approximate == "tanh" else {
      throw RuntimeError(.invalidGraph, "approximate must be none or tanh, got %s", name: approximate)
    }
    return UnaryElementwise(.geluTanh)
  }

  static func hardSigmoid(_ site: Site) throws(RuntimeError) -> UnaryElementwise {
    UnaryElementwise(
      .hardSigmoid(alpha: try site.float("alpha", default: 0.2), beta: try site.float("beta", default: 0.5)))
  }

  static func leakyRelu(_ site: Site) throws(RuntimeError) -> UnaryElementwise {
    UnaryElementwise(.leakyRelu(alpha: try site.float("alpha", default: 0.01)))
  }

  static func selu(_ site: Site) throws(RuntimeError) -> UnaryElementwise {
    // Opset 1 rounded its defaults.
    let isFirst = site.opset < 6
    return UnaryElementwise(
      .selu(
        alpha: try site.float("alpha", default: isFirst ? 1.6732 : 1.67326319217681884765625),
        gamma: try site.float("gamma", default: isFirst ? 1.0507 : 1.05070102214813232421875)))
  }

  static func shrink(_ site: Site) throws(RuntimeError) -> UnaryElementwise {
    UnaryElementwise(.shrink(lambda: try site.float("lambd", default: 0.5), bias: try site.float("bias", default: 0)))
  }

  static func swish(_ site: Site) throws(RuntimeError) -> UnaryElementwise {
    UnaryElementwise(.swish(alpha: try site.float("alpha", default: 1)))
  }

  static func thresholdedRelu(_ site: Site) throws(RuntimeError) -> UnaryElementwise {
    UnaryElementwise(.thresholdedRelu(alpha: try site.float("alpha", default: 1)))
  }
}
