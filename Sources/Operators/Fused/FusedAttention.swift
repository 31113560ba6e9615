import GraphIR
import Kernels
import Tensors

/// softmax(scale · Q · Kᵀ + mask) · V over heads, as `FuseAttention` finds it written out in products and a softmax.
///
/// Inputs are Q, K, V and an addend of the scores. `interleaved` says of Q, K, V and the result whether they are [batch,
/// heads, rows, columns] (0) or [batch, rows, heads, columns] (1). In rank 3 they have no batch, or one with the heads,
/// [batch · heads, rows, columns], which `heads` parts as a mask of rank 4 wants it. Each head of K and V stands for
/// `repeats` of Q. All else broadcasts as in the products that it was.
struct FusedAttention: OperatorKernel {
  private let scale: Float
  private let interleaved: [Int]
  private let repeats: Int
  private let rank: Int
  private let heads: Int

  init(_ site: Site) throws(RuntimeError) {
    scale = try site.float("scale", default: 1)
    interleaved = try site.ints("interleaved") ?? []
    repeats = try site.int("repeats", default: 1)
    rank = try site.int("rank", default: 4)
    heads = try site.int("heads", default: 1)
    guard interleaved.count == 4, repeats > 0 else {
      throw RuntimeError(.invalidGraph, "interleaved must have 4 elements, got %v", shape: interleaved)
    }
    guard rank == 3 || rank == 4 && heads == 1, heads > 0 else {
      throw RuntimeError(.invalidGraph, "rank must be 4, or 3 with heads, got %d", rank)
    }
  }

  /// One operand as [batch, heads, rows, columns] with the elements from one to the next; 0 where it is repeated.
  private struct Operand {
    var dims: [Int]
    var steps: [Int]

    /// Of a rank from `least` to 4; the first of three dims is parted into `heads` and a batch in front of them.
    init(_ shape: [Int], isInterleaved: Bool, least: Int, heads: Int = 1) throws(RuntimeError) {
      guard shape.count <= 4, shape.count >= least else {
        throw RuntimeError(.invalidArgument, "operands must have rank %d to 4, got %v", shape: shape, least)
      }
      dims = [Int](repeating: 1, count: 4 - shape.count) + shape
      steps = dims.packedStrides
      if isInterleaved {
        dims.swapAt(1, 2)
        steps.swapAt(1, 2)
      }
      if heads > 1 {
        guard dims[0] == 1, dims[1] % heads == 0 else {
          throw RuntimeError(.invalidArgument, "the first dim must be a multiple of %d, got %v", shape: shape, heads)
        }
        dims[0] = dims[1] / heads
        dims[1] = heads
        steps[0] = heads * steps[1]
      }
      for axis in 0..<3 where dims[axis] == 1 { steps[axis] = 0 }
    }

    func matrices(_ tensor: Tensor) -> HeadMatrices {
      HeadMatrices(tensor.floats, batchStride: steps[0], headStride: steps[1], rowStride: steps[2])
    }
  }

  private struct Sizes {
    let q, k, v: Operand
    let mask: Operand?
    /// [batch, heads, queries, keys]
    let scores: [Int]
    var keyHeads: Int
  }

  private func operand(_ shape: [Int], _ index: Int) throws(RuntimeError) -> Operand {
    let isInterleaved = interleaved[index] != 0
    guard rank == 4 || shape.count == 3 || heads == 1 && !isInterleaved else {
      throw RuntimeError(.invalidArgument, "operands must have rank 3, got %v", shape: shape)
    }
    return try Operand(shape, isInterleaved: isInterleaved, least: isInterleaved ? rank : 2, heads: heads)
  }

