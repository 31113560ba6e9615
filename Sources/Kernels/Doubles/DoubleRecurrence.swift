extension Recurrence {
  /// All steps of one direction in float64, one item after the other; see `run` of float32. `scratch` is [gates + 2,
  /// hidden].
  public func run(
    _ x: UnsafePointer<Double>, w: UnsafePointer<Double>, r: UnsafePointer<Double>, bias: UnsafePointer<Double>?,
    peepholes: UnsafePointer<Double>?, lengths: UnsafePointer<Int32>?, itemStride: Int, inputStride: Int,
    h: UnsafeMutablePointer<Double>, c: UnsafeMutablePointer<Double>?, y: UnsafeMutablePointer<Double>?,
    stepStride: Int, batchStride: Int, scratch: UnsafeMutablePointer<Double>
  ) {
    for item in 0..<batch {
      let (state, cells) = (h + item * hidden, c.map { $0 + item * hidden })
      for i in 0..<steps {
        let step = isReverse ? steps - 1 - i : i
        let isActive = lengths.map { step < Int($0[item]) } ?? true
        if isActive {
          advance(
            x + (step * inputStride + item * itemStride), w, r, bias, peepholes, state, cells, gates: scratch)
        }
        guard let y else { continue }
        for j in 0..<hidden { y[step * stepStride + item * batchStride + j] = isActive ? state[j] : 0 }
      }
    }
  }

  private func advance(
    _ x: UnsafePointer<Double>, _ w: UnsafePointer<Double>, _ r: UnsafePointer<Double>, _ bias: UnsafePointer<Double>?,
    _ peepholes: UnsafePointer<Double>?, _ h: UnsafeMutablePointer<Double>, _ c: UnsafeMutablePointer<Double>?,
    gates: UnsafeMutablePointer<Double>
  ) {
    let width = cell.gates * hidden
    let products = gates + width
    /// What a row of W makes of the input, with its bias.
    func fromInput(_ i: Int) -> Double {
      var sum = bias?[i] ?? 0
      for j in 0..<inputSize { sum += w[i * inputSize + j] * x[j] }
      return sum
    }
    /// What a row of R makes of a state, with its bias.
    func fromState(_ i: Int, _ state: UnsafePointer<Double>) -> Double {
      var sum = bias?[width + i] ?? 0
      for j in 0..<hidden { sum += r[i * hidden + j] * state[j] }
      return sum
    }
    switch cell {
    case .simple:
      for i in 0..<width { gates[i] = activated(fromInput(i) + fromState(i, h), 0) }
      for j in 0..<hidden { h[j] = gates[j] }
    case .gru(let resetsLast):
      for i in 0..<2 * hidden { gates[i] = activated(fromInput(i) + fromState(i, h), 0) }
      for j in 0..<hidden { products[j] = gates[hidden + j] * h[j] }
      for j in 0..<hidden {
        let i = 2 * hidden + j
        let past = resetsLast ? gates[hidden + j] * fromState(i, h) : fromState(i, products)
        gates[i] = activated(fromInput(i) + past, 1)
      }
      for j in 0..<hidden { h[j] = (1 - gates[j]) * gates[2 * hidden + j] + gates[j] * h[j] }
    case .lstm(let isCoupled):
      let c = c!
      for i in 0..<width { gates[i] = fromInput(i) + fromState(i, h) }
      for j in 0..<hidden {
        let input = activated(gates[j] + (peepholes?[j] ?? 0) * c[j], 0)
        let forget =
          isCoupled ? 1 - input : activated(gates[2 * hidden + j] + (peepholes?[2 * hidden + j] ?? 0) * c[j], 0)
        c[j] = forget * c[j] + input * activated(gates[3 * hidden + j], 1)
        let output = activated(gates[hidden + j] + (peepholes?[hidden + j] ?? 0) * c[j], 0)
        h[j] = output * activations[2].value(c[j])
      }
    }
  }

  private func activated(_ x: Double, _ i: Int) -> Double {
    activations[i].value(clip < .infinity ? min(max(x, -Double(clip)), Double(clip)) : x)
  }
}

extension GateActivation {
  @inline(never) func value(_ x: Double) -> Double {
    let (alpha, beta) = (Double(alpha), Double(beta))
    switch function {
    case .sigmoid: return 1 / (1 + CMath.exp(-x))
    case .tanh: return CMath.tanh(x)
    case .relu: return max(x, 0)
    case .affine: return alpha * x + beta
    case .leakyRelu: return x < 0 ? alpha * x : x
    case .thresholdedRelu: return x > alpha ? x : 0
    case .scaledTanh: return alpha * CMath.tanh(beta * x)
    case .hardSigmoid: return min(max(alpha * x + beta, 0), 1)
    case .elu: return x < 0 ? alpha * CMath.expm1(x) : x
    case .softsign: return x / (1 + x.magnitude)
    case .softplus: return max(x, 0) + CMath.log1p(CMath.exp(-x.magnitude))
    }
  }
}
