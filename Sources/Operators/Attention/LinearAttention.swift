import GraphIR
import Kernels
import Tensors

/// Attention by a state that is written to and read at each position, with optional decay and delta rule.
///
/// Inputs are query, key and value [batch, steps, heads · size], the past state [batch, heads, keySize, valueSize],
/// decay
/// (a logarithm, for each head or each of its keys) and beta (for each head or all).
///
/// <https://onnx.ai/onnx/operators/onnx__LinearAttention.html>
struct LinearAttention: OperatorKernel {
  private let queryHeads: Int
  private let keyHeads: Int
  private let scale: Float
  private let isGated: Bool
  private let isDelta: Bool

  init(_ site: Site) throws(RuntimeError) {
    queryHeads = try site.required("q_num_heads", try site.node.attributes.int("q_num_heads"))
    keyHeads = try site.required("kv_num_heads", try site.node.attributes.int("kv_num_heads"))
    guard keyHeads > 0, queryHeads > 0, queryHeads % keyHeads == 0 else {
      throw RuntimeError(.invalidGraph, "%d query heads cannot share %d key heads", queryHeads, keyHeads)
    }
    scale = try site.float("scale", default: 0)
    guard try site.int("state_window", default: 0) == 0 else {
      throw RuntimeError(.notImplemented, "a state_window is not implemented")
    }
    let rule = try site.string("update_rule") ?? "gated_delta"
    guard rule == "linear" || rule == "gated" || rule == "delta" || rule == "gated_delta" else {
      throw RuntimeError(.invalidGraph, "update_rule %s is not known", name: rule)
    }
    isGated = rule == "gated" || rule == "gated_delta"
    isDelta = rule == "delta" || rule == "gated_delta"
    guard !isGated || site.has(input: 4), !isDelta || site.has(input: 5) else {
      throw RuntimeError(.invalidGraph, "update_rule %s needs decay or beta", name: rule)
    }
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    for i in 0..<3 { try ShapeRules.rank(inputs[i], 3, input: i) }
    let (q, k, v) = (inputs[0].shape, inputs[1].shape, inputs[2].shape)
    let (keySize, valueSize) = (k[2] / keyHeads, v[2] / keyHeads)
    let steps = Array(q[..<2])
    guard q[2] == queryHeads * keySize, k == steps + [keyHeads * keySize], v == steps + [keyHeads * valueSize] else {
      throw RuntimeError(
        .invalidArgument, "query, key and value of shapes %v, %v and %v do not fit the heads", shapes: [q, k, v])
    }
    let state = [q[0], keyHeads, keySize, valueSize]
    if let past = inputs[optional: 3], past.shape != state {
      throw RuntimeError(.invalidArgument, "the state must have shape %v, got %v", shapes: state, past.shape)
    }
    if let decay = inputs[optional: 4], decay.shape != k, decay.shape != steps + [keyHeads] {
      throw RuntimeError(.invalidArgument, "decay may not have shape %v", shape: decay.shape)
    }
    if let beta = inputs[optional: 5], beta.shape != steps + [keyHeads], beta.shape != steps + [1] {
      throw RuntimeError(.invalidArgument, "beta may not have shape %v", shape: beta.shape)
    }
    // The state is of a type of its own.
    return [
      inputs[0].with(dims: steps + [queryHeads * valueSize]), (inputs[optional: 3] ?? inputs[0]).with(dims: state),
    ]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    let sizes = (inputs[1].shape.last ?? 0) / keyHeads * (inputs[2].shape.last ?? 0)
    let heads = (inputs[0].shape.first ?? 0) * keyHeads
    return ScratchMemory.byteCount(inputs[0].shape[0] * sizes * 4)
      + ScratchMemory.byteCount(heads * ((inputs[2].shape.last ?? 0) / keyHeads) * 4)
  }

  func run(_ call: Call) {
    var scratch = ScratchMemory(call)
    let (q, k, v, output) = (call.inputs[0], call.inputs[1], call.inputs[2], call.outputs[0])
    let (batch, steps) = (q.shape[0], q.shape[1])
    let (keySize, valueSize) = (k.shape[2] / keyHeads, v.shape[2] / keyHeads)
    let stateSize = keySize * valueSize
    let spare = scratch.take(batch * keyHeads * stateSize, of: Float.self)
    let known = scratch.take(batch * keyHeads * valueSize, of: Float.self)
    let states = call.outputs[optional: 1]?.floats ?? spare
    let kernel = Kernels.LinearAttention(
      keySize: keySize, valueSize: valueSize, isDelta: isDelta,
      scale: scale == 0 ? 1 / Float(max(keySize, 1)).squareRoot() : scale)
    let (past, decay, beta) = (call.inputs[optional: 3], call.inputs[optional: 4], call.inputs[optional: 5])
    let decayIsScalar = decay.map { $0.shape[2] == keyHeads && keySize != 1 } ?? true
    let sharing = queryHeads / keyHeads
    call.platform.parallelFor(batch * keyHeads) { (index: Int) in
      let (item, head) = index.quotientAndRemainder(dividingBy: keyHeads)
      let state = states + index * stateSize
      for i in 0..<stateSize { state[i] = past?.floats[index * stateSize + i] ?? 0 }
      for step in 0..<steps {
        let row = item * steps + step
        let at = row * keyHeads + head
        let rate = beta.map { $0.floats[$0.shape[2] == 1 ? row : at] } ?? 1
        kernel.write(
          k.floats + at * keySize, v.floats + at * valueSize,
          decay: isGated ? decay.map { UnsafePointer($0.floats + at * (decayIsScalar ? 1 : keySize)) } : nil,
          decayIsScalar: decayIsScalar, beta: isDelta ? rate : 1, state: state, known: known + index * valueSize)
        for shared in 0..<sharing {
          let to = row * queryHeads + head * sharing + shared
          kernel.read(q.floats + to * keySize, state: state, into: output.floats + to * valueSize)
        }
      }
    }
  }
}
