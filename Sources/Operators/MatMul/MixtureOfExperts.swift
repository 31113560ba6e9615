import GraphIR
import Kernels
import Tensors

/// com.microsoft's MoE and QMoE: each token goes through the `k` experts that a router scores highest, and what they
/// answer is added up by their shares.
///
/// An expert is two layers with an activation between, fc2(f(fc1(x))), or fc2(f(fc1(x)) · fc3(x)). Inputs are tokens
/// [..., hidden], scores [tokens, experts], weights [experts, outputs, inputs] and biases [experts, outputs]; of QMoE the
/// weights are packed, low bits first, with a scale for each output or each block of its inputs, and zero points,
/// which are half of the range where there are none. A share is what softmax over all scores gives, or over those of
/// the chosen experts if they are normalised, as QMoE's always are unless `router_weights` gives them. Gelu is the one
/// by tanh, as in the reference runtime.
///
/// SwiGLU takes its gate and its value from neighbours (`swiglu_fusion` 1) or from the halves (2) of fc1's outputs, and
/// answers gate · sigmoid(alpha · gate) · (value + beta), the gate cut above and the value on both sides by a limit.
///
/// <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.MoE>
struct MixtureOfExperts: FamilyKernel {
  private enum Activation { case relu, gelu, silu, swiglu, identity }

  /// Rows of weights that are widened at once.
  private static let strip = 64

  private let k: Int
  private let activation: Activation
  private let normalizes: Bool
  private let interleaves: Bool
  private let limit: Float
  private let alpha: Float
  private let beta: Float
  private let layers: [Layer]
  private let routerWeights: Int

  /// Where the inputs of one layer are; -1 where the operator has none.
  private struct Layer {
    var weights: Int
    var scales = -1
    var bias: Int
    var zeros = -1
    /// 0 is float.
    var bits = 0
    /// 0 is a scale for each output.
    var block = 0
  }

  static func floats(_ site: Site) throws(RuntimeError) -> MixtureOfExperts {
    try MixtureOfExperts(
      site, [Layer(weights: 2, bias: 3), Layer(weights: 4, bias: 5), Layer(weights: 6, bias: 7)], routerWeights: -1)
  }

  static func quantized(_ site: Site) throws(RuntimeError) -> MixtureOfExperts {
    let type = try site.string("quant_type") ?? "int"
    let packed = try site.int("weights_prepacked", default: -1)
    guard type == "int", packed <= 0 else {
      throw RuntimeError(
        .notImplemented, "experts quantised as %s or packed for a device are not implemented", name: type)
    }
    let block = try site.int("block_size", default: 0)
    guard block <= 0 || block >= 16 && block & (block - 1) == 0 else {
      throw RuntimeError(.invalidGraph, "block_size must be a power of two from 16 on, got %d", block)
    }
    var layers = [
      Layer(weights: 2, scales: 3, bias: 4, zeros: 11), Layer(weights: 5, scales: 6, bias: 7, zeros: 12),
      Layer(weights: 8, scales: 9, bias: 10, zeros: 13),
    ]
    let bits = try site.int("expert_weight_bits", default: 4)
    layers[0].bits = try site.int("fc1_expert_weight_bits", default: bits)
    layers[1].bits = try site.int("fc2_expert_weight_bits", default: bits)
    layers[2].bits = try site.int("fc3_expert_weight_bits", default: bits)
    for i in 0..<3 {
      layers[i].block = max(block, 0)
      guard layers[i].bits == 2 || layers[i].bits == 4 || layers[i].bits == 8 else {
        throw RuntimeError(.notImplemented, "weights must have 2, 4 or 8 bits, got %d", layers[i].bits)
      }
    }
    try site.require(3, 6)
    for i in 15..<max(site.inputCount, 15) where site.has(input: i) {
      throw RuntimeError(.notImplemented, "input %d, a scale of float weights, is not implemented", i)
    }
    return try MixtureOfExperts(site, layers, routerWeights: 14)
  }

  private init(_ site: Site, _ layers: [Layer], routerWeights: Int) throws(RuntimeError) {
    self.routerWeights = routerWeights
    k = try site.int("k", default: 1)
    normalizes = try site.flag("normalize_routing_weights") || layers[0].bits > 0 && !site.has(input: routerWeights)
    let name = try site.string("activation_type") ?? "relu"
    switch name {
    case _ where name == "relu": activation = .relu
    case _ where name == "gelu": activation = .gelu
    case _ where name == "silu": activation = .silu
    case _ where name == "swiglu": activation = .swiglu
    case _ where name == "identity": activation = .identity
    default: throw RuntimeError(.notImplemented, "activation_type %s is not implemented", name: name)
    }
    let fusion = try site.int("swiglu_fusion", default: 0)
    interleaves = fusion == 1
    limit = try site.float("swiglu_limit", default: .infinity)
    alpha = try site.float("activation_alpha", default: 1)
    beta = try site.float("activation_beta", default: 0)
    try site.require(layers[0].weights, layers[1].weights)
    let hasThird = site.has(input: layers[2].weights)
    self.layers = hasThird ? layers : Array(layers[..<2])
    guard k > 0, try !site.flag("use_sparse_mixer"),
      activation == .swiglu ? (1...2).contains(fusion) && !hasThird : fusion == 0
    else {
      throw RuntimeError(
        .notImplemented, "k above 0, no sparse mixer, and swiglu_fusion 1 or 2 with swiglu alone, got %d and %d", k,
        fusion)
    }
  }