  private func sizes(_ q: [Int], _ k: [Int], _ v: [Int], _ mask: [Int]?) throws(RuntimeError) -> Sizes {
    let operands = (try operand(q, 0), try operand(k, 1), try operand(v, 2))
    let mask = try mask.map { mask throws(RuntimeError) in try Operand(mask, isInterleaved: false, least: 0) }
    let (queries, keys, values) = (operands.0.dims, operands.1.dims, operands.2.dims)
    guard queries[3] == keys[3] else {
      throw RuntimeError(.invalidArgument, "the inner dims must agree, got shapes %v and %v", shapes: q, k)
    }
    // What is parted is parted alike, so that rows of the mask are rows of Q.
    guard self.heads == 1 || keys[0] == queries[0] && values[0] == queries[0] else {
      throw RuntimeError(.notImplemented, "K must have the batch of Q and V, got shapes %v and %v", shapes: k, q)
    }
    // A head of K and V that stands for several; one alone stands for all in any case.
    let keyHeads = max(keys[1], values[1])
    let heads = repeats > 1 && keyHeads > 1 ? keyHeads * repeats : keyHeads
    guard heads == keyHeads || keys[1] == values[1] else {
      throw RuntimeError(.invalidArgument, "K and V must have as many heads, got shapes %v and %v", shapes: k, v)
    }
    var scores = try ShapeRules.broadcast([queries[0], queries[1], queries[2]], [keys[0], heads, 1])
    scores = try ShapeRules.broadcast(scores, [values[0], 1, 1]) + [keys[2]]
    if let mask { scores = try ShapeRules.broadcast(scores, mask.dims) }
    guard scores[2] == queries[2] else {
      throw RuntimeError(
        .notImplemented, "a mask may not have more rows than Q, got %v and %v", shapes: mask!.dims, queries)
    }
    guard scores[3] == values[2] else {
      throw RuntimeError(.invalidArgument, "V must have %d rows, got shape %v", shape: v, scores[3])
    }
    return Sizes(
      q: operands.0, k: operands.1, v: operands.2, mask: mask, scores: scores,
      keyHeads: repeats > 1 && keyHeads > 1 ? keyHeads : scores[1])
  }

  private func sizes(_ inputs: Facts) throws(RuntimeError) -> Sizes {
    try sizes(inputs[0].shape, inputs[1].shape, inputs[2].shape, inputs[optional: 3]?.shape)
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let s = try sizes(inputs)
    let (batch, rows, columns) = (s.scores[0], s.scores[2], s.v.dims[3])
    if rank == 4 {
      return [
        inputs[0].with(
          dims: interleaved[3] != 0 ? [batch, rows, s.scores[1], columns] : [batch, s.scores[1], rows, columns])
      ]
    }
    let all = batch * s.scores[1]
    if interleaved[3] != 0 {
      guard batch == 1 || heads > 1 else {
        throw RuntimeError(.invalidArgument, "what is transposed must have rank 3, got scores of %v", shape: s.scores)
      }
      return [inputs[0].with(dims: [rows, all, columns])]
    }
    if heads > 1 { return [inputs[0].with(dims: [all, rows, columns])] }
    var rank = 3
    for i in 0..<4 { rank = max(rank, inputs[optional: i]?.rank ?? 0) }
    return [inputs[0].with(dims: rank == 4 ? [batch, s.scores[1], rows, columns] : [all, rows, columns])]
  }

  private func kernel(_ s: Sizes) -> Kernels.Attention {
    Kernels.Attention(
      batch: s.scores[0], queryHeads: s.scores[1], keyHeads: s.keyHeads, queries: s.scores[2], keys: s.scores[3],
      headSize: s.q.dims[3], valueSize: s.v.dims[3], scale: scale)
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    guard let s = try? sizes(inputs) else { return 0 }
    return [kernel(s).scratchCount(threadCount: threads), 4].productSaturating
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (q, k, v, mask) = (call.inputs[0], call.inputs[1], call.inputs[2], call.inputs[optional: 3])
    let s = try sizes(q.shape.dims, k.shape.dims, v.shape.dims, mask?.shape.dims)
    var kernel = kernel(s)
    if let mask, let operand = s.mask {
      kernel.mask = Kernels.Attention.Mask(
        mask.floats, batchStride: operand.steps[0], headStride: operand.steps[1], rowStride: operand.steps[2],
        keyStride: operand.dims[3] == 1 ? 0 : 1, keys: s.scores[3])
      kernel.mask!.isAddend = true
    }
    let (heads, rows, columns) = (s.scores[1], s.scores[2], s.v.dims[3])
    let y = call.outputs[0].floats
    var into = HeadMatrices(y, heads: heads, rows: rows, columns: columns)
    if interleaved[3] != 0 {
      // [rows, batch · heads, columns], or [batch, rows, heads, columns].
      into =
        rank == 3
        ? HeadMatrices(
          y, batchStride: heads * columns, headStride: columns, rowStride: s.scores[0] * heads * columns)
        : HeadMatrices(interleaved: y, heads: heads, rows: rows, columns: columns)
    }
    kernel.run(
      call.platform, s.q.matrices(q), s.k.matrices(k), s.v.matrices(v), into: into,
      scratch: call.scratch.assumingMemoryBound(to: Float.self))
  }
}
