import GraphIR
import Kernels
import Tensors

/// com.microsoft's attention over heads that were projected before.
///
/// Inputs are the query [batch, queries, heads · size], key and value alike or [batch, heads, keys, size], a bias of all
/// three, a mask of keys, what is added to scores, the past of keys and of values [batch, heads, past, size]. Keys and
/// values may come as one, [batch, keys, heads, 2, size], and the query with them as [batch, keys, heads, 3, size].
/// Outputs 1 and 2 are past and new keys and values, output 3 the scores before the softmax.
///
/// Keys that come by head are those of another sequence: there is neither a bias for them nor a past. The reference
/// runtime refuses what is packed on a CPU, and with `unidirectional` and more keys than queries and past it lets the
/// last query see all of them.
///
/// <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.MultiHeadAttention>
struct MultiHeadAttention: OperatorKernel {
  private let heads: Int
  private let scale: Float
  private let isCausal: Bool
  private let padding: KeyPaddingMask

  init(_ site: Site) throws(RuntimeError) {
    heads = try site.required("num_heads", try site.node.attributes.int("num_heads"))
    guard heads > 0 else { throw RuntimeError(.invalidGraph, "num_heads must be above 0, got %d", heads) }
    scale = try site.float("scale", default: 0)
    isCausal = try site.flag("unidirectional")
    padding = try KeyPaddingMask(site)
    guard !site.has(input: 8), !site.has(input: 9) else {
      throw RuntimeError(
        .notImplemented, "a shared cache with past_sequence_length or cache_indirection is not implemented")
    }
  }

  private enum Form { case apart, byHead, pairs, triples }

  private struct Sizes {
    let form: Form
    let batch: Int
    let queries: Int
    let newKeys: Int
    let pastKeys: Int
    let size: Int
    let valueSize: Int
    var keys: Int { pastKeys + newKeys }
  }

  private func sizes(_ q: [Int], _ k: [Int]?, _ v: [Int]?, past: [Int]?) throws(RuntimeError) -> Sizes {
    let past = past.flatMap { $0.count == 4 ? $0[2] : nil }
    var sizes: Sizes?
    if q.count == 5, k == nil, v == nil {
      if Array(q[2...3]) == [heads, 3] {
        sizes = Sizes(
          form: .triples, batch: q[0], queries: q[1], newKeys: q[1], pastKeys: past ?? 0, size: q[4], valueSize: q[4])
      }
    } else if q.count == 3, q[2] % heads == 0, let k {
      let size = q[2] / heads
      if k.count == 5, v == nil, [q[0], heads, 2, size] == [k[0]] + k[2...] {
        sizes = Sizes(
          form: .pairs, batch: q[0], queries: q[1], newKeys: k[1], pastKeys: past ?? 0, size: size, valueSize: size)
      } else if let v, k.count == 4, k == [q[0], heads, k[2], size], v.count == 4, v == [q[0], heads, k[2], v[3]],
        past == nil
      {
        sizes = Sizes(
          form: .byHead, batch: q[0], queries: q[1], newKeys: k[2], pastKeys: 0, size: size, valueSize: v[3])
      } else if let v, k.count == 3, k == [q[0], k[1], q[2]], v.count == 3, v == [q[0], k[1], v[2]], v[2] % heads == 0 {
        sizes = Sizes(
          form: .apart, batch: q[0], queries: q[1], newKeys: k[1], pastKeys: past ?? 0, size: size,
          valueSize: v[2] / heads)
      }
    }
    guard let sizes else {
      throw RuntimeError(
        .invalidArgument, "query, key and value of shapes %v, %v and %v do not fit %d heads",
        shapes: [q, k ?? [], v ?? []], heads)
    }
    return sizes
  }

  private func sizes(_ inputs: Facts) throws(RuntimeError) -> Sizes {
    try sizes(
      inputs[0].shape, inputs[optional: 1]?.shape, inputs[optional: 2]?.shape, past: inputs[optional: 6]?.shape)
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let s = try sizes(inputs)
    let width = heads * (2 * s.size + s.valueSize)
    if let bias = inputs[optional: 3], bias.shape != [width] || s.form == .pairs || s.form == .triples {
      throw RuntimeError(
        .notImplemented, "a bias of shape %v is not implemented, which is not [%d] or for packed inputs",
        shape: bias.shape, width)
    }
    if inputs[optional: 6] != nil || inputs[optional: 7] != nil {
      let (key, value) = ([s.batch, heads, s.pastKeys, s.size], [s.batch, heads, s.pastKeys, s.valueSize])
      guard inputs[optional: 6]?.shape == key, inputs[optional: 7]?.shape == value else {
        throw RuntimeError(
          .invalidArgument, "past key and value must have shapes %v and %v, got %v and %v",
          shapes: [key, value, inputs[optional: 6]?.shape ?? [], inputs[optional: 7]?.shape ?? []])
      }
    }
    try padding.check(inputs[optional: 4], batch: s.batch, queries: s.queries, keys: s.keys)
    try AttentionBias.check(inputs[optional: 5], batch: s.batch, heads: heads, queries: s.queries, keys: s.keys)
    return [
      Fact(.float32, [s.batch, s.queries, heads * s.valueSize]), Fact(.float32, [s.batch, heads, s.keys, s.size]),
      Fact(.float32, [s.batch, heads, s.keys, s.valueSize]), Fact(.float32, [s.batch, heads, s.queries, s.keys]),
    ]
  }