  private struct Sizes {
    let tokens: Int
    let hidden: Int
    let experts: Int
    /// Outputs of fc1, and inputs of fc2.
    let wide: Int
    let inner: Int
  }

  private func sizes(_ x: [Int], _ router: [Int], _ first: [Int]) throws(RuntimeError) -> Sizes {
    guard x.count == 2 || x.count == 3, router.count == 2, first.count == 3 else {
      throw RuntimeError(
        .invalidArgument, "tokens, scores and weights may not have shapes %v, %v and %v", shapes: [x, router, first])
    }
    let tokens = x.dropLast().productSaturating
    let sizes = Sizes(
      tokens: tokens, hidden: x[x.count - 1], experts: router[1], wide: first[1],
      inner: activation == .swiglu ? first[1] / 2 : first[1])
    guard router[0] == tokens, first[0] == router[1], k <= router[1], sizes.hidden > 0, sizes.inner > 0,
      activation != .swiglu || first[1] % 2 == 0
    else {
      throw RuntimeError(
        .invalidArgument, "tokens %v, scores %v and weights %v do not fit", shapes: [x, router, first])
    }
    return sizes
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let s = try sizes(inputs[0].shape, inputs[1].shape, inputs[layers[0].weights].shape)
    let dims = [(s.wide, s.hidden), (s.hidden, s.inner), (s.inner, s.hidden)]
    for (layer, (n, k)) in zip(layers, dims) { try check(inputs, layer, s.experts, n, k) }
    if routerWeights >= 0, let weights = inputs[optional: routerWeights], weights.shape != inputs[1].shape {
      throw RuntimeError(
        .invalidArgument, "router_weights must have the shape of scores, got %v", shape: weights.shape)
    }
    return [inputs[0].withoutValue]
  }

  private func check(_ inputs: Facts, _ layer: Layer, _ experts: Int, _ n: Int, _ k: Int) throws(RuntimeError) {
    let weights = inputs[layer.weights]
    let isFloat = layer.bits == 0
    let expected = [experts, n, isFloat ? k : k * layer.bits / 8]
    guard weights.shape == expected, isFloat || k * layer.bits % 8 == 0,
      layer.block == 0 || k % layer.block == 0
    else {
      throw RuntimeError(
        .invalidArgument, "input %d must have shape %v, got %v", shapes: expected, weights.shape, layer.weights)
    }
    if let bias = inputs[optional: layer.bias], bias.shape != [experts, n] {
      throw RuntimeError(
        .invalidArgument, "input %d must have shape %v, got %v", shapes: [experts, n], bias.shape, layer.bias)
    }
    if isFloat { return }
    let blocks = layer.block == 0 ? 0 : k / layer.block
    guard let scales = inputs[optional: layer.scales],
      scales.shape == (blocks == 0 ? [experts, n] : [experts, n, blocks])
    else { throw RuntimeError(.invalidArgument, "input %d must be scales for %d outputs", layer.scales, n) }
    if let zeros = inputs[optional: layer.zeros] {
      let packed = blocks == 0 ? [experts, (n * layer.bits + 7) / 8] : [experts, n, (blocks * layer.bits + 7) / 8]
      guard zeros.shape == packed else {
        throw RuntimeError(
          .invalidArgument, "input %d must have shape %v, got %v", shapes: packed, zeros.shape, layer.zeros)
      }
    }
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    guard let s = try? sizes(inputs[0].shape, inputs[1].shape, inputs[layers[0].weights].shape) else { return 0 }
    let depth = max(s.hidden, s.inner)
    let columns = layers[0].bits == 0 ? max(s.wide, s.hidden) : MixtureOfExperts.strip
    let hidden = [s.tokens, s.hidden].productSaturating
    let chosen = [s.tokens, k, 2].productSaturating
    return ScratchMemory.floatBytes([
      s.experts, chosen, chosen, 2 * s.tokens, s.tokens, hidden, hidden, [s.tokens, s.wide].productSaturating,
      [s.tokens, s.inner].productSaturating, layers[0].bits == 0 ? 0 : MixtureOfExperts.strip * depth,
      GemmPack.rightCount(k: depth, n: columns),
    ])
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (x, router, output) = (call.inputs[0], call.inputs[1], call.outputs[0])
    let s = try sizes(x.shape.dims, router.shape.dims, call.inputs[layers[0].weights].shape.dims)
    var scratch = ScratchMemory(call)
    let chosen = scratch.take(s.tokens * k, of: Int.self)
    let shares = scratch.take(s.tokens * k, of: Float.self)
    let softened = scratch.take(s.experts, of: Float.self)
    route(call, s, softened, chosen, shares)
    let rows = scratch.take(s.tokens, of: Int.self)
    let rowShares = scratch.take(s.tokens, of: Float.self)
    let gathered = scratch.take(s.tokens * s.hidden, of: Float.self)
    let wide = scratch.take(s.tokens * s.wide, of: Float.self)
    let inner = scratch.take(s.tokens * s.inner, of: Float.self)
    let answers = scratch.take(s.tokens * s.hidden, of: Float.self)
    for i in 0..<output.count { output.floats[i] = 0 }
    for expert in 0..<s.experts {
      var count = 0
      for i in 0..<(s.tokens * k) where chosen[i] == expert {
        (rows[count], rowShares[count]) = (i / k, shares[i])
        (gathered + count * s.hidden).update(from: x.floats + i / k * s.hidden, count: s.hidden)
        count += 1
      }
      if count == 0 { continue }
      multiply(call, layers[0], expert, count, n: s.wide, k: s.hidden, gathered, into: wide, scratch)
      activate(wide, count, s, into: inner)
      if layers.count > 2 {
        multiply(call, layers[2], expert, count, n: s.inner, k: s.hidden, gathered, into: wide, scratch)
        for i in 0..<(count * s.inner) { inner[i] *= wide[i] }
      }
      multiply(call, layers[1], expert, count, n: s.hidden, k: s.inner, inner, into: answers, scratch)
      for row in 0..<count {
        let to = output.floats + rows[row] * s.hidden
        for j in 0..<s.hidden { to[j] += rowShares[row] * answers[row * s.hidden + j] }
      }
    }
  }

