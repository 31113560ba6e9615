import GraphIR
import Kernels
import Tensors

/// The activations of a recurrent node: names with numbers that are handed out in order to those that take them.
enum GateActivations {
  /// As many as `defaults` for each direction.
  static func read(
    _ site: Site, defaults: [GateActivation.Function], directions: Int
  ) throws(RuntimeError) -> [[GateActivation]] {
    let names = try site.strings("activations") ?? []
    guard !names.isEmpty else {
      return [[GateActivation]](repeating: defaults.map { GateActivation($0) }, count: directions)
    }
    guard names.count == defaults.count * directions else {
      throw RuntimeError(
        .invalidGraph, "activations must be %d, got %d", defaults.count * directions, names.count)
    }
    var alphas = (try site.floats("activation_alpha") ?? [])[...]
    var betas = (try site.floats("activation_beta") ?? [])[...]
    var result: [GateActivation] = []
    for name in names {
      let (function, alpha, beta) = try known(name)
      result.append(
        GateActivation(
          function, alpha: alpha == nil ? 0 : alphas.popFirst() ?? alpha!,
          beta: beta == nil ? 0 : betas.popFirst() ?? beta!))
    }
    return (0..<directions).map { Array(result[($0 * defaults.count)..<(($0 + 1) * defaults.count)]) }
  }

  /// A function and the defaults of its numbers; nil where it takes none.
  private static func known(_ name: Name) throws(RuntimeError) -> (GateActivation.Function, Float?, Float?) {
    // Exporters differ in case.
    let lower = Name(name.bytes.map { $0 >= 65 && $0 <= 90 ? $0 + 32 : $0 })
    switch lower {
    case _ where lower == "sigmoid": return (.sigmoid, nil, nil)
    case _ where lower == "tanh": return (.tanh, nil, nil)
    case _ where lower == "relu": return (.relu, nil, nil)
    case _ where lower == "affine": return (.affine, 1, 0)
    case _ where lower == "leakyrelu": return (.leakyRelu, 0.01, nil)
    case _ where lower == "thresholdedrelu": return (.thresholdedRelu, 1, nil)
    case _ where lower == "scaledtanh": return (.scaledTanh, 1, 1)
    case _ where lower == "hardsigmoid": return (.hardSigmoid, 0.2, 0.5)
    case _ where lower == "elu": return (.elu, 1, nil)
    case _ where lower == "softsign": return (.softsign, nil, nil)
    case _ where lower == "softplus": return (.softplus, nil, nil)
    default: throw RuntimeError(.notImplemented, "activation %s is not implemented", name: name)
    }
  }
}