  private func kernel(_ s: Sizes) -> Kernels.Attention {
    var kernel = Kernels.Attention(
      batch: s.batch, queryHeads: heads, keyHeads: heads, queries: s.queries, keys: s.keys, headSize: s.size,
      valueSize: s.valueSize, scale: scale == 0 ? 1 / Float(max(s.size, 1)).squareRoot() : scale)
    kernel.isCausal = isCausal
    kernel.firstPosition = s.pastKeys
    kernel.scoreStage = .masked
    return kernel
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    guard let s = try? sizes(inputs) else { return 0 }
    var counts = [kernel(s).scratchCount(threadCount: threads)]
    counts.append(KeyPaddingMask.count(inputs[optional: 4], batch: s.batch, queries: s.queries, keys: s.keys))
    if inputs[optional: 3] != nil {
      counts.append([s.batch, s.queries, heads, s.size].productSaturating)
      counts.append([s.batch, s.newKeys, heads, s.size].productSaturating)
      counts.append([s.batch, s.newKeys, heads, s.valueSize].productSaturating)
    }
    if s.pastKeys > 0 {
      counts.append([s.batch, s.keys, heads, s.size].productSaturating)
      counts.append([s.batch, s.keys, heads, s.valueSize].productSaturating)
    }
    return ScratchMemory.floatBytes(counts)
  }

  func run(_ call: Call) throws(RuntimeError) {
    var scratch = ScratchMemory(call)
    let (q, k, v) = (call.inputs[0], call.inputs[optional: 1], call.inputs[optional: 2])
    let (past, pastValue) = (call.inputs[optional: 6], call.inputs[optional: 7])
    let s = try sizes(q.shape.dims, k?.shape.dims, v?.shape.dims, past: past?.shape.dims)
    var kernel = kernel(s)
    kernel.mask = padding.mask(
      call.inputs[optional: 4], batch: s.batch, queries: s.queries, keys: s.keys, &scratch)
    kernel.bias = AttentionBias.mask(call.inputs[optional: 5])
    kernel.scores = call.outputs[optional: 3]?.floats
    let (queries, newKeys, newValues) = operands(call, s, q, k, v, &scratch)
    let keys = call.joined(
      newKeys, newRows: s.newKeys, past: past?.floats, pastRows: s.pastKeys, into: call.outputs[optional: 1]?.floats,
      batch: s.batch, heads: heads, size: s.size, &scratch)
    let values = call.joined(
      newValues, newRows: s.newKeys, past: pastValue?.floats, pastRows: s.pastKeys,
      into: call.outputs[optional: 2]?.floats, batch: s.batch, heads: heads, size: s.valueSize, &scratch)
    kernel.run(
      call.platform, queries, keys, values,
      into: HeadMatrices(interleaved: call.outputs[0].floats, heads: heads, rows: s.queries, columns: s.valueSize),
      scratch: scratch.take(0, of: Float.self))
  }

  /// Queries, keys and values with their bias.
  private func operands(
    _ call: Call, _ s: Sizes, _ q: Tensor, _ k: Tensor?, _ v: Tensor?, _ scratch: inout ScratchMemory
  ) -> (HeadMatrices, HeadMatrices, HeadMatrices) {
    let bias = call.inputs[optional: 3]?.floats
    func rows(
      _ tensor: Tensor, _ bias: UnsafeMutablePointer<Float>?, _ size: Int, _ scratch: inout ScratchMemory
    ) -> HeadMatrices {
      var base = tensor.floats
      if let bias {
        base = scratch.take(tensor.count, of: Float.self)
        addRows(
          call.platform, tensor.floats, nil, skipRows: 1, bias: bias, rows: tensor.shape[0] * tensor.shape[1],
          count: heads * size, into: base)
      }
      return HeadMatrices(interleaved: base, heads: heads, rows: tensor.shape[1], columns: size)
    }
    /// One of `count` neighbours of each head in [batch, rows, heads, count, size].
    func part(_ tensor: Tensor, _ index: Int, of count: Int) -> HeadMatrices {
      let row = heads * count * s.size
      return HeadMatrices(
        tensor.floats + index * s.size, batchStride: tensor.shape[1] * row, headStride: count * s.size, rowStride: row)
    }
    switch s.form {
    case .triples: return (part(q, 0, of: 3), part(q, 1, of: 3), part(q, 2, of: 3))
    case .pairs: return (rows(q, nil, s.size, &scratch), part(k!, 0, of: 2), part(k!, 1, of: 2))
    case .byHead:
      return (
        rows(q, bias, s.size, &scratch), HeadMatrices(k!.floats, heads: heads, rows: s.newKeys, columns: s.size),
        HeadMatrices(v!.floats, heads: heads, rows: s.newKeys, columns: s.valueSize)
      )
    case .apart:
      let width = heads * s.size
      return (
        rows(q, bias, s.size, &scratch), rows(k!, bias.map { $0 + width }, s.size, &scratch),
        rows(v!, bias.map { $0 + 2 * width }, s.valueSize, &scratch)
      )
    }
  }
}