  /// The experts of each token and their shares.
  private func route(
    _ call: Call, _ s: Sizes, _ softened: UnsafeMutablePointer<Float>, _ chosen: UnsafeMutablePointer<Int>,
    _ shares: UnsafeMutablePointer<Float>
  ) {
    let given = routerWeights < 0 ? nil : call.inputs[optional: routerWeights]
    for token in 0..<s.tokens {
      let scores = call.inputs[1].floats + token * s.experts
      softmax(.serial, scores, into: softened, outer: 1, axis: s.experts)
      let (list, share) = (chosen + token * k, shares + token * k)
      var total: Float = 0
      for i in 0..<k {
        var best = -1
        for expert in 0..<s.experts where best < 0 || scores[expert] > scores[best] {
          if !(0..<i).contains(where: { list[$0] == expert }) { best = expert }
        }
        list[i] = best
        share[i] = given.map { $0.floats[token * s.experts + best] } ?? softened[best]
        total += share[i]
      }
      if normalizes, total != 0 { for i in 0..<k { share[i] /= total } }
    }
  }

  private func activate(
    _ source: UnsafeMutablePointer<Float>, _ rows: Int, _ s: Sizes, into target: UnsafeMutablePointer<Float>
  ) {
    let count = rows * s.inner
    switch activation {
    case .identity: target.update(from: source, count: count)
    case .relu: for i in 0..<count { target[i] = max(source[i], 0) }
    case .gelu: geluTanh(source, into: target, count: count)
    case .silu: silu(source, into: target, count: count)
    case .swiglu:
      for row in 0..<rows {
        let (from, to) = (source + row * s.wide, target + row * s.inner)
        for i in 0..<s.inner {
          let gate = min(interleaves ? from[2 * i] : from[i], limit)
          let value = max(min(interleaves ? from[2 * i + 1] : from[s.inner + i], limit), -limit)
          to[i] = gate / (1 + Float(CMath.exp(Double(-alpha * gate)))) * (value + beta)
        }
      }
    }
  }

  /// rows · weightsᵀ + bias of one expert.
  private func multiply(
    _ call: Call, _ layer: Layer, _ expert: Int, _ rows: Int, n: Int, k: Int, _ x: UnsafePointer<Float>,
    into target: UnsafeMutablePointer<Float>, _ scratch: ScratchMemory
  ) {
    var scratch = scratch
    let bias = call.inputs[optional: layer.bias].map { UnsafePointer($0.floats + expert * n) }
    let weights = call.inputs[layer.weights]
    guard layer.bits > 0 else {
      gemm(
        call.platform, m: rows, n: n, k: k, .rows(x, stride: k),
        .columns(UnsafePointer(weights.floats + expert * n * k), stride: k), into: target, ldc: n, Epilogue(bias: bias),
        scratch: scratch.take(0, of: Float.self))
      return
    }
    let strip = MixtureOfExperts.strip
    let wide = scratch.take(strip * k, of: Float.self)
    let packed = scratch.take(0, of: Float.self)
    let experts = PackedExperts(
      weights: weights, scales: call.inputs[layer.scales], zeros: call.inputs[optional: layer.zeros], bits: layer.bits,
      block: layer.block, n: n, k: k)
    for first in stride(from: 0, to: n, by: strip) {
      let columns = min(strip, n - first)
      call.platform.parallelFor(columns) { (column: Int) in
        experts.widen(expert, first + column, into: wide + column * k)
      }
      gemm(
        call.platform, m: rows, n: columns, k: k, .rows(x, stride: k), .columns(UnsafePointer(wide), stride: k),
        into: target + first, ldc: n, Epilogue(bias: bias.map { $0 + first }), scratch: packed)
    }
  }
}
