import GraphIR
import Kernels
import Tensors

/// One step of training any number of tensors: Adagrad, Adam and Momentum of ai.onnx.preview.training.
///
/// Inputs are the learning rate, the count of updates, and then, each for all tensors in turn, the tensors, their
/// gradients and one or two states that go from step to step. Outputs are the new tensors and the new states.
///
/// <https://onnx.ai/onnx/operators/onnx_aionnxpreviewtraining_Adagrad.html>, Adam and Momentum beside it
struct Optimizer: FamilyKernel {
  private enum Rule {
    case adagrad(decay: Double, epsilon: Double)
    case adam(alpha: Double, beta: Double, epsilon: Double, decayAfter: Double)
    case momentum(alpha: Double, beta: Double, isNesterov: Bool)

    var stateCount: Int { if case .adam = self { 2 } else { 1 } }
  }

  private let rule: Rule
  /// What each gradient is given of its tensor.
  private let decay: Double
  private let tensorCount: Int

  static func adagrad(_ site: Site) throws(RuntimeError) -> Optimizer {
    try Optimizer(
      site,
      .adagrad(
        decay: Double(try site.float("decay_factor", default: 0)),
        epsilon: Double(try site.float("epsilon", default: 1e-6))))
  }

  static func adam(_ site: Site) throws(RuntimeError) -> Optimizer {
    try Optimizer(
      site,
      .adam(
        alpha: Double(try site.float("alpha", default: 0.9)), beta: Double(try site.float("beta", default: 0.999)),
        epsilon: Double(try site.float("epsilon", default: 1e-6)),
        decayAfter: Double(try site.float("norm_coefficient_post", default: 0))))
  }

  static func momentum(_ site: Site) throws(RuntimeError) -> Optimizer {
    let mode = try site.required("mode", try site.string("mode"))
    guard mode == "standard" || mode == "nesterov" else {
      throw RuntimeError(.invalidGraph, "mode must be standard or nesterov, got %s", name: mode)
    }
    return try Optimizer(
      site,
      .momentum(
        alpha: Double(try site.required("alpha", try site.node.attributes.float("alpha"))),
        beta: Double(try site.required("beta", try site.node.attributes.float("beta"))),
        isNesterov: mode == "nesterov"))
  }

  private init(_ site: Site, _ rule: Rule) throws(RuntimeError) {
    self.rule = rule
    decay = Double(try site.float("norm_coefficient", default: 0))
    let parts = 2 + rule.stateCount
    guard (site.inputCount - 2) % parts == 0 else {
      throw RuntimeError(
        .invalidGraph, "behind rate and count the inputs must be %d for each tensor, got %d in all", parts,
        site.inputCount - 2)
    }
    tensorCount = (site.inputCount - 2) / parts
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    guard inputs[0].count == 1, inputs[1].count == 1 else {
      throw RuntimeError(
        .invalidArgument, "rate and count must be one number each, got %v and %v",
        shapes: inputs[0].shape, inputs[1].shape)
    }
    for i in 2..<inputs.count {
      guard let tensor = inputs[optional: 2 + (i - 2) % tensorCount], let other = inputs[optional: i] else {
        throw RuntimeError(.invalidGraph, "input %d is required", i)
      }
      guard other.shape == tensor.shape else {
        throw RuntimeError(
          .invalidArgument, "input %d must have shape %v, got %v", shapes: tensor.shape, other.shape, i)
      }
    }
    var outputs: [Fact] = []
    for _ in 0...rule.stateCount {
      for i in 0..<tensorCount { outputs.append(inputs[2 + i].withoutValue) }
    }
    return outputs
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (rate, step) = (call.inputs[0].real(0), call.inputs[1].integer(0))
    for i in 0..<tensorCount {
      let (x, gradient) = (call.inputs[2 + i], call.inputs[2 + tensorCount + i])
      let state = call.inputs[2 + 2 * tensorCount + i]
      let newX = call.outputs[optional: i]
      let newState = call.outputs[optional: tensorCount + i]
      switch rule {
      case .adagrad(let decayFactor, let epsilon):
        let rate = rate / (1 + Double(step) * decayFactor)
        for j in 0..<x.count {
          let g = decay * x.real(j) + gradient.real(j)
          let h = state.real(j) + g * g
          newState?.setReal(j, h)
          newX?.setReal(j, x.real(j) - rate * g / (h.squareRoot() + epsilon))
        }
      case .adam(let alpha, let beta, let epsilon, let decayAfter):
        let squares = call.inputs[2 + 3 * tensorCount + i]
        let newSquares = call.outputs[optional: 2 * tensorCount + i]
        var rate = rate
        if step > 0 {
          let t = Double(step)
          rate *= (1 - CMath.pow(beta, t)).squareRoot() / (1 - CMath.pow(alpha, t))
        }
        for j in 0..<x.count {
          let g = decay * x.real(j) + gradient.real(j)
          let v = alpha * state.real(j) + (1 - alpha) * g
          let h = beta * squares.real(j) + (1 - beta) * g * g
          newState?.setReal(j, v)
          newSquares?.setReal(j, h)
          newX?.setReal(j, (1 - decayAfter) * (x.real(j) - rate * v / (h.squareRoot() + epsilon)))
        }
      case .momentum(let alpha, let beta, let isNesterov):
        let beta = step > 0 ? beta : 1
        for j in 0..<x.count {
          let g = decay * x.real(j) + gradient.real(j)
          let v = alpha * state.real(j) + beta * g
          newState?.setReal(j, v)
          newX?.setReal(j, x.real(j) - rate * (isNesterov ? g + alpha * v : v))
        }
      }
    }
  }
}
